"""Which places a student process must be able to read for Python, NumPy and TensorFlow to work, and no other."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

__all__ = ["python_readable", "system_readable"]

# Libraries and data of the system; no programs, as none may be run, and nothing of /home, /root, /srv or /var.
_SYSTEM = (
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/local/lib64",
    "/usr/local/share/fonts",
    "/usr/share",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/timezone",
)
# /dev/zero is left out: mapped as shared memory it would not count against the limit on data.
_DEVICES = ("/dev/random", "/dev/urandom")
# What the C library, TensorFlow, joblib and psutil ask about the machine.
_MACHINE = (
    "/proc/cpuinfo",
    "/proc/filesystems",
    "/proc/loadavg",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/uptime",
    "/proc/version",
    "/proc/sys/kernel/osrelease",
    "/proc/sys/vm/max_map_count",
    "/proc/sys/vm/overcommit_memory",
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
    "/sys/fs/cgroup/cpu.max",
    "/sys/fs/cgroup/cpu/cpu.cfs_period_us",
    "/sys/fs/cgroup/cpu/cpu.cfs_quota_us",
    "/sys/fs/cgroup/memory.max",
    "/sys/kernel/mm/transparent_hugepage",
)
# About the process itself; opened when the process confines itself, hence its own and nobody else's. TensorFlow
# aborts at its first operation where it cannot read its own command line.
_ITSELF = tuple(
    f"/proc/self/{name}"
    for name in (
        "cgroup",
        "cmdline",
        "comm",
        "io",
        "limits",
        "maps",
        "smaps",
        "smaps_rollup",
        "stat",
        "statm",
        "status",
    )
)


def system_readable() -> tuple[str, ...]:
    """Return the places of the operating system that exist here, as they are to be written in a policy."""
    return tuple(path for path in (*_SYSTEM, *_DEVICES, *_MACHINE, *_ITSELF) if os.path.exists(path))


def python_readable() -> tuple[str, ...]:
    """Return the places of this interpreter and of what is installed in it, without links.

    A project that an editable installation puts on ``sys.path`` is not among them: it may hold hidden tests.

    Returns:
        Directories of the standard library and of installed packages, shared libraries in use, the executable.
    """
    directories = _outermost(_library_directories())
    loaded = [library for library in _loaded_libraries() if not _beneath(library, directories)]
    executable = [os.path.realpath(sys.executable)] if sys.executable else []
    return tuple(dict.fromkeys((*directories, *loaded, *executable)))


def _library_directories() -> Iterable[str]:
    for prefix in (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix):
        yield os.path.join(prefix, "lib")
        yield os.path.join(prefix, "lib64")
    for name in ("stdlib", "platstdlib", "purelib", "platlib"):
        yield sysconfig.get_path(name)
    for entry in sys.path:
        if os.path.basename(entry) in {"site-packages", "dist-packages", "lib-dynload"}:
            yield entry
    yield os.path.dirname(os.__file__)


def _outermost(paths: Iterable[str]) -> tuple[str, ...]:
    kept: list[str] = []
    for path in sorted({os.path.realpath(path) for path in paths if os.path.isdir(path)}):
        if not _beneath(path, kept):
            kept.append(path)
    return tuple(kept)


def _beneath(path: str, directories: Iterable[str]) -> bool:
    return any(path == directory or path.startswith(directory + "/") for directory in directories)


def _loaded_libraries() -> list[str]:
    try:
        lines = Path("/proc/self/maps").read_text("utf-8", "replace").splitlines()
    except OSError:  # not Linux, where nothing of this is used
        return []
    fields = [line.split(maxsplit=5) for line in lines]
    mapped = {field[5] for field in fields if len(field) == 6 and "x" in field[1]}  # noqa: PLR2004 - proc(5)
    return sorted(path for path in mapped if path.startswith("/") and ".so" in os.path.basename(path))
