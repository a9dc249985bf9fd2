"""Shapes as signed distances and a canvas to paint them on: all that the drawn data sets are made of.

A batch of pictures is drawn at once.  Coordinates run from -1 to 1 with y downwards; a distance is negative inside a
shape; the edge is softened over one pixel, which is as smooth as supersampling and four times cheaper.  Only
operations that IEEE 754 rounds exactly are used (no sine, exponential or sum of floats), so that the bytes of a data
set do not depend on the machine.  Distances follow I. Quilez, "2D distance functions".
"""

# NumPy's stubs give Any for arithmetic of numbers and arrays.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.embedded.draws import Draws, Field

__all__ = [
    "Canvas",
    "Grid",
    "Number",
    "box",
    "capsule",
    "carve",
    "cloud",
    "ellipse",
    "grid",
    "join",
    "melt",
    "place",
    "polygon",
    "ring",
    "stripes",
]

Number = float | Field
Point = tuple[Number, Number]


@dataclass(frozen=True, slots=True)
class Grid:
    """Where every pixel of a batch lies in the drawing's own coordinates.

    Attributes:
        x: Horizontal coordinate, float32 (n, height, width).
        y: Vertical coordinate, downwards, float32 (n, height, width).
        pixel: Side of a pixel in the same unit, float32 (n, 1, 1).
    """

    x: Field
    y: Field
    pixel: Field


def grid(count: int, side: int) -> Grid:
    """Return the coordinates of ``count`` square pictures of ``side`` pixels."""
    line = (np.arange(side, dtype=np.float32) * np.float32(2) + np.float32(1)) / np.float32(side) - np.float32(1)
    shape = (count, side, side)
    across = np.broadcast_to(line[None, None, :], shape)
    down = np.broadcast_to(line[None, :, None], shape)
    return Grid(across, down, np.full((count, 1, 1), 2.0 / side, dtype=np.float32))


def place(base: Grid, centre: Point, scale: Field, turn: Field, flip: Number = 1.0) -> Grid:
    """Return the coordinates of a drawing that is moved, scaled, turned and mirrored.

    Args:
        base: Coordinates of the picture.
        centre: Where the drawing's origin goes.
        scale: Size of the drawing's unit, (n, 1, 1).
        turn: Tangent of half the angle, (n, 1, 1): sine and cosine follow without a mathematical library.
        flip: -1 to mirror the drawing left to right, 1 to leave it.
    """
    squared = turn * turn
    cosine = (1 - squared) / (1 + squared)
    sine = (2 * turn) / (1 + squared)
    x, y = base.x - centre[0], base.y - centre[1]
    return Grid((x * cosine + y * sine) / scale * flip, (y * cosine - x * sine) / scale, base.pixel / scale)


def ellipse(at: Grid, centre: Point, radii: Point) -> Field:
    """Distance to an ellipse, exact for a circle, good near the edge otherwise."""
    x, y = (at.x - centre[0]) / radii[0], (at.y - centre[1]) / radii[1]
    level = np.sqrt(x * x + y * y)
    slope = np.sqrt((x / radii[0]) * (x / radii[0]) + (y / radii[1]) * (y / radii[1])) + np.float32(1e-6)
    return level * (level - 1) / slope


def box(at: Grid, centre: Point, half: Point, rounding: float = 0.0) -> Field:
    """Distance to an upright rectangle with rounded corners; ``half`` holds half the width and half the height."""
    x = np.abs(at.x - centre[0]) - (half[0] - rounding)
    y = np.abs(at.y - centre[1]) - (half[1] - rounding)
    outer_x, outer_y = np.maximum(x, 0), np.maximum(y, 0)
    return np.sqrt(outer_x * outer_x + outer_y * outer_y) + np.minimum(np.maximum(x, y), 0) - np.float32(rounding)


def capsule(at: Grid, start: Point, end: Point, radius: Number, end_radius: Number | None = None) -> Field:
    """Distance to a thick segment with round ends, whose radius may change along the way."""
    along_x, along_y = end[0] - start[0], end[1] - start[1]
    x, y = at.x - start[0], at.y - start[1]
    part = np.clip((x * along_x + y * along_y) / (along_x * along_x + along_y * along_y + 1e-9), 0, 1)
    x, y = x - part * along_x, y - part * along_y
    thickness = radius if end_radius is None else radius + part * (end_radius - radius)
    return np.sqrt(x * x + y * y) - thickness


