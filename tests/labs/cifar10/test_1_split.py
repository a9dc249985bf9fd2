"""get_data_cifar10: every row is found again by its pixels, so that it is known which part it came from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.bench import Bench
from autograder.calls import expect_refused
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import expect_array, expect_equal, expect_shape, fail
from shared.text import Text
from shared.values import dtype_name

# Multiples of ten, for those who take a share of each class.
SIZES = {"n_train": 120, "n_val": 40, "n_test": 50}
LARGE = {"n_train": 600, "n_val": 400, "n_test": 50}
SETS = ("train", "val", "test")
DEFAULTS = {"n_train": 5000, "n_val": 1000, "n_test": 1000}
RESULT = Text.same("(X_train, y_train), (X_val, y_val), (X_test, y_test)")
Pairs = dict[str, tuple[Any, Any]]


def call(seed: int, sizes: dict[str, int]) -> str:
    """Return the call as a student writes it."""
    return f"get_data_cifar10({', '.join(f'{name}={n}' for name, n in sizes.items())}, seed={seed})"


def unpack(value: Any, words: str) -> Pairs:
    """Return the three pairs by name, or fail with the structure that was expected."""
    outer = value if isinstance(value, list | tuple) else ()
    if len(outer) != 3 or not all(isinstance(part, list | tuple) and len(part) == 2 for part in outer):
        sizes = [len(part) if isinstance(part, list | tuple) else type(part).__name__ for part in outer]
        came = f"{type(value).__name__} {sizes}" if outer else type(value).__name__
        fail(
            Text(f"called: {words}\ngot: {came}\nexpected: ", f"appel : {words}\nobtenu : {came}\nattendu : ") + RESULT,
            Text("Three pairs: images and labels of each set.", "Trois couples : images et étiquettes de chaque jeu."),
        )
    return {name: (part[0], part[1]) for name, part in zip(SETS, outer, strict=True)}


def split(student: Student, seed: int = 3) -> Pairs:
    """Call the function once a question with small sizes and a seed."""
    compute = lambda: unpack(student.get_data_cifar10(**SIZES, seed=seed), call(seed, SIZES))  # noqa: E731
    return student.once(("split", seed), compute)


@dataclass(frozen=True)
class Known:
    """The rows that students are given: by pixels, how many there are of them in each part, and their labels."""

    counts: dict[str, Counter[bytes]]
    labels: dict[bytes, set[int]]


def known(bench: Bench) -> Known:
    """Index the rows that the student's loader gives."""
    return bench.remember("known rows", lambda: _index(bench))


def _index(bench: Bench) -> Known:
    counts: dict[str, Counter[bytes]] = {}
    labels: dict[bytes, set[int]] = {}
    for part, (images, classes) in zip(("train", "test"), bench.data["cifar10"].given, strict=True):
        keys = [image.tobytes() for image in images]
        counts[part] = Counter(keys)
        for key, label in zip(keys, classes.reshape(-1).tolist(), strict=True):
            labels.setdefault(key, set()).add(label)
    return Known(counts, labels)


def keys_of(images: Any, name: str) -> list[bytes]:
    """Return the pixels of each image as the data set has them; images scaled to [0, 1] are found again too."""
    expect_shape(images, (None, 32, 32, 3), call=f"X_{name} of {call(3, SIZES)}")
    scale = 255 if images.size and images.max() <= 1 else 1
    whole = np.rint(np.clip(images.astype(np.float64) * scale, 0, 255)).astype(np.uint8)
    return [image.tobytes() for image in whole]


@question("get_data_cifar10")
@check("shapes", en="Shapes and sizes", fr="Formes et tailles", weight=2)
def test_shapes(student: Student) -> None:
    """Each set has as many images as were asked for, and a label for each."""
    found = split(student)

    for name in SETS:
        n = SIZES[f"n_{name}"]
        images, labels = found[name]
        expect_shape(images, (n, 32, 32, 3), call=f"X_{name} of {call(3, SIZES)}", what=Text.same(f"n_{name} = {n}"))
        expect_shape(
            labels,
            (n,),
            call=f"y_{name} of {call(3, SIZES)}",
            what=Text("one integer an image", "un entier par image"),
            hint=Text(
                "The raw labels are (n, 1): flatten them.", "Les étiquettes brutes sont (n, 1) : aplatissez-les."
            ),
        )


