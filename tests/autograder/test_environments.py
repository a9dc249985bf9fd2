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

from autograder.confine import available_layers, free_uid

HERE = Path(__file__).parent
COURSE = runpy.run_path(str(HERE / "small_course.py"))
command: Callable[..., subprocess.Popen[str]] = COURSE["command"]
document: Callable[[Path, str], dict[str, Any]] = COURSE["document"]
finish: Callable[..., tuple[str, str]] = COURSE["finish"]
leftovers: Callable[[Path], list[str]] = COURSE["leftovers"]
open_course: Callable[[], AbstractContextManager[Path]] = COURSE["open_course"]

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


def grade(course: Path, *before: str) -> dict[str, Any]:
    """Grade the one submission and return its result; nothing may be left behind."""
    finish(command(course, "grade", "small", "amel.py", "--out", "out", before=before))
    assert leftovers(course) == []
    return document(course / "out", "amel")


@needs_walls
@needs_root
def test_as_an_ordinary_user(course: Path) -> None:
    """Without root there is no user to change to; Landlock, seccomp and the limits carry it."""
    uid = free_uid()
    for folder, _folders, files in os.walk(course):
        for name in (".", *files):
            os.chown(Path(folder, name), uid, uid)
    (course / "tmp").mkdir()
    os.chown(course / "tmp", uid, uid)

    result = grade(course, sys.executable, str(HERE / "ordinary_user.py"), str(uid))

    assert result["confinement"] == ["landlock", "seccomp", "rlimits", "memory"]
    assert (result["status"], result["score"], result["reason"]) == ("graded", 16.0, None)
    assert (course / "out/results/amel.json").stat().st_uid == uid


@needs_walls
@needs_root
def test_in_a_container(course: Path) -> None:
    """Under Docker's default capabilities and seccomp profile all layers are on."""
    result = grade(course, sys.executable, str(HERE / "docker_like.py"))

    assert result["confinement"] == ["uid", "landlock", "seccomp", "rlimits", "memory"]
    assert (result["status"], result["score"]) == ("graded", 16.0)


def test_a_missing_layer_is_refused(course: Path) -> None:
    """Where seccomp is missing nothing is graded unless asked for; the message names the layer and the remedy."""
    (course / "broken").mkdir()
    (course / "broken/pyseccomp.py").write_text("raise ImportError('not here')\n")

    process = command(
        course, "grade", "small", "amel.py", "--out", "out", before=("env", f"PYTHONPATH={course / 'broken'}")
    )
    _printed, errors = finish(process, code=3)

    assert "cannot be confined" in errors
    assert "libseccomp2" in errors
    assert not list((course / "out/results").iterdir())
