"""Which models are rebuilt from data, and which count as the same architecture."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.architecture import ModelData, fingerprint, is_rebuildable

Change = Callable[[dict[str, Any]], Any]


def layer(kind: str, name: str, module: str = "keras.layers", **config: Any) -> dict[str, Any]:
    """Return a layer as Keras writes it."""
    return {"module": module, "class_name": kind, "config": {"name": name, **config}, "registered_name": None}


def part(module: str, kind: str, **config: Any) -> dict[str, Any]:
    """Return another object as Keras writes it."""
    return {"module": module, "class_name": kind, "config": config, "registered_name": None}


def model() -> dict[str, Any]:
    """Return the configuration of a small network."""
    layers = [
        layer("InputLayer", "input_layer", batch_shape=[None, 1, 28, 28]),
        layer("Conv2D", "conv2d_4", filters=8, kernel_size=[3, 3], activation="relu"),
        layer("Dense", "dense", units=10, kernel_initializer=part("keras.initializers", "GlorotUniform", seed=None)),
        layer("Activation", "relu", activation="relu"),
    ]
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "sequential", "layers": layers},
        "registered_name": None,
        "build_config": {"input_shape": [None, 1, 28, 28]},
    }


def compiled() -> dict[str, Any]:
    """Return a compile configuration."""
    return {"optimizer": part("keras.optimizers", "Adam", learning_rate=0.001), "loss": "mse", "metrics": ["accuracy"]}


def data(document: Any, **fields: Any) -> ModelData:
    """Return a configuration as model data."""
    return ModelData(json.dumps(document), **fields)


def changed(change: Change) -> dict[str, Any]:
    """Return the small network after a change."""
    document = copy.deepcopy(model())
    change(document)
    return document


def layers_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the layers of a configuration."""
    found: list[dict[str, Any]] = document["config"]["layers"]
    return found


def test_a_model_of_keras_own_layers_is_rebuilt() -> None:
    """Layers, initialisers and optimizers of Keras's own are harmless."""
    assert is_rebuildable(data(model(), compiling=compiled(), weights=[np.zeros((3, 3, 1, 8), np.float32)]))


