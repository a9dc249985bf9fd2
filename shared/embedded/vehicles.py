"""Drawn aircraft, cars, ships and lorries for the stand-in for CIFAR-10."""

from __future__ import annotations

import numpy as np

from shared.embedded.canvas import Grid, box, capsule, carve, ellipse, join, polygon, ring
from shared.embedded.draws import Field
from shared.embedded.scenery import PAINTS, Scene

__all__ = ["airplane", "automobile", "ship", "truck"]

PALE = ((0.88, 0.89, 0.91), (0.70, 0.72, 0.75), (0.93, 0.93, 0.90), (0.45, 0.48, 0.53))


def airplane(scene: Scene) -> None:
    """Draw an aircraft, from the side or from below, with swept wings and a tail fin."""
    at, body = scene.at, scene.colour(PALE)
    below = scene.sometimes(0.4)
    thick = scene.vary(0.09, 0.15)
    sweep, span = scene.vary(0.15, 0.4), scene.vary(0.5, 0.85)
    mirrored = Grid(at.x, np.abs(at.y), at.pixel)
    flat_wing = polygon(mirrored, [(-0.15, 0.0), (0.2, 0.0), (0.0 - sweep, span), (-0.16 - sweep, span)])
    flat_tail = polygon(mirrored, [(-0.8, 0.0), (-0.58, 0.0), (-0.75, 0.32), (-0.88, 0.32)])
    side_wing = polygon(
        at, [(-0.1, 0.02), (0.2, 0.02), (-0.15 - sweep, 0.1 + span * 0.5), (-0.3 - sweep, 0.1 + span * 0.5)]
    )
    fin = polygon(at, [(-0.9, -0.42), (-0.74, -0.42), (-0.5, -0.05), (-0.82, -0.05)])
    hull = capsule(at, (-0.8, -0.02), (0.68, 0.0), thick * 0.5, thick)
    mark = scene.colour(PAINTS)
    scene.fill(join(side_wing, hull) + below * 4, body * 0.85, 0.2)
    scene.fill(fin + below * 4, mark, 0.0)
    scene.fill(join(flat_wing, flat_tail) + (1 - below) * 4, body * 0.85, 0.2)
    scene.fill(hull, body, 0.5)
    engines = capsule(mirrored, (-0.06, span * 0.5), (0.1, span * 0.5), 0.055)
    scene.grey(engines, 0.3, below * scene.sometimes(0.7))
    scene.grey(box(at, (0.05, -0.03), (0.5, 0.02)), 0.25, (1 - below) * 0.7)
    scene.grey(ellipse(at, (0.66, -0.05), (0.08, 0.045)), 0.2)


def _wheels(scene: Scene, places: list[Field | float], floor: float, size: Field) -> None:
    """Draw tyres with hubs that stand on ``floor``."""
    for place in places:
        spot = (place, floor - size)
        scene.grey(ellipse(scene.at, spot, (size, size)), 0.09)
        scene.grey(ellipse(scene.at, spot, (size * 0.5, size * 0.5)), 0.6)


def automobile(scene: Scene) -> None:
    """Draw a car: saloon, estate or van by the slant of its cabin, on two wheels."""
    at, paint = scene.at, scene.colour(PAINTS)
    size = scene.vary(0.16, 0.21)
    floor, belt = 0.48, scene.vary(-0.05, 0.06)
    roof = belt - scene.vary(0.26, 0.42)
    rear, front = scene.vary(-0.82, -0.45), scene.vary(0.1, 0.35)
    scene.grey(ellipse(at, (0.0, floor), (0.95, 0.09)), 0.12, 0.6)
    cabin = polygon(
        at,
        [
            (rear + scene.vary(0.05, 0.2), roof),
            (front - 0.05, roof),
            (front + scene.vary(0.15, 0.35), belt + 0.04),
            (rear, belt + 0.04),
        ],
    )
    scene.fill(cabin, paint * 0.92, 0.2)
    scene.grey(cabin + 0.075, 0.16, 0.85)
    scene.fill(box(at, (scene.vary(-0.2, -0.05), roof + 0.2), (0.035, 0.2)), paint, 0.0)
    body = box(at, (0.0, (belt + floor) / 2 - 0.04), (scene.vary(0.84, 0.93), (floor - belt) / 2 - 0.03), 0.11)
    scene.fill(body, paint, 0.4)
    scene.grey(ellipse(at, (0.84, belt + 0.14), (0.07, 0.05)), 0.95)
    scene.grey(np.maximum(np.abs(at.y - belt - 0.22) - 0.015, body + 0.03), 0.2, 0.5)
    _wheels(scene, [scene.vary(-0.6, -0.5), scene.vary(0.48, 0.58)], floor + 0.06, size)


