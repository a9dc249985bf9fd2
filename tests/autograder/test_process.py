"""Whatever a student process does, the judge gets a fact about it, the next call works, and nothing is left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.bench import Bench
from autograder.confine import available_layers
from autograder.errors import LabError, ProcessEnded
from autograder.process import Raised
from autograder.rooms import remove_folder
from autograder.student import Student
from autograder.verdict import judge

HandIn = Callable[..., Student]
pytestmark = pytest.mark.skipif(
    not {"landlock", "seccomp"} <= set(available_layers()), reason="student code needs Landlock and seccomp"
)
GOOD = "\n\ndef good():\n    return 1\n"


@pytest.fixture
def hurried(hand_in: HandIn, warm_bench: Bench) -> Iterator[Callable[[str], Student]]:
    """Hand in a module whose checks may take one second."""
    lab = warm_bench.lab

    def put(source: str) -> Student:
        warm_bench.lab = replace(lab, limits=replace(lab.limits, check_seconds=1.0))
        return hand_in(source)

    yield put
    warm_bench.lab = lab


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ("import os; os._exit(0)", "raised", "exit code 0"),
        ("import os; os._exit(3)", "raised", "exit code 3"),
        ("import os; os.abort()", "raised", "SIGABRT"),
        ("import ctypes; ctypes.string_at(0)", "raised", "SIGSEGV"),
        ("import faulthandler; faulthandler._sigsegv()", "raised", "SIGSEGV"),
        ("import os; os.close(3); import time; time.sleep(9)", "raised", "SIGKILL"),
        ("import os; os.write(3, b'garbage' * 100)", "raised", "not an answer"),
        ("import os; os.write(3, b'\\0\\0\\0\\4\\0\\0\\0\\0null')", "raised", "not an answer"),
        ("import os; os.write(3, b'\\xff' * 8); import time; time.sleep(9)", "raised", "not an answer"),
        ("x = []\n    while True: x.append(bytearray(10**7) + b'1')", "out_of_memory", "memory"),
        ("import sys\n    while True: sys.stdout.write('x' * 65536)", "raised", "without end"),
        ("import os\n    while True: os.write(2, b'x' * 65536)", "raised", "without end"),
        ("import os\n    for n in range(10**6): os.mkdir(str(n)) or os.sched_yield()", "raised", "filled its folder"),
        ("import os\n    while True: os.mkdir('d'); os.chdir('d')", "raised", "filled its folder"),
        (
            "import os, time\n    for n in range(9): open(str(n), 'wb').write(b'x' * 10**6)\n    time.sleep(9)",
            "raised",
            "filled its folder",
        ),
    ],
)
def test_a_process_that_misbehaves_costs_its_check_alone(hand_in: HandIn, body: str, status: str, words: str) -> None:
    """The way it ended is told in words, and the next call works in a new process."""
    student = hand_in(f"def f():\n    {body}\n{GOOD}")

    with pytest.raises((ProcessEnded, Raised)) as caught:
        student.f()
    verdict, message, _hint = judge(caught.value, "f")

    assert verdict == status
    assert words in str(message) or "MemoryError" in str(message)
    assert student.good() == 1


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "import time; time.sleep(60)",
        "import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()",
        "import signal\n    for n in range(1, 32):\n        if n not in (9, 19): signal.signal(n, signal.SIG_IGN)\n    while True: pass",
        "input('name? ') if False else __import__('os').read(3, 1)",
        "import os\n    for n in range(10**9): os.close(os.open('x', os.O_CREAT | os.O_RDWR))",
        "import os; os.close(1); os.close(2)\n    while True: pass",
    ],
    ids=range(7),
)
def test_a_process_that_hangs_is_stopped(hurried: Callable[[str], Student], body: str) -> None:
    """The limit holds whatever the process waits for, and the next check has its own time."""
    student = hurried(f"def f():\n    {body}\n{GOOD}")

    with pytest.raises(ProcessEnded, match="time limit of 1 s") as caught:
        student.f()

    assert caught.value.status == "timed_out"
    student.begin_check()
    assert student.good() == 1


@pytest.mark.parametrize(
    ("body", "had_accident"),
    [("while True: pass", False), ("import time; time.sleep(60)", True), ("import os; os.kill(os.getpid(), 9)", True)],
    ids=["computes", "waits", "killed"],
)
def test_an_end_that_the_machine_may_be_to_blame_for(
    hurried: Callable[[str], Student], warm_bench: Bench, body: str, had_accident: bool
) -> None:
    """Who waited until the time was over, or was killed, may have met a machine in trouble; who computed has not."""
    student, before = hurried(f"def f():\n    {body}\n"), warm_bench.accidents

    with pytest.raises(ProcessEnded):
        student.f()

    assert warm_bench.accidents - before == had_accident


def test_a_callback_called_for_ever_is_stopped(hurried: Callable[[str], Student]) -> None:
    """A process that always has something to say is stopped like one that is silent."""
    student = hurried(f"def f(g):\n    while True: g(1)\n{GOOD}")

    with pytest.raises(ProcessEnded, match="time limit"):
        student.f(lambda x: x)


def test_an_import_that_never_ends_is_waited_for_once(hurried: Callable[[str], Student], warm_bench: Bench) -> None:
    """The first check pays; the others are told without another process."""
    student = hurried("while True:\n    pass\n")
    with pytest.raises(ProcessEnded, match="while importing your module: stopped after the time limit"):
        student.f()

    started = warm_bench._nursery._children
    student.begin_question()
    student.begin_check()
    with pytest.raises(ProcessEnded, match="while importing"):
        student.g()

    assert warm_bench._nursery._children == started


def test_the_time_of_a_submission_is_limited(hand_in: HandIn) -> None:
    """A submission that uses its whole time in every check is stopped in the end."""
    student = hand_in(GOOD)
    student._check_started = time.monotonic() - 61
    student.end_check()
    student.begin_check()

    with pytest.raises(ProcessEnded, match="time for the whole submission") as caught:
        student.good()

    assert "épuisé" in caught.value.reason.fr


def test_threads_are_limited(hand_in: HandIn) -> None:
    """A few threads are fine; a bomb meets the system's refusal or the watchdog."""
    student = hand_in(
        "import threading, time\n"
        "def few():\n"
        "    found = []\n"
        "    threads = [threading.Thread(target=found.append, args=(n,)) for n in range(8)]\n"
        "    [t.start() for t in threads]; [t.join() for t in threads]\n"
        "    return len(found)\n"
        "def bomb():\n"
        "    for n in range(2000):\n"
        "        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "    time.sleep(60)\n"
    )

    assert student.few() == 8
    with pytest.raises((Raised, ProcessEnded), match="thread"):
        student.bomb()
    student.begin_question()
    assert student.few() == 8


