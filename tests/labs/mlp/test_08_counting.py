"""dense_param_count, mlp_param_count, iterations_per_epoch: counted by the formulas, on sizes of other networks."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

from autograder.calls import expect_kept, expect_refused
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import expect_equal
from shared.text import Text

WEIGHTS = Text("a weight a pair of input and unit, a bias a unit", "un poids par couple, un biais par neurone")


@question("dense_param_count")
@check("bias", en="Weights and biases", fr="Poids et biais", weight=2)
def test_dense_bias(student: Student) -> None:
    """More inputs than units, fewer, one."""
    for n, m in ((128, 10), (3, 7), (1, 5), (6, 1)):
        expect_equal(
            student.dense_param_count(n, m),
            n * m + m,
            call=f"dense_param_count({n}, {m})",
            what=WEIGHTS,
            mistakes=(
                (n * m, Text("the biases are missing", "il manque les biais")),
                (n * m + n, Text("a bias belongs to a unit, not to an input", "un biais par neurone, non par entrée")),
                (n * m + 1, Text("each unit has its own bias", "chaque neurone a son biais")),
                (n + m, Text("weights are a product, not a sum", "les poids sont un produit, non une somme")),
            ),
        )


@question("dense_param_count")
@check("no_bias", en="Without biases", fr="Sans biais")
def test_dense_no_bias(student: Student) -> None:
    """use_bias=False leaves the weights, use_bias=True is the default said aloud."""
    for use_bias, wanted in ((False, 84), (True, 91)):
        expect_equal(
            student.dense_param_count(12, 7, use_bias=use_bias),
            wanted,
            call=f"dense_param_count(12, 7, use_bias={use_bias})",
            what=Text("12·7 weights", "12·7 poids")
            + Text(", 7 biases" if use_bias else "", ", 7 biais" if use_bias else ""),
            mistakes=(
                (175 - wanted, Text("use_bias is taken the other way, or ignored", "use_bias est inversé ou ignoré")),
            ),
        )


def count(sizes: list[int]) -> int:
    """Return the right total."""
    return sum((n + 1) * m for n, m in pairwise(sizes))


@question("mlp_param_count")
@check("networks", en="Networks of two layers and more", fr="Réseaux de deux couches et plus", weight=2)
def test_mlp(student: Student) -> None:
    """Two, three and four layers of other sizes than the handout's."""
    for sizes in ([20, 30, 40, 5], [2, 2, 1], [8, 16, 4, 16, 3]):
        expect_equal(
            student.mlp_param_count(sizes),
            count(sizes),
            call=f"mlp_param_count({sizes})",
            what=WEIGHTS,
            mistakes=(
                (sum(n * m for n, m in pairwise(sizes)), Text("the biases are missing", "il manque les biais")),
                (count(sizes[:-1]), Text("the last layer is missing", "il manque la dernière couche")),
                (count(sizes[1:]), Text("the first layer is missing", "il manque la première couche")),
                (count(sizes) + sizes[0], Text("inputs have no biases", "les entrées n'ont pas de biais")),
                (
                    count([784, 256, 128, 10]),
                    Text(
                        "this is the handout's network, whatever the sizes",
                        "c'est le réseau de l'énoncé, quel que soit sizes",
                    ),
                ),
            ),
        )


@question("mlp_param_count")
@check("one_layer", en="A single layer", fr="Une seule couche")
def test_mlp_one(student: Student) -> None:
    """Two sizes are one layer."""
    expect_equal(student.mlp_param_count([4, 3]), 15, call="mlp_param_count([4, 3])", what=WEIGHTS)


@question("mlp_param_count")
@check("inputs", en="Leaves the list unchanged", fr="Ne modifie pas la liste")
def test_inputs(student: Student) -> None:
    """The sizes are the same after the call."""
    hint = Text("Read the list: sizes[0], not sizes.pop(0).", "Lisez la liste : sizes[0], non sizes.pop(0).")
    expect_kept(student.call("mlp_param_count", [5, 4, 3]).changed, "mlp_param_count([5, 4, 3])", ["sizes"], hint)


BATCHES = Text("batches, the last one may be short", "lots, le dernier peut être incomplet")


@question("iterations_per_epoch")
@check("whole", en="Batches that fit", fr="Lots complets")
def test_whole(student: Student) -> None:
    """Where the division leaves nothing there is no batch more."""
    for n, size in ((60, 12), (7, 1), (8, 8), (60000, 100)):
        expect_equal(
            student.iterations_per_epoch(n, size),
            n // size,
            call=f"iterations_per_epoch({n}, {size})",
            what=BATCHES,
            mistakes=(
                (n // size + 1, Text("one too many where the division is exact", "un de trop si tout tombe juste")),
            ),
        )


@question("iterations_per_epoch")
@check("short", en="A short last batch", fr="Un dernier lot incomplet", weight=2)
def test_short(student: Student) -> None:
    """What is left over is a batch too, also when it is all there is."""
    for n, size in ((61, 12), (5, 3), (59, 12), (3, 10), (1, 32), (50001, 100)):
        expect_equal(
            student.iterations_per_epoch(n, size),
            -(-n // size),
            call=f"iterations_per_epoch({n}, {size})",
            what=BATCHES,
            mistakes=((n // size, Text("the short last batch is missing", "il manque le dernier lot")),),
        )


@question("iterations_per_epoch")
@check("errors", en="Error: sizes that are not positive", fr="Erreur : tailles non strictement positives")
def test_errors(student: Student) -> None:
    """Zero and negative numbers are errors in both places."""
    for n, size in ((10, 0), (0, 10), (10, -2), (-10, 5), (-10, -5)):
        expect_refused(
            partial(student.iterations_per_epoch, n, size),
            call=f"iterations_per_epoch({n}, {size})",
            because=Text("both must be positive", "les deux doivent être strictement positifs"),
        )
