"""dropconnect: which single weights were dropped is read from the outputs, for one mask a call or one a sample.

With weights of 1 and inputs 1, 2, 4, ... each output says in binary which of its unit's weights were kept.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from autograder.calls import expect_kept, expect_refused
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import expect_array, expect_shape, fail
from shared.text import Text

from .calls import random
from .test_11_dropout import expect_draws, expect_share

CALL = "dropconnect(x, W, b, {}, rng)"
ROWS, INPUTS, UNITS = 6, 8, 1000
BITS = 2.0 ** np.arange(INPUTS)
RATE = 0.3


def probe(student: Student, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the outputs on inputs 1, 2, 4, ... with weights 1, without the bias; and the bias."""
    x, W, b = np.tile(BITS, (ROWS, 1)), np.ones((INPUTS, UNITS)), random(UNITS, seed=4)
    got = student.once(("probe", rate), lambda: student.dropconnect(x, W, b, rate, student.generator(9)))
    expect_shape(got, (ROWS, UNITS), call=CALL.format(rate))
    return np.asarray(got, np.float64) - b, b


def masks(student: Student, rate: float) -> np.ndarray:
    """Return which weights were kept for each row: bool, (rows, inputs, units)."""
    sums = probe(student, rate)[0] * (1 - rate)
    whole = sums.round()
    if not np.allclose(sums, whole, atol=1e-2) or whole.min() < 0 or whole.max() >= 2**INPUTS:
        wanted = Text(
            "expected: kept weights scaled by 1/(1 − rate)", "attendu : poids gardés multipliés par 1/(1 − rate)"
        )
        unscaled = np.allclose(sums / (1 - rate), (sums / (1 - rate)).round(), atol=1e-2)
        named = Text("they are not scaled", "ils ne le sont pas") if unscaled else None
        call = CALL.format(rate)
        fail(
            Text(f"{call}: weights of 1 give other sums\n", f"{call} : des poids 1 donnent d'autres sommes\n") + wanted,
            mistake=named,
        )
    kept: np.ndarray = (whole.astype(int)[:, None, :] >> np.arange(INPUTS)[None, :, None]) % 2 == 1
    return kept


@question("dropconnect")
@check("still", en="training=False and rate=0: xW + b", fr="training=False et rate=0 : xW + b", weight=2)
def test_still(student: Student) -> None:
    """In evaluation, or with nothing to drop, this is the plain layer."""
    x, W, b = random(4, 3, seed=1), random(3, 5, seed=2), random(5, seed=3)
    for rate, options in ((0.6, {"training": False}), (0.0, {})):
        expect_array(
            student.dropconnect(x, W, b, rate, student.generator(1), **options),
            x @ W + b,
            call=f"dropconnect(x, W, b, {rate}, rng{''.join(f', {k}={v}' for k, v in options.items())})",
            what=Text.same("xW + b"),
            mistakes=(
                (x @ W, Text("the bias is missing", "il manque le biais")),
                (x @ W * (1 - rate) + b, Text("it was scaled", "c'est mis à l'échelle")),
                (x @ W / (1 - rate) + b, Text("it was scaled", "c'est mis à l'échelle")),
            ),
        )


@question("dropconnect")
@check("scale", en="Kept weights are scaled by 1/(1 − rate)", fr="Poids gardés multipliés par 1/(1 − rate)", weight=2)
def test_scale(student: Student) -> None:
    """One input at a time shows each weight of W as 0 or larger than it was."""
    W, b = random(6, 5, seed=5, low=0.5), random(5, seed=6)
    for rate in (0.3, 0.75):
        got = student.dropconnect(np.eye(6), W, b, rate, student.generator(2))
        call = CALL.format(rate)
        expect_shape(got, W.shape, call=call)
        shown = np.asarray(got, np.float64) - b
        kept = np.abs(shown) > 1e-4
        expect_array(
            shown,
            np.where(kept, W / (1 - rate), 0.0),
            call=f"{call} − b, x the identity",
            what=Text("each weight 0 or W / (1 − rate)", "chaque poids 0 ou W / (1 − rate)"),
            mistakes=(
                (
                    np.where(kept, W, 0.0),
                    Text("kept weights are not scaled", "les poids gardés ne sont pas mis à l'échelle"),
                ),
                (np.where(kept, W / rate, 0.0), Text("divided by rate", "divisé par rate")),
                (np.where(kept, W * (1 - rate), 0.0), Text("multiplied by 1 − rate", "multiplié par 1 − rate")),
            ),
            atol=1e-5,
        )


