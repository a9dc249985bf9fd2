"""The commands that come after grading: write everything again from what is stored, and mark written answers."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder.labs import find_root, load_lab
from autograder.wording import language_of

__all__ = ["Database", "mark", "report"]

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="A folder that `grade --out` has written.")]
Lang = Annotated[str, typer.Option(help="Language of the pages: en or fr.")]
Database = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        envvar="AUTOGRADER_DATABASE",
        help="The gradebook's database, any that SQLAlchemy knows; by default gradebook.db in the results folder.",
    ),
]


def report(  # noqa: PLR0913 - one parameter an option of the command line
    directory: Directory,
    *,
    marks: Annotated[
        Path | None, typer.Option(help="Marks of written answers, CSV or YAML, to take over first.")
    ] = None,
    gradescope: Annotated[
        Path | None,
        typer.Option(help="A results.json or an export's submission_metadata.yml of Gradescope to take over first."),
    ] = None,
    database: Database = None,
    lang: Lang = "en",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")] = False,
) -> None:
    """Write feedback, table of marks and dashboard again from stored results and marks; runs no student code."""
    from autograder.exporters.gradescope import collect_gradescope  # noqa: PLC0415
    from autograder.overview import rewrite  # noqa: PLC0415 - databases' libraries load slowly

    if gradescope is not None:
        collect_gradescope(gradescope, directory)
    done = rewrite(find_root(), directory, language_of(lang), database, marks)
    if as_json:
        told = {"changes": done.changes, "files": done.files, "lab": done.lab.id, "marks": done.marked}
        sys.stdout.write(json.dumps(told | {"pages": done.pages}, ensure_ascii=False, indent=2, sort_keys=True) + "\n")
        return
    say = Console(soft_wrap=True, markup=False, highlight=False).print
    if marks is not None:
        say(f"{done.marked} marks are new or changed in {marks}")
    for change in done.changes:
        say(change)
    differs = f"{len(done.files)} files differ from before" if done.files else "no file differs from before"
    say(f"{done.pages} pages written again, {differs}; open {directory / 'index.html'}")


def mark(  # noqa: PLR0913 - one parameter an option of the command line
    lab: Annotated[str, typer.Argument(metavar="LAB", help="A lab's name, as `autograder labs` lists it.")],
    directory: Directory,
    *,
    anonymous: Annotated[
        bool, typer.Option("--anonymous", help="Numbers for names, in an order that says nothing.")
    ] = False,
    marker: Annotated[str, typer.Option(help="Who marks; by default the user of this machine.")] = "",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page; 0: any free one.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")] = True,
    database: Database = None,
    lang: Lang = "en",
) -> None:
    """Mark written answers on a page of this machine, beside model answer and rubric; Ctrl-C ends it."""
    from autograder.desk import Opening, open_desk  # noqa: PLC0415 - databases' libraries load slowly
    from autograder.marking import serve  # noqa: PLC0415

    root = find_root()
    how = Opening(language_of(lang), marker, anonymous)
    desk = open_desk(root, load_lab(root, lab), directory, how, database)
    say = Console(soft_wrap=True, markup=False, highlight=False).print
    serve(desk, port, say, browser=browser)
    say(f"Marks are stored; `autograder report {directory}` puts them into results and pages.")
