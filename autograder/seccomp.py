"""The list of system calls that student code is refused, compiled by libseccomp.

Everything else is allowed. Most refused calls fail with EPERM; a call that changes a file's mode, owner, times or
attributes pretends to succeed, because honest libraries make it on their own files and cannot be told from others;
a call that the C library can do without, or that this list is too old to know, looks missing (ENOSYS).
"""

from __future__ import annotations

import errno
import functools
import importlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from autograder.kernel import prctl

__all__ = ["RULES", "Condition", "Reply", "Rule", "SyscallFilter", "seccomp_available"]


class Reply(Enum):
    """What a refused call returns: an error number, zero for success."""

    REFUSED = errno.EPERM
    PRETENDED = 0
    MISSING = errno.ENOSYS


@dataclass(frozen=True, slots=True)
class Condition:
    """A test of one argument: its bits under ``mask`` equal ``value``, or, without a mask, it is not ``value``.

    The kernel cuts many arguments to 32 bits, so an equality always carries a mask: a program could set the
    upper half to get past it. An inequality is safe as it is.
    """

    argument: int
    value: int
    mask: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Calls, by name, that get the same reply; with a condition, only where it holds."""

    names: tuple[str, ...]
    reply: Reply = Reply.REFUSED
    condition: Condition | None = None


def _refused(names: str) -> Rule:
    return Rule(tuple(names.split()))


def _pretended(names: str) -> Rule:
    return Rule(tuple(names.split()), Reply.PRETENDED)


def _refused_when(name: str, argument: int, values: Iterable[int]) -> tuple[Rule, ...]:
    return tuple(Rule((name,), condition=Condition(argument, value, _INT)) for value in values)


def _refused_flags(name: str, argument: int, flag_sets: Iterable[int]) -> tuple[Rule, ...]:
    return tuple(Rule((name,), condition=Condition(argument, flags, flags)) for flags in flag_sets)


_INT = 0xFFFFFFFF
_CLONE_THREAD = 0x00010000
_CLONE_NEW = (0x00000080, 0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
# Shared anonymous memory, stacks that grow and huge pages all escape the limit on data.
_UNCOUNTED_MEMORY = (0x01 | 0x20, 0x0100, 0x40000)
# Becoming dumpable again, outliving the parent, moving the memory map, letting others trace, core scheduling.
_PRCTL = (4, 1, 35, 0x59616D61, 62)
# Signals about a file sent to another process: F_SETOWN, F_SETSIG, F_SETOWN_EX and their ioctl forms; watching and
# holding up others' files (F_SETLEASE, F_NOTIFY); typing into a terminal that a shell reads later (TIOCSTI, TIOCLINUX).
_FCNTL, _IOCTL = (8, 10, 15, 1024, 1026), (0x8901, 0x8902, 0x5412, 0x541C)
_O_ACCMODE, _O_TRUNC = 0o3, 0o1000
# Calls from here on are younger than this list: seen as missing, so that a new door starts closed.  Up to 547 some
# kernels run calls of the x32 interface under these numbers.
_UNKNOWN_CALLS = range(450, 600)
_SELF_ONLY = ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")

RULES: tuple[Rule, ...] = (
    # One process is one process: no other program, no second process; threads remain.
    _refused("fork vfork execve execveat setsid setpgid"),
    Rule(("clone",), condition=Condition(0, 0, _CLONE_THREAD)),
    *_refused_flags("clone", 0, _CLONE_NEW),
    Rule(("clone3",), Reply.MISSING),  # its flags are behind a pointer; the C library falls back on clone
    # No network and no other socket; the one to the judge is open already and goes on working.
    _refused("socket socketpair connect bind listen accept accept4 socketcall"),
    # Other processes: not read, traced, signalled, limited, slowed down or moved.
    _refused("ptrace process_vm_readv process_vm_writev kcmp process_madvise process_mrelease get_robust_list"),
    _refused("pidfd_open pidfd_getfd pidfd_send_signal migrate_pages move_pages perf_event_open ioprio_set"),
    *(
        Rule((name,), condition=Condition(0, 0))
        for name in ("prlimit64", "sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr")
    ),
    Rule(("setpriority",), condition=Condition(0, 0)),
    Rule(("setpriority",), condition=Condition(1, 0)),
    *_refused_when("prctl", 0, _PRCTL),
    *_refused_when("fcntl", 1, _FCNTL),
    *_refused_when("ioctl", 1, _IOCTL),
    # Namespaces, mounts and the machine itself.
    _refused(
        "mount umount umount2 pivot_root chroot unshare setns open_tree move_mount fsopen fsconfig fsmount fspick"
    ),
    _refused("mount_setattr statmount listmount swapon swapoff quotactl quotactl_fd acct syslog reboot"),
    _refused("kexec_load kexec_file_load init_module finit_module delete_module create_module query_module"),
    _refused("get_kernel_syms nfsservctl lookup_dcookie uselib sysfs _sysctl vhangup sethostname setdomainname"),
    _refused("settimeofday stime clock_settime clock_adjtime adjtimex iopl ioperm modify_ldt personality"),
    _refused("bpf userfaultfd io_uring_setup io_uring_enter io_uring_register add_key request_key keyctl"),
    # Memory and messages outside the limits, or that stay behind.
    *_refused_flags("mmap", 3, _UNCOUNTED_MEMORY),
    *_refused_flags("mmap2", 3, _UNCOUNTED_MEMORY),
    _refused("memfd_create memfd_secret shmget shmat shmctl shmdt semget semop semctl semtimedop semtimedop_time64"),
    _refused("msgget msgsnd msgrcv msgctl ipc mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr"),
    # Files by handle, watching what others open, files that a trusted reader could trip over.
    _refused("open_by_handle_at name_to_handle_at fanotify_init fanotify_mark"),
    _refused("inotify_init inotify_init1 inotify_add_watch mknod mknodat symlink symlinkat"),
    # Another identity.
    _refused("setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups capset"),
    # What a file is like: honest libraries set it on their own files, and go on if told that it worked.
    _pretended("chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat file_setattr"),
    _pretended("utime utimes futimesat utimensat utimensat_time64 setxattr lsetxattr fsetxattr setxattrat"),
    _pretended("removexattr lremovexattr fremovexattr removexattrat"),
)
# Landlock watches truncation from ABI 3 on; before that, a readable file of the same user could be emptied.
_TRUNCATION_RULES: tuple[Rule, ...] = (
    _refused("truncate truncate64"),
    Rule(("openat2",), Reply.MISSING),
    Rule(("open",), condition=Condition(1, _O_TRUNC, _O_ACCMODE | _O_TRUNC)),
    Rule(("openat",), condition=Condition(2, _O_TRUNC, _O_ACCMODE | _O_TRUNC)),
)
# Names that an older libseccomp does not know; from 424 on the numbers are those of every architecture.
_YOUNG_CALLS = {
    "fchmodat2": 452,
    "file_setattr": 469,
    "listmount": 458,
    "memfd_secret": 447,
    "mount_setattr": 442,
    "process_madvise": 440,
    "process_mrelease": 448,
    "quotactl_fd": 443,
    "removexattrat": 466,
    "setxattrat": 463,
    "statmount": 457,
}


@functools.cache
def _library() -> Any:
    try:
        return importlib.import_module("pyseccomp")
    except (ImportError, RuntimeError, OSError):  # not installed, or it cannot find or open libseccomp
        return None


def seccomp_available() -> bool:
    """Say whether the kernel filters system calls and both pyseccomp and libseccomp2 are installed."""
    if _library() is None:
        return False
    try:
        prctl(21)  # PR_GET_SECCOMP
    except OSError:
        return False
    return True


class SyscallFilter:
    """The compiled list, made once before the fork (about 1 ms) and loaded in the child (about 1 ms).

    Attributes:
        unknown: Names on the list that neither libseccomp nor we can number here, hence not refused.
    """

    def __init__(self, rules: Iterable[Rule] = RULES, *, guard_truncation: bool = False) -> None:
        """Compile the rules.

        Args:
            rules: What to refuse.
            guard_truncation: Also refuse what Landlock before ABI 3 does not see.

        Raises:
            OSError: libseccomp refused a rule.
            RuntimeError: There is no libseccomp here; see `seccomp_available`.
        """
        if _library() is None:
            message = "pyseccomp or libseccomp2 is not installed"
            raise RuntimeError(message)
        self._seccomp = _library()
        self._filter = self._empty()
        self._numbers: set[int] = set()
        unknown: list[str] = []
        for rule in (*rules, *(_TRUNCATION_RULES if guard_truncation else ())):
            unknown.extend(self._add(rule))
        self.unknown = tuple(unknown)
        for number in _UNKNOWN_CALLS:
            if number not in self._numbers:
                self._filter.add_rule(self._seccomp.ERRNO(errno.ENOSYS), number)

    def load(self) -> None:
        """Put this thread and its later threads under the list; signals from now on reach this process only.

        Raises:
            OSError: The kernel refused.
        """
        for name in _SELF_ONLY:
            self._add(Rule((name,), condition=Condition(0, os.getpid())))
        self._filter.load()

    def _empty(self) -> Any:
        seccomp = self._seccomp
        fresh = seccomp.SyscallFilter(seccomp.ALLOW)
        # Calls by the 32-bit or x32 door would have other numbers than those listed.
        fresh.set_attr(seccomp.Attr.ACT_BADARCH, seccomp.KILL_PROCESS)
        try:
            fresh.set_attr(seccomp.Attr.CTL_OPTIMIZE, 2)  # a binary tree instead of 300 comparisons
        except OSError:  # before libseccomp 2.5: slower, not weaker
            fresh.set_attr(seccomp.Attr.CTL_TSYNC, 0)
        return fresh

    def _add(self, rule: Rule) -> list[str]:
        unknown = []
        for name in rule.names:
            number = self._number(name)
            if number == -1:
                unknown.append(name)
                continue
            self._numbers.add(number)
            self._filter.add_rule(self._seccomp.ERRNO(rule.reply.value), number, *self._comparison(rule.condition))
        return unknown

    def _number(self, name: str) -> int:
        """Number of a call; below -1 (ignored by libseccomp) where this architecture has none, -1 if unknown."""
        found = int(self._seccomp.resolve_syscall(self._seccomp.Arch.NATIVE, name))
        return _YOUNG_CALLS.get(name, -1) if found == -1 else found

    def _comparison(self, condition: Condition | None) -> tuple[Any, ...]:
        if condition is None:
            return ()
        seccomp = self._seccomp
        if condition.mask is None:
            return (seccomp.Arg(condition.argument, seccomp.NE, condition.value),)
        return (seccomp.Arg(condition.argument, seccomp.MASKED_EQ, condition.mask, condition.value),)
