"""What ``labs`` reads from lab.toml, and what it says when that file is wrong."""

from __future__ import annotations

import runpy
from fractions import Fraction
from pathlib import Path

import pytest

from autograder import labs
from autograder.errors import LabError, UsageError
from shared.text import Text

TOY = runpy.run_path(str(Path(__file__).with_name("toy_lab.py")))
LAB_TOML: str = TOY["LAB_TOML"]


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A copy of the toy course."""
    root: Path = TOY["make_course"](tmp_path)
    return root


def write_toml(course: Path, old: str, new: str) -> None:
    """Replace a text of the toy lab's lab.toml."""
    assert old in LAB_TOML
    (course / "assignments/toy/lab.toml").write_text(LAB_TOML.replace(old, new), encoding="utf-8")


def test_a_lab_is_read_with_exact_points(course: Path) -> None:
    """Points are fractions, titles bilingual, and unset limits keep their defaults."""
    lab = labs.load_lab(course, "toy")

    assert [question.points for question in lab.questions] == [Fraction(21, 2), Fraction(9, 2), Fraction(5)]
    assert lab.title == Text("Toy", "Jouet")
    assert (lab.limits.check_seconds, lab.limits.submission_seconds) == (5.0, 240.0)
    assert (lab.questions[1].needs, lab.questions[2].written) == (("double",), True)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[limits]", "[limits", "not valid TOML"),
        ("[limits]", "[limit]", "unknown key limit;"),
        ("check_seconds", "check_second", "limits: unknown key check_second"),
        ("check_seconds = 5", "check_seconds = 0", "limits.check_seconds: 0 is not a positive number"),
        ("check_seconds = 5", "threads = 2.5", "limits.threads: 2.5 is not a positive integer"),
        ('"double"\npoints', '"two words"\npoints', "'two words' is not a Python identifier"),
        ('id = "average"', 'id = "double"', "the id double is there twice"),
        ('"21/2"', '"0"', "'0' is not positive"),
        ('"21/2"', "2.5", "2.5 is not a number of points"),
        ('"21/2"', '"1/0"', "'1/0' is not a number of points"),
        ("written = true", 'written = "yes"', "'yes' is not a boolean"),
        ("written = true", "wrote = true", "unknown key wrote"),
        ('needs = ["double"]', 'needs = ["triple"]', "there is no question triple"),
        ('needs = ["double"]', 'needs = ["average"]', "go round in a circle among average"),
        ('needs = ["double"]', 'needs = "double"', "is not a list of strings"),
        (', fr = "Le double"', "", "(double).title.fr: missing"),
        (', fr = "Jouet"', ', fr = " "', "title.fr: missing"),
        ('title = { en = "Toy", fr = "Jouet" }', "", "title: missing"),
        ("[limits]\ncheck_seconds = 5", "limits = 5", "limits: not a table"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place_and_the_key(course: Path, old: str, new: str, message: str) -> None:
    """Each mistake names the file and the key."""
    write_toml(course, old, new)

    with pytest.raises(LabError) as caught:
        labs.load_lab(course, "toy")

    assert str(caught.value).startswith("assignments/toy/lab.toml")
    assert message in str(caught.value)


def test_a_lab_without_questions_is_refused(course: Path) -> None:
    """An empty lab is a mistake, not a lab of 0 points."""
    (course / "assignments/toy/lab.toml").write_text('title = { en = "a", fr = "b" }\n', encoding="utf-8")

    with pytest.raises(LabError, match="questions: missing"):
        labs.load_lab(course, "toy")


def test_an_unknown_lab_is_a_wrong_usage_that_lists_the_labs(course: Path) -> None:
    """The message names the labs that there are."""
    with pytest.raises(UsageError, match="no such lab; the labs are: toy"):
        labs.load_lab(course, "toys")


def test_the_root_is_found_from_a_folder_inside_it(course: Path) -> None:
    """Any folder of the course will do."""
    assert labs.find_root(course / "assignments" / "toy") == course.resolve()


def test_labs_are_listed_by_their_folders(course: Path) -> None:
    """A folder without lab.toml is no lab."""
    (course / "assignments/empty").mkdir()

    assert labs.lab_ids(course) == ["toy"]


def test_paths_follow_from_the_lab_id(tmp_path: Path) -> None:
    """Every tree uses the same word."""
    found = [
        labs.stub_path(tmp_path, "toy"),
        labs.notebook_path(tmp_path, "toy"),
        labs.handout_path(tmp_path, "toy", "en"),
        labs.handout_path(tmp_path, "toy", "fr"),
        labs.reference_path(tmp_path, "toy"),
        labs.suite_path(tmp_path, "toy"),
        labs.specimens_path(tmp_path, "toy"),
    ]

    assert [path.relative_to(tmp_path).as_posix() for path in found] == [
        "assignments/toy/toy.py",
        "assignments/toy/toy.ipynb",
        "assignments/toy/README.md",
        "assignments/toy/README.fr.md",
        "solutions/toy/toy.py",
        "tests/labs/toy",
        "tests/submissions/toy",
    ]
