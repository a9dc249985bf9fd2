"""equivalent_mlp: its size for many counts, and that it is fully connected, by what it does to moved pixels."""

from __future__ import annotations

import numpy as np

from autograder.bench import Bench
from autograder.classifiers import Candidate
from autograder.compiled import expect_accuracy_metric, expect_loss, expect_nothing_frozen
from autograder.student import RemoteModel, Student
from autograder.suite import check, question
from shared.assertions import FLOAT32, expect_array, fail
from shared.text import Text

from .conftest import as_candidate, expect_classifier, probabilities

PIXELS, CLASSES, LENET = 28 * 28, 10, 61_706
# Counts between the sizes that one hidden layer can have: it takes a second one, or more thought, to come close.
SMALL = (10_000, 11_530, 17_100, 25_050, 33_000)
LARGE = (75_000, 150_300, 431_000, 1_000_000)
ALIKE = 1e-3


def call_of(n_params: int) -> str:
    """Return the call as a student writes it."""
    return f"equivalent_mlp({n_params})"


def images(n: int, scale: float = 1.0) -> np.ndarray:
    """Return random images, float32 (n, 28, 28, 1) in [0, scale]."""
    return scale * np.random.default_rng(n).random((n, 28, 28, 1), dtype=np.float32)


def built(student: Student, n_params: int = LENET) -> RemoteModel:
    """Call the student's function, once a question for each count."""
    make = lambda: expect_classifier(student.equivalent_mlp(n_params), images(2), call_of(n_params))  # noqa: E731
    return student.once(n_params, make)


def expect_count(student: Student, n_params: int) -> None:
    """Expect the number of parameters to be within 1 %."""
    total = sum(int(array.size) for array in built(student, n_params).weights())
    off = total / n_params - 1
    if abs(off) <= 0.01:
        return
    hints = [
        (
            total in (LENET, 61_676, 61_225, 62_020),
            Text(
                "Does the count depend on n_params, or is it LeNet's always?",
                "Le nombre dépend-il de n_params, ou est-ce toujours celui de LeNet ?",
            ),
        ),
        (
            (total - CLASSES) % (PIXELS + 1 + CLASSES) == 0,
            Text(
                "One hidden layer changes the total by 795 a unit: too coarse for small networks. A second layer helps.",
                "Une seule couche cachée change le total de 795 par neurone : trop grossier pour un petit réseau. "
                "Une deuxième couche aide.",
            ),
        ),
    ]
    fail(
        Text(
            f"{call_of(n_params)} has {total} parameters, {off:+.1%}\nexpected: {n_params} within 1%",
            f"{call_of(n_params)} a {total} paramètres, {off:+.1%}\nattendu : {n_params} à 1 % près",
        ),
        next((hint for fits, hint in hints if fits), None),
    )


@question("equivalent_mlp")
@check("lenet_size", en="As many parameters as LeNet", fr="Autant de paramètres que LeNet", weight=2)
def test_lenet_size(student: Student) -> None:
    """61,706 within 1 %."""
    expect_count(student, LENET)


@question("equivalent_mlp")
@check("large", en="Larger networks", fr="De plus grands réseaux", weight=2)
def test_large(student: Student) -> None:
    """Up to a million parameters, within 1 %."""
    for n_params in LARGE:
        expect_count(student, n_params)


@question("equivalent_mlp")
@check("small", en="Smaller networks", fr="De plus petits réseaux", weight=2)
def test_small(student: Student) -> None:
    """Down to 10,000 parameters, within 1 %."""
    for n_params in SMALL:
        expect_count(student, n_params)


@question("equivalent_mlp")
@check("outputs", en="Softmax over ten classes", fr="Softmax sur dix classes")
def test_outputs(student: Student) -> None:
    """It takes 28×28×1 images and gives ten probabilities."""
    for n_params in (LENET, SMALL[0]):
        probabilities(built(student, n_params), images(5, scale=4.0), CLASSES, call_of(n_params))


