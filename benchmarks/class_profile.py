"""Where this project's time goes: one worker on a class, with a clock around each kind of work."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from class_tools import Setting, environment, start_again

from autograder.judge import Job
from autograder.labs import load_lab, stub_path
from autograder.orders import WorkerOptions, encode_submission, worker_command
from autograder.submissions import Entry, read_submission

__all__ = ["profile"]

# What no grader of this kind can leave out.
_FLOOR = ("waiting for TensorFlow's import", "workshop: model fit", "student: call", "student: load")
# Run in the worker's own process: it wraps the few functions through which everything passes, then is a worker.
_CLOCKED = """
import atexit, json, sys, time
from autograder import bench, nursery, process, training, worker
from autograder.feedback import write_pages

started = time.perf_counter()
spent, running = {}, []

def clocked(holder, name, label):
    inner = getattr(holder, name)
    def outer(*args, **kwargs):
        key = label(*args) if callable(label) else label
        begun = time.perf_counter()
        running.append(0.0)
        try:
            return inner(*args, **kwargs)
        finally:
            took = time.perf_counter() - begun
            inside = running.pop()
            if running:
                running[-1] += took
            seconds, count = spent.get(key, (0.0, 0))
            spent[key] = (seconds + took - inside, count + 1)
    setattr(holder, name, outer)

def whose(self, operation, *_rest):
    return ("workshop: " if self._trusted else "student: ") + operation

clocked(nursery.Nursery, "_greet", "waiting for TensorFlow's import")
clocked(nursery.Nursery, "fork", "forking and confining")
clocked(nursery.Nursery, "discard", "ending processes")
clocked(process.StudentProcess, "request", whose)
clocked(training.Trainer, "_train", "judge's training: around the workshop")
clocked(worker, "write_pages", "feedback pages")
clocked(worker.gradebook, "write", "storing results")
clocked(worker._Loop, "_run", "judge: checks, NumPy oracles, pytest")
clocked(worker._Loop, "_grade", "judge: reading a job, points")

def tell():
    whole = time.perf_counter() - started
    with open(sys.argv[-1], "w") as stream:
        json.dump({"whole": whole, "spent": spent}, stream)

atexit.register(tell)
sys.exit(worker.main(sys.argv[1:-1]))
"""


def profile(setting: Setting, submissions: list[Path]) -> str:
    """Return a table of what one worker spends its time on, over a class with nothing remembered."""
    start_again(setting)
    out, told = setting.work / "profiled", setting.work / "profile.json"
    (out / ".graded").mkdir(parents=True, exist_ok=True)
    options = WorkerOptions(str(setting.root), setting.lab, str(out))
    jobs = "".join(json.dumps(_job(setting, path)) + "\n" for path in submissions)
    _python, *plain = worker_command(options, setting.work)
    command = [sys.executable, "-P", "-c", _CLOCKED, *plain[plain.index("autograder.worker") + 1 :], str(told)]
    with subprocess.Popen(  # noqa: S603 - our own commands
        command, cwd=setting.root, env=environment(setting), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as worker:
        assert worker.stdin is not None  # noqa: S101 - asked for above
        assert worker.stdout is not None  # noqa: S101
        worker.stdin.write(jobs)
        worker.stdin.flush()  # a worker whose input is closed ends at once
        for _ in submissions:
            worker.stdout.readline()
        worker.stdin.close()
    return _table(json.loads(told.read_text(encoding="utf-8")), len(submissions))


def _job(setting: Setting, path: Path) -> dict[str, object]:
    questions = [question.id for question in load_lab(setting.root, setting.lab).questions]
    stub = stub_path(setting.root, setting.lab).read_text(encoding="utf-8")
    job = Job(read_submission(Entry(path.stem, path), setting.lab, questions, stub), path.stem)
    return {"stem": job.stem, "submission": encode_submission(job.submission)}


def _table(found: dict[str, object], count: int) -> str:
    whole, spent = found["whole"], found["spent"]
    assert isinstance(whole, float)  # noqa: S101 - as it was written above
    assert isinstance(spent, dict)  # noqa: S101
    rest = whole - sum(seconds for seconds, _times in spent.values())
    rows = {**spent, "starting: Python, pytest's collection, data": [rest, 1]}
    lines = [f"\nWhere one worker's {whole:.1f} s went ({count} submissions):\n", "| part | seconds | share | times |"]
    lines.append("|---|---|---|---|")
    for name, (seconds, times) in sorted(rows.items(), key=lambda row: -row[1][0]):
        lines.append(f"| {name} | {seconds:.2f} | {seconds / whole:.1%} | {times} |")
    floor = sum(seconds for name, (seconds, _times) in rows.items() if name.startswith(_FLOOR))
    lines.append(
        f"\nThe floor is {floor:.1f} s: importing TensorFlow once, training each distinct network once, and what the "
        f"submissions' own functions take; the whole is {whole / floor:.2f} times that."
    )
    return "\n".join(lines)
