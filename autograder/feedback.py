"""What a student reads: the report as a page that stands alone, as Markdown and as lines for a terminal."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from autograder import gradebook, pages, wording
from autograder.figures import Drawing, draw
from autograder.glyphs import one_line, visible
from autograder.marks import outdated_marks
from autograder.model import MISTAKE, Status
from autograder.names import file_names
from autograder.records import as_stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from rich.console import Group, RenderableType

    from autograder.model import CheckGrade, Exhibit, Grade, Lab, QuestionGrade, Report
    from shared.text import Language

__all__ = ["explanation", "render_markdown", "render_page", "render_terminal", "summary", "write_pages"]

_LOG = logging.getLogger(__name__)
# A longer output is folded away.
_OPEN_LINES = 12
_STYLES: dict[str, str] = {
    "graded": "bold",
    "rejected": "bold red",
    "not_graded": "bold yellow",
    "passed": "green",
    "failed": "red",
    "raised": "red",
    "timed_out": "red",
    "out_of_memory": "red",
}


@dataclass(frozen=True, slots=True)
class _QuestionView:
    """A question as the template shows it."""

    grade: QuestionGrade
    written: bool
    attempted: bool
    passed: int
    answer: str
    comment: str
    outdated: bool
    drawings: tuple[Drawing, ...]


def render_page(report: Report, lab: Lab, language: Language) -> str:
    """Return the feedback page of one submission: HTML that needs nothing else and runs nothing.

    The page is a function of the report as it is stored, so that one made after grading and one made from the results
    folder are the same to the byte.

    Args:
        report: The grade, its exhibits and the written answers.
        lab: The lab that was graded.
        language: The language of the whole page.
    """
    report = as_stored(report)
    grade = report.grade
    known = {question.id for question in grade.questions}
    return pages.render(
        "feedback.html",
        language,
        lab=lab,
        grade=grade,
        questions=[_view(question, report, question.id in lab.written, language) for question in grade.questions],
        others=_drawings((item for item in report.exhibits if item.question not in known), language),
        pending=_pending(grade),
        earned_percent=_percent(grade.score, grade.max_score),
        pending_percent=_percent(_pending(grade), grade.max_score),
        open_lines=_OPEN_LINES,
    )


def write_pages(
    directory: Path,
    lab: Lab,
    reports: Sequence[Report],
    language: Language,
    stems: Mapping[str, str] | None = None,
) -> None:
    """Write ``feedback/<stem>.html`` for every report.

    Args:
        directory: The results folder.
        lab: The lab that was graded.
        reports: One report a submission.
        language: The language of the pages.
        stems: The files' stems by submission name; those of :func:`autograder.names.file_names` where left out.

    Raises:
        AutograderError: The folder cannot be written.
    """
    stems = stems or file_names(report.grade.submission for report in reports)
    for report in reports:
        path = directory / "feedback" / f"{stems[report.grade.submission]}.html"
        gradebook.store(path, render_page(report, lab, language).encode("utf-8"))


def render_markdown(report: Report, lab: Lab, language: Language) -> str:
    """Return the report as Markdown in which nothing that a student wrote can become a link, an image or markup.

    Names stand in code spans, messages in fenced blocks; exhibits are left to the page.
    """
    grade = as_stored(report).grade
    colon = wording.phrase("colon", language)
    title = f"# {_escape_markdown(lab.title.in_(language))}{colon} {_code_span(grade.submission)}"
    lines = [title, "", f"**{_headline(grade, language)}**"]
    if grade.reason:
        lines += ["", *_fenced(grade.reason.in_(language))]
    for question in grade.questions if grade.status == "graded" else ():
        title = _escape_markdown(question.title.in_(language))
        lines += ["", f"## {title}{colon} {_worth(question, language)}", ""]
        for check in question.checks:
            lines += _markdown_check(check, language)
    return "\n".join(lines).rstrip("\n") + "\n"


def summary(report: Report, language: Language) -> str:
    """Return what stands above the questions on a platform's page: a refusal's reason, what is still to be marked."""
    grade = report.grade
    lines = [visible(grade.reason.in_(language))] if grade.reason else []
    if grade.status == "graded" and (pending := _pending(grade)):
        lines.append(wording.phrase("awaiting", language, points=wording.points(pending, language)))
    return "\n".join(lines)


def render_terminal(report: Report, lab: Lab, language: Language) -> Group:
    """Return the report for a Rich console; everything that could move the cursor or colour a line is escaped.

    Messages stay indented under their check, so that no line of theirs passes for one of ours.
    """
    from rich.console import Group  # noqa: PLC0415 - only the grader's terminal needs it
    from rich.text import Text as RichText  # noqa: PLC0415

    grade = as_stored(report).grade
    lines: list[RenderableType] = [
        RichText(f"{one_line(lab.title.in_(language))}  {one_line(grade.submission)}", style="bold"),
        RichText(_headline(grade, language), style=_STYLES[grade.status]),
    ]
    if grade.reason:
        lines.append(_indented(grade.reason.in_(language), 2))
    for question in grade.questions if grade.status == "graded" else ():
        lines.append(
            RichText(f"\n{one_line(question.title.in_(language))}  {_worth(question, language)}", style="bold")
        )
        for check in question.checks:
            lines += _terminal_check(check, language)
    return Group(*lines)


def _markdown_check(check: CheckGrade, language: Language) -> list[str]:
    sign, verdict = wording.SIGNS[check.status], wording.phrase(check.status, language)
    title = _escape_markdown(check.title.in_(language)) + wording.phrase("colon", language)
    lines = [f"- {sign} {title} {verdict} ({_worth(check, language)})"]
    for text in explanation(check, language):
        lines += ["", *(f"  {line}" for line in _fenced(text)), ""]
    return lines


def _headline(grade: Grade, language: Language) -> str:
    status = wording.phrase(grade.status, language)
    if grade.score is None:
        return status
    score, maximum = wording.points(grade.score, language), wording.points(grade.max_score, language)
    headline = f"{wording.phrase('score', language)}{wording.phrase('colon', language)} {score} / {maximum}"
    if grade.status != "graded":
        return f"{headline} ({status})"
    pending = _pending(grade)
    more = wording.phrase("awaiting", language, points=wording.points(pending, language))
    return f"{headline}. {more}" if pending else headline


def _worth(item: QuestionGrade | CheckGrade, language: Language) -> str:
    return f"{wording.points(item.score, language)} / {wording.points(item.max_score, language)}"


def explanation(check: CheckGrade, language: Language) -> list[str]:
    """Return what a student is told about a check that did not pass; of a hidden one, that it is hidden."""
    if check.status is Status.PASSED:
        return []
    if not check.visible:
        return [wording.phrase("hidden_check", language)]
    message = [check.message.in_(language)] if check.message else []
    prefix = wording.phrase("hint", language) + wording.phrase("colon", language)
    return message + ([f"{prefix} {check.hint.in_(language)}"] if check.hint else [])


def _terminal_check(check: CheckGrade, language: Language) -> list[RenderableType]:
    from rich.text import Text as RichText  # noqa: PLC0415

    title, verdict = one_line(check.title.in_(language)), wording.phrase(check.status, language)
    line = RichText(f"  {wording.SIGNS[check.status]} {title}", style=_STYLES.get(check.status, "yellow"))
    line.append(f"{wording.phrase('colon', language)} {verdict}  {_worth(check, language)}", style="not bold default")
    return [line, *(_indented(text, 6) for text in explanation(check, language))]


def _indented(text: str, columns: int) -> RenderableType:
    from rich.padding import Padding  # noqa: PLC0415
    from rich.text import Text as RichText  # noqa: PLC0415

    return Padding(RichText(visible(text).strip("\n")), (0, 0, 0, columns))


def _fenced(text: str) -> list[str]:
    """Return the lines of a fenced block that its content cannot close."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", *visible(text).strip("\n").split("\n"), fence]


