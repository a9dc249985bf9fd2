"""Drawn hands that show the numbers 0 to 5, the size and the classes of the SIGNS photographs."""

# NumPy's stubs give Any for arithmetic of numbers and arrays.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.embedded.canvas import Canvas, Grid, capsule, cloud, ellipse, grid, join, melt, place, polygon, ring
from shared.embedded.draws import Draws, Field

__all__ = ["DRAWERS"]

SIDE = 64
FINGERS = 4
# Which fingers (index, middle, ring, little) and whether the thumb are raised, in every usual way of showing a number.
WAYS: tuple[tuple[tuple[int, int, int, int, int], ...], ...] = (
    ((0, 0, 0, 0, 0),),
    ((1, 0, 0, 0, 0), (1, 0, 0, 0, 0), (1, 0, 0, 0, 0), (0, 0, 0, 0, 1)),
    ((1, 1, 0, 0, 0), (1, 1, 0, 0, 0), (1, 0, 0, 0, 1)),
    ((1, 1, 1, 0, 0), (1, 1, 0, 0, 1)),
    ((1, 1, 1, 1, 0),),
    ((1, 1, 1, 1, 1),),
)
# Where the four fingers grow from the palm, and how long they are, in half sides of the picture.
KNUCKLES = ((-0.27, -0.08), (-0.09, -0.14), (0.1, -0.12), (0.27, -0.03))
LENGTHS = (0.62, 0.7, 0.65, 0.5)
SPREAD = (-0.16, -0.04, 0.07, 0.2)
# Pale to dark, red, green and blue.
SKINS = ((0.96, 0.80, 0.70), (0.90, 0.70, 0.57), (0.80, 0.59, 0.45), (0.62, 0.43, 0.31), (0.42, 0.28, 0.20))


@dataclass(frozen=True, slots=True)
class Hand:
    """One batch of hands: coordinates, dice, skin and which fingers are up."""

    at: Grid
    canvas: Canvas
    draws: Draws
    skin: Field
    raised: Field

    def vary(self, low: float, high: float) -> Field:
        """Draw one number a picture, (n, 1, 1)."""
        return self.draws.uniform(low, high, len(self.skin), 1, 1)


def _backdrop(count: int, draws: Draws) -> Field:
    """Return walls with a soft gradient, stains and a shadow, float32 (count, 64, 64, 3)."""
    tone = draws.uniform(0.5, 0.95, count, 1, 1, 1) + draws.uniform(-0.12, 0.12, count, 1, 1, 3)
    flat = grid(count, SIDE)
    slope = flat.x * draws.uniform(-0.14, 0.14, count, 1, 1) + flat.y * draws.uniform(-0.14, 0.14, count, 1, 1)
    stains = cloud(draws, count, SIDE, 3) * draws.uniform(0.0, 0.16, count, 1, 1)
    fine = cloud(draws, count, SIDE, 12) * draws.uniform(0.0, 0.07, count, 1, 1)
    return np.clip(tone + (slope + stains + fine)[..., None], 0.05, 1)


def _skin(count: int, draws: Draws, at: Grid) -> Field:
    """Return the colour of the hand for every pixel, lit from one side, float32 (count, 64, 64, 3)."""
    base = np.array(SKINS, dtype=np.float32)[draws.integers(len(SKINS), count)][:, None, None, :]
    base = base * draws.uniform(0.85, 1.12, count, 1, 1, 1) + draws.uniform(-0.04, 0.04, count, 1, 1, 3)
    light = at.x * draws.uniform(-0.18, 0.18, count, 1, 1) - at.y * draws.uniform(-0.05, 0.15, count, 1, 1)
    mottle = cloud(draws, count, SIDE, 6) * np.float32(0.05)
    return np.clip(base * (1 + light + mottle)[..., None], 0.03, 1)


def _palm(hand: Hand) -> Field:
    """Distance to the palm with the wrist and the forearm that leaves the picture below."""
    palm = polygon(
        hand.at,
        [
            (-0.32, -0.12),
            (-0.1, -0.2),
            (0.12, -0.18),
            (0.32, -0.06),
            (0.29, 0.38),
            (0.16, 0.55),
            (-0.2, 0.55),
            (-0.33, 0.3),
        ],
    )
    lean = hand.vary(-0.12, 0.12)
    arm = capsule(hand.at, (0.0, 0.5), (lean, 1.9), hand.vary(0.2, 0.25), hand.vary(0.26, 0.32))
    return melt(palm - 0.05, arm, 0.2)


