"""Otter-Grader: zip and students' notebook made by its own command, submissions graded by ``otter run``; its traps."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import dill
import nbformat
import pytest
import yaml
from otter.run import AutograderConfig
from otter.test_files import GradingResults

from autograder import scoring
from autograder.build import filled_notebook
from autograder.errors import AutograderError, LabError
from autograder.exporters.judged import with_marks_or_refused
from autograder.exporters.otter import FOLDER, export_otter, students_folder
from autograder.exporters.otter_master import make_master
from autograder.exporters.otter_results import carry_over
from autograder.exporters.parcels import MAX_ZIP_BYTES
from autograder.labs import find_root, load_lab
from autograder.model import Lab, Report, Status
from autograder.notebooks import read_notebook
from autograder.records import as_stored
from autograder.release import leaked_lines
from shared.text import Text

from .conftest import MakeReport

ROOT = find_root(Path(__file__).parent)
LAB = load_lab(ROOT, "mnist")
FULL = {question.id: float(question.points) for question in LAB.questions if not question.written}
SETTINGS = {"show_hidden": True, "show_all_public": True, "force_public_test_summary": False}


@dataclass(frozen=True)
class Package:
    """What the export made: the zip, and the students' files."""

    zip: Path
    students: Path

    def notebook(self) -> Any:
        """Return the students' notebook."""
        return nbformat.read(self.students / "mnist.ipynb", as_version=4)

    def read(self, name: str) -> str:
        """Return a file of the zip as text."""
        with zipfile.ZipFile(self.zip) as archive:
            return archive.read(name).decode()


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """The lab mnist, exported."""
    made = export_otter(ROOT, "mnist", tmp_path_factory.mktemp("otter") / "mnist.zip", "en")
    return Package(made, students_folder(made) / "mnist")


def solved(package: Package) -> Any:
    """Return the students' notebook with right answers in its cells."""
    filled = nbformat.reads(filled_notebook(ROOT, LAB), as_version=4)
    right = {cell.id: cell.source for cell in filled.cells if cell.cell_type == "code"}
    book = package.notebook()
    for cell in book.cells:
        cell.source = right.get(cell.id, cell.source)
    return book


def function_cell(book: Any, question: str) -> Any:
    """Return the cell in which a function is written."""
    return next(cell for cell in book.cells if cell.metadata.get("autograder", {}).get("function") == question)


# -- the zip -----------------------------------------------------------------------------------------------------


def test_the_zip_is_otters_own(package: Package) -> None:
    """It has what Otter expects at its root, a test file a question, and our plugin in its configuration."""
    with zipfile.ZipFile(package.zip) as archive:
        names = archive.namelist()
    config = json.loads(package.read("otter_config.json"))

    assert {"run_autograder", "run_otter.py", "setup.sh", "environment.yml", "otter_config.json"} <= set(names)
    assert {Path(name).stem for name in names if name.startswith("tests/")} == set(FULL)
    assert config.items() >= SETTINGS.items()
    assert config["plugins"] == [{"autograder.exporters.otter_judge.JudgePlugin": {"lab": "mnist", "language": "en"}}]


def test_support_files_lie_in_a_folder(package: Package) -> None:
    """A module among them at the top would count as a second submission."""
    with zipfile.ZipFile(package.zip) as archive:
        support = [name for name in archive.namelist() if name.startswith("files/")]

    assert all(name.startswith(f"files/{FOLDER}/") for name in support)
    assert f"files/{FOLDER}/solutions/mnist/mnist.py" in support
    assert package.zip.stat().st_size < MAX_ZIP_BYTES


def test_everything_is_pinned(package: Package) -> None:
    """Otter installs itself at its version, and under the lock's constraints the grader from the zip."""
    environment = yaml.safe_load(package.read("environment.yml"))

    (pip,) = (part["pip"] for part in environment["dependencies"] if isinstance(part, dict))
    inside = f"/autograder/source/files/{FOLDER}"
    assert pip == ["otter-grader[grading,plugins]==7.0.0", f"-c {inside}/requirements.lock", f"{inside}[grader]"]
    assert f"python={sys.version_info.major}.{sys.version_info.minor}" in environment["dependencies"]


def test_the_grader_installs_from_the_zip(package: Package, tmp_path: Path) -> None:
    """What setup.sh asks of pip works: the packages with their templates come out of the zip's folder."""
    with zipfile.ZipFile(package.zip) as archive:
        archive.extractall(tmp_path / "source")
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False).returncode:
        command = ["uv", "pip", "install", "--python", sys.executable, *command[4:]]

    subprocess.run(
        [*command, "--target", str(tmp_path / "site"), str(tmp_path / "source" / "files" / FOLDER)], check=True
    )

    assert (tmp_path / "site" / "autograder" / "exporters" / "otter_judge.py").is_file()
    assert any((tmp_path / "site" / "autograder" / "templates").iterdir())
    assert (tmp_path / "site" / "shared" / "embedded").is_dir()


def test_the_zip_has_the_same_bytes_each_time(package: Package, tmp_path: Path) -> None:
    """Otter names its zip by the time of day; ours depends on what is in it alone, and so does the notebook."""
    again = export_otter(ROOT, "mnist", tmp_path / "mnist.zip", "en")

    assert again.read_bytes() == package.zip.read_bytes()
    notebook = students_folder(again) / "mnist" / "mnist.ipynb"
    assert notebook.read_bytes() == (package.students / "mnist.ipynb").read_bytes()


# -- what students get -------------------------------------------------------------------------------------------