@question("equivalent_mlp")
@check("connected", en="Fully connected, no convolution", fr="Entièrement connecté, sans convolution", weight=2)
def test_connected(student: Student) -> None:
    """Moving all pixels, and the first layer's weights with them, changes nothing."""
    model = built(student)
    convolutions = [row["kind"] for row in model.describe().get("layers", []) if _is_convolution(row)]
    if convolutions:
        fail(
            Text(
                f"{call_of(LENET)} has a layer {convolutions[0]}\nexpected: fully connected layers only",
                f"{call_of(LENET)} a une couche {convolutions[0]}\nattendu : des couches entièrement connectées",
            ),
            Text("Flatten, then Dense layers.", "Flatten, puis des couches Dense."),
        )
    order = np.random.default_rng(9).permutation(PIXELS)
    weights, given = model.weights(), images(4)
    before = probabilities(model, given, CLASSES, call_of(LENET))
    moved = [_moved(array, order) for array in weights]
    if all(now is array for now, array in zip(moved, weights, strict=True)):
        fail(
            Text(
                f"{call_of(LENET)}: no layer has a weight for each of the 784 pixels",
                f"{call_of(LENET)} : aucune couche n'a un poids pour chacun des 784 pixels",
            ),
            Text("Is there a Flatten before the first Dense?", "Y a-t-il un Flatten avant la première Dense ?"),
        )
    model.set_weights(moved)
    after = model.predict(given.reshape(len(given), PIXELS)[:, order].reshape(given.shape))
    model.set_weights(weights)
    same = Text("the outputs of a fully connected network", "les sorties d'un réseau entièrement connecté")
    call = f"{call_of(LENET)}, pixels moved and the first layer's weights with them"
    expect_array(after, before, call=call, what=same, **FLOAT32)


def _is_convolution(row: object) -> bool:
    bases = row.get("bases") if isinstance(row, dict) else None
    return isinstance(bases, list) and any("Conv" in str(base) for base in bases)


def _moved(array: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Reorder the axis of an array that stands for the pixels; the array itself where it has none."""
    moved: np.ndarray = array
    if array.shape[:1] == (PIXELS,):
        moved = array[order]
    elif array.shape[:2] == (28, 28):
        moved = array.reshape(PIXELS, -1)[order].reshape(array.shape)
    elif array.ndim > 1 and array.shape[-1] == PIXELS:
        moved = array[..., order]
    return moved


@question("equivalent_mlp")
@check("hidden", en="A hidden layer that is not linear", fr="Une couche cachée non linéaire", weight=2)
def test_hidden(student: Student) -> None:
    """Between two images the outputs do not run along a straight line."""
    model = built(student)
    ends = images(12, scale=4.0)
    middle = (ends[:6] + ends[6:]) / 2
    scores = [np.log(np.clip(probabilities(model, part, CLASSES, call_of(LENET)), 1e-30, 1)) for part in (ends, middle)]
    # Differences of logarithms of a softmax are those of what enters it.
    first, last, between = (part[:, :-1] - part[:, -1:] for part in (scores[0][:6], scores[0][6:], scores[1]))
    bend, span = np.abs(between - (first + last) / 2).max(), np.abs(first - last).max()
    if bend > ALIKE * span:
        return
    fail(
        Text(
            f"{call_of(LENET)} computes a linear function before its softmax\n"
            "expected: a hidden layer with a non-linear activation",
            f"{call_of(LENET)} calcule une fonction linéaire avant son softmax\n"
            "attendu : une couche cachée d'activation non linéaire",
        ),
        Text("Linear layers in a row are one linear layer.", "Des couches linéaires à la suite n'en font qu'une."),
    )


def candidate(student: Student, bench: Bench) -> Candidate:
    """Return the network of LeNet's size for the expectations on how it was compiled."""
    return student.once("candidate", lambda: as_candidate(bench, built(student), call_of(LENET), CLASSES))


@question("equivalent_mlp")
@check("loss", en="A loss for integer labels", fr="Une perte pour étiquettes entières")
def test_loss(student: Student, bench: Bench) -> None:
    """The compiled loss has the value of the cross-entropy of integer labels."""
    expect_loss(candidate(student, bench))


@question("equivalent_mlp")
@check("metric", en="Accuracy is measured", fr="L'exactitude est mesurée")
def test_metric(student: Student, bench: Bench) -> None:
    """One of the metrics is the accuracy."""
    expect_accuracy_metric(candidate(student, bench))


@question("equivalent_mlp")
@check("trainable", en="Every layer learns", fr="Toutes les couches apprennent")
def test_trainable(student: Student, bench: Bench) -> None:
    """No layer is frozen: the parameters that are compared with LeNet's are all learnt."""
    expect_nothing_frozen(candidate(student, bench))
