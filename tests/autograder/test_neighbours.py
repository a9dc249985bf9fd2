"""An honest submission between attackers is graded as if it were alone, and attackers leave nothing behind.

The attackers are those of the mnist lab's hostile specimens that need no TensorFlow, written into another lab's module,
and one that leaves whatever it can; all are graded by the real command, in a Python without TensorFlow.
"""

from __future__ import annotations

import ctypes
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder.confine import available_layers
from autograder.identity import UIDS

from . import faults as strikes

HERE = Path(__file__).parent
pytestmark = pytest.mark.skipif(
    not {"landlock", "seccomp"} <= set(available_layers()), reason="student code needs Landlock and seccomp"
)
# They need Keras or a function of that lab, or take as long as they may.
_LEFT_OUT = {
    "fake-history",
    "fake-model",
    "ignores-signals",
    "lying-array",
    "memory-bomb",
    "model-bomb",
    "patches-evaluate",
    "patches-the-agent",
    "raises-its-arguments",
    "searches-for-the-answer",
}
_AVERAGE = "\n\ndef average(values):\n    return float(np.mean(values))\n"
_HEAD = "from pathlib import Path\n\nimport numpy as np\n\n\n"
_LEAVER = """\
import ctypes
import os
import subprocess
import threading
import time

MARK = {mark!r}
for place in ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run/lock", os.path.expanduser("~"), "..", "../.."):
    try:
        with open(os.path.join(place, MARK), "x") as file:
            file.write("left behind")
    except OSError:
        pass
libc = ctypes.CDLL(None)
key = int(MARK, 16) & 0x7FFFFFFF
libc.shmget(key, 4096, 0o1666)
libc.msgget(key, 0o1666)
libc.semget(key, 1, 0o1666)
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
try:
    subprocess.Popen(["sleep", "60"], env={{**os.environ, "MARK": MARK}}, start_new_session=True)
except OSError:
    pass
"""
# What the hidden suite notes of its own process after each submission: threads, open files, children.
_CENSUS = """

import os
from pathlib import Path


@question("average")
@check("census", en="Counted", fr="Compté")
def test_census(student):
    student.average(np.ones(3))
    me = Path("/proc/self")
    counts = [len(list((me / name).iterdir())) for name in ("task", "fd")]
    children = sum(len((path / "children").read_text().split()) for path in (me / "task").iterdir())
    with Path(os.environ["CENSUS"]).open("a") as census:
        census.write(f"{student.submission.name} {counts[0]} {counts[1]} {children}\\n")
"""


REFERENCE: str = strikes.COURSE["REFERENCE"]


@dataclass(frozen=True)
class Graded:
    """Two runs in one course, and the mark of what one attacker tried to leave."""

    course: Path
    mark: str

    def files(self, run: str) -> dict[str, bytes]:
        """Return all that was written about the honest submission."""
        paths = (self.course / run).glob("*/honest.*")
        return {path.relative_to(self.course / run).as_posix(): path.read_bytes() for path in paths}

    def census(self, run: str) -> dict[str, str]:
        """Return what the suite counted of its process, by submission."""
        lines = (self.course / f"{run}.census").read_text(encoding="utf-8").splitlines()
        return dict(line.split(maxsplit=1) for line in lines)


def attackers() -> dict[str, str]:
    """Return hostile modules by name."""
    table = tomllib.loads((HERE.parent / "submissions/mnist/hostile.toml").read_text(encoding="utf-8"))
    found = {}
    for entry in table["specimen"]:
        if entry["name"] in _LEFT_OUT or not {"append", "body"} & set(entry):
            continue
        body = textwrap.indent(entry.get("body", "return 2 * x\n").strip("\n"), "    ")
        found[entry["name"]] = (
            f"{_HEAD}def double(x):\n    models = {{'a': x}}\n{body}\n{_AVERAGE}\n{entry.get('append', '')}"
        )
    return found


def grade(course: Path, run: str, modules: dict[str, str]) -> None:
    """Grade modules with the real command, by two workers."""
    folder = course / f"{run}-class"
    folder.mkdir()
    for name, source in modules.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    arguments = ("grade", "small", folder.name, "--many", "--out", run, "--jobs", 2)
    before = ("env", f"CENSUS={course / run}.census")
    strikes.finish(strikes.command(course, *arguments, before=before, python=course / "python/bin/python"))


