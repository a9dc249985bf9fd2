"""Runs commands on a class and measures what they take: wall-clock time, and memory of all their processes together."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from class_tools import Setting, Tool, environment

__all__ = ["Measured", "Memory", "import_seconds", "run_lanes", "run_ours"]

_SAMPLE_SECONDS = 0.5
_IMPORT = "import time; start = time.perf_counter(); import tensorflow; print(time.perf_counter() - start)"


@dataclass(frozen=True)
class Measured:
    """What grading some submissions took; memory is shared out among the processes that share it (PSS)."""

    count: int
    seconds: float
    peak_bytes: int
    process_bytes: int
    passed: list[float] = field(default_factory=list)


def import_seconds() -> float:
    """Return how long a new interpreter takes to import TensorFlow."""
    done = subprocess.run([sys.executable, "-c", _IMPORT], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    return float(done.stdout)


def run_ours(setting: Setting, submissions: Sequence[Path], jobs: int) -> Measured:
    """Grade a class by this project, in one command."""
    out, handed_in = setting.work / "ours", setting.work / "ours-class"
    for folder in (out, handed_in):
        shutil.rmtree(folder, ignore_errors=True)
    handed_in.mkdir()
    for submission in submissions:
        shutil.copy(submission, handed_in)
    command = [sys.executable, "-m", "autograder.cli", "grade", setting.lab, str(handed_in), "--many", "--json"]

    def grade(memory: Memory) -> None:
        _run([*command, "--out", str(out), "--jobs", str(jobs)], setting.root, environment(setting), memory)

    found = _measured(len(submissions), grade)
    shares = [_share(out / "results" / f"{submission.stem}.json") for submission in submissions]
    return Measured(found.count, found.seconds, found.peak_bytes, found.process_bytes, shares)


def run_lanes(setting: Setting, tool: Tool, submissions: Sequence[Path], lanes: Sequence[Path]) -> Measured:
    """Grade submissions by another tool: one process after another in each lane, the lanes side by side."""
    waiting = list(submissions)[::-1]
    done: list[tuple[Path, Path]] = []

    def serve(lane: Path, memory: Memory) -> None:
        while waiting:
            try:
                submission = waiting.pop()
            except IndexError:
                return
            command = tool.command(setting, submission, lane)
            _run(command, lane, environment(setting, submission), memory, allowed=(0, 1))
            done.append((submission, lane))

    def grade(memory: Memory) -> None:
        threads = [threading.Thread(target=serve, args=(lane, memory)) for lane in lanes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    found = _measured(len(submissions), grade)
    shares = [tool.passed(setting, submission, lane) for submission, lane in done]
    return Measured(found.count, found.seconds, found.peak_bytes, found.process_bytes, shares)


class Memory:
    """Adds up, now and again, what the processes of running commands use.

    Attributes:
        peak: the most that all had together, in bytes.
        largest: the most that one command had with all that it started, in bytes.
    """

    def __init__(self) -> None:
        self.peak = 0
        self.largest = 0
        self._roots: list[psutil.Process] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()

    def follow(self, pid: int) -> None:
        """Count a process and all that it starts."""
        self._roots.append(psutil.Process(pid))

    def _watch(self) -> None:
        while not self._stop.wait(_SAMPLE_SECONDS):
            trees = [_tree_bytes(root) for root in list(self._roots)]
            self.peak = max(self.peak, sum(trees))
            self.largest = max([self.largest, *trees])


def _tree_bytes(root: psutil.Process) -> int:
    total = 0
    try:
        family = [root, *root.children(recursive=True)]
    except psutil.Error:
        return 0
    for process in family:
        try:
            total += process.memory_full_info().pss
        except psutil.Error:
            continue  # It ended meanwhile.
    return total


def _measured(count: int, grade: Callable[[Memory], None]) -> Measured:
    memory = Memory()
    memory.start()
    started = time.monotonic()
    try:
        grade(memory)
    finally:
        memory.stop()
    return Measured(count, time.monotonic() - started, memory.peak, memory.largest)


def _run(
    command: list[str], folder: Path, env: dict[str, str], memory: Memory, allowed: tuple[int, ...] = (0,)
) -> None:
    log = folder / "last.log" if folder.name.isdigit() else Path(env["MPLCONFIGDIR"]).parent / "ours.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream)  # noqa: S603 - our own commands
    memory.follow(process.pid)
    if process.wait() not in allowed:
        message = f"{' '.join(command)} ended with {process.returncode}:\n{log.read_text(errors='replace')[-3000:]}"
        raise SystemExit(message)


def _share(path: Path) -> float:
    questions = json.loads(path.read_text(encoding="utf-8"))["questions"]
    checks = [check for question in questions for check in question["checks"]]
    passed = [check for check in checks if check["status"] == "passed"]
    return len(passed) / max(1, len(checks))
