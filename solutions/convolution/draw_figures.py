"""Draw the handout's pictures as SVG, so that each number in them is computed and each word exists in both languages.

Run ``python solutions/convolution/draw_figures.py``; it writes ``assignments/convolution/figures/<picture>.<language>.svg``.
"""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path

import numpy as np
from convolution import average_pool2d, conv1d, conv2d, first_layer_filters, max_pool2d

sys.path.append(str(Path(__file__).parents[2] / "assignments" / "convolution"))
from pretrained import load_pretrained

LAB = Path(__file__).parents[2] / "assignments" / "convolution"
INK, GREY, WHITE, RED = "#1f2933", "#7b8794", "#ffffff", "#b91c1c"
BLUE, GREEN, AMBER, VIOLET, ZERO = "#dbeafe", "#d1fae5", "#fef3c7", "#f3e8ff", "#e5e7eb"
CELL = 42
SMALL = np.array([[1, 0, 2, 3], [4, 1, 0, 1], [2, 2, 1, 0]])
KERNEL = np.array([[1, -1], [2, 0]])
WORDS = {
    "en": {
        "signal": "signal", "kernel": "kernel", "output": "output", "image": "image", "padded": "padded with zeros",
        "conv1d": "A kernel slides along a signal", "conv2d": "A kernel slides over an image",
        "stride": "Padding 1 and stride 2", "places": "places with stride 2", "pooling": "Pooling",
        "max": "max-pooling", "average": "average pooling", "dropped": "the last column makes no whole window",
        "lenet": "LeNet, 61,706 parameters", "filters": "First filters of the pre-trained network",
        "input": "input", "conv": "conv", "pool": "max-pool", "flat": "flatten", "dense": "dense", "comma": ",",
        "point": ".", "filter": "filter {}",
    },
    "fr": {
        "signal": "signal", "kernel": "noyau", "output": "sortie", "image": "image", "padded": "bordée de zéros",
        "conv1d": "Un noyau glisse le long d'un signal", "conv2d": "Un noyau glisse sur une image",
        "stride": "Bordure de 1 et pas de 2", "places": "places avec un pas de 2", "pooling": "Pooling",
        "max": "max-pooling", "average": "pooling moyen", "dropped": "la dernière colonne ne fait pas de fenêtre",
        "lenet": "LeNet, 61\u202f706 paramètres", "filters": "Premiers filtres du réseau pré-entraîné",
        "input": "entrée", "conv": "conv", "pool": "max-pool", "flat": "aplatir", "dense": "dense", "comma": "\u202f",
        "point": ",", "filter": "filtre {}",
    },
}  # fmt: skip


def box(x: float, y: float, width: float, height: float, look: str) -> str:
    """Return an SVG rectangle; lengths in pixels, ``look`` its fill and stroke."""
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" {look}/>'


def label(x: float, y: float, words: str, size: int = 15, style: str = "") -> str:
    """Return a centred SVG text whose baseline is at ``y``; minus signs are typeset."""
    shown = escape(words).replace("-", "−") if words.lstrip("-")[:1].isdigit() else escape(words)
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="middle" {style}>{shown}</text>'


def grid(
    x: float, y: float, values: np.ndarray, fills: dict[tuple[int, int], str] | str, point: str = "."
) -> list[str]:
    """Return a table of numbers in squares, all of one colour or coloured by place."""
    parts = []
    for (row, column), value in np.ndenumerate(np.atleast_2d(values)):
        left, top = x + column * CELL, y + row * CELL
        fill = fills if isinstance(fills, str) else fills.get((row, column), WHITE)
        parts.append(box(left, top, CELL, CELL, f'fill="{fill}" stroke="{GREY}"'))
        parts.append(label(left + CELL / 2, top + CELL / 2 + 6, f"{value:g}".replace(".", point), 17))
    return parts


