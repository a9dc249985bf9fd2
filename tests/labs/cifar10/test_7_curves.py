"""overfit_epoch and plot_learning_curves: histories of ours in which overfitting is clear, or clearly absent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import numpy as np

from autograder.plots import (
    expect_axes_labels,
    expect_curves,
    expect_figure,
    expect_history_kept,
    expect_titles,
    show_picture,
)
from autograder.shown import Axes, Shown
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import expect_equal, fail
from shared.text import Text
from shared.values import same

from .conftest import stand_in

Curves = dict[str, list[float]]


def overfitting(best: int, n: int, start: float = 2.3) -> Curves:
    """Return curves of which the validation loss is lowest at ``best`` and rises ever after."""
    epochs = np.arange(n)
    loss = start * 0.78**epochs
    val_loss = start * 0.95 - 0.9 * start * np.minimum(epochs, best) / n + 0.11 * np.maximum(epochs - best, 0)
    return _with_accuracy(loss, val_loss)


def learning(n: int) -> Curves:
    """Return curves that fall to the end, both of them."""
    epochs = np.arange(n)
    return _with_accuracy(2.2 * 0.8**epochs, 2.25 * 0.85**epochs)


def diverging(n: int) -> Curves:
    """Return curves that fall a little and then rise, both of them."""
    epochs = np.arange(n)
    loss = np.where(epochs < 3, 2.2 - 0.2 * epochs, 1.8 + 0.3 * (epochs - 2))
    return _with_accuracy(loss, loss + 0.1)


def bumpy() -> Curves:
    """Return curves of which the validation loss rises for two epochs, and then reaches its lowest value."""
    return _with_accuracy(
        np.array([2.2, 1.9, 1.6, 1.4, 1.2, 1.0, 0.8, 0.6, 0.45, 0.3]),
        np.array([2.2, 1.9, 2.0, 2.05, 1.7, 1.5, 1.7, 1.9, 2.1, 2.4]),
    )


def _with_accuracy(loss: np.ndarray, val_loss: np.ndarray) -> Curves:
    curves = {"loss": loss, "val_loss": val_loss, "accuracy": 1 / (1 + loss), "val_accuracy": 0.9 / (1.1 + val_loss)}
    return {name: [round(float(value), 4) for value in values] for name, values in curves.items()}


def show(curves: Curves) -> str:
    """Write the two losses as a student would."""
    words = {name: "[" + ", ".join(f"{value:.2f}" for value in curves[name]) + "]" for name in ("loss", "val_loss")}
    return f'overfit_epoch({{"loss": {words["loss"]}, "val_loss": {words["val_loss"]}}})'


def expect_epoch(found: object, right: int | None, curves: Curves) -> None:
    """Expect the index of an epoch, or None; name what else it might be."""
    values = curves["val_loss"]
    rise = next((n for n in range(1, len(values)) if values[n] > values[n - 1]), None)
    what = Text("no overfitting", "pas de surapprentissage")
    mistakes: list[tuple[int | None, Text]] = [
        (len(values) - 1, Text("this is the last epoch", "c'est la dernière époque"))
    ]
    if right is not None:
        what = Text("the epoch of the lowest validation loss", "l'époque de la plus petite perte de validation")
        after = Text("one too many: the epoch is counted from 0", "un de trop : l'époque se compte à partir de 0")
        mistakes.append((right + 1, after))
    if rise is not None:
        first = Text("the validation loss gets better later", "la perte de validation s'améliore plus tard")
        mistakes += [(rise, first), (rise - 1, first)] if right is not None else []
    if right is None:
        rising = Text("the training loss does not fall either", "la perte d'entraînement ne descend pas non plus")
        mistakes.append((int(np.argmin(values)), rising))
    expect_equal(found, right, call=show(curves), what=what, mistakes=mistakes)


@question("overfit_epoch")
@check("clear", en="Where the validation loss is lowest", fr="Où la perte de validation est la plus basse", weight=3)
def test_clear(student: Student) -> None:
    """The epoch is the one of the lowest validation loss, counted from 0."""
    for best, n in ((3, 10), (6, 12), (1, 8)):
        curves = overfitting(best, n)
        expect_epoch(student.overfit_epoch(curves), best, curves)


@question("overfit_epoch")
@check("bump", en="A passing rise is none", fr="Une hausse passagère n'en est pas une", weight=2)
def test_bump(student: Student) -> None:
    """A validation loss that rises and then gets better is no overfitting yet."""
    expect_epoch(student.overfit_epoch(bumpy()), 5, bumpy())


@question("overfit_epoch")
@check("first", en="From the very first epoch", fr="Dès la première époque")
def test_first(student: Student) -> None:
    """Where the validation loss only rises, the answer is 0, not None."""
    curves = overfitting(0, 9)

    expect_epoch(student.overfit_epoch(curves), 0, curves)


@question("overfit_epoch")
@check("none", en="None while both still fall", fr="None tant que les deux descendent", weight=2)
def test_none(student: Student) -> None:
    """Where the validation loss falls to the end there is no overfitting."""
    for n in (6, 11):
        expect_epoch(student.overfit_epoch(learning(n)), None, learning(n))


@question("overfit_epoch")
@check("diverging", en="None where the training loss rises too", fr="None quand la perte d'entraînement monte aussi")
def test_diverging(student: Student) -> None:
    """A training that diverges is no overfitting."""
    expect_epoch(student.overfit_epoch(diverging(10)), None, diverging(10))


@question("overfit_epoch")
@check("history", en="Takes a History too", fr="Accepte aussi un objet History", weight=2)
def test_history(student: Student) -> None:
    """A History gives what its dict gives."""
    for curves, right in ((overfitting(4, 10), 4), (learning(8), None)):
        expect_epoch(student.overfit_epoch(student.history(curves)), right, curves)


@question("overfit_epoch")
@check("inputs", en="Leaves the history unchanged", fr="Ne modifie pas l'historique")
def test_inputs(student: Student) -> None:
    """The history has its curves after the call too."""
    expect_history_kept(student, "overfit_epoch", overfitting(3, 10))


# -- plot_learning_curves ------------------------------------------------------------------------------------------

CALL = "plot_learning_curves(history)"
FINDING = """
def function(history):
    curves = history if isinstance(history, dict) else history.history
    best = min(range(len(curves["val_loss"])), key=curves["val_loss"].__getitem__)
    return best if curves["loss"][-1] < curves["loss"][best] else None
