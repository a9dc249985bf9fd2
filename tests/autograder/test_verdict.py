"""From what a check raised to what a student reads: every kind of outcome has its words in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from autograder.errors import LabError, ProcessEnded, WireError
from autograder.model import Status
from autograder.process import Raised
from autograder.student import NotAttempted
from autograder.verdict import judge, unusable
from shared.assertions import Mismatch
from shared.text import Text


def raised(**error: Any) -> Raised:
    """Return what a process says of an exception."""
    return Raised({"type": "ValueError", "bases": ["ValueError", "Exception"], "message": "no", "frames": []} | error)


def words(error: BaseException | None) -> Text:
    """Return the message of a verdict that has one."""
    message = judge(error, "dense")[1]
    assert message is not None
    return message


def test_a_check_that_raises_nothing_passes() -> None:
    """There is nothing to say."""
    assert judge(None, "dense") == (Status.PASSED, None, None)


def test_a_mismatch_fails_with_its_own_words() -> None:
    """Message and hint are the assertion's."""
    message, hint = Text("is 3, not 4", "vaut 3 et non 4"), Text("Think.", "Pensez.")

    assert judge(Mismatch(message, hint), "dense") == (Status.FAILED, message, hint)


def test_what_is_not_written_is_named() -> None:
    """The function's name, which may have been misspelt, is told."""
    assert judge(NotAttempted("pool"), "dense")[0] is Status.NOT_ATTEMPTED
    assert words(NotAttempted("pool")).en == "pool is not written yet (or has another name in your file)."
    assert words(NotAttempted("pool")).fr == "pool n'est pas encore écrite (ou porte un autre nom dans votre fichier)."
    assert words(NotAttempted()).en.startswith("dense is not written yet")


@pytest.mark.parametrize("status", ["raised", "timed_out", "out_of_memory"])
def test_a_process_that_ended_says_how(status: str) -> None:
    """The status is the process's and the message names the question."""
    error = ProcessEnded(status, Text("stopped after 3 s", "arrêté après 3 s"))

    assert judge(error, "dense")[0] == status
    assert (words(error).en, words(error).fr) == ("dense: stopped after 3 s.", "dense : arrêté après 3 s.")


def test_the_cause_is_told_where_keras_has_put_a_line_before_it() -> None:
    """The first line alone would only say that a layer was called."""
    message = (
        "Exception encountered when calling Sequential.call().\n\n\x1b[1m'é' is not a valid name\x1b[0m\n\nArguments: x"
    )

    found = words(raised(message=message))

    cause = "ValueError: Exception encountered when calling Sequential.call(). 'é' is not a valid name"
    assert (found.en, found.fr) == (f"dense raised {cause}", f"dense a levé {cause}")


def test_an_exception_is_told_with_its_lines() -> None:
    """Type, first line of the message, and the student's own lines."""
    frame = {"file": "mnist.py", "line": 7, "function": "g", "code": "return 1 / 0"}
    error = raised(type="ZeroDivisionError", message="division by zero\nand more", frames=[frame])

    assert judge(error, "dense")[0] is Status.RAISED
    assert words(error).en == "dense raised ZeroDivisionError: division by zero\n  mnist.py:7, in g: return 1 / 0"
    assert words(error).fr == "dense a levé ZeroDivisionError: division by zero\n  mnist.py:7, dans g : return 1 / 0"


def test_an_exception_without_words_or_lines_is_told() -> None:
    """Nothing dangles behind the name."""
    assert words(raised(message="")).en == "dense raised ValueError"


def test_only_the_last_lines_are_told() -> None:
    """A deep recursion does not fill the page; a message is at most eight lines."""
    frames = [{"file": "m.py", "line": n, "function": "f", "code": "f()"} for n in range(50)]

    lines = words(raised(message="x" * 5000, frames=frames)).en.splitlines()

    assert len(lines) == 5
    assert "m.py:49" in lines[-1]
    assert len(lines[0]) < 400


@pytest.mark.parametrize(
    "error",
    [
        {"type": 3, "bases": "ab", "message": None, "frames": "xy"},
        {"frames": [{"line": "7", "code": ["x"] * 10**5, "file": 3, "function": None}]},
        {"frames": [3, None, []]},
        {},
    ],
    ids=range(4),
)
def test_nonsense_from_a_process_becomes_words(error: dict[str, Any]) -> None:
    """What a hostile process says of an exception is cut to type and size."""
    assert len(words(Raised(error)).en) < 500


def test_lack_of_memory_has_its_own_status() -> None:
    """Whether Python or TensorFlow noticed it."""
    assert judge(raised(type="MemoryError", memory=True), "dense")[0] is Status.OUT_OF_MEMORY
    assert judge(raised(memory="yes"), "dense")[0] is Status.RAISED


@pytest.mark.parametrize(
    ("error", "en", "fr"),
    [
        ({"type": "PermissionError", "bases": ["PermissionError"]}, "there is no network", "il n'y a ni réseau"),
        ({"type": "OSError", "message": "[Errno 1] Operation not permitted"}, "there is no network", "ni réseau"),
        ({"type": "EOFError"}, "nobody can answer input()", "personne ne peut répondre à input()"),
    ],
)
def test_refusals_of_the_place_are_explained(error: dict[str, Any], en: str, fr: str) -> None:
    """What works at home and not here is not left a riddle."""
    assert en in words(raised(**error)).en
    assert fr in words(raised(**error)).fr


def test_a_skipped_check_says_why() -> None:
    """Skipping is a check's own decision."""
    assert judge(pytest.skip.Exception("needs dense"), "pool")[:2] == (Status.SKIPPED, Text.same("needs dense"))


@pytest.mark.parametrize(
    "error", [TypeError("x" * 9999), LabError("a key"), WireError("a frame"), AssertionError("a == b")]
)
def test_anything_else_is_our_fault(error: Exception) -> None:
    """Such a check gives no mark; a bare assert of a suite is one of ours."""
    status, message, hint = judge(error, "dense")

    assert (status, hint) == (Status.BROKEN, None)
    assert message is not None
    assert message.en.startswith(type(error).__name__)
    assert len(message.en) <= 300


def test_an_unusable_value_is_the_students() -> None:
    """Where a check breaks on it and holds on the reference, the value is at fault."""
    status, message, _hint = unusable("dense")

    assert status is Status.FAILED
    assert message is not None
    assert "cannot be checked any further" in message.en
    assert "ne peut pas être vérifiée" in message.fr
