"""Grade an audit's submissions as a class's are graded, but for chosen questions, other seeds or shorter limits."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder import gradebook
from autograder.course_data import data_kind
from autograder.errors import AutograderError
from autograder.judge import Job, code_digest
from autograder.labs import lab_toml_path, reference_path, stub_path, suite_path
from autograder.local import grade_here
from autograder.model import Grade, Lab
from autograder.orders import Trial, WorkerOptions
from autograder.submissions import Entry, read_submission
from shared.text import Language, Text

__all__ = ["Candidate", "Phase", "Place", "basis_of", "files_asked", "grade_trials"]

# Called with a phase's name and its number of submissions; returns what is told of each one's name and end.
Phase = Callable[[str, int], Callable[[str, str], None]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an audit works: the course, the lab, the audit's folder, its workers and the language of its pages.

    ``narrowed`` says that the lab has only some of its questions here.
    """

    root: Path
    lab: Lab
    out: Path
    jobs: int = 1
    resume: bool = True
    language: Language = "en"
    narrowed: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something to grade: a file or folder as a student hands it in, and the questions to run, all when None."""

    name: str
    path: Path
    questions: tuple[str, ...] | None = None


def grade_trials(
    place: Place, folder: str, candidates: Sequence[Candidate], trial: Trial, tell: Callable[[str, str], None]
) -> dict[str, Grade]:
    """Grade candidates and return their grades by name; those that an earlier run finished and nothing has changed are kept.

    Args:
        place: Where.
        folder: The results' folder within the audit's.
        candidates: What to grade; the names are those of files.
        trial: What the workers are to do otherwise than for a class.
        tell: Told of each candidate.

    Raises:
        AutograderError: No submission can be graded, or a result cannot be stored.
    """
    out = place.out / folder
    (out / ".graded").mkdir(parents=True, exist_ok=True)
    marks: dict[str, str] = {}
    known: dict[tuple[str, ...] | None, str] = {}
    jobs = []
    for candidate in candidates:
        job = _job(place, candidate)
        if candidate.questions not in known:
            known[candidate.questions] = basis_of(place, trial, candidate.questions)
        basis = known[candidate.questions]
        marks[candidate.name] = hashlib.sha256(f"{basis}{job.submission.digest}{job.questions}".encode()).hexdigest()
        if place.resume and _is_done(out, candidate.name, marks[candidate.name]):
            tell(candidate.name, "kept")
        else:
            jobs.append(job)

    def finish(job: Job, _seconds: float, reason: Text | None) -> None:
        if reason is not None:
            raise AutograderError(f"{job.stem}: {reason.en}")
        gradebook.store(_mark(out, job.stem), marks[job.stem].encode())
        tell(job.stem, "graded")

    told = WorkerOptions(str(place.root), place.lab.id, str(out.absolute()), place.language, unsafe=False, trial=trial)
    grade_here(jobs, told, place.lab.limits, place.jobs, finish)
    return {candidate.name: gradebook.read_one(out, candidate.name).grade for candidate in candidates}


def _job(place: Place, candidate: Candidate) -> Job:
    stub = stub_path(place.root, place.lab.id).read_text(encoding="utf-8")
    questions = [question.id for question in place.lab.questions]
    submission = read_submission(Entry(candidate.name, candidate.path), place.lab.id, questions, stub)
    return Job(submission, candidate.name, questions=candidate.questions)


def _is_done(out: Path, name: str, mark: str) -> bool:
    try:
        known = _mark(out, name).read_text(encoding="utf-8")
    except OSError:
        return False
    return known == mark and (out / "results" / f"{name}.json").is_file()


def _mark(out: Path, name: str) -> Path:
    return out / ".graded" / f"{name}.txt"


def basis_of(place: Place, trial: Trial, questions: Collection[str] | None = None) -> str:
    """Return a digest of what a result depends on: the grader, the suite, the lab, the data and the trial.

    Of the suite only the files count that can hold checks of these questions, of all when None, and what is no test.
    """
    digest = hashlib.sha256(f"{code_digest()}{data_kind()}{place.language}{trial}".encode())
    suite = files_asked(place, questions)
    for path in sorted([*suite, reference_path(place.root, place.lab.id), lab_toml_path(place.root, place.lab.id)]):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def files_asked(place: Place, questions: Collection[str] | None = None) -> frozenset[Path]:
    """Return the files of the suite that some questions' checks can be in, that is all that name one, and all helpers."""
    texts = {path: path.read_text(encoding="utf-8") for path in suite_path(place.root, place.lab.id).rglob("*.py")}
    tests = {path.stem: path for path in texts if path.stem.startswith("test_")}
    helpers = texts.keys() - set(tests.values())
    if questions is None:
        return frozenset(texts)
    names = re.compile("|".join(rf"\b{re.escape(question)}\b" for question in questions))
    asked = {path for path in tests.values() if names.search(texts[path])}
    # What a helper names, any test that imports it may ask about.
    telling = [path.stem for path in helpers if names.search(texts[path])]
    asked |= {path for path in tests.values() if any(f"from .{name} import" in texts[path] for name in telling)}
    waiting = list(asked)
    while waiting:
        text = texts[waiting.pop()]
        more = {path for name, path in tests.items() if f"from .{name} import" in text} - asked
        asked |= more
        waiting += more
    return frozenset(asked | helpers)
