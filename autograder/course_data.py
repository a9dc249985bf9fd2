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
    """How many rows, from the front, a student gets of the training and of the test part.

    ``balanced``: the first rows of each class, as many of every one, so that the rest is balanced too.
    """

    train: int
    test: int
    balanced: bool = False


@dataclass(frozen=True, slots=True)
class CourseData:
    """One data set cut in two: ``given`` may enter a student process, ``held_out`` never does."""

    given: Arrays
    held_out: Arrays


SPLITS = {
    "mnist": Split(2000, 400),
    "fashion_mnist": Split(2000, 400),
    # As many as get_data_cifar10 of the lab asks for by default, also of one who takes a share of each class.
    "cifar10": Split(6000, 1000, balanced=True),
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
        LabError: the data set is unknown, cannot be read, or is too small to leave anything to hold out.
    """
    if name not in SPLITS:
        message = f"data set {name!r} is unknown; choose one of {', '.join(sorted(SPLITS))}"
        raise LabError(message)
    source: Any = "course" if data_kind() == "real" else "embedded"
    try:
        (x_train, y_train), (x_test, y_test) = datasets.load(name, source=source)
    except (OSError, ValueError) as error:
        raise LabError(str(error)) from error
    split = SPLITS[name]
    if len(x_train) <= split.train or len(x_test) <= split.test:
        message = (
            f"data set {name!r} has {len(x_train)} + {len(x_test)} rows; grading gives {split.train} + {split.test} "
            f"to students and needs more to hold out: point COURSE_DATA to a larger copy"
        )
        raise LabError(message)
    train, test = _first_rows(y_train, split.train, split), _first_rows(y_test, split.test, split)
    given = ((x_train[train], y_train[train]), (x_test[test], y_test[test]))
    held_out = ((x_train[~train], y_train[~train]), (x_test[~test], y_test[~test]))
    return CourseData(given, held_out)


def _first_rows(labels: np.ndarray, n: int, split: Split) -> np.ndarray:
    """Return which rows a student gets, as booleans; a class with too few rows is made up for by the others."""
    chosen = np.zeros(len(labels), bool)
    if split.balanced:
        flat = labels.reshape(-1)
        classes = np.unique(flat)
        for label in classes:
            chosen[np.flatnonzero(flat == label)[: n // len(classes)]] = True
    chosen[np.flatnonzero(~chosen)[: n - chosen.sum()]] = True
    return chosen


def write_given(name: str, data: CourseData, folder: Path) -> None:
    """Put what students get where `shared.datasets` of a student process will find it."""
    datasets.save(name, folder, data.given)