def truck(scene: Scene) -> None:
    """Draw a lorry: a cab in front of a high box, a tank or an open bed, on three wheels."""
    at, paint = scene.at, scene.colour(PAINTS)
    load = scene.colour(PAINTS + PALE)
    floor, size = 0.55, scene.vary(0.13, 0.17)
    top = scene.vary(-0.75, -0.4)
    start = scene.vary(0.3, 0.45)
    scene.grey(ellipse(at, (0.0, floor), (0.98, 0.08)), 0.12, 0.6)
    closed = scene.sometimes(0.75)
    cargo = box(at, ((start - 0.95) / 2, (top + 0.3) / 2), ((start + 0.9) / 2, (0.3 - top) / 2), 0.04)
    scene.fill(cargo, load, 0.25, closed)
    slats = np.maximum(np.abs(at.x + scene.vary(0.1, 0.5)) - 0.015, cargo + 0.05)
    scene.grey(slats, 0.3, closed * scene.sometimes(0.6) * 0.7)
    bed = box(at, ((start - 0.95) / 2, 0.12), ((start + 0.9) / 2, 0.18), 0.02)
    heap = np.maximum(ellipse(at, ((start - 0.95) / 2, 0.0), (0.5, scene.vary(0.15, 0.4))), at.y)
    scene.fill(heap, load * 0.6, 0.3, 1 - closed)
    scene.fill(bed, load, 0.2, 1 - closed)
    scene.grey(box(at, (0.0, 0.36), (0.9, 0.06)), 0.15)
    height = scene.vary(-0.4, -0.2)
    cab = box(at, ((start + 0.95) / 2, (height + 0.4) / 2), ((0.87 - start) / 2, (0.4 - height) / 2), 0.08)
    scene.fill(cab, paint, 0.35)
    scene.grey(box(at, ((start + 1.05) / 2, height + 0.2), ((0.75 - start) / 2, 0.13), 0.03), 0.16, 0.9)
    scene.grey(ellipse(at, (0.86, 0.27), (0.06, 0.05)), 0.95)
    _wheels(scene, [-0.66, scene.vary(-0.38, -0.28), scene.vary(0.58, 0.68)], floor + 0.05, size)


def ship(scene: Scene) -> None:
    """Draw a ship: a hull with a raised bow and a cabin with a funnel, or a mast with a sail."""
    at, paint = scene.at, scene.colour(PAINTS)
    sails = scene.sometimes(0.35)
    deck, keel = scene.vary(0.08, 0.22), scene.vary(0.42, 0.52)
    hull = polygon(at, [(-0.85, deck), (0.95, deck - 0.1), (0.62, keel), (-0.72, keel)])
    upper = join(
        box(at, (scene.vary(-0.4, -0.1), deck - 0.14), (scene.vary(0.25, 0.42), 0.17), 0.02),
        box(at, (scene.vary(-0.35, -0.15), deck - 0.36), (0.2, 0.12), 0.02),
    )
    funnel = box(at, (scene.vary(-0.4, -0.1), deck - 0.55), (0.08, scene.vary(0.12, 0.24)), 0.02)
    scene.fill(funnel, scene.colour(PAINTS), 0.2, 1 - sails)
    scene.fill(upper, scene.colour(PALE), 0.2, 1 - sails)
    panes = np.maximum(np.abs(at.y - deck + 0.16) - 0.03, upper + 0.05)
    scene.grey(panes, 0.2, (1 - sails) * 0.8)
    mast = scene.vary(-0.1, 0.1)
    peak = scene.vary(-0.95, -0.75)
    scene.grey(box(at, (mast, -0.3), (0.022, 0.6)), 0.2, np.maximum(sails, scene.sometimes(0.4)))
    cloth = scene.colour(PALE)
    scene.fill(
        polygon(at, [(mast + 0.04, peak), (scene.vary(0.5, 0.75), deck - 0.16), (mast + 0.04, deck - 0.14)]),
        cloth,
        0.1,
        sails,
    )
    scene.fill(
        polygon(at, [(mast - 0.04, peak + 0.1), (mast - 0.04, deck - 0.1), (mast - 0.5, deck - 0.1)]),
        cloth * 0.9,
        0.1,
        sails,
    )
    scene.fill(hull, paint, 0.3)
    scene.grey(np.maximum(np.abs(at.y - deck - 0.08) - 0.02, hull + 0.02), 0.9, scene.sometimes(0.6) * 0.8)
    wave = ring(carve(ellipse(at, (0.0, keel + 0.03), (0.9, 0.06)), hull), 0.02)
    scene.grey(wave, 0.85, 0.6)
