"""Grade a class: read what was handed in, give each distinct submission to a worker, store every result at once."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder import dashboard, gradebook, scoring
from autograder.course_data import data_kind
from autograder.errors import AutograderError, SubmissionError, UsageError
from autograder.feedback import write_pages
from autograder.labs import reference_path, stub_path, suite_path
from autograder.model import Lab, Report, Submission
from autograder.submissions import Entry, file_names, read_submission
from autograder.worker import WorkerOptions, encode_submission, worker_command
from shared.text import Language, Text

__all__ = ["Options", "default_jobs", "grade_class", "write_overview"]

_TRIES = 2
_GRACE_SECONDS = 120.0
_CLEANUP_SECONDS = 20.0
_FAREWELL_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Options:
    """How a class is graded."""

    root: Path
    out: Path
    language: Language = "en"
    jobs: int = 1
    resume: bool = False
    unsafe: bool = False


@dataclass(slots=True)
class _Class:
    """The submissions of a class and what has become of them so far."""

    lab: Lab
    options: Options
    stems: dict[str, str]
    seconds: dict[str, float] = field(default_factory=dict)
    interrupted: bool = False
    scratch: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="autograder-run-")))


@dataclass(frozen=True, slots=True)
class _Job:
    """A submission to grade, and the others that are the same."""

    submission: Submission
    twins: tuple[Submission, ...]


Progress = Callable[[str, str], None]


def grade_class(lab: Lab, entries: Sequence[Entry], options: Options, progress: Progress) -> list[Report]:
    """Grade every entry; each ends as exactly one stored report.

    Args:
        lab: the lab whose suite is run.
        entries: what was handed in, gradable or not.
        options: where to, how many workers, whether to keep what an earlier run finished.
        progress: called with a submission's name and what became of it, from any thread but one at a time.

    Returns:
        The reports in the order of the entries.

    Raises:
        AutograderError: the results folder cannot be written, or the grader cannot run on this machine.
    """
    state = _Class(lab, options, file_names([entry.name for entry in entries]))
    _clear(options.out, set(state.stems.values()), keep=options.resume)
    try:
        _work(state, _read_all(state, entries, progress), progress)
    except KeyboardInterrupt:
        state.interrupted = True
    finished = any((options.out / "results").glob("*.json"))
    stored = {report.grade.submission: report for report in (gradebook.read_all(options.out) if finished else [])}
    for entry in entries:
        if entry.name not in stored:
            stored[entry.name] = _set_aside(state, entry.name, None, _interrupted())
    reports = [stored[entry.name] for entry in entries]
    write_overview(lab, reports, options)
    gradebook.write_timings(
        options.out, {"submissions": {n: {"seconds": round(s, 3)} for n, s in state.seconds.items()}}
    )
    if state.interrupted:
        raise KeyboardInterrupt
    return reports


def write_overview(lab: Lab, reports: Sequence[Report], options: Options) -> None:
    """Write the table of marks and the dashboard of a class."""
    gradebook.write_csv(options.out, lab, reports)
    dashboard.write(options.out, lab, reports, options.language, gradebook.stems(options.out))


# -- before ------------------------------------------------------------------------------------------------------


def _read_all(state: _Class, entries: Sequence[Entry], progress: Progress) -> list[_Job]:
    """Read every entry; what cannot be read is rejected here, what was graded before and is the same is kept."""
    lab, root = state.lab, state.options.root
    stub = stub_path(root, lab.id).read_text(encoding="utf-8")
    questions = [question.id for question in lab.questions]
    distinct: dict[str, list[Submission]] = {}
    for entry in entries:
        started = time.monotonic()
        try:
            submission = read_submission(entry, lab.id, questions, stub)
        except SubmissionError as error:
            _store(state, Report(scoring.rejected(lab, entry.name, error.reason)))
            state.seconds[entry.name] = time.monotonic() - started
            progress(entry.name, "rejected")
            continue
        if state.options.resume and _is_done(state, submission):
            state.seconds[entry.name] = 0.0
            progress(entry.name, "kept")
            continue
        _forget(state, submission.name)
        distinct.setdefault(submission.digest, []).append(submission)
    return [_Job(group[0], tuple(group[1:])) for group in distinct.values()]


def _is_done(state: _Class, submission: Submission) -> bool:
    stem = state.stems[submission.name]
    try:
        marker = (_markers(state.options.out) / f"{stem}.txt").read_text()
    except OSError:
        return False
    return marker == _fingerprint(state, submission) and (state.options.out / "results" / f"{stem}.json").is_file()


def _forget(state: _Class, name: str) -> None:
    """Remove the result of what was handed in before: were this run interrupted, it would pass for the new one's."""
    stem = state.stems[name]
    for path in (f".graded/{stem}.txt", f"results/{stem}.json", f"exhibits/{stem}.json", f"feedback/{stem}.html"):
        (state.options.out / path).unlink(missing_ok=True)


def _fingerprint(state: _Class, submission: Submission) -> str:
    """Return what a stored result depends on: the submission, the lab, its suite, the grader and the data."""
    root, lab = state.options.root, state.lab
    digest = hashlib.sha256(f"{submission.digest}{submission.name}{data_kind()}{state.options.language}".encode())
    files = [
        *suite_path(root, lab.id).rglob("*.py"),
        reference_path(root, lab.id),
        stub_path(root, lab.id).parent / "lab.toml",
    ]
    for path in sorted([*files, *Path(__file__).parent.glob("*.py")]):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _markers(out: Path) -> Path:
    return out / ".graded"


