"""Marks of written answers: put into results, read from files in the forms that people write, merged with care."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from autograder.errors import UsageError
from autograder.marks import (
    MarkRow,
    answer_digest,
    apply_marks,
    mark_rows,
    merge_marks,
    outdated_marks,
    read_marks,
    read_points,
    write_marks_csv,
    write_marks_yaml,
)
from autograder.model import Lab, Mark, Report
from autograder.scoring import not_graded
from shared.text import Text

MakeReport = Callable[..., Report]
ANSWER = "Because."
MARK = Mark(Fraction(5, 2), 'Good, but\n"short"; see é', answer_digest(ANSWER), "inès")
NAMES = ("amel", "=cmd()", "007", "Éva, l'été")


@pytest.fixture
def reports(make_report: MakeReport) -> list[Report]:
    """Graded submissions with hard names; only the first has answered."""
    return [make_report(name, answers={"q1": ANSWER} if name == "amel" else {}) for name in NAMES]


def test_marks_enter_the_score(make_report: MakeReport) -> None:
    """The written question has its points, the sum grows by them, and the comment travels along."""
    report = make_report(answers={"q1": ANSWER})

    marked = apply_marks(report, {"q1": MARK})

    assert marked.grade.questions[2].score == Fraction(5, 2)
    assert marked.grade.score == report.grade.score + Fraction(5, 2)  # type: ignore[operator]
    assert marked.marks == {"q1": MARK}
    assert apply_marks(marked, {"q1": MARK}) == marked
    assert outdated_marks(marked) == []


def test_a_withdrawn_mark_leaves_the_question_unmarked(make_report: MakeReport) -> None:
    """The result is again what it was before the mark."""
    report = make_report(answers={"q1": ANSWER})

    assert apply_marks(apply_marks(report, {"q1": MARK}), {"q1": Mark(None)}) == report


def test_a_mark_for_an_earlier_answer_counts_and_is_told(make_report: MakeReport) -> None:
    """It survives a changed answer, and is known to be for another one."""
    marked = apply_marks(make_report(answers={"q1": "Something else"}), {"q1": MARK})

    assert marked.grade.questions[2].score == Fraction(5, 2)
    assert outdated_marks(marked) == ["q1"]


def test_what_is_not_graded_has_no_marks(lab: Lab) -> None:
    """A submission that is set aside gets no points from anywhere."""
    report = Report(not_graded(lab, "amel", None, Text("broken", "cassé")))

    assert apply_marks(report, {"q1": MARK}) == report


@pytest.mark.parametrize(("text", "points"), [("0", 0), ("2.5", 2.5), (" 2,5 ", 2.5), ("4", 4), ("0.1234", 0.1234)])
def test_points_as_people_write_them(lab: Lab, text: str, points: float) -> None:
    """With a point or a comma, exact to four decimals."""
    assert read_points(text, lab.questions[2]) == round(Fraction(str(points)), 4)


@pytest.mark.parametrize("text", ["", "-1", "4.01", "5", "two", "1/2", "nan", "inf", "1e0", "0.12345", "١"])
def test_other_points_are_refused(lab: Lab, text: str) -> None:
    """Also what Python would read as a number."""
    with pytest.raises(ValueError, match="points"):
        read_points(text, lab.questions[2])


@pytest.mark.parametrize("ending", ["csv", "yaml"])
def test_a_file_comes_back_as_it_was(tmp_path: Path, lab: Lab, reports: list[Report], ending: str) -> None:
    """What the page exports can be read and changes nothing; names are those of the submissions, whatever they are."""
    stored = {"amel": {"q1": MARK}, "=cmd()": {"q1": Mark(None, "=1+1", answer_digest(""), "inès")}}
    rows = mark_rows(lab, reports, stored)
    write = write_marks_csv if ending == "csv" else write_marks_yaml
    path = tmp_path / f"marks.{ending}"
    path.write_text(write(rows), encoding="utf-8")

    read = read_marks(path)

    assert [row.question for row in read] == ["q1"] * 4
    assert merge_marks(lab, reports, stored, read) == {}
    assert {key: mark.comment for key, mark in merge_marks(lab, reports, {}, read).items()} == {
        ("amel", "q1"): MARK.comment,
        ("=cmd()", "q1"): "=1+1",
    }


def test_a_spreadsheet_computes_nothing(lab: Lab, reports: list[Report]) -> None:
    """Names and comments that begin like a formula do not in the file."""
    text = write_marks_csv(mark_rows(lab, reports, {"amel": {"q1": replace(MARK, comment="=1+1")}}))

    assert "'=cmd()" in text
    assert ",=1+1" not in text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("m.csv", "submission,question,points,comment\namel,q1,2.5,Good\n"),
        ("m.csv", "\ufeffquestion;submission;points;comment\r\nq1;amel;2,5;Good\r\n;;;\r\n"),
        ("m.tsv", "submission\tquestion\tpoints\tcomment\namel\tq1\t2.5\tGood\n"),
        ("m.yaml", "amel:\n  q1: {points: 2.5, comment: Good}\n"),
        ("m.yml", "amel: {q1: {points: '2,5', comment: Good}}\n"),
    ],
    ids=["comma", "semicolon", "tab", "yaml", "yml"],
)
def test_files_as_people_write_them(tmp_path: Path, lab: Lab, reports: list[Report], name: str, text: str) -> None:
    """A row that does not name an answer is for the present one."""
    (tmp_path / name).write_text(text, encoding="utf-8")

    changes = merge_marks(lab, reports, {}, read_marks(tmp_path / name))

    assert changes == {("amel", "q1"): Mark(Fraction(5, 2), "Good", answer_digest(ANSWER))}


def test_a_plain_number_is_enough(tmp_path: Path, lab: Lab, reports: list[Report]) -> None:
    """In YAML; a student's number keeps its zeros."""
    (tmp_path / "m.yaml").write_text("007:\n  q1: 1\n", encoding="utf-8")

    changes = merge_marks(lab, reports, {}, read_marks(tmp_path / "m.yaml"))

    assert changes == {("007", "q1"): Mark(Fraction(1), "", answer_digest(""))}


