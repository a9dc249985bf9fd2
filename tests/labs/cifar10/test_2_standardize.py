"""standardize: random images whose channels differ in mean and spread, and sets whose statistics differ too."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.calls import expect_kept
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import FLOAT32, expect_array, fail
from shared.text import Text

CALL = "standardize(X_train, X_val, X_test)"
NAMES = ("X_train", "X_val", "X_test")
CHANNELS = (0, 1, 2)


def images(n: int, seed: int, shift: float = 0.0) -> np.ndarray:
    """Return images, float32 (n, 9, 7, 3) in [0, 255], each channel with a mean and a deviation of its own."""
    rng = np.random.default_rng(seed)
    drawn = rng.normal(np.array([90.0, 130.0, 60.0]) + shift, np.array([40.0, 15.0, 25.0]), (n, 9, 7, 3))
    return np.clip(drawn, 0, 255).astype(np.float32)


def sets() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return training, validation and test images of different sizes and brightness."""
    return images(40, 1), images(12, 2, shift=30.0), images(9, 3, shift=-20.0)


def scaled(X: np.ndarray, train: np.ndarray, axis: tuple[int, ...] | None = CHANNELS) -> np.ndarray:
    """Return images minus the mean, over the deviation, of others."""
    spread = train.astype(np.float64)
    return (X - spread.mean(axis=axis, keepdims=True)) / spread.std(axis=axis, keepdims=True)


def unpack(value: Any, call: str, n: int) -> list[Any]:
    """Return the sets, or fail where they are not a tuple or list of them."""
    if not isinstance(value, list | tuple) or len(value) != n:
        came = f"{type(value).__name__}" + (f" of {len(value)}" if isinstance(value, list | tuple) else "")
        fail(
            Text(
                f"called: {call}\ngot: {came}\nexpected: a tuple or list of {n}",
                f"appel : {call}\nobtenu : {came}\nattendu : un tuple ou une liste de {n}",
            ),
            Text("One array for each argument, also for a single one.", "Un tableau par argument, même s'il est seul."),
        )
    return list(value)


def standardized(student: Student) -> list[Any]:
    """Standardise three sets, once a question."""
    return student.once("three", lambda: unpack(student.standardize(*sets()), CALL, 3))


@question("standardize")
@check("train", en="The training images", fr="Les images d'entraînement", weight=3)
def test_train(student: Student) -> None:
    """Each channel of the training images has mean 0 and deviation 1."""
    X = sets()[0]
    right = scaled(X, X)

    expect_array(
        standardized(student)[0],
        right,
        call=f"{CALL}[0]",
        what=Text("(X − mean) / deviation, channel by channel", "(X − moyenne) / écart type, canal par canal"),
        mistakes=(
            (scaled(X, X, None), Text("one mean for all channels", "une seule moyenne pour tous les canaux")),
            (scaled(X, X, (0,)), Text("one mean a pixel: axis=(0, 1, 2)", "une moyenne par pixel : axis=(0, 1, 2)")),
            (scaled(X, X, (1, 2)), Text("one mean an image: axis=(0, 1, 2)", "une moyenne par image : axis=(0, 1, 2)")),
            (X - X.mean(axis=CHANNELS), Text("not divided by the deviation", "pas divisé par l'écart type")),
            (X / X.std(axis=CHANNELS), Text("the mean was not subtracted", "la moyenne n'a pas été soustraite")),
            (
                (X - X.mean(axis=CHANNELS)) / X.var(axis=CHANNELS),
                Text("divided by the variance, not by its root", "divisé par la variance, non par sa racine"),
            ),
            (X / 255, Text("divided by 255 only", "seulement divisé par 255")),
        ),
        **FLOAT32,
    )


