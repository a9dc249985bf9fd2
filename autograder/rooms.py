"""What the processes of a nursery live in: environment variables and folders, and how a folder is removed again."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from shared.cachefolder import cache_folder

__all__ = ["clean_environment", "font_cache", "remove_folder"]

_THREAD_VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)


def clean_environment(home: Path) -> dict[str, str]:
    """Return the clean environment of zygote and children: nothing of the grader's own is in it."""
    return {
        "HOME": str(home),
        "KERAS_HOME": str(home),
        "XDG_CACHE_HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "PATH": "/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLBACKEND": "Agg",
        "KERAS_BACKEND": "tensorflow",
        "CUDA_VISIBLE_DEVICES": "",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        # oneDNN lets convolutions and poolings take channels first on a processor, as the old documents have them.
        "TF_ENABLE_ONEDNN_OPTS": "1",
        **dict.fromkeys(_THREAD_VARIABLES, "1"),
    }


def font_cache(home: Path) -> Path:
    """Return a folder that keeps Matplotlib's font list from one run to the next, or at least for this one."""
    folder = (cache_folder() or home) / "matplotlib"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return home
    return folder


def remove_folder(folder: Path) -> None:
    """Remove a folder that a student could write to, however deep it is, following no links.

    Each folder in it is moved to the top before it is looked into, so that no path grows too long for the system.
    """
    waiting = [folder]
    while waiting:
        directory = waiting.pop()
        try:
            directory.chmod(0o700)
            for entry in list(os.scandir(directory)):
                path = Path(entry.path)
                if entry.is_dir(follow_symlinks=False):
                    path.chmod(0o700)
                    waiting.append(path.rename(folder / secrets.token_hex(16)))
                else:
                    path.unlink()
            if directory != folder:
                directory.rmdir()
        except OSError:
            continue  # What cannot be removed is left in the system's temporary folder.
    with contextlib.suppress(OSError):
        folder.rmdir()
