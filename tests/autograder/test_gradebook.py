"""The results folder: its fixed format, written whole, read back with care."""

from __future__ import annotations

import csv
import errno
import json
import os
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from autograder.errors import AutograderError, LabError, UsageError
from autograder.gradebook import natural_order, read_all, stems, store, write, write_csv, write_timings
from autograder.model import Exhibit, Lab, Report, Status
from autograder.records import as_stored
from autograder.scoring import not_graded, rejected
from shared.text import Text

MakeReport = Callable[..., Report]
REASON = Text("empty archive", "archive vide")


def exhibit(data: dict[str, object]) -> Exhibit:
    """Make an exhibit of printed output."""
    return Exhibit("dense", "output", Text.same("Output"), data)


def rows_of(directory: Path) -> list[list[str]]:
    """Return the rows of the gradebook."""
    with (directory / "gradebook.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def test_result_has_the_fixed_format(tmp_path: Path, make_report: MakeReport) -> None:
    """A result holds exactly the keys of schema version 1, with points as floats and texts in both languages."""
    write(tmp_path, make_report(), "amel")

    document = json.loads((tmp_path / "results" / "amel.json").read_text("utf-8"))
    check = document["questions"][0]["checks"][1]
    assert sorted(document) == sorted(
        "schema_version lab submission digest status reason score max_score questions environment confinement".split()
    )
    assert (document["score"], document["max_score"], document["reason"]) == (9.3333, 20.0, None)
    assert document["questions"][2] == {
        "id": "q1",
        "title": {"en": "Why so deep?", "fr": "Pourquoi si profond ?"},
        "score": None,
        "max_score": 4.0,
        "checks": [],
    }
    assert (check["id"], check["status"], check["visible"], check["max_score"]) == ("values", "failed", True, 6.6667)
    assert set(check) == {"id", "title", "status", "visible", "score", "max_score", "message", "hint"}


def test_file_is_canonical(tmp_path: Path, make_report: MakeReport) -> None:
    """A file has sorted keys, two spaces a level, real accents and one newline at its end."""
    write(tmp_path, make_report("chloé"), "x")

    text = (tmp_path / "results" / "x.json").read_text("utf-8")
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert "chloé" in text


def test_round_trip(tmp_path: Path, make_report: MakeReport) -> None:
    """What is read back is what was written, with points rounded to four decimals, and is written the same again."""
    shown = exhibit({"text": "é\x00\ud800\u202e", "truncated": False, "pair": (1, 2.5, float("nan"))})
    report = make_report("a\udcff\n", exhibits=(shown,), answers={"q1": "Because.\n"})
    write(tmp_path, report, "a")
    first = (tmp_path / "results" / "a.json").read_bytes()

    (read,) = read_all(tmp_path)
    write(tmp_path, read, "a")

    assert read == as_stored(report) == as_stored(read)
    assert read.grade.questions[0].checks[0].score == Fraction("3.3333")
    assert read.exhibits[0].data == {"text": "é\x00\ud800\u202e", "truncated": False, "pair": [1, 2.5, "NaN"]}
    assert (tmp_path / "results" / "a.json").read_bytes() == first


def test_short_points_come_back_exactly(tmp_path: Path, lab: Lab, make_report: MakeReport) -> None:
    """A grade whose points need no rounding comes back equal, whatever its status."""
    reports = [
        make_report("full", (Status.TIMED_OUT, Status.NOT_ATTEMPTED, Status.PASSED)),
        Report(rejected(lab, "refused", REASON)),
        Report(not_graded(lab, "set aside", "sha256:1", REASON)),
    ]
    checks = tuple(replace(check, max_score=Fraction(5)) for check in reports[0].grade.questions[0].checks)
    question = replace(reports[0].grade.questions[0], checks=checks)
    reports[0] = Report(replace(reports[0].grade, questions=(question, *reports[0].grade.questions[1:])))
    for index, report in enumerate(reports):
        write(tmp_path, report, str(index))

    assert read_all(tmp_path) == reports


def test_reports_come_in_natural_order(tmp_path: Path, make_report: MakeReport) -> None:
    """Submissions are read in the order in which a person would list them."""
    names = ["group10", "Éric", "group2", "fanny", "eva"]
    for index, name in enumerate(names):
        write(tmp_path, make_report(name), f"f{index}")

    assert [report.grade.submission for report in read_all(tmp_path)] == ["Éric", "eva", "fanny", "group2", "group10"]
    assert stems(tmp_path)["group10"] == "f0"


def test_natural_order_is_total() -> None:
    """Names that differ only by case or accent still have one order."""
    names = ["é", "e", "E", "É", "9" * 40, "٣"]

    assert len({str(natural_order(name)) for name in names}) == len(names)
    assert sorted(names, key=natural_order) == sorted(set(names), key=natural_order)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is damaged: Expecting value"),
        (b"\xff", "is damaged: 'utf-8'"),
        (b"[]", "a JSON object is needed, not list"),
        (b"[" * 100_000, "is damaged"),
        (b"{}", "schema_version is None"),
        (b'{"schema_version": 2}', "schema_version is 2; this version of the tool reads 1"),
        (b'{"schema_version": 1}', "the key 'lab' is missing"),
        (b'{"schema_version": 1, "lab": 3}', "'lab' is a int, not a str"),
    ],
    ids=["empty", "not-utf8", "list", "deep", "no-version", "newer", "missing", "wrong-type"],
)
def test_damaged_result_is_named(tmp_path: Path, make_report: MakeReport, content: bytes, words: str) -> None:
    """A damaged result is refused with its file, the cause and the remedy."""
    write(tmp_path, make_report(), "amel")
    (tmp_path / "results" / "amel.json").write_bytes(content)

    with pytest.raises(AutograderError) as caught:
        read_all(tmp_path)

    assert words in str(caught.value)
    assert "amel.json" in str(caught.value)
    assert "grade again with --resume" in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("score", -1, "'score' is -1, not a number of points"),
        ("score", True, "'score' is True"),
        ("status", "perfect", "'status' is 'perfect', not one of graded, rejected, not_graded"),
        ("reason", {"en": "x"}, "a text needs the two keys en and fr"),
        ("confinement", [1], "'confinement' is a int"),
    ],
)
def test_wrong_value_is_named(tmp_path: Path, make_report: MakeReport, key: str, value: object, words: str) -> None:
    """A value that a result cannot have is refused with its key."""
    write(tmp_path, make_report(), "amel")
    path = tmp_path / "results" / "amel.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {key: value}), "utf-8")

    with pytest.raises(AutograderError) as caught:
        read_all(tmp_path)

    assert words in str(caught.value)


