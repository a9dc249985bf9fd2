"""What is fed with strangers' bytes: each target takes any bytes and raises nothing, or has found a fault of ours.

    python fuzz_targets.py TARGET [LIBFUZZER-OPTION...] CORPUS...

With atheris installed (`make fuzz` does it) bytes are mutated towards new lines of code, for as long as wanted.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import tempfile
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

with contextlib.ExitStack() as stack:
    if __name__ == "__main__":
        import atheris

        stack.enter_context(atheris.instrument_imports(include=["autograder", "shared", "zipfile"]))
    from autograder.errors import SubmissionError, WireError
    from autograder.submissions import Entry, read_submission, write_for_grading
    from autograder.wire import HEADER, body_length, pack, unpack

__all__ = ["CORPUS", "TARGETS", "bounded"]

CORPUS = Path(__file__).with_name("corpus")
# Far above what any input takes on any machine; what goes over them has no bound at all.
_SECONDS, _PEAK_BYTES = 120, 400 * 2**20


def frame(data: bytes) -> None:
    """Read bytes as the judge reads a frame."""
    if len(data) < HEADER.size:
        return
    with contextlib.suppress(WireError):
        header = data[: HEADER.size]
        pack(unpack(header, data[HEADER.size :][: body_length(header)]))


def document(data: bytes) -> None:
    """Read bytes as the body of a frame with a true header; the first says how many belong to arrays."""
    if data:
        size = min(data[0], len(data) - 1)
        frame(HEADER.pack(len(data) - 1 - size, size) + data[1:])


def handed_in(suffix: str) -> Callable[[bytes], None]:
    """Return a target that reads bytes as a file of a kind that was handed in, and writes what came of it."""

    def target(data: bytes) -> None:
        """Read a submission, or be refused it for a reason in two languages."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, f"amel{suffix}")
            path.write_bytes(data)
            reasons: tuple[str, ...] = ()
            try:
                submission = read_submission(Entry("amel", path), "mnist", ("q1", "q2"), "stub")
            except SubmissionError as error:
                reasons = (error.reason.en, error.reason.fr)
            else:
                assert submission.digest.startswith("sha256:")
                assert write_for_grading(submission, Path(folder, "box"), "mnist").is_file()
            assert all(reasons)

    return target


TARGETS: dict[str, Callable[[bytes], None]] = {
    "frame": frame,
    "document": document,
    "module": handed_in(".py"),
    "notebook": handed_in(".ipynb"),
    "archive": handed_in(".zip"),
}


@contextlib.contextmanager
def bounded(seconds: int = _SECONDS, peak_bytes: int = _PEAK_BYTES) -> Iterator[None]:
    """Fail where what is done inside never ends, or allocates without end."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"not done after {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert peak < peak_bytes


if __name__ == "__main__":
    # What a student's module warns of while it is parsed is no fault, and would fill the log.
    warnings.simplefilter("ignore")
    atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[sys.argv[1]])
    atheris.Fuzz()