"""
MARKED, N_EPOCHS = 5, 14


def drawn(student: Student, name: str) -> tuple[Curves, Shown]:
    """Draw one of two histories, once a question: with overfitting, or without."""
    return student.once(("drawn", name), lambda: _draw(student, name))


def _draw(student: Student, name: str) -> tuple[Curves, Shown]:
    curves = overfitting(MARKED, N_EPOCHS) if name == "overfitting" else learning(9)
    right = MARKED if name == "overfitting" else None
    # It may call overfit_epoch, with the History or with its dict; a mistake there costs nothing here.
    stand_in(student, "overfit_epoch", FINDING, lambda: _finds(student, curves, right))
    return curves, expect_figure(student.plot_learning_curves(student.history(curves)), CALL)


def _finds(student: Student, curves: Curves, right: int | None) -> bool:
    replies = [student.call("overfit_epoch", given) for given in (student.history(curves), curves)]
    return all(same(reply.value, right) and not reply.changed for reply in replies)


@question("plot_learning_curves")
@check("curves", en="Four curves, two pairs of axes", fr="Quatre courbes, deux paires d'axes", weight=4)
def test_curves(student: Student, exhibit: Callable[..., None]) -> None:
    """Loss and accuracy are in axes of their own, training and validation told apart."""
    curves, shown = drawn(student, "overfitting")
    show_picture(
        exhibit, Text("Your figure, for a history that overfits", "Votre figure, pour un surapprentissage"), shown
    )

    expect_curves(shown, curves, CALL)


@question("plot_learning_curves")
@check("labels", en="Every axis is labelled", fr="Chaque axe est nommé", weight=2)
def test_labels(student: Student) -> None:
    """The x axis says that it counts epochs, and each y axis what is drawn."""
    curves, shown = drawn(student, "overfitting")
    expect_axes_labels(shown, CALL)
    expect_curves(shown, curves, CALL)
    expect_titles(shown, curves, CALL)


@question("plot_learning_curves")
@check("mark", en="Where overfitting begins is marked", fr="Le début du surapprentissage est marqué", weight=3)
def test_mark(student: Student) -> None:
    """A line, a span, a marker or a note stands at the epoch, counted from 0 or from 1."""
    curves, shown = drawn(student, "overfitting")
    start = min(
        (float(curve.x[0]) for axes in shown.axes for curve in axes.curves if len(curve.x) == N_EPOCHS), default=0
    )
    # The epoch of the lowest validation loss or, for a mark of what is already overfitting, the one after it.
    places = [place for axes in shown.axes for place in marked_places(axes, curves)]
    near = any(MARKED - 0.5 <= place - start <= MARKED + 1 for place in places)

    if not near and not _is_noted(shown):
        came = ", ".join(f"{place:g}" for place in sorted(set(np.round(places, 2)))[:6]) or "-"
        fail(
            Text(
                f"{CALL}: nothing marks epoch {MARKED} (counted from 0), where overfitting begins\nmarked: {came}",
                f"{CALL} : rien ne marque l'époque {MARKED} (comptée à partir de 0), où commence le surapprentissage\n"
                f"marqué : {came}",
            ),
            Text("axes.axvline(overfit_epoch(history))", "axes.axvline(overfit_epoch(history))"),
        )


def marked_places(axes: Axes, curves: Curves) -> Iterator[float]:
    """Yield where along x something stands that is no curve of the history."""
    for curve in axes.curves:
        whole = any(len(curve.y) == len(values) for values in curves.values())
        if not whole and len(curve.x):
            yield from (float(curve.x.min()), float(curve.x.max()))
    for points in axes.points:
        yield from (float(x) for x in points[:, 0])
    for place in axes.text_places:
        yield from (float(x) for x in place[:, 0])
    for span in axes.spans:
        yield from (float(x) for x in span)


def _is_noted(shown: Shown) -> bool:
    """Tell whether a text of the figure names the epoch."""
    texts = [shown.title, *shown.texts, *shown.legend]
    for axes in shown.axes:
        texts += [axes.title, axes.xlabel, *axes.texts, *axes.legend, *(curve.label for curve in axes.curves)]
    numbers = [int(number) for text in texts for number in re.findall(r"(?<![\d.,])\d+(?![\d.,]*\d)", text)]
    return MARKED in numbers or MARKED + 1 in numbers


@question("plot_learning_curves")
@check("unmarked", en="Works without overfitting", fr="Fonctionne sans surapprentissage", weight=2)
def test_unmarked(student: Student) -> None:
    """A history without overfitting is drawn too, and no vertical line claims that there is any."""
    curves, shown = drawn(student, "learning")
    n = len(curves["loss"])
    whole = [curve for axes in shown.axes for curve in axes.curves if len(curve.x) == n]
    if not whole:
        fail(Text(f"{CALL}: no curve of {n} epochs", f"{CALL} : aucune courbe de {n} époques"))

    lines = [
        curve
        for axes in shown.axes
        for curve in axes.curves
        if len(curve.x) == 2 and curve.x[0] == curve.x[1] and curve.y[0] != curve.y[1]
    ]
    if lines:
        fail(
            Text(
                f"{CALL}: a vertical line stands at x = {lines[0].x[0]:g}\nexpected: none, this history does not overfit",
                f"{CALL} : une ligne verticale se trouve en x = {lines[0].x[0]:g}\n"
                "attendu : aucune, cet entraînement ne surapprend pas",
            )
        )


@question("plot_learning_curves")
@check("inputs", en="Leaves the history unchanged", fr="Ne modifie pas l'historique")
def test_plot_inputs(student: Student) -> None:
    """The history has its curves after the call too."""
    expect_history_kept(student, "plot_learning_curves", learning(9))
