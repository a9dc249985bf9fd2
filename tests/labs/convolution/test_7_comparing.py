"""compare_models: four small models of ours; what was trained, how long and on what is read from them afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.architecture import ModelData
from autograder.bench import Bench
from autograder.calls import expect_kept
from autograder.student import RemoteModel, Student
from autograder.suite import check, question
from shared.assertions import expect_array, expect_equal, fail
from shared.text import Text

from .conftest import with_weights

SIDES, CLASSES = (3, 4, 1), 4
EPOCHS, BATCH_SIZE, N_TRAIN, N_TEST = 2, 8, 20, 30
CALL = f"compare_models(models, train, test, epochs={EPOCHS}, batch_size={BATCH_SIZE})"
Pair = tuple[np.ndarray, np.ndarray]
# By name: the metrics in their order, the rate of the optimizer, by how much the model misreads before it is trained, and
# how surely.  The last one is led astray: in 500 of 500 runs it reads more test images after the first epoch than after
# the second, so the accuracy of its best epoch is not the one that it ends with.
MODELS: dict[str, tuple[list[str], float, int, float]] = {
    "learns": (["accuracy"], 4.0, 0, 0.0),
    "réseau b": (["sparse_categorical_crossentropy", "accuracy"], 1e-6, 1, 9.0),
    "c": (["accuracy", "sparse_categorical_crossentropy"], 1e-6, 2, 9.0),
    "d": (["accuracy"], 1.0, 1, 1.0),
}


@dataclass(frozen=True)
class Compared:
    """One call of the student's function: what it returned, and the models right after it."""

    value: Any
    changed: tuple[str, ...]
    models: dict[str, RemoteModel]

    def accuracy(self, name: str, pair: Pair) -> float:
        """Return a model's accuracy on a pair, in [0, 1]."""
        outputs = self.models[name].predict(pair[0])
        return float((np.asarray(outputs).argmax(axis=-1) == pair[1]).mean())

    def loss(self, name: str, pair: Pair) -> float:
        """Return a model's mean cross-entropy on a pair."""
        outputs = np.asarray(self.models[name].predict(pair[0]), np.float64)
        return float(-np.log(np.clip(outputs[np.arange(len(pair[1])), pair[1]], 1e-7, 1)).mean())

    def steps(self, name: str) -> int:
        """Return how many steps a model's optimizer has made."""
        optimizer = self.models[name].describe().get("optimizer")
        steps = optimizer.get("steps") if isinstance(optimizer, dict) else None
        return steps if isinstance(steps, int) else -1


def toy(bench: Bench, name: str) -> ModelData:
    """Return a softmax regression; it runs eagerly, as tracing would take longer than a few batches."""
    metrics, rate, shift, strength = MODELS[name]
    data = bench.toy(
        [("Input", {"shape": SIDES}), ("Flatten", {}), ("Dense", {"units": CLASSES, "activation": "softmax"})],
        loss="sparse_categorical_crossentropy",
        optimizer={"class_name": "SGD", "config": {"learning_rate": rate}},
        metrics=metrics,
        run_eagerly=True,
    )
    kernel = np.zeros((12, CLASSES))
    kernel[np.arange(CLASSES), (np.arange(CLASSES) + shift) % CLASSES] = strength
    return with_weights(data, [kernel, np.zeros(CLASSES)])


def readable(labels: np.ndarray) -> np.ndarray:
    """Return images whose first pixels say the class: float32, (n, 3, 4, 1)."""
    images = np.zeros((len(labels), 12), np.float32)
    images[np.arange(len(labels)), labels] = 1.0
    return images.reshape(-1, *SIDES)


def problem() -> tuple[Pair, Pair]:
    """Return training and test pairs; most test labels contradict the training labels: what was trained on shows."""
    rng = np.random.default_rng(3)
    train, test = (rng.permutation(np.arange(n) % CLASSES) for n in (N_TRAIN, N_TEST))
    shifts = np.repeat([0, 1, 2], [9, 15, 6])
    return (readable(train), train), (readable(test), (test + shifts) % CLASSES)


def compared(student: Student, bench: Bench) -> Compared:
    """Compare the models, once a question."""
    return student.once("compared", lambda: _compare(student, bench))


def _compare(student: Student, bench: Bench) -> Compared:
    models = {name: student.make(toy(bench, name)) for name in MODELS}
    reply = student.call("compare_models", models, *problem(), epochs=EPOCHS, batch_size=BATCH_SIZE)
    return Compared(reply.value, reply.changed, models)


@question("compare_models")
@check("names", en="A dict with every model's name", fr="Un dictionnaire avec le nom de chaque modèle")
def test_names(student: Student, bench: Bench) -> None:
    """The keys are the models' names."""
    value = compared(student, bench).value
    expect_equal(
        sorted(value, key=str) if isinstance(value, dict) else value,
        sorted(MODELS),
        call=f"sorted({CALL})",
        what=Text("the names of the models, as keys of a dict", "les noms des modèles, clés d'un dictionnaire"),
    )


