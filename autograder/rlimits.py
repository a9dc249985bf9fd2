"""The kernel's own limits on one process: processor time, memory, files; the watchdog's limits come on top."""

from __future__ import annotations

import math
import os

from autograder.model import Limits

__all__ = ["limit_resources"]

_OPEN_FILES = 256
_STACK_BYTES = 8 * 2**20
_SPARE_SECONDS = 30


def limit_resources(limits: Limits, *, own_user: bool) -> None:
    """Lower the limits of this process; they cannot be raised again without privilege.

    Data (private writable memory) is limited and not address space: TensorFlow reserves far more than it uses and
    aborts when it cannot.

    Args:
        limits: What a submission may use.
        own_user: Also limit the number of threads, which the kernel counts per user.

    Raises:
        OSError: The kernel refused.
    """
    import resource  # noqa: PLC0415 - Windows has none, and imports this module without using it

    # A wall-clock limit, on every core: this only ends what the watchdog missed.
    seconds = math.ceil(limits.submission_seconds) * (os.cpu_count() or 1) + _SPARE_SECONDS
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_DATA: limits.memory_bytes,
        resource.RLIMIT_FSIZE: limits.disk_bytes,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
        resource.RLIMIT_STACK: _STACK_BYTES,
    }
    for name in ("RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO"):  # Linux only
        if hasattr(resource, name):
            wanted[getattr(resource, name)] = 0
    if own_user:
        wanted[resource.RLIMIT_NPROC] = limits.threads
    for limit, value in wanted.items():
        _, ceiling = resource.getrlimit(limit)
        possible = value if ceiling == resource.RLIM_INFINITY else min(value, ceiling)
        resource.setrlimit(limit, (possible, possible))
