"""train_signs and plot_history: a small model of ours is trained, and curves of ours are drawn, by the student's functions."""

from __future__ import annotations

from collections.abc import Callable

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
from autograder.plots import expect_curves, expect_figure, expect_history_kept, expect_titles, show_picture
from autograder.shown import Shown
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import expect_equal
from shared.text import Text

TRAIN = Fitting(
    "train_signs",
    ("X_train", "Y_train", "X_test", "Y_test"),
    lambda training, test: [*training, *test],
    defaults=(100, 32),
    shape=(64, 64, 3),
    classes=6,
)
PLOT = "plot_history(history)"
# A training that goes well and one, of another length, that overfits; no two curves are alike.
HISTORIES = {
    "well": {
        "loss": [1.79, 1.52, 1.21, 0.95, 0.71],
        "accuracy": [0.18, 0.36, 0.52, 0.66, 0.77],
        "val_loss": [1.77, 1.58, 1.33, 1.12, 0.98],
        "val_accuracy": [0.21, 0.32, 0.47, 0.58, 0.63],
    },
    "overfits": {
        "loss": [1.8, 1.1, 0.6, 0.3, 0.14, 0.06, 0.03, 0.01],
        "accuracy": [0.2, 0.61, 0.82, 0.9, 0.96, 0.98, 0.99, 1.0],
        "val_loss": [1.75, 1.2, 0.9, 0.85, 0.93, 1.07, 1.24, 1.38],
        "val_accuracy": [0.25, 0.55, 0.68, 0.71, 0.7, 0.69, 0.72, 0.715],
    },
}


@question("train_signs")
@check("history", en="Returns the History", fr="Renvoie l'objet History", weight=2)
def test_history(bench: Bench) -> None:
    """What comes back is Keras's History, with a loss for each epoch."""
    expect_curves_of(bench, TRAIN)


@question("train_signs")
@check("epochs", en="The number of epochs is honoured", fr="Le nombre d'époques est respecté", weight=2)
def test_epochs(bench: Bench) -> None:
    """Two epochs are asked for, two are trained; a hundred is the default."""
    expect_epochs(bench, TRAIN)


@question("train_signs")
@check("batch_size", en="The batch size is honoured", fr="La taille des lots est respectée", weight=2)
def test_batch_size(bench: Bench) -> None:
    """The optimizer made one step a batch."""
    expect_batch_size(bench, TRAIN)


@question("train_signs")
@check("trains", en="Trains on the training pair", fr="Entraîne sur la paire d'entraînement", weight=2)
def test_trains(bench: Bench) -> None:
    """The model that was passed fits the training labels, and not the test labels that contradict them."""
    expect_trains(bench, TRAIN)


@question("train_signs")
@check("validation", en="Validates on the test pair", fr="Valide sur la paire de test", weight=2)
def test_validation(bench: Bench) -> None:
    """The last validation loss is the final model's loss on the test pair."""
    expect_validation(bench, TRAIN)


@question("train_signs")
@check("inputs", en="Leaves its arguments unchanged", fr="Ne modifie pas ses arguments")
def test_inputs(bench: Bench) -> None:
    """No array is changed in place."""
    expect_arguments_unchanged(bench, TRAIN)


def drawn(student: Student, name: str) -> Shown:
    """Let the student's function draw one of the histories, once a question."""
    compute = lambda: expect_figure(student.plot_history(student.history(HISTORIES[name])), PLOT)  # noqa: E731
    return student.once(("drawn", name), compute)


@question("plot_history")
@check("figure", en="Returns a figure with two axes", fr="Renvoie une figure à deux axes")
def test_figure(student: Student, exhibit: Callable[..., None]) -> None:
    """A figure comes back, with curves in two axes; it is shown as it is."""
    shown = drawn(student, "overfits")
    show_picture(exhibit, Text("Your figure, for a history of ours", "Votre figure, pour un historique à nous"), shown)

    expect_equal(
        len([axes for axes in shown.axes if axes.curves]),
        2,
        call=f"{PLOT}: axes with curves",
        what=Text("two: loss and accuracy", "deux : la perte et l'exactitude"),
        hint=Text("plt.subplots(1, 2) makes two.", "plt.subplots(1, 2) en crée deux."),
    )


@question("plot_history")
@check("curves", en="The four curves, told apart", fr="Les quatre courbes, distinctes", weight=3)
def test_curves(student: Student) -> None:
    """Training and validation curves of loss and accuracy are those of the history, and are named."""
    expect_curves(drawn(student, "overfits"), HISTORIES["overfits"], PLOT)


@question("plot_history")
@check("titles", en="Loss and accuracy called what they are", fr="Perte et exactitude appelées par leur nom")
def test_titles(student: Student) -> None:
    """The axes with the losses are not called accuracy, nor the other way round."""
    shown = drawn(student, "overfits")
    expect_curves(shown, HISTORIES["overfits"], PLOT)
    expect_titles(shown, HISTORIES["overfits"], PLOT)


@question("plot_history")
@check("length", en="As many epochs as there were", fr="Autant d'époques qu'il y en a eu")
def test_length(student: Student) -> None:
    """A shorter history is drawn as well."""
    expect_curves(drawn(student, "well"), HISTORIES["well"], PLOT)


@question("plot_history")
@check("inputs", en="Leaves the history unchanged", fr="Ne modifie pas l'historique")
def test_plot_inputs(student: Student) -> None:
    """The history has its curves after the call too."""
    expect_history_kept(student, "plot_history", HISTORIES["well"])
