"""Public checks: what one is, and a pytest plugin that turns each into a verdict in plain words.

A public check is an ordinary test function with the fixture ``student``, marked with the question it belongs to:

    @public_check("small_model", en="203,434 parameters in all", fr="203 434 paramètres en tout")
    def test_parameters(student):
        expect_equal(student.small_model().count_params(), 203_434, call="small_model().count_params()", what=...)
"""

from __future__ import annotations

import linecache
import os
import re
import tempfile
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from shared.assertions import Mismatch
from shared.text import Text
from shared.values import shorten

__all__ = ["BrokenChecksError", "StudentModule", "Verdict", "describe_error", "public_check", "run_public_checks"]

_MARK = "public_check"
_NOT_WRITTEN = re.compile(r"question (\w+): to be written")
_LONGEST_ERROR_LINES = 3
# A student's machine may have any plugin installed: only pytest's own, and not those that print or cost time.
_UNWANTED = ("cacheprovider", "terminal", "warnings", "faulthandler", "unraisableexception", "threadexception")
_ARGUMENTS = (
    "--disable-plugin-autoload",
    "--noconftest",
    "--import-mode=importlib",
    "--capture=sys",
    *(f"-pno:{plugin}" for plugin in _UNWANTED),
)


class BrokenChecksError(Exception):
    """The public checks themselves do not work; the student's code has no part in it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one public check: ``passed``, ``failed``, ``raised``, ``not_attempted`` or ``started``."""

    question: str
    title: Text
    status: str
    message: Text | None = None
    hint: Text | None = None

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Verdict:
        """Read back what ``to_json`` gave."""
        title, message, hint = (
            Text.from_json(document[key]) if document[key] is not None else None for key in ("title", "message", "hint")
        )
        return cls(document["question"], title or Text.same(""), document["status"], message, hint)

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as plain JSON data."""
        return {
            "question": self.question,
            "title": self.title.to_json(),
            "status": self.status,
            "message": self.message.to_json() if self.message else None,
            "hint": self.hint.to_json() if self.hint else None,
        }


class StudentModule:
    """The student's functions by name; a missing one fails the check with a sentence."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name not in self._namespace:
            raise Mismatch(
                Text(
                    f"there is no function {name} in your file", f"il n'y a pas de fonction {name} dans votre fichier"
                ),
                Text("Keep the names that the stub gives.", "Gardez les noms donnés par le fichier de départ."),
            )
        return self._namespace[name]


def public_check(question: str, *, en: str, fr: str) -> pytest.MarkDecorator:
    """Mark a test function as a public check of a question.

    Args:
        question: The question's id.
        en: What is checked, as a short claim.
        fr: The same in French.
    """
    return getattr(pytest.mark, _MARK)(question=question, title=Text(en, fr))  # type: ignore[no-any-return]


def run_public_checks(
    test_file: Path,
    namespace: Mapping[str, Any],
    report: Callable[[Verdict], None],
    question: str | None = None,
) -> int:
    """Run public checks in this process.

    Args:
        test_file: The lab's ``test_public.py``.
        namespace: The globals of the student's module or notebook.
        report: Called as each check starts (status ``started``) and ends.
        question: The question to check; all when None.

    Returns:
        How many checks were run.

    Raises:
        BrokenChecksError: When the test file itself does not work.
    """
    plugin = _Plugin(namespace, report, question)
    os.environ.pop("PYTEST_ADDOPTS", None)  # what somebody has set for tests of their own
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder, "pytest.ini")
        settings.write_text(f"[pytest]\nmarkers =\n    {_MARK}: the question and the title of a public check\n")
        code = pytest.main(
            [*_ARGUMENTS, "-c", str(settings), f"--basetemp={Path(folder, 'files')}", str(test_file)], plugins=[plugin]
        )
    if plugin.broken or code not in (
        pytest.ExitCode.OK,
        pytest.ExitCode.TESTS_FAILED,
        pytest.ExitCode.NO_TESTS_COLLECTED,
    ):
        raise BrokenChecksError(plugin.broken or f"pytest ended with code {int(code)}")
    return plugin.count


def describe_error(error: BaseException, namespace: Mapping[str, Any]) -> Text:
    """Say which error came up and where in the student's own code, if it did there."""
    lines = [line for line in str(error).splitlines() if line.strip()][:_LONGEST_ERROR_LINES]
    words = f"{type(error).__name__}: " + "\n".join(shorten(line) for line in lines) if lines else type(error).__name__
    own = _own_steps(error, namespace)
    if not own:
        return Text.same(words)
    frame, number = own[-1]
    code = linecache.getline(frame.f_code.co_filename, number).strip()
    place = f"{frame.f_code.co_name}: {shorten(code)}"
    return Text(f"{words}\nline {number}, in {place}", f"{words}\nligne {number}, dans {place}")


def _own_steps(error: BaseException, namespace: Mapping[str, Any]) -> list[tuple[FrameType, int]]:
    """Return the steps of the traceback that are in the student's module: those that have its globals."""
    return [step for step in traceback.walk_tb(error.__traceback__) if step[0].f_globals is namespace]


class _Plugin:
    """Listens to pytest: selects the question's checks, gives them ``student``, reports what becomes of them."""

    def __init__(self, namespace: Mapping[str, Any], report: Callable[[Verdict], None], question: str | None) -> None:
        self.namespace = namespace
        self.report = report
        self.question = question
        self.broken = ""
        self.count = 0

    @pytest.fixture
    def student(self) -> StudentModule:
        """Return the student's functions."""
        return StudentModule(self.namespace)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a test file that cannot be imported."""
        if report.failed:
            self.broken = report.longreprtext

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the checks of the question."""
        for item in items:
            if item.get_closest_marker(_MARK) is None:
                self.broken = f"{item.name} belongs to no question; mark it with @public_check"
        items[:] = (
            [item for item in items if self.question in (None, _mark(item)["question"])] if not self.broken else []
        )
        self.count = len(items)

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Report that a check starts, so that one that hangs can be named."""
        self.report(Verdict(**_mark(item), status="started"))

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """Report what became of a check."""
        if call.excinfo is not None:
            self.report(self._explain(item, call.excinfo.value))
        elif call.when == "call":
            self.report(Verdict(**_mark(item), status="passed"))

    def _explain(self, item: pytest.Item, error: BaseException) -> Verdict:
        mark = _mark(item)
        if isinstance(error, Mismatch):
            return Verdict(**mark, status="failed", message=error.message, hint=error.hint)
        unwritten = _NOT_WRITTEN.fullmatch(str(error)) if isinstance(error, NotImplementedError) else None
        if unwritten and unwritten[1] == mark["question"]:
            return Verdict(**mark, status="not_attempted")
        if unwritten:
            needed = unwritten[1]
            words = Text(f"this needs {needed}, not written yet", f"il faut d'abord {needed}, pas encore écrite")
            return Verdict(**mark, status="failed", message=words)
        message = describe_error(error, self.namespace)
        if not _own_steps(error, self.namespace):
            unusable = Text("what came back cannot be used: ", "ce qui est revenu est inutilisable : ")
            return Verdict(**mark, status="failed", message=unusable + message)
        return Verdict(**mark, status="raised", message=Text("your code raised ", "votre code a levé ") + message)


def _mark(item: pytest.Item) -> dict[str, Any]:
    mark = item.get_closest_marker(_MARK)
    return dict(mark.kwargs) if mark else {"question": "", "title": Text.same(item.name)}
