"""Keeps the embedded sets between runs, because drawing takes seconds and reading milliseconds."""

from __future__ import annotations

import logging
from pathlib import Path

from shared.cachefolder import cache_folder
from shared.datafiles import read_npz, write_npz
from shared.dataspecs import Arrays, Name
from shared.embedded.sets import CHECKSUMS, VERSION, generate, is_pinned

__all__ = ["cache_path", "embedded"]

_log = logging.getLogger("shared.datasets")


def cache_path(name: Name) -> Path | None:
    """Return where an embedded set is kept; None for a user without a home."""
    folder = cache_folder()
    return None if folder is None else folder / f"{name}-embedded-v{VERSION}.npz"


def embedded(name: Name) -> Arrays:
    """Return an embedded set, from the cache where that holds the right bytes, else drawn anew and kept.

    A cache that cannot be read or written only costs time.  A set that comes out different on this machine is
    reported in the log and used all the same.
    """
    path = cache_path(name)
    kept = None if path is None else _kept(path)
    if kept is not None and is_pinned(name, kept):
        return kept
    arrays = generate(name)
    if not is_pinned(name, arrays):
        _log.warning(
            "the embedded data set %s differs on this machine from the published one (sha256 %s...): it works, "
            "but scores may differ slightly from those on the course's machines",
            name,
            CHECKSUMS[name][:12],
        )
    elif path is not None:
        _keep(path, arrays)
    return arrays


def _kept(path: Path) -> Arrays | None:
    try:
        return read_npz(path)
    except (OSError, ValueError) as error:
        _log.debug("no cached data set: %s", error)
        return None


def _keep(path: Path, arrays: Arrays) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_npz(path, arrays)
    except OSError as error:
        _log.debug("the data set is not kept: %s", error)
