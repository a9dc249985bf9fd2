"""An nbgrader course in a temporary folder: made by our export, driven by nbgrader's real commands."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook

from autograder.exporters.nbgrader import export_nbgrader
from autograder.exporters.nbgrader_source import points_cell
from autograder.labs import find_root, load_lab

__all__ = ["Course", "function_cell", "points_of"]

ROOT = find_root(Path(__file__).parent)


@dataclass(frozen=True)
class Course:
    """A course folder with one lab."""

    folder: Path
    lab_id: str

    @classmethod
    def make(cls, folder: Path, lab_id: str) -> Course:
        """Export a lab into a folder and let nbgrader generate the students' version."""
        course = cls(export_nbgrader(ROOT, lab_id, folder, "en"), lab_id)
        course.run("generate_assignment", lab_id)
        return course

    def run(self, *arguments: str) -> str:
        """Run one of nbgrader's commands in the course; return what it printed."""
        # nbgrader calls alembic by its bare name; what the machine's user has set must play no part.
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "JUPYTER_CONFIG_DIR": str(self.folder / ".jupyter"),
        }
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
        return done.stdout + done.stderr

    def released(self) -> Any:
        """Return the students' notebook."""
        return nbformat.read(self.folder / "release" / self.lab_id / f"{self.lab_id}.ipynb", as_version=4)

    def hand_in(self, student: str, work: Path | None = None, book: Any = None) -> Path:
        """Put a submission where nbgrader collects it.

        Args:
            student: Whose it is.
            work: A module, a notebook or a folder of both, as handed in elsewhere; a module goes beside the notebook
                as it was released, which nbgrader insists on.
            book: The notebook, where it is another.
        """
        folder = self.folder / "submitted" / student / self.lab_id
        folder.mkdir(parents=True)
        nbformat.write(book or self.released(), folder / f"{self.lab_id}.ipynb")
        if work is not None and work.is_dir():
            shutil.copytree(work, folder, dirs_exist_ok=True)
        elif work is not None:
            shutil.copy(work, folder / f"{self.lab_id}{work.suffix}")
        return folder

    def autograded(self, student: str) -> Any:
        """Return a student's notebook as nbgrader graded it."""
        return nbformat.read(self.folder / "autograded" / student / self.lab_id / f"{self.lab_id}.ipynb", as_version=4)

    @property
    def database(self) -> str:
        """Return where the gradebook is."""
        return f"sqlite:///{self.folder / 'gradebook.db'}"


def points_of(course: Course, student: str) -> dict[str, float | None]:
    """Return what nbgrader's gradebook says of each question: points, or None for what a person has to mark."""
    found: dict[str, float | None] = {}
    with Gradebook(course.database) as gradebook:
        for question in load_lab(ROOT, course.lab_id).questions:
            cell = question.id if question.written else points_cell(question.id)
            grade = gradebook.find_grade(cell, course.lab_id, course.lab_id, student)
            found[question.id] = None if grade.needs_manual_grade else grade.score
    return found


def function_cell(book: Any, name: str) -> Any:
    """Return the cell of a notebook with one of nbgrader's ids."""
    return next(cell for cell in book.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == name)
