"""The plugin by which our judge, not code in the student's kernel, decides the points that Otter-Grader reports.

Otter executes a submission in the kernel in which it then runs its tests, and unpickles what that kernel wrote.  The
plugin therefore takes the submission away before Otter opens it, has it graded by our judge, leaves an empty one for
the kernel, and puts the judge's points into the results.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
from otter.plugins import AbstractOtterPlugin

from autograder.entries import Entry
from autograder.errors import AutograderError
from autograder.exporters.judged import judge, with_marks_or_refused
from autograder.exporters.otter import FOLDER
from autograder.exporters.otter_results import carry_over
from autograder.feedback import summary
from autograder.grading import Options
from autograder.labs import load_lab
from autograder.model import Lab, Report
from autograder.names import printable
from shared.text import Language

__all__ = ["JudgePlugin"]

# What Otter itself puts into the submission.
_OTTERS = ("tests", FOLDER)


class JudgePlugin(AbstractOtterPlugin):  # type: ignore[misc]
    """Grades by our judge; configured with the keys ``lab`` and ``language``."""

    def __init__(self, submission_path: str | None, submission_metadata: dict[str, Any], config: Any) -> None:  # noqa: ANN401 - as Otter reads it
        super().__init__(submission_path, submission_metadata, config)
        self._lab_id: str = config["lab"]
        self._language: Language = "fr" if config.get("language") == "fr" else "en"
        self._report: Report | None = None

    def before_grading(self, config: Any) -> None:  # noqa: ANN401 - Otter's own
        """Grade what was handed in and leave nothing of it where Otter or its kernel could meet it.

        Raises:
            AutograderError: The fault is ours: Otter then writes no results, so that there is no mark.
        """
        submission = Path(self.submission_path)
        base = submission.parent.parent
        root = _root(submission)
        handed_in = _take_away(submission.parent, base / "handed_in")
        _leave_empty(submission)
        _keep_out(root)
        name = printable(submission.stem)
        options = Options(root, base / "judged", self._language)
        self._report = with_marks_or_refused(judge(self._lab(), [Entry(name, handed_in)], options)[name])

    def after_grading(self, results: Any) -> None:  # noqa: ANN401 - Otter has no types
        """Put the judge's points and messages in place of whatever came out of the kernel."""
        carry_over(results, self._graded(), self._lab(), self._language)

    def generate_report(self) -> str:
        """Say in the log who decided."""
        return summary(self._graded(), self._language)

    def _graded(self) -> Report:
        if self._report is None:
            message = "Otter skipped the plugin's before_grading, where submissions are graded"
            raise AutograderError(message)
        return self._report

    def _lab(self) -> Lab:
        return load_lab(_root(Path(self.submission_path)), self._lab_id)


def _root(submission: Path) -> Path:
    """Return where the grader lies, in the place that Otter gives its support files; students cannot write there."""
    return submission.parent.parent / "source" / "files" / FOLDER


def _take_away(submitted: Path, target: Path) -> Path:
    """Move the student's files to a folder of their own.

    A log is unpickled by Otter, and a module called as one of Jupyter's is run by the kernel: neither may stay.
    """
    target.mkdir(mode=0o700)
    for path in sorted(submitted.iterdir()):
        if path.name in _OTTERS:
            shutil.rmtree(path)
        elif path.name == "__init__.py" and not path.read_bytes():
            path.unlink()
        else:
            path.rename(target / path.name)
    return target


def _leave_empty(submission: Path) -> None:
    """Write a submission in which there is nothing to execute."""
    if submission.suffix == ".ipynb":
        nbformat.write(nbformat.v4.new_notebook(), submission)  # type: ignore[no-untyped-call]
    else:
        submission.write_text("", encoding="utf-8")
    (submission.parent / "tests").mkdir()


def _keep_out(root: Path) -> None:
    """Close to other users, the student's process among them, what is secret; confinement refuses it as well."""
    for name in ("solutions", "tests"):
        (root / name).chmod(0o700)
