"""l1_penalty, l2_penalty, elastic_net_penalty, max_norm: by their formulas, on arrays of any shape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from autograder.calls import expect_kept
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import expect_array
from shared.text import Text

from .calls import random


@dataclass(frozen=True)
class Penalty:
    """A penalty: its other arguments in each call, its formula, and known mistakes."""

    name: str
    formula: str
    arguments: tuple[tuple[float, ...], ...]
    right: Callable[..., float]
    wrong: tuple[tuple[Callable[..., float], Text], ...]


def one(theta: np.ndarray) -> float:
    """Return the sum of the absolute values."""
    return float(np.abs(theta).sum())


def two(theta: np.ndarray) -> float:
    """Return the sum of the squares."""
    return float((theta**2).sum())


def matrix_norm(theta: np.ndarray, order: int) -> float:
    """Return what np.linalg.norm makes of a matrix; of anything else, which it takes as a whole or not at all, NaN."""
    return float(np.linalg.norm(theta, order)) if theta.ndim == 2 else float("nan")


MEAN = Text("this is the mean, not the sum", "c'est la moyenne, non la somme")
MATRIX_NORM = Text(
    "np.linalg.norm of a matrix is not that of all its elements",
    "np.linalg.norm d'une matrice n'est pas celle de tous ses éléments",
)
HALF = Text("there is no factor ½", "il n'y a pas de facteur ½")
PENALTIES = (
    Penalty(
        "l1_penalty",
        "λ·Σ|θ|",
        ((0.1,), (2.0,)),
        lambda theta, lam: lam * one(theta),
        (
            (lambda theta, lam: one(theta), Text("λ is missing", "il manque λ")),
            (
                lambda theta, lam: lam * abs(theta.sum()),
                Text("absolute values come first", "d'abord les valeurs absolues"),
            ),
            (lambda theta, lam: lam * float(theta.sum()), Text("absolute values are missing", "il manque |·|")),
            (lambda theta, lam: lam * one(theta) / theta.size, MEAN),
            (lambda theta, lam: lam * two(theta), Text("this is the L2 penalty", "c'est la pénalité L2")),
            (lambda theta, lam: lam * matrix_norm(theta, 1), MATRIX_NORM),
        ),
    ),
    Penalty(
        "l2_penalty",
        "λ·Σθ²",
        ((0.1,), (2.0,)),
        lambda theta, lam: lam * two(theta),
        (
            (lambda theta, lam: two(theta), Text("λ is missing", "il manque λ")),
            (
                lambda theta, lam: lam * two(theta) ** 0.5,
                Text("the norm is squared: no root", "la norme est au carré : pas de racine"),
            ),
            (lambda theta, lam: lam * two(theta) / 2, HALF),
            (lambda theta, lam: lam * two(theta) / theta.size, MEAN),
            (lambda theta, lam: lam * one(theta), Text("this is the L1 penalty", "c'est la pénalité L1")),
            (lambda theta, lam: lam**2 * two(theta), Text("λ is squared too", "λ est au carré aussi")),
            (lambda theta, lam: lam * matrix_norm(theta, 2) ** 2, MATRIX_NORM),
        ),
    ),
    Penalty(
        "elastic_net_penalty",
        "λ·[(1 − α)·Σ|θ| + α·Σθ²]",
        ((0.1, 0.3), (2.0, 0.75), (0.5, 0.0), (0.5, 1.0)),
        lambda theta, lam, alpha: lam * ((1 - alpha) * one(theta) + alpha * two(theta)),
        (
            (
                lambda theta, lam, alpha: lam * (alpha * one(theta) + (1 - alpha) * two(theta)),
                Text("α and 1 − α are exchanged: α belongs to L2", "α et 1 − α sont échangés : α va avec L2"),
            ),
            (
                lambda theta, lam, alpha: lam * (one(theta) + alpha * two(theta)),
                Text("1 − α is missing", "il manque 1 − α"),
            ),
            (
                lambda theta, lam, alpha: (1 - alpha) * one(theta) + alpha * two(theta),
                Text("λ is missing", "il manque λ"),
            ),
            (
                lambda theta, lam, alpha: lam * ((1 - alpha) * one(theta) + alpha * two(theta) ** 0.5),
                Text("the L2 norm is squared", "la norme L2 est au carré"),
            ),
            (lambda theta, lam, alpha: lam * ((1 - alpha) * one(theta) + alpha * two(theta) / 2), HALF),
            (
                lambda theta, lam, alpha: lam * (1 - alpha) * one(theta) + alpha * two(theta),
                Text("λ is only on the first part", "λ n'est que sur la première partie"),
            ),
        ),
    ),
)


def for_penalties() -> pytest.MarkDecorator:
    """Make one check a penalty, each under its own question."""
    return pytest.mark.parametrize("penalty", [pytest.param(p, marks=question(p.name), id=p.name) for p in PENALTIES])


def expect_penalty(student: Student, penalty: Penalty, theta: np.ndarray) -> None:
    """Expect the penalty of one array for all arguments."""
    for arguments in penalty.arguments:
        expect_array(
            getattr(student, penalty.name)(theta, *arguments),
            penalty.right(theta, *arguments),
            call=f"{penalty.name}(theta, {', '.join(f'{a:g}' for a in arguments)}), theta of shape {theta.shape}",
            what=Text.same(penalty.formula),
            mistakes=[(function(theta, *arguments), words) for function, words in penalty.wrong],
        )


@for_penalties()
@check("matrix", en="Value for a matrix", fr="Valeur pour une matrice", weight=2)
def test_matrix(student: Student, penalty: Penalty) -> None:
    """A matrix that is not square, numbers of both signs."""
    expect_penalty(student, penalty, random(3, 4, seed=3))


@for_penalties()
@check("shapes", en="Any shape", fr="Toute forme")
def test_shapes(student: Student, penalty: Penalty) -> None:
    """A vector and an array of three axes give one number too, and so do integers."""
    for theta in (random(5, seed=1), random(2, 3, 2, seed=2), np.array([[2, -3], [0, 1]])):
        expect_penalty(student, penalty, theta)


@for_penalties()
@check("unchanged", en="Leaves theta unchanged", fr="Ne modifie pas theta")
def test_unchanged(student: Student, penalty: Penalty) -> None:
    """The caller's theta is the same after the call."""
    theta, arguments = random(4, 3, seed=4), penalty.arguments[0]
    reply = student.call(penalty.name, theta, *arguments)

    expect_array(reply.value, penalty.right(theta, *arguments), call=f"{penalty.name}(theta, ...)")
    expect_kept(reply.changed, f"{penalty.name}(theta, ...)", ["theta"])


