"""One judge: a pytest session that collects a hidden suite once and runs it on one submission after another.

It is started by `grading` as ``python -P -m autograder.worker``; a job is a line of JSON on standard input, an answer a
line of JSON on standard output.  Results are stored by the worker itself the moment they are there.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import pytest

from autograder import gradebook, scoring
from autograder.bench import Bench
from autograder.errors import AutograderError
from autograder.feedback import write_pages
from autograder.labs import load_lab, suite_path
from autograder.model import Check, Grade, Lab, Outcome, Report, Status, Submission
from autograder.nursery import settings_here
from autograder.orders import WorkerOptions, decode_options, decode_submission
from autograder.orphans import ending_with_parent
from autograder.records import encode, grade_document
from autograder.suite import Suite, check_of, read_reference, set_bench
from autograder.verdict import unusable
from shared.text import Text

__all__ = ["main"]

_TRIES = 2
_FAULT = Text(
    "The process from which the grader starts others ended twice while it was at this submission; see to the memory "
    "of this machine and grade again with --resume.",
    "Le processus dont le correcteur tire les autres s'est arrêté deux fois pendant cette remise ; vérifiez la mémoire "
    "de cette machine et relancez la correction avec --resume.",
)


_NOT_REACHED = Text(
    "not reached before everything was stopped",
    "pas atteint avant que tout ne soit arrêté",
)


class _Loop:
    """Takes the place of pytest's own loop over the tests: once over all of them for each job."""

    def __init__(self, options: WorkerOptions, answers: IO[str]) -> None:
        self._options = options
        self._answers = answers
        self._whole: Lab = _with_limit(load_lab(Path(options.root), options.lab), options.trial.check_seconds)
        self._lab: Lab = self._whole
        self._suite_items: list[pytest.Item] = []
        self._items: list[pytest.Item] = []
        self._calls: dict[str, set[str]] = {}
        self._bench: Bench
        self._suite: Suite
        self._so_far: Path
        self.fault = ""

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Let TensorFlow be loaded in its process while the suite is collected here."""
        settings = settings_here(self._lab.limits, unsafe=self._options.unsafe)
        self._bench = Bench(self._lab, replace(settings, seed=self._options.trial.seed))
        set_bench(session.config, self._lab.id, self._bench)

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> bool | None:
        """Keep the words of an error that we raised on purpose: pytest would end with a number."""
        if not isinstance(excinfo.value, AutograderError):
            return None
        self.fault = str(excinfo.value)
        return True

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep what is wrong with a file of the suite that cannot be imported."""
        if report.failed:
            lines = str(report.longrepr).strip().splitlines()
            self.fault = f"{report.nodeid}: {lines[-1] if lines else 'cannot be imported'}"

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Serve jobs until standard input ends."""
        if session.testsfailed:
            return True
        self._suite_items = session.items
        found = session.config.pluginmanager.get_plugin("autograder-suite")
        assert isinstance(found, Suite)
        self._suite = found
        for job in _jobs():
            self._answer(self._grade(job))
        return True

    def pytest_sessionfinish(self) -> None:
        """Clear everything away; that is not to be left by half."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        self._bench.close()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
        """Report without a traceback: the outcome is noted elsewhere, and drawing a traceback takes 0.2 s."""
        return pytest.TestReport(
            nodeid=item.nodeid,
            location=item.location,
            keywords={},
            outcome="passed" if call.excinfo is None else "failed",
            longrepr=None,
            when="call" if call.when == "collect" else call.when,
            duration=call.duration,
            start=call.start,
            stop=call.stop,
        )

    def _grade(self, job: dict[str, Any]) -> dict[str, Any]:
        started = time.monotonic()
        submission = decode_submission(job["submission"])
        directory = Path(self._options.out)
        self._restrict(job.get("only"))
        self._so_far = directory / ".graded" / f"{job['stem']}.partial.json"
        report = self._report(submission)
        gradebook.write(directory, report, job["stem"])
        write_pages(directory, self._lab, [report], self._options.language, {submission.name: job["stem"]})
        self._so_far.unlink(missing_ok=True)
        if self._options.trial.notes_calls:
            calls = {question: sorted(names) for question, names in self._calls.items()}
            gradebook.store(directory / "calls" / f"{job['stem']}.json", encode(calls))
        return {"stem": job["stem"], "seconds": time.monotonic() - started}

    def _restrict(self, questions: list[str] | None) -> None:
        """Run the checks of some questions only: a mutant is judged by those that it can change."""
        chosen = [question for question in self._whole.questions if questions is None or question.id in questions]
        self._lab = replace(self._whole, questions=tuple(chosen))
        wanted = {question.id for question in chosen}
        self._items = [item for item in self._suite_items if check_of(item).question in wanted]
        self._calls = {}

    def _report(self, submission: Submission) -> Report:
        outcomes = self._outcomes(submission)
        if outcomes is None:
            return Report(scoring.not_graded(self._lab, submission.name, submission.digest, _FAULT))
        student = self._bench.student
        outcomes = self._second_opinion(submission, outcomes)
        grade: Grade = scoring.score(
            self._lab,
            outcomes,
            submission=submission.name,
            digest=submission.digest,
            environment=self._bench.environment,
            confinement=(*student.confinement, "memory"),
            reason=student.import_report,
        )
        exhibits = tuple(exhibit for outcome in outcomes for exhibit in outcome.exhibits)
        return Report(grade, exhibits, submission.answers)

    def _outcomes(self, submission: Submission) -> list[Outcome] | None:
        """Run the suite; where something of ours failed meanwhile nothing counts, and it is run once more.

        So it is where the submission's process had an accident: killed, which a kernel short of memory does to anybody,
        or out of time without having computed, which a machine that stands still does.  What has one a second time has
        made it itself.
        """
        for tries_left in reversed(range(_TRIES)):
            faults, accidents = self._bench.faults, self._bench.accidents
            self._bench.take(submission)
            # What is known after a whole first try is not to be written over by the beginning of a second.
            outcomes = self._run(note=submission if self._options.keeps_partial and tries_left else None)
            if self._bench.faults == faults and (self._bench.accidents == accidents or not tries_left):
                return outcomes
        return None

    def _run(self, only: frozenset[int] | None = None, note: Submission | None = None) -> list[Outcome]:
        self._suite.restart()
        chosen = [item for number, item in enumerate(self._items) if only is None or number in only]
        for item, following in zip(chosen, [*chosen[1:], self._items[0]], strict=True):
            if self._is_decided(check_of(item)):
                self._suite.outcomes.append(Outcome(check_of(item), Status.SKIPPED, _NOT_REACHED))
                continue
            # Where checks may be skipped, nobody knows which one is next.
            known = None if self._options.trial.stops_at_failure else following
            item.ihook.pytest_runtest_protocol(item=item, nextitem=known)
            self._calls.setdefault(check_of(item).question, set()).update(self._bench.student.called)
            self._bench.student.called.clear()
            if note is not None:
                self._note(note)
        return self._suite.outcomes

    def _is_decided(self, check: Check) -> bool:
        """Say whether a mutant is killed already, so that the question's other checks need not be run."""
        if not self._options.trial.stops_at_failure:
            return False
        done = self._suite.outcomes
        return any(o.check.question == check.question and o.status is not Status.PASSED for o in done)

    def _note(self, submission: Submission) -> None:
        """Keep what is known so far: a platform that stops everything after its own time limit shows that much."""
        done = self._suite.outcomes
        later = [Outcome(check_of(item), Status.SKIPPED, _NOT_REACHED) for item in self._items[len(done) :]]
        grade = scoring.score(
            self._lab,
            [*done, *later],
            submission=submission.name,
            digest=submission.digest,
            environment=self._bench.environment,
            confinement=(*self._bench.student.confinement, "memory"),
        )
        gradebook.store(self._so_far, encode(grade_document(grade)))

    def _second_opinion(self, submission: Submission, outcomes: list[Outcome]) -> list[Outcome]:
        """Try checks that broke once more, and then on the reference.

        Where a check breaks again and holds on the reference, it is the student's value that is unusable.
        """
        outcomes = self._again(submission, outcomes)
        broken = _broken(outcomes)
        if not broken:
            return outcomes
        self._bench.take(read_reference(Path(self._options.root), self._lab))
        on_reference = dict(zip(broken, self._run(frozenset(broken)), strict=True))
        return [
            self._with_opinion(outcome, on_reference[number]) if number in on_reference else outcome
            for number, outcome in enumerate(outcomes)
        ]

    def _again(self, submission: Submission, outcomes: list[Outcome]) -> list[Outcome]:
        broken = _broken(outcomes)
        if not broken or len(outcomes) != len(self._items):
            return outcomes
        self._bench.workshop.leave()
        self._bench.take(submission)
        second = dict(zip(broken, self._run(frozenset(broken)), strict=True))
        return [second.get(number, outcome) for number, outcome in enumerate(outcomes)]

    def _with_opinion(self, outcome: Outcome, on_reference: Outcome) -> Outcome:
        if on_reference.status is not Status.PASSED:
            return outcome
        status, message, _hint = unusable(outcome.check.question)
        return replace(outcome, status=status, message=message)

    def _answer(self, document: dict[str, Any]) -> None:
        self._answers.write(json.dumps(document) + "\n")
        self._answers.flush()


