"""Which rows of a data set students get while grading, and which stay with the judge."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from autograder.errors import LabError
from shared import datasets

__all__ = ["CourseData", "DataKind", "Split", "data_kind", "pin"]

DataKind = Literal["real", "embedded"]
Arrays = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, slots=True)
class Split:
    """How many rows, from the front, a student gets of the training and of the test part."""

    train: int
    test: int


@dataclass(frozen=True, slots=True)
class CourseData:
    """One data set cut in two: ``given`` may enter a student process, ``held_out`` never does."""

    given: Arrays
    held_out: Arrays


SPLITS = {
    "mnist": Split(2000, 400),
    "fashion_mnist": Split(2000, 400),
    "cifar10": Split(4000, 500),
    "signs": Split(720, 60),
}


def data_kind() -> DataKind:
    """Say which copies grading uses: the course's own folder where `COURSE_DATA` names one, else the embedded sets.

    Keras's cache is left alone while grading: marks must not depend on what a machine happens to have downloaded.
    """
    return "real" if os.environ.get("COURSE_DATA") else "embedded"


def pin(name: str) -> CourseData:
    """Load a data set from its pinned source and cut it.

    Raises:
        LabError: the data set is unknown, or too small to leave anything to hold out.
    """
    if name not in SPLITS:
        message = f"data set {name!r} is unknown; choose one of {', '.join(sorted(SPLITS))}"
        raise LabError(message)
    source: Any = "course" if data_kind() == "real" else "embedded"
    (x_train, y_train), (x_test, y_test) = datasets.load(name, source=source)
    split = SPLITS[name]
    if len(x_train) <= split.train or len(x_test) <= split.test:
        message = (
            f"data set {name!r} has {len(x_train)} + {len(x_test)} rows; grading gives {split.train} + {split.test} "
            f"to students and needs more to hold out: point COURSE_DATA to a larger copy"
        )
        raise LabError(message)
    given = ((x_train[: split.train], y_train[: split.train]), (x_test[: split.test], y_test[: split.test]))
    held_out = ((x_train[split.train :], y_train[split.train :]), (x_test[split.test :], y_test[split.test :]))
    return CourseData(given, held_out)


def write_given(name: str, data: CourseData, folder: Path) -> None:
    """Put what students get where `shared.datasets` of a student process will find it."""
    datasets.save(name, folder, data.given)
