"""What a figure shows is told by place and value, whichever of Matplotlib's functions has drawn it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from autograder.agent_figures import describe

DRAW: dict[str, Callable[[Any], object]] = {
    "vlines": lambda axes: axes.vlines(6, 0, 1, linestyles="dashed"),
    "axvspan": lambda axes: axes.axvspan(6, 6.5),
    "fill_between": lambda axes: axes.fill_between([6, 6.5], 0, 1),
    "axvline": lambda axes: axes.axvline(6),
    "axline": lambda axes: axes.axline((6, 0), (6, 1)),
    "stem": lambda axes: axes.stem([6], [1]),
    "scatter": lambda axes: axes.scatter(6, 1),
    "annotate": lambda axes: axes.annotate("here", (6, 1), (7, 2)),
}


def described(draw: Callable[[Any], object]) -> dict[str, Any]:
    """Return what is said of axes with a curve of twelve points and something else."""
    figure = Figure()
    axes = figure.subplots()
    axes.plot(np.arange(12.0), np.arange(12.0) % 3)
    draw(axes)
    axes_said: dict[str, Any] = describe(figure)["axes"][0]
    return axes_said


@pytest.mark.parametrize("name", DRAW)
def test_a_mark_is_found_where_it_stands(name: str) -> None:
    """Somewhere among lines, points, places of texts and spans there is its x."""
    said = described(DRAW[name])

    places = [*(line["x"] for line in said["lines"][1:]), *(points[:, 0] for points in said["points"])]
    places += [*(place[:, 0] for place in said["text_places"]), said["spans"][:, 0]]
    assert 6.0 in np.concatenate(places).round(6)


def test_a_curve_alone_is_no_mark() -> None:
    """Neither a grid nor an empty or hidden bundle of lines stands anywhere."""

    def draw(axes: Any) -> None:
        axes.grid()
        axes.vlines([], 0, 1)
        axes.vlines(6, 0, 1).set_visible(False)

    said = described(draw)

    assert len(said["lines"]) == 1
    assert said["spans"].shape == (0, 2)
