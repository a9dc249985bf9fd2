"""Specifications as data, a factory, small typed functions."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import keras
import numpy as np
from keras import layers, ops

from shared import datasets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

N_CLASSES: Final = 10
INPUT_SHAPE: Final = (1, 28, 28)
logger = logging.getLogger(__name__)

to_one_hot: Callable[[Array], Array] = lambda labels: np.eye(N_CLASSES, dtype="float32")[labels]  # noqa: E731


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What distinguishes one network from another."""

    name: str
    convolutions: tuple[tuple[int, int], ...]
    hidden: tuple[int, ...] = ()
    pool: int | None = None
    dropout: float | None = None

    def layers(self):
        (first, *others) = [layers.Conv2D(filters, size, activation="relu") for filters, size in self.convolutions]
        yield first
        if self.pool:
            yield layers.MaxPooling2D(self.pool)
        yield from others
        if self.dropout:
            yield layers.Dropout(self.dropout)
        yield layers.Flatten()
        yield from (layers.Dense(units, activation="relu") for units in self.hidden)
        yield layers.Dense(N_CLASSES, activation="softmax")


def build(spec: Spec) -> keras.Model:
    """Make a compiled Functional model from its specification."""
    x = inputs = keras.Input(INPUT_SHAPE)
    x = ops.transpose(x, (0, 2, 3, 1))
    for layer in spec.layers():
        x = layer(x)
    model = keras.Model(inputs, x, name=spec.name)
    model.compile(
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(1e-3, 1000, 0.9)),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.0),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy"), keras.metrics.TopKCategoricalAccuracy(3, name="top3")],
    )
    return model


small_model = partial(build, Spec(name="small", convolutions=((64, 3), (32, 3))))
medium_model = partial(build, Spec(name="medium", convolutions=((32, 5),), hidden=(128,), pool=2, dropout=0.2))
large_model = partial(
    build, Spec(name="large", convolutions=((30, 5), (15, 3)), hidden=(128, 50), pool=2, dropout=0.2)
)


@lru_cache(maxsize=1)
def _raw():
    return datasets.load("mnist")


def get_data_mnist(normalize: bool = False):
    """Return train pair, test pair and number of classes."""

    def prepare(images, labels):
        pixels = images[:, None].astype(np.float32)
        return (pixels / np.float32(255) if normalize else pixels), to_one_hot(labels)

    return *(prepare(*pair) for pair in _raw()), N_CLASSES


class LogLoss(keras.callbacks.Callback):
    """Write the losses of each epoch to the log."""

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        logger.info("epoch %d: %s", epoch, {name: f"{value:.4f}" for name, value in (logs or {}).items()})


def train_model(model, X_train, y_train, X_test, y_test, epochs: int = 10, batch_size: int = 200):
    """Fit with the test pair as validation data."""
    return model.fit(
        X_train,
        y_train,
        validation_data=(X_test, y_test),
        epochs=epochs,
        batch_size=batch_size,
        callbacks=[LogLoss(), keras.callbacks.TerminateOnNaN()],
        verbose=0,
    )


def _error_rate(model: keras.Model, X: Array, y: Array) -> float:
    match model.evaluate(X, y, verbose=0, return_dict=True):
        case {"accuracy": accuracy} | {"acc": accuracy} | {"categorical_accuracy": accuracy}:
            return 100 * (1 - accuracy)
        case results:
            raise ValueError(f"no accuracy among {sorted(results)}")


def print_model_error_rate(model, X_test, y_test) -> None:
    """Print score and error rate in percent."""
    error = _error_rate(model, X_test, y_test)
    print(*(f"Model {what} : {value:.2f}%" for what, value in {"score": 100 - error, "error rate": error}.items()), sep="\n")


def _paths(filename: str) -> tuple[Path, Path]:
    return Path(f"{filename}.json"), Path(f"{filename}.weights.h5")


def save_keras_model(model, filename: str) -> None:
    """Write architecture and weights."""
    architecture, weights = _paths(filename)
    architecture.write_text(model.to_json(), encoding="utf-8")
    model.save_weights(weights)


def load_keras_model(filename: str) -> keras.Model:
    """Read them back, compiled."""
    for path in (paths := _paths(filename)):
        if not path.exists():
            raise FileNotFoundError(f"{path.name} was not found in {path.parent}")
    model = keras.models.model_from_json(paths[0].read_text(encoding="utf-8"))
    model.load_weights(paths[1])
    return model


def compare_error_rates(models: Mapping[str, keras.Model], X_test, y_test) -> dict[str, float]:
    """Return error rates in percent by name."""
    return dict(zip(models, map(lambda model: _error_rate(model, X_test, y_test), models.values()), strict=True))
