"""Moodle: its zip of all submissions in, the grading worksheet and the feedback zip out, as its importers read them."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import gradebook
from autograder.errors import UsageError
from autograder.exporters.moodle import export_feedback, fill_worksheet, found_submissions, is_download, unpack
from autograder.feedback import write_pages
from autograder.model import Lab, Report
from autograder.names import file_names

from .conftest import MakeReport

FILE, TEXT = "assignsubmission_file", "assignsubmission_onlinetext"


def download(path: Path, files: Mapping[str, bytes]) -> Path:
    """Write a zip of all submissions; the keys are the names in it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


CLASS = {
    f"Amel Benali_101_{FILE}_/mnist.py": b"x = 1",
    f"Zo\u00eb L'H\u00f4te_102_{FILE}/mnist.ipynb": b"{}",  # Moodle from 4.1 on: no underscore at the end
    f"groupe B-Jules Martin_103_{FILE}_/src/mnist.py": b"x = 3",
    f"groupe B-Jules Martin_103_{FILE}_/src/helpers.py": b"y = 3",
    f"groupe B-Jules Martin_103_{TEXT}_/onlinetext.html": b"<p>hello</p>",
    f"Nour El_Amrani_104_{FILE}_mnist.zip": b"PK",  # files not in folders: Moodle before 3.1, or so chosen
    f"In\u00e8s Bouzid_105_{TEXT}_/onlinetext.html": b"<p>rien</p>",
}


@pytest.fixture
def zipped(tmp_path: Path) -> Path:
    """A class of five in every form that Moodle's names take."""
    return download(tmp_path / "class.zip", CLASS)


def test_each_participant_is_a_submission(zipped: Path, tmp_path: Path) -> None:
    """Named by full name and number, accents kept; a single file stands for itself, several are a folder."""
    entries = unpack(zipped, tmp_path / "out")

    found = {entry.name: entry.path for entry in entries}
    assert sorted(found) == sorted(
        [
            "Amel Benali_101",
            "Zo\u00eb L'H\u00f4te_102",
            "groupe B-Jules Martin_103",
            "Nour El_Amrani_104",
            "In\u00e8s Bouzid_105",
        ]
    )
    assert found["Amel Benali_101"].name == "mnist.py"
    assert found["Nour El_Amrani_104"].suffix == ".zip"
    assert found["groupe B-Jules Martin_103"].is_dir()
    assert not list(found["groupe B-Jules Martin_103"].rglob("onlinetext.html"))


def test_only_moodles_zip_is_a_class(zipped: Path, tmp_path: Path) -> None:
    """A student's zip, a damaged file and a folder are none."""
    other = download(tmp_path / "other.zip", {"mnist.py": b"", f"A_1_{FILE}_/x.py": b""})
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04nonsense")

    assert is_download(zipped)
    assert not any(map(is_download, (other, tmp_path / "broken.zip", tmp_path, tmp_path / "none.zip")))


def test_a_download_among_other_paths(zipped: Path, tmp_path: Path) -> None:
    """Files given beside the zip are submissions as ever; what was unpacked goes when grading is over."""
    (tmp_path / "mnist.py").write_text("")

    with found_submissions([tmp_path / "mnist.py", zipped], "mnist", "auto") as entries:
        places = [entry.path for entry in entries]
        assert len(entries) == 6
        assert all(path.exists() for path in places)
    with found_submissions([zipped], "mnist", "one") as entries:
        assert [entry.path for entry in entries] == [zipped]

    assert [path.exists() for path in places if path.parent != tmp_path] == [False] * 5


def test_no_file_leaves_its_folder(tmp_path: Path) -> None:
    """Names that climb, or begin at the root, end inside the participant's own folder."""
    names = ("../../up.py", "/etc/cron.py", "..\\win.py", "a/../../b.py")
    path = download(tmp_path / "evil.zip", {f"A B_7_{FILE}_/{name}": b"x" for name in names})

    (entry,) = unpack(path, tmp_path / "out")

    files = list(tmp_path.rglob("*.py"))
    assert len(files) == len(names)
    assert all(file.is_relative_to(entry.path) for file in files)


def test_a_bomb_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One participant cannot fill the disk: beyond the limit nothing more is written."""
    monkeypatch.setattr("autograder.exporters.moodle._MAX_BYTES_EACH", 1000)
    path = download(tmp_path / "bomb.zip", {f"A_1_{FILE}_/{n}.py": bytes(10_000) for n in range(3)})

    (entry,) = unpack(path, tmp_path / "out")

    assert sum(file.stat().st_size for file in entry.path.rglob("*.py")) == 1000


def test_a_damaged_download_is_named(tmp_path: Path, zipped: Path) -> None:
    """A zip cut off by an interrupted download says so."""
    cut = tmp_path / "cut.zip"
    cut.write_bytes(zipped.read_bytes()[:200])

    with pytest.raises(UsageError, match="download it from Moodle again"):
        unpack(cut, tmp_path / "out")


# -- back --------------------------------------------------------------------------------------------------------

ENGLISH = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\n"
    'Participant 101,"Benali, Amel",a@x.fr,Submitted for grading,,100.00,Yes,"Monday, 2 March 2026, 9:00 AM",-,\n'
    "Participant 102,Zo\u00eb,z@x.fr,Submitted for grading - 1 day late,,100.00,Yes,-,-,old\n"
    "Participant 999,Nobody,n@x.fr,No submission,,100.00,Yes,-,-,\n"
)
FRENCH = (
    "\ufeffIdentifiant;Nom complet;Statut;Note;Note maximale;Derni\u00e8re modification (note);Feedback par commentaires\n"
    "Participant 101;Amel Benali;Remis;;20,00;-;\n"
)


@pytest.fixture
def reports(make_report: MakeReport) -> list[Report]:
    """Two graded participants and somebody who is not from Moodle."""
    return [make_report("Amel Benali_101"), make_report("Nour El_Amrani_102"), make_report("sample")]


def rows(path: Path, delimiter: str) -> list[dict[str, str]]:
    """Read a worksheet."""
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""), delimiter=delimiter))


def test_worksheet_gets_grades_in_its_own_scale(reports: list[Report], tmp_path: Path) -> None:
    """9.33 of 20 is 46.67 of 100; other columns, also the late one's, stay; who has nothing is told."""
    (tmp_path / "sheet.csv").write_text(ENGLISH, encoding="utf-8")

    filled, without = fill_worksheet(tmp_path / "sheet.csv", reports, tmp_path / "out" / "grades.csv", "en")

    first, second, third = rows(tmp_path / "out" / "grades.csv", ",")
    assert (filled, without) == (2, ["Participant 999"])
    assert (first["Grade"], second["Grade"], third["Grade"]) == ("46.67", "46.67", "")
    assert first["Full name"] == "Benali, Amel"
    assert second["Status"] == "Submitted for grading - 1 day late"
    assert "dense: 3.33 / 10" in first["Feedback comments"]


