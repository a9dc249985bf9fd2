"""The five losses: against their formulas, over all elements or over samples, at exactly 0 and 1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from autograder.calls import expect_kept
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import expect_array
from shared.text import Text

from .calls import random

MEAN = Text("over all elements", "sur tous les éléments")
SAMPLES = Text("the mean over the samples", "la moyenne sur les échantillons")
CLIP = 1e-7
# Where a prediction is exactly wrong the loss hangs on how 1 - 1e-7 is rounded: 15.94 in float32, 16.12 in float64.
# Forgetting to clip gives infinity, other bounds 13.8 (1e-6), 18.4 (1e-8), 27.6 (1e-12).
EXTREME_RTOL = 0.02


@dataclass(frozen=True)
class Error:
    """A loss of numbers: its formula on the errors y_pred - y_true, and known mistakes."""

    name: str
    formula: str
    right: Callable[[np.ndarray], Any]
    wrong: tuple[tuple[Callable[[np.ndarray], Any], Text], ...]


NOT_AVERAGED = Text("this is the sum, not the mean", "c'est la somme, non la moyenne")
NATURAL = Text("the logarithm is the natural one", "le logarithme est naturel")
BY_ROW = Text("this is one mean a row", "c'est une moyenne par ligne")
ERRORS = (
    Error(
        "mean_squared_error",
        "mean((y_pred − y_true)²)",
        lambda e: np.mean(e**2),
        (
            (lambda e: np.sum(e**2), NOT_AVERAGED),
            (lambda e: np.sqrt(np.mean(e**2)), Text("there is no root", "il n'y a pas de racine")),
            (lambda e: np.mean(e**2) / 2, Text("there is no factor ½", "il n'y a pas de facteur ½")),
            (lambda e: np.mean(e) ** 2, Text("the square comes before the mean", "le carré vient avant la moyenne")),
            (lambda e: np.mean(e**2, axis=-1), BY_ROW),
            (
                lambda e: np.sum(e**2) / len(e),
                Text("divided by the number of rows only", "divisé par les lignes seules"),
            ),
        ),
    ),
    Error(
        "mean_absolute_error",
        "mean(|y_pred − y_true|)",
        lambda e: np.mean(np.abs(e)),
        (
            (lambda e: np.sum(np.abs(e)), NOT_AVERAGED),
            (lambda e: np.abs(np.mean(e)), Text("the absolute value comes first", "la valeur absolue vient d'abord")),
            (np.mean, Text("the absolute value is missing", "il manque la valeur absolue")),
            (lambda e: np.mean(np.abs(e), axis=-1), BY_ROW),
        ),
    ),
    Error(
        "mean_bias_error",
        "mean(y_pred − y_true)",
        np.mean,
        (
            (lambda e: -np.mean(e), Text("it is y_pred − y_true", "c'est y_pred − y_true")),
            (lambda e: np.abs(np.mean(e)), Text("its sign is kept", "le signe est gardé")),
            (lambda e: np.mean(np.abs(e)), Text("its sign is kept", "le signe est gardé")),
            (np.sum, NOT_AVERAGED),
            (lambda e: np.mean(e, axis=-1), BY_ROW),
        ),
    ),
)


def for_errors() -> pytest.MarkDecorator:
    """Make one check a loss, each under its own question."""
    return pytest.mark.parametrize("error", [pytest.param(e, marks=question(e.name), id=e.name) for e in ERRORS])


def expect_error(student: Student, error: Error, y_true: np.ndarray, y_pred: np.ndarray) -> None:
    """Expect the loss of one pair of arrays."""
    gap = y_pred.astype(np.float64) - y_true
    mistakes = [] if gap.size == 1 else [(function(gap), words) for function, words in error.wrong]
    expect_array(
        getattr(student, error.name)(y_true, y_pred),
        error.right(gap),
        call=f"{error.name}(y_true, y_pred), both of shape {gap.shape}",
        what=Text.same(error.formula + ", ") + MEAN,
        mistakes=mistakes,
    )


@for_errors()
@check("values", en="Value for vectors, both signs", fr="Valeur sur des vecteurs, des deux signes", weight=2)
def test_values(student: Student, error: Error) -> None:
    """Predictions that are mostly too high, then mostly too low; integers."""
    y_true = random(7, seed=1)
    for y_pred in (y_true + random(7, seed=2, low=-1.0), y_true + random(7, seed=3, high=1.0)):
        expect_error(student, error, y_true, y_pred)
    expect_error(student, error, np.array([3, 0, -2, 5]), np.array([1, 4, -2, 0]))


@for_errors()
@check("matrix", en="One number for a matrix too", fr="Un seul nombre aussi pour une matrice")
def test_matrix(student: Student, error: Error) -> None:
    """Predictions (n, k) and (n, 1) give one number, not one a row."""
    for shape in ((4, 3), (5, 1)):
        expect_error(student, error, random(*shape, seed=4), random(*shape, seed=5))


@for_errors()
@check("unchanged", en="Leaves its arguments unchanged", fr="Ne modifie pas ses arguments")
def test_unchanged(student: Student, error: Error) -> None:
    """Neither array is changed."""
    y_true, y_pred = random(6, seed=6), random(6, seed=7)
    call = f"{error.name}(y_true, y_pred)"
    reply = student.call(error.name, y_true, y_pred)

    expect_array(reply.value, error.right(y_pred - y_true), call=call)
    expect_kept(reply.changed, call, ["y_true", "y_pred"])


def binary(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Return the loss of each sample, for arrays (n,)."""
    p = np.clip(p, CLIP, 1 - CLIP)
    losses: np.ndarray = -(y * np.log(p) + (1 - y) * np.log(1 - p))
    return losses


