"""Run a submission's module statement by statement, so that one broken line does not take the others down.

This code runs inside the student process, beside the student's: what it reports is data, not a verdict.
"""

from __future__ import annotations
import __future__ as future_features

import ast
import linecache
import signal
import sys
import time
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Loaded", "Problem", "load_module"]

# A chunk that starts in the first column may still belong to the one before (a text over several lines, `else:`).
_MAX_JOINED_CHUNKS = 12
_MAX_TEXT_LINES = 1000
_CONTINUES = (")", "]", "}", "else", "elif", "except", "finally", "case ")
# What is left for each statement after one that took too long.
_SECONDS_AFTER = 3.0


class TookTooLong(BaseException):
    """Raised in a statement that takes too long; no ``except Exception`` of the student's stands in its way."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A statement that could not be compiled or run: where, what, and the names it would have defined."""

    line: int
    kind: str
    type_name: str
    message: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """A module as far as it could be run."""

    module: types.ModuleType
    problems: tuple[Problem, ...] = ()
    exited: bool = False


@dataclass(slots=True)
class _Run:
    """What has been found while running the statements."""

    deadline: float
    problems: list[Problem] = field(default_factory=list)
    exited: bool = False

    def seconds(self) -> float:
        """Return how long the next statement may take."""
        return max(self.deadline - time.monotonic(), _SECONDS_AFTER)


def load_module(name: str, path: Path, seconds: float) -> Loaded:
    """Import the file at ``path`` as module ``name``, isolating each top-level statement.

    An exception in one statement is recorded and the next statement is run; a statement that cannot be compiled is
    left out.  ``exit()`` ends the module there: that is what its author asked for.  A statement that still runs after
    so many ``seconds``, such as a training that was left below the functions, is broken off; where that does not
    succeed, whoever started this process ends it.
    """
    source = path.read_text(encoding="utf-8")
    module = types.ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    linecache.checkcache(str(path))
    run = _Run(time.monotonic() + seconds)
    flags = 0
    before = signal.signal(signal.SIGALRM, _break_off)
    for tree in _statements(source, run):
        flags |= _future_flags(tree)
        for statement in _imports_apart(tree):
            _run_statement(statement, module, flags, run)
        if run.exited:
            break
    signal.signal(signal.SIGALRM, before)
    return Loaded(module, tuple(sorted(run.problems, key=lambda problem: problem.line)), run.exited)


def _run_statement(statement: ast.stmt, module: types.ModuleType, flags: int, run: _Run) -> None:
    try:
        tree = ast.Module([statement], [])
        code = compile(tree, str(module.__file__), "exec", flags=flags, dont_inherit=True)
        signal.setitimer(signal.ITIMER_REAL, run.seconds())
        try:
            exec(code, module.__dict__)  # noqa: S102 - running the submission is this process's purpose
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except SystemExit as error:
        run.exited = True
        run.problems.append(Problem(statement.lineno, "exit", "SystemExit", str(error.code)))
    except BaseException as error:  # noqa: BLE001 - the wall around student code
        line = _line_in(error, str(module.__file__)) or statement.lineno
        kind = "syntax" if isinstance(error, SyntaxError) else "raised"
        run.problems.append(Problem(line, kind, type(error).__name__, _words(error), _names(statement)))


def _break_off(_signal: int, _frame: object) -> None:
    message = "this line took too long and was broken off"
    raise TookTooLong(message)


def _imports_apart(statement: ast.stmt) -> Iterator[ast.stmt]:
    """Yield ``import a, b`` as two imports, so that a package which is not there does not take the others down."""
    if isinstance(statement, ast.Import):
        yield from (ast.copy_location(ast.Import([alias]), statement) for alias in statement.names)
    else:
        yield statement


def _statements(source: str, run: _Run) -> Iterator[ast.stmt]:
    """Yield the top-level statements that compile; record those that do not."""
    try:
        yield from ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if not isinstance(error, SyntaxError):
            run.problems.append(Problem(1, "syntax", type(error).__name__, _words(error)))
            return
    else:
        return
    yield from _statements_by_chunk(source.split("\n"), run)


def _statements_by_chunk(lines: list[str], run: _Run) -> Iterator[ast.stmt]:
    starts = [number for number, line in enumerate(lines) if _starts_statement(line)]
    starts = [s for i, s in enumerate(starts) if i == 0 or not lines[starts[i - 1]].startswith("@")] or [0]
    ends = [*starts[1:], len(lines)]
    index = 0
    while index < len(starts):
        body, last, error = _parse_from(lines, starts, ends, index)
        yield from body
        if error is not None:
            run.problems.append(_syntax_problem(error, lines, starts[index], ends[index]))
        index = last + 1


def _parse_from(
    lines: list[str], starts: list[int], ends: list[int], index: int
) -> tuple[list[ast.stmt], int, SyntaxError | None]:
    """Parse a chunk, with as many of the next ones as it needs; return its statements, its last chunk, its error."""
    first_error: SyntaxError | None = None
    for last in range(index, len(starts)):
        chunk = "\n" * starts[index] + "\n".join(lines[starts[index] : ends[last]])
        try:
            return ast.parse(chunk).body, last, None
        except (SyntaxError, ValueError, RecursionError, MemoryError) as caught:
            error = caught if isinstance(caught, SyntaxError) else SyntaxError(_words(caught))
        first_error = first_error or error
        # A text over many lines may hold any words in its first columns.
        joined = _MAX_TEXT_LINES if "triple-quoted" in str(error.msg) else _MAX_JOINED_CHUNKS
        if last - index + 1 >= joined:
            break
    return [], index, first_error


def _starts_statement(line: str) -> bool:
    return bool(line.strip()) and not line[0].isspace() and line[0] != "#" and not line.startswith(_CONTINUES)


def _syntax_problem(error: SyntaxError, lines: list[str], start: int, end: int) -> Problem:
    """Name the functions whose definition is inside the chunk, found by their first words."""
    words = [line.split("(")[0].split() for line in lines[start:end] if line.startswith(("def ", "class "))]
    names = tuple(parts[1].rstrip(":") for parts in words if len(parts) > 1)
    return Problem(error.lineno or start + 1, "syntax", type(error).__name__, str(error.msg or ""), names)


def _future_flags(statement: ast.stmt) -> int:
    if not (isinstance(statement, ast.ImportFrom) and statement.module == "__future__"):
        return 0
    features = (getattr(future_features, alias.name, None) for alias in statement.names)
    return sum(feature.compiler_flag for feature in features if feature is not None)


def _line_in(error: BaseException, path: str) -> int | None:
    if isinstance(error, SyntaxError) and error.filename == path:
        return error.lineno
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _names(statement: ast.stmt) -> tuple[str, ...]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return (statement.name,)
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return tuple((alias.asname or alias.name).split(".")[0] for alias in statement.names)
    if isinstance(statement, ast.Assign):
        return tuple(target.id for target in statement.targets if isinstance(target, ast.Name))
    return ()


def _words(error: BaseException) -> str:
    """Return an exception's text; a student's class may lie or fail in ``__str__``."""
    try:
        return str(error)[:500]
    except BaseException:  # noqa: BLE001 - the wall around student code
        return ""
