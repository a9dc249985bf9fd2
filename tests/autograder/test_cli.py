"""The command line's promises: exit codes, words for what is wrong, and where results may go; no worker is started."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from autograder import cli

ROOT = Path(__file__).resolve().parents[2]
COURSE = runpy.run_path(str(Path(__file__).with_name("small_course.py")))
command: Callable[..., subprocess.Popen[str]] = COURSE["command"]
finish: Callable[..., tuple[str, str]] = COURSE["finish"]
make_small_course: Callable[[Path], Path] = COURSE["make_small_course"]
open_course: Callable[[], AbstractContextManager[Path]] = COURSE["open_course"]


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small course as working directory, with a class in which nothing can be graded."""
    root = make_small_course(tmp_path)
    (root / "class").mkdir()
    (root / "class/empty.py").write_bytes(b"")
    (root / "class/l'été d'Éva.txt").write_text("x")
    monkeypatch.chdir(root)
    monkeypatch.setenv("COLUMNS", "200")
    return root


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command as `main` does and return exit code, output and errors."""

    def run_main(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["autograder", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run_main


Command = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("grade", "smal", "class", "--out", "out"), "no lab is called 'smal'; there are small"),
        (("grade", "small", "nowhere", "--out", "out"), "nowhere does not exist"),
        (("grade", "small", "class"), "Missing option '--out'"),
        (("grade", "small", "--out", "out"), "Missing argument 'PATH...'"),
        (("grade", "small", "class", "--out", "out", "--one", "--many"), "--one and --many exclude each other"),
        (("grade", "small", "class/empty.py", "--out", "out", "--many"), "is not a folder, but --many was given"),
        (("grade", "small", "class", "--out", "out", "--lang", "de"), "--lang 'de': choose en or fr"),
        (("grade", "small", "class", "--out", "out", "--jobs", "-1"), "--jobs"),
        (("grade", "small", "class", "--out", "out", "--jobs", "two"), "--jobs"),
        (("grade", "small", "class", "--out", "class/empty.py"), "choose another folder with --out"),
        (("grade", "small", "class", "--out", "/proc/out"), "choose another folder with --out"),
        (("grade", "small", "class", "--out", "class"), "class is what is to be graded; choose another folder"),
        (("gade",), "No such command 'gade'"),
        (("labs", "--lang", "de"), "--lang 'de': choose en or fr"),
    ],
    ids=lambda item: " ".join(item) if isinstance(item, tuple) else "",
)
def test_wrong_usage_is_told_and_ends_with_2(
    course: Path, run: Command, arguments: tuple[str, ...], words: str
) -> None:
    """The message names what was wrong; nothing is graded."""
    code, printed, errors = run(*arguments)

    assert code == 2
    assert words in errors
    assert "Traceback" not in printed + errors


def test_a_place_that_cannot_be_written_is_named(course: Path, run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever command meets it: its path and the system's reason, without a traceback."""
    monkeypatch.setattr("autograder.release.release", lambda _root, _lab, out: out.mkdir())

    assert run("release", "small", "--out", "/proc/out") == (
        2,
        "",
        "autograder: /proc/out: No such file or directory\n",
    )


def test_a_broken_lab_ends_with_3(course: Path, run: Command) -> None:
    """The file and the key are named."""
    lab = course / "assignments/small/lab.toml"
    lab.write_text(lab.read_text().replace("points = 8", "points = -8", 1))

    code, _printed, errors = run("grade", "small", "class", "--out", "out")

    assert code == 3
    assert "assignments/small/lab.toml" in errors
    assert "points" in errors


def test_a_class_of_nothing_gradable_has_its_rows(course: Path, run: Command) -> None:
    """No worker is needed to reject; the exit code says that the tool did its work; names are kept as data."""
    code, printed, errors = run("grade", "small", "class", "--out", "out", "--json")

    found = {result["submission"]: result["status"] for result in json.loads(printed)["results"]}
    assert code == 0
    assert "rejected: empty" in errors
    assert found == {"empty": "rejected", "l'été d'Éva": "rejected"}
    table = (course / "out/gradebook.csv").read_text("utf-8").splitlines()
    assert table[0] == "submission,status,score,max_score,double,average,q1"
    assert table[1:] == ["empty,rejected,0.0,20.0,0.0,0.0,", "l'été d'Éva,rejected,0.0,20.0,0.0,0.0,"]
    assert {"index.html", "timings.json", "feedback"} <= {path.name for path in (course / "out").iterdir()}


def test_an_older_run_gives_way(course: Path, run: Command) -> None:
    """Without --resume results of submissions that are no longer there do not stay; foreign files do."""
    run("grade", "small", "class", "--out", "out", "--json")
    (course / "out/mine.txt").write_text("keep")
    (course / "class/empty.py").rename(course / "class/other.py")

    _code, printed, _errors = run("grade", "small", "class", "--out", "out", "--json")

    assert [result["submission"] for result in json.loads(printed)["results"]] == ["l'été d'Éva", "other"]
    assert sorted(path.stem for path in (course / "out/results").iterdir()) == ["l'été d'Éva", "other"]
    assert (course / "out/mine.txt").read_text() == "keep"


