"""A notebook handed in: its code cells as one module, its answer cells as answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from autograder import notebooks
from autograder.errors import SubmissionError
from autograder.model import Submission
from autograder.submissions import Entry, read_submission

Cell = dict[str, Any]


def _code(source: object, **more: object) -> Cell:
    return {"cell_type": "code", "source": source, **more}


def _words(source: object, question: str | None = None) -> Cell:
    metadata = {} if question is None else {"autograder": {"question": question}}
    return {"cell_type": "markdown", "source": source, "metadata": metadata}


def _read(folder: Path, document: object) -> Submission:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    (folder / "mnist.ipynb").write_bytes(data)
    return read_submission(Entry("amel", folder / "mnist.ipynb"), "mnist", ("q1", "q2", "q10", "small_model"))


def _cells(folder: Path, *cells: object) -> Submission:
    return _read(folder, {"nbformat": 4, "cells": list(cells)})


def _refused(folder: Path, document: object) -> tuple[str, str]:
    with pytest.raises(SubmissionError) as caught:
        _read(folder, document)
    return caught.value.reason.en, caught.value.reason.fr


def test_code_cells_become_one_module(tmp_path: Path) -> None:
    """Code cells are joined in order and the line where each begins is kept; words and outputs are dropped."""
    submission = _cells(
        tmp_path,
        _words("# Title"),
        _code("import os\nx = 1", outputs=[{"data": {"text/html": "<script>"}}]),
        _code(["\n", "def f():\n", "    return x\n", "\n"]),
        _code("   \n"),
        {"cell_type": "raw", "source": "raw"},
        _code("y = 2"),
    )

    assert submission.module == "import os\nx = 1\ndef f():\n    return x\ny = 2\n"
    assert submission.cells == (1, 3, 5)


def test_an_old_notebook_is_read(tmp_path: Path) -> None:
    """Format 3 keeps its cells in worksheets, its code under another name, and has heading cells."""
    cells = [
        {"cell_type": "heading", "level": 2, "source": "q1"},
        {"cell_type": "markdown", "source": ["Because."]},
        {"cell_type": "code", "input": ["x = 1\n", "y = 2"], "outputs": []},
    ]

    submission = _read(tmp_path, {"nbformat": 3, "worksheets": [{"cells": cells}, "odd"]})

    assert submission.module == "x = 1\ny = 2\n"
    assert submission.answers == {"q1": "Because."}


def test_odd_cells_are_passed_over(tmp_path: Path) -> None:
    """What is not shaped like a cell does no harm to those that are."""
    odd: list[object] = [
        None,
        3,
        [],
        {},
        {"cell_type": []},
        {"cell_type": "heading", "level": 2.0},
        _code(3),
        _code([1, "z = 1"]),
    ]
    marked = [{"cell_type": "markdown", "metadata": {"autograder": {"question": []}}}, _words("x")]

    submission = _cells(tmp_path, *odd, *marked, _code("x = '\ud800\0'\r\ny = 1"))

    assert submission.module == "z = 1\nx = '\ufffd\ufffd'\ny = 1\n"


def test_a_notebook_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    """Windows editors put a mark before the JSON."""
    assert _read(tmp_path, b"\xef\xbb\xbf" + json.dumps({"cells": [_code("x = 1")]}).encode()).module == "x = 1\n"


def test_the_labs_own_checks_are_not_run_again(tmp_path: Path) -> None:
    """Calls of the public checks, which the notebook comes with, become comments; other lines of the cell stay."""
    source = 'from shared.check import check\n\ncheck("mnist", "f", globals())\nx = check(3)'

    submission = _cells(tmp_path, _code(source))

    assert submission.module == ('# from shared.check import check\n\n# check("mnist", "f", globals())\nx = check(3)\n')


def test_answers_are_read_from_marked_cells(tmp_path: Path) -> None:
    """A cell marked as a question's is its answer, whatever its type; the untouched template is none."""
    submission = _cells(
        tmp_path,
        _words("## q1\nWhich activation?"),
        _words("Sigmoid,\nbecause it is binary.", "q1"),
        _words("## q2\nWhy?"),
        _words("*YOUR ANSWER HERE / VOTRE RÉPONSE ICI*", "q2"),
        _code("Ten.", metadata={"autograder": {"question": "q10"}}),
        _code("x = 1"),
    )

    assert submission.answers == {"q1": "Sigmoid,\nbecause it is binary.", "q10": "Ten."}
    assert submission.module == "x = 1\n"


