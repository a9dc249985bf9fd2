"""Draw the handout's pictures as SVG from small trainings on the embedded pictures, in both languages.

Run ``python solutions/cifar10/draw_figures.py``; it trains for a few minutes on one core and writes
``assignments/cifar10/figures/<picture>.<language>.svg``.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from io import BytesIO
from pathlib import Path

import cifar10
import keras
import matplotlib as mpl
import numpy as np
from matplotlib.image import imsave

from shared import datasets

FIGURES = Path(__file__).parents[2] / "assignments" / "cifar10" / "figures"
INK, GREY, WHITE, RED = "#1f2933", "#7b8794", "#ffffff", "#b91c1c"
COLOURS = ("#2563eb", "#d97706", "#059669")
Curves = Mapping[str, Sequence[float]]

WORDS = {
    "en": {
        "epoch": "epoch", "loss": "loss", "accuracy": "accuracy", "training": "training", "validation": "validation",
        "overfit": "overfitting begins after epoch {}", "sgd": "plain gradient descent", "momentum": "momentum 0.9",
        "adam": "Adam", "optimizers": "training loss, rate 0.01", "true": "true class", "predicted": "predicted class",
        "image": "the image", "maps": "its 32 activation maps, 30×30 each", "point": ".",
        "names": "airplane automobile bird cat deer dog frog horse ship truck",
    },
    "fr": {
        "epoch": "époque", "loss": "perte", "accuracy": "exactitude", "training": "entraînement",
        "validation": "validation", "overfit": "surapprentissage après l'époque {}", "sgd": "descente simple",
        "momentum": "moment 0,9", "adam": "Adam", "optimizers": "perte d'entraînement, taux 0,01",
        "true": "vraie classe", "predicted": "classe prédite", "image": "l'image",
        "maps": "ses 32 cartes d'activation, 30×30 chacune", "point": ",",
        "names": "avion automobile oiseau chat cerf chien grenouille cheval bateau camion",
    },
}  # fmt: skip


def label(x: float, y: float, words: str, size: int = 13, style: str = 'text-anchor="middle"') -> str:
    """Return an SVG text whose baseline is at ``y``."""
    return f'<text x="{x:.4g}" y="{y:.4g}" font-size="{size}" {style}>{escape(words)}</text>'


def page(width: float, height: float, title: str, parts: list[str]) -> str:
    """Return a whole SVG document on white, legible on a dark page too."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}"'
    body = "\n".join([f"<title>{escape(title)}</title>", f'<rect width="100%" height="100%" fill="{WHITE}"/>', *parts])
    look = f'height="{height:g}" font-family="DejaVu Sans, Verdana, Arial, sans-serif" fill="{INK}"'
    return f"{head} {look}>\n{body}\n</svg>\n"


def bitmap(x: float, y: float, side: float, pixels: np.ndarray) -> str:
    """Return an image, uint8 (h, w) or (h, w, 3), drawn as a square without smoothing."""
    buffer = BytesIO()
    imsave(buffer, pixels, format="png", cmap="gray", metadata={"Software": None})
    data = base64.b64encode(buffer.getvalue()).decode()
    place = f'x="{x:g}" y="{y:g}" width="{side:g}" height="{side:g}"'
    return f'<image {place} style="image-rendering:pixelated" href="data:image/png;base64,{data}"/>'


