"""Mistakes of programming in general, each a small change of the syntax tree: what a mutant of the reference is made by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import libcst as cst

from autograder.mutations import Change, Operator, Site, callee, is_look, root_name

__all__ = ["OPERATORS"]

_COMPARISONS: dict[type[cst.BaseCompOp], tuple[type[cst.BaseCompOp], ...]] = {
    cst.LessThan: (cst.LessThanEqual, cst.GreaterThan),
    cst.LessThanEqual: (cst.LessThan, cst.GreaterThan),
    cst.GreaterThan: (cst.GreaterThanEqual, cst.LessThan),
    cst.GreaterThanEqual: (cst.GreaterThan, cst.LessThan),
    cst.Equal: (cst.NotEqual,),
    cst.NotEqual: (cst.Equal,),
    cst.In: (cst.NotIn,),
    cst.NotIn: (cst.In,),
    cst.Is: (cst.IsNot,),
    cst.IsNot: (cst.Is,),
}
_ARITHMETIC: dict[type[cst.BaseBinaryOp], type[cst.BaseBinaryOp]] = {
    cst.Add: cst.Subtract,
    cst.Subtract: cst.Add,
    cst.Multiply: cst.Divide,
    cst.Divide: cst.Multiply,
    cst.FloorDivide: cst.Divide,
    cst.Modulo: cst.FloorDivide,
    cst.Power: cst.Multiply,
}
_OTHER_FUNCTION = {
    "min": "max", "max": "min", "sum": "mean", "mean": "sum", "argmax": "argmin", "argmin": "argmax",
    "floor": "ceil", "ceil": "floor", "zeros": "ones", "ones": "zeros", "zeros_like": "ones_like", "any": "all",
    "all": "any", "maximum": "minimum", "minimum": "maximum", "std": "var", "var": "std", "append": "extend",
    "log": "exp", "exp": "log", "sqrt": "square", "vstack": "hstack", "hstack": "vstack", "round": "floor",
    "upper": "lower", "normal": "uniform", "uniform": "normal", "standard_normal": "random",
}  # fmt: skip
# Functions that do not mind the order of their arguments.
_IN_ANY_ORDER = ("maximum", "minimum", "max", "min", "add", "multiply")
_OTHER_ERROR = {"FileNotFoundError": "OSError", "ValueError": "RuntimeError", "TypeError": "RuntimeError"}


def off_by_one(site: Site) -> Iterator[Change]:
    """Make an integer larger and smaller by one, and a range shorter or later."""
    node = site.node
    if isinstance(node, cst.Integer):
        number = int(node.value.replace("_", ""), 0)
        axis = isinstance(site.nearest(cst.Arg), cst.Arg) and _keyword(site) in ("axis", "axes")
        operator = "wrong axis" if axis else "off by one"
        yield site.text(operator, str(number + 1))
        yield site.text(operator, f"{number - 1}" if number else "(-1)")
    elif callee(node) in ("range", "arange") and isinstance(node, cst.Call) and len(node.args) == 1:
        yield from _shifted_range(site, node)


def _shifted_range(site: Site, node: cst.Call) -> Iterator[Change]:
    bound = cst.Module([]).code_for_node(node.args[0].value)
    name = cst.Module([]).code_for_node(node.func)
    yield site.text("off by one", f"{name}(1, {bound})")
    yield site.text("off by one", f"{name}({bound} - 1)")


def changed_constant(site: Site) -> Iterator[Change]:
    """Double a float, turn a flag round, and change a text."""
    node = site.node
    if isinstance(node, cst.Float):
        yield site.text("changed constant", repr(2 * float(node.value) or 1.0))
    elif isinstance(node, cst.Name) and node.value in ("True", "False"):
        yield site.text("changed constant", str(node.value == "False"))
    elif isinstance(node, cst.SimpleString):
        quote = node.quote
        yield site.text("changed constant", f"{node.prefix}{quote}{node.raw_value}_{quote}")
    elif isinstance(node, cst.FormattedStringText):
        in_format = isinstance(site.parent, cst.FormattedStringExpression)
        digits = re.sub(r"\d", lambda found: str((int(found[0]) + 1) % 10), node.value)
        yield site.text("changed constant", digits if in_format else node.value + "_")


def swapped_arguments(site: Site) -> Iterator[Change]:
    """Exchange two neighbouring positional arguments."""
    node = site.node
    if not isinstance(node, cst.Call) or callee(node) in _IN_ANY_ORDER:
        return
    for first, second in zip(range(len(node.args)), range(1, len(node.args)), strict=False):
        one, other = node.args[first], node.args[second]
        if one.keyword or other.keyword or one.star or other.star or one.value.deep_equals(other.value):
            continue
        args = list(node.args)
        args[first], args[second] = one.with_changes(value=other.value), other.with_changes(value=one.value)
        yield site.change("swapped arguments", node.with_changes(args=args))


def dropped_keyword(site: Site) -> Iterator[Change]:
    """Leave a keyword argument out."""
    node = site.node
    if isinstance(node, cst.Call):
        for index, argument in enumerate(node.args):
            if argument.keyword is not None and not is_look(argument):
                name = argument.keyword.value
                operator = "wrong axis" if name == "axis" else "dropped argument"
                kept = node.with_changes(args=[*node.args[:index], *node.args[index + 1 :]])
                yield replace(site.change(operator, kept), keyword=name)


def dropped_statement(site: Site) -> Iterator[Change]:
    """Leave a statement out whose absence Python itself would not notice."""
    node = site.node
    if not isinstance(site.parent, cst.SimpleStatementLine) or not isinstance(node, cst.BaseSmallStatement):
        return
    plain = isinstance(node, cst.Expr | cst.AugAssign | cst.Raise | cst.Continue | cst.Break)
    early = isinstance(node, cst.Return) and any(isinstance(around, cst.If | cst.For) for around in site.around[:3])
    stored = isinstance(node, cst.Assign) and (
        isinstance(node.targets[0].target, cst.Subscript | cst.Attribute) or _uses_itself(node)
    )
    docstring = isinstance(node, cst.Expr) and isinstance(node.value, cst.SimpleString)
    if (plain or early or stored) and not docstring:
        yield site.text("dropped statement", "pass")


def negated_condition(site: Site) -> Iterator[Change]:
    """Turn a condition round, take one branch whatever it says, or change how its parts are joined."""
    node, parent = site.node, site.parent
    if isinstance(parent, cst.If | cst.IfExp | cst.While | cst.CompIf | cst.Assert) and parent.test is node:
        assert isinstance(node, cst.BaseExpression)
        bracketed = node if node.lpar else node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        yield site.change("negated condition", cst.UnaryOperation(cst.Not(), bracketed))
    if isinstance(node, cst.IfExp):
        yield site.change("one branch only", node.body)
        yield site.change("one branch only", node.orelse)
    if isinstance(node, cst.BooleanOperation):
        other = cst.Or if isinstance(node.operator, cst.And) else cst.And
        yield site.change("negated condition", node.with_changes(operator=other()))
        yield site.change("one branch only", node.left)
        yield site.change("one branch only", node.right)
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
        yield site.change("negated condition", node.expression)


def wrong_comparison(site: Site) -> Iterator[Change]:
    """Compare in another way."""
    node = site.node
    if isinstance(node, cst.Comparison):
        for index, target in enumerate(node.comparisons):
            for other in _COMPARISONS.get(type(target.operator), ()):
                changed = target.with_changes(operator=other())
                comparisons = [*node.comparisons[:index], changed, *node.comparisons[index + 1 :]]
                yield site.change("wrong comparison", node.with_changes(comparisons=comparisons))


def wrong_arithmetic(site: Site) -> Iterator[Change]:
    """Compute with another sign, or leave one side of a calculation out."""
    node = site.node
    if isinstance(node, cst.BinaryOperation):
        other = _ARITHMETIC.get(type(node.operator))
        if other is not None:
            yield site.change("wrong arithmetic", node.with_changes(operator=other()))
        if not isinstance(node.operator, cst.Modulo):
            yield site.change("dropped operand", node.left)
        if isinstance(node.operator, cst.Add | cst.Multiply | cst.MatrixMultiply):
            yield site.change("dropped operand", node.right)
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
        yield site.change("wrong arithmetic", node.expression)
    if isinstance(node, cst.AugAssign):
        swapped = {cst.AddAssign: cst.SubtractAssign, cst.SubtractAssign: cst.AddAssign}
        operator = swapped.get(type(node.operator))
        if operator is not None:
            yield site.change("wrong arithmetic", node.with_changes(operator=operator()))


def dropped_call(site: Site) -> Iterator[Change]:
    """Use what a function was given, or the object of a method, instead of what it returns."""
    node = site.node
    if not isinstance(node, cst.Call) or isinstance(site.parent, cst.Expr) or callee(node)[:1].isupper():
        return
    root = root_name(node.func)
    if isinstance(node.func, cst.Attribute) and root not in site.imported:
        yield site.change("dropped call", node.func.value)
    elif node.args and not node.args[0].star and node.args[0].keyword is None:
        yield site.change("dropped call", node.args[0].value)


def dropped_element(site: Site) -> Iterator[Change]:
    """Return, list or map one thing fewer; return two in the other order."""
    node = site.node
    if isinstance(node, cst.Tuple) and isinstance(site.parent, cst.Return):
        for index in range(len(node.elements)):
            kept = [*node.elements[:index], *node.elements[index + 1 :]]
            new = kept[0].value if len(kept) == 1 else node.with_changes(elements=kept)
            yield site.change("dropped return element", new)
        for index in range(len(node.elements) - 1):
            elements = list(node.elements)
            first, second = elements[index], elements[index + 1]
            elements[index] = first.with_changes(value=second.value)
            elements[index + 1] = second.with_changes(value=first.value)
            yield site.change("swapped return elements", node.with_changes(elements=elements))
    if isinstance(node, cst.List | cst.Dict):
        for index in range(len(node.elements)):
            kept = [*node.elements[:index], *node.elements[index + 1 :]]
            yield site.change("dropped element", node.with_changes(elements=kept))


def other_function(site: Site) -> Iterator[Change]:
    """Call a function's neighbour."""
    node = site.node
    if isinstance(node, cst.Name) and node.value in _OTHER_FUNCTION:
        around = site.around
        attribute = isinstance(around[0], cst.Attribute) and around[0].attr is node
        called = around[1] if attribute else around[0]
        if attribute or (isinstance(called, cst.Call) and called.func is node):
            yield site.text("other function", _OTHER_FUNCTION[node.value])


