"""Drawn birds, cats, deer, dogs, frogs and horses for the stand-in for CIFAR-10."""

from __future__ import annotations

import numpy as np

from shared.embedded.canvas import Grid, Number, capsule, carve, ellipse, join, melt, polygon
from shared.embedded.draws import Field
from shared.embedded.scenery import COATS, PAINTS, Scene

__all__ = ["bird", "cat", "deer", "dog", "frog", "horse"]

GREENS = ((0.30, 0.48, 0.16), (0.42, 0.52, 0.20), (0.44, 0.36, 0.20), (0.24, 0.34, 0.16), (0.55, 0.58, 0.25))


def bird(scene: Scene) -> None:
    """Draw a bird that sits or flies: an egg-shaped body, a beak, a wing and a tail."""
    at, coat = scene.at, scene.colour(COATS + PAINTS)
    flies = scene.sometimes(0.4)
    tail = polygon(at, [(-0.95, 0.12), (-0.35, -0.06), (-0.3, 0.16), (-0.9, 0.3)])
    head = (scene.vary(0.32, 0.42), scene.vary(-0.42, -0.24))
    body = melt(ellipse(at, (0.0, 0.05), (0.46, scene.vary(0.26, 0.34))), ellipse(at, head, (0.2, 0.19)), 0.18)
    for foot in (0.02, 0.16):
        scene.grey(capsule(at, (foot, 0.3), (foot + 0.04, 0.68), 0.025), 0.25, 1 - flies)
    scene.fill(tail, coat * 0.75, 0.1)
    far = polygon(at, [(-0.1, -0.1), (scene.vary(-0.35, -0.1), -0.9), (0.22, -0.1)])
    scene.fill(far, coat * 0.65, 0.1, flies)
    beak = polygon(
        at,
        [
            (head[0] + 0.14, head[1] - 0.07),
            (head[0] + scene.vary(0.34, 0.5), head[1] + 0.03),
            (head[0] + 0.14, head[1] + 0.08),
        ],
    )
    scene.fill(beak, scene.colour(((0.90, 0.65, 0.15), (0.25, 0.22, 0.20))), 0.0)
    scene.fill(body, coat, 0.45)
    belly = ellipse(at, (0.08, 0.18), (0.3, 0.14))
    scene.fill(belly, scene.colour(COATS), 0.0, 0.6)
    near = polygon(
        at, [(-0.25, -0.02), (-0.2 + flies * 0.05, -0.05 - flies * 0.85), (0.24, -0.06), (0.0, 0.18), (-0.4, 0.2)]
    )
    scene.fill(near, coat * 0.7, 0.1)
    scene.grey(ellipse(at, (head[0] + 0.06, head[1] - 0.04), (0.045, 0.045)), 0.05)


def _face(scene: Scene, head: tuple[Number, Number], apart: float, tone: float) -> None:
    """Draw two eyes that look out of the picture, with a light in each."""
    for side in (-apart, apart):
        scene.grey(ellipse(scene.at, (head[0] + side, head[1]), (0.065, 0.07)), tone)
        scene.grey(ellipse(scene.at, (head[0] + side, head[1]), (0.04, 0.06)), 0.05)


def cat(scene: Scene) -> None:
    """Draw a cat from the front: upright pointed ears, a round head, bright eyes, a curled tail."""
    at, coat = scene.at, scene.colour(COATS)
    head = (scene.vary(-0.08, 0.08), scene.vary(-0.35, -0.2))
    wide = scene.vary(0.38, 0.48)
    body = ellipse(at, (0.0, 0.55), (scene.vary(0.38, 0.5), 0.52))
    tail = join(
        capsule(at, (0.35, 0.8), (0.7, 0.55), 0.09),
        capsule(at, (0.7, 0.55), (0.66, scene.vary(-0.05, 0.3)), 0.09, 0.06),
    )
    scene.fill(tail, coat * 0.85, 0.3, scene.sometimes(0.7))
    scene.fill(body, coat * 0.9, 0.4)
    mirrored = Grid(np.abs(at.x - head[0]), at.y - head[1], at.pixel)
    tall = scene.vary(0.55, 0.72)
    ear = polygon(mirrored, [(wide * 0.8, -tall), (wide * 0.95, -0.05), (0.06, -0.25)])
    scene.fill(ear, coat * 0.85, 0.2)
    scene.fill(ear + 0.07, scene.colour(((0.75, 0.50, 0.48), (0.30, 0.22, 0.20))), 0.0, 0.8)
    skull = ellipse(at, head, (wide, wide * 0.84))
    scene.fill(skull, coat, 0.4)
    bands = np.maximum(np.abs(mirrored.x - 0.12) - 0.025, np.maximum(mirrored.y + 0.12, skull + 0.04))
    scene.fill(bands, coat * 0.5, 0.0, scene.sometimes(0.6))
    _face(scene, (head[0], head[1] - 0.02), 0.17, 0.8)
    muzzle = ellipse(mirrored, (0.08, 0.16), (0.11, 0.08))
    scene.fill(muzzle, np.clip(coat * 1.35 + 0.08, 0, 1), 0.0, 0.8)
    scene.fill(
        ellipse(at, (head[0], head[1] + 0.1), (0.06, 0.04)), scene.colour(((0.80, 0.45, 0.45), (0.2, 0.15, 0.15))), 0.0
    )
    for rise in (0.1, 0.2):
        scene.grey(capsule(mirrored, (0.15, 0.15), (0.52, rise), 0.012), 0.9, 0.6)


