"""From what a hidden test raised to a status and a message: the one place where outcomes are decided."""

from __future__ import annotations

import re

import pytest

from autograder.errors import ProcessEnded
from autograder.model import Status
from autograder.process import Raised
from autograder.student import NotAttempted
from shared.assertions import Mismatch
from shared.text import Text

__all__ = ["judge", "unusable"]

_MAX_MESSAGE = 300
_MAX_FRAMES = 4
# Keras puts this line before the error that a layer has raised, and the error in bold.
_KERAS_PREFACE = "Exception encountered when calling"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
Verdict = tuple[Status, Text | None, Text | None]


def judge(error: BaseException | None, question: str) -> Verdict:
    """Return status, message and hint for what a check raised (None: nothing, it passed)."""
    if error is None:
        return Status.PASSED, None, None
    if isinstance(error, Mismatch):
        return Status.FAILED, error.message, error.hint
    if isinstance(error, NotAttempted):
        return Status.NOT_ATTEMPTED, _not_attempted(str(error) or question), None
    if isinstance(error, ProcessEnded):
        return Status(error.status), Text(f"{question}: {error.reason.en}.", f"{question} : {error.reason.fr}."), None
    if isinstance(error, Raised):
        return (Status.OUT_OF_MEMORY if error.memory else Status.RAISED), _raised(error, question), None
    if isinstance(error, pytest.skip.Exception):
        return Status.SKIPPED, Text.same(str(error)), None
    words = f"{type(error).__name__}: {error}"[:_MAX_MESSAGE]
    return Status.BROKEN, Text.same(words), None


def unusable(question: str) -> Verdict:
    """Return the verdict on a value that the check cannot work with, where it can with the reference's."""
    message = Text(
        f"{question} gave back something that cannot be checked any further: its type or its shape is not the one "
        "that the handout describes.",
        f"{question} a rendu une valeur qui ne peut pas être vérifiée plus avant : son type ou sa forme n'est pas "
        "celle que décrit l'énoncé.",
    )
    return Status.FAILED, message, None


def _not_attempted(name: str) -> Text:
    return Text(
        f"{name} is not written yet (or has another name in your file).",
        f"{name} n'est pas encore écrite (ou porte un autre nom dans votre fichier).",
    )


def _raised(error: Raised, question: str) -> Text:
    first = _reason(error.message)[:_MAX_MESSAGE]
    name = f"{error.type_name}: {first}" if first else error.type_name
    lines_en, lines_fr = [], []
    for frame in error.frames[-_MAX_FRAMES:]:
        place = f"{frame.get('file', '?')}:{frame.get('line', '?')}"
        code = str(frame.get("code") or "")
        lines_en.append(f"  {place}, in {frame.get('function', '?')}: {code}".rstrip(": "))
        lines_fr.append(f"  {place}, dans {frame.get('function', '?')} : {code}".rstrip(": "))
    en, fr = "\n".join(lines_en), "\n".join(lines_fr)
    extra = _read_only_extra(error)
    return Text(f"{question} raised {name}\n{en}".rstrip(), f"{question} a levé {name}\n{fr}".rstrip()) + extra


def _reason(message: str) -> str:
    """Return the line of an error's message that says what happened: its first or, where Keras has put its own, the next."""
    lines = [line for line in (_COLOURS.sub("", line).strip() for line in message.splitlines()) if line]
    preface = len(lines) > 1 and lines[0].startswith(_KERAS_PREFACE)
    return " ".join(lines[:2]) if preface else "".join(lines[:1])


def _read_only_extra(error: Raised) -> Text:
    """Explain refusals that come from the place where the code runs, not from the code."""
    if "PermissionError" in error.bases or error.message.endswith("Operation not permitted"):
        return Text(
            "\nWhile grading there is no network, no other program and no file outside the working folder.",
            "\nPendant la correction, il n'y a ni réseau, ni autre programme, ni fichier hors du dossier de travail.",
        )
    if error.type_name == "EOFError":
        return Text(
            "\nWhile grading nobody can answer input(): pass values as arguments.",
            "\nPendant la correction, personne ne peut répondre à input() : passez les valeurs en arguments.",
        )
    return Text("", "")
