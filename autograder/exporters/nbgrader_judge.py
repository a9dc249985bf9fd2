"""The preprocessors by which our judge, not code in the student's kernel, decides the points that nbgrader stores.

nbgrader executes a submitted notebook and reads points out of the outputs of its test cells.  For our labs nothing is
executed: the judge grades what was handed in, and its points become the outputs.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.preprocessors import ClearSolutions, Execute, NbGraderPreprocessor
from nbgrader.utils import compute_checksum
from traitlets import List, Unicode

from autograder.entries import Entry
from autograder.exporters.judged import judge, with_marks_or_refused
from autograder.exporters.nbgrader import JUDGED
from autograder.exporters.nbgrader_cells import put_points, restore
from autograder.exporters.nbgrader_marks import marks_of
from autograder.feedback import render_page
from autograder.gradebook import read_all
from autograder.grading import Options, default_jobs
from autograder.labs import load_lab
from autograder.marks import apply_marks
from autograder.model import Report
from shared.text import Language

__all__ = ["CourseJudge", "CoursePages", "CourseSettings", "KeepStubs", "RestoreCells"]

Book = Any
Converter = Any
Resources = dict[str, Any]


class CourseSettings(NbGraderPreprocessor):  # type: ignore[misc]
    """What all of these need to know; set in the course's configuration."""

    course_root = Unicode(help="The folder of the labs' project.").tag(config=True)
    labs = List(Unicode(), help="The assignments that are labs of that project.").tag(config=True)
    language = Unicode("en", help="Language of messages: en or fr.").tag(config=True)

    def is_ours(self, resources: Resources) -> bool:
        """Tell whether an assignment is one of our labs, whatever the submitted notebook says of itself."""
        return resources["nbgrader"]["assignment"] in self.labs

    @property
    def spoken(self) -> Language:
        """Return the language of messages."""
        return "fr" if self.language == "fr" else "en"


class KeepStubs(ClearSolutions):  # type: ignore[misc]
    """Leaves our answer cells as they are: they hold the stub, whose error names the question."""

    def preprocess_cell(self, cell: Any, resources: Resources, cell_index: int) -> tuple[Any, Resources]:  # noqa: ANN401
        """Clear the solution of a cell that is not ours."""
        if "autograder" in cell.metadata:
            return cell, resources
        cleared: tuple[Any, Resources] = super().preprocess_cell(cell, resources, cell_index)
        return cleared


class RestoreCells(CourseSettings):
    """Gives the cells of a submitted notebook the metadata that was released, and puts back those that are missing.

    nbgrader's own ``OverwriteCells`` trusts some of the submitted metadata, and where a cell was deleted either leaves
    its grade open for ever or, told to add it, fails if the cell before it is gone as well.
    """

    def preprocess(self, nb: Book, resources: Resources) -> tuple[Book, Resources]:
        """Restore the notebook of one of our labs."""
        if self.is_ours(resources):
            facts = resources["nbgrader"]
            with Gradebook(facts["db_url"]) as gradebook:
                nb.cells = restore(nb.cells, gradebook.find_notebook(facts["notebook"], facts["assignment"]))
        return nb, resources


class CourseJudge(CourseSettings):
    """Stands in the place of nbgrader's ``Execute``; other assignments than our labs it leaves to that."""

    def preprocess(self, nb: Book, resources: Resources) -> tuple[Book, Resources]:
        """Put the judge's points and messages into the test cells of a lab.

        Raises:
            AutograderError: The fault is ours: nbgrader then stores no mark, and keeps an earlier one.
        """
        if not self.is_ours(resources):
            done: tuple[Book, Resources] = Execute(parent=self.parent)(nb, resources)
            return done
        facts = resources["nbgrader"]
        reports = _graded(self.parent.parent, facts["assignment"], self.course_root, self.spoken)
        report = with_marks_or_refused(reports[facts["student"]])
        put_points(nb.cells, report, self.spoken, compute_checksum)
        return nb, resources


class CoursePages(CourseSettings):
    """Puts our own feedback page, which has the pictures, beside nbgrader's."""

    def preprocess(self, nb: Book, resources: Resources) -> tuple[Book, Resources]:
        """Add the page to the files that nbgrader writes."""
        facts = resources["nbgrader"]
        if self.is_ours(resources) and (report := self._stored(facts)) is not None:
            lab = load_lab(Path(self.course_root), facts["assignment"])
            with Gradebook(facts["db_url"]) as gradebook:
                marked = apply_marks(report, marks_of(gradebook, lab, report))
            page = render_page(marked, lab, self.spoken).encode("utf-8")
            resources.setdefault("outputs", {})[f"{lab.id}-details.html"] = page
        return nb, resources

    def _stored(self, facts: Resources) -> Report | None:
        converter = self.parent.parent
        return _stored(converter, _results(converter, facts["assignment"])).get(facts["student"])


@lru_cache(maxsize=1)
def _graded(converter: Converter, assignment: str, course_root: str, language: Language) -> dict[str, Report]:
    """Grade the class side by side, once for each run of nbgrader, which asks for one student after the other.

    All whom the run is about are graded, and those who were graded before are kept, in step with what they handed in.
    """
    course, root, out = converter.coursedir, Path(course_root), _results(converter, assignment)
    pattern = course.format_path(course.submitted_directory, "(?P<student>.*)", assignment, escape=True)
    # A pattern's own letters are escaped by nbgrader, but for those that it is given.
    matches = (re.fullmatch(pattern, folder) for folder in converter.assignments)
    students = {match["student"] for match in matches if match} | set(_stored(converter, out))
    folders = {name: Path(course.format_path(course.submitted_directory, name, assignment)) for name in students}
    entries = [Entry(name, folder) for name, folder in sorted(folders.items()) if folder.is_dir()]
    options = Options(root, out, language, default_jobs(), resume=True)
    return judge(load_lab(root, assignment), entries, options, lambda *told: converter.log.info("%s: %s", *told))


@lru_cache(maxsize=1)
def _stored(_converter: Converter, out: Path) -> dict[str, Report]:
    """Return what is graded already, read once for each run of nbgrader."""
    if not any((out / "results").glob("*.json")):
        return {}
    return {report.grade.submission: report for report in read_all(out)}


def _results(converter: Converter, assignment: str) -> Path:
    return Path(converter.coursedir.root).absolute() / JUDGED / assignment
