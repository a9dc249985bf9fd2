"""Marks that persons give to written answers: put into results, kept apart from regrading, exchanged as CSV or YAML."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from autograder.errors import UsageError
from autograder.gradebook import csv_name, natural_order
from autograder.model import Lab, Mark, Question, Report
from autograder.scoring import round_points, with_marks

__all__ = [
    "WITHDRAWN",
    "MarkRow",
    "answer_digest",
    "apply_marks",
    "is_outdated",
    "mark_rows",
    "merge_marks",
    "outdated_marks",
    "read_marks",
    "read_points",
    "write_marks_csv",
    "write_marks_yaml",
]

WITHDRAWN = "-"
_COLUMNS = ("submission", "question", "points", "comment", "answer", "marker")
_POINTS = re.compile(r"[0-9]{1,6}(?:[.,][0-9]{1,4})?")
_DIGEST_DIGITS = 16
_MAX_FILE_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class MarkRow:
    """One line of a file of marks, as written; ``points`` is empty where nobody has marked the answer yet."""

    submission: str
    question: str
    points: str
    comment: str = ""
    answer: str = ""
    marker: str = ""
    place: str = ""


def answer_digest(answer: str) -> str:
    """Return what tells an answer from another one, short enough for a table."""
    digest = hashlib.sha256(answer.encode("utf-8", "surrogatepass")).hexdigest()
    return f"sha256:{digest[:_DIGEST_DIGITS]}"


def is_outdated(mark: Mark, answer: str) -> bool:
    """Say whether the answer has changed since a person gave the mark."""
    return mark.points is not None and mark.answer != answer_digest(answer)


def outdated_marks(report: Report) -> list[str]:
    """Return the questions whose marks were given to an earlier answer."""
    return [question for question, mark in report.marks.items() if is_outdated(mark, report.answers.get(question, ""))]


def apply_marks(report: Report, marks: Mapping[str, Mark]) -> Report:
    """Return the report with a person's marks in place of those that it has.

    A withdrawn mark leaves its question unmarked; questions that no mark names stay as they are.

    Args:
        report: A result as graded or as read back.
        marks: Marks by question.

    Raises:
        UsageError: A mark is for a question that the lab does not have, or beyond its points.
    """
    if report.grade.status != "graded":
        return report
    grade = with_marks(report.grade, {question: mark.points for question, mark in marks.items()})
    given = {question: mark for question, mark in sorted(marks.items()) if mark.points is not None or mark.comment}
    return replace(report, grade=grade, marks=given)


def read_points(text: str, question: Question) -> Fraction:
    """Return points as a person writes them: ``0.75`` or ``0,75``.

    Raises:
        ValueError: It is not a number with at most four decimals between 0 and the question's points.
    """
    limit = f"{round_points(question.points):g}"
    if _POINTS.fullmatch(text.strip()) is None:
        message = f"{text.strip()!r} is not a number of points: write one between 0 and {limit}, such as 0.75"
        raise ValueError(message)
    points = Fraction(text.strip().replace(",", "."))
    if points > question.points:
        message = f"{text.strip()} is more than the {limit} points of {question.id}"
        raise ValueError(message)
    return points


# -- files of marks ----------------------------------------------------------------------------------------------


def mark_rows(lab: Lab, reports: Sequence[Report], marks: Mapping[str, Mapping[str, Mark]]) -> list[MarkRow]:
    """Return a row for each written answer of the graded submissions; without points where nobody has marked it.

    Args:
        lab: The lab that was graded.
        reports: One report a submission.
        marks: Marks by submission and question.
    """
    rows = []
    for report in sorted(reports, key=lambda report: natural_order(report.grade.submission)):
        for question in lab.written.values():
            if report.grade.status == "graded":
                mark = marks.get(report.grade.submission, {}).get(question.id)
                rows.append(_row(report, question.id, mark))
    return rows


def write_marks_csv(rows: Sequence[MarkRow]) -> str:
    """Return the rows as CSV; a name that a spreadsheet would take for a formula has an apostrophe before it."""
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    for row in rows:
        cells = _cells(row) | {"submission": csv_name(row.submission), "comment": _csv_comment(row.comment)}
        table.writerow([cells[column] for column in _COLUMNS])
    return text.getvalue()


def write_marks_yaml(rows: Sequence[MarkRow]) -> str:
    """Return the rows as YAML: submissions, their questions, what was said of each."""
    document: dict[str, dict[str, dict[str, str]]] = {}
    for row in rows:
        said = {key: value for key, value in _cells(row).items() if key not in ("submission", "question")}
        document.setdefault(row.submission, {})[row.question] = said
    return str(yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=100))


def read_marks(path: Path) -> list[MarkRow]:
    """Read a file of marks: CSV as the marking page exports it (or with semicolons or tabs), or YAML.

    A YAML file holds submissions, below each its questions, and below a question either its points or a table with
    ``points``, ``comment`` and perhaps ``answer`` and ``marker``.

    Raises:
        UsageError: The file cannot be read; the text names it, the line and the remedy.
    """
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            message = f"{path} is larger than a file of marks can be"
            raise UsageError(message)
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path} cannot be read as marks: {error}; save it as CSV or YAML in UTF-8"
        raise UsageError(message) from error
    return list(_yaml_rows(path, text) if path.suffix.lower() in (".yaml", ".yml") else _csv_rows(path, text))


def merge_marks(
    lab: Lab, reports: Sequence[Report], stored: Mapping[str, Mapping[str, Mark]], rows: Sequence[MarkRow]
) -> dict[tuple[str, str], Mark]:
    """Return what rows of a file change in the stored marks, by submission and question.

    Rows without points say nothing; a dash withdraws a mark.  A row that does not name the answer that it is for is
    taken to be for the present one, unless it only repeats a stored mark.

    Args:
        lab: The lab that was graded.
        reports: One report a submission.
        stored: Marks by submission and question.
        rows: What `read_marks` returned.

    Raises:
        UsageError: A row is wrong; the text names its place and the remedy.
    """
    by_name = {report.grade.submission: report for report in reports}
    names = {csv_name(name): name for name in by_name} | {name: name for name in by_name}
    changes: dict[tuple[str, str], Mark] = {}
    seen: dict[tuple[str, str], str] = {}
    for row in rows:
        name = names.get(row.submission)
        if name is None:
            raise UsageError(f"{row.place}: there is no submission {row.submission!r} here; correct the name")
        if row.question not in lab.written:
            known = ", ".join(lab.written) or "none"
            raise UsageError(f"{row.place}: {lab.id} has no written question {row.question!r}; there are: {known}")
        if (name, row.question) in seen:
            first = seen[name, row.question]
            raise UsageError(f"{row.place}: {name} is marked twice for {row.question}, see {first}; remove one")
        seen[name, row.question] = row.place
        before = stored.get(name, {}).get(row.question)
        after = _merged(row, lab.written[row.question], by_name[name], before)
        if after is not None and after != before:
            changes[name, row.question] = after
    return changes


def _merged(row: MarkRow, question: Question, report: Report, before: Mark | None) -> Mark | None:
    """Return the mark that a row makes; None where it says nothing."""
    text = row.points.strip()
    if not text:
        return None
    try:
        points = None if text == WITHDRAWN else read_points(text, question)
    except ValueError as error:
        raise UsageError(f"{row.place}: {error}") from error
    if before is not None and not row.answer and (before.points, before.comment) == (points, row.comment):
        return before
    answer = row.answer or answer_digest(report.answers.get(question.id, ""))
    return Mark(points, row.comment, answer, row.marker or (before.marker if before else ""))


def _row(report: Report, question: str, mark: Mark | None) -> MarkRow:
    name = report.grade.submission
    if mark is None:
        return MarkRow(name, question, "", answer=answer_digest(report.answers.get(question, "")))
    points = WITHDRAWN if mark.points is None else f"{round_points(mark.points):g}"
    return MarkRow(name, question, points, mark.comment, mark.answer, mark.marker)


def _cells(row: MarkRow) -> dict[str, str]:
    return {column: str(getattr(row, column)) for column in _COLUMNS}


def _csv_comment(comment: str) -> str:
    """Return a comment that no spreadsheet computes; a line break within it is the CSV file's own matter."""
    return f" {comment}" if comment[:1] in tuple("=+-@\t\r") and comment else comment


