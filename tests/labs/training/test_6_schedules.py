"""exponential_decay, make_optimizer, decay_callback: rates by their values, an optimizer by the path it takes."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from autograder.bench import Bench
from autograder.student import Opaque, Student
from autograder.suite import check, question
from shared.assertions import FLOAT32, expect_array, expect_equal, fail
from shared.text import Text

# initial rate, epoch, decay
RATES = ((0.1, 0, 0.95), (0.1, 1, 0.95), (0.4, 7, 0.5), (0.02, 30, 0.9), (3, 4, 1), (1, 2, 2.0))


def rate_mistakes(rate: float, epoch: int, decay: float) -> tuple[tuple[object, Text], ...]:
    """Return what known mistakes give, where that differs from what is right."""
    known = (
        (rate * decay ** (epoch + 1), Text("epochs count from 0: the first rate is the initial one", "on compte de 0")),
        (rate * decay * epoch, Text("decay to the power of epoch, not times", "decay à la puissance epoch, non fois")),
        (rate / (1 + decay * epoch), Text("this is inverse time decay", "c'est une décroissance en 1/t")),
        (rate * np.exp(-decay * epoch), Text("decay is the factor itself", "decay est le facteur même")),
        (
            rate * (1 - decay) ** epoch,
            Text("multiply by decay, not by 1 - decay", "multipliez par decay, non 1 - decay"),
        ),
    )
    right = rate * decay**epoch
    return tuple((value, words) for value, words in known if not np.isclose(value, right))


def expect_rate(student: Student, rate: float, epoch: int, decay: float | None) -> None:
    """Expect the rate of an epoch; None leaves decay at its default."""
    options = {} if decay is None else {"decay": decay}
    factor = 0.95 if decay is None else decay
    expect_array(
        student.exponential_decay(rate, epoch, **options),
        rate * factor**epoch,
        call=f"exponential_decay({rate}, {epoch}{'' if decay is None else f', decay={decay}'})",
        what=Text("initial_rate · decay^epoch", "initial_rate · decay^epoch"),
        mistakes=rate_mistakes(rate, epoch, factor),
    )


@question("exponential_decay")
@check("values", en="The rate of an epoch", fr="Le pas d'une époque", weight=2)
def test_rates(student: Student) -> None:
    """The initial rate times the decay to the power of the epoch, the first epoch being 0."""
    for rate, epoch, decay in RATES:
        expect_rate(student, rate, epoch, decay)


@question("exponential_decay")
@check("default", en="decay is 0.95 by default", fr="decay vaut 0,95 par défaut")
def test_default_decay(student: Student) -> None:
    """Without the argument, 0.95."""
    for epoch in (0, 1, 12):
        expect_rate(student, 0.3, epoch, None)


# -- make_optimizer ----------------------------------------------------------------------------------------------

START = np.array([1.0, -2.0, 0.5], np.float32)
GRADIENTS = [np.random.default_rng(seed).normal(size=3).astype(np.float32) for seed in range(5)]


def path(rate: float, momentum: float, kind: str = "momentum") -> np.ndarray:
    """Return the iterates of SGD with momentum, or of a known mistake: float64 (5, 3)."""
    w, velocity = START.astype(np.float64), np.zeros(3)
    iterates = []
    for gradient in GRADIENTS:
        velocity = momentum * velocity - rate * gradient
        w = w + (momentum * velocity - rate * gradient if kind == "nesterov" else velocity)
        iterates.append(w)
    return np.array(iterates)


def made(student: Student, options: dict[str, float]) -> Opaque:
    """Make an optimizer once a question; expect an object."""

    def compute() -> Opaque:
        value = student.make_optimizer(**options)
        if not isinstance(value, Opaque):
            expect_equal(value, "SGD", call="make_optimizer()", what=Text("a Keras optimizer", "un optimiseur Keras"))
        return cast("Opaque", value)

    return student.once(("made", *options.items()), compute)


def expect_path(student: Student, options: dict[str, float]) -> None:
    """Expect the optimizer to go the way of SGD with momentum, over five given gradients."""
    rate, momentum = options.get("learning_rate", 0.1), options.get("momentum", 0.9)
    found = student.optimizer_path(made(student, options), START, GRADIENTS)
    shown = ", ".join(f"{name}={value}" for name, value in options.items())
    right = path(rate, momentum)
    known = (
        (path(rate, momentum, "nesterov"), Text("this is Nesterov's variant", "c'est la variante de Nesterov")),
        (path(rate, 0.0), Text("there is no momentum", "il n'y a pas d'inertie")),
        (path(0.01, momentum), Text("the learning rate is not the argument's", "le pas n'est pas celui de l'argument")),
        (path(0.1, momentum), Text("the learning rate is not the argument's", "le pas n'est pas celui de l'argument")),
        (path(rate, 0.9), Text("the momentum is not the argument's", "l'inertie n'est pas celle de l'argument")),
        (path(rate * (1 - momentum), momentum), Text("the gradient is not damped", "le gradient n'est pas amorti")),
    )
    expect_array(
        found,
        right,
        call=f"five steps of make_optimizer({shown})",
        what=Text("v ← momentum·v − rate·g; w ← w + v", "v ← inertie·v − pas·g ; w ← w + v"),
        mistakes=tuple((value, words) for value, words in known if not np.allclose(value, right)),
        **FLOAT32,
    )


@question("make_optimizer")
@check("default", en="Rate 0.1 and momentum 0.9 by default", fr="Pas 0,1 et inertie 0,9 par défaut", weight=2)
def test_default_optimizer(student: Student) -> None:
    """Without arguments: SGD, rate 0.1, momentum 0.9, not Nesterov's variant."""
    expect_path(student, {})


