"""From what was handed in (module, notebook, folder, zip) to one submission, safely; nothing of it is ever run here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from autograder import refusals
from autograder.contents import Content, Wanted, read_content
from autograder.entries import Entry, Mode, find_submissions
from autograder.mainfile import companion_path
from autograder.model import Submission
from autograder.names import file_names

__all__ = [
    "Entry",
    "Mode",
    "file_names",
    "find_submissions",
    "read_submission",
    "write_for_grading",
]


def read_submission(entry: Entry, lab_id: str, question_ids: Sequence[str] = (), stub: str | None = None) -> Submission:
    """Read what one student handed in, within fixed bounds and without following links.

    Args:
        entry: The submission, as ``find_submissions`` lists it.
        lab_id: The lab, whose module is called ``<lab>.py``.
        question_ids: The questions whose written answers are looked for.
        stub: The lab's stub; a module equal to it gives way to a notebook beside it.

    Returns:
        The module's source, its companion files and the answers; its digest depends on these alone.

    Raises:
        SubmissionError: Nothing gradable could be read; the reason says why and what to do.  Nothing else is raised,
            whatever the bytes are.
    """
    wanted = Wanted(lab_id, tuple(question_ids), stub)
    try:
        content = read_content(entry.path, wanted)
    except OSError as error:
        raise refusals.unreadable(entry.path.name, error) from error
    work = content.work
    return Submission(entry.name, _digest(content), work.module, work.cells, content.files, work.answers)


def write_for_grading(submission: Submission, folder: Path, lab_id: str) -> Path:
    """Write a submission's module and companions where a student process will read them.

    Args:
        submission: What ``read_submission`` returned.
        folder: A folder that does not exist yet, or an empty one, whose own mode is left as it is.
        lab_id: The lab; the module is written as ``<lab>.py``, in UTF-8.

    Returns:
        The module's path.

    Raises:
        ValueError: A companion's path is not one that ``read_submission`` gives, or the folder is not empty.
    """
    _make(folder)
    if any(folder.iterdir()):
        message = f"{folder} is not empty"
        raise ValueError(message)
    module = folder / f"{lab_id}.py"
    _write(module, submission.module.encode())
    for relative, content in sorted(submission.files.items()):
        if companion_path(relative, "", lab_id) != relative:
            message = f"{relative!r} is not a path for a companion file"
            raise ValueError(message)
        target = folder
        for name in relative.split("/")[:-1]:
            target = target / name
            _make(target)
        _write(folder / relative, content)
    return module


def _make(folder: Path) -> None:
    """Create a folder if there is none; its mode does not depend on the umask."""
    if not folder.is_dir():
        folder.mkdir()
        folder.chmod(0o755)


def _write(path: Path, content: bytes) -> None:
    """Create a file that was not there; its mode does not depend on the umask."""
    with path.open("xb") as stream:
        stream.write(content)
    path.chmod(0o644)


def _digest(content: Content) -> str:
    """Return the hash of all that can change a mark, and of nothing else (names, containers, dates)."""
    document = {
        "answers": content.work.answers,
        "cells": content.work.cells,
        "files": {path: hashlib.sha256(data).hexdigest() for path, data in content.files.items()},
        "module": content.work.module,
    }
    return f"sha256:{hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()}"
