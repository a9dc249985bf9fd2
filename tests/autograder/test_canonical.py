"""Networks that compute and learn alike have one canonical form; any other difference keeps them apart."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from autograder.architecture import ModelData, fingerprint, is_rebuildable
from autograder.bench import Bench
from autograder.canonical import canonical
from autograder.model import Submission

SHAPE = (8, 8, 1)
FORMS = f"""
import keras
from keras import layers as L

ACCURACY = keras.metrics.SparseCategoricalAccuracy(name="hits")


def finish(model, optimizer="adam", loss="sparse_categorical_crossentropy", metrics=("accuracy",), **more):
    model.compile(optimizer, loss, metrics=list(metrics), **more)
    return model


def stack(*layers, **more):
    return finish(keras.Sequential([keras.Input({SHAPE}), *layers]), **more)


def chain(*layers, **more):
    x = inputs = keras.Input({SHAPE}, name="images")
    for layer in layers:
        x = layer(x)
    return finish(keras.Model(inputs, x, name="mine"), **more)


def fused():
    return (L.Conv2D(4, 3, activation="relu"), L.BatchNormalization(), L.Dropout(0.2), L.Flatten(),
            L.Dense(5, activation="softmax"))


def apart():
    return (L.Conv2D(4, 3), L.ReLU(), L.BatchNormalization(), L.Dropout(0.2, name="rest"), L.Flatten(), L.Dense(5),
            L.Activation(keras.activations.softmax))


def sequential(): return stack(*fused())
def functional(): return chain(*fused())
def layer_each(): return chain(*apart())
def softmax_layer(): return stack(L.Conv2D(4, 3, activation="relu"), *fused()[1:4], L.Dense(5), L.Softmax())
def second_optimizer(): return keras.optimizers.Adam(0.5) and stack(*fused(), optimizer=keras.optimizers.Adam())
def loss_object(): return stack(*fused(), loss=keras.losses.SparseCategoricalCrossentropy())
def metric_object(): return stack(*fused(), metrics=[ACCURACY])
def metric_by_its_long_name(): return stack(*fused(), metrics=["sparse_categorical_accuracy"])
def step_by_step(): return stack(*fused(), metrics=["acc"], run_eagerly=True)


def without_input():
    model = finish(keras.Sequential(list(fused())))
    model.build((None, *{SHAPE}))
    return model


def from_logits():
    return stack(*fused(), loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
def leaky(): return stack(L.Conv2D(4, 3), L.ReLU(negative_slope=0.1), *fused()[1:])
def capped(): return stack(L.Conv2D(4, 3), L.ReLU(max_value=6), *fused()[1:])
def other_axis(): return stack(*fused()[:4], L.Dense(5), L.Reshape((5, 1)), L.Softmax(axis=1), L.Flatten())
def twice(): return stack(L.Conv2D(4, 3, activation="relu"), L.ReLU(), *fused()[1:])
def after_norm(): return stack(L.Conv2D(4, 3), L.BatchNormalization(), L.ReLU(), *fused()[2:])
def regularised(): return stack(L.Conv2D(4, 3, activity_regularizer="l2"), L.ReLU(), *fused()[1:])
def frozen():
    model = sequential()
    model.trainable = False
    return finish(model)
def frozen_layer(): return stack(L.Conv2D(4, 3, activation="relu", trainable=False), *fused()[1:])
def other_rate(): return stack(*fused(), optimizer=keras.optimizers.Adam(0.002))
def other_metric(): return stack(*fused(), metrics=["sparse_top_k_categorical_accuracy"])
def other_policy(): return stack(L.Conv2D(4, 3), L.ReLU(dtype="float16"), *fused()[1:])


def always_dropping():
    x = inputs = keras.Input({SHAPE})
    for layer in fused():
        x = layer(x, training=True) if isinstance(layer, L.Dropout) else layer(x)
    return finish(keras.Model(inputs, x))


def skipping():
    inputs = keras.Input({SHAPE})
    x = L.Conv2D(1, 3, padding="same")(inputs)
    return finish(keras.Model(inputs, L.Dense(5, activation="softmax")(L.Flatten()(L.Add()([x, inputs])))))


def early_end():
    inputs = keras.Input({SHAPE})
    x = L.Dense(5, activation="softmax")(L.Flatten()(inputs))
    return finish(keras.Model([inputs], x))
"""
SAME = (
    "functional layer_each softmax_layer second_optimizer loss_object metric_object metric_by_its_long_name step_by_step without_input"
).split()
OTHERS = (
    "from_logits leaky capped other_axis twice after_norm regularised frozen frozen_layer other_rate other_metric "
    "other_policy always_dropping skipping early_end"
).split()


@pytest.fixture(scope="module")
def forms(warm_bench: Bench) -> dict[str, ModelData]:
    """Every form as data, from a student's process."""
    warm_bench.take(Submission("amel.benali", "sha256:0", FORMS))
    found = {name: getattr(warm_bench.student, name)().export() for name in ("sequential", *SAME, *OTHERS)}
    warm_bench.take(Submission("nobody", "sha256:0", ""))
    return found


def key(model: ModelData) -> str:
    """Return what the training of a model is remembered by."""
    return fingerprint(canonical(model))


@pytest.mark.parametrize("name", SAME)
def test_what_learns_alike_is_trained_once(name: str, forms: dict[str, ModelData]) -> None:
    """Chains, activations of their own, losses and metrics as objects, another optimizer's name: one form."""
    assert key(forms[name]) == key(forms["sequential"])


def test_what_differs_is_kept_apart(forms: dict[str, ModelData]) -> None:
    """No two of these have one form, and none has that of the plain network."""
    keys = {name: key(forms[name]) for name in ("sequential", *OTHERS)}

    assert len(set(keys.values())) == len(keys)


@pytest.mark.parametrize("name", ["layer_each", "softmax_layer", "without_input", "capped"])
def test_the_form_computes_the_same(name: str, forms: dict[str, ModelData], warm_bench: Bench) -> None:
    """Built anew, a network and its form have the same weights, give the same outputs and take the same first steps."""
    images, labels = np.random.default_rng(3).random((6, *SHAPE), np.float32), np.arange(6) % 5
    plan = {"epochs": 1, "batch_size": 3, "validation": [images, labels]}
    found = []
    for model in (forms[name], canonical(forms[name])):
        assert is_rebuildable(model)
        built = warm_bench.workshop.verb(
            "make", model.architecture, None, (model.compiling or {}) | {"run_eagerly": True}
        )
        untrained = built.predict(images)
        built.ask("fit", images, labels, plan)
        found.append((untrained, built.predict(images)))

    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-3, atol=1e-4)


BROKEN: dict[str, Any] = {
    "null": None,
    "a list": [],
    "no config": {"class_name": "Sequential"},
    "no layers": {"class_name": "Sequential", "config": {"layers": []}},
    "a layer of nothing": {"class_name": "Functional", "config": {"layers": [{}], "input_layers": []}},
    "a number for layers": {"class_name": "Sequential", "config": {"layers": 3}},
}


@pytest.mark.parametrize("name", BROKEN)
def test_any_configuration_is_a_form(name: str) -> None:
    """What Keras would not write is its own form: it may come from anybody."""
    model = ModelData(json.dumps(BROKEN[name]), compiling={})

    assert canonical(model) is model
