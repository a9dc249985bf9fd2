"""The graders that `class_speed.py` compares: how each is set up, what command grades one submission, what it found."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from autograder.labs import suite_path

__all__ = ["TOOLS", "Setting", "Tool", "environment", "start_again"]

HERE = Path(__file__).resolve().parent
_PYTHON = sys.executable
_CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "class"
c.ExecutePreprocessor.timeout = 900
"""


@dataclass(frozen=True)
class Setting:
    """What all tools share: the course, the lab, the questions with their checks, a folder to work in."""

    root: Path
    lab: str
    questions: dict[str, list[str]]
    work: Path


@dataclass(frozen=True)
class Tool:
    """A grader: ``prepare`` is not timed, ``command`` grades one submission, ``passed`` reads what share passed."""

    name: str
    prepare: Callable[[Setting, Path], None]
    command: Callable[[Setting, Path, Path], list[str]]
    passed: Callable[[Setting, Path, Path], float]


def environment(setting: Setting, submission: Path | None = None) -> dict[str, str]:
    """Return what a tool's process gets: the checks on the path, no plugins of pytest's, quiet TensorFlow."""
    given = {
        "PYTHONPATH": os.pathsep.join((str(HERE), str(setting.root))),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "XDG_CACHE_HOME": str(setting.work / "cache"),
        "MPLCONFIGDIR": str(setting.work / "matplotlib"),
        "CLASS_LAB": setting.lab,
        # nbgrader calls alembic by its name.
        "PATH": os.pathsep.join((str(Path(_PYTHON).parent), os.environ.get("PATH", ""))),
    }
    return {**os.environ, **given, **({"CLASS_SUBMISSION": str(submission)} if submission else {})}


# -- pytest ------------------------------------------------------------------------------------------------------


def _nothing(_setting: Setting, lane: Path) -> None:
    lane.mkdir(parents=True, exist_ok=True)


def _pytest_command(setting: Setting, submission: Path, lane: Path) -> list[str]:
    suite = str(suite_path(setting.root, setting.lab))
    plain = ["-c", os.devnull, f"--rootdir={setting.root}", "--import-mode=importlib", "-q", "-p", "no:cacheprovider"]
    ours = ["-p", "autograder.suite", "-p", "in_process", f"--submission={submission}"]
    return [_PYTHON, "-m", "pytest", suite, *plain, *ours, f"--junit-xml={lane / submission.stem}.xml"]


def _pytest_passed(_setting: Setting, submission: Path, lane: Path) -> float:
    from xml.etree import ElementTree  # noqa: PLC0415 - written by pytest a moment ago

    suite = next(ElementTree.parse(lane / f"{submission.stem}.xml").iter("testsuite"))  # noqa: S314
    count = {key: int(suite.attrib[key]) for key in ("tests", "failures", "errors")}
    return 1 - (count["failures"] + count["errors"]) / count["tests"]


# -- gradescope-utils --------------------------------------------------------------------------------------------


def _gradescope_command(setting: Setting, submission: Path, lane: Path) -> list[str]:
    results = lane / f"{submission.stem}.json"
    return [_PYTHON, str(HERE / "gradescope_runner.py"), setting.lab, str(submission), str(results)]


def _gradescope_passed(_setting: Setting, submission: Path, lane: Path) -> float:
    tests = json.loads((lane / f"{submission.stem}.json").read_text(encoding="utf-8"))["tests"]
    return float(sum(test["score"] for test in tests) / sum(test["max_score"] for test in tests))


# -- Otter -------------------------------------------------------------------------------------------------------


