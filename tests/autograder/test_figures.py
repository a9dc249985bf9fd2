"""Exhibits: drawn the same every time, and refused by name where their data are not what they claim to be."""

from __future__ import annotations

import base64
import io
import math
import re
import struct
import subprocess
import sys
import zlib
from html.parser import HTMLParser
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from autograder.drawing import Bars, Line, Panel, draw_bars, draw_panel
from autograder.figures import draw
from autograder.model import Exhibit
from shared.text import Text

CURVES = {"series": {"loss": {"training": [1.0, 0.5]}, "accuracy": {"validation": [0.4, 0.6], "training": [0.5, 0.75]}}}
HOSTILE = "</svg></pre><script>alert(1)</script>\"' $x^ \x1b[31m\r\b\u202e\x00\ud800"


def exhibit(kind: str, data: dict[str, Any]) -> Exhibit:
    """Make an exhibit of the question ``dense``."""
    return Exhibit("dense", kind, Text("Shown", "Montré"), data)


def content(kind: str, **data: Any) -> dict[str, Any]:
    """Return what an exhibit is drawn as."""
    return draw(exhibit(kind, data), "en").content


def base64_of(pixels: bytes) -> str:
    """Return bytes as text."""
    return base64.b64encode(pixels).decode()


def png(size: tuple[int, int] = (8, 6), mode: str = "RGB", **options: Any) -> bytes:
    """Make a black picture."""
    stream = io.BytesIO()
    Image.new(mode, size, 0).save(stream, "PNG", **options)
    return stream.getvalue()


def picture_in(uri: str) -> Image.Image:
    """Open the picture inside a data URI."""
    return Image.open(io.BytesIO(base64.b64decode(uri.removeprefix("data:image/png;base64,"), validate=True)))


def tags(markup: str) -> list[str]:
    """Return the names of the elements in a markup."""
    found: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, _attributes: found.append(tag)  # type: ignore[method-assign]
    parser.feed(markup)
    return found


def test_curves_have_a_panel_a_quantity() -> None:
    """Each quantity is one panel, known ones first, with axis, legend and description in the page's language."""
    panels = draw(exhibit("curves", CURVES), "fr").content["panels"]

    assert len(panels) == 2
    assert [word in panels[0] for word in (">exactitude<", ">époque<", ">entraînement<", ">validation<")] == [True] * 4
    assert "exactitude par époque; entraînement de 0,5 à 0,75; validation de 0,4 à 0,6" in panels[0]
    assert ">perte<" in panels[1]


def test_curves_are_the_same_bytes_in_another_process() -> None:
    """The same values give the same SVG in a fresh interpreter, whatever the order of keys and the hash seed."""
    program = (
        "from autograder.figures import draw; from autograder.model import Exhibit; from shared.text import Text;"
        f"print(draw(Exhibit('q', 'curves', Text.same('t'), {CURVES!r}), 'fr').content['panels'][0], end='')"
    )
    environment = {"PYTHONHASHSEED": "7", "PYTHONIOENCODING": "utf-8", "MPLCONFIGDIR": "/nonexistent", "PATH": ""}
    printed = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True).stdout

    assert printed.decode("utf-8") == draw(exhibit("curves", CURVES), "fr").content["panels"][0]


def test_equal_curves_are_drawn_once() -> None:
    """Curves equal to earlier ones are not drawn again."""
    first, second = (draw(exhibit("curves", CURVES), "en").content["panels"][0] for _ in range(2))

    assert first is second


@pytest.mark.parametrize(
    "values",
    [
        [],
        [math.nan, math.nan],
        ["NaN", None, "Infinity", "-Infinity"],
        [1e308, -1e308, 0.5],
        [10**400, 1],
        [0.5],
        [0.0] * 40,
        [5e-324, 0],
    ],
    ids=["none", "nan", "words", "huge", "big-integer", "one", "constant", "denormal"],
)
def test_odd_numbers_are_drawn(values: list[Any]) -> None:
    """No numbers of a student's history break the drawing."""
    (panel,) = content("curves", series={"loss": {"training": values}})["panels"]

    assert panel.startswith("<svg")
    assert "inf" not in panel.replace("no finite value", "")


