"""A course with one lab of two functions on numbers, small limits and a suite: what the slow tests grade."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["REFERENCE", "STUB", "command", "document", "finish", "leftovers", "make_small_course", "open_course"]

LAB_TOML = """\
title = { en = "Small", fr = "Petit" }

[limits]
check_seconds = 6
submission_seconds = 40
memory_bytes = 1_000_000_000
disk_bytes = 1_000_000

[[questions]]
id = "double"
points = 8
title = { en = "Double", fr = "Le double" }

[[questions]]
id = "average"
points = 8
title = { en = "Average", fr = "La moyenne" }

[[questions]]
id = "q1"
points = 4
written = true
title = { en = "Why", fr = "Pourquoi" }
"""

REFERENCE = '''\
"""A small lab."""

from __future__ import annotations

import numpy as np


def double(x: float) -> float:
    """Return twice x."""
    # BEGIN SOLUTION
    return 2 * x
    # END SOLUTION


def average(values: np.ndarray) -> float:
    """Return the mean of some values."""
    # BEGIN SOLUTION
    return float(np.mean(values))
    # END SOLUTION
'''

STUB = '''\
"""A small lab."""

from __future__ import annotations

import numpy as np


def double(x: float) -> float:
    """Return twice x."""
    raise NotImplementedError("question double: to be written")


def average(values: np.ndarray) -> float:
    """Return the mean of some values."""
    raise NotImplementedError("question average: to be written")
'''

SUITE = '''\
"""The hidden suite of the small lab."""

import numpy as np

from autograder.suite import check, question
from shared.assertions import expect_array, expect_equal
from shared.text import Text


@question("double")
@check("number", en="Of a number", fr="D'un nombre")
def test_number(student):
    expect_equal(student.double(3), 6, call="double(3)", what=Text("twice x", "le double de x"))


@question("double")
@check("array", en="Of an array", fr="D'un tableau", visible=False)
def test_array(student):
    expect_array(student.double(np.arange(3.0)), np.arange(3.0) * 2, call="double(x)")


@question("average")
@check("mean", en="Of three", fr="De trois", hint=Text("Think of the sum.", "Pensez à la somme."))
def test_mean(student):
    expect_array(student.average(np.array([1.0, 2.0, 6.0])), 3.0, call="average(x)")
'''

HANDOUT = """\
# Small

### `double`

Twice.

### `average`

The mean.

### q1

Why?
"""

FILES = {
    "assignments/small/lab.toml": LAB_TOML,
    "assignments/small/README.md": HANDOUT,
    "assignments/small/README.fr.md": HANDOUT,
    "assignments/small/small.py": STUB,
    "solutions/small/small.py": REFERENCE,
    "tests/labs/small/test_small.py": SUITE,
}


def make_small_course(root: Path) -> Path:
    """Write the course to a folder and return it."""
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@contextlib.contextmanager
def open_course() -> Iterator[Path]:
    """Write the course where every user can reach it: pytest's own folders are closed to student processes."""
    root = Path(tempfile.mkdtemp(prefix="course-"))
    root.chmod(0o755)
    try:
        yield make_small_course(root)
    finally:
        shutil.rmtree(root)


def leftovers(course: Path) -> list[str]:
    """Return what a command left in the temporary folder that it was given."""
    return sorted(path.name for path in (course / "tmp").iterdir())


def command(
    course: Path, *arguments: object, before: tuple[str, ...] = (), python: Path | str = sys.executable
) -> subprocess.Popen[str]:
    """Start the real command in a course; ``before`` is put in front of it, and ``python`` runs it."""
    environment = {key: value for key, value in os.environ.items() if key != "COURSE_DATA"}
    environment |= {"XDG_CACHE_HOME": str(course / "cache"), "TMPDIR": str(course / "tmp"), "COLUMNS": "120"}
    environment["PYTEST_ADDOPTS"] = "-v --exitfirst"  # somebody's habits, which must not matter
    (course / "tmp").mkdir(exist_ok=True)
    (course / "tmp").chmod(0o777)
    line = [str(python), "-c", "from autograder.cli import main; main()", *map(str, arguments)]
    return subprocess.Popen(
        [*before, *line],
        cwd=course,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str], code: int = 0) -> tuple[str, str]:
    """Wait for a command; it must end with this code; return what it printed."""
    try:
        printed, errors = process.communicate(timeout=300)
    finally:
        process.kill()
    assert process.returncode == code, printed + errors
    return printed, errors


def document(out: Path, stem: str) -> dict[str, Any]:
    """Return a stored result."""
    found: dict[str, Any] = json.loads((out / "results" / f"{stem}.json").read_bytes())
    return found
