"""The marking page as a program sees it: who is let in, what is stored, what is refused and why."""

from __future__ import annotations

import runpy
import socket
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from autograder import marking
from autograder.desk import Desk, Opening, open_desk
from autograder.errors import UsageError
from autograder.marking import MarkingPage, serve
from autograder.marks import answer_digest
from autograder.model import Lab, Mark, Question, Report
from autograder.store import open_store
from shared.text import Text

MakeReport = Callable[..., Report]
DESK = runpy.run_path(str(Path(__file__).with_name("marking_desk.py")))
Browser: Any = DESK["Browser"]
marks_of: Callable[[Desk], dict[str, Fraction | None]] = DESK["marks_of"]
write_results: Callable[[Path, MakeReport], Path] = DESK["write_results"]
PORT: int = DESK["PORT"]
ANSWERS: dict[str, str] = DESK["ANSWERS"]


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


def test_a_sheet_shows_what_one_marks_by(browser: Any) -> None:
    """The answer as text, the question, model answer and rubric in the page's language, tags in them as text."""
    text = browser.ask("/q1/1")

    assert browser.status == "200 OK"
    assert "Because." in text
    assert "Why so deep?" in text
    assert "Because &lt;b&gt;of&lt;/b&gt;" in text
    assert "<em>that</em>" in text
    assert "<td>4</td>" in text
    assert "Parce que" not in text
    assert "marking as Inès" in text


def test_an_answer_is_text(browser: Any) -> None:
    """Nothing of a student's becomes markup, and acting characters are shown."""
    text = browser.ask("/q1/2")

    assert "<script" not in text
    assert "&lt;/pre&gt;&lt;script&gt;" in text
    assert "\u202e" not in text


def test_a_mark_is_stored_and_leads_to_the_next(browser: Any, desk: Desk) -> None:
    """With its comment, who gave it, and the digest of the answer that was read; an answer without a mark comes next."""
    browser.ask("/q1/1", browser.form("/q1/1") | {"points": "2,5", "comment": "Well\r\nsaid ", "then": "next"})

    assert browser.status == "303 See Other"
    assert browser.headers is not None
    assert browser.headers["Location"] == "/q1/2?done=1"
    sheet = desk.sheet("q1", 1)
    assert sheet is not None
    assert sheet.mark == Mark(Fraction(5, 2), "Well\nsaid", answer_digest("Because."), "Inès")
    assert 'value="2.5"' in browser.ask("/q1/1")


def test_saving_may_stay_and_empty_points_take_the_mark_back(browser: Any, desk: Desk) -> None:
    """The answer is unmarked again."""
    browser.ask("/q1/1", browser.form("/q1/1") | {"points": "3", "comment": "", "then": "stay"})
    assert browser.headers is not None
    assert browser.headers["Location"] == "/q1/1?done=1"
    browser.ask("/q1/1", browser.form("/q1/1") | {"points": " ", "comment": ""})

    assert desk.cells()[0][1][0].state == "open"


@pytest.mark.parametrize("points", ["5", "-1", "x", "1.00001"])
def test_wrong_points_are_shown_again(browser: Any, desk: Desk, points: str) -> None:
    """With what was typed, and why; nothing is stored."""
    text = browser.ask("/q1/1", browser.form("/q1/1") | {"points": points, "comment": "My <words>"})

    assert browser.status.startswith("422")
    assert "write points between 0 and 4" in text
    assert f'value="{points}"' in text
    assert "My &lt;words&gt;" in text
    assert marks_of(desk)["amel"] is None


def test_two_assistants_do_not_overwrite_each_other(browser: Any, desk: Desk) -> None:
    """Who saves second sees the other's mark first, and may then replace it."""
    form = browser.form("/q1/1")
    browser.ask("/q1/1", form | {"points": "1", "comment": "first"})

    text = browser.ask("/q1/1", form | {"points": "2", "comment": "second"})

    assert browser.status.startswith("409")
    assert "somebody else has marked" in text
    assert "second" in text
    assert marks_of(desk)["amel"] == 1
    browser.ask("/q1/1", browser.form("/q1/1") | {"points": "2", "comment": "second"})
    assert marks_of(desk)["amel"] == 2


