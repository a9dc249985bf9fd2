"""Gradescope: the zip, its two programs run as Gradescope runs them, and what comes back."""

from __future__ import annotations

import json
import tempfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Any

import jsonschema
import numpy as np
import pytest
import yaml

from autograder import gradebook, grading, scoring
from autograder.errors import AutograderError, UsageError
from autograder.exporters import gradescope_run
from autograder.exporters.gradescope import (
    RESULTS_SCHEMA,
    collect_gradescope,
    export_gradescope,
    read_results,
    refusal,
    results_document,
    wait_until,
)
from autograder.exporters.parcels import MAX_ZIP_BYTES, project_files, write_zip
from autograder.labs import find_root
from autograder.model import Gradescope, Lab, Report, Status
from autograder.specimens import load_specimens, write_specimen
from shared.text import Text

from .conftest import MakeReport
from .extent import skip_unless_drawn
from .gradescope_like import Container

ROOT = find_root(Path(__file__).parent)
METADATA = {
    "created_at": "2026-01-10T12:00:00.000000+01:00",
    "users": [{"name": "Amel Benali", "email": "amel@example.org"}],
    "previous_submissions": [
        {"submission_time": "2026-01-10T08:00:00.000000+01:00", "score": "12.5"},
        {"submission_time": "2026-01-10T11:30:00.000000+01:00", "score": "14.0"},
    ],
}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip of the lab mnist."""
    return export_gradescope(ROOT, "mnist", tmp_path_factory.mktemp("zip") / "mnist.zip", "fr")


@pytest.fixture(scope="module")
def container(package: Path) -> Iterator[Container]:
    """An image of it, where the student's process, another user there, can reach the packages as in /autograder."""
    skip_unless_drawn("gradescope")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Container.build(package, Path(folder))


def handed_in(folder: Path, name: str) -> Path:
    """Write a specimen as a student hands it in."""
    return write_specimen(next(s for s in load_specimens(ROOT, "mnist") if s.name == name), folder)


# -- the zip -----------------------------------------------------------------------------------------------------


def test_programs_are_at_the_root_and_may_be_run(package: Path) -> None:
    """Gradescope looks for both at the zip's root; unix newlines, a shebang, no answers of ours but the reference."""
    with zipfile.ZipFile(package) as archive:
        names = archive.namelist()
        modes = {name: archive.getinfo(name).external_attr >> 16 for name in ("setup.sh", "run_autograder")}
        programs = [archive.read(name) for name in modes]

    assert modes == {"setup.sh": 0o755, "run_autograder": 0o755}
    assert all(program.startswith(b"#!") and b"\r" not in program for program in programs)
    assert "project/solutions/mnist/mnist.py" in names
    assert not [name for name in names if "tests/submissions" in name or "solutions/mnist/answers" in name]


def test_zip_is_small_and_the_same_each_time(package: Path, tmp_path: Path) -> None:
    """Far below what a platform takes, and equal to the byte."""
    again = export_gradescope(ROOT, "mnist", tmp_path / "again.zip", "fr")

    assert package.stat().st_size < 20 * 2**20
    assert again.read_bytes() == package.read_bytes()


def test_data_of_the_course_go_along_when_named(tmp_path: Path) -> None:
    """A folder without the lab's data set is refused; one that has it is packed."""
    with pytest.raises(UsageError, match="no file of the data set mnist"):
        export_gradescope(ROOT, "mnist", tmp_path / "a.zip", "en", data=tmp_path)
    (tmp_path / "mnist.npz").write_bytes(b"x")

    made = export_gradescope(ROOT, "mnist", tmp_path / "a.zip", "en", data=tmp_path)

    assert zipfile.ZipFile(made).read("project/data/mnist.npz") == b"x"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The message says which path and what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="choose another --out"):
        write_zip(tmp_path / "file" / "lab.zip", {})


def test_a_zip_that_grew_too_large_is_refused(tmp_path: Path) -> None:
    """Something large in a lab's folder is found here, not at the upload."""
    noise = np.random.default_rng(0).bytes(21 * 2**20)
    with pytest.raises(UsageError, match="large file"):
        write_zip(tmp_path / "lab.zip", {PurePosixPath("noise"): noise}, limit=MAX_ZIP_BYTES)


def test_a_project_without_its_lock_cannot_be_packed(tmp_path: Path) -> None:
    """Another folder than the project's has no requirements.lock."""
    for name in ("assignments", "solutions"):
        (tmp_path / name).symlink_to(ROOT / name)
    with pytest.raises(AutograderError, match="missing; the package installs from it"):
        project_files(tmp_path, "mnist")


# -- the document ------------------------------------------------------------------------------------------------


def test_rows_are_the_checks(lab: Lab, make_report: MakeReport) -> None:
    """A row a check with its points, and one for a written answer without any; hidden messages stay hidden."""
    document = results_document(make_report(), lab, "en")

    jsonschema.validate(document, RESULTS_SCHEMA)
    rows = document["tests"]
    assert [row["number"] for row in rows] == ["1.1", "1.2", "2.1", "3"]
    assert [row.get("score") for row in rows] == [3.3333, 0.0, 6.0, None]
    assert (rows[1]["status"], "4 was expected" in rows[1]["output"]) == ("failed", True)
    assert document["score"] == pytest.approx(9.3333)


