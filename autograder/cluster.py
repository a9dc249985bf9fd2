"""Grades on an existing Dask cluster: a task a submission, results stored here as they come.

Every machine of the cluster needs this project installed; the lab itself (description, suite, reference) is sent along.
What a lost worker was at is graded again on another one, and each result is stored once, by this process.
"""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

from autograder.course_data import data_kind
from autograder.errors import AutograderError, UsageError
from autograder.gradebook import read_content, store, write_content
from autograder.judge import Dismissed, Finish, Job, Judge, code_digest
from autograder.labs import lab_toml_path, load_lab, reference_path, stub_path, suite_path
from autograder.model import Submission
from autograder.orders import WorkerOptions
from shared.text import Text

try:
    from distributed import Client, Future, KilledWorker, Worker, WorkerPlugin, as_completed, get_worker
except ImportError as error:
    raise UsageError("--scheduler needs Dask: pip install 'deep-learning-labs[cluster]'") from error

__all__ = ["grade_on_cluster"]

_CONNECT_SECONDS = 10
_WORKER_SECONDS = 120
# Enough to keep every thread busy, few enough that neither scheduler nor this process holds a whole class.
_AHEAD = 4
# A machine that ends takes along what it had finished and nobody had fetched: the scheduler has it done once more.
_NOT_YET = ("lost", "pending")
_LOST = Text(
    "Several machines of the cluster were lost while they were at this submission.",
    "Plusieurs machines du cluster ont été perdues pendant cette remise.",
)


@dataclass(frozen=True, slots=True)
class _Graded:
    """What a task gives back: the contents of a result's files, or why there are none; ``fault`` concerns the machine."""

    seconds: float = 0.0
    grade: bytes = b""
    showing: bytes = b""
    page: bytes = b""
    reason: tuple[str, str] | None = None
    fault: str = ""


@dataclass
class _Judges(WorkerPlugin):  # type: ignore[misc]  # of a class without types
    """The judges of one machine of the cluster, kept warm between tasks."""

    name: str
    told: WorkerOptions
    files: dict[str, bytes]
    kin: dict[str, str]
    folder: Path = field(default_factory=Path)
    fault: str = ""
    idle: list[Judge] = field(default_factory=list)
    busy: list[Judge] = field(default_factory=list)

    def setup(self, worker: Worker) -> None:
        """Lay out the lab in a private folder; called on each machine, also on those that join later."""
        self.lock = threading.Lock()
        for key, here in _kin().items():
            if here != self.kin[key]:
                self.fault = f"{worker.address} has another {key} ({here}) than this machine ({self.kin[key]})"
        self.folder = Path(tempfile.mkdtemp(prefix="autograder-cluster-"))
        # Students' processes, which are other users', have folders of their own in it.
        self.folder.chmod(0o711)
        for name, content in self.files.items():
            path = self.folder / "course" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        (self.folder / "out" / ".graded").mkdir(parents=True)
        (self.folder / "tmp").mkdir()
        self.told = replace(self.told, root=str(self.folder / "course"), out=str(self.folder / "out"))

    def teardown(self, worker: Worker) -> None:
        """End the judges and leave nothing behind."""
        for judge in (*self.idle, *self.busy):
            judge.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def grade(self, stem: str, submission: Submission) -> _Graded:
        """Grade one submission on a judge that is free, or a new one."""
        if self.fault:
            return _Graded(fault=self.fault)
        judge = self._take()
        try:
            seconds, reason = judge.grade(stem, submission)
            return self._collect(stem, seconds) if reason is None else _Graded(seconds, reason=(reason.en, reason.fr))
        except AutograderError as error:
            return _Graded(fault=str(error))
        finally:
            with self.lock:
                self.busy.remove(judge)
                self.idle.append(judge)

    def _take(self) -> Judge:
        with self.lock:
            limits = load_lab(Path(self.told.root), self.told.lab).limits
            judge = self.idle.pop() if self.idle else Judge(self.told, limits, self.folder / "tmp")
            self.busy.append(judge)
            return judge

    def _collect(self, stem: str, seconds: float) -> _Graded:
        out = self.folder / "out"
        page = out / "feedback" / f"{stem}.html"
        graded = _Graded(seconds, *read_content(out, stem), page.read_bytes())
        for path in (page, out / "results" / f"{stem}.json", out / "exhibits" / f"{stem}.json"):
            path.unlink()
        return graded


