"""A mutant that several questions can notice is judged by one after another, and no longer than until one kills it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest

from autograder import rounds
from autograder.auditnotes import AuditNotes
from autograder.labs import load_lab
from autograder.model import CheckGrade, Grade, QuestionGrade, Status
from autograder.orders import Trial
from autograder.trials import Candidate, Place, basis_of, files_asked
from shared.text import Text

LAB = """\
title = { en = "Small", fr = "Petit" }
[[questions]]
id = "first"
points = 10
title = { en = "First", fr = "Première" }
[[questions]]
id = "second"
points = 10
title = { en = "Second", fr = "Seconde" }
"""
MODULE = """\
def _shared(x):
    # BEGIN SOLUTION
    return x + 1
    # END SOLUTION


def first(x):
    # BEGIN SOLUTION
    return _shared(x)
    # END SOLUTION


def second(x):
    # BEGIN SOLUTION
    return _shared(x)
    # END SOLUTION
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A course whose reference was graded: each question calls its function."""
    for name, text in (("assignments", MODULE.replace("x + 1", "x")), ("solutions", MODULE)):
        (tmp_path / name / "small").mkdir(parents=True)
        (tmp_path / name / "small/small.py").write_text(text)
    (tmp_path / "assignments/small/lab.toml").write_text(LAB)
    (tmp_path / "tests/labs/small").mkdir(parents=True)
    (tmp_path / "tests/labs/small/test_all.py").write_text('"first", "second"')
    calls = tmp_path / "out/specimens/calls/reference.json"
    calls.parent.mkdir(parents=True)
    calls.write_text(json.dumps({"first": ["first"], "second": ["second"]}))
    return Place(tmp_path, load_lab(tmp_path, "small"), tmp_path / "out")


class Judges:
    """Stands for the workers: the first question notices a minus, the second anything but the reference and ``x``."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def __call__(self, _place: Place, folder: str, candidates: Sequence[Candidate], *_rest: object) -> dict[str, Grade]:
        """Grade what was handed in."""
        found = {}
        for candidate in candidates:
            text = candidate.path.read_text()
            assert candidate.questions is not None
            self.asked.append((folder, candidate.questions))
            wrong = {"first": "x - 1" in text, "second": "x - 1" in text or "x + 2" in text}
            rows = tuple(self._question(name, wrong[name]) for name in candidate.questions)
            reason = None
            found[candidate.name] = Grade("small", "s", None, "graded", reason, Fraction(0), Fraction(2), rows, {}, ())
        return found

    @staticmethod
    def _question(name: str, failed: bool) -> QuestionGrade:
        verdict = Status.FAILED if failed else Status.PASSED
        row = CheckGrade("values", Text.same("Values"), verdict, True, Fraction(0), Fraction(1), None, None)
        return QuestionGrade(name, Text.same(name), Fraction(not failed), Fraction(1), (row,))


@pytest.mark.parametrize("all_kills", [False, True])
def test_what_one_question_kills_no_other_one_judges(
    place: Place, monkeypatch: pytest.MonkeyPatch, all_kills: bool
) -> None:
    """What survives the first question goes on to the second; with all kills every question judges everything."""
    judges = Judges()
    monkeypatch.setattr(rounds, "grade_trials", judges)

    found = rounds.audit_mutants(
        place, AuditNotes((), {}, {}), None, lambda _name, _total: lambda _one, _became: None, all_kills=all_kills
    )

    states = {mutant.after: found.kills[mutant.name] for mutant in found.made if mutant.function == "_shared"}
    assert states["return (x - 1)"].state == states["return x + 2"].state == "killed"
    assert states["return x + 2"].killers == (("second", "values"),)
    assert states["return x"].state == "survived"
    assert ("mutants", ("first", "second")) in judges.asked or not all_kills
    second = [folder for folder, questions in judges.asked if "second" in questions and folder == "mutants-2"]
    killed_first = [m for m in found.kills.values() if m.killers == (("first", "values"),)]
    shared = [mutant for mutant in found.made if mutant.function == "_shared"]
    assert len(second) == (0 if all_kills else len(shared) - len(killed_first))


def test_a_change_of_the_suite_spares_what_other_files_judge(place: Place) -> None:
    """A result depends on the files that can hold its questions' checks, on what these import, and on all helpers."""
    suite = place.root / "tests/labs/small"
    (suite / "test_all.py").unlink()
    (suite / "networks.py").write_text('NAMES = ("second",)\n')
    (suite / "test_1.py").write_text('@question("first")\ndef test_it(): ...\n')
    (suite / "test_2.py").write_text("from .networks import NAMES\n")
    (suite / "test_3.py").write_text('from .test_1 import test_it\n\nquestion("firstborn")\n')
    (suite / "test_4.py").write_text('from .test_3 import x\n\nquestion("second")\n')
    names = {name: {path.name for path in files_asked(place, [name])} for name in ("first", "second")}

    before = {name: basis_of(place, Trial(), [name]) for name in names}
    (suite / "test_2.py").write_text("from .networks import NAMES\n\nSEED = 3\n")
    after = {name: basis_of(place, Trial(), [name]) for name in names}

    assert names["first"] == {"networks.py", "test_1.py"}
    assert names["second"] == {"networks.py", "test_1.py", "test_2.py", "test_3.py", "test_4.py"}
    assert before["first"] == after["first"]
    assert before["second"] != after["second"]
