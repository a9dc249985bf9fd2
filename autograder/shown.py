"""What a figure shows, as data: said by a student's process, so every part has the type that it should have or is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Axes", "Curve", "Picture", "Shown", "read_shown"]

_GREYS = frozenset(("gray", "grey", "greys", "binary", "gist_gray", "gist_grey", "gist_yarg", "gist_yerg"))
_COLOUR_AXES = 3


@dataclass(frozen=True, slots=True)
class Curve:
    """A line: its points and its label."""

    x: np.ndarray
    y: np.ndarray
    label: str


@dataclass(frozen=True, slots=True)
class Picture:
    """An image in axes: its data, (h, w) or (h, w, 3 or 4), its colour map's name, whether all values have one shade."""

    data: np.ndarray
    colours: str
    flat: bool = False

    @property
    def is_grey(self) -> bool:
        """Whether it is shown in shades of grey."""
        if self.data.ndim == _COLOUR_AXES:
            return bool((self.data[..., :1] == self.data[..., 1:3]).all())
        return self.colours.lower().removesuffix("_r") in _GREYS


@dataclass(frozen=True, slots=True)
class Axes:
    """One visible system of axes and what is drawn in it; colour bars are left out.

    ``text_places`` are where each text stands and, of an annotation, points to, (1 or 2, 2); ``spans`` from where to
    where patches and bundles of lines reach along x, (n, 2); ``place`` left, bottom, width and height in the figure.
    """

    title: str
    xlabel: str
    ylabel: str
    curves: tuple[Curve, ...]
    pictures: tuple[Picture, ...]
    points: tuple[np.ndarray, ...]
    texts: tuple[str, ...]
    text_places: tuple[np.ndarray, ...]
    spans: np.ndarray
    place: np.ndarray
    legend: tuple[str, ...]
    xticks: tuple[str, ...]
    yticks: tuple[str, ...]
    xtick_places: np.ndarray
    ytick_places: np.ndarray
    n_ticks: int
    n_patches: int

    def name_of(self, curve: Curve) -> str:
        """Return what a curve is called: by its label, or by its place in a legend that was given as a list."""
        if not curve.label.startswith("_"):
            return curve.label
        place = next(number for number, other in enumerate(self.curves) if other is curve)
        return self.legend[place] if place < len(self.legend) else ""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a figure shows."""

    axes: tuple[Axes, ...]
    title: str
    xlabel: str
    ylabel: str
    legend: tuple[str, ...]
    texts: tuple[str, ...]
    png: bytes


def read_shown(found: dict[str, Any]) -> Shown:
    """Read what a process said that a figure shows."""
    axes = [part for part in _items(found, "axes") if isinstance(part, dict)]
    kept = [part for part in axes if part.get("visible") is True and part.get("is_colour_bar") is not True]
    png = found.get("png")
    return Shown(
        tuple(_read_axes(part) for part in kept),
        _word(found, "title"),
        _word(found, "xlabel"),
        _word(found, "ylabel"),
        _words(found, "legend"),
        _words(found, "texts"),
        png if isinstance(png, bytes) else b"",
    )


def _read_axes(part: dict[str, Any]) -> Axes:
    lines = [line for line in _items(part, "lines") if isinstance(line, dict) and line.get("visible") is True]
    images = [image for image in _items(part, "images") if isinstance(image, dict)]
    return Axes(
        _word(part, "title"),
        _word(part, "xlabel"),
        _word(part, "ylabel"),
        tuple(Curve(_numbers(line, "x"), _numbers(line, "y"), _word(line, "label")) for line in lines),
        tuple(Picture(_numbers(image, "data"), _word(image, "colours"), image.get("flat") is True) for image in images),
        tuple(points for points in _items(part, "points") if isinstance(points, np.ndarray)),
        *_placed_texts(part),
        _numbers(part, "spans"),
        _numbers(part, "place"),
        _words(part, "legend"),
        _words(part, "xticks"),
        _words(part, "yticks"),
        _numbers(part, "xtick_places"),
        _numbers(part, "ytick_places"),
        _count(part, "n_visible_ticks"),
        _count(part, "n_patches"),
    )


def _placed_texts(part: dict[str, Any]) -> tuple[tuple[str, ...], tuple[np.ndarray, ...]]:
    """Return the texts that say something, and where each stands."""
    pairs = zip(_items(part, "texts"), _items(part, "text_places"), strict=False)
    kept = [(words[:500], place) for words, place in pairs if isinstance(words, str) and words]
    sound = [pair for pair in kept if isinstance(pair[1], np.ndarray) and pair[1].shape in ((1, 2), (2, 2))]
    return tuple(words for words, _place in sound), tuple(place for _words, place in sound)


def _items(part: dict[str, Any], key: str) -> list[Any]:
    value = part.get(key)
    return list(value) if isinstance(value, list | tuple) else []


def _word(part: dict[str, Any], key: str) -> str:
    value = part.get(key)
    return value[:500] if isinstance(value, str) else ""


def _words(part: dict[str, Any], key: str) -> tuple[str, ...]:
    return tuple(value[:500] for value in _items(part, key) if isinstance(value, str) and value)


def _numbers(part: dict[str, Any], key: str) -> np.ndarray:
    value = part.get(key)
    return value if isinstance(value, np.ndarray) else np.zeros(0)


def _count(part: dict[str, Any], key: str) -> int:
    value = part.get(key)
    return value if type(value) is int else 0
