"""A class graded by the real command: whatever is in it, every submission has its row, and bytes do not depend on the run.

The tests share three runs of the command; a run takes seconds, as its workers load TensorFlow.
"""

from __future__ import annotations

import csv
import io
import json
import os
import runpy
import shutil
import signal
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder.confine import available_layers

COURSE = runpy.run_path(str(Path(__file__).with_name("small_course.py")))
REFERENCE: str = COURSE["REFERENCE"]
command: Callable[..., subprocess.Popen[str]] = COURSE["command"]
document: Callable[[Path, str], dict[str, Any]] = COURSE["document"]
finish: Callable[..., tuple[str, str]] = COURSE["finish"]
leftovers: Callable[[Path], list[str]] = COURSE["leftovers"]
open_course: Callable[[], AbstractContextManager[Path]] = COURSE["open_course"]

pytestmark = pytest.mark.skipif(
    not {"landlock", "seccomp"} <= set(available_layers()), reason="student code needs Landlock and seccomp"
)
QUOTED = "O'Hara Éléonore (ü)"
AVERAGE = "def average(values):\n    return sum(values) / len(values)\n"
FOUR = {
    "stub": COURSE["STUB"],
    "honest": REFERENCE,
    "wrong": "def double(x):\n    return x + 2\n\n\n" + AVERAGE,
    "syntax": "def double(x:\n    return 2 * x\n\n\n" + AVERAGE,
}
HOSTILE = {
    "exits": "print('bye')\nexit()\n" + AVERAGE,
    # It does not let itself be broken off, so its process is stopped.
    "for-ever": "import signal\n\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True:\n    pass\n",
    "prints": "def double(x):\n    while True:\n        print('x' * 1000)\n\n\n" + AVERAGE,
    "allocates": "def double(x):\n    found = []\n    while True:\n        found.append(bytearray(10**8) + b'1')\n\n\n"
    + AVERAGE,
    "crashes": "import os\n\n\ndef double(x):\n    os.abort()\n\n\n" + AVERAGE,
    "ends itself": "import os\n\n\ndef double(x):\n    os.kill(os.getpid(), 9)\n\n\n" + AVERAGE,
    QUOTED: AVERAGE + "\n\ndef double(x):\n    return x * 2\n",
}


@dataclass(frozen=True)
class Run:
    """A course, the folder with its results, and what the command printed."""

    course: Path
    out: Path
    printed: str = ""

    def result(self, stem: str) -> dict[str, Any]:
        """Return a stored result."""
        return document(self.out, stem)

    def bytes(self, stem: str) -> bytes:
        """Return a stored result as it is."""
        return (self.out / "results" / f"{stem}.json").read_bytes()

    def rows(self) -> dict[str, str]:
        """Return the table of marks: status by submission; nobody is in it twice."""
        found = list(csv.DictReader(io.StringIO((self.out / "gradebook.csv").read_text("utf-8"))))
        assert len({row["submission"] for row in found}) == len(found)
        return {row["submission"]: row["status"] for row in found}

    def statuses(self, stem: str) -> dict[str, str]:
        """Return what became of each check."""
        return {check["id"]: check["status"] for q in self.result(stem)["questions"] for check in q["checks"]}


def write_class(folder: Path, sources: dict[str, str]) -> Path:
    """Write modules as students hand them in."""
    folder.mkdir()
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    return folder


