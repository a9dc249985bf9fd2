"""A folder handed in: which file is graded, which go with it, and whose answers count."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from autograder import contents, files
from autograder.errors import SubmissionError
from autograder.model import Submission
from autograder.submissions import Entry, read_submission

CODE = "x = 'module'\n"
STUB = 'def f():\n    raise NotImplementedError("f")\n'


def _notebook(code: str, answer: str = "") -> str:
    cells = [{"cell_type": "code", "source": code}, {"cell_type": "markdown", "source": f"## q1\n{answer}"}]
    return json.dumps({"nbformat": 4, "cells": cells})


def _lay_out(folder: Path, contents_by_name: dict[str, str]) -> Path:
    for name, content in contents_by_name.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def _read(folder: Path, stub: str | None = None) -> Submission:
    return read_submission(Entry("amel", folder), "mnist", ("q1", "q2"), stub)


def _refused(folder: Path) -> tuple[str, str]:
    with pytest.raises(SubmissionError) as caught:
        _read(folder)
    return caught.value.reason.en, caught.value.reason.fr


@pytest.mark.parametrize(
    ("names", "main"),
    [
        (["mnist.py", "other.py"], "mnist.py"),
        (["mnist.py", "MNIST.py"], "mnist.py"),
        (["tp/mnist.py", "tp/other.py"], "tp/mnist.py"),
        (["readme.txt", "tp/mnist.py"], "tp/mnist.py"),
        (["a/b/c/mnist.py"], "a/b/c/mnist.py"),
        (["mnist.py", "old/mnist.py"], "mnist.py"),
        (["MNIST.py", "other.py"], "MNIST.py"),
        (["mnist (1).py", "other.py"], "mnist (1).py"),
        (["mnist-2.py", "other.py"], "mnist-2.py"),
        (["mnist_final.py", "other.py"], "mnist_final.py"),
        (["amel_mnist.py", "other.py"], "amel_mnist.py"),
        (["work.py", "test_public.py", "conftest.py", "setup.py", "__init__.py"], "work.py"),
        (["tp/work.py", "notes.txt"], "tp/work.py"),
        (["mnist.py", "__MACOSX/mnist.py", "venv/lib/mnist.py", ".git/mnist.py"], "mnist.py"),
        (["work.py", "env/pyvenv.cfg", "env/a.py", "__pycache__/b.py"], "work.py"),
    ],
)
def test_the_module_is_found(tmp_path: Path, names: list[str], main: str) -> None:
    """The lab's own name comes first, then names like it, then the only module; at the top, then one level down."""
    _lay_out(tmp_path, {name: f"x = {name!r}\n" for name in names})

    submission = _read(tmp_path)

    assert submission.module == f"x = {main!r}\n"


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["mnist (1).py", "mnist (2).py"], '"mnist (1).py", "mnist (2).py"'),
        (["a.py", "b.py"], '"a.py", "b.py"'),
        (["a/mnist.py", "b/mnist.py"], '"a/mnist.py", "b/mnist.py"'),
        (["a.ipynb", "b.ipynb"], '"a.ipynb", "b.ipynb"'),
        (["a.py", "b.ipynb"], '"a.py", "b.ipynb"'),
        ([f"{letter}.py" for letter in "abcdefgh"], '"a.py", "b.py", "c.py", "d.py", "e.py", "f.py", …'),
    ],
)
def test_several_modules_are_not_guessed_at(tmp_path: Path, names: list[str], shown: str) -> None:
    """Where several files could be the work, the reason lists them and says how to name the right one."""
    _lay_out(tmp_path, dict.fromkeys(names, CODE))

    en, fr = _refused(tmp_path)

    assert f"could be your work: {shown}. Name the one to grade `mnist.py` or `mnist.ipynb`" in en
    assert "pourraient être votre travail" in fr
    assert "Nommez celui à noter `mnist.py` ou `mnist.ipynb`" in fr


