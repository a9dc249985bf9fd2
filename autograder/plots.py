"""Expectations on a figure by what it shows: curves with their names, images, ticks."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from autograder.calls import expect_kept
from autograder.shown import Axes, Curve, Picture, Shown, read_shown
from autograder.student import RemoteFigure, Student
from shared.assertions import FLOAT32, Mismatch, expect_equal, fail
from shared.text import Text
from shared.values import describe

__all__ = [
    "expect_axes_labels",
    "expect_contrast",
    "expect_curves",
    "expect_figure",
    "expect_history_kept",
    "expect_image_axes",
    "expect_titles",
    "show_picture",
]

_CURVES = (("loss", "val_loss"), ("accuracy", "val_accuracy"))
_QUANTITIES = {
    "loss": Text("training loss", "perte d'entraînement"),
    "val_loss": Text("validation loss", "perte de validation"),
    "accuracy": Text("training accuracy", "exactitude d'entraînement"),
    "val_accuracy": Text("validation accuracy", "exactitude de validation"),
}
_VALIDATION_WORDS = ("val", "test")
# What titles and labels of axes say in either language: of losses, of accuracies.
_LOSS_WORDS = ("loss", "perte", "coût", "cost", "entrop")
_ACCURACY_WORDS = ("accura", "exactitude", "précision", "precision", "justesse")


def expect_figure(value: object, call: str) -> Shown:
    """Expect a Matplotlib figure, and read what it shows.

    Raises:
        Mismatch: it is something else.
    """
    if not isinstance(value, RemoteFigure):
        came = Text(f"called: {call}\ngot: ", f"appel : {call}\nobtenu : ") + describe(value)
        raise Mismatch(
            came + Text("\nexpected: a Matplotlib figure", "\nattendu : une figure Matplotlib"),
            Text(
                "fig, axes = plt.subplots(...) makes one; return fig.",
                "fig, axes = plt.subplots(...) en crée une ; renvoyez fig.",
            ),
        )
    return read_shown(value.show())


def show_picture(exhibit: Callable[..., None], title: Text, shown: Shown) -> None:
    """Put the figure itself beside the question."""
    if shown.png:
        exhibit("figure", title, png=base64.b64encode(shown.png).decode(), alt=title.to_json())


def expect_curves(shown: Shown, curves: Mapping[str, Sequence[float]], call: str) -> None:
    """Expect loss and accuracy in axes of their own, each with its training and its validation curve, named.

    Args:
        shown: the figure.
        curves: ``loss``, ``val_loss``, ``accuracy``, ``val_accuracy``: what the curves must equal.
        call: the call as a student would write it.

    Raises:
        Mismatch: a curve is missing, or is not over epochs counted from 0 or 1, or cannot be told from the other.
    """
    places = [[_find(shown, curves, name, call) for name in pair] for pair in _CURVES]
    for pair, names in zip(places, _CURVES, strict=True):
        if pair[0][0] is not pair[1][0]:
            both = _QUANTITIES[names[0]] + Text(" and ", " et ") + _QUANTITIES[names[1]]
            fail(Text(f"{call}: in different axes: ", f"{call} : dans des axes différents : ") + both)
        _expect_names(shown, pair[0], pair[1], call)
    if places[0][0][0] is places[1][0][0]:
        fail(
            Text(
                f"{call}: loss and accuracy share one pair of axes",
                f"{call} : perte et exactitude partagent les mêmes axes",
            ),
            Text("plt.subplots(1, 2) makes two.", "plt.subplots(1, 2) en crée deux."),
        )


def _find(shown: Shown, curves: Mapping[str, Sequence[float]], name: str, call: str) -> tuple[Axes, Curve]:
    """Return the curve with the values of this name, in per cent where its axes say so."""
    right = np.asarray(curves[name], float)
    candidates = [(axes, curve) for axes in shown.axes for curve in axes.curves]
    percent = [(a, c) for a, c in candidates if "%" in a.ylabel + a.title + c.label and "accuracy" in name]
    matches = [(a, c) for a, c in candidates if _equal(c.y, right)] + [
        (a, c) for a, c in percent if _equal(c.y, 100 * right)
    ]
    if not matches:
        fail(
            Text(f"{call}: no curve shows the ", f"{call} : aucune courbe ne montre la ")
            + _QUANTITIES[name]
            + Text(
                f"\ncurves found: {len(candidates)}\nexpected: one with the {len(right)} values of history[{name!r}]",
                f"\ncourbes trouvées : {len(candidates)}\nattendu : une courbe avec les {len(right)} valeurs de history[{name!r}]",
            ),
            mistake=_mistake([curve.y for _axes, curve in candidates], curves, name),
        )
    axes, curve = matches[0]
    if not any(_equal(curve.x, start + np.arange(len(right))) for start in (0, 1)):
        fail(
            Text(f"{call}: the ", f"{call} : la courbe « ")
            + _QUANTITIES[name]
            + Text(
                " is not drawn over the epochs\nexpected: x = 0, 1, 2, ... or 1, 2, 3, ...",
                " » n'est pas tracée en fonction des époques\nattendu : x = 0, 1, 2, ... ou 1, 2, 3, ...",
            )
        )
    return axes, curve


def _mistake(drawn: list[np.ndarray], curves: Mapping[str, Sequence[float]], name: str) -> Text | None:
    """Say what was drawn in the place of a curve, where it is known."""
    right = np.asarray(curves[name], float)
    if "accuracy" in name and any(_equal(y, 1 - right) for y in drawn):
        return Text("1 minus the accuracy is drawn", "c'est 1 moins l'exactitude qui est tracé")
    if any(_equal(y, right[:-1]) for y in drawn):
        return Text("the last epoch is missing", "il manque la dernière époque")
    for other, quantity in _QUANTITIES.items():
        if other in curves and sum(_equal(y, np.asarray(curves[other], float)) for y in drawn) > 1:
            return Text("drawn twice: the ", "tracée deux fois : ") + quantity
    return None


def _expect_names(shown: Shown, training: tuple[Axes, Curve], validation: tuple[Axes, Curve], call: str) -> None:
    """Expect the two curves to be told apart by a legend, or by texts beside them, and not the wrong way round."""
    axes = training[0]
    legends = [*axes.legend, *shown.legend, *(word for other in shown.axes for word in other.legend if not axes.legend)]
    named = len(legends) > 1 or len([*axes.texts, *shown.texts]) > 1
    if not named:
        fail(
            Text(
                f"{call}: nothing tells the training curve from the validation curve",
                f"{call} : rien ne distingue la courbe d'entraînement de celle de validation",
            ),
            Text(
                "Give each plot a label=, then call legend().",
                "Donnez un label= à chaque courbe, puis appelez legend().",
            ),
        )
    names = [place[0].name_of(place[1]).lower() for place in (training, validation)]
    says = [any(word in name for word in _VALIDATION_WORDS) for name in names]
    if says == [True, False] or (names[0] and names[0] == names[1]):
        fail(
            Text(
                f"{call}: the training curve is called {names[0]!r} and the validation curve {names[1]!r}",
                f"{call} : la courbe d'entraînement s'appelle {names[0]!r} et celle de validation {names[1]!r}",
            )
        )


def expect_titles(shown: Shown, curves: Mapping[str, Sequence[float]], call: str) -> None:
    """Expect no axes to have the other quantity's name, and only that, in title or label; no name at all is right too.

    Args:
        shown: the figure, for which `expect_curves` holds.
        curves: ``loss`` and ``accuracy`` of the history.
        call: the call as a student would write it.

    Raises:
        Mismatch: losses are called accuracy, or accuracies loss.
    """
    wrong = {"loss": (_ACCURACY_WORDS, _LOSS_WORDS), "accuracy": (_LOSS_WORDS, _ACCURACY_WORDS)}
    for name, (others, own) in wrong.items():
        axes, _curve = _find(shown, curves, name, call)
        words = f"{axes.title} {axes.ylabel}".lower()
        if any(word in words for word in others) and not any(word in words for word in own):
            fail(
                Text(f"{call}: the axes with the ", f"{call} : les axes avec la courbe « ")
                + _QUANTITIES[name]
                + Text(f" say {words.strip()!r}", f" » disent {words.strip()!r}"),
                mistake=Text("titles of loss and accuracy exchanged", "titres de perte et d'exactitude échangés"),
            )


def expect_history_kept(student: Student, function: str, curves: Mapping[str, Sequence[float]]) -> None:
    """Expect a function that takes a Keras History to leave it as it is.

    Raises:
        Mismatch: it has taken something out of it or put something in.
    """
    changed = student.call(function, student.history({name: list(curves[name]) for name in curves})).changed
    hint = Text("Read history.history, take nothing out.", "Lisez history.history, n'en retirez rien.")
    expect_kept(changed, f"{function}(history)", ("history",), hint)


def expect_axes_labels(shown: Shown, call: str) -> None:
    """Expect every system of axes with curves to say what runs along it.

    One label of the x axis is enough for axes that stand one above the other; the quantity may be in the title.

    Raises:
        Mismatch: a label is missing.
    """
    drawn = [axes for axes in shown.axes if axes.curves]
    if not (shown.xlabel or any(axes.xlabel for axes in drawn)):
        fail(
            Text(f"{call}: the x axis has no label", f"{call} : l'axe des x n'a pas de nom"),
            Text('axes.set_xlabel("epoch")', 'axes.set_xlabel("époque")'),
        )
    if not all(shown.ylabel or axes.ylabel or axes.title for axes in drawn):
        fail(
            Text(f"{call}: a y axis has no label", f"{call} : un axe des y n'a pas de nom"),
            Text('axes.set_ylabel("loss")', 'axes.set_ylabel("perte")'),
        )


def expect_image_axes(shown: Shown, n: int, call: str) -> list[Picture]:
    """Expect so many axes with one image each; empty axes left over in a grid do not matter.

    Returns:
        The images in the order of their axes.

    Raises:
        Mismatch: there are more or fewer, or several in one.
    """
    filled = [axes for axes in shown.axes if axes.pictures]
    expect_equal(
        [len(axes.pictures) for axes in filled],
        [1] * n,
        call=f"{call}: images in each of the axes",
        what=Text(f"{n} axes with one image each", f"{n} axes avec une image chacun"),
    )
    return [axes.pictures[0] for axes in filled]


def expect_contrast(pictures: Sequence[Picture], call: str) -> None:
    """Expect that something can be seen in each image.

    Raises:
        Mismatch: all values of one have the same shade, though they differ.
    """
    if any(picture.flat and picture.data.ndim == 2 and np.ptp(picture.data) > 0 for picture in pictures):  # noqa: PLR2004
        fail(
            Text(
                f"{call}: an image whose values differ is drawn in one shade\nexpected: vmin below vmax",
                f"{call} : une image dont les valeurs diffèrent est d'une seule teinte\nattendu : vmin inférieur à vmax",
            )
        )


def _equal(got: np.ndarray, right: np.ndarray) -> bool:
    return got.shape == right.shape and bool(np.allclose(got, right, **FLOAT32))
