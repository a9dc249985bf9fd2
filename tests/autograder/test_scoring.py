"""Points: shared out exactly, rounded late, and never given for a fault of ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import UsageError
from autograder.model import Check, Grade, Lab, Limits, Outcome, Question, Report, Status
from autograder.scoring import not_graded, rejected, round_points, score, with_marks
from shared.text import Text

MakeReport = Callable[..., Report]
REASON = Text("no module", "pas de module")
LOST = [status for status in Status if status not in (Status.PASSED, Status.BROKEN)]


def outcome(question: str, check: str, status: Status = Status.PASSED, weight: int = 1) -> Outcome:
    """Make the outcome of a check."""
    return Outcome(Check(question, check, Text.same(check), weight), status)


def grade_of(lab: Lab, outcomes: list[Outcome]) -> Grade:
    """Score outcomes."""
    return score(lab, outcomes, submission="amel", digest=None, environment={"python": "3.11"}, confinement=["uid"])


def one_question(points: int) -> Lab:
    """Make a lab of one question."""
    return Lab("toy", Text.same("Toy"), (Question("dense", Text.same("Dense"), Fraction(points)),), Limits())


def test_shares_are_exact(make_report: MakeReport) -> None:
    """A question's points are shared out by weight as exact fractions."""
    grade = make_report().grade

    dense = grade.questions[0]
    assert [check.max_score for check in dense.checks] == [Fraction(10, 3), Fraction(20, 3)]
    assert dense.score == Fraction(10, 3)
    assert grade.score == Fraction(10, 3) + 6


@given(st.integers(1, 20), st.lists(st.integers(1, 50), min_size=1, max_size=12))
@settings(derandomize=True, deadline=None)
def test_all_passed_is_full_marks(points: int, weights: list[int]) -> None:
    """Whatever the weights, a question whose checks all pass gives exactly its points."""
    outcomes = [outcome("dense", f"c{index}", weight=weight) for index, weight in enumerate(weights)]

    assert grade_of(one_question(points), outcomes).score == points


@pytest.mark.parametrize("status", LOST)
def test_only_passed_earns(status: Status) -> None:
    """Any status but ``passed`` earns nothing of the check's share, and costs nothing else."""
    grade = grade_of(one_question(4), [outcome("dense", "a"), outcome("dense", "b", status)])

    assert grade.status == "graded"
    assert [check.score for check in grade.questions[0].checks] == [2, 0]


def test_written_is_unmarked(make_report: MakeReport) -> None:
    """A written question has no score yet, and the total adds up what is marked out of all the points."""
    grade = make_report(statuses=(Status.PASSED,) * 3).grade

    assert grade.questions[2].score is None
    assert (grade.score, grade.max_score) == (16, 20)


def test_module_reason_is_kept(lab: Lab) -> None:
    """A module that does not import is graded 0 with the reason."""
    outcomes = [outcome("dense", "a", Status.RAISED), outcome("pool", "b", Status.RAISED)]
    grade = score(lab, outcomes, submission="a", digest=None, environment={}, confinement=(), reason=REASON)

    assert (grade.status, grade.score, grade.reason) == ("graded", 0, REASON)


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        ([outcome("dense", "a", Status.BROKEN)], "The check dense/a is broken."),
        ([], "No check of the question dense was run."),
        ([outcome("dense", "a"), outcome("dense", "a")], "Two checks are both called dense/a."),
        ([outcome("tanh", "a")], "The check tanh/a is for a question that the lab does not have."),
        ([outcome("dense", "a", weight=0)], "The check dense/a has the weight 0; it must be at least 1."),
    ],
    ids=["broken", "no-check", "twice", "unknown-question", "weightless"],
)
def test_our_fault_is_never_a_mark(outcomes: list[Outcome], words: str) -> None:
    """Where the suite is at fault the submission is set aside without a score, and the reason names the place."""
    grade = grade_of(one_question(4), outcomes)

    assert (grade.status, grade.score, grade.questions[0].score) == ("not_graded", None, None)
    assert grade.reason is not None
    assert grade.reason.en == words
    assert grade.confinement == ("uid",)


def test_broken_check_gives_its_first_line() -> None:
    """The reason quotes the first line of a broken check's message, not what follows."""
    broken = replace(outcome("dense", "a", Status.BROKEN), message=Text("no data\nline 2", "pas de données\nligne 2"))

    reason = grade_of(one_question(4), [broken]).reason

    assert reason == Text(
        "The check dense/a is broken: no data", "La vérification dense/a est défaillante : pas de données"
    )


def test_rejected_is_zero(lab: Lab) -> None:
    """A rejected submission has 0 everywhere but in the written answers."""
    grade = rejected(lab, "amel", REASON)

    assert (grade.status, grade.score, grade.max_score, grade.reason) == ("rejected", 0, 20, REASON)
    assert [(question.score, question.checks) for question in grade.questions] == [(0, ()), (0, ()), (None, ())]


def test_not_graded_has_no_score(lab: Lab) -> None:
    """A submission that is set aside has no score, not even for one question."""
    grade = not_graded(lab, "amel", "sha256:1", REASON)

    assert (grade.status, grade.score, grade.digest) == ("not_graded", None, "sha256:1")
    assert [question.score for question in grade.questions] == [None, None, None]


def test_round_points() -> None:
    """Points are stored with four decimals, halves to even."""
    assert [round_points(Fraction(*pair)) for pair in ((1, 3), (2, 3), (1, 20000), (3, 20000))] == [
        0.3333,
        0.6667,
        0.0,
        0.0002,
    ]


def test_marks_are_added(make_report: MakeReport) -> None:
    """The mark of a written answer enters its question and the total."""
    grade = with_marks(make_report(statuses=(Status.PASSED,) * 3).grade, {"q1": Fraction(5, 2)})

    assert grade.questions[2].score == Fraction(5, 2)
    assert grade.score == Fraction(37, 2)


@pytest.mark.parametrize(
    ("marks", "words"),
    [
        ({"q9": Fraction(1)}, "no written question 'q9'"),
        ({"dense": Fraction(1)}, "no written question 'dense'"),
        ({"q1": Fraction(9, 2)}, "4.5 of 'amel.benali' for q1 is not between 0 and 4"),
        ({"q1": Fraction(-1)}, "not between 0 and 4"),
    ],
    ids=["unknown", "coded", "too-many", "negative"],
)
def test_wrong_marks_are_refused(make_report: MakeReport, marks: dict[str, Fraction], words: str) -> None:
    """A mark for no written question, or outside its points, is refused by name."""
    with pytest.raises(UsageError, match=words.replace(".", r"\.")):
        with_marks(make_report().grade, marks)


def test_marks_leave_set_aside_alone(lab: Lab) -> None:
    """Marks do not turn a submission that could not be graded into a graded one."""
    grade = not_graded(lab, "amel", None, REASON)

    assert with_marks(grade, {"q1": Fraction(4)}) == grade
