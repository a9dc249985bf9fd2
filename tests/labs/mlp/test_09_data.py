"""get_data_fashion_mnist: rows, statistics of the training rows, constant columns, labels; on a subset of the data."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.bench import Bench
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import Tolerance, expect_array, expect_equal, expect_shape, fail
from shared.text import Text
from shared.values import describe

FEW = 40
# Pixels are whole numbers up to 255, so float32 gives standardised values to about 1e-5; a deviation over n - 1 = 39
# instead of n = 40 rows changes them by 1.3 %.
TOLERANCE: Tolerance = {"rtol": 1e-3, "atol": 1e-3}
NAMES = ("X_train", "y_train", "X_test", "y_test")


def parts(student: Student, n_train: int | None = FEW) -> dict[str, Any]:
    """Call the function once a question for each argument, and return its four parts by name."""
    options = {} if n_train is None else {"n_train": n_train}
    return student.once(("data", n_train), lambda: _unpack(student.get_data_fashion_mnist(**options), call(n_train)))


def call(n_train: int | None = FEW) -> str:
    """Return the call as the student writes it."""
    return "get_data_fashion_mnist()" if n_train is None else f"get_data_fashion_mnist(n_train={n_train})"


def _unpack(value: Any, words: str) -> dict[str, Any]:
    pairs = value if isinstance(value, list | tuple) and len(value) == 2 else ()
    if not pairs or not all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs):
        came = Text(f"{words} returned: ", f"{words} a renvoyé : ") + describe(value)
        fail(
            came + Text("\nexpected: ", "\nattendu : ") + Text.same("(X_train, y_train), (X_test, y_test)"),
            Text("Two pairs.", "Deux paires."),
        )
    return dict(zip(NAMES, (part for pair in pairs for part in pair), strict=True))


def raw(bench: Bench, n_train: int = FEW) -> dict[str, np.ndarray]:
    """Return what the student's loader gave, the rows flat, by the names of the parts."""
    (x_train, y_train), (x_test, y_test) = bench.data["fashion_mnist"].given
    known, new = (images.reshape(len(images), -1).astype(np.float64) for images in (x_train[:n_train], x_test))
    labels = [part.reshape(-1).astype(int) for part in (y_train[:n_train], y_test)]
    return dict(zip(NAMES, (known, labels[0], new, labels[1]), strict=True))


@question("get_data_fashion_mnist")
@check("shapes", en="Flat rows, as many as asked for", fr="Lignes à plat, autant que demandé", weight=2)
def test_shapes(student: Student, bench: Bench) -> None:
    """n_train rows where there are as many, all of them where there are not; test rows are all taken."""
    available = len(bench.data["fashion_mnist"].given[0][0])
    for n_train, wanted in ((FEW, FEW), (None, min(10_000, available)), (available + 7, available)):
        found = parts(student, n_train)
        for name, n in (("X_train", wanted), ("X_test", len(raw(bench)["X_test"]))):
            expect_shape(
                found[name],
                (n, 784),
                call=f"{name} of {call(n_train)}, {available} training rows to be had",
                what=Text(f"{n} images of 28×28 pixels", f"{n} images de 28×28 pixels"),
                hint=Text(
                    "X[:n_train] takes fewer where there are fewer.", "X[:n_train] en prend moins s'il y en a moins."
                ),
            )


@question("get_data_fashion_mnist")
@check("train", en="Training rows standardised", fr="Lignes d'entraînement centrées-réduites", weight=3)
def test_train(student: Student, bench: Bench) -> None:
    """Each column that varies has the mean 0 and the population deviation 1."""
    known = raw(bench)["X_train"]
    _expect_standardised(parts(student)["X_train"], known, known, "X_train")


@question("get_data_fashion_mnist")
@check("test", en="Test rows by the training statistics", fr="Lignes de test, statistiques d'entraînement", weight=3)
def test_test(student: Student, bench: Bench) -> None:
    """The test rows are shifted and scaled as the training rows were."""
    found = raw(bench)
    _expect_standardised(parts(student)["X_test"], found["X_test"], found["X_train"], "X_test")


