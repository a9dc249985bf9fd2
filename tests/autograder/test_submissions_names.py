"""File names for submissions: safe on every system, unique, and the same whatever the order."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.submissions import file_names


@pytest.mark.parametrize("name", ["amel.benali", "Zoé d'Été", "mnist (1)", "李雷", "a-b_c", "1"])
def test_ordinary_names_stay(name: str) -> None:
    """A name that every file system accepts is its own file name."""
    assert file_names([name]) == {name: name}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a/b", "a_b"),
        ("..\\c:d", "_.._c_d"),
        ("..", "_"),
        (".hidden", "_.hidden"),
        ("-rf", "_-rf"),
        ("=cmd|' /C calc'!A0", "=cmd_' _C calc'!A0"),
        ("CON", "_CON"),
        ("aux.b", "_aux.b"),
        ("end. ", "end"),
        ("", "_"),
        ("a\nb", "a_nb"),
        ("caf\udce9", "caf_xe9"),
        ("zoe\u0301", "zoé"),
    ],
)
def test_unfit_names_are_replaced(name: str, expected: str) -> None:
    """Separators, controls, leading dots and dashes, device names and trailing dots never reach a file system."""
    assert file_names([name]) == {name: expected}


def test_twins_are_told_apart() -> None:
    """Names that would share a file get a few digits that depend on the name alone."""
    names = ["Amel", "amel", "a/b", "a_b", "bob"]

    stems = file_names(names)

    assert stems["bob"] == "bob"
    assert len({stem.casefold() for stem in stems.values()}) == len(names)
    assert file_names(reversed(names)) == stems


def test_a_planned_clash_is_no_clash() -> None:
    """Somebody who calls a file like another one's digits gets other digits."""
    first = file_names(["a/b", "a_b"])
    planned = ["a/b", "a_b", *first.values()]

    stems = file_names(planned)

    assert len({stem.casefold() for stem in stems.values()}) == len(set(planned))


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=300), max_size=8, unique=True))
def test_any_names_give_safe_unique_stems(names: list[str]) -> None:
    """Whatever the names, stems are short, composed, printable, free of separators and unique without case."""
    stems = file_names(names)

    assert set(stems) == set(names)
    assert len({unicodedata.normalize("NFC", stem).casefold() for stem in stems.values()}) == len(names)
    for stem in stems.values():
        assert stem
        assert len(stem.encode("utf-8")) <= 100
        assert not stem.startswith((".", "-"))
        assert not set(stem) & set('/\\:*?"<>|\0\n')
