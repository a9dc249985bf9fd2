"""What a mutation operator sees of the reference's syntax tree, and the small change that it answers with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import libcst as cst

__all__ = ["Change", "Operator", "Site", "callee", "root_name"]

# Expressions that bind so tightly that they need no brackets wherever they are put.
_ATOMS = (
    cst.Name,
    cst.Integer,
    cst.Float,
    cst.SimpleString,
    cst.FormattedString,
    cst.Attribute,
    cst.Subscript,
    cst.Call,
    cst.List,
    cst.Dict,
    cst.ListComp,
)


@dataclass(frozen=True, slots=True)
class Change:
    """One small change: ``target`` is written as ``text`` instead.

    ``operator`` names the kind of mistake; ``of_field`` says that it is one of this field rather than of programming;
    ``keyword`` is the argument that was left out.
    """

    operator: str
    target: cst.CSTNode
    text: str
    of_field: bool = False
    keyword: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """A place in the reference: a node and what stands around it, the nearest first.

    ``imported`` are the names that the module imports, ``known`` those that the statement at the module's top uses.
    """

    node: cst.CSTNode
    around: tuple[cst.CSTNode, ...]
    imported: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()

    @property
    def parent(self) -> cst.CSTNode | None:
        """The node that holds this one."""
        return self.around[0] if self.around else None

    def nearest(self, *kinds: type[cst.CSTNode]) -> cst.CSTNode | None:
        """Return the nearest surrounding node of some kinds."""
        return next((node for node in self.around if isinstance(node, kinds)), None)

    def change(self, operator: str, new: cst.CSTNode, *, of_field: bool = False) -> Change:
        """Return the change that puts another node here, in brackets where its neighbours could bind tighter."""
        text = cst.Module([]).code_for_node(new)
        if isinstance(new, cst.BaseExpression) and not isinstance(new, _ATOMS) and not new.lpar:
            text = f"({text})"
        return Change(operator, self.node, text, of_field)

    def text(self, operator: str, text: str, *, of_field: bool = False) -> Change:
        """Return the change that writes this text here."""
        return Change(operator, self.node, text, of_field)


Operator = Callable[[Site], Iterator[Change]]


def callee(node: cst.CSTNode | None) -> str:
    """Return the last name of what a call calls: ``Conv2D`` for ``layers.Conv2D(...)``; empty for anything else."""
    if not isinstance(node, cst.Call):
        return ""
    function = node.func
    if isinstance(function, cst.Attribute):
        return function.attr.value
    return function.value if isinstance(function, cst.Name) else ""


def root_name(node: cst.CSTNode) -> str:
    """Return the first name of a dotted expression, ``np`` for ``np.linalg.norm``; empty where it starts otherwise."""
    while isinstance(node, cst.Attribute):
        node = node.value
    return node.value if isinstance(node, cst.Name) else ""
