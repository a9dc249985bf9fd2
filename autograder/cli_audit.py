"""The command that proves a suite: it shows how far the audit is, stores what it found and prints it in short."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from autograder.errors import UsageError
from autograder.labs import find_root, lab_ids, load_lab

__all__ = ["audit"]


def audit(  # noqa: PLR0913 - one parameter an option of the command line
    lab: Annotated[str, typer.Argument(metavar="LAB", help="A lab's name, as `autograder labs` lists it.")],
    *,
    out: Annotated[Path, typer.Option(help="Folder for all audits; this one goes into OUT/LAB/DATA.")] = Path(
        "out/audit"
    ),
    jobs: Annotated[int, typer.Option(min=1, help="Workers side by side.")] = 1,
    sample: Annotated[int | None, typer.Option(min=1, help="Take only so many mutants, and no specimens.")] = None,
    question: Annotated[
        list[str] | None, typer.Option(help="Audit this question only, without specimens; may be repeated.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=0, help="Grade right answers again with so many other seeds.")] = 0,
    margin_seeds: Annotated[int, typer.Option(min=0, help="Measure thresholds over so many seeds.")] = 0,
    all_kills: Annotated[
        bool, typer.Option("--all-kills", help="Let every check judge every mutant, not only until one kills it.")
    ] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Keep nothing of an earlier run.")] = False,
    docs: Annotated[Path | None, typer.Option(help="Write the document about all audits in OUT here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")] = False,
) -> None:
    """Prove a lab's suite: right answers pass, known mistakes and mutants of the reference fail; shows what survives."""
    from autograder import auditpages  # noqa: PLC0415 - libcst loads slowly
    from autograder.audit import Extent  # noqa: PLC0415
    from autograder.audit import audit as find  # noqa: PLC0415
    from autograder.course_data import data_kind  # noqa: PLC0415
    from autograder.trials import Place  # noqa: PLC0415

    root = find_root()
    if lab not in lab_ids(root):
        message = f"no lab is called {lab!r}; there are {', '.join(lab_ids(root))}"
        raise UsageError(message)
    folder = out / lab / data_kind()
    with _Phases(quiet=as_json) as phases:
        place = Place(root, load_lab(root, lab), folder, jobs, resume=not fresh)
        findings = find(
            place, Extent(sample, seeds, margin_seeds, all_kills, tuple(question) if question else None), phases.begin
        )
    auditpages.write(folder, findings)
    if docs is not None:
        docs.write_text(auditpages.render_markdown(auditpages.read_audits(out)), encoding="utf-8")
    if as_json:
        sys.stdout.write(json.dumps(findings, ensure_ascii=False, indent=2, sort_keys=True) + "\n")
        return
    _show(findings, auditpages.goals(findings), folder)


def _show(findings: dict[str, Any], goals: list[Any], folder: Path) -> None:
    console = Console()
    table = Table("aim", "found", "", box=None)
    for goal in goals:
        table.add_row(goal.title, goal.found, "met" if goal.met else "[bold red]missed")
    console.print(table)
    say = Console(soft_wrap=True, markup=False, highlight=False).print
    for mutant in findings["mutants"]:
        if mutant["state"] in ("survived", "broken"):
            say(
                f"{mutant['state']}: {mutant['name']} ({mutant['operator']})\n    {mutant['before']}\n -> {mutant['after']}"
            )
    for row in findings["right"]:
        if row["lost"] or row["status"] != "graded":
            say(f"right, but lost points: {row['name']} in {', '.join(row['lost']) or row['status']}")
    for row in findings["checks"]:
        if not row["new"] and not row["reason"]:
            say(f"kills nothing new: {row['question']}/{row['check']}")
    for words in (*findings["names"], *findings["problems"]):
        say(words)
    say(f"The kill matrix: {folder / 'audit.html'}")


class _Phases:
    """One progress bar a phase, on standard error."""

    def __init__(self, *, quiet: bool) -> None:
        columns = (TextColumn("{task.description:12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bars = Progress(*columns, console=Console(stderr=True), disable=quiet)

    def __enter__(self) -> _Phases:
        self._bars.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._bars.stop()

    def begin(self, name: str, total: int) -> Callable[[str, str], None]:
        """Open the bar of a phase and return what moves it."""
        task = self._bars.add_task(name, total=total)

        def tell(_name: str, _became: str) -> None:
            self._bars.advance(task)

        return tell
