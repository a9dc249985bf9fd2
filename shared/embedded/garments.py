"""Drawn clothes in the ten classes, the size and the grey levels of Fashion-MNIST."""

# NumPy's stubs give Any for arithmetic of numbers and arrays.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from shared.embedded import tops
from shared.embedded.canvas import Canvas, Grid, box, capsule, ellipse, grid, join, place, polygon, ring
from shared.embedded.cloth import SIDE, Sheet, weave
from shared.embedded.draws import Draws, Field

__all__ = ["DRAWERS"]

DARKEST = 0.01


def trouser(sheet: Sheet) -> None:
    """Draw a pair of trousers: two legs that part below the hips."""
    hips, ankle = sheet.vary(0.26, 0.4), sheet.vary(0.1, 0.2)
    apart, crotch = sheet.vary(0.02, 0.16), sheet.vary(-0.45, -0.15)
    mirrored = Grid(np.abs(sheet.at.x), sheet.at.y, sheet.at.pixel)
    seat = polygon(sheet.at, [(-hips * 0.85, -0.92), (hips * 0.85, -0.92), (hips, crotch), (-hips, crotch)])
    short = sheet.vary(0.7, 0.95)
    leg = polygon(mirrored, [(0.01, crotch - 0.05), (hips, crotch - 0.05), (apart + 2 * ankle, short), (apart, short)])
    sheet.fill(join(seat, leg))
    sheet.line(box(sheet.at, (0.0, -0.88), (hips * 0.85, 0.035)), sheet.vary(0.1, 0.9), sheet.sometimes(0.6))


def sandal(sheet: Sheet) -> None:
    """Draw a sandal from the side: a thin sole, straps with air between them, a heel or none."""
    heel = sheet.vary(0.0, 0.5) * sheet.sometimes(0.6)
    tone = sheet.vary(0.35, 0.95)
    back, front, floor = -0.82, 0.82, 0.5
    sole = join(
        capsule(sheet.at, (back, floor - heel), (0.1, floor - 0.06), 0.07),
        capsule(sheet.at, (0.1, floor - 0.06), (front, floor), 0.07),
        capsule(sheet.at, (back + 0.03, floor - heel), (back + 0.08, floor + 0.04), 0.06),
    )
    sheet.line(sole, tone)
    arch = ellipse(sheet.at, (sheet.vary(0.35, 0.5), floor), (sheet.vary(0.2, 0.32), sheet.vary(0.3, 0.5)))
    sheet.line(np.maximum(ring(arch, 0.055), sheet.at.y - floor), tone * 0.9)
    ankle = floor - heel - sheet.vary(0.4, 0.6)
    sheet.line(capsule(sheet.at, (back, floor - heel), (back + 0.05, ankle), 0.055), tone * 0.8)
    sheet.line(capsule(sheet.at, (back + 0.05, ankle), (sheet.vary(-0.35, -0.1), ankle + 0.08), 0.05), tone * 0.9)
    sheet.line(
        capsule(sheet.at, (-0.25, ankle + 0.08), (sheet.vary(0.0, 0.3), floor - 0.1), 0.045), tone, sheet.sometimes(0.5)
    )


def _shoe(sheet: Sheet, top: Field, heel: Field) -> Field:
    """Distance to a shoe from the side that opens at height ``top``."""
    toe = ellipse(sheet.at, (0.42, 0.42 - sheet.vary(0.0, 0.06)), (sheet.vary(0.4, 0.46), sheet.vary(0.24, 0.34)))
    back = sheet.vary(-0.8, -0.72)
    shaft = polygon(
        sheet.at, [(back, top), (sheet.vary(-0.3, -0.12), top), (0.0, 0.1), (0.0, 0.5), (back - 0.02, 0.5 - heel)]
    )
    instep = np.maximum(top + 0.05, sheet.vary(-0.12, 0.02))
    slope = polygon(
        sheet.at, [(-0.35, instep), (sheet.vary(-0.24, -0.14), instep), (0.62, 0.22), (0.8, 0.5), (-0.7, 0.5)]
    )
    return np.maximum(join(toe, shaft, slope), sheet.at.y - 0.48)


