"""The pytest plugin: marks are checked, checks are ordered, every outcome is noted, messages reach students only as told."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.bench import Bench
from autograder.confine import available_layers
from autograder.labs import load_lab
from autograder.model import Outcome, Submission
from autograder.suite import Suite, read_reference, set_bench

COURSE = runpy.run_path(str(Path(__file__).with_name("small_course.py")))
make_small_course: Callable[[Path], Path] = COURSE["make_small_course"]
HEAD = """
import pytest
from autograder.suite import check, question
from shared.assertions import fail
from shared.text import Text
"""
OPTIONS = (
    "-c",
    os.devnull,
    "-p",
    "no:cacheprovider",
    "-p",
    "no:randomly",
    "-p",
    "no:warnings",
    "--import-mode=importlib",
)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """The small course in a folder of its own."""
    return make_small_course(tmp_path)


def write_suite(course: Path, source: str, name: str = "test_small.py") -> None:
    """Replace a file of the hidden suite."""
    (course / "tests/labs/small" / name).write_text(HEAD + source)


def collect(course: Path) -> subprocess.CompletedProcess[str]:
    """Collect the suite as a person would by hand, without running it."""
    command = [sys.executable, "-m", "pytest", "tests/labs/small", f"--rootdir={course}", *OPTIONS]
    command += ["-p", "autograder.suite", "--collect-only", "-q", "--strict-markers"]
    return subprocess.run(command, cwd=course, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("@question('double')\ndef test_x(): ...", "test_small.py::test_x: a hidden check needs both @question"),
        (
            "@check('x', en='X', fr='X')\ndef test_x(): ...",
            "test_small.py::test_x: a hidden check needs both @question",
        ),
        ("@question('triple')\n@check('x', en='X', fr='X')\ndef test_x(): ...", "has no coded question 'triple'"),
        ("@question('q1')\n@check('x', en='X', fr='X')\ndef test_x(): ...", "has no coded question 'q1'"),
    ],
    ids=["no_check", "no_question", "unknown", "written"],
)
def test_wrong_marks_are_named(course: Path, source: str, words: str) -> None:
    """A check without its question, or of a question that is not in lab.toml, stops the suite with its place."""
    write_suite(course, source)

    found = collect(course)

    assert found.returncode != 0
    assert words in found.stdout + found.stderr


def test_checks_run_in_the_order_of_the_lab(course: Path) -> None:
    """Questions follow lab.toml, whatever file they are in; other tests come last."""
    (course / "tests/labs/small/test_small.py").unlink()
    mark = "@question('{0}')\n@check('{1}', en='X', fr='X')\ndef test_{1}(): ...\n"
    plain = "def test_plain(): ...\n"
    write_suite(course, plain + mark.format("average", "c") + mark.format("double", "b"), "test_a.py")
    write_suite(course, "\n" * 50 + mark.format("double", "a"), "test_b.py")

    names = [line.split("::")[1] for line in collect(course).stdout.splitlines() if "::" in line]

    assert sorted(names[:2]) == ["test_a", "test_b"]
    assert names[2:] == ["test_c", "test_plain"]


@pytest.fixture
def run(course: Path, warm_bench: Bench) -> Iterator[Callable[..., list[Outcome]]]:
    """Run a suite on a submission, on the bench that all tests share."""
    before = warm_bench.lab

    def run_suite(source: str, module: str = "", *, submission: Submission | None = None) -> list[Outcome]:
        write_suite(course, source)
        warm_bench.lab = load_lab(course, "small")
        warm_bench.take(submission or Submission("x", "sha256:0", module))
        found: list[Suite] = []

        class Lend:
            def pytest_collection_finish(self, session: pytest.Session) -> None:
                set_bench(session.config, "small", warm_bench)
                plugin = session.config.pluginmanager.get_plugin("autograder-suite")
                assert isinstance(plugin, Suite)
                found.append(plugin)

        for name in [name for name in sys.modules if name.startswith("tests.labs.small")]:
            del sys.modules[name]  # Another course's suite has the same name.
        arguments = [str(course / "tests/labs/small"), f"--rootdir={course}", *OPTIONS, "-p", "autograder.suite"]
        pytest.main([*arguments, "-p", "no:terminal"], plugins=[Lend()])
        return found[0].outcomes

    yield run_suite
    warm_bench.lab = before


needs_walls = pytest.mark.skipif(
    not {"landlock", "seccomp"} <= set(available_layers()), reason="student code needs Landlock and seccomp"
)
OUTCOMES = """
@question("double")
@check("passes", en="Passes", fr="Passe", weight=3)
def test_passes(student, exhibit):
    exhibit("output", Text("Printed", "Affiché"), text="4")
    assert student.double(2) == 4

@question("double")
@check("fails", en="Fails", fr="Échoue", visible=False, hint=Text("general", "général"))
def test_fails(student, exhibit):
    fail(Text("is 3", "vaut 3"), Text("special", "spécial"))

@question("double")
@check("fails_without", en="Fails", fr="Échoue", hint=Text("general", "général"))
def test_fails_without(student):
    fail(Text("is 3", "vaut 3"))

@question("double")
@check("broken", en="Broken", fr="Cassé")
def test_broken(student):
    assert 1 == 2

@question("double")
@check("fixture", en="Fixture", fr="Fixture")
def test_fixture(student, no_such_fixture): ...

@question("double")
@check("skips", en="Skips", fr="Saute")
def test_skips(student):
    pytest.skip("needs more")

@question("average")
@check("missing", en="Missing", fr="Manque")
def test_missing(student):
    student.average([1])

@question("average")
@check("raises", en="Raises", fr="Lève")
def test_raises(student):
    student.broken()

@question("average")
@check("fresh", en="Fresh", fr="Neuf")
def test_fresh(student):
    assert student.count() == 1

def test_not_a_check():
    raise ValueError
"""
MODULE = """
seen = []
def double(x):
    seen.append(1)
    return 2 * x
def broken():
    return 1 / 0
def count():
    seen.append(1)
    return len(seen)
"""


@needs_walls
def test_every_outcome_is_noted(run: Callable[..., list[Outcome]]) -> None:
    """One outcome a check, in order, with status, message, hint and exhibits; each question has a fresh process."""
    outcomes = run(OUTCOMES, MODULE)

    found = {outcome.check.id: outcome for outcome in outcomes}
    assert {name: str(outcome.status) for name, outcome in found.items()} == {
        "passes": "passed",
        "fails": "failed",
        "fails_without": "failed",
        "broken": "broken",
        "fixture": "broken",
        "skips": "skipped",
        "missing": "not_attempted",
        "raises": "raised",
        "fresh": "passed",
    }
    assert len(outcomes) == len(found)
    assert (found["passes"].check.weight, found["fails"].check.visible) == (3, False)
    hints = [found[name].check.hint for name in ("passes", "fails", "fails_without")]
    assert [hint and hint.en for hint in hints] == [None, "special", "general"]
    assert [(e.question, e.kind, e.data) for e in found["passes"].exhibits] == [("double", "output", {"text": "4"})]
    assert found["fails"].exhibits == ()


@needs_walls
def test_the_suite_holds_on_the_reference(run: Callable[..., list[Outcome]], course: Path) -> None:
    """Run by hand without a submission, a suite checks the reference."""
    suite = (course / "tests/labs/small/test_small.py").read_text()
    lab = load_lab(course, "small")

    outcomes = run(suite, submission=read_reference(course, lab))

    assert [str(outcome.status) for outcome in outcomes] == ["passed"] * 3
