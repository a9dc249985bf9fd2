"""gradient_descent: the gradients are the judge's, so every step that is taken is seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.calls import expect_kept
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import expect_array, expect_equal, fail
from shared.text import Text
from shared.values import as_array

from .calls import expect_parts, judged
from .surface import show_paths

CALL = "gradient_descent(gradient, w0, {}{})"
SLOPES = np.array([0.6, 3.0])  # of a valley that is five times as steep across as along
Gradient = Callable[[np.ndarray], np.ndarray]


def valley(w: np.ndarray) -> np.ndarray:
    """Return the gradient of the valley ½·Σ slope·w²."""
    slope: np.ndarray = SLOPES * w
    return slope


def right(gradient: Gradient, w0: np.ndarray, rate: float, max_steps: int, tolerance: float = 1e-6) -> np.ndarray:
    """Return the oracle's path, (steps + 1, ...)."""
    path = [w0]
    while len(path) <= max_steps and np.sqrt((gradient(path[-1]) ** 2).sum()) > tolerance:
        path.append(path[-1] - rate * gradient(path[-1]))
    return np.array(path)


def descend(student: Student, gradient: Gradient, w0: np.ndarray, rate: float, **options: float) -> tuple[Any, Any]:
    """Call the student's function and return its two parts."""
    w, path = expect_parts(
        student.gradient_descent(judged(gradient), w0, rate, **options), ("w", "path"), _call(rate, options)
    )
    return w, path


def _call(rate: float, options: dict[str, float]) -> str:
    return CALL.format(rate, "".join(f", {name}={value:g}" for name, value in options.items()))


def steps(path: Any) -> int:
    """Return how many steps a path has, -1 where it is no path."""
    return len(path) - 1 if isinstance(path, list | tuple) or (isinstance(path, np.ndarray) and path.ndim) else -1


W0 = np.array([-2.5, 1.5])
TEN: dict[str, float] = {"max_steps": 10}


@question("gradient_descent")
@check("path", en="The path: every place, from w0 to w", fr="Le chemin : chaque point, de w0 à w", weight=3)
def test_path(student: Student, exhibit: Callable[..., None]) -> None:
    """Ten steps in a valley; the picture shows the student's beside the right ones."""
    rate = 0.5
    _, path = descend(student, valley, W0, rate, **TEN)
    wanted = right(valley, W0, rate, 10)
    array = as_array(path)
    paths, captions = {"right": wanted}, {"right": Text("expected", "attendu"), "yours": Text("yours", "le vôtre")}
    if array is not None and array.ndim == 2 and array.shape[1] == 2 and np.isfinite(array).all():
        paths = {"yours": array[:200].astype(np.float64), **paths}
    show_paths(exhibit, lambda w: (SLOPES * w**2).sum(axis=-1) / 2, paths, captions)

    expect_array(
        path,
        wanted,
        call=f"path of {_call(rate, TEN)}",
        what=Text("w0 and the place after each step", "w0 et le point après chaque pas"),
        mistakes=(
            (
                np.repeat(wanted[-1:], 11, axis=0),
                Text(
                    "every entry is the last place: the same array was appended each time, and changed later",
                    "chaque élément est le dernier point : le même tableau, ajouté à chaque fois puis modifié",
                ),
            ),
            (wanted[1:], Text("w0 is missing", "il manque w0")),
            (wanted[:-1], Text("the last place is missing", "il manque le dernier point")),
            (right(lambda w: -valley(w), W0, rate, 10), Text("this goes uphill", "cela monte au lieu de descendre")),
            (
                right(lambda w: valley(w) / np.linalg.norm(valley(w)), W0, rate, 10),
                Text("the gradient is divided by its norm", "le gradient est divisé par sa norme"),
            ),
        ),
    )


@question("gradient_descent")
@check("end", en="Ends where the gradient is small", fr="S'arrête où le gradient est petit", weight=2)
def test_end(student: Student) -> None:
    """By default it stops at a gradient of norm 1e-6, with another tolerance earlier; w is the last place."""
    for options in ({}, {"tolerance": 0.01}):
        w, path = descend(student, valley, W0, 0.3, **options)
        call, tolerance = _call(0.3, options), options.get("tolerance", 1e-6)
        wanted = right(valley, W0, 0.3, 1000, tolerance)
        mistakes = [
            (right(valley, W0, 0.3, 1000, other)[-1], words)
            for other, words in (
                (0.0, Text("tolerance is not looked at", "tolerance n'est pas pris en compte")),
                (tolerance**0.5, Text("the norm is squared, or has no root", "la norme est au carré, ou sans racine")),
                (tolerance / 0.3, Text("the norm is that of the step", "la norme est celle du pas")),
            )
        ]
        expect_array(
            w, wanted[-1], call=f"w of {call}", what=Text("the last place", "le dernier point"), mistakes=mistakes
        )
        expect_equal(
            steps(path),
            len(wanted) - 1,
            call=f"len(path) - 1 of {call}",
            what=Text(
                "steps until the gradient's norm is at most tolerance",
                "pas jusqu'à ce que la norme du gradient soit au plus tolerance",
            ),
            mistakes=(
                (1000, Text("tolerance is not looked at", "tolerance n'est pas pris en compte")),
                (len(wanted), Text("one step too many after it is small", "un pas de trop une fois qu'il est petit")),
                (len(wanted) - 2, Text("it stops a step too early", "il s'arrête un pas trop tôt")),
            ),
        )


