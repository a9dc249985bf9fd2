"""Cuts a handout into the part of each question, so that notebook and answer template repeat nothing by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autograder.model import Question

__all__ = ["Section", "cut_handout"]

_HEADING = re.compile(r"(#{1,3})\s+(.+?)\s*#*\s*$")
_FENCE = re.compile(r"\s{0,3}(```+|~~~+)")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of level 1 to 3 with the text below it; ``questions`` are those that the heading names.

    A section that names none stands before the question ``before`` (None: after the last one).
    """

    level: int
    heading: str
    body: str
    questions: tuple[str, ...] = ()
    before: str | None = None


def cut_handout(text: str, questions: Sequence[Question]) -> tuple[Section, ...]:
    """Cut a handout at its headings of level 1 to 3.

    Args:
        text: The handout, Markdown.
        questions: The lab's questions.  A function's section has its name in backticks in a heading of level 3, a
            written question's has its id as a word there.

    Returns:
        All sections, in the handout's order.
    """
    sections = [_name_questions(section, questions) for section in _split(text)]
    following, placed = None, []
    for section in reversed(sections):
        following = section.questions[0] if section.questions else following
        before = None if section.questions else following
        placed.append(Section(section.level, section.heading, section.body, section.questions, before))
    return tuple(reversed(placed))


def _name_questions(section: Section, questions: Sequence[Question]) -> Section:
    if section.level != 3:  # noqa: PLR2004 - the level of a question's heading
        return section
    named = tuple(question.id for question in questions if _is_named(question, section.heading))
    return Section(section.level, section.heading, section.body, named)


def _is_named(question: Question, heading: str) -> bool:
    if question.written:
        return re.search(rf"(?<![\w]){question.id}(?![\w])", heading) is not None
    return re.search(rf"`{question.id}(\([^`]*\))?`", heading) is not None


def _split(text: str) -> Iterator[Section]:
    level, heading, body, fence = 0, "", list[str](), ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1][:3]
        elif mark and mark[1].startswith(fence):
            fence = ""
        found = None if fence else _HEADING.match(line)
        if not found:
            body.append(line)
            continue
        if heading or any(body):
            yield Section(level, heading, "\n".join(body).strip("\n"))
        level, heading, body = len(found[1]), found[2], []
    yield Section(level, heading, "\n".join(body).strip("\n"))