def workers(process: subprocess.Popen[str], patience: float = 60.0) -> list[int]:
    """Wait for the worker processes of a command."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = []
        for name in filter(str.isdigit, (path.name for path in Path("/proc").iterdir())):
            try:
                stat, line = Path("/proc", name, "stat").read_text(), Path("/proc", name, "cmdline").read_bytes()
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[1]) == process.pid and b"autograder.worker" in line:
                found.append(int(name))
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("no worker was started")


@pytest.fixture(scope="module")
def two_workers() -> Iterator[Run]:
    """Four submissions and a twin on two workers, one of which is killed as soon as it is there."""
    with open_course() as course:
        write_class(course / "class", FOUR | {"twin": REFERENCE})
        process = command(course, "grade", "small", "class", "--out", "out", "--jobs", 2, "--json")
        os.kill(workers(process)[0], signal.SIGKILL)
        printed, _errors = finish(process)
        yield Run(course, course / "out", printed)


@pytest.fixture(scope="module")
def one_worker() -> Iterator[Run]:
    """The same four among all that is hard to grade, on one worker; the results go into the class's own folder."""
    with open_course() as course:
        folder = write_class(course / "class", FOUR | HOSTILE)
        (folder / "empty.py").write_bytes(b"")
        (folder / "notes.txt").write_text("Dear teacher")
        (folder / ".DS_Store").write_bytes(b"\0")
        (folder / "no module").mkdir()
        (folder / "no module/readme.md").write_text("# later")
        (folder / "sparse").mkdir()
        with (folder / "sparse/small.py").open("wb") as file:
            file.truncate(2 * 2**30)
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w") as archive:
            archive.writestr("small.py", REFERENCE)
        with zipfile.ZipFile(folder / "zips.zip", "w") as archive:
            archive.writestr("one.zip", inner.getvalue())
        printed, _errors = finish(command(course, "grade", "small", "class", "--out", "class/out", "--jobs", 1))
        yield Run(course, folder / "out", printed)


@pytest.fixture(scope="module")
def interrupted(two_workers: Run) -> Iterator[tuple[Run, dict[str, str], str]]:
    """A run on from the first after one submission was changed, stopped by Ctrl-C, then resumed with yet another change.

    Comes with the rows and the words of the interrupted run.
    """
    with open_course() as course:
        folder = write_class(course / "class", FOUR | {"twin": REFERENCE, "wrong": "while True: pass\n"})
        shutil.copytree(two_workers.out, course / "out")
        arguments = ("grade", "small", "class", "--out", "out", "--resume")
        process = command(course, *arguments)
        workers(process)
        process.send_signal(signal.SIGINT)
        _printed, errors = finish(process, code=130)
        between = Run(course, course / "out").rows()
        (folder / "wrong.py").write_text(HOSTILE[QUOTED])
        printed, _errors = finish(command(course, *arguments))
        yield Run(course, course / "out", printed), between, errors


def test_one_worker_and_two_give_the_same_bytes(one_worker: Run, two_workers: Run) -> None:
    """Neither workers, nor a killed one, nor hostile neighbours change a byte of a result."""
    for name in FOUR:
        assert one_worker.bytes(name) == two_workers.bytes(name)


def test_twins_are_graded_once_and_have_a_row_each(two_workers: Run) -> None:
    """The second differs from the first in its name only, and takes no time."""
    twin = two_workers.result("twin") | {"submission": "honest"}

    assert twin == two_workers.result("honest")
    seconds = json.loads((two_workers.out / "timings.json").read_text())["submissions"]
    assert 0.0 in (seconds["twin"]["seconds"], seconds["honest"]["seconds"])
    assert sorted(two_workers.rows()) == ["honest", "stub", "syntax", "twin", "wrong"]


def test_json_is_one_document_and_nothing_else(two_workers: Run) -> None:
    """What the command prints is what it has stored."""
    printed = json.loads(two_workers.printed)

    assert printed["lab"] == "small"
    assert {found["submission"]: found for found in printed["results"]} == {
        name: two_workers.result(name) for name in (*FOUR, "twin")
    }


def test_each_submission_has_what_it_earned(two_workers: Run) -> None:
    """Right answers earn their points; a mistake, a stub and a syntax error cost what they touch."""
    scores = {name: two_workers.result(name)["score"] for name in FOUR}

    assert scores == {"honest": 16.0, "stub": 0.0, "wrong": 8.0, "syntax": 8.0}
    assert set(two_workers.statuses("stub").values()) == {"not_attempted"}
    assert two_workers.statuses("syntax") == {"number": "raised", "array": "raised", "mean": "passed"}
    assert two_workers.statuses("wrong") == {"number": "failed", "array": "failed", "mean": "passed"}
    assert "SyntaxError" in two_workers.result("syntax")["reason"]["en"]