def test_damaged_exhibits_are_named(tmp_path: Path, make_report: MakeReport) -> None:
    """Damaged exhibits are refused too, with the result that must go."""
    write(tmp_path, make_report(), "amel")
    (tmp_path / "exhibits" / "amel.json").write_text('{"schema_version": 1}', "utf-8")

    with pytest.raises(
        AutograderError, match=r"exhibits.amel\.json is damaged: the key 'exhibits'.*results/amel\.json"
    ):
        read_all(tmp_path)


def test_results_alone_are_enough(tmp_path: Path, make_report: MakeReport) -> None:
    """A result without exhibits beside it is a report that shows none."""
    write(tmp_path, make_report(), "amel")
    (tmp_path / "exhibits" / "amel.json").unlink()

    assert read_all(tmp_path)[0].exhibits == ()


def test_empty_folder_is_refused(tmp_path: Path) -> None:
    """A folder without results is named together with what makes one."""
    with pytest.raises(UsageError, match="holds no results: name a folder that `autograder grade --out`"):
        read_all(tmp_path)


def test_one_name_twice_is_refused(tmp_path: Path, make_report: MakeReport) -> None:
    """Two files for the same submission are refused: every submission has exactly one result."""
    write(tmp_path, make_report("amel"), "a")
    write(tmp_path, make_report("amel"), "b")

    with pytest.raises(AutograderError, match=r"b\.json and a\.json are both the result of 'amel'"):
        read_all(tmp_path)


