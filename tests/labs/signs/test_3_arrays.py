"""one_hot and value_range: arrays of many shapes and types, with every label that is just outside."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.calls import expect_kept, expect_refused
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import expect_array
from shared.text import Text
from shared.values import as_array

# The classes that occur are not all there are; 4 labels of 4 classes give a square table.
LABELS = (
    (np.array([4, 0, 2, 2, 1, 3, 0]), 6),
    (np.array([9, 1, 4, 0]), 10),
    (np.array([1, 3, 3, 0]), 4),
    (np.array([2, 0], dtype=np.uint8), 3),
    (np.array([5, 5, 0, 1], dtype=np.uint8), 6),
)
REFUSED = Text("labels lie in [0, num_classes)", "une étiquette est dans [0, num_classes[")


def literal(array: np.ndarray) -> str:
    """Write an array of labels as a student does."""
    kind = "" if array.dtype == np.int64 else f", dtype={array.dtype.name!r}"
    return f"np.array({array.tolist()}{kind})"


def expect_rows(student: Student, labels: np.ndarray, num_classes: int) -> None:
    """Expect the one-hot rows of some labels."""
    flat = labels.reshape(-1).astype(int)
    right = np.eye(num_classes)[flat]
    highest = int(flat.max()) + 1
    mistakes = [
        (right.T, Text("rows and columns are exchanged: (num_classes, n)", "lignes et colonnes échangées")),
        (right[None], Text("the axis of length 1 is still there", "l'axe de longueur 1 est encore là")),
        (flat, Text("these are the labels themselves", "ce sont les étiquettes elles-mêmes")),
        (np.eye(num_classes)[flat - 1], Text("classes are counted from 0, not from 1", "les classes partent de 0")),
        (np.roll(right, 1, axis=1), Text("classes are counted from 0, not from 1", "les classes partent de 0")),
        (1 - right, Text("0 and 1 are exchanged", "0 et 1 sont échangés")),
    ]
    if highest < num_classes:
        words = Text(
            "columns for the classes that occur only; there are num_classes",
            "des colonnes pour les seules classes présentes ; il y en a num_classes",
        )
        mistakes += [(np.eye(highest)[flat], words)]
    value = student.one_hot(labels, num_classes)
    if isinstance(value, np.ndarray) and value.dtype == bool:
        value = value.astype(float)  # Their type is another check's business.
    expect_array(
        value,
        right,
        call=f"one_hot({literal(labels)}, {num_classes})",
        what=Text("a single 1 a row, in the label's column", "un seul 1 par ligne, dans la colonne de l'étiquette"),
        mistakes=mistakes,
    )


@question("one_hot")
@check("values", en="Labels (n,)", fr="Étiquettes (n,)", weight=3)
def test_values(student: Student) -> None:
    """Labels (n,) give rows (n, num_classes), also where a class does not occur."""
    for labels, num_classes in LABELS:
        expect_rows(student, labels, num_classes)


@question("one_hot")
@check("row", en="Labels (1, n)", fr="Étiquettes (1, n)", weight=2)
def test_row(student: Student) -> None:
    """Labels (1, n) give the same rows as (n,)."""
    for labels, num_classes in LABELS:
        expect_rows(student, labels[np.newaxis], num_classes)


@question("one_hot")
@check("single", en="A single label", fr="Une seule étiquette")
def test_single(student: Student) -> None:
    """One label, (1,) or (1, 1), gives one row: there is still an axis for the labels."""
    for labels in (np.array([2]), np.array([[0]])):
        expect_rows(student, labels, 3)


@question("one_hot")
@check("float", en="Floats", fr="Des nombres à virgule")
def test_float(student: Student) -> None:
    """The rows are floats, of any precision."""
    labels = np.array([1, 0, 3])
    found = as_array(student.one_hot(labels, 4))

    expect_array(
        None if found is None else np.sort(found, axis=None),  # where they stand is another check's business
        np.sort(np.eye(4)[labels], axis=None),
        call="one_hot(np.array([1, 0, 3]), 4)",
        dtype_kind="f",
        what=Text("floats 0 and 1", "des nombres à virgule 0 et 1"),
    )


@question("one_hot")
@check("too_large", en="A label too large: ValueError", fr="Étiquette trop grande : ValueError")
def test_too_large(student: Student) -> None:
    """A label that equals num_classes, or exceeds it, is refused, wherever it stands."""
    _expect_refused(student, ([0, 6, 2], 6), ([[3, 1, 3]], 3), ([0, 0, 9], 4))


@question("one_hot")
@check("negative", en="A negative label: ValueError", fr="Étiquette négative : ValueError")
def test_negative(student: Student) -> None:
    """A negative label is refused: as an index it would count from the end."""
    _expect_refused(student, ([2, -1, 0], 6), ([[-3, 1]], 3), ([0, 1, -7], 4))


def _expect_refused(student: Student, *cases: tuple[list[Any], int]) -> None:
    for labels, num_classes in cases:
        expect_refused(
            lambda labels=labels, k=num_classes: student.one_hot(np.array(labels), k),
            call=f"one_hot(np.array({labels}), {num_classes})",
            because=REFUSED,
            hint=Text(
                "Look at the smallest and at the largest label before anything else.",
                "Regardez d'abord la plus petite et la plus grande étiquette.",
            ),
        )


@question("one_hot")
@check("inputs", en="Leaves the labels unchanged", fr="Ne modifie pas les étiquettes")
def test_labels_unchanged(student: Student) -> None:
    """The array of labels is not changed in place."""
    reply = student.call("one_hot", np.array([[2, 0, 1]]), 3)
    expect_kept(reply.changed, "one_hot(labels, 3)", ("labels",))


def arrays() -> list[np.ndarray]:
    """Return images of several shapes, types and ranges, extremes anywhere in them."""
    rng = np.random.default_rng(7)
    return [
        rng.uniform(-2.5, 1.5, (4, 8, 8, 3)),
        rng.random((64, 64, 3), dtype=np.float32),
        rng.integers(17, 230, (3, 5, 6, 3)).astype(np.uint8),
        np.full((2, 4, 4, 3), 0.25, dtype=np.float32),
        rng.uniform(-2.5, -0.5, (2, 6, 6, 3)),
        rng.integers(300, 4000, (3, 5, 5, 3)).astype(np.int16),
    ]


@question("value_range")
@check("values", en="Smallest, then largest", fr="Le plus petit, puis le plus grand", weight=3)
def test_range(student: Student) -> None:
    """The pair is (min, max) over all images, pixels and channels."""
    for images in arrays():
        low, high = float(images.min()), float(images.max())
        channels = images.reshape(-1, images.shape[-1])
        expect_array(
            student.value_range(images),
            [low, high],
            call=f"value_range(images), images {images.dtype} {images.shape}",
            what=Text("(min, max) of all values", "(min, max) de toutes les valeurs"),
            mistakes=(
                ([high, low], Text("the order is (min, max)", "l'ordre est (min, max)")),
                (high - low, Text("this is max - min, one number", "c'est max - min, un seul nombre")),
                (
                    [channels.min(axis=0), channels.max(axis=0)],
                    Text("these are the ranges of each channel", "ce sont les intervalles de chaque canal"),
                ),
                ([images[0].min(), images[0].max()], Text("the first image only", "la première image seulement")),
                ([low / 255, high / 255], Text("the values are not to be scaled", "aucune mise à l'échelle ici")),
                ([0.0, 1.0], Text("a constant, whatever the images", "une constante, quelles que soient les images")),
                ([float(images.mean()), float(images.std())], Text("mean and deviation", "moyenne et écart-type")),
            ),
        )


@question("value_range")
@check("floats", en="Two floats", fr="Deux nombres à virgule")
def test_range_floats(student: Student) -> None:
    """The two numbers are floats even where the images are integers."""
    images = np.array([[[3, 250, 8]]], dtype=np.uint8)
    value = student.value_range(images)

    expect_array(
        sorted(value) if _is_pair_of_numbers(value) else value,
        [3.0, 250.0],
        call="value_range(images), images uint8",
        dtype_kind="f",
        what=Text("two floats", "deux nombres à virgule"),
        hint=Text("float(...) makes one of any number.", "float(...) en fait un de tout nombre."),
    )


def _is_pair_of_numbers(value: Any) -> bool:
    """Say whether a value can be put in order, which is another check's business."""
    numbers = (int, float, np.integer, np.floating)
    return isinstance(value, list | tuple) and len(value) == 2 and all(isinstance(part, numbers) for part in value)


@question("value_range")
@check("inputs", en="Leaves the images unchanged", fr="Ne modifie pas les images")
def test_images_unchanged(student: Student) -> None:
    """The images are not changed in place."""
    reply = student.call("value_range", arrays()[0])
    expect_kept(reply.changed, "value_range(images)", ("images",))
