"""What becomes of a worker whose parent is gone: it ends at once, and clears away what nobody else will."""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.rooms import remove_folder

__all__ = ["ending_with_parent"]


@contextmanager
def ending_with_parent(parent: int, scratch: Path) -> Iterator[None]:
    """End this process as by Ctrl-C as soon as its parent has closed our standard input, or is gone.

    Where it was killed, another run may be storing the same results by now, and nobody else removes its temporary files.

    Args:
        parent: The process that started this one.
        scratch: The parent's folder for temporary files, this process's among them.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        # A parent that is gone by now ends this process within this line.
        threading.Thread(target=_wait_for_hang_up, daemon=True).start()
        yield
    finally:
        if os.getppid() != parent:
            remove_folder(scratch)


def _wait_for_hang_up() -> None:
    poll = select.poll()
    poll.register(0, 0)  # Nothing is read here; the end is always reported.
    poll.poll()
    os.kill(os.getpid(), signal.SIGTERM)
