"""Drawn clothes for the upper body, five of the classes of the stand-in for Fashion-MNIST."""

# NumPy's stubs give Any for arithmetic of numbers and arrays.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import numpy as np

from shared.embedded.canvas import Grid, box, capsule, carve, ellipse, join, polygon, ring, stripes
from shared.embedded.cloth import Sheet
from shared.embedded.draws import Field

__all__ = ["coat", "dress", "pullover", "shirt", "t_shirt"]


def _torso(at: Grid, width: Field, waist: Field, hem: Field, length: Field) -> Field:
    """Distance to a body from the shoulders (y = -0.75) through the waist (y = 0) to the hem (y = ``length``)."""
    down = np.clip((at.y + 0.6) / 0.6, 0, 1)
    below = np.clip(at.y / length, 0, 1)
    side = np.abs(at.x) - (width + (waist - width) * down + (hem - waist) * below)
    shoulder = (np.abs(at.x) - width) * 0.5 + (-0.66 - at.y) * 0.85
    return np.maximum(np.maximum(side, shoulder), np.maximum(-0.75 - at.y, at.y - length))


def _sleeves(at: Grid, width: Field, reach: Field, drop: Field, thick: Field) -> Field:
    """Distance to two sleeves, from the shoulders to a point ``reach`` further out and ``drop`` further down."""
    mirrored = Grid(np.abs(at.x), at.y, at.pixel)
    return capsule(mirrored, (width - 0.1, -0.57), (width + reach, drop - 0.57), thick, thick * 0.8)


def _neck(at: Grid, wide: Field, deep: Field) -> Field:
    return ellipse(at, (0.0, -0.8), (wide, deep))


def t_shirt(sheet: Sheet) -> None:
    """Draw a T-shirt or top: short sleeves or none, a plain hem."""
    width = sheet.vary(0.42, 0.58)
    body = _torso(sheet.at, width, width * sheet.vary(0.85, 1.0), width * sheet.vary(0.9, 1.05), sheet.vary(0.6, 0.88))
    arms = _sleeves(sheet.at, width, sheet.vary(0.12, 0.32), sheet.vary(0.1, 0.4), sheet.vary(0.13, 0.19))
    arms = arms + (1 - sheet.sometimes(0.88)) * 4
    hole = _neck(sheet.at, sheet.vary(0.14, 0.26), sheet.vary(0.1, 0.28))
    sheet.fill(carve(join(body, arms), hole))
    sheet.line(
        ring(hole, 0.02), sheet.vary(0.2, 0.9), sheet.sometimes(0.4) * np.clip(0.5 - body / sheet.at.pixel, 0, 1)
    )


def pullover(sheet: Sheet) -> None:
    """Draw a pullover: long sleeves, a closed front, ribs at the hem and a round neck."""
    width = sheet.vary(0.42, 0.56)
    length = sheet.vary(0.6, 0.85)
    body = _torso(sheet.at, width, width * sheet.vary(0.9, 1.03), width * sheet.vary(0.85, 1.0), length)
    arms = _sleeves(sheet.at, width, sheet.vary(0.08, 0.3), sheet.vary(0.95, 1.3), sheet.vary(0.12, 0.17))
    hole = _neck(sheet.at, sheet.vary(0.13, 0.22), sheet.vary(0.08, 0.16))
    sheet.fill(arms, 0.85)
    sheet.fill(carve(body, hole))
    sheet.line(ring(hole, 0.035), sheet.vary(0.3, 0.9), 0.7 * np.clip(0.5 - body / sheet.at.pixel, 0, 1))
    sheet.line(
        box(sheet.at, (0.0, length - 0.05), (width * 0.9, 0.03)), sheet.vary(0.2, 0.5), sheet.sometimes(0.6) * 0.6
    )


