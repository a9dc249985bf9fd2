"""The short training on digits that tells a network that learns from one that does not, and what to show of it."""

from __future__ import annotations

import base64
from collections.abc import Callable

import numpy as np

from autograder.bench import Bench
from autograder.training import Learned, Schedule
from shared.text import Text

__all__ = ["learning_schedule", "show_learning"]

_TRAINING, _VALIDATION, _TEST = 400, 100, 300
_SHOWN = 8
_CURVES = {"training": "", "validation": "val_"}


def learning_schedule(bench: Bench) -> Schedule:
    """Return the training that the judge gives a network: held-out rows only, images (n, 1, 28, 28) in [0, 1]."""
    (x_train, y_train), (x_test, y_test) = bench.data["mnist"].held_out
    images = [_scaled(part) for part in (x_train[: _TRAINING + _VALIDATION], x_test[:_TEST])]
    labels = y_train[: _TRAINING + _VALIDATION].astype(int)
    one_hot = np.eye(10, dtype=np.float32)[labels]
    return Schedule(
        X=images[0][:_TRAINING],
        y=one_hot[:_TRAINING],
        X_validation=images[0][_TRAINING:],
        y_validation=one_hot[_TRAINING:],
        X_test=images[1],
        labels=y_test[:_TEST].astype(int),
        epochs=3,
        batch_size=40,
    )


def _scaled(images: np.ndarray) -> np.ndarray:
    return (images.astype(np.float32) / 255)[:, np.newaxis]


def show_learning(exhibit: Callable[..., None], name: str, schedule: Schedule, learned: Learned) -> None:
    """Put the learning curves and the misread validation digits beside the question."""
    series = {quantity: _curves(learned, quantity) for quantity in ("accuracy", "loss")}
    if all(curve for curves in series.values() for curve in curves.values()):
        exhibit("curves", Text(f"How {name} learns", f"Comment {name} apprend"), series=series)
    truth = schedule.y_validation.argmax(axis=1)
    wrong = [place for place, label in enumerate(learned.validation) if label != truth[place]][:_SHOWN]
    if wrong:
        images = (schedule.X_validation[:, 0] * 255).astype(np.uint8)
        exhibit(
            "images",
            Text("Digits it misreads", "Chiffres qu'il lit mal"),
            images=[base64.b64encode(images[place].tobytes()).decode() for place in wrong],
            shape=list(images.shape[1:]),
            captions=[_caption(learned.validation[place], int(truth[place])).to_json() for place in wrong],
        )


def _caption(read: int, truth: int) -> Text:
    return Text(f"reads {read}, is {truth}", f"lit {read}, c'est {truth}")


def _curves(learned: Learned, quantity: str) -> dict[str, list[float]]:
    """Find the curve of a quantity whatever the student calls the metric: it is the one that is not the loss."""
    names = [name for name in learned.curves if not name.startswith("val_") and name != "loss"]
    name = quantity if quantity == "loss" else (names[0] if names else quantity)
    return {label: learned.curves.get(prefix + name, []) for label, prefix in _CURVES.items()}
