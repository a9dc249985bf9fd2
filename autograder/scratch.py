"""A run's folder for temporary files: removed at its end, or by the next run where it was killed."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.errors import AutograderError
from autograder.rooms import remove_folder

__all__ = ["scratch_folder"]

_PREFIX = "autograder-grading-"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a folder for as long as the context lasts; those of this user's runs that were killed are removed first.

    Raises:
        AutograderError: There is no place for it.
    """
    _sweep()
    try:
        folder, lock = _make()
    except OSError as error:
        message = f"no temporary folder can be made: {error}; name another place for them in TMPDIR"
        raise AutograderError(message) from error
    try:
        yield folder
    finally:
        remove_folder(folder)
        os.close(lock)


def _make() -> tuple[Path, int]:
    """Return a new folder and the open file that keeps it locked, as long as this process lives."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        # Other users' processes have folders of their own in it: they may pass through, but not list.
        folder.chmod(0o711)
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():
            return folder, lock
        os.close(lock)  # Another run has found it before it was locked, and taken it for a dead one's.


def _sweep() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue  # It is somebody else's, or gone.
        try:
            if os.fstat(lock).st_uid == os.geteuid():
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_folder(folder)
        except BlockingIOError:
            pass  # Its run is alive.
        finally:
            os.close(lock)
