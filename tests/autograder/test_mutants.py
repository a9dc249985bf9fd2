"""Mutants are small, valid and one mistake each; they never meet in one submission where a question could notice two."""

from __future__ import annotations

import ast

import pytest

from autograder import mutants
from autograder.audit import reference_sources
from autograder.labs import find_root, lab_ids

STUB = '''\
"""A lab."""

import numpy as np
from keras import layers

SCALE = 255


def first(x, epsilon=1e-7):
    """Give something."""
    raise NotImplementedError("question first: to be written")


def second(x):
    """Give something else."""
    raise NotImplementedError("question second: to be written")
'''


def reference(first: str, second: str = "return first(x)", helper: str = "") -> str:
    """Return a module with these bodies."""
    return (
        f'"""A lab."""\n\nimport numpy as np\nfrom keras import layers\n\nSCALE = 255\n\n\n{helper}'
        f'def first(x, epsilon=1e-7):\n    """Give something."""\n    {first}\n\n\n'
        f'def second(x):\n    """Give something else."""\n    {second}\n'
    )


@pytest.mark.parametrize(
    ("body", "operator", "after"),
    [
        ("return x[1]", "off by one", "return x[2]"),
        ("return x[0]", "off by one", "return x[(-1)]"),
        ("return [i for i in range(x)]", "off by one", "return [i for i in range(1, x)]"),
        ("return x.sum(axis=1)", "wrong axis", "return x.sum(axis=0)"),
        ("return x.sum(axis=1)", "wrong axis", "return x.sum()"),
        ("return 0.5 * x", "changed constant", "return 1.0 * x"),
        ("return x.sum(keepdims=True)", "changed constant", "return x.sum(keepdims=False)"),
        ('return {"mean": x}', "changed constant", 'return {"mean_": x}'),
        ('return f"{x:.2f}"', "changed constant", 'return f"{x:.3f}"'),
        ("return np.subtract(x, 1)", "swapped arguments", "return np.subtract(1, x)"),
        ("return np.pad(x, 1, mode='edge')", "dropped argument", "return np.pad(x, 1, )"),
        ("x[0] = 1; return x", "off by one", "x[0] = 2; return x"),
        ("return x if x > 0 else 0", "negated condition", "return x if (not (x > 0)) else 0"),
        ("return x if x > 0 else 0", "wrong comparison", "return x if (x >= 0) else 0"),
        ("return x if x > 0 else 0", "one branch only", "return x"),
        ("return x or epsilon", "one branch only", "return epsilon"),
        ("return x - 1", "wrong arithmetic", "return (x + 1)"),
        ("return x / 255", "dropped operand", "return x"),
        ("return -x", "wrong arithmetic", "return x"),
        ("return np.exp(x)", "dropped call", "return x"),
        ("return x.copy()", "dropped call", "return x"),
        ("return x, epsilon", "dropped return element", "return x"),
        ("return x, epsilon", "swapped return elements", "return (epsilon, x)"),
        ("return [x, x]", "dropped element", "return [x]"),
        ("return np.max(x)", "other function", "return np.min(x)"),
        ("return x[1:]", "other slice", "return x[:]"),
        ("return x.T", "dropped transposition", "return x"),
    ],
)
def test_general_operator(body: str, operator: str, after: str) -> None:
    """Each kind of mistake of programming is made."""
    made = mutants.make_mutants(reference(body), STUB)

    assert (operator, after) in {(m.operator, m.after) for m in made if m.function == "first"}


@pytest.mark.parametrize(
    ("body", "operator", "after"),
    [
        ('return layers.Dense(3, activation="relu")', "activation", 'return layers.Dense(3, activation="tanh")'),
        ('return layers.Dense(3, activation="relu")', "activation", "return layers.Dense(3, )"),
        ("return layers.Dense(3)", "units", "return layers.Dense(4)"),
        ("return layers.Dense(3)", "bias", "return layers.Dense(3, use_bias=False)"),
        ("return layers.Conv2D(8, (3, 5))", "kernel size", "return layers.Conv2D(8, (3, 6))"),
        ("return layers.Conv2D(8, 3)", "stride", "return layers.Conv2D(8, 3, strides=2)"),
        ('return layers.Conv2D(8, 3, padding="same")', "padding", 'return layers.Conv2D(8, 3, padding="valid")'),
        ("return layers.MaxPooling2D(2)", "pooling", "return layers.AveragePooling2D(2)"),
        ("return x.astype('float32')", "dtype", 'return x.astype("float64")'),
        ("return x.astype('float32')", "dtype", "return x"),
        ("return np.clip(x, 0, 1)", "clip", "return x"),
        ("return x / (np.sqrt(x) + epsilon)", "epsilon", "return x / (np.sqrt(x + epsilon))"),
        ("return x / np.sqrt(x + epsilon)", "epsilon", "return x / (np.sqrt(x) + epsilon)"),
        ("x_train, x_test = x; return x_train, x_test", "wrong data set", "x_train, x_test = x; return x_test, x_test"),
        ("return [layers.Flatten(), layers.Dense(3)]", "dropped layer", "return [layers.Dense(3)]"),
        (
            "return [layers.Flatten(), layers.Dense(3)]",
            "swapped layers",
            "return [layers.Dense(3), layers.Flatten()]",
        ),
    ],
)
def test_operator_of_the_field(body: str, operator: str, after: str) -> None:
    """Each kind of mistake of this field is made, and counted as such."""
    made = mutants.make_mutants(reference(body), STUB)

    assert (operator, after) in {(m.operator, m.after) for m in made if m.of_field}


