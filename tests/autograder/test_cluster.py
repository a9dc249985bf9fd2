"""Grading on a Dask cluster: real scheduler, real workers, one of them killed on the way, the same bytes as here."""

from __future__ import annotations

import csv
import io
import json
import os
import runpy
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autograder import cli
from autograder.confine import available_layers
from autograder.errors import AutograderError
from autograder.judge import Dismissed, Job
from autograder.model import Submission
from autograder.orders import WorkerOptions

distributed = pytest.importorskip("distributed", reason="Dask is not installed (extra: cluster)")
from autograder import cluster  # noqa: E402 - it needs Dask

ROOT = Path(__file__).resolve().parents[2]
COURSE = runpy.run_path(str(Path(__file__).with_name("small_course.py")))
CLUSTER = runpy.run_path(str(Path(__file__).with_name("dask_cluster.py")))
command: Callable[..., subprocess.Popen[str]] = COURSE["command"]
finish: Callable[..., tuple[str, str]] = COURSE["finish"]
open_course: Callable[[], AbstractContextManager[Path]] = COURSE["open_course"]
open_cluster: Callable[[Path, int], AbstractContextManager[Any]] = CLUSTER["open_cluster"]

pytestmark = pytest.mark.skipif(
    not {"landlock", "seccomp"} <= set(available_layers()), reason="student code needs Landlock and seccomp"
)
SLOW = "import time\n\n\ndef double(x):\n    time.sleep(0.5)\n    return 2 * x + {number} * 0\n\n\n"
AVERAGE = "def average(values):\n    return sum(values) / len(values)\n"
CLASS = {f"s{number}": SLOW.format(number=number) + AVERAGE for number in range(1, 7)} | {
    "stub": COURSE["STUB"],
    "twin": SLOW.format(number=1) + AVERAGE,
    "wrong": AVERAGE,
}


@dataclass(frozen=True)
class Graded:
    """Results of the same class, graded on the cluster and here, and what the first command printed."""

    course: Path
    printed: str


@pytest.fixture(scope="module")
def graded() -> Iterator[Graded]:
    """Grade on two workers, kill one when a result is there, and let a third one take its place; then grade here."""
    with open_course() as course, open_cluster(course, 2) as dask:
        (course / "class").mkdir()
        for name, source in CLASS.items():
            (course / f"class/{name}.py").write_text(source)
        (course / "class/text.txt").write_text("no module")
        process = command(
            course, "grade", "small", "class", "--out", "out", "--scheduler", dask.address, "--json", "--fresh"
        )
        wait_for_results(course / "out", len([*CLASS, "text"]) // 3, process)
        os.kill(dask.processes[1].pid, signal.SIGKILL)
        dask.add_worker()
        printed, _errors = finish(process)
        dask.close()
        finish(command(course, "grade", "small", "class", "--out", "here", "--jobs", 2))
        yield Graded(course, printed)


def wait_for_results(out: Path, count: int, process: subprocess.Popen[str]) -> None:
    """Wait until some results are stored; the command must still be at work then."""
    end = time.monotonic() + 240
    while len(list((out / "results").glob("*.json"))) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.05)
    assert process.poll() is None


def test_the_bytes_are_those_of_grading_here(graded: Graded) -> None:
    """Results, exhibits, pages, table and dashboard, though a worker was killed on the way."""
    for pattern in ("results/*.json", "exhibits/*.json", "feedback/*.html", "gradebook.csv", "index.html"):
        there = {path.name: path.read_bytes() for path in (graded.course / "out").glob(pattern)}
        here = {path.name: path.read_bytes() for path in (graded.course / "here").glob(pattern)}
        assert there == here
        assert there


def test_no_result_is_lost_or_doubled(graded: Graded) -> None:
    """Everybody has one row and was graded."""
    rows = list(csv.DictReader(io.StringIO((graded.course / "out/gradebook.csv").read_text())))

    assert sorted(row["submission"] for row in rows) == sorted([*CLASS, "text"])
    assert {row["submission"]: row["status"] for row in rows} == dict.fromkeys(CLASS, "graded") | {"text": "rejected"}
    assert len(json.loads(graded.printed)["results"]) == len(rows)


def test_what_was_graded_there_is_kept_here(graded: Graded) -> None:
    """`--resume` knows what the cluster has done, and needs no cluster then."""
    printed, errors = finish(
        command(
            graded.course, "grade", "small", "class", "--out", "out", "--resume", "--scheduler", "tcp://127.0.0.1:9"
        )
    )

    assert "graded" in printed
    assert "rejected: text" in errors
    seconds = json.loads((graded.course / "out/timings.json").read_text())["submissions"]
    assert [name for name in seconds if seconds[name]["seconds"] > 0] == ["text"]


