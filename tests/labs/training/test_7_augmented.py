"""train with augmentation and seeds: read from what a model of ours was shown, and from runs that must be equal."""

from __future__ import annotations

import numpy as np

from autograder.calls import expect_kept
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import fail
from shared.text import Text

from .runs import (
    LARGE,
    PLACED,
    SMALL,
    Run,
    expect_validation,
    large_run,
    placed_pair,
    rerun,
    run,
    seen_cuts,
    small_run,
)


def placed_run(student: Student, seed: int, epochs: int = 1) -> Run:
    """Train, with augmentation, a model that keeps what it was shown last."""
    problem = placed_pair(), placed_pair()
    return run(student, problem, epochs, keeper=True, batch_size=PLACED, augment=True, seed=seed)


@question("train")
@check("crops", en="Augmentation: crops and mirrors", fr="Augmentation : carrés et miroirs", weight=3)
def test_crops(student: Student) -> None:
    """The model is shown squares of its own side, at several places, some of them mirrored."""
    cuts = []
    for seed in range(3):
        found = placed_run(student, seed)
        seen = seen_cuts(found)
        if seen is None:
            fail(
                Text(
                    f"{found.call}: what the model was shown is no square of 8 by 8 cut out of a 12 by 12 image",
                    f"{found.call} : ce que le modèle a vu n'est pas un carré de 8 par 8 découpé dans une image 12 par 12",
                ),
                Text(
                    "Crop, do not resize; mirror left-right only.",
                    "Découpez sans redimensionner ; miroir gauche-droite.",
                ),
            )
            return
        cuts += seen
    places, mirrored = {(cut.row, cut.column) for cut in cuts}, {cut.mirrored for cut in cuts}
    if len(places) < 4 or len(mirrored) < 2:
        fail(
            Text(
                f"train(..., augment=True), 3 seeds, 6 images: {len(places)} places; mirrored: {sorted(mirrored)}\n"
                "expected: many places, and about half of the images mirrored",
                f"train(..., augment=True), 3 graines, 6 images : {len(places)} places ; miroirs : {sorted(mirrored)}\n"
                "attendu : beaucoup de places, et environ la moitié des images retournées",
            )
        )


def _places(found: Run) -> list[tuple[int, int]] | None:
    """Return where each image was cut, mirrored or not; None where that cannot be read."""
    cuts = seen_cuts(found)
    return None if cuts is None else [(cut.row, cut.column) for cut in cuts]


@question("train")
@check("redrawn", en="Augmentation is redrawn each epoch", fr="L'augmentation est retirée à chaque époque", weight=2)
def test_redrawn(student: Student) -> None:
    """The second epoch shows other crops than the first."""
    first, second = (placed_run(student, 0, epochs) for epochs in (1, 2))
    places = [_places(found) for found in (first, second)]
    if np.allclose(first.weights[2], second.weights[2], atol=1e-6) or (
        places[0] is not None and places[0] == places[1]
    ):
        fail(
            Text(
                "train(..., augment=True): the second epoch shows the crops of the first\nexpected: crops drawn anew",
                "train(..., augment=True) : la deuxième époque montre les carrés de la première\nattendu : de nouveaux",
            ),
            Text("Draw the crops inside the loop over epochs.", "Tirez les carrés dans la boucle sur les époques."),
        )


@question("train")
@check("middle", en="Test images are cropped in the middle", fr="Les images de test sont recadrées au milieu", weight=2)
def test_middle(student: Student) -> None:
    """With augment the validation is on the middle of the test images, without chance."""
    images, labels = LARGE[1]
    expect_validation(large_run(student), images[:, 2:10, 2:10], labels)


@question("train")
@check("seed", en="The seed makes runs equal", fr="La graine rend les essais égaux", weight=2)
def test_seed(student: Student) -> None:
    """Two runs with a seed are equal wherever chance stood before; with augmentation another seed gives another run."""
    for first, problem, options in ((small_run(student), SMALL, {}), (large_run(student), LARGE, {"augment": True})):
        again = rerun(student, problem, 1, batch_size=10, seed=3, **options)
        if not np.allclose(first.weights[0], again[0], rtol=1e-4, atol=1e-6):
            fail(
                Text(
                    f"{first.call} twice, on equal models: other weights\nexpected: the same",
                    f"{first.call} deux fois, sur des modèles égaux : d'autres poids\nattendu : les mêmes",
                ),
                Text(
                    "keras.utils.set_random_seed(seed) and np.random.default_rng(seed), at the start.",
                    "keras.utils.set_random_seed(seed) et np.random.default_rng(seed), au début.",
                ),
            )
    seeds = [large_run(student, seed) for seed in (3, 4)]
    if np.allclose(seeds[0].weights[0], seeds[1].weights[0], rtol=1e-4, atol=1e-6):
        fail(
            Text(
                "train(..., augment=True) with seeds 3 and 4: the same weights\nexpected: other crops, other weights",
                "train(..., augment=True) avec les graines 3 et 4 : les mêmes poids\nattendu : d'autres carrés et poids",
            )
        )


@question("train")
@check("inputs", en="Leaves its arguments unchanged", fr="Ne modifie pas ses arguments")
def test_inputs(student: Student) -> None:
    """No array is changed in place, with or without augmentation."""
    for found in (small_run(student), large_run(student)):
        expect_kept(found.changed, found.call)
