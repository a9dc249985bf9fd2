"""Shut a student process in: it calls `Jail.enter` between its fork and the first line of student code.

Four layers, each of which may be missing on some machine:

    uid        a user of its own, no capabilities         where the grader is root
    landlock   nothing but the named places can be opened Linux 5.13 or later
    seccomp    no process, program, socket, other process libseccomp2 and pyseccomp
    rlimits    processor time, memory, file sizes         everywhere

The process must have a single thread, and must end if `Jail.enter` raises: it is then confined by half.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import signal
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from autograder.capabilities import CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, effective_capabilities, keep_only
from autograder.errors import ConfinementError
from autograder.identity import become, can_change_uid, free_uid, give_back, unreadable_for
from autograder.kernel import prctl
from autograder.landlock import abi_version, confine_files
from autograder.model import Limits
from autograder.readable import python_readable, system_readable
from autograder.rlimits import limit_resources
from autograder.seccomp import SyscallFilter, seccomp_available

__all__ = [
    "LAYERS",
    "Jail",
    "Policy",
    "available_layers",
    "free_uid",
    "give_back",
    "python_readable",
    "require",
    "require_open",
    "system_readable",
]

LAYERS = ("uid", "landlock", "seccomp", "rlimits")

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_TRUNCATION_ABI = 3

_REMEDIES = {
    "uid": "run as root with the capabilities SETUID and SETGID (Docker's default has them), or as an ordinary user",
    "landlock": "use Linux 5.13 or later with Landlock switched on (lsm=landlock,... at boot)",
    "seccomp": "install libseccomp (apt-get install libseccomp2) and its Python side (pip install pyseccomp)",
    "rlimits": "use Linux or another system with the module resource",
}


@dataclass(frozen=True, slots=True)
class Policy:
    """What one student process may do.

    Attributes:
        readable: Files and directories that may be read; libraries in them may be loaded.
        writable: The private temporary directory; it must belong to ``uid`` already.
        uid: User (and group) of its own where we are root, else None.
        limits: Memory, time and disk.
        disabled: Layers switched off, for positive controls and ``--unsafe`` only.
    """

    readable: tuple[str, ...]
    writable: str
    uid: int | None
    limits: Limits
    disabled: frozenset[str] = frozenset()


class Jail:
    """A policy made ready before the fork, so that the child has little left to do."""

    def __init__(self, policy: Policy, *, parent: int | None = None, landlock_abi: int | None = None) -> None:
        """Prepare the layers; the process itself is not changed.

        Args:
            policy: What the child may do.
            parent: The process with which the child must end; this one by default.
            landlock_abi: Speak no newer version of Landlock than this (for tests).

        Raises:
            ConfinementError: A layer's name is unknown, seccomp is missing, or the child could not read its own
                interpreter.
        """
        unknown = policy.disabled.difference(LAYERS)
        if unknown:
            message = f"no such layer of confinement: {', '.join(sorted(unknown))}; there are {', '.join(LAYERS)}"
            raise ConfinementError(message)
        self.policy = policy
        self._parent = os.getpid() if parent is None else parent
        self._abi = 0 if "landlock" in policy.disabled else _spoken_abi(landlock_abi)
        self._uid = None if "uid" in policy.disabled else policy.uid
        self._kept = _capabilities_to_keep(policy, self._uid, self._abi)
        self._filter = None if "seccomp" in policy.disabled else _compiled(self._abi < _TRUNCATION_ABI)

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers that the child will report, in fixed order."""
        on = {
            "uid": self._uid is not None,
            "landlock": self._abi > 0,
            "seccomp": self._filter is not None,
            "rlimits": "rlimits" not in self.policy.disabled,
        }
        return tuple(layer for layer in LAYERS if on[layer])

    @property
    def unknown_calls(self) -> tuple[str, ...]:
        """System calls that should be refused but have no number on this machine, hence are not."""
        return () if self._filter is None else self._filter.unknown

    def enter(self) -> tuple[str, ...]:
        """Confine this process, for ever.

        Returns:
            The layers that are on, in the order uid, landlock, seccomp, rlimits.

        Raises:
            ConfinementError: A layer could not be put on; the process must end without running student code.
        """
        for name, put_on in self._steps():
            try:
                put_on()
            except OSError as error:
                message = f"this process could not be confined ({name}): {error}"
                raise ConfinementError(message) from error
        return self.layers

    def _steps(self) -> Iterator[tuple[str, Callable[[], None]]]:
        yield "threads", _check_alone
        if "rlimits" not in self.policy.disabled:
            yield "rlimits", lambda: limit_resources(self.policy.limits, own_user=self._uid is not None)
        if "uid" not in self.policy.disabled:
            yield "uid", self._change_identity
        # After the change of user, which clears the first of these.
        yield "parent", self._bind_to_parent
        if self._abi > 0:
            yield "landlock", self._confine_files
        if self._filter is not None:
            yield "seccomp", self._filter.load
        yield "proof", self._prove

    def _change_identity(self) -> None:
        if self._uid is None:
            keep_only(())
        else:
            become(self._uid, self._kept)

    def _bind_to_parent(self) -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != self._parent:
            message = "the process that started this one has ended"
            raise ConfinementError(message)
        prctl(_PR_SET_DUMPABLE, 0)
        prctl(_PR_SET_NO_NEW_PRIVS, 1)

    def _confine_files(self) -> None:
        confine_files(self.policy.readable, (self.policy.writable, os.devnull), self._abi)

    def _prove(self) -> None:
        """Try what must fail now, so that a kernel that takes our orders without following them is found out."""
        if self._uid is not None and {*os.getresuid(), *os.getresgid()} != {self._uid}:
            raise ConfinementError(_unproven("uid"))
        if "uid" not in self.policy.disabled and effective_capabilities() != self._kept:
            raise ConfinementError(_unproven("uid"))
        if self._abi > 0 and "/" not in self.policy.readable and _succeeds(lambda: os.close(os.open("/", os.O_RDONLY))):
            raise ConfinementError(_unproven("landlock"))
        if self._filter is not None and _succeeds(lambda: prctl(_PR_SET_DUMPABLE, 1)):
            raise ConfinementError(_unproven("seccomp"))


