"""Reads a reference module with solution markers; the students' stub and the notebook's cells are cut from it."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from autograder.errors import LabError

__all__ = ["Contract", "contracts", "cut_cells", "make_filled", "make_stub", "not_written", "solution_lines"]

_BEGIN, _END = "# BEGIN SOLUTION", "# END SOLUTION"
_MARKER = re.compile(r"(BEGIN|END) SOLUTION")


@dataclass(frozen=True, slots=True)
class Contract:
    """What stub and reference must share of a function: its signature and its docstring."""

    signature: str
    docstring: str | None
    body: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Region:
    """The lines from one marker to the other, both included, counted from 1."""

    first: int
    last: int
    indent: int


def not_written(question: str) -> str:
    """Return the text of the error that an untouched stub raises."""
    return f"question {question}: to be written"


def make_stub(source: str, place: str) -> str:
    """Replace what stands between markers: in a function by the stub's error, elsewhere by nothing.

    Args:
        source: Text of the reference module.
        place: Its path, for messages.

    Raises:
        LabError: When markers are unbalanced or stand elsewhere than around a whole body or whole statements.
    """
    tree, lines = _parse(source, place), source.splitlines()
    for region in reversed(_regions(source, place)):
        before, after = lines[: region.first - 1], lines[region.last :]
        if region.indent:
            owner = _owner(tree, region, place)
            call = f'raise NotImplementedError("{not_written(owner)}")'
            lines = [*before, " " * region.indent + call, *after]
        else:
            lines = _join_without_gap(before, after)
    stub = "\n".join(lines).rstrip("\n") + "\n"
    _parse(stub, f"{place} (the stub made from it)")
    if _MARKER.search(stub):
        raise LabError(f"{place}: a marker is not alone on its line; write exactly {_BEGIN} and {_END}")
    return stub


def make_filled(source: str, place: str) -> str:
    """Return the reference without its markers."""
    marked = {line for region in _regions(source, place) for line in (region.first, region.last)}
    kept = [line for number, line in enumerate(source.splitlines(), 1) if number not in marked]
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(kept)).rstrip("\n") + "\n"


def solution_lines(source: str, place: str) -> tuple[str, ...]:
    """Return the lines between markers, without indentation."""
    lines = source.splitlines()
    regions = _regions(source, place)
    return tuple(line.strip() for region in regions for line in lines[region.first : region.last - 1])


def cut_cells(module: str, questions: Collection[str]) -> tuple[str, dict[str, str]]:
    """Cut a module into the code of each question and, first, all the rest (imports, constants, given helpers).

    The module's docstring and a ``if __name__ == "__main__"`` block belong to no cell.
    """
    lines, rest, cells, end = module.splitlines(), list[str](), dict[str, str](), 0
    for node in ast.parse(module).body:
        begin, end = end, node.end_lineno or node.lineno
        text = "\n".join(lines[begin:end]).strip("\n")
        if _is_outside_cells(node):
            continue
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in questions:
            cells[node.name] = text
        else:
            rest.append("\n".join(lines[begin:end]))
    return "\n".join(rest).strip("\n"), cells


def contracts(module: str) -> dict[str, Contract]:
    """Return the contract of each top-level function and class of a module."""
    return {
        node.name: Contract(_signature(node), ast.get_docstring(node), _body(node))
        for node in ast.parse(module).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }


def _parse(source: str, place: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError as error:
        raise LabError(f"{place}: line {error.lineno}: not valid Python ({error.msg}); correct it") from error


def _regions(source: str, place: str) -> list[_Region]:
    regions, opened = list[_Region](), None
    for number, column, words in _markers(source):
        if words == _BEGIN and opened is None:
            opened = (number, column)
        elif words == _END and opened is not None and column == opened[1]:
            regions.append(_Region(opened[0], number, column))
            opened = None
        else:
            raise LabError(f"{place}: line {number}: {words} has no partner at its indentation; balance the markers")
    if opened is not None:
        raise LabError(f"{place}: line {opened[0]}: {_BEGIN} is never closed; add {_END} at its indentation")
    return regions


def _markers(source: str) -> Iterator[tuple[int, int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        alone = not token.line[: token.start[1]].strip()
        if token.type == tokenize.COMMENT and alone and token.string in (_BEGIN, _END):
            yield token.start[0], token.start[1], token.string


def _owner(tree: ast.Module, region: _Region, place: str) -> str:
    """Return the name of the top-level function or class whose body the region is."""
    for top in tree.body:
        for node in ast.walk(top):
            if isinstance(node, ast.FunctionDef) and _holds_whole_body(node, region):
                return top.name if isinstance(top, ast.FunctionDef | ast.ClassDef) else node.name
    message = f"{place}: line {region.first}: the markers must hold a function's whole body after its docstring"
    raise LabError(message)


def _holds_whole_body(node: ast.FunctionDef, region: _Region) -> bool:
    if node.col_offset + 4 != region.indent or not node.lineno < region.first <= (node.end_lineno or 0):
        return False
    code = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return all(region.first < part.lineno and (part.end_lineno or 0) < region.last for part in code)


def _join_without_gap(before: list[str], after: list[str]) -> list[str]:
    kept_before = "\n".join(before).rstrip("\n").split("\n")
    kept_after = "\n".join(after).lstrip("\n").split("\n")
    blank = max(len(before) - len(kept_before), len(after) - len(kept_after))
    return [*kept_before, *[""] * blank, *kept_after]


def _is_outside_cells(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return True
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def _signature(node: ast.FunctionDef | ast.ClassDef) -> str:
    decorators = "".join(f"@{ast.unparse(decorator)}\n" for decorator in node.decorator_list)
    if isinstance(node, ast.ClassDef):
        return decorators + f"class {node.name}({', '.join(map(ast.unparse, node.bases))})"
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return decorators + f"def {node.name}({ast.unparse(node.args)}){returns}"


def _body(node: ast.FunctionDef | ast.ClassDef) -> tuple[str, ...]:
    code = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return tuple(map(ast.unparse, code))
