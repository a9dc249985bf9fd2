"""One source: what ``build`` makes of a reference and its handouts, and what it refuses."""

from __future__ import annotations

import ast
import runpy
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.build import build, filled_notebook
from autograder.errors import LabError
from autograder.labs import load_lab
from autograder.source import contracts

TOY = runpy.run_path(str(Path(__file__).with_name("toy_lab.py")))
REFERENCE: str = TOY["REFERENCE"]
ROOT = Path(__file__).resolve().parents[2]
make_course: Callable[..., Path] = TOY["make_course"]


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A copy of the toy course."""
    return make_course(tmp_path)


def read(course: Path, name: str) -> str:
    """Return a generated file of the toy lab."""
    return (course / "assignments/toy" / name).read_text(encoding="utf-8")


def cells(course: Path) -> dict[str, str]:
    """Return the sources of the notebook's cells by their ids."""
    return {cell.id: cell.source for cell in nbformat.reads(read(course, "toy.ipynb"), 4).cells}


def test_the_stub_differs_from_the_reference_in_bodies_only(course: Path) -> None:
    """Signatures, docstrings, imports and constants are the reference's; bodies raise and name their question."""
    build(course, ["toy"], check=False)

    stub, ours = contracts(read(course, "toy.py")), contracts(REFERENCE)
    assert sorted(stub) == ["average", "double"]
    for name, contract in stub.items():
        assert (contract.signature, contract.docstring) == (ours[name].signature, ours[name].docstring)
        assert contract.body == (f"raise NotImplementedError('question {name}: to be written')",)


def test_the_stub_reads_as_if_written_by_hand(course: Path) -> None:
    """No marker, no gap and no line of a solution is left."""
    build(course, ["toy"], check=False)

    stub = read(course, "toy.py")
    expected_end = '''    raise NotImplementedError("question double: to be written")


# A worked example stands above the next function.
def average(values: list[float]) -> float:
    """Return the mean of some values, in the unit of the values."""
    raise NotImplementedError("question average: to be written")
'''
    assert stub.endswith(expected_end)
    assert "SCALE = 1.0  # given to students" in stub
    assert "SOLUTION" not in stub


def test_check_finds_stale_files_and_writes_nothing(course: Path) -> None:
    """With ``check`` the stale and missing files are named; without it they are written once."""
    names = ["toy.py", "toy.ipynb", "answers.md"]
    paths = [course / "assignments/toy" / name for name in names]

    assert build(course, ["toy"], check=True) == paths
    assert not paths[0].exists()
    assert build(course, ["toy"], check=False) == paths
    assert build(course, ["toy"], check=True) == []
    paths[0].write_text("x = 1\n", encoding="utf-8")
    assert build(course, ["toy"], check=True) == paths[:1]


def test_the_notebook_has_a_cell_for_each_part_in_order(course: Path) -> None:
    """Title, handout, imports; then section, stub and check of each question; then prompts and answers."""
    build(course, ["toy"], check=False)

    assert list(cells(course)) == [
        "toy-title",
        "toy-before-double",
        "toy-setup",
        "toy-double-handout",
        "toy-double",
        "toy-double-check",
        "toy-average-handout",
        "toy-average",
        "toy-average-check",
        "toy-before-q1",
        "toy-q1-prompt",
        "toy-q1-answer",
        "toy-end",
    ]


def test_the_notebook_shows_both_languages(course: Path) -> None:
    """The English section comes first, the French one is folded up below it, blank lines around it."""
    build(course, ["toy"], check=False)

    assert cells(course)["toy-q1-prompt"] == (
        "### q1\n\nWhy is it so?\nSay it in one line.\n\nMore on that.\n\n"
        "<details>\n<summary>Français : q1</summary>\n\nPourquoi donc ?\n\n</details>"
    )


def test_code_cells_hold_the_stub(course: Path) -> None:
    """The setup cell has imports and constants, a question's cell its function and the comment above it."""
    build(course, ["toy"], check=False)

    found = cells(course)
    assert found["toy-setup"].splitlines()[0] == "from __future__ import annotations"
    assert found["toy-setup"].endswith("SCALE = 1.0  # given to students")
    assert found["toy-average"].startswith("# A worked example stands above the next function.\ndef average(")
    assert found["toy-double-check"].endswith('check("toy", "double", globals())')


def test_answer_cells_are_marked(course: Path) -> None:
    """The grader finds a written answer by its cell's metadata."""
    build(course, ["toy"], check=False)

    book = nbformat.reads(read(course, "toy.ipynb"), 4)
    marked = [cell for cell in book.cells if cell.metadata.get("autograder", {}).get("question") == "q1"]
    assert [cell.source for cell in marked] == ["YOUR ANSWER HERE / VOTRE RÉPONSE ICI"]
    assert all(not cell.get("outputs") for cell in book.cells)