def _finger(hand: Hand, which: int, fan: Field) -> tuple[Field, Field]:
    """Distances to one finger, raised where it is up and bent over the palm where not, and to its nail or joint."""
    up = hand.raised[:, which, None, None]
    x, y = KNUCKLES[which]
    slant = SPREAD[which] * fan + hand.draws.bell(0.035, len(up), 1, 1)
    long = LENGTHS[which] * hand.vary(0.88, 1.08) * up + (1 - up) * 0.04
    thick = 0.088 if which < FINGERS - 1 else 0.074
    middle = (x + slant * long * 0.55, y - long * 0.55)
    tip = (middle[0] + (slant + hand.draws.bell(0.08, len(up), 1, 1)) * long * 0.45, middle[1] - long * 0.43)
    straight = join(
        capsule(hand.at, (x, y + 0.12), middle, thick * 1.06, thick), capsule(hand.at, middle, tip, thick, thick * 0.85)
    )
    # A bent finger shows its two outer bones in front of the palm.
    folded = capsule(hand.at, (x, y - 0.03), (x * 0.86 - 0.03, y + 0.27), thick * 1.15, thick)
    return straight, folded + up * 4


def _thumb(hand: Hand) -> tuple[Field, Field]:
    """Distances to the thumb beside the hand where it is up, and across the palm where not."""
    up = hand.raised[:, FINGERS, None, None]
    reach, rise = hand.vary(0.34, 0.48), hand.vary(0.02, 0.3)
    joint = (-0.33 - reach * 0.5, 0.16 - rise * 0.4)
    out = join(
        capsule(hand.at, (-0.2, 0.4), joint, 0.15, 0.1),
        capsule(hand.at, joint, (-0.33 - reach, 0.1 - rise), 0.1, 0.078),
    )
    across = capsule(hand.at, (-0.27, 0.36), (hand.vary(-0.06, 0.14), hand.vary(0.14, 0.26)), 0.115, 0.088)
    return out + (1 - up) * 4, across + up * 4


def _lay(hand: Hand, distance: Field, light: float = 1.0) -> None:
    """Paint one part of the hand with a dark outline, so that a finger before the palm is seen."""
    hand.canvas.paint(hand.at, distance - 0.015, hand.skin * np.float32(0.62))
    hand.canvas.paint(hand.at, distance, hand.skin * np.float32(light), relief=0.2)


def _draw(hand: Hand) -> None:
    fan = hand.vary(0.7, 1.7)
    fingers = [_finger(hand, which, fan) for which in range(FINGERS)]
    out, across = _thumb(hand)
    shape = _palm(hand)
    raised = join(*[straight for straight, _ in fingers])
    whole = melt(melt(shape, raised, 0.06), out, 0.12)
    shade = Grid(hand.at.x - hand.vary(-0.1, 0.1), hand.at.y - 0.06, hand.at.pixel * 6)
    hand.canvas.paint(shade, whole, np.zeros_like(hand.skin[:, :1, :1]), opacity=hand.vary(0.1, 0.4))
    _lay(hand, whole)
    for straight, folded in fingers:
        # The side of a raised finger that touches its neighbour is seen as a crease.
        crease = np.maximum(ring(straight, 0.012), shape + 0.02)
        hand.canvas.paint(hand.at, np.maximum(crease, hand.at.y + 0.02), hand.skin * np.float32(0.75), opacity=0.5)
        _lay(hand, folded, 1.04)
    _lay(hand, across, 1.07)
    crease = ring(ellipse(hand.at, (0.1, 0.45), (0.36, 0.34)), 0.01)
    crease = np.maximum(crease, np.maximum(shape + 0.1, hand.at.x))
    hand.canvas.paint(hand.at, crease, hand.skin * np.float32(0.75), opacity=0.5)


def _raised(count: int, number: int, draws: Draws) -> Field:
    """Choose a way to show ``number`` for each picture: 1 for a raised finger, float32 (count, 5), the thumb last."""
    ways = np.array(WAYS[number], dtype=np.float32)
    return ways[draws.integers(len(ways), count)]


def _drawer(number: int) -> Callable[[int, Draws], NDArray[np.uint8]]:
    """Return the function that makes ``count`` hands showing ``number``, uint8 (count, 64, 64, 3)."""

    def picture(count: int, draws: Draws) -> NDArray[np.uint8]:
        base = grid(count, SIDE)
        centre = (draws.uniform(-0.12, 0.12, count, 1, 1), draws.uniform(0.14, 0.32, count, 1, 1))
        scale = draws.uniform(0.85, 1.08, count, 1, 1)
        # Mostly the right hand, as in the course's photographs.
        flip = 2 * draws.chance(0.8, count, 1, 1) - 1
        at = place(base, centre, scale, draws.bell(0.07, count, 1, 1), flip)
        canvas = Canvas(_backdrop(count, draws))
        hand = Hand(at, canvas, draws, _skin(count, draws, base), _raised(count, number, draws))
        _draw(hand)
        return canvas.finish(draws, 0.02)

    return picture


DRAWERS = tuple(_drawer(number) for number in range(len(WAYS)))
