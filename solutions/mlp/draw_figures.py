"""Draw the handout's pictures as SVG, so that each number in them is computed and each word exists in both languages.

Run ``python solutions/mlp/draw_figures.py``; it writes ``assignments/mlp/figures/<picture>.<language>.svg``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path

import mlp
import numpy as np

FIGURES = Path(__file__).parents[2] / "assignments" / "mlp" / "figures"
INK, GREY, WHITE, FAINT = "#1f2933", "#7b8794", "#ffffff", "#e4e7eb"
BLUE, GREEN, AMBER, RED = "#2563eb", "#047857", "#b45309", "#b91c1c"
PALE_BLUE, PALE_AMBER = "#dbeafe", "#fef3c7"
COLOURS = (BLUE, GREEN, AMBER, RED)
# Losses of fashion_mlp, 12 epochs on 1,000 rows of the real Fashion-MNIST and 1,000 others to validate, seed 2.
TRAINING_LOSS = (0.981, 0.382, 0.246, 0.178, 0.125, 0.101, 0.088, 0.069, 0.056, 0.055, 0.05, 0.056)
VALIDATION_LOSS = (0.629, 0.595, 0.605, 0.635, 0.615, 0.625, 0.727, 0.878, 0.918, 0.925, 0.931, 1.044)
PATIENCE = 2
# Decision regions are drawn in so many rows.
SIDE = 120

WORDS = {
    "en": {
        "activations": "Four activation functions", "xor": "XOR, before and after the hidden layer",
        "inputs": "the four inputs", "hidden": "what the hidden layer makes of them", "line": "one line is enough",
        "paths": "Three optimizers on the same valley", "sgd": "SGD", "momentum": "momentum", "adam": "Adam",
        "step": "step", "dropping": "Dropout and DropConnect", "layer": "the whole layer", "dropout": "dropout",
        "dropconnect": "DropConnect", "overfitting": "Overfitting and early stopping", "epoch": "epoch",
        "loss": "loss", "training": "training", "validation": "validation", "best": "best: epoch {}",
        "stop": "stops: epoch {}", "point": ".",
    },
    "fr": {
        "activations": "Quatre fonctions d'activation", "xor": "XOR, avant et après la couche cachée",
        "inputs": "les quatre entrées", "hidden": "ce qu'en fait la couche cachée", "line": "une droite suffit",
        "paths": "Trois optimiseurs dans la même vallée", "sgd": "SGD", "momentum": "inertie", "adam": "Adam",
        "step": "pas", "dropping": "Dropout et DropConnect", "layer": "la couche entière", "dropout": "dropout",
        "dropconnect": "DropConnect", "overfitting": "Surapprentissage et arrêt précoce", "epoch": "époque",
        "loss": "perte", "training": "entraînement", "validation": "validation", "best": "meilleure : époque {}",
        "stop": "arrêt : époque {}", "point": ",",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Frame:
    """A plot's place on the page, in pixels, and the numbers at its edges."""

    left: float
    top: float
    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return the pixels of a point."""
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return self.left + across * self.width, self.top + (1 - up) * self.height

    def box(self) -> str:
        """Return the plot's border."""
        size = f'width="{self.width:g}" height="{self.height:g}"'
        return f'<rect x="{self.left:g}" y="{self.top:g}" {size} fill="none" stroke="{GREY}"/>'

    def cell(self, x: float, y: float, width: float, height: float, fill: str) -> str:
        """Return a filled rectangle whose upper left corner is a point; its sides are in pixels."""
        left, top = self.place(x, y)
        return f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}"/>'

    def segment(self, start: tuple[float, float], end: tuple[float, float], look: str) -> str:
        """Return a straight line between two points."""
        (x1, y1), (x2, y2) = self.place(*start), self.place(*end)
        return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {look}/>'

    def line(self, points: np.ndarray, look: str) -> str:
        """Return a line through points (n, 2)."""
        pixels = " ".join("{:.1f},{:.1f}".format(*self.place(x, y)) for x, y in points)
        return f'<polyline points="{pixels}" fill="none" {look}/>'

    def dot(self, x: float, y: float, fill: str, radius: float = 4) -> str:
        """Return a dot at a point."""
        across, down = self.place(x, y)
        return f'<circle cx="{across:.1f}" cy="{down:.1f}" r="{radius:g}" fill="{fill}" stroke="{INK}"/>'

    def words(self, x: float, y: float, text: str, size: int = 13, style: str = "") -> str:
        """Return a centred text at a point."""
        return label(*self.place(x, y), text, size, style)


