"""The answers that the threshold of the `learns` check is measured with; see `benchmarks/thresholds.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autograder.bench import Bench
from autograder.learning import Lesson, learning_schedule
from autograder.margins import Case, Layers, network_cases

__all__ = ["cases"]


def _layers(**more: Any) -> Layers:
    sizes = ((256, "relu"), (128, "relu"), (10, "softmax"))
    dense = [("Dense", {"units": units, "activation": name, **more}) for units, name in sizes]
    return [("Input", {"shape": (784,)}), *dense]


def _compiling(kind: str = "Adam", **config: float) -> dict[str, Any]:
    return {"loss": "sparse_categorical_crossentropy", "optimizer": {"class_name": kind, "config": config}}


def cases(bench: Bench) -> Iterator[Case]:
    """Yield the reference, other optimizers, and networks that do not learn."""
    schedule = learning_schedule(
        bench, Lesson("fashion_mnist", (784,), labels="integer", training=600, epochs=5, batch_size=8)
    )
    answers: list[tuple[str, str, Layers, dict[str, Any]]] = [
        ("right", "the reference's", _layers(), _compiling()),
        ("right", "Adam, rate 0.0003", _layers(), _compiling(learning_rate=0.0003)),
        ("right", "RMSprop", _layers(), _compiling("RMSprop")),
        ("right", "plain SGD, rate 0.01", _layers(), _compiling("SGD")),
        ("right", "Adagrad, rate 0.001", _layers(), _compiling("Adagrad")),
        ("wrong", "Adam, rate 10", _layers(), _compiling(learning_rate=10.0)),
        ("wrong", "Adam, rate 1e-7", _layers(), _compiling(learning_rate=1e-7)),
        ("wrong", "everything frozen", _layers(trainable=False), _compiling()),
    ]
    yield from network_cases(bench, "fashion_mlp", schedule, answers)
