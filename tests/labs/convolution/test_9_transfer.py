"""transfer_model: bases of ours, what comes out of the new head, and which weights move when it is trained."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autograder.architecture import ModelData
from autograder.bench import Bench
from autograder.classifiers import Candidate
from autograder.compiled import expect_accuracy_metric, expect_loss
from autograder.student import Opaque, RemoteModel, Student
from autograder.suite import check, question
from shared.assertions import FLOAT32, expect_array, expect_equal, fail
from shared.text import Text

from .conftest import LAYERS, as_candidate, as_functional, expect_classifier, probabilities, with_weights

SIDES, FEATURES, OLD_CLASSES, CLASSES, OTHER_CLASSES = (8, 7, 1), 6, 3, 7, 2
CALL, OTHER_CALL = f"transfer_model(base, {CLASSES})", f"transfer_model(base, {OTHER_CLASSES})"


@dataclass(frozen=True)
class Transferred:
    """One call of the student's function: the base, and the model made of it."""

    call: str
    classes: int
    data: ModelData
    base: RemoteModel
    model: RemoteModel

    @property
    def head(self) -> tuple[int, int] | None:
        """The places of the new layer's kernel and bias among the model's weights."""
        shapes = [array.shape for array in self.model.weights()]
        wanted = ((FEATURES, self.classes), (self.classes,))
        return (shapes.index(wanted[0]), shapes.index(wanted[1])) if all(s in shapes for s in wanted) else None


def images(n: int) -> np.ndarray:
    """Return random images, float32 (n, 8, 7, 1)."""
    return np.random.default_rng(n).random((n, *SIDES), dtype=np.float32)