def dress(sheet: Sheet) -> None:
    """Draw a dress: narrow at the waist, wide at a low hem, thin straps or small sleeves."""
    width = sheet.vary(0.24, 0.4)
    waist = width * sheet.vary(0.7, 1.0)
    body = _torso(sheet.at, width, waist, waist + sheet.vary(0.02, 0.4), sheet.vary(0.8, 0.97))
    arms = _sleeves(sheet.at, width, sheet.vary(0.05, 0.2), sheet.vary(0.15, 0.9), sheet.vary(0.08, 0.12))
    arms = arms + (1 - sheet.sometimes(0.5)) * 4
    hole = _neck(sheet.at, sheet.vary(0.1, 0.22), sheet.vary(0.12, 0.4))
    sheet.fill(carve(join(body, arms), hole))
    sheet.line(
        box(sheet.at, (0.0, sheet.vary(-0.1, 0.1)), (waist, 0.03)), sheet.vary(0.1, 0.9), sheet.sometimes(0.45) * 0.8
    )


def coat(sheet: Sheet) -> None:
    """Draw a coat: long sleeves, a long body that opens in front, lapels."""
    width = sheet.vary(0.42, 0.58)
    body = _torso(sheet.at, width, width * sheet.vary(0.85, 1.0), width * sheet.vary(0.9, 1.15), sheet.vary(0.78, 0.96))
    arms = _sleeves(sheet.at, width, sheet.vary(0.05, 0.26), sheet.vary(1.0, 1.35), sheet.vary(0.12, 0.18))
    sheet.fill(arms, 0.85)
    sheet.fill(body)
    opening = polygon(
        sheet.at, [(-sheet.vary(0.1, 0.2), -0.78), (sheet.vary(0.1, 0.2), -0.78), (0.015, sheet.vary(-0.4, 0.1))]
    )
    sheet.line(opening, sheet.vary(0.0, 0.5), sheet.sometimes(0.6) * sheet.vary(0.4, 1.0))
    sheet.line(
        box(sheet.at, (0.0, 0.4), (sheet.vary(0.015, 0.05), 1.0)),
        0.05,
        sheet.vary(0.15, 0.9) * np.clip(0.5 - body / sheet.at.pixel, 0, 1),
    )
    mirrored = Grid(np.abs(sheet.at.x), sheet.at.y, sheet.at.pixel)
    sheet.line(box(mirrored, (width * 0.55, sheet.vary(0.15, 0.45)), (0.12, 0.025)), 0.1, sheet.sometimes(0.5) * 0.7)


def shirt(sheet: Sheet) -> None:
    """Draw a shirt: a collar, a row of buttons, sleeves of any length."""
    width = sheet.vary(0.4, 0.56)
    body = _torso(sheet.at, width, width * sheet.vary(0.85, 1.0), width * sheet.vary(0.9, 1.05), sheet.vary(0.62, 0.92))
    drop = 0.2 + sheet.sometimes(0.65) * sheet.vary(0.75, 1.05)
    arms = _sleeves(sheet.at, width, sheet.vary(0.08, 0.28), drop, sheet.vary(0.11, 0.16))
    sheet.fill(arms, 0.9)
    sheet.fill(body)
    mirrored = Grid(np.abs(sheet.at.x), sheet.at.y, sheet.at.pixel)
    tone = sheet.vary(0.35, 1.0)
    sheet.line(
        polygon(mirrored, [(0.02, -0.84), (0.2, -0.8), (0.17, -0.55), (0.01, -0.68)]), tone, sheet.sometimes(0.8)
    )
    rows = stripes(sheet.at.y + sheet.vary(0, 1), 0.26) * 0.26
    buttons = np.maximum(np.abs(sheet.at.x) + rows - 0.055, body + 0.05)
    sheet.line(np.maximum(np.abs(sheet.at.x) - 0.03, body), tone * 0.6, sheet.sometimes(0.6) * 0.5)
    sheet.line(buttons, sheet.vary(0.0, 1.0), sheet.sometimes(0.6) * sheet.vary(0.3, 1.0))