def test_the_answer_template_quotes_the_prompts(course: Path) -> None:
    """A heading a written question, the first lines in both languages, a line to replace."""
    build(course, ["toy"], check=False)

    assert read(course, "answers.md") == (
        "# Toy / Jouet\n\n## q1\n\n> Why is it so?\n> Say it in one line.\n>\n> Pourquoi donc ?\n\n"
        "YOUR ANSWER HERE / VOTRE RÉPONSE ICI\n"
    )


def test_a_section_shared_by_two_questions_is_shown_once(tmp_path: Path) -> None:
    """The second of two functions under one heading has only its code cells."""
    shared = {
        name: TOY[text].replace("### 1. `double`", "### 1. `double`, `average`").replace("### 2. `average`", "### 2.")
        for name, text in (("README_DOT_md", "ENGLISH"), ("README_DOT_fr_DOT_md", "FRENCH"))
    }
    course = make_course(tmp_path, **{f"assignments__toy__{name}": text for name, text in shared.items()})

    build(course, ["toy"], check=False)

    assert "toy-double-handout" in cells(course)
    assert "toy-average-handout" not in cells(course)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param(
            "_secret(x)\n    # END SOLUTION", "_secret(x)", "line 21: # BEGIN SOLUTION has no partner", id="end"
        ),
        pytest.param("    # BEGIN SOLUTION\n    total", "    total", "# END SOLUTION has no partner", id="begin"),
        pytest.param(
            " / len(values)\n    # END SOLUTION\n", "(values)\n", "# BEGIN SOLUTION is never closed", id="last end"
        ),
        pytest.param("# END SOLUTION\n\n\n# A worked", "\n# A worked", "has no partner", id="top level"),
        pytest.param("ION\n\n\n# BEGIN", "ION\n    print()\n\n\n# BEGIN", "whole body", id="code after the region"),
        pytest.param("    # BEGIN SOLUTION\n    return", "    #  BEGIN\n    return", "no partner", id="misspelt"),
        pytest.param("given to students", "given BEGIN SOLUTION", "a marker is not alone on its line", id="not alone"),
        pytest.param("def average(", "def mean(", "there is no function average", id="function"),
        pytest.param("return 2 * x", "return 2 *", "not valid Python", id="syntax"),
    ],
)
def test_a_wrong_reference_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    """Each mistake names the reference's file and what to do."""
    assert old in REFERENCE
    course = make_course(tmp_path, solutions__toy__toy_DOT_py=REFERENCE.replace(old, new))

    with pytest.raises(LabError, match=r"^solutions/toy/toy\.py") as caught:
        build(course, ["toy"], check=True)

    assert message in str(caught.value)


def test_a_body_without_markers_is_refused(tmp_path: Path) -> None:
    """A reference whose solution would go to students as it is stops the build."""
    bare = "".join(line for line in REFERENCE.splitlines(keepends=True) if "SOLUTION" not in line)
    course = make_course(tmp_path, solutions__toy__toy_DOT_py=bare)

    with pytest.raises(LabError, match="the body of double is not between"):
        build(course, ["toy"], check=True)


@pytest.mark.parametrize(("name", "heading"), [("README.md", "### q1"), ("README.fr.md", "### 1. `double`")])
def test_a_question_without_a_section_is_refused(course: Path, name: str, heading: str) -> None:
    """Both handouts must explain every question."""
    path = course / "assignments/toy" / name
    path.write_text(path.read_text(encoding="utf-8").replace(heading, "### other"), encoding="utf-8")

    with pytest.raises(LabError, match=f"assignments/toy/{name}: no section for question"):
        build(course, ["toy"], check=True)


def test_a_missing_handout_is_refused(course: Path) -> None:
    """A lab without its French handout cannot be built."""
    (course / "assignments/toy/README.fr.md").unlink()

    with pytest.raises(LabError, match=r"README\.fr\.md: cannot be read \(FileNotFoundError\)"):
        build(course, ["toy"], check=True)


def test_the_filled_notebook_runs_from_top_to_bottom(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the reference's bodies every check cell reports that its checks passed."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("LC_ALL", "C")
    book = nbformat.reads(filled_notebook(course, load_lab(course, "toy")), 4)

    NotebookClient(book, timeout=60, resources={"metadata": {"path": str(course / "assignments/toy")}}).execute()

    printed = "".join(output.get("text", "") for cell in book.cells for output in cell.get("outputs", []))
    assert printed.count("passed") == 3
    assert "failed" not in printed


def test_the_stub_compiles_and_keeps_the_future_import_first(course: Path) -> None:
    """The stub is a module that can be imported as it is."""
    build(course, ["toy"], check=False)

    first = ast.parse(read(course, "toy.py")).body[1]
    assert isinstance(first, ast.ImportFrom)
    assert first.module == "__future__"