def trained_base(bench: Bench, *, dropout: bool = True) -> ModelData:
    """Return a classifier with batch normalisation and dropout, its weights drawn: nothing is as a new layer has it.

    Its layers have names that Keras gives to no new layer.  Without dropout its last layer but one has weights.
    """
    layers: LAYERS = [
        ("Input", {"shape": SIDES, "name": "our_images"}),
        ("Conv2D", {"filters": 4, "kernel_size": 3, "name": "our_conv"}),
        ("BatchNormalization", {"name": "our_norm"}),
        ("ReLU", {"name": "our_relu"}),
        ("MaxPooling2D", {"name": "our_pool"}),
        ("Flatten", {"name": "our_flat"}),
        ("Dense", {"units": FEATURES, "activation": "relu", "name": "our_hidden"}),
        *([("Dropout", {"rate": 0.4, "name": "our_drop"})] if dropout else []),
        ("Dense", {"units": OLD_CLASSES, "activation": "softmax", "name": "our_head"}),
    ]
    data = bench.toy(layers, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    rng = np.random.default_rng(5)
    # A variance is positive, and so are the others here; half of the features are alive on most images.
    drawn = [0.3 + 0.5 * rng.random(a.shape) if a.ndim == 1 else 0.4 * rng.normal(size=a.shape) for a in data.weights]
    return with_weights(data, drawn)


def features(bench: Bench, data: ModelData, given: np.ndarray) -> np.ndarray:
    """Return what the base's last layer reads: (n, 6), solved from its outputs' logarithms by another head."""
    kernel, bias = np.eye(FEATURES), np.zeros(FEATURES)
    wide = data.architecture or ""
    wide = wide.replace(f'"units": {OLD_CLASSES},', f'"units": {FEATURES},').replace('"softmax"', '"linear"')
    shown = with_weights(ModelData(wide), [*data.weights[:-2], kernel, bias])
    key = ("features", wide, len(given))
    found: np.ndarray = bench.remember(key, lambda: bench.workshop.make(shown).predict(given))
    return found


def softmax(values: np.ndarray) -> np.ndarray:
    """Return probabilities (n, k)."""
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    found: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return found


def sequential(student: Student, bench: Bench) -> Transferred:
    """Transfer a sequential base to seven classes, once a question."""
    make = lambda: _transfer(student, trained_base(bench), CLASSES, CALL)  # noqa: E731
    return student.once("sequential", make)


def functional(student: Student, bench: Bench) -> Transferred:
    """Transfer a functional base, without dropout, to two classes, once a question."""
    base = as_functional(trained_base(bench, dropout=False))
    make = lambda: _transfer(student, base, OTHER_CLASSES, OTHER_CALL)  # noqa: E731
    return student.once("functional", make)


def _transfer(student: Student, data: ModelData, classes: int, call: str) -> Transferred:
    base = student.make(data)
    model = expect_classifier(student.call("transfer_model", base, classes).value, images(2), call)
    return Transferred(call, classes, data, base, model)


@question("transfer_model")
@check("outputs", en="n_classes probabilities", fr="n_classes probabilités", weight=2)
def test_outputs(student: Student, bench: Bench) -> None:
    """Seven classes for one base, two for the other."""
    for made in (sequential(student, bench), functional(student, bench)):
        probabilities(made.model, images(5), made.classes, made.call)


def expect_features(bench: Bench, made: Transferred, seed: int) -> None:
    """Expect a model to give what its head makes of the base's features."""
    head = made.head
    if head is None:
        shapes = [array.shape for array in made.model.weights()]
        on_top = (OLD_CLASSES, made.classes) in shapes
        fail(
            Text(
                f"{made.call}: no layer reads the {FEATURES} values that the base's last layer reads\n"
                f"expected: weights ({FEATURES}, {made.classes}) and ({made.classes},)",
                f"{made.call} : aucune couche ne lit les {FEATURES} valeurs que lit la dernière couche de base\n"
                f"attendu : des poids ({FEATURES}, {made.classes}) et ({made.classes},)",
            ),
            Text("The new layer sits on top of the old softmax.", "La nouvelle couche est posée sur l'ancien softmax.")
            if on_top
            else Text("Take the base without its last layer.", "Prenez base sans sa dernière couche."),
        )
        return
    rng, weights = np.random.default_rng(seed), made.model.weights()
    kernel, bias = rng.normal(size=(FEATURES, made.classes)), rng.normal(size=made.classes)
    tried = list(weights)
    tried[head[0]], tried[head[1]] = kernel.astype(np.float32), bias.astype(np.float32)
    made.model.set_weights(tried)
    got = probabilities(made.model, images(6), made.classes, made.call)
    made.model.set_weights(weights)
    kept = [any(np.array_equal(array, other) for other in weights) for array in made.data.weights[:-2]]
    expect_array(
        got,
        softmax(features(bench, made.data, images(6)) @ kernel + bias),
        call=f"{made.call}.predict(X), with given weights in the new layer",
        what=Text("softmax of what base's last layer reads", "le softmax de ce que lit la dernière couche de base"),
        hint=None
        if all(kept)
        else Text(
            "The weights of base are not in the model: a cloned model starts with new ones.",
            "Les poids de base ne sont pas dans le modèle : un modèle cloné en a de nouveaux.",
        ),
        **FLOAT32,
    )


@question("transfer_model")
@check("features", en="Reuses the base's layers and weights", fr="Réutilise les couches et les poids", weight=3)
def test_features(student: Student, bench: Bench) -> None:
    """With given weights in the head the outputs are those of the base's features."""
    expect_features(bench, sequential(student, bench), seed=1)


@question("transfer_model")
@check("functional", en="Also a functional base", fr="Aussi une base fonctionnelle")
def test_functional(student: Student, bench: Bench) -> None:
    """The same of a base written with the functional API."""
    expect_features(bench, functional(student, bench), seed=2)


@question("transfer_model")
@check("trainable", en="Only the head is trainable", fr="Seule la tête est entraînable", weight=2)
def test_trainable(student: Student, bench: Bench) -> None:
    """Two arrays are trainable, a kernel and a bias."""
    made = sequential(student, bench)
    remote = made.model.remote
    found = Opaque(remote.kind, remote.type_name, remote.handle, made.model.process).attribute("trainable_weights")
    shapes = sorted(np.shape(array) for array in found) if isinstance(found, list | tuple) else found
    expect_equal(
        shapes,
        [(FEATURES, CLASSES), (CLASSES,)],
        call=f"shapes of {CALL}.trainable_weights",
        what=Text(
            "kernel and bias of the new layer, nothing else", "noyau et biais de la nouvelle couche, rien d'autre"
        ),
        mistakes=(([], Text("the new layer is frozen too", "la nouvelle couche est gelée aussi")),),
        hint=Text("layer.trainable = False freezes a layer.", "layer.trainable = False gèle une couche."),
    )


@question("transfer_model")
@check("training", en="Training changes the head only", fr="L'entraînement ne change que la tête", weight=3)
def test_training(student: Student, bench: Bench) -> None:
    """After two epochs the head's weights have moved; no other one has, moving statistics included."""
    made = sequential(student, bench)
    before, head = made.model.weights(), made.head
    made.model.fit(images(24), np.arange(24) % CLASSES, epochs=2, batch_size=8)
    after = made.model.weights()
    moved = [n for n, (a, b) in enumerate(zip(before, after, strict=True)) if not np.array_equal(a, b)]
    others = [before[n].shape for n in moved if head is None or n not in head]
    if others:
        statistics = all(shape == (4,) for shape in others)
        fail(
            Text(
                f"training {CALL} changes weights of shapes {others[:4]}\nexpected: only the new layer's change",
                f"entraîner {CALL} change des poids de formes {others[:4]}\nattendu : seuls ceux de la nouvelle couche",
            ),
            Text(
                "These are moving statistics of a batch normalisation: freeze it too.",
                "Ce sont les statistiques d'une normalisation par lots : gelez-la aussi.",
            )
            if statistics
            else Text("Set trainable = False before compiling.", "Mettez trainable = False avant de compiler."),
        )
    expect_equal(
        len(moved),
        2,
        call=f"{CALL}: arrays that training changes",
        what=Text("kernel and bias of the new layer", "noyau et biais de la nouvelle couche"),
    )


@question("transfer_model")
@check("base", en="The base stays as it was", fr="La base reste telle quelle", weight=2)
def test_base(student: Student, bench: Bench) -> None:
    """It has its layers and gives its predictions, also after the new model was trained."""
    for make, dropout in ((sequential, ["Dropout"]), (functional, [])):
        made = make(student, bench)
        kinds = [row["kind"] for row in made.base.describe().get("layers", []) if row["kind"] != "InputLayer"]
        expect_equal(
            kinds,
            ["Conv2D", "BatchNormalization", "ReLU", "MaxPooling2D", "Flatten", "Dense", *dropout, "Dense"],
            call=f"layers of base after {made.call}",
            what=Text("the layers it had before", "les couches d'avant"),
            hint=Text("base.pop() changes base itself.", "base.pop() modifie base elle-même."),
        )
        right = softmax(features(bench, made.data, images(6)) @ made.data.weights[-2] + made.data.weights[-1])
        call, words = f"base.predict(X) after {made.call}", Text("as before", "comme avant")
        expect_array(made.base.predict(images(6)), right, call=call, what=words, **FLOAT32)


@question("transfer_model")
@check("twice", en="Can be called twice", fr="Peut être appelée deux fois")
def test_twice(student: Student, bench: Bench) -> None:
    """A second model of the same base has its own head."""
    made = sequential(student, bench)
    again = f"a second {OTHER_CALL}"
    model = expect_classifier(student.call("transfer_model", made.base, OTHER_CLASSES).value, images(2), again)
    second = Transferred(again, OTHER_CLASSES, made.data, made.base, model)
    expect_features(bench, second, seed=3)
    probabilities(made.model, images(5), CLASSES, CALL)


def candidate(student: Student, bench: Bench) -> Candidate:
    """Return the model for the expectations on how it was compiled."""
    model = sequential(student, bench).model
    return student.once("candidate", lambda: as_candidate(bench, model, CALL, CLASSES))


@question("transfer_model")
@check("loss", en="A loss for integer labels", fr="Une perte pour étiquettes entières")
def test_loss(student: Student, bench: Bench) -> None:
    """The compiled loss has the value of the cross-entropy of integer labels."""
    expect_loss(candidate(student, bench))


@question("transfer_model")
@check("metric", en="Accuracy is measured", fr="L'exactitude est mesurée")
def test_metric(student: Student, bench: Bench) -> None:
    """One of the metrics is the accuracy."""
    expect_accuracy_metric(candidate(student, bench))
