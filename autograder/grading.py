"""Grade a class: read what was handed in, give each distinct submission to a worker, store every result at once."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from autograder import gradebook, scoring
from autograder.changes import facts_of
from autograder.course_data import data_kind
from autograder.errors import SubmissionError, UsageError
from autograder.feedback import write_pages
from autograder.judge import Job, code_digest
from autograder.labs import lab_toml_path, reference_path, stub_path, suite_path
from autograder.local import grade_here
from autograder.model import Lab, Report, Submission
from autograder.orders import WorkerOptions
from autograder.overview import Shown, restore, write_overview
from autograder.store import Store, Stored, open_store
from autograder.submissions import Entry, file_names, read_submission
from shared.text import Language, Text

__all__ = ["Options", "default_jobs", "grade_class"]


@dataclass(frozen=True, slots=True)
class Options:
    """How a class is graded; ``scheduler`` is a Dask cluster's address, ``database`` the URL of its gradebook.

    With ``keeps_partial`` each check's outcome is stored at once, for whoever may stop everything at any moment.
    """

    root: Path
    out: Path
    language: Language = "en"
    jobs: int = 1
    resume: bool = False
    unsafe: bool = False
    scheduler: str | None = None
    database: str | None = None
    keeps_partial: bool = False


Progress = Callable[[str, str], None]


@dataclass(slots=True)
class _Class:
    """The submissions of a class and what has become of them so far."""

    lab: Lab
    options: Options
    stems: dict[str, str]
    store: Store
    progress: Progress
    basis: str
    seconds: dict[str, float] = field(default_factory=dict)


def grade_class(lab: Lab, entries: Sequence[Entry], options: Options, progress: Progress) -> list[Report]:
    """Grade every entry; each ends as exactly one stored report.

    Args:
        lab: the lab whose suite is run.
        entries: what was handed in, gradable or not.
        options: where to, how many workers, whether to keep what an earlier run finished.
        progress: called with a submission's name and what became of it, from any thread but one at a time.

    Returns:
        The reports in the order of the entries, with the marks that persons have given.

    Raises:
        AutograderError: the results folder cannot be written, or the grader cannot run on this machine.
    """
    stems = file_names([entry.name for entry in entries])
    _clear(options.out, set(stems.values()), keep=options.resume)
    with closing(open_store(options.out, lab.id, options.database)) as store:
        store.retain(set(stems) if options.resume else set())
        state = _Class(lab, options, stems, store, progress, _basis(lab, options))
        interrupted = False
        try:
            _work(state, _read_all(state, entries))
        except KeyboardInterrupt:
            interrupted = True
        reports = _finish_class(state, entries)
    if interrupted:
        raise KeyboardInterrupt
    return reports


def _finish_class(state: _Class, entries: Sequence[Entry]) -> list[Report]:
    out, lab = state.options.out, state.lab
    with suppress(OSError):  # what cannot be removed is no reason to lose the rest
        gradebook.sweep(out)  # after workers that were killed while they stored something
    for stem in restore(out, state.store):
        _show(state, gradebook.read_one(out, stem))
    finished = any((out / "results").glob("*.json"))
    stored = {report.grade.submission: report for report in (gradebook.read_all(out) if finished else [])}
    for entry in entries:
        if entry.name not in stored:
            stored[entry.name] = _set_aside(state, entry.name, None, _interrupted())
    timings = {name: {"seconds": round(seconds, 3)} for name, seconds in state.seconds.items()}
    gradebook.write_timings(out, {"submissions": timings})
    stub = stub_path(state.options.root, lab.id).read_text(encoding="utf-8")
    shown = Shown(out, lab, state.options.language, state.stems, stub)
    reports = write_overview(shown, [stored[entry.name] for entry in entries], state.store)
    if not state.store.shown():
        # What `report` compares with: the class as it was graded first, then as the last report showed it.
        state.store.show(facts_of(reports))
    return list(reports)


# -- before ------------------------------------------------------------------------------------------------------


def _read_all(state: _Class, entries: Sequence[Entry]) -> list[Job]:
    """Read every entry; what cannot be read is rejected here, what was graded before and is the same is kept."""
    lab, root = state.lab, state.options.root
    stub = stub_path(root, lab.id).read_text(encoding="utf-8")
    questions = [question.id for question in lab.questions]
    known = state.store.fingerprints() if state.options.resume else {}
    distinct: dict[str, list[Submission]] = {}
    for entry in entries:
        started = time.monotonic()
        try:
            submission = read_submission(entry, lab.id, questions, stub)
        except SubmissionError as error:
            _keep(state, Report(scoring.rejected(lab, entry.name, error.reason)))
            state.seconds[entry.name] = time.monotonic() - started
            state.progress(entry.name, "rejected")
            continue
        if known.get(entry.name) == _fingerprint(state, submission) and _has_result(state, entry.name):
            state.seconds[entry.name] = 0.0
            state.progress(entry.name, "kept")
            continue
        _forget(state, submission.name)
        distinct.setdefault(submission.digest, []).append(submission)
    return [Job(group[0], state.stems[group[0].name], tuple(group[1:])) for group in distinct.values()]


def _has_result(state: _Class, name: str) -> bool:
    return (state.options.out / "results" / f"{state.stems[name]}.json").is_file()


def _forget(state: _Class, name: str) -> None:
    """Remove the result of what was handed in before: were this run interrupted, it would pass for the new one's."""
    state.store.forget(name)
    stem = state.stems[name]
    for path in (f"results/{stem}.json", f"exhibits/{stem}.json", f"feedback/{stem}.html"):
        gradebook.remove(state.options.out / path)


