"""What becomes of a worker whose parent is gone: it ends at once, and clears away what nobody else will."""

from __future__ import annotations

import os
import select
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["ending_with_parent"]


@contextmanager
def ending_with_parent(parent: int) -> Iterator[None]:
    """End this process as by Ctrl-C as soon as its parent has closed our standard input, or is gone.

    Where it was killed, another run may be storing the same results by now.  Its temporary folder, in which this process
    has made its own, goes with the last worker that was in it.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    threading.Thread(target=_wait_for_hang_up, daemon=True).start()
    try:
        yield
    finally:
        if os.getppid() != parent:
            with suppress(OSError):
                Path(tempfile.gettempdir()).rmdir()


def _wait_for_hang_up() -> None:
    poll = select.poll()
    poll.register(0, 0)  # Nothing is read here; the end is always reported.
    poll.poll()
    os.kill(os.getpid(), signal.SIGTERM)
