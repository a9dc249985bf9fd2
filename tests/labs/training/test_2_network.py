"""alexnet_layer_report and alexnet_cifar: the table, the layers, what they compute, how the model is compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.bench import Bench
from autograder.classifiers import (
    Candidate,
    architecture_rows,
    examine,
    expect_function,
    expect_kernels,
    expect_parameters,
)
from autograder.compiled import (
    expect_able_to_learn,
    expect_accuracy_metric,
    expect_loss,
    expect_no_penalty,
    expect_optimizer,
)
from autograder.dropouts import expect_still
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import expect_equal, fail
from shared.text import Text
from shared.values import same

from .networks import BATCH_NORM, DROPOUT, PLAIN, SMALLER, expect_batch_norm, expect_dropout_between

REPORT = "alexnet_layer_report()"
TABLE: dict[str, tuple[tuple[int, ...], int]] = {
    "conv1": ((32, 32, 32), 2_432),
    "pool1": ((16, 16, 32), 0),
    "conv2": ((16, 16, 64), 51_264),
    "pool2": ((8, 8, 64), 0),
    "conv3": ((8, 8, 64), 102_464),
    "pool3": ((4, 4, 64), 0),
    "fc4": ((1000,), 1_025_000),
    "fc5": ((10,), 10_010),
}
INPUTS = {"conv1": 3, "conv2": 32, "conv3": 64, "fc4": 1024, "fc5": 1000}
UNITS = {"conv1": 32, "conv2": 64, "conv3": 64, "fc4": 1000, "fc5": 10}


def report(student: Student) -> dict[str, Any]:
    """Call the function once a question; expect a dict."""
    value = student.once("report", student.alexnet_layer_report)
    if not isinstance(value, dict):
        expect_equal(type(value).__name__, "dict", call=f"type({REPORT})", what=Text("a dict", "un dictionnaire"))
    return value if isinstance(value, dict) else {}


def entry(student: Student, name: str) -> tuple[Any, Any]:
    """Return shape and count of a layer, or fail with what an entry holds."""
    value = report(student).get(name)
    if not isinstance(value, list | tuple) or len(value) != 2:
        expect_equal(
            value, TABLE[name], call=f'{REPORT}["{name}"]', what=Text("(shape, weights)", "(forme, nombre de poids)")
        )
    shape, count = value or (None, None)
    return shape, count


@question("alexnet_layer_report")
@check("names", en="The eight layers in order", fr="Les huit couches dans l'ordre")
def test_names(student: Student) -> None:
    """The keys are the layers' names, from the image to the output."""
    expect_equal(
        list(report(student)),
        list(TABLE),
        call=f"list({REPORT})",
        what=Text("the layers in order", "les couches dans l'ordre"),
    )


@question("alexnet_layer_report")
@check("shapes", en="Output shapes", fr="Formes de sortie", weight=2)
def test_shapes(student: Student) -> None:
    """Convolutions keep the size, poolings halve it, dense layers have one axis."""
    for name, (shape, _) in TABLE.items():
        found = entry(student, name)[0]
        flat = (shape, shape[0], (1, 1, shape[0])) if len(shape) == 1 else (shape,)
        if any(same(found, wanted) for wanted in flat):
            continue
        shrunk = (28, 28, 32) if name == "conv1" else (None,)
        expect_equal(
            found,
            shape,
            call=f'{REPORT}["{name}"][0]',
            what=Text("height, width, channels, or (units,)", "hauteur, largeur, canaux, ou (neurones,)"),
            mistakes=(
                (shrunk, Text("padding 2 keeps the size", "un remplissage de 2 garde la taille")),
                ((shape[-1], *shape[:-1]), Text("the channels come last", "les canaux viennent en dernier")),
                ((None, *shape), Text("without the axis of the images", "sans l'axe des images")),
            ),
        )


@question("alexnet_layer_report")
@check("counts", en="Numbers of weights", fr="Nombres de poids", weight=2)
def test_counts(student: Student) -> None:
    """Each layer's weights, biases counted; poolings have none."""
    for name, (_, count) in TABLE.items():
        units, inputs = UNITS.get(name, 0), INPUTS.get(name, 0)
        expect_equal(
            entry(student, name)[1],
            count,
            call=f'{REPORT}["{name}"][1]',
            what=Text("its weights and biases", "ses poids et ses biais"),
            mistakes=(
                (count - units, Text("the biases are missing", "il manque les biais")),
                (units * 26, Text("each filter looks at all channels", "chaque filtre regarde tous les canaux")),
                (
                    25 * inputs + 1,
                    Text("this is one filter; there are more", "c'est un seul filtre ; il y en a d'autres"),
                ),
                (
                    577_000,
                    Text("the last map is 4×4: pooling rounds up", "la dernière carte est 4×4 : arrondi par excès"),
                ),
            )
            if count
            else (),
        )


@question("alexnet_layer_report")
@check("total", en="1,191,170 in all", fr="1 191 170 en tout")
def test_total(student: Student) -> None:
    """The counts add up to the network's."""
    counts = [entry(student, name)[1] for name in report(student)]
    whole = [count for count in counts if isinstance(count, int | float | np.integer)]
    expect_equal(
        sum(whole) if len(whole) == len(counts) else counts,
        1_191_170,
        call=f"sum(count for shape, count in {REPORT}.values())",
        what=Text("all weights to learn", "tous les poids à apprendre"),
    )


