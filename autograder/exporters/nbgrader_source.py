"""A lab's notebook as nbgrader's source version: each cell with the metadata that nbgrader's format asks for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

from autograder.answers import answers_by_heading
from autograder.build import generate
from autograder.errors import LabError
from autograder.labs import load_lab, model_answers_path, notebook_path
from autograder.model import Lab, Question
from autograder.scoring import round_points
from shared.text import Language

__all__ = ["NOT_JUDGED", "make_source", "points_cell", "prompt_cell"]

Cell = Any
# Students never see this region.  Without our judge the cell fails, so that a course whose configuration was lost gives
# no points rather than all of them.
NOT_JUDGED = """

### BEGIN HIDDEN TESTS
raise RuntimeError("Points of this cell come from the judge, which nbgrader_config.py puts in the place of Execute.")
### END HIDDEN TESTS"""
_SCHEME = """

=== BEGIN MARK SCHEME ===

{scheme}

=== END MARK SCHEME ==="""


def make_source(root: Path, lab_id: str, language: Language) -> str:
    """Write the source notebook of a lab.

    It holds the stub, not the reference: what is not in the course's folder cannot leak from it.  A function's check is
    a test cell worth the question's points; a written answer is graded by hand, with model answer and rubric as mark
    scheme in the cell above it.

    Args:
        root: The course's folder.
        lab_id: The lab.
        language: The language of the mark schemes.

    Returns:
        The notebook as JSON text.

    Raises:
        LabError: The lab's sources do not fit together.
    """
    lab = load_lab(root, lab_id)
    book: Any = nbformat.reads(generate(root, lab_id)[notebook_path(root, lab_id)], as_version=4)  # type: ignore[no-untyped-call]
    book.cells = list(_cells(lab, book.cells, _schemes(root, lab, language)))
    return str(nbformat.writes(book)) + "\n"  # type: ignore[no-untyped-call]


def points_cell(question: str) -> str:
    """Return the id of the cell that carries a function's points."""
    return f"{question}-points"


def prompt_cell(question: str) -> str:
    """Return the id of the cell that asks a written question and holds its mark scheme."""
    return f"{question}-prompt"


def _schemes(root: Path, lab: Lab, language: Language) -> dict[str, str]:
    """Return model answer and rubric of each written question in one language."""
    written = list(lab.written)
    path = model_answers_path(root, lab.id)
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    found = answers_by_heading(text, written)
    for question in written:
        if question not in found:
            raise LabError(f"solutions/{lab.id}/answers.md: nothing on {question}; the mark scheme is made from it")
    return {question: _in_language(words, language) for question, words in found.items()}


def _in_language(words: str, language: Language) -> str:
    """Keep the sections whose heading ends in ``(en)`` or ``(fr)`` as asked, and those that name no language."""
    kept, wanted = list[str](), True
    for line in words.splitlines():
        if line.startswith("#"):
            wanted = not line.rstrip().endswith(("(en)", "(fr)")) or line.rstrip().endswith(f"({language})")
        if wanted:
            kept.append(line)
    return "\n".join(kept).strip()


def _cells(lab: Lab, cells: list[Cell], schemes: dict[str, str]) -> Iterator[Cell]:
    questions = {question.id: question for question in lab.questions}
    for cell, following in zip(cells, [*cells[1:], None], strict=True):
        ours = cell.metadata.get("autograder", {})
        next_question = following.metadata.get("autograder", {}).get("question") if following is not None else None
        if "function" in ours:
            _mark(cell, ours["function"], solution=True)
        elif "check" in ours:
            _mark(cell, points_cell(ours["check"]), worth=questions[ours["check"]])
            cell.source += NOT_JUDGED
        elif "question" in ours:
            _mark(cell, ours["question"], solution=True, worth=questions[ours["question"]])
        elif next_question is not None:
            _mark(cell, prompt_cell(next_question))
            cell.source += _SCHEME.format(scheme=schemes[next_question])
        yield cell


def _mark(cell: Cell, name: str, *, solution: bool = False, worth: Question | None = None) -> None:
    metadata = {
        "schema_version": 3,
        "grade_id": name,
        "cell_type": cell.cell_type,
        "grade": worth is not None,
        "solution": solution,
        "locked": not solution,
        "task": False,
    }
    if worth is not None:
        metadata["points"] = round_points(worth.points)
    cell.metadata["nbgrader"] = metadata
