"""What a teacher reads first: how the class did, what it misunderstood, and which submissions need a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median
from typing import TYPE_CHECKING
from urllib.parse import quote

from autograder import gradebook, pages, wording
from autograder.analytics import CheckFacts, common_failures, named_mistakes, question_facts, score_counts
from autograder.drawing import Bars, draw_bars
from autograder.marks import outdated_marks
from autograder.names import file_names
from autograder.records import as_stored_grade

if TYPE_CHECKING:
    from markupsafe import Markup

    from autograder.model import Grade, Lab, Report
    from autograder.similarity import Group
    from shared.text import Language, Text

__all__ = ["render"]

_BARS = 10
_COMMON = 8
_STATUS_ORDER = {"not_graded": 0, "rejected": 1, "graded": 2}
# Item-rest correlations as test theory reads them.
_STRONG, _WEAK = 0.4, 0.2


@dataclass(frozen=True, slots=True)
class _Who:
    """A submission with the address of its page."""

    name: str
    link: str


@dataclass(frozen=True, slots=True)
class _Rate:
    """How often something went well, as a bar: of ``total`` times, ``part`` (in points, or in checks)."""

    title: Text
    total: Fraction
    percent: str
    width: str
    separates: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class _QuestionRates:
    """A question's share of points and each of its checks' share of passes."""

    overall: _Rate
    written: bool
    checks: tuple[_Rate, ...]


@dataclass(frozen=True, slots=True)
class _Often:
    """Something that went wrong several times: its words, whose it is, and who did it."""

    words: Text
    question: Text
    who: tuple[_Who, ...]
    width: str


@dataclass(frozen=True, slots=True)
class _Needing:
    """A submission that a person should look at, and why; ``reason`` may be empty."""

    who: _Who
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Row:
    """One submission of the table: its place by name, and its points, whole and by question."""

    who: _Who
    place: int
    grade: Grade


@dataclass(frozen=True, slots=True)
class _Alike:
    """Submissions with nearly the same code."""

    who: tuple[_Who, ...]
    percent: str


def render(
    lab: Lab,
    reports: Sequence[Report],
    language: Language,
    stems: Mapping[str, str] | None = None,
    alike: Sequence[Group] = (),
) -> str:
    """Return the class overview: a page that needs nothing else but the feedback pages and the table it links to.

    Args:
        lab: The lab that was graded.
        reports: One report a submission.
        language: The language of the whole page.
        stems: The pages' stems by submission name; those of :func:`autograder.names.file_names` where left out.
        alike: Groups of submissions with nearly the same code.
    """
    grades = [as_stored_grade(report.grade) for report in reports]
    view = _View(lab, language, stems or file_names(grade.submission for grade in grades))
    graded = [grade for grade in grades if grade.status == "graded"]
    scores = [grade.score for grade in graded if grade.score is not None]
    questions = question_facts(lab, graded)
    failures = common_failures(questions, _COMMON)
    return pages.render(
        "dashboard.html",
        language,
        lab=lab,
        counts=Counter(grade.status for grade in grades),
        mean=sum(scores, Fraction(0)) / len(scores) if scores else None,
        median=Fraction(median(scores)) if scores else None,
        unmarked=sum(any(question.score is None for question in grade.questions) for grade in graded),
        histogram=view.histogram(scores) if scores else None,
        needing=view.needing(grades, reports),
        alike=view.alike(alike, {grade.submission for grade in grades}),
        mistakes=[
            view.often(found.words, found.question, found.submissions, len(graded))
            for found in named_mistakes(lab, reports)
        ],
        failures=[view.often(check.title, check.question, check.failed_by, len(graded)) for check in failures],
        questions=[
            _QuestionRates(
                view.rate(facts.title, facts.earned, facts.possible, facts.discrimination),
                facts.written,
                tuple(view.check_rate(check) for check in facts.checks),
            )
            for facts in questions
        ],
        rows=view.rows(graded),
        graded=len(graded),
    )


@dataclass(frozen=True, slots=True)
class _View:
    """What every part of the page is made with."""

    lab: Lab
    language: Language
    stems: Mapping[str, str]

    def who(self, name: str) -> _Who:
        return _Who(name, "feedback/" + quote(f"{self.stems[name]}.html", safe="", errors="replace"))

    def histogram(self, scores: Sequence[Fraction]) -> Markup:
        width = self.lab.max_score / _BARS if self.lab.max_score else Fraction(1)
        return draw_bars(
            Bars(
                edges=tuple(float(width * index) for index in range(_BARS + 1)),
                counts=score_counts(self.lab, scores, _BARS),
                x_label=wording.phrase("score", self.language),
                description=wording.phrase("scores_of_class", self.language),
                language=self.language,
            )
        )

    def needing(self, grades: Sequence[Grade], reports: Sequence[Report]) -> list[_Needing]:
        """Return who needs a person: not graded, rejected, then marks whose answers have changed."""
        found = [
            _Needing(
                self.who(grade.submission),
                wording.phrase(grade.status, self.language),
                grade.reason.in_(self.language) if grade.reason else "",
            )
            for grade in sorted(grades, key=lambda grade: _STATUS_ORDER[grade.status])
            if grade.status != "graded"
        ]
        found.sort(key=lambda item: gradebook.natural_order(item.who.name))
        order = {grade.submission: _STATUS_ORDER[grade.status] for grade in grades}
        found.sort(key=lambda item: order[item.who.name])
        for report in sorted(reports, key=lambda report: gradebook.natural_order(report.grade.submission)):
            for question in outdated_marks(report):
                status = wording.phrase("outdated_status", self.language, question=question)
                reason = wording.phrase("outdated_mark", self.language)
                found.append(_Needing(self.who(report.grade.submission), status, reason))
        return found

    def alike(self, groups: Sequence[Group], known: set[str]) -> list[_Alike]:
        found = []
        for group in groups:
            members = tuple(self.who(name) for name in group.submissions if name in known)
            if len(members) > 1:
                found.append(_Alike(members, wording.share(group.likeness, 1.0, self.language)))
        return found

    def often(self, words: Text, question: Text, names: Sequence[str], graded: int) -> _Often:
        return _Often(words, question, tuple(self.who(name) for name in names), _width(len(names), graded))

    def check_rate(self, check: CheckFacts) -> _Rate:
        return self.rate(check.title, Fraction(check.passed), Fraction(check.total), check.discrimination)

    def rate(self, title: Text, part: Fraction, total: Fraction, discrimination: float | None) -> _Rate:
        percent = wording.share(float(part), float(total), self.language) if total else "\u2013"
        if discrimination is None:
            return _Rate(title, total, percent, _width(part, total))
        key = "strong" if discrimination >= _STRONG else "weak" if discrimination >= _WEAK else "none"
        words = wording.phrase(f"separates_{key}", self.language)
        value = f"{discrimination:.2f}".replace("-", "\u2212")
        value = value.replace(".", ",") if self.language == "fr" else value
        return _Rate(title, total, percent, _width(part, total), words, value)

    def rows(self, graded: Sequence[Grade]) -> list[_Row]:
        ordered = sorted(graded, key=lambda grade: gradebook.natural_order(grade.submission))
        return [_Row(self.who(grade.submission), place, grade) for place, grade in enumerate(ordered)]


def _width(part: Fraction | int, total: Fraction | int) -> str:
    return f"{float(100 * part / total):.2f}%" if total else "0%"