def test_the_students_notebook_has_otters_cells(package: Package) -> None:
    """Each function has its check, each answer its cell; nothing of the solutions is there."""
    book = package.notebook()
    sources = [cell.source for cell in book.cells]

    assert [source for source in sources if source.startswith("grader.check(")] == [
        f'grader.check("{question}")' for question in FULL
    ]
    assert 'grader = otter.Notebook("mnist.ipynb")' in sources[0]
    tagged = {cell.id for cell in book.cells if "otter_answer_cell" in cell.metadata.get("tags", [])}
    assert tagged == {*(f"mnist-{question}" for question in FULL), "mnist-q1-answer", "mnist-q2-answer"}
    assert leaked_lines(ROOT, "mnist", "\n".join(sources)) == []
    assert "Rubric" not in "\n".join(sources)


def test_checks_work_at_home(package: Package, tmp_path: Path) -> None:
    """In a student's folder ``grader.check`` says what is wrong in our words, and nothing where it is right."""
    home = shutil.copytree(package.students, tmp_path / "home")
    book = package.notebook()
    function_cell(
        book, "compare_error_rates"
    ).source = "def compare_error_rates(models, X_test, y_test):\n    return 3\n"
    right = next(cell for cell in solved(package).cells if cell.id == "mnist-save_keras_model")
    function_cell(book, "save_keras_model").source = right.source
    keep = ("compare_error_rates", "save_keras_model", "otter.Notebook", "from __future__")
    book.cells = [c for c in book.cells if c.cell_type == "code" and any(word in c.source for word in keep)]
    nbformat.write(book, home / "mnist.ipynb")

    command = [
        sys.executable,
        "-m",
        "jupyter",
        "nbconvert",
        "--to",
        "notebook",
        "--execute",
        "--inplace",
        "mnist.ipynb",
    ]
    subprocess.run(command, cwd=home, check=True, capture_output=True)

    said = {cell.source: str(cell.outputs) for cell in nbformat.read(home / "mnist.ipynb", as_version=4).cells}
    assert "passed!" in said['grader.check("save_keras_model")']
    assert "compare_error_rates(" in said['grader.check("compare_error_rates")']


def test_a_notebook_is_graded_without_otters_lines(package: Package) -> None:
    """Importing Otter and running its checks is not the student's work, and its log has no place there."""
    work = read_notebook(nbformat.writes(package.notebook()).encode(), "mnist.ipynb", ["q1", "q2"])

    assert not [line for line in work.module.splitlines() if line.startswith(("import otter", "grader"))]
    assert work.answers == {}


def test_a_stub_that_cannot_be_quoted_is_refused(tmp_path: Path) -> None:
    """The stub stands in a string of the master; one that would end it is our fault, and is said."""
    for name in ("assignments", "solutions", "shared"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "tests" / "labs").mkdir(parents=True)
    reference = tmp_path / "solutions" / "mnist" / "mnist.py"
    text = reference.read_text(encoding="utf-8")
    reference.write_text(text.replace("Build the small", "Build '''the''' small", 1), encoding="utf-8")

    with pytest.raises(LabError, match="in what students get"):
        make_master(tmp_path, "mnist", {})


# -- results -----------------------------------------------------------------------------------------------------


def carried(report: Report, lab: Lab) -> dict[str, Any]:
    """Return a report as Otter writes it."""
    results = GradingResults([])
    carry_over(results, as_stored(report), lab, "en")
    kept = dill.loads(dill.dumps(results))  # noqa: S301 - our own, as Otter keeps them
    found: dict[str, Any] = kept.to_gradescope_dict(AutograderConfig(SETTINGS))
    return found


def test_a_question_is_a_row_with_its_checks(make_report: MakeReport, lab: Lab) -> None:
    """Points are shares by weight; a hidden check that failed is said to be one, and the row does not praise."""
    found = carried(make_report(), lab)

    assert [(row["name"], row["score"], row["max_score"]) for row in found["tests"]] == [
        ("dense", 3.3333, 10.0),
        ("pool", 6.0, 6.0),
    ]
    assert {row["visibility"] for row in found["tests"]} == {"visible"}
    assert "returned 3; 4 was expected" in found["tests"][0]["output"]
    assert "All test cases passed" not in found["tests"][0]["output"]
    assert found["output"] == "Written answers still to be marked: up to 4 more."
    hidden = carried(make_report(statuses=(Status.PASSED, Status.PASSED, Status.FAILED)), lab)["tests"][1]
    assert "All test cases passed" not in hidden["output"]
    assert "This is a hidden check." in hidden["output"]
    assert "expected" not in hidden["output"]


def test_a_refused_submission_has_zeros_and_the_reason(lab: Lab) -> None:
    """Nothing readable was handed in: every question 0, and why."""
    found = carried(Report(scoring.rejected(lab, "amel", Text.same("an empty file"))), lab)

    assert [row["score"] for row in found["tests"]] == [0.0, 0.0]
    assert sum(row["max_score"] for row in found["tests"]) == 16.0
    assert found["output"] == "an empty file"


def test_points_are_exact(lab: Lab, make_report: MakeReport) -> None:
    """Shares are stored rounded; a question's points are not their rounded sum."""
    found = carried(make_report(statuses=(Status.PASSED, Status.PASSED, Status.PASSED)), lab)

    assert [Fraction(row["score"]) for row in found["tests"]] == [10, 6]


def test_a_fault_of_ours_is_no_mark(lab: Lab) -> None:
    """Otter would write 0 for an error of its own kind; another kind leaves no results at all."""
    report = Report(scoring.not_graded(lab, "amel", None, Text.same("no memory")))

    with pytest.raises(AutograderError, match="amel: not graded, and not the student's fault: no memory"):
        with_marks_or_refused(report)