def test_results_may_go_into_the_class(course: Path, run: Command) -> None:
    """The results' folder is no submission, the second time either, however it is spelt."""
    for out in ("class/out", "class/../class/out"):
        _code, printed, _errors = run("grade", "small", "class", "--out", out, "--json")

        assert len(json.loads(printed)["results"]) == 2


def test_rejections_are_told_as_they_come(course: Path, run: Command) -> None:
    """The person at the terminal sees which ones, without control characters, and where to look."""
    (course / "class/red\x1b[31m.py").write_bytes(b"")

    code, printed, errors = run("grade", "small", "class", "--out", "out")

    assert code == 0
    assert "rejected: empty" in errors
    assert "\x1b[31m.py" not in printed + errors
    assert "4 of the 20 points are for written answers" in printed
    assert "out/index.html" in printed


def test_labs_are_listed(course: Path, run: Command) -> None:
    """Questions and points, in both languages, as a table or as data."""
    code, printed, _errors = run("labs", "--lang", "fr")
    _code, document, _errors = run("labs", "--json")

    assert code == 0
    assert "La moyenne" in printed
    assert json.loads(document)[0]["max_score"] == 20.0
    assert [question["id"] for question in json.loads(document)[0]["questions"]] == ["double", "average", "q1"]


def test_a_folder_without_results_cannot_be_reported(course: Path, run: Command) -> None:
    """The folder is named."""
    code, _printed, errors = run("report", "class")

    assert code == 2
    assert "class holds no results" in errors


def test_results_of_several_labs_are_not_mixed(course: Path, run: Command) -> None:
    """A report is about one lab."""
    run("grade", "small", "class", "--out", "out", "--json")
    result = course / "out/results/empty.json"
    result.write_text(result.read_text().replace('"lab": "small"', '"lab": "other"'))

    code, _printed, errors = run("report", "out")

    assert code == 2
    assert "several labs (other, small)" in errors


def test_no_arguments_show_the_help() -> None:
    """The commands are listed."""
    shown = CliRunner().invoke(cli.app, [])

    assert all(name in shown.output for name in ("labs", "check", "grade", "report", "release", "build", "checkup"))


def test_generated_files_of_this_repository_are_fresh(monkeypatch: pytest.MonkeyPatch, run: Command) -> None:
    """`build --check` agrees with what is committed."""
    monkeypatch.chdir(ROOT)

    code, printed, errors = run("build", "--check")

    assert (code, printed, errors) == (0, "", "")


def test_stale_files_end_with_3(course: Path, run: Command) -> None:
    """They are named, and so is the remedy."""
    code, printed, errors = run("build", "--check")

    assert code == 3
    assert "out of date: assignments/small/small.ipynb" in printed
    assert "run `autograder build`" in errors


def test_checkup_tells_what_is_wrong(course: Path, run: Command) -> None:
    """Place, problem and remedy; the exit code says that the repository is broken."""
    code, _printed, errors = run("checkup")

    assert code == 3
    assert "of the repository's own rules are broken" in errors


BROKEN_SUITES = {
    "import no_such_module": "No module named 'no_such_module'",
    "from autograder.suite import question\n@question('triple')\ndef test_x(): ...\n": "both @question(...) and @check(...)",
}


@pytest.fixture
def open_small() -> Iterator[Path]:
    """The small course where a worker can be started."""
    with open_course() as root:
        yield root


@pytest.mark.parametrize("source", BROKEN_SUITES)
def test_a_broken_suite_is_our_fault(open_small: Path, source: str) -> None:
    """No student pays for it: nothing is marked, the message names the file, the exit code is 3."""
    (open_small / "tests/labs/small/test_small.py").write_text(source)

    process = command(open_small, "grade", "small", "solutions/small/small.py", "--out", "out", "--unsafe")
    _printed, errors = finish(process, code=3)

    assert "test_small.py" in errors
    assert BROKEN_SUITES[source] in errors
    assert "Traceback" not in errors
    assert not any((open_small / "out/results").iterdir())


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0 or not Path("/usr/bin/mount").exists(), reason="only root can mount"
)
def test_a_read_only_folder_is_told(course: Path, run: Command) -> None:
    """Even root cannot write to a file system that is read-only."""
    out = course / "out"
    out.mkdir()
    mount = ["/usr/bin/mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(out)]
    mounted = subprocess.run(mount, capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine lets nobody mount")
    try:
        code, _printed, errors = run("grade", "small", "class", "--out", "out")
    finally:
        subprocess.run(["/usr/bin/umount", str(out)], check=True)

    assert code == 2
    assert "Read-only file system" in errors


def test_the_types_of_a_document_are_plain() -> None:
    """A list of labs in JSON holds numbers and texts only, so that any language reads it."""
    shown: Any = CliRunner().invoke(cli.app, ["labs", "--json"])

    assert isinstance(json.loads(shown.stdout), list)
