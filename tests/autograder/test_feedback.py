"""What a student reads: complete, in one language, the same every time, and inert whatever was handed in."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from autograder.feedback import render_markdown, render_page, render_terminal, write_pages
from autograder.gradebook import read_all, write
from autograder.model import Exhibit, Lab, Report, Status
from autograder.scoring import not_graded, rejected
from shared.text import Language, Text

MakeReport = Callable[..., Report]
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</pre></details></style></title>--><svg onload=alert(1)>",
    "\x1b]8;;http://evil\x07click\x1b]8;;\x07\r\b\x00",
    "abc\u202egnp.exe\u2066\ud800",
    "{{ 7 * 7 }}{% raw %}",
    "[click](http://evil) ![x](http://evil/x.png) <http://evil> `code` ```\n# head\n~~~\n|a|b|\n",
]
VOID = {"meta", "img", "path", "use", "rect", "br"}
# Every element that our templates and Matplotlib make; nothing else may appear on a page.
ELEMENTS = set(
    "html head meta title style body header main footer nav section article p h1 h2 h3 strong code span div a ul li"
    " table caption thead tbody tr th td figure figcaption pre details summary dl dt dd img bdi"
    " svg g defs path use text clippath rect".split()
)


class Structure(HTMLParser):
    """Reads a page strictly: elements closed in order, identifiers met once, headings a step at a time."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element and its attributes."""
        self.elements.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that closes itself."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        """Demand that elements close in order."""
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note words that a reader sees."""
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        """Return the page's words with single spaces."""
        return " ".join(" ".join(self.words).split())

    def values(self, name: str) -> list[str]:
        """Return the values of an attribute."""
        return [value for _, found, value in self.attributes if found == name]


def exhibits(words: str = "printed") -> tuple[Exhibit, ...]:
    """One exhibit of every kind, with these words wherever a student could put some."""
    row = {"yours": words, "expected": None, "differs": True}
    data = {
        "output": {"text": words, "truncated": True},
        "architecture": {"rows": [row, {"yours": "Dense", "expected": "Dense", "differs": False}]},
        "images": {"images": ["AAAA"], "shape": [1, 1, 3], "captions": [{"en": words, "fr": words}]},
        "curves": {"series": {"loss": {words: [1.0, 0.5]}}},
        "figure": {"png": words, "alt": {"en": words, "fr": words}},
    }
    return tuple(Exhibit("dense", kind, Text.same(f"Look at {words}"), item) for kind, item in data.items())


@pytest.mark.parametrize("words", HOSTILE, ids=["script", "img", "closing", "terminal", "bidi", "jinja", "markdown"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_nothing_hostile_survives(lab: Lab, make_report: MakeReport, words: str, language: Language) -> None:
    """Whatever a name, a message, an answer, a version or an exhibit holds, the page has our elements only."""
    statuses = (Status.FAILED, Status.RAISED, Status.TIMED_OUT)
    report = make_report(words, statuses, words=words, exhibits=exhibits(words), answers={"q1": words})
    report = replace(report, grade=replace(report.grade, environment={words: words}, confinement=(words,)))

    page = render_page(report, lab, language)
    found = Structure(page)

    assert found.elements <= ELEMENTS
    assert found.open == []
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", page)
    assert not [name for _, name, _ in found.attributes if name.startswith("on")]
    assert all(value.startswith("data:image/png;base64,") for value in found.values("src"))
    assert all(value.startswith("#") for name in ("href", "xlink:href") for value in found.values(name))
    assert "49" not in found.text or "{{" not in words


@pytest.mark.parametrize("language", ["en", "fr"])
def test_page_stands_alone_and_is_sound(lab: Lab, make_report: MakeReport, language: Language) -> None:
    """A page forbids itself every resource and script, says its language, and its anchors and headings hold."""
    page = render_page(make_report(exhibits=exhibits()), lab, language)
    found = Structure(page)

    assert ("meta", "content", "default-src 'none'; style-src 'unsafe-inline'; img-src data:") in found.attributes
    assert ("html", "lang", language) in found.attributes
    assert not re.search(r"https?://|@import|<link|<script", page)
    identifiers = found.values("id")
    assert len(identifiers) == len(set(identifiers))
    assert {value[1:] for value in found.values("href")} <= set(identifiers)
    levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert page.count("<img") == len(found.values("alt"))


def test_page_shows_what_was_graded(lab: Lab, make_report: MakeReport) -> None:
    """Score, checks with sign and word, message, hint, answer and conditions are all there."""
    text = Structure(render_page(make_report(answers={"q1": "Because <b>."}), lab, "en")).text

    for words in (
        "9.33 / 20",
        "Written answers still to be marked: up to 4 more.",
        "✓ The shape passed 3.33 / 3.33",
        "✗ The values failed 0 / 6.67 dense(2) returned 3; 4 was expected. Hint: hint:",
        "Your answer, as handed in Because <b>.",
        "keras 3.15.1, python 3.11",
        "landlock, seccomp",
    ):
        assert words in text


def test_page_is_french(lab: Lab, make_report: MakeReport) -> None:
    """In French the page's words are French and numbers have a comma."""
    text = Structure(render_page(make_report(), lab, "fr")).text

    for words in ("Un TP jouet", "9,33 / 20", "Les valeurs échouée 0 / 6,67", "Piste :", "Aucune réponse"):
        assert words in text


def test_hidden_check_keeps_its_secret(lab: Lab, make_report: MakeReport) -> None:
    """Of a hidden check a student learns title and status, in every form of the report."""
    report = make_report(statuses=(Status.PASSED, Status.PASSED, Status.FAILED), words="the secret input")

    page = Structure(render_page(report, lab, "en")).text
    assert "✗ The hidden one failed 0 / 6 This is a hidden check." in page
    assert "secret input" not in page
    assert "secret input" not in render_markdown(report, lab, "en") + terminal(report, lab)


def test_untouched_question_is_short(lab: Lab, make_report: MakeReport) -> None:
    """A question that was not attempted is one sentence, without its checks."""
    report = make_report(statuses=(Status.NOT_ATTEMPTED, Status.NOT_ATTEMPTED, Status.PASSED))

    text = Structure(render_page(report, lab, "en")).text
    assert "Not attempted: the function is still as it was in the handout." in text
    assert "The shape" not in text


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("rejected", "0 / 20 This submission could not be read The archive is empty."),
        ("not_graded", "This submission has not been graded yet The archive is empty."),
    ],
)
def test_set_aside_says_why(lab: Lab, status: str, words: str) -> None:
    """A submission without a grade has its reason on the page instead of questions."""
    reason = Text("The archive is empty.", "L'archive est vide.")
    grade = rejected(lab, "amel", reason) if status == "rejected" else not_graded(lab, "amel", None, reason)

    text = Structure(render_page(Report(grade), lab, "en")).text
    assert words in text
    assert "A dense layer" not in text


