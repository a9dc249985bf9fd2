"""layer_table, trainable_param_count, steps_per_epoch: what can be counted in a network and in its training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.architecture import ModelData
from autograder.bench import Bench
from autograder.calls import expect_refused
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import expect_equal, fail
from shared.text import Text

from .conftest import graph, stack

_CONV = {"filters": 6, "kernel_size": [3, 2], "activation": "relu"}
CHAIN: list[tuple[str, dict[str, Any]]] = [
    ("Input", {"shape": (12, 10, 3)}),
    ("Conv2D", {**_CONV, "name": "first"}),
    ("BatchNormalization", {"name": "norm"}),
    ("MaxPooling2D", {"name": "pool"}),
    ("Dropout", {"rate": 0.5, "name": "drop"}),
    ("Conv2D", {"filters": 4, "kernel_size": 3, "use_bias": False, "padding": "same", "name": "second"}),
    ("Flatten", {"name": "flat"}),
    ("Dense", {"units": 5, "activation": "softmax", "name": "out"}),
]
BRANCHES = [
    ("image", "InputLayer", {"batch_shape": [None, 9, 11, 2]}, ()),
    ("left", "Conv2D", {"filters": 5, "kernel_size": [3, 3], "padding": "same"}, ("image",)),
    ("right", "Conv2D", {"filters": 5, "kernel_size": [1, 1], "trainable": False}, ("image",)),
    ("norm", "BatchNormalization", {}, ("left",)),
    ("sum", "Add", {}, ("norm", "right")),
    ("mean", "GlobalAveragePooling2D", {}, ("sum",)),
    ("out", "Dense", {"units": 3}, ("mean",)),
]


def expected_rows(bench: Bench, data: ModelData) -> list[dict[str, Any]]:
    """Return the right table, without the input layer."""
    return bench.remember(("rows", data.architecture), lambda: _rows(bench.workshop.make(data).describe()))


def _rows(description: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": layer["name"],
            "kind": layer["kind"],
            "output_shape": tuple(layer["output_shape"][1:]),
            "params": sum(int(np.prod(shape)) for shape in layer["weights"]),
        }
        for layer in description["layers"]
        if layer["kind"] != "InputLayer"
    ]


def found_rows(student: Student, key: str, data: ModelData) -> list[dict[str, Any]]:
    """Return the student's table of one of our models without the input layer, once a question."""
    return student.once(("table", key), lambda: _table(student.layer_table(student.make(data))))


def _table(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list | tuple) or not all(isinstance(row, dict) for row in value):
        kinds = [type(row).__name__ for row in value[:3]] if isinstance(value, list | tuple) else ""
        fail(
            Text(
                f"layer_table(model) returned: {type(value).__name__} {kinds}\nexpected: a list of dicts",
                f"layer_table(model) a renvoyé : {type(value).__name__} {kinds}\nattendu : une liste de dictionnaires",
            )
        )
    return [row for row in value if row.get("kind") != "InputLayer"]


def models(bench: Bench) -> dict[str, ModelData]:
    """Return a Sequential and a functional model of ours."""
    return {"sequential": stack(bench, CHAIN), "functional": graph(bench, BRANCHES)}


def expect_column(student: Student, bench: Bench, column: str, mistakes: Callable[[dict[str, Any]], Any]) -> None:
    """Expect one key of every row; ``mistakes`` makes known wrong values from a right row."""
    for key, data in models(bench).items():
        right = expected_rows(bench, data)
        found = found_rows(student, key, data)
        for row, wanted in zip(found, right, strict=False):
            expect_equal(
                row.get(column),
                wanted[column],
                call=f"layer_table({key} model)[{wanted['name']!r}][{column!r}]",
                what=Text(f"of the layer {wanted['kind']}", f"de la couche {wanted['kind']}"),
                mistakes=mistakes(wanted),
            )


@question("layer_table")
@check("rows", en="One row a layer, in order", fr="Une ligne par couche, dans l'ordre", weight=2)
def test_rows(student: Student, bench: Bench) -> None:
    """The names are the layers', with or without the input layer's."""
    for key, data in models(bench).items():
        expect_equal(
            [row.get("name") for row in found_rows(student, key, data)],
            [row["name"] for row in expected_rows(bench, data)],
            call=f'[row["name"] for row in layer_table({key} model)]',
            what=Text("the layers of model.layers", "les couches de model.layers"),
        )


@question("layer_table")
@check("kind", en="The class of each layer", fr="La classe de chaque couche", weight=1)
def test_kind(student: Student, bench: Bench) -> None:
    """The kind is the name of the layer's class."""
    expect_column(student, bench, "kind", lambda _row: ())


@question("layer_table")
@check("shape", en="The shape of each output", fr="La forme de chaque sortie", weight=2)
def test_shape(student: Student, bench: Bench) -> None:
    """The shape of the output is there without the batch."""
    batch = Text("the first axis is the batch; leave it out", "le premier axe est celui du lot ; laissez-le de côté")
    expect_column(student, bench, "output_shape", lambda row: (((None, *row["output_shape"]), batch),))


