"""Expectations on calls that must raise an error, as the handout says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograder.process import Raised
from shared.assertions import fail
from shared.text import Text
from shared.values import describe

__all__ = ["expect_refused", "raised_by"]

_SHOWN = 120


def expect_refused(
    called: Callable[[], Any], *, call: str, because: Text, kind: str = "ValueError", hint: Text | None = None
) -> None:
    """Expect a call of the student's code to raise an error of a class, or of one derived from it; its words are free.

    Args:
        called: the call.
        call: the same as a student would write it.
        because: why this is an error.
        kind: the class.
        hint: how such an error is found; by default how it is raised.

    Raises:
        Mismatch: it raises nothing, or another error.
    """
    wanted = Text(f"a {kind}, because ", f"une erreur {kind}, car ") + because
    hint = hint or Text(f'raise {kind}("...") does it.', f'raise {kind}("...") convient.')
    error = raised_by(called, call, wanted, hint)
    if kind not in error.bases:
        message = error.message.strip().splitlines()
        came = f"{error.type_name}: {message[0][:_SHOWN]}" if message else error.type_name
        named = Text(f"it is another error, {error.type_name}", f"c'est une autre erreur, {error.type_name}")
        fail(
            Text(f"called: {call}\nraised: {came}\nexpected: ", f"appel : {call}\nlevé : {came}\nattendu : ")
            + wanted
            + Text.same("\n")
            + named,
            hint,
            named,
        )


def raised_by(called: Callable[[], Any], call: str, wanted: Text, hint: Text | None = None) -> Raised:
    """Expect a call of the student's code to raise an error, whichever; return it.

    Args:
        called: the call.
        call: the same as a student would write it.
        wanted: the error that the handout asks for, with its article.
        hint: what to show below the message.

    Raises:
        Mismatch: it raises nothing.
    """
    try:
        value = called()
    except Raised as error:
        return error
    named = Text("it is not refused", "ce n'est pas refusé")
    fail(
        Text(f"called: {call}\ngot: ", f"appel : {call}\nobtenu : ")
        + (Text.same("None") if value is None else describe(value))
        + Text("\nexpected: ", "\nattendu : ")
        + wanted
        + Text.same("\n")
        + named,
        hint,
        named,
    )
    raise AssertionError  # fail() always raises.