def panel(x: float, curves: Curves, title: str, words: Mapping[str, str], marked: int | None = None) -> list[str]:
    """Return axes of 300×200 at ``x`` with curves over the epochs counted from 1, named below them."""
    n = max(len(values) for values in curves.values())
    top = max(max(values) for values in curves.values()) * 1.05
    across = lambda epoch: x + 45 + 285 * epoch / (n - 1)  # noqa: E731
    up = lambda value: 240 - 195 * value / top  # noqa: E731
    parts = [label(x + 185, 26, title, 15), label(x + 185, 274, words["epoch"])]
    parts.append(f'<path d="M{x + 45} 40 V240 H{x + 335}" fill="none" stroke="{GREY}"/>')
    for epoch in range(0, n, max(1, n // 6)):
        parts.append(label(across(epoch), 256, str(epoch + 1), 11))
    for value in np.linspace(0, top / 1.05, 5):
        shown = f"{value:.2f}".replace(".", words["point"])
        parts.append(label(x + 38, up(value) + 4, shown, 11, 'text-anchor="end"'))
    if marked is not None:
        place = across(marked)
        parts.append(f'<path d="M{place:.1f} 40 V240" stroke="{RED}" stroke-dasharray="5 4"/>')
    for number, (name, values) in enumerate(curves.items()):
        points = " ".join(f"{across(epoch):.1f},{up(value):.1f}" for epoch, value in enumerate(values))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{COLOURS[number]}" stroke-width="2"/>')
        left = x + 60 + number * 120 if len(curves) == 2 else x + 70
        height = 296 if len(curves) == 2 else 296 + 18 * number
        parts.append(f'<rect x="{left}" y="{height - 8}" width="18" height="4" fill="{COLOURS[number]}"/>')
        parts.append(label(left + 26, height, name, 12, 'text-anchor="start"'))
    return parts


def draw_learning_curves(curves: Curves, words: Mapping[str, str]) -> str:
    """Draw loss and accuracy of a training that overfits, the epoch marked."""
    marked = cifar10.overfit_epoch(dict(curves))
    parts: list[str] = []
    for place, name in enumerate(("loss", "accuracy")):
        pair = {words["training"]: curves[name], words["validation"]: curves[f"val_{name}"]}
        parts += panel(place * 370, pair, words[name], words, marked)
    if marked is not None:
        parts.append(label(370, 322, words["overfit"].format(marked + 1), 13, f'text-anchor="middle" fill="{RED}"'))
    return page(740, 336, words["loss"], parts)


def draw_optimizers(curves: Curves, words: Mapping[str, str]) -> str:
    """Draw the training losses of three optimizers from the same start."""
    named = {words[name]: values for name, values in curves.items()}
    return page(370, 346, words["optimizers"], panel(0, named, words["optimizers"], words))


def draw_confusion(matrix: np.ndarray, words: Mapping[str, str]) -> str:
    """Draw a confusion matrix with its counts and names."""
    cell, left, top = 44, 130, 120
    parts = [label(left + 220, 22, words["predicted"], 14)]
    parts.append(f'<g transform="rotate(-90 18 {top + 220})">{label(18, top + 220, words["true"], 14)}</g>')
    colours = mpl.colormaps["Blues"]
    for (row, column), count in np.ndenumerate(matrix):
        share = count / matrix.max()
        x, y = left + column * cell, top + row * cell
        fill = mpl.colors.to_hex(colours(share * 0.9))
        parts.append(f'<rect x="{x}" y="{y}" width="{cell}" height="{cell}" fill="{fill}" stroke="{WHITE}"/>')
        ink = WHITE if share > 0.55 else INK
        parts.append(label(x + cell / 2, y + cell / 2 + 5, str(count), 14, f'text-anchor="middle" fill="{ink}"'))
    for number, name in enumerate(words["names"].split()):
        middle = number * cell + cell / 2
        parts.append(label(left - 8, top + middle + 5, name, 13, 'text-anchor="end"'))
        x = left + middle
        turned = label(x, top - 8, name, 13, 'text-anchor="start"')
        parts.append(f'<g transform="rotate(-50 {x} {top - 8})">{turned}</g>')
    return page(left + 10 * cell + 40, top + 10 * cell + 20, words["predicted"], parts)


def draw_maps(image: np.ndarray, maps: np.ndarray, words: Mapping[str, str]) -> str:
    """Draw an image beside the activation maps of a layer, eight in a row."""
    parts = [label(110, 26, words["image"], 14), bitmap(20, 40, 180, image)]
    parts.append(label(480, 26, words["maps"], 14))
    for channel in range(maps.shape[2]):
        row, column = divmod(channel, 8)
        values = maps[..., channel]
        grey = (255 * values / max(float(values.max()), 1e-9)).astype(np.uint8)
        parts.append(bitmap(230 + column * 64, 40 + row * 64, 60, grey))
    return page(750, 310, words["maps"], parts)


def measured() -> tuple[Curves, Curves, np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Train on the embedded pictures; return learning curves, optimizers' losses, a confusion matrix and maps."""
    known, _unknown = datasets.load("cifar10", "embedded")
    rows = np.random.default_rng(0).permutation(len(known[0]))
    raw, y = known[0][rows].astype("float32"), known[1][rows].reshape(-1).astype(int)
    X, X_val = cifar10.standardize(raw[:1000], raw[1000:2000])
    pairs = (X, y[:1000]), (X_val, y[1000:2000])
    keras.utils.set_random_seed(0)
    network = cifar10.deep_model()
    curves = cifar10.train(network, *pairs, epochs=16, batch_size=32).history
    compared = cifar10.compare_optimizers(cifar10.basic_model, *pairs, epochs=6)
    losses = {name: history.history["loss"] for name, history in compared.items()}
    predicted = network.predict(X_val, verbose=0).argmax(axis=1)
    matrix = cifar10.confusion_matrix(y[1000:2000], predicted)
    shown = int(np.flatnonzero(y[1000:2000] == 1)[0])
    basic = cifar10.basic_model()
    cifar10.train(basic, *pairs, epochs=10)
    maps = cifar10.activation_maps(basic, X_val[shown], 0)
    return curves, losses, matrix, (raw[1000 + shown].astype(np.uint8), maps)


def main() -> None:
    """Write all pictures in both languages."""
    FIGURES.mkdir(parents=True, exist_ok=True)
    curves, losses, matrix, (image, maps) = measured()
    for language, words in WORDS.items():
        drawn = {
            "learning_curves": draw_learning_curves(curves, words),
            "optimizers": draw_optimizers(losses, words),
            "confusion_matrix": draw_confusion(matrix, words),
            "activation_maps": draw_maps(image, maps, words),
        }
        for name, text in drawn.items():
            (FIGURES / f"{name}.{language}.svg").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
