"""One source: stub, notebook and answer template of a lab are made from its reference and its handouts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autograder.errors import LabError
from autograder.handouts import cut_handout
from autograder.labs import (
    answers_path,
    handout_path,
    load_lab,
    notebook_path,
    reference_path,
    stub_path,
)
from autograder.model import Lab
from autograder.notebook import make_answers, make_notebook
from autograder.source import contracts, make_filled, make_stub, not_written
from shared.text import LANGUAGES, Language

__all__ = ["build", "filled_notebook", "generate"]


def build(root: Path, lab_ids: Sequence[str], check: bool) -> list[Path]:
    """Write the generated files of some labs, or only look whether they are fresh.

    Args:
        root: The course's folder.
        lab_ids: The labs.
        check: Whether to write nothing.

    Returns:
        The files written, or with ``check`` those that are stale or missing.

    Raises:
        LabError: When a lab's sources do not fit together.
    """
    wanted = {path: text for lab_id in lab_ids for path, text in generate(root, lab_id).items()}
    stale = [path for path, text in wanted.items() if not path.is_file() or path.read_bytes() != text.encode()]
    if not check:
        for path in stale:
            path.write_bytes(wanted[path].encode())
    return stale


def generate(root: Path, lab_id: str) -> dict[Path, str]:
    """Return the text of each generated file of a lab, after validating its sources.

    Raises:
        LabError: When markers, functions or handout sections are missing or wrong.
    """
    lab = load_lab(root, lab_id)
    handouts = _handouts(root, lab)
    stub = _stub(root, lab)
    files = {stub_path(root, lab_id): stub, notebook_path(root, lab_id): make_notebook(lab, stub, handouts)}
    if lab.written:
        files[answers_path(root, lab_id)] = make_answers(lab, handouts)
    return files


def filled_notebook(root: Path, lab: Lab) -> str:
    """Return the notebook with the reference's bodies in place of the stub's, to run it from top to bottom."""
    source = _read(reference_path(root, lab.id), root)
    return make_notebook(lab, make_filled(source, _place(root, lab)), _handouts(root, lab))


def _stub(root: Path, lab: Lab) -> str:
    place = _place(root, lab)
    stub = make_stub(_read(reference_path(root, lab.id), root), place)
    found = contracts(stub)
    for question in lab.coded.values():
        if question.id not in found:
            raise LabError(f"{place}: there is no function {question.id}; write it, or correct the id in lab.toml")
        if not_written(question.id) not in "".join(found[question.id].body):
            message = f"{place}: the body of {question.id} is not between # BEGIN SOLUTION and # END SOLUTION; mark it"
            raise LabError(message)
    return stub


def _handouts(root: Path, lab: Lab) -> dict[Language, str]:
    texts: dict[Language, str] = {}
    for language in LANGUAGES:
        path = handout_path(root, lab.id, language)
        texts[language] = _read(path, root)
        named = {name for section in cut_handout(texts[language], lab.questions) for name in section.questions}
        for question in lab.questions:
            if question.id not in named:
                form = f"### {question.id} ..." if question.written else f"### `{question.id}` ..."
                place = path.relative_to(root).as_posix()
                raise LabError(f"{place}: no section for question {question.id}; add one under a heading {form}")
    return texts


def _read(path: Path, root: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        place = path.relative_to(root).as_posix()
        raise LabError(
            f"{place}: cannot be read ({type(error).__name__}); the lab needs this file, in UTF-8"
        ) from error


def _place(root: Path, lab: Lab) -> str:
    return reference_path(root, lab.id).relative_to(root).as_posix()