def dog(scene: Scene) -> None:
    """Draw a dog from the front: hanging ears, a long muzzle with a big nose, at times a tongue."""
    at, coat = scene.at, scene.colour(COATS)
    head = (scene.vary(-0.08, 0.08), scene.vary(-0.35, -0.2))
    wide = scene.vary(0.33, 0.43)
    scene.fill(ellipse(at, (0.0, 0.6), (scene.vary(0.4, 0.52), 0.52)), coat * 0.9, 0.4)
    scene.fill(ellipse(at, (0.0, 0.68), (0.2, 0.36)), scene.colour(COATS), 0.0, scene.sometimes(0.5) * 0.8)
    scene.fill(ellipse(at, head, (wide, wide * 1.02)), coat, 0.4)
    mirrored = Grid(np.abs(at.x - head[0]), at.y - head[1], at.pixel)
    hang = scene.vary(0.15, 0.45)
    ear = capsule(mirrored, (wide * 0.85, -0.24), (wide + scene.vary(0.02, 0.16), hang), 0.1, scene.vary(0.1, 0.16))
    scene.fill(ear, coat * scene.vary(0.45, 0.9)[..., None], 0.2)
    muzzle = ellipse(at, (head[0], head[1] + 0.24), (scene.vary(0.2, 0.26), scene.vary(0.2, 0.3)))
    scene.fill(muzzle, np.clip(coat * scene.vary(0.8, 1.4)[..., None] + 0.05, 0, 1), 0.3)
    tongue = capsule(at, (head[0], head[1] + 0.4), (head[0], head[1] + 0.54), 0.075)
    scene.fill(tongue, scene.colour(((0.85, 0.40, 0.42),)), 0.0, scene.sometimes(0.45))
    scene.grey(ellipse(at, (head[0], head[1] + 0.15), (0.11, 0.075)), 0.06)
    _face(scene, (head[0], head[1] - 0.06), 0.16, 0.3)


def _walker(scene: Scene, coat: Field, leg: float, thick: Field) -> Field:
    """Draw four legs and return the distance to a barrel-shaped trunk above them."""
    at = scene.at
    for hip, far in ((-0.44, 0.7), (0.24, 0.7), (-0.52, 0.9), (0.32, 0.9)):
        foot = hip + scene.draws.bell(0.07, len(at.x), 1, 1)
        scene.fill(capsule(at, (hip, 0.2), (foot, leg), 0.085, 0.045), coat * far, 0.2)
    return ellipse(at, (-0.1, 0.08), (0.56, thick))


def deer(scene: Scene) -> None:
    """Draw a deer from the side: thin legs, an upright neck, antlers or long ears, a short tail."""
    at, coat = scene.at, scene.colour(COATS[:5])
    trunk = _walker(scene, coat, 0.92, scene.vary(0.2, 0.26))
    head = (scene.vary(0.48, 0.6), scene.vary(-0.55, -0.4))
    neck = capsule(at, (0.32, 0.02), (head[0] - 0.04, head[1] + 0.04), 0.15, 0.09)
    skull = capsule(at, head, (head[0] + 0.22, head[1] + 0.12), 0.1, 0.055)
    for side in (-0.12, 0.1):
        beam = (head[0] + side, head[1] - scene.vary(0.32, 0.46))
        antler = join(
            capsule(at, (head[0] - 0.02, head[1] - 0.06), beam, 0.028),
            capsule(at, (head[0] + side * 0.6, head[1] - 0.22), (head[0] + side + 0.14, head[1] - 0.32), 0.024),
        )
        scene.fill(antler, coat * 0.6, 0.0, scene.sometimes(0.75))
    ear = capsule(at, (head[0] - 0.05, head[1] - 0.04), (head[0] - 0.24, head[1] - 0.12), 0.06, 0.03)
    scene.fill(ear, coat * 0.8, 0.0)
    scene.fill(melt(melt(trunk, neck, 0.2), skull, 0.1), coat, 0.4)
    scene.grey(ellipse(at, (-0.64, 0.02), (0.08, 0.1)), 0.9, scene.sometimes(0.7))
    spots = join(
        *[ellipse(at, (x, y), (0.04, 0.035)) for x, y in ((-0.4, 0.0), (-0.2, -0.04), (0.0, 0.02), (-0.3, 0.12))]
    )
    scene.grey(spots, 0.85, scene.sometimes(0.35) * 0.7)
    scene.grey(ellipse(at, (head[0] + 0.04, head[1] - 0.02), (0.03, 0.03)), 0.05)