def label(x: float, y: float, text: str, size: int = 14, style: str = "") -> str:
    """Return a centred SVG text whose baseline is at ``y``, with a true minus sign."""
    written = escape(text.replace("-", "−"))
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="middle" {style}>{written}</text>'


def page(width: float, height: float, title: str, parts: list[str]) -> str:
    """Return a whole SVG document on white, legible on a dark page too."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}"'
    ground = f'<rect width="{width:g}" height="{height:g}" fill="{WHITE}"/>'
    look = f'height="{height:g}" font-family="DejaVu Sans, Verdana, Arial, sans-serif" fill="{INK}"'
    return "\n".join([f"{head} {look}>", f"<title>{escape(title)}</title>", ground, *parts, "</svg>\n"])


def stroke(colour: str, width: float = 2, more: str = "") -> str:
    """Return the look of a line."""
    return f'stroke="{colour}" stroke-width="{width:g}" {more}'


def draw_activations(words: dict[str, str]) -> str:
    """Draw sigmoid, tanh, ReLU and leaky ReLU side by side, on the same axes."""
    functions: list[tuple[str, Callable[[np.ndarray], np.ndarray]]] = [
        ("sigmoid", mlp.sigmoid),
        ("tanh", mlp.tanh),
        ("relu", mlp.relu),
        ("leaky_relu (ε = 0.1)", lambda z: mlp.leaky_relu(z, 0.1)),
    ]
    z = np.linspace(-4, 4, 161)
    parts = []
    for place, (name, function) in enumerate(functions):
        frame = Frame(20 + place * 190, 40, 170, 150, (-4, 4), (-1.5, 2.5))
        parts.append(label(frame.left + 85, 28, name.replace(".", words["point"]), 14))
        parts += [frame.segment((-4, y), (4, y), stroke(GREY if y == 0 else FAINT, 1)) for y in (-1, 0, 1, 2)]
        parts += [frame.segment((x, -1.5), (x, 2.5), stroke(GREY if x == 0 else FAINT, 1)) for x in (-2, 0, 2)]
        points = np.column_stack([z, function(z)])
        parts.append(frame.line(points[points[:, 1] <= 2.5], stroke(COLOURS[place], 3)))
        parts += [frame.words(0.35, y - 0.08, str(y), 10) for y in (-1, 1, 2)]
        parts += [frame.words(x, -0.32, str(x), 10) for x in (-2, 2)]
        parts.append(frame.box())
    return page(780, 205, words["activations"], parts)


def draw_xor(words: dict[str, str]) -> str:
    """Draw the decision regions of the reference's XOR network, in its inputs and behind its hidden layer."""
    W1, b1, W2, b2 = mlp.xor_weights()
    rows = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
    frames = Frame(40, 50, 240, 240, (-0.5, 1.5), (-0.5, 1.5)), Frame(370, 50, 320, 240, (-0.35, 2.35), (-0.4, 1.6))
    parts = [label(160, 34, words["inputs"]), label(530, 34, words["hidden"])]
    for frame, hidden in zip(frames, (lambda p: mlp.relu(p @ W1 + b1), lambda p: p), strict=True):
        parts.append(frame.cell(frame.x[0], frame.y[1], frame.width, frame.height, PALE_BLUE))
        xs, ys = np.linspace(*frame.x, SIDE + 1), np.linspace(*frame.y, SIDE + 1)
        for y, above in pairwise(ys):
            row = np.column_stack([(xs[:-1] + xs[1:]) / 2, np.full(SIDE, (y + above) / 2)])
            says_one = (hidden(row) @ W2 + b2)[:, 0] > 0
            edges = np.flatnonzero(np.diff(np.pad(says_one, 1).astype(int)))
            for first, last in edges.reshape(-1, 2):
                width = (last - first) * frame.width / SIDE
                parts.append(frame.cell(xs[first], above, width, frame.height / SIDE + 0.5, PALE_AMBER))
        parts.append(frame.box())
    for row, inside in zip(rows, mlp.relu(rows @ W1 + b1), strict=True):
        answer = int(row[0] != row[1])
        for frame, point in zip(frames, (row, inside), strict=True):
            parts.append(frame.dot(*point, AMBER if answer else BLUE, 8))
        parts.append(frames[0].words(row[0], row[1] + 0.13, f"({row[0]:g}, {row[1]:g}) → {answer}", 12))
    for place, text in (((0.0, 0.14), "(0, 0)"), ((1.0, 0.14), "(0, 1) (1, 0)"), ((2.0, 1.14), "(1, 1)")):
        parts.append(frames[1].words(*place, text, 12))
    parts.append(label(530, 312, words["line"], 13))
    return page(710, 326, words["xor"], parts)