def test_a_folder_without_a_module_is_refused(tmp_path: Path) -> None:
    """The reason says what was found and what is wanted."""
    _lay_out(tmp_path / "amel", {"notes.txt": "x", "test_public.py": "x"})

    en, fr = _refused(tmp_path / "amel")

    assert en.startswith('No Python module or notebook of this lab is in "amel"; found: "notes.txt", "test_public.py".')
    assert fr.startswith("Aucun module Python ni notebook de ce TP dans « amel » ; trouvé : « notes.txt »")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    """A folder with nothing but litter holds no file."""
    _lay_out(tmp_path / "amel", {".DS_Store": "x", "__pycache__/mnist.py": "x"})

    en, fr = _refused(tmp_path / "amel")

    assert en.startswith('"amel" holds no file. Hand in `mnist.py`')
    assert fr.startswith("« amel » ne contient aucun fichier. Remettez `mnist.py`")


def test_the_module_comes_before_the_notebook(tmp_path: Path) -> None:
    """With both, the module is graded, and the notebook's answers still count."""
    _lay_out(tmp_path, {"mnist.py": CODE, "mnist.ipynb": _notebook("y = 2", "from the notebook")})

    submission = _read(tmp_path, STUB)

    assert submission.module == CODE
    assert submission.cells == ()
    assert submission.answers == {"q1": "from the notebook"}


@pytest.mark.parametrize("module", [STUB, STUB.replace("\n", "  \r\n\r\n"), "", "x\0"])
def test_an_untouched_module_gives_way_to_the_notebook(tmp_path: Path, module: str) -> None:
    """Where the module is the stub, blank or no text, the work is in the notebook."""
    _lay_out(tmp_path, {"mnist.py": module, "mnist.ipynb": _notebook("y = 2")})

    submission = _read(tmp_path, STUB)

    assert submission.module == "y = 2\n"
    assert submission.cells == (1,)


def test_a_broken_notebook_takes_nothing_from_the_module(tmp_path: Path) -> None:
    """Only the file that is graded must be readable."""
    _lay_out(tmp_path, {"mnist.py": CODE, "mnist.ipynb": "{"})

    assert _read(tmp_path).module == CODE


def test_companions_are_kept_by_path(tmp_path: Path) -> None:
    """Helpers and data beside and below the module go with it; what would mislead or is not the work does not."""
    kept = {"helper.py": "h", "data/x.csv": "1", "data/mnist/y.json": "{}"}
    dropped = [
        "conftest.py",
        "pytest.ini",
        "sitecustomize.py",
        "evil.pth",
        "numpy.py",
        "keras/__init__.py",
        "shared/a.py",
    ]
    dropped += [
        "tensorflow.so",
        "mnist/__init__.py",
        "test_public.py",
        "README.fr.md",
        "lab.toml",
        "old.ipynb",
        "figures/a.en.svg",
        "a.pyc",
    ]
    dropped += ["answers.md", "old.zip", "a:b.txt", "x\ny.txt", f"{'n' * 230}.txt"]
    _lay_out(tmp_path / "tp", {"mnist.py": CODE, **kept, **dict.fromkeys(dropped, "x")})
    _lay_out(tmp_path, {"outside.txt": "x"})

    submission = _read(tmp_path)

    assert submission.files == {path: content.encode() for path, content in kept.items()}


def test_companions_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Companions past a limit are left out in sorted order; the module is graded all the same."""
    monkeypatch.setattr(contents, "MAX_COMPANIONS", 3)
    monkeypatch.setattr(contents, "MAX_COMPANION_BYTES", 10)
    monkeypatch.setattr(contents, "MAX_COMPANIONS_BYTES", 12)
    sizes = {"a": 11, "b": 10, "c": 3, "d": 1, "e": 1, "f": 0}
    _lay_out(tmp_path, {"mnist.py": CODE, **{f"{name}.txt": "x" * size for name, size in sizes.items()}})

    submission = _read(tmp_path)

    assert sorted(submission.files) == ["b.txt", "d.txt", "e.txt"]


def test_links_and_pipes_inside_are_left_alone(tmp_path: Path) -> None:
    """Nothing in a folder is read through a link, and a pipe does not stop the grader."""
    secret = _lay_out(tmp_path / "secret", {"answers.md": "## q1\nsecret", "x.txt": "secret"})
    folder = _lay_out(tmp_path / "amel", {"mnist.py": CODE})
    (folder / "answers.md").symlink_to(secret / "answers.md")
    (folder / "below").symlink_to(secret)
    os.mkfifo(folder / "pipe.txt")

    submission = _read(folder)

    assert submission.files == {}
    assert submission.answers == {}


@pytest.mark.parametrize(("kind", "words"), [("link", '"mnist.py" is a link'), ("fifo", "but a named pipe")])
def test_a_module_that_is_no_file_is_named(tmp_path: Path, kind: str, words: str) -> None:
    """If the lab's module is a link or a pipe, the reason says that rather than that there is none."""
    if kind == "link":
        (tmp_path / "mnist.py").symlink_to("/etc/passwd")
    else:
        os.mkfifo(tmp_path / "mnist.py")

    en, _ = _refused(tmp_path)

    assert words in en