@question("get_data_cifar10")
@check("types", en="float32 images, integer labels", fr="Images float32, étiquettes entières")
def test_types(student: Student) -> None:
    """Images are float32 and labels of an integer type."""
    for name, (images, labels) in split(student).items():
        kinds = [dtype_name(part) for part in (images, labels)]
        expect_equal(
            kinds[0],
            "float32",
            call=f"X_{name}.dtype",
            what=Text("the type the networks compute with", "le type avec lequel les réseaux calculent"),
        )
        integers = isinstance(labels, np.ndarray) and labels.dtype.kind in "iu"
        is_integer = Text("labels of an integer type", "des étiquettes d'un type entier")
        expect_equal(integers, True, call=f"np.issubdtype(y_{name}.dtype, np.integer)", what=is_integer)


@question("get_data_cifar10")
@check("pixels", en="Pixels as they are, 0 to 255", fr="Pixels tels quels, de 0 à 255", weight=2)
def test_pixels(student: Student, bench: Bench) -> None:
    """Every image is one of the data set's, neither scaled nor changed."""
    rows = known(bench)

    for name, (images, _labels) in split(student).items():
        strange = [n for n, key in enumerate(keys_of(images, name)) if key not in rows.labels]
        if strange:
            fail(
                Text(
                    f"{call(3, SIZES)}: X_{name}[{strange[0]}] is not an image of the data set",
                    f"{call(3, SIZES)} : X_{name}[{strange[0]}] n'est pas une image du jeu de données",
                ),
                Text("Only the type changes: astype.", "Seul le type change : astype."),
            )
        brightest = float(images.max())
        scaled = Text("scaled to [0, 1]; that comes later", "ramené à [0, 1] ; cela vient plus tard")
        what = Text("the brightest pixel", "le pixel le plus clair")
        right = float(max(max(key) for key in keys_of(images, name)))
        expect_equal(
            brightest, right, call=f"X_{name}.max()", what=what, mistakes=((right / 255, scaled), (1.0, scaled))
        )


@question("get_data_cifar10")
@check("labels", en="Each image keeps its label", fr="Chaque image garde son étiquette", weight=2)
def test_labels(student: Student, bench: Bench) -> None:
    """The label beside an image is that image's."""
    rows = known(bench)

    for name, (images, labels) in split(student).items():
        keys = keys_of(images, name)
        expect_shape(np.reshape(labels, -1), (len(keys),), call=f"y_{name}")
        pairs = zip(keys, np.reshape(labels, -1).tolist(), strict=True)
        wrong = sum(label not in rows.labels.get(key, {label}) for key, label in pairs)
        expect_equal(
            wrong,
            0,
            call=f"images of {name} with another image's label",
            what=Text("a row of X for a row of y", "une ligne de X pour une ligne de y"),
            hint=Text("Index X and y with the same rows.", "Indexez X et y par les mêmes lignes."),
        )


@question("get_data_cifar10")
@check("parts", en="Each set from its part", fr="Chaque jeu de sa partie", weight=3)
def test_parts(student: Student, bench: Bench) -> None:
    """Training and validation come from the training part, the test set from the test part."""
    rows = known(bench)

    for name, (images, _labels) in split(student).items():
        part = "test" if name == "test" else "train"
        other = "train" if name == "test" else "test"
        astray = sum(key not in rows.counts[part] and key in rows.counts[other] for key in keys_of(images, name))
        words = {"train": Text("training", "d'entraînement"), "test": Text("test", "de test")}
        expect_equal(
            astray,
            0,
            call=f"images of X_{name} that come from the other part ({call(3, SIZES)})",
            what=Text("all from the ", "toutes de la partie ") + words[part] + Text(" part", ""),
            hint=Text(
                "The test part is for the very end: validation images come from the training part.",
                "La partie de test sert tout à la fin : les images de validation viennent de la partie d'entraînement.",
            ),
        )


@question("get_data_cifar10")
@check("disjoint", en="No image twice", fr="Aucune image deux fois", weight=3)
def test_disjoint(student: Student, bench: Bench) -> None:
    """No row of the data set is used twice, within a set or in two of them; sets drawn by themselves would meet."""
    found = unpack(student.get_data_cifar10(**LARGE, seed=3), call(3, LARGE))
    used = Counter(key for name, (images, _labels) in found.items() for key in keys_of(images, name))
    rows = known(bench)
    available = rows.counts["train"] + rows.counts["test"]

    expect_equal(
        sum((used - available).values()),
        0,
        call=f"images used twice by {call(3, LARGE)}",
        what=Text("the sets have no image in common", "les jeux n'ont aucune image en commun"),
        hint=Text("Cut one permutation into pieces.", "Découpez une seule permutation en morceaux."),
    )


