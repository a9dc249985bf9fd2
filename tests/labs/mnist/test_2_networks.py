"""small_model, medium_model, large_model: layers, parameters, what they compute, how they are compiled, that they learn.

Thresholds of the `learns` checks and their margins over 20 seeds are measured by `benchmarks/thresholds.py mnist`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autograder.bench import Bench
from autograder.classifiers import (
    Network,
    architecture_rows,
    examine,
    expect_function,
    expect_kernels,
    expect_parameters,
)
from autograder.compiled import (
    expect_accuracy_metric,
    expect_loss,
    expect_no_penalty,
    expect_nothing_frozen,
    expect_optimizer,
)
from autograder.dropouts import expect_dropout, expect_still
from autograder.learning import expect_learning
from autograder.network import Plan, Stage
from autograder.suite import check, question
from shared.text import Text

from .margins import LEARNING_THRESHOLD, LESSON

SAME = Text('padding="same" keeps the side; here it shrinks', 'padding="same" garde le côté ; ici il diminue')
NO_BIAS = Text("the biases are missing", "il manque les biais")

SMALL = Network(
    "small_model",
    (1, 28, 28),
    Plan((Stage("conv", "relu"), Stage("conv", "relu"), Stage("flatten"), Stage("dense", "softmax"))),
    ((3, 3, 1, 64), (3, 3, 64, 32), (18432, 10)),
    ("Conv2D 64 3×3 relu", "Conv2D 32 3×3 relu", "Flatten", "Dense 10 softmax"),
    (
        (269_994, SAME),
        (387_466, Text("32 filters then 64: the other way round", "32 filtres puis 64 : c'est l'inverse")),
        (203_328, NO_BIAS),
        (180_906, Text("the kernels are 5×5, not 3×3", "les noyaux sont 5×5, pas 3×3")),
        (65_194, Text("there is a pooling layer too many", "il y a une couche de pooling de trop")),
    ),
)
MEDIUM = Network(
    "medium_model",
    (1, 28, 28),
    Plan(
        (Stage("conv", "relu"), Stage("max_pool"), Stage("flatten"), Stage("dense", "relu"), Stage("dense", "softmax"))
    ),
    ((5, 5, 1, 32), (4608, 128), (128, 10)),
    ("Conv2D 32 5×5 relu", "MaxPooling2D 2×2", "Dropout 0.2", "Flatten", "Dense 128 relu", "Dense 10 softmax"),
    (
        (805_066, SAME),
        (693_962, Text("the kernel is 3×3, not 5×5", "le noyau est 3×3, pas 5×5")),
        (2_361_546, Text("the pooling layer is missing", "il manque la couche de pooling")),
        (264_394, Text("the pooling is 3×3, not 2×2", "le pooling est 3×3, pas 2×2")),
        (46_922, Text("the dense layer of 128 is missing", "il manque la couche dense de 128")),
        (591_904, NO_BIAS),
    ),
)
LARGE = Network(
    "large_model",
    (1, 28, 28),
    Plan(
        (
            Stage("conv", "relu"),
            Stage("max_pool"),
            Stage("conv", "relu"),
            Stage("flatten"),
            Stage("dense", "relu"),
            Stage("dense", "relu"),
            Stage("dense", "softmax"),
        )
    ),
    ((5, 5, 1, 30), (3, 3, 30, 15), (1500, 128), (128, 50), (50, 10)),
    (
        "Conv2D 30 5×5 relu",
        "MaxPooling2D 2×2",
        "Conv2D 15 3×3 relu",
        "Dropout 0.2",
        "Flatten",
        "Dense 128 relu",
        "Dense 50 relu",
        "Dense 10 softmax",
    ),
    (
        (388_253, SAME),
        (59_933, Text("there is a second pooling layer", "il y a une deuxième couche de pooling")),
        (941_213, Text("the pooling layer is missing", "il manque la couche de pooling")),
        (198_263, Text("the dense layer of 50 is missing", "il manque la couche dense de 50")),
        (87_713, Text("the dense layers of 128 and 50 are swapped", "les couches denses de 128 et 50 sont échangées")),
        (142_013, Text("both kernels are 5×5; the second is 3×3", "les deux noyaux sont 5×5 ; le second est 3×3")),
        (243_773, Text("both kernels are 3×3; the first is 5×5", "les deux noyaux sont 3×3 ; le premier est 5×5")),
        (203_700, NO_BIAS),
    ),
)
NETWORKS = (SMALL, MEDIUM, LARGE)


def for_networks(*networks: Network) -> Callable[..., object]:
    """Make one check a network, each under its own question."""
    params = [pytest.param(network, marks=question(network.name), id=network.name) for network in networks]
    return pytest.mark.parametrize("network", params)


@for_networks(*NETWORKS)
@check("parameters", en="Number of parameters", fr="Nombre de paramètres", weight=2)
def test_parameters(bench: Bench, network: Network, exhibit: Callable[..., None]) -> None:
    """The total is the handout's; the layers are shown beside the handout's where it is not."""
    candidate = examine(bench, network)
    rows = architecture_rows(candidate)
    if any(row["differs"] for row in rows):
        exhibit("architecture", Text("Your layers and the handout's", "Vos couches et celles de l'énoncé"), rows=rows)

    expect_parameters(candidate)


@for_networks(*NETWORKS)
@check("layers", en="Layers of the right sizes", fr="Couches aux bonnes dimensions", weight=3)
def test_layers(bench: Bench, network: Network) -> None:
    """Every kernel has the handout's shape."""
    expect_kernels(examine(bench, network))


