"""Assertions on Keras models for the public checks: total, shapes of the weights, what comes out, how it is compiled.

They look at what a model does, so a subclass of ``keras.Model``, any names and any kind of metric are right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from shared.assertions import FLOAT32, expect_array, expect_equal, expect_shape, fail
from shared.text import Text
from shared.values import Array

__all__ = ["expect_classifier", "expect_model", "expect_parameters", "expect_weights"]


def expect_model(value: Any, call: str, images: Array) -> Any:
    """Expect a Keras model, and run it once so that its weights exist.

    Args:
        value: What the student's function returned.
        call: The call as the student would write it.
        images: A few inputs, with the batch's axis first.

    Returns:
        The model.

    Raises:
        Mismatch: When it is something else.
    """
    if not isinstance(value, keras.Model):
        what = Text("a Keras model; the function returns it", "un modèle Keras, que la fonction renvoie")
        expect_equal(type(value).__name__, "Model", call=f"type({call})", what=what)
    value(images)
    return value


def expect_parameters(model: Any, call: str, total: int, mistakes: Sequence[tuple[int, Text]] = ()) -> None:
    """Expect a model to have so many parameters; known wrong totals name their mistake.

    Raises:
        Mismatch: When it has another number.
    """
    expect_equal(
        model.count_params(),
        total,
        call=f"{call}.count_params()",
        what=Text("the total of the handout's table", "le total du tableau de l'énoncé"),
        hint=Text(
            "Print the model's summary() and compare it with the table, row by row.",
            "Affichez summary() du modèle et comparez avec le tableau, ligne par ligne.",
        ),
        mistakes=mistakes,
    )


def expect_weights(model: Any, call: str, shapes: Sequence[tuple[int, ...]]) -> None:
    """Expect a model's weights to have these shapes, in any order.

    Raises:
        Mismatch: When a shape is missing or is there too often.
    """
    expect_equal(
        sorted(tuple(weights.shape) for weights in model.weights),
        sorted(shapes),
        call=f"sorted(tuple(w.shape) for w in {call}.weights)",
        what=Text("a kernel and a bias a layer", "un noyau et un biais par couche"),
        hint=Text(
            "A kernel's shape is (height, width, channels in, filters).",
            "La forme d'un noyau est (hauteur, largeur, canaux d'entrée, filtres).",
        ),
    )


def expect_classifier(model: Any, call: str, images: Array, labels: Array) -> None:
    """Expect probabilities, and a model compiled with a cross-entropy that fits the labels and with an accuracy.

    Args:
        model: The model.
        call: The call that made it.
        images: A few inputs, with the batch's axis first.
        labels: Their labels, one-hot (n, classes) or integers (n,), as the lab has them.

    Raises:
        Mismatch: At the first that is wrong.
    """
    probabilities = model.predict(images, verbose=0)
    classes = labels.argmax(axis=1) if labels.ndim > 1 else labels
    expect_shape(probabilities, (len(images), None), call=f"{call}.predict(X)")
    expect_array(
        probabilities.sum(axis=1),
        np.ones(len(images)),
        call=f"{call}.predict(X).sum(axis=1)",
        what=Text("probabilities, which add up to 1", "des probabilités, de somme 1"),
        **FLOAT32,
    )
    if model.optimizer is None:
        fail(Text(f"{call} is not compiled", f"{call} n'est pas compilé"))
    measured = model.evaluate(images, labels, verbose=0, return_dict=True)
    expect_array(
        measured["loss"],
        -np.log(probabilities[np.arange(len(images)), classes]).mean(),
        call=f"{call}.evaluate(X, y, return_dict=True)['loss']",
        what=Text("the categorical cross-entropy", "l'entropie croisée catégorielle"),
        **FLOAT32,
    )
    if not any("acc" in name for name in measured):
        fail(Text(f"{call} is compiled without an accuracy", f"{call} est compilé sans métrique d'exactitude"))
