"""channel_statistics, normalize: fitted on the training images, applied to others."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.calls import expect_kept
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import FLOAT32, expect_array, expect_equal
from shared.text import Text
from shared.values import dtype_name

STATISTICS = "mean, std = channel_statistics(X_train)"
NORMALIZE = "normalize(X, mean, std)"


def pictures(kind: str, shape: tuple[int, ...] = (9, 12, 7, 3), seed: int = 2) -> np.ndarray:
    """Return images whose channels, rows and brightness differ: uint8 or float32 in [0, 255]."""
    rng = np.random.default_rng(seed)
    levels = rng.uniform(0, 1, shape) ** np.array([0.4, 1.0, 2.5])
    bright = np.linspace(0.3, 1, shape[0]).reshape(-1, 1, 1, 1) * np.linspace(1, 0.6, shape[1]).reshape(1, -1, 1, 1)
    images: np.ndarray = (255 * levels * bright).astype(kind)
    return images


def statistics(student: Student, kind: str) -> tuple[Any, Any, tuple[str, ...]]:
    """Call channel_statistics once a question on images of a type; expect two values."""

    def compute() -> tuple[Any, Any, tuple[str, ...]]:
        reply = student.call("channel_statistics", pictures(kind))
        value = reply.value
        if not isinstance(value, list | tuple | np.ndarray) or len(value) != 2:
            expect_equal(
                value, "(mean, std)", call="channel_statistics(X_train)", what=Text("two arrays", "deux tableaux")
            )
        return value[0], value[1], reply.changed

    return student.once(("statistics", kind), compute)


def mean_mistakes(scaled: np.ndarray) -> tuple[tuple[object, Text], ...]:
    """Return what known mistakes give for the mean."""
    return (
        (255 * scaled.mean(axis=(0, 1, 2)), Text("not scaled to [0, 1] first", "pas ramené d'abord à [0, 1]")),
        (scaled.mean(axis=(0, 1, 2)) / 255, Text("divided by 255 twice", "divisé deux fois par 255")),
        (scaled.mean(), Text("over all channels; each has its own", "sur tous les canaux ; chacun a la sienne")),
        (scaled.mean(axis=0), Text("one a pixel; one a channel is asked", "une par pixel ; on en veut une par canal")),
        (scaled.mean(axis=(1, 2)), Text("one an image; over all images", "une par image ; sur toutes les images")),
        (scaled[0].mean(axis=(0, 1)), Text("of the first image only", "de la première image seulement")),
        (scaled.mean(axis=(0, 1, 2), keepdims=True), Text("the shape is (3,)", "la forme est (3,)")),
    )


@question("channel_statistics")
@check("mean", en="Mean of each channel", fr="Moyenne de chaque canal", weight=2)
def test_mean(student: Student) -> None:
    """The mean over all pixels of all images, scaled to [0, 1]; uint8 and float images."""
    for kind in ("uint8", "float32"):
        scaled = pictures(kind).astype(np.float64) / 255
        expect_array(
            statistics(student, kind)[0],
            scaled.mean(axis=(0, 1, 2)),
            call=f"{STATISTICS}: mean ({kind})",
            what=Text("of each channel, images in [0, 1]", "de chaque canal, images dans [0, 1]"),
            mistakes=mean_mistakes(scaled),
            **FLOAT32,
        )


@question("channel_statistics")
@check("deviation", en="Deviation of each channel", fr="Écart-type de chaque canal", weight=2)
def test_deviation(student: Student) -> None:
    """The population's deviation over all pixels of all images."""
    for kind in ("uint8", "float32"):
        scaled = pictures(kind).astype(np.float64) / 255
        expect_array(
            statistics(student, kind)[1],
            scaled.std(axis=(0, 1, 2)),
            call=f"{STATISTICS}: std ({kind})",
            what=Text("over all pixels of all images", "sur tous les pixels de toutes les images"),
            mistakes=(
                (255 * scaled.std(axis=(0, 1, 2)), Text("not scaled to [0, 1]", "pas ramené à [0, 1]")),
                (
                    scaled.var(axis=(0, 1, 2)),
                    Text("this is the variance: take its root", "c'est la variance : prenez sa racine"),
                ),
                (
                    scaled.std(axis=(1, 2)).mean(axis=0),
                    Text("the mean of the images' deviations", "la moyenne des écarts des images"),
                ),
                (
                    scaled.mean(axis=(1, 2)).std(axis=0),
                    Text("the deviation of the images' means", "l'écart des moyennes des images"),
                ),
                (scaled.std(), Text("over all channels", "sur tous les canaux")),
                (scaled.std(axis=0), Text("one a pixel", "un par pixel")),
            ),
            **FLOAT32,
        )


