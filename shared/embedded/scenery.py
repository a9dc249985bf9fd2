"""Backgrounds and colours for the drawn stand-in for CIFAR-10, which classes share so that colour tells little."""

# NumPy's stubs give Any for arithmetic of numbers and arrays.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.embedded.canvas import Canvas, Grid, Number, box, cloud, ellipse, grid
from shared.embedded.draws import Draws, Field

__all__ = ["COATS", "PAINTS", "SIDE", "Scene", "backdrop", "scatter"]

SIDE = 32
Colours = tuple[tuple[float, float, float], ...]
# Fur, feathers and skin: browns, greys, black, white, ginger.
COATS: Colours = (
    (0.45, 0.30, 0.18), (0.62, 0.45, 0.28), (0.30, 0.20, 0.13), (0.78, 0.66, 0.50), (0.55, 0.54, 0.52),
    (0.18, 0.17, 0.18), (0.88, 0.86, 0.82), (0.72, 0.42, 0.18),
)  # fmt: skip
# Lacquer of cars, lorries, ships and aircraft.
PAINTS: Colours = (
    (0.75, 0.12, 0.12), (0.15, 0.25, 0.60), (0.85, 0.85, 0.87), (0.15, 0.15, 0.17), (0.55, 0.57, 0.60),
    (0.88, 0.72, 0.15), (0.16, 0.42, 0.24), (0.80, 0.45, 0.15),
)  # fmt: skip
# Far and near colour of a place: sky over sea, meadow, road, wood, room, bare wall, evening, sand.
PLACES: tuple[tuple[Colours, Colours], ...] = (
    (((0.55, 0.72, 0.90),), ((0.16, 0.34, 0.48),)),
    (((0.60, 0.75, 0.88),), ((0.36, 0.52, 0.22),)),
    (((0.72, 0.76, 0.80),), ((0.42, 0.41, 0.41),)),
    (((0.22, 0.32, 0.18),), ((0.36, 0.40, 0.20),)),
    (((0.66, 0.56, 0.46),), ((0.46, 0.34, 0.26),)),
    (((0.80, 0.78, 0.74),), ((0.70, 0.68, 0.66),)),
    (((0.85, 0.62, 0.45),), ((0.30, 0.26, 0.30),)),
    (((0.70, 0.80, 0.88),), ((0.76, 0.66, 0.48),)),
    (((0.40, 0.60, 0.86),), ((0.62, 0.76, 0.92),)),
)


def backdrop(count: int, draws: Draws, usual: tuple[int, ...]) -> Field:
    """Return places with a horizon, texture and changing light, float32 (count, 32, 32, 3).

    Args:
        count: Number of pictures.
        draws: The dice.
        usual: Places (rows of the table) that this class is mostly seen in; two pictures in five are anywhere.
    """
    familiar = np.array(usual)[draws.integers(len(usual), count)]
    anywhere = draws.integers(len(PLACES), count)
    which = np.where(draws.chance(0.4, count) > 0, anywhere, familiar)
    table = np.array(PLACES, dtype=np.float32)[:, :, 0][which]
    table = table + draws.uniform(-0.13, 0.13, count, 2, 3)
    flat = grid(count, SIDE)
    rough = cloud(draws, count, SIDE, 4)
    horizon = draws.uniform(-0.35, 0.7, count, 1, 1)
    near = np.clip((flat.y - horizon + rough * 0.15) * draws.uniform(2.0, 14.0, count, 1, 1) + 0.5, 0, 1)[..., None]
    place = table[:, None, None, 0] * (1 - near) + table[:, None, None, 1] * near
    fine = cloud(draws, count, SIDE, 14)[..., None] * draws.uniform(0.02, 0.16, count, 1, 1, 1) * (0.3 + 0.7 * near)
    lumps = rough[..., None] * draws.uniform(0.0, 0.13, count, 1, 1, 3)
    canvas = Canvas(np.clip(place + fine + lumps, 0.02, 1))
    for _ in range(3):
        scatter(canvas, draws, count, 1.0)
    return canvas.pixels()


def scatter(canvas: Canvas, draws: Draws, count: int, probability: float) -> None:
    """Lay a soft, meaningless patch over some of the pictures: a bush, a post, a piece of furniture."""
    flat = grid(count, SIDE)
    spot = (draws.uniform(-1, 1, count, 1, 1), draws.uniform(-1, 1, count, 1, 1))
    size = (draws.uniform(0.06, 0.5, count, 1, 1), draws.uniform(0.06, 0.5, count, 1, 1))
    round_one = draws.chance(0.5, count, 1, 1)
    shape = ellipse(flat, spot, size) * round_one + box(flat, spot, size) * (1 - round_one)
    soft = Grid(flat.x, flat.y, flat.pixel * draws.uniform(1.0, 5.0, count, 1, 1))
    tone = draws.uniform(0.1, 0.9, count, 1, 1, 1) + draws.uniform(-0.15, 0.15, count, 1, 1, 3)
    canvas.paint(
        soft, shape, tone, opacity=draws.uniform(0.0, 0.7, count, 1, 1) * draws.chance(probability, count, 1, 1)
    )


@dataclass(frozen=True, slots=True)
class Scene:
    """One batch of pictures with the coordinates of the thing that is drawn in them."""

    at: Grid
    canvas: Canvas
    draws: Draws

    def vary(self, low: float, high: float) -> Field:
        """Draw one number a picture, (n, 1, 1)."""
        return self.draws.uniform(low, high, len(self.at.x), 1, 1)

    def sometimes(self, probability: float) -> Field:
        """Draw 1 or 0 for each picture, (n, 1, 1)."""
        return self.draws.chance(probability, len(self.at.x), 1, 1)

    def colour(self, table: Colours) -> Field:
        """Mix a colour a picture near one of a table, (n, 1, 1, 3)."""
        count = len(self.at.x)
        picked = np.array(table, dtype=np.float32)[self.draws.integers(len(table), count)][:, None, None, :]
        return np.clip(
            picked * self.draws.uniform(0.75, 1.2, count, 1, 1, 1) + self.draws.uniform(-0.07, 0.07, count, 1, 1, 3),
            0.02,
            1,
        )

    def fill(self, distance: Field, colour: Field, relief: float = 0.3, opacity: Number = 1.0) -> None:
        """Lay one part of the thing."""
        self.canvas.paint(self.at, distance, colour, relief, opacity)

    def grey(self, distance: Field, tone: float, opacity: Number = 1.0) -> None:
        """Lay a colourless detail: a tyre, a window, an eye."""
        self.canvas.paint(self.at, distance, np.full((1, 1, 1, 3), tone, dtype=np.float32), 0.0, opacity)
