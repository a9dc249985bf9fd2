"""Run a command as on a kernel without Landlock.

    python without_landlock.py COMMAND [ARGUMENT...]

Needs root.
"""

from __future__ import annotations

import errno
import os
import sys

import pyseccomp

__all__ = ["hide_landlock"]


def hide_landlock() -> None:
    """Let Landlock's system calls be unknown to this process and all that it starts, for ever."""
    profile = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    # Root may load a filter without giving up what a program with privileges may gain.
    profile.set_attr(pyseccomp.Attr.CTL_NNP, 0)
    for name in ("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"):
        profile.add_rule(pyseccomp.ERRNO(errno.ENOSYS), name)
    profile.load()


if __name__ == "__main__":
    hide_landlock()
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - the command that was asked for
