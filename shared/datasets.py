"""The labs' four data sets from wherever they are to be had, offline if need be; the only door to them.

``load("mnist")`` returns what ``keras.datasets.mnist.load_data()`` returns.  It asks four sources in this order and
takes the first that has the set:

=============  ====================================================================================
``course``     the folder that the environment variable ``COURSE_DATA`` names
``keras``      Keras's cache, ``$KERAS_HOME/datasets`` or ``~/.keras/datasets``, which is only read
``download``   Keras's own ``load_data``, where ``COURSE_DOWNLOAD`` is 1
``embedded``   pictures drawn by this package, on any machine
=============  ====================================================================================

Files that hold something else than they should stop the search with an error: a damaged data set never turns
silently into another one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Literal, cast, get_args

from shared.datafiles import locate, read, write_npz, write_signs_files
from shared.dataspecs import NAMES, Arrays, Name, check, digest, spec_of
from shared.embedded.cache import embedded
from shared.embedded.sets import is_pinned

__all__ = [
    "NAMES",
    "SOURCES",
    "Arrays",
    "Name",
    "Source",
    "class_names",
    "digest",
    "identify",
    "load",
    "save",
    "source_of",
    "write_signs",
]

Source = Literal["course", "keras", "download", "embedded"]
SOURCES: tuple[Source, ...] = get_args(Source)

_Loader = Callable[[], Arrays]


def load(name: str, source: Source | None = None) -> Arrays:
    """Return a data set as Keras's ``load_data`` does.

    Args:
        name: ``"mnist"``, ``"fashion_mnist"``, ``"cifar10"`` or ``"signs"``.
        source: Where to take it from; by default the first source that has it.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``.  Images are uint8 0 to 255: (n, 28, 28) for the first two,
        (n, 32, 32, 3) for ``cifar10``, (n, 64, 64, 3) for ``signs``.  Labels start from 0: uint8 (n,), for
        ``cifar10`` uint8 (n, 1), for ``signs`` int64 (n,).  The arrays are the caller's own.

    Raises:
        ValueError: ``name`` or ``source`` is unknown, or a file does not hold what it should.
        FileNotFoundError: ``source`` does not have the set, or ``COURSE_DATA`` is not a folder.
        ConnectionError: The download failed.
    """
    spec_of(name)
    known = cast("Name", name)
    if source is None:
        return _first(known)[1]()
    if source not in SOURCES:
        message = f"unknown source {source!r}: choose one of {', '.join(SOURCES)}"
        raise ValueError(message)
    loader = _FINDERS[source](known)
    if loader is None:
        message = f"the source {source!r} does not have {name}: {_REMEDIES[source]}"
        raise FileNotFoundError(message)
    return loader()


def source_of(name: str) -> Source:
    """Tell which source :func:`load` takes a data set from, without loading it.

    Raises:
        ValueError: ``name`` is unknown.
        FileNotFoundError: ``COURSE_DATA`` is not a folder, or holds a part of the set only.
    """
    spec_of(name)
    return _first(cast("Name", name))[0]


def identify(name: str, arrays: Arrays) -> Literal["real", "embedded"] | None:
    """Tell what arrays are by their bytes, whatever file or source they came from.

    Args:
        name: The data set.
        arrays: What :func:`load` returned.

    Returns:
        ``"real"`` for the whole real copy that the course was made with, ``"embedded"`` for the whole embedded set of
        this version, None for anything else, such as a part of either.

    Raises:
        ValueError: ``name`` is unknown.
    """
    if digest(arrays) == spec_of(name).real:
        return "real"
    return "embedded" if is_pinned(cast("Name", name), arrays) else None


def class_names(name: str) -> tuple[str, ...]:
    """Return the names of a data set's classes, in the order of their labels.

    Raises:
        ValueError: ``name`` is unknown.
    """
    return spec_of(name).classes


def save(name: str, folder: str | os.PathLike[str], arrays: Arrays) -> Path:
    """Write a data set, or a part of one, as ``<name>.npz`` to a folder that ``COURSE_DATA`` can name.

    Args:
        name: The data set.
        folder: An existing folder.
        arrays: ``((x_train, y_train), (x_test, y_test))`` as :func:`load` returns them, any number of rows.

    Returns:
        The file's path.

    Raises:
        ValueError: ``name`` is unknown, or the arrays are not of that set's form.
    """
    spec_of(name)
    path = Path(folder) / f"{name}.npz"
    write_npz(path, check(cast("Name", name), arrays, str(path)))
    return path


def write_signs(folder: str | os.PathLike[str], arrays: Arrays | None = None) -> tuple[Path, Path]:
    """Write the two HDF5 files that the lab ``signs`` reads, in the course's layout.

    ``train_signs.h5`` holds ``train_set_x`` uint8 (n, 64, 64, 3), ``train_set_y`` int64 (n,) and ``list_classes``
    int64 (6,); ``test_signs.h5`` likewise.

    Args:
        folder: An existing folder.
        arrays: What to write, by default ``load("signs")``.

    Returns:
        The paths of the training and of the test file.

    Raises:
        ValueError: The arrays are not of the form of ``signs``.
    """
    chosen = load("signs") if arrays is None else check("signs", arrays, str(folder))
    return write_signs_files(Path(folder), chosen, len(class_names("signs")))


def _first(name: Name) -> tuple[Source, _Loader]:
    """Return the first source that has a data set, with the way to load it."""
    for source in SOURCES[:-1]:
        loader = _FINDERS[source](name)
        if loader is not None:
            return source, loader
    return "embedded", partial(embedded, name)


def _in_course_folder(name: Name) -> _Loader | None:
    given = os.environ.get("COURSE_DATA")
    if not given:
        return None
    folder = Path(given)
    if not folder.is_dir():
        message = f"COURSE_DATA is {given!r}, which is not a folder: correct it, or unset it to do without."
        raise FileNotFoundError(message)
    return _in_folder(name, folder)


def _in_keras_cache(name: Name) -> _Loader | None:
    """Look into Keras's cache; an interrupted download counts as nothing, as Keras will complete it."""
    home = os.environ.get("KERAS_HOME") or os.path.expanduser("~/.keras")  # noqa: PTH111 - does not raise without a home
    try:
        return _in_folder(name, Path(home) / "datasets")
    except FileNotFoundError:
        return None


