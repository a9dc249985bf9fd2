"""get_data_mnist: shapes, types, values, labels; on a subset of the data, so that nothing relies on 60,000 images."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.bench import Bench
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import expect_array, expect_equal, expect_shape, fail
from shared.text import Text
from shared.values import dtype_name

CALL = "get_data_mnist()"
RESULT = Text("(X_train, y_train), (X_test, y_test), num_classes", "(X_train, y_train), (X_test, y_test), num_classes")
PLACES = (("X_train", "y_train"), ("X_test", "y_test"))


def unpack(value: Any, call: str) -> dict[str, Any]:
    """Return the five parts by name, or fail with the structure that was expected."""
    outer = value if isinstance(value, list | tuple) else ()
    pairs = [part for part in outer[:2] if isinstance(part, list | tuple) and len(part) == 2]
    if len(outer) != 3 or len(pairs) != 2:
        sizes = [len(part) if isinstance(part, list | tuple) else type(part).__name__ for part in outer]
        came = f"{type(value).__name__} {sizes}" if outer else type(value).__name__
        fail(
            Text(f"{call} returned: {came}\nexpected: ", f"{call} a renvoyé : {came}\nattendu : ") + RESULT,
            Text("Two pairs, then the number of classes.", "Deux paires, puis le nombre de classes."),
        )
    (X_train, y_train), (X_test, y_test) = pairs
    return {"X_train": X_train, "y_train": y_train, "X_test": X_test, "y_test": y_test, "num_classes": outer[2]}


def parts(student: Student, *, normalize: bool = False) -> dict[str, Any]:
    """Call the function once a question for each value of its argument."""
    call = "get_data_mnist(normalize=True)" if normalize else CALL
    if normalize:
        return student.once("normalized", lambda: unpack(student.get_data_mnist(normalize=True), call))
    return student.once("raw", lambda: unpack(student.get_data_mnist(), call))


def given(bench: Bench) -> dict[str, np.ndarray]:
    """Return what the student's loader gave, by the names of the parts."""
    (x_train, y_train), (x_test, y_test) = bench.data["mnist"].given
    return {"X_train": x_train, "y_train": y_train, "X_test": x_test, "y_test": y_test}


@question("get_data_mnist")
@check("shapes", en="Shapes, channel first", fr="Formes, canal en premier", weight=2)
def test_shapes(student: Student, bench: Bench) -> None:
    """Images are (n, 1, 28, 28), all of them, in the order train, test."""
    found = parts(student)

    for name in ("X_train", "X_test"):
        n = len(given(bench)[name])
        expect_shape(
            found[name],
            (n, 1, 28, 28),
            call=f"{name} = {CALL}",
            what=Text(f"{n} images, one channel first", f"{n} images, un canal en premier"),
            hint=Text(
                "Take the number of images from the array itself; the channel axis comes right after it.",
                "Prenez le nombre d'images du tableau lui-même ; l'axe des canaux vient juste après.",
            ),
        )


@question("get_data_mnist")
@check("dtype", en="Images are float32", fr="Les images sont en float32")
def test_dtype(student: Student) -> None:
    """Both image arrays are float32, with and without normalisation."""
    for normalize in (False, True):
        found = parts(student, normalize=normalize)
        for name in ("X_train", "X_test"):
            expect_equal(
                dtype_name(found[name]),
                "float32",
                call=f"{name}.dtype (get_data_mnist(normalize={normalize}))",
                what=Text("the type the networks compute with", "le type avec lequel les réseaux calculent"),
                hint=Text('Convert with astype("float32").', 'Convertissez avec astype("float32").'),
            )


@question("get_data_mnist")
@check("pixels", en="Pixels from 0 to 255 by default", fr="Pixels de 0 à 255 par défaut", weight=2)
def test_pixels(student: Student, bench: Bench) -> None:
    """Without `normalize` the pixels are the data set's own."""
    found = parts(student)

    for name in ("X_train", "X_test"):
        raw = given(bench)[name].astype(np.float32)
        expect_array(
            _channel_dropped(found[name]),
            raw,
            call=f"{name} = {CALL}",
            what=Text("the pixels as they are, 0 to 255", "les pixels tels quels, de 0 à 255"),
            mistakes=(
                (raw / 255, Text("normalised although normalize is False", "normalisé alors que normalize vaut False")),
                (raw.transpose(0, 2, 1), Text("the images are transposed", "les images sont transposées")),
            ),
            hint=Text(
                "Add the channel axis with reshape or [:, np.newaxis]; it moves no pixel.",
                "Ajoutez l'axe des canaux par reshape ou [:, np.newaxis] : aucun pixel ne bouge.",
            ),
        )


