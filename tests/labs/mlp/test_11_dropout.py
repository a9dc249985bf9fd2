"""dropout: judged by what falls and what is left, however it is drawn.

With 8,000 values a share of 0.3 or 0.7 has a standard deviation of 0.0051; six of them are allowed.  Drawing the share
to keep instead of the share to drop is off by 0.4.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from autograder.calls import expect_kept, expect_refused
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import expect_array, expect_equal, fail
from shared.text import Text

from .calls import random

CALL = "dropout(x, {}, rng)"
SHAPE = (100, 80)
SHARE_TOLERANCE = 0.031


def values(*shape: int, seed: int = 1) -> np.ndarray:
    """Return numbers of both signs, none of them near 0: a 0 in the result has been dropped."""
    signs = np.where(random(*shape, seed=seed) > 0, 1.0, -1.0)
    drawn: np.ndarray = signs * random(*shape, seed=seed + 1, low=0.5)
    return drawn


def dropped(student: Student, rate: float) -> Any:
    """Return what is left of a matrix; drawn once a question for each rate."""
    return student.once(rate, lambda: student.dropout(values(*SHAPE), rate, student.generator(5)))


def expect_scaled(got: Any, x: np.ndarray, rate: float) -> None:
    """Expect each value to be 0 or the scaled one."""
    call = CALL.format(rate)
    mask = np.zeros(x.shape, bool)
    if isinstance(got, np.ndarray) and got.shape == x.shape:
        mask = np.asarray(got != 0)
    plain = Text("kept values are not scaled", "les valeurs gardées ne sont pas mises à l'échelle")
    expect_array(
        got,
        np.where(mask, x / (1 - rate), 0.0),
        call=call,
        what=Text("each value 0 or x / (1 − rate)", "chaque valeur 0 ou x / (1 − rate)"),
        mistakes=(
            (np.where(mask, x, 0.0), plain),
            (np.where(mask, x / rate, 0.0), Text("divided by rate, not by 1 − rate", "divisé par rate, non 1 − rate")),
            (np.where(mask, x * (1 - rate), 0.0), Text("multiplied by 1 − rate", "multiplié par 1 − rate")),
            (np.where(mask, x * rate, 0.0), Text("multiplied by rate", "multiplié par rate")),
        ),
    )


@question("dropout")
@check(
    "scale", en="Kept values are scaled by 1/(1 − rate)", fr="Valeurs gardées multipliées par 1/(1 − rate)", weight=3
)
def test_scale(student: Student) -> None:
    """Whatever falls, the rest is larger."""
    for rate in (0.3, 0.7):
        expect_scaled(dropped(student, rate), values(*SHAPE), rate)


@question("dropout")
@check("share", en="The share that falls is `rate`", fr="La part qui tombe est `rate`", weight=3)
def test_share(student: Student) -> None:
    """Of 8,000 values about 30 % fall at 0.3, and 70 % at 0.7."""
    for rate in (0.3, 0.7):
        got = dropped(student, rate)
        expect_array(np.shape(got) if isinstance(got, np.ndarray) else got, SHAPE, call=f"shape of {CALL.format(rate)}")
        expect_share(float((np.asarray(got) == 0).mean()), rate, CALL.format(rate))


def expect_share(found: float, rate: float, call: str) -> None:
    """Expect about the share ``rate`` to have fallen."""
    if abs(found - rate) <= SHARE_TOLERANCE:
        return
    hint = Text(
        "rng.random(x.shape) < rate is True for a share rate.",
        "rng.random(x.shape) < rate est vrai pour une part rate.",
    )
    if abs(1 - found - rate) <= SHARE_TOLERANCE:
        hint = Text("rate is the share to drop, not to keep.", "rate est la part à faire tomber, non à garder.")
    fail(
        Text(f"{call}: {found:.0%} fall\nexpected: {rate:.0%}", f"{call} : {found:.0%} tombent\nattendu : {rate:.0%}"),
        hint,
    )


@question("dropout")
@check("each", en="Each value falls by itself", fr="Chaque valeur tombe seule", weight=2)
def test_each(student: Student) -> None:
    """Neither whole rows nor whole columns fall, and rows do not all lose the same places."""
    got = dropped(student, 0.3)
    expect_array(np.shape(got) if isinstance(got, np.ndarray) else got, SHAPE, call=f"shape of {CALL.format(0.3)}")
    mask = np.asarray(got) != 0
    if mask.all() or not mask.any():
        fail(Text("dropout(x, 0.3, rng): all or nothing falls", "dropout(x, 0.3, rng) : tout ou rien ne tombe"))
    for axis, words in ((0, Text("columns", "colonnes")), (1, Text("rows", "lignes"))):
        first = mask.take([0], axis=axis)
        if (mask == first).all():
            fail(
                Text("dropout(x, 0.3, rng): whole ", "dropout(x, 0.3, rng) : des ")
                + words
                + Text(
                    " fall together\nexpected: one draw a value", " entières tombent\nattendu : un tirage par valeur"
                ),
                Text("Draw a mask of the shape of x.", "Tirez un masque de la forme de x."),
            )


@question("dropout")
@check("rng", en="All randomness comes from rng", fr="Tout le hasard vient de rng", weight=2)
def test_rng(student: Student) -> None:
    """The same generator again gives another mask, another seed too; the same seed gives the same one."""
    x = values(*SHAPE)
    rng = student.generator(5)
    first, second = student.dropout(x, 0.4, rng), student.dropout(x, 0.4, rng)
    other = student.dropout(x, 0.4, student.generator(6))
    with student.stirred():
        again = student.dropout(x, 0.4, student.generator(5))
    expect_draws(first, again, (second, other), CALL.format(0.4))


def expect_draws(first: Any, again: Any, others: tuple[Any, ...], call: str) -> None:
    """Expect the same seed to give the same result, and other draws other ones."""
    arrays = [part for part in (first, again, *others) if isinstance(part, np.ndarray)]
    if len(arrays) < 2 + len(others):
        expect_equal(len(arrays), 2 + len(others), call=call, what=Text("arrays returned", "tableaux renvoyés"))
    if not np.array_equal(first, again):
        fail(
            Text(
                f"{call}: two generators with the same seed give two results\nexpected: the same one",
                f"{call} : deux générateurs de même graine donnent deux résultats\nattendu : le même",
            ),
            Text("Use rng.random, not np.random.", "Utilisez rng.random, non np.random."),
        )
    if any(np.array_equal(first, other) for other in others):
        fail(
            Text(
                f"{call}: a second call, or another seed, gives the same draw\nexpected: rng decides",
                f"{call} : un second appel, ou une autre graine, donne le même tirage\nattendu : rng décide",
            ),
            Text("Draw from the rng that is passed, at each call.", "Tirez du rng reçu, à chaque appel."),
        )


@question("dropout")
@check("still", en="training=False and rate=0 change nothing", fr="training=False et rate=0 ne changent rien", weight=2)
def test_still(student: Student) -> None:
    """In evaluation, or with nothing to drop, x comes back."""
    x = values(6, 5)
    for rate, options in ((0.6, {"training": False}), (0.0, {}), (0.0, {"training": True})):
        shown = "".join(f", {name}={value}" for name, value in options.items())
        expect_array(
            student.dropout(x, rate, student.generator(1), **options),
            x,
            call=f"dropout(x, {rate}, rng{shown})",
            what=Text("x itself", "x même"),
            mistakes=(
                (x * (1 - rate), Text("it was scaled", "c'est mis à l'échelle")),
                (x / (1 - rate), Text("it was scaled", "c'est mis à l'échelle")),
            ),
        )


@question("dropout")
@check("shapes", en="Any shape, also integers", fr="Toute forme, aussi des entiers")
def test_shapes(student: Student) -> None:
    """A vector, three axes, and integers, which are scaled to fractions."""
    for x in (values(40), values(4, 5, 6), np.arange(1, 61).reshape(12, 5)):
        expect_scaled(student.dropout(x, 0.2, student.generator(3)), x, 0.2)


@question("dropout")
@check("errors", en="Error: a rate outside [0, 1)", fr="Erreur : rate hors de [0, 1)")
def test_errors(student: Student) -> None:
    """One, more than one and less than 0 are errors."""
    for rate in (1.0, 1.5, -0.1):
        expect_refused(
            partial(student.dropout, values(3, 2), rate, student.generator(1)),
            call=CALL.format(rate),
            because=Text("0 ≤ rate < 1 is needed", "il faut 0 ≤ rate < 1"),
        )


@question("dropout")
@check("unchanged", en="Leaves x unchanged", fr="Ne modifie pas x")
def test_unchanged(student: Student) -> None:
    """The caller's x is the same after the call."""
    reply = student.call("dropout", values(5, 4), 0.5, student.generator(2))

    expect_scaled(reply.value, values(5, 4), 0.5)
    expect_kept(reply.changed, CALL.format(0.5), ["x", "rate", "rng"])
