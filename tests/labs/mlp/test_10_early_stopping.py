"""train_with_early_stopping: a model of ours whose validation loss after each epoch is known beforehand.

Its one weight grows by 1 a step, whatever the order of the rows; the frozen layers behind it turn that weight into any
validation loss that we like.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.architecture import ModelData
from autograder.bench import Bench
from autograder.calls import expect_kept
from autograder.student import RemoteHistory, Student
from autograder.suite import check, question
from shared.assertions import FLOAT32, expect_array, expect_equal, fail
from shared.text import Text

NAME = "train_with_early_stopping"
ROWS = 7
# The validation loss after 1, 2, 3, ... steps: worse than its best for one, two, three and four epochs, with a better
# one between them, once by a little only.  While it is worse it falls: an epoch better than the last one is not better
# than the best.  After six steps it is better than after three: weights read back from a file bring its count of steps.
LOSSES = (5.0, 4.0, 4.5, 3.995, 4.6, 4.4, 2.0, 2.7, 2.6, 2.5, 1.5, 1.9, 1.8, 1.7, 1.6, 1.0)
START = 6.0
DEFAULTS = {"epochs": 50, "batch_size": 32, "patience": 2}
FAR = 1000.0


@dataclass(frozen=True)
class Trained:
    """One call of the student's function: what it returned, and the weight it left, as steps.

    ``steps`` is what the optimizer counted: too few where weights were read back from a file, for its count is in it.
    """

    value: Any
    reply: Any
    steps: int
    kept: float

    @property
    def losses(self) -> list[float]:
        """The training losses of the returned history; none where there is no history."""
        return self.value.curves.get("loss", []) if isinstance(self.value, RemoteHistory) else []

    @property
    def epochs(self) -> int:
        """The number of epochs that were run, where an epoch is one step."""
        return max(self.steps, len(self.losses))


def model(bench: Bench) -> ModelData:
    """Return the compiled model: weight 1 at first, then 1 more a step."""
    knots = len(LOSSES)
    data = bench.toy(
        [
            ("Input", {"shape": (1,)}),
            ("Dense", {"units": 1, "use_bias": False}),
            ("Dense", {"units": knots + 1, "activation": "relu", "trainable": False}),
            ("Dense", {"units": 1, "use_bias": False, "trainable": False}),
        ],
        loss="mae",
        optimizer={"class_name": "SGD", "config": {"learning_rate": 1.0}},
        run_eagerly=True,
    )
    # A training row is 1 and passes through the first unit; a validation row is -1 and meets one bend a step.
    slopes = np.diff([START, *LOSSES]) * -1
    bends = np.diff([0.0, *slopes])
    weights = [
        np.ones((1, 1)),
        np.array([[1.0, *[-1.0] * knots]]),
        np.array([0.0, *[-(1.0 + step) for step in range(knots)]]),
        np.array([[1.0], *[[bend] for bend in bends]]),
    ]
    return ModelData(data.architecture, [array.astype(np.float32) for array in weights], data.compiling)


def expected(steps_per_epoch: int = 1, **options: int) -> tuple[list[float], int]:
    """Return the validation losses of the epochs that are run, and the best of these epochs, counted from 1."""
    given = DEFAULTS | options
    seen: list[float] = []
    best = 0
    for epoch in range(1, given["epochs"] + 1):
        step = epoch * steps_per_epoch
        # Behind the last bend the loss goes on along its last slope, down to 0 and up again.
        beyond = max(0, step - len(LOSSES))
        seen.append(abs(LOSSES[min(step, len(LOSSES)) - 1] + beyond * (LOSSES[-1] - LOSSES[-2])))
        if seen[-1] < min(seen[:-1], default=np.inf):
            best = epoch
        elif epoch - best >= given["patience"]:
            break
    return seen, best


def problem(rows: int = ROWS) -> tuple[np.ndarray, ...]:
    """Return X, y, X_val, y_val."""
    train, validation = np.ones((rows, 1), np.float32), -np.ones((3, 1), np.float32)
    return train, FAR * train, validation, np.full((3, 1), START, np.float32)


def call(**options: int) -> str:
    """Return the call as the student writes it."""
    return f"{NAME}(model, X, y, X_val, y_val{''.join(f', {name}={value}' for name, value in options.items())})"


def trained(student: Student, bench: Bench, rows: int = ROWS, **options: int) -> Trained:
    """Train a fresh model once a question for each set of arguments."""

    def train() -> Trained:
        made = student.make(model(bench))
        reply = student.call(NAME, made, *problem(rows), **options)
        optimizer = made.describe().get("optimizer")
        steps = optimizer.get("steps") if isinstance(optimizer, dict) else None
        weights = made.weights()
        kept = float(weights[0].reshape(-1)[0]) - 1 if weights and weights[0].size == 1 else float("nan")
        return Trained(reply.value, reply, steps if isinstance(steps, int) else -1, kept)

    return student.once(("trained", rows, *sorted(options.items())), train)


def expect_steps(student: Student, bench: Bench, what: Text, **options: int) -> None:
    """Expect as many steps, one an epoch, as the rule of early stopping makes."""
    wanted = len(expected(**options)[0])
    mistakes = [(options.get("epochs", DEFAULTS["epochs"]), Text("it never stopped", "il ne s'est jamais arrêté"))]
    patience = options.get("patience", DEFAULTS["patience"])
    for other in {1, 2, patience - 1, patience + 1} - {patience, 0}:
        steps = len(expected(**(options | {"patience": other}))[0])
        mistakes.append((steps, Text(f"this is a patience of {other}", f"c'est une patience de {other}")))
    expect_equal(
        trained(student, bench, **options).epochs,
        wanted,
        call=call(**options),
        what=what,
        mistakes=[(steps, words) for steps, words in mistakes if steps != wanted],
        hint=Text("The best is the lowest val_loss so far.", "Le meilleur est le plus petit val_loss jusque-là."),
    )


LIMITED = {"epochs": 30, "batch_size": ROWS, "patience": 2}


@question(NAME)
@check(
    "stops", en="Stops after `patience` epochs without gain", fr="S'arrête après `patience` époques sans gain", weight=3
)
def test_stops(student: Student, bench: Bench, exhibit: Callable[..., None]) -> None:
    """The validation loss gets worse, better and worse again: one bad epoch is not enough, two are, or three."""
    show_losses(trained(student, bench, **LIMITED), exhibit)
    for patience in (2, 3, 1):
        words = f"epochs until val_loss has not got better for {patience}: {[*expected(**LIMITED | {'patience': patience})[0]]}"
        mots = f"époques jusqu'à {patience} sans amélioration : {[*expected(**LIMITED | {'patience': patience})[0]]}"
        expect_steps(student, bench, Text(words, mots), **(LIMITED | {"patience": patience}))


@question(NAME)
@check("best", en="The best weights are restored", fr="Les meilleurs poids sont rétablis", weight=3)
def test_best(student: Student, bench: Bench) -> None:
    """After stopping the model has the weights of the epoch with the lowest validation loss."""
    for patience in (2, 3):
        options = LIMITED | {"patience": patience}
        _expect_best(student, bench, options)


@question(NAME)
@check("best_at_end", en="Best weights also when epochs run out", fr="Meilleurs poids aussi en fin d'époques")
def test_best_at_end(student: Student, bench: Bench) -> None:
    """Three epochs are allowed and the second was the best."""
    _expect_best(student, bench, {"epochs": 3, "batch_size": ROWS, "patience": 2})


def _expect_best(student: Student, bench: Bench, options: dict[str, int]) -> None:
    seen, best = expected(**options)
    expect_array(
        trained(student, bench, **options).kept,
        float(best),
        call=f"epoch whose weights the model has after {call(**options)}",
        what=Text(f"the best of val_loss {seen}", f"la meilleure de val_loss {seen}"),
        mistakes=((float(len(seen)), Text("these are the last weights", "ce sont les derniers poids")),),
        hint=Text("EarlyStopping has restore_best_weights.", "EarlyStopping a restore_best_weights."),
        **FLOAT32,
    )


@question(NAME)
@check("epochs", en="The number of epochs is the limit", fr="Le nombre d'époques est la limite")
def test_epochs(student: Student, bench: Bench) -> None:
    """With three epochs and much patience three are trained; 50 and 2 are the defaults."""
    expect_steps(student, bench, Text("epochs asked for", "époques demandées"), epochs=3, batch_size=ROWS, patience=9)
    said = student.defaults(NAME)
    if {name: said.get(name) for name in DEFAULTS} != DEFAULTS:
        seen, _ = expected(2)
        expect_equal(
            len(trained(student, bench, rows=40).losses),
            len(seen),
            call=call() + ", 40 rows",
            what=Text(f"epochs with the defaults {DEFAULTS}", f"époques avec les valeurs par défaut {DEFAULTS}"),
        )


@question(NAME)
@check("batch_size", en="The batch size is honoured", fr="La taille des lots est respectée")
def test_batch_size(student: Student, bench: Bench) -> None:
    """Seven rows by three are three steps an epoch."""
    expect_equal(
        trained(student, bench, epochs=2, batch_size=3, patience=5).steps,
        6,
        call=call(epochs=2, batch_size=3, patience=5),
        what=Text(
            "optimizer steps: two epochs of three batches of 7 rows", "pas : deux époques de trois lots, 7 lignes"
        ),
        mistakes=((2, Text("the default batch size was used", "la taille par défaut a servi")),),
    )


def show_losses(found: Trained, exhibit: Callable[..., None]) -> None:
    """Put the validation loss of each epoch that was run beside the one of a training that stops in time."""
    series: dict[str, list[float | None]] = {"expected": [*expected(**LIMITED)[0]]}
    losses = found.value.curves.get("val_loss") if isinstance(found.value, RemoteHistory) else None
    if losses:
        series["val_loss"] = [loss if np.isfinite(loss) else None for loss in losses]
    exhibit("curves", Text("The validation loss", "La perte de validation"), series={"loss": series})


def curves(found: Trained) -> dict[str, list[float]]:
    """Return the history's curves, or fail where no history came back."""
    if isinstance(found.value, RemoteHistory):
        return found.value.curves
    kind = "None" if found.value is None else type(found.value).__name__
    fail(
        Text(
            f"{call()} returned: {kind}\nexpected: the History",
            f"{call()} a renvoyé : {kind}\nattendu : l'objet History",
        ),
        Text("Return what model.fit gives.", "Renvoyez ce que rend model.fit."),
    )
    return {}