@question("standardize")
@check(
    "others",
    en="The other sets, by the training statistics",
    fr="Les autres jeux, par les statistiques d'entraînement",
    weight=3,
)
def test_others(student: Student) -> None:
    """Further sets use the mean and the deviation of the training images, in the order given."""
    X = sets()[0]
    own = Text(
        "scaled by its own mean and deviation; use those of X_train",
        "réduit par ses propres moyenne et écart type ; prenez ceux de X_train",
    )
    everything = np.concatenate(sets())
    leak = Text(
        "the statistics are those of all the sets together; use those of X_train",
        "les statistiques sont celles de tous les jeux réunis ; prenez celles de X_train",
    )

    for place in (1, 2):
        other = sets()[place]
        expect_array(
            standardized(student)[place],
            scaled(other, X),
            call=f"{CALL}[{place}]",
            what=Text(
                f"{NAMES[place]} by the statistics of X_train", f"{NAMES[place]} par les statistiques de X_train"
            ),
            mistakes=(
                (scaled(other, other), own),
                (scaled(other, everything), leak),
                (other, Text("left as it was", "laissé tel quel")),
            ),
            **FLOAT32,
        )


@question("standardize")
@check("counts", en="Any number of sets", fr="N'importe quel nombre de jeux", weight=2)
def test_counts(student: Student) -> None:
    """One set alone comes back in a tuple or list too, and so do two, also of images that are in [0, 1]."""
    X, other = sets()[:2]
    small, small_other = X / 255, other / 255
    call = "standardize(X_train, X_val), images in [0, 1]"
    (alone,) = unpack(student.standardize(X), "standardize(X_train)", 1)
    two = unpack(student.standardize(small, small_other), call, 2)

    expect_array(alone, scaled(X, X), call="standardize(X_train)[0]", **FLOAT32)
    expect_array(two[1], scaled(small_other, small), call=f"{call}: [1]", **FLOAT32)


@question("standardize")
@check("constant", en="A constant channel gives no NaN", fr="Un canal constant ne donne pas de NaN", weight=2)
def test_constant(student: Student) -> None:
    """Where a channel never changes the results are finite, and the other channels are right."""
    X, other = sets()[:2]
    X[..., 1] = other[..., 1] = 64.0
    call = "standardize(X_train, X_val), the second channel 64 everywhere"
    found = unpack(student.standardize(X, other), call, 2)

    hint = Text("Do not divide by a deviation of 0.", "Ne divisez pas par un écart type nul.")
    for place, given in enumerate((X, other)):
        result = found[place]
        expect_array(result, np.asarray(result), call=f"{call}: [{place}]", hint=hint)
        kept = scaled(given[..., [0, 2]], X[..., [0, 2]])
        shown = result[..., [0, 2]] if isinstance(result, np.ndarray) and result.shape == given.shape else result
        expect_array(shown, kept, call=f"{call}: [{place}], channels 0 and 2", **FLOAT32)
    expect_array(
        found[0][..., 1],
        np.zeros(X.shape[:3]),
        call=f"{call}: [0], channel 1",
        what=Text("x − mean is 0", "x − moyenne vaut 0"),
        hint=hint,
        **FLOAT32,
    )


@question("standardize")
@check("bytes", en="Images of bytes", fr="Images en octets")
def test_bytes(student: Student) -> None:
    """Images of type uint8, as the raw data are, give the same numbers."""
    X, other = (given.astype(np.uint8) for given in sets()[:2])
    found = unpack(student.standardize(X, other), "standardize(X_train, X_val) of type uint8", 2)

    hint = Text("Compute with floats: astype.", "Calculez avec des flottants : astype.")
    for place, given in enumerate((X, other)):
        call = f"standardize(X_train, X_val)[{place}], both uint8"
        expect_array(found[place], scaled(given, X), call=call, hint=hint, **FLOAT32)


@question("standardize")
@check("inputs", en="Leaves its arguments unchanged", fr="Ne modifie pas ses arguments")
def test_inputs(student: Student) -> None:
    """Neither the training images nor the others are changed in place."""
    reply = student.call("standardize", *sets())
    unpack(reply.value, CALL, 3)

    expect_kept(reply.changed, CALL, NAMES, Text("X -= mean changes X itself.", "X -= mean modifie X lui-même."))