def horse(scene: Scene) -> None:
    """Draw a horse from the side: a heavy trunk, an arched neck with a mane, a long tail."""
    at, coat = scene.at, scene.colour(COATS)
    mane = coat * scene.vary(0.25, 0.7)[..., None]
    tail = capsule(at, (-0.62, -0.02), (scene.vary(-0.88, -0.7), scene.vary(0.45, 0.65)), 0.07, 0.1)
    scene.fill(tail, mane, 0.2)
    trunk = _walker(scene, coat, 0.88, scene.vary(0.25, 0.31))
    head = (scene.vary(0.52, 0.66), scene.vary(-0.55, -0.3))
    neck = capsule(at, (0.28, 0.0), (head[0] - 0.06, head[1]), 0.22, 0.13)
    skull = capsule(at, head, (head[0] + 0.22, head[1] + scene.vary(0.18, 0.3)), 0.13, 0.085)
    scene.fill(capsule(at, (0.12, -0.14), (head[0] - 0.16, head[1] - 0.1), 0.1, 0.08), mane, 0.2)
    scene.fill(
        capsule(at, (head[0] - 0.05, head[1] - 0.06), (head[0] - 0.04, head[1] - 0.2), 0.045, 0.02), coat * 0.8, 0.0
    )
    scene.fill(melt(melt(trunk, neck, 0.25), skull, 0.1), coat, 0.4)
    saddle = carve(ellipse(at, (-0.1, -0.14), (0.22, 0.14)), at.y - 0.05)
    scene.fill(saddle, scene.colour(PAINTS), 0.2, scene.sometimes(0.2))
    scene.grey(ellipse(at, (head[0] + 0.06, head[1] - 0.01), (0.03, 0.03)), 0.05)


def frog(scene: Scene) -> None:
    """Draw a crouching frog: a low wide body, eyes that stand out above the head, folded legs."""
    at, coat = scene.at, scene.colour(GREENS)
    mirrored = Grid(np.abs(at.x), at.y, at.pixel)
    wide = scene.vary(0.5, 0.64)
    thigh = ellipse(mirrored, (wide + 0.04, 0.32), (0.24, scene.vary(0.22, 0.32)))
    foot = capsule(mirrored, (wide - 0.05, 0.56), (wide + 0.3, 0.6), 0.06, 0.08)
    scene.fill(join(thigh, foot), coat * 0.75, 0.35)
    body = ellipse(at, (0.0, 0.2), (wide, scene.vary(0.36, 0.46)))
    eye = (scene.vary(0.24, 0.36), scene.vary(-0.26, -0.14))
    scene.fill(melt(body, ellipse(mirrored, eye, (0.16, 0.16)), 0.1), coat, 0.4)
    scene.fill(ellipse(at, (0.0, 0.42), (wide * 0.7, 0.16)), np.clip(coat * 1.3 + 0.12, 0, 1), 0.0, 0.75)
    arm = capsule(mirrored, (0.26, 0.4), (scene.vary(0.24, 0.4), 0.64), 0.075, 0.085)
    scene.fill(arm, coat * 0.85, 0.3)
    mouth = np.maximum(np.abs(ellipse(at, (0.0, 0.02), (wide * 0.75, 0.2))) - 0.018, 0.06 - at.y)
    scene.grey(mouth, 0.12, 0.7)
    scene.grey(ellipse(mirrored, (eye[0], eye[1] - 0.02), (0.1, 0.1)), 0.85, scene.sometimes(0.8))
    scene.grey(ellipse(mirrored, (eye[0], eye[1] - 0.02), (0.065, 0.055)), 0.05)
    lumps = join(*[ellipse(at, (x, y), (0.06, 0.05)) for x, y in ((-0.3, 0.14), (0.05, -0.04), (0.34, 0.2))])
    scene.fill(lumps, coat * 0.55, 0.0, scene.sometimes(0.6) * 0.7)
