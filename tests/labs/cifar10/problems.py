"""The small problems on which optimizers are compared, and what a comparison may call."""

from __future__ import annotations

import numpy as np

from autograder.architecture import ModelData
from autograder.bench import Bench
from autograder.student import RemoteHistory, Student

from .conftest import stand_in
from .recognition import X_VALUE
from .steps import expect_steps

__all__ = ["NAMES", "START", "TARGETS", "TRAIN", "VALIDATION", "Pair", "drawing", "prepare", "problem", "unusual"]

START = np.array([[0.06, -0.04]], np.float32)
NAMES = ("sgd", "momentum", "adam")
Pair = tuple[np.ndarray, np.ndarray]
TRAIN: Pair = (np.full((4, 1), X_VALUE, np.float32), np.zeros(4, np.int64))
VALIDATION: Pair = (np.full((3, 1), X_VALUE, np.float32), np.ones(3, np.int64))
TARGETS: Pair = (TRAIN[0], np.tile(np.array([1, 0], np.float32), (4, 1)))


def problem(bench: Bench) -> ModelData:
    """Return the softmax regression of one feature, from known weights."""
    data = bench.toy(
        [("Input", {"shape": (1,)}), ("Dense", {"units": 2, "activation": "softmax", "use_bias": False})],
        loss="sparse_categorical_crossentropy",
        optimizer="rmsprop",
        metrics=["accuracy"],
        run_eagerly=True,
    )
    return ModelData(data.architecture, [START], data.compiling)


def drawing(bench: Bench) -> ModelData:
    """Return a network whose builder draws new initial weights each time."""
    data = bench.toy(
        [
            ("Input", {"shape": (6,)}),
            ("Dense", {"units": 5, "activation": "relu"}),
            ("Dense", {"units": 3, "activation": "softmax"}),
        ],
        loss="sparse_categorical_crossentropy",
        optimizer="rmsprop",
        metrics=["accuracy"],
        run_eagerly=True,
    )
    return ModelData(data.architecture, [], data.compiling)


def unusual(bench: Bench) -> ModelData:
    """Return a linear model of one feature, with a loss and a metric that no classifier has."""
    data = bench.toy(
        [("Input", {"shape": (1,)}), ("Dense", {"units": 2, "use_bias": False})],
        loss="mean_absolute_error",
        optimizer="rmsprop",
        metrics=["mean_squared_error"],
        run_eagerly=True,
    )
    return ModelData(data.architecture, [START], data.compiling)


OPTIMIZERS = """
def function(name, learning_rate=0.01):
    if name == "adam":
        return keras.optimizers.Adam(learning_rate)
    if name not in ("sgd", "momentum"):
        raise ValueError(name)
    return keras.optimizers.SGD(learning_rate, momentum=0.9 if name == "momentum" else 0.0)
"""
TRAINING = """
def function(model, train, validation, epochs=10, batch_size=64):
    return model.fit(*train, batch_size=batch_size, epochs=epochs, verbose=0, validation_data=tuple(validation))
"""


def prepare(student: Student, bench: Bench) -> None:
    """See to it that make_optimizer and train, which this function may call, do what they should."""
    student.once("prepared", lambda: _prepare(student, bench))


def _prepare(student: Student, bench: Bench) -> None:
    stand_in(student, "make_optimizer", OPTIMIZERS, lambda: all(_steps_right(student, name) for name in NAMES))
    stand_in(student, "train", TRAINING, lambda: _trains_right(student, bench))


def _steps_right(student: Student, name: str) -> bool:
    expect_steps(student, name, 0.05)
    expect_steps(student, name, None)
    return True


def _trains_right(student: Student, bench: Bench) -> bool:
    model = student.make(problem(bench))
    found = student.train(model, TRAIN, VALIDATION, epochs=2, batch_size=2)
    curves = found.curves if isinstance(found, RemoteHistory) else {}
    steps = (model.describe().get("optimizer") or {}).get("steps")
    right = curves.get("val_loss", [0.0])[0] > curves.get("loss", [1.0])[0]
    return len(curves.get("loss", [])) == 2 and steps == 4 and right
