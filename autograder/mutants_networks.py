"""Mistakes of this field, each a small change of the syntax tree: layers, losses, optimizers, data sets, types."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import libcst as cst

from autograder.mutations import Change, Operator, Site, callee

__all__ = ["OPERATORS", "topic"]

# A text that has a meaning here, what it is about, and texts to confuse it with.
_TEXTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "relu": ("activation", ("tanh", "linear")),
    "tanh": ("activation", ("relu", "sigmoid")),
    "sigmoid": ("activation", ("softmax", "linear")),
    "softmax": ("activation", ("sigmoid", "linear")),
    "elu": ("activation", ("relu",)),
    "linear": ("activation", ("relu",)),
    "same": ("padding", ("valid",)),
    "valid": ("padding", ("same",)),
    "categorical_crossentropy": ("loss", ("binary_crossentropy", "mean_squared_error", "sparse_categorical_crossentropy")),
    "sparse_categorical_crossentropy": ("loss", ("categorical_crossentropy", "mean_squared_error")),
    "binary_crossentropy": ("loss", ("categorical_crossentropy", "mean_squared_error")),
    "adam": ("optimizer", ("sgd", "rmsprop")),
    "sgd": ("optimizer", ("adam", "rmsprop")),
    "rmsprop": ("optimizer", ("adam", "sgd")),
    "accuracy": ("metric", ("mean_squared_error",)),
    "channels_last": ("data format", ("channels_first",)),
    "channels_first": ("data format", ("channels_last",)),
    "val_loss": ("watched value", ("loss", "val_accuracy")),
    "val_accuracy": ("watched value", ("accuracy", "val_loss")),
    "loss": ("watched value", ("val_loss",)),
    "float32": ("dtype", ("float64", "int32")),
    "float64": ("dtype", ("float32",)),
    "uint8": ("dtype", ("int8",)),
    "int32": ("dtype", ("float32",)),
    "int64": ("dtype", ("float32",)),
    "he_normal": ("initialiser", ("zeros",)),
    "glorot_uniform": ("initialiser", ("zeros",)),
    "he_uniform": ("initialiser", ("zeros",)),
}  # fmt: skip
# A class or a type, what it is about, and neighbours of the same module.
_CLASSES: dict[str, tuple[str, tuple[str, ...]]] = {
    "MaxPooling2D": ("pooling", ("AveragePooling2D",)),
    "AveragePooling2D": ("pooling", ("MaxPooling2D",)),
    "GlobalAveragePooling2D": ("pooling", ("GlobalMaxPooling2D", "Flatten")),
    "BatchNormalization": ("normalisation", ("LayerNormalization",)),
    "Dropout": ("dropout", ("GaussianDropout",)),
    "Adam": ("optimizer", ("SGD", "RMSprop")),
    "SGD": ("optimizer", ("Adam",)),
    "RMSprop": ("optimizer", ("Adam",)),
    "CategoricalCrossentropy": ("loss", ("BinaryCrossentropy",)),
    "SparseCategoricalCrossentropy": ("loss", ("MeanSquaredError",)),
    "BinaryCrossentropy": ("loss", ("MeanSquaredError",)),
    "MinMaxScaler": ("normalisation", ("StandardScaler",)),
    "StandardScaler": ("normalisation", ("MinMaxScaler",)),
    "KFold": ("split", ("StratifiedKFold",)),
    "StratifiedKFold": ("split", ("KFold",)),
    "float32": ("dtype", ("float64", "int32")),
    "float64": ("dtype", ("float32",)),
    "uint8": ("dtype", ("int8",)),
}
# Arguments that a student adds although nobody asked.
_ADDED: dict[str, tuple[tuple[str, str, str], ...]] = {
    "Conv2D": (("padding", "padding", '"same"'), ("strides", "stride", "2"), ("use_bias", "bias", "False"),
               ("trainable", "trainable flag", "False"), ("dilation_rate", "dilation", "2"),
               ("kernel_initializer", "initialiser", '"zeros"')),
    "Dense": (("use_bias", "bias", "False"), ("trainable", "trainable flag", "False"),
              ("kernel_initializer", "initialiser", '"zeros"'), ("kernel_regularizer", "regularisation", '"l2"')),
    "MaxPooling2D": (("strides", "stride", "1"), ("padding", "padding", '"same"')),
    "AveragePooling2D": (("strides", "stride", "1"), ("padding", "padding", '"same"')),
    "fit": (("shuffle", "shuffle", "False"), ("validation_split", "split", "0.5")),
    "SGD": (("momentum", "momentum", "0.9"), ("nesterov", "nesterov", "True")),
    "Adam": (("beta_1", "momentum", "0.5"), ("amsgrad", "optimizer", "True")),
    "BatchNormalization": (("trainable", "trainable flag", "False"), ("axis", "data format", "1")),
    "astype": (),
}  # fmt: skip
# An argument that another one makes void.
_OVERRULED_BY = {"validation_split": "validation_data"}
# What a number is about, by the call and its place or keyword in it.
_NUMBERS = {
    ("Conv2D", 0): "filters", ("Conv2D", 1): "kernel size", ("Dense", 0): "units", ("Dropout", 0): "dropout rate",
    ("MaxPooling2D", 0): "pool size", ("AveragePooling2D", 0): "pool size", ("SGD", 0): "learning rate",
    ("Adam", 0): "learning rate", ("RMSprop", 0): "learning rate", ("clip", 1): "clip", ("clip", 2): "clip",
    ("Input", 0): "input shape", ("to_categorical", 1): "one-hot", ("eye", 0): "one-hot",
    ("Permute", 0): "data format",
}  # fmt: skip
_KEYWORDS = {
    "activation": "activation", "padding": "padding", "strides": "stride", "filters": "filters", "units": "units",
    "kernel_size": "kernel size", "pool_size": "pool size", "use_bias": "bias", "rate": "dropout rate", "loss": "loss",
    "optimizer": "optimizer", "learning_rate": "learning rate", "momentum": "momentum", "nesterov": "nesterov",
    "metrics": "metric", "trainable": "trainable flag", "data_format": "data format", "shuffle": "shuffle",
    "stratify": "split", "random_state": "split", "test_size": "split", "training": "training flag", "dtype": "dtype",
    "epsilon": "epsilon", "num_classes": "one-hot", "batch_size": "batch size", "epochs": "epochs",
    "validation_data": "validation data", "callbacks": "callbacks", "monitor": "watched value", "patience": "patience",
    "restore_best_weights": "best weights", "factor": "learning rate", "decay_steps": "learning rate",
    "decay_rate": "learning rate", "staircase": "learning rate", "kernel_initializer": "initialiser",
    "return_dict": "metric",
}  # fmt: skip
_CALLS = {
    "clip": "clip", "to_categorical": "one-hot", "astype": "dtype", "shuffle": "shuffle", "permutation": "shuffle",
    "compile": "missing compile", "fit_transform": "normalisation source",
}  # fmt: skip
_SETS = (("train", "test"), ("test", "train"), ("train", "val"), ("val", "train"), ("train", "valid"))
_PAIRS = {
    "beta1": "beta2", "beta2": "beta1", "beta_1": "beta_2", "beta_2": "beta_1", "height": "width", "width": "height",
    "rows": "columns", "columns": "rows",
}  # fmt: skip


def confused_text(site: Site) -> Iterator[Change]:
    """Write another activation, padding, loss, optimizer, type and so on."""
    node = site.node
    if isinstance(node, cst.SimpleString):
        about, others = _TEXTS.get(str(node.evaluated_value).lower(), ("", ()))
        for other in others:
            yield site.text(about, f'"{other}"', of_field=True)


def confused_class(site: Site) -> Iterator[Change]:
    """Use another layer, optimizer, loss or type of the same module."""
    node, parent = site.node, site.parent
    if isinstance(node, cst.Name) and isinstance(parent, cst.Attribute) and parent.attr is node:
        about, others = _CLASSES.get(node.value, ("", ()))
        for other in others:
            yield site.text(about, other, of_field=True)


def added_argument(site: Site) -> Iterator[Change]:
    """Add an argument that changes what a layer, an optimizer or a training does."""
    node = site.node
    if not isinstance(node, cst.Call):
        return
    given = {argument.keyword.value for argument in node.args if argument.keyword is not None}
    for keyword, about, value in _ADDED.get(callee(node), ()):
        if keyword not in given and _OVERRULED_BY.get(keyword) not in given:
            added = cst.Arg(cst.parse_expression(value), keyword=cst.Name(keyword), equal=_TIGHT)
            yield site.change(about, node.with_changes(args=[*node.args, added]), of_field=True)


def changed_layers(site: Site) -> Iterator[Change]:
    """Leave a layer out, put one in twice, or exchange two, in a list of layers or a call that takes them."""
    node = site.node
    if isinstance(node, cst.List):
        for about, items in _rearranged(node.elements):
            yield site.change(about, node.with_changes(elements=items), of_field=True)
    elif isinstance(node, cst.Call):
        for about, items in _rearranged(node.args):
            yield site.change(about, node.with_changes(args=items), of_field=True)


def _rearranged(items: object) -> Iterator[tuple[str, list[cst.CSTNode]]]:
    parts: list[cst.Element | cst.Arg] = [i for i in items if isinstance(i, cst.Element | cst.Arg)]  # type: ignore[attr-defined]
    is_layer = [callee(part.value)[:1].isupper() and not getattr(part, "keyword", None) for part in parts]
    if sum(is_layer) < 2:  # noqa: PLR2004 - one object alone is no stack
        return
    for index, layer in enumerate(is_layer):
        if layer:
            yield "dropped layer", [*parts[:index], *parts[index + 1 :]]
            if index + 1 < len(parts) and is_layer[index + 1]:
                one, other = parts[index], parts[index + 1]
                swapped = [one.with_changes(value=other.value), other.with_changes(value=one.value)]
                yield "swapped layers", [*parts[:index], *swapped, *parts[index + 2 :]]


def wrong_set(site: Site) -> Iterator[Change]:
    """Use the test data in place of the training data, and the like."""
    node, parent = site.node, site.parent
    if not isinstance(node, cst.Name) or isinstance(parent, cst.AssignTarget | cst.Param | cst.NameItem):
        return
    if isinstance(parent, cst.Arg) and parent.keyword is node:
        return
    for given, other in _SETS:
        if given in node.value.split("_"):
            name = "_".join(other if part == given else part for part in node.value.split("_"))
            if name in site.known:
                yield site.text("wrong data set", name, of_field=True)
    if _PAIRS.get(node.value) in site.known and not isinstance(parent, cst.Attribute):
        yield site.text("wrong variable", _PAIRS[node.value])


def moved_epsilon(site: Site) -> Iterator[Change]:
    """Put the epsilon into the root, or take it out of it."""
    node = site.node
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add) and _is_epsilon(node.right):
        root = node.left
        if isinstance(root, cst.Call) and callee(root) == "sqrt":
            argument = root.args[0].with_changes(value=node.with_changes(left=root.args[0].value, lpar=[], rpar=[]))
            yield site.change("epsilon", root.with_changes(args=[argument]), of_field=True)
    if isinstance(node, cst.Call) and callee(node) == "sqrt":
        total = node.args[0].value
        if isinstance(total, cst.BinaryOperation) and _is_epsilon(total.right):
            outside = node.with_changes(args=[node.args[0].with_changes(value=total.left)])
            yield site.change("epsilon", total.with_changes(left=outside), of_field=True)


def _is_epsilon(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Name) and node.value in ("epsilon", "eps")


def topic(site: Site, change: Change) -> str:
    """Say what a change of a constant, an argument or a call is about in this field; empty where it is none of its own."""
    node = site.node.value if isinstance(site.node, cst.Expr) else site.node
    if change.keyword:
        return _KEYWORDS.get(change.keyword, "")
    if isinstance(node, cst.Call):
        return _CALLS.get(callee(node), "") if change.operator.startswith("dropped") else ""
    path = (node, *site.around)
    for inner, outer in itertools.pairwise(path):
        if isinstance(inner, cst.Arg) and isinstance(outer, cst.Call):
            if inner.keyword is not None:
                return _KEYWORDS.get(inner.keyword.value, "")
            return _NUMBERS.get((callee(outer), outer.args.index(inner)), "")
    assigned = site.nearest(cst.Assign)
    if isinstance(assigned, cst.Assign) and isinstance(assigned.targets[0].target, cst.Attribute):
        return _KEYWORDS.get(assigned.targets[0].target.attr.value, "")
    return ""


OPERATORS: tuple[Operator, ...] = (
    confused_text,
    confused_class,
    added_argument,
    changed_layers,
    wrong_set,
    moved_epsilon,
)
_TIGHT = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
