"""Expectations on a call of the student's code beside its value: that it raises an error, that it leaves its arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograder.process import Raised
from shared.assertions import fail
from shared.text import Text
from shared.values import describe

__all__ = ["expect_kept", "expect_refused", "raised_by"]

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
            Text(f"called: {call}\nraised: {came}\nexpected: ", f"appel : {call}\nlevé : {came}\nattendu : ") + wanted,
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
        + wanted,
        hint,
        named,
    )
    raise AssertionError  # fail() always raises.


def expect_kept(changed: Sequence[str], call: str, names: Sequence[str] = (), hint: Text | None = None) -> None:
    """Expect that a call has changed no argument in place.

    Args:
        changed: the changed ones by place or name, as a `Reply` has them.
        call: the call as a student would write it.
        names: what the arguments are called, by their places.
        hint: what to do instead.

    Raises:
        Mismatch: an argument is changed.
    """
    if not changed:
        return
    shown = ", ".join(_name(place, names) for place in changed)
    named = Text("an argument is changed in place", "un argument est modifié sur place")
    fail(
        Text(
            f"called: {call}\ngot: another {shown} than before\nexpected: the arguments as they were",
            f"appel : {call}\nobtenu : {shown}, mais changé\nattendu : les arguments tels quels",
        ),
        hint
        or Text(
            "Compute a new array: X = X / 255 makes one, X /= 255 changes the caller's.",
            "Calculez un nouveau tableau : X = X / 255 en crée un, X /= 255 modifie celui de l'appelant.",
        ),
        named,
    )


def _name(place: str, names: Sequence[str]) -> str:
    if not place.isdigit():
        return place
    return names[int(place)] if int(place) < len(names) else f"argument {int(place) + 1}"