@pytest.fixture(scope="module")
def graded() -> Iterator[Graded]:
    """Grade the honest submission alone, then with half of the attackers before it and half after it."""
    with strikes.open_course() as course:
        strikes.make_lean_python(course / "python")
        suite = course / "tests/labs/small/test_small.py"
        suite.write_text(suite.read_text(encoding="utf-8") + _CENSUS, encoding="utf-8")
        mark = secrets.token_hex(16)
        hostile = attackers() | {"leaves-what-it-can": _LEAVER.format(mark=mark) + REFERENCE}
        sides = {f"{'az'[number % 2]}-{name}": source for number, (name, source) in enumerate(sorted(hostile.items()))}
        honest = {"honest": REFERENCE, "zz-honest-too": f"{REFERENCE}\n# at the end\n"}
        grade(course, "alone", {"honest": REFERENCE})
        grade(course, "among", sides | honest)
        yield Graded(course, mark)


def left_outside(mark: str) -> list[str]:
    """Return what bears the mark outside of private folders, or belongs to a user that only students' processes are."""
    places = {"/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run/lock", str(Path.home()), tempfile.gettempdir()}
    found = [str(path) for place in places for path in Path(place).glob(f"*{mark}*")]
    found += [
        str(path) for place in ("/dev/shm", "/dev/mqueue") for path in Path(place).glob("*") if owner(path) in UIDS
    ]
    key = int(mark, 16) & 0x7FFFFFFF
    for kind in ("shm", "msg", "sem"):
        rows = [line.split() for line in Path(f"/proc/sysvipc/{kind}").read_text(encoding="ascii").splitlines()[1:]]
        found += [f"{kind} {row[1]}" for row in rows if int(row[0]) == key]
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            found += [f"process {path.parent.name}"] if f"MARK={mark}".encode() in path.read_bytes() else []
        except OSError:
            continue  # It has ended, or is somebody else's.
    return found


def owner(path: Path) -> int:
    """Return the user that a file belongs to; -1 where it is gone."""
    try:
        return path.stat(follow_symlinks=False).st_uid
    except OSError:
        return -1


def wait_until(mark: str, enough: Callable[[list[str]], bool]) -> list[str]:
    """Look until there is enough, or for a minute, and return what is there."""
    end = time.monotonic() + 60
    while not enough(found := left_outside(mark)) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def clean_up(found: list[str]) -> None:
    """Remove what `left_outside` has found."""
    libc = ctypes.CDLL(None)
    for what in found:
        kind, _, number = what.partition(" ")
        if kind == "process":
            os.kill(int(number), signal.SIGKILL)
        elif kind == "sem":
            libc.semctl(int(number), 0, 0)
        elif number:
            getattr(libc, f"{kind}ctl")(int(number), 0, None)
        else:
            Path(what).unlink()


def test_an_honest_submission_is_graded_as_if_it_were_alone(graded: Graded) -> None:
    """Result, exhibits and page are the same to the byte."""
    alone = graded.files("alone")

    assert sorted(alone) == ["exhibits/honest.json", "feedback/honest.html", "results/honest.json"]
    assert b'"score": 16.0' in alone["results/honest.json"]
    assert graded.files("among") == alone


def test_every_attacker_was_graded(graded: Graded) -> None:
    """None of them is set aside: that would be a neighbour's points, too."""
    names = {path.stem for path in (graded.course / "among/results").glob("*.json")}

    statuses = {name: strikes.COURSE["document"](graded.course / "among", name)["status"] for name in names}

    assert len(names) > 30
    assert set(statuses.values()) == {"graded"}, statuses


def test_a_worker_is_after_all_attackers_what_it_was_before(graded: Graded) -> None:
    """It has no thread, no open file and no child more than with an honest submission alone."""
    assert graded.census("among")["zz-honest-too"] == graded.census("alone")["honest"]
    assert graded.census("among")["honest"] == graded.census("alone")["honest"]


def test_nothing_is_left_behind(graded: Graded) -> None:
    """No process, no temporary file, nothing in shared places, no System V object."""
    assert strikes.remains(graded.course) == []
    assert left_outside(graded.mark) == []


def test_what_is_left_behind_is_found(tmp_path: Path) -> None:
    """The same code leaves all of it where nothing confines it."""
    mark = secrets.token_hex(16)
    deep = tmp_path / "home/deep"
    deep.mkdir(parents=True)

    script = [sys.executable, "-c", _LEAVER.format(mark=mark)]
    subprocess.run(script, cwd=deep, env={**os.environ, "HOME": str(deep)}, check=True)
    wanted = {f"/tmp/{mark}", f"/dev/shm/{mark}", "shm", "msg", "sem", "process"}
    # A process that was only just started has no environment yet, and one that was killed has it a little longer.
    found = wait_until(mark, lambda found: wanted <= {name.split()[0] for name in found})
    clean_up(found)
    rest = wait_until(mark, lambda found: not found)

    assert wanted <= {name.split()[0] for name in found}
    assert rest == []
