"""What can be asked of a Keras model where it lives, in plain values; used in student processes and in the workshop.

Every verb takes and gives plain values and arrays only, so a model never crosses the wire as an object.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

__all__ = ["VERBS", "history_values", "is_history", "is_model", "is_tensor", "seed"]

_MAX_WEIGHTS_BYTES = 128 * 2**20
_BATCH = 64
_MAX_SEEN = 1000


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
    with _usual_precision():
        model = keras.models.model_from_json(architecture)
        if compiling is not None:
            model.compile_from_config(compiling)
    if weights is not None:
        model.set_weights(weights)
    return model


@contextmanager
def _usual_precision() -> Iterator[None]:
    """Let models of ours be float32 where the student's module has set another policy for its own."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _sequential(layers: list[tuple[str, dict[str, Any]]], compiling: dict[str, Any]) -> keras.Model:
    """Build and compile a plain stack; ``layers`` are class names of `keras.layers` with their arguments."""
    with _usual_precision():
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
    return {
        "kind": type(optimizer).__name__,
        "bases": [base.__name__ for base in type(optimizer).__mro__],
        "learning_rate": _rate(optimizer),
        "momentum": _attempt(lambda: float(optimizer.momentum)),
        "nesterov": _attempt(lambda: bool(optimizer.nesterov)),
        "weight_decay": _attempt(lambda: float(optimizer.weight_decay)),
        "steps": _attempt(lambda: int(keras.ops.convert_to_numpy(optimizer.iterations))),
    }


def _rate(optimizer: Any) -> float | None:  # noqa: ANN401
    rate: float | None = _attempt(lambda: float(keras.ops.convert_to_numpy(optimizer.learning_rate)))
    return rate


def _optimizer_path(optimizer: Any, start: np.ndarray, gradients: list[np.ndarray]) -> list[np.ndarray]:  # noqa: ANN401
    """Return what an optimizer makes of a variable: its values after each of the gradients."""
    variable = keras.Variable(start)
    path = []
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
        path.append(np.array(variable))
    return path


def _generator(number: int) -> np.random.Generator:
    """Make a generator that stays here: a function that is given it twice goes on where it was."""
    return np.random.default_rng(number)


def _builder(
    architecture: str, weights: list[np.ndarray] | None, compiling: dict[str, Any] | None
) -> Callable[[], keras.Model]:
    """Return a function that makes the model anew at each call, with weights of its own where none are given."""

    def build() -> keras.Model:
        return _make(architecture, weights, compiling)

    return build


