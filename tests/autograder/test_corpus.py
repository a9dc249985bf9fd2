"""Inputs that once were worth keeping, from fuzzing and by hand, break nothing today; `make fuzz` looks for more."""

from __future__ import annotations

import runpy
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

FUZZ = runpy.run_path(str(Path(__file__).with_name("fuzz_targets.py")))
CORPUS: Path = FUZZ["CORPUS"]
TARGETS: dict[str, Callable[[bytes], None]] = FUZZ["TARGETS"]
bounded: Callable[..., AbstractContextManager[None]] = FUZZ["bounded"]


@pytest.mark.parametrize("target", TARGETS)
def test_kept_inputs_do_no_harm(target: str) -> None:
    """Each is read or refused by the documented exception, within bounds of time and memory."""
    paths = sorted((CORPUS / target).iterdir())

    assert paths
    for path in paths:
        with bounded():
            TARGETS[target](path.read_bytes())


@pytest.mark.parametrize(
    ("excess", "caught"),
    [(lambda: bytearray(2**20), AssertionError), (lambda: time.sleep(30), TimeoutError)],
    ids=["memory", "time"],
)
def test_bounds_are_noticed(excess: Callable[[], object], caught: type[BaseException]) -> None:
    """What goes over them fails."""
    with pytest.raises(caught), bounded(seconds=1, peak_bytes=2**19):
        excess()


def test_every_kept_input_belongs_to_a_target() -> None:
    """A folder under another name would never be replayed."""
    assert sorted(path.name for path in CORPUS.iterdir()) == sorted(TARGETS)
