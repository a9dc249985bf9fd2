"""Reads ``lab.toml`` and knows where each file of a lab is; no other module builds such a path by hand."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from autograder.errors import LabError, UsageError
from autograder.model import Gradescope, Lab, Limits, Question
from shared.text import LANGUAGES, Language, Text

__all__ = [
    "answers_path",
    "find_root",
    "handout_path",
    "lab_folder",
    "lab_ids",
    "lab_toml_path",
    "load_lab",
    "model_answers_path",
    "notebook_path",
    "public_tests_path",
    "reference_path",
    "specimens_path",
    "stub_path",
    "suite_path",
]

_LAB_KEYS = {"title", "datasets", "limits", "gradescope", "questions"}
_VISIBILITIES = ("visible", "hidden", "after_due_date", "after_published")
_QUESTION_KEYS = {"id", "title", "points", "written", "needs"}


def find_root(start: Path | None = None) -> Path:
    """Find the folder that holds ``assignments/``, ``solutions/`` and ``tests/labs/``.

    Args:
        start: Where to look first; the working directory when None.  Its parents follow, then this package's.

    Raises:
        UsageError: When there is no such folder.
    """
    first = (start or Path.cwd()).resolve()
    for folder in (first, *first.parents, Path(__file__).resolve().parent.parent):
        if all((folder / part).is_dir() for part in ("assignments", "solutions", "tests/labs")):
            return folder
    message = f"{first}: no course here (a folder with assignments/, solutions/ and tests/labs/); change into it first"
    raise UsageError(message)


def lab_ids(root: Path) -> list[str]:
    """List the labs, sorted: the folders of ``assignments/`` that hold a ``lab.toml``."""
    return sorted(path.parent.name for path in (root / "assignments").glob("*/lab.toml"))


def lab_folder(root: Path, lab_id: str) -> Path:
    """Return the folder of all that a student gets."""
    return root / "assignments" / lab_id


def lab_toml_path(root: Path, lab_id: str) -> Path:
    """Return the lab's description."""
    return lab_folder(root, lab_id) / "lab.toml"


def stub_path(root: Path, lab_id: str) -> Path:
    """Return the module that students fill in (generated)."""
    return lab_folder(root, lab_id) / f"{lab_id}.py"


def notebook_path(root: Path, lab_id: str) -> Path:
    """Return the same stub as a notebook (generated)."""
    return lab_folder(root, lab_id) / f"{lab_id}.ipynb"


def answers_path(root: Path, lab_id: str) -> Path:
    """Return the template for written answers (generated)."""
    return lab_folder(root, lab_id) / "answers.md"


def handout_path(root: Path, lab_id: str, language: Language) -> Path:
    """Return the handout in one language."""
    return lab_folder(root, lab_id) / ("README.md" if language == "en" else f"README.{language}.md")


def public_tests_path(root: Path, lab_id: str) -> Path:
    """Return the checks that students run at home."""
    return lab_folder(root, lab_id) / "test_public.py"


def reference_path(root: Path, lab_id: str) -> Path:
    """Return the reference module, with its markers."""
    return root / "solutions" / lab_id / f"{lab_id}.py"


def model_answers_path(root: Path, lab_id: str) -> Path:
    """Return the model answers to the written questions."""
    return root / "solutions" / lab_id / "answers.md"


def suite_path(root: Path, lab_id: str) -> Path:
    """Return the folder of the hidden suite."""
    return root / "tests" / "labs" / lab_id


def specimens_path(root: Path, lab_id: str) -> Path:
    """Return the folder of specimen submissions."""
    return root / "tests" / "submissions" / lab_id


def load_lab(root: Path, lab_id: str) -> Lab:
    """Read and validate ``assignments/<lab>/lab.toml``.

    Raises:
        UsageError: When there is no such lab.
        LabError: When the file is wrong; the text names the file, the key and the remedy.
    """
    path = lab_toml_path(root, lab_id)
    if not path.is_file():
        known = ", ".join(lab_ids(root)) or "none"
        raise UsageError(f"{lab_id}: no such lab; the labs are: {known}")
    place = f"assignments/{lab_id}/lab.toml"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LabError(f"{place}: not valid TOML ({error}); correct the syntax there") from error
    _refuse_unknown(document, _LAB_KEYS, place)
    questions = _questions(document.get("questions"), place)
    _refuse_bad_needs(questions, place)
    datasets = _strings(document.get("datasets", []), f"{place}: datasets")
    limits = _limits(document.get("limits", {}), place)
    gradescope = _gradescope(document.get("gradescope", {}), place)
    return Lab(lab_id, _title(document, place), questions, limits, datasets, gradescope)


