"""What is in the students' bundle, and what keeps the solutions out of it."""

from __future__ import annotations

import runpy
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.build import build
from autograder.errors import LabError, UsageError
from autograder.release import release

TOY = runpy.run_path(str(Path(__file__).with_name("toy_lab.py")))
make_course: Callable[..., Path] = TOY["make_course"]


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A copy of the toy course with its generated files."""
    root = make_course(tmp_path / "course")
    build(root, ["toy"], check=False)
    return root


def names(folder: Path) -> list[str]:
    """Return the files below a folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_bundle_holds_the_lab_and_shared_alone(course: Path, tmp_path: Path) -> None:
    """Nothing of solutions, hidden suites or the grader is there; caches stay behind."""
    (course / "shared/__pycache__").mkdir()
    (course / "shared/__pycache__/old.pyc").write_bytes(b"")
    (course / "assignments/toy/.ipynb_checkpoints").mkdir()
    (course / "assignments/toy/.ipynb_checkpoints/toy.ipynb").write_text("{}", encoding="utf-8")

    bundle = release(course, "toy", tmp_path / "out")

    assert bundle == tmp_path / "out" / "toy"
    assert names(bundle) == [
        "README.fr.md",
        "README.md",
        "answers.md",
        "figures/mean.svg",
        "lab.toml",
        "pyproject.toml",
        "requirements.txt",
        "shared/__init__.py",
        "test_public.py",
        "toy.ipynb",
        "toy.py",
    ]


def test_requirements_are_the_students_pins_with_their_markers(course: Path, tmp_path: Path) -> None:
    """Versions come from the lock; what only a grader needs is left out."""
    bundle = release(course, "toy", tmp_path)

    pins = (bundle / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert pins[1:] == ["keras==3.0", "numpy==2.0", "pytest==9.0 ; python_version > '3'"]


def test_the_bundle_installs_the_command(course: Path, tmp_path: Path) -> None:
    """``pip install .`` gives the command ``autograder`` and the pinned packages."""
    bundle = release(course, "toy", tmp_path)

    project = tomllib.loads((bundle / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["scripts"] == {"autograder": "shared.check:script"}
    assert project["project"]["requires-python"] == ">=3.11"
    assert project["tool"]["setuptools"]["packages"] == ["shared"]
    assert project["tool"]["setuptools"]["dynamic"]["dependencies"] == {"file": ["requirements.txt"]}


def test_a_zip_has_the_same_bytes_each_time(course: Path, tmp_path: Path) -> None:
    """Dates and permissions of the files do not get into it."""
    first = release(course, "toy", tmp_path / "a.zip").read_bytes()
    (course / "assignments/toy/README.md").chmod(0o600)
    (course / "assignments/toy/README.md").touch()

    second = release(course, "toy", tmp_path / "b.zip").read_bytes()

    assert first == second
    assert "toy/toy.py" in zipfile.ZipFile(tmp_path / "a.zip").namelist()


@pytest.mark.parametrize("name", ["assignments/toy/README.md", "assignments/toy/toy.ipynb", "shared/__init__.py"])
def test_a_line_of_the_solution_is_refused_wherever_it_is(course: Path, tmp_path: Path, name: str) -> None:
    """The file and the line are named."""
    with (course / name).open("a", encoding="utf-8") as file:
        file.write("\n    total_of_all_the_values = math.fsum(values)\n")

    with pytest.raises(LabError, match=r"holds a line of the solution of toy \(total_of_all_the_values"):
        release(course, "toy", tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_an_earlier_bundle_is_replaced(course: Path, tmp_path: Path) -> None:
    """A file that is no longer part of the lab disappears."""
    bundle = release(course, "toy", tmp_path)
    (bundle / "old.txt").write_text("old", encoding="utf-8")

    release(course, "toy", tmp_path)

    assert "old.txt" not in names(bundle)


def test_another_folder_is_never_overwritten(course: Path, tmp_path: Path) -> None:
    """A folder that is no bundle is left alone."""
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy/mine.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(UsageError, match="no earlier bundle"):
        release(course, "toy", tmp_path)

    assert names(tmp_path / "toy") == ["mine.txt"]


def test_a_link_is_refused(course: Path, tmp_path: Path) -> None:
    """A link in the lab's folder could bring in anything."""
    (course / "assignments/toy/data.txt").symlink_to(course / "solutions/toy/toy.py")

    with pytest.raises(LabError, match=r"assignments/toy/data\.txt: a link"):
        release(course, "toy", tmp_path / "out")


def test_a_lab_that_was_not_built_is_refused(tmp_path: Path) -> None:
    """Without the generated stub there is nothing to hand out."""
    root = make_course(tmp_path / "course")

    with pytest.raises(LabError, match=r"toy\.py: missing; run autograder build"):
        release(root, "toy", tmp_path / "out")


@pytest.mark.parametrize(("text", "message"), [(None, "missing"), ("rich==14.0\n", "no package of the students' is")])
def test_missing_pins_are_refused(course: Path, tmp_path: Path, text: str | None, message: str) -> None:
    """A bundle without versions would differ from the grader's."""
    lock = course / "requirements.lock"
    lock.unlink() if text is None else lock.write_text(text, encoding="utf-8")

    with pytest.raises(LabError, match=rf"requirements\.lock: {message}"):
        release(course, "toy", tmp_path / "out")


def test_a_name_that_the_bundle_needs_is_refused(course: Path, tmp_path: Path) -> None:
    """A lab cannot bring its own requirements."""
    (course / "assignments/toy/requirements.txt").write_text("x\n", encoding="utf-8")

    with pytest.raises(LabError, match="this name is taken"):
        release(course, "toy", tmp_path / "out")
