"""The pytest plugin that runs hidden suites: it gives tests the submission behind its wall and notes every outcome.

A check is an ordinary test function with two marks::

    @question("small_model")
    @check("parameters", en="Number of parameters", fr="Nombre de paramètres", weight=2)
    def test_parameters(student): ...

Run by hand, ``pytest tests/labs/mnist`` checks the reference and ``--submission FILE`` a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.bench import Bench
from autograder.errors import LabError
from autograder.labs import find_root, load_lab, reference_path
from autograder.model import MISTAKE, Check, Exhibit, Lab, Outcome, Submission
from autograder.submissions import Entry, read_submission
from autograder.verdict import judge
from shared.assertions import Mismatch
from shared.text import Text

__all__ = ["Suite", "check", "check_of", "question", "read_reference", "set_bench"]

_BENCH = pytest.StashKey[dict[str, Bench]]()
_CHECK = pytest.StashKey[Check]()


def question(identifier: str) -> pytest.MarkDecorator:
    """Mark a test as belonging to a question of the lab."""
    return pytest.mark.question(identifier)


def check(  # noqa: PLR0913 - the words of one line of a report
    identifier: str, *, en: str, fr: str, weight: int = 1, visible: bool = True, hint: Text | None = None
) -> pytest.MarkDecorator:
    """Mark a test as a check.

    Args:
        identifier: unique within its question.
        en: its title in English.
        fr: its title in French.
        weight: its share of the question's points, beside the other checks' weights.
        visible: whether students see its message; its title and status they see always.
        hint: shown where the message that failed has no hint of its own.
    """
    return pytest.mark.check(identifier, Text(en, fr), weight=weight, visible=visible, hint=hint)


class Suite:
    """The outcomes of one pass over a suite, as pytest runs it."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self._question: str | None = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Give each question a fresh process, and each check its time."""
        declared = item.stash.get(_CHECK, None)
        if declared is None:
            return (yield)
        bench = bench_of(item)
        bench.exhibits = []
        if declared.question != self._question:
            self._question = declared.question
            bench.student.begin_question()
        bench.student.begin_check()
        try:
            return (yield)
        finally:
            bench.student.end_check()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        """Turn what a test raised, or did not, into an outcome."""
        declared = item.stash.get(_CHECK, None)
        if declared is not None and (call.when == "call" or call.excinfo is not None):
            bench = bench_of(item)
            error = call.excinfo.value if call.excinfo is not None else None
            status, message, hint = judge(error, declared.question)
            outcome_check = declared if hint is None else _with_hint(declared, hint)
            if isinstance(error, Mismatch) and error.mistake is not None:
                bench.exhibits.append(Exhibit(declared.question, MISTAKE, error.mistake, {"check": declared.id}))
            self.outcomes.append(Outcome(outcome_check, status, message, tuple(bench.exhibits)))
        return (yield)

    def restart(self) -> None:
        """Forget everything before the next submission."""
        self.outcomes = []
        self._question = None


def _with_hint(declared: Check, hint: Text) -> Check:
    return Check(declared.question, declared.id, declared.title, declared.weight, declared.visible, hint)


def check_of(item: pytest.Item) -> Check:
    """Return the check that a collected test of a suite is."""
    return item.stash[_CHECK]


def bench_of(item: pytest.Item) -> Bench:
    """Return the bench of an item's lab; the first time, with the submission of the command line on it."""
    found = item.config.stash[_BENCH]
    lab_id = item.path.parent.name
    if lab_id not in found:
        root = find_root(item.config.rootpath)
        found[lab_id] = _open_bench(item.config, root, load_lab(root, lab_id))
    return found[lab_id]


def set_bench(config: pytest.Config, lab_id: str, bench: Bench) -> None:
    """Give a session the bench of a lab, so that it does not make one itself."""
    config.stash[_BENCH][lab_id] = bench


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--submission``."""
    parser.addoption("--submission", metavar="FILE", help="a submission to check instead of the lab's reference")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the two marks."""
    config.stash[_BENCH] = {}
    config.addinivalue_line("markers", "question(id): the question that a hidden check belongs to")
    config.addinivalue_line("markers", "check(id, title, weight, visible, hint): a hidden check")
    config.pluginmanager.register(Suite(), "autograder-suite")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Validate the marks, and keep the checks of a question together: they share a process."""
    labs: dict[str, Lab] = {}
    places: dict[str, tuple[int, int]] = {}
    for number, item in enumerate(items):
        if item.get_closest_marker("check") is None and item.get_closest_marker("question") is None:
            continue
        lab = labs.setdefault(item.path.parent.name, load_lab(find_root(config.rootpath), item.path.parent.name))
        declared = _declared(item, lab)
        item.stash[_CHECK] = declared
        order = [q.id for q in lab.questions].index(declared.question)
        places[item.nodeid] = (order, item.reportinfo()[1] or number)
    ours = sorted((item for item in items if item.nodeid in places), key=lambda item: places[item.nodeid])
    items[:] = ours + [item for item in items if item.nodeid not in places]


def _declared(item: pytest.Item, lab: Lab) -> Check:
    marks = item.get_closest_marker("question"), item.get_closest_marker("check")
    where = f"{item.path.name}::{item.name}"
    if marks[0] is None or marks[1] is None:
        message = f"{where}: a hidden check needs both @question(...) and @check(...)"
        raise LabError(message)
    identifier = marks[0].args[0]
    if identifier not in lab.coded:
        message = f"{where}: the lab {lab.id} has no coded question {identifier!r}; see its lab.toml"
        raise LabError(message)
    return Check(identifier, marks[1].args[0], marks[1].args[1], **marks[1].kwargs)


@pytest.fixture
def bench(request: pytest.FixtureRequest) -> Bench:
    """Return the judge's bench with the submission on it."""
    return bench_of(request.node)


def _open_bench(config: pytest.Config, root: Path, lab: Lab) -> Bench:
    bench = Bench(lab)
    config.add_cleanup(bench.close)
    path = config.getoption("--submission")
    bench.take(
        read_reference(root, lab) if path is None else read_submission(Entry(Path(path).stem, Path(path)), lab.id)
    )
    return bench


def read_reference(root: Path, lab: Lab) -> Submission:
    """Return the lab's reference solution as a submission."""
    return read_submission(Entry("reference", reference_path(root, lab.id)), lab.id)


@pytest.fixture
def student(bench: Bench) -> Any:  # noqa: ANN401
    """Return the submission's module: its functions can be called like ours."""
    return bench.student


@pytest.fixture
def exhibit(bench: Bench, request: pytest.FixtureRequest) -> Callable[..., None]:
    """Return a function that puts something to look at beside the question, whatever the check's outcome."""
    declared = request.node.stash[_CHECK]

    def show(kind: str, title: Text, **data: Any) -> None:  # noqa: ANN401
        bench.exhibits.append(Exhibit(declared.question, kind, title, data))

    return show
