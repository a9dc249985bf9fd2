"""deep_model and regularized_model: any network within the rules, trained by the judge and compared with ours.

The judge trains every network from new weights on the same few images; `margins.py` says how far the results of right and
of wrong answers stand from the thresholds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from autograder.bench import Bench
from autograder.classifiers import Candidate, Network, examine, learn
from autograder.learning import Lesson, show_learning
from autograder.network import Plan
from autograder.process import Raised
from autograder.suite import check, question
from autograder.training import Learned, Schedule
from shared.assertions import expect_shape, fail
from shared.text import Text

# Only name, input and number of classes are fixed.
DEEP = Network("deep_model", (32, 32, 3), Plan(()), ((64, 10),), ())
REGULARIZED = replace(DEEP, name="regularized_model")
MAX_PARAMETERS, MIN_CONVOLUTIONS = 1_000_000, 3

# A share of right answers on the training images; guessing gives 0.10.
LEARNT = 0.2

LESSON = Lesson(
    "cifar10", (32, 32, 3), labels="integer", training=400, validation=100, test=1000, epochs=8, batch_size=16
)

Layers = list[tuple[str, dict[str, Any]]]
BASIC: Layers = [
    ("Input", {"shape": (32, 32, 3)}),
    ("Conv2D", {"filters": 32, "kernel_size": 3, "activation": "relu"}),
    ("MaxPooling2D", {}),
    ("Flatten", {}),
    ("Dense", {"units": 64, "activation": "relu"}),
    ("Dense", {"units": 10, "activation": "softmax"}),
]
# Three convolutions and nothing else: it learns its few images by heart.
_CONV = ("Conv2D", {"filters": 16, "kernel_size": 3, "activation": "relu"})
UNREGULARIZED: Layers = [
    ("Input", {"shape": (32, 32, 3)}),
    _CONV,
    _CONV,
    _CONV,
    ("Flatten", {}),
    ("Dense", {"units": 10, "activation": "softmax"}),
]
# Plain gradient descent with a small rate: what a deeper network of any style passes, and one that does not learn does not.
BASIC_OPTIMIZER = {"class_name": "SGD", "config": {"learning_rate": 0.0005}}


@dataclass(frozen=True)
class Result:
    """Shares of right answers, in [0, 1], on the training images and on new ones."""

    training: float
    new: float

    @property
    def gap(self) -> float:
        """How much better it is on what it was trained on."""
        return self.training - self.new


def schedule(bench: Bench) -> Schedule:
    """Return the training: standardised images that students may have, and measured on those and on held-out ones."""
    return bench.remember("cifar10 schedule", lambda: _schedule(bench))


def _schedule(bench: Bench) -> Schedule:
    (x_given, y_given), _test = bench.data["cifar10"].given
    n, m, half = LESSON.training, LESSON.training + LESSON.validation, LESSON.test // 2
    held_out = bench.data["cifar10"].held_out
    new = [(part[0][:half], part[1][:half]) for part in held_out]
    mean, deviation = x_given[:n].mean(axis=(0, 1, 2)), x_given[:n].std(axis=(0, 1, 2))
    scaled: Callable[[np.ndarray], np.ndarray] = lambda images: ((images - mean) / deviation).astype(np.float32)  # noqa: E731
    labels = y_given.reshape(-1).astype(int)
    return Schedule(
        X=scaled(x_given[:n]),
        y=labels[:n],
        X_validation=scaled(x_given[n:m]),
        y_validation=labels[n:m],
        X_test=scaled(np.concatenate([x_given[:n], *(images for images, _ in new)])),
        labels=np.concatenate([labels[:n], *(classes.reshape(-1).astype(int) for _, classes in new)]),
        epochs=LESSON.epochs,
        batch_size=LESSON.batch_size,
        settles=True,
    )


def result_of(learned: Learned, labels: np.ndarray) -> Result:
    """Tell what was reached on the training images from what was reached on the new ones."""
    right = np.array(learned.test) == labels
    return Result(float(right[: LESSON.training].mean()), float(right[LESSON.training :].mean()))


def reference(bench: Bench, layers: Layers, optimizer: Any) -> Result:
    """Return what a network of ours reaches."""
    model = bench.toy(layers, loss="sparse_categorical_crossentropy", optimizer=optimizer, metrics=["accuracy"])
    plan = schedule(bench)
    return bench.remember(("reached", repr(layers)), lambda: result_of(bench.learn(model, plan), plan.labels))


def reached(candidate: Candidate) -> tuple[Learned, Result]:
    """Let the judge train the student's network, once a question."""
    return candidate.bench.student.once(("reached", candidate.network.name), lambda: _reach(candidate))


