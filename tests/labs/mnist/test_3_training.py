"""train_model: a small model of ours, trained by the student's function; what it did is read from curves and weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.student import RemoteHistory, RemoteModel, Student
from autograder.suite import check, question
from shared.assertions import expect_equal, fail
from shared.text import Text

from .conftest import Toy, one_hot

CALL = "train_model(model, X_train, y_train, X_test, y_test, epochs=2, batch_size=16)"
EPOCHS, BATCH_SIZE, N_TRAIN, N_TEST = 2, 16, 24, 16


@dataclass(frozen=True)
class Trained:
    """One call of the student's function: what it returned, and the model right after it."""

    value: Any
    model: RemoteModel
    changed: tuple[str, ...]
    steps: int
    on_train: np.ndarray
    on_test: np.ndarray


Pair = tuple[np.ndarray, np.ndarray]


def problem(toy: Toy) -> tuple[Pair, Pair]:
    """Return training and test pairs whose labels contradict each other: what was trained on shows."""
    rng = np.random.default_rng(11)
    train, test = rng.integers(0, 10, N_TRAIN), rng.integers(0, 10, N_TEST)
    return (toy.readable(train), one_hot(train)), (toy.readable(test), one_hot((test + 3) % 10))


def trained(student: Student, toy: Toy) -> Trained:
    """Train once a question with two epochs of three batches."""
    compute = lambda: _train(student, student.make(toy.model()), toy, epochs=EPOCHS, batch_size=BATCH_SIZE)  # noqa: E731
    return student.once("trained", compute)


def defaults(student: Student, toy: Toy) -> tuple[int, int]:
    """Return epochs and steps that come without the optional arguments: from the signature if it says, else by trying."""
    return student.once("defaults", lambda: _defaults(student, toy))


def _defaults(student: Student, toy: Toy) -> tuple[int, int]:
    said = student.defaults("train_model")
    if (said.get("epochs"), said.get("batch_size")) == (10, 200):
        return 10, 10
    found = _train(student, student.make(toy.model()), toy)
    return len(curves(found).get("loss", [])), found.steps


def _train(student: Student, model: RemoteModel, toy: Toy, **options: int) -> Trained:
    train, test = problem(toy)
    before = _steps(model)
    reply = student.call("train_model", model, *train, *test, **options)
    predictions = model.predict(train[0]), model.predict(test[0])
    return Trained(reply.value, model, reply.changed, _steps(model) - before, *predictions)


def _steps(model: RemoteModel) -> int:
    """Return how many steps the model's optimizer has made."""
    optimizer = model.describe().get("optimizer")
    steps = optimizer.get("steps") if isinstance(optimizer, dict) else None
    return steps if isinstance(steps, int) else -1


def curves(found: Trained) -> dict[str, list[float]]:
    """Return the history's curves, or fail where no history came back."""
    if not isinstance(found.value, RemoteHistory):
        mistakes = (
            (
                dict,
                Text(
                    "history.history was returned; return the History itself",
                    "history.history a été renvoyé ; renvoyez l'objet History",
                ),
            ),
            (
                RemoteModel,
                Text(
                    "the model was returned; return what fit gives",
                    "le modèle a été renvoyé ; renvoyez ce que rend fit",
                ),
            ),
            (type(None), Text("nothing was returned: return is missing", "rien n'a été renvoyé : il manque return")),
        )
        named = next((words for kind, words in mistakes if isinstance(found.value, kind)), Text("", ""))
        fail(Text(f"{CALL} must return the History of fit\n", f"{CALL} doit renvoyer l'objet History de fit\n") + named)
    return found.value.curves


@question("train_model")
@check("history", en="Returns the History", fr="Renvoie l'objet History", weight=2)
def test_history(student: Student, toy: Toy) -> None:
    """What comes back is Keras's History, with a loss for each epoch."""
    found = curves(trained(student, toy))

    expect_equal(
        "loss" in found, True, call=f'"loss" in {CALL}.history', what=Text("a loss curve", "une courbe de perte")
    )


@question("train_model")
@check("epochs", en="The number of epochs is honoured", fr="Le nombre d'époques est respecté", weight=2)
def test_epochs(student: Student, toy: Toy) -> None:
    """Two epochs are asked for, two are trained; ten is the default."""
    asked = len(curves(trained(student, toy)).get("loss", []))

    expect_equal(
        asked, EPOCHS, call=f'len({CALL}.history["loss"])', what=Text("the epochs asked for", "les époques demandées")
    )
    expect_equal(
        defaults(student, toy)[0],
        10,
        call='len(train_model(model, X_train, y_train, X_test, y_test).history["loss"])',
        what=Text("epochs=10 is the default", "epochs=10 est la valeur par défaut"),
    )