def draw_paths(words: dict[str, str]) -> str:
    """Draw thirty steps of SGD, momentum and Adam down a valley that is steep across and flat along."""
    slopes, start = np.array([0.1, 2.0]), np.array([-3.6, 1.1])
    frame = Frame(30, 30, 640, 260, (-4.0, 1.2), (-1.4, 1.4))
    parts = []
    for height in (0.02, 0.1, 0.25, 0.5, 0.8, 1.3):
        turn = np.linspace(0, 2 * np.pi, 181)[:, None]
        ring = np.sqrt(2 * height / slopes) * np.hstack([np.cos(turn), np.sin(turn)])
        inside = (ring[:, 0] >= -4) & (ring[:, 0] <= 1.2) & (np.abs(ring[:, 1]) <= 1.4)
        for piece in np.split(ring, np.flatnonzero(np.diff(inside.astype(int))) + 1):
            if (piece[:, 0] >= -4).all() and (piece[:, 0] <= 1.2).all() and (np.abs(piece[:, 1]) <= 1.4).all():
                parts.append(frame.line(piece, stroke(GREY, 0.8)))
    w = dict.fromkeys(("sgd", "momentum", "adam"), start)
    velocity = m = v = np.zeros(2)
    places: dict[str, list[np.ndarray]] = {name: [start] for name in w}
    for t in range(1, 31):
        w["sgd"] = mlp.sgd_step(w["sgd"], slopes * w["sgd"], 0.8)
        w["momentum"], velocity = mlp.momentum_step(w["momentum"], slopes * w["momentum"], velocity, 0.15, 0.8)
        w["adam"], m, v = mlp.adam_step(w["adam"], slopes * w["adam"], m, v, t, 0.2)
        for name, place in w.items():
            places[name].append(place)
    for number, (name, path) in enumerate(places.items()):
        parts.append(frame.line(np.array(path), stroke(COLOURS[number], 2)))
        parts += [frame.dot(*place, COLOURS[number], 2.6) for place in path]
        parts.append(label(90 + 110 * number, 312, f"● {words[name]}", 14, f'style="fill:{COLOURS[number]}"'))
    parts += [frame.dot(*start, WHITE, 6), frame.words(0, -0.05, "+", 22), frame.box()]
    return page(700, 326, words["paths"], parts)


