"""The bar that shows how far a class is, with a line for whatever was not simply graded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from autograder.glyphs import one_line

__all__ = ["show_progress"]

# Submissions are done by fits and starts: the rate is that of the last minutes.
_RATE_SECONDS = 180.0


class _Rate(ProgressColumn):
    """Submissions a minute."""

    def render(self, task: Task) -> Text:
        """Return the rate, once there is one."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{60 * speed:.1f} a minute")


@contextmanager
def show_progress(total: int, *, quiet: bool) -> Iterator[Callable[[str, str], None]]:
    """Show a bar on standard error while a class is graded.

    Args:
        total: How many submissions there are.
        quiet: Show no bar; lines for what was not graded are still printed.

    Yields:
        A function to be told a submission's name and what became of it.
    """
    columns = (
        TextColumn("grading"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=quiet, speed_estimate_period=_RATE_SECONDS) as bar:
        task = bar.add_task("grading", total=total)

        def advance(name: str, became: str) -> None:
            bar.advance(task)
            if became not in ("graded", "kept"):
                bar.console.print(f"{became.replace('_', ' ')}: {one_line(name)}", markup=False, highlight=False)

        yield advance
        bar.refresh()
