"""Draw the handout's pictures as SVG, so that each number in them is computed and each word exists in both languages.

Run ``python solutions/mnist/draw_figures.py``; it writes ``assignments/mnist/figures/<picture>.<language>.svg``.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

import numpy as np

FIGURES = Path(__file__).parents[2] / "assignments" / "mnist" / "figures"
INK, GREY, WHITE = "#1f2933", "#7b8794", "#ffffff"
BLUE, GREEN, AMBER, RED = "#dbeafe", "#d1fae5", "#fef3c7", "#b91c1c"
CELL = 44
BLOCK_WIDTH, BLOCK_HEIGHT = 250, 54

# Fill of a block by the kind of its layer.
FILLS = {"conv": BLUE, "pool": AMBER, "drop": "#f3e8ff", "flat": WHITE, "dense": GREEN}
# The layers between the input and the end: kind, then filters and kernel, window, rate or units.
NETWORKS: dict[str, list[tuple[str, float, int]]] = {
    "small": [("conv", 64, 3), ("conv", 32, 3), ("flat", 0, 0), ("dense", 10, 0)],
    "medium": [("conv", 32, 5), ("pool", 2, 0), ("drop", 0.2, 0), ("flat", 0, 0), ("dense", 128, 0), ("dense", 10, 0)],
    "large": [
        ("conv", 30, 5),
        ("pool", 2, 0),
        ("conv", 15, 3),
        ("drop", 0.2, 0),
        ("flat", 0, 0),
        ("dense", 128, 0),
        ("dense", 50, 0),
        ("dense", 10, 0),
    ],
}
WORDS = {
    "en": {
        "image": "image 5×5", "kernel": "kernel 3×3", "output": "output 3×3", "before": "before: 4×4",
        "after": "after: 2×2", "step": "training, step {}", "use": "evaluation", "weight": "kept: ×1/(1−0.2) = ×1.25",
        "all": "nothing is dropped", "small": "small", "medium": "medium", "large": "large", "params": "{} parameters",
        "input": "input", "conv": "conv", "pool": "max-pool", "drop": "dropout", "flat": "flatten", "dense": "dense",
        "networks": "The three networks", "thousands": ",", "point": ".",
    },
    "fr": {
        "image": "image 5×5", "kernel": "noyau 3×3", "output": "sortie 3×3", "before": "avant : 4×4",
        "after": "après : 2×2", "step": "entraînement, pas {}", "use": "évaluation",
        "weight": "gardé : ×1/(1−0,2) = ×1,25", "all": "rien n'est éteint", "small": "petit", "medium": "moyen",
        "large": "grand", "params": "{} paramètres", "input": "entrée", "conv": "conv", "pool": "max-pool",
        "drop": "dropout", "flat": "aplatir", "dense": "dense", "networks": "Les trois réseaux",
        "thousands": "\u202f", "point": ",",
    },
}  # fmt: skip


def rectangle(x: float, y: float, width: float, height: float, look: str) -> str:
    """Return an SVG rectangle; lengths in pixels, ``look`` its fill and stroke."""
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" {look}/>'


def outlined(fill: str) -> str:
    """Return the look of a shape with a thin grey border."""
    return f'fill="{fill}" stroke="{GREY}"'


def label(x: float, y: float, words: str, size: int = 15, style: str = "") -> str:
    """Return a centred SVG text whose baseline is at ``y``."""
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="middle" {style}>{escape(words)}</text>'


def grid(x: float, y: float, values: np.ndarray, fills: np.ndarray) -> list[str]:
    """Return a table of numbers, one coloured square each."""
    parts = []
    for (row, column), value in np.ndenumerate(values):
        left, top = x + column * CELL, y + row * CELL
        parts.append(rectangle(left, top, CELL, CELL, outlined(str(fills[row, column]))))
        parts.append(label(left + CELL / 2, top + CELL / 2 + 6, str(value), 17))
    return parts


def page(width: float, height: float, title: str, parts: list[str]) -> str:
    """Return a whole SVG document on white, legible on a dark page too."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}"'
    body = "\n".join([f"<title>{escape(title)}</title>", rectangle(0, 0, width, height, f'fill="{WHITE}"'), *parts])
    look = f'height="{height:g}" font-family="DejaVu Sans, Verdana, Arial, sans-serif" fill="{INK}"'
    return f"{head} {look}>\n{body}\n</svg>\n"


def draw_convolution(words: dict[str, str]) -> str:
    """Draw a 3×3 kernel at one place of a 5×5 image, and the sum that it gives."""
    image = np.array([[0, 0, 1, 2, 0], [0, 1, 3, 1, 0], [0, 2, 3, 0, 0], [1, 3, 1, 0, 0], [2, 2, 0, 0, 0]])
    kernel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    output = np.einsum("ijab,ab->ij", windows, kernel)
    row, column = 1, 2
    fills = np.full(image.shape, WHITE, dtype=object)
    fills[row : row + 3, column : column + 3] = BLUE
    marked = np.full(output.shape, WHITE, dtype=object)
    marked[row, column] = GREEN
    top, kernel_x, output_x = 50, 310, 510
    parts = [label(130, 34, words["image"]), label(kernel_x + 66, 34, words["kernel"])]
    parts += [label(output_x + 66, 34, words["output"])]
    parts += grid(20, top, image, fills)
    parts += grid(kernel_x, top + CELL, kernel, np.full(kernel.shape, AMBER, dtype=object))
    parts += grid(output_x, top + CELL, output, marked)
    parts += [label(275, top + 116, "∗", 28), label(476, top + 116, "=", 28)]
    parts += [
        rectangle(
            20 + column * CELL, top + row * CELL, 3 * CELL, 3 * CELL, f'fill="none" stroke="{RED}" stroke-width="3"'
        )
    ]
    terms = zip(windows[row, column].ravel(), kernel.ravel(), strict=True)
    total = " + ".join(f"{a}×{f'({b})' if b < 0 else b}" for a, b in terms)
    parts += [label(331, 306, f"{total} = {output[row, column]}".replace("-", "−"), 15)]
    return page(662, 326, words["conv"], [part.replace(">-", ">−") for part in parts])


