"""The kill matrix says what became of each mistake, and the notes about it are held to the code that they are about."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from autograder.auditnotes import AuditNotes, Equivalent, read_notes
from autograder.auditpages import extent, goals, read_audits, render_markdown, render_page
from autograder.errors import LabError, UsageError
from autograder.killmatrix import check_rows, judge_mutants, judge_notes, judge_wrong
from autograder.model import CheckGrade, Grade, GradeStatus, QuestionGrade, Status
from autograder.mutants import Mutant, Pack
from autograder.packing import Package
from autograder.specimens import Specimen
from shared.text import Text

PLAIN = "called: f(2)\ngot: 3\nexpected: twice x = 4"
QUESTIONS = {"double": ("number", "array"), "average": ("mean",)}
NO_NOTES = AuditNotes((), {}, {})
TOUCHED = {"double": ("double",), "average": ("average",), "helper": ("double", "average")}


def grade(failed: dict[str, str] | None = None, status: GradeStatus = "graded") -> Grade:
    """Return a grade in which some checks, written question/check, failed with a message."""
    failed = failed or {}
    questions = []
    for question, checks in QUESTIONS.items():
        rows = []
        for check in checks:
            message = failed.get(f"{question}/{check}")
            verdict = Status.PASSED if message is None else Status.FAILED
            words = Text.same(message) if message else None
            rows.append(CheckGrade(check, Text.same(check), verdict, True, Fraction(0), Fraction(1), words, None))
        score = Fraction(sum(row.status is Status.PASSED for row in rows))
        questions.append(QuestionGrade(question, Text.same(question), score, Fraction(len(rows)), tuple(rows)))
    reason = Text.same("a check is broken") if status == "not_graded" else None
    return Grade("small", "s", None, status, reason, Fraction(0), Fraction(3), tuple(questions), {}, ())


def mutant(name: str, function: str = "double", after: str = "return 3 * x") -> Mutant:
    """Return a mutant of one of the two functions."""
    return Mutant(name, function, "off by one", False, 3, "return 2 * x", after, 0, 1, "3")


def judged(
    found: Grade, *made: Mutant, notes: AuditNotes = NO_NOTES
) -> dict[str, tuple[str, tuple[tuple[str, str], ...], bool]]:
    """Return state, killers and naming of mutants that were graded together."""
    packs = [Pack("pack", made, ("double", "average"))]
    digests = {"double": "d1", "average": "a1", "helper": "h1"}
    kills = judge_mutants(packs, {"pack": found}, TOUCHED, notes, digests)
    return {name: (kill.state, kill.killers, kill.named) for name, kill in kills.items()}


def test_a_mutant_is_killed_by_checks_of_its_own_questions_only() -> None:
    """Two mutants of one submission: what fails in a question is the doing of the mutant that touches it."""
    found = judged(grade({"double/array": PLAIN}), mutant("one"), mutant("two", "average"))

    assert found == {"one": ("killed", (("double", "array"),), False), "two": ("survived", (), False)}


def test_a_mistake_is_named_by_more_than_what_came_and_what_was_expected() -> None:
    """A line that is neither the call, the value nor the expectation says what the mistake is."""
    named = grade({"double/number": PLAIN + "\nthat is three times x"})

    assert judged(named, mutant("one"))["one"][2]
    assert not judged(grade({"double/number": PLAIN}), mutant("one"))["one"][2]


def test_a_grade_that_failed_is_no_kill() -> None:
    """Where the grader itself failed on a mutant, that is what is said."""
    assert judged(grade(status="not_graded"), mutant("one"))["one"][0] == "broken"


@pytest.mark.parametrize(("code", "state"), [("d1", "equivalent"), ("of another day", "survived")])
def test_a_reason_counts_for_the_code_that_it_was_given_for(code: str, state: str) -> None:
    """A survivor with a reason is equivalent as long as its function's code has the digest of the note."""
    notes = AuditNotes((Equivalent("double", "return 2 * x", "return 3 * x", "as good", code),), {}, {})

    assert judged(grade(), mutant("one"), notes=notes)["one"][0] == state


@pytest.mark.parametrize(
    ("note", "failed", "words"),
    [
        (Equivalent("double", "gone", "gone too", "why", "d1"), {}, "no such mutant"),
        (Equivalent("double", "return 2 * x", "return 3 * x", "why", "d0"), {}, "its code changed"),
        (
            Equivalent("double", "return 2 * x", "return 3 * x", "why", "d1"),
            {"double/array": PLAIN},
            "double/array kills",
        ),
    ],
)
def test_notes_that_no_longer_hold_are_reported(note: Equivalent, failed: dict[str, str], words: str) -> None:
    """An entry without a mutant, with other code, or about a mutant that is killed is a problem to look at."""
    notes, digests = AuditNotes((note,), {}, {}), {"double": "d1"}
    kills = judge_mutants(
        [Pack("pack", (mutant("one"),), ("double",))], {"pack": grade(failed)}, TOUCHED, notes, digests
    )

    problems = judge_notes(notes, [mutant("one")], kills, digests)

    assert len(problems) == 1
    assert words in problems[0]


def test_a_wrong_specimen_is_named_by_the_words_noted_for_it() -> None:
    """The words of the notes must be in the feedback on the specimen's own question."""
    notes = AuditNotes((), {}, {"tripled": "three times"})
    specimen = Specimen("tripled", "wrong", Package({}), ("double",))

    named = judge_wrong([specimen], grade({"double/number": "that is three times x"}), notes)
    elsewhere = judge_wrong([specimen], grade({"double/number": "no", "average/mean": "three times"}), notes)

    assert named["tripled"].named
    assert not elsewhere["tripled"].named


