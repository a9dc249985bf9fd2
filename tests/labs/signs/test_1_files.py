"""load_signs: what is in files of ours comes back, scaled and coded; each number of rows, order and class is new."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from autograder.errors import ProcessEnded
from autograder.process import Raised
from autograder.student import NotAttempted, Opaque, Student
from autograder.suite import check, question
from shared.assertions import expect_array, expect_equal, expect_shape, fail
from shared.text import Text
from shared.values import dtype_name

from .conftest import CLASSES, SHAPE, hdf5

NAMES = ("essai_train.h5", "essai_test.h5")
CALL = 'load_signs("essai_train.h5", "essai_test.h5")'
RESULT = "(X_train, Y_train), (X_test, Y_test), classes"
# The training part lacks class 5, the test part classes 1, 3 and 4: no row count and no class may be relied on.
LABELS = {"train": (3, 0, 4, 1, 1, 2, 0, 3, 2), "test": (5, 0, 5, 2)}
HIGHEST = {"train": 240, "test": 256}


def part(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the images, uint8 (n, 64, 64, 3), and the labels, int64 (n,), that our files hold."""
    labels = np.array(LABELS[name], dtype=np.int64)
    rng = np.random.default_rng(len(labels))
    return rng.integers(0, HIGHEST[name], (len(labels), *SHAPE)).astype(np.uint8), labels


