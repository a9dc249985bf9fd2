"""max_pool2d and average_pool2d: the same checks for both, on images with and without channels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from autograder.student import Student
from autograder.suite import check, question
from shared.text import Text

from .conftest import calling, expect_inputs_kept, expect_values
from .windows import pool

REDUCTIONS: dict[str, Callable[..., np.ndarray]] = {"max_pool2d": np.max, "average_pool2d": np.mean}
WHAT = {
    "max_pool2d": Text("the largest value of each window", "la plus grande valeur de chaque fenêtre"),
    "average_pool2d": Text("the mean of each window", "la moyenne de chaque fenêtre"),
}


def for_both() -> Callable[..., object]:
    """Make one check a function, each under its own question."""
    params = [
        pytest.param("max_pool2d", marks=question("max_pool2d"), id="max_pool2d"),
        pytest.param("average_pool2d", marks=question("average_pool2d"), id="average_pool2d"),
    ]
    return pytest.mark.parametrize("name", params)


def mistakes(name: str, image: np.ndarray, size: int, stride: int) -> tuple[tuple[np.ndarray, Text], ...]:
    """Return what known mistakes give."""
    reduce = REDUCTIONS[name]
    other = {"max_pool2d": "average_pool2d", "average_pool2d": "max_pool2d"}[name]
    # A border of zeros below and to the right makes the last windows complete.
    zeros = np.pad(image, ((0, size), (0, size), *((0, 0) for _ in image.shape[2:])))
    kept = tuple(-(-max(side - size, 0) // stride) * stride + size for side in image.shape[:2])
    found = [
        (pool(image, size, size, reduce), Text("the stride was ignored", "stride est ignoré")),
        (pool(image, size, 1, reduce), Text("the windows move by 1", "les fenêtres avancent de 1")),
        (pool(image, 2, stride, reduce), Text("the windows are 2×2", "les fenêtres sont 2×2")),
        (pool(image, size, stride, REDUCTIONS[other]), Text("this is ", "c'est ") + WHAT[other]),
        (pool(image, size, stride, np.min), Text("this is the minimum", "c'est le minimum")),
        (pool(image, size, stride, np.sum), Text("this is the sum", "c'est la somme")),
        (
            pool(zeros[: kept[0], : kept[1]], size, stride, reduce),
            Text("incomplete windows were padded with zeros", "fenêtres incomplètes complétées par des zéros"),
        ),
    ]
    right = pool(image, size, stride, reduce)
    if right.shape[0] < right.shape[1]:
        square = Text("there are as many columns as rows", "il y a autant de colonnes que de lignes")
        found.append((right[:, : right.shape[0]], square))
    if name == "average_pool2d" and size != 2:
        four = Text("each sum was divided by 4, not by size²", "chaque somme a été divisée par 4, non par size²")
        found.append((right * size**2 / 4, four))
    found.append((np.maximum(right, 0), Text("0 was taken as a value of each window", "0 a été pris comme valeur")))
    found.append((np.trunc(right), Text("the fractions were cut off", "les fractions ont été tronquées")))
    if image.ndim == 3:
        over_all = reduce(right, axis=-1)
        found.append((over_all, Text("the channels were mixed; each stands alone", "les canaux ont été mélangés")))
    return tuple(found)


def expect_pooled(student: Student, name: str, image: np.ndarray, size: int = 2, stride: int | None = None) -> None:
    """Expect the right answer; options that stand for defaults are left out."""
    options = {key: value for key, value, default in (("size", size, 2), ("stride", stride, None)) if value != default}
    step = stride or size
    expect_values(
        student,
        calling(name, image, **options),
        pool(image, size, step, REDUCTIONS[name]),
        what=WHAT[name] + Text(", complete windows only", ", fenêtres complètes seulement"),
        mistakes=mistakes(name, image, size, step),
    )


@for_both()
@check("defaults", en="2×2 by default, grey images", fr="2×2 par défaut, images grises", weight=2)
def test_defaults(student: Student, name: str) -> None:
    """Without options windows of 2×2 follow each other."""
    rng = np.random.default_rng(1)
    for sides in ((4, 6), (2, 8), (2, 2)):
        expect_pooled(student, name, rng.random(sides))


@for_both()
@check("channels", en="Images with channels", fr="Images à plusieurs canaux", weight=2)
def test_channels(student: Student, name: str) -> None:
    """Each channel is pooled by itself, and an axis of one channel stays."""
    rng = np.random.default_rng(2)
    for sides in ((4, 6, 3), (6, 2, 5), (4, 4, 1)):
        expect_pooled(student, name, rng.random(sides))


@for_both()
@check("size", en="Other sizes; the stride follows", fr="D'autres tailles ; stride les suit", weight=2)
def test_size(student: Student, name: str) -> None:
    """The stride is the size unless it is given."""
    rng = np.random.default_rng(3)
    for sides, size in (((6, 9), 3), ((3, 4), 1), ((4, 8, 2), 4)):
        expect_pooled(student, name, rng.random(sides), size)


@for_both()
@check("stride", en="A stride of its own", fr="Un pas différent de la taille", weight=2)
def test_stride(student: Student, name: str) -> None:
    """Windows overlap or leave gaps."""
    rng = np.random.default_rng(4)
    for sides, size, stride in (((5, 7), 3, 2), ((5, 8), 2, 3), ((4, 5, 2), 3, 1), ((4, 7, 3), 1, 3)):
        expect_pooled(student, name, rng.random(sides), size, stride)


@for_both()
@check("incomplete", en="Incomplete windows are dropped", fr="Les fenêtres incomplètes sont ignorées", weight=2)
def test_incomplete(student: Student, name: str) -> None:
    """What is left over below and to the right does not make a window."""
    rng = np.random.default_rng(5)
    for sides, size, stride in (((5, 7), 2, None), ((4, 5), 3, None), ((6, 5, 2), 2, 3), ((7, 6), 3, 2)):
        # The largest values come last: a window too many cannot hide.
        expect_pooled(student, name, np.sort(rng.random(np.prod(sides))).reshape(sides), size, stride)


@for_both()
@check("numbers", en="Negative values and integers", fr="Valeurs négatives et entiers")
def test_numbers(student: Student, name: str) -> None:
    """Negative values, and means of integers that are fractions."""
    rng = np.random.default_rng(6)
    expect_pooled(student, name, -1 - rng.random((4, 6)))
    expect_pooled(student, name, rng.integers(-20, 20, (6, 4)))
    expect_pooled(student, name, rng.integers(0, 256, (4, 4, 2)).astype(np.uint8))


@for_both()
@check("inputs", en="Leaves its argument unchanged", fr="Ne modifie pas son argument")
def test_inputs(student: Student, name: str) -> None:
    """The image is not changed in place."""
    for sides in ((5, 6), (5, 6, 2)):
        expect_inputs_kept(student, calling(name, np.random.default_rng(7).normal(size=sides)), ("image",))