@question("channel_statistics")
@check("population", en="The population's deviation", fr="L'écart-type de la population")
def test_population(student: Student) -> None:
    """With two images of one pixel the divisor is 2, not 1."""
    images = np.array([[[[0, 30, 200]]], [[[100, 60, 40]]]], dtype=np.uint8)
    value = student.channel_statistics(images)
    right = (images / 255).std(axis=(0, 1, 2))
    expect_array(
        value[1] if isinstance(value, list | tuple | np.ndarray) and len(value) == 2 else value,
        right,
        call=f"{STATISTICS}: std, two images of one pixel",
        what=Text("divided by the number of pixels", "divisé par le nombre de pixels"),
        mistakes=((right * np.sqrt(2), Text("divided by one less (ddof=1)", "divisé par un de moins (ddof=1)")),),
        **FLOAT32,
    )


@question("channel_statistics")
@check("inputs", en="Leaves the images unchanged", fr="Ne modifie pas les images")
def test_statistics_inputs(student: Student) -> None:
    """The images are not changed in place."""
    for kind in ("uint8", "float32"):
        expect_kept(statistics(student, kind)[2], STATISTICS)


MEAN, STD = np.array([0.49, 0.31, 0.62]), np.array([0.25, 0.5, 0.125])


def normalized(student: Student, kind: str) -> tuple[Any, tuple[str, ...]]:
    """Call normalize once a question, with a mean and a deviation that are not the images' own."""

    def compute() -> tuple[Any, tuple[str, ...]]:
        reply = student.call("normalize", pictures(kind), MEAN, STD)
        return reply.value, reply.changed

    return student.once(("normalized", kind), compute)


def expect_normalized(student: Student, kind: str) -> None:
    """Expect scaled, centred and divided images."""
    images = pictures(kind).astype(np.float64)
    scaled, axes = images / 255, (0, 1, 2)
    expect_array(
        normalized(student, kind)[0],
        (scaled - MEAN) / STD,
        call=f"{NORMALIZE}, X {kind}",
        what=Text("(X / 255 - mean) / std", "(X / 255 - mean) / std"),
        mistakes=(
            ((images - MEAN) / STD, Text("not scaled to [0, 1]", "pas ramené à [0, 1]")),
            (scaled - MEAN, Text("not divided by std", "pas divisé par std")),
            (scaled / STD, Text("the mean is not subtracted", "la moyenne n'est pas soustraite")),
            ((scaled - MEAN) * STD, Text("multiplied by std", "multiplié par std")),
            (scaled - MEAN / STD, Text("parentheses: (X - mean) / std", "parenthèses : (X - mean) / std")),
            ((scaled - MEAN) / STD**2, Text("divided by the variance", "divisé par la variance")),
            (
                (scaled - scaled.mean(axes)) / scaled.std(axes),
                Text("mean and std are the arguments, not X's own", "mean et std sont les arguments, non ceux de X"),
            ),
            ((images - 255 * MEAN) / STD, Text("scale X, not the mean", "ramenez X, non la moyenne")),
        ),
        **FLOAT32,
    )


@question("normalize")
@check("values", en="(X / 255 − mean) / std", fr="(X / 255 − moyenne) / écart-type", weight=3)
def test_normalized(student: Student) -> None:
    """Scaled to [0, 1], then centred and divided channel by channel, with the statistics that are given."""
    expect_normalized(student, "float32")


@question("normalize")
@check("uint8", en="uint8 images too", fr="Images uint8 aussi", weight=2)
def test_normalized_bytes(student: Student) -> None:
    """The same for images of type uint8, where a subtraction would wrap around, and for nearly black ones."""
    expect_normalized(student, "uint8")
    dark = np.minimum(pictures("uint8"), 1)
    right = (dark / 255 - MEAN) / STD
    expect_array(
        student.normalize(dark, MEAN, STD),
        right,
        call=f"{NORMALIZE}, X uint8, all pixels 0 or 1",
        what=Text("(X / 255 - mean) / std", "(X / 255 - mean) / std"),
        mistakes=(((dark - MEAN) / STD, Text("dark images are scaled as well", "les images sombres aussi")),),
        **FLOAT32,
    )


@question("normalize")
@check("dtype", en="float32", fr="float32")
def test_normalized_dtype(student: Student) -> None:
    """The result is float32, whatever goes in."""
    for kind in ("uint8", "float32"):
        value = normalized(student, kind)[0]
        expect_equal(
            dtype_name(value),
            "float32",
            call=f"{NORMALIZE}.dtype, X {kind}",
            what=Text("the type the network computes with", "le type avec lequel le réseau calcule"),
        )


@question("normalize")
@check("inputs", en="Leaves its arguments unchanged", fr="Ne modifie pas ses arguments")
def test_normalize_inputs(student: Student) -> None:
    """Nothing is changed in place."""
    for kind in ("uint8", "float32"):
        expect_kept(normalized(student, kind)[1], NORMALIZE)
