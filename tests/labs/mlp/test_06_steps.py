"""sgd_step, momentum_step, adam_step: single steps from any state, and five in a row as Keras's optimizers make them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.calls import expect_kept
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import expect_array
from shared.text import Text

from .calls import expect_parts, random

SGD = "sgd_step(w, grad, {})"
MOMENTUM = "momentum_step(w, grad, velocity, {})"
ADAM = "adam_step(w, grad, m, v, t={}{})"
ADAM_DEFAULTS = {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
State = tuple[np.ndarray, np.ndarray, np.ndarray]


@question("sgd_step")
@check("values", en="w − η·grad", fr="w − η·grad", weight=3)
def test_sgd(student: Student) -> None:
    """A vector and a matrix, two rates."""
    for shape, rate in (((4,), 0.1), ((2, 3), 0.75)):
        w, grad = random(*shape, seed=1), random(*shape, seed=2)
        expect_array(
            student.sgd_step(w, grad, rate),
            w - rate * grad,
            call=SGD.format(rate),
            what=Text.same("w − η·grad"),
            mistakes=(
                (w + rate * grad, Text("this goes uphill: the sign is minus", "cela monte : le signe est moins")),
                (w - grad, Text("the learning rate is missing", "il manque le pas η")),
                (-rate * grad, Text("this is the change, not the new w", "c'est le changement, non le nouveau w")),
            ),
        )


@question("momentum_step")
@check("step", en="One step, from any velocity", fr="Un pas, à partir d'une vitesse quelconque", weight=3)
def test_momentum(student: Student) -> None:
    """Velocity first, then w with the new velocity; the default momentum is 0.9."""
    for shape, momentum in (((4,), None), ((2, 3), 0.6), ((3,), 0.0)):
        w, grad, velocity = (random(*shape, seed=seed) for seed in (1, 2, 3))
        share, rate = 0.9 if momentum is None else momentum, 0.2
        options = {} if momentum is None else {"momentum": momentum}
        call = MOMENTUM.format(rate if momentum is None else f"{rate}, momentum={momentum}")
        parts = expect_parts(student.momentum_step(w, grad, velocity, rate, **options), ("w", "velocity"), call)
        moved = share * velocity - rate * grad
        swapped = Text("w and velocity are swapped", "w et velocity sont échangés")
        expect_array(
            parts[1],
            moved,
            call=f"velocity of {call}",
            what=Text("momentum·velocity − η·grad", "momentum·velocity − η·grad"),
            mistakes=(
                (w + moved, swapped),
                (share * velocity + rate * grad, Text("the sign of the gradient", "le signe du gradient")),
                (share * velocity + grad, Text("the rate belongs to the velocity", "η va dans la vitesse")),
                (
                    share * velocity - (1 - share) * rate * grad,
                    Text("there is no factor 1 − momentum here", "il n'y a pas de facteur 1 − momentum ici"),
                ),
                (0.9 * velocity - rate * grad, Text("momentum is ignored", "momentum est ignoré")),
                (0.99 * velocity - rate * grad, Text("momentum is 0.9 by default", "momentum vaut 0.9 par défaut")),
            ),
        )
        expect_array(
            parts[0],
            w + moved,
            call=f"w of {call}",
            what=Text("w + the new velocity", "w + la nouvelle vitesse"),
            mistakes=(
                (w + velocity, Text("this is the old velocity", "c'est l'ancienne vitesse")),
                (w - moved, Text("the velocity is subtracted", "la vitesse est retranchée")),
                (w + share * moved - rate * grad, Text("this is Nesterov's variant", "c'est la variante de Nesterov")),
                (w - rate * grad, Text("the velocity is not used", "la vitesse n'est pas utilisée")),
            ),
        )


@question("momentum_step")
@check("five", en="Five steps as Keras makes them", fr="Cinq pas, comme Keras", weight=2)
def test_momentum_five(student: Student) -> None:
    """What one step returns is what the next one takes."""
    w = wanted = np.array([2.0, -1.0])
    velocity = moved = np.zeros(2)
    for step in range(5):
        call = MOMENTUM.format(0.1)
        w, velocity = expect_parts(student.momentum_step(w, 2 * wanted, velocity, 0.1), ("w", "velocity"), call)
        moved = 0.9 * moved - 0.1 * 2 * wanted
        wanted = wanted + moved
        words = Text(f"w after step {step + 1} of SGD(0.1, momentum=0.9)", f"w après le pas {step + 1}")
        expect_array(w, wanted, call=f"w of {call}", what=words)


def adam(w: np.ndarray, grad: np.ndarray, state: tuple[np.ndarray, np.ndarray], t: int, **options: float) -> State:
    """Return the oracle's (w, m, v); ``folded=1`` folds the correction into the rate, as Keras does."""
    given = ADAM_DEFAULTS | options
    b1, b2, epsilon = given["beta_1"], given["beta_2"], given["epsilon"]
    m, v = b1 * state[0] + (1 - b1) * grad, b2 * state[1] + (1 - b2) * grad**2
    if options.get("folded"):
        rate = given["learning_rate"] * np.sqrt(1 - b2**t) / (1 - b1**t)
        return w - rate * m / (np.sqrt(v) + epsilon), m, v
    return w - given["learning_rate"] * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + epsilon), m, v


