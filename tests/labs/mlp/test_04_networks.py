"""xor_model and fashion_mlp: layers, what they compute, how they are compiled, that the larger one learns.

The threshold of `learns` and its margins over 20 seeds are measured by `benchmarks/thresholds.py mlp`.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from autograder.bench import Bench
from autograder.classifiers import (
    Candidate,
    Network,
    architecture_rows,
    examine,
    expect_function,
    expect_kernels,
    expect_parameters,
    learn,
    remembered,
)
from autograder.compiled import (
    expect_able_to_learn,
    expect_accuracy_metric,
    expect_loss,
    expect_no_penalty,
    expect_nothing_frozen,
    expect_optimizer,
)
from autograder.dropouts import expect_still
from autograder.learning import Lesson, expect_learning, learning_schedule, show_learning
from autograder.network import Plan, Stage
from autograder.process import Raised
from autograder.suite import check, question
from shared.assertions import FLOAT32, expect_array, fail
from shared.text import Text

NO_BIAS = Text("the biases are missing", "il manque les biais")
XOR = Network(
    "xor_model",
    (2,),
    Plan((Stage("dense", "relu"), Stage("dense", "sigmoid"))),
    ((2, 2), (2, 1)),
    ("Dense 2 relu", "Dense 1 sigmoid"),
    (
        (6, NO_BIAS),
        (3, Text("the hidden layer is missing", "il manque la couche cachée")),
        (12, Text("two outputs instead of one", "deux sorties au lieu d'une")),
        (15, Text("there is a hidden layer too many", "il y a une couche cachée de trop")),
    ),
)
FASHION = Network(
    "fashion_mlp",
    (784,),
    Plan((Stage("dense", "relu"), Stage("dense", "relu"), Stage("dense", "softmax"))),
    ((784, 256), (256, 128), (128, 10)),
    ("Dense 256 relu", "Dense 128 relu", "Dense 10 softmax"),
    (
        (234_752, NO_BIAS),
        (203_530, Text("the layer of 128 is missing", "il manque la couche de 128")),
        (101_770, Text("the layer of 256 is missing", "il manque la couche de 256")),
        (136_074, Text("the layers of 256 and 128 are swapped", "les couches de 256 et 128 sont échangées")),
    ),
    labels="integer",
)
LESSON = Lesson("fashion_mnist", (784,), labels="integer", training=600, epochs=5, batch_size=8)
# Share of held-out clothes named right after the lesson's training; guessing gives 0.10.  Over 20 seeds of a stand-in in
# NumPy, on the embedded data and on the real: Adam 0.72 to 0.78 and 0.64 to 0.79 (with Keras on the real: 0.70 to 0.76),
# Adam at 0.0003 0.71 to 0.77 and 0.68 to 0.78, SGD at 0.01 0.56 to 0.69 and 0.62 to 0.76, Adagrad at 0.001 0.37 to 0.53
# and 0.58 to 0.66; answers that do not learn (Adam at 10 or 1e-7, everything frozen) 0.03 to 0.16 and 0.02 to 0.19.
LEARNING_THRESHOLD = {"embedded": 0.25, "real": 0.25}
# The mean loss of the first epoch, and the last one's share of it.  Slow optimizers, as above: first losses up to 2.48,
# shares up to 0.992 (Adadelta at 0.001) and 0.946 (SGD at 0.001); Adam at 1e-7 0.996 or more, at 1 first losses from 5.0.
FIRST_LOSS, SMALLEST_FALL = 2.8, 0.994


def for_networks(*networks: Network) -> pytest.MarkDecorator:
    """Make one check a network, each under its own question."""
    params = [pytest.param(network, marks=question(network.name), id=network.name) for network in networks]
    return pytest.mark.parametrize("network", params)


@for_networks(XOR, FASHION)
@check("parameters", en="Number of parameters", fr="Nombre de paramètres", weight=2)
def test_parameters(bench: Bench, network: Network, exhibit: Callable[..., None]) -> None:
    """The total is the handout's; the layers are shown beside the handout's where it is not."""
    candidate = examine(bench, network)
    rows = architecture_rows(candidate)
    if any(row["differs"] for row in rows):
        exhibit("architecture", Text("Your layers and the handout's", "Vos couches et celles de l'énoncé"), rows=rows)

    expect_parameters(candidate)


@for_networks(XOR, FASHION)
@check("layers", en="Layers of the right sizes", fr="Couches aux bonnes dimensions", weight=2)
def test_layers(bench: Bench, network: Network) -> None:
    """Every kernel has the handout's shape."""
    expect_kernels(examine(bench, network))


@for_networks(XOR, FASHION)
@check("function", en="Activations", fr="Activations", weight=3)
def test_function(bench: Bench, network: Network) -> None:
    """With random weights the outputs are the oracle's; several draws, as two units may both be on."""
    for seed in (1, 2, 3, 4) if network is XOR else (1,):
        expect_function(examine(bench, network), seed)


@for_networks(XOR, FASHION)
@check("plain", en="Nothing else in training", fr="Rien d'autre pendant l'apprentissage")
def test_plain(bench: Bench, network: Network) -> None:
    """What it computes while training is what it computes afterwards: no dropout, noise or augmentation."""
    expect_still(examine(bench, network))


@for_networks(FASHION)
@check("loss", en="Loss: cross-entropy of integer labels", fr="Perte : entropie croisée d'étiquettes entières")
def test_loss(bench: Bench, network: Network) -> None:
    """The compiled loss takes integer labels and has the value of the cross-entropy, and no layer adds to it."""
    expect_loss(examine(bench, network))
    expect_no_penalty(examine(bench, network))