def test_names_in_curves_are_inert() -> None:
    """Names that a student chose are text in the SVG: no element, no mathematics, no acting character."""
    panel = str(
        content("curves", series={HOSTILE[:20]: {"_" + HOSTILE[20:]: [1, 2]}, HOSTILE: {"$": [1]}})["panels"][0]
    )

    assert set(tags(panel)) <= {"svg", "g", "path", "defs", "use", "text", "clippath", "rect"}
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202e\ud800]", panel)


def test_svg_names_are_its_own() -> None:
    """Two figures on a page share no element names, and every name that is referred to exists."""
    panels = [str(panel) for panel in content("curves", **CURVES)["panels"]]
    names = [set(re.findall(r'id="([^"]+)"', panel)) for panel in panels]

    assert not names[0] & names[1]
    assert names[0] == set(re.findall(r'(?:href="#|url\(#)([^")]+)', panels[0]))
    assert not any("<style" in panel or "<metadata" in panel for panel in panels)


def test_many_lines_keep_their_legend() -> None:
    """More lines than fit above a panel have their legend inside it."""
    panel = draw_panel(Panel("loss", tuple(Line(f"run {index}", (1.0, 0.5)) for index in range(5)), "en"))

    assert all(f">run {index}<" in panel for index in range(5))


def test_bars_show_their_counts() -> None:
    """A histogram has its counts, its bounds and its description."""
    svg = draw_bars(Bars((0.0, 2.5, 5.0), (3, 0), "Note", "Notes de la classe", "fr"))

    assert all(words in svg for words in (">3<", ">2,5<", ">Note<", 'aria-label="Notes de la classe"'))


@pytest.mark.parametrize(("shape", "mode"), [([2, 3], "L"), ([2, 3, 3], "RGB")])
def test_images_keep_their_pixels(shape: list[int], mode: str) -> None:
    """Raw pixels come out as a PNG with exactly these pixels, shown larger, under their caption."""
    pixels = bytes(range(math.prod(shape)))
    drawn = content("images", images=[base64_of(pixels)], shape=shape, captions=[{"en": "six", "fr": "six"}])

    picture = picture_in(drawn["images"][0]["uri"])
    assert (picture.mode, picture.size, picture.tobytes()) == (mode, (3, 2), pixels)
    assert (drawn["width"], drawn["height"], drawn["images"][0]["caption"]) == (111, 74, "six")


def test_architecture_rows_are_plain() -> None:
    """Rows keep both sides and whether they differ, on one line each."""
    rows = content("architecture", rows=[{"yours": None, "expected": "Dense\n10", "differs": True}])["rows"]

    assert rows == [{"yours": "", "expected": "Dense\\n10", "differs": True}]


def test_output_shows_what_acts() -> None:
    """Printed text is escaped; what would move a cursor or turn the text round is shown as its escape."""
    drawn = content("output", text="a\x1b[1mb\r\n" + HOSTILE, truncated=False)

    assert drawn["markup"].startswith('a<span class="acting">\\x1b</span>[1mb<span class="acting">\\r</span>\n&lt;/svg')
    assert set(tags(str(drawn["markup"]))) == {"span"}
    assert (drawn["lines"], drawn["truncated"]) == (2, False)


def test_long_output_is_cut() -> None:
    """Output beyond 64 KiB of characters is cut, and said to be."""
    drawn = content("output", text="x" * 70_000, truncated=False)

    assert (len(drawn["markup"]), drawn["truncated"]) == (65_536, True)


def test_figure_is_pixels_alone() -> None:
    """A student's PNG is encoded again: no text, time, profile or trailing byte of it survives."""
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "<script>alert(1)</script>", zip=True)
    drawn = content(
        "figure",
        png=base64_of(png(pnginfo=notes, icc_profile=b"profile", dpi=(300, 300)) + b"<?php"),
        alt={"en": "a", "fr": "b"},
    )

    encoded = base64.b64decode(drawn["uri"].partition(",")[2])
    assert picture_in(drawn["uri"]).info == {}
    assert b"Comment" not in encoded
    assert not encoded.endswith(b"<?php")
    assert (drawn["width"], drawn["height"], drawn["alt"]) == (8, 6, "a")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_mode_of_png_is_shown(mode: str) -> None:
    """Palettes, transparency and deep greys are all brought to plain colours."""
    assert picture_in(content("figure", png=base64_of(png(mode=mode)), alt={"en": "", "fr": ""})["uri"]).size == (8, 6)


