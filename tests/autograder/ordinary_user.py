"""Run a command as an ordinary user, from root.

    python ordinary_user.py UID COMMAND [ARGUMENT...]

The one power that is kept is to read any file, for an interpreter that lies in root's home; nothing else is left of root.
"""

from __future__ import annotations

import os
import struct
import sys

from autograder.capabilities import CAP_DAC_READ_SEARCH
from autograder.kernel import libc, prctl

__all__ = ["become_ordinary"]

_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 47, 2


def become_ordinary(uid: int) -> None:
    """Change user and group for good, and keep the power to read over the start of another program."""
    prctl(_PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    bit = 1 << CAP_DAC_READ_SEARCH
    # capset(2): version and process, then effective, permitted and inheritable, each in two halves.
    if libc().capset(struct.pack("Ii", 0x20080522, 0), struct.pack("6I", bit, bit, bit, 0, 0, 0)) != 0:
        raise PermissionError("capset")
    prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, CAP_DAC_READ_SEARCH)


if __name__ == "__main__":
    become_ordinary(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - the command that was asked for
