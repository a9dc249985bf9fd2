"""Rewrites of right answers change the text and not the meaning, which is seen by running both."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import pytest

from autograder.labs import find_root, lab_ids
from autograder.specimens import load_specimens
from autograder.variations import VARIATIONS, vary

MODULE = '''\
import numpy as np

LIMIT = 3


def scale(values, by=2):
    total = 0
    for value in values:
        total += value
    parts = [value * by for value in values]
    return np.asarray(parts).astype("float32"), total


def upper(words):
    return words.upper()


def shout(words):
    """Print some words."""
    print(upper(words))


def both(values):
    def inner(values):
        return [value for value in values if value < LIMIT]

    chosen = inner(values)
    return scale(chosen, by=len(chosen))
'''
NETWORK = """\
import keras
from keras import layers


def stack():
    return keras.Sequential([layers.Dense(4, activation="relu", input_shape=(3,)), layers.Dense(2)])


def chain(inputs):
    return layers.Dense(4, activation="relu")(inputs)
"""


def run(module: str) -> tuple[Any, ...]:
    """Return what the functions of the module give and print."""
    space: dict[str, Any] = {}
    exec(module, space)  # noqa: S102 - the module above
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        space["shout"]("so")
    array, total = space["both"]([1, 2, 3, 4])
    return array.tolist(), str(array.dtype), total, printed.getvalue(), space["scale"]([1])[1]


@pytest.mark.parametrize("name", ["float64", "renamed", "reordered", "printing", "hinted", "documented", "extracted"])
def test_a_rewrite_keeps_what_the_module_does(name: str) -> None:
    """The rewritten module is another text and gives and prints the same."""
    rewritten = vary(MODULE, [name], silent=["shout"])

    assert rewritten != MODULE
    assert run(rewritten) == run(MODULE)


def test_all_rewrites_together_keep_what_the_module_does() -> None:
    """Rewrites can be combined."""
    assert run(vary(MODULE, VARIATIONS, silent=["shout"])) == run(MODULE)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("explicit-input", '[layers.Input((3,)), layers.Dense(4, activation="relu", ), layers.Dense(2)]'),
        ("activation-layers", 'layers.Activation("relu")(layers.Dense(4, )(inputs))'),
        ("keywords", "layers.Dense(units=2)"),
    ],
)
def test_a_network_is_said_otherwise(name: str, expected: str) -> None:
    """Layers are written in another way that Keras takes for the same."""
    assert expected in vary(NETWORK, [name])


def test_a_stack_with_an_input_becomes_functional() -> None:
    """A stack is applied layer by layer to its input; one without an input is left as it is."""
    with_input = vary(NETWORK, ["explicit-input"])

    assert "_as_functional([layers.Input((3,))" in vary(with_input, ["functional"])
    assert vary(NETWORK, ["functional"]) == NETWORK


@pytest.mark.parametrize(
    "module",
    [
        "def Dense(n):\n    return n\n\n\ndef f():\n    return Dense(3)\n",
        "class Scaler:\n    def fit(self, images):\n        return self\n\n\ndef f(X):\n    return Scaler().fit(X)\n",
        "def f(X):\n    fit = lambda model: model\n    return fit(X)\n",
    ],
    ids=["function", "method", "variable"],
)
def test_functions_of_the_module_keep_their_arguments(module: str) -> None:
    """A function of the student's own that is called like one of Keras's gets no keywords."""
    assert vary(module, ["keywords"]) == module


@pytest.mark.parametrize("lab_id", lab_ids(find_root()))
def test_right_specimens_can_be_rewritten(lab_id: str) -> None:
    """All rewrites together leave a right specimen of each lab valid Python, and change it."""
    right = (s.package.files.get(".py") for s in load_specimens(find_root(), lab_id) if s.kind == "right")
    text = max((content for content in right if content is not None), key=len).decode()

    rewritten = vary(text, VARIATIONS)

    compile(rewritten, lab_id, "exec")
    assert rewritten != text
