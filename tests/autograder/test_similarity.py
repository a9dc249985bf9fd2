"""Nearly identical code is found under new names, comments and layout; code of different hands is left in peace."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from autograder import similarity
from autograder.labs import find_root, lab_ids, stub_path
from autograder.similarity import near_identical
from autograder.specimens import load_specimens, write_specimen
from autograder.submissions import find_submissions, read_submission

ROOT = find_root(Path(__file__).parent)
MODULE = "\n".join(
    f"def step_{number}(values, rate):\n    total = sum(value * {number} for value in values)\n"
    f"    return [value - rate * total / len(values) for value in values if value != {number + 7}]\n"
    for number in range(12)
)
RENAMED = '"""Mine."""\n' + MODULE.replace("values", "xs").replace("total", "somme").replace(
    "    return", "    # so\n    return"
)
OTHER = "\n".join(
    f"class Thing{number}:\n    def run(self, data):\n        while data and data[0] > {number}:\n"
    f"            data = data[1:]\n        print('{number}', len(data) ** 2)\n"
    for number in range(12)
)


def test_a_renamed_copy_is_found() -> None:
    """New names, another docstring and more comments hide nothing; members come in natural order."""
    (group,) = near_identical({"group10": MODULE, "group2": RENAMED, "zoé": OTHER})

    assert group.submissions == ("group2", "group10")
    assert group.likeness == 1.0


def test_a_few_changes_hide_nothing() -> None:
    """A copy with three lines changed is still a copy, and less alike."""
    changed = MODULE.replace("* 3 ", "* 33 ").replace("!= 9", "== 9").replace("* 5 ", "- 5 ")

    (group,) = near_identical({"a": MODULE, "b": changed})

    assert 0.8 <= group.likeness < 1.0


def test_what_everybody_was_given_does_not_count() -> None:
    """Two who have only the stub in common are not alike."""
    assert near_identical({"a": MODULE + OTHER, "b": MODULE}, stub=MODULE) == ()


def test_short_code_says_nothing() -> None:
    """Two stubs, or two functions of a line, are no copies of each other."""
    assert near_identical({"a": "def f(x):\n    return x\n", "b": "def f(x):\n    return x\n", "c": ""}) == ()


def test_the_order_of_submissions_does_not_matter() -> None:
    """The same class gives the same groups."""
    modules = {"a": MODULE, "b": RENAMED, "c": OTHER, "d": OTHER.replace("data", "row")}

    found = {near_identical(dict(order)) for order in itertools.permutations(modules.items())}

    assert len(found) == 1
    assert [group.submissions for group in found.pop()] == [("a", "b"), ("c", "d")]


@pytest.mark.parametrize(
    "code",
    ["(" * 50_000, "-" * 50_000 + "1", "x" + "+1" * 50_000, "def f(:\n" * 9000, "'\\d'\n" * 9000, "\0", "x = '\udcff'"],
    ids=["brackets", "minus", "sum", "syntax", "escapes", "nul", "surrogate"],
)
def test_no_code_stops_the_comparison(code: str) -> None:
    """Whatever was handed in, the others are compared."""
    (group,) = near_identical({"a": MODULE, "b": RENAMED, "c": code + MODULE})

    assert {"a", "b"} <= set(group.submissions)


def test_each_copy_of_a_large_class_is_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work grows with the number of submissions, not of pairs."""
    compared = []
    likeness = similarity._likeness

    def compare(one: set[str], other: set[str]) -> float:
        compared.append(one)
        return likeness(one, other)

    monkeypatch.setattr(similarity, "_likeness", compare)

    (group,) = near_identical({f"s{number}": MODULE.replace("* 3", f"* {number}") for number in range(300)})

    assert len(group.submissions) == 300
    assert len(compared) == 299


@pytest.mark.parametrize("lab_id", lab_ids(ROOT))
def test_right_answers_of_different_hands_are_not_alike(lab_id: str, tmp_path: Path) -> None:
    """The handout makes solutions resemble each other; it does not make them copies."""
    for specimen in load_specimens(ROOT, lab_id):
        if specimen.kind == "right":
            write_specimen(specimen, tmp_path)
    stub = stub_path(ROOT, lab_id).read_text(encoding="utf-8")
    found = [read_submission(entry, lab_id, (), stub) for entry in find_submissions([tmp_path], lab_id, "many")]

    assert len(found) >= 5
    assert near_identical({submission.name: submission.module for submission in found}, stub) == ()
