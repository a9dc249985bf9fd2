"""nbgrader: what the export writes into a course folder, new or lived in, and what it refuses."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from nbgrader.nbgraderformat import MetadataValidator

from autograder.errors import LabError, UsageError
from autograder.exporters.nbgrader import CONFIG, export_nbgrader
from autograder.exporters.nbgrader_marks import collect_marks, put_marks
from autograder.exporters.nbgrader_source import make_source, points_cell, prompt_cell
from autograder.labs import find_root, lab_ids, load_lab

ROOT = find_root(Path(__file__).parent)


@pytest.mark.parametrize("lab_id", lab_ids(ROOT))
def test_source_notebooks_are_valid_and_worth_the_labs_points(lab_id: str) -> None:
    """Each cell has the metadata that nbgrader's own validator asks for, and each question its points once."""
    lab = load_lab(ROOT, lab_id)

    book = nbformat.reads(make_source(ROOT, lab_id, "fr"), as_version=4)

    MetadataValidator().validate_nb(book)
    marked = [cell.metadata["nbgrader"] for cell in book.cells if "nbgrader" in cell.metadata]
    worth = {cell["grade_id"]: cell["points"] for cell in marked if cell["grade"]}
    names = {q.id: q.id if q.written else points_cell(q.id) for q in lab.questions}
    assert worth == {names[q.id]: float(q.points) for q in lab.questions}
    by_name = {cell.metadata["nbgrader"]["grade_id"]: cell for cell in book.cells if "nbgrader" in cell.metadata}
    for question in lab.written.values():
        scheme = by_name[prompt_cell(question.id)].source.partition("BEGIN MARK SCHEME")[2]
        assert "(fr)" in scheme
        assert "(en)" not in scheme


def test_points_need_the_judge() -> None:
    """In a course whose configuration was lost the test cells fail, rather than pass for want of an error."""
    book = nbformat.reads(make_source(ROOT, "mnist", "en"), as_version=4)

    sources = [
        cell.source
        for cell in book.cells
        if cell.metadata.get("nbgrader", {}).get("points") and cell.cell_type == "code"
    ]
    assert sources
    assert all("### BEGIN HIDDEN TESTS\nraise RuntimeError(" in source for source in sources)


def test_a_course_that_is_there_keeps_its_settings(tmp_path: Path) -> None:
    """Ours are loaded by one line, once; a second lab joins the first."""
    first, second = "mnist", "signs"
    config = tmp_path / "nbgrader_config.py"
    config.write_text("c = get_config()\nc.CourseDirectory.course_id = 'dl'\n", encoding="utf-8")

    for lab_id in (first, second, first):
        export_nbgrader(ROOT, lab_id, tmp_path, "en")

    text = config.read_text(encoding="utf-8")
    assert "course_id = 'dl'" in text
    assert text.count(CONFIG) == 1
    assert f"c.CourseSettings.labs = {[first, second]!r}" in (tmp_path / CONFIG).read_text(encoding="utf-8")
    assert not (tmp_path / "source" / first / "answers.md").exists()


def test_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    """A settings file of the same name is refused, and so is an assignment of the same name."""
    (tmp_path / CONFIG).write_text("mine = 1\n", encoding="utf-8")
    with pytest.raises(UsageError, match="not written by an earlier export"):
        export_nbgrader(ROOT, "mnist", tmp_path, "en")

    (tmp_path / "other" / "source" / "mnist").mkdir(parents=True)
    (tmp_path / "other" / "source" / "mnist" / "mnist.ipynb").write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match="no earlier bundle"):
        export_nbgrader(ROOT, "mnist", tmp_path / "other", "en")


def test_marks_need_graded_submissions(tmp_path: Path) -> None:
    """Before anything is autograded there is nothing to mark."""
    with pytest.raises(UsageError, match="nothing of mnist is autograded there"):
        put_marks(ROOT, "mnist", tmp_path, tmp_path / "marks.csv")
    with pytest.raises(UsageError, match="run nbgrader autograde mnist"):
        collect_marks(ROOT, "mnist", tmp_path, tmp_path / "marks.csv")


def test_a_written_question_needs_its_mark_scheme(tmp_path: Path) -> None:
    """Without a model answer there is nothing to mark by; the message names the file."""
    for name in ("assignments", "solutions"):
        shutil.copytree(ROOT / name / "mnist", tmp_path / name / "mnist")
    (tmp_path / "solutions" / "mnist" / "answers.md").write_text("## q1\n\nBecause.\n", encoding="utf-8")

    with pytest.raises(LabError, match=r"solutions/mnist/answers\.md: nothing on q2"):
        make_source(tmp_path, "mnist", "en")