def test_all_without_an_answer_get_nothing_at_once(browser: Any, desk: Desk) -> None:
    """Only those; an answer waits for a reader."""
    overview = browser.ask("/")
    assert "0 marked, 2 to mark, 1 without an answer" in overview

    browser.ask("/blank/q1", browser.form("/"))

    assert marks_of(desk) == {"amel": None, "jules": None, "zoé": 0}
    assert "1 submissions without an answer were given 0" in browser.ask("/?done=1")


def test_a_mark_for_an_earlier_answer_is_shown_as_such(browser: Any, desk: Desk, results: Path) -> None:
    """On the overview and on the sheet, and it waits for a reader."""
    store = open_store(results, "toy")
    store.set_marks({("amel", "q1"): Mark(Fraction(2), "", "sha256:earlier")})
    store.close()

    assert "1 answers have changed since they were marked" in browser.ask("/")
    assert "This answer has changed since it was marked" in browser.ask("/q1/1")
    assert desk.next_open("q1", 3) == 1


def test_all_marks_as_a_file(browser: Any) -> None:
    """As CSV and YAML, to be filled in elsewhere and merged."""
    browser.ask("/q1/1", browser.form("/q1/1") | {"points": "2.5", "comment": "ok"})

    assert f"amel,q1,2.5,ok,{answer_digest('Because.')},Inès" in browser.ask("/marks.csv")
    assert browser.headers is not None
    assert browser.headers["Content-Disposition"] == 'attachment; filename="toy-marks.csv"'
    assert "amel:\n  q1:\n    points: '2.5'" in browser.ask("/marks.yaml")


def test_names_are_kept_from_view(tmp_path: Path, lab: Lab, results: Path) -> None:
    """With ``--anonymous`` neither names nor their order are on any page; files for merging still have them."""
    anonymous = open_desk(tmp_path, lab, results, Opening("fr", "Inès", anonymous=True))
    browser = Browser(MarkingPage(anonymous, PORT)).enter()
    pages = [browser.ask(path) for path in ("/", "/q1/1", "/q1/2", "/q1/3")]
    order = [browser.ask(f"/q1/{number}").count("Because.") for number in (1, 2, 3)]
    anonymous.close()

    assert not any(name in page for page in pages for name in ANSWERS)
    assert sorted(order) == [0, 0, 1]
    assert "Réponse modèle" in pages[1]


def test_a_desk_is_for_the_lab_of_the_results(tmp_path: Path, lab: Lab, results: Path) -> None:
    """Another lab, one without written questions and an empty folder are told."""
    coded = tuple(question for question in lab.questions if not question.written)

    with pytest.raises(UsageError, match="holds results of toy, not of other"):
        open_desk(tmp_path, replace(lab, id="other"), results, Opening())
    with pytest.raises(UsageError, match="has no written questions"):
        open_desk(tmp_path, replace(lab, questions=coded), results, Opening())
    with pytest.raises(UsageError, match="holds no results"):
        open_desk(tmp_path, lab, tmp_path, Opening())


def test_a_lab_without_model_answers_can_be_marked(tmp_path: Path, lab: Lab, results: Path) -> None:
    """The page says that there is none."""
    (tmp_path / "solutions/toy/answers.md").unlink()
    questions = (*lab.questions, Question("q2", Text("And then?", "Et ensuite ?"), Fraction(1), written=True))
    desk = open_desk(tmp_path, replace(lab, questions=questions), results, Opening())
    text = Browser(MarkingPage(desk, PORT)).enter().ask("/q2/1")
    desk.close()

    assert "There is no model answer." in text


def test_the_server_listens_on_this_machine_only(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """It prints the address, serves it, and ends with Ctrl-C without a traceback."""
    said: list[str] = []
    found: list[str] = []

    def visit(server: marking._Server) -> None:
        def look() -> None:
            address = said[0].rpartition(" ")[2]
            opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
            found.append(opener.open(address, timeout=10).read().decode())
            found.append(str(server.server_address[0]))
            server.shutdown()

        thread = Thread(target=look)
        thread.start()
        super(marking._Server, server).serve_forever(poll_interval=0.05)
        thread.join()
        raise KeyboardInterrupt

    monkeypatch.setattr(marking._Server, "serve_forever", visit)
    serve(desk, 0, said.append, browser=False)

    assert "0 marked, 2 to mark" in found[0]
    assert found[1] == "127.0.0.1"


def test_a_taken_port_is_told(desk: Desk) -> None:
    """The remedy is another port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=rf"port {port} of 127\.0\.0\.1 cannot be used .* --port"):
            serve(desk, port, print, browser=False)
