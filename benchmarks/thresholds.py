"""Measure how far each accuracy threshold stands from right and from wrong answers, over 20 seeds.

    python benchmarks/thresholds.py mnist [--seeds 20]

prints, for the data that grading uses here (set COURSE_DATA for the real ones), the accuracy that the judge's short
training reaches for the lab's three networks at several learning rates, and for known wrong answers.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.bench import Bench
from autograder.digits import learning_schedule
from autograder.labs import find_root, load_lab
from autograder.training import Schedule

Layers = list[tuple[str, dict[str, Any]]]
ADAM, CROSS_ENTROPY = {"class_name": "Adam", "config": {}}, "categorical_crossentropy"
HEAD: Layers = [("Input", {"shape": (1, 28, 28)}), ("Permute", {"dims": (2, 3, 1)})]


def _conv(filters: int, side: int, **more: Any) -> tuple[str, dict[str, Any]]:
    return "Conv2D", {"filters": filters, "kernel_size": side, "activation": "relu", **more}


def _dense(units: int, activation: str = "relu", **more: Any) -> tuple[str, dict[str, Any]]:
    return "Dense", {"units": units, "activation": activation, **more}


SMALL: Layers = [*HEAD, _conv(64, 3), _conv(32, 3), ("Flatten", {}), _dense(10, "softmax")]
MEDIUM: Layers = [
    *HEAD,
    _conv(32, 5),
    ("MaxPooling2D", {}),
    ("Dropout", {"rate": 0.2}),
    ("Flatten", {}),
    _dense(128),
    _dense(10, "softmax"),
]
LARGE: Layers = [
    *HEAD,
    _conv(30, 5),
    ("MaxPooling2D", {}),
    _conv(15, 3),
    ("Dropout", {"rate": 0.2}),
    ("Flatten", {}),
    _dense(128),
    _dense(50),
    _dense(10, "softmax"),
]


def _adam(rate: float) -> dict[str, Any]:
    return {"class_name": "Adam", "config": {"learning_rate": rate}}


def cases() -> Iterator[tuple[str, str, Layers, dict[str, Any]]]:
    """Yield verdict, name, layers and compile arguments of each case."""
    networks = {"small_model": SMALL, "medium_model": MEDIUM, "large_model": LARGE}
    for name, layers in networks.items():
        yield "right", name, layers, {"loss": CROSS_ENTROPY, "optimizer": ADAM}
    for rate in (0.0003, 0.003):
        yield "right", f"large_model, rate {rate:g}", LARGE, {"loss": CROSS_ENTROPY, "optimizer": _adam(rate)}
    yield "wrong", "large_model, rate 1", LARGE, {"loss": CROSS_ENTROPY, "optimizer": _adam(1.0)}
    yield "wrong", "large_model, rate 1e-7", LARGE, {"loss": CROSS_ENTROPY, "optimizer": _adam(1e-7)}
    frozen = [(kind, {**arguments, "trainable": False}) for kind, arguments in LARGE[2:-1]]
    dead: Layers = [*HEAD, *frozen, _dense(10, "softmax", kernel_initializer="zeros", trainable=False)]
    yield "wrong", "large_model, everything frozen", dead, {"loss": CROSS_ENTROPY, "optimizer": ADAM}


def measure(bench: Bench, schedule: Schedule, case: tuple[Layers, dict[str, Any]], seed: int) -> float:
    """Return the accuracy on held-out digits after training from one seed."""
    process = bench.workshop.process
    process.allow(600)
    arguments = {
        "verb": "sequential",
        "args": [[list(layer) for layer in case[0]], {**case[1], "metrics": ["accuracy"]}],
    }
    handle = process.request("model", arguments, seed=seed).value.handle
    plan = {"epochs": schedule.epochs, "batch_size": schedule.batch_size}
    process.request("model", {"verb": "fit", "handle": handle, "args": [schedule.X, schedule.y, plan]}, seed=seed)
    reply = process.request("model", {"verb": "predict", "handle": handle, "args": [schedule.X_test, False]})
    return float(np.mean(reply.value.argmax(axis=1) == schedule.labels))


def main() -> None:
    """Print one row a case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lab", choices=["mnist"])
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()
    bench = Bench(load_lab(find_root(), options.lab))
    try:
        schedule = learning_schedule(bench)
        print(
            f"data: {bench.kind}; {len(schedule.X)} images, {schedule.epochs} epochs of batches of {schedule.batch_size}"
        )
        print("| answer | network | min | mean | max | deviation |\n|---|---|---|---|---|---|")
        for verdict, name, layers, compiling in cases():
            found = [measure(bench, schedule, (layers, compiling), seed) for seed in range(options.seeds)]
            bench.workshop.leave()
            deviation = statistics.pstdev(found)
            row = f"{min(found):.3f} | {statistics.mean(found):.3f} | {max(found):.3f} | {deviation:.3f}"
            print(f"| {verdict} | {name} | {row} |", flush=True)
    finally:
        bench.close()


if __name__ == "__main__":
    main()
