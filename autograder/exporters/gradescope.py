"""Gradescope: the autograder zip of a lab, a report in the form of ``results.json``, and reports read back from it.

The format is Gradescope's own, as its documentation gives it (autograder_samples: ``docs/specs.md``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from autograder.errors import AutograderError, UsageError
from autograder.exporters.parcels import MAX_ZIP_BYTES, data_files, project_files, write_zip
from autograder.feedback import explanation, summary
from autograder.glyphs import visible
from autograder.gradebook import write
from autograder.labs import load_lab
from autograder.model import CheckGrade, Gradescope, Lab, QuestionGrade, Report, Status
from autograder.names import file_names, unique_names
from autograder.records import grade_document, parse_grade, parse_report, showing_document
from autograder.scoring import round_points
from autograder.wording import phrase, points
from shared.text import Language, Text

__all__ = [
    "RESULTS_SCHEMA",
    "collect_gradescope",
    "export_gradescope",
    "read_results",
    "refusal",
    "results_document",
    "wait_until",
]

_SETTINGS = PurePosixPath("project/gradescope.json")
_PROGRAMS = frozenset(("setup.sh", "run_autograder"))
_FILES = Path(__file__).parent / "files" / "gradescope"
_TOO_OFTEN = Text(
    "Not graded: {n} submissions in {hours:g} h are allowed. The last result stands; hand in again after {when}.",
    "Non corrigé : {n} remises en {hours:g} h sont permises. Le dernier résultat reste ; remettez après {when}.",
)

_VISIBILITIES = ["visible", "hidden", "after_due_date", "after_published"]
_FORMATS = ["text", "html", "simple_format", "md", "ansi"]
# What Gradescope accepts, as a JSON schema (draft 2020-12).
RESULTS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "score": {"type": "number"},
        "execution_time": {"type": "number"},
        "output": {"type": "string"},
        "output_format": {"enum": _FORMATS},
        "test_output_format": {"enum": _FORMATS},
        "test_name_format": {"enum": _FORMATS},
        "visibility": {"enum": _VISIBILITIES},
        "stdout_visibility": {"enum": _VISIBILITIES},
        "extra_data": {"type": "object"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "score": {"type": "number"},
                    "max_score": {"type": "number"},
                    "status": {"enum": ["passed", "failed"]},
                    "name": {"type": "string"},
                    "name_format": {"enum": _FORMATS},
                    "number": {"type": "string"},
                    "output": {"type": "string"},
                    "output_format": {"enum": _FORMATS},
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "visibility": {"enum": _VISIBILITIES},
                    "extra_data": {"type": "object"},
                },
                "additionalProperties": False,
            },
        },
        "leaderboard": {"type": "array"},
    },
    "additionalProperties": False,
    "anyOf": [{"required": ["score"]}, {"required": ["tests"]}],
}


def export_gradescope(root: Path, lab_id: str, out: Path, language: Language, data: Path | None = None) -> Path:
    """Write the zip that an instructor uploads as the assignment's autograder.

    Args:
        root: The course's folder.
        lab_id: The lab.
        out: The zip to write.
        language: The language of names and messages.
        data: A folder with the course's own data sets to grade on; the embedded ones by default.

    Returns:
        The zip's path.

    Raises:
        UsageError: ``data`` has not what the lab needs, or the zip cannot be written.
        LabError: A file of the project is missing.
    """
    lab = load_lab(root, lab_id)
    files = {PurePosixPath("project") / name: content for name, content in project_files(root, lab_id).items()}
    if data is not None:
        files |= {PurePosixPath("project") / name: content for name, content in data_files(data, lab.datasets).items()}
    settings = {"lab": lab_id, "language": language}
    files[_SETTINGS] = (json.dumps(settings, indent=2, sort_keys=True) + "\n").encode()
    files |= {PurePosixPath(name): (_FILES / name).read_bytes() for name in _PROGRAMS}
    return write_zip(out, files, _PROGRAMS, MAX_ZIP_BYTES if data is None else None)


def results_document(report: Report, lab: Lab, language: Language, *, finished: bool = True) -> dict[str, Any]:
    """Return a graded or rejected report as ``results.json``.

    Args:
        report: The report; one that is ``not_graded`` has no marks to show and must not become a file.
        lab: The lab.
        language: The language of names and messages.
        finished: False where this is what is known so far.

    Returns:
        A document that `RESULTS_SCHEMA` describes.
    """
    grade = report.grade
    assert grade.status != "not_graded", "a fault of ours never becomes a mark"
    rows = [row for number, question in enumerate(grade.questions, 1) for row in _rows(number, question, lab, language)]
    settings = asdict(lab.gradescope)
    document = {
        "score": round_points(grade.score or Fraction(0)),
        "output": summary(report, language),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": settings["visibility"],
        "stdout_visibility": settings["stdout_visibility"],
        "tests": rows,
    }
    if finished:
        kept = {"result": grade_document(grade), "exhibits": showing_document(report)}
        document["extra_data"] = {"autograder": kept}
    return document


def _rows(number: int, question: QuestionGrade, lab: Lab, language: Language) -> Iterator[dict[str, Any]]:
    title = question.title.in_(language)
    if not question.checks:
        words = phrase("awaiting", language, points=points(question.max_score, language))
        yield {
            "name": f"{question.id}: {title}",
            "number": str(number),
            "output": words,
            "tags": [question.id, "written"],
        }
    for place, check in enumerate(question.checks, 1):
        yield {
            "name": f"{question.id}: {check.title.in_(language)}",
            "number": f"{number}.{place}",
            "score": round_points(check.score),
            "max_score": round_points(check.max_score),
            "status": "passed" if check.status is Status.PASSED else "failed",
            "output": _output(check, language),
            "tags": [question.id, check.id, check.status.value],
            "visibility": lab.gradescope.visibility if check.visible else lab.gradescope.hidden_checks,
        }


def _output(check: CheckGrade, language: Language) -> str:
    words = explanation(check, language)
    if check.status is not Status.PASSED and check.visible and not check.message:
        words.insert(0, phrase(check.status, language))
    return visible("\n".join(words))


def read_results(document: Mapping[str, Any], name: str) -> Report:
    """Return the report that a ``results.json`` of ours carries, under the submission's name.

    Raises:
        ValueError: It carries none, or a damaged one; the text says which key.
    """
    extra = document.get("extra_data")
    kept = extra.get("autograder") if isinstance(extra, Mapping) else None
    if not isinstance(kept, dict) or not isinstance(kept.get("result"), dict):
        message = "its extra_data holds no report of this tool (was it stopped, or graded by something else?)"
        raise ValueError(message)  # noqa: TRY004 - the fault of a file, not of a caller
    return parse_report(parse_grade({**kept["result"], "submission": name}), kept.get("exhibits", {}))


def collect_gradescope(file: Path, directory: Path) -> int:
    """Store the reports that Gradescope has kept, so that `autograder report` can write everything from them.

    Args:
        file: a ``results.json``, or the ``submission_metadata.yml`` of Gradescope's "Export Submissions".
        directory: the results folder to write to.

    Returns:
        How many reports were stored; a submission without one (stopped, refused, from elsewhere) is left out.

    Raises:
        UsageError: the file cannot be read, or holds no report of this tool.
    """
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))  # JSON is YAML
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        message = f"{file} cannot be read: {error}"
        raise UsageError(message) from error
    reports: list[Report] = []
    for name, results in _named_results(document if isinstance(document, dict) else {}):
        with suppress(ValueError):
            reports.append(read_results(results, name))
    if not reports:
        message = (
            f"{file} holds no report of this tool; name a results.json or the submission_metadata.yml of an export"
        )
        raise UsageError(message)
    names = unique_names([(report.grade.submission, report.grade.submission) for report in reports])
    kept = [replace(one, grade=replace(one.grade, submission=name)) for one, name in zip(reports, names, strict=True)]
    stems = file_names(names)
    for report in kept:
        write(directory, report, stems[report.grade.submission])
    return len(kept)


def _named_results(document: dict[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield who handed in, and the results; an export writes its keys as Ruby does, with a colon before them."""
    if "extra_data" in document:
        yield "submission", document
        return
    for identifier, entry in document.items():
        plain = {str(key).lstrip(":"): value for key, value in entry.items()} if isinstance(entry, dict) else {}
        results, people = plain.get("results"), plain.get("submitters")
        names = [
            str(person.get(":name") or person.get("name"))
            for person in (people if isinstance(people, list) else [])
            if isinstance(person, dict)
        ]
        if isinstance(results, dict):
            yield ", ".join(names) or str(identifier), {str(k).lstrip(":"): v for k, v in results.items()}


