"""augmented_batches: one epoch of images whose pixels and labels say which they are."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np

from autograder.bench import Bench
from autograder.calls import expect_kept
from autograder.student import Opaque, Student
from autograder.suite import check, question
from shared.assertions import expect_equal, expect_shape, fail
from shared.text import Text

from .conftest import Cut, coded_images, find_cut, show_images

BATCHES = "augmented_batches(X, y, 16, rng)"
ROWS, BATCH = 50, 16


def batches(student: Student, seed: int = 0, again: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    """Go through one epoch, once a question for each seed and ``again``, where other chance differs.

    Labels are 100 + the image's number.
    """

    def compute() -> list[tuple[np.ndarray, np.ndarray]]:
        X, y = coded_images(ROWS, 32, 32), 100 + np.arange(ROWS)
        with student.stirred() if again else nullcontext():
            reply = student.call("augmented_batches", X, y, BATCH, student.generator(seed))
            value = reply.value
            items = value.items(3 * -(-ROWS // BATCH)) if isinstance(value, Opaque) else value
            later = value.changed() if isinstance(value, Opaque) else ()
            student.once(("changed", seed, again), lambda: (*reply.changed, *later))
        if not isinstance(items, list | tuple) or not items or not all(_is_pair(item) for item in items):
            shown = type(items).__name__ if not isinstance(items, list | tuple) else f"{len(items)} items"
            fail(
                Text(
                    f"called: list({BATCHES})\ngot: {shown}\nexpected: pairs (images, labels)",
                    f"appel : list({BATCHES})\nobtenu : {shown}\nattendu : des paires (images, étiquettes)",
                )
            )
        return [(np.asarray(images), np.asarray(labels).reshape(-1)) for images, labels in items]

    return student.once(("batches", seed, again), compute)


def _is_pair(item: Any) -> bool:
    return (
        isinstance(item, list | tuple) and len(item) == 2 and all(isinstance(part, np.ndarray | list) for part in item)
    )


@question("augmented_batches")
@check("sizes", en="Batches of 28×28, the last one short", fr="Des lots de 28×28, le dernier plus court", weight=2)
def test_batch_sizes(student: Student, bench: Bench, exhibit: Callable[..., None]) -> None:
    """50 images in batches of 16 are three batches and two images more."""
    images = bench.data["cifar10"].given[0][0][:8].astype(np.float32)
    shown = student.augmented_batches(images, np.arange(8), 8, student.generator(1))
    first = (shown.items(1) if isinstance(shown, Opaque) else shown) or [()]
    if isinstance(first, list | tuple) and _is_pair(first[0]):
        title = Text("A batch of yours", "Un de vos lots")
        show_images(exhibit, title, first[0][0], [Text.same(f"image {n}") for n in np.ravel(first[0][1])])
    found = batches(student)

    expect_equal(
        [(len(images), len(labels)) for images, labels in found],
        [(16, 16), (16, 16), (16, 16), (2, 2)],
        call=f"[(len(images), len(labels)) for images, labels in {BATCHES}], 50 images",
        what=Text("every image, the last batch short", "toutes les images, dernier lot plus court"),
        mistakes=(
            ([(16, 16)] * 3, Text("the short last batch is left out", "le dernier lot, plus court, est oublié")),
            ([(16, 16)] * 4, Text("the last batch repeats images", "le dernier lot répète des images")),
        ),
    )
    for images, labels in found:
        expect_shape(images, (len(labels), 28, 28, 3), call=f"images in {BATCHES}", what=Text("crops", "des carrés"))


def epoch_cuts(student: Student, seed: int = 0) -> list[tuple[Cut, int]]:
    """Return where each image of an epoch was cut out, with its label."""
    found = [
        (find_cut(piece), int(label) - 100)
        for images, labels in batches(student, seed)
        for piece, label in zip(images, labels, strict=False)
        if piece.ndim == 3 and piece.shape[0] == piece.shape[1]
    ]
    whole = [(cut, label) for cut, label in found if cut is not None]
    if not whole or len(whole) < len(found):
        fail(
            Text(
                f"an image in {BATCHES} is no square cut out of an image of X, perhaps mirrored left-right",
                f"une image de {BATCHES} n'est pas un carré découpé dans une image de X, au besoin retourné",
            )
        )
    return whole


@question("augmented_batches")
@check("once", en="Each image once, with its label", fr="Chaque image une fois, avec son étiquette", weight=3)
def test_once(student: Student) -> None:
    """One epoch holds each image once, and labels stay with their images."""
    found = epoch_cuts(student)
    wrong = sum(cut.image != label for cut, label in found)
    if wrong:
        fail(
            Text(
                f"{BATCHES}: {wrong} of {len(found)} images have another image's label",
                f"{BATCHES} : {wrong} images sur {len(found)} ont l'étiquette d'une autre",
            ),
            Text("Shuffle X and y by the same order.", "Mélangez X et y dans le même ordre."),
        )
    expect_equal(
        sorted(cut.image for cut, _ in found),
        list(range(ROWS)),
        call=f"images in {BATCHES}, sorted",
        what=Text("each image once", "chaque image une fois"),
        hint=Text("Draw a permutation, not each index by itself.", "Tirez une permutation, non chaque indice à part."),
    )


@question("augmented_batches")
@check("shuffled", en="Shuffled anew", fr="Mélangées à neuf", weight=2)
def test_shuffled(student: Student) -> None:
    """The order is drawn from rng, over the whole set and not batch by batch."""
    orders = [[cut.image for cut, _ in epoch_cuts(student, seed)] for seed in (0, 5)]
    first = orders[0]
    named = None
    if first == sorted(first):
        named = Text("the images come in the order of X", "les images viennent dans l'ordre de X")
    elif all(image // BATCH == place // BATCH for place, image in enumerate(first)):
        named = Text("only the order within each batch is random", "seul l'ordre dans chaque lot est tiré")
    elif all(image % BATCH == place % BATCH for place, image in enumerate(first[: 3 * BATCH])):
        named = Text("only the order of the batches is random", "seul l'ordre des lots est tiré")
    elif orders[0] == orders[1]:
        named = Text("rng of another seed gives the same order", "rng d'une autre graine donne le même ordre")
    if named is not None:
        fail(
            Text(
                f"called: {BATCHES}, 50 images\nexpected: a random order of all images",
                f"appel : {BATCHES}, 50 images\nattendu : un ordre tiré parmi toutes les images",
            ),
            mistake=named,
        )


@question("augmented_batches")
@check("augmented", en="Crops and mirrors of their own", fr="Carrés et miroirs propres à chacune", weight=2)
def test_augmented(student: Student) -> None:
    """Crops come from many places and some are mirrored; the same seed gives the same batches."""
    found = [cut for cut, _ in epoch_cuts(student)]
    places, share = {(cut.row, cut.column) for cut in found}, float(np.mean([cut.mirrored for cut in found]))
    # 50 draws among 25 places give 22 on average; 12 or fewer have a chance below 1e-9.
    if len(places) <= 10 or not 0.1 < share < 0.9:
        fail(
            Text(
                f"{BATCHES}: 50 images are cut at {len(places)} places, {share:.0%} are mirrored\n"
                "expected: each image its own place among 25, about half mirrored",
                f"{BATCHES} : 50 images découpées en {len(places)} places, {share:.0%} retournées\n"
                "attendu : une place propre à chaque image parmi 25, environ la moitié retournées",
            )
        )
    first, again = batches(student), batches(student, again=1)
    if len(first) != len(again) or not all(np.array_equal(a[0], b[0]) for a, b in zip(first, again, strict=True)):
        fail(
            Text(
                f"{BATCHES} twice, rng made with the same seed: the batches differ",
                f"{BATCHES} deux fois, rng de même graine : les lots diffèrent",
            ),
            Text("Draw from the argument rng only.", "Ne tirez que de l'argument rng."),
        )


@question("augmented_batches")
@check("inputs", en="Leaves its arguments unchanged", fr="Ne modifie pas ses arguments")
def test_inputs(student: Student) -> None:
    """Neither X nor y is shuffled in place, even when the batches are taken."""
    batches(student)
    expect_kept(student.once(("changed", 0, 0), tuple[str, ...]), f"list({BATCHES})")
