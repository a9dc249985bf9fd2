"""The command line: it reads arguments, calls one module, prints, and turns errors into exit codes."""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from autograder import labs, records
from autograder.cli_audit import audit
from autograder.cli_export import export_app
from autograder.cli_marks import Database, mark, report
from autograder.errors import AutograderError, UsageError
from autograder.exporters.moodle import found_submissions
from autograder.feedback import render_terminal
from autograder.glyphs import one_line
from autograder.model import Lab, Report
from autograder.progress import show_progress
from autograder.submissions import Mode
from autograder.wording import language_of, points

if TYPE_CHECKING:
    from autograder.grading import Options

__all__ = ["app", "main"]

_USAGE, _BROKEN, _INTERRUPTED = 2, 3, 130
_FEW = 3

app = typer.Typer(
    help="Grade deep-learning labs: student code runs confined in a process of its own, every mark is decided outside.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(export_app, name="export")
Lang = Annotated[str, typer.Option(help="Language of the pages: en or fr.")]
LabName = Annotated[str, typer.Argument(metavar="LAB", help="A lab's name, as `autograder labs` lists it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]


def main() -> None:
    """Run the command line; 0: it worked, 2: wrong usage, 3: the tool or a lab is broken."""
    try:
        app()
    except UsageError as error:
        _complain(error)
        sys.exit(_USAGE)
    except AutograderError as error:
        _complain(error)
        sys.exit(_BROKEN)
    except OSError as error:
        if error.filename is None:
            raise
        _complain(UsageError(f"{error.filename}: {error.strerror}"))
        sys.exit(_USAGE)


@app.command("labs")
def list_labs(*, as_json: AsJson = False, lang: Lang = "en") -> None:
    """List the labs, their questions and points."""
    root = labs.find_root()
    found = [labs.load_lab(root, lab_id) for lab_id in labs.lab_ids(root)]
    language = language_of(lang)
    if as_json:
        _print_json([_lab_document(lab) for lab in found])
        return
    for lab in found:
        table = Table("question", "title", "points", title=f"{lab.id}: {lab.title.in_(language)}", title_justify="left")
        for question in lab.questions:
            worth = points(question.points, "en") + (" (written)" if question.written else "")
            table.add_row(question.id, question.title.in_(language), worth)
        table.add_row("", "", points(lab.max_score, "en"))
        Console().print(table)


@app.command("check")
def check_at_home(
    lab: LabName,
    file: Annotated[Path | None, typer.Argument(help="Your module or notebook; by default the lab's own name.")] = None,
    *,
    lang: Annotated[str | None, typer.Option(help="en or fr; by default the terminal's language.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds that all checks together may take.")] = 120.0,
) -> None:
    """Run the public checks on your own file, at home: no network, no account, nothing sent."""
    from shared.check import main as check_file  # noqa: PLC0415 - it needs pytest and nothing of the grader

    arguments = [lab, *([str(file)] if file else []), *(["--lang", language_of(lang)] if lang else [])]
    raise typer.Exit(check_file([*arguments, "--timeout", str(timeout)]))


@app.command("grade")
def grade(  # noqa: PLR0913 - one parameter an option of the command line
    lab: LabName,
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...", help="A .py, .ipynb or .zip, a folder of one submission or of many, Moodle's zip of all."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for results, feedback and the table of marks.")],
    *,
    jobs: Annotated[int, typer.Option(min=0, help="Workers side by side; 0: one a core.")] = 0,
    resume: Annotated[
        bool, typer.Option("--resume/--fresh", help="Keep what is graded already and unchanged.")
    ] = False,
    one: Annotated[bool, typer.Option("--one", help="Each PATH is one submission, whatever it looks like.")] = False,
    many: Annotated[bool, typer.Option("--many", help="Each PATH is a folder of submissions.")] = False,
    unsafe: Annotated[
        bool, typer.Option("--unsafe", help="Grade even where a layer of confinement is missing.")
    ] = False,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Grade on this Dask cluster, such as tcp://host:8786.")
    ] = None,
    database: Database = None,
    lang: Lang = "en",
    as_json: AsJson = False,
) -> None:
    """Grade submissions: marks, feedback pages and a dashboard, whatever is in them."""
    from autograder import grading  # noqa: PLC0415 - databases' libraries load slowly

    if one and many:
        message = "--one and --many exclude each other: say one of them"
        raise UsageError(message)
    if out.resolve() in [path.resolve() for path in paths]:
        message = f"{out} is what is to be graded; choose another folder with --out"
        raise UsageError(message)
    root = labs.find_root()
    definition = _load_lab(root, lab)
    mode: Mode = "one" if one else "many" if many else "auto"
    jobs = jobs or grading.default_jobs()
    options = grading.Options(root, out, language_of(lang), jobs, resume, unsafe, scheduler, database)
    try:
        with found_submissions(paths, definition.id, mode) as found:
            entries = [entry for entry in found if entry.path.resolve() != out.resolve()]
            with show_progress(len(entries), quiet=as_json) as advance:
                reports = grading.grade_class(definition, entries, options, advance)
    except KeyboardInterrupt:
        # Here and not in `main`: Typer turns it into an exit without a word.
        Console(stderr=True).print("Interrupted. What was graded is stored; go on with --resume.")
        raise typer.Exit(_INTERRUPTED) from None
    if as_json:
        _print_json({"lab": definition.id, "results": [records.grade_document(report.grade) for report in reports]})
        return
    _summarise(definition, reports, options)


app.command("report")(report)
app.command("mark")(mark)
app.command("audit")(audit)


@app.command("release")
def release(
    lab: LabName,
    out: Annotated[Path, typer.Option(help="A folder (the bundle becomes OUT/LAB) or a .zip file.")],
) -> None:
    """Make the students' bundle: stub, notebook, handouts, public checks, nothing secret."""
    from autograder.release import release as release_bundle  # noqa: PLC0415 - notebooks' libraries load slowly

    root = labs.find_root()
    target = release_bundle(root, _load_lab(root, lab).id, out)
    Console().print(f"The students' bundle is {target}", soft_wrap=True)


@app.command("build")
def build(
    *, check: Annotated[bool, typer.Option("--check", help="Write nothing; fail where a file is out of date.")] = False
) -> None:
    """Make stubs, notebooks and answer templates from the reference solutions."""
    from autograder.build import build as build_files  # noqa: PLC0415 - notebooks' libraries load slowly

    root = labs.find_root()
    changed = build_files(root, labs.lab_ids(root), check)
    for path in changed:
        Console().print(f"{'out of date' if check else 'written'}: {path.relative_to(root)}", soft_wrap=True)
    if check and changed:
        message = "generated files are older than their sources: run `autograder build` and commit what it writes"
        raise AutograderError(message)


@app.command("checkup")
def checkup() -> None:
    """Let the repository check itself: labs, texts, suites, generated files."""
    from autograder.checkup import checkup as find_problems  # noqa: PLC0415 - notebooks' libraries load slowly

    root = labs.find_root()
    problems = find_problems(root)
    for problem in problems:
        Console(stderr=True).print(
            f"{problem.where}: {problem.what}\n    {problem.remedy}", soft_wrap=True, markup=False
        )
    if problems:
        message = f"{len(problems)} of the repository's own rules are broken, see above"
        raise AutograderError(message)
    Console().print(f"{len(labs.lab_ids(root))} lab(s) in order.")


# -- what is printed ---------------------------------------------------------------------------------------------


def _summarise(lab: Lab, reports: list[Report], options: Options) -> None:
    console, whole = Console(), points(lab.max_score, "en")
    if len(reports) <= _FEW:
        for found in reports:
            console.print(render_terminal(found, lab, options.language))
    else:
        table = Table("submission", "status", "score", box=None)
        for found in reports:
            score = "" if found.grade.score is None else f"{points(found.grade.score, 'en')} / {whole}"
            table.add_row(one_line(found.grade.submission), found.grade.status.replace("_", " "), score)
        console.print(table)
    written = sum((question.points for question in lab.written.values()), start=Fraction(0))
    if written:
        console.print(
            f"{points(written, 'en')} of the {whole} points are for written answers, to be marked by a person."
        )
    console.print(f"Dashboard: {options.out / 'index.html'}", soft_wrap=True)


def _lab_document(lab: Lab) -> dict[str, Any]:
    questions = [
        {"id": q.id, "title": q.title.to_json(), "points": float(q.points), "written": q.written} for q in lab.questions
    ]
    return {"id": lab.id, "title": lab.title.to_json(), "max_score": float(lab.max_score), "questions": questions}


def _print_json(document: Any) -> None:  # noqa: ANN401
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n")


def _load_lab(root: Path, lab_id: str) -> Lab:
    known = labs.lab_ids(root)
    if lab_id not in known:
        message = f"no lab is called {lab_id!r}; there are {', '.join(known)}"
        raise UsageError(message)
    return labs.load_lab(root, lab_id)


def _complain(error: Exception) -> None:
    Console(stderr=True).print(f"autograder: {error}", style="red", markup=False, soft_wrap=True, highlight=False)


if __name__ == "__main__":
    main()
