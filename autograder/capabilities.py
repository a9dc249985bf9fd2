"""What is left of root's powers: read them, and give them up for good."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable

from autograder.kernel import libc, prctl

__all__ = [
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "effective_capabilities",
    "keep_only",
    "shrink_bounding_set",
]

CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
CAP_SETGID = 6
CAP_SETUID = 7
CAP_SETPCAP = 8

_VERSION_3 = 0x20080522
_PR_CAPBSET_READ, _PR_CAPBSET_DROP = 23, 24
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 47, 4


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Words(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def effective_capabilities() -> frozenset[int]:
    """Return the numbers of the capabilities in force for this thread; empty where the system has none."""
    words = (_Words * 2)()
    try:
        _call("capget", words)
    except (AttributeError, OSError):  # no such call on this system
        return frozenset()
    bits = words[0].effective | words[1].effective << 32
    return frozenset(number for number in range(64) if bits >> number & 1)


def keep_only(kept: Iterable[int]) -> None:
    """Make the given capabilities, already permitted, the only ones of this thread; it cannot get others back.

    Raises:
        OSError: The kernel refused, for instance because one of them is not permitted.
    """
    prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    bits = sum(1 << number for number in set(kept))
    words = (_Words * 2)(*(_Words(half, half, 0) for half in (bits & 0xFFFFFFFF, bits >> 32)))
    _call("capset", words)


def shrink_bounding_set(kept: Iterable[int] = ()) -> None:
    """Take from the bounding set all but the given capabilities; nothing happens without CAP_SETPCAP."""
    if CAP_SETPCAP not in effective_capabilities():
        return
    spared = frozenset(kept)
    for number in range(64):
        if number not in spared and libc().prctl(_PR_CAPBSET_READ, ctypes.c_ulong(number), 0, 0, 0) == 1:
            prctl(_PR_CAPBSET_DROP, number)


def _call(name: str, words: ctypes.Array[_Words]) -> None:
    header = _Header(_VERSION_3, 0)
    if getattr(libc(), name)(ctypes.byref(header), words) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
