"""Rewrites of a right submission that must not matter: other names, another order, other ways to say the same."""

from __future__ import annotations

from collections.abc import Callable, Collection

import libcst as cst
import libcst.matchers as m

from autograder.mutants import users
from autograder.variations_networks import NETWORK_VARIATIONS

__all__ = ["VARIATIONS", "vary"]


def vary(module: str, names: Collection[str], silent: Collection[str] = ()) -> str:
    """Apply some variations to a module; one that finds nothing to change leaves it as it is.

    Args:
        module: A right submission.
        names: Of ``VARIATIONS``, applied in their order there.
        silent: Functions that must print nothing of their own.
    """
    for name, rewrite in VARIATIONS.items():
        if name in names:
            module = rewrite(module, frozenset(silent))
    return module


def _renamed(module: str, _silent: frozenset[str]) -> str:
    """Give every local variable another name."""
    return cst.parse_module(module).visit(_Renamer()).code


class _Renamer(cst.CSTTransformer):
    """Renames locals of each top-level function, nested functions included."""

    def visit_ClassDef(self, _node: cst.ClassDef) -> bool:  # noqa: N802 - libcst's own spelling
        return False

    def visit_FunctionDef(self, _node: cst.FunctionDef) -> bool:  # noqa: N802
        return False

    def leave_FunctionDef(self, _old: cst.FunctionDef, node: cst.FunctionDef) -> cst.FunctionDef:  # noqa: N802
        if m.findall(node.body, m.ClassDef() | m.Global() | m.Nonlocal() | m.Import() | m.ImportFrom()):
            return node
        targets = m.findall(node, m.AssignTarget() | m.CompFor() | m.For() | m.AugAssign() | m.NamedExpr() | m.AsName())
        bound = {name for target in targets for name in _bound_names(target)}
        inner = {name.value for parameter in m.findall(node, m.Param()) for name in [_param_name(parameter)]}
        functions = {_function_name(function) for function in m.findall(node, m.FunctionDef())}
        body = node.body.visit(_NameChanger(bound - inner - functions))
        return node.with_changes(body=body)


class _NameChanger(cst.CSTTransformer):
    """Adds a suffix to some names, where they stand for variables."""

    def __init__(self, names: Collection[str]) -> None:
        super().__init__()
        self._names = names

    def leave_Name(self, _old: cst.Name, node: cst.Name) -> cst.Name:  # noqa: N802
        return node.with_changes(value=f"{node.value}_mine") if node.value in self._names else node

    def leave_Attribute(self, old: cst.Attribute, node: cst.Attribute) -> cst.Attribute:  # noqa: N802
        return node.with_changes(attr=old.attr)

    def leave_Arg(self, old: cst.Arg, node: cst.Arg) -> cst.Arg:  # noqa: N802
        return node.with_changes(keyword=old.keyword)


def _bound_names(node: cst.CSTNode) -> set[str]:
    target = node.name if isinstance(node, cst.AsName) else getattr(node, "target", None)
    parts = [target] if isinstance(target, cst.CSTNode) else []
    found: set[str] = set()
    while parts:
        part = parts.pop()
        if isinstance(part, cst.Name):
            found.add(part.value)
        elif isinstance(part, cst.Tuple | cst.List):
            parts += [element.value for element in part.elements]
    return found


def _param_name(node: cst.CSTNode) -> cst.Name:
    assert isinstance(node, cst.Param)
    return node.name


def _function_name(node: cst.CSTNode) -> str:
    assert isinstance(node, cst.FunctionDef)
    return node.name.value


def _reordered(module: str, _silent: frozenset[str]) -> str:
    """Turn the order of neighbouring functions round: none is called before all are there."""
    tree = cst.parse_module(module)
    body, run = list[cst.BaseStatement](), list[cst.BaseStatement]()
    for statement in tree.body:
        if isinstance(statement, cst.FunctionDef) and not statement.decorators:
            run.insert(0, statement)
        else:
            body += [*run, statement]
            run = []
    return tree.with_changes(body=[*body, *run]).code


def _each_function(module: str, rewrite: Callable[[cst.FunctionDef], list[cst.BaseStatement]]) -> str:
    tree = cst.parse_module(module)
    body: list[cst.BaseStatement | cst.SimpleStatementLine] = []
    for statement in tree.body:
        body += rewrite(statement) if isinstance(statement, cst.FunctionDef) else [statement]
    return tree.with_changes(body=body).code


def _with_first(node: cst.FunctionDef, line: str) -> list[cst.BaseStatement]:
    block = node.body
    if not isinstance(block, cst.IndentedBlock):
        return [node]
    place = 1 if node.get_docstring() is not None else 0
    body = [*block.body[:place], cst.parse_statement(line), *block.body[place:]]
    return [node.with_changes(body=block.with_changes(body=body))]


def _printing(module: str, silent: frozenset[str]) -> str:
    """Print something at the start of each function, but for those whose output counts and what these use."""
    silent = frozenset(name for name, reaching in users(module).items() if not reaching.isdisjoint(silent))
    return _each_function(
        module, lambda node: [node] if node.name.value in silent else _with_first(node, 'print("here we are")')
    )


def _documented(module: str, _silent: frozenset[str]) -> str:
    """Give functions without a docstring one."""
    return _each_function(
        module,
        lambda node: [node] if node.get_docstring() is not None else _with_first(node, '"""Do what is asked."""'),
    )


def _hinted(module: str, _silent: frozenset[str]) -> str:
    """Annotate what is not annotated."""

    def annotate(node: cst.FunctionDef) -> list[cst.BaseStatement]:
        hint = cst.Annotation(cst.SimpleString('"object"'))
        parameters = [p if p.annotation else p.with_changes(annotation=hint) for p in node.params.params]
        changed = node.with_changes(params=node.params.with_changes(params=parameters))
        return [changed if changed.returns else changed.with_changes(returns=hint)]

    return _each_function(module, annotate)


def _extracted(module: str, _silent: frozenset[str]) -> str:
    """Move what a function does into a helper that it calls."""

    def extract(node: cst.FunctionDef) -> list[cst.BaseStatement]:
        parameters = node.params
        others = parameters.kwonly_params or parameters.posonly_params or parameters.star_kwarg
        if others or isinstance(parameters.star_arg, cst.Param) or node.decorators:
            return [node]
        helper = node.with_changes(name=cst.Name(f"_do_{node.name.value}"))
        passed = ", ".join(parameter.name.value for parameter in parameters.params)
        call = cst.parse_statement(f"return _do_{node.name.value}({passed})")
        return [helper, node.with_changes(body=cst.IndentedBlock([call]), leading_lines=[cst.EmptyLine()])]

    return _each_function(module, extract)


def _through_float64(module: str, _silent: frozenset[str]) -> str:
    """Compute in double precision before the type that is asked for."""
    for name in ('"float32"', "'float32'", "np.float32"):
        module = module.replace(f".astype({name})", f'.astype("float64").astype({name})')
    return module


VARIATIONS: dict[str, Callable[[str, frozenset[str]], str]] = {
    **NETWORK_VARIATIONS,
    "float64": _through_float64,
    "renamed": _renamed,
    "reordered": _reordered,
    "printing": _printing,
    "hinted": _hinted,
    "documented": _documented,
    "extracted": _extracted,
}
