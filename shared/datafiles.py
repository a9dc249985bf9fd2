"""Reads and writes the file formats that data sets come in: npz, gzip-compressed IDX, HDF5.  Nothing is unpickled."""

from __future__ import annotations

import gzip
import os
import secrets
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from shared.dataspecs import Array, Arrays, Name, check

__all__ = ["locate", "read", "read_npz", "write_npz", "write_signs_files"]

_NPZ_KEYS = ("x_train", "y_train", "x_test", "y_test")
_FASHION_FILES = (
    "fashion-mnist/train-images-idx3-ubyte.gz",
    "fashion-mnist/train-labels-idx1-ubyte.gz",
    "fashion-mnist/t10k-images-idx3-ubyte.gz",
    "fashion-mnist/t10k-labels-idx1-ubyte.gz",
)
_SIGNS_FILES = ("train_signs.h5", "test_signs.h5")
# The groups of files that may hold each set, in the order in which they are looked for.
_LAYOUTS: Mapping[Name, Sequence[tuple[str, ...]]] = {
    "mnist": [("mnist.npz",)],
    "fashion_mnist": [("fashion_mnist.npz",), _FASHION_FILES],
    "cifar10": [("cifar10.npz",), ("cifar10_subset.npz",)],
    "signs": [("signs.npz",), _SIGNS_FILES],
}


def locate(name: Name, folder: Path) -> tuple[Path, ...]:
    """Find the files of a data set in a folder.

    Args:
        name: The data set.
        folder: Where to look: ``<name>.npz`` comes first, then the layout in which the set is published.

    Returns:
        The files to give to :func:`read`; empty where the folder does not have the set.

    Raises:
        FileNotFoundError: Some of the files of a layout are there and others are not.
    """
    for layout in _LAYOUTS[name]:
        files = tuple(folder / part for part in layout)
        missing = [str(file) for file in files if not file.is_file()]
        if not missing:
            return files
        if len(missing) < len(files):
            message = f"{name} is incomplete: {', '.join(missing)} is missing. Add it, or remove the files beside it."
            raise FileNotFoundError(message)
    return ()


def read(name: Name, files: tuple[Path, ...]) -> Arrays:
    """Read the files that :func:`locate` found and check that they hold the data set.

    Raises:
        ValueError: A file is damaged or holds something else.
    """
    if files[0].suffix == ".npz":
        arrays = read_npz(files[0])
    elif files[0].suffix == ".gz":
        train_x, train_y, test_x, test_y = (_read_idx(file) for file in files)
        arrays = (train_x, train_y), (test_x, test_y)
    else:
        train, test = files
        arrays = _read_signs(train, "train"), _read_signs(test, "test")
    return check(name, arrays, str(files[0] if len(files) == 1 else files[0].parent))


def read_npz(path: Path) -> Arrays:
    """Read ``x_train``, ``y_train``, ``x_test`` and ``y_test`` from a NumPy archive.

    Raises:
        ValueError: It is no such archive, holds Python objects, or lacks one of the four.
        OSError: It cannot be opened.
    """
    try:
        archive = np.load(path, allow_pickle=False)
        if isinstance(archive, np.ndarray):
            archive = {}
        with_missing = [key for key in _NPZ_KEYS if key not in archive]
        if not with_missing:
            x_train, y_train, x_test, y_test = (archive[key] for key in _NPZ_KEYS)
            return (x_train, y_train), (x_test, y_test)
    except (BadZipFile, EOFError, KeyError, ValueError, zlib.error) as error:
        message = f"{path}: not a readable NumPy archive of plain arrays ({error}). Replace the file."
        raise ValueError(message) from error
    message = f"{path}: the archive has no {', '.join(with_missing)}. Write it with shared.datasets.save."
    raise ValueError(message)


def _read_idx(path: Path) -> Array:
    """Read one array of bytes in the IDX format of the MNIST family."""
    try:
        content = gzip.decompress(path.read_bytes())
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        message = f"{path}: not a complete gzip file ({error}). Replace the file."
        raise ValueError(message) from error
    axes = content[3] if len(content) > 3 else 0  # noqa: PLR2004 - the fourth byte counts them
    header = 4 + 4 * axes
    shape = tuple(int(side) for side in np.frombuffer(content[4:header], dtype=">u4")) if len(content) >= header else ()
    if content[:3] != b"\0\0\x08" or not shape or len(content) != header + int(np.prod(shape)):
        message = (
            f"{path}: not an IDX file of bytes (its header does not fit its {len(content)} bytes). Replace the file."
        )
        raise ValueError(message)
    return np.frombuffer(content, dtype=np.uint8, offset=header).reshape(shape).copy()


def _read_signs(path: Path, part: str) -> tuple[Array, Array]:
    """Read the images and labels of one of the course's HDF5 files."""
    import h5py  # noqa: PLC0415 - slow to import, and only signs needs it

    try:
        with h5py.File(path, "r") as file:
            return np.asarray(file[f"{part}_set_x"]), np.asarray(file[f"{part}_set_y"])
    except KeyError as error:
        message = f"{path}: the file has no {part}_set_x or no {part}_set_y. Replace the file."
        raise ValueError(message) from error
    except OSError as error:
        message = f"{path}: not a readable HDF5 file ({error}). Replace the file."
        raise ValueError(message) from error


def write_npz(path: Path, arrays: Arrays) -> None:
    """Write an archive that :func:`read_npz` reads; readers see the old file or the new one, never half of one."""
    (x_train, y_train), (x_test, y_test) = arrays
    with _replacing(path) as beside, beside.open("wb") as file:
        np.savez(file, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


def write_signs_files(folder: Path, arrays: Arrays, classes: int) -> tuple[Path, Path]:
    """Write ``train_signs.h5`` and ``test_signs.h5`` in the course's layout and return their paths."""
    import h5py  # noqa: PLC0415 - slow to import, and only signs needs it

    train, test = (folder / file for file in _SIGNS_FILES)
    for path, part, (images, labels) in zip((train, test), ("train", "test"), arrays, strict=True):
        with _replacing(path) as beside, h5py.File(beside, "w") as file:
            file.create_dataset(f"{part}_set_x", data=images)
            file.create_dataset(f"{part}_set_y", data=labels)
            file.create_dataset("list_classes", data=np.arange(classes, dtype=np.int64))
    return train, test


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """Give a path to write to, which takes the place of ``path`` once everything is written."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        yield beside
        os.replace(beside, path)  # noqa: PTH105 - Path.replace is the same call
    finally:
        beside.unlink(missing_ok=True)