def adam_mistakes(
    w: np.ndarray, grad: np.ndarray, state: tuple[np.ndarray, np.ndarray], t: int, **options: float
) -> list[tuple[np.ndarray, Text]]:
    """Return the weights that known mistakes lead to."""
    given = ADAM_DEFAULTS | options
    rate, b1, b2, epsilon = (given[name] for name in ("learning_rate", "beta_1", "beta_2", "epsilon"))
    _, m, v = adam(w, grad, state, t, **options)
    mean, square = m / (1 - b1**t), v / (1 - b2**t)
    return [
        (w - rate * m / (np.sqrt(v) + epsilon), Text("the bias correction is missing", "il manque la correction")),
        (w - rate * mean / np.sqrt(square + epsilon), Text("ε is under the root", "ε est sous la racine")),
        (w - rate * mean / (square + epsilon), Text("the root is missing", "il manque la racine")),
        (w + rate * mean / (np.sqrt(square) + epsilon), Text("the sign is plus", "le signe est plus")),
        (
            w - rate * (m / (1 - b1 ** (t + 1))) / (np.sqrt(v / (1 - b2 ** (t + 1))) + epsilon),
            Text("t counts from 1: the correction is one step ahead", "t part de 1 : la correction a un pas d'avance"),
        ),
        (
            w - rate * (m / (1 - b1)) / (np.sqrt(v / (1 - b2)) + epsilon),
            Text("t is not used in the correction", "t ne sert pas dans la correction"),
        ),
        (w - rate * mean / (np.sqrt(v) + epsilon), Text("v is not corrected", "v n'est pas corrigé")),
        (w - rate * mean / (np.sqrt(square) + 1e-8), Text("ε is 1e-7 by default", "ε vaut 1e-7 par défaut")),
    ]


def expect_adam(student: Student, given: State, grad: np.ndarray, t: int, **options: float) -> list[Any]:
    """Expect one step, with either way of folding in the correction; return what came back."""
    w, *state = given
    pair = state[0], state[1]
    shown = "".join(f", {name}={value:g}" for name, value in options.items())
    call = ADAM.format(t, shown)
    parts = expect_parts(student.adam_step(w, grad, *pair, t, **options), ("w", "m", "v"), call)
    plain, folded = adam(w, grad, pair, t, **options), adam(w, grad, pair, t, folded=1, **options)
    corrected = Text("m and v are returned without the correction", "m et v sont rendus sans la correction")
    b1, b2 = ((ADAM_DEFAULTS | options)[name] for name in ("beta_1", "beta_2"))
    swapped = Text("the order is (w, m, v)", "l'ordre est (w, m, v)")
    expect_array(
        parts[1],
        plain[1],
        call=f"m of {call}",
        what=Text.same("β₁·m + (1 − β₁)·grad"),
        mistakes=(
            (plain[1] / (1 - b1**t), corrected),
            (plain[2], swapped),
            (plain[0], swapped),
            (b2 * pair[0] + (1 - b2) * grad, Text("β₁ and β₂ are exchanged", "β₁ et β₂ sont échangés")),
        ),
    )
    expect_array(
        parts[2],
        plain[2],
        call=f"v of {call}",
        what=Text.same("β₂·v + (1 − β₂)·grad²"),
        mistakes=(
            (plain[2] / (1 - b2**t), corrected),
            (b2 * pair[1] + (1 - b2) * grad, Text("the gradient is not squared", "le gradient n'est pas au carré")),
        ),
    )
    closer = folded if _is_close(parts[0], folded[0]) else plain
    expect_array(
        parts[0],
        closer[0],
        call=f"w of {call}",
        what=Text("w − η·m̂ / (√v̂ + ε)", "w − η·m̂ / (√v̂ + ε)"),
        mistakes=adam_mistakes(w, grad, pair, t, **options),
        atol=1e-7,
    )
    return parts