def wait_until(settings: Gradescope, metadata: Mapping[str, Any]) -> datetime | None:
    """Return when the next submission is welcome, or None where this one is.

    Times are those that Gradescope noted, not the clock's: a regrade must decide as the first run did.

    Raises:
        AutograderError: The metadata are not what Gradescope writes.
    """
    if not settings.max_submissions:
        return None
    try:
        now = datetime.fromisoformat(str(metadata["created_at"]))
        times = sorted(datetime.fromisoformat(str(one["submission_time"])) for one in metadata["previous_submissions"])
    except (KeyError, TypeError, ValueError) as error:
        message = f"submission_metadata.json: {error!r}; resubmissions cannot be counted"
        raise AutograderError(message) from error
    window = timedelta(hours=settings.period_hours)
    counted = [time for time in times if now - window < time <= now]
    return counted[-settings.max_submissions] + window if len(counted) >= settings.max_submissions else None


def refusal(settings: Gradescope, until: datetime, metadata: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Return the ``results.json`` of a submission that came too soon: the last one's marks, and why."""
    words = _TOO_OFTEN.in_(language).format(
        n=settings.max_submissions, hours=settings.period_hours, when=until.isoformat(sep=" ", timespec="minutes")
    )
    scores = [one.get("score") for one in metadata["previous_submissions"]]
    numbers = [float(score) for score in scores if isinstance(score, int | float | str) and str(score).strip()]
    return {"score": numbers[-1] if numbers else 0.0, "output": words, "output_format": "text", "tests": []}
