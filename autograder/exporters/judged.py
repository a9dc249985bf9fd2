"""Submissions graded by our judge from inside a platform's own program: no mark of ours ever rests on its kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autograder import grading
from autograder.entries import Entry
from autograder.errors import AutograderError
from autograder.model import Lab, Report

__all__ = ["judge", "with_marks_or_refused"]

Progress = Callable[[str, str], None]


def judge(
    lab: Lab, entries: Sequence[Entry], options: grading.Options, progress: Progress | None = None
) -> dict[str, Report]:
    """Grade submissions as ``autograder grade`` does.

    Args:
        lab: The lab.
        entries: What was handed in.
        options: Where the course is and where results go.
        progress: Called with a submission's name and what became of it.

    Returns:
        The reports by submission name.

    Raises:
        AutograderError: The grader cannot work here.
    """
    reports = grading.grade_class(lab, entries, options, progress or _say_nothing)
    return {report.grade.submission: report for report in reports}


def with_marks_or_refused(report: Report) -> Report:
    """Return a report that has marks to hand on.

    Raises:
        AutograderError: The submission was set aside by a fault of ours, which must not become a mark.
    """
    grade = report.grade
    if grade.status == "not_graded":
        reason = grade.reason.en if grade.reason else "no reason was given"
        message = f"{grade.submission}: not graded, and not the student's fault: {reason}"
        raise AutograderError(message)
    return report


def _say_nothing(_name: str, _became: str) -> None:
    """Show no progress: nobody watches."""