def sneaker(sheet: Sheet) -> None:
    """Draw a low sports shoe: a pale sole, a slanted stripe, laces."""
    body = _shoe(sheet, sheet.vary(-0.2, 0.05), sheet.vary(0.0, 0.02))
    sheet.fill(body)
    for offset in (0.0, 0.14, 0.28):
        start, end = (offset - 0.25, offset * 0.6 - 0.02), (offset - 0.12, offset * 0.6 + 0.1)
        sheet.line(np.maximum(capsule(sheet.at, start, end, 0.028), body), sheet.vary(0.6, 1.0), sheet.sometimes(0.8))
    slant = np.abs(sheet.at.x + 0.1 + (sheet.at.y - 0.2) * sheet.vary(-1.2, 1.2)) - 0.07
    sheet.line(np.maximum(slant, body + 0.04), sheet.vary(0.0, 1.0), sheet.sometimes(0.6))
    sheet.line(box(sheet.at, (0.03, 0.5), (0.84, sheet.vary(0.05, 0.1)), 0.04), sheet.vary(0.4, 1.0))


def bag(sheet: Sheet) -> None:
    """Draw a bag: a wide body, a handle or a strap, a flap or a clasp."""
    wide, high = sheet.vary(0.5, 0.85), sheet.vary(0.32, 0.55)
    low = sheet.vary(0.2, 0.35)
    top = low - high
    slope = sheet.vary(0.75, 1.05)
    body = polygon(sheet.at, [(-wide * slope, top), (wide * slope, top), (wide, low + high), (-wide, low + high)])
    handle = ring(
        ellipse(sheet.at, (0.0, top), (wide * sheet.vary(0.4, 0.85), sheet.vary(0.2, 0.6))), sheet.vary(0.03, 0.06)
    )
    sheet.line(np.maximum(handle, sheet.at.y - top), sheet.vary(0.3, 0.9), sheet.sometimes(0.9))
    sheet.fill(body)
    flap = np.maximum(body, sheet.at.y - (top + sheet.vary(0.12, 0.5)))
    sheet.line(flap, sheet.vary(0.15, 0.9), sheet.sometimes(0.5) * 0.6)
    sheet.line(
        box(sheet.at, (0.0, low - 0.05), (sheet.vary(0.04, 0.1), 0.06)), sheet.vary(0.2, 1.0), sheet.sometimes(0.6)
    )


def ankle_boot(sheet: Sheet) -> None:
    """Draw a boot that reaches above the ankle, with a heel or a flat sole."""
    heel = sheet.vary(0.02, 0.14)
    body = _shoe(sheet, sheet.vary(-0.88, -0.5), heel)
    sheet.fill(body)
    tone = sheet.vary(0.1, 0.7)
    sheet.line(box(sheet.at, (0.1, 0.5), (0.76, 0.035), 0.03), tone)
    sheet.line(box(sheet.at, (-0.62, 0.54), (0.17, 0.1), 0.02), tone, sheet.sometimes(0.7))
    sheet.line(
        np.maximum(np.abs(sheet.at.x + sheet.vary(0.25, 0.6)) - 0.025, body + 0.05),
        sheet.vary(0.0, 1.0),
        sheet.sometimes(0.4),
    )


def _drawer(
    draw: Callable[[Sheet], None], patterned: float, upright: bool
) -> Callable[[int, Draws], NDArray[np.uint8]]:
    """Return the function that makes ``count`` pictures of one class, uint8 (count, 28, 28)."""

    def picture(count: int, draws: Draws) -> NDArray[np.uint8]:
        base = grid(count, SIDE)
        centre = (draws.uniform(-0.13, 0.13, count, 1, 1), draws.uniform(-0.13, 0.13, count, 1, 1))
        lean = 0.06 if upright else 0.08
        turn = draws.bell(lean, count, 1, 1)
        # The published shoes mostly point left; a few here point right, so that place alone does not tell.
        flip = draws.sign(count, 1, 1) if upright else 1 - 2 * draws.chance(0.75, count, 1, 1)
        at = place(base, centre, draws.uniform(0.74, 1.04, count, 1, 1), turn, flip)
        stretched = Grid(at.x / draws.uniform(0.86, 1.1, count, 1, 1), at.y, at.pixel)
        sheet = Sheet(stretched, Canvas(np.zeros((count, SIDE, SIDE, 1))), draws, weave(stretched, draws, patterned))
        draw(sheet)
        lit = sheet.canvas.pixels()[..., 0] > DARKEST
        # As published, the background is pure black: grain is on the garment only.
        return sheet.canvas.finish(draws, 0.03)[..., 0] * lit

    return picture


DRAWERS = tuple(
    _drawer(draw, patterned, upright)
    for draw, patterned, upright in (
        (tops.t_shirt, 0.5, True),
        (trouser, 0.2, True),
        (tops.pullover, 0.45, True),
        (tops.dress, 0.45, True),
        (tops.coat, 0.2, True),
        (sandal, 0.0, False),
        (tops.shirt, 0.55, True),
        (sneaker, 0.25, False),
        (bag, 0.35, True),
        (ankle_boot, 0.15, False),
    )
)
