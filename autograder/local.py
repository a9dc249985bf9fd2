"""Grades on this machine: judges side by side take jobs until none is left."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence

from autograder.errors import AutograderError
from autograder.judge import Dismissed, Finish, Job, Judge
from autograder.model import Limits
from autograder.orders import WorkerOptions
from autograder.scratch import scratch_folder

__all__ = ["grade_here"]


def grade_here(jobs: Sequence[Job], told: WorkerOptions, limits: Limits, count: int, finish: Finish) -> None:
    """Grade every job; a worker's end never costs more than the submission it was at.

    Args:
        jobs: What to grade.
        told: What each worker is told.
        limits: The lab's.
        count: How many workers there may be.
        finish: Called from any thread, but one at a time.

    Raises:
        AutograderError: No submission can be graded, or a result cannot be stored.
    """
    crew = _Crew(jobs, finish)
    with scratch_folder() as scratch:
        judges = [Judge(told, limits, scratch) for _ in range(max(1, min(count, len(jobs))) if jobs else 0)]
        threads = [threading.Thread(target=crew.serve, args=(judge,), daemon=True) for judge in judges]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive():
                    thread.join(0.2)
        finally:
            crew.stop.set()
            for judge in judges:
                judge.close()
    if crew.faults:
        raise crew.faults[0]


class _Crew:
    """What the threads share, each of which feeds one judge."""

    def __init__(self, jobs: Sequence[Job], finish: Finish) -> None:
        self._waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
        for job in jobs:
            self._waiting.put(job)
        self._finish = finish
        self._lock = threading.Lock()
        self.stop = threading.Event()
        self.faults: list[AutograderError] = []

    def serve(self, judge: Judge) -> None:
        """Let a judge take jobs until there are none."""
        while not self.stop.is_set():
            try:
                job = self._waiting.get_nowait()
                seconds, reason = judge.grade(job.stem, job.submission, job.questions)
                with self._lock:
                    self._finish(job, seconds, reason)
            except (queue.Empty, Dismissed):
                return
            except AutograderError as error:
                self.faults.append(error)
                self.stop.set()
