"""`autograder report`: everything again from what is stored, the same to the byte, and what is new is said."""

from __future__ import annotations

import json
import re
import runpy
import signal
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Callable
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import pytest

from autograder import gradebook
from autograder.errors import UsageError
from autograder.feedback import write_pages
from autograder.labs import load_lab
from autograder.marks import answer_digest
from autograder.model import Check, Lab, Mark, Outcome, Report, Status
from autograder.overview import Rewritten, rewrite
from autograder.records import encode, grade_document, showing_document
from autograder.scoring import score
from autograder.store import Stored, open_store
from shared.text import Text

COURSE = runpy.run_path(str(Path(__file__).with_name("small_course.py")))
command: Callable[..., subprocess.Popen[str]] = COURSE["command"]
finish: Callable[..., tuple[str, str]] = COURSE["finish"]
make_small_course: Callable[[Path], Path] = COURSE["make_small_course"]
ANSWER = "Because."


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """The small course, with the stored results of a class in ``out``."""
    root = make_small_course(tmp_path)
    for name in ("amel", "jules"):
        keep(root, name)
    rewrite(root, root / "out", "en", None, None)
    return root


def small(root: Path) -> Lab:
    """Return the lab of the small course."""
    return load_lab(root, "small")


def keep(root: Path, name: str, answer: str = ANSWER, *, right: bool = True) -> None:
    """Store a result as grading does: ``double`` is right or not, ``average`` is right."""
    status = Status.PASSED if right else Status.FAILED
    words = Text.same("The value.")
    outcomes = [
        Outcome(Check("double", "value", words), status),
        Outcome(Check("average", "value", words), Status.PASSED),
    ]
    lab = small(root)
    grade = score(lab, outcomes, submission=name, digest=None, environment={}, confinement=())
    report = Report(grade, (), {"q1": answer})
    out = root / "out"
    gradebook.write(out, report, name)
    write_pages(out, lab, [report], "en", {name: name})
    with closing(open_store(out, "small")) as store:
        store.keep(Stored(name, name, "", encode(grade_document(grade)), encode(showing_document(report)), ""))


def again(root: Path, **options: Path) -> Rewritten:
    """Do what the command does."""
    return rewrite(root, root / "out", "en", None, options.get("marks"))


def contents(out: Path) -> dict[str, bytes]:
    """Return every file but the database."""
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*.*") if path.suffix != ".db"}


def test_nothing_changes_when_nothing_has_changed(course: Path) -> None:
    """Byte for byte, and it is said so."""
    before = contents(course / "out")

    done = again(course)

    assert (done.changes, done.files, done.pages) == ((), (), 2)
    assert contents(course / "out") == before


def test_marks_of_a_file_enter_results_and_pages(course: Path) -> None:
    """The result, the page with its comment, the table and the dashboard have them; once taken they stay."""
    (course / "m.csv").write_text("submission,question,points,comment\namel,q1,2.5,Well <said>\n")

    done = again(course, marks=course / "m.csv")

    result = json.loads((course / "out/results/amel.json").read_text())
    page = (course / "out/feedback/amel.html").read_text()
    assert (result["score"], result["questions"][2]["score"]) == (18.5, 2.5)
    assert "Well &lt;said&gt;" in page
    assert "amel,graded,18.5,20.0,8.0,8.0,2.5" in (course / "out/gradebook.csv").read_text()
    assert done.changes == ("amel: 16 → 18.5, q1 – → 2.5",)
    assert done.marked == 1
    assert set(done.files) == {
        "results/amel.json",
        "exhibits/amel.json",
        "feedback/amel.html",
        "gradebook.csv",
        "index.html",
    }
    assert again(course).files == ()
    assert again(course, marks=course / "m.csv").marked == 0


def test_marks_survive_regrading(course: Path) -> None:
    """The result as graded anew gets the mark again; a mark for an earlier answer is shown as such wherever it counts."""
    with closing(open_store(course / "out", "small")) as store:
        store.set_marks({("amel", "q1"): Mark(Fraction(3), "", answer_digest(ANSWER))})
    again(course)
    keep(course, "amel", "Another answer.", right=False)

    done = again(course)

    assert json.loads((course / "out/results/amel.json").read_text())["score"] == 11.0
    assert done.changes == ("amel: 19 → 11, double 8 → 0, the answer to q1 has changed since it was marked",)
    for page in ("feedback/amel.html", "index.html"):
        assert "given to an earlier version of this answer" in (course / "out" / page).read_text()


def test_a_lost_result_comes_back(course: Path) -> None:
    """From the database, with its page."""
    before = contents(course / "out")
    for path in ("results/amel.json", "exhibits/amel.json", "feedback/amel.html"):
        (course / "out" / path).unlink()

    done = again(course)

    assert done.pages == 2
    assert contents(course / "out") == before


def test_who_is_new_or_gone_is_said(course: Path) -> None:
    """A line each."""
    keep(course, "zoé")
    with closing(open_store(course / "out", "small")) as store:
        store.forget("jules")
    (course / "out/results/jules.json").unlink()

    assert again(course).changes == ("jules: gone", "zoé: new, graded, 16")


def test_a_folder_without_results_is_told(course: Path) -> None:
    """The remedy is to name another one."""
    with pytest.raises(UsageError, match="holds no results"):
        rewrite(course, course, "en", None, None)


def test_results_of_two_labs_are_told(course: Path) -> None:
    """One folder is one lab's."""
    path = course / "out/results/amel.json"
    path.write_text(path.read_text().replace('"small"', '"other"'))

    with pytest.raises(UsageError, match=r"several labs \(other, small\)"):
        again(course)


def test_wrong_marks_change_nothing(course: Path) -> None:
    """Not even those before the wrong line."""
    (course / "m.csv").write_text("submission,question,points\namel,q1,2\njules,q1,9\n")

    with pytest.raises(UsageError, match="line 3: 9 is more than the 4 points"):
        again(course, marks=course / "m.csv")

    assert again(course).changes == ()


def test_the_commands_do_the_same(course: Path) -> None:
    """`mark` prints its address, stores what is sent, and ends with Ctrl-C; `report` then says what is new."""
    process = command(course, "mark", "small", "out", "--no-browser", "--marker", "Inès")
    assert process.stdout is not None
    address = process.stdout.readline().split()[-1]
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    home = opener.open(address, timeout=20).geturl()
    page = opener.open(f"{home}q1/1", timeout=20).read().decode()
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    sent = urllib.parse.urlencode(fields | {"points": "1,5", "comment": "Half."}).encode()
    request = urllib.request.Request(f"{home}q1/1", sent, {"Origin": home.rstrip("/")})  # noqa: S310 - our own page
    opener.open(request, timeout=20).close()
    process.send_signal(signal.SIGINT)
    printed, _errors = finish(process)

    assert "`autograder report out` puts them into results and pages" in printed
    said, _errors = finish(command(course, "report", "out"))
    assert "amel: 16 → 17.5, q1 – → 1.5" in said
    document, _errors = finish(command(course, "report", "out", "--json"))
    assert json.loads(document) == {"changes": [], "files": [], "lab": "small", "marks": 0, "pages": 2}
    _printed, errors = finish(command(course, "mark", "large", "out"), code=2)
    assert "large: no such lab" in errors
