"""Processes that are killed, disks that are full, folders that vanish and clocks that jump cost nothing that was graded.

All is graded by the real command, in a Python without TensorFlow.  `make faults` kills at a hundred moments.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.confine import available_layers

from . import faults as strikes

HERE = Path(__file__).parent
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
MOUNT, UMOUNT = (shutil.which(name) or f"/usr/bin/{name}" for name in ("mount", "umount"))
pytestmark = pytest.mark.skipif(
    not {"landlock", "seccomp"} <= set(available_layers()), reason="student code needs Landlock and seccomp"
)
CLOCK = """\
import contextlib
import os
import random
import time

true_time, true_time_ns, draw = time.time, time.time_ns, random.Random(20)


def jump():
    with contextlib.suppress(OSError), open({log!r}, "a") as log:
        log.write(f"{{os.getpid()}}\\n")
    return draw.choice((-1, 1)) * draw.random() * 10**8


time.time = lambda: true_time() + jump()
time.time_ns = lambda: true_time_ns() + int(jump() * 10**9)
"""


@pytest.fixture(scope="module")
def faults() -> Iterator[Any]:
    """The class as it is graded when nothing happens."""
    with strikes.open_faults(jobs=1) as opened:
        yield opened


@contextlib.contextmanager
def mounted(place: Path, options: str) -> Iterator[Path]:
    """Make a file system in memory; needs root."""
    place.mkdir()
    mount(place, options)
    try:
        yield place
    finally:
        subprocess.run([UMOUNT, "--lazy", place], check=True)


def mount(place: Path, options: str) -> None:
    """Mount a file system in memory, or change the one that is there."""
    subprocess.run([MOUNT, "-t", "tmpfs", "-o", options, "tmpfs", place], check=True)


@contextlib.contextmanager
def little_room(faults: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give a results folder that is full after some results, and what has to stand before the command for that."""
    if ROOT:
        with mounted(faults.course / "disk", "size=256k"):
            yield "disk/out", ()
    else:
        # Only root can make a small disk; a file that may not grow meets its writer in the same call.
        yield "out", ("sh", "-c", 'ulimit -f 72; exec "$@"', "sh")


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Let nobody write to a folder meanwhile, root neither."""
    if ROOT:
        subprocess.run([MOUNT, "--bind", folder, folder], check=True)
        subprocess.run([MOUNT, "-o", "remount,bind,ro", folder], check=True)
    else:
        folder.chmod(0o555)
    try:
        yield
    finally:
        if ROOT:
            subprocess.run([UMOUNT, "--lazy", folder], check=True)
        else:
            folder.chmod(0o755)


# The zygote's is while it starts; a worker is killed in `test_grading`.
MOMENTS = [moment for moment in strikes.draw_moments(4, seed=40) if moment.victim != "worker"]


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.victim)
def test_a_killed_process_costs_nothing(faults: Any, moment: Any) -> None:
    """What was graded is not lost and not graded again, and all files are to the byte what they always are."""
    cost = faults.strike(moment)

    assert cost.nothing, cost


def test_a_machine_that_stands_still_costs_nothing(faults: Any) -> None:
    """A submission whose process got no processor time until its limit was over is graded once more."""
    process = faults.grade("still")
    faults.wait_for(process, "still", 3)
    while strikes.find("student", process.pid):  # One that has just begun is not about to end.
        time.sleep(0.001)
    while not (found := strikes.find("student", process.pid)):
        time.sleep(0.001)
    os.kill(found[0], signal.SIGSTOP)
    strikes.finish(process)
    graded = [line.split()[1] for line in (faults.course / "still.ledger").read_text(encoding="utf-8").splitlines()]

    assert len(graded) == len(set(graded)) + 1
    assert faults.changed("still") == ()


def test_a_full_disk_is_told_and_costs_nothing(faults: Any) -> None:
    """The command ends with 3 and names the file and the remedy; what is there is whole; with room it goes on."""
    with little_room(faults) as (out, before):
        _printed, errors = strikes.finish(faults.grade(out, before=before), code=3)
        since, stored, spoilt = time.monotonic(), strikes.recorded(faults.course / out), faults.spoilt(out)
        if ROOT:
            mount(faults.course / "disk", "remount,size=64m")
        strikes.finish(faults.grade(out, "--resume"))

        assert f"{out}/" in errors
        assert "--resume" in errors
        assert "Traceback" not in errors
        assert stored
        assert spoilt == ()
        assert faults.changed(out) == ()
        assert faults.graded_again(out, stored, since) == ()


def test_a_read_only_folder_is_told(faults: Any) -> None:
    """Nothing is graded: an empty folder is a mistake on the command line, one with results keeps them as they are."""
    (faults.course / "closed").mkdir()
    shutil.copytree(faults.course / "undisturbed", faults.course / "kept")

    with read_only(faults.course / "closed"), read_only(faults.course / "kept"):
        empty = strikes.finish(faults.grade("closed"), code=2)[1]
        kept = strikes.finish(faults.grade("kept", "--resume"), code=3)[1]

    assert "cannot write closed/" in empty
    assert "--out" in empty
    assert "cannot write kept/" in kept
    assert "--resume" in kept
    assert "Traceback" not in empty + kept
    assert faults.changed("kept") == ()


def test_a_folder_that_vanishes_is_told(faults: Any) -> None:
    """Where the database went with it, the command ends with 3 and names it."""
    process = faults.grade("vanishes")
    faults.wait_for(process, "vanishes", 3)
    shutil.rmtree(faults.course / "vanishes")

    _printed, errors = strikes.finish(process, code=3)

    assert "vanishes/" in errors
    assert "--resume" in errors
    assert "Traceback" not in errors


def test_results_that_vanish_are_written_again(faults: Any) -> None:
    """Where the database is still there, the class ends as if nothing had happened."""
    process = faults.grade("emptied")
    faults.wait_for(process, "emptied", 3)
    for name in ("results", "exhibits", "feedback"):
        shutil.rmtree(faults.course / "emptied" / name)

    strikes.finish(process)

    assert faults.changed("emptied") == ()


def test_what_a_killed_worker_was_storing_is_cleared_away(faults: Any) -> None:
    """A temporary file that comes up in the middle of a class is gone at its end."""
    process = faults.grade("littered")
    faults.wait_for(process, "littered", 3)
    (faults.course / "littered/exhibits/.652063d06e724cdc825b5d4a05be3851.tmp").write_text("{", encoding="utf-8")

    strikes.finish(process)

    assert faults.changed("littered") == ()


def test_a_clock_that_jumps_changes_nothing(faults: Any) -> None:
    """Limits are kept and results made by clocks that only go forward; the time of day jumps by years at each look."""
    packages = next(faults.course.glob("python/lib/*/site-packages"))
    log = faults.course / "clock.log"
    (packages / "jumping_clock.py").write_text(CLOCK.format(log=str(log)), encoding="utf-8")
    (packages / "clock.pth").write_text("import jumping_clock\n", encoding="utf-8")

    try:
        strikes.finish(faults.grade("jumped"))
    finally:
        (packages / "clock.pth").unlink()

    assert len(set(log.read_text(encoding="utf-8").split())) > 1, "the clock has not jumped in a worker"
    assert faults.changed("jumped") == ()