@question("get_data_mnist")
@check("normalized", en="normalize=True divides by 255", fr="normalize=True divise par 255", weight=3)
def test_normalized(student: Student, bench: Bench) -> None:
    """With `normalize` the pixels are divided by 255, in both sets."""
    found = parts(student, normalize=True)

    for name in ("X_train", "X_test"):
        raw = given(bench)[name].astype(np.float32)
        mean, deviation = raw.mean(), raw.std()
        expect_array(
            _channel_dropped(found[name]),
            raw / 255,
            call=f"{name} = get_data_mnist(normalize=True)",
            what=Text("pixels / 255", "pixels / 255"),
            mistakes=(
                (raw, Text("not normalised", "pas normalisé")),
                (raw / 256, Text("divided by 256; white is 255", "divisé par 256 ; le blanc vaut 255")),
                (raw / 127.5 - 1, Text("scaled to [-1, 1]", "ramené à [-1, 1]")),
                (
                    (raw - mean) / deviation,
                    Text("standardised, not divided by 255", "centré-réduit, non divisé par 255"),
                ),
                (raw / 255 / 255, Text("divided by 255 twice", "divisé deux fois par 255")),
            ),
        )


@question("get_data_mnist")
@check("again", en="One call does not change the next", fr="Un appel ne change pas le suivant")
def test_again(student: Student) -> None:
    """After a call with `normalize` a call without it gives what it gave before."""
    first = parts(student)
    parts(student, normalize=True)
    found = unpack(student.get_data_mnist(), f"get_data_mnist(normalize=True), then {CALL}")

    for name in ("X_train", "X_test"):
        divided = Text(
            "the arrays of the call before were divided in place",
            "les tableaux de l'appel précédent ont été divisés sur place",
        )
        expect_array(
            found[name],
            first[name],
            call=f"{name} = {CALL}, after get_data_mnist(normalize=True)",
            what=Text("the pixels that the first call gave", "les pixels qu'a donnés le premier appel"),
            mistakes=((np.asarray(first[name]) / 255, divided),),
            hint=Text("X = X / 255 makes a new array.", "X = X / 255 fait un nouveau tableau."),
        )


@question("get_data_mnist")
@check("labels", en="One-hot labels", fr="Étiquettes one-hot", weight=3)
def test_labels(student: Student, bench: Bench) -> None:
    """Labels are one-hot rows of ten, each set its own."""
    found = parts(student)

    for name in ("y_train", "y_test"):
        labels = given(bench)[name].reshape(-1).astype(int)
        eleven = np.eye(11)[labels]
        rows = found[name]
        if isinstance(rows, np.ndarray) and rows.dtype == bool:
            rows = rows.astype(float)  # True and False make rows as good as 1 and 0
        expect_array(
            rows,
            np.eye(10)[labels],
            call=f"{name} = {CALL}",
            what=Text(
                "one row a label, a single 1 in its column", "une ligne par étiquette, un seul 1 dans sa colonne"
            ),
            mistakes=(
                (
                    labels,
                    Text(
                        "these are the labels themselves, not one-hot", "ce sont les étiquettes mêmes, pas du one-hot"
                    ),
                ),
                (eleven, Text("eleven columns for ten digits", "onze colonnes pour dix chiffres")),
            ),
            hint=Text("keras.utils.to_categorical does it.", "keras.utils.to_categorical le fait."),
        )


@question("get_data_mnist")
@check("num_classes", en="Ten classes", fr="Dix classes")
def test_num_classes(student: Student) -> None:
    """The third value is 10."""
    found = parts(student)

    expect_equal(
        found["num_classes"],
        10,
        call=f"num_classes = {CALL}",
        what=Text("digits 0 to 9", "chiffres de 0 à 9"),
        mistakes=(
            (
                9,
                Text("the largest label is 9, but there are ten", "la plus grande étiquette est 9, mais il y en a dix"),
            ),
        ),
    )


def _channel_dropped(images: Any) -> Any:
    """Take the channel axis away wherever it is: its place is another check's business."""
    if isinstance(images, np.ndarray) and images.ndim == 4:
        if images.shape[1] == 1:
            return images[:, 0]
        if images.shape[-1] == 1:
            return images[..., 0]
    return images
