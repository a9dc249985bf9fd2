"""Measures how hard each data set is: logistic regression against a small MLP against a small CNN.

Run ``python benchmarks/dataset_difficulty.py`` for the embedded sets, ``--source course`` for the files in
``COURSE_DATA``.  Every set is cut to the embedded set's number of rows, so that the two tables can be compared.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from shared.datasets import NAMES, Arrays, Name, Source, class_names, load
from shared.embedded.sets import SIZES

__all__ = ["main"]

Images = NDArray[np.float32]
Labels = NDArray[np.int64]
BATCH = 32
FEW_ROWS = 2000
EPOCHS, EPOCHS_ON_FEW_ROWS = 12, 30


@dataclass(frozen=True, slots=True)
class Task:
    """A data set ready for training: images -1 to 1 with a channel axis, labels (n,)."""

    x_train: Images
    y_train: Labels
    x_test: Images
    y_test: Labels
    classes: int


def prepare(name: Name, source: Source) -> Task:
    """Load a set, cut it to the embedded set's rows and scale it to -1 to 1."""
    arrays = load(name, source)
    rows = [size * len(class_names(name)) for size in SIZES[name]]
    (x_train, y_train), (x_test, y_test) = cast(
        "Arrays", tuple((x[:count], y[:count].reshape(-1)) for (x, y), count in zip(arrays, rows, strict=True))
    )
    scale = [_with_channels(x).astype(np.float32) / np.float32(127.5) - 1 for x in (x_train, x_test)]
    return Task(scale[0], y_train.astype(np.int64), scale[1], y_test.astype(np.int64), len(class_names(name)))


def _with_channels(images: NDArray[Any]) -> NDArray[Any]:
    return images[..., None] if images.ndim == 3 else images  # noqa: PLR2004 - (n, height, width)


def logistic_regression(task: Task, seed: int) -> float:
    """Return the test accuracy of scikit-learn's logistic regression on the pixels."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - slow to import

    model = LogisticRegression(C=0.05, max_iter=100, tol=1e-3, random_state=seed)
    model.fit(task.x_train.reshape(len(task.x_train), -1), task.y_train)
    return float(model.score(task.x_test.reshape(len(task.x_test), -1), task.y_test))


def mlp(task: Task, seed: int) -> float:
    """Return the test accuracy of one hidden layer of 128 units."""
    from keras import layers  # noqa: PLC0415 - after TensorFlow has been told to be quiet

    return _trained(task, seed, [layers.Flatten(), layers.Dense(128, activation="relu")])


def cnn(task: Task, seed: int) -> float:
    """Return the test accuracy of two convolutions, 16 and 32 filters of 3x3, with pooling and 64 units."""
    from keras import layers  # noqa: PLC0415 - after TensorFlow has been told to be quiet

    stack: list[Any] = []
    for filters in (16, 32):
        stack += [layers.Conv2D(filters, 3, padding="same", activation="relu"), layers.MaxPooling2D(2)]
    return _trained(task, seed, [*stack, layers.Flatten(), layers.Dense(64, activation="relu")])


def _trained(task: Task, seed: int, hidden: list[Any]) -> float:
    import keras  # noqa: PLC0415 - after TensorFlow has been told to be quiet

    keras.utils.set_random_seed(seed)
    epochs = EPOCHS if len(task.x_train) > FEW_ROWS else EPOCHS_ON_FEW_ROWS
    head = keras.layers.Dense(task.classes, activation="softmax")
    model = keras.Sequential([keras.Input(task.x_train.shape[1:]), *hidden, head])
    model.compile(keras.optimizers.Adam(5e-4), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(task.x_train, task.y_train, batch_size=BATCH, epochs=epochs, verbose=0)
    return float(model.evaluate(task.x_test, task.y_test, verbose=0)[1])


# Logistic regression has one optimum, so one seed tells all.
MODELS: tuple[tuple[str, Callable[[Task, int], float], bool], ...] = (
    ("logistic regression", logistic_regression, False),
    ("small MLP", mlp, True),
    ("small CNN", cnn, True),
)


def measure(task: Task, train: Callable[[Task, int], float], seeds: range) -> str:
    """Return one cell of the table: median accuracy, its range, and seconds a run."""
    start = time.perf_counter()
    scores = [train(task, seed) for seed in seeds]
    seconds = (time.perf_counter() - start) / len(scores)
    spread = f" ({min(scores):.1%} to {max(scores):.1%})" if len(scores) > 1 else ""
    return f"{statistics.median(scores):.1%}{spread}, {seconds:.0f} s"


def main() -> None:
    """Print the table in Markdown, a row a data set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(NAMES), metavar="NAME", help="data sets, by default all")
    parser.add_argument("--source", default="embedded", choices=("embedded", "course"), help="where to load from")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each network")
    arguments = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stdout.write("| data set | rows | " + " | ".join(title for title, _, _ in MODELS) + " |\n")
    sys.stdout.write("|---" * (2 + len(MODELS)) + "|\n")
    for name in arguments.names:
        task = prepare(name, arguments.source)
        cells = [measure(task, train, range(arguments.seeds if seeded else 1)) for _, train, seeded in MODELS]
        sys.stdout.write(f"| `{name}` | {len(task.x_train)} + {len(task.x_test)} | " + " | ".join(cells) + " |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
