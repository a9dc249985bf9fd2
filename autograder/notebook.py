"""Writes a lab as a notebook: handout, stub and public checks of each question, one below the other."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.handouts import Section, cut_handout
from autograder.model import Lab
from autograder.source import cut_cells
from shared.text import LANGUAGES, Language

__all__ = ["PLACEHOLDER", "make_answers", "make_notebook"]

PLACEHOLDER = "YOUR ANSWER HERE / VOTRE RÉPONSE ICI"

_LONGEST_ID = 64
_WELCOME = """\
# {en}

*{fr}*

Run the cells from top to bottom. Write each function where it raises `NotImplementedError`, run its cell, then the
check below it.

Exécutez les cellules de haut en bas. Écrivez chaque fonction à la place de la ligne `NotImplementedError`, exécutez
sa cellule, puis la vérification qui la suit."""

Sections = dict[Language, Sequence[Section]]


def make_notebook(lab: Lab, module: str, handouts: dict[Language, str]) -> str:
    """Write the notebook of a lab.

    Args:
        lab: The lab.
        module: Text of the stub, or of the filled reference.
        handouts: The handout in each language.

    Returns:
        The notebook as JSON text (nbformat 4.5), without outputs and the same to the byte each time.
    """
    sections: Sections = {language: cut_handout(handouts[language], lab.questions) for language in LANGUAGES}
    setup, functions = cut_cells(module, [question.id for question in lab.questions])
    cells = [
        _markdown(lab, "title", _WELCOME.format(en=lab.title.en, fr=lab.title.fr)),
        *_question_cells(lab, sections, setup, functions),
        *_prose(lab, sections, None),
    ]
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    book = new_notebook(cells=cells, metadata=metadata, nbformat_minor=5)  # type: ignore[no-untyped-call]
    nbformat.validate(book)
    return str(nbformat.writes(book)).rstrip("\n") + "\n"  # type: ignore[no-untyped-call]


def make_answers(lab: Lab, handouts: dict[Language, str]) -> str:
    """Write the template for written answers: a heading a question, the prompt's beginning, a line to replace."""
    parts = [f"# {lab.title.en} / {lab.title.fr}"]
    for question in lab.written.values():
        prompts = [_first_paragraph(_section_of(cut_handout(handouts[code], [question]))) for code in LANGUAGES]
        quoted = "\n>\n".join("\n".join(f"> {line}" for line in prompt.splitlines()) for prompt in prompts)
        parts.append(f"## {question.id}\n\n{quoted}\n\n{PLACEHOLDER}")
    return "\n\n".join(parts) + "\n"


def _question_cells(lab: Lab, sections: Sections, setup: str, functions: dict[str, str]) -> Iterator[Any]:
    for index, question in enumerate(lab.questions):
        yield from _prose(lab, sections, question.id)
        if index == 0:
            yield _code(lab, "setup", setup, {})
        if question.written:
            mark = {"autograder": {"question": question.id}}
            yield _markdown(lab, f"{question.id}-prompt", _bilingual(sections, question.id))
            yield _markdown(lab, f"{question.id}-answer", PLACEHOLDER, mark)
            continue
        if words := _bilingual(sections, question.id):
            yield _markdown(lab, f"{question.id}-handout", words)
        check = f'from shared.check import check\n\ncheck("{lab.id}", "{question.id}", globals())'
        yield _code(lab, question.id, functions[question.id], {"function": question.id})
        yield _code(lab, f"{question.id}-check", check, {"check": question.id})


def _prose(lab: Lab, sections: Sections, before: str | None) -> Iterator[Any]:
    """Yield the cell of what stands between two questions, if anything does."""
    found: dict[Language, str] = {}
    for language in LANGUAGES:
        parts = [part for part in sections[language] if not part.questions and part.before == before]
        found[language] = "\n\n".join(words for part in parts if (words := _write(part)))
    if any(found.values()):
        yield _markdown(lab, f"before-{before}" if before else "end", _fold(found["en"], found["fr"], ""))


def _write(section: Section) -> str:
    # The notebook has a title of its own: of the handout's only the text below it is wanted.
    if section.level <= 1:
        return section.body
    return f"{'#' * section.level} {section.heading}\n\n{section.body}".rstrip()


def _bilingual(sections: Sections, question: str) -> str:
    """Return a question's section in both languages; nothing where an earlier question shared and showed it."""
    english, french = (
        next((part for part in sections[language] if question in part.questions), None) for language in LANGUAGES
    )
    if english is None or french is None or english.questions[0] != question:
        return ""
    return _fold(_write(english), french.body, french.heading)


def _fold(english: str, french: str, heading: str) -> str:
    # The blank lines make Markdown and mathematics inside <details> be rendered as such.
    summary = "Français" + (f" : {_inline_html(heading)}" if heading else "")
    return f"{english}\n\n<details>\n<summary>{summary}</summary>\n\n{french}\n\n</details>"


def _inline_html(heading: str) -> str:
    escaped = heading.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escaped)


def _section_of(sections: Sequence[Section]) -> Section:
    return next(section for section in sections if section.questions)


def _first_paragraph(section: Section) -> str:
    return section.body.strip().split("\n\n")[0] or section.heading


def _markdown(lab: Lab, role: str, text: str, metadata: dict[str, Any] | None = None) -> Any:
    return new_markdown_cell(text, id=_cell_id(lab, role), metadata=metadata or {})  # type: ignore[no-untyped-call]


def _code(lab: Lab, role: str, text: str, mark: dict[str, str]) -> Any:
    return new_code_cell(text, id=_cell_id(lab, role), metadata={"autograder": mark} if mark else {})  # type: ignore[no-untyped-call]


def _cell_id(lab: Lab, role: str) -> str:
    """Return an id that says what the cell is; the format allows 64 letters, digits, ``-`` and ``_``."""
    name = re.sub(r"[^a-zA-Z0-9_-]", "-", f"{lab.id}-{role}")
    if len(name) <= _LONGEST_ID and name == f"{lab.id}-{role}":
        return name
    return f"{name[:50]}-{hashlib.sha256(f'{lab.id}-{role}'.encode()).hexdigest()[:12]}"
