"""A lab as a master notebook for ``otter assign``, which makes the students' notebook and the autograder zip from it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from autograder.answers import answers_by_heading
from autograder.build import filled_notebook, generate
from autograder.errors import LabError
from autograder.labs import load_lab, model_answers_path, notebook_path
from autograder.model import Lab, Question

__all__ = ["make_master"]

Cell = Any
_FENCE = "'''"
# Otter shows a failed assertion with the line that made it, so that line should read well.
_TEST = """\
def public_checks(env):
    from shared.check import failures

    problems = failures({lab!r}, {question!r}, env)
    assert not problems, problems"""


def make_master(root: Path, lab_id: str, config: Mapping[str, Any]) -> str:
    """Write the master notebook of a lab.

    Code cells hold the reference between Otter's solution markers and the stub as its prompt, so that students get the
    stub's own text; a question's test is its public checks; written questions are manual ones.

    Args:
        root: The course's folder.
        lab_id: The lab.
        config: The assignment's configuration, as Otter documents it.

    Returns:
        The notebook as JSON text.

    Raises:
        LabError: The lab's sources do not fit together, or the stub cannot be quoted.
    """
    lab = load_lab(root, lab_id)
    stub = nbformat.reads(generate(root, lab_id)[notebook_path(root, lab_id)], as_version=4)  # type: ignore[no-untyped-call]
    filled = nbformat.reads(filled_notebook(root, lab), as_version=4)  # type: ignore[no-untyped-call]
    solutions = {cell.id: cell.source for cell in filled.cells}
    cells = [_raw("ASSIGNMENT CONFIG", config)]
    cells += _blocks(lab, stub.cells, solutions, _model_answers(root, lab))
    ours = {cell.id for cell in stub.cells}
    for number, cell in enumerate(cells):
        # Those that are made here would get a random id; the same lab gives the same bytes.
        cell.id = cell.id if cell.id in ours else f"otter-{number}"
    stub.cells = cells
    return str(nbformat.writes(stub)) + "\n"  # type: ignore[no-untyped-call]


def _model_answers(root: Path, lab: Lab) -> dict[str, str]:
    path = model_answers_path(root, lab.id)
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return answers_by_heading(text, list(lab.written))


def _blocks(lab: Lab, cells: list[Cell], solutions: Mapping[str, str], answers: Mapping[str, str]) -> Iterator[Cell]:
    """Yield the notebook's cells with Otter's boundaries around each question."""
    questions = {question.id: question for question in lab.questions}
    prompt: Cell | None = None
    for cell in cells:
        ours = cell.metadata.get("autograder", {})
        if "check" in ours:
            continue
        if prompt is not None and "question" not in ours:
            yield prompt
        waiting, prompt = prompt, None
        if "function" in ours:
            yield from _function(lab, questions[ours["function"]], cell, solutions[cell.id])
        elif "question" in ours:
            question = questions[ours["question"]]
            yield from _written(question, waiting, cell, answers.get(question.id, ""))
        elif cell.cell_type == "code":
            yield _with_solution(lab, cell, solutions[cell.id])
        else:
            prompt = cell
    if prompt is not None:
        yield prompt


def _function(lab: Lab, question: Question, cell: Cell, solution: str) -> Iterator[Cell]:
    yield _raw("BEGIN QUESTION", {"name": question.id, "points": float(question.points)})
    yield _raw("BEGIN SOLUTION")
    yield _with_solution(lab, cell, solution)
    yield _raw("END SOLUTION")
    yield _raw("BEGIN TESTS")
    yield new_code_cell(_TEST.format(lab=lab.id, question=question.id))  # type: ignore[no-untyped-call]
    yield _raw("END TESTS")
    yield _raw("END QUESTION")


def _written(question: Question, prompt: Cell | None, answer: Cell, model: str) -> Iterator[Cell]:
    yield _raw("BEGIN QUESTION", {"name": question.id, "points": float(question.points), "manual": True})
    if prompt is not None:
        yield prompt
    yield _raw("BEGIN PROMPT")
    yield answer
    yield _raw("END PROMPT")
    yield _raw("BEGIN SOLUTION")
    yield new_markdown_cell(model or "-")  # type: ignore[no-untyped-call]
    yield _raw("END SOLUTION")
    yield _raw("END QUESTION")


def _with_solution(lab: Lab, cell: Cell, solution: str) -> Cell:
    """Return the cell with the reference for us and the stub for students; as it is where they are the same."""
    if cell.source != solution:
        if _FENCE in cell.source:
            message = (
                f"solutions/{lab.id}/{lab.id}.py: {_FENCE} in what students get; write docstrings with double quotes"
            )
            raise LabError(message)
        parts = ["# BEGIN SOLUTION NO PROMPT", solution, "# END SOLUTION"]
        parts += [f"r{_FENCE} # BEGIN PROMPT", cell.source, f"{_FENCE} # END PROMPT"]
        cell.source = "\n".join(parts)
    return cell


def _raw(boundary: str, config: Mapping[str, Any] | None = None) -> Cell:
    # JSON is YAML, and quotes what YAML would take for something else.
    text = f"# {boundary}" + (f"\n{json.dumps(config, indent=2)}" if config is not None else "")
    return new_raw_cell(text)  # type: ignore[no-untyped-call]
