"""Otter-Grader 7: the autograder zip and the students' folder, both made by Otter's own ``otter assign``."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

import nbformat

from autograder.errors import AutograderError, LabError, UsageError
from autograder.exporters.otter_master import make_master
from autograder.exporters.parcels import MAX_ZIP_BYTES, project_files, write_zip
from autograder.labs import load_lab
from autograder.release import leaked_lines, release
from shared.text import Language

__all__ = ["FOLDER", "export_otter", "students_folder"]

# Where the grader lies among Otter's support files.  They are copied into the submission as well, where a hidden folder
# is not taken for the student's.
FOLDER = ".judge"
_IN_CONTAINER = f"/autograder/source/files/{FOLDER}"
_PROGRAMS = frozenset(("setup.sh", "run_autograder"))
_SECONDS = 1800


def export_otter(root: Path, lab_id: str, out: Path, language: Language, *, verify: bool = False) -> Path:
    """Write the autograder zip and, beside it, the folder for students.

    Args:
        root: The course's folder.
        lab_id: The lab.
        out: The zip to write, or a folder for ``<lab>.zip``; the students' folder is `students_folder` of the zip.
        language: The language of names and messages in the results.
        verify: Whether Otter is to grade the reference with the zip, and to refuse it below full marks.

    Returns:
        The zip's path.

    Raises:
        UsageError: Otter is not installed, or something else stands where the files are to be.
        LabError: The lab's files are wrong.
        AutograderError: ``otter assign`` failed; the text has its last words.
    """
    load_lab(root, lab_id)
    if importlib.util.find_spec("otter") is None:
        message = 'Otter-Grader is not installed; install it with pip install "deep-learning-labs[otter]"'
        raise UsageError(message)
    package = out if out.suffix == ".zip" else out / f"{lab_id}.zip"
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        for name, content in project_files(root, lab_id).items():
            path = work / FOLDER / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        (work / f"{lab_id}.ipynb").write_text(make_master(root, lab_id, _config(lab_id, language)), encoding="utf-8")
        _assign(work, lab_id, verify=verify)
        _write_students(root, lab_id, work / "dist" / "student" / f"{lab_id}.ipynb", students_folder(package))
        (made,) = (work / "dist" / "autograder").glob("*-autograder_*.zip")
        with zipfile.ZipFile(made) as archive:
            files = {PurePosixPath(name): archive.read(name) for name in archive.namelist()}
    # Otter's zip has the time of day in its name and in its entries.
    return write_zip(package, files, _PROGRAMS, MAX_ZIP_BYTES)


def students_folder(package: Path) -> Path:
    """Return where the students' files are put for a zip: ``mnist-students`` beside ``mnist.zip``."""
    return package.with_name(f"{package.stem}-students")


def _config(lab_id: str, language: Language) -> dict[str, Any]:
    """Return the assignment's configuration, as Otter documents its keys."""
    plugin = {"autograder.exporters.otter_judge.JudgePlugin": {"lab": lab_id, "language": language}}
    return {
        # All pins at once, Otter's own among them, then the grader itself, from the zip.
        "requirements": [f"-c {_IN_CONTAINER}/requirements.lock", f"{_IN_CONTAINER}[grader]"],
        "python_version": f"{sys.version_info.major}.{sys.version_info.minor}",
        "autograder_files": [FOLDER],
        "strip_solutions_from_all_cells": True,
        "tests": {"files": False, "ok_format": False},
        # A log is unpickled where it is read, and a PDF needs LaTeX.
        "export_cell": {"pdf": False, "ignore_log": True},
        "generate": {
            "plugins": [plugin],
            # Every row is shown with its points; the box of public tests would praise what lost points.
            "show_hidden": True,
            "show_all_public": True,
            "force_public_test_summary": False,
        },
    }


def _assign(work: Path, lab_id: str, *, verify: bool) -> None:
    flags = ["--no-pdfs", *([] if verify else ["--no-run-tests"])]
    command = [sys.executable, "-m", "otter", "assign", *flags, f"{lab_id}.ipynb", "dist"]
    try:
        done = subprocess.run(  # noqa: S603 - Otter's own command
            command, cwd=work, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        message = f"otter assign was still at {lab_id} after {_SECONDS} s"
        raise AutograderError(message) from error
    if done.returncode:
        words = "\n".join((done.stderr or done.stdout).strip().splitlines()[-15:])
        message = f"otter assign failed on {lab_id}:\n{words}"
        raise AutograderError(message)


def _write_students(root: Path, lab_id: str, notebook: Path, target: Path) -> None:
    """Write the students' bundle to ``<target>/<lab>``, with Otter's notebook in place of ours."""
    book = nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]
    for number, cell in enumerate(book.cells):
        if not cell.id.startswith(f"{lab_id}-"):
            cell.id = f"otter-{number}"  # instead of a random one
        if tags := cell.metadata.get("tags"):
            cell.metadata["tags"] = [tag.replace("otter_assign_solution_cell", "otter_answer_cell") for tag in tags]
    for cell in book.cells:
        if leaked := leaked_lines(root, lab_id, cell.source):
            raise LabError(f"otter assign left a line of the solution of {lab_id} ({leaked[0]}); reword it")
    bundle = release(root, lab_id, target)
    nbformat.write(book, bundle / f"{lab_id}.ipynb")  # type: ignore[no-untyped-call]
    _require_otter(root, bundle / "requirements.txt")


def _require_otter(root: Path, requirements: Path) -> None:
    pin = re.search(r"^otter-grader==\S+", (root / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    if pin is None:
        raise LabError("requirements.lock: otter-grader is not pinned there; make it with make lock")
    with requirements.open("a", encoding="utf-8") as stream:
        stream.write(f"{pin[0]}\n")
