"""Marks of written answers into nbgrader's gradebook and out of it, in the form of the tool's own files of marks."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from traitlets.config.loader import PyFileConfigLoader

from autograder import gradebook
from autograder.errors import UsageError
from autograder.exporters.nbgrader import JUDGED
from autograder.labs import load_lab
from autograder.marks import answer_digest, mark_rows, merge_marks, read_marks, write_marks_csv, write_marks_yaml
from autograder.model import Lab, Mark, Report

__all__ = ["collect_marks", "marks_of", "put_marks"]


def collect_marks(root: Path, lab_id: str, course: Path, file: Path) -> int:
    """Write the manual marks of nbgrader's gradebook to a file that ``report --marks`` reads.

    Args:
        root: The labs' folder.
        lab_id: The lab.
        course: nbgrader's course folder.
        file: A ``.csv``, ``.yaml`` or ``.yml`` to write; a row for each written answer, marked or not.

    Returns:
        How many answers are marked.

    Raises:
        UsageError: Nothing is autograded there, or the file cannot be written.
    """
    lab, reports = load_lab(root, lab_id), _reports(course, lab_id)
    with Gradebook(_database(course)) as found:
        marks = {report.grade.submission: marks_of(found, lab, report) for report in reports}
    rows = mark_rows(lab, reports, marks)
    write = write_marks_yaml if file.suffix.lower() in (".yaml", ".yml") else write_marks_csv
    gradebook.store(file, write(rows).encode("utf-8"))
    return sum(len(of_one) for of_one in marks.values())


def put_marks(root: Path, lab_id: str, course: Path, file: Path) -> int:
    """Put the marks of a file into nbgrader's gradebook, where they then need no manual grade any more.

    Args:
        root: The labs' folder.
        lab_id: The lab.
        course: nbgrader's course folder.
        file: Marks as the marking page exports them.

    Returns:
        How many marks changed.

    Raises:
        UsageError: Nothing is autograded there, or a row is wrong; the text names its place and the remedy.
    """
    lab, reports = load_lab(root, lab_id), _reports(course, lab_id)
    with Gradebook(_database(course)) as found:
        stored = {report.grade.submission: marks_of(found, lab, report) for report in reports}
        changes = merge_marks(lab, reports, stored, read_marks(file))
        for (student, question), mark in changes.items():
            _put(found, lab, student, question, mark)
        found.db.commit()
    return len(changes)


def marks_of(found: Any, lab: Lab, report: Report) -> dict[str, Mark]:  # noqa: ANN401 - nbgrader's Gradebook
    """Return the manual marks of one student by question.

    A mark that nbgrader wants to be looked at again (it does after each new autograding) is one to an earlier answer.
    """
    marks: dict[str, Mark] = {}
    for question in lab.written.values():
        try:
            grade = found.find_grade(question.id, lab.id, lab.id, report.grade.submission)
            comment = found.find_comment(question.id, lab.id, lab.id, report.grade.submission)
        except MissingEntry:
            continue
        if grade.manual_score is not None:
            points = round(Fraction(grade.manual_score), 4)
            answer = "" if grade.needs_manual_grade else answer_digest(report.answers.get(question.id, ""))
            marks[question.id] = Mark(points, comment.manual_comment or "", answer)
    return marks


def _put(found: Any, lab: Lab, student: str, question: str, mark: Mark) -> None:  # noqa: ANN401 - nbgrader's Gradebook
    grade = found.find_grade(question, lab.id, lab.id, student)
    grade.manual_score = None if mark.points is None else float(mark.points)
    grade.needs_manual_grade = mark.points is None
    found.find_comment(question, lab.id, lab.id, student).manual_comment = mark.comment or None


def _reports(course: Path, lab_id: str) -> list[Report]:
    folder = course / JUDGED / lab_id
    if not (folder / "results").is_dir():
        message = f"{course}: nothing of {lab_id} is autograded there; run nbgrader autograde {lab_id} in it first"
        raise UsageError(message)
    return gradebook.read_all(folder)


def _database(course: Path) -> str:
    """Return where the course's gradebook is, as its configuration says, or else nbgrader's default."""
    settings: Mapping[str, Any] = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    default = f"sqlite:///{course.absolute() / 'gradebook.db'}"
    return str(settings.get("CourseDirectory", {}).get("db_url", default))
