"""save_keras_model and load_keras_model: each is tried with files and models of ours, so neither depends on the other."""

from __future__ import annotations

import json

import numpy as np

from autograder.architecture import ModelData, fingerprint, is_rebuildable
from autograder.bench import Bench
from autograder.errors import ProcessEnded
from autograder.process import Raised
from autograder.student import NotAttempted, RemoteModel, Student
from autograder.suite import check, question
from shared.assertions import Mismatch, expect_array, expect_equal, fail
from shared.text import Text

from .conftest import Toy

LOAD = 'load_keras_model("essai")'
JSON_NAME, WEIGHTS_NAME = "essai.json", "essai.weights.h5"


def saved(student: Student, toy: Toy, name: str = "essai") -> dict[str, bytes | None]:
    """Let the student's function save a model of ours; return the two files it should have written."""
    return student.once(("saved", name), lambda: _save(student, toy, name))


def _save(student: Student, toy: Toy, name: str) -> dict[str, bytes | None]:
    model = student.once("model", lambda: student.make(toy.model(bias=1.5)))
    student.call("save_keras_model", model, name)
    return {"json": student.read_file(f"{name}.json"), "weights": student.read_file(f"{name}.weights.h5")}


def expect_file(student: Student, content: bytes | None, name: str, call: str) -> bytes:
    """Expect a file to be there; say which ones are."""
    if content is None:
        there = [n for n in student.verb("list_files") if isinstance(n, str) and n not in ("mnist.py", "__pycache__")]
        shown = ", ".join(there[:6]) or "-"
        fail(
            Text(
                f"{call} wrote no file {name}; files there: {shown}",
                f"{call} n'a pas écrit {name} ; fichiers présents : {shown}",
            ),
            Text("The names are filename + an ending.", "Les noms sont filename + une terminaison."),
        )
    assert content is not None
    return content


@question("save_keras_model")
@check("architecture", en="The architecture as JSON", fr="L'architecture en JSON", weight=2)
def test_architecture(student: Student, toy: Toy) -> None:
    """filename.json holds the model's own JSON."""
    expect_architecture(student, toy, "essai")


def expect_architecture(student: Student, toy: Toy, name: str) -> None:
    """Expect the file of a name that a model was saved under to be the model's JSON."""
    call, file = f'save_keras_model(model, "{name}")', f"{name}.json"
    content = expect_file(student, saved(student, toy, name)["json"], file, call)
    hint = Text("Write the text of model.to_json(), as it is.", "Écrivez le texte de model.to_json(), tel quel.")
    try:
        document = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        fail(Text(f"{file} is not JSON", f"{file} n'est pas du JSON"), hint)
        return
    if isinstance(document, str):
        fail(
            Text(
                f"{file} holds JSON inside a JSON string: to_json() was dumped once more",
                f"{file} contient du JSON dans une chaîne JSON : to_json() a été converti une deuxième fois",
            ),
            hint,
        )
    right = toy.model()
    same = isinstance(document, dict) and fingerprint(ModelData(json.dumps(document))) == fingerprint(
        ModelData(right.architecture)
    )
    expect_equal(same, True, call=call, what=Text(f"{file} describes the model", f"{file} décrit le modèle"), hint=hint)


@question("save_keras_model")
@check("weights", en="The weights", fr="Les poids", weight=2)
def test_weights(student: Student, toy: Toy, bench: Bench) -> None:
    """filename.weights.h5 holds the model's weights."""
    expect_weights(student, toy, bench, "essai")


def expect_weights(student: Student, toy: Toy, bench: Bench, name: str) -> None:
    """Expect the file of a name that a model was saved under to hold the model's weights."""
    call, file = f'save_keras_model(model, "{name}")', f"{name}.weights.h5"
    content = expect_file(student, saved(student, toy, name)["weights"], file, call)
    right = toy.model(bias=1.5)
    fresh = bench.workshop.make(ModelData(right.architecture, [], right.compiling))
    bench.workshop.write_file(WEIGHTS_NAME, content)
    try:
        fresh.ask("load_weights", WEIGHTS_NAME)
    except (Raised, ProcessEnded):
        fail(
            Text(
                f"{file} is not a weights file of this model",
                f"{file} n'est pas un fichier de poids de ce modèle",
            ),
            Text("model.save_weights writes it.", "model.save_weights l'écrit."),
        )
    for got, wanted in zip(fresh.weights(), right.weights, strict=True):
        expect_array(got, wanted, call=call, what=Text(f"weights in {file}", f"poids dans {file}"))


