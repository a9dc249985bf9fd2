"""Grades one submission with gradescope-utils: ``python gradescope_runner.py LAB FILE RESULTS.json``."""

from __future__ import annotations

import sys
import unittest
from collections.abc import Callable
from pathlib import Path

from gradescope_utils.autograder_utils.decorators import number, weight
from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner
from in_process import Checks


def case_of(checks: Checks) -> type[unittest.TestCase]:
    """Return a test case with one method a check, as one writes it for Gradescope."""

    def method(name: str) -> Callable[[unittest.TestCase], None]:
        def test(_self: unittest.TestCase) -> None:
            checks.run(name)

        test.__doc__ = name
        decorated: Callable[[unittest.TestCase], None] = weight(1)(number(name)(test))
        return decorated

    methods = {f"test_{place:03d}": method(name) for place, name in enumerate(checks.names)}
    return type("Suite", (unittest.TestCase,), methods)


def main() -> None:
    """Run the checks and write results.json."""
    lab, submission, results = sys.argv[1:]
    checks = Checks(lab, Path(submission))
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(case_of(checks))
    with Path(results).open("w", encoding="utf-8") as stream:
        JSONTestRunner(visibility="visible", stream=stream).run(suite)
    checks.close()


if __name__ == "__main__":
    main()
