"""The few calls to the kernel that Python's standard library does not offer, through the C library."""

from __future__ import annotations

import ctypes
import functools
import os

__all__ = ["libc", "prctl", "syscall"]


@functools.cache
def libc() -> ctypes.CDLL:
    """Return the C library of this process, opened at first use (some platforms have none to open)."""
    return ctypes.CDLL(None, use_errno=True)


def prctl(option: int, *arguments: int) -> int:
    """Call ``prctl(2)`` with up to four arguments; the others are zero, as newer options demand.

    Args:
        option: One of the ``PR_`` numbers.
        *arguments: Numbers, sent as unsigned longs.

    Returns:
        What the kernel returned.

    Raises:
        OSError: The kernel refused.
    """
    padded = (*arguments, 0, 0, 0, 0)[:4]
    return _checked(libc().prctl(ctypes.c_int(option), *map(ctypes.c_ulong, padded)), f"prctl({option})")


def syscall(number: int, *arguments: int | ctypes.Array[ctypes.c_char] | None) -> int:
    """Make a system call by number.

    Args:
        number: The call's number on this architecture.
        *arguments: Integers, buffers (their address is passed) or None for a null pointer.

    Returns:
        What the kernel returned.

    Raises:
        OSError: The kernel refused.
    """
    converted = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    function = libc().syscall
    function.restype = ctypes.c_long
    return _checked(int(function(ctypes.c_long(number), *converted)), f"system call {number}")


def _checked(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result