def draw_max_pooling(words: dict[str, str]) -> str:
    """Draw the maximum of each 2×2 window of a 4×4 map."""
    values = np.array([[1, 3, 0, 2], [4, 2, 1, 1], [0, 0, 5, 6], [1, 2, 7, 3]])
    colours = np.array([[BLUE, AMBER], [GREEN, "#f3e8ff"]], dtype=object)
    pooled = values.reshape(2, 2, 2, 2).max(axis=(1, 3))
    parts = grid(30, 50, values, colours.repeat(2, axis=0).repeat(2, axis=1)) + grid(300, 94, pooled, colours)
    parts += [
        label(30 + 2 * CELL, 34, words["before"]),
        label(300 + CELL, 34, words["after"]),
        label(252, 146, "→", 30),
    ]
    return page(420, 246, words["pool"], parts)


def draw_dropout(words: dict[str, str]) -> str:
    """Draw two training masks of rate 0.2 on twenty units, and the same units in evaluation."""
    rng = np.random.default_rng(3)
    parts: list[str] = []
    for place in range(3):
        kept = np.ones(20, dtype=bool)
        if place < 2:
            kept[rng.choice(20, 4, replace=False)] = False
        left = 30 + place * 250
        parts.append(label(left + 100, 30, words["step"].format(place + 1) if place < 2 else words["use"]))
        parts.append(label(left + 100, 252, words["weight"] if place < 2 else words["all"], 13))
        for unit, keep in enumerate(kept):
            x, y = left + 20 + unit % 5 * 40, 62 + unit // 5 * 46
            fill = GREEN if keep else WHITE
            parts.append(f'<circle cx="{x}" cy="{y}" r="15" {outlined(fill)}/>')
            if not keep:
                parts.append(label(x, y + 7, "×", 22, f'fill="{RED}"'))
    return page(760, 272, words["drop"], parts)


def trace(network: list[tuple[str, float, int]]) -> list[tuple[str, str, str, int]]:
    """Follow a 28×28×1 image through a network: kind, size, output shape and parameters of each layer."""
    shape: tuple[int, ...] = (28, 28, 1)
    blocks = []
    for kind, amount, kernel in network:
        detail, count = "", 0
        if kind == "conv":
            detail, count = f"{amount} @ {kernel}×{kernel}", int(amount) * (kernel**2 * shape[2] + 1)
            shape = (shape[0] - kernel + 1, shape[1] - kernel + 1, int(amount))
        elif kind == "pool":
            detail, shape = f"{amount}×{amount}", (shape[0] // int(amount), shape[1] // int(amount), shape[2])
        elif kind == "drop":
            detail = str(amount)
        elif kind == "flat":
            shape = (int(np.prod(shape)),)
        else:
            detail, count = f"{amount}" + (" softmax" if amount == 10 else ""), int(amount) * (shape[0] + 1)
            shape = (int(amount),)
        blocks.append((kind, detail, "×".join(map(str, shape)), count))
    return blocks


def draw_block(x: float, y: float, fill: str, heading: str, note: str) -> list[str]:
    """Return one layer of a network, two lines of words in a box."""
    middle = x + BLOCK_WIDTH / 2
    box = rectangle(x, y, BLOCK_WIDTH, BLOCK_HEIGHT, outlined(fill))
    return [box, label(middle, y + 23, heading, 15), label(middle, y + 43, note, 13, 'fill="#52606d"')]


def draw_networks(words: dict[str, str]) -> str:
    """Draw the three networks side by side: a block a layer, with its output shape and parameters."""
    parts = []
    for place, (name, network) in enumerate(NETWORKS.items()):
        left, blocks = 20 + place * (BLOCK_WIDTH + 30), trace(network)
        middle = left + BLOCK_WIDTH / 2
        total = f"{sum(block[3] for block in blocks):,}".replace(",", words["thousands"])
        parts += [label(middle, 30, words[name], 18, 'font-weight="bold"')]
        parts += [label(middle, 52, words["params"].format(total), 14)]
        parts += draw_block(left, 68, WHITE, words["input"], "1×28×28 → 28×28×1")
        for index, (kind, detail, shape, count) in enumerate(blocks, start=1):
            top = 68 + index * (BLOCK_HEIGHT + 16)
            heading = f"{words[kind]} {detail.replace('.', words['point'])}".strip()
            note = f"{shape}  |  {count:,}".replace(",", words["thousands"]) if count else shape
            parts += [label(middle, top - 2, "↓", 16), *draw_block(left, top, FILLS[kind], heading, note)]
    return page(850, 72 + 9 * (BLOCK_HEIGHT + 16), words["networks"], parts)


def main() -> None:
    """Write all pictures in both languages."""
    FIGURES.mkdir(parents=True, exist_ok=True)
    pictures = {
        "convolution": draw_convolution,
        "max_pooling": draw_max_pooling,
        "dropout": draw_dropout,
        "networks": draw_networks,
    }
    for name, draw in pictures.items():
        for language, words in WORDS.items():
            (FIGURES / f"{name}.{language}.svg").write_text(draw(words), encoding="utf-8")


if __name__ == "__main__":
    main()
