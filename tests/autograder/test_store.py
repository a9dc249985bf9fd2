"""The gradebook's database: what was put in comes out, also from another class's, another thread's or a broken one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from autograder.errors import AutograderError, UsageError
from autograder.model import Mark
from autograder.store import Store, Stored, open_store

RESULT = Stored("amel", "amel-1", "f1", b'{"score": 1}', b"{}", "x = '\udcff é'\n")
MARK = Mark(Fraction(3, 4), "Good,\n'so' \"so\".", "sha256:1", "inès")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """The database of a results folder."""
    opened = open_store(tmp_path, "toy")
    yield opened
    opened.close()


def test_a_result_comes_back_as_it_was(store: Store) -> None:
    """Bytes and source text, odd letters too."""
    store.keep(RESULT)

    assert list(store.results()) == [RESULT]
    assert store.fingerprints() == {"amel": "f1"}
    assert store.modules() == {"amel": RESULT.module}


def test_a_result_gives_way_to_a_later_one(store: Store) -> None:
    """A submission has one result, however often it is graded."""
    store.keep(RESULT)
    store.keep(replace(RESULT, fingerprint="f2"))

    assert store.fingerprints() == {"amel": "f2"}


def test_results_go_and_marks_stay(store: Store) -> None:
    """Forgetting a result, or all but some, leaves what persons have said."""
    for name in ("amel", "jules", "zoé"):
        store.keep(replace(RESULT, submission=name, stem=name))
        store.set_marks({(name, "q1"): MARK})

    store.forget("amel")
    store.retain({"zoé"})

    assert list(store.fingerprints()) == ["zoé"]
    assert sorted(store.marks()) == ["amel", "jules", "zoé"]


def test_marks_come_back_as_they_were(store: Store) -> None:
    """Points are exact; a withdrawn mark is remembered as such; a later one replaces an earlier one."""
    store.set_marks({("amel", "q1"): MARK, ("amel", "q2"): Mark(None, "later")})
    store.set_marks({("amel", "q1"): replace(MARK, points=Fraction(1, 3))})

    assert store.marks() == {"amel": {"q1": replace(MARK, points=Fraction(1, 3)), "q2": Mark(None, "later")}}


def test_what_was_shown_replaces_what_was_shown_before(store: Store) -> None:
    """Only the last time counts."""
    store.show({"amel": {"score": 1}, "jules": {"score": 2}})
    store.show({"amel": {"score": 3.5}})

    assert store.shown() == {"amel": {"score": 3.5}}


def test_everything_is_still_there_when_opened_again(tmp_path: Path, store: Store) -> None:
    """What was stored is on the disk as soon as it was stored."""
    store.keep(RESULT)
    store.set_marks({("amel", "q1"): MARK})

    again = open_store(tmp_path, "toy")
    found = again.fingerprints(), again.marks()
    again.close()

    assert found == ({"amel": "f1"}, {"amel": {"q1": MARK}})


def test_one_database_for_several_folders_and_labs(tmp_path: Path) -> None:
    """Each folder and each lab has its own results and marks, and a folder that is moved takes its own along."""
    url = f"sqlite:///{tmp_path / 'all.db'}"
    folders = {name: tmp_path / name for name in ("monday", "tuesday")}
    for name, folder in folders.items():
        opened = open_store(folder, "toy", url)
        opened.set_marks({(name, "q1"): MARK})
        opened.close()
    moved = folders["monday"].rename(tmp_path / "moved")

    found = []
    for folder, lab in ((moved, "toy"), (folders["tuesday"], "toy"), (moved, "other")):
        opened = open_store(folder, lab, url)
        found.append(list(opened.marks()))
        opened.close()

    assert found == [["monday"], ["tuesday"], []]


def test_threads_share_it(store: Store) -> None:
    """Marks given at the same time are all stored."""

    def give(number: int) -> None:
        store.set_marks({(f"s{number}", "q1"): MARK})

    threads = [threading.Thread(target=give, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(store.marks()) == 8


@pytest.mark.parametrize(
    ("url", "kind", "words"),
    [
        ("marks.db", UsageError, "--database: marks.db is not the URL of a database"),
        ("nonsense://host/x", UsageError, "--database"),
        ("postgresql+asyncpg://u:secret@host/x", UsageError, "install that driver"),
        ("sqlite:////nowhere/at/all.db", AutograderError, "unable to open database file"),
    ],
    ids=["path", "dialect", "driver", "place"],
)
def test_a_database_that_cannot_be_used_is_told(
    tmp_path: Path, url: str, kind: type[AutograderError], words: str
) -> None:
    """The message names the place, without a password, and the remedy."""
    with pytest.raises(kind) as caught:
        open_store(tmp_path, "toy", url)

    assert words in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "--database" in str(caught.value)


def test_a_damaged_database_is_told(tmp_path: Path) -> None:
    """A file that is no database is not overwritten."""
    (tmp_path / "gradebook.db").write_bytes(b"no database" * 200)

    with pytest.raises(AutograderError, match=r"gradebook\.db cannot be used: file is not a database"):
        open_store(tmp_path, "toy")

    assert (tmp_path / "gradebook.db").read_bytes().startswith(b"no database")


def test_a_damaged_result_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that are not what was written are not taken for a result."""
    compress: Callable[..., bytes] = lambda data, _level: data  # noqa: E731 - stands for a disk that lies
    monkeypatch.setattr("autograder.store.zlib.compress", compress)
    store.keep(RESULT)

    with pytest.raises(AutograderError, match="cannot be used"):
        list(store.results())
