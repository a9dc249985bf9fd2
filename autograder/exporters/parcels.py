"""What a platform's package holds of this project: the grader, one lab with its suite and reference, nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import cast

from autograder.archives import zip_bytes
from autograder.errors import LabError, UsageError
from autograder.labs import lab_folder, load_lab, reference_path, suite_path
from shared.datafiles import locate
from shared.dataspecs import Name

__all__ = ["MAX_ZIP_BYTES", "Parcel", "data_files", "project_files", "write_zip"]

Parcel = dict[PurePosixPath, bytes]

MAX_ZIP_BYTES = 20 * 2**20  # of a package without data
_FOLDERS = ("autograder", "shared")
_FILES = ("pyproject.toml", "requirements.lock", "README.md", "LICENSE")


def project_files(root: Path, lab_id: str) -> Parcel:
    """Return the part of the project that grades one lab, by path in the project.

    Args:
        root: The course's folder.
        lab_id: The lab.

    Raises:
        LabError: A file that the package needs is missing.
    """
    load_lab(root, lab_id)
    missing = [name for name in _FILES if not (root / name).is_file()]
    if missing:
        message = f"{missing[0]}: missing; the package installs from it"
        raise LabError(message)
    folders = [*(root / name for name in _FOLDERS), lab_folder(root, lab_id), suite_path(root, lab_id)]
    paths = [*(path for folder in folders for path in _kept(folder)), reference_path(root, lab_id)]
    paths += [root / name for name in _FILES]
    return {PurePosixPath(path.relative_to(root).as_posix()): path.read_bytes() for path in sorted(paths)}


def data_files(folder: Path, datasets: tuple[str, ...]) -> Parcel:
    """Return the course's own copies of some data sets, as ``data/<file>``.

    Raises:
        UsageError: The folder has no file of one of them.
    """
    found: Parcel = {}
    for name in datasets:
        paths = locate(cast("Name", name), folder)
        if not paths:
            message = f"{folder} has no file of the data set {name}; leave --data out to grade on the embedded one"
            raise UsageError(message)
        found |= {PurePosixPath("data") / path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    return found


def write_zip(
    out: Path,
    files: Mapping[PurePosixPath, bytes],
    programs: frozenset[str] = frozenset(),
    limit: int | None = None,
) -> Path:
    """Write a zip that has the same bytes each time.

    Args:
        out: The zip.
        files: Contents by path in the zip.
        programs: The paths that may be executed.
        limit: The most bytes that it may have.

    Returns:
        Its path.

    Raises:
        UsageError: It cannot be written, or is larger than the limit.
    """
    made = zip_bytes({str(name): content for name, content in files.items()}, programs)
    if limit is not None and len(made) > limit:
        message = f"{out}: {len(made) / 2**20:.0f} MB; is there a large file in the lab's folder?"
        raise UsageError(message)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(made)
    except OSError as error:
        message = f"cannot write {out}: {error.strerror}; choose another --out"
        raise UsageError(message) from error
    return out


def _kept(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder that belong to the project, without what runs have left."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "__pycache__"]
        yield from (Path(place) / name for name in names if not name.startswith(".") and not name.endswith(".pyc"))
