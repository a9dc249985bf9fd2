"""Turn what became of the checks into points: exact fractions, rounded only where they are shown or stored."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from autograder.errors import UsageError
from autograder.glyphs import one_line
from autograder.model import CheckGrade, Grade, QuestionGrade, Status
from shared.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from autograder.model import GradeStatus, Lab, Outcome, Question

__all__ = ["not_graded", "rejected", "round_points", "score", "with_marks"]

_DECIMALS = 4
_REASON_LENGTH = 300


def round_points(points: Fraction) -> float:
    """Return points as they are stored: the nearest float with four decimals, halves to even."""
    return float(round(points, _DECIMALS))


def score(  # noqa: PLR0913 - the facts of one result, all by keyword
    lab: Lab,
    outcomes: Sequence[Outcome],
    *,
    submission: str,
    digest: str | None,
    environment: Mapping[str, str],
    confinement: Sequence[str],
    reason: Text | None = None,
) -> Grade:
    """Share each question's points out among its checks by weight and add up what was earned.

    A passed check earns its whole share, any other status nothing. A fault of ours (a broken check, a coded question
    without a check, a check that no question of the lab claims) never becomes a mark: the grade is ``not_graded``.

    Args:
        lab: The lab with its questions and points.
        outcomes: One outcome a check, in the order in which the suite declares them.
        submission: The submission's name.
        digest: ``sha256:...`` over the graded content.
        environment: Versions that the result depends on, by name.
        confinement: Layers that were on around the student's code.
        reason: Why little could be graded (the module does not import), shown above the questions.

    Returns:
        A ``graded`` grade with exact points, or a ``not_graded`` one that names the fault.
    """
    fault = _fault(lab, outcomes)
    if fault is not None:
        grade = not_graded(lab, submission, digest, fault)
        return replace(grade, environment=dict(environment), confinement=tuple(confinement))
    questions = tuple(
        _score_question(question, [outcome for outcome in outcomes if outcome.check.question == question.id])
        for question in lab.questions
    )
    return Grade(
        lab=lab.id,
        submission=submission,
        digest=digest,
        status="graded",
        reason=reason,
        score=_total(questions),
        max_score=lab.max_score,
        questions=questions,
        environment=dict(environment),
        confinement=tuple(confinement),
    )


def rejected(lab: Lab, name: str, reason: Text, digest: str | None = None) -> Grade:
    """Return the grade of a submission in which nothing of the lab could be read: zero, and why."""
    return _without_checks(lab, name, digest, "rejected", reason)


def not_graded(lab: Lab, name: str, digest: str | None, reason: Text) -> Grade:
    """Return the grade of a submission that is set aside for a person: no score at all, and why."""
    return _without_checks(lab, name, digest, "not_graded", reason)


def with_marks(grade: Grade, marks: Mapping[str, Fraction | None]) -> Grade:
    """Return the grade with the points that a person gave to written answers.

    Args:
        grade: A result as graded or as read back.
        marks: Points by question id, None to leave it unmarked; questions that are not named stay as they are.

    Raises:
        UsageError: A mark is for a question that is not written, or is not between 0 and the question's points.
    """
    if grade.status != "graded":
        return grade
    by_id = {question.id: question for question in grade.questions}
    for identifier, mark in marks.items():
        if mark is not None:
            _check_mark(grade, by_id.get(identifier), identifier, mark)
    questions = tuple(replace(question, score=marks.get(question.id, question.score)) for question in grade.questions)
    return replace(grade, questions=questions, score=_total(questions))


def _score_question(question: Question, outcomes: Sequence[Outcome]) -> QuestionGrade:
    if question.written:
        return QuestionGrade(question.id, question.title, None, question.points)
    weights = sum(outcome.check.weight for outcome in outcomes)
    shares = [question.points * Fraction(outcome.check.weight, weights) for outcome in outcomes]
    checks = tuple(_score_check(outcome, share) for outcome, share in zip(outcomes, shares, strict=True))
    earned = sum((check.score for check in checks), Fraction(0))
    return QuestionGrade(question.id, question.title, earned, question.points, checks)


def _score_check(outcome: Outcome, share: Fraction) -> CheckGrade:
    check = outcome.check
    earned = share if outcome.status is Status.PASSED else Fraction(0)
    return CheckGrade(check.id, check.title, outcome.status, check.visible, earned, share, outcome.message, check.hint)


def _total(questions: Sequence[QuestionGrade]) -> Fraction:
    return sum((question.score for question in questions if question.score is not None), Fraction(0))


def _without_checks(lab: Lab, name: str, digest: str | None, status: GradeStatus, reason: Text) -> Grade:
    zero = Fraction(0) if status == "rejected" else None
    questions = tuple(
        QuestionGrade(question.id, question.title, None if question.written else zero, question.points)
        for question in lab.questions
    )
    return Grade(lab.id, name, digest, status, reason, zero, lab.max_score, questions, {}, ())


def _fault(lab: Lab, outcomes: Sequence[Outcome]) -> Text | None:
    """Return the first reason why these outcomes cannot become marks."""
    coded = set(lab.coded)
    for outcome in outcomes:
        fault = _outcome_fault(outcome, coded)
        if fault is not None:
            return fault
    names = [f"{outcome.check.question}/{outcome.check.id}" for outcome in outcomes]
    for name in names:
        if names.count(name) > 1:
            return Text(f"Two checks are both called {name}.", f"Deux vérifications s'appellent toutes deux {name}.")
    for question in lab.questions:
        if question.id in coded and not any(outcome.check.question == question.id for outcome in outcomes):
            return Text(
                f"No check of the question {question.id} was run.",
                f"Aucune vérification de la question {question.id} n'a été exécutée.",
            )
    return None


def _outcome_fault(outcome: Outcome, coded: set[str]) -> Text | None:
    check = outcome.check
    name = f"{check.question}/{check.id}"
    if outcome.status is Status.BROKEN:
        detail = _detail(outcome.message)
        return Text(f"The check {name} is broken", f"La vérification {name} est défaillante") + detail
    if check.question not in coded:
        return Text(
            f"The check {name} is for a question that the lab does not have.",
            f"La vérification {name} porte sur une question que le TP n'a pas.",
        )
    if check.weight < 1:
        return Text(
            f"The check {name} has the weight {check.weight}; it must be at least 1.",
            f"La vérification {name} a le poids {check.weight} ; il doit être d'au moins 1.",
        )
    return None


def _detail(message: Text | None) -> Text:
    """Return the first line of a broken check's message, to end the sentence that names the check."""
    if message is None or not message.en.strip() or not message.fr.strip():
        return Text.same(".")
    en, fr = (one_line(words.strip().splitlines()[0], _REASON_LENGTH) for words in (message.en, message.fr))
    return Text(f": {en}", f" : {fr}")


def _check_mark(grade: Grade, question: QuestionGrade | None, identifier: str, mark: Fraction) -> None:
    if question is None or question.checks:
        message = f"{grade.lab} has no written question {identifier!r}: correct the marks of {grade.submission!r}"
        raise UsageError(message)
    if not 0 <= mark <= question.max_score:
        limit = round_points(question.max_score)
        message = f"the mark {float(mark):g} of {grade.submission!r} for {identifier} is not between 0 and {limit:g}"
        raise UsageError(message)
