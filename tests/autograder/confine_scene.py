"""What a probe of the jail is made of: the scene it plays in, and the list that it is entered in."""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyseccomp

from autograder.kernel import libc, syscall
from autograder.model import Limits

__all__ = ["ATTACKS", "DEEDS", "LIMITS", "SECRET", "THROUGH", "Attack", "Probe", "Scene"]

LIMITS = Limits(memory_bytes=512 * 2**20, disk_bytes=2**20, threads=64)
SECRET = b"the hidden suite"
THROUGH = "through"


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a probe happens: paths, and the process that it should not be able to touch."""

    parent: int
    private: str  # the temporary directory
    public: str  # a directory that anybody may write, outside the jail
    hidden: str  # a file that anybody may read, outside the jail
    foreign: str  # a file that anybody may write, outside the jail
    readable: str  # a file that anybody may write, on the list of what may be read
    wire: socket.socket  # open already, as the one to the judge is


Probe = Callable[[Scene], None]


@dataclass(frozen=True, slots=True)
class Attack:
    """A probe that must not get through, and the layers that stop it."""

    run: Probe
    stopped_by: frozenset[str]


ATTACKS: dict[str, Attack] = {}
DEEDS: dict[str, Probe] = {}


def attack(*layers: str) -> Callable[[Probe], Probe]:
    """Register an attack under its function's name."""

    def register(probe: Probe) -> Probe:
        ATTACKS[probe.__name__] = Attack(probe, frozenset(layers))
        return probe

    return register


def deed(probe: Probe) -> Probe:
    """Register something that honest code does and must be able to do."""
    DEEDS[probe.__name__] = probe
    return probe


def call(name: str, *arguments: int | ctypes.Array[ctypes.c_char] | None) -> int:
    """Make a system call by its name on this architecture."""
    number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
    if number < 0:
        raise OSError(f"{name}: not on this architecture")
    return syscall(number, *arguments)


def c_call(name: str, *arguments: object) -> int:
    """Call a function of the C library that returns -1 on failure."""
    result = int(getattr(libc(), name)(*arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def claim(effect: bool) -> None:
    """Raise if an attack that was not refused had no effect."""
    if not effect:
        raise OSError("no effect")


def contents(path: str) -> bytes:
    return Path(path).read_bytes()
