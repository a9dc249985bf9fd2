"""How far the two thresholds of the networks stand from right and from wrong answers.

The accuracy on new images is to exceed that of `basic_model`, which is among the cases as the threshold; the gap is to
stay below that of the network that learns by heart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograder.bench import Bench
from autograder.margins import Case, Layers

from .test_6_networks import BASIC, BASIC_OPTIMIZER, LESSON, UNREGULARIZED, Result, schedule

_POOL: tuple[str, dict[str, Any]] = ("MaxPooling2D", {})
_INPUT = ("Input", {"shape": (32, 32, 3)})
_OUTPUT = ("Dense", {"units": 10, "activation": "softmax"})


def _conv(filters: int, **more: Any) -> tuple[str, dict[str, Any]]:
    return "Conv2D", {"filters": filters, "kernel_size": 3, "padding": "same", "activation": "relu", **more}


def _tower(*between: tuple[str, dict[str, Any]], head: Layers = (), normal: bool = False, l2: float = 0.0) -> Layers:
    """Return three convolutions with poolings; what stands ``between`` follows each pooling."""
    layers: list[tuple[str, dict[str, Any]]] = [_INPUT]
    penalty = {"kernel_regularizer": {"class_name": "L2", "config": {"l2": l2}}} if l2 else {}
    for filters in (32, 64, 64):
        layers += [_conv(filters, activation="linear" if normal else "relu", **penalty)]
        layers += [("BatchNormalization", {}), ("ReLU", {})] if normal else []
        layers += [_POOL, *between]
    return [*layers, ("Flatten", {}), ("Dense", {"units": 64, "activation": "relu"}), *head, _OUTPUT]


def _sgd(rate: float, momentum: float = 0.0) -> dict[str, Any]:
    return {"class_name": "SGD", "config": {"learning_rate": rate, "momentum": momentum}}


def _adam(rate: float = 0.001) -> dict[str, Any]:
    return {"class_name": "Adam", "config": {"learning_rate": rate}}


_DROP: tuple[str, dict[str, Any]] = ("Dropout", {"rate": 0.25})
_HALF: tuple[str, dict[str, Any]] = ("Dropout", {"rate": 0.5})
_FLIP: Layers = [_INPUT, ("RandomFlip", {"mode": "horizontal"}), *_tower()[1:]]
_ANSWERS: tuple[tuple[str, str, str, Layers, dict[str, Any]], ...] = (
    ("wrong", "deep_model", "threshold: basic_model", BASIC, BASIC_OPTIMIZER),
    ("wrong", "deep_model", "rate 1", _tower(), _adam(1.0)),
    ("wrong", "deep_model", "rate 1e-7", _tower(), _adam(1e-7)),
    ("right", "deep_model", "Adam", _tower(), _adam()),
    ("right", "deep_model", "momentum", _tower(), _sgd(0.01, 0.9)),
    ("right", "deep_model", "plain descent", _tower(), _sgd(0.01)),
    ("right", "deep_model", "batch normalisation", _tower(normal=True), _adam()),
    ("right", "deep_model", "much dropout", _tower(_DROP, head=[_HALF]), _adam()),
    ("wrong", "regularized_model", "threshold: learns by heart", UNREGULARIZED, _adam()),
    ("right", "regularized_model", "batch normalisation only", _tower(normal=True), _adam()),
    ("right", "regularized_model", "weak penalty", _tower(l2=1e-4), _adam()),
    ("right", "regularized_model", "one dropout", _tower(head=[_HALF]), _adam()),
    ("right", "regularized_model", "mirrored images", _FLIP, _adam()),
)


def reached(bench: Bench, layers: Layers, optimizer: dict[str, Any], seed: int) -> Result:
    """Train a stack of layers from one seed as the check does, and return what it reaches."""
    plan, process = schedule(bench), bench.workshop.process
    compiling = {"loss": "sparse_categorical_crossentropy", "optimizer": optimizer, "metrics": ["accuracy"]}

    def ask(verb: str, *args: Any, handle: int | None = None) -> Any:
        place = {} if handle is None else {"handle": handle}
        return process.request("model", {"verb": verb, **place, "args": list(args)}, seed=seed).value

    handle = ask("sequential", [list(layer) for layer in layers], compiling).handle
    ask("fit", plan.X, plan.y, {"epochs": plan.epochs, "batch_size": plan.batch_size}, handle=handle)
    ask("settle", plan.X, handle=handle)
    right = np.asarray(ask("predict", plan.X_test, False, handle=handle)).argmax(axis=1) == plan.labels
    return Result(float(right[: LESSON.training].mean()), float(right[LESSON.training :].mean()))


def cases(bench: Bench) -> Iterator[Case]:
    """Yield the accuracy on new images for the deep model, and the gap for the regularised one."""
    for verdict, question, name, layers, optimizer in _ANSWERS:
        yield Case(
            "right" if verdict == "right" else "wrong", question, name, _measure(bench, question, layers, optimizer)
        )


def _measure(bench: Bench, question: str, layers: Layers, optimizer: dict[str, Any]) -> Callable[[int], float]:
    def measure(seed: int) -> float:
        result = reached(bench, layers, optimizer, seed)
        return result.gap if question == "regularized_model" else result.new

    return measure