def _is_close(got: Any, expected: np.ndarray) -> bool:
    array = np.asarray(got) if isinstance(got, np.ndarray | float | list) else np.zeros(0)
    return array.shape == expected.shape and bool(np.allclose(array, expected, rtol=1e-5, atol=1e-7))


def adam_state(*shape: int) -> State:
    """Return weights, a mean and a mean square as they come up in training."""
    return random(*shape, seed=4), random(*shape, seed=5, low=-0.5, high=0.5), random(*shape, seed=6, low=0.1, high=2.0)


@question("adam_step")
@check("first", en="The first step", fr="Le premier pas", weight=2)
def test_adam_first(student: Student) -> None:
    """From zeros the first step is as long as the rate, whatever the gradient: 0.001 by default."""
    for shape in ((4,), (2, 3)):
        zeros = np.zeros(shape)
        expect_adam(student, (random(*shape, seed=1), zeros, zeros), random(*shape, seed=2), 1)


@question("adam_step")
@check("later", en="A later step, with other arguments", fr="Un pas ultérieur, avec d'autres arguments", weight=2)
def test_adam_later(student: Student) -> None:
    """Any state and t, another rate, other betas."""
    grad = random(2, 3, seed=7)
    expect_adam(student, adam_state(2, 3), grad, 3, learning_rate=0.2)
    expect_adam(student, adam_state(2, 3), grad, 5, learning_rate=0.1, beta_1=0.7, beta_2=0.95)


@question("adam_step")
@check("epsilon", en="ε beside the root", fr="ε à côté de la racine")
def test_adam_epsilon(student: Student) -> None:
    """A large ε shows where it is added; gradients as small as 1e-7 show its default."""
    expect_adam(student, adam_state(5), random(5, seed=8), 2, learning_rate=0.1, epsilon=0.3)
    tiny, zeros = np.array([1e-7, -2e-7]), np.zeros(2)
    expect_adam(student, (zeros, zeros, zeros), tiny, 1, learning_rate=0.1)


@question("adam_step")
@check("five", en="Five steps as Keras makes them", fr="Cinq pas, comme Keras", weight=2)
def test_adam_five(student: Student) -> None:
    """What one step returns is what the next one takes."""
    state: Any = (np.array([2.0, -1.0, 0.5]), np.zeros(3), np.zeros(3))
    for t in range(1, 6):
        state = tuple(expect_adam(student, state, random(3, seed=t), t, learning_rate=0.05))


def _arguments(name: str) -> tuple[list[Any], list[str]]:
    arrays = [random(3, 2, seed=seed, low=0.1) for seed in range(4)]
    if name == "sgd_step":
        return [*arrays[:2], 0.1], ["w", "grad"]
    if name == "momentum_step":
        return [*arrays[:3], 0.1], ["w", "grad", "velocity"]
    return [*arrays, 2], ["w", "grad", "m", "v"]


NAMES = ("sgd_step", "momentum_step", "adam_step")


@pytest.mark.parametrize("name", [pytest.param(name, marks=question(name), id=name) for name in NAMES])
@check("unchanged", en="Leaves its arguments unchanged", fr="Ne modifie pas ses arguments")
def test_unchanged(student: Student, name: str) -> None:
    """None of the arrays is changed in place."""
    arguments, names = _arguments(name)
    call: Callable[..., Any] = student.call
    reply = call(name, *arguments)

    expect_array(
        [0.0 if reply.value is None else 1.0],
        [1.0],
        call=f"{name}({', '.join(names)}, ...)",
        what=Text("a value is returned", "une valeur est renvoyée"),
    )
    expect_kept(reply.changed, f"{name}({', '.join(names)}, ...)", names)
