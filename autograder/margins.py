"""How far a threshold stands from right and from wrong answers: the cases that a suite declares for it."""

from __future__ import annotations

import runpy
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from autograder.bench import Bench
from autograder.labs import suite_path
from autograder.training import Schedule

__all__ = ["Case", "Layers", "Margin", "declares_margins", "measure_margins", "network_cases", "trained_accuracy"]

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


@dataclass(frozen=True, slots=True)
class Margin:
    """What a case reached over some seeds, and the threshold that it is compared with where the suite declares one."""

    case: Case
    values: tuple[float, ...]
    threshold: float | None

    @property
    def mean(self) -> float:
        """The mean over the seeds."""
        return statistics.mean(self.values)

    @property
    def deviation(self) -> float:
        """The standard deviation over the seeds."""
        return statistics.pstdev(self.values)

    @property
    def distance(self) -> float | None:
        """How many standard deviations the mean is from the threshold; None without a threshold or a deviation."""
        if self.threshold is None or self.deviation == 0:
            return None
        return abs(self.mean - self.threshold) / self.deviation


def declares_margins(root: Path, lab_id: str) -> bool:
    """Say whether a suite declares cases for its thresholds."""
    return _declaration(root, lab_id).is_file()


def measure_margins(bench: Bench, root: Path, seeds: int) -> Iterator[Margin]:
    """Measure each case that the suite's ``margins.py`` declares: ``cases(bench)`` and, perhaps, ``thresholds(bench)``.

    Args:
        bench: The judge's bench of the lab.
        root: The course's folder.
        seeds: How many seeds each case is tried with, from 0.
    """
    declared = runpy.run_path(str(_declaration(root, bench.lab.id)))
    thresholds: dict[str, float] = declared["thresholds"](bench) if "thresholds" in declared else {}
    for case in declared["cases"](bench):
        values = tuple(float(case.measure(seed)) for seed in range(seeds))
        bench.workshop.leave()
        yield Margin(case, values, thresholds.get(case.question))


def _declaration(root: Path, lab_id: str) -> Path:
    return suite_path(root, lab_id) / "margins.py"


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
