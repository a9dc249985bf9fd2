"""Reading of files that strangers made: regular files only, by descriptor, bounded, and never through a link."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from autograder import refusals

__all__ = ["MAX_DEPTH", "MAX_FOLDER_ENTRIES", "Listing", "Piece", "is_litter", "list_folder", "read_file"]

MAX_FOLDER_ENTRIES = 5000
MAX_DEPTH = 12
_CHUNK_BYTES = 2**20
# Windows lacks all of these; what replaces them there is the look at the file before it is opened.
_SAFE = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_FILE_FLAGS = _SAFE | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0)
_FOLDER_FLAGS = _SAFE | getattr(os, "O_DIRECTORY", 0)
_BY_DESCRIPTOR = os.open in os.supports_dir_fd and os.scandir in os.supports_fd
_LITTER = frozenset({"__macosx", "__pycache__", "node_modules", "site-packages", "venv", "thumbs.db", "desktop.ini"})


@dataclass(frozen=True, slots=True)
class Piece:
    """One regular file of a folder or an archive.

    ``path`` is relative and POSIX, ``size`` in bytes as declared, and ``read(limit)`` returns at most ``limit + 1``
    bytes: more than ``limit`` of them means that the file is too big.
    """

    path: str
    size: int
    read: Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Listing:
    """What a folder or an archive holds: its regular files, and the modes of what is none (links, pipes, ...)."""

    pieces: tuple[Piece, ...] = ()
    odd: dict[str, int] = field(default_factory=dict)


def is_litter(name: str) -> bool:
    """Tell whether a file or folder is put there by a system or a tool, not by the student."""
    return name.startswith(".") or name.casefold() in _LITTER


def read_file(path: Path, limit: int) -> bytes:
    """Read a regular file.

    Args:
        path: The file; its last component is not followed if it is a link.
        limit: Number of bytes that are allowed.

    Returns:
        Its bytes, at most ``limit + 1``: a caller that gets more than ``limit`` refuses the file.

    Raises:
        SubmissionError: It is a link, a pipe, a device, a folder.
        OSError: The system refuses.
    """
    return _read_at(str(path), None, limit)


def list_folder(root: Path) -> Listing:
    """List the regular files under a folder, in sorted order, without following links or reading any content.

    Args:
        root: The folder; not followed if it is a link.

    Returns:
        The files; what is hidden, litter, a virtual environment or deeper than 12 folders is left out.

    Raises:
        SubmissionError: It holds more than 5000 entries.
        OSError: The system refuses.
    """
    pieces: list[Piece] = []
    odd: dict[str, int] = {}
    for seen, (path, status) in enumerate(_walk(root)):
        if seen >= MAX_FOLDER_ENTRIES:
            raise refusals.too_many_files(root.name, MAX_FOLDER_ENTRIES)
        if stat.S_ISREG(status.st_mode):
            pieces.append(Piece(path, status.st_size, _reader(root, path)))
        elif not stat.S_ISDIR(status.st_mode):
            odd[path] = status.st_mode
    return Listing(tuple(sorted(pieces, key=lambda piece: piece.path)), dict(sorted(odd.items())))


def _reader(root: Path, path: str) -> Callable[[int], bytes]:
    """Return the reader of a file below ``root``, which walks down again so that no folder is swapped for a link."""

    def read(limit: int) -> bytes:
        *folders, name = path.split("/")
        with _descended(root, folders) as folder:
            return _read_at(*_place(folder, name), limit)

    return read


def _read_at(name: str, folder: int | None, limit: int) -> bytes:
    """Open relative to a folder's descriptor (or to nothing), look at what it is, and read it within the limit."""
    _check_regular(name, os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    descriptor = os.open(name, _FILE_FLAGS, dir_fd=folder)
    try:
        # Again, of the very file that is open: the name may stand for another one by now.
        _check_regular(name, os.fstat(descriptor).st_mode)
        return _read_open(descriptor, limit + 1)
    finally:
        os.close(descriptor)


def _check_regular(name: str, mode: int) -> None:
    if stat.S_ISLNK(mode):
        raise refusals.link(Path(name).name)
    if not stat.S_ISREG(mode):
        raise refusals.special(Path(name).name, mode)


def _read_open(descriptor: int, wanted: int) -> bytes:
    """Read up to ``wanted`` bytes; the size that the system states is not asked, for it can change."""
    parts: list[bytes] = []
    missing = wanted
    while missing > 0 and (part := os.read(descriptor, min(missing, _CHUNK_BYTES))):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _walk(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Yield relative path and status of everything below a folder that could be a student's."""
    waiting: list[tuple[str, ...]] = [()]
    while waiting:
        folders = waiting.pop()
        for name, status in _entries(root, folders):
            yield "/".join((*folders, name)), status
            if stat.S_ISDIR(status.st_mode) and len(folders) < MAX_DEPTH:
                waiting.append((*folders, name))


def _entries(root: Path, folders: tuple[str, ...]) -> list[tuple[str, os.stat_result]]:
    """Return the names in one folder with their own status, links not followed; nothing of a virtual environment."""
    found: list[tuple[str, os.stat_result]] = []
    with _descended(root, folders) as folder, os.scandir(folder) as entries:
        for count, entry in enumerate(entries):
            if count >= MAX_FOLDER_ENTRIES:
                raise refusals.too_many_files(root.name, MAX_FOLDER_ENTRIES)
            if entry.name == "pyvenv.cfg":
                return []
            if not is_litter(entry.name):
                found.append((entry.name, entry.stat(follow_symlinks=False)))
    return found


@contextmanager
def _descended(root: Path, folders: tuple[str, ...] | list[str]) -> Iterator[int | str]:
    """Open a folder below ``root`` one step at a time, so that no step is a link; where that cannot be, its path."""
    if not _BY_DESCRIPTOR:
        yield str(root.joinpath(*folders))
        return
    descriptor = os.open(root, _FOLDER_FLAGS)
    try:
        for name in folders:
            below = os.open(name, _FOLDER_FLAGS, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = below
        yield descriptor
    finally:
        os.close(descriptor)


def _place(folder: int | str, name: str) -> tuple[str, int | None]:
    """Return the two ways of naming a file in a folder: by its descriptor, or by its path."""
    return (name, folder) if isinstance(folder, int) else (str(Path(folder, name)), None)
