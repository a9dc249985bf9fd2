"""Zip archives: strangers' are checked and counted before an entry is believed, ours have the same bytes each time."""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping

from autograder import refusals
from autograder.files import Listing, Piece, is_litter
from autograder.names import name_key
from shared.text import Text

__all__ = ["MAX_ARCHIVE_BYTES", "MAX_ENTRIES", "MAX_UNPACKED_BYTES", "read_archive", "zip_bytes"]

MAX_ARCHIVE_BYTES = 50 * 2**20
MAX_UNPACKED_BYTES = 50 * 2**20
MAX_ENTRIES = 2000
# Zeros deflate a thousandfold; an honest archive of code and small data stays far below this as a whole.
_MAX_RATIO = 100
_RATIO_MATTERS_BYTES = 10 * 2**20
# 2000 entries with long names fit in it; without it, a directory of a million entries is built before we can count.
_MAX_DIRECTORY_BYTES = 2**20
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold
_LOCAL_HEADER_BYTES = 30
_CHUNK_BYTES = 2**18
_ENCRYPTED, _UTF8 = 0x1, 0x800
_DRIVE = re.compile(r"[A-Za-z]:")
# All that zipfile was seen to raise on damaged bytes; the fuzz tests would find another one.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
    LookupError,
    OSError,
)

_OUTSIDE = Text("a file in it would be written outside its folder", "un fichier y serait écrit hors de son dossier")
_SPECIAL = Text(
    "it holds a link or a device instead of an ordinary file",
    "elle contient un lien ou un périphérique au lieu d'un fichier ordinaire",
)
_PASSWORD = Text("it is protected by a password", "elle est protégée par un mot de passe")
_TWICE = Text("two files in it have the same name", "deux fichiers y portent le même nom")
_MANY = Text(f"it holds more than {MAX_ENTRIES} files", f"elle contient plus de {MAX_ENTRIES} fichiers")
_BOMB = Text(
    f"it unpacks to far more than its size, or to more than {MAX_UNPACKED_BYTES // 2**20} MB",
    f"elle se décompresse en bien plus que sa taille, ou en plus de {MAX_UNPACKED_BYTES // 2**20} Mo",
)
_OVERLAP = Text("the files in it overlap", "les fichiers y sont superposés")
_LYING = Text("a file in it has another size than stated", "un fichier y a une autre taille que celle annoncée")
_METHOD = Text(
    "it is compressed in an unusual way (only the ordinary one is read)",
    "elle est compressée d'une façon inhabituelle (seule la façon ordinaire est lue)",
)


class _Frugal(io.BytesIO):
    """Bytes that refuse to be read in one large gulp, which is how ``zipfile`` reads a table of contents."""

    def read(self, size: int | None = -1, /) -> bytes:
        left = len(self.getbuffer()) - self.tell()
        wanted = left if size is None or size < 0 else min(size, left)
        if wanted > _MAX_DIRECTORY_BYTES:
            raise _Refused(_MANY)
        return super().read(wanted)


class _Refused(Exception):  # noqa: N818 - a verdict on its way to the one place that knows the archive's name
    """The archive is refused whole."""

    def __init__(self, cause: Text) -> None:
        super().__init__(cause.en)
        self.cause = cause


def read_archive(data: bytes, name: str) -> Listing:
    """Read a whole zip archive into memory, or refuse it whole.

    Args:
        data: The archive's bytes, at most 50 MB.
        name: The archive's file name, for the message.

    Returns:
        Its regular files in sorted order, without hidden ones, litter and virtual environments.

    Raises:
        SubmissionError: It is no zip, damaged, encrypted, or unsafe in any way.
    """
    try:
        with zipfile.ZipFile(_Frugal(data)) as archive:
            contents = _checked_contents(archive, len(data))
    except _Refused as refused:
        raise refusals.unsafe_zip(name, refused.cause) from refused
    except _DAMAGE as damage:
        raise refusals.bad_zip(name) from damage
    return Listing(tuple(_piece(path, contents[path]) for path in sorted(_worth_keeping(contents))))


