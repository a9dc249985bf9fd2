"""Mutants of a lab's reference: one small mistake each, and several put into one submission where they cannot meet."""

from __future__ import annotations

import ast
import hashlib
import symtable
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper

from autograder import mutants_general, mutants_networks
from autograder.mutations import Change, Site, is_free

__all__ = ["Mutant", "Pack", "apply", "code_digests", "make_mutants", "pack", "users"]

_DIGEST_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Mutant:
    """The reference with one small mistake.

    ``function`` is the top-level name that it is in; ``start`` and ``end`` are bytes of the reference's source, between
    which ``text`` stands instead; ``before`` and ``after`` are the changed lines as one line.
    """

    name: str
    function: str
    operator: str
    of_field: bool
    line: int
    before: str
    after: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Pack:
    """Mutants that are graded as one submission, and the questions whose checks are run on it."""

    name: str
    mutants: tuple[Mutant, ...]
    questions: tuple[str, ...]


def make_mutants(reference: str, stub: str) -> tuple[Mutant, ...]:
    """Make every mutant of what a student writes, in the order of the source.

    Args:
        reference: The reference module without its markers.
        stub: The students' stub; what stands in it as well was given and is left alone.
    """
    source = reference.encode()
    given = {ast.unparse(node) for node in ast.parse(stub).body}
    statements = ast.parse(reference).body
    wrapper = MetadataWrapper(cst.parse_module(reference))
    spans = wrapper.resolve(ByteSpanPositionProvider)
    imported = _imported_names(reference)
    found: dict[tuple[int, int, str], Mutant] = {}
    for node, plain in zip(wrapper.module.body, statements, strict=True):
        if ast.unparse(plain) in given:
            continue
        place = _Place(source, _name(plain), *_bounds(source, plain))
        known = frozenset(part.id for part in ast.walk(plain) if isinstance(part, ast.Name))
        for site in _sites(Site(node, (), imported, known | _parameters(plain))):
            for change in _changes(site):
                span = spans[change.target]
                mutant = _mutant(place, change, (span.start, span.start + span.length))
                if mutant is not None:
                    found.setdefault((mutant.start, mutant.end, mutant.text), mutant)
    return _numbered(found.values())


def apply(reference: str, mutants: Sequence[Mutant]) -> str:
    """Return the reference with some mutants' mistakes, which must not overlap."""
    source = reference.encode()
    for mutant in sorted(mutants, key=lambda mutant: mutant.start, reverse=True):
        source = source[: mutant.start] + mutant.text.encode() + source[mutant.end :]
    return source.decode()


def users(module: str) -> dict[str, frozenset[str]]:
    """Return, for each top-level name of a module, those that reach it, itself included; annotations do not count."""
    named = {_name(node): node for node in ast.parse(module).body if _name(node)}
    scopes = {scope.get_name(): scope for scope in symtable.symtable(module, "<module>", "exec").get_children()}
    uses = {name: _outer_names(node, scopes.get(name)) & named.keys() - {name} for name, node in named.items()}
    return {name: frozenset(_reaching(name, uses)) for name in named}


def code_digests(module: str) -> dict[str, str]:
    """Return a short digest of each top-level name's code and of all that it uses, whatever its layout and comments."""
    named = {_name(node): ast.dump(_without_docstring(node)) for node in ast.parse(module).body if _name(node)}
    reached_by = users(module)
    digests = {}
    for name in named:
        used = sorted(other for other, reaching in reached_by.items() if name in reaching)
        code = "".join(named[other] for other in used)
        digests[name] = hashlib.sha256(code.encode()).hexdigest()[:_DIGEST_LENGTH]
    return digests


def pack(
    mutants: Sequence[Mutant],
    touched: Mapping[str, Collection[str]],
    questions: Sequence[str],
    asked: Mapping[str, Collection[str]] | None = None,
) -> list[Pack]:
    """Put mutants together so that no question's checks meet two of them.

    Args:
        mutants: The mutants to grade.
        touched: The questions whose checks can notice a change of a function, by the function's name.
        questions: All coded questions in the lab's order.
        asked: Those of them that are to judge it now; all when None.  A question that is asked about one mutant meets no
            other one, not even one that it is not asked about.
    """
    groups: list[tuple[list[Mutant], set[str], set[str]]] = []
    for mutant in mutants:
        noticing = set(touched[mutant.function])
        wanted = noticing if asked is None else set(asked[mutant.function])
        free = (g for g in groups if g[1].isdisjoint(wanted) and g[2].isdisjoint(noticing))
        members, met, run = next(free, ([], set(), set()))
        if not members:
            groups.append((members, met, run))
        members.append(mutant)
        met.update(noticing)
        run.update(wanted)
    return [
        Pack(f"pack-{number:04d}", tuple(members), tuple(q for q in questions if q in run))
        for number, (members, _met, run) in enumerate(groups, start=1)
    ]