def content(name: str, classes: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """Return the data sets of the file of one part."""
    images, labels = part(name)
    listed = np.arange(CLASSES, dtype=np.int64) if classes is None else classes
    return {f"{name}_set_x": images, f"{name}_set_y": labels, "list_classes": listed}


def loaded(student: Student) -> dict[str, Any]:
    """Let the student's function read two files of ours, once a question; return the five parts by name."""
    return student.once("loaded", lambda: _load(student))


def _load(student: Student) -> dict[str, Any]:
    for file, name in zip(NAMES, ("train", "test"), strict=True):
        student.write_file(file, hdf5(content(name)))
    return unpack(student.load_signs(*NAMES), CALL)


def unpack(value: Any, call: str) -> dict[str, Any]:
    """Return the five parts by name, or fail with the structure that was expected."""
    outer = value if isinstance(value, list | tuple) else ()
    pairs = [inner for inner in outer[:2] if isinstance(inner, list | tuple) and len(inner) == 2]
    if len(outer) != 3 or len(pairs) != 2:
        sizes = [len(inner) if isinstance(inner, list | tuple) else type(inner).__name__ for inner in outer]
        came = f"{type(value).__name__} {sizes}" if outer else type(value).__name__
        fail(
            Text(
                f"{call} returned: {came}\nexpected: {RESULT}",
                f"{call} a renvoyé : {came}\nattendu : {RESULT}",
            ),
            Text("Two pairs, then the classes.", "Deux couples, puis les classes."),
        )
    found = dict(
        zip(("X_train", "Y_train", "X_test", "Y_test", "classes"), [*pairs[0], *pairs[1], outer[2]], strict=True)
    )
    for name, array in found.items():
        if isinstance(array, Opaque) and array.type_name == "Dataset":
            fail(
                Text(
                    f"{call}: {name} is a Dataset of the closed file, not an array",
                    f"{call} : {name} est un Dataset du fichier fermé, non un tableau",
                ),
                Text('file["name"][:] reads the values.', 'file["nom"][:] lit les valeurs.'),
            )
    return found


@question("load_signs")
@check("shapes", en="Shapes of the images", fr="Formes des images")
def test_shapes(student: Student) -> None:
    """Images are (n, 64, 64, 3), all of them, in the order train, test."""
    found = loaded(student)

    for name in ("train", "test"):
        n = len(LABELS[name])
        expect_shape(
            found[f"X_{name}"],
            (n, *SHAPE),
            call=f"X_{name} = {CALL}",
            what=Text(f"the {n} images of that file", f"les {n} images de ce fichier"),
            hint=Text(
                "The training part comes from the first file, the test part from the second.",
                "La partie d'entraînement vient du premier fichier, celle de test du second.",
            ),
        )


@question("load_signs")
@check("dtype", en="Images are float32", fr="Les images sont en float32")
def test_dtype(student: Student) -> None:
    """Both image arrays are float32."""
    found = loaded(student)

    for name in ("X_train", "X_test"):
        expect_equal(
            dtype_name(found[name]),
            "float32",
            call=f"{name}.dtype, {name} = {CALL}",
            what=Text("the type the network computes with", "le type avec lequel le réseau calcule"),
            hint=Text('Convert with astype("float32").', 'Convertissez avec astype("float32").'),
        )


@question("load_signs")
@check("pixels", en="Pixels divided by 255", fr="Pixels divisés par 255", weight=3)
def test_pixels(student: Student) -> None:
    """Every pixel is the file's, divided by 255, in both parts."""
    found = loaded(student)

    for name in ("train", "test"):
        raw = part(name)[0].astype(np.float64)
        other = part("test" if name == "train" else "train")[0]
        expect_array(
            found[f"X_{name}"],
            raw / 255,
            call=f"X_{name} = {CALL}",
            what=Text("the file's pixels / 255", "les pixels du fichier / 255"),
            mistakes=(
                (raw, Text("not scaled: these are the values of the file", "pas d'échelle : les valeurs du fichier")),
                (other / 255, Text("training and test part are exchanged", "entraînement et test sont échangés")),
                (raw // 255, Text("an integer division loses nearly all", "une division entière perd presque tout")),
                (raw / 256, Text("divided by 256; white is 255", "divisé par 256 ; le blanc vaut 255")),
                (raw / raw.max(), Text("divided by the images' own maximum", "divisé par le maximum des images")),
                (raw / 127.5 - 1, Text("scaled to [-1, 1]", "ramené à [-1, 1]")),
                (raw / 255 / 255, Text("divided by 255 twice", "divisé deux fois par 255")),
                ((raw - raw.mean()) / raw.std(), Text("standardised, not divided by 255", "centré-réduit, non divisé")),
                (raw.transpose(0, 2, 1, 3) / 255, Text("rows and columns exchanged", "lignes et colonnes échangées")),
            ),
        )


@question("load_signs")
@check("labels", en="One-hot labels, six columns", fr="Étiquettes one-hot, six colonnes", weight=3)
def test_labels(student: Student) -> None:
    """Labels are one-hot rows of six, each part its own, whichever classes it holds."""
    found = loaded(student)

    for name in ("train", "test"):
        labels = part(name)[1]
        rows = found[f"Y_{name}"]
        if isinstance(rows, np.ndarray) and rows.dtype == bool:
            rows = rows.astype(float)  # True and False make rows as good as 1 and 0
        if _is_coded_by_own_function(student, labels, rows):
            continue  # What is wrong with one_hot is that question's business.
        columns = int(labels.max()) + 1
        expect_array(
            rows,
            np.eye(CLASSES)[labels],
            call=f"Y_{name} = {CALL}",
            what=Text(
                "one row a label, a single 1 among six columns", "une ligne par étiquette, un seul 1 sur six colonnes"
            ),
            mistakes=(
                (labels, Text("these are the labels themselves, not one-hot", "ce sont les étiquettes mêmes")),
                (labels[None], Text("these are the labels themselves, not one-hot", "ce sont les étiquettes mêmes")),
                (np.eye(CLASSES)[labels].T, Text("(6, n) instead of (n, 6)", "(6, n) au lieu de (n, 6)")),
                (
                    np.eye(columns)[labels],
                    Text(
                        f"{columns} columns: class 5 does not occur there, but it exists",
                        f"{columns} colonnes : la classe 5 n'y figure pas, mais elle existe",
                    ),
                )
                if columns < CLASSES
                else (None, Text("", "")),
            ),
            hint=Text("There are six classes in every file.", "Il y a six classes dans tout fichier."),
        )


def _is_coded_by_own_function(student: Student, labels: np.ndarray, rows: Any) -> bool:
    """Say whether these rows are what the student's own one_hot, used in the module, makes of the labels."""
    if not _uses(student.submission.module, "one_hot"):
        return False
    for form in (labels, labels[np.newaxis]):
        try:
            made = student.one_hot(form, CLASSES)
        except (Raised, NotAttempted, ProcessEnded):
            continue
        if isinstance(made, np.ndarray) and isinstance(rows, np.ndarray) and np.array_equal(made, rows):
            return True
    return False


def _uses(module: str, name: str) -> bool:
    """Say whether a module mentions a name anywhere but where it is defined."""
    try:
        tree = ast.parse(module)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(tree))


@question("load_signs")
@check("classes", en="The classes come last", fr="Les classes viennent en dernier")
def test_classes(student: Student) -> None:
    """The third value lists the six classes."""
    expect_array(
        loaded(student)["classes"],
        np.arange(CLASSES),
        call=f"classes = {CALL}",
        what=Text("list_classes, as the files have it", "list_classes, telle que dans les fichiers"),
        mistakes=((CLASSES, Text("this is their number", "c'est leur nombre")),),
    )


@question("load_signs")
@check("listed", en="The classes are read from the file", fr="Les classes sont lues dans le fichier")
def test_listed(student: Student) -> None:
    """Files that list other classes give those."""
    listed = np.array([10, 11, 12, 13, 14, 15], dtype=np.int64)
    names = ("autres_train.h5", "autres_test.h5")
    for file, name in zip(names, ("train", "test"), strict=True):
        student.write_file(file, hdf5(content(name, listed)))
    call = 'load_signs("autres_train.h5", "autres_test.h5")'

    expect_array(
        unpack(student.load_signs(*names), call)["classes"],
        listed,
        call=f"classes = {call}",
        what=Text("list_classes of these files", "list_classes de ces fichiers"),
        mistakes=((np.arange(CLASSES), Text("the classes were not read", "les classes n'ont pas été lues")),),
    )