def test_a_check_has_new_kills_where_no_earlier_one_kills() -> None:
    """What both checks kill counts for the first; a check that is there for its message says so."""
    packs = [Pack("p1", (mutant("one"),), ("double",)), Pack("p2", (mutant("two"),), ("double",))]
    both = {"double/number": PLAIN, "double/array": PLAIN}
    grades = {"p1": grade(both), "p2": grade({"double/array": PLAIN})}
    notes = AuditNotes((), {("average", "mean"): "it says what a mean is"}, {})
    kills = judge_mutants(packs, grades, TOUCHED, NO_NOTES, {})

    rows = check_rows(grade(), kills, notes)

    assert [(row["kills"], row["new"], row["reason"]) for row in rows] == [
        (1, 1, ""),
        (2, 1, ""),
        (0, 0, "it says what a mean is"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[equivalents]]\n", "unknown key equivalents"),
        ('[[equivalent]]\nfunction = "f"\n', "equivalent[0]: write exactly the keys function, before"),
        ('[[for_its_message]]\nquestion = "f"\n', "for_its_message[0]: write exactly"),
        ("[named]\nx = 3\n", "not words by specimen"),
    ],
)
def test_wrong_notes_are_refused(tmp_path: Path, text: str, words: str) -> None:
    """A wrong entry of ``audit.toml`` is named with the remedy."""
    path = tmp_path / "tests/submissions/small/audit.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")

    with pytest.raises(LabError, match=r"audit\.toml") as caught:
        read_notes(tmp_path, "small")

    assert words in str(caught.value)


def findings() -> dict[str, object]:
    """Return a small audit with a survivor, an equivalent mutant and a right answer that lost points."""
    row = {"function": "double", "operator": "off by one", "of_field": False, "line": 3, "before": "return 2 * x"}
    row |= {"after": "return `3` * <x>", "code": "d1", "named": False, "reason": ""}
    kinds = [("killed", ["double/number"]), ("survived", []), ("equivalent", [])]
    mutants = [
        row | {"name": f"double-3-{n}", "state": state, "killers": killers} for n, (state, killers) in enumerate(kinds)
    ]
    margin = {
        "question": "double",
        "verdict": "right",
        "name": "as is",
        "seeds": 20,
        "min": 0.5,
        "mean": 0.6,
        "max": 0.7,
    }
    return {
        "lab": "small",
        "title": {"en": "Small", "fr": "Petit"},
        "data": "embedded",
        "whole": True,
        "questions": None,
        "made": 3,
        "right": [
            {"name": "reference", "lost": [], "status": "graded"},
            {"name": "right-x", "lost": ["double"], "status": "graded"},
        ],
        "stub": 0.0,
        "wrong": [
            {
                "name": "w",
                "questions": ["double"],
                "mistake": None,
                "state": "killed",
                "killers": ["double/number"],
                "named": True,
                "said": "",
            }
        ],
        "names": [],
        "mutants": mutants,
        "checks": [{"question": "double", "check": "number", "title": {}, "kills": 2, "new": 0, "reason": ""}],
        "problems": ["double: look again"],
        "stability": {"seeds": 30, "marks": 1200, "changed": ["right-x 3 double"]},
        "margins": [margin | {"deviation": 0.05, "threshold": 0.4, "distance": 4.0}],
    }


def test_aims_are_measured() -> None:
    """What was found is compared with what an audit is to show."""
    found = {goal.title: (goal.found, goal.met) for goal in goals(findings())}

    assert found["Mutants killed, of those that are not equivalent"] == ("1 of 2 (50.0%)", False)
    assert found["Wrong specimens that lose points where they should"] == ("1 of 1 (100.0%)", True)
    assert found["Right specimens and rewrites of them with full marks"] == ("1 of 2 (50.0%)", False)
    assert found["Marks that changed, of 1,200 over 30 seeds"] == ("1", False)


def test_a_part_of_an_audit_says_so_and_claims_no_more() -> None:
    """Where specimens were left out nothing is said of them, in the document either."""
    part = findings() | {"whole": False, "questions": ["double"], "made": 40, "wrong": []}

    titles = [goal.title for goal in goals(part)]
    text = render_markdown([part])

    assert not any("Wrong specimens" in title for title in titles)
    assert extent(part) == (
        "3 of 40 mutants were tried, for the questions double; of the specimens only the reference and the untouched stub "
        "were graded."
    )
    assert extent(part) in text
    assert "| small | embedded | 3 of 40 | 1 of 2 (50.0%) | not graded | not graded | not graded |" in text


def test_the_page_shows_matrix_and_survivors() -> None:
    """The page has the picture, escaped code and the right answers that lost points."""
    page = render_page(findings())

    assert "<svg" in page
    assert "return `3` * &lt;x&gt;" in page
    assert "right-x" in page


def test_the_document_has_a_section_a_lab() -> None:
    """The course's document tells of each lab its counts, survivors and margins."""
    text = render_markdown([findings()])

    assert "## small, embedded data" in text
    assert "### Survivors" in text
    assert "| double | right | as is | 0.500 | 0.600 | 0.700 | 0.050 | 0.40 | 4.00 |" in text


def test_a_folder_without_audits_is_refused(tmp_path: Path) -> None:
    """The document cannot be made of nothing."""
    with pytest.raises(UsageError, match="holds no audits"):
        read_audits(tmp_path)