def test_a_french_worksheet_keeps_its_ways(reports: list[Report], tmp_path: Path) -> None:
    """Semicolons, decimal commas and the mark at the file's beginning stay as they were."""
    (tmp_path / "sheet.csv").write_text(FRENCH, encoding="utf-8")

    fill_worksheet(tmp_path / "sheet.csv", reports, tmp_path / "grades.csv", "fr")

    assert (tmp_path / "grades.csv").read_bytes().startswith(b"\xef\xbb\xbfIdentifiant;")
    assert rows(tmp_path / "grades.csv", ";")[0]["Note"] == "9,33"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n1,2\n", "no column Identifier or Identifiant"),
        (b"Identifier,Name\n1,2\n", "no column Grade or Note"),
        (b"\xff\xfe", "cannot be read"),
        (b"", "no column"),
    ],
)
def test_another_file_is_no_worksheet(content: bytes, message: str, reports: list[Report], tmp_path: Path) -> None:
    """The missing column and the remedy are named."""
    (tmp_path / "sheet.csv").write_bytes(content)

    with pytest.raises(UsageError, match=message):
        fill_worksheet(tmp_path / "sheet.csv", reports, tmp_path / "grades.csv", "en")


def test_a_worksheet_needs_a_place(reports: list[Report], tmp_path: Path) -> None:
    """A folder that cannot be made is named."""
    (tmp_path / "sheet.csv").write_text(ENGLISH, encoding="utf-8")

    with pytest.raises(UsageError, match="choose another --out"):
        fill_worksheet(tmp_path / "sheet.csv", reports, tmp_path / "sheet.csv" / "grades.csv", "en")


def imported(names: list[str]) -> dict[int, str]:
    """Read names as Moodle's importer does: the first part of a path that splits into four or more at underscores."""
    found = {}
    for name in names:
        for part in name.split("/"):
            info = part.split("_", 4)
            if len(info) >= 4 and re.fullmatch(r"\d+", info[1]) and info[2:4] == ["assignsubmission", "file"]:
                found[int(info[1])] = name
                break
    return found


def stored(lab: Lab, reports: list[Report], folder: Path) -> dict[str, str]:
    """Store reports and their pages as `grade` does; return the stems."""
    names = file_names([report.grade.submission for report in reports])
    for report in reports:
        gradebook.write(folder, report, names[report.grade.submission])
    write_pages(folder, lab, reports, "fr", names)
    return names


def test_moodle_finds_every_page_by_its_participant(lab: Lab, reports: list[Report], tmp_path: Path) -> None:
    """Each participant gets the page; an underscore in a name does not lead the importer astray."""
    stems = stored(lab, reports, tmp_path / "results")

    made = export_feedback(tmp_path / "results", reports, stems, tmp_path / "feedback.zip")

    with zipfile.ZipFile(made) as archive:
        assert sorted(imported(archive.namelist())) == [101, 102]
        assert all(archive.read(name).lower().startswith(b"<!doctype html>") for name in archive.namelist())


def test_pages_must_be_there(lab: Lab, reports: list[Report], tmp_path: Path) -> None:
    """A page that was deleted is named with the command that writes it again; others than Moodle's are refused."""
    stems = stored(lab, reports, tmp_path)
    with pytest.raises(UsageError, match="grade Moodle's own zip"):
        export_feedback(tmp_path, reports[2:], stems, tmp_path / "feedback.zip")
    (tmp_path / "feedback" / f"{stems['Amel Benali_101']}.html").unlink()

    with pytest.raises(UsageError, match="autograder report"):
        export_feedback(tmp_path, reports, stems, tmp_path / "feedback.zip")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.dictionaries(st.text(max_size=60), st.binary(max_size=60), max_size=8))
def test_any_zip_is_unpacked_inside_or_refused(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
) -> None:
    """Whatever the names are, nothing lands outside and nothing but the documented error is raised."""
    folder = tmp_path_factory.mktemp("any")
    buffer = {f"A_{place}_{FILE}_/{name}": content for place, (name, content) in enumerate(files.items())}
    try:
        path = download(folder / "any.zip", buffer)
    except (ValueError, UnicodeError):
        return
    try:
        entries = unpack(path, folder / "out")
    except UsageError:
        return

    assert all(entry.path.is_relative_to(folder / "out") for entry in entries)