def test_printing_is_cut_and_counted(hand_in: HandIn) -> None:
    """Of much text the beginning is kept; bytes that are no text do no harm."""
    student = hand_in(
        "import os\ndef f():\n    print('é' * 100_000)\n    return 1\ndef g():\n    os.write(1, bytes(range(256)))\n    return 2\n"
    )

    assert len(student.call("f").output.encode()) <= 4096 + 3
    assert "\ufffd" in student.call("g").output


def test_what_is_refused_is_an_ordinary_error(hand_in: HandIn) -> None:
    """No network, no program, no file outside: the exception is Python's own, and catching it goes on."""
    student = hand_in(
        "import os, socket, subprocess\n"
        "def try_all():\n"
        "    refused = []\n"
        "    for attempt in (socket.socket, os.fork, lambda: subprocess.run(['true']), lambda: open('/etc/passwd').read(),\n"
        "                    lambda: open('../x', 'w'), lambda: os.listdir('..'), lambda: os.kill(os.getppid(), 9),\n"
        "                    lambda: open('/proc/%d/environ' % os.getppid()).read(), lambda: os.listdir('/tmp')):\n"
        "        try:\n            attempt()\n        except OSError as error:\n            refused.append(type(error).__name__)\n"
        "    return refused\n"
        "def surroundings():\n"
        "    files = []\n"
        "    for n in range(3, 1024):\n"
        "        try:\n            os.fstat(n)\n            files.append(n)\n        except OSError:\n            pass\n"
        "    return sorted(os.environ), files, os.getcwd() == os.environ['HOME']\n"
    )

    assert len(student.try_all()) == 9
    names, files, at_home = student.surroundings()
    assert files == [3]
    assert at_home
    assert not any("TOKEN" in name or "AUTOGRADER" in name or "VIRTUAL" in name for name in names)


LIES: dict[str, str] = {
    "frames": "'error': {'type': 3, 'bases': 7, 'message': [], 'frames': [{'code': np.zeros(3), 'line': 'x' * 10**6}], 'memory': 1}",
    "error": "'error': np.zeros(3)",
    "warnings": "'value': 1, 'warnings': {'a': 1}, 'changed': np.zeros(2)",
    "callback_list": "'callback': [1], 'args': 1, 'kwargs': 2",
    "callback_array": "'callback': np.zeros(2), 'args': 1, 'kwargs': 2",
    "callback_true": "'callback': True, 'args': [], 'kwargs': {}",
    "unknown_callback": "'callback': 77, 'args': [], 'kwargs': {}",
    "nothing": "",
}


