"""A worker process as its parent sees it: started when needed, asked for one submission at a time, replaced when it dies."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.errors import AutograderError
from autograder.model import Limits, Submission
from autograder.orders import WorkerOptions, encode_submission, worker_command
from shared.text import Text

__all__ = ["Dismissed", "Finish", "Job", "Judge", "code_digest"]

_TRIES = 2
_GRACE_SECONDS = 120.0
_FAREWELL_SECONDS = 10.0
_ENDED_TWICE = Text(
    "The grader's own process ended while it was at this submission, twice.",
    "Le processus du correcteur s'est arrêté deux fois pendant cette remise.",
)


class Dismissed(Exception):  # noqa: N818 - a decision of ours, not a mistake
    """The judge was closed while it was at work."""


@dataclass(frozen=True, slots=True)
class Job:
    """A submission to grade, the stem of its files, and the others that are the same.

    ``questions`` are those whose checks are run, all when None.
    """

    submission: Submission
    stem: str
    twins: tuple[Submission, ...] = ()
    questions: tuple[str, ...] | None = None


# Told of each job: how many seconds it took, and why there is no result where there is none.
Finish = Callable[[Job, float, Text | None], None]


class Judge:
    """One worker process, which writes the results that it makes into the folder of its options."""

    def __init__(self, told: WorkerOptions, limits: Limits, scratch: Path) -> None:
        self._told = told
        self._seconds = limits.submission_seconds * 2 + _GRACE_SECONDS
        self._scratch = scratch
        self._process: subprocess.Popen[str] | None = None
        self._dismissed = False

    def start(self) -> None:
        """Start the process if there is none, without waiting for it: loading TensorFlow takes long."""
        self._started()

    def grade(
        self, stem: str, submission: Submission, questions: tuple[str, ...] | None = None
    ) -> tuple[float, Text | None]:
        """Grade a submission; its result is stored when this returns.

        Returns:
            The seconds it took, and why there is no result where there is none.

        Raises:
            AutograderError: The suite or this machine is at fault, so that no submission can be graded.
            Dismissed: The judge was closed meanwhile.
        """
        started = time.monotonic()
        for _ in range(_TRIES):
            answer = self._ask({"stem": stem, "submission": encode_submission(submission), "only": questions})
            if self._dismissed:
                raise Dismissed
            if answer is not None:
                if "error" in answer:
                    raise AutograderError(answer["error"])
                return time.monotonic() - started, None
        return time.monotonic() - started, _ENDED_TWICE

    def close(self) -> None:
        """End the process for good; its zygote and children end with it."""
        self._dismissed = True
        self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        # A worker that is told to stop removes its temporary folders; one that is killed cannot.
        process.terminate()
        try:
            process.wait(_FAREWELL_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _ask(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """Send a job and wait for its answer; None when the worker died or hung."""
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        watch = threading.Timer(self._seconds, process.kill)
        watch.start()
        try:
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except (OSError, ValueError):  # A pipe that broke, or that `close` closed.
            line = ""
        finally:
            watch.cancel()
        if not line.endswith("\n"):
            self._end()
            return None
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _started(self) -> subprocess.Popen[str]:
        if self._dismissed:
            raise Dismissed
        if self._process is None or self._process.poll() is not None:
            try:
                self._process = self._new_process()
            except OSError as error:
                message = f"cannot start a worker: {error}; see to that, then go on with --resume"
                raise AutograderError(message) from error
        return self._process

    def _new_process(self) -> subprocess.Popen[str]:
        with (Path(self._told.out) / ".graded" / "worker.log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own interpreter and module
                worker_command(self._told, self._scratch),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                # A worker that is killed leaves its folders behind; here they go with the run.
                env={**os.environ, "TMPDIR": str(self._scratch)},
                text=True,
                encoding="utf-8",
                start_new_session=True,
            )


def code_digest() -> str:
    """Return a digest of the grader's own code: with another one, results may differ."""
    package = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    for folder in (package, package.parent / "shared"):
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.relative_to(folder.parent).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()