def _name(node: ast.stmt) -> str:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name
    target = (
        node.targets[0] if isinstance(node, ast.Assign) else node.target if isinstance(node, ast.AnnAssign) else None
    )
    return target.id if isinstance(target, ast.Name) else ""


def _outer_names(node: ast.stmt, scope: symtable.SymbolTable | None) -> set[str]:
    """Return the module's names that a statement uses: a variable of its own that is called alike is another one."""
    scopes, outside = [scope] if scope is not None else [], list[ast.AST]([node])
    if isinstance(node, ast.FunctionDef):
        outside = [*node.decorator_list, *node.args.defaults, *(value for value in node.args.kw_defaults if value)]
    elif isinstance(node, ast.ClassDef):
        outside = [*node.decorator_list, *node.bases]
    found = {part.id for top in outside for part in ast.walk(top) if isinstance(part, ast.Name)}
    while scopes:
        inner = scopes.pop()
        found |= {symbol.get_name() for symbol in inner.get_symbols() if symbol.is_global()}
        scopes += inner.get_children()
    return found


def _reaching(name: str, uses: Mapping[str, set[str]]) -> set[str]:
    found, waiting = {name}, [name]
    while waiting:
        wanted = waiting.pop()
        for other, used in uses.items():
            if wanted in used and other not in found:
                found.add(other)
                waiting.append(other)
    return found


def _without_docstring(node: ast.stmt) -> ast.stmt:
    if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
        node.body = node.body[1:]
    return node


def _imported_names(module: str) -> frozenset[str]:
    nodes = (node for node in ast.walk(ast.parse(module)) if isinstance(node, ast.Import | ast.ImportFrom))
    return frozenset((alias.asname or alias.name).split(".")[0] for node in nodes for alias in node.names)


def _parameters(node: ast.stmt) -> set[str]:
    return {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}


def _sites(site: Site) -> Iterator[Site]:
    """Yield a site and each one below it, without what is given (signatures, annotations, decorators) or free."""
    node, around = site.node, site.around
    if is_free(site):
        return
    if isinstance(node, cst.Annotation | cst.Decorator | cst.Comment | cst.Parameters) and not _is_lambda(around):
        return
    yield site
    for child in node.children:
        yield from _sites(replace(site, node=child, around=(node, *around)))


def _is_lambda(around: tuple[cst.CSTNode, ...]) -> bool:
    return bool(around) and isinstance(around[0], cst.Lambda)


def _changes(site: Site) -> Iterator[Change]:
    special = [change for operator in mutants_networks.OPERATORS for change in operator(site)]
    yield from special
    if special and isinstance(site.node, cst.SimpleString):
        return  # Mixed up with another word of the field; a misspelt one Keras itself would refuse.
    for operator in mutants_general.OPERATORS:
        for change in operator(site):
            about = mutants_networks.topic(site, change)
            yield replace(change, operator=about, of_field=True) if about else change


@dataclass(frozen=True, slots=True)
class _Place:
    """A statement at the reference's top: the whole source, what the statement names, its first and last byte."""

    source: bytes
    function: str
    first: int
    last: int


def _bounds(source: bytes, statement: ast.stmt) -> tuple[int, int]:
    lines = source.split(b"\n")
    first = sum(len(line) + 1 for line in lines[: statement.lineno - 1])
    return first, first + sum(len(line) + 1 for line in lines[statement.lineno - 1 : statement.end_lineno])


def _mutant(place: _Place, change: Change, span: tuple[int, int]) -> Mutant | None:
    """Return the mutant of a change; None where it changes nothing, or Python cannot read it."""
    source, function = place.source, place.function
    start, end = span
    new = source[:start] + change.text.encode() + source[end:]
    before, after = (_tree(code[place.first : place.last + len(code) - len(source)]) for code in (source, new))
    if not function or not after or after == before:
        return None
    first = source.rfind(b"\n", 0, start) + 1
    last = source.find(b"\n", end)
    return Mutant(
        name="",
        function=function,
        operator=change.operator,
        of_field=change.of_field,
        line=source.count(b"\n", 0, start) + 1,
        before=_one_line(source[first:last]),
        after=_one_line(new[first : last + len(new) - len(source)]),
        start=start,
        end=end,
        text=change.text,
    )


def _tree(source: bytes) -> str:
    """Return what a statement says, however it is laid out; nothing where Python cannot read it."""
    try:
        return ast.dump(ast.parse(source))
    except SyntaxError:
        return ""


def _one_line(code: bytes) -> str:
    return " ".join(code.decode().split())


def _numbered(mutants: Collection[Mutant]) -> tuple[Mutant, ...]:
    """Drop what is the same program as another mutant, and name the rest by function, line and number."""
    counts: dict[tuple[str, int], int] = {}
    named = []
    for mutant in sorted(mutants, key=lambda mutant: (mutant.start, mutant.end, mutant.text)):
        key = mutant.function, mutant.line
        counts[key] = counts.get(key, 0) + 1
        named.append(replace(mutant, name=f"{mutant.function}-{mutant.line}-{counts[key]}"))
    return tuple(named)
