"""Which user a student process gets, and which places it may read."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from autograder import confine, identity, landlock, readable
from autograder.errors import ConfinementError
from autograder.identity import free_uid, give_back


def test_free_uid_belongs_to_nobody() -> None:
    """The numbers are in the range, below what a rootless container maps, and no two are the same."""
    first, second = free_uid(), free_uid()
    give_back(first)
    give_back(second)

    assert first != second
    assert {first, second} <= set(identity.UIDS)
    assert max(identity.UIDS) < 65536


def test_free_uid_is_of_one_grader_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process does not get a number before it is given back, whether or not anything runs under it."""
    first = 10_000_000 + 10 * os.getpid()  # tests side by side do not meet
    monkeypatch.setattr(identity, "UIDS", range(first, first + 2))
    asked = f"from autograder import identity; identity.UIDS = range({first}, {first + 2}); print(identity.free_uid())"
    ours = free_uid()
    answer = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True).stdout
    give_back(ours)

    assert (ours, int(answer)) == (first, first + 1)
    assert free_uid_among(range(first, first + 1)) == first


def free_uid_among(uids: range) -> int:
    """Take one of these numbers, and give it back."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(identity, "UIDS", uids)
        found = free_uid()
    give_back(found)
    return found


def test_free_uid_says_when_none_is_left() -> None:
    """Where all are in use, the text says what to end."""
    taken = free_uid()
    with pytest.raises(ConfinementError, match=f"no free user number from {taken} to {taken}: end the processes left"):
        free_uid_among(range(taken, taken + 1))
    give_back(taken)


def test_free_uid_passes_over_those_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number under which something runs, or that the system's lists give to somebody, is left."""
    monkeypatch.setattr(identity, "_running", lambda: {1000001})
    monkeypatch.setattr(identity, "_listed", lambda database: {1000002} if database == "/etc/group" else ())

    assert free_uid_among(range(1000001, 1000004)) == 1000003


def test_unreadable_paths_are_found_by_mode_and_owner(tmp_path: Path) -> None:
    """A file behind a closed directory is unreadable for others, and readable for the directory's owner."""
    closed = tmp_path / "closed"
    closed.mkdir()
    (closed / "file").touch()
    closed.chmod(0o700)
    owner = os.stat(closed).st_uid
    paths = (str(closed / "file"), "/usr", str(tmp_path / "absent"))

    stranger = identity.unreadable_for(60_000, paths)

    assert stranger == paths[:1]
    if os.access("/", os.X_OK) and owner != 0:
        assert identity.unreadable_for(owner, paths) == ()


def test_python_readable_leaves_the_project_out() -> None:
    """The interpreter's places hold the library and the packages but no directory above or at the project."""
    places = readable.python_readable()

    project = Path(confine.__file__).resolve().parents[1]
    stdlib = Path(sysconfig.get_path("stdlib")).resolve()
    assert any(stdlib.is_relative_to(place) for place in places)
    assert any(Path(pytest.__file__).resolve().is_relative_to(place) for place in places)
    if project.name not in {"site-packages", "dist-packages"}:
        assert not any(project.is_relative_to(place) for place in places)
        assert not any((project / "tests").is_relative_to(place) for place in places)


def test_system_readable_holds_no_home_and_no_secrets() -> None:
    """The system's places exist and hold neither homes, nor temporary files, nor other processes."""
    places = readable.system_readable()

    assert all(Path(place).exists() for place in places)
    forbidden = ("/", "/usr", "/etc", "/proc", "/proc/self", "/home", "/root", "/tmp", "/dev", "/dev/shm", "/dev/zero")
    assert not set(places) & set(forbidden)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
def test_landlock_version_is_a_number() -> None:
    """The kernel's answer, or 0 where there is none."""
    assert landlock.abi_version() >= 0
