"""neuron, dense_forward, xor_weights: by the judge's own forward pass."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from autograder.calls import expect_kept, expect_refused
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import expect_array, expect_shape, fail
from shared.text import Text

from .calls import expect_parts, judged, random

NEURON, DENSE, XOR = "neuron(x, w, b, activation)", "dense_forward(X, W, b)", "xor_weights()"
XOR_ROWS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR_LABELS = np.array([0, 1, 1, 0])
XOR_MARGIN = 0.01
OTHER_FUNCTIONS = (
    ([0, 0, 0, 1], Text("This is AND.", "C'est ET.")),
    ([1, 0, 0, 1], Text("This is the opposite of XOR.", "C'est le contraire de XOR.")),
)


def bent(z: np.ndarray) -> np.ndarray:
    """Compute an activation that nobody would have written into their neuron."""
    value: np.ndarray = z**3 / 4 - z + 1
    return value


def expect_neuron(student: Student, x: np.ndarray, w: np.ndarray, b: float) -> None:
    """Expect the neuron's output, and name what is forgotten."""
    sums = x @ w
    expect_array(
        student.neuron(x, w, b, judged(bent)),
        bent(sums + b),
        call=f"{NEURON}, x of shape {x.shape}, w of shape {w.shape}",
        what=Text("activation(x·w + b)", "activation(x·w + b)"),
        mistakes=(
            (sums + b, Text("the activation is not applied", "l'activation n'est pas appliquée")),
            (bent(sums), Text("the bias is missing", "il manque le biais")),
            (bent(sums) + b, Text("the bias is added after the activation", "le biais est ajouté après l'activation")),
            (bent(sums - b), Text("the bias is subtracted", "le biais est retranché")),
            (bent((x * w + b).sum(axis=-1)), Text("the bias is added once a weight", "un biais par poids est ajouté")),
            (bent(np.sum(x * w) + b), Text("the sum is over all examples", "la somme porte sur tous les exemples")),
            (bent(x * w + b), Text("the products are not summed", "les produits ne sont pas sommés")),
            (
                1 / (1 + np.exp(-sums - b)),
                Text(
                    "this is the sigmoid, whatever activation is given", "c'est la sigmoïde, quelle que soit activation"
                ),
            ),
            (bent(sums + b)[..., None], Text("this is a column, (n, 1)", "c'est une colonne, (n, 1)")),
        ),
    )


@question("neuron")
@check("one", en="One example gives a number", fr="Un exemple donne un nombre", weight=2)
def test_neuron_one(student: Student) -> None:
    """An example (i,) gives a scalar, for several i."""
    for size in (3, 1, 6):
        expect_neuron(student, random(size, seed=size), random(size, seed=size + 1), 0.75)


@question("neuron")
@check("several", en="Several examples give one number each", fr="Plusieurs exemples, un nombre chacun", weight=2)
def test_neuron_several(student: Student) -> None:
    """Examples (n, i) give (n,): more rows than columns, fewer, as many, and one row only."""
    for shape in ((5, 3), (2, 4), (3, 3), (1, 2)):
        expect_neuron(student, random(*shape, seed=shape[0]), random(shape[1], seed=20), -1.25)


@question("neuron")
@check("unchanged", en="Leaves its arguments unchanged", fr="Ne modifie pas ses arguments")
def test_neuron_unchanged(student: Student) -> None:
    """Neither x nor w is changed."""
    x, w = random(4, 3, seed=1), random(3, seed=2)
    reply = student.call("neuron", x, w, 0.5, judged(bent))

    expect_array(reply.value, bent(x @ w + 0.5), call=NEURON)
    expect_kept(reply.changed, NEURON, ["x", "w"])


@question("dense_forward")
@check("values", en="Y = XW + b", fr="Y = XW + b", weight=3)
def test_dense_values(student: Student) -> None:
    """Several rows, one row, one unit, as many rows as units."""
    for n, i, j in ((4, 3, 2), (1, 2, 5), (3, 4, 1), (4, 3, 4), (3, 3, 3)):
        X, W, b = random(n, i, seed=n), random(i, j, seed=j), random(j, seed=i)
        mistakes = [
            (X @ W, Text("the bias is missing", "il manque le biais")),
            (X @ W - b, Text("the bias is subtracted", "le biais est retranché")),
            (np.maximum(X @ W + b, 0), Text("an activation is applied", "une activation est appliquée")),
        ]
        if n == j:
            mistakes.append((X @ W + b[:, None], Text("b is added by row", "b est ajouté par ligne")))
        if i == j:
            mistakes.append((X @ W.T + b, Text("W is transposed", "W est transposée")))
        expect_array(
            student.dense_forward(X, W, b),
            X @ W + b,
            call=f"{DENSE}, shapes ({n}, {i}), ({i}, {j}), ({j},)",
            what=Text.same("XW + b"),
            mistakes=mistakes,
        )


