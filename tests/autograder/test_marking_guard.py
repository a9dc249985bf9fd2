"""The marking page lets nobody in but the browser that knows the token, and takes no other site's forms."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from autograder.desk import Desk, Opening, open_desk
from autograder.marking import MarkingPage
from autograder.model import Lab, Report

MakeReport = Callable[..., Report]
DESK = runpy.run_path(str(Path(__file__).with_name("marking_desk.py")))
Browser: Any = DESK["Browser"]
marks_of: Callable[[Desk], dict[str, Fraction | None]] = DESK["marks_of"]
write_results: Callable[[Path, MakeReport], Path] = DESK["write_results"]
PORT: int = DESK["PORT"]


@pytest.fixture
def results(tmp_path: Path, make_report: MakeReport) -> Path:
    """A results folder of three submissions."""
    return write_results(tmp_path, make_report)


@pytest.fixture
def desk(tmp_path: Path, results: Path, lab: Lab) -> Iterator[Desk]:
    """The desk of an assistant called Inès."""
    opened = open_desk(tmp_path, lab, results, Opening("en", "Inès"))
    yield opened
    opened.close()


@pytest.fixture
def browser(desk: Desk) -> Any:
    """A browser that was let in."""
    return Browser(MarkingPage(desk, PORT)).enter()


@pytest.mark.parametrize(
    ("environ", "status"),
    [
        ({"HTTP_HOST": "evil.example"}, "421"),
        ({"HTTP_HOST": f"evil.example:{PORT}"}, "421"),
        ({"HTTP_HOST": "127.0.0.1"}, "421"),
        ({"HTTP_COOKIE": ""}, "403"),
        ({"HTTP_COOKIE": f"autograder-mark-{PORT}=guess"}, "403"),
        ({"HTTP_COOKIE": "\x00=;;=é"}, "403"),
        ({"REQUEST_METHOD": "PUT"}, "405"),
        ({"REQUEST_METHOD": "OPTIONS"}, "405"),
    ],
    ids=["host", "rebound", "port", "no-cookie", "wrong-cookie", "odd-cookie", "put", "options"],
)
def test_a_stranger_is_not_let_in(browser: Any, environ: dict[str, str], status: str) -> None:
    """Nothing of an answer is told."""
    text = browser.ask("/q1/1", **environ)

    assert browser.status.startswith(status)
    assert "Because" not in text


@pytest.mark.parametrize(
    ("environ", "form"),
    [
        ({"HTTP_ORIGIN": "http://evil.example"}, {}),
        ({"HTTP_ORIGIN": "null"}, {}),
        ({}, {"form": ""}),
        ({}, {"form": "guess"}),
        ({"CONTENT_TYPE": "text/plain"}, {}),
        ({"CONTENT_LENGTH": "99999999"}, {}),
        ({"CONTENT_LENGTH": "-1"}, {}),
    ],
    ids=["origin", "null-origin", "no-token", "wrong-token", "type", "large", "length"],
)
def test_a_form_of_another_site_is_refused(
    browser: Any, desk: Desk, environ: dict[str, str], form: dict[str, str]
) -> None:
    """Even where the browser sends our cookie with it."""
    browser.ask("/q1/1", browser.form("/q1/1") | {"points": "4", "comment": ""} | form, **environ)

    assert browser.status.startswith("403")
    assert marks_of(desk)["amel"] is None


@pytest.mark.parametrize(
    "path", ["/q1/0", "/q1/4", "/q1/1/", "/dense/1", "/../etc/passwd", "/q1/99999999999", "/favicon.ico"]
)
def test_other_addresses_are_not_there(browser: Any, path: str) -> None:
    """No page has them."""
    browser.ask(path)

    assert browser.status.startswith("404")


def test_a_wrong_token_does_not_let_in(browser: Any) -> None:
    """Neither a guess nor the empty one; a post to nowhere is not there."""
    for token in ("", "guess", browser.page.token + "x"):
        browser.ask("/enter/" + token)
        assert browser.status.startswith("403")
    browser.ask("/nowhere", browser.form("/q1/1"))
    assert browser.status.startswith("404")


def test_every_answer_is_locked_down(browser: Any) -> None:
    """No script, no foreign resource, no frame; only the page's own style sheet, by its hash."""
    for path in ("/", "/q1/1", "/marks.csv", "/nowhere"):
        browser.ask(path)
        assert browser.headers is not None
        policy = browser.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src '")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert browser.headers["Cache-Control"] == "no-store"
