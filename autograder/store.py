"""The gradebook's database: each result the moment it is there, what persons marked, and what was shown last time.

Files are the exchange: results, pages and tables are written from here and may be written again at any time.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import URL, LargeBinary, String, Text, create_engine, delete, make_url, select
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from autograder.errors import AutograderError, UsageError
from autograder.gradebook import store as store_file
from autograder.model import Mark

__all__ = ["Store", "Stored", "open_store"]

_FILE = "gradebook.db"
_CLASS_FILE = ".graded/class"
_WAIT_SECONDS = 30
_KEY = String(64)
# MySQL takes the length to choose a type that is large enough; others ignore it.
_BYTES = LargeBinary(2**26)


@dataclass(frozen=True, slots=True)
class Stored:
    """A result as it was graded, before any person's marks.

    ``stem`` is that of its files, ``fingerprint`` what it depends on, ``grade`` and ``showing`` are the contents of
    ``results/<stem>.json`` and ``exhibits/<stem>.json``, ``module`` the code that was graded.
    """

    submission: str
    stem: str
    fingerprint: str
    grade: bytes
    showing: bytes
    module: str


class _Base(DeclarativeBase):
    """What all tables share: a row belongs to one lab of one class, and to one submission, by a digest of its name."""

    gradebook: Mapped[str] = mapped_column(_KEY, primary_key=True)
    lab: Mapped[str] = mapped_column(_KEY, primary_key=True)
    key: Mapped[str] = mapped_column(_KEY, primary_key=True)
    submission: Mapped[str] = mapped_column(Text)


class _Result(_Base):
    __tablename__ = "results"

    stem: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str] = mapped_column(_KEY)
    grade: Mapped[bytes] = mapped_column(_BYTES)
    showing: Mapped[bytes] = mapped_column(_BYTES)
    module: Mapped[bytes] = mapped_column(_BYTES)


class _Mark(_Base):
    __tablename__ = "marks"

    question: Mapped[str] = mapped_column(_KEY, primary_key=True)
    points: Mapped[str | None] = mapped_column(String(32))
    comment: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(_KEY)
    marker: Mapped[str] = mapped_column(Text)


class _Shown(_Base):
    __tablename__ = "shown"

    facts: Mapped[str] = mapped_column(Text)


class Store:
    """One class's results and marks in one lab; every method is a transaction of its own and may come from any thread."""

    def __init__(self, url: URL, gradebook: str, lab_id: str) -> None:
        self._url = url
        self._class = {"gradebook": gradebook, "lab": lab_id}
        with self._translated():
            arguments = {"timeout": _WAIT_SECONDS} if url.get_backend_name() == "sqlite" else {}
            self._engine = create_engine(url, connect_args=arguments)
            try:
                _Base.metadata.create_all(self._engine)
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    # -- results ------------------------------------------------------------------------------------------------

    def keep(self, result: Stored) -> None:
        """Store a result, in place of an earlier one of the same submission."""
        grade, showing = zlib.compress(result.grade, 1), zlib.compress(result.showing, 1)
        module = zlib.compress(result.module.encode("utf-8", "surrogatepass"), 1)
        words = {"stem": result.stem, "fingerprint": result.fingerprint}
        row = _Result(**self._row(result.submission), **words, grade=grade, showing=showing, module=module)
        with self._session() as session:
            session.merge(row)

    def forget(self, submission: str) -> None:
        """Remove the result of one submission; its marks stay."""
        with self._session() as session:
            session.execute(delete(_Result).filter_by(**self._class, key=_key(submission)))

    def retain(self, submissions: set[str]) -> None:
        """Remove the results of all other submissions; marks stay."""
        with self._session() as session:
            found = session.execute(select(_Result.key, _Result.submission).filter_by(**self._class)).all()
            for key in (key for key, submission in found if submission not in submissions):
                session.execute(delete(_Result).filter_by(**self._class, key=key))

    def fingerprints(self) -> dict[str, str]:
        """Return what each stored result depends on, by submission."""
        with self._session() as session:
            rows = session.execute(select(_Result.submission, _Result.fingerprint).filter_by(**self._class))
            return {row.submission: row.fingerprint for row in rows}

    def modules(self) -> dict[str, str]:
        """Return the code of each stored submission."""
        with self._session() as session:
            rows = session.execute(select(_Result.submission, _Result.module).filter_by(**self._class))
            return {name: zlib.decompress(module).decode("utf-8", "surrogatepass") for name, module in rows}

    def results(self) -> Iterator[Stored]:
        """Go through the stored results, one in memory at a time, sorted by their files' stems."""
        with self._session() as session:
            stems = session.execute(select(_Result.stem, _Result.key).filter_by(**self._class)).all()
        for _stem, key in sorted((stem, key) for stem, key in stems):
            with self._session() as session:
                row = session.scalar(select(_Result).filter_by(**self._class, key=key))
                if row is None:
                    continue  # Another command removed it meanwhile.
                grade, showing, module = (zlib.decompress(part) for part in (row.grade, row.showing, row.module))
                words = (row.submission, row.stem, row.fingerprint)
            yield Stored(*words, grade, showing, module.decode("utf-8", "surrogatepass"))

    # -- marks --------------------------------------------------------------------------------------------------

    def marks(self) -> dict[str, dict[str, Mark]]:
        """Return the marks by submission and question, withdrawn ones too."""
        found: dict[str, dict[str, Mark]] = {}
        with self._session() as session:
            for row in session.scalars(select(_Mark).filter_by(**self._class)):
                points = None if row.points is None else Fraction(row.points)
                mark = Mark(points, row.comment, row.answer, row.marker)
                found.setdefault(row.submission, {})[row.question] = mark
        return found

    def set_marks(self, marks: Mapping[tuple[str, str], Mark]) -> None:
        """Store marks by submission and question, all or none."""
        with self._session() as session:
            for (submission, question), mark in marks.items():
                points = None if mark.points is None else str(mark.points)
                words = {"comment": mark.comment, "answer": mark.answer, "marker": mark.marker}
                session.merge(_Mark(**self._row(submission), question=question, points=points, **words))

    # -- what was shown -----------------------------------------------------------------------------------------

    def shown(self) -> dict[str, Any]:
        """Return what `show` was told last, by submission."""
        with self._session() as session:
            rows = session.execute(select(_Shown.submission, _Shown.facts).filter_by(**self._class))
            return {submission: json.loads(facts) for submission, facts in rows}

    def show(self, facts: Mapping[str, Any]) -> None:
        """Remember what pages and tables now say, by submission, in place of what they said before."""
        with self._session() as session:
            session.execute(delete(_Shown).filter_by(**self._class))
            for submission, said in facts.items():
                session.add(_Shown(**self._row(submission), facts=json.dumps(said)))

    # -- the database -------------------------------------------------------------------------------------------

    def _row(self, submission: str) -> dict[str, str]:
        return {**self._class, "key": _key(submission), "submission": submission}

    @contextmanager
    def _session(self) -> Iterator[Session]:
        with self._translated(), Session(self._engine) as session, session.begin():
            yield session

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except ArgumentError as error:
            raise _no_url(self._url.render_as_string(hide_password=True)) from error
        except (SQLAlchemyError, zlib.error) as error:
            place = self._url.render_as_string(hide_password=True)
            cause = str(getattr(error, "orig", None) or error).splitlines()[0]
            message = (
                f"the gradebook's database {place} cannot be used: {cause}; see that it is still there, writable and not "
                "on a full disk, or name another one with --database, then go on with --resume"
            )
            raise AutograderError(message) from error
        except ImportError as error:
            message = f"{self._url.drivername}: {error}; install that driver, or leave out --database"
            raise UsageError(message) from error


