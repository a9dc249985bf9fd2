"""A zip handed in: read whole, or refused whole with the reason."""

from __future__ import annotations

import io
import struct
import tracemalloc
import unicodedata
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from autograder.errors import SubmissionError
from autograder.model import Submission
from autograder.submissions import Entry, read_submission

CODE = "x = 'module'\n"


def _zip(entries: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return stream.getvalue()


def _with_mode(mode: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        info = zipfile.ZipInfo("mnist.py")
        info.external_attr = mode << 16
        archive.writestr(info, "/etc/passwd")
    return stream.getvalue()


def _read(folder: Path, data: bytes) -> Submission:
    (folder / "amel.zip").write_bytes(data)
    return read_submission(Entry("amel", folder / "amel.zip"), "mnist", ("q1",))


def _refused(folder: Path, data: bytes) -> tuple[str, str]:
    with pytest.raises(SubmissionError) as caught:
        _read(folder, data)
    return caught.value.reason.en, caught.value.reason.fr


@pytest.mark.parametrize("prefix", ["", "tp/", "a/b/", "./"])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_is_read_like_its_folder(tmp_path: Path, prefix: str, method: int) -> None:
    """The module is found in the archive or in the folders that wrap it, with its companions and answers."""
    names = {"mnist.py": CODE, "data/x.csv": "1", "answers.md": "## q1\nYes"}
    litter = {"__MACOSX/._mnist.py": "\0", ".DS_Store": "\0", "env/pyvenv.cfg": "", "env/mnist.py": "x"}
    entries = {prefix + name: content for name, content in names.items()} | litter

    submission = _read(tmp_path, _zip(entries, method))

    assert submission.module == CODE
    assert submission.files == {"data/x.csv": b"1"}
    assert submission.answers == {"q1": "Yes"}


def test_the_container_is_not_in_the_digest(tmp_path: Path) -> None:
    """A module and a zip of the same module have the same digest."""
    (tmp_path / "bob.py").write_text(CODE, encoding="utf-8")

    submission = _read(tmp_path, _zip({"tp/mnist.py": CODE.replace("\n", "\r\n")}))

    assert submission.digest == read_submission(Entry("bob", tmp_path / "bob.py"), "mnist").digest


def test_a_large_stored_file_is_read(tmp_path: Path) -> None:
    """An honest data file of some megabytes passes, compressed or not."""
    data = bytes(range(256)) * 2**13

    submission = _read(tmp_path, _zip({"mnist.py": CODE, "x.npy": data}, zipfile.ZIP_STORED))

    assert submission.files == {"x.npy": data}


@pytest.mark.parametrize("flagged", [True, False])
def test_accents_survive(tmp_path: Path, flagged: bool) -> None:
    """A name in UTF-8 is read as such whether the archive says so or not."""
    name = "donnée.csv"
    data = _zip({"mnist.py": CODE, (unicodedata.normalize("NFD", name) if flagged else "donnXXe.csv"): "1"})
    if not flagged:
        data = data.replace(b"donnXXe", "donnée".encode())

    assert _read(tmp_path, data).files == {name: b"1"}


@pytest.mark.parametrize(
    "name", ["../mnist.py", "a/../../mnist.py", "/etc/mnist.py", "C:/mnist.py", "c:mnist.py", "a\\mnist.py"]
)
def test_a_name_that_leads_outside_is_refused(tmp_path: Path, name: str) -> None:
    """One entry outside the folder, and the whole archive is refused."""
    en, fr = _refused(tmp_path, _zip({"mnist.py": CODE, name: "x"}))

    assert en.startswith('"amel.zip" was not opened because a file in it would be written outside its folder. Make a')
    assert fr.startswith("« amel.zip » n'a pas été ouvert car un fichier y serait écrit hors de son dossier. Faites")


def test_a_nul_in_a_name_is_refused(tmp_path: Path) -> None:
    """A name that ends at a NUL for some programs and not for others is refused."""
    en, _ = _refused(tmp_path, _zip({"mnist.pyX.txt": CODE}).replace(b"mnist.pyX", b"mnist.py\0"))

    assert "outside its folder" in en


@pytest.mark.parametrize("mode", [0o120777, 0o010644, 0o020644, 0o060644, 0o140644])
def test_links_and_devices_are_refused(tmp_path: Path, mode: int) -> None:
    """An entry that claims to be a link, a pipe, a device or a socket is refused."""
    en, fr = _refused(tmp_path, _with_mode(mode))

    assert "because it holds a link or a device instead of an ordinary file." in en
    assert "car elle contient un lien ou un périphérique au lieu d'un fichier ordinaire." in fr


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    """The reason says that there is a password."""
    data = bytearray(_zip({"mnist.py": CODE}))
    data[data.index(b"PK\1\2") + 8] |= 1

    en, fr = _refused(tmp_path, bytes(data))

    assert "because it is protected by a password." in en
    assert "car elle est protégée par un mot de passe." in fr


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_compression_is_refused(tmp_path: Path, method: int) -> None:
    """Only the two usual methods are unpacked: the others can ask for gigabytes of memory."""
    en, fr = _refused(tmp_path, _zip({"mnist.py": CODE}, method))

    assert "because it is compressed in an unusual way" in en
    assert "car elle est compressée d'une façon inhabituelle" in fr


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a.csv", "A.csv"),
        ("zoé.csv", unicodedata.normalize("NFD", "zoé.csv")),
        ("a", "a/b"),
        ("d/a", "d//a"),
        (".", "x"),
    ],
)
def test_twins_are_refused(tmp_path: Path, one: str, other: str) -> None:
    """Two entries that some system takes for one file are refused, and so is a file that is also a folder."""
    en, fr = _refused(tmp_path, _zip({"mnist.py": CODE, one: "x", other: "y"}))

    assert "because two files in it have the same name." in en
    assert "car deux fichiers y portent le même nom." in fr


