"""What can be asked of a Keras model where it lives, in plain values; used in student processes and in the workshop.

Every verb takes and gives plain values and arrays only, so a model never crosses the wire as an object.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

__all__ = ["VERBS", "history_values", "is_history", "is_model", "is_tensor", "seed"]

_MAX_WEIGHTS_BYTES = 128 * 2**20
_BATCH = 64


def seed(number: int) -> None:
    """Seed everything Keras draws from."""
    keras.utils.set_random_seed(number)


def is_model(value: Any) -> bool:  # noqa: ANN401
    """Say whether a value is a Keras model."""
    return isinstance(value, keras.Model)


def is_tensor(value: Any) -> bool:  # noqa: ANN401
    """Say whether a value is a tensor or a variable with a value."""
    return isinstance(value, tf.Tensor | tf.Variable | keras.Variable)


def is_history(value: Any) -> bool:  # noqa: ANN401
    """Say whether a value is what `fit` returns."""
    return isinstance(value, keras.callbacks.History)


def history_values(history: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a history's curves as lists of floats."""
    curves = {str(key): [float(value) for value in values] for key, values in dict(history.history).items()}
    return {"history": curves, "epoch": [int(epoch) for epoch in history.epoch]}


def _make(architecture: str, weights: list[np.ndarray] | None, compiling: dict[str, Any] | None) -> keras.Model:
    """Build a model from its JSON; compile it when told how; set its weights when given."""
    model = keras.models.model_from_json(architecture)
    if compiling is not None:
        model.compile_from_config(compiling)
    if weights is not None:
        model.set_weights(weights)
    return model


def _sequential(layers: list[tuple[str, dict[str, Any]]], compiling: dict[str, Any]) -> keras.Model:
    """Build and compile a plain stack; ``layers`` are class names of `keras.layers` with their arguments."""
    model = keras.Sequential([getattr(keras.layers, kind)(**arguments) for kind, arguments in layers])
    model.compile(**compiling)
    return model


def _export(model: keras.Model) -> dict[str, Any]:
    """Return all that makes the model again elsewhere; parts that it cannot say are None."""
    weights = model.get_weights() if model.built else []
    if sum(array.nbytes for array in weights) > _MAX_WEIGHTS_BYTES:
        weights = []
    compiling = None
    if model.compiled:
        compiling = _attempt(lambda: json.loads(json.dumps(model.get_compile_config())))
    return {"architecture": _attempt(model.to_json), "weights": weights, "compiling": compiling}


def _describe(model: keras.Model) -> dict[str, Any]:
    """Return the layers (nested models opened), the shapes, and what the model was compiled with."""
    optimizer = getattr(model, "optimizer", None)
    return {
        "built": bool(model.built),
        "compiled": bool(model.compiled),
        "input_shape": _attempt(lambda: _shape(model.input_shape)),
        "output_shape": _attempt(lambda: _shape(model.output_shape)),
        "layers": [_describe_layer(layer) for layer in _flatten(model)],
        "optimizer": None if optimizer is None else _describe_optimizer(optimizer),
    }


def _describe_layer(layer: Any) -> dict[str, Any]:  # noqa: ANN401
    config = _attempt(layer.get_config) or {}
    plain = {key: value for key, value in config.items() if _is_plain(value)}
    activation = getattr(layer, "activation", None)
    return {
        "kind": type(layer).__name__,
        "bases": [base.__name__ for base in type(layer).__mro__],
        "name": str(layer.name),
        "output_shape": _attempt(lambda: _shape(layer.output.shape)) or _attempt(lambda: _shape(layer.output_shape)),
        "weights": [tuple(int(side) for side in weight.shape) for weight in layer.weights],
        "trainable": bool(layer.trainable),
        "activation": getattr(activation, "__name__", None),
        "config": json.loads(json.dumps(plain)),
    }


def _describe_optimizer(optimizer: Any) -> dict[str, Any]:  # noqa: ANN401
    rate = _attempt(lambda: float(keras.ops.convert_to_numpy(optimizer.learning_rate)))
    bases = [base.__name__ for base in type(optimizer).__mro__]
    momentum = _attempt(lambda: float(optimizer.momentum))
    steps = _attempt(lambda: int(keras.ops.convert_to_numpy(optimizer.iterations)))
    kind = type(optimizer).__name__
    return {"kind": kind, "bases": bases, "learning_rate": rate, "momentum": momentum, "steps": steps}