def test_messages_of_hidden_checks_do_not_leave(lab: Lab, make_report: MakeReport) -> None:
    """A check that students do not see says so, and no more; its visibility is the lab's."""
    report = make_report(statuses=(Status.PASSED, Status.PASSED, Status.FAILED), words="the secret value is 42")
    settings = Gradescope(hidden_checks="after_published")
    closed = Lab(lab.id, lab.title, lab.questions, lab.limits, lab.datasets, settings)

    row = results_document(report, closed, "en")["tests"][2]

    assert "42" not in row["output"]
    assert row["visibility"] == "after_published"


def test_a_report_survives_the_platform(lab: Lab, make_report: MakeReport) -> None:
    """What Gradescope keeps in extra_data is the whole report."""
    report = make_report(answers={"q1": "because"})
    document = json.loads(json.dumps(results_document(report, lab, "fr")))

    again = read_results(document, "Amel Benali")

    assert again.grade.submission == "Amel Benali"
    assert again.answers == {"q1": "because"}
    assert [question.score for question in again.grade.questions] == [Fraction("3.3333"), 6, None]


@pytest.mark.parametrize("document", [{}, {"extra_data": {}}, {"extra_data": {"autograder": {"result": 3}}}])
def test_results_of_others_are_refused(document: dict[str, Any]) -> None:
    """A file without our report says what is missing."""
    with pytest.raises(ValueError, match="no report of this tool"):
        read_results(document, "x")


def test_an_export_of_gradescope_becomes_a_results_folder(lab: Lab, make_report: MakeReport, tmp_path: Path) -> None:
    """Both forms that Gradescope gives are taken over, names made unique; who has no report of ours is left out."""
    results = json.loads(json.dumps(results_document(make_report(), lab, "en")))
    export = {
        "submission_1": {":submitters": [{":name": "Amel Benali"}], ":results": results},
        "submission_2": {":submitters": [{":name": "Amel Benali"}], ":results": results},
        "submission_3": {":submitters": [{":name": "Jules"}], ":results": {"score": 3.0}},
        "submission_4": {":results": results},
    }
    (tmp_path / "submission_metadata.yml").write_text(yaml.safe_dump(export), encoding="utf-8")
    (tmp_path / "results.json").write_text(json.dumps(results), encoding="utf-8")

    n = collect_gradescope(tmp_path / "submission_metadata.yml", tmp_path / "class")
    alone = collect_gradescope(tmp_path / "results.json", tmp_path / "one")

    assert (n, alone) == (3, 1)
    names = [report.grade.submission for report in gradebook.read_all(tmp_path / "class")]
    assert names == ["Amel Benali", "Amel Benali-2", "submission_4"]


@pytest.mark.parametrize("content", ["a: [", "{}", "[1]", '{"score": 3}'])
def test_another_file_is_no_export(content: str, tmp_path: Path) -> None:
    """A file that cannot be read, or holds nothing of ours, is named."""
    (tmp_path / "x.yml").write_text(content)

    with pytest.raises(UsageError, match=r"x\.yml"):
        collect_gradescope(tmp_path / "x.yml", tmp_path / "class")


def test_a_rejected_submission_says_why(lab: Lab) -> None:
    """Nothing could be graded: zero points, the reason at the top."""
    document = results_document(Report(scoring.rejected(lab, "x", Text("no module", "aucun module"))), lab, "fr")

    jsonschema.validate(document, RESULTS_SCHEMA)
    assert (document["score"], document["output"]) == (0.0, "aucun module")


# -- how often ---------------------------------------------------------------------------------------------------


def test_times_come_from_the_metadata() -> None:
    """Two submissions in a day: the third must wait until the first is a day old, by Gradescope's own times."""
    settings = Gradescope(max_submissions=2, period_hours=24.0)

    until = wait_until(settings, METADATA)

    assert until == datetime.fromisoformat("2026-01-11T08:00:00+01:00")
    assert wait_until(Gradescope(max_submissions=2, period_hours=2.0), METADATA) is None
    assert wait_until(Gradescope(), METADATA) is None


def test_what_comes_too_soon_keeps_the_last_mark() -> None:
    """The last score stands, and the student reads when to come back."""
    settings = Gradescope(max_submissions=2, period_hours=24.0)
    until = wait_until(settings, METADATA)
    assert until is not None

    document = refusal(settings, until, METADATA, "fr")

    jsonschema.validate(document, RESULTS_SCHEMA)
    assert document["score"] == 14.0
    assert "2026-01-11 08:00" in document["output"]


@pytest.mark.parametrize("metadata", [{}, {"created_at": "noon", "previous_submissions": []}, {"created_at": 3}])
def test_metadata_that_say_nothing_are_a_fault(metadata: dict[str, Any]) -> None:
    """Resubmissions cannot be counted then; the file is named."""
    with pytest.raises(AutograderError, match=r"submission_metadata\.json"):
        wait_until(Gradescope(max_submissions=1), metadata)


