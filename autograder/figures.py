"""Exhibits checked and made ready for a page: their data come from a student's process and are never markup."""

from __future__ import annotations

import base64
import binascii
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from markupsafe import Markup, escape

from autograder import wording
from autograder.drawing import Line, Panel, draw_panel, png_uri, recode_png
from autograder.glyphs import ACTING, one_line, visible
from shared.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograder.model import Exhibit
    from shared.text import Language

__all__ = ["Drawing", "draw"]

MAX_EPOCHS = 5000
MAX_LINES = 6
MAX_PANELS = 6
MAX_IMAGES = 64
MAX_IMAGE_SIDE = 512
MAX_ROWS = 500
MAX_OUTPUT = 2**16
# Small images are shown about this wide, in whole pixels of theirs.
_SHOWN_WIDTH = 112
_ORDER = ("accuracy", "loss", "training", "validation")
_ACTING_RUNS = re.compile(f"(?:{ACTING.pattern})+")
_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


@dataclass(frozen=True, slots=True)
class Drawing:
    """An exhibit ready for its template: ``kind`` chooses it, ``content`` fills it."""

    kind: str
    title: str
    content: dict[str, Any]


def draw(exhibit: Exhibit, language: Language) -> Drawing:
    """Check an exhibit's data and draw it.

    The kinds and their data:

    - ``curves``: ``{"series": {quantity: {line: [number, ...]}}}``, a panel a quantity, epochs from 1 on the x axis;
    - ``images``: ``{"images": [base64, ...], "shape": [h, w] or [h, w, 3], "captions": [{"en", "fr"}, ...]}``, each
      image raw uint8 with rows first; ``captions`` may be left out;
    - ``architecture``: ``{"rows": [{"yours": str or None, "expected": str or None, "differs": bool}, ...]}``;
    - ``output``: ``{"text": str, "truncated": bool}``;
    - ``figure``: ``{"png": base64, "alt": {"en", "fr"}}``, decoded and encoded again.

    A number may be ``None`` or one of the strings ``"NaN"``, ``"Infinity"``, ``"-Infinity"``, as JSON has no others.

    Args:
        exhibit: What to draw; nothing in it is trusted.
        language: The language of axes, captions and descriptions.

    Raises:
        ValueError: The data are not what the kind needs; the text names the exhibit.
    """
    try:
        if exhibit.kind not in _KINDS:
            _refuse(f"the kind is none of {', '.join(sorted(_KINDS))}")
        content = _KINDS[exhibit.kind](exhibit.data, language)
    except ValueError as error:
        message = f"the exhibit {one_line(exhibit.title.en, 60)!r} ({exhibit.kind} of {exhibit.question}): {error}"
        raise ValueError(message) from error
    return Drawing(exhibit.kind, exhibit.title.in_(language), content)


def _curves(data: dict[str, Any], language: Language) -> dict[str, Any]:
    series = _need(data, "series", dict)
    if not 1 <= len(series) <= MAX_PANELS:
        _refuse(f"'series' holds {len(series)} quantities, not 1 to {MAX_PANELS}")
    panels = [_panel(quantity, _need(series, quantity, dict), language) for quantity in _ordered(series)]
    return {"panels": [draw_panel(panel) for panel in panels]}


def _panel(quantity: str, lines: dict[str, Any], language: Language) -> Panel:
    if not 1 <= len(lines) <= MAX_LINES:
        _refuse(f"{quantity!r} holds {len(lines)} lines, not 1 to {MAX_LINES}")
    drawn = []
    for name in _ordered(lines):
        values = _need(lines, name, list)
        if len(values) > MAX_EPOCHS:
            _refuse(f"{name!r} holds {len(values)} values, more than {MAX_EPOCHS}")
        label = wording.WORDS[name].in_(language) if name in ("training", "validation") else name
        drawn.append(Line(label, tuple(_number(value) for value in values)))
    title = wording.QUANTITIES[quantity].in_(language) if quantity in wording.QUANTITIES else quantity
    return Panel(title, tuple(drawn), language)


def _images(data: dict[str, Any], language: Language) -> dict[str, Any]:
    encoded = _need(data, "images", list)
    if len(encoded) > MAX_IMAGES:
        _refuse(f"{len(encoded)} images, more than {MAX_IMAGES}")
    height, width, channels = _shape(data)
    captions = _captions(data, len(encoded), language)
    scale = max(1, round(_SHOWN_WIDTH / width))
    images = []
    for item, caption in zip(encoded, captions, strict=True):
        pixels = _bytes(item)
        if len(pixels) != height * width * channels:
            _refuse(f"an image has {len(pixels)} bytes, not {height} by {width} by {channels}")
        images.append({"uri": png_uri(pixels, (height, width), channels), "caption": caption})
    return {"images": images, "width": width * scale, "height": height * scale}