def show_architecture(candidate: Candidate, exhibit: Callable[..., None], title: Text) -> None:
    """Put the layers beside the handout's where they differ."""
    rows = architecture_rows(candidate)
    if any(row["differs"] for row in rows):
        exhibit("architecture", title, rows=rows)


@question("alexnet_cifar")
@check("parameters", en="1,191,170 parameters", fr="1 191 170 paramètres", weight=2)
def test_parameters(bench: Bench, exhibit: Callable[..., None]) -> None:
    """The total is the handout's; the layers are shown beside the handout's where it is not."""
    candidate = examine(bench, PLAIN)
    show_architecture(candidate, exhibit, Text("Your layers and the handout's", "Vos couches et celles de l'énoncé"))

    expect_parameters(candidate)


@question("alexnet_cifar")
@check("layers", en="Layers of the right sizes", fr="Couches aux bonnes dimensions", weight=2)
def test_layers(bench: Bench) -> None:
    """Every kernel has the handout's shape."""
    expect_kernels(examine(bench, PLAIN))


@question("alexnet_cifar")
@check("function", en="Activations and pooling", fr="Activations et pooling", weight=3)
def test_function(bench: Bench) -> None:
    """With random weights the outputs are the oracle's, and training changes nothing."""
    candidate = examine(bench, PLAIN)

    expect_function(candidate)
    expect_still(candidate)


def expect_input_of_28(candidate: Candidate) -> None:
    """Expect a model that says what it takes to say 28; one of 32 takes such images too, but `train` reads its side."""
    said = candidate.description.get("input_shape")
    if isinstance(said, list | tuple) and len(said) == 4 and None not in said[1:]:
        expect_equal(
            tuple(said[1:]),
            (28, 28, 3),
            call=f"{SMALLER.call}.input_shape[1:]",
            what=Text(
                "the argument input_size twice, and three colours", "l'argument input_size deux fois, et trois couleurs"
            ),
            mistakes=(((32, 32, 3), Text("input_size is not used", "input_size ne sert pas")),),
        )


@question("alexnet_cifar")
@check("smaller", en="Images of 28×28, rounded up", fr="Images 28×28, arrondi par excès", weight=3)
def test_smaller(bench: Bench) -> None:
    """With input_size=28 the last map is 4×4 too, and the outputs are the oracle's."""
    candidate = examine(bench, SMALLER)

    expect_parameters(candidate)
    expect_input_of_28(candidate)
    expect_function(candidate)


@question("alexnet_cifar")
@check("dropout", en="Dropout between fc4 and fc5", fr="Dropout entre fc4 et fc5", weight=2)
def test_dropout(bench: Bench) -> None:
    """The asked share of fc4's units falls, in training only; the parameters stay."""
    candidate = examine(bench, DROPOUT)

    expect_parameters(candidate)
    expect_dropout_between(candidate, 0.3)


@question("alexnet_cifar")
@check("batch_norm", en="Batch normalisation before each ReLU", fr="Normalisation par lots avant chaque ReLU", weight=3)
def test_batch_norm(bench: Bench, exhibit: Callable[..., None]) -> None:
    """Each convolution is followed by its normalisation, then by its ReLU: 640 parameters more, half of them learnt."""
    candidate = examine(bench, BATCH_NORM)
    title = Text("Your layers with batch_norm=True", "Vos couches avec batch_norm=True")
    show_architecture(candidate, exhibit, title)
    total = sum(int(array.size) for array in candidate.weights)
    expect_equal(
        total,
        1_191_810,
        call=f"{BATCH_NORM.call}.count_params()",
        what=Text("1,191,490 to learn and 320 statistics", "1 191 490 à apprendre et 320 statistiques"),
        mistakes=(
            (1_191_170, Text("there is no batch normalisation", "il n'y a pas de normalisation par lots")),
            (
                1_191_170 + 4000,
                Text("it is after fc4, not the convolutions", "elle est après fc4, non les convolutions"),
            ),
            (1_191_810 - 160, Text("the convolutions keep their biases", "les convolutions gardent leurs biais")),
            (1_195_810, Text("not after the dense layer", "pas après la couche dense")),
        ),
    )

    expect_batch_norm(candidate)


@question("alexnet_cifar")
@check("loss", en="Loss for integer labels", fr="Perte pour étiquettes entières")
def test_loss(bench: Bench) -> None:
    """The compiled loss has the value of the cross-entropy of integer labels, and no layer adds to it."""
    expect_loss(examine(bench, PLAIN))
    expect_no_penalty(examine(bench, PLAIN))


@question("alexnet_cifar")
@check("optimizer", en="Optimizer: SGD", fr="Optimiseur : SGD")
def test_optimizer(bench: Bench) -> None:
    """The compiled optimizer is SGD, at any rate."""
    expect_optimizer(examine(bench, PLAIN), "SGD")


@question("alexnet_cifar")
@check("metric", en="Accuracy is measured", fr="L'exactitude est mesurée")
def test_metric(bench: Bench) -> None:
    """One of the metrics is the accuracy, in each variant."""
    expect_accuracy_metric(examine(bench, PLAIN))
    if examine(bench, BATCH_NORM).description.get("compiled") is not True:
        fail(Text(f"{BATCH_NORM.call} is not compiled", f"{BATCH_NORM.call} n'est pas compilé"))


@question("alexnet_cifar")
@check("trainable", en="Every layer can learn", fr="Toutes les couches peuvent apprendre")
def test_trainable(bench: Bench) -> None:
    """Nothing is frozen, and no hidden layer begins where ReLU has no slope."""
    expect_able_to_learn(examine(bench, PLAIN))