REFUSED: dict[str, Change] = {
    "lambda": lambda d: layers_of(d).append(layer("Lambda", "l", function={"class_name": "__lambda__", "config": {}})),
    "lambda_marker": lambda d: layers_of(d)[2]["config"].update(
        f={"class_name": "__lambda__", "config": {"value": ""}}
    ),
    "custom_class": lambda d: layers_of(d).append(layer("Mine", "m", module="mnist")),
    "registered": lambda d: layers_of(d)[2].update(registered_name="package>Dense"),
    "os_system": lambda d: layers_of(d).append(layer("system", "s", module="os")),
    "unlisted_layer": lambda d: layers_of(d).append(layer("TFSMLayer", "t", filepath="/etc")),
    "wrapped": lambda d: layers_of(d).append(layer("TimeDistributed", "t", layer=layer("Dense", "d", units=1))),
    "dunder": lambda d: layers_of(d).append(layer("__import__", "i")),
    "class_no_text": lambda d: layers_of(d)[2].update(class_name=["Dense"]),
    "initializer_path": lambda d: layers_of(d)[2]["config"].update(k=part("keras.initializers", "a.b")),
    "foreign_loss": lambda d: d.update(loss=part("keras.utils", "get_file")),
    "million_units": lambda d: layers_of(d)[2]["config"].update(units=10**12),
    "negative_million": lambda d: layers_of(d)[2]["config"].update(units=-(10**12)),
    "float_units": lambda d: layers_of(d)[2]["config"].update(units=1e30),
    "many_layers": lambda d: layers_of(d).extend([layer("Dense", "d", units=1)] * 100_000),
    "not_a_model": lambda d: d.update(class_name="Dense"),
    "mark_with_module": lambda d: layers_of(d)[2].update(class_name="__tuple__"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_keras_own_stays_where_it_is(name: str) -> None:
    """Code, foreign classes and sizes that no network needs are not rebuilt."""
    assert not is_rebuildable(data(changed(REFUSED[name])))


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{",
        "[]",
        "null",
        "3",
        '"Sequential"',
        "[" * 100_000,
        " " * 2**20 + "{}",
        json.dumps({"class_name": [1]}),
    ],
    ids=range(10),
)
def test_what_is_no_configuration_is_not_rebuilt(text: str | None) -> None:
    """Any text at all may come from a student process."""
    assert not is_rebuildable(ModelData(text))


def test_deep_configurations_are_not_rebuilt() -> None:
    """Nesting that the parser takes and a person does not write is refused."""
    deep: Any = 1
    for _ in range(200):
        deep = [deep]

    assert not is_rebuildable(data(changed(lambda d: layers_of(d)[2]["config"].update(deep=deep))))


def test_too_many_weights_are_not_rebuilt() -> None:
    """Twenty million parameters are enough for a lab."""
    assert not is_rebuildable(data(model(), weights=[np.zeros(20_000_001, np.int8)]))


def test_a_foreign_optimizer_is_not_rebuilt() -> None:
    """The compile configuration is looked at as closely as the layers."""
    bad = compiled() | {"optimizer": part("mnist", "Adam")}

    assert not is_rebuildable(data(model(), compiling=bad))


def test_renamed_models_are_the_same() -> None:
    """Names of layers and models, and their weights, make no difference; nor does what repeats the layers."""

    def rename(document: dict[str, Any]) -> None:
        document["config"]["name"] = "my_network"
        document.pop("build_config")
        for number, found in enumerate(layers_of(document)):
            found["config"]["name"] = f"mine_{number}"

    other = data(changed(rename), weights=[np.ones(3, np.float32)], compiling=compiled())

    assert fingerprint(other) == fingerprint(data(model(), compiling=compiled()))


DIFFERENT: dict[str, Change] = {
    "activation": lambda d: layers_of(d)[1]["config"].update(activation="tanh"),
    # The last layer is called like its own activation: only its name may be replaced.
    "activation_of_a_layer_named_so": lambda d: layers_of(d)[3]["config"].update(activation="tanh"),
    "units": lambda d: layers_of(d)[2]["config"].update(units=11),
    "order": lambda d: layers_of(d).insert(0, layers_of(d).pop()),
    "layer_left_out": lambda d: layers_of(d).pop(),
    "layer_kind": lambda d: layers_of(d)[2].update(class_name="Conv1D"),
    "seed": lambda d: layers_of(d)[2]["config"]["kernel_initializer"]["config"].update(seed=1),
    "initializer": lambda d: layers_of(d)[2]["config"]["kernel_initializer"].update(class_name="HeNormal"),
    "dtype": lambda d: layers_of(d)[2]["config"].update(dtype="float16"),
    "trainable": lambda d: layers_of(d)[2]["config"].update(trainable=False),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_any_real_change_is_another_architecture(name: str) -> None:
    """What changes a training changes the hash under which the training is remembered."""
    assert fingerprint(data(changed(DIFFERENT[name]))) != fingerprint(data(model()))


def test_precision_is_part_of_the_architecture() -> None:
    """A policy for all layers has a name of its own, which is not taken for a layer's."""

    def in_precision(name: str) -> Change:
        def change(document: dict[str, Any]) -> None:
            for found in layers_of(document):
                found["config"]["dtype"] = part("keras", "DTypePolicy", name=name)

        return change

    prints = {fingerprint(data(changed(in_precision(name)))) for name in ("float32", "float64", "mixed_float16")}

    assert len(prints) == 3


def test_compile_options_are_part_of_the_architecture() -> None:
    """Another optimizer, rate, loss or metric is another training."""
    others = [
        None,
        compiled() | {"loss": "mae"},
        compiled() | {"metrics": []},
        compiled() | {"optimizer": part("keras.optimizers", "SGD", learning_rate=0.001)},
        compiled() | {"optimizer": part("keras.optimizers", "Adam", learning_rate=0.01)},
    ]
    prints = [fingerprint(data(model(), compiling=options)) for options in (compiled(), *others)]

    assert len(set(prints)) == len(prints)


def test_shared_names_keep_a_graph_apart() -> None:
    """In a functional model the connections are told by names: another wiring is another architecture."""

    def graph(source: str) -> dict[str, Any]:
        nodes = [layer("InputLayer", "in"), layer("Dense", "a", units=4), layer("Dense", "b", units=4)]
        history = {"class_name": "__keras_tensor__", "config": {"keras_history": [source, 0, 0]}}
        add = layer("Add", "add") | {"inbound_nodes": [{"args": [[history]]}]}
        return {"module": "keras", "class_name": "Functional", "config": {"name": "f", "layers": [*nodes, add]}}

    assert fingerprint(data(graph("a"))) != fingerprint(data(graph("b")))
