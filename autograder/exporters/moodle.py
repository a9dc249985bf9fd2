"""Moodle: the "download all submissions" zip in, the grading worksheet and the feedback files' zip out.

Formats as Moodle's own importers read them (``mod/assign/feedback/file/importziplib.php`` and
``mod/assign/feedback/offline/importgradeslib.php`` of Moodle 3.1 to 5): a folder or file is called
``Full name_<participant>_assignsubmission_file``, with an underscore more before Moodle 4.1 or where files are not in
folders; a row of the worksheet is found by the number at the end of its identifier.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path, PurePosixPath

from autograder.entries import Entry, Mode, find_submissions
from autograder.errors import UsageError
from autograder.exporters.parcels import write_zip
from autograder.glyphs import one_line
from autograder.model import Report
from autograder.names import printable, unique_names
from autograder.wording import phrase, points
from shared.text import Language

__all__ = ["export_feedback", "fill_worksheet", "found_submissions", "is_download", "unpack"]

# At most one level deeper than Moodle's own: "group-Full name_123_assignsubmission_file_/more/files".
_OWNED = re.compile(
    r"(?P<name>[^/]*)_(?P<number>\d+)_(?P<plugin>assignsubmission_(?:file|onlinetext))_?(?P<rest>.*)", re.DOTALL
)
_NUMBER = re.compile(r"_(\d+)$")
_LAST_NUMBER = re.compile(r"(\d+)\s*$")
_MAX_BYTES_EACH = 60 * 2**20
_CHUNK = 2**20
_PACKED = (".zip", ".py", ".ipynb")
# Moodle translates the worksheet's headers; English and French are known here.
_HEADERS = {
    "identifier": ("Identifier", "Identifiant"),
    "grade": ("Grade", "Note"),
    "maximum": ("Maximum Grade", "Maximum grade", "Note maximale"),
    "comment": ("Feedback comments", "Feedback par commentaires", "Commentaires de feedback"),
}


@dataclass(frozen=True, slots=True)
class _Piece:
    """One file of one participant in the download."""

    entry: zipfile.ZipInfo
    owner: str
    number: str
    plugin: str
    path: str


@contextmanager
def found_submissions(paths: Sequence[Path], lab_id: str, mode: Mode) -> Iterator[list[Entry]]:
    """List the submissions among paths; Moodle's zip of all is unpacked for as long as the context lasts.

    Raises:
        UsageError: As `autograder.entries.find_submissions`, or a download is damaged.
    """
    downloads = [] if mode == "one" else [path for path in paths if is_download(path)]
    others = [path for path in paths if path not in downloads]
    with ExitStack() as folders:
        found = find_submissions(others, lab_id, mode) if others else []
        for path in downloads:
            folder = folders.enter_context(tempfile.TemporaryDirectory(prefix="autograder-moodle-"))
            found += unpack(path, Path(folder))
        names = unique_names([(entry.name, entry.name) for entry in found])
        yield [Entry(name, entry.path) for name, entry in zip(names, found, strict=True)]


def is_download(path: Path) -> bool:
    """Say whether a path is Moodle's zip of all submissions, by the names in it."""
    if path.suffix.lower() != ".zip" or not path.is_file():
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = [entry for entry in archive.infolist() if not entry.is_dir()]
    except (OSError, zipfile.BadZipFile, ValueError):
        return False
    return bool(names) and all(_OWNED.match(entry.filename) for entry in names)


def unpack(path: Path, folder: Path) -> list[Entry]:
    """Unpack the download, a folder a participant, and name each submission ``Full name_<participant>``.

    A participant who handed in a single module, notebook or zip has that file as submission; of several files the
    whole folder is one.  A text typed into Moodle's own editor is left out where there are files.

    Args:
        path: The zip.
        folder: An existing, empty folder.

    Returns:
        An entry a participant, sorted by name.

    Raises:
        UsageError: The archive is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            owners: dict[tuple[str, str], list[_Piece]] = {}
            for piece in _pieces(archive):
                owners.setdefault((piece.owner, piece.number), []).append(piece)
            places = [_write(archive, pieces, folder / number) for (_owner, number), pieces in owners.items()]
    except (OSError, zipfile.BadZipFile, ValueError, RuntimeError, NotImplementedError) as error:
        message = f"{path} cannot be unpacked ({error}); download it from Moodle again"
        raise UsageError(message) from error
    wished = [printable(f"{owner}_{number}") for owner, number in owners]
    names = unique_names([(name, name) for name in wished])
    return sorted((Entry(name, place) for name, place in zip(names, places, strict=True)), key=lambda entry: entry.name)


def _pieces(archive: zipfile.ZipFile) -> Iterator[_Piece]:
    for entry in archive.infolist():
        match = _OWNED.match(entry.filename)
        if match is not None and not entry.is_dir():
            rest = match["rest"].lstrip("/") or PurePosixPath(entry.filename).name
            yield _Piece(entry, match["name"], match["number"], match["plugin"], rest)


def _write(archive: zipfile.ZipFile, pieces: Sequence[_Piece], place: Path) -> Path:
    """Write one participant's files; what is too large is cut, so that reading it refuses it by its size."""
    files = [piece for piece in pieces if piece.plugin.endswith("_file")] or list(pieces)
    left = _MAX_BYTES_EACH
    for piece in files:
        target = place.joinpath(*_safe_parts(piece.path))
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(piece.entry) as source, target.open("wb") as copy:
            while left > 0 and (chunk := source.read(min(_CHUNK, left))):
                left -= copy.write(chunk)
    found = [path for path in place.rglob("*") if path.is_file()]
    return found[0] if len(found) == 1 and found[0].suffix.lower() in _PACKED else place