@question("layer_table")
@check("params", en="The weights of each layer", fr="Les poids de chaque couche", weight=2)
def test_params(student: Student, bench: Bench) -> None:
    """All weights count, trained or not; a layer without any has 0."""
    half = Text("batch normalisation has weights that are not trained", "la normalisation a des poids non entraînés")
    expect_column(student, bench, "params", lambda row: ((row["params"] // 2, half),))


# -- trainable_param_count -----------------------------------------------------------------------------------------

FROZEN: list[tuple[str, dict[str, Any]]] = [
    ("Input", {"shape": (8, 9, 3)}),
    ("Conv2D", {"filters": 7, "kernel_size": [3, 2], "trainable": False}),
    ("BatchNormalization", {}),
    ("Flatten", {}),
    ("Dense", {"units": 4}),
]
PLAIN: list[tuple[str, dict[str, Any]]] = [
    ("Input", {"shape": (6, 7, 2)}),
    ("Conv2D", {"filters": 5, "kernel_size": [2, 3]}),
    ("Flatten", {}),
    ("Dense", {"units": 3, "use_bias": False}),
]


def counted(bench: Bench, layers: list[tuple[str, dict[str, Any]]]) -> tuple[ModelData, int, int]:
    """Return a model, how many of its weights are trained, and how many it has."""
    data = stack(bench, layers)
    description = bench.remember(("counted", repr(layers)), lambda: bench.workshop.make(data).describe())
    trained = total = 0
    for layer in description["layers"]:
        sizes = [int(np.prod(shape)) for shape in layer["weights"]]
        total += sum(sizes)
        if layer["trainable"]:
            trained += sum(sizes[:2] if layer["kind"] == "BatchNormalization" else sizes)
    return data, trained, total


def expect_count(student: Student, bench: Bench, layers: list[tuple[str, dict[str, Any]]], what: Text) -> None:
    """Expect the right count of one of our models."""
    data, trained, total = counted(bench, layers)
    expect_equal(
        student.trainable_param_count(student.make(data)),
        trained,
        call="trainable_param_count(model)",
        what=what,
        mistakes=((total, Text("all weights are counted", "tous les poids sont comptés")),) if total != trained else (),
        hint=Text(
            "model.trainable_weights holds what is trained.", "model.trainable_weights contient ce qui s'entraîne."
        ),
    )


@question("trainable_param_count")
@check("plain", en="Kernels and biases", fr="Noyaux et biais", weight=2)
def test_plain(student: Student, bench: Bench) -> None:
    """Where everything is trained all weights count, a bias only where there is one."""
    expect_count(student, bench, PLAIN, Text("convolution and dense layer", "convolution et couche dense"))


@question("trainable_param_count")
@check(
    "frozen", en="Frozen layers and moving averages do not count", fr="Ni couches gelées ni moyennes mobiles", weight=3
)
def test_frozen(student: Student, bench: Bench) -> None:
    """A frozen layer has none, and batch normalisation has two sets that training does not change."""
    expect_count(student, bench, FROZEN, Text("the convolution is frozen", "la convolution est gelée"))


@question("trainable_param_count")
@check("branches", en="Functional models", fr="Modèles fonctionnels")
def test_branches(student: Student, bench: Bench) -> None:
    """The count is right of a model with branches, of which one is frozen."""
    data = graph(bench, BRANCHES)
    right = 3 * 3 * 2 * 5 + 5 + 2 * 5 + 5 * 3 + 3

    expect_equal(
        student.trainable_param_count(student.make(data)),
        right,
        call="trainable_param_count(functional model)",
        what=Text("one branch is frozen", "une branche est gelée"),
    )


@question("trainable_param_count")
@check("by_hand", en="Counted by hand", fr="Compté à la main")
def test_by_hand(student: Student, bench: Bench) -> None:
    """The count does not come from Keras's own: it is right on a model whose count_params refuses."""
    data, trained, _total = counted(bench, PLAIN)
    model = student.make(data)
    model.ask("hide_counts")

    what = Text("the sum over the weights of the products of their sides", "la somme des produits des côtés des poids")
    expect_equal(student.trainable_param_count(model), trained, call="trainable_param_count(model)", what=what)


# -- steps_per_epoch -----------------------------------------------------------------------------------------------


@question("steps_per_epoch")
@check("values", en="The last batch may be short", fr="Le dernier lot peut être incomplet", weight=3)
def test_steps(student: Student) -> None:
    """The number of batches is rounded up, exactly."""
    for n, size in ((2000, 500), (2001, 500), (5000, 64), (7, 10), (1, 1), (10, 10)):
        expect_equal(
            student.steps_per_epoch(n, size),
            -(-n // size),
            call=f"steps_per_epoch({n}, {size})",
            what=Text("n_samples / batch_size, rounded up", "n_samples / batch_size, arrondi vers le haut"),
            mistakes=(
                (n // size, Text("the short batch at the end is missing", "il manque le lot incomplet à la fin")),
                (n // size + 1, Text("one too many where it fits exactly", "un de trop quand le compte est juste")),
                (n / size, Text("a number of steps is an integer", "un nombre de pas est entier")),
            ),
        )


@question("steps_per_epoch")
@check("errors", en="Errors unless both are positive", fr="Erreur si l'un n'est pas positif")
def test_errors(student: Student) -> None:
    """Zero and negative numbers are refused."""
    for n, size in ((0, 10), (10, 0), (-5, 10), (10, -5)):
        expect_refused(
            lambda n=n, size=size: student.steps_per_epoch(n, size),
            call=f"steps_per_epoch({n}, {size})",
            because=Text("both must be positive", "les deux doivent être positifs"),
        )
