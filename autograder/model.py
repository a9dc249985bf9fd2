"""The words of the grader as frozen data; every other module computes with these and keeps no state."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any, Literal

from shared.text import Text

__all__ = [
    "MISTAKE",
    "Check",
    "CheckGrade",
    "Exhibit",
    "Grade",
    "GradeStatus",
    "Gradescope",
    "Lab",
    "Limits",
    "Mark",
    "Outcome",
    "Question",
    "QuestionGrade",
    "Report",
    "Status",
    "Submission",
]

GradeStatus = Literal["graded", "rejected", "not_graded"]
MISTAKE = "mistake"


class Status(StrEnum):
    """What became of one check."""

    PASSED = "passed"
    FAILED = "failed"
    RAISED = "raised"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    NOT_ATTEMPTED = "not_attempted"
    SKIPPED = "skipped"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a submission may use; seconds of wall clock and bytes of memory."""

    check_seconds: float = 60.0
    submission_seconds: float = 240.0
    memory_bytes: int = 3 * 2**30
    output_bytes: int = 64 * 2**10
    disk_bytes: int = 256 * 2**20
    disk_entries: int = 4096
    threads: int = 256


@dataclass(frozen=True, slots=True)
class Question:
    """One function or one written answer, worth a fixed number of points."""

    id: str
    title: Text
    points: Fraction
    written: bool = False
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gradescope:
    """How a lab behaves on Gradescope.

    Visibilities are Gradescope's: ``visible``, ``hidden``, ``after_due_date``, ``after_published``; a hidden row hides
    the total as well.  ``hidden_checks`` is that of checks whose message students do not see.  At most
    ``max_submissions`` in ``period_hours`` are graded; 0 is as many as they like.
    """

    visibility: str = "visible"
    hidden_checks: str = "visible"
    stdout_visibility: str = "hidden"
    max_submissions: int = 0
    period_hours: float = 24.0


@dataclass(frozen=True, slots=True)
class Lab:
    """A lab as its ``lab.toml`` describes it."""

    id: str
    title: Text
    questions: tuple[Question, ...]
    limits: Limits
    datasets: tuple[str, ...] = ()
    gradescope: Gradescope = Gradescope()

    @property
    def max_score(self) -> Fraction:
        """Points of all questions together (20 in a finished lab)."""
        return sum((question.points for question in self.questions), Fraction(0))

    @property
    def coded(self) -> dict[str, Question]:
        """The questions that the suite judges, by their ids, in the lab's order."""
        return {question.id: question for question in self.questions if not question.written}

    @property
    def written(self) -> dict[str, Question]:
        """The questions that people mark, likewise."""
        return {question.id: question for question in self.questions if question.written}


@dataclass(frozen=True, slots=True)
class Check:
    """One hidden check of a question, as the suite declares it."""

    question: str
    id: str
    title: Text
    weight: int = 1
    visible: bool = True
    hint: Text | None = None


@dataclass(frozen=True, slots=True)
class Exhibit:
    """Something to show beside a question: pure data, drawn later, never trusted as markup.

    ``kind`` says how ``data`` is drawn: ``curves``, ``images``, ``architecture``, ``output`` or ``figure``.  One of the
    kind `MISTAKE` is not drawn: its title is the known mistake that a check's message names, ``data`` holds the check.
    """

    question: str
    kind: str
    title: Text
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one check on one submission."""

    check: Check
    status: Status
    message: Text | None = None
    exhibits: tuple[Exhibit, ...] = ()


@dataclass(frozen=True, slots=True)
class Submission:
    """What one student handed in, read safely: one module, its companions and the written answers.

    ``module`` is the source text that will be run, ``cells`` the first line (from 1) of each notebook cell in it
    (empty for a plain module), ``files`` companion files by relative POSIX path, ``answers`` written answers by
    question id.
    """

    name: str
    digest: str
    module: str
    cells: tuple[int, ...] = ()
    files: dict[str, bytes] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CheckGrade:
    """One line of a result: a check with the points it earned."""

    id: str
    title: Text
    status: Status
    visible: bool
    score: Fraction
    max_score: Fraction
    message: Text | None
    hint: Text | None


@dataclass(frozen=True, slots=True)
class QuestionGrade:
    """One question of a result; ``score`` is None while a written answer is unmarked."""

    id: str
    title: Text
    score: Fraction | None
    max_score: Fraction
    checks: tuple[CheckGrade, ...] = ()


@dataclass(frozen=True, slots=True)
class Grade:
    """A whole result, as stored in ``results/<submission>.json``."""

    lab: str
    submission: str
    digest: str | None
    status: GradeStatus
    reason: Text | None
    score: Fraction | None
    max_score: Fraction
    questions: tuple[QuestionGrade, ...]
    environment: dict[str, str]
    confinement: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """What a person said of one written answer.

    ``points`` is None where the mark was withdrawn; ``answer`` is the digest of the answer that the person had read,
    ``marker`` who it was.
    """

    points: Fraction | None
    comment: str = ""
    answer: str = ""
    marker: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All that a feedback page shows: the grade, what to look at, the answers as handed in, and marks by question."""

    grade: Grade
    exhibits: tuple[Exhibit, ...] = ()
    answers: dict[str, str] = field(default_factory=dict)
    marks: dict[str, Mark] = field(default_factory=dict)
