"""signs_model: layers, parameters, what they compute, how they are compiled, that they learn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograder.bench import Bench
from autograder.classifiers import (
    Network,
    architecture_rows,
    examine,
    expect_function,
    expect_kernels,
    expect_parameters,
    learn,
)
from autograder.compiled import (
    expect_accuracy_metric,
    expect_loss,
    expect_no_penalty,
    expect_nothing_frozen,
    expect_optimizer,
)
from autograder.dropouts import expect_still
from autograder.learning import Lesson, show_learning
from autograder.network import Plan, Stage
from autograder.suite import check, question
from shared.assertions import FLOAT32, expect_array, expect_equal, fail
from shared.text import Text

from .cards import lesson


class _LargeNetwork(Network):
    """A network whose images are so large that two of them occupy the oracle as long as six digits would."""

    def images(self, n: int, seed: int) -> np.ndarray:
        """Return at most two random images in [0, 1], float32."""
        return super().images(min(n, 2), seed)


SIGNS = _LargeNetwork(
    "signs_model",
    (64, 64, 3),
    Plan(
        (
            Stage("conv", "relu"),
            Stage("conv", "relu"),
            Stage("max_pool"),
            Stage("flatten"),
            Stage("dense", "softmax"),
        )
    ),
    ((3, 3, 3, 32), (3, 3, 32, 32), (28_800, 6)),
    ("Conv2D 32 3×3 relu", "Conv2D 32 3×3 relu", "MaxPooling2D 2×2", "Flatten", "Dense 6 softmax"),
    (
        (
            206_758,
            Text('padding="same" keeps the side; here it shrinks', 'padding="same" garde le côté ; ici il diminue'),
        ),
        (
            194_662,
            Text('one of the convolutions has padding="same"', 'l\'une des convolutions a padding="same"'),
        ),
        (182_880, Text("the biases are missing", "il manque les biais")),
        (701_350, Text("the pooling layer is missing", "il manque la couche de pooling")),
        (47_782, Text("there is a pooling layer too many", "il y a une couche de pooling de trop")),
        (185_414, Text("there is one convolution instead of two", "il y a une convolution au lieu de deux")),
        (178_598, Text("the kernels are 5×5, not 3×3", "les noyaux sont 5×5, pas 3×3")),
        (364_998, Text("the second convolution has 64 filters, not 32", "la seconde convolution a 64 filtres, pas 32")),
        (87_286, Text("the pooling is 3×3, not 2×2", "le pooling est 3×3, pas 2×2")),
        (
            25_702,
            Text(
                "the third number of Conv2D(32, 3, 3) is the stride",
                "le troisième nombre de Conv2D(32, 3, 3) est le pas",
            ),
        ),
        (182_992, Text("there is a dense layer too many", "il y a une couche dense de trop")),
        (298_154, Text("there are ten outputs; the signs are six", "il y a dix sorties ; les signes sont six")),
    ),
)
RATE = 0.01

# Share of held-out cards named right after the lesson in cards.py, which is the same whatever data set grading uses;
# guessing gives 0.17.  Over 20 seeds: the reference 0.83 to 1.00 (mean 0.98, deviation 0.05), with He's initial weights 0.50
# to 1.00 (mean 0.89, deviation 0.16); answers that do not learn (rate 10, rate 1e-6, everything frozen, weights all 0) 0.00
# to 0.32 (mean 0.16 to 0.17, deviation at most 0.06).
LEARNING_THRESHOLD = 0.4


@question("signs_model")
@check("parameters", en="Number of parameters", fr="Nombre de paramètres", weight=2)
def test_parameters(bench: Bench, exhibit: Callable[..., None]) -> None:
    """The total is the handout's; the layers are shown beside the handout's where it is not."""
    candidate = examine(bench, SIGNS)
    rows = architecture_rows(candidate)
    if any(row["differs"] for row in rows):
        exhibit("architecture", Text("Your layers and the handout's", "Vos couches et celles de l'énoncé"), rows=rows)

    expect_parameters(candidate)


@question("signs_model")
@check("layers", en="Layers of the right sizes", fr="Couches aux bonnes dimensions", weight=3)
def test_layers(bench: Bench) -> None:
    """Every kernel has the handout's shape."""
    expect_kernels(examine(bench, SIGNS))