def _otter_prepare(setting: Setting, lane: Path) -> None:
    tests = lane / "tests"
    tests.mkdir(parents=True)
    for question, names in setting.questions.items():
        lines = ["OK_FORMAT = False", "from otter.test_files import test_case", f"name = {question!r}"]
        lines.append(f"points = {len(names)}")
        for place, name in enumerate(names):
            lines += [f"@test_case(name={name!r})", f"def test_{place}(env):", "    from kernel_checks import run_one"]
            lines.append(f"    run_one({name!r})")
        (tests / f"{question}.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
    options = ["--no-requirements", "--no-environment", "--no-config"]
    _run([_PYTHON, "-m", "otter", "generate", "-t", "tests", "-o", "autograder.zip", *options], setting, lane)


def _otter_command(_setting: Setting, submission: Path, lane: Path) -> list[str]:
    out = lane / submission.stem
    out.mkdir(exist_ok=True)
    options = ["-a", str(lane / "autograder.zip"), "-o", str(out), "--no-logo"]
    return [_PYTHON, "-m", "otter", "run", str(submission), *options]


def _otter_passed(_setting: Setting, submission: Path, lane: Path) -> float:
    tests = json.loads((lane / submission.stem / "results.json").read_text(encoding="utf-8"))["tests"]
    scored = [test for test in tests if test.get("max_score")]
    return float(sum(test["score"] for test in scored) / sum(test["max_score"] for test in scored))


# -- nbgrader ----------------------------------------------------------------------------------------------------


def _nbgrader_prepare(setting: Setting, lane: Path) -> None:
    source = lane / "source" / setting.lab
    source.mkdir(parents=True)
    (lane / "nbgrader_config.py").write_text(_CONFIG, encoding="utf-8")
    answer = "### BEGIN SOLUTION\npass\n### END SOLUTION"
    cells = [_cell(answer, "module", solution=True)]
    cells += [_cell(f"from kernel_checks import run\nrun({q!r})", q, points=1) for q in setting.questions]
    nbformat.write(_notebook(cells), source / f"{setting.lab}.ipynb")
    _run([_PYTHON, "-m", "nbgrader", "generate_assignment", setting.lab, "--create", "--force"], setting, lane)


def _nbgrader_command(setting: Setting, submission: Path, lane: Path) -> list[str]:
    released = nbformat.read(lane / "release" / setting.lab / f"{setting.lab}.ipynb", as_version=4)
    released.cells[0].source = submission.read_text(encoding="utf-8")
    folder = lane / "submitted" / submission.stem / setting.lab
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(released, folder / f"{setting.lab}.ipynb")
    return [_PYTHON, "-m", "nbgrader", "autograde", setting.lab, "--student", submission.stem, "--force"]


def _nbgrader_passed(setting: Setting, submission: Path, lane: Path) -> float:
    from nbgrader.api import Gradebook  # noqa: PLC0415 - slow to load

    with Gradebook(f"sqlite:///{lane / 'gradebook.db'}", "class") as gradebook:
        graded = gradebook.find_submission(setting.lab, submission.stem)
        return float(graded.score / graded.max_score)


def _cell(source: str, name: str, *, solution: bool = False, points: int = 0) -> Any:
    cell = new_code_cell(source)
    grade = {} if solution else {"points": points}
    flags = {"grade": not solution, "solution": solution, "locked": not solution, "task": False}
    cell.metadata["nbgrader"] = {"schema_version": 3, "grade_id": name, **flags, **grade}
    return cell


def _notebook(cells: list[Any]) -> Any:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def _run(command: list[str], setting: Setting, folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, env=environment(setting), capture_output=True, text=True, check=False)  # noqa: S603 - our own commands
    if done.returncode:
        message = f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        raise SystemExit(message)


def start_again(setting: Setting) -> None:
    """Forget what earlier runs have trained: a class is graded as for the first time."""
    shutil.rmtree(setting.work / "cache" / "deep-learning-labs" / "trainings", ignore_errors=True)


TOOLS = (
    Tool("plain pytest", _nothing, _pytest_command, _pytest_passed),
    Tool("gradescope-utils", _nothing, _gradescope_command, _gradescope_passed),
    Tool("otter run", _otter_prepare, _otter_command, _otter_passed),
    Tool("nbgrader autograde", _nbgrader_prepare, _nbgrader_command, _nbgrader_passed),
)