@question("dropconnect")
@check("share", en="The share that falls is `rate`", fr="La part qui tombe est `rate`", weight=2)
def test_share(student: Student) -> None:
    """Of 8,000 weights about 30 % fall at 0.3, and 70 % at 0.7."""
    for rate in (RATE, 0.7):
        expect_share(float(1 - masks(student, rate)[0].mean()), rate, CALL.format(rate))


@question("dropconnect")
@check("weights", en="Single weights fall, not units", fr="Des poids tombent, non des neurones", weight=3)
def test_weights(student: Student) -> None:
    """A unit may lose some of its weights and keep others; so may an input."""
    kept = masks(student, RATE)[0]
    call = CALL.format(RATE)
    for axis, en, fr in (
        (0, "units lose all their weights or none", "des neurones perdent tous leurs poids ou aucun"),
        (1, "inputs lose all their weights or none", "des entrées perdent tous leurs poids ou aucun"),
    ):
        if (kept == kept.take([0], axis=axis)).all():
            wanted = Text("\nexpected: one draw a weight of W", "\nattendu : un tirage par poids de W")
            fail(
                Text(f"{call}: {en}", f"{call} : {fr}") + wanted,
                Text(
                    "Draw a mask of the shape of W, and multiply W by it.",
                    "Tirez un masque de la forme de W et multipliez W par lui.",
                ),
            )


@question("dropconnect")
@check("bias", en="The bias never falls", fr="Le biais ne tombe jamais")
def test_bias(student: Student) -> None:
    """With all weights 0 the outputs are b, unscaled."""
    b = random(50, seed=7, low=1.0)
    expect_array(
        student.dropconnect(random(3, 4), np.zeros((4, 50)), b, 0.5, student.generator(4)),
        np.tile(b, (3, 1)),
        call="dropconnect(x, 0, b, 0.5, rng)",
        what=Text("b: only weights are dropped and scaled", "b : seuls les poids tombent et sont mis à l'échelle"),
        mistakes=((np.tile(2 * b, (3, 1)), Text("the bias is scaled too", "le biais est aussi multiplié")),),
    )


@question("dropconnect")
@check("rng", en="All randomness comes from rng", fr="Tout le hasard vient de rng", weight=2)
def test_rng(student: Student) -> None:
    """The same generator again gives another mask, another seed too; the same seed gives the same one."""
    arguments: tuple[Any, ...] = (random(3, 8), random(8, 40, seed=1, low=1.0), random(40, seed=2), 0.4)
    rng = student.generator(5)
    first, second = student.dropconnect(*arguments, rng), student.dropconnect(*arguments, rng)
    other = student.dropconnect(*arguments, student.generator(6))
    with student.stirred():
        again = student.dropconnect(*arguments, student.generator(5))
    expect_draws(first, again, (second, other), CALL.format(0.4))


@question("dropconnect")
@check("errors", en="Error: a rate outside [0, 1)", fr="Erreur : rate hors de [0, 1)")
def test_errors(student: Student) -> None:
    """One, more than one and less than 0 are errors."""
    for rate in (1.0, 2.0, -0.25):
        expect_refused(
            partial(student.dropconnect, random(3, 2), random(2, 4), random(4), rate, student.generator(1)),
            call=CALL.format(rate),
            because=Text("0 ≤ rate < 1 is needed", "il faut 0 ≤ rate < 1"),
        )


@question("dropconnect")
@check("unchanged", en="Leaves its arguments unchanged", fr="Ne modifie pas ses arguments")
def test_unchanged(student: Student) -> None:
    """Neither x nor W nor b is changed."""
    reply = student.call("dropconnect", random(3, 4), random(4, 5), random(5), 0.5, student.generator(2))

    expect_shape(reply.value, (3, 5), call=CALL.format(0.5))
    expect_kept(reply.changed, CALL.format(0.5), ["x", "W", "b"])