def available_layers() -> tuple[str, ...]:
    """Find out which layers this machine offers to this process, without changing it.

    Returns:
        Some of uid, landlock, seccomp, rlimits, in this order.
    """
    offered = {
        "uid": can_change_uid(),
        "landlock": abi_version() > 0,
        "seccomp": seccomp_available(),
        "rlimits": importlib.util.find_spec("resource") is not None,
    }
    return tuple(layer for layer in LAYERS if offered[layer])


def require(available: Collection[str], *, root: bool) -> None:
    """Refuse to run untrusted code where the layers do not suffice.

    As root, Landlock may be missing: another user and seccomp then carry it, and the result shows that it is not
    among the layers. As an ordinary user there is no other user to change to, so Landlock must be there.

    Args:
        available: The layers there are; see `available_layers`.
        root: Whether the grader runs as root.

    Raises:
        ConfinementError: One is missing; the text names it and the remedy.
    """
    needed = ("uid", "seccomp", "rlimits") if root else ("landlock", "seccomp", "rlimits")
    missing = [layer for layer in needed if layer not in available]
    if missing:
        remedies = "; ".join(f"{layer}: {_REMEDIES[layer]}" for layer in missing)
        message = f"student code cannot be confined on this machine, for want of {', '.join(missing)}. {remedies}"
        raise ConfinementError(message)


def require_open(uid: int, places: Collection[str]) -> None:
    """Refuse to run code as another user where this user cannot reach what it needs, and nothing can be done about it.

    Only inside Landlock may a process keep the power to read what is closed to its user; see `Jail`.

    Args:
        uid: The user.
        places: What it must be able to read.

    Raises:
        ConfinementError: A place is closed; the text names it and the remedy.
    """
    closed = _closed(uid, places)
    if closed:
        raise ConfinementError(_closed_message(closed[0]))


def _spoken_abi(forced: int | None) -> int:
    offered = abi_version()
    return offered if forced is None else min(offered, forced)


@functools.cache
def _compiled(guard_truncation: bool) -> SyscallFilter:
    # Shared by all jails of a zygote: only a child, in its own copy, completes and loads it.
    if not seccomp_available():
        message = f"student code cannot be confined on this machine, for want of seccomp. {_REMEDIES['seccomp']}"
        raise ConfinementError(message)
    return SyscallFilter(guard_truncation=guard_truncation)


def _capabilities_to_keep(policy: Policy, uid: int | None, abi: int) -> frozenset[int]:
    """An interpreter in root's home is closed to the child's user: one power to read is kept, inside Landlock."""
    if uid is None or "landlock" in policy.disabled:
        return frozenset()
    closed = _closed(uid, policy.readable)
    if not closed:
        return frozenset()
    owned = effective_capabilities()
    if abi > 0 and CAP_DAC_READ_SEARCH in owned:
        return frozenset({CAP_DAC_READ_SEARCH})
    # What Docker grants instead; without Landlock's eye on truncation it would be a power to destroy.
    if abi >= _TRUNCATION_ABI and CAP_DAC_OVERRIDE in owned:
        return frozenset({CAP_DAC_OVERRIDE})
    raise ConfinementError(_closed_message(closed[0]))


def _closed(uid: int, places: Collection[str]) -> tuple[str, ...]:
    # Files of /proc and /sys answer for themselves, and belong to the zygote as long as we are the zygote.
    return unreadable_for(uid, [path for path in places if not path.startswith(("/proc/", "/sys/"))])


def _closed_message(path: str) -> str:
    places = "the project, Python and its packages, and temporary files (TMPDIR)"
    return f"other users cannot read {path}: have {places} in places open to all, like /opt and /tmp"


def _check_alone() -> None:
    tasks = len(os.listdir("/proc/self/task"))
    if tasks != 1:
        message = f"a process with {tasks} threads cannot be confined: the others would stay free"
        raise ConfinementError(message)


def _succeeds(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def _unproven(layer: str) -> str:
    return f"the layer {layer} was put on but does not hold on this machine"