LABELS = np.array([1, 0, 0, 1, 1, 0])
GIVEN = np.array([0.9, 0.3, 0.05, 0.6, 0.2, 0.55])
BINARY = "binary_cross_entropy(y_true, y_pred)"


def expect_binary(student: Student, y: np.ndarray, p: np.ndarray) -> None:
    """Expect the loss of labels and predictions of any of the two shapes."""
    flat, given = y.reshape(-1), p.reshape(-1)
    losses = binary(flat, given)
    expect_array(
        student.binary_cross_entropy(y, p),
        losses.mean(),
        call=f"{BINARY}, shapes {y.shape} and {p.shape}",
        what=Text("−mean(y ln p + (1 − y) ln(1 − p))", "−moyenne(y ln p + (1 − y) ln(1 − p))"),
        mistakes=(
            (losses.sum(), NOT_AVERAGED),
            (-losses.mean(), Text("the minus sign is missing", "il manque le signe moins")),
            (-(flat * np.log(given)).mean(), Text("the part of class 0 is missing", "il manque la classe 0")),
            *((losses.mean() / np.log(base), NATURAL) for base in (2, 10)),
            (binary(1 - flat, given).mean(), Text("the classes are exchanged", "les classes sont échangées")),
            (
                binary(flat[:, None], given[None, :]).mean(),
                Text("(n,) beside (n, 1) was broadcast to (n, n)", "(n,) avec (n, 1) a été étendu à (n, n)"),
            ),
            (losses, Text("this is one loss a sample", "c'est une perte par échantillon")),
            (losses[:, None], Text("this is one loss a sample", "c'est une perte par échantillon")),
        ),
    )


@question("binary_cross_entropy")
@check("values", en="Value for (n,) and (n, 1)", fr="Valeur pour (n,) et (n, 1)", weight=3)
def test_binary_values(student: Student) -> None:
    """Both shapes, integer and float labels."""
    expect_binary(student, LABELS, GIVEN)
    expect_binary(student, LABELS[:, None].astype(np.float64), GIVEN[:, None])
    expect_binary(student, np.array([1.0]), np.array([0.25]))


@question("binary_cross_entropy")
@check("mixed", en="(n,) beside (n, 1)", fr="(n,) avec (n, 1)")
def test_binary_mixed(student: Student) -> None:
    """Keras predicts (n, 1) where labels are (n,): the two must not be broadcast."""
    expect_binary(student, LABELS, GIVEN[:, None])
    expect_binary(student, LABELS[:, None], GIVEN)


@question("binary_cross_entropy")
@check("extremes", en="Finite at exactly 0 and 1", fr="Finie en 0 et 1 exactement", weight=2)
def test_binary_extremes(student: Student) -> None:
    """Sure and right costs nothing, sure and wrong −ln(1e-7) = 16.1."""
    for y, p in ((np.array([1.0, 0.0]), np.array([1.0, 0.0])), (np.array([1.0, 0.0]), np.array([0.0, 1.0]))):
        expect_extreme(student.binary_cross_entropy(y, p), binary(y, p).mean(), f"binary_cross_entropy({y}, {p})")