def test_answers_are_read_below_headings(tmp_path: Path) -> None:
    """Without marks, an answer is what stands under the question's heading, up to the next question's."""
    submission = _cells(
        tmp_path,
        _words("# Lab"),
        _words("### Question q1: activation"),
        _code("x = 1"),
        _words("Sigmoid."),
        _words("More."),
        _words("**Q2** Because."),
        _words("## q10\nVOTRE RÉPONSE ICI"),
        _words("## small_model"),
    )

    assert submission.answers == {"q1": "Sigmoid.\n\nMore.", "q2": "Because."}


def test_a_notebook_of_answers_only_is_read(tmp_path: Path) -> None:
    """Answers without a line of code can still be marked."""
    submission = _cells(tmp_path, _words("Because.", "q1"))

    assert submission.module == ""
    assert submission.answers == {"q1": "Because."}


@pytest.mark.parametrize("cells", [[], [_words("# Title")], [_code(" ")], [_words("YOUR ANSWER HERE", "q1")]])
def test_a_notebook_without_work_is_refused(tmp_path: Path, cells: list[Cell]) -> None:
    """Neither code nor an answer: the reason says so."""
    en, fr = _refused(tmp_path, {"cells": cells})

    assert en.startswith('"mnist.ipynb" holds no code and no written answer.')
    assert fr.startswith("« mnist.ipynb » ne contient ni code ni réponse rédigée.")


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"[]",
        b"{}",
        b'{"cells": 3}',
        b"x = 1",
        b"\0\1",
        b"\xff\xfe\0",
        b"[" * 100_000,
        b'{"cells": [' * 50_000,
        b'{"cells": ' + b"1" * 5000 + b"}",
    ],
    ids=["cut", "list", "no cells", "cells", "python", "binary", "utf-16", "deep", "deeper", "long number"],
)
def test_what_is_no_notebook_is_refused(tmp_path: Path, data: bytes) -> None:
    """Anything that Jupyter could not open is refused, however deep or odd."""
    en, fr = _refused(tmp_path, data)

    assert en.startswith('"mnist.ipynb" is not a valid notebook')
    assert fr.startswith("« mnist.ipynb » n'est pas un notebook valide")


def test_an_empty_notebook_file_is_refused(tmp_path: Path) -> None:
    """A file of no bytes was not saved."""
    assert _refused(tmp_path, b" \n")[0].startswith('"mnist.ipynb" is empty.')


@pytest.mark.parametrize("limit", ["MAX_NOTEBOOK_BYTES", "_MAX_BRACKETS", "_MAX_COMMAS"])
def test_a_huge_notebook_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    """Size and number of values are bounded before anything is parsed."""
    monkeypatch.setattr(notebooks, limit, 2**20 if limit == "MAX_NOTEBOOK_BYTES" else 20)
    data = b'{"cells": [' + b"[]," * 350_000 + b"0]}"

    en, fr = _refused(tmp_path, data)

    assert '"mnist.ipynb" is too large to be read' in en
    assert "clear all outputs" in en
    assert "« mnist.ipynb » est trop volumineux pour être lu" in fr


def test_too_much_code_is_refused(tmp_path: Path) -> None:
    """The code of a notebook has the same limit as a module."""
    assert "is larger than 1 MB" in _refused(tmp_path, {"cells": [_code("x = 1\n" * 10**5)] * 2})[0]


def test_magics_do_not_move_lines(tmp_path: Path) -> None:
    """IPython's syntax is made harmless in place, so that a line number means the same in both."""
    submission = _cells(
        tmp_path, _code("%matplotlib inline\n!pip install x\nx = 1"), _code("%%bash\nls\n"), _code("y = 2")
    )

    assert submission.module == "# %matplotlib inline\n# !pip install x\nx = 1\n# %%bash\n# ls\ny = 2\n"
    assert submission.cells == (1, 4, 6)
