"""Reads the recipes by which specimen submissions are made from a lab's reference: small named edits, no copies."""

from __future__ import annotations

import ast
import re
import textwrap
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast

from autograder.errors import LabError
from shared.text import LANGUAGES, Text

__all__ = ["FORMS", "Bases", "Kind", "Recipe", "cook", "read_recipes", "read_table"]

Kind = Literal["right", "legitimate", "wrong", "hostile", "careless", "stub"]
# How the module is handed in; `packing` makes them.
FORMS = frozenset(("module", "bom", "cp1252", "crlf", "empty", "files", "folder", "notebook", "text", "zip", "zips"))

_KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_COMMON = frozenset(("name", "mistake", "edits", "body"))
_MORE = frozenset(("loses", "function", "prepend", "append", "files", "form", "file_name", "rejected", "base"))
_KEYS: dict[str, frozenset[str]] = {
    "wrong": _COMMON | {"question", "apart"},
    "hostile": _COMMON | _MORE,
    "careless": _COMMON | _MORE,
    "legitimate": _COMMON | _MORE,
}


@dataclass(frozen=True, slots=True)
class Bases:
    """The two modules that recipes start from: the reference without its markers, and the students' stub."""

    reference: str
    stub: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one specimen is made, and which questions it must lose points in.

    ``place`` names its file and entry for messages, ``edits`` are (find, replace) pairs, ``body`` takes the place of
    what ``function`` does after its docstring, ``files`` go beside the module.  A mistake that cannot be seen beside one
    in certain other questions names these in ``apart``.
    """

    place: str
    name: str
    kind: Kind
    loses: tuple[str, ...]
    mistake: Text
    base: str = "reference"
    edits: tuple[tuple[str, str], ...] = ()
    function: str | None = None
    body: str | None = None
    prepend: str = ""
    append: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    form: str = "module"
    file_name: str | None = None
    rejected: bool = False
    apart: tuple[str, ...] = ()


def read_table(path: Path, place: str) -> dict[str, Any]:
    """Read a TOML file; an absent one is empty.

    Raises:
        LabError: It is not valid TOML.
    """
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LabError(f"{place}: not valid TOML ({error}); correct the syntax there") from error


def read_recipes(path: Path, place: str, questions: Collection[str]) -> tuple[Recipe, ...]:
    """Read ``wrong.toml``, ``hostile.toml``, ``careless.toml`` or ``legitimate.toml``; the file's name says the kind.

    Args:
        path: The file; an absent one holds no recipes.
        place: Its path within the course, for messages.
        questions: The lab's coded questions.

    Raises:
        LabError: An entry is not as it should be; the text names the file, the entry and the key.
    """
    kind = path.stem
    rows = read_table(path, place).get("specimen", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise LabError(f"{place}: specimen: not a list of tables; write one [[specimen]] for each")
    return tuple(_recipe(row, f"{place}: specimen[{index}]", kind, questions) for index, row in enumerate(rows))


def cook(recipes: Collection[Recipe], bases: Bases) -> str:
    """Apply one recipe, or several that touch different places, to the module they start from.

    Raises:
        LabError: The text of an edit is not there exactly once, a function to replace is not there, or a wrong or
            hostile specimen is not valid Python.
    """
    text = ""
    for recipe in recipes:
        text = text or (bases.stub if recipe.base == "stub" else bases.reference)
        for find, replace in recipe.edits:
            count = text.count(find)
            if count != 1:
                raise LabError(
                    f"{recipe.place}: edits: {find!r} is there {count} times; quote a part that is there once"
                )
            text = text.replace(find, replace)
        if recipe.body is not None and recipe.function is not None:
            text = _with_body(text, recipe.function, recipe.body, recipe.place)
        text = recipe.prepend + text + ("\n\n" + recipe.append if recipe.append else "")
        if recipe.kind != "careless":
            _expect_python(text, recipe.place)
    return text


def _recipe(row: Mapping[str, Any], place: str, kind: str, questions: Collection[str]) -> Recipe:
    name = row.get("name")
    if not isinstance(name, str) or not _KEBAB.fullmatch(name):
        raise LabError(f"{place}.name: {name!r} is not in kebab-case; write for example bias-forgotten")
    place = f"{place} ({name})"
    for key in sorted(set(row) - _KEYS[kind]):
        raise LabError(f"{place}: unknown key {key}; the keys are {', '.join(sorted(_KEYS[kind]))}")
    base = _string(row, "base", place, "reference")
    if base not in ("reference", "stub"):
        raise LabError(f"{place}.base: {base!r}; write reference or stub")
    form = _string(row, "form", place, "folder" if "files" in row else "module")
    if form not in FORMS:
        raise LabError(f"{place}.form: {form!r} is unknown; choose one of {', '.join(sorted(FORMS))}")
    loses = _loses(row, place, kind, questions)
    body = _string(row, "body", place, None)
    function = _string(row, "function", place, loses[0] if body is not None and len(loses) == 1 else None)
    if (body is None) != (function is None):
        raise LabError(f"{place}: body and function: the one says what the other does; give both or neither")
    return Recipe(
        place,
        name,
        "stub" if base == "stub" else cast("Kind", kind),
        loses,
        _mistake(row, place),
        base,
        _edits(row.get("edits", []), place),
        function,
        body,
        _string(row, "prepend", place, ""),
        _string(row, "append", place, ""),
        _files(row.get("files", {}), place),
        form,
        _string(row, "file_name", place, None),
        row.get("rejected") is True,
        _known(row.get("apart", []), f"{place}.apart", questions),
    )


def _loses(row: Mapping[str, Any], place: str, kind: str, questions: Collection[str]) -> tuple[str, ...]:
    key = "question" if kind == "wrong" else "loses"
    found: Any = row.get(key)
    if kind == "wrong":
        found = [found]
    elif found == "all":
        found = list(questions)
    return _known(found, f"{place}.{key}", questions)


def _known(found: Any, place: str, questions: Collection[str]) -> tuple[str, ...]:
    if not isinstance(found, list):
        raise LabError(f'{place}: {found!r}; write a list of questions, [] for none, or "all" where it loses every one')
    for question in found:
        if question not in questions:
            raise LabError(f"{place}: the lab has no coded question {question!r}; see its lab.toml")
    return tuple(found)


def _mistake(row: Mapping[str, Any], place: str) -> Text:
    try:
        text = Text.from_json(row.get("mistake"))
    except ValueError as error:
        raise LabError(f'{place}.mistake: missing; write mistake = {{ en = "...", fr = "..." }}') from error
    for language in LANGUAGES:
        words = text.in_(language)
        if not words.strip() or "\n" in words:
            raise LabError(f"{place}.mistake.{language}: write one line that says what was done")
    return text


def _edits(rows: Any, place: str) -> tuple[tuple[str, str], ...]:
    remedy = 'write edits = [{ find = "...", replace = "..." }]'
    if not isinstance(rows, list) or not all(isinstance(row, dict) and set(row) == {"find", "replace"} for row in rows):
        raise LabError(f"{place}.edits: not a list of find and replace; {remedy}")
    edits = tuple((row["find"], row["replace"]) for row in rows)
    if not all(isinstance(part, str) for edit in edits for part in edit) or any(a == b or not a for a, b in edits):
        raise LabError(f"{place}.edits: an edit without effect; {remedy}")
    return edits


def _files(table: Any, place: str) -> Mapping[str, str]:
    if not isinstance(table, dict) or not all(isinstance(text, str) for text in table.values()):
        raise LabError(f'{place}.files: not texts by path; write files = {{ "path" = "text" }}')
    return dict(table)


def _string(row: Mapping[str, Any], key: str, place: str, default: Any) -> Any:
    value = row.get(key, default)
    if key in row and not isinstance(value, str):
        raise LabError(f"{place}.{key}: {value!r} is not a text; put it in quotes")
    return value


def _with_body(text: str, function: str, body: str, place: str) -> str:
    """Put other code below a function's docstring."""
    _expect_python(text, place)
    found = [node for node in _tree(text).body if isinstance(node, ast.FunctionDef) and node.name == function]
    if len(found) != 1:
        raise LabError(f"{place}.function: there is no function {function}; name one of the reference's")
    node = found[0]
    code = node.body[1:] if ast.get_docstring(node) is not None else node.body
    lines = text.splitlines()
    indented = textwrap.indent(body.strip("\n"), "    ")
    return "\n".join([*lines[: code[0].lineno - 1], indented, *lines[code[-1].end_lineno or 0 :]]) + "\n"


def _expect_python(text: str, place: str) -> None:
    fault = _fault(text)
    if fault:
        raise LabError(f"{place}: {fault}")


# A lab's specimens are mostly the same text again: the reference, and each recipe's alone and among others.
@lru_cache(maxsize=4096)
def _fault(text: str) -> str:
    try:
        ast.parse(text)
    except SyntaxError as error:
        return f"line {error.lineno} of what it makes is not valid Python ({error.msg})"
    return ""


@lru_cache(maxsize=8)
def _tree(text: str) -> ast.Module:
    return ast.parse(text)
