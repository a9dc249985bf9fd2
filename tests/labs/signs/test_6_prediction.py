"""predict_digit: a model of ours whose answer depends on the scale of the pixels, and is known for every wrong scale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.architecture import ModelData
from autograder.bench import Bench
from autograder.calls import expect_kept
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import FLOAT32, expect_array, expect_equal, fail
from shared.text import Text
from shared.values import describe

from .conftest import CLASSES, SHAPE

# The model weighs a few pixels, places and channels apart, to one brightness v and answers with the digit whose line
# slope * v + offset is highest.  From one limit to the next another digit is: 3 below 0.004, then 4, 0, 2, 1, and 5
# far above 1, where pixels that nobody has scaled would be.
PIXELS = ((5, 40, 0), (31, 7, 1), (50, 50, 2), (12, 60, 1), (60, 3, 0))
SHARES = np.array([0.35, 0.25, 0.2, 0.15, 0.05])
ORDER = (3, 4, 0, 2, 1, 5)
LIMITS = (0.004, 0.3, 0.5, 0.75, 1.6)
STEEPNESS = (60.0, 12.0, 16.0, 14.0, 10.0)


@dataclass(frozen=True)
class Case:
    """One image and how it is called in a message."""

    name: str
    image: np.ndarray

    @property
    def call(self) -> str:
        """The call as a student writes it."""
        return f"predict_digit(model, image), {self.name}"


def lines() -> tuple[np.ndarray, np.ndarray]:
    """Return slope and offset of each digit."""
    slopes, offsets = np.zeros(CLASSES), np.zeros(CLASSES)
    for before, digit, limit, steepness in zip(ORDER, ORDER[1:], LIMITS, STEEPNESS, strict=False):
        slopes[digit] = slopes[before] + steepness
        offsets[digit] = offsets[before] - steepness * limit
    return slopes, offsets


def reader(bench: Bench, *, dropping: bool = False) -> ModelData:
    """Return the model as data; it runs eagerly, since tracing would take longer than one image.

    Where it is ``dropping``, dropout before the last layer leaves nearly nothing in training.
    """
    dropout = [("Dropout", {"rate": 0.9})] if dropping else []
    data = bench.toy(
        [
            ("Input", {"shape": SHAPE}),
            ("Flatten", {}),
            *dropout,
            ("Dense", {"units": CLASSES, "activation": "softmax"}),
        ],
        loss="categorical_crossentropy",
        optimizer="sgd",
        metrics=["accuracy"],
        run_eagerly=True,
    )
    slopes, offsets = lines()
    kernel = np.zeros((*SHAPE, CLASSES), np.float32)
    for pixel, share in zip(PIXELS, SHARES, strict=True):
        kernel[pixel] = share * slopes
    return ModelData(data.architecture, [kernel.reshape(-1, CLASSES), offsets.astype(np.float32)], data.compiling)


def answer(image: np.ndarray) -> np.ndarray:
    """Return the model's six probabilities for an image that it is given as it is."""
    slopes, offsets = lines()
    brightness = float(sum(image[pixel] * share for pixel, share in zip(PIXELS, SHARES, strict=True)))
    scores = slopes * brightness + offsets
    powers = np.exp(scores - scores.max())
    probabilities: np.ndarray = powers / powers.sum()
    return probabilities


def picture(brightness: float, seed: int) -> np.ndarray:
    """Return a float image in [0, 1] whose weighed pixels are about so bright."""
    rng = np.random.default_rng(seed)
    image: np.ndarray = rng.random(SHAPE)
    for pixel in PIXELS:
        image[pixel] = np.clip(brightness * rng.uniform(0.85, 1.15), 0, 1)
    return image


def photographs() -> list[Case]:
    """Return uint8 images, as a camera gives them."""
    bright = [np.round(picture(value, seed) * 255).astype(np.uint8) for seed, value in enumerate((0.4, 0.62, 0.2))]
    return [Case("image uint8 in [0, 255]", image) for image in bright]


def scaled_images() -> list[Case]:
    """Return float images in [0, 1] of both precisions."""
    values = zip((0.42, 0.6, 0.85), (np.float32, np.float64, np.float32), strict=True)
    pictures = [picture(value, seed).astype(kind) for seed, (value, kind) in enumerate(values, start=3)]
    return [Case(f"image {image.dtype.name} in [0, 1]", image) for image in pictures]


def predicted(student: Student, bench: Bench, case: Case, *, dropping: bool = False) -> tuple[Any, Any]:
    """Let the student's function read an image; return the two parts of its answer."""
    value = student.predict_digit(reader(bench, dropping=dropping), case.image)
    if not isinstance(value, list | tuple) or len(value) != 2:
        fail(
            Text(f"called: {case.call}\ngot: ", f"appel : {case.call}\nobtenu : ")
            + describe(value)
            + Text("\nexpected: (digit, probability)", "\nattendu : (chiffre, probabilité)")
        )
    return value[0], value[1]


