"""Landlock, the kernel's unprivileged access control: only what is named may be opened, for ever after.

Nothing on PyPI is stable for it, so its three system calls are made here (same numbers on every architecture).
Source: ``Documentation/userspace-api/landlock.rst`` of Linux 6.18.
"""

from __future__ import annotations

import ctypes
import os
import platform
import stat
import struct
from collections.abc import Iterable

from autograder.kernel import syscall

__all__ = ["abi_version", "confine_files"]

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_QUERY_VERSION = 1
_PATH_BENEATH = 1
_LOG_NOTHING = 1  # from ABI 7: a hostile program must not fill the kernel's log with its refusals

_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_REFER, _TRUNCATE = 1 << 13, 1 << 14

_READ = _READ_FILE | _READ_DIR
# Regular files and directories only: no link, FIFO, socket or device that a trusted reader could trip over.
_WRITE = _READ | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _REFER | _TRUNCATE
_ON_FILES = _WRITE_FILE | _READ_FILE | _TRUNCATE

# Index: ABI.  Rights on files handled: 13 at first, then refer (2), truncate (3) and device ioctl (5).
_FILE_RIGHTS = (0, 13, 14, 15, 15, 16, 16, 16)
_NETWORK_ABI, _NETWORK_RIGHTS = 4, 0b11  # TCP bind and connect; no rule allows any port
_SCOPE_ABI, _SCOPES = 6, 0b11  # abstract unix sockets and signals stay inside
_LOG_ABI = 7


def abi_version() -> int:
    """Return the version of Landlock that this kernel offers; 0 where it has none."""
    if platform.system() != "Linux":
        return 0
    try:
        return syscall(_CREATE_RULESET, None, 0, _QUERY_VERSION)
    except OSError:
        return 0


def confine_files(readable: Iterable[str], writable: Iterable[str], abi: int) -> None:
    """Deny this thread and its children every file that is not beneath the given places; cannot be undone.

    Execution is granted nowhere. Places that do not exist or cannot be reached are left out, hence denied.

    Args:
        readable: Files and directories to read.
        writable: Files and directories to read and write.
        abi: The version to speak, from 1; higher ones than are known here are spoken as the highest known.

    Raises:
        OSError: The kernel refused.
    """
    known = min(abi, len(_FILE_RIGHTS) - 1)
    handled = (1 << _FILE_RIGHTS[known]) - 1
    ruleset = _create_ruleset(known, handled)
    try:
        for path in readable:
            _allow(ruleset, path, _READ & handled)
        for path in writable:
            _allow(ruleset, path, _WRITE & handled)
        syscall(_RESTRICT_SELF, ruleset, _LOG_NOTHING if known >= _LOG_ABI else 0)
    finally:
        os.close(ruleset)


def _create_ruleset(abi: int, handled: int) -> int:
    network = _NETWORK_RIGHTS if abi >= _NETWORK_ABI else 0
    scopes = _SCOPES if abi >= _SCOPE_ABI else 0
    # An older kernel takes the longer structure as long as what it does not know is zero.
    attributes = struct.pack("=QQQ", handled, network, scopes)
    return syscall(_CREATE_RULESET, _buffer(attributes), len(attributes), 0)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # not there or not reachable: without a rule it stays denied, which is the safe side
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _ON_FILES
        syscall(_ADD_RULE, ruleset, _PATH_BENEATH, _buffer(struct.pack("=Qi", rights, place)), 0)
    finally:
        os.close(place)


def _buffer(content: bytes) -> ctypes.Array[ctypes.c_char]:
    return ctypes.create_string_buffer(content, len(content))
