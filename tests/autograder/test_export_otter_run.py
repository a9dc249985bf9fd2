"""Otter-Grader: real runs of ``otter run`` and ``otter assign`` with our zip, on honest and on hostile submissions."""

from __future__ import annotations

import pickle
import shutil
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.build import filled_notebook
from autograder.exporters.otter import export_otter, students_folder
from autograder.labs import find_root, load_lab
from autograder.specimens import load_specimens, write_specimen

from .extent import EXTENT, skip_unless_drawn
from .otter_runs import otter_run, points_of

ROOT = find_root(Path(__file__).parent)
LAB = load_lab(ROOT, "mnist")
FULL = {question.id: float(question.points) for question in LAB.questions if not question.written}
DIES = "def medium_model():\n    import os\n    os._exit(0)\n"
HANGS = "def save_keras_model(model, filename):\n    while True:\n        pass\n"
FORGES = """
import pickle, sys
from otter import test_files
from otter.execute import Checker

test_files.TestFile.score = property(lambda self: self.possible)
Checker.get_results = classmethod(lambda cls: [])
for name in list(sys.modules):
    if name.startswith("otter"):
        sys.modules[name].__dict__["passed_all"] = True
"""


class Bomb:
    """Something that acts when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave a trace."""
        return (Path.write_text, (self.path, "unpickled"))


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip of a lab whose limits are short; where all is run, Otter has verified that the reference has full marks."""
    skip_unless_drawn("otter")
    course = tmp_path_factory.mktemp("course")
    for path in ROOT.iterdir():
        if path.name != "assignments" and not path.name.startswith("."):
            (course / path.name).symlink_to(path)
    # A copy: the export refuses links in what students get.
    lab = shutil.copytree(ROOT / "assignments" / "mnist", course / "assignments" / "mnist")
    text = (lab / "lab.toml").read_text(encoding="utf-8")
    limits = "[limits]\ncheck_seconds = 15\nsubmission_seconds = 120\n\n[[questions]]"
    (lab / "lab.toml").write_text(text.replace("[[questions]]", limits, 1), encoding="utf-8")
    return export_otter(course, "mnist", tmp_path_factory.mktemp("otter") / "mnist.zip", "fr", verify=EXTENT != "part")


def handed_in(package: Path) -> Any:
    """Return a student's notebook: right but for a function that dies, one that hangs and one that is missing."""
    filled = nbformat.reads(filled_notebook(ROOT, LAB), as_version=4)
    right = {cell.id: cell.source for cell in filled.cells if cell.cell_type == "code"}
    book = nbformat.read(students_folder(package) / "mnist" / "mnist.ipynb", as_version=4)
    for cell in book.cells:
        cell.source = right.get(cell.id, cell.source)
    by_id = {cell.id: cell for cell in book.cells}
    by_id["mnist-medium_model"].source = DIES
    by_id["mnist-save_keras_model"].source = HANGS
    by_id["mnist-large_model"].source = FORGES
    return book


def test_death_hanging_and_a_missing_function_cost_their_questions(package: Path, tmp_path: Path) -> None:
    """Results are written whatever the code does, and what it does to Otter, or leaves for it, changes none of them.

    In one kernel with the tests, any of this would have ended the run without results, hung it, or forged them; the log
    would have been unpickled by Otter itself, and the modules imported by its kernel in the place of Jupyter's.
    """
    trace = tmp_path / "trace"
    with zipfile.ZipFile(tmp_path / "amel.zip", "w") as archive:
        archive.writestr("mnist.ipynb", nbformat.writes(handed_in(package)))
        archive.writestr(".OTTER_LOG", pickle.dumps(Bomb(trace)))
        for name in ("ipykernel_launcher", "otter", "IPython", "sitecustomize"):
            archive.writestr(f"{name}.py", f"open({str(trace)!r}, 'a').write({name!r})\n")

    results = otter_run(package, tmp_path / "amel.zip", tmp_path / "out")

    lost = {"medium_model": 0.0, "save_keras_model": 0.0, "large_model": 0.0}
    assert points_of(results) == FULL | lost
    assert not trace.exists()
    said = {row["name"]: row["output"] for row in results["tests"]}
    assert "trop longue" in said["save_keras_model"]
    assert "large_model" in said["large_model"]


@pytest.mark.skipif(EXTENT == "part", reason="one run is enough here; EXTENT=all has this one too")
def test_a_module_gets_partial_credit(package: Path, tmp_path: Path) -> None:
    """A module is accepted beside our support files; a nearly right function keeps most of its points."""
    specimen = next(s for s in load_specimens(ROOT, "mnist") if s.name == "divided-by-256")

    results = otter_run(package, write_specimen(specimen, tmp_path), tmp_path / "out")

    found = points_of(results)
    assert 0 < found["get_data_mnist"] < FULL["get_data_mnist"]
    assert {name: found[name] for name in found if name != "get_data_mnist"} == {
        name: points for name, points in FULL.items() if name != "get_data_mnist"
    }
    rows = {row["name"]: row for row in results["tests"]}
    assert list(rows) == list(FULL)
    assert {row["visibility"] for row in rows.values()} == {"visible"}
    assert results["output"] == "Réponses rédigées encore à noter\u00a0: jusqu'à 2 de plus."
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["results.json"]