@question("make_optimizer")
@check("arguments", en="Other rates and momenta", fr="Autres pas et inerties", weight=2)
def test_other_optimizers(student: Student) -> None:
    """Both arguments are honoured, a momentum of 0 too."""
    for options in ({"learning_rate": 0.03, "momentum": 0.5}, {"learning_rate": 0.5}, {"momentum": 0.0}):
        expect_path(student, options)


@question("make_optimizer")
@check("kind", en="It is SGD", fr="C'est SGD")
def test_kind(student: Student) -> None:
    """The optimizer is Keras's SGD or derived from it."""
    about = student.optimizer(made(student, {}))
    bases = about.get("bases")
    if not isinstance(bases, list) or "SGD" not in bases:
        expect_equal(
            about.get("kind"),
            "SGD",
            call="type(make_optimizer()).__name__",
            what=Text("stochastic gradient descent", "la descente de gradient stochastique"),
        )


# -- decay_callback ----------------------------------------------------------------------------------------------

EPOCHS, OWN_RATE = 4, 0.7


def used_rates(student: Student, bench: Bench, initial: float, options: dict[str, float]) -> Any:
    """Train a small model of ours, compiled with another rate, with the callback; return the rate of each epoch."""

    def compute() -> Any:
        callback = student.decay_callback(initial, **options)
        if not isinstance(callback, Opaque):
            expect_equal(
                callback, "Callback", call="decay_callback(...)", what=Text("a Keras callback", "un callback Keras")
            )
        model = student.make(
            bench.toy(
                [("Input", {"shape": (2,)}), ("Dense", {"units": 2, "activation": "softmax"})],
                optimizer={"class_name": "SGD", "config": {"learning_rate": OWN_RATE}},
                loss="sparse_categorical_crossentropy",
                run_eagerly=True,
            )
        )
        X, y = np.eye(2, dtype=np.float32), np.arange(2)
        # Two batches an epoch: a rate that falls with every step is another one.
        return model.fit(X, y, epochs=EPOCHS, batch_size=1, callbacks=[callback]).get("rates")

    return student.once(("rates", initial, *options.items()), compute)


