"""The results folder: every report written whole or not at all, read back with care, and the table of marks."""

from __future__ import annotations

import csv
import io
import os
import re
import unicodedata
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from autograder.errors import AutograderError, LabError, UsageError
from autograder.glyphs import one_line
from autograder.model import Report
from autograder.records import decode, encode, grade_document, parse_grade, parse_report, showing_document
from autograder.scoring import round_points

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from fractions import Fraction

    from autograder.model import Grade, Lab

__all__ = [
    "csv_name",
    "natural_order",
    "read_all",
    "read_content",
    "read_one",
    "remove",
    "stems",
    "store",
    "sweep",
    "write",
    "write_content",
    "write_csv",
    "write_timings",
]

_TEMPORARY = re.compile(r"\.[0-9a-f]{32}\.tmp")
# A spreadsheet computes a cell that begins so, full-width signs included; a French one also cuts cells at semicolons.
_FORMULA = re.compile(r"(^|;)(\s*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r])")


def natural_order(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """Return a sort key in which ``group2`` comes before ``group10``; case and accents do not matter."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    pieces = re.findall(r"[0-9]{1,18}|[^0-9]+", plain)
    return [(0, int(piece), "") if piece[0] in "0123456789" else (1, 0, piece) for piece in pieces], name


def store(path: Path, content: bytes) -> bool:
    """Write a file so that a reader, or a crash, meets the old content or the new, never half of it.

    A file that holds this content already is left alone.

    Returns:
        Whether the file is another one now.

    Raises:
        AutograderError: The folder cannot be written; the text names it, the cause and the remedy.
    """
    temporary = path.parent / f".{uuid4().hex}.tmp"
    if _holds(path, content):
        return False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)  # noqa: PTH105 - named as what it is, the atomic step
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        # Where all went well it has another name by now.
        with suppress(OSError):
            temporary.unlink()
    return True


def sweep(directory: Path) -> None:
    """Remove what `store` had half written when its process was killed.

    Raises:
        OSError: The folder cannot be written.
    """
    for folder in (directory, *(directory / name for name in ("results", "exhibits", "feedback", ".graded"))):
        for path in folder.glob(".*.tmp"):
            if _TEMPORARY.fullmatch(path.name):
                path.unlink(missing_ok=True)


def remove(path: Path) -> None:
    """Remove a file if it is there.

    Raises:
        AutograderError: The folder cannot be written.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from error


def write(directory: Path, report: Report, stem: str) -> bool:
    """Store a report as ``results/<stem>.json`` and, before it, ``exhibits/<stem>.json``.

    Returns:
        Whether one of the files is another one now.

    Raises:
        AutograderError: The folder cannot be written, or ``stem`` is not a plain file name.
        LabError: An exhibit holds something that is not plain data.
    """
    return write_content(directory, stem, encode(grade_document(report.grade)), _showing_content(report))


def write_content(directory: Path, stem: str, grade: bytes, showing: bytes) -> bool:
    """Store the contents of a result's two files, that of the exhibits first.

    Returns:
        Whether one of the files is another one now.

    Raises:
        AutograderError: The folder cannot be written, or ``stem`` is not a plain file name.
    """
    if not stem or stem.startswith(".") or re.search(r"[/\\\0]", stem):
        message = f"{stem!r} cannot be the name of a result file; autograder.names.file_names makes them"
        raise AutograderError(message)
    shown = store(directory / "exhibits" / f"{stem}.json", showing)
    return store(directory / "results" / f"{stem}.json", grade) or shown


def read_content(directory: Path, stem: str) -> tuple[bytes, bytes]:
    """Return the contents of a result's two files, as `write_content` takes them.

    Raises:
        AutograderError: One is not there.
    """
    try:
        grade, showing = (directory / folder / f"{stem}.json" for folder in ("results", "exhibits"))
        return grade.read_bytes(), showing.read_bytes()
    except OSError as error:
        raise AutograderError(_damaged(directory / "results" / f"{stem}.json", error)) from error


def read_all(directory: Path) -> list[Report]:
    """Return every stored report, in the natural order of the submissions' names.

    Points are the stored ones, rounded to four decimals.  Where a result has no exhibits beside it, the report has
    none.

    Raises:
        UsageError: There are no results here.
        AutograderError: A file is damaged; the text names it and the remedy.
    """
    reports = list(_read(directory).values())
    return sorted(reports, key=lambda report: natural_order(report.grade.submission))


def read_one(directory: Path, stem: str) -> Report:
    """Return one stored report.

    Raises:
        AutograderError: It is not there, or damaged.
    """
    return _read_report(directory / "results" / f"{stem}.json")


def stems(directory: Path) -> dict[str, str]:
    """Return the stem of each stored submission's files, by the submission's name.

    Raises:
        AutograderError: As for :func:`read_all`.
    """
    return {report.grade.submission: path.stem for path, report in _read(directory).items()}


def write_csv(directory: Path, lab: Lab, reports: Sequence[Report]) -> None:
    """Write ``gradebook.csv``: submission, status, score, max_score, then a column a question.

    A name that a spreadsheet would take for a formula is written with an apostrophe before it; newlines and other
    control characters in a name are written as their escapes, so that a row is a line.

    Raises:
        AutograderError: The folder cannot be written.
    """
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["submission", "status", "score", "max_score", *(question.id for question in lab.questions)])
    for grade in sorted((report.grade for report in reports), key=lambda grade: natural_order(grade.submission)):
        rows.writerow(_csv_row(lab, grade))
    store(directory / "gradebook.csv", text.getvalue().encode("utf-8"))


