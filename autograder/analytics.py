"""What a class's results say about its questions: who passes what, what separates strong from weak, which mistakes recur."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import StatisticsError, correlation

from autograder.gradebook import natural_order
from autograder.model import MISTAKE, CheckGrade, Grade, Lab, Question, QuestionGrade, Report, Status
from shared.text import Text

__all__ = [
    "CheckFacts",
    "Mistake",
    "QuestionFacts",
    "common_failures",
    "named_mistakes",
    "question_facts",
    "score_counts",
]

# Below this many submissions a correlation says nothing.
_FEWEST = 5


@dataclass(frozen=True, slots=True)
class CheckFacts:
    """One check over a class: how many of ``total`` submissions pass it, and who does not.

    ``discrimination`` is the correlation between passing and the points of everything else, in [-1, 1]; None where too
    few were graded, or all did alike.
    """

    question: Text
    title: Text
    passed: int
    total: int
    failed_by: tuple[str, ...]
    discrimination: float | None


@dataclass(frozen=True, slots=True)
class QuestionFacts:
    """One question over a class: points earned of those possible where it is marked, and its checks."""

    title: Text
    written: bool
    earned: Fraction
    possible: Fraction
    discrimination: float | None
    checks: tuple[CheckFacts, ...]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A known mistake that checks named, in the words of the feedback, with those who made it."""

    question: Text
    words: Text
    submissions: tuple[str, ...]


def question_facts(lab: Lab, graded: Sequence[Grade]) -> list[QuestionFacts]:
    """Return the facts of each question of a lab, in its order."""
    return [_question_facts(question, graded) for question in lab.questions]


def common_failures(questions: Sequence[QuestionFacts], most: int) -> list[CheckFacts]:
    """Return the checks that fail most often, the most frequent first; ties stay in the lab's order."""
    failing = [check for question in questions for check in question.checks if check.failed_by]
    return sorted(failing, key=lambda check: -len(check.failed_by))[:most]


def named_mistakes(lab: Lab, reports: Sequence[Report]) -> list[Mistake]:
    """Return the known mistakes that checks named, the most frequent first; one submission makes each once."""
    titles = {question.id: question.title for question in lab.questions}
    found: dict[tuple[str, Text], dict[str, None]] = {}
    for report in sorted(reports, key=lambda report: natural_order(report.grade.submission)):
        for exhibit in report.exhibits:
            if exhibit.kind == MISTAKE and exhibit.question in titles:
                found.setdefault((exhibit.question, exhibit.title), {})[report.grade.submission] = None
    places = list(titles)
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), places.index(item[0][0]), item[0][1].en))
    return [Mistake(titles[question], words, tuple(names)) for (question, words), names in ordered]


def score_counts(lab: Lab, scores: Sequence[Fraction], bars: int) -> tuple[int, ...]:
    """Return how many scores are in each of so many equal parts of the points; the full score belongs to the last."""
    width = lab.max_score / bars if lab.max_score else Fraction(1)
    places = Counter(min(int(score / width), bars - 1) for score in scores)
    return tuple(places[index] for index in range(bars))


def _question_facts(question: Question, graded: Sequence[Grade]) -> QuestionFacts:
    found = [(grade, item) for grade in graded for item in grade.questions if item.id == question.id]
    marked = [(grade, item.score, item.max_score) for grade, item in found if item.score is not None]
    return QuestionFacts(
        title=question.title,
        written=question.written,
        earned=sum((score for _grade, score, _possible in marked), Fraction(0)),
        possible=sum((possible for _grade, _score, possible in marked), Fraction(0)),
        discrimination=_discrimination([(grade, score) for grade, score, _possible in marked]),
        checks=tuple(_check_facts(question, found)),
    )


def _check_facts(question: Question, found: Sequence[tuple[Grade, QuestionGrade]]) -> list[CheckFacts]:
    by_id: dict[str, list[tuple[Grade, CheckGrade]]] = {}
    for grade, item in found:
        for check in item.checks:
            by_id.setdefault(check.id, []).append((grade, check))
    facts = []
    for checks in by_id.values():
        failed = [grade.submission for grade, check in checks if check.status is not Status.PASSED]
        facts.append(
            CheckFacts(
                question=question.title,
                title=checks[0][1].title,
                passed=len(checks) - len(failed),
                total=len(checks),
                failed_by=tuple(sorted(failed, key=natural_order)),
                discrimination=_discrimination([(grade, check.score) for grade, check in checks]),
            )
        )
    return facts


def _discrimination(items: Sequence[tuple[Grade, Fraction]]) -> float | None:
    """Return the correlation between the points of one item and those of all the others."""
    if len(items) < _FEWEST:
        return None
    own = [float(points) for _grade, points in items]
    rest = [float((grade.score or Fraction(0)) - points) for grade, points in items]
    try:
        # A sum of rounded numbers may leave ten to the minus seventeen where there is nothing.
        return round(correlation(own, rest), 2)
    except StatisticsError:
        return None
