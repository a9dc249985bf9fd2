"""What the checks of this lab look at beside a call's value: errors, warnings, changed arguments, parts of a tuple."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograder.process import Reply
from shared.assertions import fail
from shared.text import Text
from shared.values import as_array, describe

__all__ = ["expect_no_warning", "expect_parts", "judged", "random"]


def random(*shape: int, seed: int = 0, low: float = -3.0, high: float = 3.0) -> np.ndarray:
    """Return random float64 numbers, rounded so that messages are short."""
    return np.random.default_rng(seed).uniform(low, high, shape).round(2)


def judged(function: Callable[[np.ndarray], Any]) -> Callable[..., Any]:
    """Make a function of ours safe to pass to a student's: it may be called with scalars, lists or nonsense."""

    def safe(*args: Any, **_options: Any) -> Any:
        array = as_array(args[0]) if args else None
        return 0.0 if array is None else function(array.astype(np.float64))[()]

    return safe


def expect_no_warning(reply: Reply, call: str, hint: Text) -> None:
    """Expect that nothing overflowed nor was divided by 0; warnings of other kinds are no matter."""
    found = [words for words in reply.warnings if words.startswith("RuntimeWarning")]
    if found:
        fail(
            Text(
                f"{call} warns: {found[0][:160]}\nexpected: no overflow",
                f"{call} avertit : {found[0][:160]}\nattendu : aucun dépassement",
            ),
            hint,
        )


def expect_parts(value: Any, names: Sequence[str], call: str) -> list[Any]:
    """Expect a tuple or list with one part for each name, and return its parts."""
    if isinstance(value, tuple | list) and len(value) == len(names):
        return list(value)
    wanted = "(" + ", ".join(names) + ")"
    fail(
        Text(f"called: {call}\ngot: ", f"appel : {call}\nobtenu : ")
        + describe(value)
        + Text(f"\nexpected: a tuple {wanted}", f"\nattendu : un tuple {wanted}"),
        Text(f"End with return {', '.join(names)}.", f"Terminez par return {', '.join(names)}."),
    )
    return []
