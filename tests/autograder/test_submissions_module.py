"""A single file handed in: what is read of it, and what is said where it cannot be."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from autograder import refusals
from autograder.errors import SubmissionError
from autograder.model import Submission
from autograder.submissions import Entry, read_submission, write_for_grading

CODE = "def f():\n    return 'é'\n"


def _read(path: Path) -> Submission:
    return read_submission(Entry(path.stem, path), "mnist")


def _refused(path: Path) -> tuple[str, str]:
    with pytest.raises(SubmissionError) as caught:
        _read(path)
    return caught.value.reason.en, caught.value.reason.fr


@pytest.mark.parametrize("name", ["mnist.py", "amel.py", "Zoé d'Été (1).PY", "-rf.py"])
def test_a_module_may_have_any_name(tmp_path: Path, name: str) -> None:
    """A module handed in as a file is read whatever it is called."""
    (tmp_path / name).write_text(CODE, encoding="utf-8")

    submission = _read(tmp_path / name)

    assert submission.module == CODE
    assert submission.cells == ()
    assert submission.files == {}


@pytest.mark.parametrize(
    "data",
    [
        CODE.encode(),
        CODE.encode("utf-8-sig"),
        CODE.encode("utf-16"),
        b"\xfe\xff" + CODE.encode("utf-16-be"),
        CODE.encode("utf-32"),
        CODE.encode("cp1252"),
        CODE.replace("\n", "\r\n").encode(),
        CODE.replace("\n", "\r").encode(),
        CODE.rstrip("\n").encode(),
    ],
    ids=["utf-8", "utf-8 mark", "utf-16", "utf-16 be", "utf-32", "cp1252", "crlf", "cr", "no last newline"],
)
def test_every_editors_bytes_give_the_same_source(tmp_path: Path, data: bytes) -> None:
    """Encodings and line ends of any editor give the same text, and so the same digest."""
    (tmp_path / "amel.py").write_bytes(data)
    (tmp_path / "plain.py").write_text(CODE, encoding="utf-8")

    submission = _read(tmp_path / "amel.py")

    assert submission.module == CODE
    assert submission.digest == _read(tmp_path / "plain.py").digest


@pytest.mark.parametrize("cookie", ["latin-1", "iso-8859-15", "cp437", "rot13", "punycode", "no-such-thing", "utf-16"])
def test_the_coding_cookie_tells_how_to_decode_and_then_says_utf8(tmp_path: Path, cookie: str) -> None:
    """A character set is honoured, anything else is not looked up; the cookie is made true of the file we write."""
    encoding = cookie if cookie in ("latin-1", "iso-8859-15", "cp437") else "utf-8"
    (tmp_path / "amel.py").write_bytes(f"# -*- coding: {cookie} -*-\n{CODE}".encode(encoding))

    submission = _read(tmp_path / "amel.py")

    assert submission.module == f"# -*- coding: utf-8 -*-\n{CODE}"


def test_bytes_without_any_meaning_in_cp1252_are_read(tmp_path: Path) -> None:
    """What no editor writes is still text, of which Python may then say what it thinks."""
    (tmp_path / "amel.py").write_bytes(b"x = '\x81\xe9'\n")

    assert _read(tmp_path / "amel.py").module == "x = '\x81é'\n"


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b" \n\t\r\n"])
def test_an_empty_file_is_refused(tmp_path: Path, data: bytes) -> None:
    """An empty or blank file is refused, and the student is told to save it first."""
    (tmp_path / "mnist.py").write_bytes(data)

    en, fr = _refused(tmp_path / "mnist.py")

    assert en.startswith('"mnist.py" is empty. Save your work')
    assert fr.startswith("« mnist.py » est vide. Enregistrez votre travail")


@pytest.mark.parametrize("data", [b"x = 1\0", b"\xff\xfea", b"\x7fELF\x02\0\0"])
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, data: bytes) -> None:
    """NUL bytes and broken UTF-16 are not Python source."""
    (tmp_path / "mnist.py").write_bytes(data)

    en, fr = _refused(tmp_path / "mnist.py")

    assert '"mnist.py" is not a text file' in en
    assert "« mnist.py » n'est pas un fichier texte" in fr


def test_a_sparse_file_of_two_gigabytes_is_refused(tmp_path: Path) -> None:
    """A huge file is refused after its first megabyte."""
    with (tmp_path / "mnist.py").open("wb") as stream:
        stream.truncate(2 * 2**30)

    en, fr = _refused(tmp_path / "mnist.py")

    assert '"mnist.py" is larger than 1 MB' in en
    assert "« mnist.py » dépasse 1 Mo" in fr


@pytest.mark.parametrize("make", ["fifo", "socket", "link", "dead link", "device"])
def test_what_is_no_regular_file_is_refused(tmp_path: Path, make: str) -> None:
    """A pipe, a socket, a device or a link is refused at once and by its kind."""
    path = tmp_path / "mnist.py"
    if make == "fifo":
        os.mkfifo(path)
    elif make == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
    elif make == "device":
        path = Path("/dev/zero")
    else:
        path.symlink_to("/etc/passwd" if make == "link" else "nowhere")

    en, fr = _refused(path)

    kinds = {"fifo": ("a named pipe", "un tube nommé"), "socket": ("a socket", "une socket")}
    kinds |= {"device": ("a device", "un périphérique")}
    expected = kinds.get(
        make, ("is a link, and links are not followed", "est un lien, et les liens ne sont pas suivis")
    )
    assert expected[0] in en
    assert expected[1] in fr


@pytest.mark.parametrize("name", ["report.pdf", "mnist.txt", "mnist.py.txt", "model.h5", "essay.docx", "mnist"])
def test_other_kinds_of_files_are_refused(tmp_path: Path, name: str) -> None:
    """What cannot hold the functions is refused with the names of what can."""
    (tmp_path / name).write_text(CODE, encoding="utf-8")

    en, fr = _refused(tmp_path / name)

    assert en == (
        f'"{name}" is neither a Python module, nor a notebook, nor a zip archive. '
        "Hand in `mnist.py`, `mnist.ipynb`, or a zip that holds one of them."
    )
    assert fr.endswith("Remettez `mnist.py`, `mnist.ipynb` ou un zip qui contient l'un des deux.")


@pytest.mark.parametrize("name", ["mnist.tar.gz", "mnist.rar", "mnist.7z", "mnist.tgz"])
def test_other_archives_are_refused(tmp_path: Path, name: str) -> None:
    """Archives of other kinds than zip are not opened."""
    (tmp_path / name).write_bytes(b"\x1f\x8b")

    en, fr = _refused(tmp_path / name)

    assert f'"{name}" is an archive of a kind that is not opened here' in en
    assert "est une archive d'un type qui n'est pas ouvert ici" in fr


def test_a_file_that_vanished_is_refused(tmp_path: Path) -> None:
    """An error of the system costs that submission only, and names the error."""
    en, fr = _refused(tmp_path / "mnist.py")

    assert en.startswith('"mnist.py" could not be read (system error ENOENT)')
    assert fr.startswith("« mnist.py » n'a pas pu être lu (erreur système ENOENT)")


def test_permission_denied_is_told_plainly() -> None:
    """Where the system denies access, the reason says so without its number."""
    reason = refusals.unreadable("mnist.py", PermissionError(13, "Permission denied")).reason

    assert reason.en.startswith('"mnist.py" could not be opened: permission was denied.')
    assert reason.fr.startswith("« mnist.py » n'a pas pu être ouvert : permission refusée.")


def test_names_in_messages_are_printable_and_short(tmp_path: Path) -> None:
    """A file name cannot steer the terminal on which its refusal is read."""
    path = tmp_path / ("\x1b[31m" + "a" * 200 + ".txt")
    path.write_text(CODE, encoding="utf-8")

    en, _ = _refused(path)

    assert en.startswith('"\\x1b[31maaa')
    assert "a" * 80 not in en


def test_the_digest_ignores_the_name(tmp_path: Path) -> None:
    """Two submissions with the same content have the same digest, two with different content have not."""
    for name, code in (("amel", CODE), ("bob", CODE), ("carl", CODE + "x = 1\n")):
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")

    digests = {name: _read(tmp_path / f"{name}.py").digest for name in ("amel", "bob", "carl")}

    assert digests["amel"] == digests["bob"] != digests["carl"]
    assert digests["amel"].startswith("sha256:")
    assert len(digests["amel"]) == len("sha256:") + 64


def test_a_submission_is_written_for_grading(tmp_path: Path) -> None:
    """The module and its companions are written with modes that do not depend on the umask."""
    submission = Submission("amel", "sha256:0", CODE, files={"data/x.csv": b"1,2", "helper.py": b"y = 1\n"})
    before = os.umask(0o077)
    try:
        module = write_for_grading(submission, tmp_path / "box", "mnist")
    finally:
        os.umask(before)

    assert module == tmp_path / "box" / "mnist.py"
    assert module.read_text(encoding="utf-8") == CODE
    assert (tmp_path / "box" / "data" / "x.csv").read_bytes() == b"1,2"
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "box").rglob("*")}
    assert modes == {"mnist.py": 0o644, "data": 0o755, "x.csv": 0o644, "helper.py": 0o644}


def test_writing_keeps_a_private_folder_private(tmp_path: Path) -> None:
    """The mode of a folder that the caller made is the caller's business."""
    box = tmp_path / "box"
    box.mkdir(mode=0o700)

    write_for_grading(Submission("amel", "sha256:0", CODE), box, "mnist")

    assert stat.S_IMODE(box.stat().st_mode) == 0o700


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a//b", "mnist.py", "numpy.py", "a\\b", "x\ny", "conftest.py"])
def test_writing_refuses_other_paths(tmp_path: Path, path: str) -> None:
    """Paths are checked again before anything is written there."""
    with pytest.raises(ValueError, match="is not a path for a companion file"):
        write_for_grading(Submission("amel", "sha256:0", CODE, files={path: b""}), tmp_path / "box", "mnist")


def test_writing_refuses_a_folder_in_use(tmp_path: Path) -> None:
    """Nothing is written over what is there."""
    (tmp_path / "old.txt").touch()

    with pytest.raises(ValueError, match="is not empty"):
        write_for_grading(Submission("amel", "sha256:0", CODE), tmp_path, "mnist")
