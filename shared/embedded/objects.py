"""Drawn things and animals in the ten classes of CIFAR-10, in their usual and unusual surroundings."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from shared.embedded import animals, vehicles
from shared.embedded.canvas import Canvas, Grid, grid, place
from shared.embedded.draws import Draws
from shared.embedded.scenery import SIDE, Scene, backdrop, scatter

__all__ = ["DRAWERS"]


def _drawer(
    draw: Callable[[Scene], None], usual: tuple[int, ...], tilt: float
) -> Callable[[int, Draws], NDArray[np.uint8]]:
    """Return the function that makes ``count`` pictures of one class, uint8 (count, 32, 32, 3)."""

    def picture(count: int, draws: Draws) -> NDArray[np.uint8]:
        centre = (draws.uniform(-0.33, 0.33, count, 1, 1), draws.uniform(-0.28, 0.33, count, 1, 1))
        scale = draws.uniform(0.55, 1.15, count, 1, 1)
        at = place(grid(count, SIDE), centre, scale, draws.bell(tilt, count, 1, 1), draws.sign(count, 1, 1))
        stretched = Grid(at.x, at.y / draws.uniform(0.8, 1.2, count, 1, 1), at.pixel)
        canvas = Canvas(backdrop(count, draws, usual))
        draw(Scene(stretched, canvas, draws))
        scatter(canvas, draws, count, 0.35)
        # Light and colour of the whole photograph.
        canvas.light(draws.uniform(0.7, 1.2, count, 1, 1, 1) * draws.uniform(0.92, 1.08, count, 1, 1, 3))
        return canvas.finish(draws, 0.025)

    return picture


DRAWERS = tuple(
    _drawer(draw, usual, tilt)
    for draw, usual, tilt in (
        (vehicles.airplane, (8, 8, 0, 2, 6), 0.2),
        (vehicles.automobile, (2, 2, 1, 5), 0.06),
        (animals.bird, (8, 3, 1, 0), 0.14),
        (animals.cat, (4, 4, 5, 1), 0.11),
        (animals.deer, (1, 3, 3), 0.08),
        (animals.dog, (4, 1, 5, 7), 0.11),
        (animals.frog, (3, 1, 7, 0), 0.11),
        (animals.horse, (1, 1, 7, 3), 0.08),
        (vehicles.ship, (0, 0, 6), 0.08),
        (vehicles.truck, (2, 2, 7), 0.06),
    )
)