def test_a_repeated_row_does_not_renew_a_mark(lab: Lab, reports: list[Report]) -> None:
    """The same file given again after the answer changed leaves the mark that of the earlier answer."""
    stored = {"amel": {"q1": replace(MARK, answer="sha256:earlier")}}
    row = MarkRow("amel", "q1", "2.5", MARK.comment)

    assert merge_marks(lab, reports, stored, [row]) == {}
    changed = merge_marks(lab, reports, stored, [replace(row, points="3")])
    assert changed["amel", "q1"].answer == answer_digest(ANSWER)


def test_rows_without_points_say_nothing_and_a_dash_withdraws(lab: Lab, reports: list[Report]) -> None:
    """An exported sheet that was filled in for half of the class takes nothing from the other half."""
    stored = {"amel": {"q1": MARK}}

    assert merge_marks(lab, reports, stored, [MarkRow("amel", "q1", "")]) == {}
    withdrawn = merge_marks(lab, reports, stored, [MarkRow("amel", "q1", "-")])
    assert withdrawn["amel", "q1"].points is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("submission,points\n", "no column question"),
        ("submission,question,points\nnobody,q1,1\n", "line 2: there is no submission 'nobody'"),
        ("submission,question,points\namel,dense,1\n", "line 2: toy has no written question 'dense'; there are: q1"),
        ("submission,question,points\namel,q1,5\n", "line 2: 5 is more than the 4 points of q1"),
        ("submission,question,points\namel,q1,x\n", "line 2: 'x' is not a number of points"),
        ("submission,question,points\namel,q1,1\n\namel,q1,2\n", "line 4: amel is marked twice for q1, see"),
        ('submission,question,points\namel,q1,"' + "1" * 200_000 + '"\n', "line 1: not valid CSV"),
    ],
    ids=["column", "submission", "question", "beyond", "number", "twice", "csv"],
)
def test_a_wrong_row_is_named(tmp_path: Path, lab: Lab, reports: list[Report], text: str, words: str) -> None:
    """With the file and its line; nothing of the file counts then."""
    path = tmp_path / "m.csv"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(UsageError) as caught:
        merge_marks(lab, reports, {}, read_marks(path))

    assert words in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[1, 2", "not valid YAML"),
        ("- amel\n", "a table is needed"),
        ("amel: 3\n", "a table is needed"),
        ("amel: {q1: {points: 1, colour: red}}\n", "unknown key colour"),
        ("amel: {q1: {points: [1]}}\n", "a value is not a text"),
    ],
    ids=["syntax", "list", "number", "key", "value"],
)
def test_wrong_yaml_is_named(tmp_path: Path, text: str, words: str) -> None:
    """With the file and the place in it."""
    path = tmp_path / "m.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(UsageError) as caught:
        read_marks(path)

    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Missing, or in another encoding."""
    (tmp_path / "latin.csv").write_bytes("é".encode("latin-1"))

    for path in (tmp_path / "none.csv", tmp_path / "latin.csv"):
        with pytest.raises(UsageError, match="cannot be read as marks"):
            read_marks(path)


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    """A disk image is no table of marks."""
    with (tmp_path / "m.csv").open("wb") as stream:
        stream.truncate(2**30)

    with pytest.raises(UsageError, match="larger than a file of marks can be"):
        read_marks(tmp_path / "m.csv")
