"""Lines, bars and pixels as SVG and PNG: the same values give the same bytes, and nothing but shapes gets out."""

from __future__ import annotations

import base64
import hashlib
import io
import math
import re
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from autograder import wording
from autograder.glyphs import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from PIL.Image import Image

    from shared.text import Language

__all__ = ["Bars", "Line", "Panel", "draw_bars", "draw_panel", "png_uri", "recode_png"]

PNG_MAX_BYTES = 2**20
PNG_MAX_SIDE = 4000
_SHOWN_SIDE = 1200
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Values beyond this are left out: they say "diverged", and tick arithmetic on them overflows.
_LARGEST = 1e15

# Matplotlib draws in these colours; the page's style sheet says what they are by day, by night and on paper.
_INK, _FAINT = "#010203", "#010204"
_LINES = ("#010301", "#010302", "#010303", "#010304", "#010305", "#010306")
_VARIABLES = {_INK: "var(--ink)", _FAINT: "var(--faint)"} | {
    colour: f"var(--line-{index})" for index, colour in enumerate(_LINES)
}
_DASHES = ("-", "--", ":", "-.", (0, (5, 1)), (0, (1, 1)))
_MARKERS = ("o", "s", "^", "D", "v", "x")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a panel: its name and its value at each epoch (NaN where there is none)."""

    label: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One quantity over the epochs, with the words of the page's language."""

    title: str
    lines: tuple[Line, ...]
    language: Language


