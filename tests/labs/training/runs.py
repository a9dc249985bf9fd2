"""Small problems for `train`: models whose training NumPy can follow step by step, or that keep what they were shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.student import RemoteHistory, RemoteModel, Student
from shared.assertions import fail
from shared.text import Text

from .conftest import Cut

__all__ = [
    "LARGE",
    "PLACED",
    "RATE",
    "SIDE",
    "SMALL",
    "Pair",
    "Run",
    "curves",
    "descend",
    "expect_validation",
    "flat_pair",
    "gradients",
    "large_run",
    "pair",
    "placed_pair",
    "probabilities",
    "rerun",
    "run",
    "seen_cuts",
    "small_run",
]

Pair = tuple[np.ndarray, np.ndarray]

# The side and the classes of our models, and the rate they are compiled with.
SIDE, CLASSES, RATE = 8, 10, 0.3
_LARGER = 12
# How many images are placed, what one pixel's place counts, and that of the second image of a channel.
PLACED, _SCALE, _STEP = 6, 150.0, _LARGER**2 + 1
_HEAD: list[tuple[str, dict[str, Any]]] = [("Input", {"shape": (SIDE, SIDE, 3)}), ("Flatten", {})]
_OUTPUT = ("Dense", {"units": CLASSES, "activation": "softmax"})
# With momentum 0 the moving mean is the mean of the last batch: the layer keeps what it was shown.
_KEEPER = ("BatchNormalization", {"momentum": 0.0})


@dataclass(frozen=True)
class Run:
    """One call of the student's `train`: what it returned, and the model after it."""

    call: str
    value: Any
    model: RemoteModel
    changed: tuple[str, ...]
    weights: list[np.ndarray]

    @property
    def steps(self) -> Any:
        """How many steps the model's optimizer has made."""
        optimizer = self.model.describe().get("optimizer")
        return optimizer.get("steps") if isinstance(optimizer, dict) else None


def pair(n: int, side: int, seed: int) -> Pair:
    """Return random images, float32 (n, side, side, 3) about 0, and their labels."""
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.5, (n, side, side, 3)).astype(np.float32), rng.integers(0, CLASSES, n)


def flat_pair(n: int, seed: int) -> Pair:
    """Return images of one colour each, 12×12: cropping and mirroring leave nothing else than 8×8 of it."""
    rng = np.random.default_rng(seed)
    colours = rng.normal(0, 0.5, (n, 1, 1, 3)).astype(np.float32)
    return np.tile(colours, (1, _LARGER, _LARGER, 1)), rng.integers(0, CLASSES, n)


def placed_pair() -> Pair:
    """Return six 12×12 images, two in each channel, whose pixels say where they are.

    Pixels of the second three count in steps of 145, so that the two can be told apart in their sum.
    """
    images = np.zeros((PLACED, _LARGER, _LARGER, 3), np.float32)
    places = (np.arange(_LARGER**2).reshape(_LARGER, _LARGER) + 1) / _SCALE
    for number in range(PLACED):
        images[number, :, :, number % 3] = places * (_STEP if number >= 3 else 1)
    return images, np.arange(PLACED)