def expect_extreme(got: Any, wanted: float, call: str) -> None:
    """Expect a loss of predictions that are exactly 0 or 1."""
    expect_array(
        got,
        wanted,
        call=call,
        what=Text("predictions clipped to [1e-7, 1 − 1e-7]", "prédictions bornées à [1e-7, 1 − 1e-7]"),
        rtol=EXTREME_RTOL,
        atol=1e-4,
        mistakes=[
            (wanted * np.log(other) / np.log(CLIP), Text("clipped, but not at 1e-7", "borné, mais pas à 1e-7"))
            for other in (1e-6, 1e-8, 1e-9, 1e-12, 1e-15)
            if wanted > 1
        ],
        hint=Text("np.clip(y_pred, 1e-7, 1 - 1e-7) first.", "D'abord np.clip(y_pred, 1e-7, 1 - 1e-7)."),
    )


TRUTH = np.eye(3)[[0, 2, 1, 2]]
SHARES = np.array([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4], [0.5, 0.25, 0.25], [0.05, 0.05, 0.9]])
CATEGORICAL = "categorical_cross_entropy(y_true, y_pred)"


@question("categorical_cross_entropy")
@check("values", en="Value for one-hot labels", fr="Valeur pour des étiquettes one-hot", weight=3)
def test_categorical_values(student: Student) -> None:
    """Three classes and two, several samples and one; integer and float labels."""
    for y, p in ((TRUTH, SHARES), (TRUTH[:1].astype(int), SHARES[:1]), (np.eye(2)[[0, 1, 1]], SHARES[:3, :2])):
        shares = p / p.sum(axis=1, keepdims=True)
        losses = -(y * np.log(shares)).sum(axis=1)
        mistakes = [
            (-losses.mean(), Text("the minus sign is missing", "il manque le signe moins")),
            (
                losses.mean() / y.shape[1],
                Text("the mean is over samples only", "la moyenne porte sur les échantillons"),
            ),
            (binary(y, shares).mean(), Text("this is binary cross-entropy", "c'est l'entropie croisée binaire")),
            *((losses.mean() / np.log(base), NATURAL) for base in (2, 10)),
            *(
                (
                    -(y * np.log(shares + added)).sum(axis=1).mean(),
                    Text(
                        "something is added to y_pred; clip it instead", "quelque chose est ajouté à y_pred : bornez-le"
                    ),
                )
                for added in (1e-3, 1e-4, 1e-5)
            ),
        ]
        if len(y) > 1:
            mistakes.append((losses.sum(), NOT_AVERAGED))
        expect_array(
            student.categorical_cross_entropy(y, shares),
            losses.mean(),
            call=f"{CATEGORICAL}, both of shape {y.shape}",
            what=Text("−Σ y ln p of a sample, ", "−Σ y ln p d'un échantillon, ") + SAMPLES,
            mistakes=mistakes,
        )


@question("categorical_cross_entropy")
@check("extremes", en="Finite at exactly 0 and 1", fr="Finie en 0 et 1 exactement", weight=2)
def test_categorical_extremes(student: Student) -> None:
    """Sure and right costs nothing, sure and wrong −ln(1e-7) = 16.1."""
    for places, wanted in (([0, 2], 0.0), ([1, 2], -np.log(CLIP) / 2), ([1, 0], -np.log(CLIP))):
        y, p = np.eye(3)[[0, 2]], np.eye(3)[places]
        call = f"categorical_cross_entropy({y.tolist()}, {p.tolist()})"
        expect_extreme(student.categorical_cross_entropy(y, p), wanted, call)


@pytest.mark.parametrize(
    ("name", "y", "p"),
    [
        pytest.param("binary_cross_entropy", LABELS, np.clip(GIVEN, 0, 1), marks=question("binary_cross_entropy")),
        pytest.param("categorical_cross_entropy", TRUTH, SHARES, marks=question("categorical_cross_entropy")),
    ],
    ids=["binary", "categorical"],
)
@check("unchanged", en="Leaves its arguments unchanged", fr="Ne modifie pas ses arguments")
def test_entropy_unchanged(student: Student, name: str, y: np.ndarray, p: np.ndarray) -> None:
    """Neither array is changed, not even by clipping."""
    given = p.copy()
    given.flat[0], given.flat[1] = 1.0, 0.0
    reply = student.call(name, y, given)

    expect_array(np.ndim(reply.value), 0, call=f"np.ndim({name}(y_true, y_pred))", what=Text("a number", "un nombre"))
    expect_kept(reply.changed, f"{name}(y_true, y_pred)", ["y_true", "y_pred"])
