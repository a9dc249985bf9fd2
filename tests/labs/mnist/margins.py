"""The answers that the threshold of the `learns` checks is measured with; see `benchmarks/thresholds.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autograder.bench import Bench
from autograder.learning import Lesson, learning_schedule
from autograder.margins import Case, Layers, network_cases

__all__ = ["LEARNING_THRESHOLD", "LESSON", "cases", "thresholds"]

LESSON = Lesson("mnist", (1, 28, 28))
# Share of held-out digits read after the lesson's training; guessing gives 0.10.  Over 20 seeds, on the embedded digits:
# right answers 0.64 to 0.79 (mean 0.70 to 0.76, deviation 0.02 to 0.03) at Adam's own rate and 0.35 to 0.60 (mean 0.52,
# deviation 0.06) at 0.0003; answers that do not learn (rate 1, rate 1e-7, everything frozen) 0.05 to 0.19 (mean 0.10 to
# 0.12, deviation at most 0.03).
LEARNING_THRESHOLD = {"embedded": 0.25, "real": 0.25}

HEAD: list[tuple[str, dict[str, Any]]] = [("Input", {"shape": (1, 28, 28)}), ("Permute", {"dims": (2, 3, 1)})]
FLATTEN: tuple[str, dict[str, Any]] = ("Flatten", {})


def _conv(filters: int, side: int, **more: Any) -> tuple[str, dict[str, Any]]:
    return "Conv2D", {"filters": filters, "kernel_size": side, "activation": "relu", **more}


def _dense(units: int, activation: str = "relu", **more: Any) -> tuple[str, dict[str, Any]]:
    return "Dense", {"units": units, "activation": activation, **more}


SMALL = [*HEAD, _conv(64, 3), _conv(32, 3), FLATTEN, _dense(10, "softmax")]
POOLED = [("MaxPooling2D", {}), ("Dropout", {"rate": 0.2})]
MEDIUM = [*HEAD, _conv(32, 5), *POOLED, FLATTEN, _dense(128), _dense(10, "softmax")]
LARGE = [
    *HEAD,
    _conv(30, 5),
    ("MaxPooling2D", {}),
    _conv(15, 3),
    ("Dropout", {"rate": 0.2}),
    FLATTEN,
    _dense(128),
    _dense(50),
    _dense(10, "softmax"),
]
NETWORKS: dict[str, Layers] = {"small_model": SMALL, "medium_model": MEDIUM, "large_model": LARGE}


def _compiling(rate: float = 0.001) -> dict[str, Any]:
    optimizer = {"class_name": "Adam", "config": {"learning_rate": rate}}
    return {"loss": "categorical_crossentropy", "optimizer": optimizer}


def thresholds(bench: Bench) -> dict[str, float]:
    """Return the threshold of each network's check."""
    return dict.fromkeys(NETWORKS, LEARNING_THRESHOLD[bench.kind])


def cases(bench: Bench) -> Iterator[Case]:
    """Yield each network as the handout has it, and what is right or wrong about the large one's training."""
    schedule = learning_schedule(bench, LESSON)
    for name, layers in NETWORKS.items():
        yield from network_cases(bench, name, schedule, [("right", "the reference's", layers, _compiling())])
    frozen = [(kind, {**arguments, "trainable": False}) for kind, arguments in LARGE[2:-1]]
    dead = [*HEAD, *frozen, _dense(10, "softmax", kernel_initializer="zeros", trainable=False)]
    answers: list[tuple[str, str, Layers, dict[str, Any]]] = [
        ("right", "rate 0.0003", LARGE, _compiling(0.0003)),
        ("right", "rate 0.003", LARGE, _compiling(0.003)),
        ("wrong", "rate 1", LARGE, _compiling(1.0)),
        ("wrong", "rate 1e-7", LARGE, _compiling(1e-7)),
        ("wrong", "everything frozen", dead, _compiling()),
    ]
    yield from network_cases(bench, "large_model", schedule, answers)