@for_networks(*NETWORKS)
@check("function", en="Activations and pooling", fr="Activations et sous-échantillonnage", weight=4)
def test_function(bench: Bench, network: Network) -> None:
    """With random weights the outputs are the oracle's."""
    expect_function(examine(bench, network))


@for_networks(SMALL)
@check("plain", en="Nothing else in training", fr="Rien d'autre pendant l'apprentissage")
def test_plain(bench: Bench, network: Network) -> None:
    """What it computes while training is what it computes afterwards: no dropout, noise or augmentation."""
    expect_still(examine(bench, network))


@for_networks(MEDIUM, LARGE)
@check("dropout", en="Dropout of 0.2 before Flatten", fr="Dropout de 0.2 avant Flatten", weight=2)
def test_dropout(bench: Bench, network: Network) -> None:
    """A fifth of the features falls, each by itself, in training only."""
    expect_dropout(examine(bench, network), 0.2)


@for_networks(*NETWORKS)
@check("loss", en="Loss: categorical cross-entropy", fr="Perte : entropie croisée catégorielle")
def test_loss(bench: Bench, network: Network) -> None:
    """The compiled loss has the value of categorical cross-entropy, and no layer adds to it."""
    expect_loss(examine(bench, network))
    expect_no_penalty(examine(bench, network))


@for_networks(*NETWORKS)
@check("optimizer", en="Optimizer: Adam", fr="Optimiseur : Adam")
def test_optimizer(bench: Bench, network: Network) -> None:
    """The compiled optimizer is Adam, at any rate."""
    expect_optimizer(examine(bench, network))


@for_networks(*NETWORKS)
@check("metric", en="Accuracy is measured", fr="L'exactitude est mesurée")
def test_metric(bench: Bench, network: Network) -> None:
    """One of the metrics is the accuracy."""
    expect_accuracy_metric(examine(bench, network))


@for_networks(*NETWORKS)
@check("learns", en="Learns to read digits", fr="Apprend à lire des chiffres", weight=2)
def test_learns(bench: Bench, network: Network, exhibit: Callable[..., None]) -> None:
    """All of it is trained: after a short training by the judge it reads held-out digits clearly better than chance."""
    expect_nothing_frozen(examine(bench, network))
    expect_learning(examine(bench, network), LESSON, LEARNING_THRESHOLD[bench.kind], exhibit)