def _flatten(layer: Any) -> list[Any]:  # noqa: ANN401
    found: list[Any] = []
    for inner in layer.layers:
        found.extend(_flatten(inner) if isinstance(inner, keras.Model) else [inner])
    return found


def _build(model: keras.Model, sample: np.ndarray) -> None:
    """Give a model that has not seen data its weights, by showing it some."""
    # A subclass without a `build` of its own may call itself built and have no weights yet.
    if not model.built or not model.weights:
        model(sample)


def _weights(model: keras.Model) -> list[np.ndarray]:
    return [np.array(array) for array in keras.Model.get_weights(model)]


def _set_weights(model: keras.Model, weights: list[np.ndarray]) -> None:
    keras.Model.set_weights(model, weights)


def _predict(model: keras.Model, inputs: np.ndarray, training: bool) -> np.ndarray:
    """Call the model on batches; unlike `predict`, this traces nothing."""
    batches = [inputs[start : start + _BATCH] for start in range(0, len(inputs), _BATCH)]
    return np.concatenate([keras.ops.convert_to_numpy(model(batch, training=training)) for batch in batches])


def _loss(model: keras.Model, y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """Return the compiled loss of given predictions, without what regularisers add to it."""
    truth, prediction = keras.ops.convert_to_tensor(y_true), keras.ops.convert_to_tensor(y_pred)
    total = model.compute_loss(x=None, y=truth, y_pred=prediction)
    return float(keras.ops.convert_to_numpy(total)) - sum(float(keras.ops.convert_to_numpy(p)) for p in model.losses)


def _metrics(model: keras.Model, y_true: np.ndarray, y_pred: np.ndarray) -> dict[str, float]:
    """Return the compiled metrics of given predictions; `evaluate` would have to trace or run the model first."""
    truth, prediction = keras.ops.convert_to_tensor(y_true), keras.ops.convert_to_tensor(y_pred)
    model.reset_metrics()
    values = model.compute_metrics(x=None, y=truth, y_pred=prediction)
    model.reset_metrics()
    return {str(key): float(np.asarray(value)) for key, value in values.items()}


def _fit(model: keras.Model, inputs: np.ndarray, labels: np.ndarray, schedule: dict[str, Any]) -> dict[str, Any]:
    """Train; ``schedule`` holds `epochs`, `batch_size` and perhaps `validation` (a pair of arrays)."""
    validation = schedule.get("validation")
    history = model.fit(
        inputs,
        labels,
        epochs=schedule["epochs"],
        batch_size=schedule["batch_size"],
        validation_data=None if validation is None else tuple(validation),
        verbose=0,
    )
    return history_values(history)


def _save_weights(model: keras.Model, path: str) -> None:
    model.save_weights(path)


def _load_weights(model: keras.Model, path: str) -> None:
    model.load_weights(path)


def _read_file(path: str, limit: int) -> bytes:
    """Return a file of this process's private folder."""
    with Path(path).open("rb") as file:
        return file.read(limit)


def _write_file(path: str, content: bytes) -> None:
    Path(path).write_bytes(content)


def _delete_file(path: str) -> None:
    Path(path).unlink()


def _list_files() -> list[str]:
    """Return the names of the files in the private folder."""
    return sorted(entry.name for entry in Path().iterdir())


def _is_plain(value: Any) -> bool:  # noqa: ANN401
    if isinstance(value, list | tuple):
        return all(_is_plain(item) for item in value)
    return value is None or isinstance(value, bool | int | float | str)


def _shape(shape: Any) -> tuple[int | None, ...]:  # noqa: ANN401
    return tuple(None if side is None else int(side) for side in shape)


def _attempt(function: Callable[[], Any]) -> Any:  # noqa: ANN401
    """Return what a question about a model gives, or None where this model has no answer."""
    try:
        return function()
    except Exception:  # noqa: BLE001 - a student's class may raise anything when asked about itself
        return None


VERBS: dict[str, Callable[..., Any]] = {
    "build": _build,
    "delete_file": _delete_file,
    "describe": _describe,
    "export": _export,
    "fit": _fit,
    "list_files": _list_files,
    "load_weights": _load_weights,
    "loss": _loss,
    "make": _make,
    "metrics": _metrics,
    "predict": _predict,
    "read_file": _read_file,
    "save_weights": _save_weights,
    "sequential": _sequential,
    "set_weights": _set_weights,
    "weights": _weights,
    "write_file": _write_file,
}