class _Witness(keras.layers.Layer):  # type: ignore[misc]
    """Lets images pass and remembers the mean colour of each that comes outside training, where models run eagerly."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[np.ndarray] = []

    def call(self, images: Any, training: bool | None = None) -> Any:  # noqa: ANN401
        """Return the images."""
        if not training and hasattr(images, "numpy") and len(self.seen) < _MAX_SEEN:
            self.seen.extend(np.asarray(images, np.float64).mean(axis=(1, 2)))
        return images


def _sized_builder(layers: list[tuple[str, dict[str, Any]]], compiling: dict[str, Any]) -> Callable[..., keras.Model]:
    """Return a function that stacks these layers on square images with three channels, and notes how it was called.

    Metrics may be given by their configurations.
    """

    def build(input_size: int = 32, dropout: float = 0.0, batch_norm: bool = False, **_more: Any) -> keras.Model:  # noqa: ANN401
        metrics = [keras.metrics.get(metric) if isinstance(metric, dict) else metric for metric in compiling["metrics"]]
        with _usual_precision():
            stack = [getattr(keras.layers, kind)(**arguments) for kind, arguments in layers]
            model = keras.Sequential([keras.Input((input_size, input_size, 3)), _Witness(), *stack])
            model.compile(**{**compiling, "metrics": metrics})
        asked = {"input_size": int(input_size), "dropout": float(dropout), "batch_norm": bool(batch_norm)}
        built.append((model, {**asked, "start": model.get_weights()}))
        return model

    built: list[tuple[keras.Model, dict[str, Any]]] = []
    build.built = built  # type: ignore[attr-defined]
    return build


def _built(builder: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    """Return how a sized builder was called and what became of each model, in their order.

    ``input_size``, ``dropout`` and ``batch_norm`` are the arguments, ``start`` and ``end`` the weights at first and
    now, ``optimizer`` describes the one that it has now, ``colours`` are the mean colours of the images that it saw
    outside training, (n, 3).
    """
    return [
        {
            **asked,
            "end": model.get_weights(),
            "optimizer": _describe_optimizer(model.optimizer),
            "colours": np.asarray(model.layers[0].seen, np.float64).reshape(-1, 3),
        }
        for model, asked in builder.built
    ]


def _function(source: str) -> Callable[..., Any]:
    """Make a function from the judge's own text, which calls it ``function``, to stand for one of the submission's."""
    names: dict[str, Any] = {"keras": keras, "np": np}
    exec(source, names)  # noqa: S102 - the text is the judge's
    made: Callable[..., Any] = names["function"]
    return made


def _history(curves: dict[str, list[float]]) -> keras.callbacks.History:
    """Make a History that holds these curves, as if a model had been trained."""
    history = keras.callbacks.History()
    history.on_train_begin()
    for epoch in range(max(map(len, curves.values()), default=0)):
        history.epoch.append(epoch)
    history.history = {name: list(values) for name, values in curves.items()}
    history.set_params({"verbose": 0, "epochs": len(history.epoch), "steps": 1})
    return history


def _flatten(layer: Any) -> list[Any]:  # noqa: ANN401
    found: list[Any] = []
    for inner in layer.layers:
        found.extend(_flatten(inner) if isinstance(inner, keras.Model) else [inner])
    return found


def _build(model: keras.Model, sample: np.ndarray) -> None:
    """Give a model that has not seen data its weights, by showing it some."""
    # A subclass may call itself built, after `build` or without one, and parts of it have no weights yet.
    if not model.built or not model.weights or not isinstance(model, keras.Sequential | keras.src.models.Functional):
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


def _penalty(model: keras.Model, inputs: np.ndarray) -> float:
    """Return what regularisers add to the loss on these inputs."""
    model(inputs, training=True)
    return float(sum(float(keras.ops.convert_to_numpy(part)) for part in model.losses))


def _hide_counts(model: keras.Model) -> None:
    """Make `count_params` of a model and of its layers raise, for a question that asks to count by hand."""

    def refuse() -> None:
        message = "count_params is not to be called here: count from the shapes of the weights"
        raise TypeError(message)

    parts = [model]
    for part in parts:
        part.count_params = refuse
        parts += getattr(part, "layers", [])


def _fit(model: keras.Model, inputs: np.ndarray, labels: np.ndarray, schedule: dict[str, Any]) -> dict[str, Any]:
    """Train; ``schedule`` holds `epochs`, `batch_size`, perhaps `validation` (a pair of arrays) and `callbacks`.

    Returns the history's values and, as `rates`, the learning rate that each epoch ended with.
    """
    validation = schedule.get("validation")
    rates: list[float | None] = []
    watch = keras.callbacks.LambdaCallback(on_epoch_end=lambda _epoch, _logs: rates.append(_rate(model.optimizer)))
    history = model.fit(
        inputs,
        labels,
        epochs=schedule["epochs"],
        batch_size=schedule["batch_size"],
        validation_data=None if validation is None else tuple(validation),
        # Ours comes first: a callback of a student's may change the rate when an epoch ends.
        callbacks=[watch, *schedule.get("callbacks", ())],
        verbose=0,
    )
    return history_values(history) | {"rates": rates}


def _run_eagerly() -> None:
    """Let every model here run step by step: for a few batches tracing would take longer than it saves."""
    tf.config.run_functions_eagerly(True)


def _settle(model: keras.Model, inputs: np.ndarray) -> None:
    """Replace the moving averages of batch normalisation by averages over these inputs; nothing else changes."""
    found = [layer for layer in _flatten(model) if isinstance(layer, keras.layers.BatchNormalization)]
    usual = [layer.momentum for layer in found]
    for number, start in enumerate(range(0, len(inputs), _BATCH) if found else ()):
        for layer in found:
            layer.momentum = number / (number + 1)
        model(inputs[start : start + _BATCH], training=True)
    for layer, momentum in zip(found, usual, strict=True):
        layer.momentum = momentum


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
    "builder": _builder,
    "built": _built,
    "delete_file": _delete_file,
    "describe": _describe,
    "export": _export,
    "fit": _fit,
    "function": _function,
    "generator": _generator,
    "hide_counts": _hide_counts,
    "history": _history,
    "list_files": _list_files,
    "load_weights": _load_weights,
    "loss": _loss,
    "make": _make,
    "metrics": _metrics,
    "optimizer": _describe_optimizer,
    "optimizer_path": _optimizer_path,
    "penalty": _penalty,
    "predict": _predict,
    "read_file": _read_file,
    "run_eagerly": _run_eagerly,
    "save_weights": _save_weights,
    "sequential": _sequential,
    "set_weights": _set_weights,
    "sized_builder": _sized_builder,
    "settle": _settle,
    "weights": _weights,
    "write_file": _write_file,
}
