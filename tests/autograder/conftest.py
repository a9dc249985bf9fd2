"""A small made-up lab and reports about it, for the tests that run no student code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

import pytest

from autograder.model import Check, Exhibit, Lab, Limits, Outcome, Question, Report, Status
from autograder.scoring import score
from shared.text import Text

MakeReport = Callable[..., Report]


@pytest.fixture
def lab() -> Lab:
    """A lab of 20 points: two functions and a written answer."""
    questions = (
        Question("dense", Text("A dense layer", "Une couche dense"), Fraction(10)),
        Question("pool", Text("Max-pooling", "Le max-pooling"), Fraction(6)),
        Question("q1", Text("Why so deep?", "Pourquoi si profond ?"), Fraction(4), written=True),
    )
    return Lab("toy", Text("A toy lab", "Un TP jouet"), questions, Limits())


@pytest.fixture
def make_report(lab: Lab) -> MakeReport:
    """Make the report of a submission whose checks came out as said; the weights of ``dense`` are 1 and 2."""

    def make(
        name: str = "amel.benali",
        statuses: tuple[Status, Status, Status] = (Status.PASSED, Status.FAILED, Status.PASSED),
        *,
        words: str = "`dense(2)` returned 3; 4 was expected.",
        exhibits: tuple[Exhibit, ...] = (),
        answers: Mapping[str, str] | None = None,
    ) -> Report:
        hint = Text(f"hint: {words}", f"piste : {words}")
        checks = (
            Check("dense", "shape", Text("The shape", "La forme"), weight=1, hint=hint),
            Check("dense", "values", Text("The values", "Les valeurs"), weight=2, hint=hint),
            Check("pool", "secret", Text("The hidden one", "La cachée"), visible=False, hint=hint),
        )
        outcomes = [Outcome(check, status, Text.same(words)) for check, status in zip(checks, statuses, strict=True)]
        grade = score(
            lab,
            outcomes,
            submission=name,
            digest="sha256:" + "0" * 64,
            environment={"python": "3.11", "keras": "3.15.1"},
            confinement=["landlock", "seccomp"],
        )
        return Report(grade, exhibits, dict(answers or {}))

    return make
