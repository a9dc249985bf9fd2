"""nbgrader: a course made by our export and taken through nbgrader's real commands, with the traps on the way."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.build import filled_notebook
from autograder.exporters.nbgrader_marks import collect_marks, put_marks
from autograder.exporters.nbgrader_source import points_cell, prompt_cell
from autograder.labs import find_root, load_lab
from autograder.records import decode
from autograder.release import leaked_lines
from autograder.specimens import load_specimens, write_specimen

from .extent import skip_unless_drawn
from .nbgrader_course import Course, function_cell, points_of

ROOT = find_root(Path(__file__).parent)
LAB = load_lab(ROOT, "mnist")
CODED = list(LAB.coded)
FULL = {question.id: float(question.points) for question in LAB.coded.values()}
NOISE = """
import os, sys
os.write(2, b"W0000 noise from a library in C\\n")
print("a harmless warning", file=sys.stderr)
"""
ESCAPE = """
import os, sqlite3
for path in ({course!r}, {course!r} + "/gradebook.db"):
    try:
        open(os.path.join(path, "was_here") if os.path.isdir(path) else path, "w").write("forged")
    except OSError:
        pass
print(2.5)
2.5
"""


def specimen(name: str, folder: Path) -> Path:
    """Write a specimen as a student hands it in elsewhere."""
    return write_specimen(next(s for s in load_specimens(ROOT, "mnist") if s.name == name), folder)


def table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV."""
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def solved(course: Course) -> Any:
    """Return the released notebook with right answers in its cells."""
    filled = nbformat.reads(filled_notebook(ROOT, LAB), as_version=4)
    right = {cell.id: cell.source for cell in filled.cells if cell.metadata.get("autograder", {}).get("function")}
    right |= {cell.id: cell.source for cell in filled.cells if cell.id == "mnist-setup"}
    book = course.released()
    for cell in book.cells:
        cell.source = right.get(cell.id, cell.source)
    return book


def partly_wrong(course: Course) -> Any:
    """Return a notebook with one wrong function, one that is missing, noise on standard error and one answer."""
    book = solved(course)
    function_cell(book, "small_model").source = NOISE + "def small_model():\n    return 3\n"
    function_cell(book, "medium_model").source = "del medium_model\n"
    function_cell(book, "large_model").source = "large_model = large_model\n"
    function_cell(book, "q1").source = "Because, with a comma, and <script>alert(1)</script>."
    return book


def tampered(course: Course) -> Any:
    """Return a notebook whose cells are broken, deleted, copied and relabelled, and which claims points."""
    book = course.released()
    claim = nbformat.v4.new_output("execute_result", data={"text/plain": "2.5"}, execution_count=1)
    function_cell(book, "small_model").source = "def small_model(:\n    pass\n"
    function_cell(book, "train_model").source = ESCAPE.format(course=str(course.folder))
    function_cell(book, points_cell("small_model")).outputs = [claim]
    function_cell(book, points_cell("train_model")).metadata["nbgrader"]["points"] = 100
    function_cell(book, points_cell("large_model")).metadata["nbgrader"].update(grade=False, schema_version=1)
    function_cell(book, points_cell("save_keras_model")).metadata["nbgrader"] = {"grade": True}
    gone = ("medium_model", points_cell("medium_model"), prompt_cell("q1"), "q1")
    book.cells = [cell for cell in book.cells if cell.metadata.get("nbgrader", {}).get("grade_id") not in gone]
    copied = function_cell(book, points_cell("get_data_mnist"))
    book.cells.append(nbformat.v4.new_code_cell(copied.source, metadata=copied.metadata, outputs=[claim]))
    return book


