"""What is graded of a file, a folder or an archive: the module or notebook in it, its companions, the answers."""

from __future__ import annotations

import posixpath
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from autograder import refusals
from autograder.answers import MAX_ANSWER_BYTES, answers_by_heading
from autograder.archives import MAX_ARCHIVE_BYTES, read_archive
from autograder.decoding import MAX_SOURCE_BYTES, decode, same_source
from autograder.errors import SubmissionError
from autograder.files import Listing, Piece, list_folder, read_file
from autograder.mainfile import candidates, companion_path, is_answer_file
from autograder.names import name_key
from autograder.notebooks import MAX_NOTEBOOK_BYTES, Notebook, read_notebook

__all__ = [
    "MAX_COMPANIONS",
    "MAX_COMPANIONS_BYTES",
    "MAX_COMPANION_BYTES",
    "Content",
    "Wanted",
    "read_content",
]

MAX_COMPANIONS = 200
MAX_COMPANION_BYTES = 10 * 2**20
MAX_COMPANIONS_BYTES = 20 * 2**20
_ARCHIVE_ENDINGS = frozenset({".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".rar", ".7z"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: a lab's module, answers to these questions; ``stub`` is the module nobody worked on."""

    lab_id: str
    question_ids: tuple[str, ...] = ()
    stub: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """All that is graded of a submission, apart from whose it is."""

    work: Notebook
    files: dict[str, bytes]


def read_content(path: Path, wanted: Wanted) -> Content:
    """Read a module, notebook, zip or folder.

    Args:
        path: What was handed in; not followed if it is a link.
        wanted: What is looked for.

    Returns:
        The module (with the cells and answers, where it is a notebook) and the companion files by relative path.

    Raises:
        SubmissionError: Nothing gradable could be read.
        OSError: The system refuses.
    """
    mode = path.lstat().st_mode
    if stat.S_ISDIR(mode):
        return _of_folder(path, wanted)
    if not stat.S_ISREG(mode):
        raise _not_regular(path.name, mode)
    piece = Piece(path.name, 0, lambda limit: read_file(path, limit))
    ending = path.suffix.casefold()
    if ending == ".zip":
        return _of_zip(piece, path.name, wanted)
    if ending in (".py", ".ipynb"):
        return Content(_work(piece, wanted), {})
    if ending in _ARCHIVE_ENDINGS:
        raise refusals.foreign_archive(path.name, wanted.lab_id)
    raise refusals.other_kind(path.name, wanted.lab_id)


def _of_folder(path: Path, wanted: Wanted) -> Content:
    """Read a folder; where nothing but one archive is to be graded in it, as in a Moodle download, that archive."""
    listing = list_folder(path)
    archives = [piece for piece in listing.pieces if _ending(piece) == ".zip"]
    if len(archives) == 1 and not any(_ending(piece) in (".py", ".ipynb") for piece in listing.pieces):
        return _of_zip(archives[0], path.name, wanted)
    return _of_listing(listing, path.name, wanted)


def _of_zip(piece: Piece, name: str, wanted: Wanted) -> Content:
    data = piece.read(MAX_ARCHIVE_BYTES)
    if len(data) > MAX_ARCHIVE_BYTES:
        raise refusals.too_big(name, MAX_ARCHIVE_BYTES)
    return _of_listing(read_archive(data, name), name, wanted)


def _of_listing(listing: Listing, name: str, wanted: Wanted) -> Content:
    pieces = {piece.path: piece for piece in listing.pieces}
    if pieces and all(_ending(piece) == ".zip" for piece in listing.pieces):
        raise refusals.zip_of_zips(name, wanted.lab_id)
    _refuse_odd_module(listing, wanted.lab_id)
    choices = candidates(tuple(pieces), name, wanted.lab_id)
    main, work = _chosen([pieces[path] for path in choices], wanted)
    answers = dict(work.answers)
    for other in _other_answers(listing, main, [pieces[path] for path in choices], wanted):
        answers = {**other, **answers}
    return Content(replace(work, answers=answers), _companions(listing, main, wanted.lab_id))


def _refuse_odd_module(listing: Listing, lab_id: str) -> None:
    """Say so if the lab's own file is a link or a pipe, rather than that there is none."""
    wanted = {f"{lab_id}.py", f"{lab_id}.ipynb"}
    if any(posixpath.basename(piece.path) in wanted for piece in listing.pieces):
        return
    for path, mode in listing.odd.items():
        if posixpath.basename(path) in wanted:
            raise _not_regular(posixpath.basename(path), mode)


def _not_regular(name: str, mode: int) -> SubmissionError:
    return refusals.link(name) if stat.S_ISLNK(mode) else refusals.special(name, mode)


def _chosen(choices: list[Piece], wanted: Wanted) -> tuple[str, Notebook]:
    """Return the path and content of the first choice, or of the second if the first is blank or an untouched stub."""
    first, last = choices[0], choices[-1]
    try:
        work = _work(first, wanted)
    except SubmissionError:
        if first is last:
            raise
        return last.path, _work(last, wanted)
    if first is not last and wanted.stub is not None and same_source(work.module, wanted.stub):
        return last.path, _work(last, wanted)
    return first.path, work


def _work(piece: Piece, wanted: Wanted) -> Notebook:
    """Read a module or a notebook; a module is a notebook without cells and answers."""
    name = posixpath.basename(piece.path)
    if _ending(piece) == ".ipynb":
        return read_notebook(piece.read(MAX_NOTEBOOK_BYTES), name, wanted.question_ids, wanted.lab_id)
    data = piece.read(MAX_SOURCE_BYTES)
    if len(data) > MAX_SOURCE_BYTES:
        raise refusals.too_big(name, MAX_SOURCE_BYTES)
    module = decode(data)
    if module is None:
        raise refusals.not_text(name)
    if not module.strip():
        raise refusals.empty(name)
    return Notebook(module, (), {})


def _other_answers(listing: Listing, main: str, choices: list[Piece], wanted: Wanted) -> Iterator[dict[str, str]]:
    """Yield answers given elsewhere than in the main file: in ``answers.md``, nearest first, or in the notebook."""
    files = [piece for piece in listing.pieces if is_answer_file(piece.path, main)]
    for piece in sorted(files, key=lambda piece: (-piece.path.count("/"), piece.path)):
        yield answers_by_heading(_answer_text(piece), wanted.question_ids)
    for piece in choices:
        if piece.path != main and _ending(piece) == ".ipynb":
            yield _notebook_answers(piece, wanted)


def _notebook_answers(piece: Piece, wanted: Wanted) -> dict[str, str]:
    """Return the answers in a notebook whose code is not graded; none if it is broken."""
    try:
        return _work(piece, wanted).answers
    except SubmissionError:
        return {}


def _answer_text(piece: Piece) -> str:
    """Return the text of an answer file; of one that is too long, the whole lines within the limit."""
    data = piece.read(MAX_ANSWER_BYTES)
    if len(data) > MAX_ANSWER_BYTES:
        data = data.rpartition(b"\n")[0]
    return decode(data) or ""


def _companions(listing: Listing, main: str, lab_id: str) -> dict[str, bytes]:
    """Read the files that go with the module, in sorted order, leaving out what passes a limit."""
    files: dict[str, bytes] = {}
    keys: set[str] = set()
    left = MAX_COMPANIONS_BYTES
    for piece in listing.pieces:
        path = companion_path(piece.path, main, lab_id)
        if path is None or name_key(path) in keys or len(files) == MAX_COMPANIONS:
            continue
        allowed = min(left, MAX_COMPANION_BYTES)
        if piece.size > allowed:
            continue
        data = piece.read(allowed)
        if len(data) <= allowed:
            files[path] = data
            keys.add(name_key(path))
            left -= len(data)
    return files


def _ending(piece: Piece) -> str:
    return posixpath.splitext(piece.path)[1].casefold()
