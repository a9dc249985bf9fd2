"""Draw the handout's pictures as SVG, so that each number in them is computed and each word exists in both languages.

Run ``python solutions/signs/draw_figures.py``; it writes ``assignments/signs/figures/<picture>.<language>.svg``, and
``hands.svg``, which has no words.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from shared import datasets

FIGURES = Path(__file__).parents[2] / "assignments" / "signs" / "figures"
INK, GREY, BLUE, AMBER, GREEN, RED = "#1f2933", "#7b8794", "#dbeafe", "#fef3c7", "#d1fae5", "#b91c1c"
# Fonts are the reader's own; no date and no random names, so that the same drawing gives the same bytes.
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "signs",
    "font.family": "DejaVu Sans",
    "text.color": INK,
    "axes.edgecolor": GREY,
}
WORDS = {
    "en": {
        "label": "labels", "class": "class", "epoch": "epoch", "loss": "loss", "accuracy": "accuracy",
        "training": "training", "validation": "validation", "turn": "overfitting from here on", "input": "image",
        "conv": "conv 3×3", "pool": "max-pool", "flat": "flatten", "dense": "softmax", "params": "{} parameters",
        "thousands": ",",
    },
    "fr": {
        "label": "étiquettes", "class": "classe", "epoch": "époque", "loss": "perte", "accuracy": "exactitude",
        "training": "entraînement", "validation": "validation", "turn": "surapprentissage à partir d'ici",
        "input": "image", "conv": "conv 3×3", "pool": "max-pool", "flat": "aplatir", "dense": "softmax",
        "params": "{} paramètres", "thousands": "\u202f",
    },
}  # fmt: skip


def draw_hands() -> Figure:
    """Show one drawn hand of each class; never a photograph of the course's own set."""
    (images, labels), _ = datasets.load("signs", source="embedded")
    figure, places = plt.subplots(1, 6, figsize=(8, 1.7))
    for digit, place in enumerate(places):
        place.imshow(images[np.flatnonzero(labels == digit)[1]], interpolation="nearest")
        place.set_title(str(digit))
        place.axis("off")
    return figure


def draw_one_hot(words: dict[str, str]) -> Figure:
    """Show five labels and their one-hot rows."""
    labels = [3, 0, 5, 1, 3]
    figure, place = plt.subplots(figsize=(6.4, 3.6))
    place.set(xlim=(-2.6, 6.1), ylim=(5.1, -1.4))
    place.axis("off")
    place.text(-1.5, -0.8, words["label"], ha="center", va="center", size=11)
    for column in range(6):
        place.text(column + 0.5, -0.35, str(column), ha="center", va="center", size=10, color=GREY)
    place.text(3, -1.0, words["class"], ha="center", va="center", size=11)
    for row, label in enumerate(labels):
        _cell(place, -2, row, AMBER, str(label))
        place.text(-0.5, row + 0.5, "→", ha="center", va="center", size=14)
        for column in range(6):
            _cell(place, column, row, GREEN if column == label else "white", str(int(column == label)))
    return figure


def _cell(place: Axes, left: float, top: float, fill: str, words: str) -> None:
    place.add_patch(Rectangle((left, top), 1, 1, facecolor=fill, edgecolor=GREY))
    place.text(left + 0.5, top + 0.5, words, ha="center", va="center", size=12)


def trace() -> list[tuple[str, tuple[int, ...], int]]:
    """Follow an image through the network: kind, output shape and parameters of each layer."""
    shape: tuple[int, ...] = (64, 64, 3)
    blocks = [("input", shape, 0)]
    for _ in range(2):
        count = 32 * (9 * shape[2] + 1)
        shape = (shape[0] - 2, shape[1] - 2, 32)
        blocks.append(("conv", shape, count))
    shape = (shape[0] // 2, shape[1] // 2, shape[2])
    blocks.append(("pool", shape, 0))
    shape = (int(np.prod(shape)),)
    blocks.append(("flat", shape, 0))
    blocks.append(("dense", (6,), 6 * (shape[0] + 1)))
    return blocks


def draw_network(words: dict[str, str]) -> Figure:
    """Show the layers in a row, their sides to scale, with output shapes and parameters."""
    figure, place = plt.subplots(figsize=(10, 3.4))
    place.axis("off")
    place.set_aspect("equal")
    fills = {"input": "white", "conv": BLUE, "pool": AMBER, "flat": "white", "dense": GREEN}
    blocks = trace()
    for number, (kind, shape, count) in enumerate(blocks):
        middle, side = 120 * number, shape[0] if len(shape) > 1 else 64 if kind == "flat" else 24
        width = side if len(shape) > 1 else 10
        for depth in range(min(4, *shape) if len(shape) > 1 else 1, 0, -1):
            corner = (middle - width / 2 + 4 * depth, -side / 2 + 4 * depth)
            place.add_patch(Rectangle(corner, width, side, facecolor=fills[kind], edgecolor=GREY))
        place.text(middle, 68, words[kind], ha="center", size=12, weight="bold")
        place.text(
            middle, -56, "×".join(f"{part:,}" for part in shape).replace(",", words["thousands"]), ha="center", size=11
        )
        if count:
            total = f"{count:,}".replace(",", words["thousands"])
            place.text(middle, -72, words["params"].format(total), ha="center", size=9, color=GREY)
        if number:
            place.annotate("", (middle - 40, 0), (middle - 62, 0), arrowprops={"arrowstyle": "->", "color": INK})
    place.set(xlim=(-55, 120 * len(blocks) - 60), ylim=(-80, 84))
    return figure


def draw_curves(words: dict[str, str]) -> Figure:
    """Show the curves of a training that begins to learn its images by heart."""
    epochs = np.arange(1, 41)
    loss = 1.79 * np.exp(-epochs / 12)
    gap = 0.016 * np.maximum(epochs - 6, 0) ** 1.15
    turn = int((loss + gap).argmin())
    accuracy = 1 - 0.83 * np.exp(-epochs / 10)
    validation = np.minimum(accuracy, 0.17 + 0.55 * (1 - np.exp(-epochs / 7)))
    figure, places = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    for place, name, curves in zip(
        places, ("loss", "accuracy"), ((loss, loss + gap), (accuracy, validation)), strict=True
    ):
        place.plot(epochs, curves[0], color="#2563eb", label=words["training"])
        place.plot(epochs, curves[1], "--", color=RED, label=words["validation"])
        place.set(title=words[name], xlabel=words["epoch"])
        place.legend()
    places[0].axvline(epochs[turn], color=GREY, linewidth=1)
    places[0].text(epochs[turn] + 0.6, 1.15, words["turn"], size=9, color=INK)
    return figure


def save(figure: Figure, name: str) -> None:
    """Write one picture."""
    figure.savefig(
        FIGURES / f"{name}.svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight", facecolor="white"
    )
    plt.close(figure)


def main() -> None:
    """Write all pictures, in both languages."""
    FIGURES.mkdir(parents=True, exist_ok=True)
    pictures: dict[str, Callable[[dict[str, str]], Figure]] = {
        "one_hot": draw_one_hot,
        "network": draw_network,
        "curves": draw_curves,
    }
    with mpl.rc_context(STYLE):
        save(draw_hands(), "hands")
        for name, draw in pictures.items():
            for language, words in WORDS.items():
                save(draw(words), f"{name}.{language}")


if __name__ == "__main__":
    main()
