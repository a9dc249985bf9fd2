"""Which tests stay together where several processes share the work, so that what is costly is made ready once."""

from __future__ import annotations

import os
import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling

# Each lab of these is work of its own; its name begins the test's parameters.
_BY_LAB = frozenset({"test_specimens.py", "test_notebooks.py"})
# Files that take minutes: begun first, so that no process is left alone with one of them at the end.
_LONG = (
    "test_specimens.py",
    "test_notebooks.py",
    "test_export_nbgrader.py",
    "test_export_otter_run.py",
    "test_grading.py",
    "test_export_otter.py",
    "test_cluster.py",
    "test_faults.py",
    "test_audit.py",
)


def pytest_configure() -> None:
    """Refuse a misspelt extent before anything runs."""
    extent = os.environ.get("EXTENT", "")
    if extent not in ("", "part", "all", "each"):
        raise pytest.UsageError(f"EXTENT={extent}: write part, all or each")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Keep a file's tests together, the files of a lab's suite, and a lab's specimens.

    xdist's own ``--dist loadgroup`` writes its groups into names that pytest 9.2 does not read.
    """
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 - only where tests run in several processes

    class Scheduling(LoadScopeScheduling):  # type: ignore[misc, unused-ignore]
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

        def _assign_work_unit(self, node: Any) -> None:
            self.workqueue.move_to_end(min(self.workqueue, key=rank_of), last=False)
            super()._assign_work_unit(node)

    return Scheduling(config, log)


def group_of(nodeid: str) -> str:
    """Return the name of what a test stays together with, such as ``tests/labs/mlp``."""
    name, _, test = nodeid.partition("::")
    file = PurePath(name)
    if file.parts[:2] == ("tests", "labs"):
        return str(file.parent)
    lab = re.search(r"\[(\w+)", test)
    return f"{name} {lab[1]}" if lab and file.name in _BY_LAB else name


def rank_of(group: str) -> int:
    """Return how early a group is begun: 0 is first; among equals the one with the most tests."""
    name = PurePath(group.partition(" ")[0]).name
    return _LONG.index(name) if name in _LONG else len(_LONG)
