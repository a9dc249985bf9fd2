"""The commands of ``autograder export``: a lab's package for a platform, or marks and feedback in its form."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder import gradebook, labs
from autograder.errors import UsageError
from autograder.wording import language_of

__all__ = ["export_app"]

export_app = typer.Typer(
    help="Make a lab's package for a platform, or bring marks and feedback into its form.", no_args_is_help=True
)
LabName = Annotated[str, typer.Argument(metavar="LAB", help="A lab's name, as `autograder labs` lists it.")]
Lang = Annotated[str, typer.Option(help="Language of names and messages: en or fr.")]
_LISTED = 5


@export_app.command("gradescope")
def gradescope(
    lab: LabName,
    out: Annotated[Path, typer.Option(help="The .zip to write; upload it as the assignment's autograder.")],
    *,
    data: Annotated[
        Path | None, typer.Option(help="A folder with the course's data sets to grade on; else the embedded ones.")
    ] = None,
    lang: Lang = "en",
) -> None:
    """Write the autograder zip of a Gradescope programming assignment."""
    from autograder.exporters.gradescope import export_gradescope  # noqa: PLC0415 - only what is asked for is loaded

    made = export_gradescope(labs.find_root(), _known(lab), _zip_name(out), language_of(lang), data)
    _say(f"Upload {made} ({made.stat().st_size / 2**20:.1f} MB) as the assignment's autograder.")


@export_app.command("otter")
def otter(
    lab: LabName,
    out: Annotated[Path, typer.Option(help="The .zip to write, or a folder for it; students' files go beside it.")],
    *,
    verify: Annotated[
        bool, typer.Option("--verify", help="Let Otter grade the reference first; refuse less than full marks.")
    ] = False,
    lang: Lang = "en",
) -> None:
    """Write an Otter-Grader autograder zip, and beside it the folder that students get."""
    from autograder.exporters.otter import export_otter, students_folder  # noqa: PLC0415

    made = export_otter(labs.find_root(), _known(lab), out, language_of(lang), verify=verify)
    _say(f"For students: {students_folder(made) / lab}. Grade with: otter run SUBMISSION -a {made}")


@export_app.command("nbgrader")
def nbgrader(
    lab: LabName,
    out: Annotated[Path, typer.Option(help="nbgrader's course folder, made or brought up to date.")],
    *,
    marks: Annotated[
        Path | None, typer.Option(help="Put this file's marks of written answers into nbgrader's gradebook instead.")
    ] = None,
    collect: Annotated[
        Path | None, typer.Option(help="Write the gradebook's marks of written answers to this .csv or .yaml instead.")
    ] = None,
    lang: Lang = "en",
) -> None:
    """Make or update an nbgrader course folder with this lab as an assignment, or move marks in and out of it."""
    root, language = labs.find_root(), language_of(lang)
    if marks is None and collect is None:
        from autograder.exporters.nbgrader import export_nbgrader  # noqa: PLC0415

        made = export_nbgrader(root, _known(lab), out, language)
        _say(f"{made} is ready: change into it and run nbgrader generate_assignment {lab}")
        return
    from autograder.exporters.nbgrader_marks import collect_marks, put_marks  # noqa: PLC0415

    if marks is not None:
        _say(f"{put_marks(root, _known(lab), out, marks)} mark(s) changed in nbgrader's gradebook.")
    if collect is not None:
        _say(f"{collect_marks(root, _known(lab), out, collect)} mark(s) written to {collect}.")


@export_app.command("moodle")
def moodle(
    lab: LabName,
    results: Annotated[Path, typer.Argument(metavar="DIR", help="What `autograder grade LAB MOODLE.zip --out` wrote.")],
    out: Annotated[Path, typer.Option(help="Folder for grades.csv and feedback.zip.")],
    *,
    worksheet: Annotated[
        Path | None, typer.Option(help="Moodle's grading worksheet (.csv), to be filled in; without it no grades.csv.")
    ] = None,
    lang: Lang = "en",
) -> None:
    """Write the feedback files' zip and the filled grading worksheet that Moodle imports."""
    from autograder.exporters.moodle import export_feedback, fill_worksheet  # noqa: PLC0415

    reports = gradebook.read_all(results)
    if {report.grade.lab for report in reports} != {_known(lab)}:
        message = f"{results} holds results of another lab than {lab}"
        raise UsageError(message)
    language = language_of(lang)
    made = export_feedback(results, reports, gradebook.stems(results), out / "feedback.zip")
    _say(f"Upload {made} with “Upload multiple feedback files in a zip”.")
    if worksheet is None:
        return
    filled, without = fill_worksheet(worksheet, reports, out / "grades.csv", language)
    _say(f"Upload {out / 'grades.csv'} with “Upload grading worksheet”: {filled} grades.")
    if without:
        more = f", and {len(without) - _LISTED} more" if len(without) > _LISTED else ""
        _say(f"Without a grade: {', '.join(without[:_LISTED])}{more}.")


def _known(lab: str) -> str:
    return labs.load_lab(labs.find_root(), lab).id


def _zip_name(out: Path) -> Path:
    if out.suffix != ".zip":
        message = f"--out {out}: name a .zip file to write"
        raise UsageError(message)
    return out


def _say(words: str) -> None:
    Console().print(words, soft_wrap=True, markup=False, highlight=False)
