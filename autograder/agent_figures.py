"""Say in plain values what a Matplotlib figure shows, so that the judge can check it without the object."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import AxLine

__all__ = ["describe", "is_figure"]

_MAX_AXES = 400
_DPI = 80
_SHADES = 9


def is_figure(value: Any) -> bool:  # noqa: ANN401
    """Say whether a value is a Matplotlib figure."""
    return isinstance(value, Figure)


def describe(figure: Figure) -> dict[str, Any]:
    """Return the axes with their lines, images, texts, labels, ticks and legend, and the picture as PNG bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None})
    return {
        "axes": [_describe_axes(axes) for axes in figure.axes[:_MAX_AXES]],
        "texts": [text.get_text() for text in figure.texts],
        "title": figure.get_suptitle(),
        "legend": [text.get_text() for legend in figure.legends for text in legend.get_texts()],
        "xlabel": figure.get_supxlabel(),
        "ylabel": figure.get_supylabel(),
        "png": buffer.getvalue(),
    }


def _describe_axes(axes: Any) -> dict[str, Any]:  # noqa: ANN401
    legend = axes.get_legend()
    return {
        "title": axes.get_title(),
        "xlabel": axes.get_xlabel(),
        "ylabel": axes.get_ylabel(),
        "lines": [_describe_line(line) for line in axes.get_lines()],
        "points": [np.asarray(dots.get_offsets(), float) for dots in axes.collections if _is_scatter(dots)],
        "images": [_describe_image(image) for image in [*axes.get_images(), *_meshes(axes)]],
        "texts": [text.get_text() for text in axes.texts],
        "text_places": [_text_place(text) for text in axes.texts],
        "spans": _spans(axes),
        "place": np.asarray(axes.get_position().bounds, float),
        "legend": [] if legend is None else [text.get_text() for text in legend.get_texts()],
        "xticks": [label.get_text() for label in axes.get_xticklabels()],
        "yticks": [label.get_text() for label in axes.get_yticklabels()],
        "xtick_places": np.asarray(axes.get_xticks(), float),
        "ytick_places": np.asarray(axes.get_yticks(), float),
        "n_visible_ticks": _visible_ticks(axes),
        "n_patches": len(axes.patches) + len(axes.collections),
        "axis_on": bool(axes.axison),
        "visible": bool(axes.get_visible()),
        "is_colour_bar": axes.get_label() == "<colorbar>",
    }


def _describe_line(line: Any) -> dict[str, Any]:  # noqa: ANN401
    x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
    if isinstance(line, AxLine):  # what it calls its data are no places
        x, y = np.asarray([line.get_xy1(), line.get_xy2() or line.get_xy1()], float).T
    return {"x": x, "y": y, "label": str(line.get_label()), "visible": bool(line.get_visible())}


def _describe_image(image: Any) -> dict[str, Any]:  # noqa: ANN401
    colours = None if image.get_cmap() is None else _name_colours(image.get_cmap())
    low, high = image.get_clim()
    return {"data": np.ma.getdata(image.get_array()), "colours": colours, "flat": low is not None and low == high}


def _name_colours(colour_map: Any) -> str:  # noqa: ANN401
    """Return a colour map's name; where all its shades are grey, "grey", as one of the student's own has any name."""
    shades = np.asarray(colour_map(np.linspace(0, 1, _SHADES)))[:, :3]
    return "grey" if np.allclose(shades, shades[:, :1], atol=1e-2) else str(colour_map.name)


def _text_place(text: Any) -> np.ndarray:  # noqa: ANN401
    """Return where a text stands, and where an annotation points to: (1 or 2, 2), in the units it was placed in."""
    places = [text.get_position(), *([text.xy] if hasattr(text, "xy") else [])]
    return np.asarray([[_number(side) for side in place] for place in places])


def _number(value: Any) -> float:  # noqa: ANN401
    try:
        return float(value)
    except (TypeError, ValueError):  # a name or a date on an axis of such
        return float("nan")


def _spans(axes: Any) -> np.ndarray:  # noqa: ANN401
    """Return from where to where patches and bundles of lines reach along x: (n, 2), in the axes' units."""
    bundles = [artist for artist in axes.collections if isinstance(artist, LineCollection)]
    shapes = [*axes.patches, *(artist for artist in axes.collections if artist not in bundles)]
    boxes = [artist.get_window_extent() for artist in shapes if artist.get_visible() and not _is_scatter(artist)]
    inverse = axes.transData.inverted()
    ends = [[inverse.transform((x, box.y0))[0] for x in (box.x0, box.x1)] for box in boxes if np.isfinite(box).all()]
    # Matplotlib knows no box without a width, such as that of a vertical line.
    segments = [segment for bundle in bundles if bundle.get_visible() for segment in bundle.get_segments()]
    ends += [[segment[:, 0].min(), segment[:, 0].max()] for segment in segments if len(segment)]
    return np.asarray([pair for pair in ends if np.isfinite(pair).all()], float).reshape(-1, 2)


def _is_scatter(collection: Any) -> bool:  # noqa: ANN401
    return type(collection).__name__ == "PathCollection"


def _meshes(axes: Any) -> list[Any]:  # noqa: ANN401
    kinds = {"QuadMesh", "PolyQuadMesh"}  # of pcolormesh and pcolor
    return [collection for collection in axes.collections if type(collection).__name__ in kinds]


def _visible_ticks(axes: Any) -> int:  # noqa: ANN401
    if not axes.axison:
        return 0
    return sum(
        len(axis.get_majorticklocs())
        for axis in (axes.xaxis, axes.yaxis)
        if axis.get_visible() and any(tick.tick1line.get_visible() for tick in axis.get_major_ticks())
    )