def test_a_scheduler_that_does_not_answer_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command ends with the address and the remedy."""
    with open_course() as course:
        (course / "class").mkdir()
        (course / "class/a.py").write_text(COURSE["REFERENCE"])
        address = "nonsense://x"
        arguments = ["grade", "small", "class", "--out", str(tmp_path / "out"), "--scheduler", address]
        monkeypatch.chdir(course)
        monkeypatch.setattr(sys, "argv", ["autograder", *arguments])

        with pytest.raises(SystemExit) as ended:
            cli.main()

        assert ended.value.code == 3
        assert f"no Dask scheduler answers at {address}" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://x"])
def test_nobody_at_the_address_is_told(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What refuses the connection is tried for a while, and then said; so is an address that is none."""
    monkeypatch.setattr(cluster, "_CONNECT_SECONDS", 1)
    with pytest.raises(AutograderError, match=rf"no Dask scheduler answers at {address}: .*; start one"):
        cluster.grade_on_cluster(address, [], WorkerOptions(str(ROOT), "mnist", str(tmp_path)), print)


@pytest.mark.parametrize(
    ("future", "words"),
    [
        (SimpleNamespace(status="error", exception=lambda: distributed.KilledWorker("t", None, 3)), "were lost"),
        (SimpleNamespace(status="error", exception=lambda: OSError("no space")), "the cluster gave up: no space"),
        (SimpleNamespace(status="cancelled"), "the cluster gave up: the task was cancelled"),
    ],
    ids=["workers", "task", "scheduler"],
)
def test_what_the_cluster_cannot_do_is_told(future: Any, words: str) -> None:
    """A submission that ends worker after worker is set aside; anything else ends the command, with the way to go on."""
    graded = cluster._result(future)

    assert words in (graded.reason[0] if graded.reason else graded.fault)
    assert graded.reason is not None or "--resume" in graded.fault


def test_a_result_lost_with_its_machine_is_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Finished there, gone before it was fetched: the scheduler has it computed again, and it counts once."""
    statuses = iter(["lost", "pending", "finished"])
    reason = ("set aside", "mis de côté")

    class Arriving(deque[Any]):
        def __init__(self, loop: object) -> None:
            super().__init__()

        def add(self, future: Any) -> None:
            self.append(getattr(future, "key", future))

        def __iter__(self) -> Iterator[Any]:
            while self:
                future = self.popleft()
                yield SimpleNamespace(key=future, status=next(statuses), result=lambda: cluster._Graded(reason=reason))

    ended: list[str] = []
    monkeypatch.setattr(cluster, "as_completed", Arriving)
    client = SimpleNamespace(loop=None, submit=lambda *_args, key, **_options: key)
    jobs = [Job(Submission("amel", "sha256:1", ""), "amel")]
    cluster._gather(client, "run", jobs, 4, (tmp_path, lambda job, _seconds, _reason: ended.append(job.stem)))

    assert ended == ["amel"]


def test_a_scheduler_without_workers_is_told() -> None:
    """After a while, with the command that starts one."""

    def wait(_count: int, timeout: float) -> None:
        raise TimeoutError(timeout)

    with pytest.raises(
        AutograderError, match=r"at tcp://host:1 has no workers; start some with: dask worker tcp://host:1"
    ):
        cluster._threads(SimpleNamespace(wait_for_workers=wait), "tcp://host:1")


def test_a_machine_with_another_version_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It grades nothing: its results might differ."""
    judges = cluster._Judges("run", WorkerOptions(str(ROOT), "mnist", str(tmp_path)), {}, cluster._kin())
    monkeypatch.setattr(cluster, "_kin", lambda: judges.kin | {"keras": "1.0"})
    judges.setup(SimpleNamespace(address="tcp://there:1"))

    graded = judges.grade("amel", Submission("amel", "sha256:1", ""))
    judges.teardown(None)

    assert "tcp://there:1 has another keras (1.0) than this machine" in graded.fault
    assert not judges.folder.exists()


def test_judges_that_were_sent_home_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that was at work when the command ended does not look like a result."""

    def dismissed(*_args: object) -> None:
        raise Dismissed

    monkeypatch.setattr(
        cluster, "get_worker", lambda: SimpleNamespace(plugins={"run": SimpleNamespace(grade=dismissed)})
    )
    graded = cluster._grade_there("run", "amel", asdict(Submission("amel", "sha256:1", "")))

    assert "sent home" in graded.fault


def test_without_dask_the_extra_is_named() -> None:
    """The option says what to install."""
    code = "import sys; sys.modules['distributed'] = None; import autograder.cluster"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert "--scheduler needs Dask: pip install 'deep-learning-labs[cluster]'" in done.stderr