def frame(x: float, y: float, place: tuple[int, int], size: tuple[int, int]) -> str:
    """Return a red frame round some squares of a grid."""
    left, top = x + place[1] * CELL, y + place[0] * CELL
    return box(left, top, size[1] * CELL, size[0] * CELL, f'fill="none" stroke="{RED}" stroke-width="3"')


def page(width: float, height: float, title: str, parts: list[str]) -> str:
    """Return a whole SVG document on white, legible on a dark page too."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}"'
    body = "\n".join([f"<title>{escape(title)}</title>", box(0, 0, width, height, f'fill="{WHITE}"'), *parts])
    look = f'height="{height:g}" font-family="DejaVu Sans, Verdana, Arial, sans-serif" fill="{INK}"'
    return f"{head} {look}>\n{body}\n</svg>\n"


def draw_conv1d(words: dict[str, str]) -> str:
    """Draw the course's signal, its kernel at one place, and all that comes out."""
    signal, kernel, place = np.array([1, 0, 2, 4, 3]), np.array([3, 2]), 2
    output = conv1d(signal, kernel)
    shift = place * CELL
    parts = [label(60, 56, words["signal"]), *grid(120, 30, signal, {(0, place + a): BLUE for a in range(2)})]
    parts += [label(60, 126, words["kernel"]), *grid(120 + shift, 100, kernel, AMBER)]
    parts += [label(60, 196, words["output"]), *grid(120, 170, output, {(0, place): GREEN})]
    parts += [frame(120, 30, (0, place), (1, 2)), label(120 + shift + CELL, 93, "×", 20)]
    terms = " + ".join(f"{a}×{b}" for a, b in zip(signal[place : place + 2], kernel, strict=True))
    parts.append(label(470, 196, f"{terms} = {output[place]}", 17))
    return page(590, 230, words["conv1d"], parts)


def draw_conv2d(words: dict[str, str]) -> str:
    """Draw a 2×2 kernel at one place of a 3×4 image, and the sum that it gives."""
    output, (row, column) = conv2d(SMALL, KERNEL), (1, 2)
    window = SMALL[row : row + 2, column : column + 2]
    blue = {(row + u, column + v): BLUE for u in range(2) for v in range(2)}
    parts = [label(104, 26, words["image"]), label(292, 26, words["kernel"]), label(453, 26, words["output"])]
    parts += [*grid(20, 40, SMALL, blue), *grid(250, 61, KERNEL, AMBER), *grid(390, 61, output, {(row, column): GREEN})]
    parts += [frame(20, 40, (row, column), (2, 2)), label(219, 110, "∗", 26), label(362, 110, "=", 26)]
    pairs = zip(window.ravel(), KERNEL.ravel(), strict=True)
    terms = " + ".join(f"{a}×{f'({b})' if b < 0 else b}" for a, b in pairs)
    parts.append(label(270, 200, f"{terms} = {output[row, column]}", 17))
    return page(540, 220, words["conv2d"], parts)


def draw_stride(words: dict[str, str]) -> str:
    """Draw the same image with a border of zeros, the places of the kernel two apart, and what comes out."""
    padded, output = np.pad(SMALL, 1), conv2d(SMALL, KERNEL, stride=2, padding=1)
    rows, columns = output.shape
    border = {place: ZERO for place in np.ndindex(padded.shape) if 0 in place or place[0] == 4 or place[1] == 5}
    tints = (BLUE, GREEN, VIOLET)
    marks = {(i, j): tints[(i + j) % 3] for i in range(rows) for j in range(columns)}
    parts = [label(146, 26, words["padded"]), *grid(20, 40, padded, border)]
    parts += [frame(20, 40, (2 * i, 2 * j), (2, 2)) for i in range(rows) for j in range(columns)]
    parts += [label(310, 150, "→", 28), label(420, 84, words["output"]), *grid(357, 98, output, marks)]
    return page(510, 270, words["stride"], parts)


