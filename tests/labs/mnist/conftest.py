"""What the checks of this lab share: the data as students get them, small models of ours, the held-out digits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from autograder.architecture import ModelData
from autograder.bench import Bench

SIDE = 28


@dataclass(frozen=True)
class Toy:
    """Small problems of the shapes of this lab, made by us."""

    bench: Bench

    def model(self, *, bias: float = 0.0) -> ModelData:
        """Return a compiled softmax regression on (n, 1, 28, 28); another ``bias`` makes it favour class 0.

        It runs eagerly: for a few batches tracing would take longer.
        """
        data = self.bench.toy(
            [
                ("Input", {"shape": (1, SIDE, SIDE)}),
                ("Flatten", {"data_format": "channels_last"}),
                ("Dense", {"units": 10, "activation": "softmax"}),
            ],
            loss="categorical_crossentropy",
            optimizer={"class_name": "SGD", "config": {"learning_rate": 4.0}},
            metrics=["accuracy"],
            run_eagerly=True,
        )
        kernel, offset = data.weights
        moved = offset + bias * np.eye(10, dtype=np.float32)[0]
        return ModelData(data.architecture, [kernel, moved.astype(np.float32)], data.compiling)

    def reader(self, shift: int = 0) -> ModelData:
        """Return a model that reads the class from the first ten pixels, off by ``shift``: its accuracy is known."""
        data = self.model()
        kernel = np.zeros_like(data.weights[0])
        for label in range(10):
            kernel[label, (label + shift) % 10] = 12.0
        return ModelData(data.architecture, [kernel, np.zeros_like(data.weights[1])], data.compiling)

    def readable(self, labels: np.ndarray) -> np.ndarray:
        """Return images whose first ten pixels say the class: float32, (n, 1, 28, 28)."""
        images = np.zeros((len(labels), 1, SIDE, SIDE), np.float32)
        images[np.arange(len(labels)), 0, 0, labels] = 1.0
        return images


@pytest.fixture
def toy(bench: Bench) -> Toy:
    """Return the maker of small problems."""
    return Toy(bench)


def one_hot(labels: np.ndarray) -> np.ndarray:
    """Return labels (n,) as float32 (n, 10)."""
    return np.eye(10, dtype=np.float32)[labels]
