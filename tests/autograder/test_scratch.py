"""A run's temporary folder goes with the run, or with the next one; those of living runs are left alone."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from autograder.errors import AutograderError
from autograder.scratch import scratch_folder


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for temporary files of this test alone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_it_goes_with_its_run(place: Path) -> None:
    """Others may pass through it but not list it, and nothing of it is left."""
    with scratch_folder() as folder:
        assert folder.parent == place
        assert folder.stat().st_mode & 0o777 == 0o711
        (folder / "deep/deeper").mkdir(parents=True)

    assert list(place.iterdir()) == []


def test_a_dead_run_s_folder_is_removed_and_a_living_one_s_is_not(place: Path) -> None:
    """A lock that the system lifts when a process ends tells them apart."""
    with scratch_folder() as living:
        dead = living.with_name(f"{living.name}-dead")
        (dead / "deep").mkdir(parents=True)
        (place / "autograder-other").mkdir()

        with scratch_folder() as third:
            assert sorted(place.iterdir()) == sorted([living, third, place / "autograder-other"])


def test_a_link_is_not_followed(place: Path) -> None:
    """Whoever may write to the temporary folder cannot have another one removed."""
    (place / "precious").mkdir()
    with scratch_folder() as folder:
        name = f"{folder.name}-link"
    (place / name).symlink_to(place / "precious")

    with scratch_folder():
        assert (place / "precious").is_dir()


def test_no_place_for_it_is_told(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the place and the remedy."""
    monkeypatch.setattr(tempfile, "tempdir", str(place / "missing"))

    with pytest.raises(AutograderError, match=r"missing.*TMPDIR"), scratch_folder():
        pass