def shortened(W: np.ndarray, c: float, axis: int = 0) -> np.ndarray:
    """Return the oracle's matrix; ``axis=1`` takes rows for columns."""
    norms = np.sqrt((W**2).sum(axis=axis, keepdims=True))
    scaled: np.ndarray = W * np.minimum(1, c / np.where(norms > 0, norms, 1))
    return scaled


def expect_max_norm(student: Student, W: np.ndarray, c: float) -> None:
    """Expect long columns shortened and short ones left."""
    norms = np.linalg.norm(W, axis=0)
    long, sums = norms > c, np.abs(W).sum(axis=0)
    whole = float(np.linalg.norm(W))
    expect_array(
        student.max_norm(W, c),
        shortened(W, c),
        call=f"max_norm(W, {c:g}), W of shape {W.shape}, column norms {norms.round(2).tolist()}",
        what=Text(
            "columns longer than c have the norm c, the others are as they were",
            "colonnes trop longues ramenées à c, les autres inchangées",
        ),
        mistakes=(
            (
                shortened(W, c, axis=1),
                Text("these are the rows, not the columns", "ce sont les lignes, non les colonnes"),
            ),
            (
                W * c / np.where(norms > 0, norms, 1),
                Text("short columns were lengthened", "des colonnes courtes ont été allongées"),
            ),
            (W * min(1, c / whole), Text("the whole matrix was scaled", "toute la matrice a été mise à l'échelle")),
            (
                np.clip(W, -c, c),
                Text("the entries were clipped, not the norms", "les éléments ont été bornés, non les normes"),
            ),
            *(
                (wrong, Text("long columns have the norm 1, not c", "les colonnes longues ont la norme 1, non c"))
                for wrong in (W / np.maximum(norms, c), np.where(long, W / np.where(long, norms, 1), W))
            ),
            (
                W * np.minimum(1, c / np.where(sums > 0, sums, 1)),
                Text("the norm is the root of a sum of squares", "la norme est la racine d'une somme de carrés"),
            ),
        ),
    )


@question("max_norm")
@check(
    "columns", en="Long columns are shortened, others left", fr="Colonnes longues raccourcies, autres gardées", weight=3
)
def test_columns(student: Student) -> None:
    """Wide and tall matrices whose columns have very different norms; bounds below and above 1."""
    for rows, columns, c in ((3, 6, 2.0), (6, 3, 1.5), (4, 4, 0.5)):
        lengths = np.linspace(0.3, 4.0, columns)
        W = random(rows, columns, seed=rows)
        expect_max_norm(student, (lengths * W / np.linalg.norm(W, axis=0)).round(3), c)


@question("max_norm")
@check("short", en="Nothing to do where all are short", fr="Rien à faire si toutes sont courtes")
def test_short(student: Student) -> None:
    """Columns at most as long as c stay, also those that are exactly so long."""
    expect_max_norm(student, random(3, 5, seed=1), 100.0)
    expect_max_norm(student, np.array([[3.0, 0.0, 1.0], [4.0, 5.0, 1.0]]), 5.0)


@question("max_norm")
@check("zeros", en="Columns of zeros stay zeros", fr="Les colonnes nulles restent nulles")
def test_zeros(student: Student) -> None:
    """A unit without any weight gives no NaN."""
    expect_max_norm(student, np.array([[0.0, 3.0, 0.0], [0.0, -4.0, 0.1]]), 1.0)


@question("max_norm")
@check("unchanged", en="Leaves W unchanged", fr="Ne modifie pas W")
def test_max_norm_unchanged(student: Student) -> None:
    """The caller's W is the same after the call."""
    W = random(4, 3, seed=4)
    reply = student.call("max_norm", W, 0.5)

    expect_array(reply.value, shortened(W, 0.5), call="max_norm(W, 0.5)")
    expect_kept(reply.changed, "max_norm(W, 0.5)", ["W"])