def _in_folder(name: Name, folder: Path) -> _Loader | None:
    files = locate(name, folder)
    return partial(read, name, files) if files else None


def _by_download(name: Name) -> _Loader | None:
    wanted = os.environ.get("COURSE_DOWNLOAD") == "1" and name != "signs"
    return partial(_download, name) if wanted else None


def _download(name: Name) -> Arrays:
    """Let Keras fetch a data set; this is the only place that imports it."""
    try:
        arrays: Arrays = import_module(f"keras.datasets.{name}").load_data()
    except Exception as error:  # Keras reports a failed download as a bare Exception.
        message = f"{name} could not be downloaded ({error}). Unset COURSE_DOWNLOAD to use the embedded set."
        raise ConnectionError(message) from error
    return check(name, arrays, f"keras.datasets.{name}")


_FINDERS: Mapping[Source, Callable[[Name], _Loader | None]] = {
    "course": _in_course_folder,
    "keras": _in_keras_cache,
    "download": _by_download,
    "embedded": lambda name: partial(embedded, name),
}
_REMEDIES: Mapping[Source, str] = {
    "course": "name a folder that has it in the environment variable COURSE_DATA",
    "keras": "it is not in the folder datasets of KERAS_HOME (by default ~/.keras)",
    "download": "set the environment variable COURSE_DOWNLOAD to 1 (signs cannot be downloaded)",
}