def test_reason_of_a_graded_one_is_shown(lab: Lab, make_report: MakeReport) -> None:
    """A module that does not import has its reason above the questions."""
    report = make_report()
    report = replace(report, grade=replace(report.grade, reason=Text.same("SyntaxError in line 3")))

    assert "Before you read on SyntaxError in line 3" in Structure(render_page(report, lab, "en")).text
    assert "SyntaxError in line 3" in render_markdown(report, lab, "en") + terminal(report, lab)


def test_wrong_exhibit_costs_only_itself(lab: Lab, make_report: MakeReport, caplog: pytest.LogCaptureFixture) -> None:
    """An exhibit that cannot be drawn is said to be so on the page and named in the log."""
    broken = Exhibit("dense", "figure", Text.same("Plot"), {"png": "", "alt": {"en": "", "fr": ""}})
    elsewhere = Exhibit("gone", "output", Text.same("Elsewhere"), {"text": "", "truncated": False})

    text = Structure(render_page(make_report(exhibits=(broken, elsewhere)), lab, "en")).text

    assert "Plot This figure cannot be shown." in text
    assert "Also shown Elsewhere Nothing was printed." in text
    assert "the exhibit 'Plot' (figure of dense): the picture is not a PNG" in caplog.text


def test_stored_results_give_the_same_page(tmp_path: Path, lab: Lab, make_report: MakeReport) -> None:
    """A page made from the stored results is, to the byte, the one made right after grading."""
    curves = Exhibit("pool", "curves", Text.same("c"), {"series": {"loss": {"b": (float("nan"), 1), "a": [2]}}})
    report = make_report(exhibits=(*exhibits(), curves), answers={"q1": "a\ud800\r\n"})
    write(tmp_path, report, "amel")
    write_pages(tmp_path, lab, [report], "fr", {"amel.benali": "amel"})
    first = (tmp_path / "feedback" / "amel.html").read_bytes()

    write_pages(tmp_path, lab, read_all(tmp_path), "fr", {"amel.benali": "amel"})

    assert (tmp_path / "feedback" / "amel.html").read_bytes() == first


@pytest.mark.parametrize("words", HOSTILE, ids=["script", "img", "closing", "terminal", "bidi", "jinja", "markdown"])
def test_markdown_is_inert(lab: Lab, make_report: MakeReport, words: str) -> None:
    """Rendered as Markdown, nothing of a student's becomes a link, an image, a heading or markup."""
    statuses = (Status.FAILED, Status.RAISED, Status.TIMED_OUT)
    report = make_report(words, statuses, words=words)
    report = replace(report, grade=replace(report.grade, reason=Text.same(words)))

    tokens = MarkdownIt("gfm-like", {"linkify": False, "html": True}).parse(render_markdown(report, lab, "en"))

    kinds = [inner.type for token in tokens for inner in [token, *(token.children or [])]]
    assert not {"link_open", "image", "html_block", "html_inline", "table_open"} & set(kinds)
    assert kinds.count("heading_open") == 4
    assert kinds.count("fence") == 6
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202e\ud800]", "".join(token.content for token in tokens))


def terminal(report: Report, lab: Lab, width: int = 60) -> str:
    """Return what a terminal of this width shows."""
    stream = io.StringIO()
    Console(file=stream, width=width, color_system=None).print(render_terminal(report, lab, "en"))
    return stream.getvalue()


@pytest.mark.parametrize("words", HOSTILE, ids=["script", "img", "closing", "terminal", "bidi", "jinja", "markdown"])
def test_terminal_is_inert(lab: Lab, make_report: MakeReport, words: str) -> None:
    """No control character of a student's reaches the terminal, and Rich's own markup is not read."""
    printed = terminal(make_report(words, words=f"{words}[bold]x[/bold]"), lab)

    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\ud800]", printed)
    assert "[bold]x[/bold]" in printed.replace("\n", "").replace(" ", "")


def test_terminal_keeps_messages_indented(lab: Lab, make_report: MakeReport) -> None:
    """A message stays indented where it is wrapped, so that it cannot pass for a line of the grader's."""
    forged = "x" * 70 + "\nScore: 20 / 20\n  ✓ The values: passed"
    lines = terminal(make_report(words=forged), lab).splitlines()

    scores = [line for line in lines if line.startswith("Score")]
    assert len(scores) == 1
    assert scores[0].startswith("Score: 9.33 / 20.")
    assert all(line.startswith("      ") for line in lines if "x" * 20 in line or "20 / 20" in line)
