"""What the checks of this lab share: calls in words, errors and inputs looked at, small models of ours."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import numpy as np

from autograder.architecture import ModelData
from autograder.bench import Bench
from autograder.calls import expect_kept, expect_refused
from autograder.classifiers import Candidate, Network
from autograder.network import Plan
from autograder.process import Raised
from autograder.student import RemoteModel, Student
from shared.assertions import FLOAT32, expect_array, expect_equal, expect_shape, fail
from shared.text import Text

LAYERS = list[tuple[str, dict[str, Any]]]
SHORTEST = 8


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a function of arrays: required arguments by position, optional ones by keyword."""

    name: str
    args: tuple[np.ndarray, ...]
    options: dict[str, Any]

    @property
    def words(self) -> str:
        """The call as a student would write it; larger arrays by their shapes."""
        parts = [_shown(value) for value in self.args]
        return f"{self.name}({', '.join([*parts, *(f'{key}={_shown(v)}' for key, v in self.options.items())])})"


def calling(name: str, *args: np.ndarray, **options: Any) -> Call:
    """Return a call."""
    return Call(name, args, options)


def _shown(value: Any) -> str:
    if not isinstance(value, np.ndarray):
        return repr(value)
    if value.ndim == 1 and value.size <= SHORTEST:
        return "[" + ", ".join(f"{number:.4g}" for number in value) + "]"
    return "<" + "×".join(str(side) for side in value.shape) + ">"


def expect_values(
    student: Student,
    call: Call,
    right: np.ndarray,
    *,
    what: Text | None = None,
    mistakes: tuple[tuple[Any, Text], ...] = (),
    hint: Text | None = None,
) -> None:
    """Expect a function of arrays to give these values, in any type of number."""
    got = student.call(call.name, *call.args, **call.options).value
    expect_array(got, right, call=call.words, what=what, mistakes=mistakes, hint=hint, **FLOAT32)


def expect_call_refused(student: Student, call: Call, because: Text) -> None:
    """Expect a call to raise ValueError, or an error derived from it."""
    expect_refused(lambda: student.call(call.name, *call.args, **call.options).value, call=call.words, because=because)


def expect_inputs_kept(student: Student, call: Call, names: tuple[str, ...]) -> None:
    """Expect that no array given was changed in place."""
    expect_kept(student.call(call.name, *call.args, **call.options).changed, call.words, names)


@dataclass(frozen=True, slots=True)
class Built(Network):
    """A network that is known by its outputs only, for the expectations on how it was compiled."""

    shown: str = ""

    @property
    def call(self) -> str:
        """The call as a student writes it."""
        return self.shown


def as_candidate(bench: Bench, model: RemoteModel, call: str, classes: int) -> Candidate:
    """Make a built model ready for the expectations on its loss and its metrics."""
    network = Built(
        call.split("(", maxsplit=1)[0], (28, 28, 1), Plan(()), ((1, classes),), (), labels="integer", shown=call
    )
    return Candidate(network, bench, model, ModelData(None), None, model.describe())


def expect_classifier(value: object, images: np.ndarray, call: str) -> RemoteModel:
    """Expect a Keras model that takes such images, and give it its weights."""
    if not isinstance(value, RemoteModel):
        expect_equal(value, "keras.Model", call=call, what=Text("a Keras model", "un modèle Keras"))
    model = cast("RemoteModel", value)
    try:
        model.build(images)
    except Raised as error:
        cause = f"\n{error.type_name}: {error.message.strip().splitlines()[0][:200] if error.message else ''}"
        shape = (None, *images.shape[1:])
        fail(
            Text(f"{call} cannot take images {shape}", f"{call} ne peut pas prendre des images {shape}")
            + Text.same(cause)
        )
    return model


def probabilities(model: RemoteModel, images: np.ndarray, classes: int, call: str) -> np.ndarray:
    """Return a model's outputs (n, classes), expected to be probabilities."""
    outputs = model.predict(images)
    words = Text("one probability a class", "une probabilité par classe")
    expect_shape(outputs, (len(images), classes), call=f"{call}.predict(X), X of {len(images)} images", what=words)
    found = np.asarray(outputs, np.float64)
    hint = Text('The last layer has activation="softmax".', 'La dernière couche a activation="softmax".')
    sums, adding = f"{call}.predict(X).sum(axis=1)", Text("probabilities add up to 1", "probabilités de somme 1")
    expect_array(found.sum(axis=1), np.ones(len(images)), call=sums, what=adding, hint=hint, **FLOAT32)
    if found.min() < 0:
        fail(Text(f"{call}: some outputs are negative", f"{call} : des sorties sont négatives"), hint)
    return found


def with_weights(data: ModelData, weights: list[np.ndarray]) -> ModelData:
    """Return a model with other weights."""
    return ModelData(data.architecture, [array.astype(np.float32) for array in weights], data.compiling)


def as_functional(data: ModelData) -> ModelData:
    """Return the same network written with the functional API."""
    layers = json.loads(data.architecture or "{}")["config"]["layers"]
    for layer in layers:
        layer |= {"name": layer["config"]["name"], "inbound_nodes": []}
    for before, layer in pairwise(layers):
        history = {"shape": [None], "dtype": "float32", "keras_history": [before["name"], 0, 0]}
        tensor = {"class_name": "__keras_tensor__", "config": history}
        layer["inbound_nodes"] = [{"args": [tensor], "kwargs": {}}]
    ends = {"input_layers": [layers[0]["name"], 0, 0], "output_layers": [layers[-1]["name"], 0, 0]}
    document = {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": {"name": "functional_network", "trainable": True, "layers": layers, **ends},
        "registered_name": "Functional",
    }
    return ModelData(json.dumps(document), data.weights, data.compiling)