@question("save_keras_model")
@check("name", en="The name is kept whole", fr="Le nom est gardé entier")
def test_name(student: Student, toy: Toy) -> None:
    """A name with a dot in it keeps it."""
    files = saved(student, toy, "essai-v1.2")

    call = 'save_keras_model(model, "essai-v1.2")'
    expect_file(student, files["json"], "essai-v1.2.json", call)
    expect_file(student, files["weights"], "essai-v1.2.weights.h5", call)


@question("save_keras_model")
@check("replaces", en="Files that are there are replaced", fr="Les fichiers déjà là sont remplacés")
def test_replaces(student: Student, toy: Toy, bench: Bench) -> None:
    """Where another model was saved under the name, the files are the new model's, and whole."""
    architecture, weights = files(bench, toy)
    student.write_file("ancien.json", architecture)
    student.write_file("ancien.weights.h5", weights)

    expect_architecture(student, toy, "ancien")
    expect_weights(student, toy, bench, "ancien")


def files(bench: Bench, toy: Toy, bias: float = -0.75) -> tuple[bytes, bytes]:
    """Return the two files of a model of ours, written in the workshop once for all submissions."""
    return bench.remember(("files to load", bias), lambda: _files(bench, toy, bias))


def _files(bench: Bench, toy: Toy, bias: float) -> tuple[bytes, bytes]:
    right = toy.model(bias=bias)
    model = bench.workshop.make(right)
    model.ask("save_weights", WEIGHTS_NAME)
    content = bench.workshop.read_file(WEIGHTS_NAME)
    assert content is not None
    assert right.architecture is not None
    return right.architecture.encode(), content


def loaded(student: Student, toy: Toy, bench: Bench) -> RemoteModel:
    """Let the student's function load a model of ours."""
    return student.once("loaded", lambda: _load(student, "essai", files(bench, toy)))


def _load(student: Student, name: str, contents: tuple[bytes, bytes]) -> RemoteModel:
    for ending, content in zip((".json", ".weights.h5"), contents, strict=True):
        student.write_file(name + ending, content)
    value = student.load_keras_model(name)
    if not isinstance(value, RemoteModel):
        call = f'load_keras_model("{name}")'
        expect_equal(value, "keras.Model", call=call, what=Text("the model", "le modèle"))
    return value


def expect_saved_weights(model: RemoteModel, right: ModelData, call: str, hint: Text) -> None:
    """Expect a loaded model to have the weights that were saved."""
    weights = model.weights()
    same = len(weights) == len(right.weights) and all(
        np.array_equal(got, wanted) for got, wanted in zip(weights, right.weights, strict=True)
    )
    what = Text("the saved weights, to the bit", "les poids enregistrés, au bit près")
    expect_equal(same, True, call=call, what=what, hint=hint)


@question("load_keras_model")
@check("predictions", en="The model predicts as before", fr="Le modèle prédit comme avant", weight=3)
def test_predictions(student: Student, toy: Toy, bench: Bench) -> None:
    """The loaded model has the saved weights to the bit, and the saved model's predictions."""
    model = loaded(student, toy, bench)
    right = toy.model(bias=-0.75)
    hint = Text(
        "The JSON holds no weights: load them after building the model.",
        "Le JSON ne contient pas les poids : chargez-les après avoir construit le modèle.",
    )
    expect_saved_weights(model, right, LOAD, hint)
    images = toy.readable(np.arange(10))
    expect_array(
        model.predict(images),
        bench.remember("loaded predictions", lambda: bench.workshop.make(right).predict(images)),
        call=f"{LOAD}.predict(images)",
        what=Text("the saved model's predictions", "les prédictions du modèle enregistré"),
        hint=hint,
    )