@for_networks(FASHION)
@check("metric", en="Accuracy is measured", fr="L'exactitude est mesurée")
def test_metric(bench: Bench, network: Network) -> None:
    """One of the metrics is the accuracy."""
    expect_accuracy_metric(examine(bench, network))


@for_networks(FASHION)
@check("learns", en="Learns to name clothes", fr="Apprend à nommer des vêtements", weight=2)
def test_learns(bench: Bench, network: Network, exhibit: Callable[..., None]) -> None:
    """All of it is trained: the judge's short training names held-out clothes better than chance, or is on its way."""
    candidate = examine(bench, network)
    expect_nothing_frozen(candidate)
    schedule = learning_schedule(bench, LESSON)
    learned = learn(candidate, schedule)
    if learns_slowly(learned.curves.get("loss", [])):
        show_learning(exhibit, network.name, LESSON, schedule, learned)
        return

    expect_learning(candidate, LESSON, LEARNING_THRESHOLD[bench.kind], exhibit)


def learns_slowly(losses: list[float]) -> bool:
    """Tell whether training losses fall without a break: the optimizer is free, and some are slow as they come.

    Too small a rate hardly moves it from the loss of a network that knows nothing, ln 10; too large a rate begins far
    above it.
    """
    falls = all(after < before for before, after in pairwise(losses))
    return len(losses) > 1 and falls and losses[0] < FIRST_LOSS and losses[-1] < SMALLEST_FALL * losses[0]


@for_networks(XOR)
@check("optimizer", en="Optimizer: Adam", fr="Optimiseur : Adam")
def test_optimizer(bench: Bench, network: Network) -> None:
    """The compiled optimizer is Adam, at any rate."""
    expect_optimizer(examine(bench, network))


@for_networks(XOR)
@check("loss", en="Loss: mean squared error", fr="Perte : erreur quadratique moyenne")
def test_xor_loss(bench: Bench, network: Network) -> None:
    """The compiled loss of given predictions has the value of the mean squared error, and no layer adds to it."""
    expect_squared_error(examine(bench, network))
    expect_no_penalty(examine(bench, network))


@for_networks(XOR)
@check("metric", en="A binary accuracy is measured", fr="Une exactitude binaire est mesurée")
def test_xor_metric(bench: Bench, network: Network) -> None:
    """One of the metrics counts predictions on the right side of one half."""
    expect_binary_accuracy(examine(bench, network))


@for_networks(XOR)
@check("trainable", en="Both layers can learn", fr="Les deux couches peuvent apprendre")
def test_xor_trainable(bench: Bench, network: Network) -> None:
    """Nothing is frozen, and the hidden layer does not begin where ReLU has no slope."""
    expect_able_to_learn(examine(bench, network))


@remembered
def expect_squared_error(candidate: Candidate) -> None:
    """Expect the loss to be the mean squared error of eight given predictions."""
    require_compiled(candidate)
    truth, given = _predictions()
    expect_array(
        candidate.model.ask("loss", truth, given),
        ((truth - given) ** 2).mean(),
        call=f"{candidate.network.call}: loss",
        what=Text("mean squared error of eight given predictions", "erreur quadratique de huit prédictions données"),
        mistakes=(
            (
                -(truth * np.log(given) + (1 - truth) * np.log(1 - given)).mean(),
                Text("this is binary cross-entropy", "c'est l'entropie croisée binaire"),
            ),
            (np.abs(truth - given).mean(), Text("this is the mean absolute error", "c'est l'erreur absolue moyenne")),
        ),
        hint=Text('compile(loss="mean_squared_error")', 'compile(loss="mean_squared_error")'),
        **FLOAT32,
    )


@remembered
def expect_binary_accuracy(candidate: Candidate) -> None:
    """Expect one of the metrics to be 0.625, the share of given predictions on the right side."""
    require_compiled(candidate)
    truth, given = _predictions()
    try:
        found = candidate.model.ask("metrics", truth, given)
    except Raised:
        found = {}
    metrics = {name: value for name, value in found.items() if name != "loss"} if isinstance(found, dict) else {}
    share = float(((given > 0.5) == truth).mean())
    if not any(isinstance(value, float) and abs(value - share) < 1e-6 for value in metrics.values()):
        shown = ", ".join(f"{name} = {value:.3f}" for name, value in metrics.items() if isinstance(value, float))
        call = candidate.network.call
        message = Text(
            f"{call}: metrics of 8 predictions, 5 of them on the right side of 0.5: {shown or 'none'}\n"
            f"expected: an accuracy of {share} among them",
            f"{call} : métriques de 8 prédictions, dont 5 du bon côté de 0.5 : {shown or 'aucune'}\n"
            f"attendu : parmi elles une exactitude de {share}",
        )
        hint = Text('Compile with metrics=["binary_accuracy"].', 'Compilez avec metrics=["binary_accuracy"].')
        categorical = Text(
            "a categorical accuracy of a single output is always 1",
            "l'exactitude catégorielle d'une seule sortie vaut toujours 1",
        )
        fail(message, hint, categorical if any(name.startswith("categorical") for name in metrics) else None)


def require_compiled(candidate: Candidate) -> None:
    """Fail where the model was not compiled."""
    if candidate.description.get("compiled") is not True:
        name = candidate.network.call
        fail(Text(f"{name} is not compiled", f"{name} n'est pas compilé"))


def _predictions() -> tuple[np.ndarray, np.ndarray]:
    """Return labels and predictions, float32 (8, 1), five of them on the right side of one half."""
    truth = np.array([0, 1, 1, 0, 1, 0, 0, 1], np.float32)
    given = np.array([0.1, 0.8, 0.3, 0.35, 0.6, 0.9, 0.2, 0.45], np.float32)
    return truth[:, None], given[:, None]
