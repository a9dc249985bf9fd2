"""Which user a student process gets, and which places it may read."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

import pytest

from autograder import confine, identity, landlock, readable
from autograder.errors import ConfinementError
from autograder.identity import free_uid


def test_free_uid_belongs_to_nobody() -> None:
    """The number is in the range, unknown to the system, and not one already promised."""
    first = free_uid()

    second = free_uid({first})

    assert first != second
    assert {first, second} <= set(identity.UIDS)
    assert max(identity.UIDS) < 65536


def test_free_uid_says_when_none_is_left() -> None:
    """Where all are in use, the text says what to end."""
    with pytest.raises(ConfinementError, match="no free user number from 60578 to 61183"):
        free_uid(set(identity.UIDS))


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
