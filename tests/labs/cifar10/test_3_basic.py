"""basic_model: its layers, what it computes from random weights, and how it is compiled."""

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
from autograder.compiled import expect_able_to_learn, expect_accuracy_metric, expect_loss, expect_no_penalty
from autograder.dropouts import expect_still
from autograder.network import Plan, Stage
from autograder.suite import check, question
from shared.text import Text

BASIC = Network(
    "basic_model",
    (32, 32, 3),
    Plan(
        (Stage("conv", "relu"), Stage("max_pool"), Stage("flatten"), Stage("dense", "relu"), Stage("dense", "softmax"))
    ),
    ((3, 3, 3, 32), (7200, 64), (64, 10)),
    ("Conv2D 32 3×3 relu", "MaxPooling2D 2×2", "Flatten", "Dense 64 relu", "Dense 10 softmax"),
    (
        (
            525_898,
            Text('padding="same" keeps the side; here it shrinks', 'padding="same" garde le côté ; ici il diminue'),
        ),
        (1_844_810, Text("the pooling layer is missing", "il manque la couche de pooling")),
        (72_906, Text("the dense layer of 64 is missing", "il manque la couche dense de 64")),
        (206_922, Text("the pooling is 3×3, not 2×2", "le pooling est 3×3, pas 2×2")),
        (462_304, Text("the biases are missing", "il manque les biais")),
    ),
    labels="integer",
)


@question("basic_model")
@check("parameters", en="Number of parameters", fr="Nombre de paramètres", weight=2)
def test_parameters(bench: Bench, exhibit: Callable[..., None]) -> None:
    """The total is the handout's; the layers are shown beside the handout's where it is not."""
    candidate = examine(bench, BASIC)
    rows = architecture_rows(candidate)
    if any(row["differs"] for row in rows):
        exhibit("architecture", Text("Your layers and the handout's", "Vos couches et celles de l'énoncé"), rows=rows)

    expect_parameters(candidate)


@question("basic_model")
@check("layers", en="Layers of the right sizes", fr="Couches aux bonnes dimensions", weight=2)
def test_layers(bench: Bench) -> None:
    """Every kernel has the handout's shape."""
    expect_kernels(examine(bench, BASIC))


@question("basic_model")
@check("function", en="Activations and pooling", fr="Activations et sous-échantillonnage", weight=3)
def test_function(bench: Bench) -> None:
    """With random weights the outputs are the oracle's."""
    expect_function(examine(bench, BASIC))


@question("basic_model")
@check("plain", en="Nothing else in training", fr="Rien d'autre pendant l'apprentissage")
def test_plain(bench: Bench) -> None:
    """What it computes while training is what it computes afterwards: no dropout, noise or augmentation."""
    expect_still(examine(bench, BASIC))


@question("basic_model")
@check("loss", en="A loss for integer labels", fr="Une perte pour des étiquettes entières", weight=2)
def test_loss(bench: Bench) -> None:
    """The compiled loss has the value of the cross-entropy, on integer labels, and no layer adds to it."""
    expect_loss(examine(bench, BASIC))
    expect_no_penalty(examine(bench, BASIC))


@question("basic_model")
@check("metric", en="Accuracy is measured", fr="L'exactitude est mesurée")
def test_metric(bench: Bench) -> None:
    """One of the metrics is the accuracy."""
    expect_accuracy_metric(examine(bench, BASIC))


@question("basic_model")
@check("trainable", en="Every layer can learn", fr="Toutes les couches peuvent apprendre")
def test_trainable(bench: Bench) -> None:
    """Nothing is frozen, and no hidden layer begins where ReLU has no slope."""
    expect_able_to_learn(examine(bench, BASIC))