def _basis(lab: Lab, options: Options) -> str:
    """Return a digest of what every result of this run depends on: the lab, its suite, the grader and the data."""
    digest = hashlib.sha256(f"{code_digest()}{data_kind()}{options.language}".encode())
    root = options.root
    files = [*suite_path(root, lab.id).rglob("*.py"), reference_path(root, lab.id), lab_toml_path(root, lab.id)]
    for path in sorted(files):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _fingerprint(state: _Class, submission: Submission) -> str:
    """Return a digest of what a stored result depends on."""
    return hashlib.sha256(f"{state.basis}{submission.digest}{submission.name}".encode()).hexdigest()


def _clear(out: Path, stems: set[str], *, keep: bool) -> None:
    """Remove what an earlier run left; with ``keep`` only what belongs to submissions that are not given now."""
    try:
        (out / ".graded").mkdir(parents=True, exist_ok=True)
        for name, ending in (("results", "json"), ("exhibits", "json"), ("feedback", "html")):
            (out / name).mkdir(parents=True, exist_ok=True)
            for path in (out / name).glob(f"*.{ending}"):
                if not (keep and path.stem in stems):
                    path.unlink()
        gradebook.sweep(out)
    except OSError as error:
        message = f"cannot write {error.filename}: {error.strerror}; choose another folder with --out"
        raise UsageError(message) from error


# -- the work ----------------------------------------------------------------------------------------------------


def _work(state: _Class, jobs: list[Job]) -> None:
    """Grade what is left, here or on a cluster."""
    options, lab = state.options, state.lab
    out = str(options.out.absolute())
    told = WorkerOptions(str(options.root), lab.id, out, options.language, options.unsafe, options.keeps_partial)

    def finish(job: Job, seconds: float, reason: Text | None) -> None:
        _finish(state, job, seconds, reason)

    if options.scheduler is None:
        grade_here(jobs, told, lab.limits, options.jobs, finish)
    elif jobs:
        from autograder.cluster import grade_on_cluster  # noqa: PLC0415 - an extra that few have

        grade_on_cluster(options.scheduler, jobs, told, finish)


def _finish(state: _Class, job: Job, seconds: float, reason: Text | None) -> None:
    """Keep what became of a job, for its twins too, and tell."""
    name = job.submission.name
    state.seconds[name] = seconds
    if reason is not None:
        _set_aside(state, name, job.submission.digest, reason)
    report = gradebook.read_one(state.options.out, job.stem)
    for submission in (job.submission, *job.twins):
        if submission is not job.submission:
            _keep(state, replace(report, grade=replace(report.grade, submission=submission.name)))
            state.seconds[submission.name] = 0.0
        if report.grade.status == "graded":
            _record(state, submission.name, _fingerprint(state, submission), submission.module)
        state.progress(submission.name, report.grade.status)


def _keep(state: _Class, report: Report) -> None:
    name = report.grade.submission
    gradebook.write(state.options.out, report, state.stems[name])
    _show(state, report)
    _record(state, name)


def _show(state: _Class, report: Report) -> None:
    write_pages(state.options.out, state.lab, [report], state.options.language, state.stems)


def _record(state: _Class, name: str, fingerprint: str = "", module: str = "") -> None:
    """Put a result into the database; without a fingerprint it is not taken for done by `--resume`."""
    stem = state.stems[name]
    state.store.keep(Stored(name, stem, fingerprint, *gradebook.read_content(state.options.out, stem), module))


def _set_aside(state: _Class, name: str, digest: str | None, reason: Text) -> Report:
    report = Report(scoring.not_graded(state.lab, name, digest, reason))
    _keep(state, report)
    return report


def _interrupted() -> Text:
    return Text(
        "Grading was interrupted before this submission; run the command again with --resume.",
        "La correction a été interrompue avant cette remise ; relancez la commande avec --resume.",
    )


def default_jobs() -> int:
    """Return how many workers this machine has cores for."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