def _clear(out: Path, stems: set[str], *, keep: bool) -> None:
    """Remove what an earlier run left; with ``keep`` only what belongs to submissions that are not given now."""
    try:
        for name, ending in (("results", "json"), ("exhibits", "json"), ("feedback", "html"), (".graded", "txt")):
            (out / name).mkdir(parents=True, exist_ok=True)
            for path in (out / name).glob(f"*.{ending}"):
                if not (keep and path.stem in stems):
                    path.unlink()
    except OSError as error:
        message = f"cannot write {error.filename}: {error.strerror}; choose another folder with --out"
        raise UsageError(message) from error


# -- the work ----------------------------------------------------------------------------------------------------


def _work(state: _Class, jobs: list[_Job], progress: Progress) -> None:
    """Let workers take jobs until none is left; a worker's end never costs more than the submission it was at."""
    waiting: queue.SimpleQueue[_Job] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    lock, faults = threading.Lock(), list[AutograderError]()
    stop = threading.Event()
    count = max(1, min(state.options.jobs, len(jobs)))
    workers = [_Worker(state, waiting, stop) for _ in range(count if jobs else 0)]
    threads = [threading.Thread(target=w.run, args=(progress, lock, faults), daemon=True) for w in workers]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            while thread.is_alive():
                thread.join(0.2)
    except KeyboardInterrupt:
        stop.set()
        raise
    finally:
        for worker in workers:
            worker.close()
        shutil.rmtree(state.scratch, ignore_errors=True)
    if faults:
        raise faults[0]


class _Worker:
    """A worker process, and the thread that feeds it."""

    def __init__(self, state: _Class, waiting: queue.SimpleQueue[_Job], stop: threading.Event) -> None:
        self._state = state
        self._waiting = waiting
        self._stop = stop
        self._process: subprocess.Popen[str] | None = None

    def run(self, progress: Progress, lock: threading.Lock, faults: list[AutograderError]) -> None:
        """Take jobs until there are none."""
        while not self._stop.is_set():
            try:
                job = self._waiting.get_nowait()
            except queue.Empty:
                return
            try:
                self._grade(job)
            except AutograderError as error:
                faults.append(error)
                self._stop.set()
                return
            with lock:
                self._finish(job, progress)

    def close(self) -> None:
        """End the process; its zygote and children end with it."""
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

    def _grade(self, job: _Job) -> None:
        started = time.monotonic()
        name = job.submission.name
        for _ in range(_TRIES):
            answer = self._ask({"stem": self._state.stems[name], "submission": encode_submission(job.submission)})
            if answer is not None:
                if "error" in answer:
                    raise AutograderError(answer["error"])
                break
            if self._stop.is_set():
                return
        else:
            reason = Text(
                "The grader's own process ended while it was at this submission, twice.",
                "Le processus du correcteur s'est arrêté deux fois pendant cette remise.",
            )
            _set_aside(self._state, name, job.submission.digest, reason)
        self._state.seconds[name] = time.monotonic() - started

    def _ask(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """Send a job and wait for its answer; None when the worker died or hung."""
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        limit = self._state.lab.limits.submission_seconds * 2 + _GRACE_SECONDS
        watch = threading.Timer(limit, process.kill)
        watch.start()
        try:
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:
            line = ""
        finally:
            watch.cancel()
        if not line.endswith("\n"):
            self.close()
            return None
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            options = self._state.options
            told = WorkerOptions(
                str(options.root), self._state.lab.id, str(options.out.absolute()), options.language, options.unsafe
            )
            log = (options.out / ".graded" / "worker.log").open("ab")
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                worker_command(told),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                # A worker that is killed leaves its folders behind; here they go with the run.
                env={**os.environ, "TMPDIR": str(self._state.scratch)},
                text=True,
                encoding="utf-8",
                start_new_session=True,
            )
            log.close()
        return self._process

    def _finish(self, job: _Job, progress: Progress) -> None:
        """Give the twins their result, mark all as done, and tell."""
        state = self._state
        if (
            self._stop.is_set()
            and not (state.options.out / "results" / f"{state.stems[job.submission.name]}.json").exists()
        ):
            return
        report = gradebook.read_one(state.options.out, state.stems[job.submission.name])
        for submission in (job.submission, *job.twins):
            if submission is not job.submission:
                twin = replace(report, grade=replace(report.grade, submission=submission.name))
                _store(state, twin)
                state.seconds[submission.name] = 0.0
            if report.grade.status == "graded":
                marker = _markers(state.options.out) / f"{state.stems[submission.name]}.txt"
                gradebook.store(marker, _fingerprint(state, submission).encode())
            progress(submission.name, report.grade.status)


# -- storing -----------------------------------------------------------------------------------------------------


def _store(state: _Class, report: Report) -> None:
    name = report.grade.submission
    gradebook.write(state.options.out, report, state.stems[name])
    write_pages(state.options.out, state.lab, [report], state.options.language, {name: state.stems[name]})


def _set_aside(state: _Class, name: str, digest: str | None, reason: Text) -> Report:
    report = Report(scoring.not_graded(state.lab, name, digest, reason))
    _store(state, report)
    return report


def _interrupted() -> Text:
    return Text(
        "Grading was interrupted before this submission; run the command again with --resume.",
        "La correction a été interrompue avant cette remise ; relancez la commande avec --resume.",
    )


def default_jobs() -> int:
    """Return how many workers this machine has cores for."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
