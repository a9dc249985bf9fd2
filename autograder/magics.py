"""From a notebook cell to plain Python: what only IPython understands becomes a comment, on the same line."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["plain_python"]

# Cell magics whose body is ordinary code of the notebook; every other one hands the cell to something else.
_TRANSPARENT = frozenset({"capture", "prun", "time", "timeit"})
_CELL_MAGIC = re.compile(r"\s*%%(\w*)")
_WRITES = re.compile(r"\s*%%(?:writefile|file)[ \t]+(?:-a[ \t]+)?[\"']?(?:\./)?(\w+)\.py[\"']?[ \t]*$")
_TIMED = re.compile(r"([ \t]*(?:[A-Za-z_]\w*[ \t]*=[ \t]*)?)%time[ \t]+(?!-)(\S.*)$")
_ESCAPED = re.compile(r"([ \t]*)[%!?]")
_ASSIGNED = re.compile(r"([ \t]*)([A-Za-z_]\w*)[ \t]*=[ \t]*[%!]")
_HELP = re.compile(r"([ \t]*)%{0,2}[A-Za-z_*][\w.*\[\]]*\?{1,2}[ \t]*+;?+[ \t]*+$")
_NOTABLE = re.compile(r"\"\"\"|'''|[\"'#\\()\[\]{}]")
_CLOSERS = {quote: re.compile(rf"\\.|{quote}", re.DOTALL) for quote in ('"', "'", '"""', "'''")}


@dataclass(frozen=True, slots=True)
class _State:
    """Where a line begins: inside which string, how deep in brackets, after a backslash."""

    quote: str = ""
    depth: int = 0
    joined: bool = False

    @property
    def fresh(self) -> bool:
        """True where a new statement begins, which is the only place for IPython's syntax."""
        return not (self.quote or self.depth or self.joined)


def plain_python(cell: str, module: str = "") -> str:
    r"""Return a cell's source without IPython's syntax and with as many lines.

    ``%magic``, ``!command`` and ``name?`` lines become comments, ``x = !command`` becomes ``x = None``, ``%time code``
    and the cells of ``%%time``, ``%%timeit``, ``%%capture`` and ``%%prun`` keep their code, and so does a cell that
    ``%%writefile`` writes into the module; the cell of any other ``%%magic`` becomes a comment as a whole.  Inside
    strings, brackets and continued lines nothing changes, for there ``%`` is an operator.

    Args:
        cell: Source text with ``\n`` line ends.
        module: Name of the module that the notebook may write itself, for another cell to import.

    Returns:
        Source text that plain Python compiles wherever IPython would.
    """
    lines = cell.split("\n")
    first = _magic_lines(lines, module)
    return "\n".join([_comment(line) for line in lines[:first]] + _plain_lines(lines[first:]))


def _magic_lines(lines: list[str], module: str) -> int:
    """Return how many lines at the head of a cell are no code: none, the cell magics, or all of them."""
    index = next((number for number, line in enumerate(lines) if line.strip()), 0)
    while index < len(lines) and (magic := _CELL_MAGIC.match(lines[index])):
        written = _WRITES.match(lines[index])
        if magic[1] not in _TRANSPARENT and not (written and written[1] == module):
            return len(lines)
        index += 1
    return index


def _plain_lines(lines: list[str]) -> list[str]:
    state = _State()
    continued = False
    plain: list[str] = []
    for line in lines:
        if continued:
            plain.append(_comment(line))
            continued = _ends_in_backslash(line)
            continue
        code = _untimed(line) if state.fresh else line
        harmless = _harmless(code) if state.fresh else None
        if harmless is None:
            plain.append(code)
            state = _after(code, state)
        else:
            plain.append(harmless)
            continued = _ends_in_backslash(line)
    return plain


def _untimed(line: str) -> str:
    """Return ``history = model.fit(x)`` for ``%time history = model.fit(x)``: what it defines is needed later."""
    timed = _TIMED.match(line)
    return f"{timed[1]}{timed[2]}" if timed else line


def _harmless(line: str) -> str | None:
    """Return what stands for a line of IPython's own syntax, or None for a line of Python."""
    if assigned := _ASSIGNED.match(line):
        return f"{assigned[1]}{assigned[2]} = None  # {line.strip()}"
    special = _ESCAPED.match(line) or _HELP.match(line)
    if special is None:
        return None
    # An indented line may be all that its block has.
    return f"{special[1]}pass  # {line.strip()}" if special[1] else _comment(line)


def _comment(line: str) -> str:
    return f"# {line}" if line.strip() else line


def _ends_in_backslash(line: str) -> bool:
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _after(line: str, state: _State) -> _State:
    """Return the state in which the next line begins."""
    quote, depth, position = state.quote, state.depth, 0
    while position < len(line):
        if quote:
            position, quote = _string_end(line, position, quote)
            continue
        found = _NOTABLE.search(line, position)
        if found is None or found[0] == "#":
            return _State("", depth)
        position = found.end()
        if found[0] == "\\":
            if position == len(line):
                return _State("", depth, joined=True)
        elif found[0] in "([{":
            depth += 1
        elif found[0] in ")]}":
            depth = max(0, depth - 1)
        else:
            quote = found[0]
    if len(quote) == 1 and not _ends_in_backslash(line):
        quote = ""  # an error of the student's that Python will report; the rest of the cell is still read as code
    return _State(quote, depth)


def _string_end(line: str, position: int, quote: str) -> tuple[int, str]:
    """Return where the string ends and what is open there: nothing, or still the string."""
    for found in _CLOSERS[quote].finditer(line, position):
        if found[0] == quote:
            return found.end(), ""
    return len(line), quote
