"""A report as Otter-Grader's results: a test file a question, a test case a check."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from otter.test_files import GradingResults

from autograder.feedback import explanation, summary
from autograder.glyphs import one_line, visible
from autograder.model import CheckGrade, Lab, QuestionGrade, Report, Status
from autograder.records import grade_document
from autograder.wording import phrase
from shared.text import Language

__all__ = ["PLUGIN_DATA", "carry_over"]

PLUGIN_DATA = "autograder"
Document = dict[str, Any]


def carry_over(results: Any, report: Report, lab: Lab, language: Language) -> None:  # noqa: ANN401 - Otter has no types
    """Replace Otter's results by a report's.

    Args:
        results: Otter's ``GradingResults``, changed in place.
        report: A graded or rejected report.
        lab: The lab.
        language: The language of names and messages.
    """
    coded = [question for question in report.grade.questions if question.id not in lab.written]
    files = [_test_file(question, report, language) for question in coded]
    made = GradingResults.from_ottr_json(json.dumps({"test_file_results": files}))
    for question in coded:
        # The cases' points add up to the same but for the last bit.
        made.update_score(question.id, float(question.score or 0))
    results.results = made.results
    results._catastrophic_error = None
    results.set_output(summary(report, language))
    results.set_plugin_data(PLUGIN_DATA, grade_document(report.grade))


def _test_file(question: QuestionGrade, report: Report, language: Language) -> Document:
    cases = [_case(check, language) for check in question.checks]
    if not cases:
        reason = visible(report.grade.reason.in_(language)) if report.grade.reason else ""
        cases = [_result(question.title.in_(language), question.max_score, passed=False, words=reason)]
    # Shares are stored rounded; the question's own points are exact.
    missing = float(question.max_score) - sum(case["test_case"]["points"] for case in cases)
    cases[-1]["test_case"]["points"] += missing
    return {"filename": f"{question.id}.py", "test_case_results": cases}


def _case(check: CheckGrade, language: Language) -> Document:
    verdict = phrase(check.status, language)
    words = "\n".join([verdict, *(visible(text).strip("\n") for text in explanation(check, language))])
    return _result(check.title.in_(language), check.max_score, passed=check.status is Status.PASSED, words=words)


def _result(title: str, worth: Fraction, *, passed: bool, words: str) -> Document:
    """Return one case in the form in which Otter reads the results of another judge (its R client's).

    No case is hidden: Otter would say "All test cases passed!" over a question that lost points on hidden ones.
    """
    case = {"name": one_line(title), "code": "", "hidden": False, "points": float(worth)}
    return {
        "test_case": {**case, "success_message": None, "failure_message": None},
        "passed": passed,
        "error": words,
    }