def polygon(at: Grid, corners: Sequence[Point]) -> Field:
    """Distance to a convex polygon whose corners run clockwise on the screen."""
    inside: Field | None = None
    for start, end in zip(corners, [*corners[1:], corners[0]], strict=True):
        along_x, along_y = end[0] - start[0], end[1] - start[1]
        length = np.sqrt(along_x * along_x + along_y * along_y)
        side = ((at.x - start[0]) * along_y - (at.y - start[1]) * along_x) / length
        inside = side if inside is None else np.maximum(inside, side)
    if inside is None:
        message = "a polygon needs corners"
        raise ValueError(message)
    return np.asarray(inside, dtype=np.float32)


def ring(distance: Field, half_thickness: Number) -> Field:
    """Distance to the outline of a shape."""
    return np.abs(distance) - half_thickness


def join(*distances: Field) -> Field:
    """Distance to the union of shapes."""
    nearest = distances[0]
    for distance in distances[1:]:
        nearest = np.minimum(nearest, distance)
    return nearest


def melt(first: Field, second: Field, width: float) -> Field:
    """Distance to the union of two shapes whose inner corner is filled in over ``width``."""
    blend = np.maximum(np.float32(width) - np.abs(first - second), 0) / np.float32(width)
    return np.minimum(first, second) - blend * blend * np.float32(width * 0.25)


def carve(distance: Field, hole: Field) -> Field:
    """Distance to a shape without the part that lies in another one."""
    return np.maximum(distance, -hole)


def stripes(position: Field, period: Number) -> Field:
    """Return a triangle wave from 0 to 1 along ``position``."""
    turns = position / period
    return np.abs((turns - np.floor(turns)) * 2 - 1)


def cloud(draws: Draws, count: int, side: int, cells: int) -> Field:
    """Return smooth noise between -1 and 1, float32 (count, side, side), with ``cells`` lumps a side."""
    knots = draws.uniform(-1.0, 1.0, count, cells + 1, cells + 1)
    position = np.arange(side, dtype=np.float32) * np.float32(cells) / np.float32(side)
    cell = position.astype(np.int64)
    part = position - cell.astype(np.float32)
    part = part * part * (3 - 2 * part)
    rows = knots[:, cell] * (1 - part)[:, None] + knots[:, cell + 1] * part[:, None]
    return rows[:, :, cell] * (1 - part) + rows[:, :, cell + 1] * part


class Canvas:
    """A batch of pictures in the making, 0 black to 1 white.

    Colours come and pictures go with the channels last; in between they are kept first, where NumPy is faster.
    """

    def __init__(self, background: Field) -> None:
        """Start from a background, float32 (n, side, side, channels), which is copied."""
        self._planes = _channels_first(background).copy()

    def paint(self, at: Grid, distance: Field, colour: Field, relief: float = 0.0, opacity: Number = 1.0) -> None:
        """Lay a shape over the pictures.

        Args:
            at: The coordinates in which the distance was taken; they give the width of the soft edge.
            distance: Signed distance to the shape, (n, side, side).
            colour: What it is filled with, (n, 1, 1, channels) or one colour a pixel.
            relief: How much darker the rim is than the middle, which makes a shape look round.
            opacity: 0 to leave the shape out of a picture, 1 to cover what was there.
        """
        cover = np.clip(0.5 - distance / at.pixel, 0, 1) * opacity
        ink = _channels_first(colour)
        if relief:
            height = np.clip(distance * np.float32(-4.0), 0, 1)
            ink = ink * (1 - np.float32(relief) * (1 - height) * (1 - height))[:, None]
        self._planes += (ink - self._planes) * cover[:, None]

    def light(self, factor: Field) -> None:
        """Multiply the pictures by one number a picture and channel, (n, 1, 1, channels)."""
        self._planes *= _channels_first(factor)

    def pixels(self) -> Field:
        """Return the pictures as they stand, float32 (n, side, side, channels)."""
        return np.moveaxis(self._planes, 1, -1)

    def finish(self, draws: Draws, grain: float) -> NDArray[np.uint8]:
        """Add grain of the given deviation and return the pictures, uint8 0 to 255."""
        noisy = self._planes + draws.bell(grain, *self._planes.shape)
        octets = np.rint(np.clip(noisy, 0, 1) * np.float32(255)).astype(np.uint8)
        return np.ascontiguousarray(np.moveaxis(octets, 1, -1))


def _channels_first(picture: Field) -> Field:
    return np.ascontiguousarray(np.moveaxis(picture, -1, 1), dtype=np.float32)
