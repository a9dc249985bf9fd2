"""How far a threshold stands from right and from wrong answers: the cases that a suite declares for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from autograder.bench import Bench
from autograder.training import Schedule

__all__ = ["Case", "Layers", "network_cases", "trained_accuracy"]

# Class names of Keras layers with their arguments.
Layers = Sequence[tuple[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Case:
    """A right or a known wrong answer to a question with a threshold.

    ``measure`` takes a seed and returns the number that the threshold is compared with.
    """

    verdict: Literal["right", "wrong"]
    question: str
    name: str
    measure: Callable[[int], float]


def network_cases(
    bench: Bench, question: str, schedule: Schedule, answers: Sequence[tuple[str, str, Layers, dict[str, Any]]]
) -> Iterator[Case]:
    """Yield the cases of a network that is trained by the judge.

    Args:
        bench: the judge's.
        question: the function that builds the network.
        schedule: the training.
        answers: verdict, name, layers and what `compile` is given, of each.
    """
    for verdict, name, layers, compiling in answers:

        def measure(seed: int, layers: Layers = layers, compiling: dict[str, Any] = compiling) -> float:
            return trained_accuracy(bench, schedule, layers, compiling, seed)

        yield Case("right" if verdict == "right" else "wrong", question, name, measure)


def trained_accuracy(bench: Bench, schedule: Schedule, layers: Layers, compiling: dict[str, Any], seed: int) -> float:
    """Return the accuracy on held-out images, in [0, 1], of a stack of layers trained from one seed."""
    process = bench.workshop.process
    options = {"metrics": ["accuracy"], **compiling}
    arguments = {"verb": "sequential", "args": [[list(layer) for layer in layers], options]}
    handle = process.request("model", arguments, seed=seed).value.handle
    plan = {"epochs": schedule.epochs, "batch_size": schedule.batch_size}
    process.request("model", {"verb": "fit", "handle": handle, "args": [schedule.X, schedule.y, plan]}, seed=seed)
    outputs = process.request("model", {"verb": "predict", "handle": handle, "args": [schedule.X_test, False]}).value
    return float(np.mean(outputs.argmax(axis=1) == schedule.labels))