def _csv_rows(path: Path, text: str) -> Iterator[MarkRow]:
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    missing = [column for column in _COLUMNS[:3] if column not in (table.fieldnames or [])]
    if missing:
        raise UsageError(f"{path}: no column {missing[0]}; the first line must name {', '.join(_COLUMNS)}")
    try:
        for cells in table:
            known = {column: (cells.get(column) or "").strip() for column in _COLUMNS}
            if any(known.values()):
                yield MarkRow(**known, place=f"{path}, line {table.line_num}")
    except csv.Error as error:
        raise UsageError(f"{path}, after line {table.line_num}: not valid CSV ({error}); save it again") from error


def _yaml_rows(path: Path, text: str) -> Iterator[MarkRow]:
    try:
        # The loader that leaves every scalar the text that it is: 007 may be a student's number.
        document: Any = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - it makes strings, lists and dicts only
    except (yaml.YAMLError, RecursionError) as error:
        raise UsageError(f"{path}: not valid YAML ({error}); correct the syntax there") from error
    for name, questions in _table(document or {}, f"{path}").items():
        for question, said in _table(questions, f"{path}, {name}").items():
            place = f"{path}, {name}, {question}"
            found = {"points": said} if isinstance(said, str) else _table(said, place)
            unknown = sorted(set(found) - set(_COLUMNS[2:]))
            if unknown or not all(isinstance(value, str) for value in found.values()):
                what = f"unknown key {unknown[0]}" if unknown else "a value is not a text or a number"
                raise UsageError(f"{place}: {what}; the keys are {', '.join(_COLUMNS[2:])}")
            yield MarkRow(name, question, **({"points": ""} | found), place=place)


def _table(value: Any, place: str) -> dict[str, Any]:  # noqa: ANN401 - whatever the file holds
    if not isinstance(value, dict):
        raise UsageError(f"{place}: a table is needed: submissions, their questions, and what was said of each")
    return {str(key): item for key, item in value.items()}