def draw_pooling(words: dict[str, str]) -> str:
    """Draw the largest values and the means of the 2×2 windows of a 4×5 image, whose last column is left over."""
    image = np.array([[1, 3, 0, 2, 9], [4, 2, 1, 1, 8], [0, 0, 5, 6, 7], [1, 2, 7, 3, 9]])
    tints = np.array([[BLUE, AMBER], [GREEN, VIOLET]])
    wide = {(i, j): str(tints[i // 2, j // 2]) for i in range(4) for j in range(4)} | {(i, 4): ZERO for i in range(4)}
    narrow = {(i, j): str(tints[i, j]) for i in range(2) for j in range(2)}
    parts = [label(125, 26, words["image"]), *grid(20, 40, image, wide), label(280, 130, "→", 28)]
    parts += [label(372, 68, words["max"]), *grid(330, 82, max_pool2d(image), narrow)]
    parts += [label(522, 68, words["average"]), *grid(480, 82, average_pool2d(image), narrow, words["point"])]
    parts.append(label(300, 236, words["dropped"], 13, f'fill="{GREY}"'))
    return page(600, 250, words["pooling"], parts)


def draw_lenet(words: dict[str, str]) -> str:
    """Draw LeNet as a row of blocks with output shapes and parameters."""
    blocks = [
        ("input", "", "28×28×1", 0, WHITE), ("conv", "6 @ 5×5", "28×28×6", 6 * 26, BLUE),
        ("pool", "2×2", "14×14×6", 0, AMBER), ("conv", "16 @ 5×5", "10×10×16", 16 * (25 * 6 + 1), BLUE),
        ("pool", "2×2", "5×5×16", 0, AMBER), ("flat", "", "400", 0, WHITE), ("dense", "120", "120", 120 * 401, GREEN),
        ("dense", "84", "84", 84 * 121, GREEN), ("dense", "10 softmax", "10", 10 * 85, GREEN),
    ]  # fmt: skip
    parts = [label(390, 26, words["lenet"], 17)]
    for number, (kind, detail, shape, count, fill) in enumerate(blocks):
        x, y = 20 + number % 5 * 152, 44 + number // 5 * 106
        parts.append(box(x, y, 130, 82, f'fill="{fill}" stroke="{GREY}"'))
        parts.append(label(x + 65, y + 24, f"{words[kind]} {detail}".strip(), 14))
        parts.append(label(x + 65, y + 48, shape, 15))
        parts.append(label(x + 65, y + 70, f"{count:,}".replace(",", words["comma"]) if count else "", 13))
        if number:
            parts.append(label(x - 11, y + 47, "→", 18))
    return page(780, 246, words["lenet"], parts)


def draw_filters(words: dict[str, str]) -> str:
    """Draw the filters of the first layer of the network that the course ships, in grey."""
    parts = []
    for number, image in enumerate(first_layer_filters(load_pretrained())):
        x = 20 + number * 88
        for (row, column), value in np.ndenumerate(image):
            shade = round(255 * float(value))
            fill = f'fill="rgb({shade},{shade},{shade})"'
            parts.append(box(x + column * 24, 20 + row * 24, 24, 24, fill))
        parts.append(box(x, 20, 72, 72, f'fill="none" stroke="{GREY}"'))
        parts.append(label(x + 36, 112, words["filter"].format(number), 12))
    return page(722, 126, words["filters"], parts)


def main() -> None:
    """Write all pictures in both languages."""
    folder = LAB / "figures"
    folder.mkdir(exist_ok=True)
    pictures = {
        "conv1d": draw_conv1d,
        "conv2d": draw_conv2d,
        "stride": draw_stride,
        "pooling": draw_pooling,
        "lenet": draw_lenet,
        "filters": draw_filters,
    }
    for name, draw in pictures.items():
        for language, words in WORDS.items():
            (folder / f"{name}.{language}.svg").write_text(draw(words), encoding="utf-8")


if __name__ == "__main__":
    main()
