"""What the checks of this lab share: expected errors, images whose pixels say where they come from, pictures to show."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from shared.text import Text

_SHOWN = 10


@dataclass(frozen=True)
class Cut:
    """Where a square was cut out: of which image, at which row and column, and whether it was mirrored."""

    image: int
    row: int
    column: int
    mirrored: bool


def coded_images(n: int, height: int, width: int) -> np.ndarray:
    """Return images whose pixels say image, row and column: float32 (n, height, width, 3)."""
    parts = np.meshgrid(np.arange(n), np.arange(height), np.arange(width), indexing="ij")
    return np.stack(parts, axis=-1).astype(np.float32)


def find_cut(piece: np.ndarray) -> Cut | None:
    """Read where a square of a coded image was cut out; None where it is no such square.

    Args:
        piece: float, (size, size, 3).
    """
    size = len(piece)
    image, row, column = (int(value) for value in piece[0, 0])
    mirrored = bool(size > 1 and piece[0, 1, 2] < piece[0, 0, 2])
    left = column - size + 1 if mirrored else column
    columns = np.arange(left, left + size)
    places = np.meshgrid(np.arange(row, row + size), columns[::-1] if mirrored else columns, indexing="ij")
    wanted = np.stack([np.full((size, size), image), *places], axis=-1)
    return Cut(image, row, left, mirrored) if np.array_equal(piece, wanted) else None


def name_what_is_wrong(piece: np.ndarray) -> Text:
    """Say how a piece of a coded image differs from a square cut out of it and perhaps mirrored left-right."""
    mistakes = (
        (piece[::-1], Text("it is upside down", "il est à l'envers (haut en bas)")),
        (piece[::-1, ::-1], Text("it is upside down", "il est à l'envers (haut en bas)")),
        (piece.transpose(1, 0, 2), Text("rows and columns are exchanged", "lignes et colonnes sont échangées")),
    )
    for changed, words in mistakes:
        if find_cut(changed) is not None:
            return words
    if len(np.unique(piece[..., 0])) > 1:
        return Text("it mixes pixels of several images", "il mélange des pixels de plusieurs images")
    return Text("its pixels are not those of one square", "ses pixels ne sont pas ceux d'un seul carré")


def show_images(exhibit: Callable[..., None], title: Text, images: Any, captions: Sequence[Text]) -> None:
    """Put images beside the question, where they are images with three channels in [0, 255]."""
    if not isinstance(images, np.ndarray) or images.ndim != 4 or images.shape[-1] != 3 or not 8 <= len(images[0]) <= 64:
        return
    pixels = np.clip(np.nan_to_num(images[:_SHOWN].astype(np.float64)), 0, 255).astype(np.uint8)
    exhibit(
        "images",
        title,
        images=[base64.b64encode(image.tobytes()).decode() for image in pixels],
        shape=list(pixels.shape[1:]),
        captions=[caption.to_json() for caption in captions[: len(pixels)]],
    )
