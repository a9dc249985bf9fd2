"""A small made-up lab and reports about it for the tests that run no student code, and a warm bench for those that do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from autograder.bench import Bench
from autograder.model import Check, Exhibit, Lab, Limits, Outcome, Question, Report, Status, Submission
from autograder.nursery import settings_here
from autograder.scoring import score
from autograder.student import Student
from shared.text import Text

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MakeReport = Callable[..., Report]
HandIn = Callable[..., Student]


@pytest.fixture
def lab() -> Lab:
    """A lab of 20 points: two functions and a written answer."""
    questions = (
        Question("dense", Text("A dense layer", "Une couche dense"), Fraction(10)),
        Question("pool", Text("Max-pooling", "Le max-pooling"), Fraction(6)),
        Question("q1", Text("Why so deep?", "Pourquoi si profond ?"), Fraction(4), written=True),
    )
    return Lab("toy", Text("A toy lab", "Un TP jouet"), questions, Limits())


@pytest.fixture
def make_report(lab: Lab) -> MakeReport:
    """Make the report of a submission whose checks came out as said; the weights of ``dense`` are 1 and 2."""

    def make(
        name: str = "amel.benali",
        statuses: tuple[Status, Status, Status] = (Status.PASSED, Status.FAILED, Status.PASSED),
        *,
        words: str = "`dense(2)` returned 3; 4 was expected.",
        exhibits: tuple[Exhibit, ...] = (),
        answers: Mapping[str, str] | None = None,
    ) -> Report:
        hint = Text(f"hint: {words}", f"piste : {words}")
        checks = (
            Check("dense", "shape", Text("The shape", "La forme"), weight=1, hint=hint),
            Check("dense", "values", Text("The values", "Les valeurs"), weight=2, hint=hint),
            Check("pool", "secret", Text("The hidden one", "La cachée"), visible=False, hint=hint),
        )
        outcomes = [Outcome(check, status, Text.same(words)) for check, status in zip(checks, statuses, strict=True)]
        grade = score(
            lab,
            outcomes,
            submission=name,
            digest="sha256:" + "0" * 64,
            environment={"python": "3.11", "keras": "3.15.1"},
            confinement=["landlock", "seccomp"],
        )
        return Report(grade, exhibits, dict(answers or {}))

    return make


@pytest.fixture(scope="session")
def warm_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A bench with small limits; loading TensorFlow takes long, so that all tests share its zygote."""
    cache = pytest.MonkeyPatch()
    cache.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    limits = Limits(
        check_seconds=20.0,
        submission_seconds=60.0,
        memory_bytes=1_500_000_000,
        output_bytes=4096,
        disk_bytes=2**20,
        disk_entries=300,
        threads=64,
    )
    question = Question("f", Text("A function", "Une fonction"), Fraction(1))
    bench = Bench(Lab("toy", Text("Toy", "Jouet"), (question,), limits), settings_here(limits))
    yield bench
    bench.close()
    cache.undo()


@pytest.fixture
def hand_in(warm_bench: Bench) -> Iterator[HandIn]:
    """Hand in a module's source: it is put on the bench and returned as tests see it."""

    def put(source: str, files: Mapping[str, bytes] | None = None) -> Student:
        warm_bench.take(Submission("amel.benali", "sha256:0", source, files=dict(files or {})))
        return warm_bench.student

    yield put
    warm_bench.take(Submission("nobody", "sha256:0", ""))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium of the system's, or of ``CHROMIUM``; without one these tests are skipped."""
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed (extra: dev)")
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine: install it, or name it in CHROMIUM")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=arguments)
        yield opened
        opened.close()