def _with_limit(lab: Lab, check_seconds: float | None) -> Lab:
    if check_seconds is None:
        return lab
    limits = replace(lab.limits, check_seconds=check_seconds, submission_seconds=check_seconds * len(lab.questions))
    return replace(lab, limits=limits)


def _broken(outcomes: list[Outcome]) -> list[int]:
    return [number for number, outcome in enumerate(outcomes) if outcome.status is Status.BROKEN]


def _jobs() -> Iterator[dict[str, Any]]:
    for line in sys.stdin:
        yield json.loads(line)


def main(argv: list[str]) -> int:
    """Run a worker; its standard output carries answers only."""
    options = decode_options(argv[0])
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):  # what somebody has set for tests of their own
        os.environ.pop(name, None)
    root = Path(options.root)
    arguments = [
        *(str(suite_path(root, options.lab)), "-c", os.devnull, f"--rootdir={root}"),
        *("-p", "autograder.suite", "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:warnings"),
        *("-p", "no:faulthandler", "-p", "no:unraisableexception", "-p", "no:threadexception"),
        *("--import-mode=importlib", "--strict-markers", "--capture=no", "--assert=plain"),
    ]
    try:
        loop = _Loop(options, answers)
        # Told to stop, it ends as by Ctrl-C: processes and folders are cleared away on the way out.
        with ending_with_parent(int(argv[1]), Path(argv[2])):
            code = pytest.main(arguments, plugins=[loop])
    except AutograderError as error:
        answers.write(json.dumps({"error": str(error)}) + "\n")
        return 3
    if loop.fault:
        answers.write(json.dumps({"error": loop.fault}) + "\n")
        return 3
    if code == pytest.ExitCode.INTERRUPTED:
        return 0
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        answers.write(
            json.dumps({"error": f"the suite of the lab {options.lab} cannot be run (pytest exit {code})"}) + "\n"
        )
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
