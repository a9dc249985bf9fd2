"""What a teacher reads first: how the class did, which checks fail most, and which submissions need a person."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from statistics import median
from typing import TYPE_CHECKING
from urllib.parse import quote

from autograder import gradebook, pages, wording
from autograder.drawing import Bars, draw_bars
from autograder.model import Status
from autograder.names import file_names
from autograder.records import as_stored_grade

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from markupsafe import Markup

    from autograder.model import CheckGrade, Grade, Lab, Question, QuestionGrade, Report
    from shared.text import Language, Text

__all__ = ["render", "write"]

_BARS = 10
_COMMON = 8
_STATUS_ORDER = {"not_graded": 0, "rejected": 1, "graded": 2}


@dataclass(frozen=True, slots=True)
class _Rate:
    """How often something went well: of ``total`` times, ``part`` (in points, or in checks)."""

    title: Text
    part: Fraction
    total: Fraction
    percent: str
    width: str


@dataclass(frozen=True, slots=True)
class _QuestionRates:
    """A question's share of points and each of its checks' share of passes."""

    overall: _Rate
    written: bool
    checks: tuple[_Rate, ...]


@dataclass(frozen=True, slots=True)
class _Failure:
    """A check with the number of submissions that do not pass it."""

    question: Text
    check: Text
    count: int
    percent: str
    width: str


@dataclass(frozen=True, slots=True)
class _Row:
    """One submission of the table."""

    grade: Grade
    link: str


def render(lab: Lab, reports: Sequence[Report], language: Language, stems: Mapping[str, str] | None = None) -> str:
    """Return the class overview: a page that needs nothing else but the feedback pages that it links to.

    Args:
        lab: The lab that was graded.
        reports: One report a submission.
        language: The language of the whole page.
        stems: The pages' stems by submission name; those of :func:`autograder.names.file_names` where left out.
    """
    grades = [as_stored_grade(report.grade) for report in reports]
    graded = [grade for grade in grades if grade.status == "graded"]
    scores = [grade.score for grade in graded if grade.score is not None]
    return pages.render(
        "dashboard.html",
        language,
        lab=lab,
        rows=_rows(grades, stems or file_names(grade.submission for grade in grades)),
        counts=Counter(grade.status for grade in grades),
        mean=sum(scores, Fraction(0)) / len(scores) if scores else None,
        median=Fraction(median(scores)) if scores else None,
        histogram=_histogram(lab, scores, language) if scores else None,
        questions=[_question_rates(question, graded, language) for question in lab.questions],
        failures=_failures(graded, language),
        graded=len(graded),
    )


def write(
    directory: Path, lab: Lab, reports: Sequence[Report], language: Language, stems: Mapping[str, str] | None = None
) -> None:
    """Write the overview as ``index.html`` in the results folder.

    Raises:
        AutograderError: The folder cannot be written.
    """
    gradebook.store(directory / "index.html", render(lab, reports, language, stems).encode("utf-8"))


def _rows(grades: Sequence[Grade], stems: Mapping[str, str]) -> list[_Row]:
    """Return the table's rows, those that need a person first."""
    ordered = sorted(grades, key=lambda grade: (_STATUS_ORDER[grade.status], gradebook.natural_order(grade.submission)))
    return [_Row(grade, _link(stems[grade.submission])) for grade in ordered]


def _link(stem: str) -> str:
    return "feedback/" + quote(f"{stem}.html", safe="", errors="replace")


def _histogram(lab: Lab, scores: Sequence[Fraction], language: Language) -> Markup:
    width = lab.max_score / _BARS if lab.max_score else Fraction(1)
    # The full score belongs to the last bar.
    places = Counter(min(int(score / width), _BARS - 1) for score in scores)
    return draw_bars(
        Bars(
            edges=tuple(float(width * index) for index in range(_BARS + 1)),
            counts=tuple(places[index] for index in range(_BARS)),
            x_label=wording.phrase("score", language),
            description=wording.phrase("scores_of_class", language),
            language=language,
        )
    )


def _question_rates(question: Question, graded: Sequence[Grade], language: Language) -> _QuestionRates:
    found = [item for grade in graded for item in grade.questions if item.id == question.id]
    marked = [item for item in found if item.score is not None]
    earned = sum((item.score for item in marked if item.score is not None), Fraction(0))
    possible = sum((item.max_score for item in marked), Fraction(0))
    overall = _rate(question.title, earned, possible, language)
    return _QuestionRates(overall, question.written, tuple(_check_rates(found, language)))


def _check_rates(questions: Sequence[QuestionGrade], language: Language) -> list[_Rate]:
    by_id: dict[str, list[CheckGrade]] = {}
    for question in questions:
        for check in question.checks:
            by_id.setdefault(check.id, []).append(check)
    rates = []
    for checks in by_id.values():
        passed = sum(check.status is Status.PASSED for check in checks)
        rates.append(_rate(checks[0].title, Fraction(passed), Fraction(len(checks)), language))
    return rates


def _failures(graded: Sequence[Grade], language: Language) -> list[_Failure]:
    """Return the checks that fail most often, the most frequent first; ties stay in the lab's order."""
    counts: Counter[tuple[str, str]] = Counter()
    titles: dict[tuple[str, str], tuple[Text, Text]] = {}
    for grade in graded:
        for question in grade.questions:
            for check in question.checks:
                titles.setdefault((question.id, check.id), (question.title, check.title))
                counts[question.id, check.id] += check.status is not Status.PASSED
    place = {key: index for index, key in enumerate(titles)}
    ordered = sorted((key for key in counts if counts[key]), key=lambda key: (-counts[key], place[key]))
    failures = []
    for key in ordered[:_COMMON]:
        rate = _rate(titles[key][1], Fraction(counts[key]), Fraction(len(graded)), language)
        failures.append(_Failure(titles[key][0], rate.title, counts[key], rate.percent, rate.width))
    return failures


def _rate(title: Text, part: Fraction, total: Fraction, language: Language) -> _Rate:
    width = f"{float(100 * part / total):.2f}%" if total else "0%"
    percent = wording.share(float(part), float(total), language) if total else "\u2013"
    return _Rate(title, part, total, percent, width)