def grade_on_cluster(address: str, jobs: Sequence[Job], told: WorkerOptions, finish: Finish) -> None:
    """Grade every job on a cluster.

    Args:
        address: The scheduler's, such as ``tcp://host:8786``.
        jobs: What to grade.
        told: What a worker here would be told; results are written to its folder.
        finish: Called for one job after another, each once.

    Raises:
        AutograderError: The scheduler or its workers cannot be used, or no submission can be graded.
    """
    try:
        client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        message = f"no Dask scheduler answers at {address}: {error}; start one, or leave out --scheduler"
        raise AutograderError(message) from error
    with client:
        threads = _threads(client, address)
        plugin = _Judges(f"autograder-{uuid4().hex}", told, _course_files(told), _kin())
        client.register_plugin(plugin, name=plugin.name)
        try:
            _gather(client, plugin.name, jobs, threads * _AHEAD, (Path(told.out), finish))
        finally:
            client.unregister_worker_plugin(plugin.name)


def _gather(client: Client, plugin: str, jobs: Sequence[Job], window: int, ends: tuple[Path, Finish]) -> None:
    """Keep a window of tasks going, and store each result as it comes."""
    out, finish = ends
    waiting = iter(jobs)
    running: dict[str, Job] = {}
    arriving = as_completed(loop=client.loop)

    def send(more: Iterator[Job]) -> None:
        for job in more:
            key = f"{plugin}-{job.stem}"
            running[key] = job
            arriving.add(client.submit(_grade_there, plugin, job.stem, asdict(job.submission), key=key, pure=False))

    send(islice(waiting, window))
    for future in arriving:
        if future.status in _NOT_YET:
            arriving.add(future)
            continue
        job = running.pop(future.key)
        graded = _result(future)
        if graded.fault:
            raise AutograderError(graded.fault)
        if graded.reason is None:
            write_content(out, job.stem, graded.grade, graded.showing)
            store(out / "feedback" / f"{job.stem}.html", graded.page)
        finish(job, graded.seconds, None if graded.reason is None else Text(*graded.reason))
        send(islice(waiting, 1))


def _result(future: Future) -> _Graded:
    """Return what a task gave; one whose workers were lost again and again is set aside."""
    if future.status == "finished":
        found: _Graded = future.result()
        return found
    if future.status == "error" and isinstance(error := future.exception(), KilledWorker):
        return _Graded(reason=(_LOST.en, _LOST.fr))
    cause = error if future.status == "error" else f"the task was {future.status}"
    return _Graded(fault=f"the cluster gave up: {cause}; what is graded is stored, go on with --resume")


def _grade_there(plugin: str, stem: str, submission: dict[str, Any]) -> _Graded:
    """Grade a submission on the machine that this runs on."""
    judges: _Judges = get_worker().plugins[plugin]
    try:
        return judges.grade(stem, Submission(**submission))
    except Dismissed:
        return _Graded(fault="the judges were sent home: another command has ended this one")


def _threads(client: Client, address: str) -> int:
    """Return how many submissions the cluster can grade side by side, once it has a worker."""
    try:
        client.wait_for_workers(1, timeout=_WORKER_SECONDS)
    except TimeoutError as error:
        message = f"the Dask scheduler at {address} has no workers; start some with: dask worker {address}"
        raise AutograderError(message) from error
    count: int = sum(client.nthreads().values())
    return max(1, count)


def _course_files(told: WorkerOptions) -> dict[str, bytes]:
    """Return all of a lab that a judge reads, by path in the course's folder."""
    root = Path(told.root)
    wanted = [lab_toml_path(root, told.lab), stub_path(root, told.lab), *suite_path(root, told.lab).rglob("*.py")]
    wanted += reference_path(root, told.lab).parent.glob("*.py")
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in wanted}


def _kin() -> dict[str, str]:
    """Return what must be the same on every machine for results to be the same."""
    versions = {name: importlib.metadata.version(name) for name in ("keras", "numpy")}
    return {"grader": code_digest()[:12], "data": data_kind(), "python": platform.python_version()} | versions