def expect_rates(student: Student, bench: Bench, initial: float, options: dict[str, float]) -> None:
    """Expect the rate of each epoch, whatever rate the model was compiled with."""
    decay = options.get("decay", 0.95)
    right = initial * decay ** np.arange(EPOCHS)
    wrong_start = np.concatenate([[OWN_RATE], right[1:]])
    expect_array(
        used_rates(student, bench, initial, options),
        right,
        call=f"rates of {EPOCHS} epochs with decay_callback({initial}{''.join(f', {k}={v}' for k, v in options.items())})",
        what=Text("set at the start of each epoch", "fixé au début de chaque époque"),
        mistakes=(
            (np.full(EPOCHS, OWN_RATE), Text("the rate never changes", "le pas ne change jamais")),
            (np.full(EPOCHS, initial), Text("the rate does not fall", "le pas ne décroît pas")),
            (
                initial * decay ** (np.arange(EPOCHS) + 1),
                Text("the first epoch has the initial rate", "la première époque a le pas initial"),
            ),
            (
                OWN_RATE * decay ** np.arange(EPOCHS),
                Text("it starts from the model's rate", "il part du pas du modèle"),
            ),
            (
                OWN_RATE * decay ** (np.arange(EPOCHS) + 1),
                Text("it multiplies the model's rate", "il multiplie le pas du modèle"),
            ),
            (
                initial * decay ** (2 * np.arange(EPOCHS) + 1),
                Text("it falls at each batch, not at each epoch", "il décroît à chaque lot, non à chaque époque"),
            ),
            (wrong_start, Text("the first epoch is left out", "la première époque est oubliée")),
            (
                initial * np.cumprod(decay ** np.arange(EPOCHS)),
                Text(
                    "the power is applied to a rate that fell already", "la puissance s'applique à un pas déjà réduit"
                ),
            ),
        ),
        **FLOAT32,
    )


@question("decay_callback")
@check("rates", en="The rate of each epoch", fr="Le pas de chaque époque", weight=3)
def test_callback(student: Student, bench: Bench) -> None:
    """The rate falls from the given one, not from the model's."""
    expect_rates(student, bench, 0.2, {"decay": 0.5})
    expect_rates(student, bench, 1.5, {"decay": 0.8})


@question("decay_callback")
@check("default", en="decay is 0.95 by default", fr="decay vaut 0,95 par défaut")
def test_callback_default(student: Student, bench: Bench) -> None:
    """Without the argument, 0.95."""
    expect_rates(student, bench, 0.2, {})


@question("decay_callback")
@check("trains", en="The training uses the rate", fr="L'entraînement utilise le pas")
def test_callback_trains(student: Student, bench: Bench) -> None:
    """A rate of 0 keeps the weights as they are: what is set is what the optimizer takes."""
    callback = student.decay_callback(0.0)
    data = bench.toy(
        [("Input", {"shape": (2,)}), ("Dense", {"units": 2, "activation": "softmax"})],
        optimizer={"class_name": "SGD", "config": {"learning_rate": OWN_RATE}},
        loss="sparse_categorical_crossentropy",
        run_eagerly=True,
    )
    model = student.make(data)
    model.fit(np.eye(2, dtype=np.float32), np.arange(2), epochs=1, batch_size=2, callbacks=[callback])
    if not all(np.allclose(a, b) for a, b in zip(model.weights(), data.weights, strict=True)):
        fail(
            Text(
                "with decay_callback(0.0) the weights moved in the first epoch\nexpected: a rate of 0 moves nothing",
                "avec decay_callback(0.0), les poids ont bougé à la première époque\nattendu : un pas de 0 ne bouge rien",
            ),
            Text("Set the rate when the epoch begins.", "Fixez le pas quand l'époque commence."),
        )
