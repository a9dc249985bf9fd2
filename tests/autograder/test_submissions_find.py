"""Which paths are submissions, and what they are called."""

from __future__ import annotations

import os
import random
import socket
import unicodedata
from pathlib import Path

import pytest

from autograder.errors import UsageError
from autograder.submissions import Entry, find_submissions


def _names(entries: list[Entry]) -> list[str]:
    return [entry.name for entry in entries]


def _touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n", encoding="utf-8")


@pytest.mark.parametrize("name", ["amel.py", "amel.ipynb", "amel.zip", "amel.txt"])
def test_a_file_is_one_submission(tmp_path: Path, name: str) -> None:
    """Any file that is named on the command line is one submission, called by its name without the extension."""
    _touch(tmp_path / name)

    entries = find_submissions([tmp_path / name], "mnist")

    assert entries == [Entry("amel", tmp_path / name)]


@pytest.mark.parametrize("name", ["mnist.py", "mnist.ipynb"])
def test_a_folder_with_the_module_is_one_submission(tmp_path: Path, name: str) -> None:
    """A folder that directly holds the lab's module or notebook is one submission, called by the folder's name."""
    _touch(tmp_path / "amel.benali" / name, tmp_path / "amel.benali" / "data.csv")

    entries = find_submissions([tmp_path / "amel.benali"], "mnist")

    assert entries == [Entry("amel.benali", tmp_path / "amel.benali")]


def test_any_other_folder_is_a_class(tmp_path: Path) -> None:
    """Each entry of a class but hidden ones is a submission, gradable or not, in sorted order."""
    folder = tmp_path / "class"
    _touch(folder / "bob.py", folder / "amel" / "mnist.py", folder / "notes.txt", folder / ".DS_Store")
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "socket"))

    entries = find_submissions([folder], "mnist")

    assert _names(entries) == ["amel", "bob", "link", "notes", "pipe", "socket"]


def test_one_takes_a_class_for_a_submission(tmp_path: Path) -> None:
    """With mode one, a folder is one submission whatever is in it."""
    _touch(tmp_path / "amel" / "work.py", tmp_path / "amel" / "other.py")

    entries = find_submissions([tmp_path / "amel"], "mnist", "one")

    assert _names(entries) == ["amel"]


def test_many_takes_a_folder_with_the_module_for_a_class(tmp_path: Path) -> None:
    """With mode many, a folder is a class even where one of its entries is called like the lab's module."""
    _touch(tmp_path / "mnist.py", tmp_path / "amel.py")

    entries = find_submissions([tmp_path], "mnist", "many")

    assert _names(entries) == ["amel", "mnist"]


def test_a_link_to_a_folder_is_not_followed_unless_told(tmp_path: Path) -> None:
    """A link may be a student's: it is one submission, and a class only with mode many."""
    _touch(tmp_path / "class" / "amel.py")
    (tmp_path / "link").symlink_to(tmp_path / "class")

    by_rule = find_submissions([tmp_path / "link"], "mnist")
    outright = find_submissions([tmp_path / "link"], "mnist", "many")

    assert _names(by_rule) == ["link"]
    assert _names(outright) == ["amel"]


def test_equal_names_get_their_extension(tmp_path: Path) -> None:
    """Where two names would be the same, the extension is added; a folder has none and keeps its name."""
    _touch(tmp_path / "amel.py", tmp_path / "amel.ipynb", tmp_path / "amel" / "mnist.py", tmp_path / "bob.py")

    entries = find_submissions([tmp_path], "mnist")

    assert _names(entries) == ["amel", "amel.ipynb", "amel.py", "bob"]


def test_case_twins_get_a_number(tmp_path: Path) -> None:
    """Names that differ by case only get a number, because one result file would overwrite the other."""
    _touch(tmp_path / "Amel.py", tmp_path / "amel.py", tmp_path / "amel-2.py")

    entries = find_submissions([tmp_path], "mnist")

    assert {entry.path.name: entry.name for entry in entries} == {
        "Amel.py": "Amel",
        "amel.py": "amel-3",
        "amel-2.py": "amel-2",
    }


def test_unicode_twins_get_a_number(tmp_path: Path) -> None:
    """Names that differ by their Unicode form only get a number, and are stored composed."""
    composed, decomposed = (unicodedata.normalize(form, "zoé.py") for form in ("NFC", "NFD"))
    _touch(tmp_path / composed, tmp_path / decomposed)

    entries = find_submissions([tmp_path], "mnist")

    assert sorted(_names(entries)) == sorted(["zoé", "zoé-2"])


def test_order_of_arguments_changes_nothing(tmp_path: Path) -> None:
    """Names and order are a function of the set of paths; a path given twice counts once."""
    paths = [tmp_path / folder / "mnist.py" for folder in "abcd"] + [tmp_path / "a" / "MNIST.py"]
    _touch(*paths)
    shuffled = [*paths, paths[0]]
    random.Random(0).shuffle(shuffled)

    entries = find_submissions(shuffled, "mnist")

    assert entries == find_submissions(paths, "mnist")
    assert sorted(_names(entries)) == ["MNIST", "mnist-2", "mnist-3", "mnist-4", "mnist-5"]


def test_a_dot_is_the_folder_one_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path ``.`` is named after the current folder."""
    _touch(tmp_path / "amel" / "mnist.py")
    monkeypatch.chdir(tmp_path / "amel")

    entries = find_submissions([Path()], "mnist")

    assert entries == [Entry("amel", tmp_path / "amel")]


def test_awkward_names_become_printable(tmp_path: Path) -> None:
    """Spaces, accents and quotes stay; control characters and bytes that are no UTF-8 are written out."""
    plain = "Zoé d'Été (1).py"
    _touch(tmp_path / plain, tmp_path / "a\nb\x1b[31m.py", tmp_path / "r\u202elm.py")
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.py"))).write_text("x = 1\n", encoding="utf-8")

    names = _names(find_submissions([tmp_path], "mnist"))

    assert sorted(names) == sorted(["Zoé d'Été (1)", "a\\nb\\x1b[31m", "r\\u202elm", "caf\\xe9"])
    assert all(name.encode("utf-8") for name in names)


def test_a_missing_path_is_named() -> None:
    """A path that does not exist is a wrong usage, and the message names it."""
    with pytest.raises(UsageError, match=r"nowhere/amel\.py does not exist; give a \.py, \.ipynb or \.zip file"):
        find_submissions([Path("nowhere/amel.py")], "mnist")


def test_many_needs_a_folder(tmp_path: Path) -> None:
    """Mode many on a file is a wrong usage."""
    _touch(tmp_path / "class.zip")

    with pytest.raises(UsageError, match=r"class\.zip is not a folder, but --many was given"):
        find_submissions([tmp_path / "class.zip"], "mnist", "many")


def test_an_empty_class_is_a_wrong_usage(tmp_path: Path) -> None:
    """A folder with nothing in it is most likely the wrong folder."""
    with pytest.raises(UsageError, match=r"no submissions in .*: the folder is empty"):
        find_submissions([tmp_path], "mnist")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_a_closed_folder_is_named(tmp_path: Path) -> None:
    """A folder that may not be listed is a wrong usage."""
    closed = tmp_path / "class"
    closed.mkdir(mode=0)

    with pytest.raises(UsageError, match=r"class cannot be listed \(PermissionError\)"):
        find_submissions([closed], "mnist")
