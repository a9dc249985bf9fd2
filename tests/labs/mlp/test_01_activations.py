"""sigmoid, tanh, relu, leaky_relu, softmax: values, scalars, integers, extremes; oracles are the formulas in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from autograder.calls import expect_kept
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import Mistakes, expect_array
from shared.text import Text

from .calls import expect_no_warning, random

Function = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Activation:
    """An elementwise function, its formula, and the values of known mistakes."""

    name: str
    formula: str
    right: Function
    wrong: tuple[tuple[Function, Text], ...]

    def mistakes(self, z: np.ndarray) -> Mistakes:
        """Return what known mistakes give."""
        return [(function(z), words) for function, words in self.wrong]


def logistic(z: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + e^-z) in the way that does not overflow."""
    small = np.exp(-np.abs(z))
    value: np.ndarray = np.where(z >= 0, 1.0, small) / (1 + small)
    return value


NO_MINUS = Text("the minus sign of the exponent is missing", "il manque le signe moins de l'exposant")
ACTIVATIONS = (
    Activation(
        "sigmoid",
        "1 / (1 + e^(-z))",
        logistic,
        (
            (lambda z: logistic(-z), NO_MINUS),
            (lambda z: logistic(z) * (1 - logistic(z)), Text("this is its derivative", "c'est sa dérivée")),
            (np.tanh, Text("this is tanh", "c'est tanh")),
        ),
    ),
    Activation(
        "tanh",
        "(e^z - e^(-z)) / (e^z + e^(-z))",
        np.tanh,
        (
            (logistic, Text("this is the sigmoid", "c'est la sigmoïde")),
            (lambda z: -np.tanh(z), Text("the sign is the wrong one", "le signe est inversé")),
            (lambda z: 1 - np.tanh(z) ** 2, Text("this is its derivative", "c'est sa dérivée")),
            (lambda z: np.tanh(z / 2), Text("this is tanh(z / 2)", "c'est tanh(z / 2)")),
            (
                lambda z: np.exp(z) - np.exp(-z) / np.exp(z) + np.exp(-z),
                Text("the parentheses of the fraction are missing", "il manque les parenthèses de la fraction"),
            ),
        ),
    ),
    Activation(
        "relu",
        "max(0, z)",
        lambda z: np.maximum(z, 0),
        (
            (np.abs, Text("this is the absolute value", "c'est la valeur absolue")),
            (lambda z: np.minimum(z, 0), Text("this is min(0, z)", "c'est min(0, z)")),
            (lambda z: (z > 0) * 1.0, Text("this is its derivative", "c'est sa dérivée")),
            (lambda z: np.clip(z, 0, 6), Text("what is above 6 is cut off", "ce qui dépasse 6 est coupé")),
        ),
    ),
    Activation(
        "leaky_relu",
        "max(0.01 z, z)",
        lambda z: np.maximum(0.01 * z, z),
        (
            (lambda z: np.maximum(z, 0), Text("this is ReLU: the negative side is 0", "c'est ReLU : 0 côté négatif")),
            (lambda z: np.minimum(0.01 * z, z), Text("this is min(εz, z)", "c'est min(εz, z)")),
            (
                lambda z: np.maximum(0.1 * z, z),
                Text("epsilon is 0.01 by default", "epsilon vaut 0.01 par défaut"),
            ),
            (
                lambda z: np.where(z > 0, z, -0.01 * z),
                Text("the negative side has the wrong sign", "le côté négatif a le mauvais signe"),
            ),
            (
                lambda z: np.where(z > 0, z, z - 0.01),
                Text("epsilon is subtracted, not multiplied", "epsilon est retranché, non multiplié"),
            ),
        ),
    ),
)


def for_activations(*names: str) -> pytest.MarkDecorator:
    """Make one check an activation, each under its own question."""
    chosen = [activation for activation in ACTIVATIONS if activation.name in names or not names]
    params = [pytest.param(activation, marks=question(activation.name), id=activation.name) for activation in chosen]
    return pytest.mark.parametrize("activation", params)


