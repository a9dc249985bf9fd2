"""What a platform's package holds of this project: the grader, one lab with its suite and reference, nothing else."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import cast

from autograder.errors import LabError, UsageError
from autograder.labs import lab_folder, load_lab, reference_path, suite_path
from shared.datafiles import locate
from shared.dataspecs import Name

__all__ = ["MAX_ZIP_BYTES", "Parcel", "data_files", "project_files", "write_zip"]

Parcel = dict[PurePosixPath, bytes]

MAX_ZIP_BYTES = 20 * 2**20
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can hold: the same content gives the same bytes
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


def write_zip(out: Path, files: Mapping[PurePosixPath, bytes], programs: frozenset[str] = frozenset()) -> Path:
    """Write a zip that has the same bytes each time; ``programs`` are the paths that may be executed.

    Returns:
        Its path.

    Raises:
        UsageError: It cannot be written, or is larger than platforms take.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(str(name), _ZIP_DATE)
            entry.external_attr = (0o755 if str(name) in programs else 0o644) << 16
            entry.create_system = 3  # written the same on every system
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    if len(buffer.getvalue()) > MAX_ZIP_BYTES and not any(name.parts[:2] == ("project", "data") for name in files):
        message = f"{out}: {len(buffer.getvalue()) / 2**20:.0f} MB; is there a large file in the lab's folder?"
        raise UsageError(message)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(buffer.getvalue())
    except OSError as error:
        message = f"cannot write {out}: {error.strerror}; choose another --out"
        raise UsageError(message) from error
    return out


def _kept(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder that belong to the project, without what runs have left."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "__pycache__"]
        yield from (Path(place) / name for name in names if not name.startswith(".") and not name.endswith(".pyc"))
