"""What the checks of this lab share: models of ours as data, and how an error is expected."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograder.architecture import ModelData
from autograder.bench import Bench
from autograder.errors import ProcessEnded
from autograder.process import Raised
from autograder.student import NotAttempted, Student
from shared.assertions import Mismatch

# Name, class of `keras.layers`, arguments, and the names of the layers it takes its input from.
Node = tuple[str, str, dict[str, Any], tuple[str, ...]]


def graph(bench: Bench, nodes: Sequence[Node]) -> ModelData:
    """Return a functional model from the first node to the last, with weights drawn from a fixed seed.

    The nodes stand in an order in which each comes after its inputs.
    """
    key = ("graph", repr(nodes))
    return bench.remember(key, lambda: _with_random_weights(bench, ModelData(_configuration(nodes))))


def stack(bench: Bench, layers: Sequence[tuple[str, dict[str, Any]]], **compiling: Any) -> ModelData:
    """Return a Sequential model with weights drawn from a fixed seed: biases and moving statistics are not trivial."""
    key = ("stack", repr((layers, compiling)))
    return bench.remember(key, lambda: _with_random_weights(bench, bench.toy(list(layers), **compiling)))


def _with_random_weights(bench: Bench, model: ModelData) -> ModelData:
    rng = np.random.default_rng(21)
    shapes = [array.shape for array in bench.workshop.make(model).weights()]
    # Variances must be positive; for kernels and biases a positive mean keeps enough units alive.
    drawn = [rng.uniform(0.2, 1.2, shape) if len(shape) == 1 else rng.normal(0.05, 0.4, shape) for shape in shapes]
    return ModelData(model.architecture, [array.astype(np.float32) for array in drawn], model.compiling)


def _configuration(nodes: Sequence[Node]) -> str:
    """Write the JSON from which Keras makes a functional model."""
    layers = [
        {
            "module": "keras.layers",
            "class_name": kind,
            "config": {**arguments, "name": name},
            "registered_name": None,
            "name": name,
            "inbound_nodes": [_calling(kind, sources)] if sources else [],
        }
        for name, kind, arguments, sources in nodes
    ]
    ends = {"input_layers": [[nodes[0][0], 0, 0]], "output_layers": [[nodes[-1][0], 0, 0]]}
    config = {"name": "functional", "trainable": True, "layers": layers, **ends}
    return json.dumps(
        {
            "module": "keras.src.models.functional",
            "class_name": "Functional",
            "config": config,
            "registered_name": "Functional",
        }
    )


def _calling(kind: str, sources: tuple[str, ...]) -> dict[str, Any]:
    """Return how a layer is called on the outputs of others; those that merge take a list."""
    tensors: list[Any] = [
        {"class_name": "__keras_tensor__", "config": {"shape": [], "dtype": "float32", "keras_history": [source, 0, 0]}}
        for source in sources
    ]
    return {"args": [tensors] if kind in ("Add", "Concatenate") else tensors, "kwargs": {}}


def stand_in(student: Student, name: str, source: str, works: Callable[[], bool]) -> None:
    """Let a right function stand for one of the submission that does not work: only its own question may lose by it.

    Args:
        student: the submission.
        name: the function that others may call.
        source: a text that defines ``function``, which does what ``name`` should.
        works: tries the submission's own.
    """
    try:
        if works():
            return
    except (Raised, NotAttempted, Mismatch, ProcessEnded):
        pass  # What does not work is replaced, whatever is wrong with it.
    student.replace(name, student.function(source))