@question("gradient_descent")
@check("max_steps", en="max_steps is the limit", fr="max_steps est la limite", weight=2)
def test_max_steps(student: Student) -> None:
    """Three steps are asked for, three are made; 1000 is the default."""
    w, path = descend(student, valley, W0, 0.1, max_steps=3)
    wanted = right(valley, W0, 0.1, 3)
    call = "gradient_descent(gradient, w0, 0.1, max_steps=3)"
    expect_equal(
        steps(path),
        3,
        call=f"len(path) - 1 of {call}",
        what=Text("steps", "pas"),
        mistakes=(
            (2, Text("path has max_steps places: w0 counts as a step", "w0 est compté comme un pas")),
            (4, Text("one step too many", "un pas de trop")),
        ),
    )
    expect_array(w, wanted[-1], call=f"w of {call}", what=Text("the place after 3 steps", "le point après 3 pas"))
    said = student.defaults("gradient_descent")
    if (said.get("max_steps"), said.get("tolerance")) != (1000, 1e-6):
        _, path = descend(student, np.ones_like, np.zeros(1), 0.5)
        expect_equal(
            steps(path),
            1000,
            call="len(path) - 1 of gradient_descent(gradient, w0, 0.5), a gradient that never vanishes",
            what=Text("max_steps=1000 is the default", "max_steps=1000 est la valeur par défaut"),
        )


@question("gradient_descent")
@check("already", en="No step where w0 is good enough", fr="Aucun pas si w0 convient déjà")
def test_already(student: Student) -> None:
    """A gradient at w0 that is 0, or just at the tolerance, leaves one place on the path."""
    for w0, tolerance in ((np.zeros(2), 1e-6), (np.array([3.0, 4.0]), 5.0)):
        w, path = descend(student, lambda w: w, w0, 0.1, tolerance=tolerance, max_steps=50)
        call = f"gradient_descent(gradient, w0, 0.1, tolerance={tolerance:g}), gradient {w0.tolist()} at w0"
        just = Text("a norm that is just tolerance is small enough", "une norme égale à tolerance suffit")
        expect_array(
            path,
            w0[None],
            call=f"path of {call}",
            what=Text(
                "w0 alone: its gradient's norm is at most tolerance", "w0 seul : la norme y est au plus tolerance"
            ),
            mistakes=[(np.array([w0, 0.9 * w0]), just)] if w0.any() else [],
        )
        expect_array(w, w0, call=f"w of {call}")


@question("gradient_descent")
@check("matrix", en="Matrices too: the norm of all elements", fr="Aussi des matrices : norme de tous les éléments")
def test_matrix(student: Student) -> None:
    """For a matrix the norm is the root of the sum of all squares, neither a column's nor the spectral one."""
    # Three rows as long as each other and at right angles: the spectral norm is smaller by a factor of the root of 3,
    # which is five steps of a tenth.
    w0 = 1 + 2 * np.eye(3, 4)
    w, path = descend(student, lambda w: w - 1, w0, 0.1, tolerance=0.5)
    wanted = right(lambda w: w - 1, w0, 0.1, 1000, 0.5)
    call = "gradient_descent(gradient, w0, 0.1, tolerance=0.5), w0 of shape (3, 4)"

    expect_equal(
        steps(path),
        len(wanted) - 1,
        call=f"len(path) - 1 of {call}",
        what=Text(
            "steps, by the root of the sum of all squares", "pas, selon la racine de la somme de tous les carrés"
        ),
        hint=Text("np.linalg.norm(g, 2) of a matrix is another norm.", "np.linalg.norm(g, 2) est une autre norme."),
    )
    expect_array(w, wanted[-1], call=f"w of {call}")


@question("gradient_descent")
@check("unchanged", en="Leaves w0 unchanged", fr="Ne modifie pas w0")
def test_unchanged(student: Student) -> None:
    """The caller's w0 is where it was."""
    reply = student.call("gradient_descent", judged(valley), W0, 0.5, max_steps=4)
    if reply.value is None:
        fail(Text("gradient_descent returned None", "gradient_descent a renvoyé None"))
    expect_kept(reply.changed, CALL.format(0.5, ", max_steps=4"), ["gradient", "w0"])