def deadly(course: Course) -> Any:
    """Return a right notebook that ends its process in one function and writes points where nbgrader looks for them."""
    book = solved(course)
    function_cell(
        book, "compare_error_rates"
    ).source = "def compare_error_rates(models, X_test, y_test):\n    import os\n    os._exit(0)\n"
    return book


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course in which a small class is autograded and has its feedback."""
    skip_unless_drawn("nbgrader")
    course = Course.make(tmp_path_factory.mktemp("nbgrader") / "course", "mnist")
    handed_in = tmp_path_factory.mktemp("handed_in")
    course.hand_in("right", book=solved(course))
    course.hand_in("module", specimen("divided-by-256", handed_in))
    course.hand_in("files", specimen("two-modules", handed_in))
    course.hand_in("partly", book=partly_wrong(course))
    course.hand_in("tampered", book=tampered(course))
    course.hand_in("deadly", book=deadly(course))
    course.hand_in("nothing")
    course.run("autograde", "mnist")
    course.run("generate_feedback", "mnist")
    return course


# -- what students get -------------------------------------------------------------------------------------------


def test_release_shows_no_solution_no_hidden_test_and_no_mark_scheme(course: Course) -> None:
    """What is not in source/ cannot be released, and what stands there for graders is taken out."""
    for path in [*(course.folder / "source").rglob("*"), *(course.folder / "release").rglob("*")]:
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            released = path.is_relative_to(course.folder / "release")
            assert not (released and ("MARK SCHEME" in text or "HIDDEN TESTS" in text)), path
            assert leaked_lines(ROOT, "mnist", text) == [], path


def test_released_points_are_the_labs(course: Course) -> None:
    """Each question is in the gradebook at its points, written ones included."""
    with Gradebook(course.database) as gradebook:
        assignment = gradebook.find_assignment("mnist")
        worth = {cell.name: cell.max_score for cell in assignment.notebooks[0].grade_cells}

    names = {q.id: q.id if q.written else points_cell(q.id) for q in LAB.questions}
    assert worth == {names[q.id]: float(q.points) for q in LAB.questions}


# -- points ------------------------------------------------------------------------------------------------------


def test_right_notebook_gets_all_points(course: Course) -> None:
    """A notebook with right functions earns every coded point; blank answers earn nothing without anyone's help."""
    assert points_of(course, "right") == FULL | {"q1": 0.0, "q2": 0.0}


def test_points_are_those_of_autograder_grade(course: Course) -> None:
    """What nbgrader stores is what the judge's own results say, question by question; partial credit arrives."""
    partial = 0
    for student in ("right", "module", "files", "partly", "tampered", "deadly", "nothing"):
        result = decode((course.folder / "judged" / "mnist" / "results" / f"{student}.json").read_bytes())
        expected = {question["id"]: question["score"] for question in result["questions"]}
        found = points_of(course, student)
        assert {name: found[name] for name in CODED} == {name: expected[name] for name in CODED}, student
        partial += sum(0 < (expected[name] or 0) < FULL[name] for name in CODED)
    assert partial > 0


def test_a_module_is_graded_as_handed_in(course: Course) -> None:
    """The files of source/ are copied over a submission; a student's wrong module stays, and loses points."""
    found = points_of(course, "module")

    kept = (course.folder / "autograded" / "module" / "mnist" / "mnist.py").read_text(encoding="utf-8")
    assert "256" in kept
    assert found["get_data_mnist"] is not None
    assert found["get_data_mnist"] < FULL["get_data_mnist"]
    assert {name: found[name] for name in CODED[1:]} == {name: FULL[name] for name in CODED[1:]}


def test_noise_on_standard_error_costs_nothing(course: Course) -> None:
    """Anything on that stream would be 0 points; none of it gets into the outputs."""
    found = points_of(course, "partly")
    outputs = [output for cell in course.autograded("partly").cells for output in cell.get("outputs", [])]

    assert found["train_model"] == FULL["train_model"]
    assert {output.name for output in outputs if output.output_type == "stream"} == {"stdout"}
    assert all(output.output_type in ("stream", "execute_result") for output in outputs)