@pytest.mark.parametrize("name", LIES)
def test_an_agent_that_was_taken_over_can_only_lie(hand_in: HandIn, name: str) -> None:
    """Student code that speaks for the agent gets a wrong value or a loss, and never breaks the judge."""
    student = hand_in(
        "import os, time\nimport numpy as np\nfrom autograder.wire import pack\n"
        f"def f():\n    os.write(3, pack({{{LIES[name]}}}))\n    time.sleep(0.3)\n{GOOD}"
    )

    verdict: Any = None
    try:
        student.f()
    except Exception as error:  # noqa: BLE001 - which one does not matter: it becomes a verdict
        verdict = judge(error, "f")

    assert verdict is None or (verdict[0] != "broken" and len(str(verdict[1])) < 5000)
    student.leave()
    assert student.good() == 1


@pytest.mark.parametrize("name", ["names", "problems", "number"])
def test_an_agent_can_lie_about_the_import(hand_in: HandIn, name: str) -> None:
    """What a process says of its module is cut to size and type before anything is done with it."""
    lies = {
        "names": "{'names': [np.zeros(2), 3, 'f'], 'problems': 3, 'exited': np.ones(2)}",
        "problems": "{'names': [], 'problems': [{'line': 'x' * 10**6, 'names': [np.zeros(2)], 'type_name': ['y'] * 10**5}]}",
        "number": "3",
    }
    student = hand_in(
        "import os, time\nimport numpy as np\nfrom autograder.wire import pack\n"
        f"os.write(3, pack({{'value': {lies[name]}}}))\ntime.sleep(0.3)\n"
    )

    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one does not matter: it becomes a verdict
        student.g()

    assert judge(caught.value, "g")[0] in ("not_attempted", "raised")
    assert len(str(student.import_report)) < 5000


def test_deep_and_closed_folders_of_a_student_are_removed(hand_in: HandIn) -> None:
    """A path longer than the system takes and a folder that nobody may open do not outlive the process."""
    student = hand_in(
        "import os\n"
        "def f():\n"
        "    os.mkdir('closed', 0)\n"
        "    here = os.getcwd()\n"
        "    for n in range(100):\n        os.mkdir('d' * 200)\n        os.chdir('d' * 200)\n"
        "    open('deep', 'w').write('x')\n    os.chdir(here)\n    return 1\n"
    )
    with contextlib.suppress(ProcessEnded):  # The watchdog may see in time how deep it is.
        student.f()
    folder = student._process.folder

    student.leave()

    assert not folder.exists()


def test_folders_of_any_shape_are_removed(tmp_path: Path) -> None:
    """Nesting deeper than Python's stack, pipes and links go; what a link leads to stays."""
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("x")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(kept)
    os.mkfifo(folder / "pipe")
    here = os.open(".", os.O_RDONLY)
    os.chdir(folder)
    for _ in range(1500):
        os.mkdir("d")  # noqa: PTH102 - a path of this depth could not be spelt
        os.chdir("d")
    os.fchdir(here)
    os.close(here)

    remove_folder(folder)

    assert not folder.exists()
    assert (kept / "file").read_text() == "x"


def running_under(uids: tuple[int, ...]) -> list[str]:
    """Return the processes of some users."""
    found = []
    for name in filter(str.isdigit, (path.name for path in Path("/proc").iterdir())):
        try:
            status = Path("/proc", name, "status").read_text()
        except OSError:
            continue
        owners = {int(number) for line in status.splitlines() if line.startswith("Uid:") for number in line.split()[1:]}
        if owners & set(uids) and "State:\tZ" not in status:
            found.append(name)
    return found


def test_a_dead_zygote_is_replaced_and_nothing_is_left(hand_in: HandIn, warm_bench: Bench) -> None:
    """When the kernel kills the zygote, one call is lost; both rooms work again; afterwards no process and no folder."""
    nursery = warm_bench._nursery
    student = hand_in(GOOD)
    stack: list[Any] = [("Input", {"shape": (2,)}), ("Dense", {"units": 1})]
    warm_bench.workshop.sequential(stack, loss="mse")
    assert student.good() == 1
    faults = warm_bench.faults

    os.kill(nursery._zygote.pid, signal.SIGKILL)
    nursery._zygote.wait()
    with pytest.raises(ProcessEnded):
        student.good()

    assert student.good() == 1
    assert warm_bench.faults > faults
    made = warm_bench.workshop.sequential(stack, loss="mse")
    assert made.predict(np.zeros((1, 2), np.float32)).shape == (1, 1)
    assert student.good() == 1
    student.leave()
    warm_bench.workshop.leave()
    for _ in range(200):  # What was killed takes a moment to be gone.
        if not running_under(nursery._uids):
            break
        time.sleep(0.05)
    assert running_under(nursery._uids) == []
    assert [path.name for path in nursery._root.iterdir() if path.name.isdigit()] == []


def test_a_bench_without_its_data_leaves_nothing(
    warm_bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a data set cannot be read, the process that loads TensorFlow meanwhile ends, and its folder goes."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "nowhere"))
    lab = replace(warm_bench.lab, datasets=("mnist",))

    with pytest.raises(LabError, match="nowhere"):
        Bench(lab)

    assert list(tmp_path.iterdir()) == []
