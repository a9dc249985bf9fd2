"""The desk at which an assistant marks written answers: one sheet an answer, in any order, every mark stored at once."""

from __future__ import annotations

import getpass
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from autograder import gradebook
from autograder.errors import UsageError
from autograder.marks import MarkRow, answer_digest, is_outdated, mark_rows, read_points
from autograder.model import Lab, Mark, Question, Report
from autograder.modelanswers import Guide, read_guides
from autograder.overview import lab_of
from autograder.scoring import round_points
from autograder.store import Store, open_store
from shared.text import Language

__all__ = ["Cell", "Changed", "Desk", "Opening", "Sheet", "open_desk"]

_DIGITS = 12


class Changed(Exception):  # noqa: N818 - something that happens where several people mark
    """Somebody else has marked the answer since the sheet was shown."""


@dataclass(frozen=True, slots=True)
class Opening:
    """How answers are shown: the page's language, who marks, whether names are kept from view."""

    language: Language = "en"
    marker: str = ""
    anonymous: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """How far the marking of one answer is: ``state`` is ``marked``, ``outdated``, ``open`` or ``blank``."""

    question: str
    number: int
    state: str
    points: Fraction | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One answer to be marked, with the mark that it has; ``version`` tells this mark from any other."""

    question: Question
    number: int
    total: int
    name: str
    answer: str
    mark: Mark | None
    outdated: bool
    version: str


class Desk:
    """A class's written answers; sheets are numbered from 1 in an order that stays while the desk is open."""

    def __init__(
        self, lab: Lab, reports: list[Report], store: Store, guides: Mapping[str, Guide], how: Opening
    ) -> None:
        self.lab = lab
        self.guides = guides
        self.how = how
        self.questions = lab.written
        self._store = store
        graded = [report for report in reports if report.grade.status == "graded"]
        # By a digest of the name, the order of anonymous sheets says nothing of who is who.
        self._reports = sorted(graded, key=_shuffled) if how.anonymous else graded

    def close(self) -> None:
        """Let go of the database."""
        self._store.close()

    def sheet(self, question: str, number: int) -> Sheet | None:
        """Return a sheet, or None where there is none of this number."""
        if question not in self.questions or not 1 <= number <= len(self._reports):
            return None
        report = self._reports[number - 1]
        mark = self._mark(report, question)
        answer = report.answers.get(question, "")
        name = f"{number}" if self.how.anonymous else report.grade.submission
        outdated = mark is not None and is_outdated(mark, answer)
        about = self.questions[question]
        return Sheet(about, number, len(self._reports), name, answer, mark, outdated, _version(mark))

    def give(self, sheet: Sheet, points: str, comment: str) -> Mark:
        """Store a mark; empty points leave the answer unmarked.

        Raises:
            Changed: The answer has another mark than the one on the sheet.
            ValueError: The points are not a number between 0 and the question's points.
        """
        report = self._reports[sheet.number - 1]
        if _version(self._mark(report, sheet.question.id)) != sheet.version:
            raise Changed
        value = read_points(points, sheet.question) if points.strip() else None
        mark = Mark(value, comment.replace("\r\n", "\n").strip(), answer_digest(sheet.answer), self.how.marker)
        self._store.set_marks({(report.grade.submission, sheet.question.id): mark})
        return mark

    def give_nothing(self, question: str) -> int:
        """Give no points to every answer that is not there and not marked; return how many."""
        blank = [cell for row in self.cells() for cell in row[1] if cell.question == question and cell.state == "blank"]
        names = [self._reports[cell.number - 1].grade.submission for cell in blank]
        nothing = Mark(Fraction(0), "", answer_digest(""), self.how.marker)
        self._store.set_marks({(name, question): nothing for name in names})
        return len(names)

    def cells(self) -> list[tuple[str, list[Cell]]]:
        """Return a row for each submission: its name or number, and how far each of its answers is."""
        marks = self._store.marks()
        rows = []
        for number, report in enumerate(self._reports, start=1):
            name = f"{number}" if self.how.anonymous else report.grade.submission
            given = marks.get(report.grade.submission, {})
            rows.append((name, [_cell(report, q, number, given.get(q)) for q in self.questions]))
        return rows

    def next_open(self, question: str, number: int) -> int | None:
        """Return the next sheet of a question that waits for a mark, round the end; None where all are marked."""
        waiting = [cell.number for row in self.cells() for cell in row[1] if _waits(cell) and cell.question == question]
        return next((other for other in waiting if other > number), waiting[0] if waiting else None)

    def rows(self) -> list[MarkRow]:
        """Return all marks as rows of a file, under the submissions' real names."""
        return mark_rows(self.lab, self._reports, self._store.marks())

    def _mark(self, report: Report, question: str) -> Mark | None:
        return self._store.marks().get(report.grade.submission, {}).get(question)


def open_desk(root: Path, lab: Lab, directory: Path, how: Opening, database: str | None = None) -> Desk:
    """Open the desk of a results folder.

    Raises:
        UsageError: The folder holds another lab's results, or the lab has no written questions.
        AutograderError: There are no results, or the database cannot be used.
    """
    found = lab_of(directory)
    if found != lab.id:
        message = f"{directory} holds results of {found}, not of {lab.id}"
        raise UsageError(message)
    if not lab.written:
        message = f"{lab.id} has no written questions: there is nothing to mark"
        raise UsageError(message)
    store = open_store(directory, lab.id, database)
    opening = Opening(how.language, how.marker or _user(), how.anonymous)
    return Desk(lab, gradebook.read_all(directory), store, read_guides(root, lab, how.language), opening)


def _cell(report: Report, question: str, number: int, mark: Mark | None) -> Cell:
    answer = report.answers.get(question, "")
    if mark is not None and mark.points is not None:
        return Cell(question, number, "outdated" if is_outdated(mark, answer) else "marked", mark.points)
    return Cell(question, number, "open" if answer.strip() else "blank", None)


def _waits(cell: Cell) -> bool:
    return cell.state != "marked"


def _version(mark: Mark | None) -> str:
    if mark is None:
        return "none"
    points = "" if mark.points is None else f"{round_points(mark.points):g}"
    parts = "\0".join((points, mark.comment, mark.answer))
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def _shuffled(report: Report) -> str:
    return hashlib.sha256(report.grade.submission.encode("utf-8", "surrogatepass")).hexdigest()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""  # A container's user may have no name.
