"""The public checks at home, seen from outside: what a student reads, and the exit code."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.check import check, main

TOY = runpy.run_path(str(Path(__file__).with_name("toy_lab.py")))
ROOT = Path(__file__).resolve().parents[2]
make_course: Callable[..., Path] = TOY["make_course"]

NAMES = ("double", "average")
RIGHT = "def double(x):\n    return 2 * x\n\ndef average(values):\n    return sum(values) / len(values)\n"


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the toy lab's folder, made the working directory, with a right ``toy.py`` in it."""
    folder = make_course(tmp_path) / "assignments/toy"
    (folder / "toy.py").write_text(RIGHT, encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("LC_ALL", "C")
    return folder


def run(capfd: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """Run the public checks and return what they printed."""
    assert main(["toy", *arguments]) == code
    return capfd.readouterr().out


def test_a_right_file_passes_everything(lab: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Each question has its name, each check its line, and the end counts them."""
    printed = run(capfd)

    assert "double\n  passed  twice three\n  passed  twice zero\n\naverage\n  passed  mean of three\n" in printed
    assert "2 of 2 questions pass all their public checks." in printed


def test_a_wrong_value_is_explained_in_either_language(
    lab: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was called, what came back, what was expected; the exit code is 0 all the same."""
    (lab / "toy.py").write_text(RIGHT.replace("2 * x", "3 * x"), encoding="utf-8")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")  # whatever somebody has set for other tests

    assert "called: double(3)\n          got: 9\n          expected: twice x = 6" in run(capfd)
    assert "appel : double(3)\n          obtenu : 9\n          attendu : le double de x = 6" in run(
        capfd, "--lang", "fr"
    )


def test_an_untouched_stub_is_not_attempted_yet(lab: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The stub's own error is said once a question, and is no failure."""
    stub = 'def double(x):\n    raise NotImplementedError("question double: to be written")\n'
    (lab / "toy.py").write_text(stub, encoding="utf-8")

    printed = run(capfd)

    assert "double\n  not attempted yet\n\naverage\n" in printed
    assert "there is no function average in your file" in printed


def test_an_error_shows_the_students_own_line_only(lab: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """No traceback, no path: the error, the line, the function."""
    (lab / "toy.py").write_text(
        "def double(x):\n    return inner(x)\n\ndef inner(x):\n    return x[0]\n", encoding="utf-8"
    )

    printed = run(capfd)

    assert (
        "your code raised TypeError: 'int' object is not subscriptable\n          line 5, in inner: return x[0]"
        in printed
    )
    assert "Traceback" not in printed
    assert str(lab) not in printed


def test_what_the_file_prints_stays_out(lab: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Output of the student's code cannot be taken for a verdict."""
    noise = 'import os\nprint("noise")\nos.write(1, b"noise")\n'
    (lab / "toy.py").write_text(noise + RIGHT.replace("return 2", 'print("noise")\n    return 2'), encoding="utf-8")

    printed = run(capfd)

    assert "noise" not in printed
    assert "2 of 2" in printed


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def double(x)\n    return 2\n", "SyntaxError: expected ':'\nline 1: def double(x)"),
        ("x = 1\ny = x / 0\n", "ZeroDivisionError: division by zero\nline 2, in <module>: y = x / 0"),
        ("exit(3)\n", "SystemExit: 3\nline 1, in <module>: exit(3)"),
        ("import os\nos._exit(0)\n", "Python stopped all at once"),
    ],
)
def test_a_file_that_cannot_be_imported_is_explained(
    lab: Path, capfd: pytest.CaptureFixture[str], source: str, message: str
) -> None:
    """The error and its line are all that is said."""
    (lab / "toy.py").write_text(source, encoding="utf-8")

    printed = run(capfd)

    assert "Your file cannot be imported" in printed
    assert message in printed


def test_an_endless_loop_is_named(lab: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Verdicts before it are printed; the check that hangs is named when the time is up."""
    (lab / "toy.py").write_text(RIGHT.replace("return sum", "while True: pass\n    return sum"), encoding="utf-8")

    printed = run(capfd, "--timeout", "4")

    assert "passed  twice zero" in printed
    assert "failed  mean of three\n          still running after 4 s" in printed


def test_a_process_that_dies_costs_the_rest_only(lab: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A check in which Python ends is named."""
    (lab / "toy.py").write_text(
        RIGHT.replace("return sum", "__import__('os')._exit(1)\n    return sum"), encoding="utf-8"
    )

    printed = run(capfd)

    assert "failed  mean of three\n          Python stopped all at once" in printed


def test_a_notebook_is_checked_as_a_file(lab: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Its code cells are run as a module, magics left out."""
    sources = ["%matplotlib inline\nimport math\n", RIGHT, "!ls"]
    cells = [{"cell_type": "code", "source": [source], "metadata": {}, "outputs": []} for source in sources]
    (lab / "mine.ipynb").write_text(json.dumps({"cells": cells, "nbformat": 4}), encoding="utf-8")

    assert "2 of 2 questions" in run(capfd, "mine.ipynb")


def test_a_file_that_is_no_notebook_is_said_to_be_none(lab: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Another JSON document is refused with a sentence."""
    (lab / "mine.ipynb").write_text("[]", encoding="utf-8")

    assert "not a notebook of format 4" in run(capfd, "mine.ipynb")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nope"], "nope: no such lab here. Change into the folder that holds nope.py and test_public.py"),
        (
            ["toy", "none.py"],
            "none.py: no such module or notebook. Give your file's name: autograder check toy FILE.py",
        ),
        (["toy", "README.md"], "README.md: no such module or notebook."),
    ],
)
def test_wrong_usage_has_a_remedy(
    lab: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    """A lab or a file that is not there gives exit code 2."""
    assert main(arguments) == 2
    assert message in capfd.readouterr().out


@pytest.mark.parametrize(
    "source", ["import nothing_of_that_name\n", "def test_of_no_question(student):\n    pass\n"], ids=["import", "mark"]
)
def test_broken_checks_are_our_fault(lab: Path, capfd: pytest.CaptureFixture[str], source: str) -> None:
    """When the public checks do not work the student is told so, and the exit code is 3."""
    (lab / "test_public.py").write_text(source, encoding="utf-8")

    assert "your code has no part in it" in run(capfd, code=3)


def test_the_command_takes_the_verb_of_the_tool(lab: Path) -> None:
    """In a bundle ``autograder check toy`` works as with the grader's own command."""
    command = [sys.executable, "-c", "from shared.check import script; script()", "check", "toy"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}

    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)

    assert done.returncode == 0
    assert "2 of 2 questions" in done.stdout


def test_a_notebooks_functions_are_checked_in_place(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``check`` runs the checks of one question on the functions it is given."""
    check("toy", "double", {"double": lambda x: 2 * x if x else 1, "__name__": "__main__"})

    printed = capsys.readouterr().out
    assert "passed  twice three" in printed
    assert "failed  twice zero\n          called: double(0)\n          got: 1" in printed
    assert "average" not in printed


def test_a_graded_notebook_does_not_check_itself(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Imported as a module, a notebook's check cells do nothing."""
    check("toy", "double", {"__name__": "toy"})

    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("name", "question", "message"),
    [("nope", "double", "nope: no such lab here"), ("toy", "triple", "triple: no public check of that name")],
)
def test_a_check_cell_with_a_wrong_name_says_so(
    lab: Path, capsys: pytest.CaptureFixture[str], name: str, question: str, message: str
) -> None:
    """A notebook gets a sentence, not an exception."""
    check(name, question, {})

    assert message in capsys.readouterr().out


def test_a_check_cell_says_when_the_checks_are_broken(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also in a notebook our trouble is not the student's."""
    (lab / "test_public.py").write_text("1 / 0\n", encoding="utf-8")

    check("toy", "double", {})

    assert "your code has no part in it" in capsys.readouterr().out


def test_differences_of_versions_are_told_first(lab: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Another version than the pinned one is a note, not an error."""
    (lab / "requirements.txt").write_text("# pins\nnumpy==1.0\nrich==1.0\nkeras==1.0 ; python_version < '3'\n")

    printed = run(capfd)

    assert printed.startswith("Note: numpy ")
    assert "is installed; the course uses 1.0." in printed.splitlines()[0]
    assert "2 of 2 questions" in printed


def test_an_untouched_module_beside_a_notebook_points_to_the_notebook(
    lab: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Who works in the notebook and checks the module is told how to check the notebook."""
    stubs = (f'def {name}(x):\n    raise NotImplementedError("question {name}: to be written")\n' for name in NAMES)
    (lab / "toy.py").write_text("\n".join(stubs), encoding="utf-8")
    (lab / "toy.ipynb").write_text("{}", encoding="utf-8")

    assert "If you work in the notebook: autograder check toy toy.ipynb" in run(capfd)


def test_the_reference_of_mnist_passes_its_public_checks(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The one run with TensorFlow: every question of the lab, with the data asked of Keras, without internet."""
    text = (ROOT / "solutions/mnist/mnist.py").read_text(encoding="utf-8")
    file = tmp_path / "mnist.py"
    file.write_text(text.replace('datasets.load("mnist")', "keras.datasets.mnist.load_data()"), encoding="utf-8")

    assert main(["mnist", str(file), "--lang", "en", "--timeout", "300"]) == 0

    printed = capfd.readouterr().out
    assert "9 of 9 questions pass all their public checks." in printed, printed
