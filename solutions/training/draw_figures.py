"""Draw the handout's pictures as SVG, so that each number in them is computed and each word exists in both languages.

Run ``python solutions/training/draw_figures.py``; it writes ``assignments/training/figures/<picture>.<language>.svg``.
"""

from __future__ import annotations

from html import escape
from itertools import pairwise
from pathlib import Path

import numpy as np

FIGURES = Path(__file__).parents[2] / "assignments" / "training" / "figures"
INK, GREY, WHITE = "#1f2933", "#7b8794", "#ffffff"
BLUE, GREEN, AMBER, VIOLET, RED = "#dbeafe", "#d1fae5", "#fef3c7", "#f3e8ff", "#b91c1c"
CELL = 30
# Test accuracy after each epoch on the real images, as benchmarks/ablation.py --source course printed it.
CURVES = (
    ("baseline", (0.128, 0.170, 0.194, 0.188, 0.180, 0.184), "#1d4ed8", ""),
    ("normalisation", (0.094, 0.176, 0.238, 0.262, 0.288, 0.288), "#047857", "6 3"),
    ("augmentation", (0.144, 0.168, 0.232, 0.272, 0.288, 0.292), "#b45309", "2 3"),
    ("momentum", (0.232, 0.256, 0.296, 0.330, 0.374, 0.372), "#b91c1c", ""),
    ("drop", (0.224, 0.288, 0.310, 0.320, 0.350, 0.324), "#7e22ce", "6 3"),
    ("norm", (0.084, 0.154, 0.176, 0.198, 0.262, 0.270), "#0e7490", "2 3"),
)
WORDS = {
    "en": {
        "sizes": "Places of a filter of side 3 on 7 pixels, padding 1",
        "stride": "stride {}: {} places",
        "pixels": "pixels, zeros at both ends",
        "field": "What one unit sees",
        "layers": "pixels|convolution 5, stride 1|pooling 2, stride 2|convolution 5, stride 1",
        "seen": "{} of them",
        "dropout": "Dropout of 0.3",
        "step": "training, step {}",
        "use": "evaluation",
        "weight": "kept: ×1/(1−0.3) = ×1.43",
        "all": "nothing is dropped",
        "crops": "Crops of 28 out of 32",
        "image": "image 32×32",
        "crop": "row {}, column {}",
        "mirrored": ", mirrored",
        "middle": "test: the middle",
        "ablation": "Test accuracy of the six variants",
        "epoch": "epoch",
        "baseline": "baseline",
        "normalisation": "+ normalisation",
        "augmentation": "+ augmentation",
        "momentum": "+ momentum and decay",
        "drop": "+ dropout",
        "norm": "+ batch normalisation",
        "guess": "guessing",
    },
    "fr": {
        "sizes": "Places d'un filtre de côté 3 sur 7 pixels, remplissage 1",
        "stride": "pas de {} : {} places",
        "pixels": "pixels, un zéro à chaque bout",
        "field": "Ce que voit une unité",
        "layers": "pixels|convolution 5, pas 1|pooling 2, pas 2|convolution 5, pas 1",
        "seen": "{} d'entre eux",
        "dropout": "Dropout de 0,3",
        "step": "apprentissage, pas {}",
        "use": "évaluation",
        "weight": "gardé : ×1/(1−0,3) = ×1,43",
        "all": "rien n'est éteint",
        "crops": "Carrés de 28 dans une image de 32",
        "image": "image 32×32",
        "crop": "ligne {}, colonne {}",
        "mirrored": ", retourné",
        "middle": "test : le milieu",
        "ablation": "Exactitude de test des six variantes",
        "epoch": "époque",
        "baseline": "base",
        "normalisation": "+ normalisation",
        "augmentation": "+ augmentation",
        "momentum": "+ inertie et décroissance",
        "drop": "+ dropout",
        "norm": "+ normalisation par lots",
        "guess": "au hasard",
    },
}


def rectangle(x: float, y: float, width: float, height: float, look: str) -> str:
    """Return an SVG rectangle; lengths in pixels, ``look`` its fill and stroke."""
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" {look}/>'


def outlined(fill: str) -> str:
    """Return the look of a shape with a thin grey border."""
    return f'fill="{fill}" stroke="{GREY}"'


def label(x: float, y: float, words: str, size: int = 14, style: str = "") -> str:
    """Return a centred SVG text whose baseline is at ``y``."""
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="middle" {style}>{escape(words)}</text>'