def _shape(data: dict[str, Any]) -> tuple[int, int, int]:
    shape = _need(data, "shape", list)
    channels = [*shape, 1][2] if len(shape) in {2, 3} else 0
    if any(type(side) is not int for side in shape) or channels not in {1, 3}:
        _refuse(f"'shape' is {one_line(repr(shape), 60)}, not [height, width] or [height, width, 3]")
    if not all(1 <= side <= MAX_IMAGE_SIDE for side in shape[:2]):
        _refuse(f"'shape' is {one_line(repr(shape), 60)}; a side is 1 to {MAX_IMAGE_SIDE} pixels")
    return shape[0], shape[1], channels


def _captions(data: dict[str, Any], count: int, language: Language) -> list[str]:
    if "captions" not in data:
        return [""] * count
    captions = [Text.from_json(item).in_(language) for item in _need(data, "captions", list)]
    if len(captions) != count:
        _refuse(f"{len(captions)} captions for {count} images")
    return captions


def _architecture(data: dict[str, Any], _language: Language) -> dict[str, Any]:
    rows = _need(data, "rows", list)
    if len(rows) > MAX_ROWS:
        _refuse(f"{len(rows)} rows, more than {MAX_ROWS}")
    return {"rows": [_architecture_row(row) for row in rows]}


def _architecture_row(row: object) -> dict[str, Any]:
    if not isinstance(row, dict):
        _refuse(f"a row is a {type(row).__name__}, not an object")
    cells = {}
    for key in ("yours", "expected"):
        cells[key] = "" if row.get(key) is None else one_line(_need(row, key, str), 200)
    return {**cells, "differs": _need(row, "differs", bool)}


def _output(data: dict[str, Any], _language: Language) -> dict[str, Any]:
    text = _need(data, "text", str)
    truncated = _need(data, "truncated", bool) or len(text) > MAX_OUTPUT
    shown = text[:MAX_OUTPUT]
    return {"markup": _marked(shown), "truncated": truncated, "lines": shown.rstrip("\n").count("\n") + bool(shown)}


def _marked(text: str) -> Markup:
    """Return escaped text in which escapes of acting characters are told from what was printed as such."""
    pieces: list[str] = []
    end = 0
    for run in _ACTING_RUNS.finditer(text):
        pieces += [escape(text[end : run.start()]), f'<span class="acting">{escape(visible(run[0]))}</span>']
        end = run.end()
    return Markup("".join([*pieces, escape(text[end:])]))  # noqa: S704 - every piece is escaped above


def _figure(data: dict[str, Any], language: Language) -> dict[str, Any]:
    alt = Text.from_json(data.get("alt")).in_(language)
    uri, width, height = recode_png(_bytes(data.get("png")))
    return {"uri": uri, "width": width, "height": height, "alt": alt}


_KINDS: dict[str, Callable[[dict[str, Any], Language], dict[str, Any]]] = {
    "curves": _curves,
    "images": _images,
    "architecture": _architecture,
    "output": _output,
    "figure": _figure,
}


def _need(data: dict[str, Any], key: str, kind: type) -> Any:  # noqa: ANN401 - the kind is checked here
    value = data.get(key)
    if not isinstance(value, kind):
        found = type(value).__name__ if key in data else "missing"
        _refuse(f"{one_line(str(key), 40)!r} must be a {kind.__name__}, and is {found}")
    return value


def _number(value: object) -> float:
    if value is None:
        return math.nan
    if isinstance(value, str) and value in _NOT_FINITE:
        return _NOT_FINITE[value]
    if type(value) not in (int, float):
        _refuse(f"{one_line(repr(value), 40)} is not a number")
    try:
        return float(value)  # type: ignore[arg-type]
    except OverflowError:
        return math.inf


def _bytes(value: object) -> bytes:
    if not isinstance(value, str):
        _refuse(f"a picture is a {type(value).__name__}, not base64")
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        message = f"a picture is not base64 ({error})"
        raise ValueError(message) from error


def _ordered(names: dict[str, Any]) -> list[str]:
    """Return the names with those that we know first, then by alphabet: a stored file has lost their order."""
    known = [name for name in _ORDER if name in names]
    return known + sorted(name for name in names if name not in _ORDER)


def _refuse(message: str) -> NoReturn:
    raise ValueError(message)