@dataclass(frozen=True, slots=True)
class Bars:
    """Counts side by side; ``edges`` are the bounds of the bars, one more than there are bars."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    x_label: str
    description: str
    language: Language


@lru_cache(maxsize=512)
def draw_panel(panel: Panel) -> Markup:
    """Return the panel as an inline SVG element, described in words for those who cannot see it."""
    with _settings():
        figure = _new_figure(4.4, 2.7)
        axes = figure.add_axes((0.15, 0.18, 0.82, 0.68))
        _style(axes)
        axes.set_title(one_line(panel.title, 24), loc="left", parse_math=False, fontsize=11, color=_INK)
        axes.set_xlabel(wording.phrase("epoch", panel.language))
        _draw_lines(axes, panel.lines)
        _number_ticks(axes, panel.language)
        if not any(math.isfinite(value) for line in panel.lines for value in _drawable(line.values)):
            words = wording.phrase("no_finite", panel.language)
            axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", color=_INK)
            axes.set_yticks([])
        return _svg(figure, _describe(panel))


@lru_cache(maxsize=64)
def draw_bars(bars: Bars) -> Markup:
    """Return a histogram as an inline SVG element, each bar under its count."""
    with _settings():
        figure = _new_figure(6.4, 2.3)
        axes = figure.add_axes((0.03, 0.24, 0.94, 0.64))
        _style(axes)
        axes.grid(visible=False)
        axes.spines["left"].set_visible(False)
        # A little air between the bars; the ticks stand on their bounds.
        widths = [0.94 * (right - left) for left, right in zip(bars.edges, bars.edges[1:], strict=False)]
        axes.bar(bars.edges[:-1], bars.counts, width=widths, align="edge", color=_LINES[0], edgecolor="none")
        for left, width, count in zip(bars.edges, widths, bars.counts, strict=False):
            if count:
                place = (left + width / 2, count)
                axes.annotate(str(count), place, (0, 2), textcoords="offset points", ha="center", color=_INK)
        axes.set_ylim(0, max(1.0, 1.15 * max(bars.counts, default=0)))
        axes.set_yticks([])
        axes.set_xlim(bars.edges[0], bars.edges[-1])
        axes.set_xticks(bars.edges, [wording.number(edge, bars.language) for edge in bars.edges])
        axes.set_xlabel(bars.x_label)
        return _svg(figure, bars.description)


@lru_cache(maxsize=512)
def png_uri(pixels: bytes, size: tuple[int, int], channels: int) -> str:
    """Return raw pixels as the data URI of a PNG.

    Args:
        pixels: uint8, (height, width) or (height, width, 3), rows first.
        size: Height and width, pixels.
        channels: 1 for grey, 3 for red, green, blue.
    """
    from PIL import Image  # noqa: PLC0415 - only pages with pictures pay for it

    height, width = size
    return _encode_png(Image.frombytes("L" if channels == 1 else "RGB", (width, height), pixels))


@lru_cache(maxsize=256)
def recode_png(content: bytes) -> tuple[str, int, int]:
    """Decode a PNG from a student's process and return its pixels alone: data URI, width and height in pixels.

    Texts, profiles, times, further frames and anything behind the image are left behind; a large picture is made
    smaller.

    Raises:
        ValueError: This is not a PNG of at most 1 MB and 4000 pixels a side.
    """
    _check_png(content)
    picture = _decode_png(content)
    picture.thumbnail((_SHOWN_SIDE, _SHOWN_SIDE))
    return _encode_png(picture), picture.width, picture.height


def _check_png(content: bytes) -> None:
    if len(content) > PNG_MAX_BYTES:
        message = f"the picture has {len(content)} bytes; at most {PNG_MAX_BYTES} are shown"
        raise ValueError(message)
    if not content.startswith(_SIGNATURE) or content[12:16] != b"IHDR" or len(content) < 33:  # noqa: PLR2004
        message = "the picture is not a PNG"
        raise ValueError(message)
    sides = int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    if not all(1 <= side <= PNG_MAX_SIDE for side in sides):
        message = f"the picture is {sides[0]} by {sides[1]} pixels; at most {PNG_MAX_SIDE} a side are shown"
        raise ValueError(message)


def _decode_png(content: bytes) -> Image:
    import struct  # noqa: PLC0415
    import zlib  # noqa: PLC0415

    from PIL import Image  # noqa: PLC0415 - only pages with pictures pay for it

    broken = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, OverflowError, struct.error, zlib.error)
    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as picture:
            return picture.convert("RGB" if picture.mode in {"RGB", "L", "1", "I", "I;16"} else "RGBA")
    except broken as error:
        message = f"the picture cannot be decoded ({type(error).__name__})"
        raise ValueError(message) from error


def _encode_png(picture: Image) -> str:
    from PIL import Image  # noqa: PLC0415

    bare = Image.frombytes(picture.mode, picture.size, picture.tobytes())
    stream = io.BytesIO()
    bare.save(stream, format="PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def _new_figure(width_inches: float, height_inches: float) -> Figure:
    from matplotlib.figure import Figure  # noqa: PLC0415 - half a second that a page without figures saves

    return Figure(figsize=(width_inches, height_inches), dpi=72)


def _style(axes: Axes) -> None:
    axes.grid(visible=True, color=_FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.patch.set_visible(False)
    axes.tick_params(colors=_INK, labelsize=9, length=3)
    for side, spine in axes.spines.items():
        spine.set_color(_INK)
        spine.set_visible(side in {"left", "bottom"})
    for text in (axes.title, axes.xaxis.label, axes.yaxis.label):
        text.set_color(_INK)


def _draw_lines(axes: Axes, lines: Sequence[Line]) -> None:
    # Handles and labels are given outright: Matplotlib leaves out a label that begins with an underscore.
    drawn = [_draw_line(axes, line, index) for index, line in enumerate(lines)]
    labels = [one_line(line.label, 20) for line in lines]
    # Above the axes while it fits there: it never hides a line then.
    place: dict[str, Any] = {"loc": "upper right"}
    if len(lines) <= 2:  # noqa: PLR2004 - as many as fit beside the title
        place = {"loc": "lower right", "bbox_to_anchor": (1.02, 0.98), "ncols": 2, "columnspacing": 1.0}
    legend = axes.legend(drawn, labels, frameon=False, fontsize=9, labelcolor=_INK, borderpad=0.3, **place)
    for text in legend.get_texts():
        text.set_parse_math(False)


def _draw_line(axes: Axes, line: Line, index: int) -> Any:  # noqa: ANN401 - Matplotlib's artist
    values = _drawable(line.values)
    style = index % len(_LINES)
    marker = _MARKERS[style] if len(values) <= 30 else ""  # noqa: PLR2004 - more would run together
    epochs = range(1, len(values) + 1)
    return axes.plot(
        epochs, values, color=_LINES[style], linestyle=_DASHES[style], marker=marker, markersize=4, linewidth=1.8
    )[0]


def _drawable(values: Sequence[float]) -> list[float]:
    return [value if abs(value) <= _LARGEST else math.nan for value in values]


def _number_ticks(axes: Axes, language: Language) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: PLC0415

    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: wording.number(value, language, 4)))


def _describe(panel: Panel) -> str:
    parts = [wording.phrase("chart_of", panel.language, quantity=one_line(panel.title, 40))]
    for line in panel.lines:
        finite = [value for value in _drawable(line.values) if math.isfinite(value)]
        ends = [wording.number(value, panel.language) for value in (finite[:1] + finite[-1:])]
        words = {"line": one_line(line.label, 30)}
        if ends:
            parts.append(wording.phrase("from_to", panel.language, **words, first=ends[0], last=ends[1]))
        else:
            parts.append(f"{words['line']}: {wording.phrase('no_finite', panel.language)}")
    return "; ".join(parts)


@contextmanager
def _settings() -> Iterator[None]:
    """Draw with the same settings on every machine, whatever its own Matplotlib settings are."""
    import matplotlib.style  # noqa: PLC0415

    # Text stays text, in the page's font.
    with matplotlib.style.context(["default", {"svg.hashsalt": "figure", "svg.fonttype": "none"}]):
        yield


def _svg(figure: Figure, description: str) -> Markup:
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return _inline(stream.getvalue(), description)


def _inline(document: str, description: str) -> Markup:
    """Return the SVG document as an element that can stand in a page beside others like it."""
    body = document[document.index("<svg") : document.index("</svg>")]
    box = re.search(r'viewBox="([0-9. ]+)"', body)
    inner = body[body.index(">") + 1 :]
    inner = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", inner, flags=re.DOTALL)
    inner = re.sub(r" font-family: [^;\"]*;", "", inner)
    inner = re.sub(r"\n\s*", "\n", inner)
    # Only names that something refers to are kept, as the figure's own: a page holds many figures.
    used = set(re.findall(r'href="#([\w.]+)"|url\(#([\w.]+)\)', inner))
    used_names = {name for pair in used for name in pair if name}
    own = hashlib.sha256(document.encode()).hexdigest()[:10]
    inner = re.sub(r' id="([\w.]+)"', lambda match: f' id="f{own}-{match[1]}"' if match[1] in used_names else "", inner)
    inner = re.sub(r'(href="#|url\(#)', rf"\g<1>f{own}-", inner)
    for colour, variable in _VARIABLES.items():
        inner = inner.replace(colour, variable)
    view = box[1] if box else "0 0 320 200"
    opening = f'<svg class="chart" role="img" viewBox="{view}" aria-label="{escape(description)}">'
    return Markup(f"{opening}{inner}</svg>")  # noqa: S704 - Matplotlib escapes every text that it writes