def page(width: float, height: float, title: str, parts: list[str]) -> str:
    """Return a whole SVG document on white, legible on a dark page too."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}"'
    body = "\n".join([f"<title>{escape(title)}</title>", rectangle(0, 0, width, height, f'fill="{WHITE}"'), *parts])
    look = f'height="{height:g}" font-family="DejaVu Sans, Verdana, Arial, sans-serif" fill="{INK}"'
    return f"{head} {look}>\n{body}\n</svg>\n"


def draw_sizes(words: dict[str, str]) -> str:
    """Draw the places of a filter on a padded row of pixels, for three strides."""
    pixels, side, padding = 7, 3, 1
    left, parts = 30, []
    for column in range(pixels + 2 * padding):
        inside = padding <= column < pixels + padding
        parts.append(rectangle(left + column * CELL, 20, CELL, CELL, outlined(BLUE if inside else WHITE)))
        parts.append(label(left + (column + 0.5) * CELL, 41, "" if inside else "0"))
    parts.append(label(left + 4.5 * CELL, 68, words["pixels"], 12))
    top = 86
    for stride in (1, 2, 3):
        places = (pixels + 2 * padding - side) // stride + 1
        for place in range(places):
            x, y = left + place * stride * CELL, top + place * 9
            parts.append(rectangle(x + 2, y, side * CELL - 4, 7, outlined(AMBER)))
        parts.append(label(left + 13 * CELL, top + places * 9 / 2 + 4, words["stride"].format(stride, places)))
        top += places * 9 + 16
    return page(540, top, words["sizes"], parts)


def seen_from_above(layers: list[tuple[int, int]]) -> list[int]:
    """Return how many units of each layer one unit of the last sees, from the pixels up."""
    counts = [1]
    for k, s in reversed(layers):
        counts.insert(0, (counts[0] - 1) * s + k)
    return counts


def draw_field(words: dict[str, str]) -> str:
    """Draw, layer above layer, the units that one unit of the last layer depends on."""
    layers = [(5, 1), (2, 2), (5, 1)]
    counts, names = seen_from_above(layers), words["layers"].split("|")
    step, edges, parts, middle = [1, 1, 2, 2], [], [], 300.0
    for level, count in enumerate(counts):
        y, width = 250 - level * 76, 24.0
        reach = (count - 1) * step[level] * width + width
        edges.append((middle - reach / 2, middle + reach / 2, y))
        for unit in range(count):
            x = middle - reach / 2 + unit * step[level] * width
            parts.append(rectangle(x, y, width - 3, width - 3, outlined((BLUE, GREEN, AMBER, VIOLET)[level])))
        parts.append(label(620, y + 12, names[level]))
        parts.append(label(620, y + 29, words["seen"].format(count), 12, f'fill="{GREY}"'))
    for (left, right, y), (upper_left, upper_right, upper_y) in pairwise(edges):
        for x, above in ((left, upper_left), (right - 3, upper_right - 3)):
            parts.append(f'<line x1="{x:g}" y1="{y:g}" x2="{above:g}" y2="{upper_y + 21:g}" stroke="{GREY}"/>')
    return page(740, 292, words["field"], parts)


def draw_dropout(words: dict[str, str]) -> str:
    """Draw two training masks of rate 0.3 on twenty units, and the same units in evaluation."""
    rng = np.random.default_rng(3)
    parts: list[str] = []
    for place in range(3):
        kept = np.ones(20, dtype=bool)
        if place < 2:
            kept[rng.choice(20, 6, replace=False)] = False
        left = 30 + place * 250
        parts.append(label(left + 100, 30, words["step"].format(place + 1) if place < 2 else words["use"], 15))
        parts.append(label(left + 100, 252, words["weight"] if place < 2 else words["all"], 13))
        for unit, keep in enumerate(kept):
            x, y = left + 20 + unit % 5 * 40, 62 + unit // 5 * 46
            parts.append(f'<circle cx="{x}" cy="{y}" r="15" {outlined(GREEN if keep else WHITE)}/>')
            if not keep:
                parts.append(label(x, y + 7, "×", 22, f'fill="{RED}"'))
    return page(760, 272, words["dropout"], parts)


def boat(left: float, top: float, scale: float) -> list[str]:
    """Return a boat that sails to the right, on a picture of side 32 in its own units."""
    shapes = (
        ("0,0 32,0 32,22 0,22", BLUE),
        ("0,22 32,22 32,32 0,32", "#93c5fd"),
        ("5,21 25,21 21,27 9,27", RED),
        ("14,20 14,5 24,18 14,18", WHITE),
        ("24,3 28,3 28,7 24,7", "#fbbf24"),
    )
    drawn = []
    for points, fill in shapes:
        moved = " ".join(
            f"{left + float(x) * scale:g},{top + float(y) * scale:g}" for x, y in (p.split(",") for p in points.split())
        )
        drawn.append(f'<polygon points="{moved}" fill="{fill}"/>')
    return drawn


def cropped(place: tuple[int, int], left: float, scale: float, *, mirrored: bool) -> list[str]:
    """Return what a crop of side 28 at a row and column shows, drawn at ``left``."""
    row, column = place
    turn = f'transform="translate({2 * left + 28 * scale:g} 0) scale(-1 1)"' if mirrored else ""
    inside = "\n".join(boat(left - column * scale, 40 - row * scale, scale))
    clip = f"crop-{row}-{column}-{int(left)}"
    frame = rectangle(left, 40, 28 * scale, 28 * scale, f'fill="none" stroke="{GREY}"')
    window = rectangle(left, 40, 28 * scale, 28 * scale, "")
    return [f'<clipPath id="{clip}">{window}</clipPath><g {turn}><g clip-path="url(#{clip})">{inside}</g></g>', frame]


def draw_crops(words: dict[str, str]) -> str:
    """Draw an image, three random crops of it, and the middle crop."""
    scale, parts = 4.0, boat(20, 30, 4.0)
    parts.append(label(20 + 64, 20, words["image"], 13))
    choices = (((0, 4), False), ((4, 1), True), ((1, 0), False), ((2, 2), False))
    for number, (place, mirrored) in enumerate(choices):
        left = 178 + number * 140
        parts += cropped(place, left, scale, mirrored=mirrored)
        words_here = words["crop"].format(*place) + (words["mirrored"] if mirrored else "")
        parts.append(label(left + 56, 20, words["middle"] if number == 3 else words_here, 11))
    return page(740, 176, words["crops"], parts)


def draw_ablation(words: dict[str, str]) -> str:
    """Draw the test accuracy of each variant over the epochs, with the share that guessing gives."""
    left, bottom, wide, high = 60.0, 270.0, 70.0, 560.0
    parts = [label(left + 2.5 * wide, 24, words["ablation"], 15), label(left + 2.5 * wide, 312, words["epoch"])]
    for tenths in range(5):
        y = bottom - high * tenths / 10
        parts.append(f'<line x1="{left:g}" y1="{y:g}" x2="{left + 5 * wide:g}" y2="{y:g}" stroke="#e5e7eb"/>')
        parts.append(label(left - 24, y + 5, f"{10 * tenths} %", 12))
    parts.append(label(left + 5 * wide + 38, bottom - high / 10 + 5, words["guess"], 11, f'fill="{GREY}"'))
    parts += [label(left + epoch * wide, bottom + 20, str(epoch + 1), 12) for epoch in range(6)]
    for number, (name, values, colour, dashes) in enumerate(CURVES):
        points = " ".join(f"{left + epoch * wide:g},{bottom - high * v:g}" for epoch, v in enumerate(values))
        look = f'fill="none" stroke="{colour}" stroke-width="2.5" stroke-dasharray="{dashes}"'
        y = 70 + 24 * number
        parts.append(f'<polyline points="{points}" {look}/>')
        parts.append(f'<line x1="490" y1="{y}" x2="526" y2="{y}" {look}/>')
        parts.append(f'<text x="534" y="{y + 5}" font-size="13">{escape(words[name])}</text>')
    return page(740, 326, words["ablation"], parts)


def main() -> None:
    """Write all pictures in both languages."""
    FIGURES.mkdir(parents=True, exist_ok=True)
    pictures = {
        "output_sizes": draw_sizes,
        "receptive_field": draw_field,
        "dropout": draw_dropout,
        "crops": draw_crops,
        "ablation": draw_ablation,
    }
    for name, draw in pictures.items():
        for language, words in WORDS.items():
            (FIGURES / f"{name}.{language}.svg").write_text(draw(words), encoding="utf-8")


if __name__ == "__main__":
    main()
