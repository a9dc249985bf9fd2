"""Specimens are graded by the real command, in one class, and must get what stands beside them in their files.

How many depends on `extent`:

- ``part``: of three labs that are drawn the stub, one submission (of the first a right one, of the second a careless and
  of the third a hostile one), and as many wrong ones as go into one submission, one mistake a question.
- ``all``: all of them.  Wrong ones are put together, one mistake a question, to save time; where few questions are left
  with mistakes to try, the judge runs these questions only: that the others stay whole was seen by then.  With
  ``COURSE_DATA`` the right ones are graded on both kinds of data.
- ``each``: every one by itself, on every question.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from autograder.labs import find_root, lab_ids, load_lab
from autograder.orders import Trial
from autograder.records import grade_document
from autograder.specimens import Specimen, combine_wrong, load_specimens, write_specimen
from autograder.trials import Candidate, Place, grade_trials

from .extent import EXTENT, drawn

ROOT = find_root(Path(__file__).parent)
# Endless loops among the specimens cost their limit each; the lab's own limits are for slow machines, not for tests.
CHECK_SECONDS, SUBMISSION_SECONDS = 20, 400
MOST_IN_A_REST = 4
KINDS = ("right", "careless", "hostile")
LABS = drawn(lab_ids(ROOT), len(KINDS), "specimens")
# Where the tests share the processors already, as many labs as there are processes are graded side by side.
JOBS = 1 if "PYTEST_XDIST_WORKER" in os.environ else 2


@cache
def known(lab_id: str) -> tuple[Specimen, ...]:
    """Return the specimens as they are in their files."""
    return load_specimens(ROOT, lab_id)


def whole_ones(lab_id: str) -> list[Specimen]:
    """Return what the command grades: all, or the stub, one submission of the kind whose turn it is, one of mistakes."""
    specimens = known(lab_id)
    if EXTENT == "each":
        return list(specimens)
    if EXTENT == "all":
        return [*(one for one in specimens if one.kind != "wrong"), *(one for one in packs(lab_id) if not is_rest(one))]
    kind = KINDS[LABS.index(lab_id)]
    stub = [one for one in specimens if one.kind == "stub"]
    return [*stub, *drawn([one for one in specimens if one.kind == kind], 1, lab_id), *packs(lab_id)[:1]]


def rests(lab_id: str) -> list[Specimen]:
    """Return what is graded on the few questions that it has mistakes in."""
    return [one for one in packs(lab_id) if is_rest(one)] if EXTENT == "all" else []


@cache
def packs(lab_id: str) -> tuple[Specimen, ...]:
    """Return the wrong specimens put together."""
    return tuple(combine_wrong(ROOT, lab_id))


def is_rest(pack: Specimen) -> bool:
    """Say whether most questions are as in the reference."""
    return len(pack.loses) <= MOST_IN_A_REST


SPECIMENS = [(lab_id, specimen) for lab_id in LABS for specimen in (*whole_ones(lab_id), *rests(lab_id))]


@dataclass(frozen=True)
class Graded:
    """A class as the command graded it: results by submission name, and where everything is."""

    results: dict[str, dict[str, Any]]
    folder: Path
    names: dict[str, str]


def course_with_short_limits(folder: Path) -> Path:
    """Return a course folder like ours whose labs have shorter time limits."""
    shutil.copytree(ROOT / "assignments", folder / "assignments")
    for name in ("solutions", "tests", "shared", "autograder"):
        (folder / name).symlink_to(ROOT / name)
    for path in (folder / "assignments").glob("*/lab.toml"):
        text = re.sub(r"(?ms)^\[limits\].*?(?=^\[\[)", "", path.read_text(encoding="utf-8"))
        limits = (
            f"[limits]\ncheck_seconds = {CHECK_SECONDS}\nsubmission_seconds = {SUBMISSION_SECONDS}\n\n[[questions]]"
        )
        path.write_text(text.replace("[[questions]]", limits, 1), encoding="utf-8")
    return folder


def grade(lab_id: str, specimens: list[Specimen], tmp: Path, environment: dict[str, str]) -> Graded:
    """Write the specimens as a class and grade it with the command."""
    handed_in, names = tmp / "class", {}
    handed_in.mkdir()
    for specimen in specimens:
        path = write_specimen(specimen, handed_in)
        names[specimen.name] = path.stem if path.is_file() else path.name
    command = [sys.executable, "-m", "autograder.cli", "grade", lab_id, str(handed_in), "--many", "--json"]
    done = subprocess.run(
        [*command, "--out", str(tmp / "out"), "--jobs", str(JOBS)],
        cwd=course_with_short_limits(tmp / "course"),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    results = {result["submission"]: result for result in json.loads(done.stdout)["results"]}
    return Graded(results, tmp / "out", names)


def grade_rests(lab_id: str, tmp: Path) -> dict[str, dict[str, Any]]:
    """Grade a lab's rests, each on its own questions; return their results by name."""
    (tmp / "rests").mkdir()
    course = tmp / "course"
    candidates = [Candidate(one.name, write_specimen(one, tmp / "rests"), one.loses) for one in rests(lab_id)]
    place = Place(course, load_lab(course, lab_id), tmp, jobs=JOBS)
    grades = grade_trials(place, "graded", candidates, Trial(), lambda _name, _end: None)
    return {name: grade_document(found) for name, found in grades.items()}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Graded]:
    """Grade a lab's specimens when they are first asked for, on the data that this run of the tests uses."""

    @cache
    def all_of(lab_id: str) -> Graded:
        tmp = tmp_path_factory.mktemp(lab_id)
        found = grade(lab_id, whole_ones(lab_id), tmp, dict(os.environ))
        found.names.update((one.name, one.name) for one in rests(lab_id))
        found.results.update(grade_rests(lab_id, tmp))
        return found

    return all_of