def _code_span(text: str) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{ticks}{pad}{one_line(text)}{pad}{ticks}"


def _escape_markdown(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>()#+\-.!|~&:@])", r"\\\1", one_line(text))


def _view(question: QuestionGrade, report: Report, written: bool, language: Language) -> _QuestionView:
    checks = question.checks
    return _QuestionView(
        grade=question,
        written=written,
        attempted=not checks or any(check.status is not Status.NOT_ATTEMPTED for check in checks),
        passed=sum(check.status is Status.PASSED for check in checks),
        answer=report.answers.get(question.id, "").strip("\n"),
        comment=report.marks[question.id].comment.strip() if question.id in report.marks else "",
        outdated=question.id in outdated_marks(report),
        drawings=_drawings((item for item in report.exhibits if item.question == question.id), language),
    )


def _drawings(exhibits: Iterable[Exhibit], language: Language) -> tuple[Drawing, ...]:
    return tuple(_drawing(exhibit, language) for exhibit in exhibits if exhibit.kind != MISTAKE)


def _drawing(exhibit: Exhibit, language: Language) -> Drawing:
    """Draw an exhibit; one that is not what it claims to be must not cost the student the page."""
    try:
        return draw(exhibit, language)
    except ValueError as error:
        _LOG.warning("%s", error)
        return Drawing("undrawable", exhibit.title.in_(language), {})


def _pending(grade: Grade) -> Fraction:
    """Return the points of the questions that a person has still to mark."""
    open_questions = (question.max_score for question in grade.questions if question.score is None)
    return sum(open_questions, Fraction(0)) if grade.status == "graded" else Fraction(0)


def _percent(part: Fraction | None, whole: Fraction) -> str:
    """Return a width for the style sheet."""
    return f"{float(100 * min(part, whole) / whole):.2f}%" if part is not None and whole > 0 else "0%"
