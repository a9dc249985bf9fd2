"""save_weights and load_weights: each is tried with models and files of ours, so neither depends on the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.architecture import ModelData
from autograder.bench import Bench
from autograder.calls import expect_refused
from autograder.errors import ProcessEnded
from autograder.process import Raised
from autograder.student import RemoteModel, Student
from autograder.suite import check, question
from shared.assertions import expect_array, expect_equal, fail
from shared.text import Text

NAMES = ("essai.weights.h5", "essai-v1.2.weights.h5")
SEEDS = dict(zip(NAMES, (3, 4), strict=True))  # each file has weights of its own: which one was read shows
# What the old documents write, a whole model's ending, and endings that only look alike.
REFUSED = ("essai.h5", "essai.keras", "essai.weights", "essai_weights.h5", "essai.weights.h5.old")


def network(bench: Bench, seed: int) -> ModelData:
    """Return a small model with a convolution and random weights."""
    data = bench.toy(
        [
            ("Input", {"shape": (8, 8, 3)}),
            ("Conv2D", {"filters": 4, "kernel_size": 3, "activation": "relu"}),
            ("Flatten", {}),
            ("Dense", {"units": 6, "activation": "softmax"}),
        ],
        loss="categorical_crossentropy",
        optimizer="sgd",
        metrics=["accuracy"],
    )
    rng = np.random.default_rng(seed)
    weights = [rng.standard_normal(array.shape).astype(np.float32) for array in data.weights]
    return ModelData(data.architecture, weights, data.compiling)


def file_of(bench: Bench, seed: int) -> bytes:
    """Return the weights file that Keras writes for such a model, made once for all submissions."""
    return bench.remember(("weights file", seed), lambda: _file_of(bench, seed))


def _file_of(bench: Bench, seed: int) -> bytes:
    bench.workshop.make(network(bench, seed)).ask("save_weights", "ours.weights.h5")
    content = bench.workshop.read_file("ours.weights.h5")
    assert content is not None
    return content


def expect_weights(got: list[np.ndarray], right: list[np.ndarray], call: str, what: Text) -> None:
    """Expect the same arrays, to the bit."""
    expect_equal(len(got), len(right), call=call, what=Text("arrays of weights", "tableaux de poids"))
    for ours, theirs in zip(right, got, strict=True):
        expect_array(theirs, ours, call=call, what=what, rtol=0, atol=0)


def saved(student: Student, bench: Bench, name: str) -> bytes:
    """Let the student's function save a model of ours; return the file, or say which ones are there instead."""
    return student.once(("saved", name), lambda: _save(student, bench, name))


def _save(student: Student, bench: Bench, name: str) -> bytes:
    call = f'save_weights(model, "{name}")'
    student.call("save_weights", student.make(network(bench, seed=1)), name)
    content = student.read_file(name)
    if content is None:
        there = [n for n in student.verb("list_files") if isinstance(n, str) and n not in ("signs.py", "__pycache__")]
        shown = ", ".join(there[:6]) or "-"
        fail(
            Text(
                f"{call} wrote no file {name}; files there: {shown}",
                f"{call} n'a pas écrit {name} ; fichiers présents : {shown}",
            ),
            Text("The path is to be used as it is.", "Le chemin s'emploie tel quel."),
        )
    assert content is not None
    return content


@question("save_weights")
@check("file", en="Writes the file that is asked for", fr="Écrit le fichier demandé")
def test_file(student: Student, bench: Bench) -> None:
    """The file is where the path says, dots in its name and all."""
    for name in NAMES:
        saved(student, bench, name)


@question("save_weights")
@check("content", en="Keras reads the weights back", fr="Keras relit les poids", weight=2)
def test_content(student: Student, bench: Bench) -> None:
    """Keras itself loads the saved weights into another model."""
    expect_readable(bench, saved(student, bench, NAMES[0]), NAMES[0])


def expect_readable(bench: Bench, content: bytes, name: str) -> None:
    """Expect the file's content to be the weights of the model that was saved."""
    call = f'save_weights(model, "{name}")'
    other = bench.workshop.make(network(bench, seed=2))
    bench.workshop.write_file(name, content)
    try:
        other.ask("load_weights", name)
    except (Raised, ProcessEnded):
        fail(
            Text(
                f"{call}: Keras cannot read {name} into a model with the same layers",
                f"{call} : Keras ne peut pas lire {name} dans un modèle aux mêmes couches",
            ),
            Text("model.save_weights writes it.", "model.save_weights l'écrit."),
        )
    expect_weights(
        other.weights(), network(bench, seed=1).weights, call, Text("the model's weights", "les poids du modèle")
    )


@question("save_weights")
@check("replaces", en="A file that is there is replaced", fr="Un fichier déjà là est remplacé")
def test_replaces(student: Student, bench: Bench) -> None:
    """Where another model's weights were saved under the name, the file has the new ones."""
    name = "ancien.weights.h5"
    student.write_file(name, file_of(bench, seed=3))

    expect_readable(bench, saved(student, bench, name), name)


@question("save_weights")
@check("ending", en="Another ending: ValueError", fr="Autre terminaison : ValueError")
def test_save_ending(student: Student, bench: Bench) -> None:
    """A path that does not end in .weights.h5 is refused."""
    _expect_refused(student, bench, "save_weights")


def _expect_refused(student: Student, bench: Bench, function: str) -> None:
    model = student.make(network(bench, seed=1))
    for path in REFUSED:
        expect_refused(
            lambda path=path: student.call(function, model, path).value,
            call=f'{function}(model, "{path}")',
            because=Text("the path does not end in .weights.h5", "le chemin ne se termine pas par .weights.h5"),
            hint=Text("path.endswith(...) tells.", "path.endswith(...) le dit."),
        )


def loaded(student: Student, bench: Bench, name: str) -> RemoteModel:
    """Let the student's function load a file of ours into a model with other weights; return that model."""
    return student.once(("loaded", name), lambda: _load(student, bench, name))


def _load(student: Student, bench: Bench, name: str) -> RemoteModel:
    student.write_file(name, file_of(bench, SEEDS[name]))
    model = student.make(network(bench, seed=1))
    student.call("load_weights", model, name)
    return model


@question("load_weights")
@check("in_place", en="The model has the file's weights", fr="Le modèle a les poids du fichier", weight=3)
def test_in_place(student: Student, bench: Bench) -> None:
    """The very model that was passed has the weights of the file, to the bit."""
    expect_weights(
        loaded(student, bench, NAMES[0]).weights(),
        network(bench, SEEDS[NAMES[0]]).weights,
        f'load_weights(model, "{NAMES[0]}"); model.get_weights()',
        Text("the weights of the file", "les poids du fichier"),
    )


@question("load_weights")
@check("name", en="The path is used as it is", fr="Le chemin est pris tel quel")
def test_name(student: Student, bench: Bench) -> None:
    """A file with dots in its name is found."""
    expect_weights(
        loaded(student, bench, NAMES[1]).weights(),
        network(bench, SEEDS[NAMES[1]]).weights,
        f'load_weights(model, "{NAMES[1]}"); model.get_weights()',
        Text("the weights of that file", "les poids de ce fichier"),
    )


@question("load_weights")
@check("ending", en="Another ending: ValueError", fr="Autre terminaison : ValueError", weight=2)
def test_load_ending(student: Student, bench: Bench) -> None:
    """A path that does not end in .weights.h5 is refused, whether no file or even one with weights is there."""
    _expect_refused(student, bench, "load_weights")
    content: Any = file_of(bench, seed=3)
    for path in REFUSED:
        student.write_file(path, content)
    _expect_refused(student, bench, "load_weights")
