"""What is expected of figures, by figures that show it or do not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.plots import expect_axes_labels, expect_curves, expect_figure, expect_image_axes, show_picture
from autograder.shown import Shown, read_shown
from shared.assertions import Mismatch
from shared.text import Text

CURVES = {"loss": [3.0, 2.0], "val_loss": [3.5, 3.0], "accuracy": [0.25, 0.5], "val_accuracy": [0.125, 0.375]}
PLACE = np.zeros((1, 2))
Part = dict[str, Any]


def line(name: str, label: str = "", start: int = 0, scale: float = 1.0) -> Part:
    """Return a curve of the history as a process describes it."""
    values = np.array(CURVES[name])
    return {"x": np.arange(len(values)) + float(start), "y": scale * values, "label": label or name, "visible": True}


def axes(*lines: Part, legend: list[str] | None = None, **more: Any) -> Part:
    """Return axes as a process describes them."""
    words = [part["label"] for part in lines] if legend is None else legend
    return {"visible": True, "lines": list(lines), "legend": words, "xlabel": "epoch", "ylabel": "value", **more}


def both(name: str, **options: Any) -> tuple[Part, Part]:
    """Return the training and the validation curve of a quantity."""
    return line(name, **options), line(f"val_{name}", **options)


def figure(*parts: Part, **more: Any) -> Shown:
    """Return a figure with these axes."""
    return read_shown({"axes": list(parts), "png": b"\x89PNG", **more})


GOOD = {
    "two axes": figure(axes(*both("loss")), axes(*both("accuracy"))),
    "epochs from 1": figure(axes(*both("loss", start=1)), axes(*both("accuracy", start=1))),
    "one legend for the figure": figure(
        axes(*both("loss"), legend=[]), axes(*both("accuracy"), legend=[]), legend=["training", "validation"]
    ),
    "a legend given as a list": figure(
        axes(line("loss", "_child0"), line("val_loss", "_child1"), legend=["train", "val"]),
        axes(line("accuracy", "_child0"), line("val_accuracy", "_child1"), legend=["train", "val"]),
    ),
    "texts beside the curves": figure(
        axes(*both("loss"), legend=[], texts=["train", "val"], text_places=[PLACE, PLACE]),
        axes(*both("accuracy"), legend=[], texts=["train", "val"], text_places=[PLACE, PLACE]),
    ),
    "per cent": figure(axes(*both("loss")), axes(*both("accuracy", scale=100.0), ylabel="accuracy (%)")),
}
BAD = {
    "no curve shows the validation loss": figure(axes(line("loss")), axes(*both("accuracy"))),
    "not drawn over the epochs": figure(axes(*both("loss", start=5)), axes(*both("accuracy"))),
    "share one pair of axes": figure(axes(*both("loss"), *both("accuracy"))),
    "in different axes": figure(axes(line("loss")), axes(line("val_loss")), axes(*both("accuracy"))),
    "nothing tells": figure(axes(*both("loss"), legend=[]), axes(*both("accuracy"), legend=[])),
    "is called 'val'": figure(axes(line("loss", "val"), line("val_loss", "train")), axes(*both("accuracy"))),
}


@pytest.mark.parametrize("shown", GOOD.values(), ids=GOOD)
def test_every_way_to_show_the_curves_is_right(shown: Shown) -> None:
    """Epochs may start at 0 or 1, and names stand in a legend or in texts."""
    expect_curves(shown, CURVES, "plot_history(history)")


@pytest.mark.parametrize(("words", "shown"), BAD.items(), ids=BAD)
def test_what_is_missing_is_named(words: str, shown: Shown) -> None:
    """A curve that is missing, elsewhere or without a name is refused with the reason."""
    with pytest.raises(Mismatch, match=words):
        expect_curves(shown, CURVES, "plot_history(history)")


def test_axes_need_labels() -> None:
    """One x label is enough; each y axis needs a label or a title."""
    expect_axes_labels(figure(axes(*both("loss"), xlabel=""), axes(*both("accuracy"), ylabel="", title="acc")), "f()")
    with pytest.raises(Mismatch, match="x axis has no label"):
        expect_axes_labels(figure(axes(*both("loss"), xlabel="")), "f()")
    with pytest.raises(Mismatch, match="y axis has no label"):
        expect_axes_labels(figure(axes(*both("loss"), ylabel="")), "f()")


def test_images_are_counted_by_axes() -> None:
    """Empty axes, hidden axes and colour bars do not count; two images in one pair of axes do."""
    image = {"data": np.zeros((2, 2)), "colours": "Greys_r"}
    shown = figure(
        axes(images=[image]), axes(), axes(images=[image]), axes(images=[image], is_colour_bar=True), {"visible": False}
    )

    pictures = expect_image_axes(shown, 2, "f()")

    assert [picture.is_grey for picture in pictures] == [True, True]
    with pytest.raises(Mismatch, match="images in each of the axes"):
        expect_image_axes(figure(axes(images=[image, image])), 1, "f()")


def test_grey_is_a_colour_map_or_equal_channels() -> None:
    """A colour image is grey where its channels are equal."""
    equal, coloured = np.ones((2, 2, 3)), np.ones((2, 2, 3)) * [0.0, 0.5, 1.0]
    found = expect_image_axes(
        figure(*(axes(images=[{"data": data, "colours": "viridis"}]) for data in (equal, coloured, equal[..., 0]))),
        3,
        "f()",
    )

    assert [picture.is_grey for picture in found] == [True, False, False]


@pytest.mark.parametrize("value", [None, 3, "matplotlib.figure.Figure"])
def test_something_else_is_no_figure(value: object) -> None:
    """What came back instead is described."""
    with pytest.raises(Mismatch, match="expected: a Matplotlib figure"):
        expect_figure(value, "f()")


def test_nonsense_shows_nothing() -> None:
    """A process may say anything of a figure; what has another type is left out."""
    shown = read_shown({"axes": [3, {"visible": True, "lines": "x", "title": 5, "n_patches": "2"}], "png": "no"})

    assert (len(shown.axes), shown.axes[0].curves, shown.axes[0].title, shown.axes[0].n_patches) == (1, (), "", 0)
    kept: list[object] = []
    show_picture(lambda *words, **data: kept.append((words, data)), Text("a", "b"), shown)
    assert kept == []
