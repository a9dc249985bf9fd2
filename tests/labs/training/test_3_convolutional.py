"""fully_convolutional: the outputs of networks of ours, on their own size and on each window of larger images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.architecture import ModelData
from autograder.bench import Bench
from autograder.network import random_weights
from autograder.student import RemoteModel, Student
from autograder.suite import check, question
from shared.assertions import FLOAT32, expect_array, expect_equal, fail
from shared.text import Text

WHOLE = "fully_convolutional(model)"
Layers = list[tuple[str, dict[str, Any]]]


def conv(filters: int, side: Any, **more: Any) -> tuple[str, dict[str, Any]]:
    """Return a convolution without padding."""
    return "Conv2D", {"filters": filters, "kernel_size": side, "activation": "relu", **more}


def dense(units: int, activation: str, **more: Any) -> tuple[str, dict[str, Any]]:
    """Return a dense layer."""
    return "Dense", {"units": units, "activation": activation, **more}


@dataclass(frozen=True)
class Stack:
    """A network of ours: its layers, the size of its images, and how far apart neighbouring windows are."""

    name: str
    layers: Layers
    size: tuple[int, int]
    step: int


STACKS = (
    Stack(
        "small",
        [conv(4, 3), ("MaxPooling2D", {"pool_size": 2}), ("Flatten", {}), dense(6, "relu"), dense(10, "softmax")],
        (10, 10),
        2,
    ),
    Stack(
        "rectangle",
        [
            conv(3, (2, 3)),
            ("Flatten", {}),
            dense(8, "tanh"),
            dense(5, "linear"),
            ("ReLU", {}),
            dense(10, "linear"),
            ("Softmax", {}),
        ],
        (6, 9),
        1,
    ),
    Stack(
        "regularised",
        [
            conv(4, 3, activation=None, strides=2),
            ("BatchNormalization", {}),
            ("ReLU", {}),
            ("AveragePooling2D", {"pool_size": 2}),
            ("Dropout", {"rate": 0.3}),
            ("Flatten", {}),
            dense(7, "sigmoid"),
            ("Dropout", {"rate": 0.5}),
            dense(10, "softmax"),
        ],
        (11, 15),
        4,
    ),
)


def data_of(bench: Bench, stack: Stack) -> ModelData:
    """Return a network of ours as data, with random weights, variances positive."""
    head: Layers = [("Input", {"shape": (*stack.size, 3)})]
    # Names of our own: those that Keras counts up might be taken again by the student's new layers.
    layers = [(kind, {**options, "name": f"ours_{place}"}) for place, (kind, options) in enumerate(stack.layers)]
    data = bench.toy([*head, *layers], optimizer="sgd", loss="sparse_categorical_crossentropy")
    weights = [np.abs(array) if array.ndim == 1 else array for array in random_weights(data.weights, 6)]
    return ModelData(data.architecture, weights, data.compiling)


def larger_images(stack: Stack) -> np.ndarray:
    """Return two images that hold a map of three by four windows, float32 in [0, 1]."""
    height, width = (side + stack.step * more for side, more in zip(stack.size, (2, 3), strict=True))
    return np.random.default_rng(9).random((2, height, width, 3), dtype=np.float32)


def windows(stack: Stack, images: np.ndarray) -> np.ndarray:
    """Cut out all windows of the original size: float32 (n * rows * columns, height, width, 3)."""
    view = np.lib.stride_tricks.sliding_window_view(images, stack.size, axis=(1, 2))[:, :: stack.step, :: stack.step]
    return view.transpose(0, 1, 2, 4, 5, 3).reshape(-1, *stack.size, 3)


def right_map(bench: Bench, stack: Stack) -> np.ndarray:
    """Return what the network gives on each window of the larger images: (2, 3, 4, 10)."""

    def compute() -> np.ndarray:
        model = bench.workshop.make(data_of(bench, stack))
        found: np.ndarray = model.predict(windows(stack, larger_images(stack))).reshape(2, 3, 4, 10)
        return found

    return bench.remember(("map", stack.name), compute)


def converted(student: Student, bench: Bench, stack: Stack) -> tuple[RemoteModel, RemoteModel]:
    """Convert a network of ours once a question; return the new model and the old one."""

    def compute() -> tuple[RemoteModel, RemoteModel]:
        model = student.make(data_of(bench, stack))
        value = student.fully_convolutional(model)
        if not isinstance(value, RemoteModel):
            expect_equal(value, "keras.Model", call=WHOLE, what=Text("a Keras model", "un modèle Keras"))
        return value, model

    return student.once(("converted", stack.name), compute)


KINDS = {
    "small": Text("one pooling, two dense layers", "un pooling, deux couches denses"),
    "rectangle": Text(
        "images of 6×9, three dense layers, activation layers", "images 6×9, trois couches denses, couches d'activation"
    ),
    "regularised": Text("stride, normalisation, dropout", "pas, normalisation, dropout"),
}


def expect_original(student: Student, bench: Bench, stack: Stack) -> None:
    """Expect the old outputs, as maps of one place, on images of the original size."""
    model, _ = converted(student, bench, stack)
    images = windows(stack, larger_images(stack))[:5]
    right = right_map(bench, stack).reshape(-1, 1, 1, 10)[:5]
    expect_array(
        model.predict(images),
        right,
        call=f"{WHOLE}(images), {KINDS[stack.name].en}",
        what=Text("(n, 1, 1, 10): the model's own outputs", "(n, 1, 1, 10) : les sorties mêmes du modèle"),
        mistakes=(
            (right[:, 0, 0], Text("the output is a map: (n, 1, 1, 10)", "la sortie est une carte : (n, 1, 1, 10)")),
        ),
        hint=Text(
            "The first dense layer becomes a convolution of the size of what Flatten takes, the next ones 1×1.",
            "La première couche dense devient une convolution de la taille de ce que prend Flatten, les suivantes 1×1.",
        ),
        **FLOAT32,
    )


def expect_map(student: Student, bench: Bench, stack: Stack) -> None:
    """Expect, on larger images, the outputs of each window at its place."""
    model, _ = converted(student, bench, stack)
    right = right_map(bench, stack)
    images = larger_images(stack)
    expect_array(
        model.predict(images),
        right,
        call=f"{WHOLE}(images {images.shape[1:]}), model on {(*stack.size, 3)}",
        what=Text("at each place the model's outputs on that window", "en chaque place, les sorties sur cette fenêtre"),
        mistakes=(
            (right.transpose(0, 2, 1, 3), Text("rows and columns are exchanged", "lignes et colonnes échangées")),
        ),
        hint=Text("softmax is over the ten channels of a place.", "softmax porte sur les dix canaux d'une place."),
        **FLOAT32,
    )


@question("fully_convolutional")
@check("original", en="The same outputs on the original size", fr="Mêmes sorties à la taille d'origine", weight=2)
def test_original(student: Student, bench: Bench) -> None:
    """On images of the model's own size the outputs are the model's."""
    expect_original(student, bench, STACKS[0])


@question("fully_convolutional")
@check(
    "larger", en="A map of outputs on larger images", fr="Une carte de sorties sur des images plus grandes", weight=3
)
def test_larger(student: Student, bench: Bench) -> None:
    """On larger images, not square, each place holds the outputs of its window."""
    expect_map(student, bench, STACKS[0])


@question("fully_convolutional")
@check("rectangle", en="Images that are not square, more layers", fr="Images non carrées, plus de couches", weight=2)
def test_rectangle(student: Student, bench: Bench) -> None:
    """A network on 6×9 images with three dense layers, two of them with an activation layer of its own."""
    expect_original(student, bench, STACKS[1])
    expect_map(student, bench, STACKS[1])


@question("fully_convolutional")
@check("regularised", en="Strides, normalisation, dropout", fr="Pas, normalisation, dropout", weight=2)
def test_regularised(student: Student, bench: Bench) -> None:
    """A network with a strided convolution, batch normalisation, dropout."""
    expect_original(student, bench, STACKS[2])
    expect_map(student, bench, STACKS[2])


@question("fully_convolutional")
@check("unchanged", en="Leaves the model as it is", fr="Laisse le modèle tel quel")
def test_unchanged(student: Student, bench: Bench) -> None:
    """The given model gives the same outputs as before."""
    stack = STACKS[0]
    _, model = converted(student, bench, stack)
    images = windows(stack, larger_images(stack))[:5]
    outputs = model.predict(images)
    if np.shape(outputs) != (5, 10):
        fail(Text(f"{WHOLE} changed the model it was given", f"{WHOLE} a modifié le modèle reçu"))
    expect_array(
        outputs,
        right_map(bench, stack).reshape(-1, 10)[:5],
        call=f"model(images) after {WHOLE}",
        what=Text("the outputs that it gave before", "les sorties d'avant l'appel"),
        **FLOAT32,
    )
