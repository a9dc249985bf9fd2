"""train_model: a small model of ours, trained by the student's function; what it did is read from curves and weights."""

from __future__ import annotations

from autograder.bench import Bench
from autograder.fitting import (
    Fitting,
    expect_arguments_unchanged,
    expect_batch_size,
    expect_curves_of,
    expect_epochs,
    expect_trains,
    expect_validation,
)
from autograder.suite import check, question

TRAIN = Fitting(
    "train_model",
    ("X_train", "y_train", "X_test", "y_test"),
    lambda training, test: [*training, *test],
    defaults=(10, 200),
    shape=(1, 28, 28),
)


@question("train_model")
@check("history", en="Returns the History", fr="Renvoie l'objet History", weight=2)
def test_history(bench: Bench) -> None:
    """What comes back is Keras's History, with a loss for each epoch."""
    expect_curves_of(bench, TRAIN)


@question("train_model")
@check("epochs", en="The number of epochs is honoured", fr="Le nombre d'époques est respecté", weight=2)
def test_epochs(bench: Bench) -> None:
    """Two epochs are asked for, two are trained; ten is the default."""
    expect_epochs(bench, TRAIN)


@question("train_model")
@check("batch_size", en="The batch size is honoured", fr="La taille des lots est respectée", weight=2)
def test_batch_size(bench: Bench) -> None:
    """The optimizer made one step a batch."""
    expect_batch_size(bench, TRAIN)


@question("train_model")
@check("trains", en="Trains on the training pair", fr="Entraîne sur la paire d'entraînement", weight=2)
def test_trains(bench: Bench) -> None:
    """The model that was passed fits the training labels, and not the test labels that contradict them."""
    expect_trains(bench, TRAIN)


@question("train_model")
@check("validation", en="Validates on the test pair", fr="Valide sur la paire de test", weight=2)
def test_validation(bench: Bench) -> None:
    """The last validation loss is the final model's loss on the test pair."""
    expect_validation(bench, TRAIN)


@question("train_model")
@check("inputs", en="Leaves its arguments unchanged", fr="Ne modifie pas ses arguments")
def test_inputs(bench: Bench) -> None:
    """No array is changed in place."""
    expect_arguments_unchanged(bench, TRAIN)
