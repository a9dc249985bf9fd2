"""The repository's rules: a sound course has no problems, and each broken rule is named with its remedy."""

from __future__ import annotations

import runpy
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.build import build
from autograder.checkup import checkup

TOY = runpy.run_path(str(Path(__file__).with_name("toy_lab.py")))
make_course: Callable[..., Path] = TOY["make_course"]


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A copy of the toy course with its generated files."""
    root = make_course(tmp_path)
    build(root, ["toy"], check=False)
    return root


def edit(course: Path, name: str, old: str, new: str) -> None:
    """Replace a text that must be there."""
    path = course / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def problems(course: Path) -> list[str]:
    """Return what the checkup says, a line each."""
    return [str(problem) for problem in checkup(course)]


def test_a_sound_course_has_no_problems(course: Path) -> None:
    """The toy course follows every rule."""
    assert problems(course) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "where", "what"),
    [
        pytest.param("assignments/toy/lab.toml", "points = 5", "points = 6", "lab.toml", "add up to 21", id="points"),
        pytest.param("assignments/toy/lab.toml", "id = ", "identity = ", "lab.toml", "identifier", id="lab.toml"),
        pytest.param(
            "assignments/toy/toy.py", "SCALE = 1.0", "SCALE = 2.0", "toy.py", "not what the sources", id="stale"
        ),
        pytest.param(
            "assignments/toy/toy.py", "def average", "def mean", "toy.py", "no function average", id="function"
        ),
        pytest.param(
            "assignments/toy/toy.py", "the mean of", "a mean of", "toy.py", "more than its body", id="docstring"
        ),
        pytest.param("assignments/toy/toy.py", "x: float", "x: int", "toy.py", "more than its body", id="signature"),
        pytest.param("assignments/toy/toy.py", "raise Not", "return Not", "toy.py", "does not raise", id="stub passes"),
        pytest.param("assignments/toy/README.md", "### q1", "### q9", "assignments/toy", "no section", id="section"),
        pytest.param(
            "assignments/toy/README.md",
            "Welcome.",
            "return _times_two_of_the_secret(x)",
            "README.md",
            "a line",
            id="leak",
        ),
        pytest.param(
            "tests/labs/toy/test_toy.py", '@question("average")', "", "tests/labs/toy", "no check", id="suite"
        ),
        pytest.param("tests/labs/toy/test_toy.py", '"average"', '"mean"', "tests/labs/toy", "checks mean", id="stray"),
        pytest.param(
            "assignments/toy/test_public.py",
            '@public_check("average"',
            '@skip("average"',
            "test_public",
            "no check",
            id="public checks",
        ),
        pytest.param("solutions/toy/answers.md", "## q1", "## q2", "answers.md", "no model answer to q1", id="answer"),
        pytest.param("solutions/toy/answers.md", "Rubric", "Points", "answers.md", "no rubric for q1", id="rubric"),
        pytest.param(
            "solutions/toy/toy.py", "import math", "import math, pytest", "toy.py, line 5", "pytest", id="import"
        ),
    ],
)
def test_a_broken_rule_is_named(course: Path, name: str, old: str, new: str, where: str, what: str) -> None:
    """One edit breaks one rule; the problem says where it is and what it is."""
    edit(course, name, old, new)

    found = checkup(course)

    assert [problem for problem in found if where in problem.where and what in problem.what], problems(course)
    assert all(problem.remedy for problem in found)


@pytest.mark.parametrize(
    ("folder", "where", "what"),
    [
        ("tests/submissions/toy", "tests/submissions/toy", "no specimen submissions"),
        ("tests/labs/toy", "tests/labs/toy", "no check of double"),
        ("solutions/toy/answers.md", "solutions/toy/answers.md", "missing"),
    ],
)
def test_a_missing_part_is_named(course: Path, folder: str, where: str, what: str) -> None:
    """A lab without specimens, suite or model answers is not finished."""
    path = course / folder
    shutil.rmtree(path) if path.is_dir() else path.unlink()

    assert any(problem.where == where and what in problem.what for problem in checkup(course))


def test_a_folder_of_no_lab_is_named(course: Path) -> None:
    """The four trees mirror each other."""
    (course / "solutions/old").mkdir()

    assert problems(course) == ["solutions/old: belongs to no lab; write its lab.toml, or remove the folder"]


def test_a_course_without_labs_is_a_problem(tmp_path: Path) -> None:
    """An empty course does not pass unnoticed."""
    assert [problem.what for problem in checkup(tmp_path)] == ["holds no lab"]


def test_a_missing_public_suite_is_named(course: Path) -> None:
    """Every function has something to check at home."""
    (course / "assignments/toy/test_public.py").unlink()

    assert any("no check of double" in problem for problem in problems(course))


def test_messages_hold_no_absolute_path(course: Path) -> None:
    """Whatever is missing, the place is said from the course's folder on."""
    (course / "assignments/toy/toy.py").unlink()
    (course / "solutions/toy/toy.py").unlink()

    assert not [problem for problem in problems(course) if str(course) in problem]
