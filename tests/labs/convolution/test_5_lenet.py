"""lenet: layers, parameters, what it computes, how it is compiled, that it learns."""

from __future__ import annotations

from collections.abc import Callable

from autograder.bench import Bench
from autograder.classifiers import (
    Network,
    architecture_rows,
    examine,
    expect_function,
    expect_kernels,
    expect_parameters,
)
from autograder.compiled import expect_accuracy_metric, expect_loss, expect_no_penalty, expect_nothing_frozen
from autograder.dropouts import expect_still
from autograder.learning import expect_learning
from autograder.network import Plan, Stage
from autograder.suite import check, question
from shared.text import Text

from .margins import LARGE_BATCHES, LEARNING_THRESHOLD, LESSON

LENET = Network(
    "lenet",
    (28, 28, 1),
    Plan(
        (
            Stage("conv", "relu", same=True),
            Stage("max_pool"),
            Stage("conv", "relu"),
            Stage("max_pool"),
            Stage("flatten"),
            Stage("dense", "relu"),
            Stage("dense", "relu"),
            Stage("dense", "softmax"),
        )
    ),
    ((5, 5, 1, 6), (5, 5, 6, 16), (400, 120), (120, 84), (84, 10)),
    (
        "Conv2D 6 5×5 relu",
        "MaxPooling2D 2×2",
        "Conv2D 16 5×5 relu",
        "MaxPooling2D 2×2",
        "Flatten",
        "Dense 120 relu",
        "Dense 84 relu",
        "Dense 10 softmax",
    ),
    (
        (44_426, Text("the first convolution must keep the size", "la première convolution doit garder la taille")),
        (107_786, Text("only the first convolution keeps the size", "seule la première convolution garde la taille")),
        (61_470, Text("the biases are missing", "il manque les biais")),
        (81_194, Text("the kernels are 3×3, not 5×5", "les noyaux sont 3×3, pas 5×5")),
        (31_956, Text("16 filters then 6: the other way round", "16 filtres puis 6 : c'est l'inverse")),
        (51_902, Text("the dense layer of 84 is missing", "il manque la couche dense de 84")),
        (205_706, Text("the second pooling is missing", "il manque le second pooling")),
        (290_186, Text("the first pooling is missing", "il manque le premier pooling")),
    ),
    labels="integer",
)


@question("lenet")
@check("parameters", en="Number of parameters", fr="Nombre de paramètres", weight=2)
def test_parameters(bench: Bench, exhibit: Callable[..., None]) -> None:
    """The total is the handout's; the layers are shown beside the handout's where it is not."""
    candidate = examine(bench, LENET)
    rows = architecture_rows(candidate)
    if any(row["differs"] for row in rows):
        exhibit("architecture", Text("Your layers and the handout's", "Vos couches et celles de l'énoncé"), rows=rows)

    expect_parameters(candidate)


@question("lenet")
@check("layers", en="Layers of the right sizes", fr="Couches aux bonnes dimensions", weight=3)
def test_layers(bench: Bench) -> None:
    """Every kernel has the handout's shape."""
    expect_kernels(examine(bench, LENET))


@question("lenet")
@check("function", en="Activations, padding and pooling", fr="Activations, bordures et pooling", weight=4)
def test_function(bench: Bench) -> None:
    """With random weights the outputs are the oracle's."""
    expect_function(examine(bench, LENET))


@question("lenet")
@check("plain", en="Nothing else in training", fr="Rien d'autre pendant l'apprentissage")
def test_plain(bench: Bench) -> None:
    """What it computes while training is what it computes afterwards: no dropout, noise or augmentation."""
    expect_still(examine(bench, LENET))


@question("lenet")
@check("loss", en="A loss for integer labels", fr="Une perte pour étiquettes entières")
def test_loss(bench: Bench) -> None:
    """The compiled loss has the value of the cross-entropy of integer labels, and no layer adds to it."""
    expect_loss(examine(bench, LENET))
    expect_no_penalty(examine(bench, LENET))


@question("lenet")
@check("metric", en="Accuracy is measured", fr="L'exactitude est mesurée")
def test_metric(bench: Bench) -> None:
    """One of the metrics is the accuracy."""
    expect_accuracy_metric(examine(bench, LENET))


@question("lenet")
@check("learns", en="Learns to read digits", fr="Apprend à lire des chiffres", weight=2)
def test_learns(bench: Bench, exhibit: Callable[..., None]) -> None:
    """All of it is trained: after a short training by the judge it reads held-out digits clearly better than chance."""
    expect_nothing_frozen(examine(bench, LENET))
    expect_learning(examine(bench, LENET), LESSON, LEARNING_THRESHOLD[bench.kind], exhibit, LARGE_BATCHES)
