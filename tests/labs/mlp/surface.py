"""A picture of a path on a surface, seen from above: what gradient descent did, beside what it should have done."""

from __future__ import annotations

import base64
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from shared.text import Text

__all__ = ["show_paths"]

_SIDE = 224  # pixels
_BANDS = 12
_LOW, _HIGH = np.array([226, 236, 246]), np.array([66, 110, 166])
_LINE, _DOT = (180, 40, 40), (20, 20, 20)
_POINTS_BETWEEN = 64


def show_paths(
    exhibit: Callable[..., None],
    surface: Callable[[np.ndarray], np.ndarray],
    paths: dict[str, np.ndarray],
    captions: dict[str, Text],
) -> None:
    """Put one picture a path beside the question, all with the same frame.

    Args:
        exhibit: the suite's fixture.
        surface: from points (..., 2) to heights (...).
        paths: places (k, 2) by name; one named ``right`` sets the frame.
        captions: the words below each picture, by the same names.
    """
    reach = 1.25 * max(float(np.abs(paths["right"]).max()), 1e-6)
    pictures = [_draw(surface, path, reach) for path in paths.values()]
    exhibit(
        "images",
        Text("The path, from above: darker is higher", "Le chemin, vu de dessus : plus sombre, plus haut"),
        images=[base64.b64encode(picture.tobytes()).decode() for picture in pictures],
        shape=[_SIDE, _SIDE, 3],
        captions=[captions[name].to_json() for name in paths],
    )


def _draw(surface: Callable[[np.ndarray], np.ndarray], path: np.ndarray, reach: float) -> np.ndarray:
    ticks = np.linspace(-reach, reach, _SIDE)
    across, up = np.meshgrid(ticks, ticks[::-1])
    heights = surface(np.stack([across, up], axis=-1))
    # The root spreads the bands near the bottom, where the path ends.
    share = np.sqrt((heights - heights.min()) / np.ptp(heights))
    bands = np.floor(share * _BANDS)[..., None] / _BANDS
    picture: np.ndarray = (_LOW + bands * (_HIGH - _LOW)).astype(np.uint8)
    for start, end in pairwise(path):
        for part in np.linspace(0, 1, _POINTS_BETWEEN):
            _mark(picture, start + part * (end - start), reach, 0, _LINE)
    for place in path:
        _mark(picture, place, reach, 2, _DOT)
    return picture


def _mark(picture: np.ndarray, place: np.ndarray, reach: float, size: int, colour: Any) -> None:
    """Colour the pixels around a place, where it lies in the frame."""
    if not np.isfinite(place).all() or (np.abs(place) > reach).any():
        return
    column, row = ((np.array([1, -1]) * place / reach + 1) / 2 * (_SIDE - 1)).round().astype(int)
    picture[max(0, row - size) : row + size + 1, max(0, column - size) : column + size + 1] = colour
