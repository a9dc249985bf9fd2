"""What an assistant compares answers with: the question as the handout asks it, the model answer, the rubric, as HTML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markupsafe import Markup
from mdit_py_plugins.dollarmath import dollarmath_plugin

from autograder.handouts import Section, cut_handout
from autograder.labs import handout_path, model_answers_path
from autograder.model import Lab
from shared.text import LANGUAGES, Language

__all__ = ["Guide", "read_guides"]

_QUESTION_LEVEL = 2


@dataclass(frozen=True, slots=True)
class Guide:
    """Help for marking one question: what was asked, and the parts (heading, HTML) of the model answer and rubric."""

    asked: Markup
    parts: tuple[tuple[str, Markup], ...]


def read_guides(root: Path, lab: Lab, language: Language) -> Mapping[str, Guide]:
    """Return the guide of each written question in one language; empty where nothing was written.

    Args:
        root: The course's folder.
        lab: The lab.
        language: Parts whose heading ends with another language, such as ``(fr)``, are left out.
    """
    handout = _read(handout_path(root, lab.id, language))
    asked = {name: section for section in cut_handout(handout, lab.questions) for name in section.questions}
    written = list(lab.written)
    answers = _by_question(cut_handout(_read(model_answers_path(root, lab.id)), ()), written)
    guides = {}
    for name in written:
        parts = [section for section in answers.get(name, []) if _is_in(section, language)]
        shown = tuple((_plain_heading(section), _html(section.body)) for section in parts)
        guides[name] = Guide(_html(asked[name].body if name in asked else ""), shown)
    return guides


def _by_question(sections: tuple[Section, ...], questions: list[str]) -> dict[str, list[Section]]:
    """Return the sections below each heading that names a question, its own text first."""
    found: dict[str, list[Section]] = {}
    current: list[Section] = []
    for section in sections:
        if section.level <= _QUESTION_LEVEL:
            named = [name for name in questions if re.search(rf"(?<!\w){name}(?!\w)", section.heading)]
            current = found.setdefault(named[0], []) if named else []
        if section.level > _QUESTION_LEVEL or section.body.strip():
            current.append(section)
    return found


def _is_in(section: Section, language: Language) -> bool:
    return not any(section.heading.endswith(f"({other})") for other in LANGUAGES if other != language)


def _plain_heading(section: Section) -> str:
    return re.sub(rf"\s*\((?:{'|'.join(LANGUAGES)})\)$", "", section.heading)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _html(text: str) -> Markup:
    """Return Markdown of the course's own as HTML; tags in it stay text, formulas stay as they are written."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    return Markup(parser.use(dollarmath_plugin, double_inline=True).render(text))  # noqa: S704 - made by the parser