def test_large_figure_is_made_smaller() -> None:
    """A picture larger than a page is shown smaller, in its proportions."""
    drawn = content("figure", png=base64_of(png((3000, 1500))), alt={"en": "", "fr": ""})

    assert (drawn["width"], drawn["height"]) == (1200, 600)


def bomb(width: int, height: int) -> bytes:
    """Make the start of a picture that claims to be this large."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    crc = struct.pack(">I", zlib.crc32(b"IHDR" + header))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + header + crc


IMAGE = {"images": [base64_of(b"1234")], "shape": [2, 2]}
ALT = {"en": "", "fr": ""}
WRONG = {
    "unknown-kind": ("sound", {}, "the kind is none of architecture, curves, figure, images, output"),
    "no-series": ("curves", {}, "'series' must be a dict, and is missing"),
    "no-quantity": ("curves", {"series": {}}, "'series' holds 0 quantities, not 1 to 6"),
    "many-lines": ("curves", {"series": {"loss": {key: [] for key in "abcdefg"}}}, "'loss' holds 7 lines, not 1 to 6"),
    "many-epochs": ("curves", {"series": {"loss": {"a": [0] * 5001}}}, "'a' holds 5001 values, more than 5000"),
    "no-list": ("curves", {"series": {"loss": {"a": "abc"}}}, "'a' must be a list, and is str"),
    "no-number": ("curves", {"series": {"loss": {"a": [True]}}}, "True is not a number"),
    "text": ("curves", {"series": {"loss": {"a": ["<b>"]}}}, "'<b>' is not a number"),
    "bytes": ("images", IMAGE | {"shape": [2, 3]}, "an image has 4 bytes, not 2 by 3 by 1"),
    "shape": ("images", IMAGE | {"shape": [2, 2, 4]}, "'shape' is [2, 2, 4], not [height, width]"),
    "bool-shape": ("images", IMAGE | {"shape": [True, 4]}, "'shape' is [True, 4], not"),
    "large": ("images", IMAGE | {"shape": [1, 10**9]}, "a side is 1 to 512 pixels"),
    "many": ("images", {"images": [""] * 65, "shape": [1, 1]}, "65 images, more than 64"),
    "base64": ("images", IMAGE | {"images": ["<>"]}, "a picture is not base64"),
    "not-text": ("images", IMAGE | {"images": [7]}, "a picture is a int, not base64"),
    "captions": ("images", IMAGE | {"captions": []}, "0 captions for 1 images"),
    "caption": ("images", IMAGE | {"captions": ["six"]}, "a text needs the two keys en and fr"),
    "row": ("architecture", {"rows": ["Dense"]}, "a row is a str, not an object"),
    "differs": ("architecture", {"rows": [{"differs": 1}]}, "'differs' must be a bool, and is int"),
    "rows": ("architecture", {"rows": [{}] * 501}, "501 rows, more than 500"),
    "output": ("output", {"text": b"x", "truncated": False}, "'text' must be a str, and is bytes"),
    "no-alt": ("figure", {"png": ""}, "a text needs the two keys"),
    "no-png": ("figure", {"png": base64_of(b"<svg onload=alert(1)>"), "alt": ALT}, "the picture is not a PNG"),
    "heavy": ("figure", {"png": base64_of(bytes(2**20 + 1)), "alt": ALT}, "1048577 bytes; at most 1048576"),
    "huge": ("figure", {"png": base64_of(bomb(10**5, 10**5)), "alt": ALT}, "is 100000 by 100000 pixels; at most 4000"),
    "headless": ("figure", {"png": base64_of(bomb(9, 9)), "alt": ALT}, "the picture cannot be decoded"),
    "cut": ("figure", {"png": base64_of(png((90, 90))[:-40]), "alt": ALT}, "the picture cannot be decoded"),
}


@pytest.mark.parametrize(("kind", "data", "words"), list(WRONG.values()), ids=list(WRONG))
def test_wrong_data_are_refused_by_name(kind: str, data: dict[str, Any], words: str) -> None:
    """Data that are not what the kind needs are refused, and the message names the exhibit."""
    with pytest.raises(ValueError, match=re.escape(words)) as caught:
        draw(exhibit(kind, data), "en")

    assert str(caught.value).startswith(f"the exhibit 'Shown' ({kind} of dense): ")
