"""random_crop_flip, center_crop: images whose pixels say where each piece was cut out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np

from autograder.bench import Bench
from autograder.calls import expect_kept, expect_refused
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import expect_array, expect_equal, expect_shape, fail
from shared.text import Text

from .conftest import Cut, coded_images, find_cut, name_what_is_wrong, show_images

CROP = "random_crop_flip(images, rng, size=8)"
N, HEIGHT, WIDTH, SIZE = 600, 12, 10, 8
PLACES = {(row, column) for row in range(HEIGHT - SIZE + 1) for column in range(WIDTH - SIZE + 1)}
# 600 draws of probability 1/2 have a deviation of 0.02: a right share is off by this with a chance below 1e-6.
HALF = 0.1


def cropped(student: Student, seed: int = 0, again: int = 0) -> tuple[Any, tuple[str, ...]]:
    """Crop coded images with a generator of this seed, once a question for each ``again``, where other chance differs."""

    def compute() -> tuple[Any, tuple[str, ...]]:
        images = coded_images(N, HEIGHT, WIDTH)
        with student.stirred() if again else nullcontext():
            reply = student.call("random_crop_flip", images, student.generator(seed), size=SIZE)
        expect_shape(
            reply.value,
            (N, SIZE, SIZE, 3),
            call=f"{CROP}, images {images.shape}",
            what=Text("a square of 8 by 8 an image", "un carré de 8 par 8 par image"),
        )
        return np.asarray(reply.value), reply.changed

    return student.once(("cropped", seed, again), compute)


def cuts(student: Student) -> list[Cut]:
    """Return where each piece was cut out, or fail with what the first odd one is."""
    found = [find_cut(piece) for piece in cropped(student)[0]]
    for place, cut in enumerate(found):
        if cut is None:
            fail(
                Text(
                    f"called: {CROP}\ngot: image {place} is no square cut out of an image, perhaps mirrored\n",
                    f"appel : {CROP}\nobtenu : l'image {place} n'est pas un carré découpé, au besoin retourné\n",
                )
                + name_what_is_wrong(cropped(student)[0][place])
            )
    return [cut for cut in found if cut is not None]


@question("random_crop_flip")
@check("content", en="A square of each image, in order", fr="Un carré de chaque image, dans l'ordre", weight=2)
def test_content(student: Student, bench: Bench, exhibit: Callable[..., None]) -> None:
    """Each piece is a square of its own image, as it is or mirrored left-right; some pieces are shown."""
    sample = bench.data["cifar10"].given[0][0][:1].repeat(8, axis=0)
    pieces = student.random_crop_flip(sample.astype(np.float32), student.generator(1))
    title = Text(
        "One image, augmented eight times by your function", "Une image, augmentée huit fois par votre fonction"
    )
    show_images(exhibit, title, pieces, [Text.same(str(number + 1)) for number in range(8)])

    expect_equal(
        [cut.image for cut in cuts(student)],
        list(range(N)),
        call=f"{CROP}: which image each piece is of",
        what=Text("the images in their order", "les images dans leur ordre"),
    )


@question("random_crop_flip")
@check("offsets", en="Every place can occur", fr="Chaque place peut venir", weight=2)
def test_offsets(student: Student) -> None:
    """Rows and columns are drawn each by itself, up to the last place that fits."""
    seen = {(cut.row, cut.column) for cut in cuts(student)}
    missing = sorted(PLACES - seen)
    if not missing:
        return
    rows, columns = {row for row, _ in seen}, {column for _, column in seen}
    named = Text("some pairs of row and column never come", "certaines paires ligne-colonne ne viennent jamais")
    if len(seen) == 1:
        named = Text("all pieces are cut at the same place", "tous les carrés sont découpés au même endroit")
    elif max(rows) < HEIGHT - SIZE or max(columns) < WIDTH - SIZE:
        named = Text("the last place never comes: is the bound excluded?", "la dernière place manque : borne exclue ?")
    elif min(rows) > 0 or min(columns) > 0:
        named = Text("the first place never comes", "la première place ne vient jamais")
    fail(
        Text(
            f"called: {CROP}, 600 images of 12 by 10\ngot: {len(seen)} places of 15; never {missing[:3]}\n"
            "expected: each row from 0 to 4 with each column from 0 to 2",
            f"appel : {CROP}, 600 images de 12 par 10\nobtenu : {len(seen)} places sur 15 ; jamais {missing[:3]}\n"
            "attendu : chaque ligne de 0 à 4 avec chaque colonne de 0 à 2",
        ),
        mistake=named,
    )


@question("random_crop_flip")
@check("mirrors", en="Half of the images are mirrored", fr="La moitié des images est retournée", weight=2)
def test_mirrors(student: Student) -> None:
    """Each image is mirrored left-right with probability one half, by itself."""
    share = float(np.mean([cut.mirrored for cut in cuts(student)]))
    if abs(share - 0.5) > HALF:
        fail(
            Text(
                f"called: {CROP}, 600 images\ngot: {share:.0%} of them mirrored\nexpected: about half",
                f"appel : {CROP}, 600 images\nobtenu : {share:.0%} retournées\nattendu : environ la moitié",
            ),
            Text("Draw for each image by itself.", "Tirez pour chaque image séparément."),
        )


@question("random_crop_flip")
@check("rng", en="All chance comes from rng", fr="Tout le hasard vient de rng", weight=2)
def test_rng(student: Student) -> None:
    """The same seed gives the same pieces, another seed other ones."""
    first, again, other = (cropped(student, *key)[0] for key in ((0, 0), (0, 1), (5, 0)))
    if not np.array_equal(first, again):
        fail(
            Text(
                f"{CROP} twice, rng made with the same seed: the results differ\nexpected: the same pieces",
                f"{CROP} deux fois, rng de même graine : les résultats diffèrent\nattendu : les mêmes carrés",
            ),
            Text("Draw from the argument rng only.", "Ne tirez que de l'argument rng."),
        )
    if np.array_equal(first, other):
        fail(
            Text(
                f"{CROP} with rng of seeds 0 and 5: the same pieces\nexpected: others",
                f"{CROP} avec rng de graines 0 et 5 : les mêmes carrés\nattendu : d'autres",
            ),
            Text("Draw from the argument rng.", "Tirez de l'argument rng."),
        )


@question("random_crop_flip")
@check("sizes", en="Default size, full size", fr="Taille par défaut, taille entière")
def test_sizes(student: Student) -> None:
    """The default is 28; a crop as large as the image is the image, perhaps mirrored."""
    value = student.random_crop_flip(coded_images(3, 32, 30), student.generator(2))
    call = "random_crop_flip(images, rng)"
    expect_shape(
        value, (3, 28, 28, 3), call=f"{call}, images (3, 32, 30, 3)", what=Text("28 is the default", "28 par défaut")
    )
    whole = student.random_crop_flip(coded_images(4, 8, 8), student.generator(2), size=8)
    expect_shape(whole, (4, 8, 8, 3), call=f"{CROP}, images (4, 8, 8, 3)")
    if any(find_cut(piece) is None for piece in np.asarray(whole)):
        fail(
            Text(f"{CROP} on images of 8 by 8 is not the image", f"{CROP} sur des images de 8 par 8 n'est pas l'image")
        )


@question("random_crop_flip")
@check("too_large", en="Error: larger than the image", fr="Erreur : plus grand que l'image")
def test_too_large(student: Student) -> None:
    """A size larger than the height or the width is an error."""
    because = Text("the crop is larger than the image", "le carré est plus grand que l'image")
    for height, width in ((12, 7), (7, 12), (7, 7)):
        images = coded_images(2, height, width)
        shown = f"random_crop_flip(images {images.shape}, rng, size=8)"
        expect_refused(
            lambda images=images: student.random_crop_flip(images, student.generator(0), size=8),
            call=shown,
            because=because,
        )


@question("random_crop_flip")
@check("inputs", en="Leaves the images unchanged", fr="Ne modifie pas les images")
def test_crop_inputs(student: Student) -> None:
    """The images are not changed in place."""
    expect_kept(cropped(student)[1], CROP)


# -- center_crop -------------------------------------------------------------------------------------------------


def expect_middle(student: Student, shape: tuple[int, int], size: int | None) -> None:
    """Expect the middle of coded images; None leaves the size at its default."""
    images, side = coded_images(3, *shape), 28 if size is None else size
    value = student.center_crop(images) if size is None else student.center_crop(images, size=size)
    call = f"center_crop(images{'' if size is None else f', size={size}'}), images {images.shape}"
    expect_shape(value, (3, side, side, 3), call=call)
    margins = [length - side for length in shape]
    right = [
        images[:, top : top + side, left : left + side]
        for top in {margins[0] // 2, -(-margins[0] // 2)}
        for left in {margins[1] // 2, -(-margins[1] // 2)}
    ]
    if any(np.array_equal(np.asarray(value), wanted) for wanted in right):
        return
    expect_array(
        value,
        right[0],
        call=call,
        what=Text("each pixel says (image, row, column)", "chaque pixel dit (image, ligne, colonne)"),
        mistakes=(
            (images[:, :side, :side], Text("this is the top left corner", "c'est le coin supérieur gauche")),
            (images[:, -side:, -side:], Text("this is the bottom right corner", "c'est le coin inférieur droit")),
            (right[0].transpose(0, 2, 1, 3), Text("rows and columns are exchanged", "lignes et colonnes échangées")),
        ),
    )


@question("center_crop")
@check("even", en="The middle, even margins", fr="Le milieu, marges paires", weight=2)
def test_even(student: Student) -> None:
    """The same margin on either side; 28 is the default."""
    expect_middle(student, (32, 32), None)
    expect_middle(student, (10, 10), 6)


@question("center_crop")
@check("rectangles", en="Images that are not square, odd margins", fr="Images non carrées, marges impaires", weight=2)
def test_rectangles(student: Student) -> None:
    """Rows and columns have margins of their own; an odd one may be split either way."""
    for shape, size in (((12, 20), 8), ((11, 8), 4), ((9, 14), 5), ((7, 7), 6)):
        expect_middle(student, shape, size)


@question("center_crop")
@check("whole", en="The whole image", fr="L'image entière")
def test_whole(student: Student) -> None:
    """A crop as large as the image is the image; only as high, or only as wide."""
    for shape, size in (((8, 8), 8), ((8, 11), 8), ((12, 8), 8)):
        expect_middle(student, shape, size)