@question("dense_forward")
@check("inner", en="Error: X and W do not match", fr="Erreur : X et W incompatibles")
def test_dense_inner(student: Student) -> None:
    """As many columns of X as rows of W are needed: no broadcasting, and no transposing until it fits."""
    for n, i, rows, j in ((2, 3, 4, 2), (3, 2, 3, 2), (4, 1, 3, 2), (5, 3, 2, 3)):
        expect_refused(
            partial(student.dense_forward, np.ones((n, i)), np.ones((rows, j)), np.ones(min(rows, j))),
            call=f"{DENSE}, shapes ({n}, {i}), ({rows}, {j}), ({min(rows, j)},)",
            because=Text(f"X has {i} columns and W {rows} rows", f"X a {i} colonnes et W {rows} lignes"),
        )


@question("dense_forward")
@check("bias", en="Error: b does not match", fr="Erreur : b incompatible")
def test_dense_bias(student: Student) -> None:
    """As many biases as columns of W are needed."""
    expect_refused(
        lambda: student.dense_forward(np.ones((5, 3)), np.ones((3, 2)), np.ones(4)),
        call=f"{DENSE}, shapes (5, 3), (3, 2), (4,)",
        because=Text("W has 2 columns and b 4 entries", "W a 2 colonnes et b 4 éléments"),
    )


@question("dense_forward")
@check("unchanged", en="Leaves its arguments unchanged", fr="Ne modifie pas ses arguments")
def test_dense_unchanged(student: Student) -> None:
    """None of the three arrays is changed."""
    X, W, b = random(4, 3), random(3, 2, seed=1), random(2, seed=2)
    reply = student.call("dense_forward", X, W, b)

    expect_array(reply.value, X @ W + b, call=DENSE)
    expect_kept(reply.changed, DENSE, ["X", "W", "b"])


def xor_parts(student: Student) -> list[np.ndarray]:
    """Return the four arrays, of the right shapes."""
    return student.once("xor", lambda: _xor_parts(student.xor_weights()))


def _xor_parts(value: Any) -> list[np.ndarray]:
    names = ("W1", "b1", "W2", "b2")
    parts = expect_parts(value, names, XOR)
    for name, part, shape in zip(names, parts, ((2, 2), (2,), (2, 1), (1,)), strict=True):
        expect_shape(part, shape, call=f"{name} of {XOR}")
    return [np.asarray(part, np.float64) for part in parts]


def outputs(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Return what the network says to the four rows, in (0, 1)."""
    W1, b1, W2, b2 = parts
    z = np.maximum(XOR_ROWS @ W1 + b1, 0) @ W2 + b2
    said: np.ndarray = 1 / (1 + np.exp(-np.clip(z[:, 0], -500, 500)))
    return said


@question("xor_weights")
@check("shapes", en="Four arrays of the right shapes", fr="Quatre tableaux de la bonne forme")
def test_xor_shapes(student: Student) -> None:
    """W1 (2, 2), b1 (2,), W2 (2, 1), b2 (1,), in this order."""
    xor_parts(student)


@question("xor_weights")
@check("rows", en="All four rows are right", fr="Les quatre lignes sont justes", weight=3)
def test_xor_rows(student: Student) -> None:
    """Above 0.5 for (0, 1) and (1, 0), below for (0, 0) and (1, 1)."""
    said = outputs(xor_parts(student))
    if ((said > 0.5) == XOR_LABELS).all():
        return
    mistake = next((words for labels, words in OTHER_FUNCTIONS if ((said > 0.5) == labels).all()), None)
    shown = "; ".join(f"{tuple(map(int, row))}: {value:.3f}" for row, value in zip(XOR_ROWS, said, strict=True))
    message = Text(
        f"the network with the weights of {XOR} says\n{shown}\nexpected: below 0.5, above, above, below",
        f"le réseau muni des poids de {XOR} répond\n{shown}\nattendu : sous 0.5, au-dessus, au-dessus, sous 0.5",
    )
    hidden = Text(
        "The hidden layer is ReLU, not a threshold nor tanh: write its two values down for the four rows.",
        "La couche cachée est ReLU, ni seuil ni tanh : écrivez ses deux valeurs pour les quatre lignes.",
    )
    fail(message, hidden, mistake)


@question("xor_weights")
@check("margin", en="Each answer at least 0.01 from 0.5", fr="Chaque réponse à 0.01 au moins de 0.5")
def test_xor_margin(student: Student) -> None:
    """No answer is so near to one half that rounding could turn it."""
    said = outputs(xor_parts(student))
    gaps = np.where(XOR_LABELS == 1, said - 0.5, 0.5 - said)
    if (gaps < XOR_MARGIN - 1e-9).any():
        row = int(gaps.argmin())
        place = tuple(map(int, XOR_ROWS[row]))
        fail(
            Text(
                f"for {place} the network of {XOR} says {said[row]:.4f}\nexpected: at least 0.01 on its side of 0.5",
                f"pour {place}, le réseau de {XOR} répond {said[row]:.4f}\nattendu : à 0.01 au moins de 0.5, du bon côté",
            ),
            Text("Larger weights in W2 and b2 make it surer.", "Des poids plus grands dans W2 et b2 l'affermissent."),
        )