@question("get_data_cifar10")
@check("seed", en="The seed decides the split", fr="La graine décide du découpage", weight=3)
def test_seed(student: Student) -> None:
    """The same seed gives the same sets; another seed gives other training and other validation images."""
    first, other = split(student), split(student, seed=4)
    with student.stirred():
        again = unpack(student.get_data_cifar10(**SIZES, seed=3), call(3, SIZES))

    for name in SETS:
        for place, letter in enumerate("Xy"):
            expect_array(
                again[name][place],
                first[name][place],
                call=f"{letter}_{name} of a second {call(3, SIZES)}",
                what=Text("the same seed, the same split", "même graine, même découpage"),
            )
    for name in ("train", "val"):
        common = set(keys_of(first[name][0], name)) == set(keys_of(other[name][0], name))
        expect_equal(
            common,
            False,
            call=f"X_{name}: the same images with seed=3 and seed=4",
            what=Text("another seed, another split", "autre graine, autre découpage"),
            hint=Text(
                "Draw the rows with np.random.default_rng(seed).", "Tirez les lignes avec np.random.default_rng(seed)."
            ),
        )


@question("get_data_cifar10")
@check("mixed", en="Every class is there", fr="Toutes les classes y sont")
def test_mixed(student: Student) -> None:
    """The rows are shuffled or stratified: each set has images of many classes."""
    for name, (_images, labels) in split(student).items():
        present = len(set(np.reshape(labels, -1).tolist()))
        if present < 7:
            fail(
                Text(
                    f"{call(3, SIZES)}: y_{name} holds only {present} of the 10 classes",
                    f"{call(3, SIZES)} : y_{name} ne contient que {present} des 10 classes",
                )
            )


@question("get_data_cifar10")
@check("defaults", en="The default sizes", fr="Les tailles par défaut")
def test_defaults(student: Student) -> None:
    """Without arguments there are 5,000, 1,000 and 1,000 images, which is all that this copy of the data has; seed 0."""
    found = unpack(student.get_data_cifar10(), "get_data_cifar10()")
    small = {"n_train": 20, "n_val": 10, "n_test": 10}
    unseeded, seeded = (
        unpack(student.get_data_cifar10(**small, **seed), "get_data_cifar10(...)") for seed in ({}, {"seed": 0})
    )

    for name in SETS:
        n = DEFAULTS[f"n_{name}"]
        expect_shape(found[name][0], (n, 32, 32, 3), call=f"X_{name} of get_data_cifar10()")
        expect_array(
            unseeded[name][1],
            seeded[name][1],
            call=f"y_{name} of a call without seed",
            what=Text("the same as with seed=0, its default", "les mêmes qu'avec seed=0, valeur par défaut"),
        )


@question("get_data_cifar10")
@check("too_many", en="Errors when too many are asked for", fr="Erreur si l'on en demande trop", weight=2)
def test_too_many(student: Student, bench: Bench) -> None:
    """One image more than there is in a part is an error, in each of the two parts."""
    (x_train, _), (x_test, _) = bench.data["cifar10"].given
    n, m = len(x_train), len(x_test)
    cases = (
        (
            {"n_train": n - 30, "n_val": 31, "n_test": 10},
            Text(f"there are {n} training images", f"il y a {n} images d'entraînement"),
        ),
        (
            {"n_train": 20, "n_val": 10, "n_test": m + 1},
            Text(f"there are {m} test images", f"il y a {m} images de test"),
        ),
    )

    for sizes, because in cases:
        expect_refused(
            lambda sizes=sizes: _sizes(student.get_data_cifar10(**sizes, seed=0)),
            call=call(0, sizes),
            because=because,
        )


def _sizes(value: Any) -> Any:
    """Return how many images came, for the message: the images themselves would fill it."""
    pairs = value if isinstance(value, list | tuple) else ()
    return [len(pair[0]) if isinstance(pair, list | tuple) and len(pair) == 2 else None for pair in pairs]
