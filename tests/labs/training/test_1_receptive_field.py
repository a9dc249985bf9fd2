"""receptive_field: stacks of layers with and without strides, given and drawn at random."""

from __future__ import annotations

from random import Random

from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import expect_equal
from shared.text import Text


def field_mistakes(layers: list[tuple[int, int]]) -> tuple[tuple[object, Text], ...]:
    """Return what known mistakes give for a receptive field."""
    right = field_of(layers)
    step, late = 1, 1
    for k, s in layers:
        step *= s
        late += (k - 1) * step
    last = 1 + sum((k - 1) * layers[max(i - 1, 0)][1] for i, (k, _) in enumerate(layers))
    known = (
        (1 + sum(k - 1 for k, _ in layers), Text("the strides are left out", "les pas (strides) sont oubliés")),
        (late, Text("a layer's own stride counts from the next one on", "le pas d'une couche compte dès la suivante")),
        (last, Text("all strides before multiply, not only the last", "tous les pas précédents se multiplient")),
        (sum(k for k, _ in layers), Text("fields overlap: sides do not add up", "les champs se recouvrent")),
        (
            right * right,
            Text("the side is asked, not the number of pixels", "on demande le côté, non le nombre de pixels"),
        ),
        (right - 1, Text("the pixel itself counts", "le pixel lui-même compte")),
    )
    return tuple((value, words) for value, words in known if value != right)


def field_of(layers: list[tuple[int, int]]) -> int:
    """Return the side of the receptive field, from the last layer back to the image."""
    side = 1
    for k, s in reversed(layers):
        side = (side - 1) * s + k
    return side


STACKS: dict[str, list[list[tuple[int, int]]]] = {
    "convolutions": [[(5, 1)], [(3, 1), (3, 1)], [(5, 1), (3, 1), (1, 1), (7, 1)]],
    "strides": [
        [(5, 1), (2, 2), (5, 1)],
        [(3, 2), (3, 2), (3, 1)],
        [(5, 1), (2, 2), (5, 1), (2, 2), (5, 1), (2, 2)],
        [(11, 4), (3, 2), (5, 1), (3, 2), (3, 1), (3, 1), (3, 1)],
        [(1, 3), (4, 1), (2, 5)],
    ],
}


def expect_fields(student: Student, stacks: list[list[tuple[int, int]]]) -> None:
    """Expect the receptive field of each stack."""
    for layers in stacks:
        expect_equal(
            student.receptive_field(layers),
            field_of(layers),
            call=f"receptive_field({layers})",
            what=Text("pixels along one side", "pixels le long d'un côté"),
            mistakes=field_mistakes(layers),
        )


@question("receptive_field")
@check("convolutions", en="Convolutions of stride 1", fr="Convolutions de pas 1", weight=2)
def test_field_of_convolutions(student: Student) -> None:
    """Each convolution adds its side minus one."""
    expect_fields(student, STACKS["convolutions"])


@question("receptive_field")
@check("strides", en="Strides multiply", fr="Les pas se multiplient", weight=3)
def test_field_with_strides(student: Student) -> None:
    """What a layer adds is multiplied by all strides before it."""
    expect_fields(student, STACKS["strides"])


@question("receptive_field")
@check("empty", en="No layer at all", fr="Aucune couche")
def test_field_of_nothing(student: Student) -> None:
    """A pixel sees itself."""
    expect_equal(
        student.receptive_field([]),
        1,
        call="receptive_field([])",
        what=Text("a pixel depends on itself", "un pixel dépend de lui-même"),
    )


@question("receptive_field")
@check("random", en="Any stack", fr="Toute suite de couches", weight=2)
def test_field_of_random_stacks(student: Student) -> None:
    """Twelve stacks drawn at random, up to eight layers deep."""
    rng = Random(4)
    stacks = [[(rng.randint(1, 7), rng.randint(1, 3)) for _ in range(rng.randint(1, 8))] for _ in range(12)]
    expect_fields(student, stacks)