@pytest.mark.parametrize("stem", ["", "..", ".hidden", "a/b", "a\\b", "a\0"])
def test_bad_stem_is_refused(tmp_path: Path, make_report: MakeReport, stem: str) -> None:
    """A stem that would leave the results folder is refused."""
    with pytest.raises(AutograderError, match="cannot be the name of a result file"):
        write(tmp_path, make_report(), stem)


def test_exhibit_of_objects_is_our_fault(tmp_path: Path, make_report: MakeReport) -> None:
    """An exhibit that is not plain data is a fault of the lab, and leaves no result behind."""
    with pytest.raises(LabError, match=r"an exhibit of toy is not plain data .*output of dense"):
        write(tmp_path, make_report(exhibits=(exhibit({"text": object()}),)), "amel")

    assert not (tmp_path / "results").exists()


def test_unwritable_folder_is_named(tmp_path: Path) -> None:
    """Where a folder cannot be made, the error names the file and the remedy."""
    (tmp_path / "results").write_text("a file in the way", "utf-8")

    with pytest.raises(AutograderError, match=r"cannot write .*amel\.json: .*another folder with --out"):
        store(tmp_path / "results" / "amel.json", b"x")


def test_full_disk_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fills up while writing leaves the old content and no temporary file."""
    path = tmp_path / "amel.json"
    store(path, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(AutograderError, match="No space left on device; free some space"):
        store(path, b"new")

    assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == [("amel.json", b"old")]


def test_csv_has_a_row_a_submission(tmp_path: Path, lab: Lab, make_report: MakeReport) -> None:
    """The table has the fixed columns and a row for every submission, unmarked and missing scores left empty."""
    reports = [make_report("b"), Report(rejected(lab, "a", REASON)), Report(not_graded(lab, "c", None, REASON))]

    write_csv(tmp_path, lab, reports)

    assert rows_of(tmp_path) == [
        ["submission", "status", "score", "max_score", "dense", "pool", "q1"],
        ["a", "rejected", "0.0", "20.0", "0.0", "0.0", ""],
        ["b", "graded", "9.3333", "20.0", "3.3333", "6.0", ""],
        ["c", "not_graded", "", "20.0", "", "", ""],
    ]


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ('=HYPERLINK("http://x","y")', '\'=HYPERLINK("http://x","y")'),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"),
        ("\t=1", "'\\t=1"),
        ("\r1", "'\\r1"),
        ("\uff1d1", "'\uff1d1"),
        ("x;=1+1", "x;'=1+1"),
        ("a,b\nc\x00d", "a,b\\nc\\x00d"),
        ("anne-marie", "anne-marie"),
        ("\ud800\u202e", "\\ud800\\u202e"),
    ],
)
def test_csv_is_inert(tmp_path: Path, lab: Lab, make_report: MakeReport, name: str, cell: str) -> None:
    """A hostile name is one cell of one line and never a formula."""
    write_csv(tmp_path, lab, [make_report(name)])

    assert len((tmp_path / "gradebook.csv").read_text("utf-8").splitlines()) == 2
    assert rows_of(tmp_path)[1][0] == cell


def test_timings_stay_outside_results(tmp_path: Path) -> None:
    """Timings go to a file of their own."""
    write_timings(tmp_path, {"submissions": {"amel": {"seconds": 1.8}}})

    assert json.loads((tmp_path / "timings.json").read_text("utf-8")) == {"submissions": {"amel": {"seconds": 1.8}}}
