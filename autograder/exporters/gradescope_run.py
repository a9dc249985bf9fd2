"""What runs inside Gradescope's container: one submission graded, ``results.json`` kept up to date meanwhile."""

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
from autograder.labs import load_lab
from autograder.model import Lab, Report
from autograder.records import decode, parse_grade
from shared.text import Language

__all__ = ["main"]

_POLL_SECONDS = 0.5


def main(argv: list[str]) -> int:
    """Grade what lies in ``BASE/submission``; 0 where ``BASE/results/results.json`` holds its marks.

    Where the fault is ours no results are left: Gradescope then tells the staff, and gives no mark.
    """
    base, started = Path(argv[0]).resolve(), time.monotonic()
    project = base / "source" / "project"
    settings = json.loads((project / "gradescope.json").read_text(encoding="utf-8"))
    language: Language = "fr" if settings["language"] == "fr" else "en"
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
    project = base / "source" / "project"
    secret = [project / name for name in ("solutions", "tests", "data", "gradescope.json")]
    for path in (*secret, *(base / name for name in ("results", "submission", "submission_metadata.json"))):
        if path.exists():
            path.chmod(0o700 if path.is_dir() else 0o600)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
