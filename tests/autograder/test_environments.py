"""Grading works as root, as an ordinary user and as a container's root, and each result says which walls stood."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from autograder.confine import available_layers, free_uid, python_readable
from autograder.identity import UIDS, unreadable_for

HERE = Path(__file__).parent
COURSE = runpy.run_path(str(HERE / "small_course.py"))
command: Callable[..., subprocess.Popen[str]] = COURSE["command"]
document: Callable[[Path, str], dict[str, Any]] = COURSE["document"]
finish: Callable[..., tuple[str, str]] = COURSE["finish"]
leftovers: Callable[[Path], list[str]] = COURSE["leftovers"]
open_course: Callable[[], AbstractContextManager[Path]] = COURSE["open_course"]

make_lean_python: Callable[[Path], Path] = runpy.run_path(str(HERE / "lean_python.py"))["make_lean_python"]
# Python where it lies in somebody's home, as a version manager puts it; "" where everybody can read it.
CLOSED = next(iter(unreadable_for(UIDS[0], python_readable())), "")
WITHOUT_LANDLOCK = (sys.executable, str(HERE / "without_landlock.py"))

needs_walls = pytest.mark.skipif(
    not {"landlock", "seccomp"} <= set(available_layers()), reason="student code needs Landlock and seccomp"
)
needs_root = pytest.mark.skipif("uid" not in available_layers(), reason="only root can become somebody else")


@pytest.fixture
def course() -> Iterator[Path]:
    """The small course where every user can reach it, with its reference handed in."""
    with open_course() as root:
        (root / "amel.py").write_text(
            (root / "solutions/small/small.py").read_text() + "\nimport os\nprint('uid', os.getuid(), flush=True)\n"
        )
        yield root


def grade(course: Path, *before: str, unsafe: bool = False) -> dict[str, Any]:
    """Grade the one submission and return its result; nothing may be left behind."""
    more = ("--unsafe",) if unsafe else ()
    finish(command(course, "grade", "small", "amel.py", "--out", "out", *more, before=before, python=lean(course)))
    assert leftovers(course) == []
    return document(course / "out", "amel")


def refused(course: Path, *before: str) -> str:
    """Try to grade, which must be refused without a result, and return what is said."""
    process = command(course, "grade", "small", "amel.py", "--out", "out", before=before, python=lean(course))
    _printed, errors = finish(process, code=3)
    assert "cannot be confined" in errors
    assert not list((course / "out/results").iterdir())
    return errors


def lean(course: Path) -> Path:
    """Return a Python without TensorFlow, which says nothing of walls."""
    python = course / "python"
    return python / "bin/python" if python.exists() else make_lean_python(python)


def without_seccomp(course: Path, error: str) -> tuple[str, ...]:
    """Return what runs a command with a seccomp that cannot be loaded."""
    (course / "broken").mkdir()
    (course / "broken/pyseccomp.py").write_text(f"raise {error}\n")
    return "env", f"PYTHONPATH={course / 'broken'}"


def ordinary_user(course: Path) -> tuple[str, ...]:
    """Give the course to a user, and return what runs a command as this one."""
    uid = free_uid()
    (course / "tmp").mkdir()
    for folder, folders, files in os.walk(course):
        for name in (".", *folders, *files):
            os.chown(Path(folder, name), uid, uid, follow_symlinks=False)
    return sys.executable, str(HERE / "ordinary_user.py"), str(uid)


@needs_walls
@needs_root
def test_as_an_ordinary_user(course: Path) -> None:
    """Without root there is no user to change to; Landlock, seccomp and the limits carry it."""
    as_user = ordinary_user(course)

    result = grade(course, *as_user)

    assert result["confinement"] == ["landlock", "seccomp", "rlimits", "memory"]
    assert (result["status"], result["score"], result["reason"]) == ("graded", 16.0, None)
    assert (course / "out/results/amel.json").stat().st_uid == int(as_user[-1])


@needs_walls
@needs_root
def test_in_a_container(course: Path) -> None:
    """Under Docker's default capabilities and seccomp profile all layers are on."""
    result = grade(course, sys.executable, str(HERE / "docker_like.py"))

    assert result["confinement"] == ["uid", "landlock", "seccomp", "rlimits", "memory"]
    assert (result["status"], result["score"]) == ("graded", 16.0)


@needs_walls
@needs_root
@pytest.mark.skipif(bool(CLOSED), reason=f"{CLOSED} is closed to other users")
def test_without_landlock_root_goes_on(course: Path) -> None:
    """Another user, seccomp and the limits carry it, and the result does not list Landlock."""
    result = grade(course, *WITHOUT_LANDLOCK)

    assert result["confinement"] == ["uid", "seccomp", "rlimits", "memory"]
    assert (result["status"], result["score"]) == ("graded", 16.0)


@needs_walls
@needs_root
@pytest.mark.skipif(not CLOSED, reason="Python is open to other users")
def test_without_landlock_a_closed_python_is_refused(course: Path) -> None:
    """Nobody loses points because the user of its process cannot read Python: `--unsafe` does not help either."""
    for more in ((), ("--unsafe",)):
        process = command(
            course, "grade", "small", "amel.py", "--out", "out", *more, before=WITHOUT_LANDLOCK, python=lean(course)
        )
        _printed, errors = finish(process, code=3)

        assert f"other users cannot read {CLOSED}" in errors
        assert "open to all" in errors
        assert not list((course / "out/results").iterdir())


@needs_walls
@needs_root
def test_without_landlock_an_ordinary_user_is_refused(course: Path) -> None:
    """There is no other user to change to; asked for, it goes on, and the result lists what is left."""
    before = (*WITHOUT_LANDLOCK, *ordinary_user(course))

    errors = refused(course, *before)
    result = grade(course, *before, unsafe=True)

    assert "for want of landlock" in errors
    assert "5.13" in errors
    assert result["confinement"] == ["seccomp", "rlimits", "memory"]
    assert (result["status"], result["score"]) == ("graded", 16.0)


@pytest.mark.parametrize("error", ["ImportError('not here')", "RuntimeError('Unable to find libseccomp')"])
def test_without_seccomp_grading_is_refused(course: Path, error: str) -> None:
    """Whether its library or its Python side is missing; the message names the layer and the remedy."""
    errors = refused(course, *without_seccomp(course, error))

    assert "for want of seccomp" in errors
    assert "libseccomp2" in errors


@needs_walls
def test_without_seccomp_it_goes_on_when_asked(course: Path) -> None:
    """The result lists the layers that were on."""
    result = grade(course, *without_seccomp(course, "ImportError()"), unsafe=True)

    expected = [layer for layer in (*available_layers(), "memory") if layer != "seccomp"]
    assert result["confinement"] == expected
    assert (result["status"], result["score"]) == ("graded", 16.0)
