"""From a Jupyter notebook to one module and the written answers; read as plain JSON, never executed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from autograder import refusals
from autograder.answers import question_heading, tidy
from autograder.decoding import MAX_SOURCE_BYTES, clean, decode
from autograder.magics import plain_python

__all__ = ["MAX_NOTEBOOK_BYTES", "Notebook", "read_notebook"]

MAX_NOTEBOOK_BYTES = 20 * 2**20
# The public checks that the lab's notebook itself calls, in our way or in Otter's; grading has its own.
_CHECK = re.compile(
    r"^(?=from shared\.check import |import shared\.check\b|check\([^\n]*globals\(\)\)[ \t]*$"
    r"|import otter[ \t]*$|grader = otter\.Notebook\([^\n]*\)[ \t]*$"
    r"|grader\.(?:check|check_all|export)\([^\n]*\)[ \t]*$)",
    re.MULTILINE,
)
# Each costs many times its one byte when parsed; a notebook full of printed arrays stays far below.
_MAX_BRACKETS = 10**6
_MAX_COMMAS = 4 * 10**6
_MAX_HEADING = 6


@dataclass(frozen=True, slots=True)
class Notebook:
    """What is graded of a notebook: ``module``, the first line (from 1) of each cell in it, the answers by question."""

    module: str
    cells: tuple[int, ...]
    answers: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Cell:
    kind: str
    source: str
    question: str | None


def read_notebook(data: bytes, name: str, question_ids: Sequence[str] = (), lab_id: str = "") -> Notebook:
    """Read the code cells of a notebook as one module, and its answer cells.

    Args:
        data: The file's bytes; format 4, or 3 and older with worksheets.
        name: The file's name, for the messages.
        question_ids: The questions whose answers are looked for.
        lab_id: The lab; what the notebook writes into a module of that name is its code too.

    Returns:
        The code without IPython's syntax, each cell beginning on a line of its own, and the answers that were written.

    Raises:
        SubmissionError: It is too large, no notebook, or holds neither code nor an answer.
    """
    cells = _cells(_document(data, name), name)
    code = [cell.source for cell in cells if cell.kind == "code" and cell.question not in question_ids]
    if sum(len(source.encode()) for source in code) > MAX_SOURCE_BYTES:
        raise refusals.too_big(name, MAX_SOURCE_BYTES)
    answers = _answers(cells, question_ids)
    module, starts = _module(code, lab_id)
    if not module and not answers:
        raise refusals.no_code(name)
    return Notebook(module, starts, answers)


def _document(data: bytes, name: str) -> dict[str, Any]:
    if not data.strip():
        raise refusals.empty(name)
    brackets, commas = data.count(b"[") + data.count(b"{"), data.count(b",")
    if len(data) > MAX_NOTEBOOK_BYTES or brackets > _MAX_BRACKETS or commas > _MAX_COMMAS:
        raise refusals.huge_notebook(name, MAX_NOTEBOOK_BYTES)
    try:
        document = json.loads(decode(data) or "")
    except (ValueError, RecursionError) as error:
        raise refusals.broken_notebook(name) from error
    if not isinstance(document, dict):
        raise refusals.broken_notebook(name)
    return document


def _cells(document: dict[str, Any], name: str) -> list[_Cell]:
    """Return the cells in order; what is not shaped like a cell is passed over, as Jupyter may have written it."""
    found = document.get("cells")
    if found is None and isinstance(sheets := document.get("worksheets"), list):
        found = [cell for sheet in sheets if isinstance(sheet, dict) for cell in _list(sheet.get("cells"))]
    if not isinstance(found, list):
        raise refusals.broken_notebook(name)
    return [_cell(cell) for cell in found if isinstance(cell, dict)]


def _cell(cell: dict[str, Any]) -> _Cell:
    kind = cell.get("cell_type")
    source = _text(cell.get("input", "") if kind == "code" and "source" not in cell else cell.get("source"))
    if kind == "heading":  # format 3
        level = cell.get("level")
        depth = level if isinstance(level, int) and 1 <= level <= _MAX_HEADING else 1
        return _Cell("markdown", f"{'#' * depth} {source}", None)
    metadata = cell.get("metadata")
    ours = metadata.get("autograder") if isinstance(metadata, dict) else None
    question = ours.get("question") if isinstance(ours, dict) else None
    return _Cell(str(kind), source, question if isinstance(question, str) else None)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(source: object) -> str:
    """Return a cell's text, which is a string or a list of lines; NUL, which no source may hold, is made visible."""
    text = source if isinstance(source, str) else "".join(line for line in _list(source) if isinstance(line, str))
    return clean(text).replace("\0", "\ufffd")


def _module(cells: list[str], name: str) -> tuple[str, tuple[int, ...]]:
    """Join the cells, each from a new line on, and return the first line of each."""
    sources: list[str] = []
    starts: list[int] = []
    line = 1
    for cell in cells:
        if not cell.strip():
            continue
        source = plain_python(_CHECK.sub("# ", cell.strip("\n")), name) + "\n"
        sources.append(source)
        starts.append(line)
        line += source.count("\n")
    return "".join(sources), tuple(starts)


def _answers(cells: list[_Cell], question_ids: Sequence[str]) -> dict[str, str]:
    """Return the answers: from the cells marked as a question's, or else from below the question's heading."""
    marked: dict[str, list[str]] = {}
    for cell in cells:
        if cell.question in question_ids and cell.question is not None:
            marked.setdefault(cell.question, []).append(_without_heading(cell.source, question_ids))
    headed: dict[str, list[str]] = {}
    for question, text in _headed(cells, question_ids):
        headed.setdefault(question, []).append(text)
    answers = {question: tidy("\n\n".join(texts)) for question, texts in {**headed, **marked}.items()}
    return {question: answer for question, answer in answers.items() if answer}


def _headed(cells: list[_Cell], question_ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the Markdown under each heading of a question, up to the next one."""
    current: str | None = None
    for cell in cells:
        if cell.kind != "markdown" or cell.question is not None:
            continue
        heading = question_heading(cell.source.lstrip("\n").partition("\n")[0], question_ids)
        if heading is not None:
            current = heading[0]
        if current is not None:
            yield current, _without_heading(cell.source, question_ids)


def _without_heading(source: str, question_ids: Sequence[str]) -> str:
    """Return a cell's text without the heading that only repeats the question's name."""
    first, _, rest = source.lstrip("\n").partition("\n")
    heading = question_heading(first, question_ids)
    return source if heading is None else f"{heading[1]}\n{rest}".strip("\n")