def _start(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(shape[0]).normal(0, 0.05, shape).astype(np.float32)


def fresh(student: Student, *, keeper: bool = False) -> RemoteModel:
    """Build a model in the student's process, compiled as a student does it, with the same weights each time.

    It runs eagerly: for a few batches tracing would take longer.
    """
    layers = [*_HEAD, *([_KEEPER] if keeper else []), _OUTPUT]
    model: RemoteModel = student.verb(
        "sequential",
        [list(layer) for layer in layers],
        {
            "optimizer": {"class_name": "SGD", "config": {"learning_rate": RATE}},
            "loss": "sparse_categorical_crossentropy",
            "metrics": ["accuracy"],
            "run_eagerly": True,
        },
    )
    weights = model.weights()
    model.set_weights([*weights[:-2], _start((SIDE * SIDE * 3, CLASSES)), np.zeros(CLASSES, np.float32)])
    return model


def run(student: Student, pairs: tuple[Pair, Pair], epochs: int, *, keeper: bool = False, **options: Any) -> Run:
    """Train a fresh model once a question for the same problem and options."""
    key = ("run", pairs[0][0].shape, float(pairs[0][0].sum()), epochs, keeper, *options.items())
    return student.once(key, lambda: _run(student, pairs, epochs, keeper=keeper, **options))


def _run(student: Student, pairs: tuple[Pair, Pair], epochs: int, *, keeper: bool, **options: Any) -> Run:
    model = fresh(student, keeper=keeper)
    reply = student.call("train", model, *pairs, epochs, **options)
    shown = "".join(f", {name}={value}" for name, value in options.items())
    return Run(f"train(model, train, test, {epochs}{shown})", reply.value, model, reply.changed, model.weights())


def rerun(student: Student, pairs: tuple[Pair, Pair], epochs: int, **options: Any) -> list[np.ndarray]:
    """Train a fresh model where Keras's and NumPy's own chance starts elsewhere than in `run`; return its weights."""
    model = fresh(student)
    with student.stirred():
        student.call("train", model, *pairs, epochs, **options)
    return model.weights()


def curves(found: Run) -> dict[str, list[float]]:
    """Return the history's curves, or fail where no History came back."""
    if not isinstance(found.value, RemoteHistory):
        named = None
        if found.value is None:
            named = Text("nothing was returned: return is missing", "rien n'a été renvoyé : il manque return")
        elif isinstance(found.value, dict):
            named = Text("return the History itself, not its dict", "renvoyez l'objet History, non son dictionnaire")
        elif isinstance(found.value, RemoteModel):
            named = Text("this is the model: return what fit gives", "c'est le modèle : renvoyez ce que rend fit")
        message = Text(
            f"{found.call} must return the History of fit", f"{found.call} doit renvoyer l'objet History de fit"
        )
        fail(message, mistake=named)
        return {}
    return found.value.curves


def seen_cuts(found: Run) -> list[Cut] | None:
    """Read from a model that keeps its last batch where the placed images were cut; None if they were not."""
    kept = found.weights[2].reshape(SIDE, SIDE, 3).astype(np.float64) * PLACED * _SCALE
    sums = np.rint(kept).astype(int)
    if np.abs(kept - sums).max() > 0.2:
        return None
    pieces = [(sums % _STEP if number < 3 else sums // _STEP)[..., number % 3] - 1 for number in range(PLACED)]
    cuts = [_cut_of(number, piece) for number, piece in enumerate(pieces)]
    return None if None in cuts else [cut for cut in cuts if cut is not None]


def _cut_of(number: int, piece: np.ndarray) -> Cut | None:
    """Read where a square of place numbers, int (8, 8), was cut out; None where it is no such square."""
    row, column = divmod(int(piece[0, 0]), _LARGER)
    mirrored = bool(piece[0, 1] < piece[0, 0])
    left = column - SIDE + 1 if mirrored else column
    wanted = np.add.outer(_LARGER * np.arange(row, row + SIDE), np.arange(left, left + SIDE))
    right = np.array_equal(piece, wanted[:, ::-1] if mirrored else wanted)
    return Cut(number, row, left, mirrored) if right else None


def loss_of(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Return the cross-entropy of predicted probabilities."""
    right = np.clip(probabilities[np.arange(len(labels)), labels].astype(np.float64), 1e-7, 1)
    return float(-np.log(right).mean())


def probabilities(X: np.ndarray, parts: list[np.ndarray]) -> np.ndarray:
    """Return what a softmax regression with this kernel and bias gives for rows X: float64 (n, classes)."""
    scores = X @ parts[0] + parts[1]
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return shares


def gradients(X: np.ndarray, labels: np.ndarray, parts: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradients of its mean cross-entropy with respect to kernel and bias."""
    error = (probabilities(X, parts) - np.eye(CLASSES)[labels]) / len(X)
    return X.T @ error, error.sum(axis=0)


def descend(data: Pair, rates: list[float], momentum: float = 0.0, kind: str = "") -> np.ndarray:
    """Train the softmax regression on whole-set batches, one step a rate; return its kernel, float64 (192, 10).

    ``kind`` is a known mistake: ``nesterov``.
    """
    X = data[0][:, :SIDE, :SIDE].reshape(len(data[0]), -1).astype(np.float64)
    parts = [_start((X.shape[1], CLASSES)).astype(np.float64), np.zeros(CLASSES)]
    speeds = [np.zeros_like(part) for part in parts]
    for rate in rates:
        for place, gradient in enumerate(gradients(X, data[1], parts)):
            speeds[place] = momentum * speeds[place] - rate * gradient
            ahead = momentum * speeds[place] - rate * gradient if kind == "nesterov" else speeds[place]
            parts[place] = parts[place] + ahead
    return np.asarray(parts[0])


SMALL, LARGE = (pair(25, SIDE, 3), pair(5, SIDE, 4)), (pair(25, 12, 3), pair(5, 12, 4))


def small_run(student: Student) -> Run:
    """Train one epoch of three batches, without augmentation."""
    return run(student, SMALL, 1, batch_size=10, seed=3)


def large_run(student: Student, seed: int = 3) -> Run:
    """Train one epoch of three batches, with augmentation."""
    return run(student, LARGE, 1, batch_size=10, augment=True, seed=seed)


def expect_validation(found: Run, images: np.ndarray, labels: np.ndarray) -> None:
    """Expect the last validation loss to be the model's on these images."""
    curve = curves(found).get("val_loss", [])
    right = loss_of(np.asarray(found.model.predict(images)), labels)
    if len(curve) and np.isclose(curve[-1], right, rtol=1e-3, atol=1e-4):
        return
    came = f"{curve[-1]:.4f}" if len(curve) else "-"
    fail(
        Text(
            f'called: {found.call}.history["val_loss"][-1]\ngot: {came}\n'
            f"expected: {right:.4f}, the final model's loss on the test images",
            f'appel : {found.call}.history["val_loss"][-1]\nobtenu : {came}\n'
            f"attendu : {right:.4f}, la perte du modèle final sur les images de test",
        ),
        Text(
            "validation_data is the test pair; with augment its images are cropped in the middle.",
            "validation_data est la paire de test ; avec augment, ses images sont recadrées au milieu.",
        ),
    )