def _safe_parts(path: str) -> list[str]:
    """Return a path's parts without what would lead out of the folder."""
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return [part.replace("\0", "")[:200] for part in parts] or ["file"]


def export_feedback(results: Path, reports: Sequence[Report], stems: dict[str, str], out: Path) -> Path:
    """Write the zip that "Upload multiple feedback files in a zip" takes: a page for each participant.

    Args:
        results: The folder that ``autograder grade`` wrote.
        reports: Its reports; those whose name does not end in a participant's number are left out.
        stems: The files' stems by submission name.
        out: The zip to write.

    Raises:
        UsageError: None of the submissions is from Moodle, a page is missing, or the zip cannot be written.
    """
    files: dict[PurePosixPath, bytes] = {}
    for report in reports:
        name = report.grade.submission
        number = _NUMBER.search(name)
        page = results / "feedback" / f"{stems[name]}.html"
        if number is None:
            continue
        if not page.is_file():
            message = f"{page} is missing; write the pages again with autograder report {results}"
            raise UsageError(message)
        # The importer splits at underscores: the name before the number must hold none.
        owner = re.sub(r"[_/\\]", " ", name[: number.start()])
        files[PurePosixPath(f"{owner}_{number[1]}_assignsubmission_file_") / "feedback.html"] = page.read_bytes()
    if not files:
        message = f"{results}: no submission is called like Moodle's (Full name_12345); grade Moodle's own zip"
        raise UsageError(message)
    return write_zip(out, files)


def fill_worksheet(worksheet: Path, reports: Sequence[Report], out: Path, language: Language) -> tuple[int, list[str]]:
    """Write Moodle's grading worksheet again with grades and comments, everything else as it was.

    Args:
        worksheet: What Moodle gave ("Download grading worksheet"), in English or French.
        reports: The graded class.
        out: The file to write.
        language: The language of the comments.

    Returns:
        How many grades were filled in, and the participants of the worksheet that have none.

    Raises:
        UsageError: The file is no such worksheet, or cannot be written; the text says which column is missing.
    """
    text = _text_of(worksheet)
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    columns = _columns(rows[0] if rows else [], worksheet)
    by_number = {match[1]: report for report in reports if (match := _NUMBER.search(report.grade.submission))}
    filled, without = 0, []
    for row in rows[1:]:
        number = _LAST_NUMBER.search(row[columns["identifier"]]) if len(row) == len(rows[0]) else None
        report = by_number.get(number[1]) if number else None
        if report is None or report.grade.score is None:
            without.extend([row[columns["identifier"]]] if row else [])
            continue
        _fill(row, columns, report, language)
        filled += 1
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, lineterminator="\n").writerows(rows)
    _save(out, ("\ufeff" if text.startswith("\ufeff") else "") + written.getvalue().removeprefix("\ufeff"))
    return filled, without


def _text_of(worksheet: Path) -> str:
    try:
        return worksheet.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{worksheet} cannot be read ({error}); download the grading worksheet from Moodle again"
        raise UsageError(message) from error


def _columns(header: Sequence[str], worksheet: Path) -> dict[str, int]:
    names = [name.strip().lstrip("\ufeff").strip('"') for name in header]
    found = {key: names.index(known) for key, words in _HEADERS.items() for known in words if known in names}
    for key in ("identifier", "grade"):
        if key not in found:
            message = (
                f"{worksheet}: no column {' or '.join(_HEADERS[key])}; use the worksheet that Moodle's assignment gives "
                '("Download grading worksheet"), in English or French'
            )
            raise UsageError(message)
    return found


def _fill(row: list[str], columns: dict[str, int], report: Report, language: Language) -> None:
    """Write a grade in the worksheet's own scale and with its own decimal sign."""
    grade = report.grade
    maximum = row[columns["maximum"]].strip() if "maximum" in columns else ""
    comma = "," in maximum
    try:
        scale = Fraction(maximum.replace(",", ".")) if maximum else grade.max_score
    except ValueError:
        scale = grade.max_score  # a scale of words: Moodle takes no number then, and says so itself
    score = f"{float((grade.score or 0) * scale / grade.max_score):.2f}"
    row[columns["grade"]] = score.replace(".", ",") if comma else score
    if "comment" in columns:
        row[columns["comment"]] = _comment(report, language)


def _comment(report: Report, language: Language) -> str:
    """Return one line a question; the whole feedback is the page that goes with it."""
    colon = phrase("colon", language)
    lines = [
        f"{question.id}{colon} {points(question.score, language)} / {points(question.max_score, language)}"
        for question in report.grade.questions
    ]
    reason = [report.grade.reason.in_(language)] if report.grade.reason else []
    return "\n".join(one_line(line) for line in [*reason, *lines])


def _save(out: Path, text: str) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        message = f"cannot write {out}: {error.strerror}; choose another --out"
        raise UsageError(message) from error
