"""The cells of a submitted notebook: brought back to what was released, and given the points that the judge decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from autograder.exporters.nbgrader_source import NOT_JUDGED, points_cell
from autograder.feedback import explanation
from autograder.glyphs import one_line, visible
from autograder.model import QuestionGrade, Report
from autograder.scoring import round_points
from autograder.wording import SIGNS, phrase
from shared.text import Language

__all__ = ["put_points", "restore"]

Cell = Any


def restore(cells: Sequence[Cell], released: Any) -> list[Cell]:  # noqa: ANN401 - a Notebook of nbgrader's gradebook
    """Return a notebook's cells with the metadata that were released, and with the released cells that are missing.

    Where a cell is there twice the last one counts, as in nbgrader.  A cell for a function's body is not put back: its
    points are another cell's.

    Args:
        cells: The cells as submitted; their metadata are changed in place.
        released: The notebook as nbgrader's gradebook knows it.
    """
    wanted = {cell.name: (cell, _metadata(cell, released)) for cell in released.source_cells}
    found: list[Cell] = []
    seen: set[str] = set()
    for cell in reversed(cells):
        name = _name(cell)
        cell.metadata.pop("nbgrader", None)
        if name in wanted and name not in seen:
            cell.metadata["nbgrader"] = wanted[name][1]
            seen.add(name)
        found.insert(0, cell)
    previous = ""
    for name, (source, metadata) in wanted.items():
        if name not in seen and (metadata["grade"] or metadata["locked"]):
            place = next((index for index, cell in enumerate(found, 1) if _name(cell) == previous), len(found))
            found.insert(place, _new_cell(source, metadata))
        previous = name
    return found


def put_points(cells: Sequence[Cell], report: Report, language: Language, checksum: Callable[[Cell], str]) -> None:
    """Write a report's points and messages into the outputs of the test cells.

    An answer that was handed in elsewhere (in ``answers.md``) goes into its cell, so that whoever marks it sees it.

    Args:
        cells: The cells as `restore` returned them; changed in place.
        report: A graded or rejected report.
        language: The language of the messages.
        checksum: nbgrader's function, which tells an answer cell that nobody has touched.
    """
    by_name = {name: cell for cell in cells if (name := _name(cell))}
    for question in report.grade.questions:
        if (cell := by_name.get(points_cell(question.id))) is not None:
            cell.source = cell.source.removesuffix(NOT_JUDGED)
            cell.outputs = _outputs(question, report, language)
        elif (cell := by_name.get(question.id)) is not None and question.id in report.answers:
            untouched = checksum(cell) == cell.metadata["nbgrader"]["checksum"]
            cell.source = report.answers[question.id] if untouched else cell.source


def _name(cell: Cell) -> str:
    """Return a cell's name for nbgrader; whatever else a student may have put there is nothing."""
    theirs = cell.metadata.get("nbgrader")
    name = theirs.get("grade_id") if isinstance(theirs, dict) else None
    return name if isinstance(name, str) else ""


def _metadata(cell: Any, released: Any) -> dict[str, Any]:  # noqa: ANN401 - of nbgrader's gradebook
    graded = {one.name: one.max_score for one in released.grade_cells}
    metadata = {
        "schema_version": 3,
        "grade_id": cell.name,
        "cell_type": cell.cell_type,
        "grade": cell.name in graded,
        "solution": any(one.name == cell.name for one in released.solution_cells),
        "locked": cell.locked,
        "task": False,
        "checksum": cell.checksum,
    }
    return metadata | ({"points": graded[cell.name]} if cell.name in graded else {})


def _new_cell(source: Any, metadata: dict[str, Any]) -> Cell:  # noqa: ANN401 - of nbgrader's gradebook
    make = new_code_cell if source.cell_type == "code" else new_markdown_cell
    return make(source.source, metadata={"nbgrader": metadata})  # type: ignore[no-untyped-call]


def _outputs(question: QuestionGrade, report: Report, language: Language) -> list[Any]:
    """Return what nbgrader takes for a test's outputs; on standard error it would give 0, whatever the points."""
    words = _words(question, report, language)
    points = repr(0.0 if question.score is None else round_points(question.score))
    return [
        new_output("stream", name="stdout", text=words),  # type: ignore[no-untyped-call]
        new_output("execute_result", data={"text/plain": points}, execution_count=1),  # type: ignore[no-untyped-call]
    ]


def _words(question: QuestionGrade, report: Report, language: Language) -> str:
    lines = [one_line(question.title.in_(language))]
    # What concerns the whole submission is said once, unless it is all that there is to say.
    first = question.id == report.grade.questions[0].id
    if report.grade.reason is not None and (first or not question.checks):
        lines += _indented(report.grade.reason.in_(language), 2)
    for check in question.checks:
        verdict = f"{phrase('colon', language)} {phrase(check.status, language)}"
        lines.append(f"  {SIGNS[check.status]} {one_line(check.title.in_(language))}{verdict}")
        for text in explanation(check, language):
            lines += _indented(text, 6)
    return "\n".join(lines) + "\n"


def _indented(text: str, columns: int) -> list[str]:
    return [" " * columns + line for line in visible(text).strip("\n").split("\n")]
