"""A lab's hidden suite without any wall: the checks call the student's functions in their own process.

This is how unittest, pytest, Otter or nbgrader run tests, and what `class_speed.py` compares with.  The checks are the
very functions of ``tests/labs``; only what stands behind ``student`` and ``bench`` is another thing: the module is
imported into this process, models are built and trained here, by TensorFlow with its own defaults, and nothing is
remembered from one process to the next.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from autograder import bench as bench_module
from autograder import training
from autograder.bench import Bench
from autograder.course_data import write_given
from autograder.labs import find_root, load_lab, suite_path
from autograder.process import Raised, Reply, _store_callables
from autograder.submissions import Entry, read_submission

__all__ = ["Checks", "list_checks", "pytest_configure"]


class _Here:
    """Stands where a student's process would be: the same requests, answered by a call."""

    confinement: tuple[str, ...] = ()

    def __init__(self, folder: Path) -> None:
        from autograder.agent import _Agent  # noqa: PLC0415 - it loads TensorFlow

        self.folder = folder
        self.alive = True
        self._agent = _Agent(self, folder)  # type: ignore[arg-type] # it sends and receives what a wire would
        self._functions: dict[int, Callable[..., Any]] = {}
        self._answer: Any = None

    def allow(self, seconds: float) -> None:
        """Know no limit of time."""

    def request(self, operation: str, arguments: dict[str, Any], seed: int = 0) -> Reply:
        """Do what a student's process would do, in its folder."""
        self._functions = {}
        given = _store_callables(arguments, self._functions)
        printed = io.StringIO()
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(printed):
            reply = self._agent.handle({"op": operation, "arguments": given, "seed": seed})
        if "error" in reply:
            raise Raised(reply["error"], printed.getvalue(), tuple(reply["warnings"]))
        warnings, changed = tuple(reply["warnings"]), tuple(reply["changed"])
        return Reply(reply["value"], printed.getvalue(), "", warnings, changed)

    def send(self, call: dict[str, Any]) -> None:
        """Call a function of the suite's."""
        self._answer = self._functions[call["callback"]](*call["args"], **call["kwargs"])

    def receive(self) -> Any:
        """Return what it gave."""
        return self._answer


class _Nursery:
    """Makes nothing: a "process" is this one, with a folder of its own."""

    faults = 0

    def __init__(self, _settings: Any, data: Any) -> None:
        import keras  # noqa: PLC0415 - loading it is part of what is measured
        import numpy as np  # noqa: PLC0415

        from shared import datasets  # noqa: PLC0415

        self._root = Path(tempfile.mkdtemp(prefix="in-process-"))
        self.environment = {"keras": keras.__version__, "numpy": np.__version__}
        for name, arrays in data.items():
            write_given(name, arrays, self._root)
        os.environ["COURSE_DATA"] = str(self._root)
        keras.datasets.mnist.load_data = lambda *_args, **_options: datasets.load("mnist")
        self._count = 0

    def fork(self, _role: int = 0, fill: Callable[[Path], object] | None = None, *, trusted: bool = False) -> _Here:
        """Return this process."""
        del trusted
        self._count += 1
        folder = self._root / str(self._count)
        folder.mkdir()
        if fill is not None:
            fill(folder)
        sys.path.append(str(folder))
        return _Here(folder)

    def discard(self, process: _Here) -> None:
        """Remove its folder."""
        process.alive = False
        sys.path.remove(str(process.folder))

    def close(self) -> None:
        """Remove all folders."""
        shutil.rmtree(self._root, ignore_errors=True)


def _without_walls() -> None:
    bench_module.Nursery = _Nursery  # type: ignore[assignment, attr-defined]
    training.cache_folder = lambda: None  # type: ignore[attr-defined]


def pytest_configure() -> None:
    """As a plugin of pytest (``-p in_process``): let the suite run without walls."""
    _without_walls()


class Checks:
    """The checks of a lab on one submission, for runners that are not pytest."""

    def __init__(self, lab_id: str, submission: Path) -> None:
        _without_walls()
        root = find_root(Path(__file__).parent)
        self._lab = load_lab(root, lab_id)
        self._items = _collect(root, lab_id)
        self._bench = Bench(self._lab)
        self._bench.take(read_submission(Entry(submission.stem, submission), lab_id))
        self._question = ""

    @property
    def names(self) -> list[str]:
        """Every check as ``question/check``, in the suite's order."""
        return list(self._items)

    def questions(self) -> dict[str, list[str]]:
        """Return the names of each question's checks."""
        return _by_question(self._items)

    def run(self, name: str) -> None:
        """Run one check; it raises where the submission fails it."""
        item = self._items[name]
        question = name.partition("/")[0]
        if question != self._question:
            self._question = question
            self._bench.student.begin_question()
        self._bench.student.begin_check()
        try:
            item.obj(**{argument: self._value(item, argument) for argument in item._fixtureinfo.argnames})
        finally:
            self._bench.student.end_check()

    def close(self) -> None:
        """Clear away."""
        self._bench.close()

    def _value(self, item: Any, name: str) -> Any:
        """Return what a check asks for by the name of an argument."""
        known = {"bench": self._bench, "student": self._bench.student, "exhibit": lambda *_args, **_data: None}
        if name in known:
            return known[name]
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        if name in parameters:
            return parameters[name]
        definition = item._fixtureinfo.name2fixturedefs[name][-1]
        return definition.func(**{argument: self._value(item, argument) for argument in definition.argnames})


def list_checks(root: Path, lab_id: str) -> dict[str, list[str]]:
    """Return the names of the checks of each question of a lab."""
    return _by_question(_collect(root, lab_id))


def _by_question(names: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(name.partition("/")[0], []).append(name)
    return found


class _Keeper:
    """Keeps what pytest collects."""

    def __init__(self) -> None:
        self.items: list[Any] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Take the items."""
        self.items = list(session.items)


def _collect(root: Path, lab_id: str) -> dict[str, Any]:
    keeper = _Keeper()
    arguments = [str(suite_path(root, lab_id)), "-c", os.devnull, f"--rootdir={root}", "--import-mode=importlib"]
    quiet = ["-p", "no:terminal", "-p", "no:cacheprovider", "-p", "autograder.suite", "--collect-only"]
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main([*arguments, *quiet], plugins=[keeper])
    from autograder.suite import check_of  # noqa: PLC0415 - after pytest has made it a plugin

    declared = ((check_of(item), item) for item in keeper.items)
    return {f"{check.question}/{check.id}": item for check, item in declared}
