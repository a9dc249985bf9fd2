"""The short training that tells a network that learns from one that does not, and what to show of it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from autograder.bench import Bench
from autograder.classifiers import Candidate, Labels, learn
from autograder.training import Learned, Schedule
from shared import datasets
from shared.assertions import fail
from shared.text import Text

__all__ = ["Lesson", "expect_learning", "learning_schedule", "show_learning"]

_SHOWN = 8
_CURVES = {"training": "", "validation": "val_"}


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a network is shown: rows of a data set that students never get, as images in [0, 1].

    ``shape`` is one image's as the network takes it; ``labels`` how its loss wants them.  ``training`` and
    ``validation`` rows come from the set's training part, ``test`` rows, on which accuracy is measured, from its test
    part.
    """

    dataset: Literal["mnist", "fashion_mnist", "cifar10", "signs"]
    shape: tuple[int, ...]
    labels: Labels = "one_hot"
    training: int = 400
    validation: int = 100
    test: int = 300
    epochs: int = 3
    batch_size: int = 40


def learning_schedule(bench: Bench, lesson: Lesson) -> Schedule:
    """Return the training that the judge gives a network, on held-out rows only."""
    (x_train, y_train), (x_test, y_test) = bench.data[lesson.dataset].held_out
    n_train, n_rows = lesson.training, lesson.training + lesson.validation
    known, labels = _scaled(x_train[:n_rows], lesson), y_train[:n_rows].reshape(-1).astype(int)
    targets = labels
    if lesson.labels == "one_hot":
        targets = np.eye(len(datasets.class_names(lesson.dataset)), dtype=np.float32)[labels]
    return Schedule(
        X=known[:n_train],
        y=targets[:n_train],
        X_validation=known[n_train:],
        y_validation=targets[n_train:],
        X_test=_scaled(x_test[: lesson.test], lesson),
        labels=y_test[: lesson.test].reshape(-1).astype(int),
        epochs=lesson.epochs,
        batch_size=lesson.batch_size,
    )


def _scaled(images: np.ndarray, lesson: Lesson) -> np.ndarray:
    return (images.astype(np.float32) / 255).reshape(len(images), *lesson.shape)


def expect_learning(
    candidate: Candidate, lesson: Lesson, threshold: float, exhibit: Callable[..., None], *others: Lesson
) -> None:
    """Expect a network to classify held-out images clearly better than chance after the judge's short training.

    Its learning curves and the images that it takes for something else are put beside the question.

    Args:
        candidate: the student's network.
        lesson: what it is shown.
        threshold: the share of right answers that it must reach, in [0, 1].
        exhibit: the suite's fixture.
        others: what it is shown besides where it failed so far: small batches suit a slow optimizer, and large ones a
            fast one, which is as right where the optimizer is free.

    Raises:
        Mismatch: it stays below the threshold in every lesson, or its outputs are no probabilities.
    """
    schedule = learning_schedule(candidate.bench, lesson)
    learned = learn(candidate, schedule)
    show_learning(exhibit, candidate.network.name, lesson, schedule, learned)
    if np.isfinite(learned.accuracy) and learned.accuracy >= threshold:
        return
    for other in others:
        again = learn(candidate, learning_schedule(candidate.bench, other))
        if np.isfinite(again.accuracy) and again.accuracy >= threshold:
            return
    call, chance = candidate.network.call, 1 / len(datasets.class_names(lesson.dataset))
    fail(
        Text(
            f"{call}: after {schedule.epochs} short epochs it is right on {learned.accuracy:.0%} of new images\n"
            f"expected: at least {threshold:.0%} (guessing gives {chance:.0%})",
            f"{call} : après {schedule.epochs} époques courtes, il a raison sur {learned.accuracy:.0%} d'images nouvelles\n"
            f"attendu : au moins {threshold:.0%} (le hasard donne {chance:.0%})",
        ),
        Text(
            "Is anything frozen, or the learning rate far too large or too small?",
            "Quelque chose est-il gelé, ou le pas d'apprentissage bien trop grand ou trop petit ?",
        ),
    )


def show_learning(
    exhibit: Callable[..., None], name: str, lesson: Lesson, schedule: Schedule, learned: Learned
) -> None:
    """Put the learning curves and the misread validation images beside the question."""
    series = {quantity: _curves(learned, quantity) for quantity in ("accuracy", "loss")}
    if all(curve for curves in series.values() for curve in curves.values()):
        exhibit("curves", Text(f"How {name} learns", f"Comment {name} apprend"), series=series)
    truth = schedule.y_validation if lesson.labels == "integer" else schedule.y_validation.argmax(axis=1)
    wrong = [place for place, label in enumerate(learned.validation) if label != truth[place]][:_SHOWN]
    if wrong:
        images = _as_pictures(schedule.X_validation)
        names = datasets.class_names(lesson.dataset)
        exhibit(
            "images",
            Text("Images that it misreads", "Images qu'il lit mal"),
            images=[base64.b64encode(images[place].tobytes()).decode() for place in wrong],
            shape=list(images.shape[1:]),
            captions=[
                _caption(_name(names, learned.validation[place]), names[truth[place]]).to_json() for place in wrong
            ],
        )


def _as_pictures(images: np.ndarray) -> np.ndarray:
    """Return images as uint8 (n, height, width) or (n, height, width, 3), however the network takes them."""
    pixels = (images * 255).astype(np.uint8)
    if pixels.ndim == 2:  # noqa: PLR2004 - flattened
        side = round(pixels.shape[1] ** 0.5)
        return pixels.reshape(len(pixels), side, side)
    return next((pixels.squeeze(axis=axis) for axis in (1, -1) if pixels.shape[axis] == 1), pixels)


def _name(names: tuple[str, ...], label: int) -> str:
    return names[label] if label < len(names) else "?"


def _caption(read: str, truth: str) -> Text:
    return Text(f"reads {read}, is {truth}", f"lit {read}, c'est {truth}")


def _curves(learned: Learned, quantity: str) -> dict[str, list[float]]:
    """Find the curve of a quantity whatever the student calls the metric: it is the one that is not the loss."""
    names = [name for name in learned.curves if not name.startswith("val_") and name != "loss"]
    name = quantity if quantity == "loss" else (names[0] if names else quantity)
    return {label: learned.curves.get(prefix + name, []) for label, prefix in _CURVES.items()}