def test_every_entry_of_a_class_has_one_row(one_worker: Run) -> None:
    """Whatever was handed in, and however it is named; hidden files and the results' own folder are no submissions."""
    graded = [*FOUR, *HOSTILE]
    rejected = ["empty", "no module", "notes", "sparse", "zips"]

    rows = one_worker.rows()

    assert rows == dict.fromkeys(graded, "graded") | dict.fromkeys(rejected, "rejected")
    results = {path.stem for path in (one_worker.out / "results").iterdir()}
    pages = {path.stem for path in (one_worker.out / "feedback").iterdir()}
    assert len(results) == len(rows)
    assert pages == results
    assert all(one_worker.result(name)["reason"]["fr"] for name in rejected)
    assert all(one_worker.result(name)["score"] == 0 for name in rejected)


def test_a_hostile_submission_costs_its_own_points_only(one_worker: Run) -> None:
    """Each is stopped in its own way, and what it has right still counts."""
    assert one_worker.statuses("allocates") == {"number": "out_of_memory", "array": "out_of_memory", "mean": "passed"}
    assert set(one_worker.statuses("for-ever").values()) == {"timed_out"}
    for name in ("prints", "crashes", "ends itself"):
        assert one_worker.statuses(name) == {"number": "raised", "array": "raised", "mean": "passed"}
    assert set(one_worker.statuses("exits").values()) == {"raised"}
    assert "exit()" in one_worker.result("exits")["reason"]["en"]
    assert one_worker.result(QUOTED)["score"] == 16.0


def test_hidden_checks_tell_nothing_on_the_page(one_worker: Run) -> None:
    """A page names what a visible check found, and of a hidden one its title alone."""
    page = (one_worker.out / "feedback/wrong.html").read_text("utf-8")

    assert "double(3)" in page
    assert "double(x)" not in page


def test_nothing_is_left_behind(
    one_worker: Run, two_workers: Run, interrupted: tuple[Run, dict[str, str], str]
) -> None:
    """No temporary folder outlives a run that ended, nor one that was interrupted; a killed worker had none yet."""
    assert [leftovers(run.course) for run in (one_worker, two_workers, interrupted[0])] == [[], [], []]


def test_ctrl_c_leaves_a_row_for_everybody(interrupted: tuple[Run, dict[str, str], str]) -> None:
    """What was graded stays, what was not is set aside, and the words say how to go on."""
    _run, between, errors = interrupted

    assert between == dict.fromkeys(("honest", "stub", "syntax", "twin"), "graded") | {"wrong": "not_graded"}
    assert "--resume" in errors


def test_resume_keeps_what_is_done_and_grades_what_changed(
    interrupted: tuple[Run, dict[str, str], str], two_workers: Run
) -> None:
    """Kept results are not touched; the changed one is graded anew."""
    run = interrupted[0]

    for name in ("honest", "stub", "syntax", "twin"):
        assert run.bytes(name) == two_workers.bytes(name)
        assert (run.out / f"results/{name}.json").stat().st_mtime_ns == (
            two_workers.out / f"results/{name}.json"
        ).stat().st_mtime_ns
    assert set(run.rows().values()) == {"graded"}
    assert run.result("wrong")["score"] == 16.0
    seconds = json.loads((run.out / "timings.json").read_text())["submissions"]
    assert [name for name in seconds if seconds[name]["seconds"] > 0] == ["wrong"]


def test_report_writes_the_same_pages_again(one_worker: Run) -> None:
    """From stored results alone, to the byte, without a worker; in another language it differs."""
    kept = {path: path.read_bytes() for path in one_worker.out.rglob("*.*") if path.suffix in (".html", ".csv")}
    for path in kept:
        path.unlink()

    printed, _errors = finish(command(one_worker.course, "report", one_worker.out))

    assert {path: path.read_bytes() for path in kept} == kept
    assert "16 pages written again" in printed
    finish(command(one_worker.course, "report", one_worker.out, "--lang", "fr", "--json"))
    page = one_worker.out / "feedback/wrong.html"
    assert page.read_bytes() != kept[page]
    finish(command(one_worker.course, "report", one_worker.out))
    assert page.read_bytes() == kept[page]
