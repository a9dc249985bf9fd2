"""dense_as_convolution: the same weights in another shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.calls import expect_kept
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import FLOAT32, expect_array, expect_equal, expect_shape
from shared.text import Text

DENSE = "dense_as_convolution(kernel, bias, input_shape)"


@dataclass(frozen=True)
class Weights:
    """What a call of `dense_as_convolution` returned, beside what it was given."""

    kernel: Any
    bias: Any
    given: tuple[np.ndarray, np.ndarray]
    shape: tuple[int, int, int]
    changed: tuple[str, ...]


def turned(student: Student, shape: tuple[int, int, int], units: int) -> Weights:
    """Turn a random dense layer, once a question."""

    def compute() -> Weights:
        rng = np.random.default_rng(units)
        given = rng.normal(size=(int(np.prod(shape)), units)), rng.normal(size=units)
        reply = student.call("dense_as_convolution", *given, shape)
        value = reply.value
        if not isinstance(value, list | tuple) or len(value) != 2:
            expect_equal(value, "(kernel, bias)", call=DENSE, what=Text("two arrays", "deux tableaux"))
        return Weights(value[0], value[1], given, shape, reply.changed)

    return student.once(("turned", shape, units), compute)


SHAPES = (((4, 4, 3), 10), ((3, 5, 2), 7), ((1, 1, 6), 4), ((2, 3, 1), 1))


@question("dense_as_convolution")
@check("shapes", en="Shapes of kernel and bias", fr="Formes du noyau et du biais")
def test_shapes(student: Student) -> None:
    """The kernel is (h, w, d, units), the bias as before."""
    for shape, units in SHAPES:
        found = turned(student, shape, units)
        call = f"{DENSE}[0], input_shape={shape}"
        expect_shape(found.kernel, (*shape, units), call=call, what=Text("(h, w, d, units)", "(h, w, d, neurones)"))
        expect_shape(found.bias, (units,), call=f"{DENSE}[1]", what=Text("(units,)", "(neurones,)"))


@question("dense_as_convolution")
@check("values", en="The same outputs", fr="Les mêmes sorties", weight=2)
def test_values(student: Student) -> None:
    """The kernel at a place and a channel is the row of the flattened input at that place."""
    for shape, units in SHAPES:
        found = turned(student, shape, units)
        kernel, bias = found.given
        height, width, depth = shape
        expect_array(
            found.kernel,
            kernel.reshape(*shape, units),
            call=f"{DENSE}[0], input_shape={shape}",
            what=Text(
                "kernel[i, j, c] is the row of the flattened input's place (i, j, c)",
                "kernel[i, j, c] est la ligne de la place (i, j, c) de l'entrée aplatie",
            ),
            mistakes=tuple(
                (value, words)
                for value, words in (
                    (
                        kernel.reshape(depth, height, width, units).transpose(1, 2, 0, 3),
                        Text("Flatten takes the channels last", "Flatten prend les canaux en dernier"),
                    ),
                    (
                        kernel.reshape(width, height, depth, units).transpose(1, 0, 2, 3),
                        Text("rows and columns are exchanged", "lignes et colonnes sont échangées"),
                    ),
                    (
                        kernel.reshape(*shape, units)[::-1, ::-1],
                        Text("a convolution layer does not turn the kernel", "la couche ne retourne pas le noyau"),
                    ),
                    (
                        kernel.T.reshape(*shape, units),
                        Text(
                            "reshape the kernel, not its transpose", "changez la forme du noyau, non de sa transposée"
                        ),
                    ),
                )
                if not np.array_equal(value, kernel.reshape(*shape, units))
            ),
            **FLOAT32,
        )
        expect_array(found.bias, bias, call=f"{DENSE}[1]", what=Text("as it was", "inchangé"), **FLOAT32)
        expect_kept(found.changed, DENSE)
