"""A report as plain JSON documents and back: the one place that knows the stored format (schema version 1)."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_args

from autograder.model import CheckGrade, Exhibit, Grade, GradeStatus, Mark, QuestionGrade, Report, Status
from autograder.scoring import round_points
from shared.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "SCHEMA_VERSION",
    "as_stored",
    "as_stored_grade",
    "decode",
    "encode",
    "grade_document",
    "parse_grade",
    "parse_report",
    "showing_document",
]

SCHEMA_VERSION = 1

Document = dict[str, Any]
_Kind = TypeVar("_Kind")


def encode(document: Mapping[str, Any]) -> bytes:
    """Return the document as JSON with sorted keys, two spaces a level and a newline at the end.

    A lone surrogate (a file name or an output that is not Unicode) is written as its JSON escape, so that the file is
    valid UTF-8 and reads back as it was.  Numbers that JSON does not have are written as the strings ``"NaN"``,
    ``"Infinity"`` and ``"-Infinity"``.

    Raises:
        TypeError: A value is not plain data.
    """
    text = json.dumps(_plain(document), ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False)
    return (text + "\n").encode("utf-8", errors="backslashreplace")


def decode(content: bytes) -> Document:
    """Return the JSON object in these bytes.

    Raises:
        ValueError: The bytes are not one JSON object in UTF-8.
    """
    try:
        document = json.loads(content.decode("utf-8"))
    except RecursionError as error:
        message = "the document is nested too deeply"
        raise ValueError(message) from error
    if not isinstance(document, dict):
        message = f"a JSON object is needed, not {type(document).__name__}"
        raise ValueError(message)  # noqa: TRY004 - the fault of a file, not of a caller
    return document


def as_stored(report: Report) -> Report:
    """Return the report as it will be read back: points rounded to four decimals, exhibits as plain JSON.

    Pages are rendered from this, so that a page made after grading and one made from the stored results are the same
    to the byte.
    """
    showing = decode(encode(showing_document(report)))
    return parse_report(as_stored_grade(report.grade), showing)


def as_stored_grade(grade: Grade) -> Grade:
    """Return the grade as it will be read back, points rounded to four decimals."""
    return parse_grade(grade_document(grade))


def grade_document(grade: Grade) -> Document:
    """Return the content of ``results/<submission>.json``; points are floats with four decimals."""
    return {
        "schema_version": SCHEMA_VERSION,
        "lab": grade.lab,
        "submission": grade.submission,
        "digest": grade.digest,
        "status": grade.status,
        "reason": None if grade.reason is None else grade.reason.to_json(),
        "score": _points(grade.score),
        "max_score": _points(grade.max_score),
        "questions": [_question_document(question) for question in grade.questions],
        "environment": dict(grade.environment),
        "confinement": list(grade.confinement),
    }


def showing_document(report: Report) -> Document:
    """Return the content of ``exhibits/<submission>.json``: what a page shows beside the grade."""
    exhibits = [
        {"question": item.question, "kind": item.kind, "title": item.title.to_json(), "data": item.data}
        for item in report.exhibits
    ]
    document = {"schema_version": SCHEMA_VERSION, "exhibits": exhibits, "answers": dict(report.answers)}
    marks = {question: _mark_document(mark) for question, mark in report.marks.items()}
    return document | ({"marks": marks} if marks else {})


def parse_grade(document: Document) -> Grade:
    """Return the grade in a stored document.

    Points come back rounded to four decimals: the exact fractions (a third of a point) are not stored.

    Raises:
        ValueError: The document is not a result of schema version 1; the text names the key.
    """
    _check_version(document)
    return Grade(
        lab=_take(document, "lab", str),
        submission=_take(document, "submission", str),
        digest=_take_or_none(document, "digest", str),
        status=_grade_status(document),
        reason=_text_or_none(document, "reason"),
        score=_fraction_or_none(document, "score"),
        max_score=_fraction(document, "max_score"),
        questions=tuple(_parse_question(item) for item in _objects(document, "questions")),
        environment=_words(document, "environment"),
        confinement=tuple(_take({"confinement": item}, "confinement", str) for item in _list(document, "confinement")),
    )


def parse_report(grade: Grade, document: Document) -> Report:
    """Return the report made of a grade and of what is stored beside it.

    Raises:
        ValueError: The document is not what :func:`showing_document` makes; the text names the key.
    """
    _check_version(document)
    exhibits = tuple(_parse_exhibit(item) for item in _objects(document, "exhibits"))
    marks = _take({"marks": {}} | document, "marks", dict)
    found = {question: _parse_mark(_take(marks, question, dict)) for question in marks}
    return replace(Report(grade), exhibits=exhibits, answers=_words(document, "answers"), marks=found)


def _question_document(question: QuestionGrade) -> Document:
    return {
        "id": question.id,
        "title": question.title.to_json(),
        "score": _points(question.score),
        "max_score": _points(question.max_score),
        "checks": [_check_document(check) for check in question.checks],
    }


def _check_document(check: CheckGrade) -> Document:
    return {
        "id": check.id,
        "title": check.title.to_json(),
        "status": check.status.value,
        "visible": check.visible,
        "score": _points(check.score),
        "max_score": _points(check.max_score),
        "message": None if check.message is None else check.message.to_json(),
        "hint": None if check.hint is None else check.hint.to_json(),
    }


def _parse_question(document: Document) -> QuestionGrade:
    return QuestionGrade(
        id=_take(document, "id", str),
        title=_text(document, "title"),
        score=_fraction_or_none(document, "score"),
        max_score=_fraction(document, "max_score"),
        checks=tuple(_parse_check(item) for item in _objects(document, "checks")),
    )


def _parse_check(document: Document) -> CheckGrade:
    return CheckGrade(
        id=_take(document, "id", str),
        title=_text(document, "title"),
        status=Status(_take(document, "status", str)),
        visible=_take(document, "visible", bool),
        score=_fraction(document, "score"),
        max_score=_fraction(document, "max_score"),
        message=_text_or_none(document, "message"),
        hint=_text_or_none(document, "hint"),
    )


def _parse_exhibit(document: Document) -> Exhibit:
    return Exhibit(
        question=_take(document, "question", str),
        kind=_take(document, "kind", str),
        title=_text(document, "title"),
        data=_take(document, "data", dict),
    )


def _mark_document(mark: Mark) -> Document:
    words = {"comment": mark.comment, "answer": mark.answer, "marker": mark.marker}
    return {"points": _points(mark.points), **words}


def _parse_mark(document: Document) -> Mark:
    words = {key: _take(document, key, str) for key in ("comment", "answer", "marker")}
    return Mark(_fraction_or_none(document, "points"), **words)


def _plain(value: Any) -> Any:  # noqa: ANN401 - any exhibit's data, made plain here
    """Return the value with tuples as lists, NumPy values as Python's and non-finite numbers as strings."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _points(points: Fraction | None) -> float | None:
    return None if points is None else round_points(points)