@question(NAME)
@check("history", en="Returns the History", fr="Renvoie l'objet History", weight=2)
def test_history(student: Student, bench: Bench) -> None:
    """What comes back is Keras's History, with a loss for each epoch that was run."""
    found = trained(student, bench, **LIMITED)

    curves(found)
    expect_equal(
        len(found.losses),
        found.epochs,
        call=f'len({call(**LIMITED)}.history["loss"])',
        what=Text("one loss an epoch that was run", "une perte par époque effectuée"),
    )


@question(NAME)
@check("validation", en="Validates on the validation pair", fr="Valide sur la paire de validation", weight=2)
def test_validation(student: Student, bench: Bench) -> None:
    """The validation losses are those of (X_val, y_val) while (X, y) is learnt."""
    found = curves(trained(student, bench, **LIMITED)).get("val_loss")
    if not found:
        words = f'{call()}.history has no "val_loss"', f'{call()}.history n\'a pas "val_loss"'
        fail(Text(*words), Text("fit(..., validation_data=(X_val, y_val))", "fit(..., validation_data=(X_val, y_val))"))
    assert found is not None
    wanted, _ = expected(**(LIMITED | {"patience": 99}))
    n = min(3, len(found))
    expect_array(
        found[:n],
        wanted[:n],
        call=f'{call(**LIMITED)}.history["val_loss"][:{n}]',
        what=Text("the loss on (X_val, y_val)", "la perte sur (X_val, y_val)"),
        mistakes=(
            ([FAR - 2 - step for step in range(n)], Text("this is the training pair", "c'est la paire d'entraînement")),
        ),
        **FLOAT32,
    )


@question(NAME)
@check("unchanged", en="Leaves its arrays unchanged", fr="Ne modifie pas ses tableaux")
def test_unchanged(student: Student, bench: Bench) -> None:
    """None of the four arrays is changed in place."""
    expect_kept(trained(student, bench, **LIMITED).reply.changed, call(), ["model", "X", "y", "X_val", "y_val"])
