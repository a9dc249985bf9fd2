"""What pages and tables say of each submission, and what is different from the last time that they were written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autograder.glyphs import one_line
from autograder.gradebook import natural_order
from autograder.marks import outdated_marks
from autograder.model import Report
from autograder.scoring import round_points

__all__ = ["describe_changes", "facts_of"]

Facts = Mapping[str, Any]


def facts_of(reports: Sequence[Report]) -> dict[str, Any]:
    """Return what is remembered of each submission: its status, its points by question, marks for earlier answers."""
    return {report.grade.submission: _facts(report) for report in reports}


def describe_changes(before: Mapping[str, Facts], after: Mapping[str, Facts]) -> list[str]:
    """Return a line for each submission that is new, gone or has other points, in the natural order of their names."""
    lines = []
    for name in sorted({*before, *after}, key=natural_order):
        said = _difference(before.get(name), after.get(name))
        if said:
            lines.append(f"{one_line(name)}: {said}")
    return lines


def _facts(report: Report) -> dict[str, Any]:
    grade = report.grade
    points = {q.id: None if q.score is None else round_points(q.score) for q in grade.questions}
    score = None if grade.score is None else round_points(grade.score)
    return {"status": grade.status, "score": score, "questions": points, "outdated": outdated_marks(report)}


def _difference(before: Facts | None, after: Facts | None) -> str:
    if after is None:
        return "gone"
    if before is None:
        return f"new, {after['status'].replace('_', ' ')}, {_points(after['score'])}"
    parts = []
    if before["status"] != after["status"]:
        parts.append(f"{before['status']} → {after['status']}".replace("_", " "))
    if before["score"] != after["score"]:
        parts.append(f"{_points(before['score'])} → {_points(after['score'])}")
    for question, points in after["questions"].items():
        old = before["questions"].get(question)
        if old != points:
            parts.append(f"{question} {_points(old)} → {_points(points)}")
    for question in after["outdated"]:
        if question not in before["outdated"]:
            parts.append(f"the answer to {question} has changed since it was marked")
    return ", ".join(parts)


def _points(points: float | None) -> str:
    return "–" if points is None else f"{points:g}"
