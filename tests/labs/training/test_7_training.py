"""train: small models of ours; what it did is read from the weights, step by step, and from what the model was shown."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import Tolerance, expect_array, expect_equal
from shared.text import Text

from .runs import (
    RATE,
    SIDE,
    Pair,
    Run,
    curves,
    descend,
    expect_validation,
    flat_pair,
    large_run,
    pair,
    run,
    small_run,
)

EPOCHS = 3
WHOLE: Tolerance = {"rtol": 5e-3, "atol": 2e-4}


def plain_problem() -> tuple[Pair, Pair]:
    """Return 12 training and 7 test images of the model's own side."""
    return pair(12, SIDE, 1), pair(7, SIDE, 2)


def repeated_problem() -> tuple[Pair, Pair]:
    """Return 12 faint copies of one training image, so that all batches are alike, and 7 test images."""
    (X, y), test = pair(1, SIDE, 8), pair(7, SIDE, 2)
    return (np.repeat(X * np.float32(0.2), 12, axis=0), np.repeat(y, 12)), test


def plain_run(student: Student) -> Run:
    """Train without any option but the whole set as one batch."""
    return run(student, plain_problem(), EPOCHS, batch_size=12)


@question("train")
@check("history", en="Returns the History, one value an epoch", fr="Renvoie History, une valeur par époque", weight=2)
def test_history(student: Student, exhibit: Callable[..., None]) -> None:
    """What comes back is Keras's History, with a loss for each epoch asked for."""
    found = plain_run(student)
    series = {"training": curves(found).get("loss", []), "validation": curves(found).get("val_loss", [])}
    if all(series.values()):
        title = Text("Training of a small model by your function", "Un petit modèle entraîné par votre fonction")
        exhibit("curves", title, series={"loss": series})

    expect_equal(
        len(series["training"]),
        EPOCHS,
        call=f'len({found.call}.history["loss"])',
        what=Text("the epochs asked for", "les époques demandées"),
        mistakes=((1, Text("this is the history of the last epoch only", "ce n'est que la dernière époque")),),
    )


@question("train")
@check("trains", en="Trains on the training pair", fr="Entraîne sur la paire d'entraînement", weight=2)
def test_trains(student: Student) -> None:
    """With the whole set as one batch the weights are those of plain gradient descent at the model's rate."""
    found = plain_run(student)
    train, test = plain_problem()
    expect_array(
        found.weights[0],
        descend(train, [RATE] * EPOCHS),
        call=f"weights after {found.call}",
        what=Text("gradient descent at the model's own rate", "descente de gradient au pas du modèle"),
        mistakes=(
            (descend(test, [RATE] * EPOCHS), Text("trained on the test pair", "entraîné sur la paire de test")),
            (descend(train, [RATE] * EPOCHS, 0.9), Text("momentum though it is 0", "inertie alors qu'elle vaut 0")),
            (descend(train, falling(0.95)), Text("the rate falls though decay is None", "le pas décroît sans decay")),
            (descend(train, []), Text("the model was not trained", "le modèle n'a pas été entraîné")),
            (descend(train, [0.01] * EPOCHS), Text("the model's rate was replaced", "le pas du modèle est remplacé")),
            (descend(train, [0.1] * EPOCHS), Text("the model's rate was replaced", "le pas du modèle est remplacé")),
        ),
        **WHOLE,
    )


def falling(decay: float, first: int = 0) -> list[float]:
    """Return the rates of the epochs, decay to the power of the epoch."""
    return [RATE * decay ** (epoch + first) for epoch in range(EPOCHS)]


@question("train")
@check("batch_size", en="The batch size is honoured", fr="La taille des lots est respectée")
def test_batch_size(student: Student) -> None:
    """One step of the optimizer a batch, with and without augmentation; 128 is the default."""
    for found in (small_run(student), large_run(student)):
        expect_equal(
            found.steps,
            3,
            call=found.call,
            what=Text("steps: 25 images by 10 are 3 batches", "pas : 25 images par 10 font 3 lots"),
            mistakes=(
                (1, Text("the batch size is not passed on", "la taille des lots n'est pas transmise")),
                (2, Text("the short last batch is left out", "le dernier lot, plus court, est oublié")),
            ),
        )
    if student.defaults("train").get("batch_size") != 128:
        default = run(student, (pair(130, SIDE, 5), pair(5, SIDE, 4)), 1)
        expect_equal(
            default.steps,
            2,
            call=f"{default.call}, 130 images",
            what=Text("steps: batch_size=128 is the default", "pas : batch_size=128 par défaut"),
        )