# -- really run --------------------------------------------------------------------------------------------------


SECRETS = (
    *("source/project/tests", "source/project/solutions", "source/cache"),
    *("results", "submission", "submission_metadata.json"),
)


@dataclass(frozen=True)
class Run:
    """What grading a submission gave, and which secrets others could look into when it was over."""

    results: dict[str, Any]
    unlocked: list[str]


@pytest.fixture(scope="module")
def graded(container: Container, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run of a submission with two known mistakes, handed in as a notebook's folder."""
    folder = tmp_path_factory.mktemp("student")
    path = handed_in(folder, "percent-sign-missing")
    code, printed, results = container.run(path, METADATA)
    assert code == 0, printed
    assert results is not None
    return Run(results, [name for name in SECRETS if not container.is_closed(name)])


def test_building_tries_the_reference(container: Container) -> None:
    """Whoever reads the build's output knows that the image can grade; what that made stays in the image."""
    kept = container.base / "source" / "cache" / "deep-learning-labs"

    assert "the reference solution got its 18 points in this image" in container.built
    assert list(kept.glob("mnist-embedded-*.npz"))
    assert list((kept / "trainings").iterdir())


@pytest.mark.parametrize(
    ("lab_id", "outcome", "words"),
    [
        ("mnits", None, "could not be graded in this image: mnits"),
        ("mnist", "rejected", "does not get its points in this image: too late"),
        ("mnist", "graded", "does not get its points in this image: 9.33"),
    ],
)
def test_an_image_that_cannot_grade_is_told_about(
    lab_id: str,
    outcome: str | None,
    words: str,
    lab: Lab,
    make_report: MakeReport,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A lab that is not there, a reference that cannot be graded, one that loses points."""
    project = tmp_path / "source" / "project"
    project.mkdir(parents=True)
    for name in ("assignments", "solutions", "tests"):
        (project / name).symlink_to(ROOT / name)
    (project / "gradescope.json").write_text(json.dumps({"lab": lab_id, "language": "fr"}))
    report = make_report()
    if outcome == "rejected":
        report = Report(scoring.rejected(lab, "reference", Text.same("too late")))
    monkeypatch.setattr(gradescope_run, "_keep_out", lambda _base: None)
    monkeypatch.setattr(grading, "grade_class", lambda *_arguments: [report])

    assert gradescope_run.main([str(tmp_path), "--prepare"]) == 1
    assert words in capsys.readouterr().err


def test_container_gives_valid_marks(graded: Run) -> None:
    """Points, names and messages in the course's language; only the mistaken question loses."""
    results = graded.results
    jsonschema.validate(results, RESULTS_SCHEMA)
    lost = {row["tags"][0] for row in results["tests"] if row.get("status") == "failed"}

    assert lost == {"print_model_error_rate"}
    assert any("Il manque le signe %" in row["output"] for row in results["tests"])
    assert results["execution_time"] > 0
    assert results["stdout_visibility"] == "hidden"


def test_full_feedback_comes_back(graded: Run) -> None:
    """The report in extra_data has the pictures too, and the layers of confinement that were on in the container."""
    report = read_results(graded.results, "amel")

    assert {"curves", "output"} <= {exhibit.kind for exhibit in report.exhibits}
    assert {"seccomp", "rlimits", "memory"} <= set(report.grade.confinement)


def test_secrets_are_closed_to_others(graded: Run) -> None:
    """Besides confinement, the suite, the reference and the results belong to root alone."""
    assert graded.unlocked == []


def test_stopped_half_way_leaves_what_was_known(container: Container, tmp_path: Path) -> None:
    """When Gradescope's own time is over, the checks that were done count, and the file is whole."""
    process = container.start(handed_in(tmp_path, "endless-loop-in-a-function"))
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not (container.results() or {}).get("score"):
        time.sleep(0.2)
    process.kill()
    process.communicate()

    results = container.results()

    assert results is not None
    jsonschema.validate(results, RESULTS_SCHEMA)
    assert results["score"] > 0
    assert any("skipped" in row["tags"] for row in results["tests"])


def test_nothing_gradable_is_zero_with_a_reason(container: Container, tmp_path: Path) -> None:
    """A text file gets a result that says what to hand in."""
    (tmp_path / "essay.txt").write_text("hello")

    code, printed, results = container.run(tmp_path / "essay.txt")

    assert code == 0, printed
    assert results is not None
    assert results["score"] == 0.0
    assert "mnist.py" in results["output"]


def test_a_fault_of_ours_leaves_no_mark(container: Container, tmp_path: Path) -> None:
    """Metadata that cannot be read: exit code 1, the reason for the staff, no results."""
    (tmp_path / "mnist.py").write_text("")

    code, printed, results = container.run(tmp_path / "mnist.py", "{")

    assert code == 1
    assert "not the student's fault" in printed
    assert results is None