@question("signs_model")
@check("function", en="Activations and pooling", fr="Activations et sous-échantillonnage", weight=4)
def test_function(bench: Bench) -> None:
    """With random weights the outputs are the oracle's."""
    expect_function(examine(bench, SIGNS))


@question("signs_model")
@check("plain", en="Nothing else in training", fr="Rien d'autre pendant l'apprentissage")
def test_plain(bench: Bench) -> None:
    """What it computes while training is what it computes afterwards: no dropout, noise or augmentation."""
    expect_still(examine(bench, SIGNS))


@question("signs_model")
@check("loss", en="Loss: categorical cross-entropy", fr="Perte : entropie croisée catégorielle", weight=2)
def test_loss(bench: Bench) -> None:
    """The compiled loss has the value of categorical cross-entropy, and no layer adds to it."""
    expect_loss(examine(bench, SIGNS))
    expect_no_penalty(examine(bench, SIGNS))


@question("signs_model")
@check("optimizer", en="Optimizer: SGD", fr="Optimiseur : SGD")
def test_optimizer(bench: Bench) -> None:
    """The compiled optimizer is SGD."""
    expect_optimizer(examine(bench, SIGNS), "SGD")


@question("signs_model")
@check("rate", en="Learning rate 0.01, no momentum", fr="Taux d'apprentissage 0,01, sans inertie")
def test_rate(bench: Bench) -> None:
    """SGD goes 0.01 times the gradient, and nothing more."""
    candidate = examine(bench, SIGNS)
    expect_optimizer(candidate, "SGD")
    found = candidate.optimizer

    expect_array(
        found.get("learning_rate"),
        RATE,
        call="signs_model().optimizer.learning_rate",
        what=Text("the handout's rate", "le taux de l'énoncé"),
        mistakes=((0.001, Text("that is Adam's default", "c'est la valeur par défaut d'Adam")),),
        **FLOAT32 | {"atol": 1e-6},
    )
    expect_equal(
        found.get("momentum") or 0.0,
        0.0,
        call="signs_model().optimizer.momentum",
        what=Text("plain SGD, without momentum", "SGD seule, sans inertie (momentum)"),
    )


@question("signs_model")
@check("metric", en="Accuracy is measured", fr="L'exactitude est mesurée")
def test_metric(bench: Bench) -> None:
    """One of the metrics is the accuracy."""
    expect_accuracy_metric(examine(bench, SIGNS))


@question("signs_model")
@check("learns", en="Every layer learns", fr="Toutes les couches apprennent", weight=2)
def test_learns(bench: Bench, exhibit: Callable[..., None]) -> None:
    """Nothing is frozen, and after a short training by the judge it tells six colours apart."""
    candidate = examine(bench, SIGNS)
    expect_nothing_frozen(candidate)
    schedule = lesson()
    learned = learn(candidate, schedule)
    show_learning(exhibit, SIGNS.name, Lesson("signs", SIGNS.input_shape), schedule, learned)

    if not np.isfinite(learned.accuracy) or learned.accuracy < LEARNING_THRESHOLD:
        fail(
            Text(
                f"{SIGNS.call}: after {schedule.epochs} epochs of {len(schedule.X)} plain coloured cards, it names "
                f"{learned.accuracy:.0%} of new ones\nexpected: at least {LEARNING_THRESHOLD:.0%} (guessing gives 17%)",
                f"{SIGNS.call} : après {schedule.epochs} époques de {len(schedule.X)} cartes de couleur unie, il en "
                f"reconnaît {learned.accuracy:.0%} de nouvelles\nattendu : au moins {LEARNING_THRESHOLD:.0%} (le hasard "
                "donne 17 %)",
            ),
            Text(
                "Is the loss the right one, and the learning rate neither too large nor too small?",
                "La perte est-elle la bonne, et le taux d'apprentissage ni trop grand ni trop petit ?",
            ),
        )
