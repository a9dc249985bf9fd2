"""Scikit-learn's handwritten digits, 8x8, brought to the size and the look of MNIST.

The 1,797 digits are split before anything else happens, class by class, and each part is enlarged from its own digits
only: a test picture never shows a digit that a training picture shows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shared.embedded.draws import Draws, Field

__all__ = ["render_digits", "split"]

SIDE = 28
SOURCE_SIDE = 8
CLASSES = 10
TRAIN_PER_CLASS = 140
# Side of a source pixel in the result: the 8x8 digit fills MNIST's box of 20x20.
MAGNIFICATION = 2.5


def render_digits(per_class: tuple[int, int], seed: int) -> list[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """Make the training and the test part.

    Args:
        per_class: Pictures of each class in the training and in the test part.
        seed: Seed of the split, of the slants and of the order.

    Returns:
        The two parts as (images, labels): uint8 (n, 28, 28), 0 paper to 255 ink, and uint8 (n,).
    """
    from sklearn.datasets import load_digits  # noqa: PLC0415 - slow to import, and needed only where there is no cache

    digits = load_digits()
    images, labels = digits.images.astype(np.float32), digits.target.astype(np.int64)
    draws = Draws(seed)
    return [_part(images, part, wanted, draws) for part, wanted in zip(split(labels, draws), per_class, strict=True)]


def split(labels: NDArray[np.int64], draws: Draws) -> tuple[list[NDArray[np.int64]], list[NDArray[np.int64]]]:
    """Divide the rows of ``labels`` (n,) into training and test rows, a list of one array a class each."""
    order = draws.order(len(labels))
    rows = [order[labels[order] == label] for label in range(CLASSES)]
    return [own[:TRAIN_PER_CLASS] for own in rows], [own[TRAIN_PER_CLASS:] for own in rows]


def _part(
    images: Field, rows: list[NDArray[np.int64]], wanted: int, draws: Draws
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Use every digit of a part about equally often: upright the first time, slanted and shifted after that."""
    chosen = np.concatenate([np.resize(own, wanted) for own in rows])
    again = np.concatenate([np.arange(wanted) >= len(own) for own in rows]).astype(np.float32)
    labels = np.repeat(np.arange(CLASSES, dtype=np.uint8), wanted)
    pictures = np.concatenate(
        [
            _enlarge(images[chosen[start : start + wanted]], again[start : start + wanted], draws)
            for start in range(0, len(chosen), wanted)
        ]
    )
    order = draws.order(len(chosen))
    return pictures[order], labels[order]


def _enlarge(digits: Field, again: Field, draws: Draws) -> NDArray[np.uint8]:
    """Bring digits (n, 8, 8) of 0 to 16 to uint8 (n, 28, 28), the centre of mass in the middle, as MNIST has them."""
    count = len(digits)
    middle_y, middle_x = _centre_of_mass(digits)
    vary = again[:, None, None]
    turn, slant = draws.bell(0.07, count, 1, 1) * vary, draws.bell(0.16, count, 1, 1) * vary
    shift_x, shift_y = draws.bell(0.9, count, 1, 1) * vary, draws.bell(0.7, count, 1, 1) * vary
    size = 1 + draws.uniform(-0.12, 0.1, count, 1, 1) * vary
    line = np.arange(SIDE, dtype=np.float32) - np.float32((SIDE - 1) / 2)
    x = (line[None, None, :] - shift_x) / size / np.float32(MAGNIFICATION)
    y = (line[None, :, None] - shift_y) / size / np.float32(MAGNIFICATION)
    squared = turn * turn
    cosine, sine = (1 - squared) / (1 + squared), (2 * turn) / (1 + squared)
    x, y = x * cosine + y * sine, y * cosine - x * sine
    ink = _sample(digits / np.float32(16), x + slant * y + middle_x, y + middle_y)
    # A soft threshold turns the blur of the enlargement back into a pen stroke with a crisp edge.
    stroke = np.clip((ink - draws.uniform(0.25, 0.4, count, 1, 1)) * draws.uniform(2.0, 3.0, count, 1, 1), 0, 1)
    pixels: NDArray[np.uint8] = np.rint(stroke * np.float32(255)).astype(np.uint8)
    return pixels


def _centre_of_mass(digits: Field) -> tuple[Field, Field]:
    """Return row and column of the centre of mass, (n, 1, 1) each; whole numbers are summed, so it is exact."""
    ink = digits.astype(np.int64)
    places = np.arange(SOURCE_SIDE)
    total = ink.sum(axis=(1, 2)).astype(np.float32)
    row = (ink.sum(axis=2) * places).sum(axis=1).astype(np.float32) / total
    column = (ink.sum(axis=1) * places).sum(axis=1).astype(np.float32) / total
    return row[:, None, None], column[:, None, None]


def _sample(pictures: Field, x: Field, y: Field) -> Field:
    """Read pictures between their pixels by Catmull-Rom interpolation; outside them there is nothing."""
    margin = 3
    padded = np.pad(pictures, ((0, 0), (margin, margin), (margin, margin)))
    last = SOURCE_SIDE + 2 * margin - 3
    x, y = np.clip(x + margin, 1, last), np.clip(y + margin, 1, last)
    column, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    across, down = _weights(x - column.astype(np.float32)), _weights(y - row.astype(np.float32))
    which = np.arange(len(pictures))[:, None, None]
    result = np.zeros_like(x)
    for i in range(4):
        for j in range(4):
            result += padded[which, row + (i - 1), column + (j - 1)] * down[i] * across[j]
    return result


def _weights(part: Field) -> tuple[Field, Field, Field, Field]:
    """Return the Catmull-Rom weights of the four neighbours of a point that lies ``part`` of the way along."""
    square = part * part
    cube = square * part
    return (
        (2 * square - cube - part) * np.float32(0.5),
        (3 * cube - 5 * square + 2) * np.float32(0.5),
        (4 * square - 3 * cube + part) * np.float32(0.5),
        (cube - square) * np.float32(0.5),
    )
