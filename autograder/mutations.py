"""What a mutation operator sees of the reference's syntax tree, and the small change that it answers with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import libcst as cst

__all__ = ["Change", "Operator", "Site", "callee", "is_free", "is_look", "root_name"]

# What is written on a figure is free, though not whether something is; and so is how it looks.
_CAPTIONS = ("title", "xlabel", "ylabel", "suptitle", "set_title", "set_xlabel", "set_ylabel")
_LOOKS = (
    "figsize",
    "layout",
    "dpi",
    "fontsize",
    "rotation",
    "ha",
    "va",
    "color",
    "linestyle",
    "linewidth",
    "marker",
    "alpha",
)
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


def is_free(site: Site) -> bool:
    """Say whether a change here is no mistake: of a docstring, an error's words, a figure's captions or looks."""
    node, argument, assigned = site.node, site.nearest(cst.Arg), site.nearest(cst.Assign)
    if isinstance(node, cst.Arg):
        return is_look(node)
    if not isinstance(node, cst.BaseString):
        return False
    if site.nearest(cst.Raise) is not None or isinstance(site.parent, cst.Expr):
        return True
    named = argument.keyword.value if isinstance(argument, cst.Arg) and argument.keyword is not None else ""
    if named in _CAPTIONS or callee(site.nearest(cst.Call)) in _CAPTIONS:
        return True
    return isinstance(assigned, cst.Assign) and root_name(assigned.targets[0].target) == "message"


def is_look(argument: cst.Arg) -> bool:
    """Say whether an argument only changes how a figure looks."""
    return argument.keyword is not None and argument.keyword.value in _LOOKS


def root_name(node: cst.CSTNode) -> str:
    """Return the first name of a dotted expression, ``np`` for ``np.linalg.norm``; empty where it starts otherwise."""
    while isinstance(node, cst.Attribute):
        node = node.value
    return node.value if isinstance(node, cst.Name) else ""