@pytest.mark.parametrize("count", [2001, 40_000])
def test_too_many_entries_are_refused(tmp_path: Path, count: int) -> None:
    """An archive of very many files is refused before it is unpacked, and a huge table before it is read."""
    en, fr = _refused(tmp_path, _zip({f"{index}": "" for index in range(count)}, zipfile.ZIP_STORED))

    assert "because it holds more than 2000 files." in en
    assert "car elle contient plus de 2000 fichiers." in fr


def test_a_bomb_is_refused_unpacked(tmp_path: Path) -> None:
    """A small archive of much nothing is refused before much of it is unpacked."""
    data = _zip({"mnist.py": CODE, "x.npy": bytes(11 * 2**20)})

    tracemalloc.start()
    en, fr = _refused(tmp_path, data)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert "because it unpacks to far more than its size, or to more than 50 MB." in en
    assert "car elle se décompresse en bien plus que sa taille, ou en plus de 50 Mo." in fr
    assert most < 4 * 2**20


@pytest.mark.parametrize("claimed", [3, 100, 60 * 2**20])
def test_a_lying_size_is_refused(tmp_path: Path, claimed: int) -> None:
    """An entry whose size is not the stated one makes the archive invalid."""
    data = bytearray(_zip({"mnist.py": CODE}))
    position = data.index(b"PK\1\2") + 24
    data[position : position + 4] = struct.pack("<I", claimed)

    en, _ = _refused(tmp_path, bytes(data))

    expected = {3: "not a valid zip", 100: "another size than stated", 60 * 2**20: "unpacks to far more"}
    assert expected[claimed] in en


def test_a_lying_size_is_told_in_french(tmp_path: Path) -> None:
    """The reason for a wrong size exists in French."""
    data = bytearray(_zip({"mnist.py": CODE}))
    position = data.index(b"PK\1\2") + 24
    data[position : position + 4] = struct.pack("<I", 100)

    assert "car un fichier y a une autre taille que celle annoncée." in _refused(tmp_path, bytes(data))[1]