def csv_name(name: str) -> str:
    """Return a name as it stands in a table: one line, and nothing that a spreadsheet would take for a formula."""
    return one_line(_FORMULA.sub(r"\1'\2", name))


def write_timings(directory: Path, timings: Mapping[str, Any]) -> None:
    """Write ``timings.json``: what changes from run to run and so stays out of the results; seconds.

    Raises:
        AutograderError: The folder cannot be written.
    """
    store(directory / "timings.json", encode(timings))


def _unwritable(path: Path, error: OSError) -> AutograderError:
    words = "free some space or choose another folder with --out, then go on with --resume"
    return AutograderError(f"cannot write {path}: {error.strerror or error}; {words}")


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False


def _showing_content(report: Report) -> bytes:
    try:
        return encode(showing_document(report))
    except (TypeError, RecursionError) as error:
        kinds = ", ".join(sorted({f"{item.kind} of {item.question}" for item in report.exhibits}))
        message = f"an exhibit of {report.grade.lab} is not plain data ({error}); look at: {kinds}"
        raise LabError(message) from error


def _read(directory: Path) -> dict[Path, Report]:
    paths = sorted((directory / "results").glob("*.json"))
    if not paths:
        message = f"{directory} holds no results: name a folder that `autograder grade --out` has written"
        raise UsageError(message)
    reports: dict[Path, Report] = {}
    names: dict[str, Path] = {}
    for path in paths:
        reports[path] = _read_report(path)
        name = reports[path].grade.submission
        if name in names:
            message = f"{path} and {names[name].name} are both the result of {name!r}: delete one of them"
            raise AutograderError(message)
        names[name] = path
    return reports


def _read_report(path: Path) -> Report:
    grade = _read_grade(path)
    beside = path.parent.parent / "exhibits" / path.name
    try:
        return parse_report(grade, decode(beside.read_bytes())) if beside.exists() else Report(grade)
    except (OSError, ValueError) as error:
        raise AutograderError(_damaged(beside, error)) from error


def _read_grade(path: Path) -> Grade:
    try:
        return parse_grade(decode(path.read_bytes()))
    except (OSError, ValueError) as error:
        raise AutograderError(_damaged(path, error)) from error


def _damaged(path: Path, error: Exception) -> str:
    return f"{path} is damaged: {error}; delete results/{path.name} and grade again with --resume"


def _csv_row(lab: Lab, grade: Grade) -> list[str]:
    scores = {question.id: question.score for question in grade.questions}
    cells = [_csv_points(scores.get(question.id)) for question in lab.questions]
    return [csv_name(grade.submission), grade.status, _csv_points(grade.score), _csv_points(grade.max_score), *cells]


def _csv_points(points: Fraction | None) -> str:
    return "" if points is None else str(round_points(points))
