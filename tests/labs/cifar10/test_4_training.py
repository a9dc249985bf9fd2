"""make_optimizer and train: an optimizer is known by the steps it makes, a training by what it leaves behind."""

from __future__ import annotations

import numpy as np

from autograder.bench import Bench
from autograder.calls import expect_refused
from autograder.fitting import (
    Fitting,
    expect_arguments_unchanged,
    expect_batch_size,
    expect_curves_of,
    expect_epochs,
    expect_trains,
    expect_validation,
)
from autograder.student import RemoteHistory, Student
from autograder.suite import check, question
from shared.assertions import expect_equal, fail
from shared.text import Text

from .steps import PATHS, expect_steps


@question("make_optimizer")
@check("sgd", en="Plain gradient descent", fr="Descente de gradient simple", weight=2)
def test_sgd(student: Student) -> None:
    """Without momentum, a step is the rate times the gradient."""
    expect_steps(student, "sgd", 0.05)


@question("make_optimizer")
@check("momentum", en="Momentum 0.9", fr="Moment de 0,9", weight=2)
def test_momentum(student: Student) -> None:
    """With momentum, nine tenths of the last step are added."""
    expect_steps(student, "momentum", 0.05)


@question("make_optimizer")
@check("adam", en="Adam", fr="Adam", weight=2)
def test_adam(student: Student) -> None:
    """Adam's steps have the size of the rate."""
    expect_steps(student, "adam", 0.05)


@question("make_optimizer")
@check("default", en="A rate of 0.01 by default", fr="Un taux de 0,01 par défaut", weight=2)
def test_default(student: Student) -> None:
    """The default rate is 0.01, for all three."""
    for name in PATHS:
        expect_steps(student, name, None)


@question("make_optimizer")
@check("errors", en="Errors on another name", fr="Erreur sur un autre nom", weight=2)
def test_unknown(student: Student) -> None:
    """A name that is none of the three is an error."""
    for name in ("rmsprop", "lion", "nothing"):
        expect_refused(
            lambda name=name: student.make_optimizer(name),
            call=f"make_optimizer({name!r})",
            because=Text("the names are sgd, momentum and adam", "les noms sont sgd, momentum et adam"),
        )


# -- train ---------------------------------------------------------------------------------------------------------

TRAIN = Fitting(
    "train",
    ("train", "validation"),
    lambda training, validation: [tuple(training), tuple(validation)],
    defaults=(10, 64),
    shape=(32, 32, 3),
    labels="integer",
)


@question("train")
@check("history", en="Returns the History", fr="Renvoie l'objet History", weight=2)
def test_history(bench: Bench) -> None:
    """What comes back is Keras's History, with a loss for each epoch."""
    expect_curves_of(bench, TRAIN)


@question("train")
@check("epochs", en="The number of epochs is honoured", fr="Le nombre d'époques est respecté", weight=2)
def test_epochs(bench: Bench) -> None:
    """Two epochs are asked for, two are trained; ten is the default."""
    expect_epochs(bench, TRAIN)


@question("train")
@check("batch_size", en="The batch size is honoured", fr="La taille des lots est respectée", weight=2)
def test_batch_size(bench: Bench) -> None:
    """The optimizer made one step a batch."""
    expect_batch_size(bench, TRAIN)


@question("train")
@check("default_batch", en="Batches of 64 by default", fr="Des lots de 64 par défaut")
def test_default_batch(student: Student, bench: Bench) -> None:
    """Of 70 examples the default makes two batches an epoch."""
    (X, y), validation = TRAIN.pairs()
    rows = np.arange(70) % len(X)
    model = student.make(TRAIN.model(bench))
    history = student.train(model, (X[rows], y[rows]), validation, epochs=1)
    if not isinstance(history, RemoteHistory):
        fail(Text("train must return the History of fit", "train doit renvoyer l'objet History de fit"))
    optimizer = model.describe().get("optimizer") or {}

    expect_equal(
        optimizer.get("steps"),
        2,
        call="train(model, train, validation, epochs=1) on 70 examples",
        what=Text("steps of the optimizer, by batches of 64", "pas de l'optimiseur, par lots de 64"),
        mistakes=(
            (3, Text("these are batches of 32, Keras's own default", "ce sont des lots de 32, le choix de Keras")),
        ),
    )


@question("train")
@check("trains", en="Trains on the training pair", fr="Entraîne sur la paire d'entraînement", weight=2)
def test_trains(bench: Bench) -> None:
    """The model that was passed fits the training labels, and not the validation labels that contradict them."""
    expect_trains(bench, TRAIN)


@question("train")
@check("validation", en="Validates on the validation pair", fr="Valide sur la paire de validation", weight=2)
def test_validation(bench: Bench) -> None:
    """The last validation loss is the final model's loss on the validation pair."""
    expect_validation(bench, TRAIN)


@question("train")
@check("inputs", en="Leaves its arguments unchanged", fr="Ne modifie pas ses arguments")
def test_inputs(bench: Bench) -> None:
    """No array is changed in place."""
    expect_arguments_unchanged(bench, TRAIN)