@question("train_model")
@check("batch_size", en="The batch size is honoured", fr="La taille des lots est respectée", weight=2)
def test_batch_size(student: Student, toy: Toy) -> None:
    """The optimizer made one step a batch."""
    found = trained(student, toy)

    expect_equal(
        found.steps,
        EPOCHS * 2,
        call=CALL,
        what=Text(
            "optimizer steps: 24 images in batches of 16 are 2 batches an epoch",
            "pas de l'optimiseur : 24 images par lots de 16 font 2 lots par époque",
        ),
        mistakes=((EPOCHS, Text("the default batch size was used", "la taille de lot par défaut a servi")),),
        hint=Text("Pass batch_size on to fit.", "Transmettez batch_size à fit."),
    )
    expect_equal(
        defaults(student, toy)[1],
        10,
        call="train_model(model, X_train, y_train, X_test, y_test)",
        what=Text(
            "optimizer steps: ten epochs of one batch, since batch_size=200 is the default",
            "pas de l'optimiseur : dix époques d'un lot, car batch_size=200 est la valeur par défaut",
        ),
    )


@question("train_model")
@check("trains", en="Trains on the training pair", fr="Entraîne sur la paire d'entraînement", weight=2)
def test_trains(student: Student, toy: Toy) -> None:
    """The model that was passed fits the training labels, and not the test labels that contradict them."""
    found = trained(student, toy)
    pairs = zip((found.on_train, found.on_test), problem(toy), strict=True)
    accuracies = [float((outputs.argmax(axis=1) == labels.argmax(axis=1)).mean()) for outputs, (_, labels) in pairs]

    if accuracies[1] > accuracies[0]:
        fail(Text("train_model learnt the test pair", "train_model a appris la paire de test"))
    if found.steps == 0 or accuracies[0] < 0.5:
        fail(
            Text(
                f"after train_model the model reads {accuracies[0]:.0%} of its training images\nexpected: nearly all",
                f"après train_model, le modèle lit {accuracies[0]:.0%} de ses images d'entraînement\nattendu : presque toutes",
            ),
            Text(
                "Train the model that is passed, on X_train and y_train.",
                "Entraînez le modèle reçu, sur X_train et y_train.",
            ),
        )


@question("train_model")
@check("validation", en="Validates on the test pair", fr="Valide sur la paire de test", weight=2)
def test_validation(student: Student, toy: Toy) -> None:
    """The last validation loss is the final model's loss on the test pair."""
    found = trained(student, toy)
    curve = curves(found).get("val_loss", [])
    hint = Text("fit(..., validation_data=(X_test, y_test))", "fit(..., validation_data=(X_test, y_test))")
    if not curve:
        fail(
            Text(
                f'{CALL}.history has no "val_loss": nothing was validated',
                f"{CALL}.history n'a pas \"val_loss\" : rien n'a été validé",
            ),
            hint,
        )
    labels = problem(toy)[1][1]
    probabilities = np.clip(found.on_test.astype(np.float64), 1e-7, 1)
    right = -np.log((probabilities * labels).sum(axis=1)).mean()

    if not np.isclose(curve[-1], right, rtol=1e-3, atol=1e-4):
        fail(
            Text(
                f'{CALL}.history["val_loss"] ends with {curve[-1]:.4f}\nexpected: {right:.4f}, the loss on (X_test, y_test)',
                f'{CALL}.history["val_loss"] finit par {curve[-1]:.4f}\nattendu : {right:.4f}, la perte sur (X_test, y_test)',
            ),
            hint,
        )


@question("train_model")
@check("inputs", en="Leaves its arguments unchanged", fr="Ne modifie pas ses arguments")
def test_inputs(student: Student, toy: Toy) -> None:
    """No array is changed in place."""
    names = ("model", "X_train", "y_train", "X_test", "y_test")
    changed = [
        names[int(place)] if place.isdigit() and int(place) < 5 else place for place in trained(student, toy).changed
    ]

    expect_equal(changed, [], call=CALL, what=Text("arrays changed in place", "tableaux modifiés sur place"))
