"""The answers that the threshold of the check `learns` is measured with; see `benchmarks/thresholds.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autograder.bench import Bench
from autograder.learning import Lesson, learning_schedule
from autograder.margins import Case, Layers, network_cases

__all__ = ["LARGE_BATCHES", "LEARNING_THRESHOLD", "LESSON", "cases", "thresholds"]

# Small batches: plain gradient descent at its usual rate of 0.01 is a right answer too, and needs some hundred steps.
LESSON = Lesson("mnist", (28, 28, 1), labels="integer", epochs=8, batch_size=10)
# Larger ones, for an optimizer that is too fast for those: it is as free.
LARGE_BATCHES = Lesson("mnist", (28, 28, 1), labels="integer", epochs=12, batch_size=80)
# Share of held-out digits read after that training; guessing gives 0.10.
LEARNING_THRESHOLD = {"embedded": 0.2, "real": 0.2}


def _conv(filters: int, **more: Any) -> tuple[str, dict[str, Any]]:
    return "Conv2D", {"filters": filters, "kernel_size": 5, "activation": "relu", **more}


def _dense(units: int, activation: str = "relu", **more: Any) -> tuple[str, dict[str, Any]]:
    return "Dense", {"units": units, "activation": activation, **more}


POOL: tuple[str, dict[str, Any]] = ("MaxPooling2D", {})
BODY = [_conv(6, padding="same"), POOL, _conv(16), POOL, ("Flatten", {}), _dense(120), _dense(84)]
INPUT: tuple[str, dict[str, Any]] = ("Input", {"shape": (28, 28, 1)})
LENET: Layers = [INPUT, *BODY, _dense(10, "softmax")]


def _compiling(kind: str, rate: float, **more: float) -> dict[str, Any]:
    optimizer = {"class_name": kind, "config": {"learning_rate": rate, **more}}
    return {"loss": "sparse_categorical_crossentropy", "optimizer": optimizer}


def thresholds(bench: Bench) -> dict[str, float]:
    """Return the threshold of each question that has one, for the data that grading uses here."""
    return {"lenet": LEARNING_THRESHOLD[bench.kind]}


def cases(bench: Bench) -> Iterator[Case]:
    """Yield LeNet with optimizers that are usual, and what is wrong about a training."""
    schedule = learning_schedule(bench, LESSON)
    frozen = [(kind, {**arguments, "trainable": False}) for kind, arguments in BODY]
    dead = [INPUT, *frozen, _dense(10, "softmax", kernel_initializer="zeros", trainable=False)]
    answers: list[tuple[str, str, Layers, dict[str, Any]]] = [
        ("right", "the reference's", LENET, _compiling("Adam", 0.001)),
        ("right", "Adam, rate 0.0003", LENET, _compiling("Adam", 0.0003)),
        ("right", "SGD with momentum, rate 0.05", LENET, _compiling("SGD", 0.05, momentum=0.9)),
        ("right", "SGD, rate 0.01", LENET, _compiling("SGD", 0.01)),
        ("wrong", "rate 10", LENET, _compiling("Adam", 10.0)),
        ("wrong", "rate 1e-7", LENET, _compiling("Adam", 1e-7)),
        ("wrong", "everything frozen", dead, _compiling("Adam", 0.001)),
    ]
    yield from network_cases(bench, "lenet", schedule, answers)
