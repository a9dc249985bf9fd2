"""softmax: along any axis, stable, invariant."""

from __future__ import annotations

import numpy as np

from autograder.calls import expect_kept
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import expect_array
from shared.text import Text

from .calls import random

WHAT = Text("e^z over its sum along the axis", "e^z sur sa somme le long de l'axe")


def right(z: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return the oracle's probabilities."""
    powers = np.exp(z - z.max(axis=axis, keepdims=True))
    probabilities: np.ndarray = powers / powers.sum(axis=axis, keepdims=True)
    return probabilities


@question("softmax")
@check("values", en="Probabilities of vectors and of rows", fr="Probabilités de vecteurs et de lignes", weight=3)
def test_values(student: Student) -> None:
    """By default the last axis adds up to 1: a vector, and each row of a matrix."""
    for shape in ((5,), (3, 4)):
        z = random(*shape, seed=len(shape))
        expect_array(
            student.softmax(z),
            right(z),
            call=f"softmax(z), z of shape {shape}",
            what=WHAT,
            mistakes=(
                (np.exp(z) / np.exp(z).sum(), Text("the sum is over all elements", "la somme porte sur tout")),
                (right(z, 0), Text("these are the columns, not the rows", "ce sont les colonnes, non les lignes")),
                (np.exp(z), Text("it is not divided by the sum", "ce n'est pas divisé par la somme")),
                (z / z.sum(axis=-1, keepdims=True), Text("the exponential is missing", "il manque l'exponentielle")),
                (np.log(right(z)), Text("this is its logarithm", "c'est son logarithme")),
            ),
            hint=Text("keepdims=True keeps the axis for the division.", "keepdims=True garde l'axe pour la division."),
        )


@question("softmax")
@check("axis", en="The axis that is asked for", fr="L'axe demandé", weight=2)
def test_axis(student: Student) -> None:
    """Each axis of an array with three, counted from the front or from the back."""
    z = random(2, 3, 4, seed=7)
    for axis in (0, 1, 2, -2):
        expect_array(
            student.softmax(z, axis=axis),
            right(z, axis),
            call=f"softmax(z, axis={axis}), z of shape (2, 3, 4)",
            what=WHAT,
            mistakes=((right(z), Text("axis is ignored", "axis est ignoré")),),
        )


@question("softmax")
@check("stable", en="Stable at ±1000", fr="Stable à ±1000", weight=2)
def test_stable(student: Student) -> None:
    """Large scores, alone and beside small ones, and rows very far from each other."""
    for z in (
        np.array([1000.0, 1000.0, 999.0]),
        np.array([-1000.0, -1001.0]),
        np.array([[1000.0, 998.0, -1000.0], [-1000.0, -1002.0, -999.0]]),
    ):
        expect_array(
            student.softmax(z),
            right(z),
            call=f"softmax({z.tolist()})",
            what=WHAT,
            mistakes=((right(np.clip(z, -50, 50)), Text("the scores were clipped", "les scores ont été bornés")),),
            hint=Text(
                "Subtract the largest score along the axis first: it changes nothing, and e^0 is 1.",
                "Retranchez d'abord le plus grand score le long de l'axe : cela ne change rien, et e^0 vaut 1.",
            ),
        )


@question("softmax")
@check("integers", en="Integers, and scores that are all equal", fr="Des entiers, et des scores tous égaux")
def test_integers(student: Student) -> None:
    """Integer scores give fractions; equal scores give equal shares; one score alone gives 1."""
    for z in (np.array([[1, 2, 3], [-1, 0, 4]]), np.array([5, 5, 5, 5]), np.array([7.5])):
        expect_array(student.softmax(z), right(z.astype(np.float64)), call=f"softmax({z.tolist()})", what=WHAT)


@question("softmax")
@check("unchanged", en="Leaves its argument unchanged", fr="Ne modifie pas son argument")
def test_unchanged(student: Student) -> None:
    """The caller's scores are the same after the call."""
    z = random(4, 3, seed=9)
    reply = student.call("softmax", z)

    expect_array(reply.value, right(z), call="softmax(z)", what=WHAT)
    expect_kept(reply.changed, "softmax(z)", ["z"])