def _reach(candidate: Candidate) -> tuple[Learned, Result]:
    call = candidate.network.call
    expect_compiled(candidate)
    plan = schedule(candidate.bench)
    try:
        learned = learn(candidate, plan)
    except Raised as error:
        words = error.message.strip().splitlines()
        cause = f": {error.type_name}" + (f" {words[-1][:160]}" if words else "")
        fail(
            Text(f"{call} cannot be trained on integer labels", f"{call} ne s'entraîne pas sur des étiquettes entières")
            + Text.same(cause),
            Text('loss="sparse_categorical_crossentropy"', 'loss="sparse_categorical_crossentropy"'),
        )
        raise
    return learned, result_of(learned, plan.labels)


def expect_compiled(candidate: Candidate) -> None:
    """Expect a compiled model."""
    if candidate.description.get("compiled") is not True:
        call = candidate.network.call
        fail(
            Text(f"{call} is not compiled", f"{call} n'est pas compilé"),
            Text("Call model.compile(...) before returning it.", "Appelez model.compile(...) avant de le renvoyer."),
        )


def count_convolutions(candidate: Candidate) -> int:
    """Count layers that convolve; of a layer that is no one of Keras's, its kernels of four axes."""
    layers = candidate.description.get("layers")
    return (
        sum(_convolutions_in(layer) for layer in layers if isinstance(layer, dict)) if isinstance(layers, list) else 0
    )


def _convolutions_in(layer: dict[str, Any]) -> int:
    bases = [base for base in layer.get("bases", ()) if isinstance(base, str)]
    if any("Conv" in base for base in bases):
        return 1
    shapes = layer.get("weights")
    return (
        sum(len(shape) == 4 for shape in shapes if isinstance(shape, list | tuple)) if isinstance(shapes, list) else 0
    )


def both(*networks: Network) -> Callable[..., object]:
    """Make one check a network, each under its own question."""
    params = [pytest.param(network, marks=question(network.name), id=network.name) for network in networks]
    return pytest.mark.parametrize("network", params)


@both(DEEP, REGULARIZED)
@check("output", en="Ten values an image, compiled", fr="Dix valeurs par image, compilé")
def test_output(bench: Bench, network: Network) -> None:
    """The model takes the lab's images, gives ten values for each, and is compiled."""
    candidate = examine(bench, network)
    expect_compiled(candidate)

    outputs = candidate.model.predict(network.images(3, seed=2))
    expect_shape(outputs, (3, 10), call=f"{network.call}(images)", what=Text("a row an image", "une ligne par image"))


@both(DEEP, REGULARIZED)
@check("depth", en="At least three convolutions", fr="Au moins trois convolutions", weight=2)
def test_depth(bench: Bench, network: Network) -> None:
    """The network convolves three times or more."""
    found = count_convolutions(examine(bench, network))

    if found < MIN_CONVOLUTIONS:
        fail(
            Text(
                f"{network.call} has {found} convolution(s)\nexpected: at least {MIN_CONVOLUTIONS}",
                f"{network.call} a {found} convolution(s)\nattendu : au moins {MIN_CONVOLUTIONS}",
            )
        )


@both(DEEP, REGULARIZED)
@check("size", en="At most 1,000,000 parameters", fr="Au plus 1 000 000 de paramètres", weight=2)
def test_size(bench: Bench, network: Network) -> None:
    """The network has a million weights at most, trained or not."""
    total = sum(int(array.size) for array in examine(bench, network).weights)

    if total > MAX_PARAMETERS or total == 0:
        fail(
            Text(
                f"{network.call} has {total:,} parameters\nexpected: at most {MAX_PARAMETERS:,}",
                f"{network.call} a {total} paramètres\nattendu : au plus {MAX_PARAMETERS}",
            ),
            Text(
                "Most weights are in the first dense layer: pool more before it.",
                "La première couche dense a le plus de poids : réduisez davantage avant elle.",
            ),
        )


