"""The checks as a notebook's kernel calls them: ``run("small_model")`` in a test cell of Otter or nbgrader.

The submission is the file that ``CLASS_SUBMISSION`` names, the lab ``CLASS_LAB``.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from in_process import Checks

__all__ = ["run", "run_one"]


@lru_cache(maxsize=1)
def _checks() -> Checks:
    return Checks(os.environ["CLASS_LAB"], Path(os.environ["CLASS_SUBMISSION"]))


def run_one(name: str) -> None:
    """Run one check; it raises where the submission fails it."""
    _checks().run(name)


def run(question: str) -> None:
    """Run all checks of a question, then raise what the first failed one raised."""
    failures: list[Exception] = []
    for name in _checks().questions()[question]:
        try:
            run_one(name)
        except Exception as error:  # noqa: BLE001 - whatever a check makes of a submission
            failures.append(error)
    if failures:
        raise failures[0]