@question("train")
@check("validation", en="Validates on the test pair", fr="Valide sur la paire de test", weight=2)
def test_validation(student: Student) -> None:
    """The last validation loss is the final model's on the test pair."""
    found = plain_run(student)
    expect_validation(found, *plain_problem()[1])


def expect_weights(student: Student, rates: list[float], options: dict[str, float]) -> None:
    """Expect the weights of gradient descent, two batches an epoch, with these rates and these options' momentum."""
    momentum = options.get("momentum", 0.0)
    problem = repeated_problem()
    found = run(student, problem, EPOCHS, batch_size=6, **options)

    def after(rates: list[float], momentum: float = momentum, kind: str = "") -> np.ndarray:
        return descend(problem[0], [rate for rate in rates for _batch in range(2)], momentum, kind)

    right, decay = after(rates), options.get("decay", 1.0)
    known = (
        (after([RATE] * EPOCHS), Text("decay is not used", "decay n'est pas utilisé")),
        (after(rates, 0.0), Text("momentum is not used", "l'inertie n'est pas utilisée")),
        (after([RATE] * EPOCHS, 0.0), Text("the option changes nothing", "l'option ne change rien")),
        (after(rates, kind="nesterov"), Text("this is Nesterov's variant", "c'est la variante de Nesterov")),
        (
            after(falling(decay, 1)),
            Text("the first epoch has the model's own rate", "la première époque a le pas du modèle"),
        ),
        (
            after(list(RATE * decay ** np.cumsum(range(EPOCHS)))),
            Text("the power is applied to a rate that fell already", "la puissance s'applique à un pas déjà réduit"),
        ),
        (
            descend(problem[0], list(RATE * decay ** np.arange(2 * EPOCHS)), momentum),
            Text("the rate falls after each batch, not each epoch", "le pas décroît à chaque lot, non à chaque époque"),
        ),
        *(
            (
                after([rate * factor / RATE for factor in rates]),
                Text("the model's own rate is lost", "le pas du modèle est perdu"),
            )
            for rate in (0.1, 0.01)
        ),
        (after(rates, 0.9), Text("the momentum is not the argument's", "l'inertie n'est pas celle de l'argument")),
    )
    expect_array(
        found.weights[0],
        right,
        call=f"weights after {found.call}",
        what=Text("SGD from the model's own rate, 0.3", "SGD à partir du pas du modèle, 0,3"),
        mistakes=tuple(
            (value, words)
            for value, words in known
            if not np.allclose(value, right, rtol=WHOLE["rtol"], atol=WHOLE["atol"])
        ),
        **WHOLE,
    )


@question("train")
@check("momentum", en="Momentum", fr="Inertie", weight=3)
def test_momentum(student: Student) -> None:
    """With momentum the steps are those of SGD with that momentum, at the rate the model has."""
    expect_weights(student, [RATE] * EPOCHS, {"momentum": 0.8})


@question("train")
@check("decay", en="The rate falls each epoch", fr="Le pas décroît à chaque époque", weight=3)
def test_decay(student: Student) -> None:
    """The rate of epoch e is the model's times decay to the power of e."""
    expect_weights(student, falling(0.6), {"decay": 0.6})


@question("train")
@check("all", en="All options together", fr="Toutes les options ensemble", weight=2)
def test_all(student: Student) -> None:
    """On images of one colour crops change nothing, so that momentum and decay can be followed beside them."""
    train, test = flat_pair(12, 6), flat_pair(5, 7)
    found = run(student, (train, test), EPOCHS, batch_size=12, augment=True, momentum=0.7, decay=0.8, seed=2)
    right = descend(train, falling(0.8), 0.7)
    expect_array(
        found.weights[0],
        right,
        call=f"weights after {found.call}",
        what=Text("momentum and falling rate, with augmentation", "inertie et décroissance, avec augmentation"),
        mistakes=(
            (descend(train, falling(0.8)), Text("momentum is not used", "l'inertie n'est pas utilisée")),
            (descend(train, [RATE] * EPOCHS, 0.7), Text("decay is not used", "decay n'est pas utilisé")),
            (descend(train, [RATE] * EPOCHS), Text("neither is used", "aucune des deux n'est utilisée")),
        ),
        **WHOLE,
    )
    expect_equal(
        len(curves(found).get("loss", [])),
        EPOCHS,
        call=f'len({found.call}.history["loss"])',
        what=Text("the epochs asked for", "les époques demandées"),
    )