@question("compare_models")
@check("trains", en="Trains each on the training pair", fr="Entraîne chacun sur la paire d'entraînement", weight=2)
def test_trains(student: Student, bench: Bench) -> None:
    """The model that can learn has learnt the training labels, and each optimizer has made steps."""
    found = compared(student, bench)
    train, test = problem()
    idle = [name for name in MODELS if found.steps(name) < 1]
    if idle:
        fail(
            Text(f"after {CALL} the model {idle[0]!r} is untrained", f"après {CALL}, {idle[0]!r} n'est pas entraîné"),
            Text("Call fit on every model.", "Appelez fit sur chaque modèle."),
        )
    on_train, on_test = found.accuracy("learns", train), found.accuracy("learns", test)
    if on_train < 0.9 or on_train <= on_test:
        fail(
            Text(
                f"after {CALL} a model reads {on_train:.0%} of the training images, {on_test:.0%} of the others\n"
                "expected: all of the training images",
                f"après {CALL}, un modèle lit {on_train:.0%} des images d'entraînement, {on_test:.0%} des autres\n"
                "attendu : toutes les images d'entraînement",
            ),
            Text("fit takes train, evaluate takes test.", "fit reçoit train, evaluate reçoit test."),
        )


@question("compare_models")
@check("accuracies", en="The accuracy on the test pair", fr="L'exactitude sur la paire de test", weight=3)
def test_accuracies(student: Student, bench: Bench) -> None:
    """Each value is the accuracy of the model as it is after the call, also where other metrics come first or last."""
    found = compared(student, bench)
    train, test = problem()
    got = [found.value.get(name) for name in MODELS] if isinstance(found.value, dict) else found.value
    right = np.array([found.accuracy(name, test) for name in MODELS])
    on_train = np.array([found.accuracy(name, train) for name in MODELS])
    expect_array(
        got,
        right,
        call=f"[{CALL}[name] for name in models]",
        what=Text("accuracies on the test pair, in [0, 1]", "exactitudes sur la paire de test, dans [0, 1]"),
        mistakes=(
            (100 * right, Text("these are percentages", "ce sont des pourcentages")),
            (on_train, Text("these are accuracies on the training pair", "exactitudes sur la paire d'entraînement")),
            ([found.loss(name, test) for name in MODELS], Text("these are losses", "ce sont des pertes")),
            (1 - right, Text("these are error rates", "ce sont des taux d'erreur")),
        ),
        hint=Text(
            "evaluate(..., return_dict=True) gives metrics by name: accuracy need not be the second.",
            "evaluate(..., return_dict=True) donne les métriques par nom : accuracy n'est pas toujours la deuxième.",
        ),
        rtol=0,
        atol=1e-4,
    )


@question("compare_models")
@check("schedule", en="epochs and batch_size are honoured", fr="epochs et batch_size sont respectés", weight=2)
def test_schedule(student: Student, bench: Bench) -> None:
    """Each optimizer has made a step a batch in each epoch."""
    found = compared(student, bench)
    expect_equal(
        [found.steps(name) for name in MODELS],
        [6] * len(MODELS),
        call=CALL,
        what=Text(
            "steps of each optimizer: 2 epochs of 3 batches, for 20 images by 8",
            "pas de chaque optimiseur : 2 époques de 3 lots, pour 20 images par 8",
        ),
        mistakes=(
            ([80] * len(MODELS), Text("epochs and batch_size are exchanged", "epochs et batch_size sont échangés")),
            ([9] * len(MODELS), Text("three epochs whatever was asked", "trois époques quoi qu'on demande")),
            ([2] * len(MODELS), Text("batches of 128 whatever was asked", "des lots de 128 quoi qu'on demande")),
            ([3] * len(MODELS), Text("one epoch only, or the defaults", "une seule époque, ou les valeurs par défaut")),
        ),
        hint=Text("Pass both on to fit.", "Transmettez les deux à fit."),
    )


@question("compare_models")
@check("defaults", en="3 epochs, batches of 128 by default", fr="3 époques, lots de 128 par défaut")
def test_defaults(student: Student, bench: Bench) -> None:
    """Without the optional arguments 260 images make three batches in each of three epochs."""
    said = student.defaults("compare_models")
    if (said.get("epochs"), said.get("batch_size")) == (3, 128):
        return
    labels = np.arange(260) % CLASSES
    model = student.make(toy(bench, "learns"))
    student.call("compare_models", {"a": model}, (readable(labels), labels), problem()[1])
    expect_equal(
        Compared(None, (), {"a": model}).steps("a"),
        9,
        call="compare_models(models, train, test), 260 training images",
        what=Text("steps: 3 epochs of 3 batches of 128", "pas : 3 époques de 3 lots de 128"),
        mistakes=((15, Text("the default is five epochs", "cinq époques par défaut")),),
    )


@question("compare_models")
@check("inputs", en="Leaves the data unchanged", fr="Ne modifie pas les données")
def test_inputs(student: Student, bench: Bench) -> None:
    """No array is changed in place."""
    expect_kept(compared(student, bench).changed, CALL, ("models", "train", "test"))