def test_a_process_that_ends_costs_its_question(course: Course) -> None:
    """Dying in one function leaves the others' points."""
    assert points_of(course, "deadly") == FULL | {"compare_error_rates": 0.0, "q1": 0.0, "q2": 0.0}


def test_nothing_of_a_student_runs_in_nbgraders_kernel(course: Course) -> None:
    """No cell was executed there, so that its 30 s and what code does to its gradebook play no part."""
    cells = [cell for student in ("tampered", "right") for cell in course.autograded(student).cells]

    assert all(cell.execution_count is None for cell in cells if cell.cell_type == "code")
    assert not (course.folder / "was_here").exists()


def test_tampering_earns_nothing(course: Course) -> None:
    """Points claimed by outputs and metadata are not given, and cells that were taken out are back."""
    assert points_of(course, "tampered") == dict.fromkeys([*CODED, "q1", "q2"], 0.0)

    names = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in course.autograded("tampered").cells]
    assert sorted(name for name in names if name) == sorted(
        [*CODED[:2], *CODED[3:], *map(points_cell, CODED), "q1", "q2", prompt_cell("q1"), prompt_cell("q2")]
    )


# -- by hand -----------------------------------------------------------------------------------------------------


def test_written_answers_wait_for_a_person(course: Course) -> None:
    """An answer is to be marked; one handed in beside a module is in its cell, below question and mark scheme."""
    assert points_of(course, "partly")["q1"] is None
    assert points_of(course, "files")["q1"] is None
    book = course.autograded("files")
    assert function_cell(book, "q1").source not in ("", "YOUR ANSWER HERE / VOTRE RÉPONSE ICI")
    assert "### Rubric (en)" in function_cell(book, prompt_cell("q1")).source


def test_marks_go_in_and_come_out(course: Course, tmp_path: Path) -> None:
    """A file of marks gets into the gradebook, survives another autograding, and comes out again."""
    given = tmp_path / "marks.csv"
    given.write_text('submission,question,points,comment\npartly,q1,"0,75","good, but short"\n', encoding="utf-8")

    assert put_marks(ROOT, "mnist", course.folder, given) == 1
    assert points_of(course, "partly")["q1"] == 0.75
    course.run("autograde", "mnist", "--student", "partly", "--force")
    course.run("generate_feedback", "mnist", "--student", "partly", "--force")
    assert collect_marks(ROOT, "mnist", course.folder, tmp_path / "out.csv") == 1

    rows = table(tmp_path / "out.csv")
    row = next(row for row in rows if (row["submission"], row["question"]) == ("partly", "q1"))
    assert (row["points"], row["comment"]) == ("0.75", "good, but short")
    assert "good, but short" in (course.folder / "feedback" / "partly" / "mnist" / "mnist.html").read_text()


# -- what comes back ---------------------------------------------------------------------------------------------


def test_feedback_explains_and_hides(course: Course) -> None:
    """The page has our messages, not what only graders see; our own page is beside it."""
    for student, sign in (("partly", "✗"), ("tampered", "○")):
        folder = course.folder / "feedback" / student / "mnist"
        page = (folder / "mnist.html").read_text(encoding="utf-8")
        assert "The small network" in page
        assert sign in page
        for secret in ("HIDDEN TESTS", "MARK SCHEME", "Rubric (en)", "nbgrader_config.py"):
            assert secret not in page
        assert "<html" in (folder / "mnist-details.html").read_text(encoding="utf-8")


def test_export_adds_up(course: Course) -> None:
    """The table of marks holds the sums."""
    course.run("export")

    rows = {row["student_id"]: row for row in table(course.folder / "grades.csv")}
    assert float(rows["right"]["score"]) == sum(FULL.values())
    assert {row["max_score"] for row in rows.values()} == {"20.0"}


def test_validate_counts_public_checks(course: Course) -> None:
    """What a student asks before handing in is answered: an untouched stub does not pass."""
    said = course.run("validate", "release/mnist/mnist.ipynb")

    assert "FAILED" in said
