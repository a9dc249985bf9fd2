"""Everything that is written about a class, from stored results and the marks of persons; runs no student code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from autograder import dashboard, gradebook
from autograder.changes import describe_changes, facts_of
from autograder.errors import UsageError
from autograder.feedback import write_pages
from autograder.labs import load_lab, stub_path
from autograder.marks import apply_marks, merge_marks, read_marks
from autograder.model import Lab, Report
from autograder.similarity import near_identical
from autograder.store import Store, open_store
from shared.text import Language

__all__ = ["Rewritten", "Shown", "lab_of", "restore", "rewrite", "write_overview"]


@dataclass(frozen=True, slots=True)
class Shown:
    """A results folder, whose lab it is, the language of its pages, and the stems of its files by submission.

    ``stub`` is what all students were given: likeness that comes from it says nothing.
    """

    directory: Path
    lab: Lab
    language: Language
    stems: Mapping[str, str]
    stub: str = ""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What `report` did: pages, what is said now and was not before, files that are other ones now, marks taken over."""

    lab: Lab
    pages: int
    changes: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    marked: int = 0
    reports: tuple[Report, ...] = field(default=(), repr=False)


def write_overview(shown: Shown, reports: Sequence[Report], store: Store) -> tuple[Report, ...]:
    """Put marks into results and their pages, and write the table of marks and the dashboard.

    Args:
        shown: Where to, and how.
        reports: One report a submission, as stored.
        store: The class's database.

    Returns:
        The reports with their marks.

    Raises:
        UsageError: A mark is for a question that the lab does not have, or beyond its points.
        AutograderError: The folder cannot be written.
    """
    marks = store.marks()
    marked = tuple(apply_marks(report, marks.get(report.grade.submission, {})) for report in reports)
    for before, report in zip(reports, marked, strict=True):
        if report != before:
            _write_one(shown, report)
    gradebook.write_csv(shown.directory, shown.lab, marked)
    alike = near_identical(store.modules(), shown.stub)
    page = dashboard.render(shown.lab, marked, shown.language, shown.stems, alike)
    gradebook.store(shown.directory / "index.html", page.encode("utf-8"))
    return marked


def rewrite(root: Path, directory: Path, language: Language, database: str | None, marks: Path | None) -> Rewritten:
    """Write every page, the table of marks and the dashboard again from what is stored.

    Args:
        root: The course's folder.
        directory: A results folder.
        language: The language of the pages.
        database: The URL of the class's database where it is not in the folder.
        marks: A file of marks to be taken over first.

    Raises:
        UsageError: The folder holds results of several labs, or the marks are wrong.
        AutograderError: There are no results, or one is damaged.
    """
    lab = load_lab(root, lab_of(directory))
    with closing(open_store(directory, lab.id, database)) as store:
        restore(directory, store)
        reports = gradebook.read_all(directory)
        taken = merge_marks(lab, reports, store.marks(), read_marks(marks)) if marks else {}
        store.set_marks(taken)
        before, contents = store.shown(), _contents(directory)
        stub = stub_path(root, lab.id).read_text(encoding="utf-8")
        shown = Shown(directory, lab, language, gradebook.stems(directory), stub)
        marked = write_overview(shown, reports, store)
        write_pages(directory, lab, marked, language, shown.stems)
        changes = describe_changes(before, facts_of(marked))
        store.show(facts_of(marked))
    files = tuple(name for name, content in _contents(directory).items() if contents.get(name) != content)
    return Rewritten(lab, len(reports), tuple(changes), files, len(taken), marked)


def restore(directory: Path, store: Store) -> list[str]:
    """Write the results again that the database holds and whose files are gone, and return their files' stems.

    Raises:
        AutograderError: The folder cannot be written.
    """
    gone = []
    for result in store.results():
        if not (directory / "results" / f"{result.stem}.json").exists():
            gradebook.write_content(directory, result.stem, result.grade, result.showing)
            gone.append(result.stem)
    return gone


def lab_of(directory: Path) -> str:
    """Return the lab whose results a folder holds.

    Raises:
        AutograderError: It holds none, or a result is damaged.
        UsageError: It holds those of several labs.
    """
    found = {report.grade.lab for report in gradebook.read_all(directory)}
    if len(found) != 1:
        message = f"{directory} holds results of several labs ({', '.join(sorted(found))}); keep each in its own folder"
        raise UsageError(message)
    return found.pop()


def _write_one(shown: Shown, report: Report) -> None:
    name = report.grade.submission
    gradebook.write(shown.directory, report, shown.stems[name])
    write_pages(shown.directory, shown.lab, [report], shown.language, {name: shown.stems[name]})


def _contents(directory: Path) -> dict[str, tuple[int, int]]:
    """Return what tells whether one of the folder's files was written: one that stays the same is left alone."""
    paths = [directory / "index.html", directory / "gradebook.csv"]
    for folder in ("results", "exhibits", "feedback"):
        paths += sorted((directory / folder).glob("*.*"))
    stats = {path.relative_to(directory).as_posix(): path.stat() for path in paths if path.is_file()}
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in stats.items()}
