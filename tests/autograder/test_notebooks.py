"""The labs' notebooks as a student runs them, once every function is written: from top to bottom, offline, drawn data.

At the end the examples of the handouts and of the docstrings are run in the same notebook: they must tell the truth.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

from autograder.build import filled_notebook
from autograder.labs import find_root, handout_path, lab_folder, lab_ids, load_lab
from shared.text import LANGUAGES

from .extent import drawn

ROOT = find_root(Path(__file__).parent)
CELL_SECONDS = 300
# Examples stand in fenced blocks, whose closing fence must not be taken for expected output.
EXAMPLES = '''
import doctest, pathlib, re


def run_examples(questions, handouts):
    """Run the examples of some functions' docstrings and of some handouts; return what is wrong with them."""
    runner, said = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS), []
    finder, parser = doctest.DocTestFinder(), doctest.DocTestParser()
    tests = [test for name in questions for test in finder.find(globals()[name], name, globs=dict(globals()))]
    for handout in handouts:
        text = pathlib.Path(handout).read_text(encoding="utf-8")
        blocks = re.findall(r"^```python\\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
        tests.append(parser.get_doctest("\\n".join(blocks), dict(globals()), handout, handout, 0))
    for test in tests:
        runner.run(test, out=said.append)
    return "".join(said)


mistakes = run_examples({questions!r}, {handouts!r})
assert not mistakes, mistakes
'''


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder to work in, with no data set but the embedded ones and no way to the internet."""
    for name in ("COURSE_DATA", "COURSE_DOWNLOAD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return tmp_path


@pytest.mark.parametrize("lab_id", drawn(lab_ids(ROOT), 1, "notebooks"))
def test_filled_notebook_runs_and_its_examples_hold(lab_id: str, alone: Path) -> None:
    """No cell raises, each question's public checks pass, and every example gives what stands below it."""
    lab = load_lab(ROOT, lab_id)
    folder = alone / lab_id
    shutil.copytree(lab_folder(ROOT, lab_id), folder)
    coded = list(lab.coded)
    handouts = [handout_path(ROOT, lab_id, language).name for language in LANGUAGES]
    book = nbformat.reads(filled_notebook(ROOT, lab), 4)
    examples = EXAMPLES.replace("{questions!r}", repr(coded)).replace("{handouts!r}", repr(handouts))
    book.cells.append(new_code_cell(examples, id="examples"))

    NotebookClient(book, timeout=CELL_SECONDS, resources={"metadata": {"path": str(folder)}}).execute()

    checks = {
        cell.metadata.autograder.check: cell for cell in book.cells if "check" in cell.metadata.get("autograder", {})
    }
    printed = {name: "".join(output.get("text", "") for output in cell.outputs) for name, cell in checks.items()}
    assert sorted(printed) == sorted(coded)
    assert [name for name, text in printed.items() if "passed" not in text] == []
    assert [text for text in printed.values() if "failed" in text or "raised" in text] == []
