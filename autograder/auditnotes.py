"""What people have found about an audit's results, kept in ``audit.toml`` beside a lab's specimens and checked each time.

A mutant is listed as equivalent with a reason and the digest of the code that the reason was given for: when that code
changes, the reason no longer counts until somebody has looked again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.errors import LabError
from autograder.labs import specimens_path
from autograder.recipes import read_table

__all__ = ["AuditNotes", "Equivalent", "read_notes"]

_KEYS = {"equivalent", "for_its_message", "named"}
_EQUIVALENT_KEYS = ("function", "before", "after", "reason", "code")


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A mutant that no check can tell from the reference without demanding what the contract leaves free."""

    function: str
    before: str
    after: str
    reason: str
    code: str


@dataclass(frozen=True, slots=True)
class AuditNotes:
    """All notes of a lab.

    ``for_its_message``: checks that kill nothing new and why they are there, by (question, check); ``named``: words by
    which the feedback on a wrong specimen names its mistake, by the specimen's name.
    """

    equivalents: tuple[Equivalent, ...]
    for_its_message: Mapping[tuple[str, str], str]
    named: Mapping[str, str]


def read_notes(root: Path, lab_id: str) -> AuditNotes:
    """Read a lab's ``audit.toml``; without one there are no notes.

    Raises:
        LabError: An entry is not as it should be; the text names it and the remedy.
    """
    place = f"tests/submissions/{lab_id}/audit.toml"
    table = read_table(specimens_path(root, lab_id) / "audit.toml", place)
    for key in sorted(set(table) - _KEYS):
        raise LabError(f"{place}: unknown key {key}; the keys are {', '.join(sorted(_KEYS))}")
    equivalents = tuple(
        Equivalent(*_texts(row, _EQUIVALENT_KEYS, f"{place}: equivalent[{index}]"))
        for index, row in enumerate(table.get("equivalent", []))
    )
    rows = [
        _texts(row, ("question", "check", "reason"), f"{place}: for_its_message[{index}]")
        for index, row in enumerate(table.get("for_its_message", []))
    ]
    named = table.get("named", {})
    if not isinstance(named, dict) or not all(isinstance(words, str) and words for words in named.values()):
        raise LabError(f'{place}: named: not words by specimen; write lines such as "bias-forgotten" = "no bias"')
    return AuditNotes(equivalents, {(question, check): reason for question, check, reason in rows}, named)


def _texts(row: Any, keys: tuple[str, ...], place: str) -> list[str]:  # noqa: ANN401 - a value of a TOML file
    if not isinstance(row, dict) or set(row) != set(keys) or not all(isinstance(v, str) and v for v in row.values()):
        raise LabError(f"{place}: write exactly the keys {', '.join(keys)}, each with a text")
    return [row[key] for key in keys]
