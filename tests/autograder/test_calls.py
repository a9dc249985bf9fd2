"""What a call must do beside giving a value: the messages of what raises nothing, of another error, of changed arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autograder.calls import expect_kept, expect_refused, raised_by
from autograder.process import Raised
from shared.assertions import Mismatch
from shared.text import Text

BECAUSE = Text("n is negative", "n est négatif")


def raising(type_name: str, message: str, *bases: str) -> Callable[[], Any]:
    """Make a call that raises as a student's function does."""

    def called() -> Any:
        raise Raised({"type": type_name, "bases": [type_name, *bases], "message": message})

    return called


def told(called: Callable[[], Any]) -> Mismatch:
    """Return what is said of a call that should have been refused."""
    with pytest.raises(Mismatch) as caught:
        expect_refused(called, call="f(-1)", because=BECAUSE)
    return caught.value


def test_the_error_or_one_derived_from_it_is_right() -> None:
    """Its words are free."""
    expect_refused(raising("Mine", "", "ValueError"), call="f(-1)", because=BECAUSE)
    expect_refused(raising("KeyError", "x", "LookupError"), call="f(-1)", because=BECAUSE, kind="LookupError")


@pytest.mark.parametrize(("value", "shown"), [(None, "None"), (3, "3")])
def test_a_value_instead_of_an_error_is_told(value: object, shown: str) -> None:
    """No return is missed where none is due."""
    found = told(lambda: value)

    assert found.message.en.splitlines() == [
        "called: f(-1)",
        f"got: {shown}",
        "expected: a ValueError, because n is negative",
        "it is not refused",
    ]
    assert found.message.fr.endswith("une erreur ValueError, car n est négatif\nce n'est pas refusé")
    assert found.mistake == Text("it is not refused", "ce n'est pas refusé")


@pytest.mark.parametrize(("message", "came"), [("no\nsuch index", "IndexError: no"), ("", "IndexError")])
def test_another_error_is_told(message: str, came: str) -> None:
    """By its type and the first line of its text."""
    found = told(raising("IndexError", message, "LookupError"))

    assert f"raised: {came}\nexpected: a ValueError" in found.message.en
    assert found.message.en.endswith("it is another error, IndexError")
    assert found.mistake is not None
    assert found.hint == Text('raise ValueError("...") does it.', 'raise ValueError("...") convient.')


def test_any_error_can_be_looked_at() -> None:
    """Where several classes are right, the suite decides."""
    assert raised_by(raising("OSError", "bad"), "f()", Text("an error", "une erreur")).message == "bad"
    with pytest.raises(Mismatch, match="expected: an error\nit is not refused"):
        raised_by(lambda: 1, "f()", Text("an error", "une erreur"))


def test_changed_arguments_are_told_by_name() -> None:
    """By their places, their keywords, or as numbers where nobody has named them."""
    expect_kept((), "f(X, y)", ("X", "y"))
    with pytest.raises(Mismatch, match="got: another X, rng, argument 8 than before"):
        expect_kept(("0", "rng", "7"), "f(X, y)", ("X", "y"))