def zip_bytes(files: Mapping[str, bytes], programs: Collection[str] = ()) -> bytes:
    """Return a zip that has the same bytes each time and on every system.

    Args:
        files: Contents by path in the archive.
        programs: The paths that may be executed once unpacked.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = (0o755 if name in programs else 0o644) << 16
            entry.create_system = 3
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()


def _piece(path: str, content: bytes) -> Piece:
    return Piece(path, len(content), lambda limit: content[: limit + 1])


def _checked_contents(archive: zipfile.ZipFile, archive_bytes: int) -> dict[str, bytes]:
    """Return the contents by path, after every check of the table of contents, counting what is really unpacked."""
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise _Refused(_MANY)
    paths = [_checked_path(entry) for entry in entries]
    files = [(path, entry) for path, entry in zip(paths, entries, strict=True) if not entry.is_dir()]
    _refuse_twins([path for path, _ in files])
    _refuse_overlap(entries, archive.start_dir)
    _refuse_bomb(sum(entry.file_size for _, entry in files), archive_bytes)
    return {path: _content(archive, entry) for path, entry in files}


def _checked_path(entry: zipfile.ZipInfo) -> str:
    """Return the entry's path as it may be used, or refuse the archive for the entry's sake."""
    if entry.flag_bits & _ENCRYPTED:
        raise _Refused(_PASSWORD)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _Refused(_SPECIAL)
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _Refused(_METHOD)
    path = _true_name(entry)
    parts = path.split("/")
    if path.startswith("/") or "\\" in path or "\0" in path or ".." in parts or _DRIVE.match(path):
        raise _Refused(_OUTSIDE)
    return "/".join(part for part in parts if part not in ("", "."))


def _true_name(entry: zipfile.ZipInfo) -> str:
    """Return the name as it was meant: many programs write UTF-8 without saying so, which is then read as cp437."""
    name = entry.orig_filename
    if entry.flag_bits & _UTF8:
        return name
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name


def _refuse_twins(paths: list[str]) -> None:
    """Refuse names that are one file on some system, and a file that is also the folder of another."""
    keys = [name_key(path) for path in paths]
    folders = {folder for key in keys for folder in _folders(key)}
    if len(set(keys)) < len(keys) or folders & set(keys) or "" in keys:
        raise _Refused(_TWICE)


def _folders(path: str) -> Iterator[str]:
    parts = path.split("/")
    for depth in range(1, len(parts)):
        yield "/".join(parts[:depth])


def _refuse_overlap(entries: list[zipfile.ZipInfo], directory_offset: int) -> None:
    """Refuse entries that share bytes, which is how a small archive unpacks to a huge one (Fifield, WOOT 2019)."""
    spans = sorted(
        (entry.header_offset, entry.header_offset + _LOCAL_HEADER_BYTES + entry.compress_size) for entry in entries
    )
    starts = [start for start, _ in spans[1:]] + [directory_offset]
    if any(end > following for (_, end), following in zip(spans, starts, strict=False)):
        raise _Refused(_OVERLAP)


def _refuse_bomb(unpacked_bytes: int, archive_bytes: int) -> None:
    swollen = unpacked_bytes > _RATIO_MATTERS_BYTES and unpacked_bytes > _MAX_RATIO * archive_bytes
    if swollen or unpacked_bytes > MAX_UNPACKED_BYTES:
        raise _Refused(_BOMB)


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Unpack one entry; ``zipfile`` never gives more than the stated size, which the caller has added up."""
    parts: list[bytes] = []
    with archive.open(entry) as stream:
        while part := stream.read(_CHUNK_BYTES):
            parts.append(part)
    content = b"".join(parts)
    if len(content) != entry.file_size:
        raise _Refused(_LYING)
    return content


def _worth_keeping(contents: dict[str, bytes]) -> Iterator[str]:
    """Yield the paths that could be a student's, by the same rules as for a folder."""
    environments = tuple(path[: -len("pyvenv.cfg")] for path in contents if path.split("/")[-1] == "pyvenv.cfg")
    for path in contents:
        if not path.startswith(environments) and not any(is_litter(part) for part in path.split("/")):
            yield path
