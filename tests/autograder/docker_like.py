"""Run a command under what matters of Docker's default confinement, on a machine without Docker.

    python docker_like.py COMMAND [ARGUMENT...]

Needs root. Leaves root with Docker's 14 default capabilities and refuses the system calls that the default seccomp
profile refuses without CAP_SYS_ADMIN (source: moby/profiles, ``seccomp/default.json`` and the capability defaults).
"""

from __future__ import annotations

import errno
import os
import sys

import pyseccomp

from autograder.capabilities import keep_only, shrink_bounding_set

__all__ = ["DOCKER_CAPABILITIES", "confine_like_docker"]

# CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE NET_RAW SYS_CHROOT MKNOD AUDIT_WRITE
# SETFCAP
DOCKER_CAPABILITIES = frozenset({0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31})

_REFUSED = """
    mount umount2 unshare setns pivot_root open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr
    bpf perf_event_open userfaultfd keyctl add_key request_key kexec_load kexec_file_load open_by_handle_at
    init_module finit_module delete_module reboot swapon swapoff acct quotactl syslog settimeofday clock_settime
    iopl ioperm io_uring_setup io_uring_enter io_uring_register sethostname setdomainname lookup_dcookie
    fanotify_init vhangup
"""
_CLONE_NEW = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)


def confine_like_docker() -> None:
    """Put this process and all that it starts under the approximation, for ever."""
    refuse = pyseccomp.ERRNO(errno.EPERM)
    profile = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    # Docker does not set no_new_privs; root may load a filter without it.
    profile.set_attr(pyseccomp.Attr.CTL_NNP, 0)
    if pyseccomp.system_arch() == pyseccomp.Arch.X86_64:
        profile.add_arch(pyseccomp.Arch.X86)
        profile.add_arch(pyseccomp.Arch.X32)
    for name in _REFUSED.split():
        profile.add_rule(refuse, name)
    for flag in _CLONE_NEW:
        profile.add_rule(refuse, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag))
    profile.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    profile.load()
    shrink_bounding_set(DOCKER_CAPABILITIES)
    keep_only(DOCKER_CAPABILITIES)


if __name__ == "__main__":
    confine_like_docker()
    os.execvp(sys.argv[1], sys.argv[1:])
