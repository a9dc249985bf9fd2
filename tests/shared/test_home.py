"""Around the public checks at home: notebooks as modules, versions, the language, data without internet."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path

import pytest

from shared import datasets, environment
from shared.attempt import notebook_source
from shared.check import language_here
from shared.offline import course_data


@pytest.mark.parametrize(
    ("cell", "module"),
    [
        ("%%time\nx = 1", "pass  # %%time\nx = 1"),
        ("%%bash\nls", "# %%bash\n# ls"),
        ("if x:\n    !ls", "if x:\n    pass  # !ls"),
        ("y = ('%d'\n% 3)", "y = ('%d'\n% 3)"),
    ],
)
def test_magics_become_comments(cell: str, module: str) -> None:
    """A line that is Python stays as it is."""
    book = {"cells": [{"cell_type": "code", "source": cell}]}

    assert notebook_source(json.dumps(book)) == module + "\n"


def test_another_python_is_told(tmp_path: Path) -> None:
    """The course's range of Python versions is in pyproject.toml."""
    (tmp_path / "pyproject.toml").write_text('[project]\nrequires-python = "<3"\n', encoding="utf-8")

    assert [text.en.split("runs here")[1] for text in environment.differences([tmp_path])] == ["; the course needs <3."]


def test_a_missing_package_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that is not there is named before the import fails."""
    monkeypatch.setattr(environment, "_COMPARED", ("nothing-of-that-name",))
    (tmp_path / "requirements.txt").write_text("nothing-of-that-name==1.0\n", encoding="utf-8")

    assert [text.en for text in environment.differences([tmp_path])] == [
        "nothing-of-that-name is not installed; the course uses 1.0."
    ]


@pytest.mark.parametrize(("value", "language"), [("fr_FR.UTF-8", "fr"), ("en_GB.UTF-8", "en"), ("", "en")])
def test_the_language_is_the_machines(monkeypatch: pytest.MonkeyPatch, value: str, language: str) -> None:
    """French where the environment says so, else English."""
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", value)

    assert language_here() == language


def test_keras_loaders_give_the_courses_data_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only modules that are imported already are touched, and they are put back."""
    keras_module, shown = types.ModuleType("keras.datasets.mnist"), object()
    vars(keras_module)["load_data"] = original = lambda: None
    monkeypatch.setitem(sys.modules, "keras.datasets.mnist", keras_module)
    monkeypatch.setattr(datasets, "load", lambda name: (name, shown))

    with course_data():
        given = keras_module.load_data("mnist.npz")

    assert given == ("mnist", shown)
    assert keras_module.load_data is original