def _questions(rows: Any, place: str) -> tuple[Question, ...]:
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise LabError(f"{place}: questions: missing; write one [[questions]] table for each question")
    questions = tuple(_question(row, f"{place}: questions[{index}]") for index, row in enumerate(rows))
    seen: set[str] = set()
    for question in questions:
        if question.id in seen:
            raise LabError(f"{place}: questions: the id {question.id} is there twice; rename or remove one")
        seen.add(question.id)
    return questions


def _question(row: Mapping[str, Any], place: str) -> Question:
    name = row.get("id")
    if not isinstance(name, str) or not name.isidentifier():
        raise LabError(f"{place}.id: {name!r} is not a Python identifier; use the function's name, or q1, q2, ...")
    place = f"{place} ({name})"
    _refuse_unknown(row, _QUESTION_KEYS, place)
    written = row.get("written", False)
    if not isinstance(written, bool):
        raise LabError(f"{place}.written: {written!r} is not a boolean; write true or false")
    needs = _strings(row.get("needs", []), f"{place}.needs")
    return Question(name, _title(row, place), _points(row.get("points"), place, written=written), written, needs)


def _points(value: Any, place: str, *, written: bool) -> Fraction:
    remedy = 'write a positive integer, or a fraction in quotes such as "5/2"'
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise LabError(f"{place}.points: {value!r} is not a number of points; {remedy}")
    try:
        points = Fraction(value)
    except (ValueError, ZeroDivisionError) as error:
        raise LabError(f"{place}.points: {value!r} is not a number of points; {remedy}") from error
    # A written question may be there to think about only; a function's checks share out something.
    if points < 0 or (points == 0 and not written):
        raise LabError(f"{place}.points: {value!r} is not positive; {remedy}")
    return points


def _title(table: Mapping[str, Any], place: str) -> Text:
    title = table.get("title")
    if not isinstance(title, dict):
        raise LabError(f'{place}.title: missing; write title = {{ en = "...", fr = "..." }}')
    _refuse_unknown(title, set(LANGUAGES), f"{place}.title")
    for language in LANGUAGES:
        words = title.get(language)
        if not isinstance(words, str) or not words.strip():
            raise LabError(f"{place}.title.{language}: missing; every title exists in English and French")
    return Text(title["en"], title["fr"])


def _limits(table: Any, place: str) -> Limits:
    fields = {name: type(value) for name, value in dataclasses.asdict(Limits()).items()}
    return Limits(**_numbers(table, fields, f"{place}: limits", lowest=1e-6))


def _gradescope(table: Any, place: str) -> Gradescope:
    place = f"{place}: gradescope"
    fields = {name: type(value) for name, value in dataclasses.asdict(Gradescope()).items()}
    words = {key: value for key, value in table.items() if fields.get(key) is str} if isinstance(table, dict) else {}
    for key, value in words.items():
        if value not in _VISIBILITIES:
            raise LabError(f"{place}.{key}: {value!r} is none of {', '.join(_VISIBILITIES)}; write one of them")
    rest = {key: value for key, value in table.items() if key not in words} if isinstance(table, dict) else table
    return Gradescope(**words, **_numbers(rest, fields, place, lowest=0))


def _numbers(table: Any, fields: Mapping[str, type], place: str, lowest: float) -> dict[str, Any]:
    """Return the numbers of a table, each of its field's type."""
    if not isinstance(table, dict):
        raise LabError(f"{place}: not a table; write [{place.rpartition(' ')[2]}] and its keys below")
    _refuse_unknown(table, set(fields), place)
    for key, value in table.items():
        allowed = (int, float) if fields[key] is float else (int,)
        if isinstance(value, bool) or not isinstance(value, allowed) or value < lowest:
            kind = ("positive " if lowest else "") + ("number" if fields[key] is float else "integer")
            raise LabError(f"{place}.{key}: {value!r} is not a {kind}; correct it or remove the line")
    return {key: fields[key](value) for key, value in table.items()}


def _strings(value: Any, place: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise LabError(f'{place}: {value!r} is not a list of strings; write ["...", "..."]')
    return tuple(value)


def _refuse_unknown(table: Mapping[str, Any], known: set[str], place: str) -> None:
    for key in sorted(set(table) - known):
        raise LabError(f"{place}: unknown key {key}; the keys are {', '.join(sorted(known))}")


def _refuse_bad_needs(questions: tuple[Question, ...], place: str) -> None:
    needs = {question.id: question.needs for question in questions}
    for name, wanted in needs.items():
        for other in wanted:
            if other not in needs:
                raise LabError(f"{place}: questions ({name}).needs: there is no question {other}; name an existing id")
    settled: set[str] = set()
    while len(settled) < len(needs):
        ready = {name for name, wanted in needs.items() if name not in settled and settled.issuperset(wanted)}
        if not ready:
            circle = ", ".join(sorted(set(needs) - settled))
            raise LabError(f"{place}: needs go round in a circle among {circle}; remove one of them")
        settled |= ready
