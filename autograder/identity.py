"""A user of its own for each student process, where the grader is root and can give one."""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from autograder.capabilities import CAP_SETGID, CAP_SETUID, effective_capabilities, keep_only, shrink_bounding_set
from autograder.errors import ConfinementError
from autograder.kernel import prctl

__all__ = ["UIDS", "become", "can_change_uid", "free_uid", "give_back", "unreadable_for"]

# Below 65536, which is all that a rootless container maps, and left free by Debian's and systemd's own ranges.
UIDS = range(60578, 61184)
_PR_SET_KEEPCAPS = 8
# The open file that keeps each number of this process.
_taken: dict[int, int] = {}


def can_change_uid() -> bool:
    """Say whether this process may take one of `UIDS`: root, with the two capabilities, and the range mapped."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return False
    return {CAP_SETUID, CAP_SETGID} <= effective_capabilities() and _mapped(UIDS)


def _mapped(uids: range) -> bool:
    try:
        lines = Path("/proc/self/uid_map").read_text("ascii").splitlines()
    except OSError:  # a kernel without user namespaces maps everything
        return True
    spans = [tuple(map(int, line.split())) for line in lines]
    return any(first <= uids.start and uids.stop <= first + count for first, _, count in spans)


def free_uid() -> int:
    """Take a user number that belongs to nobody, under which nothing runs, and that no other grader has taken.

    It stays taken until `give_back` or the end of this process.

    Returns:
        A number of `UIDS`, to be used for user and group.

    Raises:
        ConfinementError: All of them are in use.
    """
    for candidate in UIDS:
        # Taken before it is looked at: two graders that look at once would both find it free.
        if not _take(candidate):
            continue
        if candidate not in {*_listed("/etc/passwd"), *_listed("/etc/group"), *_running()}:
            return candidate
        give_back(candidate)
    message = f"no free user number from {UIDS.start} to {UIDS.stop - 1}: end the processes left under them"
    raise ConfinementError(message)


def give_back(uid: int) -> None:
    """Let others take a number; nothing runs under it any more."""
    os.close(_taken.pop(uid))


def _take(uid: int) -> bool:
    # The kernel gives a name in its abstract space to one socket only, and frees it with the process, however that ends.
    holder = socket.socket(socket.AF_UNIX)
    try:
        holder.bind(f"\0autograder-uid-{uid}")
    except OSError as error:
        holder.close()
        if error.errno == errno.EADDRINUSE:
            return False
        raise
    _taken[uid] = holder.detach()
    return True


def _listed(database: str) -> Iterable[int]:
    try:
        lines = Path(database).read_text("utf-8", "replace").splitlines()
    except OSError:  # a minimal image may have no such file, hence no such users
        return ()
    fields = [line.split(":") for line in lines]
    return [int(field[2]) for field in fields if len(field) > 2 and field[2].isdigit()]  # noqa: PLR2004 - name, password, number


def _running() -> set[int]:
    # The owner of /proc/<pid> is root for a process that hides itself, as ours do; only the status file tells.
    found: set[int] = set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            status = Path("/proc", name, "status").read_text("utf-8", "replace")
        except OSError:  # ended since the listing
            continue
        found.update(
            int(number) for line in status.splitlines() if line.startswith("Uid:") for number in line.split()[1:]
        )
    return found


def become(uid: int, kept: frozenset[int]) -> None:
    """Turn this process into user and group ``uid``, with the ``kept`` capabilities and no way back.

    Args:
        uid: The number for real, effective and saved user and group.
        kept: Capabilities to carry over.

    Raises:
        OSError: The kernel refused.
    """
    shrink_bounding_set(kept)
    if kept:
        prctl(_PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    keep_only(kept)


def unreadable_for(uid: int, paths: Iterable[str]) -> tuple[str, ...]:
    """Return those of the existing paths that user and group ``uid`` cannot reach or read, by mode bits alone."""
    passable: dict[str, bool] = {}
    return tuple(
        path for path in paths if os.path.exists(path) and not _readable(uid, os.path.realpath(path), passable)
    )


def _readable(uid: int, path: str, passable: dict[str, bool]) -> bool:
    for parent in map(str, PurePosixPath(path).parents):
        if parent not in passable:
            passable[parent] = bool(_bits(uid, os.stat(parent)) & stat.S_IXOTH)
        if not passable[parent]:
            return False
    status = os.stat(path)
    wanted = stat.S_IROTH | (stat.S_IXOTH if stat.S_ISDIR(status.st_mode) else 0)
    return _bits(uid, status) & wanted == wanted


def _bits(uid: int, status: os.stat_result) -> int:
    """The three mode bits that apply to the user, in the place of those for others."""
    if status.st_uid == uid:
        return status.st_mode >> 6 & 7
    if status.st_gid == uid:
        return status.st_mode >> 3 & 7
    return status.st_mode & 7
