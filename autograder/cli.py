"""The command line: it reads arguments, calls one module, prints, and turns errors into exit codes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from autograder import gradebook, grading, labs, records
from autograder.errors import AutograderError, UsageError
from autograder.feedback import render_terminal, write_pages
from autograder.glyphs import one_line
from autograder.model import Lab, Report
from autograder.submissions import Mode, find_submissions
from shared.text import LANGUAGES, Language

__all__ = ["app", "main"]

_USAGE, _BROKEN, _INTERRUPTED = 2, 3, 130
_FEW = 3

app = typer.Typer(
    help="Grade deep-learning labs: student code runs confined in a process of its own, every mark is decided outside.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
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


@app.command("labs")
def list_labs(*, as_json: AsJson = False, lang: Lang = "en") -> None:
    """List the labs, their questions and points."""
    root = labs.find_root()
    found = [labs.load_lab(root, lab_id) for lab_id in labs.lab_ids(root)]
    language = _language(lang)
    if as_json:
        _print_json([_lab_document(lab) for lab in found])
        return
    for lab in found:
        table = Table("question", "title", "points", title=f"{lab.id}: {lab.title.in_(language)}", title_justify="left")
        for question in lab.questions:
            points = f"{float(question.points):g}" + (" (written)" if question.written else "")
            table.add_row(question.id, question.title.in_(language), points)
        table.add_row("", "", f"{float(lab.max_score):g}")
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

    arguments = [lab, *([str(file)] if file else []), *(["--lang", _language(lang)] if lang else [])]
    raise typer.Exit(check_file([*arguments, "--timeout", str(timeout)]))


@app.command("grade")
def grade(  # noqa: PLR0913 - one parameter an option of the command line
    lab: LabName,
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...", help="A .py, .ipynb or .zip, a folder of one submission, or a folder of many."
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
    lang: Lang = "en",
    as_json: AsJson = False,
) -> None:
    """Grade submissions: marks, feedback pages and a dashboard, whatever is in them."""
    if one and many:
        message = "--one and --many exclude each other: say one of them"
        raise UsageError(message)
    root = labs.find_root()
    definition = _load_lab(root, lab)
    mode: Mode = "one" if one else "many" if many else "auto"
    entries = [e for e in find_submissions(paths, definition.id, mode) if e.path.resolve() != out.resolve()]
    options = grading.Options(root, out, _language(lang), jobs or grading.default_jobs(), resume, unsafe)
    try:
        with _progress(len(entries), quiet=as_json) as (bar, advance):
            reports = grading.grade_class(definition, entries, options, advance)
            bar.refresh()
    except KeyboardInterrupt:
        # Here and not in `main`: Typer turns it into an exit without a word.
        Console(stderr=True).print("Interrupted. What was graded is stored; go on with --resume.")
        raise typer.Exit(_INTERRUPTED) from None
    if as_json:
        _print_json({"lab": definition.id, "results": [records.grade_document(report.grade) for report in reports]})
        return
    _summarise(definition, reports, options)


@app.command("report")
def report(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that `grade --out` has written.")],
    *,
    lang: Lang = "en",
    as_json: AsJson = False,
) -> None:
    """Write feedback, table of marks and dashboard again from stored results; runs no student code."""
    reports = gradebook.read_all(directory)
    root = labs.find_root()
    found = {report.grade.lab for report in reports}
    if len(found) != 1:
        message = f"{directory} holds results of several labs ({', '.join(sorted(found))}); keep each in its own folder"
        raise UsageError(message)
    lab = _load_lab(root, found.pop())
    language = _language(lang)
    write_pages(directory, lab, reports, language, gradebook.stems(directory))
    grading.write_overview(lab, reports, grading.Options(root, directory, language))
    if as_json:
        _print_json({"lab": lab.id, "pages": len(reports)})
    else:
        Console().print(f"{len(reports)} pages written again; open {directory / 'index.html'}", soft_wrap=True)


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


class _Advance:
    """Moves the bar, and says a line for whatever was not simply graded."""

    def __init__(self, bar: Progress, task: Any) -> None:  # noqa: ANN401 - Rich's opaque task number
        self._bar, self._task = bar, task

    def __call__(self, name: str, became: str) -> None:
        self._bar.advance(self._task)
        if became not in ("graded", "kept"):
            self._bar.console.print(f"{became.replace('_', ' ')}: {one_line(name)}", markup=False, highlight=False)


class _progress:  # noqa: N801 - used like a function
    """A progress bar on standard error, silent with ``--json``."""

    def __init__(self, total: int, *, quiet: bool) -> None:
        columns = (
            TextColumn("grading"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        self._bar = Progress(*columns, console=Console(stderr=True), disable=quiet)
        self._advance = _Advance(self._bar, self._bar.add_task("grading", total=total))

    def __enter__(self) -> tuple[Progress, _Advance]:
        self._bar.start()
        return self._bar, self._advance

    def __exit__(self, *_error: object) -> None:
        self._bar.stop()


def _summarise(lab: Lab, reports: list[Report], options: grading.Options) -> None:
    console = Console()
    if len(reports) <= _FEW:
        for found in reports:
            console.print(render_terminal(found, lab, options.language))
    else:
        table = Table("submission", "status", "score", box=None)
        for found in reports:
            score = "" if found.grade.score is None else f"{float(found.grade.score):g} / {float(lab.max_score):g}"
            table.add_row(one_line(found.grade.submission), found.grade.status.replace("_", " "), score)
        console.print(table)
    written = float(sum((question.points for question in lab.questions if question.written), start=0))
    if written:
        console.print(
            f"{written:g} of the {float(lab.max_score):g} points are for written answers, to be marked by a person."
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


def _language(name: str) -> Language:
    for language in LANGUAGES:
        if name == language:
            return language
    message = f"--lang {name!r}: choose en or fr"
    raise UsageError(message)


def _complain(error: Exception) -> None:
    Console(stderr=True).print(f"autograder: {error}", style="red", markup=False, soft_wrap=True, highlight=False)


if __name__ == "__main__":
    main()