def other_slice(site: Site) -> Iterator[Change]:
    """Leave one bound, or the step, of a slice out."""
    node = site.node
    if isinstance(node, cst.Slice):
        for part in ("lower", "upper", "step"):
            if getattr(node, part) is not None:
                yield site.change("other slice", node.with_changes(**{part: None}))
    if isinstance(node, cst.Attribute) and node.attr.value == "T":
        yield site.change("dropped transposition", node.value)


def other_error(site: Site) -> Iterator[Change]:
    """Raise an error of another type."""
    node = site.node
    if isinstance(node, cst.Name) and node.value in _OTHER_ERROR and site.nearest(cst.Raise) is not None:
        yield site.text("other error", _OTHER_ERROR[node.value])


OPERATORS: tuple[Operator, ...] = (
    off_by_one,
    changed_constant,
    swapped_arguments,
    dropped_keyword,
    dropped_statement,
    negated_condition,
    wrong_comparison,
    wrong_arithmetic,
    dropped_call,
    dropped_element,
    other_function,
    other_slice,
    other_error,
)


def _keyword(site: Site) -> str:
    argument = site.nearest(cst.Arg)
    return argument.keyword.value if isinstance(argument, cst.Arg) and argument.keyword is not None else ""


def _uses_itself(node: cst.Assign) -> bool:
    """Say whether an assignment makes a new value of the same name from the old one."""
    target = node.targets[0].target
    if not isinstance(target, cst.Name):
        return False
    found: list[str] = []

    class _Names(cst.CSTVisitor):
        def visit_Name(self, node: cst.Name) -> None:  # noqa: N802 - libcst's own spelling
            found.append(node.value)

    node.value.visit(_Names())
    return target.value in found