def losses(result: dict[str, Any]) -> dict[str, list[str]]:
    """Return the questions that lost points, each with what its failed checks say."""
    return {
        question["id"]: [
            f"{check['id']} ({check['status']}): {(check['message'] or {}).get('en', '')}"
            for check in question["checks"]
            if check["status"] != "passed"
        ]
        for question in result["questions"]
        if question["score"] is not None and question["score"] < question["max_score"]
    }


@pytest.mark.parametrize(("lab_id", "specimen"), SPECIMENS, ids=[f"{lab}-{s.kind}-{s.name}" for lab, s in SPECIMENS])
def test_specimen_gets_what_it_deserves(lab_id: str, specimen: Specimen, graded: Callable[[str], Graded]) -> None:
    """A specimen loses points on the questions that its file names, and on no other."""
    result = graded(lab_id).results[graded(lab_id).names[specimen.name]]

    assert result["status"] == ("rejected" if specimen.rejected else "graded"), result["reason"]
    if not specimen.rejected:
        lost = losses(result)
        assert sorted(lost) == sorted(specimen.loses), json.dumps(lost, indent=1, ensure_ascii=False)


@pytest.mark.parametrize("lab_id", LABS)
def test_every_specimen_has_a_row_and_a_page(lab_id: str, graded: Callable[[str], Graded]) -> None:
    """Whatever was handed in has one result and one feedback page."""
    folder = graded(lab_id).folder
    n = len(whole_ones(lab_id))

    assert len(graded(lab_id).results) == n + len(rests(lab_id))
    assert len(list((folder / "results").glob("*.json"))) == n
    assert len(list((folder / "feedback").glob("*.html"))) == n


@pytest.mark.parametrize("lab_id", LABS)
def test_stub_is_not_attempted(lab_id: str, graded: Callable[[str], Graded]) -> None:
    """The untouched stub scores 0: every check says that nothing was attempted."""
    result = graded(lab_id).results["stub"]

    statuses = {check["status"] for question in result["questions"] for check in question["checks"]}
    assert (result["score"], statuses) == (0.0, {"not_attempted"})


@pytest.mark.skipif(EXTENT == "part" or not os.environ.get("COURSE_DATA"), reason="one kind of data is enough here")
@pytest.mark.parametrize("lab_id", lab_ids(ROOT))
def test_right_specimens_are_right_on_embedded_data_too(lab_id: str, tmp_path: Path) -> None:
    """Right specimens get full marks on the embedded data where the class above was graded on the real ones."""
    environment = {name: value for name, value in os.environ.items() if name != "COURSE_DATA"}
    right = [specimen for specimen in known(lab_id) if specimen.kind == "right"]

    found = grade(lab_id, right, tmp_path, environment)

    assert {name: losses(result) for name, result in found.results.items() if losses(result)} == {}


@pytest.mark.parametrize("lab_id", lab_ids(ROOT))
def test_lab_has_enough_right_specimens(lab_id: str) -> None:
    """At least five right submissions in different styles stand for the freedom that students have."""
    assert len([specimen for specimen in known(lab_id) if specimen.kind == "right"]) >= 5
    assert load_lab(ROOT, lab_id).max_score == 20
