"""Networks of right submissions said otherwise: other ways to write the same layers, which must not matter."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import libcst as cst
from libcst import matchers

from autograder.mutations import callee

__all__ = ["NETWORK_VARIATIONS"]

_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "Conv2D": ("filters", "kernel_size"),
    "Dense": ("units",),
    "Dropout": ("rate",),
    "MaxPooling2D": ("pool_size",),
    "AveragePooling2D": ("pool_size",),
    "to_categorical": ("x", "num_classes"),
    "fit": ("x", "y"),
    "evaluate": ("x", "y"),
    "predict": ("x",),
}
_FUNCTIONAL = '''
def _as_functional(stack):
    """Apply layers one after another to the input that the stack begins with."""
    inputs, *rest = list(stack)
    outputs = inputs
    for layer in rest:
        outputs = layer(outputs)
    return keras.Model(inputs, outputs)
'''


class _Keywords(cst.CSTTransformer):
    """Names the first arguments of functions whose parameters are known; the module's own functions are left alone."""

    def __init__(self, own: Collection[str]) -> None:
        super().__init__()
        self._own = own

    def leave_Call(self, _old: cst.Call, node: cst.Call) -> cst.Call:  # noqa: N802
        names = () if callee(node) in self._own else _PARAMETERS.get(callee(node), ())
        args: list[cst.Arg] = []
        for index, argument in enumerate(node.args):
            assigns = isinstance(argument.value, cst.NamedExpr)
            if argument.star or argument.keyword is not None or assigns or index >= len(names):
                args += node.args[index:]
                break
            equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
            args.append(argument.with_changes(keyword=cst.Name(names[index]), equal=equal))
        named = [argument.keyword is not None or bool(argument.star) for argument in args]
        in_order = named == sorted(named)
        return node.with_changes(args=args) if in_order else node


def _keywords(module: str, _silent: frozenset[str]) -> str:
    """Pass arguments by keyword."""
    tree = cst.parse_module(module)
    name = matchers.SaveMatchedNode(matchers.Name(), "name")
    defined = matchers.FunctionDef(name=name) | matchers.ClassDef(name=name) | matchers.AssignTarget(target=name)
    own = {cst.ensure_type(found["name"], cst.Name).value for found in matchers.extractall(tree, defined)}
    return tree.visit(_Keywords(own)).code


class _ActivationLayers(cst.CSTTransformer):
    """Puts activations into layers of their own, in lists of layers and in calls of the functional interface."""

    def leave_List(self, _old: cst.List, node: cst.List) -> cst.List:  # noqa: N802
        elements: list[cst.BaseElement] = []
        for element in node.elements:
            elements += [cst.Element(value) for value in _split(element.value)] or [element]
        return node if elements == list(node.elements) else node.with_changes(elements=elements)

    def leave_Call(self, _old: cst.Call, node: cst.Call) -> cst.Call:  # noqa: N802
        parts = _split(node.func)
        if len(node.args) != 1 or not parts:
            return node
        return cst.Call(parts[1], [cst.Arg(cst.Call(parts[0], node.args))])


def _split(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    """Return a layer without its activation, and the activation as a layer; nothing where it has none."""
    if callee(node) not in ("Conv2D", "Dense") or not isinstance(node, cst.Call):
        return []
    if not isinstance(node.func, cst.Attribute):
        return []
    given = [a for a in node.args if a.keyword is not None and a.keyword.value == "activation"]
    if not given or not isinstance(given[0].value, cst.SimpleString):
        return []
    rest = [argument for argument in node.args if argument is not given[0]]
    activation = node.func.with_changes(attr=cst.Name("Activation"))
    return [node.with_changes(args=rest), cst.Call(activation, [cst.Arg(given[0].value)])]


def _activation_layers(module: str, _silent: frozenset[str]) -> str:
    """Write activations as layers."""
    return cst.parse_module(module).visit(_ActivationLayers()).code


class _ExplicitInput(cst.CSTTransformer):
    """Takes the input's shape out of the first layer of a stack."""

    def leave_List(self, _old: cst.List, node: cst.List) -> cst.List:  # noqa: N802
        first = node.elements[0].value if node.elements else None
        if not isinstance(first, cst.Call) or not isinstance(first.func, cst.Attribute):
            return node
        shape = [a for a in first.args if a.keyword is not None and a.keyword.value == "input_shape"]
        if not shape:
            return node
        rest = first.with_changes(args=[argument for argument in first.args if argument is not shape[0]])
        entry = cst.Call(first.func.with_changes(attr=cst.Name("Input")), [cst.Arg(shape[0].value)])
        return node.with_changes(elements=[cst.Element(entry), cst.Element(rest), *node.elements[1:]])


def _explicit_input(module: str, _silent: frozenset[str]) -> str:
    """Write the input as a layer."""
    return cst.parse_module(module).visit(_ExplicitInput()).code


class _Functional(cst.CSTTransformer):
    """Builds with the functional interface what was a stack that begins with its input."""

    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def leave_Call(self, _old: cst.Call, node: cst.Call) -> cst.Call:  # noqa: N802
        stack = node.args[0].value if len(node.args) == 1 else None
        if callee(node) != "Sequential" or not isinstance(stack, cst.List) or not stack.elements:
            return node
        if callee(stack.elements[0].value) != "Input":
            return node
        self.found = True
        return node.with_changes(func=cst.Name("_as_functional"))


def _functional(module: str, _silent: frozenset[str]) -> str:
    """Write sequential models with the functional interface."""
    rewriter = _Functional()
    code = cst.parse_module(module).visit(rewriter).code
    imports_keras = "import keras\n" in code or "from tensorflow import keras" in code
    return code + _FUNCTIONAL if rewriter.found and imports_keras else module


NETWORK_VARIATIONS: dict[str, Callable[[str, frozenset[str]], str]] = {
    "explicit-input": _explicit_input,
    "activation-layers": _activation_layers,
    "functional": _functional,
    "keywords": _keywords,
}