@question("load_keras_model")
@check("name", en="The two files of that name, as they are now", fr="Les deux fichiers de ce nom, tels qu'ils sont")
def test_load_name(student: Student, toy: Toy, bench: Bench) -> None:
    """A name with a dot in it is kept whole, and files that were written again are read again."""
    call = 'load_keras_model("essai-v1.2")'
    hint = Text("The names are filename + an ending.", "Les noms sont filename + une terminaison.")
    expect_saved_weights(_load(student, "essai-v1.2", files(bench, toy)), toy.model(bias=-0.75), call, hint)

    hint = Text("Read the files at each call.", "Lisez les fichiers à chaque appel.")
    again = _load(student, "essai-v1.2", files(bench, toy, bias=2.5))
    expect_saved_weights(again, toy.model(bias=2.5), f"{call}, after another model was saved there", hint)


@question("load_keras_model")
@check("missing", en="A missing file is named", fr="Un fichier manquant est nommé", weight=2)
def test_missing(student: Student, toy: Toy, bench: Bench) -> None:
    """Whichever of the two files is missing, FileNotFoundError names it."""
    architecture, weights = files(bench, toy)
    for missing, there, content in ((JSON_NAME, WEIGHTS_NAME, weights), (WEIGHTS_NAME, JSON_NAME, architecture)):
        for name in (JSON_NAME, WEIGHTS_NAME):
            if student.read_file(name) is not None:
                student.verb("delete_file", name)
        student.write_file(there, content)
        _expect_not_found(student, missing)


def _expect_not_found(student: Student, missing: str) -> None:
    call = f"{LOAD} without {missing}"
    try:
        student.load_keras_model("essai")
    except Raised as error:
        if "FileNotFoundError" not in error.bases:
            fail(
                Text(
                    f"{call} raised {error.type_name}\nexpected: FileNotFoundError",
                    f"{call} a levé {error.type_name}\nattendu : FileNotFoundError",
                )
            )
        if missing not in error.message:
            fail(
                Text(
                    f"{call} raised FileNotFoundError: {error.message[:200]}\nexpected: the file's name in its text",
                    f"{call} a levé FileNotFoundError : {error.message[:200]}\nattendu : le nom du fichier dans le texte",
                )
            )
        return
    fail(
        Text(
            f"{call} raised nothing\nexpected: FileNotFoundError", f"{call} n'a rien levé\nattendu : FileNotFoundError"
        )
    )


@question("load_keras_model")
@check("fresh_process", en="Works in a fresh process", fr="Fonctionne dans un nouveau processus")
def test_fresh_process(student: Student, toy: Toy, bench: Bench) -> None:
    """A model of the student's own classes, saved elsewhere, is loaded where only the module was imported.

    Where the student has no classes of their own, the other checks have shown it already: their process was fresh.
    """
    loaded(student, toy, bench)
    try:
        model = student.small_model()
        own_classes = isinstance(model, RemoteModel) and not is_rebuildable(model.export())
    except (Raised, NotAttempted, ProcessEnded):
        own_classes = False
    if own_classes:
        _expect_round_trip(student, model)


def _expect_round_trip(student: Student, model: RemoteModel) -> None:
    images = np.random.default_rng(8).random((4, 1, 28, 28), dtype=np.float32)
    try:
        model.build(images)
        before = model.predict(images)
        student.call("save_keras_model", model, "propre")
        contents = {name: student.read_file(name) for name in ("propre.json", "propre.weights.h5")}
    except (Raised, NotAttempted, ProcessEnded, Mismatch):
        return  # Building and saving are other questions' business.
    if any(content is None for content in contents.values()):
        return
    student.leave()
    for name, content in contents.items():
        assert content is not None
        student.write_file(name, content)
    try:
        again = student.load_keras_model("propre")
    except Raised:
        if _keras_reads(student, contents["propre.json"]):
            raise
        return  # Keras itself cannot read this model back: no loader can be blamed.
    if not isinstance(again, RemoteModel):
        expect_equal(again, "keras.Model", call='load_keras_model("propre")', what=Text("the model", "le modèle"))
    expect_array(
        again.predict(images),
        before,
        call='load_keras_model("propre").predict(images)',
        what=Text(
            "your own model, saved in another process", "votre propre modèle, enregistré dans un autre processus"
        ),
    )


def _keras_reads(student: Student, architecture: bytes | None) -> bool:
    """Say whether Keras alone, in the student's process, can build the model from its JSON."""
    try:
        student.verb("make", (architecture or b"").decode("utf-8", "replace"), None, None)
    except Raised:
        return False
    return True