def draw_dropping(words: dict[str, str]) -> str:
    """Draw a layer of four inputs and three units: whole, with two inputs dropped, with single weights dropped."""
    rng = np.random.default_rng(7)
    masks = [np.ones((4, 3), bool), np.repeat([[True], [False], [True], [False]], 3, axis=1), rng.random((4, 3)) >= 0.5]
    parts = []
    for place, (name, mask) in enumerate(zip(("layer", "dropout", "dropconnect"), masks, strict=True)):
        left = 40 + place * 240
        parts.append(label(left + 70, 28, words[name], 15))
        for i in range(4):
            for j in range(3):
                look = stroke(BLUE, 2) if mask[i, j] else stroke(FAINT, 1.5, 'stroke-dasharray="3 4"')
                parts.append(f'<line x1="{left}" y1="{60 + 50 * i}" x2="{left + 140}" y2="{85 + 50 * j}" {look}/>')
        fallen = [name == "dropout" and not mask[i].any() for i in range(4)]
        for i in range(4):
            fill = WHITE if fallen[i] else PALE_BLUE
            parts.append(f'<circle cx="{left}" cy="{60 + 50 * i}" r="14" fill="{fill}" stroke="{GREY}"/>')
            parts += [label(left, 67 + 50 * i, "×", 20, f'style="fill:{RED}"')] if fallen[i] else []
        parts += [
            f'<circle cx="{left + 140}" cy="{85 + 50 * j}" r="14" fill="{PALE_AMBER}" stroke="{GREY}"/>'
            for j in range(3)
        ]
    return page(720, 240, words["dropping"], parts)


def draw_overfitting(words: dict[str, str]) -> str:
    """Draw measured losses, with the best epoch and the one after which early stopping stops."""
    losses = {"training": TRAINING_LOSS, "validation": VALIDATION_LOSS}
    n = len(TRAINING_LOSS)
    frame = Frame(60, 20, 560, 250, (0.5, n + 0.5), (0, 1.2))
    best = int(np.argmin(VALIDATION_LOSS)) + 1
    stop = best + PATIENCE
    parts = [frame.segment((0.5, y), (n + 0.5, y), stroke(FAINT, 1)) for y in (0.2, 0.4, 0.6, 0.8, 1.0)]
    for y in (0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2):
        parts.append(label(40, frame.place(1, y)[1] + 4, f"{y:.1f}".replace(".", words["point"]), 11))
    parts += [label(frame.place(epoch, 0)[0], 286, str(epoch), 11) for epoch in range(1, n + 1)]
    for epoch, name, colour in ((best, "best", GREEN), (stop, "stop", RED)):
        parts.append(frame.segment((epoch, 0), (epoch, 1.2), stroke(colour, 1.5, 'stroke-dasharray="5 4"')))
        at = frame.place(epoch, 1.13 if name == "best" else 1.04)
        words_at = words[name].format(epoch)
        parts.append(f'<text x="{at[0] + 6:.1f}" y="{at[1]:.1f}" font-size="13" fill="{colour}">{words_at}</text>')
    for (name, values), colour in zip(losses.items(), (BLUE, AMBER), strict=True):
        points = np.column_stack([np.arange(1, n + 1), values])
        parts += [frame.line(points, stroke(colour, 2.5)), *(frame.dot(x, y, colour, 3) for x, y in points)]
        parts.append(frame.words(n - 1, values[-1] + 0.06, words[name], 13, f'style="fill:{colour}"'))
    parts += [frame.box(), label(340, 306, words["epoch"], 13), label(28, 14, words["loss"], 13)]
    return page(640, 318, words["overfitting"], parts)


def main() -> None:
    """Write all pictures in both languages."""
    FIGURES.mkdir(parents=True, exist_ok=True)
    pictures = {
        "activations": draw_activations,
        "xor": draw_xor,
        "paths": draw_paths,
        "dropping": draw_dropping,
        "overfitting": draw_overfitting,
    }
    for name, draw in pictures.items():
        for language, words in WORDS.items():
            (FIGURES / f"{name}.{language}.svg").write_text(draw(words), encoding="utf-8")


if __name__ == "__main__":
    main()
