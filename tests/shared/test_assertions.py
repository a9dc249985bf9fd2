"""Assertions that explain: what passes, what does not, and what the student then reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shared.assertions import FLOAT32, Mismatch, expect_array, expect_equal, expect_raises, expect_shape, fail
from shared.text import Text
from shared.values import as_array, describe, same

WHAT = Text("the answer", "la réponse")


class EqualToAll(int):
    """An object that claims to equal everything."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


class Forger(type):
    """A metaclass whose classes claim to be any other class."""

    def __eq__(cls, other: object) -> bool:
        return True

    __hash__ = type.__hash__


class Forged(metaclass=Forger):
    """Its type equals ``int``, by its own account."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = object.__hash__


def message_of(assertion: Callable[[], Any]) -> str:
    """Return the English message of an assertion that fails; both languages have as many lines."""
    with pytest.raises(Mismatch) as caught:
        assertion()
    assert len(caught.value.message.en.splitlines()) <= 8
    assert len(caught.value.message.fr.splitlines()) == len(caught.value.message.en.splitlines())
    return caught.value.message.en


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (3, 3),
        (np.int64(3), 3),
        (3.0, 3),
        (np.float32(0.5), 0.5),
        ([1, 2], (1, 2)),
        ((1, (2, None)), [1, [2, None]]),
        (np.array([1, 2]), (1, 2)),
        ({"a": (1,)}, {"a": [1]}),
        ("x", "x"),
        (np.True_, True),
        (None, None),
    ],
)
def test_equal_values_pass_whatever_their_spelling(got: object, expected: object) -> None:
    """Python and NumPy scalars, lists and tuples are interchangeable."""
    expect_equal(got, expected, call="f()", what=WHAT)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (True, 1),
        (1, True),
        (float("nan"), float("nan")),
        ("3", 3),
        ([1, 2], [1, 2, 3]),
        ({"a": 1}, {"b": 1}),
        ({"a": 1, "b": 2}, {"a": 1}),
        ({EqualToAll(): 1}, {"a": 1}),
        (EqualToAll(), 3),
        (Forged(), 3),
        ([Forged()], [3]),
        (None, 0),
        ((), None),
    ],
)
def test_other_values_fail(got: object, expected: object) -> None:
    """A boolean is no number, NaN equals nothing, and no object is asked for its opinion."""
    assert not same(got, expected)
    with pytest.raises(Mismatch):
        expect_equal(got, expected, call="f()", what=WHAT)


def test_a_message_says_call_value_and_expectation_in_this_order() -> None:
    """The three lines of a wrong number."""
    message = message_of(lambda: expect_equal(4, 6, call="double(3)", what=WHAT))

    assert message == "called: double(3)\ngot: 4\nexpected: the answer = 6"


def test_a_known_mistake_is_named() -> None:
    """Where the value is that of a known mistake, the last line says which."""
    forgotten = Text("The bias is forgotten.", "Le biais est oublié.")

    number = message_of(lambda: expect_equal(4, 6, call="f()", what=WHAT, mistakes=[(4, forgotten)]))
    array = message_of(lambda: expect_array([1.0], [2.0], call="f()", mistakes=[([1.0], forgotten)]))

    assert number.endswith("\nThe bias is forgotten.")
    assert array.endswith("\nThe bias is forgotten.")


@pytest.mark.parametrize(
    ("got", "expected"),
    [([1.0, 2.0], np.array([1, 2])), (np.float32(1.0), 1), (2, 2.0), (np.array(2.0), 2.0), ([[1, 2]], [[1.0, 2.0]])],
)
def test_arrays_within_the_tolerance_pass(got: object, expected: object) -> None:
    """Lists, scalars and arrays of any numbers are compared by value."""
    expect_array(got, expected, call="f()", **FLOAT32)


@pytest.mark.parametrize(
    ("got", "line"),
    [
        ([1.0, np.nan, 3.0], "expected: finite numbers only"),
        ([1.0, np.inf, 3.0], "expected: finite numbers only"),
        ([[1.0, 2.0, 3.0]], "expected: shape (3,)"),
        (1.0, "expected: shape (3,)"),
        ([1.0, 2.0, 4.0], "furthest off at [2]: 4 instead of 3"),
        ("123", "expected: an array of numbers"),
        (None, "got: None (is a return missing?)"),
        ([[1.0], [2.0, 3.0]], "expected: an array of numbers"),
        ([True, False, True], "expected: an array of numbers"),
        (Forged(), "got: an object of type Forged"),
    ],
)
def test_a_wrong_array_is_explained(got: object, line: str) -> None:
    """Finite first, then shape, then values; shapes are never broadcast."""
    assert line in message_of(lambda: expect_array(got, [1.0, 2.0, 3.0], call="f()"))


def test_the_kind_of_number_is_checked_before_the_shape() -> None:
    """Integers where floats are due are told first."""
    message = message_of(lambda: expect_array(np.ones((2, 2), int), [1.0], call="f()", dtype_kind="f"))

    assert message.endswith("expected: floating-point numbers")


def test_shapes_are_always_shown() -> None:
    """A long array is shown by shape, type and a few rounded values."""
    message = message_of(lambda: expect_array(np.full((3, 4), 1 / 3), np.zeros((3, 4)), call="f()"))

    assert "got: an array of float64, shape (3, 4): [0.333333, 0.333333," in message
    assert "expected: an array of float64, shape (3, 4): [0, 0," in message


def test_a_shape_may_leave_sizes_free() -> None:
    """None stands for any size, not for any number of axes."""
    expect_shape(np.zeros((5, 2)), (None, 2), call="f()")

    message = message_of(lambda: expect_shape(np.zeros(5), (None, 2), call="f()", what=WHAT))

    assert message.endswith("expected: shape (n, 2), the answer")


def test_an_error_that_is_due_is_returned() -> None:
    """The caller may look at its text."""

    def raise_it() -> None:
        raise ValueError("padding")

    error = expect_raises(ValueError, raise_it, call="f()", because=WHAT)

    assert str(error) == "padding"


def test_an_error_that_does_not_come_is_missed() -> None:
    """What came back instead is shown."""
    message = message_of(lambda: expect_raises(ValueError, lambda: 3, call="f(-1)", because=WHAT))

    assert message == "called: f(-1)\ngot: 3\nexpected: a ValueError, because the answer"


def test_a_failure_of_ones_own_words_keeps_its_hint() -> None:
    """``fail`` raises with the message and the hint as they are."""
    with pytest.raises(Mismatch) as caught:
        fail(WHAT, Text("Try.", "Essayez."))

    assert (caught.value.message, caught.value.hint) == (WHAT, Text("Try.", "Essayez."))


def test_long_values_and_calls_are_cut() -> None:
    """A message stays readable whatever came back."""
    message = message_of(lambda: expect_equal("x" * 10_000, 1, call="f(" + "9, " * 500 + ")", what=WHAT))

    assert max(map(len, message.splitlines())) < 200


def test_a_list_that_holds_itself_is_no_array() -> None:
    """Nesting without end ends in a message, not in an error."""
    endless: list[Any] = []
    endless.append(endless)

    assert as_array(endless) is None
    assert describe(endless).en


def test_a_large_array_is_never_written_out() -> None:
    """Among other values an array is shown by type and shape, and it equals no number."""
    images = np.zeros((200, 28, 28), np.float32)

    assert message_of(lambda: expect_equal(images, 10, call="f()", what=WHAT)).endswith("expected: the answer = 10")
    assert describe(((images, images[:, 0, 0]), 10)).en == "((<float32 (200, 28, 28)>, <float32 (200,)>), 10)"


def test_an_endless_integer_can_be_shown() -> None:
    """Python refuses to write an integer of thousands of digits; the message says how long it is."""
    message = message_of(lambda: expect_equal(10**5000, 1, call="f()", what=WHAT))

    assert "got: <int of 16610 bits>" in message
