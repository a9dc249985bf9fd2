"""Which of the paths on a command line are submissions, and what each is called."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autograder.errors import UsageError
from autograder.names import printable, unique_names

__all__ = ["Entry", "Mode", "find_submissions"]

Mode = Literal["auto", "one", "many"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing handed in, gradable or not: its unique, printable ``name`` and where it is."""

    name: str
    path: Path


def find_submissions(paths: Sequence[Path], lab_id: str, mode: Mode = "auto") -> list[Entry]:
    """List the submissions among paths, without opening any.

    Args:
        paths: Files and folders, as given on the command line; the same path twice counts once.
        lab_id: The lab: a folder that directly holds ``<lab>.py`` or ``<lab>.ipynb`` is one submission.
        mode: ``one`` takes every path for one submission, ``many`` for a folder of them; ``auto`` decides by the rule.

    Returns:
        One entry for each submission, sorted by name; neither names nor order depend on the order of ``paths``.

    Raises:
        UsageError: A path does not exist or cannot be listed, ``many`` was said of a file, or nothing was found.
    """
    found = {_absolute(path) for given in paths for path in _expanded(given, lab_id, mode)}
    if not found:
        message = f"no submissions in {', '.join(printable(str(path)) for path in paths)}: the folder is empty"
        raise UsageError(message)
    ordered = sorted(found, key=lambda path: (os.fsencode(path.name), os.fsencode(path)))
    names = unique_names([(_wished_name(path), path.name) for path in ordered])
    entries = [Entry(name, path) for name, path in zip(names, ordered, strict=True)]
    return sorted(entries, key=lambda entry: entry.name)


def _expanded(path: Path, lab_id: str, mode: Mode) -> list[Path]:
    """Return the path itself, or what is in it if it is a class."""
    shown = printable(str(path))
    try:
        status = path.stat() if mode == "many" else path.lstat()
    except OSError as error:
        message = f"{shown} does not exist; give a .py, .ipynb or .zip file, or a folder"
        raise UsageError(message) from error
    if mode == "many" and not stat.S_ISDIR(status.st_mode):
        message = f"{shown} is not a folder, but --many was given; unpack it first, or leave --many out"
        raise UsageError(message)
    if mode == "one" or not stat.S_ISDIR(status.st_mode):
        return [path]
    try:
        names = [child.name for child in path.iterdir()]
    except OSError as error:
        message = f"{shown} cannot be listed ({type(error).__name__}); check the folder's permissions"
        raise UsageError(message) from error
    if mode == "auto" and _is_one(path, names, lab_id):
        return [path]
    return [path / name for name in names if not name.startswith(".")]


def _absolute(path: Path) -> Path:
    """Return the path by which a file is known once; links on the way are followed, the last one is not."""
    return path.resolve() if path.name in ("", "..") else path.parent.resolve() / path.name


def _is_one(folder: Path, names: list[str], lab_id: str) -> bool:
    """True for the folder of one student: the lab's module or notebook lies directly in it."""
    wanted = {f"{lab_id}.py", f"{lab_id}.ipynb"} & set(names)
    return any(not stat.S_ISDIR((folder / name).lstat().st_mode) for name in wanted)


def _wished_name(path: Path) -> str:
    """Return a folder's name, or a file's without its extension; a link or a pipe is named like a file."""
    try:
        is_folder = stat.S_ISDIR(path.lstat().st_mode)
    except OSError:  # it vanished after it was listed: it stays an entry, and reading it will say so
        is_folder = False
    return path.name if is_folder else path.stem