def test_statements_are_dropped() -> None:
    """What Python would not miss by itself is left out: a call, an early return, an augmented assignment, an error."""
    body = "x.sort()\n    if x is None:\n        raise ValueError('no x')\n    x += 1\n    return x"

    made = mutants.make_mutants(reference(body), STUB)

    dropped = [m.before for m in made if m.operator == "dropped statement" and m.function == "first"]
    assert dropped == ["x.sort()", "raise ValueError('no x')", "x += 1"]


def test_what_was_given_is_left_alone() -> None:
    """Signatures, docstrings, annotations, given constants and an error's words are no place for mutants."""
    made = mutants.make_mutants(reference("raise ValueError('at least 3')"), STUB)

    assert {(m.function, m.after) for m in made if m.function != "second"} == {
        ("first", "pass"),
        ("first", "raise RuntimeError('at least 3')"),
    }


def test_what_is_free_is_left_alone() -> None:
    """An error's words, with the numbers in them, captions, looks, and the order of what has none are no mistakes."""
    body = (
        'message = f"{x[0] + 1} is {epsilon:.2f}"\n    axes.set(title="a", xlabel="b")\n    axes.set_title(f"{x[1]}")\n'
        '    plot(x, color="red", figsize=(3, 4))\n    return np.maximum(x, epsilon)'
    )

    made = mutants.make_mutants(reference(body), STUB)

    found = {mutant.after for mutant in made if mutant.function == "first"}
    assert "return np.maximum(epsilon, x)" not in found
    assert found == {
        'axes.set(xlabel="b")',
        'axes.set(title="a", )',
        "pass",
        "return x",
        "return np.minimum(x, epsilon)",
    }


@pytest.mark.parametrize("lab_id", lab_ids(find_root()))
def test_mutants_of_a_lab(lab_id: str) -> None:
    """Each mutant of a real reference is another program than the reference and than every other mutant, and compiles."""
    source, stub = reference_sources(find_root(), lab_id)

    made = mutants.make_mutants(source, stub)

    texts = {mutants.apply(source, [mutant]) for mutant in made[::7]}
    assert len(made) > 100
    assert len({mutant.name for mutant in made}) == len(made)
    assert len(texts) == len(made[::7])
    assert source not in texts
    assert all(ast.parse(text) for text in texts)


def test_packs_keep_mutants_apart() -> None:
    """A pack holds mutants that no question's checks can notice together, and names the questions to run."""
    helper = "def helper(x):\n    return x + 1\n\n\n"
    source = reference("return helper(x)", "return x * 2", helper)
    made = mutants.make_mutants(source, STUB)
    reaching = mutants.users(source)
    touched = {name: [q for q in ("first", "second") if q in reaching[name]] for name in reaching}

    packs = mutants.pack(made, touched, ("first", "second"))

    assert sorted(m.name for pack in packs for m in pack.mutants) == sorted(m.name for m in made)
    for pack in packs:
        seen = [question for mutant in pack.mutants for question in touched[mutant.function]]
        assert sorted(seen) == sorted(set(seen)) == sorted(pack.questions)


def test_a_question_meets_no_mutant_that_it_is_not_asked_about() -> None:
    """Where the first question alone judges a shared function's mutants, the second one's are still kept away from them."""
    helper = "def helper(x):\n    return x + 1\n\n\n"
    made = mutants.make_mutants(reference("return helper(x)", "return helper(x) * 2", helper), STUB)
    touched = {"helper": ("first", "second"), "first": ("first",), "second": ("second",)}

    packs = mutants.pack(made, touched, ("first", "second"), {name: found[:1] for name, found in touched.items()})

    assert sorted(m.name for pack in packs for m in pack.mutants) == sorted(m.name for m in made)
    for pack in packs:
        functions = {mutant.function for mutant in pack.mutants}
        assert functions <= {"first", "second"} or (functions == {"helper"} and pack.questions == ("first",))


def test_a_digest_follows_the_code_and_what_it_uses() -> None:
    """A reason given for a mutant counts until the code changes, be it in a helper; comments and layout do not matter."""
    helper = "def helper(x):\n    return x + 1\n\n\n"
    before = mutants.code_digests(reference("return helper(x)", helper=helper))

    moved = mutants.code_digests(reference("return helper(\n        x)  # moved", helper=helper))
    changed = mutants.code_digests(reference("return helper(x)", helper=helper.replace("1", "2")))

    assert moved == before
    assert {name for name in before if changed[name] != before[name]} == {"helper", "first", "second"}


def test_a_variable_that_is_called_like_a_function_is_not_its_use() -> None:
    """A mutant is judged by what can notice it: own variables, parameters and annotations that hide a name do not count."""
    source = (
        "def train(x=SCALE):\n    return x\n\n\nSCALE = 2\n\n\n"
        "def ablation(train):\n    return train\n\n\n"
        "def split(x: SCALE):\n    train = x\n    return [train for _ in x]\n\n\n"
        "def fit(x):\n    return [train(part) for part in x]\n"
    )

    reaching = mutants.users(source)

    assert reaching["train"] == {"train", "fit"}
    assert reaching["SCALE"] == {"SCALE", "train", "fit"}
