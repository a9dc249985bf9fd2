"""The answers that the threshold of the check `learns` is measured with; see `benchmarks/thresholds.py`."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.bench import Bench
from autograder.margins import Case, Layers, network_cases

__all__ = ["cases"]

LESSON = runpy.run_path(str(Path(__file__).with_name("cards.py")))["lesson"]


def _network(**more: Any) -> Layers:
    convolution = ("Conv2D", {"filters": 32, "kernel_size": 3, "activation": "relu", **more})
    head = ("Dense", {"units": 6, "activation": "softmax", **more})
    return [("Input", {"shape": (64, 64, 3)}), convolution, convolution, ("MaxPooling2D", {}), ("Flatten", {}), head]


def _compiling(rate: float) -> dict[str, Any]:
    optimizer = {"class_name": "SGD", "config": {"learning_rate": rate}}
    return {"loss": "categorical_crossentropy", "optimizer": optimizer}


def cases(bench: Bench) -> Iterator[Case]:
    """Yield the handout's network, with other initial weights too, and what does not learn."""
    answers: list[tuple[str, str, Layers, dict[str, Any]]] = [
        ("right", "the reference's", _network(), _compiling(0.01)),
        ("right", "He's initial weights", _network(kernel_initializer="he_uniform"), _compiling(0.01)),
        ("wrong", "rate 10", _network(), _compiling(10.0)),
        ("wrong", "rate 1e-6", _network(), _compiling(1e-6)),
        ("wrong", "everything frozen", _network(trainable=False), _compiling(0.01)),
        ("wrong", "weights all 0", _network(kernel_initializer="zeros"), _compiling(0.01)),
    ]
    yield from network_cases(bench, "signs_model", LESSON(), answers)