def readings(image: np.ndarray) -> Iterator[tuple[np.ndarray, Text]]:
    """Yield what the model answers to an image on known wrong scales."""
    pixels = image.astype(np.float64)
    if image.dtype == np.uint8:
        yield answer(pixels), Text("the pixels were not divided by 255", "les pixels n'ont pas été divisés par 255")
    else:
        yield answer(pixels / 255), Text("a float image is scaled already", "une image à virgule est déjà à l'échelle")
        yield answer(pixels * 255), Text("a float image is scaled already", "une image à virgule est déjà à l'échelle")
        yield (
            answer(np.trunc(pixels)),
            Text("converted to integers: 0 nearly everywhere", "convertie en entiers : presque que des 0"),
        )
    exchanged = pixels.transpose(1, 0, 2)
    scale = 255 if image.dtype == np.uint8 else 1
    yield answer(exchanged / scale), Text("the image is transposed", "l'image est transposée")


def expect_reading(student: Student, bench: Bench, case: Case) -> None:
    """Expect the digit and its probability."""
    digit, probability = predicted(student, bench, case)
    right = answer(case.image / (255 if case.image.dtype == np.uint8 else 1))
    wrong = [(found, words) for found, words in readings(case.image) if not np.allclose(found, right, atol=1e-3)]
    hint = Text(
        "image.dtype says which kind it is: only uint8 is divided by 255.",
        "image.dtype dit de quelle sorte elle est : seul uint8 se divise par 255.",
    )
    least = (int(right.argmin()), Text("this is the least probable digit", "c'est le chiffre le moins probable"))
    from_one = (int(right.argmax()) + 1, Text("digits are counted from 0", "les chiffres se comptent à partir de 0"))
    first = isinstance(digit, float | np.floating) and bool(np.isclose(digit, right.max(), atol=1e-4))
    swapped = [(digit, Text("the digit comes first", "le chiffre vient en premier"))] if first else []
    expect_equal(
        digit,
        int(right.argmax()),
        call=f"digit, _ = {case.call}",
        what=Text("the most probable digit", "le chiffre le plus probable"),
        mistakes=[*((int(found.argmax()), words) for found, words in wrong), least, from_one, *swapped],
        hint=hint,
    )
    expect_array(
        probability,
        float(right.max()),
        call=f"_, probability = {case.call}",
        what=Text("the probability of that digit", "la probabilité de ce chiffre"),
        mistakes=[
            *((float(found.max()), words) for found, words in wrong),
            (
                float(answer(case.image / 256).max()),
                Text("divided by 256; white is 255", "divisé par 256 ; le blanc vaut 255"),
            ),
            (right, Text("these are all six; one is asked for", "ce sont les six ; on en demande une")),
            (100 * right.max(), Text("in [0, 1], not in percent", "dans [0, 1], non en pour cent")),
            ([right.max()], Text("an array; a number is asked for", "un tableau ; on demande un nombre")),
        ],
        hint=hint,
        **FLOAT32,
    )


@question("predict_digit")
@check("uint8", en="A photograph, uint8", fr="Une photo, uint8", weight=3)
def test_uint8(student: Student, bench: Bench) -> None:
    """A uint8 image is divided by 255 before the model sees it."""
    for case in photographs():
        expect_reading(student, bench, case)


@question("predict_digit")
@check("float", en="A scaled image, float", fr="Une image à l'échelle, à virgule", weight=3)
def test_float(student: Student, bench: Bench) -> None:
    """A float image goes to the model as it is."""
    for case in scaled_images():
        expect_reading(student, bench, case)


@question("predict_digit")
@check("dark", en="Dark images", fr="Images sombres")
def test_dark(student: Student, bench: Bench) -> None:
    """What decides is the type, not the values: a nearly black uint8 image, a float image without bright pixels."""
    black = np.zeros(SHAPE, np.uint8)
    black[::3, ::2] = 1
    for pixel in PIXELS[:2]:
        black[pixel] = 1
    dim = np.minimum(picture(0.2, 9), 0.3).astype(np.float32)

    for case in (Case("image uint8, all pixels 0 or 1", black), Case("image float32, all pixels below 0.3", dim)):
        expect_reading(student, bench, case)


@question("predict_digit")
@check("inference", en="The network does not train", fr="Le réseau n'est pas en train d'apprendre")
def test_inference(student: Student, bench: Bench) -> None:
    """With dropout in the model the answer is that of the whole network."""
    case = scaled_images()[0]
    _digit, probability = predicted(student, bench, case, dropping=True)

    expect_array(
        probability,
        float(answer(case.image).max()),
        call=f"_, probability = {case.call}, a model with dropout",
        what=Text("the probability of that digit", "la probabilité de ce chiffre"),
        hint=Text(
            "model.predict, or model(image) without training=True: dropout is for training only.",
            "model.predict, ou model(image) sans training=True : le dropout ne sert qu'à l'apprentissage.",
        ),
        **FLOAT32,
    )


@question("predict_digit")
@check("inputs", en="Leaves the image unchanged", fr="Ne modifie pas l'image")
def test_unchanged(student: Student, bench: Bench) -> None:
    """Neither kind of image is changed in place."""
    for case in (photographs()[0], scaled_images()[0]):
        reply = student.call("predict_digit", reader(bench), case.image)
        expect_kept(reply.changed, case.call, ("model", "image"))