def open_store(directory: Path, lab_id: str, url: str | None = None) -> Store:
    """Open the database of a results folder, made where there is none.

    Args:
        directory: The results folder.
        lab_id: The lab that was, or will be, graded there.
        url: Any database that SQLAlchemy knows; ``gradebook.db`` in the folder where left out.

    Raises:
        UsageError: The URL is none, or its driver is not installed.
        AutograderError: The database cannot be opened; the text says why.
    """
    if url is None:
        return Store(URL.create("sqlite", database=str(directory / _FILE)), "", lab_id)
    try:
        return Store(make_url(url), _class_name(directory), lab_id)
    except ArgumentError as error:
        raise _no_url(url) from error


def _no_url(url: str) -> UsageError:
    examples = "sqlite:////tmp/marks.db or postgresql://host/name"
    return UsageError(f"--database: {url} is not the URL of a database that is known here, such as {examples}")


def _class_name(directory: Path) -> str:
    """Return the name by which a results folder finds its own rows in a database shared with others; it moves with it."""
    path = directory / _CLASS_FILE
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        name = uuid4().hex
        store_file(path, f"{name}\n".encode())
        return name


def _key(submission: str) -> str:
    return hashlib.sha256(submission.encode("utf-8", "surrogatepass")).hexdigest()
