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
RESULT = "(X_train, y_train), (X_test, y_test)"


def parts(student: Student) -> dict[str, Any]:
    """Call the function once a question; return the four parts by name."""
    return student.once("parts", lambda: _unpack(student.get_data_mnist()))


def _unpack(value: Any) -> dict[str, Any]:
    outer = value if isinstance(value, list | tuple) else ()
    pairs = [part for part in outer if isinstance(part, list | tuple) and len(part) == 2]
    if len(outer) != 2 or len(pairs) != 2:
        came = f"{type(value).__name__}, {len(outer)} parts" if outer else type(value).__name__
        fail(
            Text(f"{CALL} returned: {came}\nexpected: {RESULT}", f"{CALL} a renvoyé : {came}\nattendu : {RESULT}"),
            Text("Two pairs, training and test.", "Deux paires, entraînement et test."),
        )
    (X_train, y_train), (X_test, y_test) = pairs
    return {"X_train": X_train, "y_train": y_train, "X_test": X_test, "y_test": y_test}


def given(bench: Bench) -> dict[str, np.ndarray]:
    """Return what the student's loader gave, by the names of the parts."""
    (x_train, y_train), (x_test, y_test) = bench.data["mnist"].given
    return {"X_train": x_train, "y_train": y_train, "X_test": x_test, "y_test": y_test}


@question("get_data_mnist")
@check("shapes", en="Images are (n, 28, 28, 1)", fr="Les images sont (n, 28, 28, 1)", weight=2)
def test_shapes(student: Student, bench: Bench) -> None:
    """All images are there, with one channel at the end, training before test."""
    found = parts(student)

    for name in ("X_train", "X_test"):
        n = len(given(bench)[name])
        expect_shape(
            found[name],
            (n, 28, 28, 1),
            call=f"{name} = {CALL}",
            what=Text(f"{n} images, the channel last", f"{n} images, le canal en dernier"),
            hint=_about_channel(np.shape(found[name]), n),
        )


def _about_channel(shape: tuple[int, ...], n: int) -> Text:
    if shape == (n, 1, 28, 28):
        return Text(
            "The channel comes first here: np.moveaxis(X, 1, -1) puts it last.",
            "Le canal vient ici en premier : np.moveaxis(X, 1, -1) le met en dernier.",
        )
    missing = Text("The channel is missing: ", "Il manque le canal : ") if shape == (n, 28, 28) else Text.same("")
    return missing + Text("X[..., np.newaxis] adds it.", "X[..., np.newaxis] l'ajoute.")


@question("get_data_mnist")
@check("dtype", en="Images are float32", fr="Les images sont en float32")
def test_dtype(student: Student) -> None:
    """Both image arrays are float32."""
    found = parts(student)
    for name in ("X_train", "X_test"):
        expect_equal(
            dtype_name(found[name]),
            "float32",
            call=f"{name}.dtype ({CALL})",
            what=Text("the type the networks compute with", "le type avec lequel les réseaux calculent"),
            hint=Text('Convert with astype("float32").', 'Convertissez avec astype("float32").'),
        )


@question("get_data_mnist")
@check("pixels", en="Grey levels divided by 255", fr="Niveaux de gris divisés par 255", weight=3)
def test_pixels(student: Student, bench: Bench) -> None:
    """Both sets are in [0, 1], and no pixel has moved."""
    found = parts(student)
    for name in ("X_train", "X_test"):
        raw = given(bench)[name].astype(np.float32)
        mistakes = (
            (raw, Text("not divided", "pas divisé")),
            (raw / 256, Text("divided by 256; white is 255", "divisé par 256 ; le blanc vaut 255")),
            (raw / 127.5 - 1, Text("scaled to [-1, 1]", "ramené à [-1, 1]")),
            ((raw - raw.mean()) / raw.std(), Text("standardised, not divided by 255", "centré-réduit, non divisé")),
            (raw / 255 / 255, Text("divided by 255 twice", "divisé deux fois par 255")),
            (1 - raw / 255, Text("black and white are exchanged", "noir et blanc sont échangés")),
            (raw.transpose(0, 2, 1) / 255, Text("the images are transposed", "les images sont transposées")),
        )
        call, what = f"{name} = {CALL}", Text("pixels / 255", "pixels / 255")
        # The check before this one looks at the channel.
        expect_array(_without_channel(found[name]), raw / 255, call=call, what=what, mistakes=mistakes)


def _without_channel(images: Any) -> Any:
    if isinstance(images, np.ndarray) and images.ndim == 4 and 1 in (images.shape[1], images.shape[-1]):
        return images[..., 0] if images.shape[-1] == 1 else images[:, 0]
    return images


@question("get_data_mnist")
@check("labels", en="Integer labels", fr="Étiquettes entières", weight=3)
def test_labels(student: Student, bench: Bench) -> None:
    """Labels are the data set's integers, each set its own."""
    found = parts(student)
    for name in ("y_train", "y_test"):
        labels, got = given(bench)[name].astype(int), found[name]
        if isinstance(got, np.ndarray) and got.shape == (len(labels), 10):
            got = got.astype(int)  # one-hot is the mistake, whatever the type
        expect_array(
            got,
            labels,
            call=f"{name} = {CALL}",
            dtype_kind="iu",
            what=Text("one integer an image", "un entier par image"),
            mistakes=((np.eye(10)[labels], Text("these labels are one-hot", "ces étiquettes sont en one-hot")),),
        )