@both(DEEP, REGULARIZED)
@check("learns", en="Better than the first network", fr="Meilleur que le premier réseau", weight=4)
def test_learns(bench: Bench, network: Network, exhibit: Callable[..., None]) -> None:
    """After the judge's training it is right more often on new images than our basic network, slowly trained."""
    learned, result = reached(examine(bench, network))
    plan = schedule(bench)
    pixels = bench.data["cifar10"].given[0][0][LESSON.training : LESSON.training + LESSON.validation]
    show_learning(exhibit, network.name, LESSON, replace(plan, X_validation=pixels.astype(np.float32) / 255), learned)

    threshold = reference(bench, BASIC, BASIC_OPTIMIZER).new
    if result.new <= threshold:
        words = f"{LESSON.training} images, {LESSON.epochs} × {LESSON.batch_size}"
        fail(
            Text(
                f"{network.call}, trained by the judge ({words}), is right on {result.new:.1%} of new images\n"
                f"expected: more than basic_model, {threshold:.1%} (guessing gives 10%)",
                f"{network.call}, entraîné par le juge ({words}), a raison sur {result.new:.1%} d'images nouvelles\n"
                f"attendu : plus que basic_model, {threshold:.1%} (le hasard donne 10%)",
            ),
            Text(
                "Is the learning rate far too large or too small, or is something frozen?",
                "Le taux d'apprentissage est-il bien trop grand ou trop petit, ou quelque chose est-il gelé ?",
            ),
        )


@question("regularized_model")
@check("regularised", en="Something regularises", fr="Quelque chose régularise", weight=3)
def test_regularised(bench: Bench) -> None:
    """Dropout, a penalty, batch normalisation or augmentation shows in what the model does."""
    candidate = examine(bench, REGULARIZED)

    if not any(_signs_of_regularisation(candidate)):
        fail(
            Text(
                "regularized_model() computes the same in training as in prediction, and adds nothing to the loss\n"
                "expected: dropout, a penalty on the weights, batch normalisation or augmentation layers",
                "regularized_model() calcule la même chose à l'entraînement qu'en prédiction, et n'ajoute rien à la perte\n"
                "attendu : du dropout, une pénalité sur les poids, une normalisation par lots ou des couches d'augmentation",
            ),
            Text("Is a rate or a penalty 0?", "Un taux ou une pénalité vaut-il 0 ?"),
        )


def _signs_of_regularisation(candidate: Candidate) -> Iterator[bool]:
    images = np.random.default_rng(4).normal(size=(16, 32, 32, 3)).astype(np.float32)
    model = candidate.model
    model.set_weights(candidate.weights)
    plain, trained = model.predict(images), model.predict(images, training=True)
    yield bool(plain.shape == trained.shape and not np.allclose(plain, trained, rtol=1e-4, atol=1e-6))
    penalty = model.ask("penalty", images)
    yield isinstance(penalty, float) and penalty > 0
    decay = candidate.optimizer.get("weight_decay")
    yield isinstance(decay, float) and decay > 0


@question("regularized_model")
@check("gap", en="A smaller gap than without", fr="Un écart plus petit que sans", weight=4)
def test_gap(bench: Bench) -> None:
    """The accuracy on training images exceeds that on new ones by less than our unregularised network's."""
    _learned, result = reached(examine(bench, REGULARIZED))
    limit = reference(bench, UNREGULARIZED, "adam").gap
    if result.training < LEARNT:
        fail(
            Text(
                f"regularized_model() is right on {result.training:.1%} of its training images: too little to judge a gap",
                f"regularized_model() a raison sur {result.training:.1%} de ses images d'entraînement : trop peu pour "
                "juger d'un écart",
            )
        )

    if result.gap >= limit:
        fail(
            Text(
                f"regularized_model(), trained by the judge: {result.training:.1%} on training images, "
                f"{result.new:.1%} on new ones\nexpected: a gap below {limit:.1%}, that of a network without regularisation",
                f"regularized_model(), entraîné par le juge : {result.training:.1%} sur les images d'entraînement, "
                f"{result.new:.1%} sur de nouvelles\nattendu : un écart inférieur à {limit:.1%}, celui d'un réseau sans "
                "régularisation",
            ),
            Text("Drop more, or add a second kind.", "Éteignez davantage, ou ajoutez une deuxième méthode."),
        )
