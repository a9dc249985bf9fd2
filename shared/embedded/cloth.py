"""Cloth and the drawing board on which the garments of the stand-in for Fashion-MNIST are cut."""

# NumPy's stubs give Any for arithmetic of numbers and arrays.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.embedded.canvas import Canvas, Grid, Number, cloud, stripes
from shared.embedded.draws import Draws, Field

__all__ = ["SIDE", "Sheet", "weave"]

SIDE = 28


@dataclass(frozen=True, slots=True)
class Sheet:
    """One batch on the drawing board: where, on what, with which dice and which cloth."""

    at: Grid
    canvas: Canvas
    draws: Draws
    cloth: Field

    def vary(self, low: float, high: float) -> Field:
        """Draw one number a picture, (n, 1, 1)."""
        return self.draws.uniform(low, high, len(self.cloth), 1, 1)

    def sometimes(self, probability: float) -> Field:
        """Draw 1 or 0 for each picture, (n, 1, 1)."""
        return self.draws.chance(probability, len(self.cloth), 1, 1)

    def fill(self, distance: Field, light: Number = 1.0, opacity: Number = 1.0) -> None:
        """Lay a piece of the cloth, ``light`` times as bright."""
        self.canvas.paint(self.at, distance, self.cloth * _channel(light), relief=0.45, opacity=opacity)

    def line(self, distance: Field, light: Number, opacity: Number = 1.0) -> None:
        """Lay a flat detail (a seam, a button, a strap) of brightness ``light``."""
        self.canvas.paint(self.at, distance, _channel(light) + np.zeros_like(self.cloth[:, :1, :1]), opacity=opacity)


def _channel(light: Number) -> Number:
    return light[..., None] if isinstance(light, np.ndarray) else light


def weave(at: Grid, draws: Draws, patterned: float) -> Field:
    """Return a woven brightness for every pixel, (n, side, side, 1): plain, striped across or along, or printed."""
    count = len(at.x)
    tone = draws.uniform(0.3, 0.95, count, 1, 1)
    across = stripes(at.y + draws.uniform(0, 1, count, 1, 1), draws.uniform(0.22, 0.5, count, 1, 1)) - 0.5
    along = stripes(at.x + draws.uniform(0, 1, count, 1, 1), draws.uniform(0.22, 0.5, count, 1, 1)) - 0.5
    printed = cloud(draws, count, SIDE, 7)
    depth = draws.uniform(0.2, 0.9, count, 1, 1) * draws.chance(patterned, count, 1, 1)
    patterns = [across, along, printed, across + along]
    pattern = np.choose(draws.integers(len(patterns), count, 1, 1), patterns)
    folds = cloud(draws, count, SIDE, 4) * np.float32(0.12)
    return np.clip(tone * (1 + depth * pattern + folds), 0.08, 1)[..., None]
