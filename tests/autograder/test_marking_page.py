"""The marking page in a real browser, by keyboard alone, under its strict policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING
from wsgiref.simple_server import make_server

import pytest

from autograder import gradebook
from autograder.desk import Desk, Opening, open_desk
from autograder.marking import MarkingPage, _Handler, _Server
from autograder.model import Lab, Report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MakeReport = Callable[..., Report]
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
ANSWERS = {"amel": "Because.", "jules": HOSTILE, "zoé": ""}


@pytest.fixture
def desk(tmp_path: Path, lab: Lab, make_report: MakeReport) -> Iterator[Desk]:
    """Three answers to mark."""
    (tmp_path / "solutions/toy").mkdir(parents=True)
    (tmp_path / "solutions/toy/answers.md").write_text("## q1\n\n### Model answer (en)\n\nThus.\n", encoding="utf-8")
    for name, answer in ANSWERS.items():
        gradebook.write(tmp_path / "out", make_report(name, answers={"q1": answer}), name)
    opened = open_desk(tmp_path, lab, tmp_path / "out", Opening("en", "Inès"))
    yield opened
    opened.close()


@pytest.fixture
def page(browser: Browser, desk: Desk) -> Iterator[Page]:
    """The marking page, opened by its address; whatever the browser complains about fails the test."""
    server = make_server("127.0.0.1", 0, lambda _environ, _start: [], server_class=_Server, handler_class=_Handler)
    marking = MarkingPage(desk, server.server_port)
    server.set_app(marking)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    complaints: list[str] = []
    opened = context.new_page()
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(marking.address)
    yield opened
    context.close()
    server.shutdown()
    thread.join()
    server.server_close()
    # Chromium counts an icon that is not there, and a form that is sent back, as failed loads.
    assert [text for text in complaints if not text.startswith("Failed to load resource")] == []


def points_of(desk: Desk) -> dict[str, str]:
    """Return what is stored."""
    return {row.submission: row.points for row in desk.rows()}


def begin(page: Page) -> None:
    """Open the first sheet from the overview, once the browser has put the focus there."""
    page.wait_for_function("document.activeElement.matches('a.button')")
    page.keyboard.press("Enter")
    page.wait_for_url("**/q1/1")


def write(page: Page, text: str) -> None:
    """Type points, once the browser has put the focus there."""
    page.wait_for_function("document.activeElement.id === 'points'")
    page.keyboard.type(text)


def test_a_class_is_marked_by_keyboard_alone(page: Page, desk: Desk) -> None:
    """Enter on the overview, points, comment, Enter; and so on until all are marked."""
    assert page.url.endswith("/")
    begin(page)
    for number, (points, comment) in enumerate([("2,5", "Well said"), ("0", ""), ("4", "")], start=1):
        write(page, points)
        page.keyboard.press("Tab")
        page.keyboard.type(comment)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/q1/{number + 1}?done={number}" if number < 3 else "**/")

    assert points_of(desk) == {"amel": "2.5", "jules": "0", "zoé": "4"}
    assert page.get_by_text("3 marked, 0 to mark, 0 without an answer.").is_visible()
    sheet = desk.sheet("q1", 1)
    assert sheet is not None
    assert sheet.mark is not None
    assert (sheet.mark.points, sheet.mark.comment) == (Fraction(5, 2), "Well said")


def test_enter_in_the_points_saves(page: Page, desk: Desk) -> None:
    """Most answers need no comment: a number and Enter."""
    begin(page)
    write(page, "3")
    page.keyboard.press("Enter")
    page.wait_for_url("**/q1/2?done=1")

    assert points_of(desk)["amel"] == "3"
    assert page.get_by_role("status").inner_text().startswith("The mark of number 1 is stored.")


def test_a_hostile_answer_is_inert(page: Page) -> None:
    """It is shown letter by letter; nothing of it runs."""
    page.goto(page.url + "q1/2")

    assert page.locator("pre.answer").inner_text() == HOSTILE
    assert page.title().startswith("q1 · 2 / 3")
    assert page.locator("script, img").count() == 0


def test_a_mistyped_number_is_told_and_kept(page: Page, desk: Desk) -> None:
    """What was typed is still there, with the reason read out first."""
    page.goto(page.url + "q1/1")
    write(page, "44")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()

    assert "between 0 and 4" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Points").input_value() == "44"
    assert points_of(desk)["amel"] == ""


def test_the_style_sheet_applies(page: Page) -> None:
    """Under the strict policy, by its hash: answer and model answer stand side by side."""
    page.goto(page.url + "q1/1")
    boxes = [
        page.get_by_role("heading", name=name).bounding_box() for name in ("The answer", "Model answer and rubric")
    ]

    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[1]["x"] > boxes[0]["x"] + 200