def _check_version(document: Document) -> None:
    version = document.get("schema_version")
    if type(version) is not int or version != SCHEMA_VERSION:
        message = f"schema_version is {version!r}; this version of the tool reads {SCHEMA_VERSION}"
        raise ValueError(message)


def _take(document: Document, key: str, kind: type[_Kind]) -> _Kind:
    if key not in document:
        message = f"the key {key!r} is missing"
        raise ValueError(message)
    value = document[key]
    if not isinstance(value, kind):
        message = f"{key!r} is a {type(value).__name__}, not a {kind.__name__}"
        raise ValueError(message)  # noqa: TRY004 - the fault of a file, not of a caller
    return value


def _take_or_none(document: Document, key: str, kind: type[_Kind]) -> _Kind | None:
    return None if key in document and document[key] is None else _take(document, key, kind)


def _list(document: Document, key: str) -> list[Any]:
    return _take(document, key, list)


def _objects(document: Document, key: str) -> list[Document]:
    return [_take({key: item}, key, dict) for item in _list(document, key)]


def _words(document: Document, key: str) -> dict[str, str]:
    entries = _take(document, key, dict)
    return {name: _take(entries, name, str) for name in entries}


def _text(document: Document, key: str) -> Text:
    return Text.from_json(_take(document, key, dict))


def _text_or_none(document: Document, key: str) -> Text | None:
    return None if _take_or_none(document, key, dict) is None else _text(document, key)


def _fraction(document: Document, key: str) -> Fraction:
    value = _take(document, key, object)
    if type(value) not in (int, float) or not math.isfinite(value := cast("float", value)) or value < 0:
        message = f"{key!r} is {value!r}, not a number of points"
        raise ValueError(message)
    return round(Fraction(str(value)), 4)


def _fraction_or_none(document: Document, key: str) -> Fraction | None:
    return None if _take_or_none(document, key, object) is None else _fraction(document, key)


def _grade_status(document: Document) -> GradeStatus:
    status = _take(document, "status", str)
    if status not in get_args(GradeStatus):
        message = f"'status' is {status!r}, not one of {', '.join(get_args(GradeStatus))}"
        raise ValueError(message)
    return cast("GradeStatus", status)
