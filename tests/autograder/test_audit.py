"""`autograder audit` proves a suite on the real pipeline: a small course in full, and a sample of each lab's mutants."""

from __future__ import annotations

import json
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from autograder import mutants
from autograder.audit import Extent, audit, reference_sources
from autograder.auditnotes import read_notes
from autograder.cli import app
from autograder.errors import UsageError
from autograder.labs import find_root, lab_ids, load_lab, specimens_path
from autograder.specimens import load_specimens
from autograder.trials import Place

ROOT = find_root(Path(__file__).parent)
# The labs whose survivors have been looked at one by one; the others' audits stand out.
AUDITED = [lab for lab in lab_ids(ROOT) if (specimens_path(ROOT, lab) / "audit.toml").is_file()]
COURSE = runpy.run_path(str(Path(__file__).with_name("small_course.py")))
command, finish, open_course = COURSE["command"], COURSE["finish"], COURSE["open_course"]
SAMPLE = 6
# What is sampled each time: formulas and a network.  Each lab more takes half a minute, most of it TensorFlow's import.
QUESTIONS = {"mlp": ("softmax", "xor_model")}
WRONG = """\
[[specimen]]
name = "added-two"
question = "double"
mistake = { en = "adds 2", fr = "ajoute 2" }
edits = [{ find = "2 * x", replace = "2 + x" }]
"""
RIGHT = """\
import numpy as np


def double(x):
    result = x + x
    return result


def average(values):
    return np.sum(values) / len(values)
"""
NOTES = """\
[named]
added-two = "twice x"
"""


@pytest.fixture(scope="module")
def course() -> Iterator[Path]:
    """A small course with specimens."""
    with open_course() as root:
        place = root / "tests/submissions/small"
        (place / "right").mkdir(parents=True)
        (place / "right/plain.py").write_text(RIGHT)
        (place / "wrong.toml").write_text(WRONG)
        (place / "audit.toml").write_text(NOTES)
        yield root


@pytest.fixture(scope="module")
def findings(course: Path) -> dict[str, Any]:
    """What the command finds in it, with one other seed."""
    printed, _ = finish(
        command(course, "audit", "small", "--out", "audits", "--seeds", "1", "--docs", "audit.md", "--json")
    )
    found: dict[str, Any] = json.loads(printed)
    return found


def test_right_answers_and_rewrites_are_whole(findings: dict[str, Any]) -> None:
    """The reference, the right specimen and its rewrites get full marks, the stub nothing."""
    names = [row["name"] for row in findings["right"]]

    assert names == ["reference", "right-plain", "varied-plain-rewritten", "varied-plain-notebook"]
    assert [row["lost"] for row in findings["right"]] == [[]] * 4
    assert findings["stub"] == 0


def test_wrong_specimens_are_killed_and_named(findings: dict[str, Any]) -> None:
    """The wrong specimen loses points on its question, and its feedback has the words of the notes."""
    (row,) = findings["wrong"]

    assert (row["name"], row["state"], row["named"]) == ("added-two", "killed", True)
    assert set(row["killers"]) == {"double/number", "double/array"}


def test_mutants_are_killed_and_survivors_shown(findings: dict[str, Any]) -> None:
    """A mutant that computes something else is killed; one that no check tells from the reference survives."""
    states = {row["after"]: row["state"] for row in findings["mutants"]}

    assert states["return 3 * x"] == "killed"
    assert states["return np.mean(values)"] == "survived"


def test_marks_do_not_depend_on_the_seed(findings: dict[str, Any]) -> None:
    """Right answers graded with another seed, on two workers, get the same marks."""
    assert findings["stability"] == {"seeds": 1, "marks": 6, "changed": []}


def test_everything_is_stored(course: Path, findings: dict[str, Any]) -> None:
    """Findings, page, the document of all labs, and the graded mutants are there to look at."""
    folder = course / "audits/small/embedded"

    assert json.loads((folder / "audit.json").read_text()) == findings
    assert "kills which mutant" in (folder / "audit.html").read_text()
    assert "## small, embedded data" in (course / "audit.md").read_text()
    assert list((folder / "mutants/feedback").glob("pack-*.html"))


def test_an_audit_goes_on_where_it_was_stopped(course: Path, findings: dict[str, Any]) -> None:
    """What was graded and has not changed is kept, and the findings are the same."""
    folder = course / "audits/small/embedded"
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*/results/*.json")}
    (folder / "mutants/results/pack-0001.json").unlink()

    finish(command(course, "audit", "small", "--out", "audits", "--seeds", "1"))

    after = {path: path.stat().st_mtime_ns for path in folder.glob("*/results/*.json")}
    assert {path.name for path in after if after[path] != before[path]} == {"pack-0001.json"}
    assert json.loads((folder / "audit.json").read_text()) == findings


def test_an_unknown_lab_is_refused() -> None:
    """The command names the labs that there are."""
    result = CliRunner().invoke(app, ["audit", "nothing"])

    assert "no lab is called 'nothing'" in str(result.exception)


@pytest.mark.parametrize("lab_id", QUESTIONS)
def test_a_sample_of_mutants_is_killed(lab_id: str, tmp_path: Path) -> None:
    """A few mutants of a lab's questions, the same each time, are killed or known to be equivalent."""
    place = Place(ROOT, load_lab(ROOT, lab_id), tmp_path)

    found = audit(place, Extent(SAMPLE, questions=QUESTIONS[lab_id]), lambda _name, _total: lambda _one, _became: None)

    assert found["right"] == [{"name": "reference", "lost": [], "status": "graded"}]
    assert len(found["mutants"]) == SAMPLE < found["made"]
    assert {row["question"] for row in found["checks"]} == set(QUESTIONS[lab_id])
    assert [row["after"] for row in found["mutants"] if row["state"] not in ("killed", "equivalent")] == []


def test_a_question_that_the_lab_does_not_have_is_refused(course: Path) -> None:
    """The command names the lab's questions."""
    place = Place(course, load_lab(course, "small"), course / "audits")

    with pytest.raises(UsageError, match="no question 'triple'; there are double, average"):
        audit(place, Extent(questions=("triple",)), lambda _name, _total: lambda _one, _became: None)


@pytest.mark.parametrize("lab_id", AUDITED)
def test_notes_are_up_to_date(lab_id: str) -> None:
    """Each mutant that a lab lists as equivalent is still made, from code that has not changed since; names are used."""
    notes = read_notes(ROOT, lab_id)
    reference, stub = reference_sources(ROOT, lab_id)
    made = {(mutant.function, mutant.before, mutant.after) for mutant in mutants.make_mutants(reference, stub)}
    digests = mutants.code_digests(reference)
    wrong = {specimen.name for specimen in load_specimens(ROOT, lab_id) if specimen.kind == "wrong"}

    stale = [
        n for n in notes.equivalents if (n.function, n.before, n.after) not in made or digests[n.function] != n.code
    ]

    assert stale == []
    assert set(notes.named) <= wrong