def _expect_standardised(got: Any, rows: np.ndarray, known: np.ndarray, name: str) -> None:
    """Compare the columns that vary in the training rows."""
    varies = known.std(axis=0) > 0
    place = f"{name} of {call()}"
    expect_shape(got, rows.shape, call=place)
    everything = known
    chosen, known = rows[:, varies], known[:, varies]
    by_row = (rows - rows.mean(axis=1, keepdims=True)) / np.maximum(rows.std(axis=1, keepdims=True), 1e-9)
    mean, deviation = known.mean(axis=0), known.std(axis=0)
    own = chosen.std(axis=0)
    own = np.where(own > 0, own, 1)
    expect_array(
        np.asarray(got)[:, varies],
        (chosen - mean) / deviation,
        call=f"{place}, columns that vary",
        what=Text("(x − mean) / deviation, column by column", "(x − moyenne) / écart-type, colonne par colonne"),
        dtype_kind="f",
        mistakes=(
            (chosen, Text("the pixels are as they were", "les pixels sont inchangés")),
            (chosen / 255, Text("divided by 255, not standardised", "divisé par 255, non centré-réduit")),
            (chosen - mean, Text("the deviation is missing", "il manque l'écart-type")),
            (chosen / deviation, Text("the mean is missing", "il manque la moyenne")),
            ((chosen - mean) / deviation**2, Text("divided by the variance", "divisé par la variance")),
            (
                (chosen - mean) / known.std(axis=0, ddof=1),
                Text("the deviation is over n, not n − 1", "l'écart-type est sur n, non n − 1"),
            ),
            (
                (chosen - everything.mean()) / everything.std(),
                Text(
                    "one mean for all columns, not one each",
                    "une moyenne pour toutes les colonnes, non une par colonne",
                ),
            ),
            (by_row[:, varies], Text("standardised row by row", "centré-réduit ligne par ligne")),
            (
                (chosen - chosen.mean(axis=0)) / own,
                Text("these are the test rows' own statistics", "ce sont les statistiques des lignes de test"),
            ),
        ),
        hint=Text(
            "mean(axis=0) and std(axis=0) of the n_train rows that were taken, for both sets.",
            "mean(axis=0) et std(axis=0) des n_train lignes prises, pour les deux ensembles.",
        ),
        **TOLERANCE,
    )


@question("get_data_fashion_mnist")
@check("constant", en="Constant columns become 0", fr="Les colonnes constantes deviennent 0", weight=2)
def test_constant(student: Student, bench: Bench) -> None:
    """A column that is black in all training rows is 0 there; in test rows it is 0 too, or x − mean."""
    found = raw(bench)
    # White or grey constants are left alone: in float32 their mean may be off by a rounding.
    black = (found["X_train"] == 0).all(axis=0)
    zeros = Text("0: there is no deviation to divide by", "0 : il n'y a pas d'écart-type par lequel diviser")
    hint = Text("Where the deviation is 0, divide by 1.", "Où l'écart-type vaut 0, divisez par 1.")
    for name in ("X_train", "X_test"):
        place = f"{name} of {call()}, columns that are 0 in all training rows"
        expect_shape(parts(student)[name], found[name].shape, call=place, hint=hint)
        got, pixels = np.asarray(parts(student)[name])[:, black], found[name][:, black]
        allowed = (np.zeros_like(pixels), pixels, pixels / 255)
        if not any(np.allclose(got, right, **TOLERANCE) for right in allowed):
            expect_array(got, allowed[0], call=place, what=zeros, hint=hint, **TOLERANCE)


@question("get_data_fashion_mnist")
@check("labels", en="Labels stay integers", fr="Les étiquettes restent entières", weight=2)
def test_labels(student: Student, bench: Bench) -> None:
    """Labels are those of the rows that were taken, in their order."""
    for n_train in (FEW, None):
        rows = raw(bench, 10_000 if n_train is None else n_train)
        for name in ("y_train", "y_test"):
            expect_array(
                parts(student, n_train)[name],
                rows[name],
                call=f"{name} of {call(n_train)}",
                what=Text("the classes, one integer a row", "les classes, un entier par ligne"),
                dtype_kind="iu",
                hint=Text(
                    "The first rows, in their order, not one-hot.", "Les premières lignes, dans l'ordre, sans one-hot."
                ),
            )


@question("get_data_fashion_mnist")
@check("statistics", en="Statistics of the rows taken", fr="Statistiques des lignes prises")
def test_statistics(student: Student, bench: Bench) -> None:
    """Rows that were not asked for play no part: the first rows and no others have the mean 0."""
    rows = parts(student)["X_train"]
    expect_shape(rows, (FEW, 784), call=f"X_train of {call()}")
    everything = raw(bench, 10**9)["X_train"]
    varies = raw(bench)["X_train"].std(axis=0) > 0
    mean, deviation = everything.mean(axis=0), everything.std(axis=0)
    from_all = ((everything[:FEW] - mean) / np.where(deviation > 0, deviation, 1))[:, varies].mean(axis=0)

    expect_array(
        np.asarray(rows)[:, varies].mean(axis=0),
        np.zeros(int(varies.sum())),
        call=f"X_train.mean(axis=0) of {call()}, columns that vary",
        what=Text("0, as the mean is that of these rows", "0, car la moyenne est celle de ces lignes"),
        mistakes=(
            (
                from_all,
                Text("the statistics are those of all rows", "les statistiques sont celles de toutes les lignes"),
            ),
        ),
        **TOLERANCE,
    )


@question("get_data_fashion_mnist")
@check("default", en="10,000 rows by default", fr="10 000 lignes par défaut")
def test_default(student: Student) -> None:
    """The default is in the signature, or all rows are there without it."""
    said = student.defaults("get_data_fashion_mnist").get("n_train", 10_000)
    expect_equal(
        said,
        10_000,
        call="get_data_fashion_mnist()",
        what=Text("n_train by default", "n_train par défaut"),
    )
