"""The same network written in another way, as one form: what trains alike is then trained once for a whole class.

A chain of layers is a chain whether it is a `Sequential` model or a functional one, an activation is the same in a layer
of its own, and a loss the same by name or as an object.  Only what Keras computes in the same way is brought together;
everything else stays as it is.
"""

from __future__ import annotations

import json
from typing import Any

from autograder.architecture import ModelData

__all__ = ["canonical"]

_WITH_ACTIVATION = frozenset(("Dense", "Conv1D", "Conv2D", "DepthwiseConv2D", "SeparableConv2D", "Conv2DTranspose"))
# What layers that are nothing but an activation are called in another layer's argument, with all their options.
_ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "ReLU": ("relu", {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}),
    "Softmax": ("softmax", {"axis": -1}),
}
_LOSSES: dict[str, tuple[str, dict[str, Any]]] = {
    "CategoricalCrossentropy": (
        "categorical_crossentropy",
        {"reduction": "sum_over_batch_size", "from_logits": False, "label_smoothing": 0.0, "axis": -1},
    ),
    "SparseCategoricalCrossentropy": (
        "sparse_categorical_crossentropy",
        {"reduction": "sum_over_batch_size", "from_logits": False, "ignore_class": None},
    ),
}
# Which accuracy Keras takes for the word where the loss is this one.
_ACCURACIES = {
    "categorical_crossentropy": ("CategoricalAccuracy", "categorical_accuracy"),
    "sparse_categorical_crossentropy": ("SparseCategoricalAccuracy", "sparse_categorical_accuracy"),
}


def canonical(model: ModelData) -> ModelData:
    """Return the form that is trained in the place of a model that can be rebuilt; the weights are left out."""
    try:
        architecture = _architecture(json.loads(model.architecture or "null"))
        compiling = None if model.compiling is None else _compiling(model.compiling)
    except (AttributeError, LookupError, TypeError, ValueError):
        return model  # A configuration of a form that Keras does not write is its own.
    return ModelData(json.dumps(architecture), compiling=compiling)


def _architecture(document: dict[str, Any]) -> dict[str, Any]:
    config = document["config"]
    chain = _chain(document["class_name"], config)
    if chain is None or config.get("trainable", True) is not True:
        return document
    layers: list[dict[str, Any]] = []
    for layer in chain:
        activation = _activation(layer)
        if activation is not None and layers and _takes_activation(layers[-1], layer):
            layers[-1]["config"]["activation"] = activation
        else:
            kept = {key: layer[key] for key in ("module", "class_name", "registered_name")}
            layers.append(kept | {"config": dict(layer["config"])})
    whole = {"module": "keras", "class_name": "Sequential", "registered_name": None}
    return whole | {"config": {"name": "sequential", "layers": layers}}


def _chain(kind: str, config: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Return the layers in the order in which they compute; None where they are no chain from an input."""
    layers: list[dict[str, Any]] = config["layers"]
    if layers[0]["class_name"] != "InputLayer":
        return None
    if kind == "Sequential":
        return layers
    if kind != "Functional" or config["input_layers"] != [layers[0]["name"], 0, 0] or layers[0]["inbound_nodes"]:
        return None
    source = layers[0]["name"]
    for layer in layers[1:]:
        ((node),) = layer["inbound_nodes"]
        (tensor,) = node["args"]
        # A layer that was told how to behave in training is not the one that a chain would have.
        if tensor["config"]["keras_history"] != [source, 0, 0] or any(node["kwargs"].values()):
            return None
        source = layer["name"]
    return layers if config["output_layers"] == [source, 0, 0] else None


def _activation(layer: dict[str, Any]) -> str | None:
    """Return what a layer that is nothing but an activation is called as an argument."""
    kind, config = layer["class_name"], layer["config"]
    if kind == "Activation" and isinstance(config["activation"], str):
        return str(config["activation"])
    return _name(kind, config, _ACTIVATIONS)


def _takes_activation(layer: dict[str, Any], activation: dict[str, Any]) -> bool:
    config = layer["config"]
    return (
        layer["class_name"] in _WITH_ACTIVATION
        and config["activation"] == "linear"
        and config.get("activity_regularizer") is None  # It looks at what the layer gives.
        and config["dtype"] == activation["config"]["dtype"]
    )


def _compiling(compiling: dict[str, Any]) -> dict[str, Any]:
    loss = compiling["loss"]
    if isinstance(loss, dict):
        loss = _name(loss["class_name"], loss["config"], _LOSSES) or loss
    found = compiling | {"loss": loss, "metrics": _metrics(compiling["metrics"], loss), "run_eagerly": False}
    optimizer = compiling["optimizer"]
    if isinstance(optimizer, dict):
        # The second optimizer of a process has another name than the first, and is the same.
        config = {key: value for key, value in optimizer["config"].items() if key != "name"}
        found["optimizer"] = optimizer | {"config": config}
    return found


def _name(kind: str, config: dict[str, Any], known: dict[str, tuple[str, dict[str, Any]]]) -> str | None:
    """Return the plain name of an object that has no option of its own."""
    if kind not in known:
        return None
    name, options = known[kind]
    return name if all(config[key] == value for key, value in options.items()) else None


def _metrics(metrics: Any, loss: Any) -> Any:  # noqa: ANN401
    if not isinstance(metrics, list) or len(metrics) != 1:
        return metrics
    (metric,) = metrics
    kind = metric["class_name"] if isinstance(metric, dict) else metric
    return ["accuracy"] if kind in ("accuracy", "acc", *_ACCURACIES.get(str(loss), ())) else metrics