def test_a_folder_that_is_replaced_by_a_link_is_not_entered(tmp_path: Path) -> None:
    """A folder that becomes a link between listing and reading is an error, not a way out."""
    secret = _lay_out(tmp_path / "secret", {"mnist.py": "secret"})
    folder = _lay_out(tmp_path / "amel", {"tp/mnist.py": CODE})
    piece = files.list_folder(folder).pieces[0]
    (folder / "tp").rename(folder / "was")
    (folder / "tp").symlink_to(secret)

    with pytest.raises(OSError, match=r"Not a directory|Too many levels"):
        piece.read(100)


def test_a_folder_without_descriptors_reads_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system cannot open relative to a folder (Windows), paths give the same content."""
    _lay_out(tmp_path, {"tp/mnist.py": CODE, "tp/data/x.csv": "1"})
    expected = _read(tmp_path)
    monkeypatch.setattr(files, "_BY_DESCRIPTOR", False)

    assert _read(tmp_path) == expected


@pytest.mark.parametrize("flat", [True, False])
def test_a_folder_of_too_many_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flat: bool) -> None:
    """A folder with a data set in it is not looked through for ever."""
    monkeypatch.setattr(files, "MAX_FOLDER_ENTRIES", 5)
    names = [f"{index}.png" if flat else f"{index}/a.png" for index in range(6 if flat else 3)]
    _lay_out(tmp_path / "amel", {"mnist.py": CODE, **dict.fromkeys(names, "x")})

    en, fr = _refused(tmp_path / "amel")

    assert en.startswith('"amel" holds more than 5 files.')
    assert fr.startswith("« amel » contient plus de 5 fichiers.")


@pytest.mark.parametrize("name", ["answers.md", "Answers.MD", "answers.txt", "reponses.md", "Réponses.md"])
def test_answers_are_read_beside_the_module(tmp_path: Path, name: str) -> None:
    """The file of answers may have any of its names, in either language."""
    _lay_out(tmp_path, {"mnist.py": CODE, name: "## q1\nSigmoid.\n"})

    assert _read(tmp_path).answers == {"q1": "Sigmoid."}


def test_a_long_file_of_answers_is_cut(tmp_path: Path) -> None:
    """Of a file of answers that is too long, the whole lines within the limit are kept."""
    _lay_out(tmp_path, {"mnist.py": CODE, "answers.md": "## q1\n" + "é" * 50_000 + "\n" + "é" * 100_000})

    assert _read(tmp_path).answers == {"q1": "é" * 50_000}


def test_the_digest_covers_answers_and_companions(tmp_path: Path) -> None:
    """All that is graded is in the digest; what is left out is not."""
    plain = _read(_lay_out(tmp_path / "a", {"mnist.py": CODE})).digest
    littered = _read(_lay_out(tmp_path / "b", {"tp/mnist.py": CODE, "tp/README.md": "x"})).digest
    answered = _read(_lay_out(tmp_path / "c", {"mnist.py": CODE, "answers.md": "## q1\nYes"})).digest
    helped = _read(_lay_out(tmp_path / "d", {"mnist.py": CODE, "helper.py": "x"})).digest

    assert plain == littered
    assert len({plain, answered, helped}) == 3
