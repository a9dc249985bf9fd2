"""Written answers: which text answers which question, and whether anything was answered at all."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from autograder.decoding import clean

__all__ = ["ANSWER_FILES", "MAX_ANSWER_BYTES", "answers_by_heading", "question_heading", "tidy"]

MAX_ANSWER_BYTES = 200_000
_PLACEHOLDER_LETTERS = 200
ANSWER_FILES = frozenset(
    f"{word}.{extension}" for word in ("answers", "reponses", "réponses") for extension in ("md", "markdown", "txt")
)
_FENCE = re.compile(r"\s{0,3}(```|~~~)")
_PLACEHOLDER = re.compile(
    r"[\s>*_#`\[\](){}<!.…-]*+(?:(?:your answer here|votre r[ée]ponse ici)[\s*_`\[\](){}<>!.…/-]*+)+", re.IGNORECASE
)
_COMMENTS = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# Possessive throughout: a line of a hundred thousand spaces must cost no more than its length.
_START = r"\s{0,3}(?:#{1,6}\s*+|(?=\*\*|__))(?P<bold>\*\*|__)?+\s*+"
_WORDS = r"(?:(?:question|answer|réponse|reponse|exercise|exercice)\s*+(?:(?:to|à)\s++)?+[:.–—-]?+\s*+)?+"
_HEADING = re.compile(_START + _WORDS + r"(?P<id>\w+?)(?P<rest>(?:__|\W|$).*)", re.IGNORECASE)
_NUMBERED = re.compile(_START + r"question\s*+(?P<id>\d+)(?P<rest>(?:__|\W|$).*)", re.IGNORECASE)


def question_heading(line: str, question_ids: Iterable[str]) -> tuple[str, str] | None:
    """Read a line as the heading of a question: ``## q1``, ``### Question q1: title``, ``**q1**``.

    Args:
        line: One line of Markdown.
        question_ids: The questions that there are.

    Returns:
        The question's id and what the line already says of the answer (after a bold ``**q1**``), or None.
    """
    ids = {identifier.casefold(): identifier for identifier in question_ids}
    line = unicodedata.normalize("NFC", line)
    for pattern, prefix in ((_HEADING, ""), (_NUMBERED, "q")):
        found = pattern.match(line)
        if found and (key := prefix + found["id"].casefold()) in ids:
            return ids[key], _already_said(found)
    return None


def answers_by_heading(text: str, question_ids: Sequence[str]) -> dict[str, str]:
    """Cut a Markdown text at the headings of questions.

    Args:
        text: The text as handed in.
        question_ids: The questions that there are.

    Returns:
        The answers by question id, without those that are blank or still the template's; parts under the same heading
        are joined in order.
    """
    parts: dict[str, list[str]] = {}
    current: list[str] = []
    fenced = False
    for line in clean(text).split("\n"):
        fenced ^= bool(_FENCE.match(line))
        heading = None if fenced else question_heading(line, question_ids)
        if heading is None:
            current.append(line)
            continue
        current = parts.setdefault(heading[0], [])
        current.append(heading[1])
    tidied = {question: tidy(_without_prompt(lines)) for question, lines in parts.items()}
    return {question: answer for question, answer in tidied.items() if answer}


def tidy(text: str) -> str:
    """Return an answer without the template's placeholder, control characters and blank edges; empty if that is all.

    Args:
        text: The answer as handed in.

    Returns:
        Text of at most 200 000 letters, to be shown escaped.
    """
    lines = _CONTROL.sub("", clean(text[:MAX_ANSWER_BYTES])).split("\n")
    kept = "\n".join(line.rstrip() for line in lines if not _is_placeholder(line)).strip("\n")
    return kept if _COMMENTS.sub("", kept).strip() else ""


def _without_prompt(lines: list[str]) -> str:
    """Return what is below a heading without the template's quotation of the question, which comes first."""
    start = next((number for number, line in enumerate(lines) if line.strip()), 0)
    end = start
    while end < len(lines) and lines[end].lstrip().startswith(">"):
        end += 1
    rest = "\n".join(lines[end:])
    # Somebody may have answered inside the quotation and taken the placeholder away: that is kept.
    return rest if rest.strip() else "\n".join(lines)


def _already_said(heading: re.Match[str]) -> str:
    """Return what follows a bold heading on its line; after ``##`` the whole line is the heading."""
    if heading[0].lstrip().startswith("#") or not heading["bold"]:
        return ""
    return heading["rest"].partition(heading["bold"])[2].lstrip(" :.-–—").rstrip()


def _is_placeholder(line: str) -> bool:
    return len(line) < _PLACEHOLDER_LETTERS and bool(_PLACEHOLDER.fullmatch(unicodedata.normalize("NFC", line)))
