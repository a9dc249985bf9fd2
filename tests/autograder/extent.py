"""How much is run of what takes long: a part drawn by a seed, or all of it.

``EXTENT`` is ``part``, the default, or ``all``; ``each`` is all of it with nothing put together to save time.  ``SEED``
draws another part.  ``tests/conftest.py`` refuses other words.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from typing import TypeVar

import pytest

__all__ = ["EXTENT", "drawn", "skip_unless_drawn"]

EXTENT = os.environ.get("EXTENT") or "part"
_SEED = os.environ.get("SEED") or "20"
T = TypeVar("T")


def drawn(things: Sequence[T], count: int, name: str) -> list[T]:
    """Return some of the things in their order, or all of them; each name has a draw of its own."""
    if EXTENT != "part":
        return list(things)
    places = random.Random(f"{_SEED} {name}").sample(range(len(things)), min(count, len(things)))
    return [things[place] for place in sorted(places)]


def skip_unless_drawn(platform: str) -> None:
    """Let one platform's real runs be enough for a part; what it is given is tested for each of them."""
    if platform not in drawn(("gradescope", "nbgrader", "otter"), 1, "a platform"):
        pytest.skip("another platform was drawn; EXTENT=all has this one too")