def test_overlapping_entries_are_refused(tmp_path: Path) -> None:
    """Entries that share their bytes are how a small archive unpacks to a huge one."""
    data = bytearray(_zip({"mnist.py": CODE, "other.py": CODE}))
    second = data.index(b"PK\1\2", data.index(b"PK\1\2") + 1) + 42
    data[second : second + 4] = struct.pack("<I", 0)

    en, fr = _refused(tmp_path, bytes(data))

    assert "because the files in it overlap." in en
    assert "car les fichiers y sont superposés." in fr


def test_a_zip_of_zips_is_refused(tmp_path: Path) -> None:
    """Archives in an archive are not opened; the reason says what to do."""
    en, fr = _refused(tmp_path, _zip({"a.zip": _zip({"mnist.py": CODE}), "tp/b.zip": b""}))

    assert en.startswith(
        '"amel.zip" holds only other archives, which are not opened. Unzip them and hand in the files.'
    )
    assert fr.startswith("« amel.zip » ne contient que d'autres archives, qui ne sont pas ouvertes. Décompressez-les")


def test_a_zip_among_others_is_ignored(tmp_path: Path) -> None:
    """An archive beside the module is no part of the work."""
    assert _read(tmp_path, _zip({"mnist.py": CODE, "old.zip": b"PK"})).files == {}


def test_a_zip_without_a_module_is_refused(tmp_path: Path) -> None:
    """The reason names the archive and what was found in it."""
    en, _ = _refused(tmp_path, _zip({"report.pdf": b"%PDF"}))

    assert en.startswith('No Python module or notebook of this lab is in "amel.zip"; found: "report.pdf".')


def test_an_empty_zip_is_refused(tmp_path: Path) -> None:
    """An archive without entries holds no file."""
    assert _refused(tmp_path, _zip({}))[0].startswith('"amel.zip" holds no file.')


@pytest.mark.parametrize("data", [b"", b"Rar!\x1a\x07\x01\0", CODE.encode(), _zip({"mnist.py": CODE})[:-10]])
def test_what_is_no_zip_is_refused(tmp_path: Path, data: bytes) -> None:
    """A damaged archive, or another file with that ending, is refused."""
    en, fr = _refused(tmp_path, data)

    assert en.startswith('"amel.zip" is not a valid zip archive: it is damaged, or of another kind.')
    assert fr.startswith("« amel.zip » n'est pas une archive zip valide : elle est abîmée ou d'un autre type.")


def test_damaged_content_is_refused(tmp_path: Path) -> None:
    """A wrong check sum is found out."""
    data = _zip({"mnist.py": CODE}, zipfile.ZIP_STORED).replace(b"module", b"modulo")

    assert "is not a valid zip archive" in _refused(tmp_path, data)[0]


def test_a_huge_archive_is_refused(tmp_path: Path) -> None:
    """An archive over the limit is refused for its size alone."""
    with (tmp_path / "big.zip").open("wb") as stream:
        stream.truncate(2 * 2**30)

    with pytest.raises(SubmissionError, match=r'"big.zip" is larger than 50 MB'):
        read_submission(Entry("big", tmp_path / "big.zip"), "mnist")


def test_the_only_zip_in_a_folder_is_opened(tmp_path: Path) -> None:
    """A Moodle download has a folder for each student with the archive as it was handed in."""
    (tmp_path / "amel").mkdir()
    (tmp_path / "amel" / "work.zip").write_bytes(_zip({"mnist.py": CODE}))
    (tmp_path / "amel" / "comments.txt").write_text("late", encoding="utf-8")

    submission = read_submission(Entry("amel", tmp_path / "amel"), "mnist")

    assert submission.module == CODE


def test_several_zips_in_a_folder_are_not_opened(tmp_path: Path) -> None:
    """Which of several archives counts is not guessed."""
    for name in ("a.zip", "b.zip"):
        (tmp_path / name).write_bytes(_zip({"mnist.py": CODE}))

    with pytest.raises(SubmissionError, match="holds only other archives"):
        read_submission(Entry("amel", tmp_path), "mnist")