@for_activations()
@check("values", en="Values of vectors and matrices", fr="Valeurs sur vecteurs et matrices", weight=3)
def test_values(student: Student, activation: Activation) -> None:
    """A vector and a matrix that is not square, positive and negative numbers, small and large."""
    for shape, scale in (((7,), 1), ((3, 5), 4)):
        z = scale * random(*shape, seed=len(shape))
        expect_array(
            getattr(student, activation.name)(z),
            activation.right(z),
            call=f"{activation.name}(z), z of shape {shape}",
            what=Text.same(activation.formula),
            mistakes=activation.mistakes(z),
        )


@for_activations()
@check("scalars", en="A number gives a number", fr="Un nombre donne un nombre")
def test_scalars(student: Student, activation: Activation) -> None:
    """Python numbers, positive, negative and zero, and an array without axes."""
    for z in (1.5, -2.5, 0.0, 2, np.array(-0.5)):
        expect_array(
            getattr(student, activation.name)(z),
            activation.right(np.asarray(z, np.float64)),
            call=f"{activation.name}({z})",
            what=Text.same(activation.formula),
            hint=Text(
                "NumPy's functions take numbers and arrays alike; an index such as z[z < 0] needs an array.",
                "Les fonctions de NumPy prennent nombres et tableaux ; un indice comme z[z < 0] exige un tableau.",
            ),
        )


@for_activations()
@check("shapes", en="Any shape, also integers", fr="Toute forme, aussi des entiers")
def test_shapes(student: Student, activation: Activation) -> None:
    """Three axes, one element, and an array of integers, whose results are not cut to integers."""
    for z in (random(2, 3, 4, seed=5), random(1, 1, seed=6), np.array([[-3, 0, 2], [1, -1, -2]])):
        expect_array(
            getattr(student, activation.name)(z),
            activation.right(z.astype(np.float64)),
            call=f"{activation.name}(z), z {z.dtype} of shape {z.shape}",
            what=Text.same(activation.formula),
            hint=Text(
                "An array made like z (zeros_like, copy) has z's type: integers cut what is written into them.",
                "Un tableau fait comme z (zeros_like, copy) a le type de z : des entiers tronquent ce qu'on y écrit.",
            ),
        )


@for_activations()
@check("unchanged", en="Leaves its argument unchanged", fr="Ne modifie pas son argument")
def test_unchanged(student: Student, activation: Activation) -> None:
    """The caller's array is the same after the call."""
    z = random(4, 3, seed=8)
    reply = student.call(activation.name, z)

    expect_array(reply.value, activation.right(z), call=f"{activation.name}(z)", what=Text.same(activation.formula))
    expect_kept(reply.changed, f"{activation.name}(z)", ["z"])


@question("sigmoid")
@check("extremes", en="±1000 without a warning", fr="±1000 sans avertissement", weight=2)
def test_extremes(student: Student) -> None:
    """Very large and very small numbers give 1 and 0, and NumPy has nothing to complain of."""
    for z in (np.array([-1000.0, 1000.0, -745.0, 0.5]), 1000.0, -1000.0):
        call = f"sigmoid({z})"
        reply = student.call("sigmoid", z)
        expect_array(reply.value, logistic(np.asarray(z)), call=call, what=Text.same("1 / (1 + e^(-z))"))
        expect_no_warning(
            reply,
            call,
            Text(
                "For z < 0 write e^z / (1 + e^z), or clip z; np.where computes both of its sides.",
                "Pour z < 0 écrivez e^z / (1 + e^z), ou bornez z ; np.where calcule ses deux côtés.",
            ),
        )


@question("leaky_relu")
@check("epsilon", en="Any slope from 0 to 1", fr="Toute pente de 0 à 1", weight=2)
def test_epsilon(student: Student) -> None:
    """The argument is the slope of the negative side; 0 and 1 are allowed."""
    z = random(3, 4, seed=11)
    for epsilon in (0.3, 0.0, 1.0):
        expect_array(
            student.leaky_relu(z, epsilon=epsilon),
            np.maximum(epsilon * z, z),
            call=f"leaky_relu(z, epsilon={epsilon})",
            what=Text("max(epsilon·z, z)", "max(epsilon·z, z)"),
            mistakes=((np.maximum(0.01 * z, z), Text("epsilon is ignored", "epsilon est ignoré")),),
        )
