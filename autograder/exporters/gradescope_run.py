"""What runs inside Gradescope's container: one submission graded, ``results.json`` kept up to date meanwhile.

While the image is built the reference is graded there once.  That tells the instructor early whether the image can grade,
and leaves in it what each later container, which starts from the image again, would have to make: the embedded data sets,
Matplotlib's list of fonts, and how well the reference's networks learn.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from autograder import grading
from autograder.entries import Entry
from autograder.errors import AutograderError
from autograder.exporters.gradescope import refusal, results_document, wait_until
from autograder.gradebook import store
from autograder.labs import load_lab, reference_path
from autograder.model import Lab, Report
from autograder.records import decode, parse_grade
from shared.text import Language

__all__ = ["main"]

_POLL_SECONDS = 0.5


def main(argv: list[str]) -> int:
    """Grade what lies in ``BASE/submission``; 0 where ``BASE/results/results.json`` holds its marks.

    Where the fault is ours no results are left: Gradescope then tells the staff, and gives no mark.
    With ``--prepare`` after it, grade the reference instead and only say what came of it.
    """
    base, started = Path(argv[0]).resolve(), time.monotonic()
    project = base / "source" / "project"
    settings = json.loads((project / "gradescope.json").read_text(encoding="utf-8"))
    language: Language = "fr" if settings["language"] == "fr" else "en"
    if argv[1:] == ["--prepare"]:
        return _prepare(base, settings["lab"], language)
    results = base / "results" / "results.json"
    try:
        lab = load_lab(project, settings["lab"])
        metadata = _metadata(base)
        until = wait_until(lab.gradescope, metadata) if metadata else None
        if until is not None:
            document = refusal(lab.gradescope, until, metadata, language)
        else:
            _keep_out(base)
            document = _graded(base, lab, language)
    except AutograderError as error:
        results.unlink(missing_ok=True)
        sys.stderr.write(f"not graded, and not the student's fault: {error}\n")
        return 1
    document["execution_time"] = round(time.monotonic() - started, 1)
    _write(results, document)
    return 0


def _prepare(base: Path, lab_id: str, language: Language) -> int:
    """Grade the reference; 0 where it has all points that a program gives."""
    project, started = base / "source" / "project", time.monotonic()
    try:
        lab = load_lab(project, lab_id)
        _keep_out(base)
        with tempfile.TemporaryDirectory() as scratch:
            options = grading.Options(project, Path(scratch), language)
            entries = [Entry("reference", reference_path(project, lab_id))]
            grade = grading.grade_class(lab, entries, options, _ignore)[0].grade
    except AutograderError as error:
        sys.stderr.write(f"the reference solution could not be graded in this image: {error}\n")
        return 1
    points, seconds = sum(question.points for question in lab.coded.values()), time.monotonic() - started
    if grade.score != points:
        why = grade.reason.en if grade.reason else f"{float(grade.score or 0):g} of {float(points):g} points"
        sys.stderr.write(f"the reference solution does not get its points in this image: {why}\n")
        return 1
    sys.stdout.write(f"the reference solution got its {float(points):g} points in this image, in {seconds:.0f} s\n")
    return 0


def _graded(base: Path, lab: Lab, language: Language) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch)
        options = grading.Options(base / "source" / "project", out, language, keeps_partial=True)
        done = threading.Event()
        watcher = threading.Thread(target=_follow, args=(base / "results" / "results.json", out, lab, language, done))
        watcher.start()
        try:
            report = grading.grade_class(lab, [Entry("submission", base / "submission")], options, _ignore)[0]
        finally:
            done.set()
            watcher.join()
    if report.grade.status == "not_graded":
        raise AutograderError(report.grade.reason.en if report.grade.reason else "no reason was given")
    return results_document(report, lab, language)


def _follow(results: Path, out: Path, lab: Lab, language: Language, done: threading.Event) -> None:
    """Keep ``results.json`` at what is known so far: when Gradescope's time is over, that much counts."""
    while not done.wait(_POLL_SECONDS):
        for path in (out / ".graded").glob("*.partial.json"):
            with contextlib.suppress(OSError, ValueError):
                grade = parse_grade(decode(path.read_bytes()))
                if grade.status == "graded":
                    _write(results, results_document(Report(grade), lab, language, finished=False))


def _ignore(_name: str, _became: str) -> None:
    """Show no progress: nobody watches."""


def _write(path: Path, document: dict[str, Any]) -> None:
    store(path, (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "backslashreplace"))


def _metadata(base: Path) -> dict[str, Any]:
    """Return what Gradescope says of the submission; nothing where it is run by hand."""
    path = base / "submission_metadata.json"
    if not path.is_file():
        return {}
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        message = f"submission_metadata.json cannot be read: {error}"
        raise AutograderError(message) from error
    return found


def _keep_out(base: Path) -> None:
    """Close to every other user what the student's must not see, besides what confinement refuses.

    Not the whole of ``source``: the packages that student code imports lie in it.
    """
    project, cache = base / "source" / "project", base / "source" / "cache"
    cache.mkdir(mode=0o700, exist_ok=True)
    secret = [project / name for name in ("solutions", "tests", "data", "gradescope.json")]
    for path in (*secret, cache, *(base / name for name in ("results", "submission", "submission_metadata.json"))):
        if path.exists():
            path.chmod(0o700 if path.is_dir() else 0o600)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
