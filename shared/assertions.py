"""Assertions that explain: a failed one tells the student what was called, what came back and what was expected.

No value is trusted.  Only exact types count (``type(x) is ...``), so an object that claims to equal everything is
simply a wrong value; NaN never passes, ``True`` is not a number, and shapes are compared before values, not broadcast.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypedDict

import numpy as np

from shared.text import Text
from shared.values import Array, as_array, describe, literal, number, same, shorten

__all__ = [
    "FLOAT32",
    "FLOAT64",
    "Mismatch",
    "Tolerance",
    "expect_array",
    "expect_equal",
    "expect_raises",
    "expect_shape",
    "fail",
]


class Tolerance(TypedDict):
    """How far a number may be off: ``|got - expected| <= atol + rtol * |expected|``."""

    rtol: float
    atol: float


# Tolerances of the course (rules for all labs); use as ``**FLOAT32``.
FLOAT64: Tolerance = {"rtol": 1e-5, "atol": 1e-6}
FLOAT32: Tolerance = {"rtol": 1e-3, "atol": 1e-4}

Mistakes = Sequence[tuple[Any, Text]]

_KINDS = {
    "f": Text("floating-point numbers", "des nombres à virgule"),
    "i": Text("integers", "des entiers"),
    "u": Text("unsigned integers", "des entiers non signés"),
    "b": Text("booleans", "des booléens"),
}


class Mismatch(AssertionError):  # noqa: N818 - a finding about a value, not an error of ours
    """A check that failed, in words for the student; ``mistake`` is the part that names a known mistake."""

    def __init__(self, message: Text, hint: Text | None = None, mistake: Text | None = None) -> None:
        super().__init__(message.en)
        self.message = message
        self.hint = hint
        self.mistake = mistake


def fail(message: Text, hint: Text | None = None, mistake: Text | None = None) -> None:
    """Fail the check with a message of its own; ``mistake`` names the known mistake behind it, in a last line.

    Raises:
        Mismatch: Always.
    """
    raise Mismatch(message if mistake is None else message + Text.same("\n") + mistake, hint, mistake)


def expect_equal(  # noqa: PLR0913 - keyword-only words of one sentence
    got: object,
    expected: object,
    *,
    call: str,
    what: Text,
    hint: Text | None = None,
    mistakes: Mistakes = (),
) -> None:
    """Expect a number, string, shape, or a tuple, list or dict of them, exactly.

    Args:
        got: What the student's code gave.
        expected: What is right; lists and tuples are interchangeable, NumPy scalars count as numbers.
        call: The call as the student would write it.
        what: What the value means and why it is so (follows "expected").
        hint: One more sentence of help.
        mistakes: Known wrong values, each with the sentence that names the mistake.

    Raises:
        Mismatch: When the value is another one, or of another type.
    """
    if same(got, expected):
        return
    named = next((words for value, words in mistakes if same(got, value)), None)
    wanted = Text("expected: ", "attendu : ") + what + Text.same(f" = {shorten(literal(expected))}")
    raise Mismatch(_compose(call, got, wanted, named), hint, named)


def expect_shape(
    got: object,
    shape: Sequence[int | None],
    *,
    call: str,
    what: Text | None = None,
    hint: Text | None = None,
) -> None:
    """Expect an array (or a scalar, for the shape ``()``) of this shape; None stands for any size.

    Raises:
        Mismatch: When it is no array of finite numbers, or has another shape.
    """
    array = _finite_array(got, call, hint)
    fits = array.ndim == len(shape) and all(
        want is None or want == size for want, size in zip(shape, array.shape, strict=True)
    )
    if not fits:
        raise Mismatch(_compose(call, array, _wanted_shape(shape, what), None), hint)


def expect_array(  # noqa: PLR0913 - keyword-only words of one sentence
    got: object,
    expected: object,
    *,
    call: str,
    rtol: float = FLOAT64["rtol"],
    atol: float = FLOAT64["atol"],
    dtype_kind: str | None = None,
    what: Text | None = None,
    hint: Text | None = None,
    mistakes: Mistakes = (),
) -> None:
    """Expect an array (or a scalar): finite, then the kind of number, then the shape, then the values.

    Args:
        got: What the student's code gave: an array, a number, or lists or tuples of numbers.
        expected: The right values, anything ``np.asarray`` reads.
        call: The call as the student would write it.
        rtol: Relative tolerance.
        atol: Absolute tolerance.
        dtype_kind: NumPy's letters of the kinds allowed (``"f"``, ``"iu"``); None leaves it free.
        what: What the values mean and why they are so.
        hint: One more sentence of help.
        mistakes: Known wrong values, each with the sentence that names the mistake.

    Raises:
        Mismatch: At the first of the four that is wrong.
    """
    wanted = np.asarray(expected)
    array = _finite_array(got, call, hint)
    if dtype_kind is not None and array.dtype.kind not in dtype_kind:
        kinds = [_KINDS.get(kind, Text.same(kind)) for kind in dtype_kind]
        names = Text(" or ".join(kind.en for kind in kinds), " ou ".join(kind.fr for kind in kinds))
        raise Mismatch(_compose(call, array, Text("expected: ", "attendu : ") + names, None), hint)
    named = next((words for value, words in mistakes if _close(array, np.asarray(value), rtol, atol)), None)
    if array.shape != wanted.shape:
        raise Mismatch(_compose(call, array, _wanted_shape(wanted.shape, what), named), hint, named)
    if not _close(array, wanted, rtol, atol):
        line = Text("expected: ", "attendu : ") + (what + Text.same(" = ") if what else Text.same(""))
        line = line + describe(wanted) + _worst(array, wanted)
        raise Mismatch(_compose(call, array, line, named), hint, named)


def expect_raises(
    exception: type[BaseException],
    function: Callable[[], object],
    *,
    call: str,
    because: Text,
    hint: Text | None = None,
) -> BaseException:
    """Expect a call to raise an error of one type (or of a type derived from it).

    Args:
        exception: The type of error.
        function: The call, without arguments.
        call: The call as the student would write it.
        because: Why this is an error.
        hint: One more sentence of help.

    Returns:
        The error raised, to look at its text.

    Raises:
        Mismatch: When the call returns. An error of another type is left alone.
    """
    try:
        value = function()
    except exception as error:
        return error
    name = exception.__name__
    wanted = Text(f"expected: a {name}, because ", f"attendu : une erreur {name}, car ") + because
    raise Mismatch(_compose(call, value, wanted, None), hint)


def _compose(call: str, got: object, wanted: Text, named: Text | None) -> Text:
    call = shorten(" ".join(call.split()))
    lines = Text(f"called: {call}\ngot: ", f"appel : {call}\nobtenu : ") + describe(got) + Text.same("\n") + wanted
    return lines + Text.same("\n") + named if named is not None else lines


def _wanted_shape(shape: Sequence[int | None], what: Text | None) -> Text:
    words = (
        "(" + ", ".join("n" if size is None else str(size) for size in shape) + ("," if len(shape) == 1 else "") + ")"
    )
    line = Text(f"expected: shape {words}", f"attendu : la forme {words}")
    return line + Text.same(", ") + what if what is not None else line


def _finite_array(got: object, call: str, hint: Text | None) -> Array:
    array = as_array(got)
    if array is None:
        wanted = Text("expected: an array of numbers", "attendu : un tableau de nombres")
        raise Mismatch(_compose(call, got, wanted, None), hint)
    if not np.isfinite(array).all():
        wanted = Text(
            "expected: finite numbers only (no NaN, no infinity)", "attendu : des nombres finis (ni NaN ni infini)"
        )
        raise Mismatch(_compose(call, got, wanted, None), hint)
    return array


def _close(got: Array, expected: Array, rtol: float, atol: float) -> bool:
    if got.shape != expected.shape:
        return False
    return bool(np.allclose(got.astype(np.float64), expected.astype(np.float64), rtol=rtol, atol=atol))


def _worst(got: Array, expected: Array) -> Text:
    if got.ndim == 0:
        return Text.same("")
    gap = np.abs(got.astype(np.float64) - expected.astype(np.float64))
    where = tuple(int(axis) for axis in np.unravel_index(int(gap.argmax()), gap.shape))
    index, value, right = ", ".join(map(str, where)), number(got[where]), number(expected[where])
    return Text(
        f"\nfurthest off at [{index}]: {value} instead of {right}",
        f"\nplus grand écart en [{index}] : {value} au lieu de {right}",
    )
