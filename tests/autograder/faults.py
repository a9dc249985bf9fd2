"""Kill one process of a class that is being graded, at a drawn moment, and see what it cost.

A class is graded once without a fault.  Then, for each moment, it is graded again while one of its processes is killed
by SIGKILL; where that was the grader itself, the command is run once more with ``--resume``, at once and beside whatever
the dead one has left running.  The hidden suite keeps a ledger of what it has graded and when, so that nothing that was
graded already can be graded again unseen.
"""

from __future__ import annotations

import contextlib
import os
import random
import runpy
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["VICTIMS", "Cost", "Faults", "Moment", "draw_moments", "open_faults"]

HERE = Path(__file__).parent
COURSE = runpy.run_path(str(HERE / "small_course.py"))
command: Callable[..., subprocess.Popen[str]] = COURSE["command"]
finish: Callable[..., tuple[str, str]] = COURSE["finish"]
leftovers: Callable[[Path], list[str]] = COURSE["leftovers"]
open_course: Callable[[], AbstractContextManager[Path]] = COURSE["open_course"]
make_lean_python: Callable[[Path], Path] = runpy.run_path(str(HERE / "lean_python.py"))["make_lean_python"]

VICTIMS = ("grader", "worker", "zygote", "student")
# What a worker, a zygote and a student process have in their command line.
_PROGRAMS = (b"autograder.worker", b"autograder.zygote", b"autograder.zygote")
_TRIES = 5
_PATIENCE_SECONDS = 120.0
# What says when something was done, and not what came of it.
_CHANGING = ("timings.json", "gradebook.db", "gradebook.db-journal", ".graded/worker.log")
_LEDGER = """

import os
import time
from pathlib import Path


@question("average")
@check("ledger", en="Noted", fr="Noté")
def test_ledger(student):
    with Path(os.environ["LEDGER"]).open("a") as ledger:
        ledger.write(f"{time.monotonic()} {student.submission.name}\\n")
"""
_SLOW = "import time\n\n\ndef double(x):\n    time.sleep({seconds})\n    return 2 * x\n\n\n"
_AVERAGE = "def average(values):\n    return sum(values) / len(values)\n"
CLASS = {f"slow{number}": _SLOW.format(seconds=f"0.{number}1") + _AVERAGE for number in range(1, 5)} | {
    "stub": COURSE["STUB"],
    "honest": COURSE["REFERENCE"],
    "twin": COURSE["REFERENCE"],
    "aborts": "import os\n\n\ndef double(x):\n    os.abort()\n\n\n" + _AVERAGE,
    "syntax": "def double(x:\n    return 2 * x\n\n\n" + _AVERAGE,
    "empty": "",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """Which process is killed, and when: a fraction of the time during which there is such a process."""

    number: int
    victim: str
    fraction: float


@dataclass(frozen=True, slots=True)
class Cost:
    """What a kill cost: ``lost``, ``doubled`` and ``changed`` should be empty, and nothing ``left`` behind.

    ``seconds`` is when it happened, ``stored`` how many results the database held by then.
    """

    moment: Moment
    seconds: float
    stored: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    changed: tuple[str, ...]
    left: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        """Whether all is as if nothing had happened."""
        return not (self.lost or self.doubled or self.changed or self.left)


def draw_moments(count: int, seed: int) -> list[Moment]:
    """Draw moments; each kind of process comes as often as any other."""
    rng = random.Random(seed)
    return [Moment(number, VICTIMS[number % len(VICTIMS)], rng.random()) for number in range(count)]


class Faults:
    """A class, what comes of it when nothing happens, and how long each kind of process is there meanwhile."""

    def __init__(self, course: Path, jobs: int) -> None:
        self.course = course
        self._jobs = jobs
        self.python = make_lean_python(course / "python")
        suite = course / "tests/labs/small/test_small.py"
        suite.write_text(suite.read_text(encoding="utf-8") + _LEDGER, encoding="utf-8")
        (course / "class").mkdir()
        for name, source in CLASS.items():
            (course / f"class/{name}.py").write_text(source, encoding="utf-8")
        self._spans = self._watch(self.grade("undisturbed"))
        self._undisturbed = snapshot(course / "undisturbed")

    def grade(self, name: str, *more: str, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        """Start to grade the class into a folder of the course."""
        ledger = ("env", f"LEDGER={self.course / name}.ledger")
        arguments = ("grade", "small", "class", "--out", name, "--jobs", self._jobs, *more)
        return command(self.course, *arguments, before=(*ledger, *before), python=self.python)

    def changed(self, name: str) -> tuple[str, ...]:
        """Return the files of a results folder that are not what they are when nothing happens, or not there."""
        now = snapshot(self.course / name)
        paths = sorted({*now, *self._undisturbed})
        return tuple(path for path in paths if now.get(path) != self._undisturbed.get(path))

    def spoilt(self, name: str) -> tuple[str, ...]:
        """Return the files of a class that was stopped on its way that should not be there, or not so."""
        return tuple(path for path in snapshot(self.course / name) if path in self.changed(name))

    def graded_again(self, name: str, stored: set[str], since: float) -> tuple[str, ...]:
        """Return those of some submissions that the suite has graded since a moment, by the ledger of a folder."""
        ledger = Path(f"{self.course / name}.ledger")
        lines = [line.split(maxsplit=1) for line in ledger.read_text(encoding="utf-8").splitlines()]
        return tuple(sorted(who for when, who in lines if float(when) > since and who in stored))

    def wait_for(self, process: subprocess.Popen[str], name: str, count: int) -> None:
        """Wait until the database holds this many results."""
        while len(recorded(self.course / name)) < count:
            assert process.poll() is None, finish(process)
            time.sleep(0.005)

    def strike(self, moment: Moment) -> Cost:
        """Grade the class with a fault and say what it cost."""
        for attempt in range(_TRIES):
            name = f"out{moment.number}-{attempt}"
            struck = self._struck(self.grade(name), moment, self._spans[moment.victim] * 0.7**attempt, name)
            if struck is not None:
                at, seconds, stored = struck
                return Cost(moment, seconds, len(stored), *self._cost(name, at, stored))
        message = f"the class is always graded before moment {moment.number}"
        raise AssertionError(message)

    def _watch(self, process: subprocess.Popen[str]) -> dict[str, float]:
        """Wait for a command and return for how many seconds each kind of process was there."""
        seen: dict[str, tuple[float, float]] = {}
        while process.poll() is None:
            now = time.monotonic()
            for victim in VICTIMS:
                if find(victim, process.pid):
                    seen[victim] = (seen.get(victim, (now, now))[0], now)
            time.sleep(0.005)
        finish(process)
        return {victim: last - first for victim, (first, last) in seen.items()}

    def _struck(
        self, process: subprocess.Popen[str], moment: Moment, span: float, name: str
    ) -> tuple[float, float, set[str]] | None:
        """Kill at the moment and wait for the end; None where the class was graded before it came."""
        started, first = time.monotonic(), None
        while process.poll() is None:
            found = find(moment.victim, process.pid)
            now = time.monotonic()
            first = now if first is None and found else first
            if found and first is not None and now >= first + moment.fraction * span:
                stored = recorded(self.course / name)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(found[moment.number % len(found)], signal.SIGKILL)
                    at = time.monotonic()
                    if moment.victim == "grader":
                        finish(process, code=-signal.SIGKILL)
                        finish(self.grade(name, "--resume"))
                    else:
                        finish(process)
                    return at, at - started, stored
            time.sleep(0.001)
        finish(process)
        return None

    def _cost(self, name: str, at: float, stored: set[str]) -> Iterator[tuple[str, ...]]:
        yield tuple(sorted(stored - recorded(self.course / name)))
        yield self.graded_again(name, stored, at)
        yield self.changed(name)
        yield tuple(remains(self.course))


@contextlib.contextmanager
def open_faults(jobs: int = 2) -> Iterator[Faults]:
    """Make the class where every user can reach it; ``jobs`` workers grade it."""
    with open_course() as course:
        yield Faults(course, jobs)


def find(victim: str, grader: int) -> list[int]:
    """Return the processes of a kind below a grader."""
    found = [grader]
    for program in _PROGRAMS[: VICTIMS.index(victim)]:
        found = [child for parent in found for child in children(parent, program)]
    return found


def children(pid: int, program: bytes) -> list[int]:
    """Return the children of a process that run a program, whichever of its threads started them."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += map(int, path.read_text().split())
    return [child for child in sorted(found) if runs(child, program)]


def runs(pid: int, program: bytes) -> bool:
    """Say whether a process runs a program, and not one that helps it to look for its libraries."""
    try:
        return program in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def recorded(out: Path) -> set[str]:
    """Return the submissions whose results the database holds as done."""
    if not (out / "gradebook.db").exists():
        return set()
    with contextlib.closing(sqlite3.connect(f"file:{out / 'gradebook.db'}?mode=ro", uri=True, timeout=30)) as database:
        try:
            rows = database.execute("SELECT submission FROM results WHERE fingerprint != ''").fetchall()
        except sqlite3.OperationalError:  # No table yet.
            return set()
    return {row[0] for row in rows}


def snapshot(out: Path) -> dict[str, bytes]:
    """Return the contents of a results folder, but for what may differ from run to run."""
    files = {path.relative_to(out).as_posix(): path for path in out.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if name not in _CHANGING}


def remains(course: Path) -> list[str]:
    """Return processes and temporary files of a course that do not go away by themselves."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while (found := [*processes(course), *leftovers(course)]) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def processes(course: Path) -> list[str]:
    """Return the processes that were started in a course: its path is in their environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if bytes(course) in path.read_bytes():
                found.append(f"process {path.parent.name}")
    return found
