"""compare_optimizers: what it keeps and what it replaces; the losses tell which optimizer made them, at any rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.architecture import ModelData
from autograder.bench import Bench
from autograder.student import RemoteHistory, Student
from autograder.suite import check, question
from shared.assertions import FLOAT32, expect_array, expect_equal, fail
from shared.text import Text

from .problems import NAMES, START, TARGETS, TRAIN, VALIDATION, drawing, prepare, problem, unusual
from .recognition import X_VALUE, recognise

EPOCHS = 3
CALL = "compare_optimizers(build, train, validation)"
SUBSET = "compare_optimizers(build, train, validation, names=['adam'])"
DRAWN = "compare_optimizers(build, train, validation, epochs=1), build() drawing new weights each time"
METRIC = "mean_squared_error"
REGRESSION = (
    "compare_optimizers(build, train, validation, names=['sgd'], epochs=1), build() compiling the absolute error"
)


def histories(value: Any, call: str) -> dict[str, dict[str, list[float]]]:
    """Return the curves by name, or fail where what came back is not a dict of Histories."""
    found = value if isinstance(value, dict) else {}
    strange = [item for item in found.values() if not isinstance(item, RemoteHistory)]
    if not found or strange:
        kind = type(strange[0]).__name__ if strange else type(value).__name__
        fail(
            Text(
                f"called: {call}\ngot: {'a dict of ' if strange else ''}{kind}\nexpected: a dict of Histories by name",
                f"appel : {call}\nobtenu : {'un dictionnaire de ' if strange else ''}{kind}\n"
                "attendu : un dictionnaire d'objets History par nom",
            ),
            Text("Keep what fit returns.", "Gardez ce que renvoie fit."),
        )
    return {name: item.curves for name, item in found.items()}


def compared(student: Student, bench: Bench) -> dict[str, dict[str, list[float]]]:
    """Compare the three optimizers without options, once a question."""
    prepare(student, bench)
    return student.once("compared", lambda: _compare(student, problem(bench), CALL))


def alone(student: Student, bench: Bench) -> dict[str, dict[str, list[float]]]:
    """Train with the last of the optimizers only, once a question."""
    prepare(student, bench)
    return student.once("alone", lambda: _compare(student, problem(bench), SUBSET, names=["adam"]))


def started(student: Student, bench: Bench) -> dict[str, dict[str, list[float]]]:
    """Compare the three for one epoch, from a builder that draws new weights each time, once a question."""
    prepare(student, bench)
    return student.once("started", lambda: _start(student, drawing(bench)))


def _start(student: Student, model: ModelData) -> dict[str, dict[str, list[float]]]:
    rng = np.random.default_rng(8)
    pair = (rng.normal(size=(8, 6)).astype(np.float32), rng.integers(0, 3, 8))
    return histories(student.compare_optimizers(student.builder(model), pair, pair, epochs=1), DRAWN)


def _compare(student: Student, model: ModelData, call: str, **options: Any) -> dict[str, dict[str, list[float]]]:
    return histories(student.compare_optimizers(student.builder(model), TRAIN, VALIDATION, **options), call)


def regressed(student: Student, bench: Bench) -> dict[str, list[float]]:
    """Return the curves of the linear model, once a question."""
    prepare(student, bench)
    return student.once("regressed", lambda: _regress(student, bench))


def _regress(student: Student, bench: Bench) -> dict[str, list[float]]:
    value = student.compare_optimizers(student.builder(unusual(bench)), TARGETS, TARGETS, names=["sgd"], epochs=1)
    return histories(value, REGRESSION).get("sgd", {})


def losses(curves: dict[str, list[float]], key: str = "loss") -> list[float]:
    """Return a curve of finite numbers, or fail where there is none."""
    found = curves.get(key, [])
    if not found or not np.isfinite(found).all():
        fail(
            Text(f"{CALL}: a History has no curve {key!r}", f"{CALL} : un objet History n'a pas de courbe {key!r}"),
            Text("validation_data=validation", "validation_data=validation") if key.startswith("val") else None,
        )
    return found


@question("compare_optimizers")
@check("names", en="A History for each name", fr="Un objet History par nom", weight=2)
def test_names(student: Student, bench: Bench) -> None:
    """The keys are the names asked for; without names they are the three."""
    expect_equal(
        sorted(compared(student, bench)),
        sorted(NAMES),
        call=f"sorted({CALL})",
        what=Text("the names asked for", "les noms demandés"),
    )
    expect_equal(
        list(alone(student, bench)),
        ["adam"],
        call=f"list({SUBSET})",
        what=Text("only what was asked for", "seulement ce qui est demandé"),
    )


@question("compare_optimizers")
@check("epochs", en="The number of epochs is honoured", fr="Le nombre d'époques est respecté")
def test_epochs(student: Student, bench: Bench) -> None:
    """Each training has the epochs asked for; three is the default."""
    for found, epochs, call in ((compared(student, bench), EPOCHS, CALL), (started(student, bench), 1, DRAWN)):
        for name, curves in found.items():
            what = Text(f"epochs={epochs}", f"epochs={epochs}")
            expect_equal(len(losses(curves)), epochs, call=f"epochs of {name!r} in {call}", what=what)


@question("compare_optimizers")
@check("optimizers", en="Each name its optimizer", fr="À chaque nom son optimiseur", weight=4)
def test_optimizers(student: Student, bench: Bench, exhibit: Callable[..., None]) -> None:
    """The losses are those that this optimizer makes, whatever its rate."""
    found = compared(student, bench)
    curves = {name: losses(found.get(name, {})) for name in NAMES}
    if all(len(curve) == EPOCHS for curve in curves.values()):
        title = Text("Training loss by optimizer", "Perte d'entraînement par optimiseur")
        exhibit("curves", title, series={"loss": curves})

    for name, curve in (*curves.items(), ("adam", losses(alone(student, bench).get("adam", {})))):
        if len(curve) < EPOCHS:
            fail(Text(f"{CALL}[{name!r}] has too few epochs", f"{CALL}[{name!r}] a trop peu d'époques"))
        other, error = recognise(curve)
        shown = ", ".join(f"{loss:.4f}" for loss in curve)
        if other != name or error > 0.01:
            fail(
                Text(
                    f"{CALL}[{name!r}] has the losses {shown}\nexpected: steps of {name!r}; these look like {other!r}",
                    f"{CALL}[{name!r}] a les pertes {shown}\nattendu : des pas de {name!r} ; ils ressemblent à {other!r}",
                ),
                Text(
                    "The optimizer that build() compiled is to be replaced.",
                    "L'optimiseur compilé par build() doit être remplacé.",
                ),
            )


@question("compare_optimizers")
@check("start", en="All from the same initial weights", fr="Tous depuis les mêmes poids initiaux", weight=4)
def test_start(student: Student, bench: Bench) -> None:
    """Although the builder draws new weights each time, the first losses are equal."""
    first = {name: losses(curves)[0] for name, curves in started(student, bench).items()}

    expect_array(
        list(first.values()),
        [next(iter(first.values()))] * len(first),
        call=f"first losses of {DRAWN}",
        what=Text("the loss of the same initial weights", "la perte des mêmes poids initiaux"),
        hint=Text(
            "get_weights of a first model, set_weights of each.",
            "get_weights d'un premier modèle, set_weights de chacun.",
        ),
        **FLOAT32,
    )


@question("compare_optimizers")
@check("fresh", en="A fresh model for each", fr="Un modèle neuf pour chacun", weight=2)
def test_fresh(student: Student, bench: Bench) -> None:
    """Every training begins at the loss of the weights that the builder gives, not where the last one ended."""
    right = float(np.log1p(np.exp(-X_VALUE * (START[0, 0] - START[0, 1]))))

    for name, curves in compared(student, bench).items():
        expect_array(
            losses(curves)[0],
            right,
            call=f"{CALL}[{name!r}].history['loss'][0]",
            what=Text("the loss of the weights that build() gives", "la perte des poids que donne build()"),
            hint=Text("Call build() for each name.", "Appelez build() pour chaque nom."),
            **FLOAT32,
        )


@question("compare_optimizers")
@check("loss", en="The loss is kept", fr="La perte est conservée", weight=2)
def test_loss(student: Student, bench: Bench) -> None:
    """A model that is compiled with another loss is compared by that."""
    predicted = X_VALUE * START[0].astype(np.float64)
    right = np.abs(predicted - TARGETS[1][0]).mean()

    expect_array(
        losses(regressed(student, bench))[0],
        right,
        call=f"first loss of {REGRESSION}",
        what=Text("the loss that build() compiled", "la perte compilée par build()"),
        hint=Text("Only the optimizer is to be replaced.", "Seul l'optimiseur est à remplacer."),
        **FLOAT32,
    )


@question("compare_optimizers")
@check("metrics", en="The metrics are kept", fr="Les métriques sont conservées")
def test_metrics(student: Student, bench: Bench) -> None:
    """The metric of the builder's model is in the History, for both pairs."""
    for key in (METRIC, f"val_{METRIC}"):
        expect_equal(
            key in regressed(student, bench),
            True,
            call=f"{key!r} in the history of {REGRESSION}",
            what=Text("a metric that build() compiled", "une métrique compilée par build()"),
        )


@question("compare_optimizers")
@check("validation", en="Validated on the validation pair", fr="Validé sur la paire de validation", weight=2)
def test_validation(student: Student, bench: Bench) -> None:
    """The validation losses are those of the validation pair, whose labels contradict the training labels."""
    for name, curves in compared(student, bench).items():
        on_training, on_validation = losses(curves)[0], losses(curves, "val_loss")[0]
        if on_validation <= on_training:
            fail(
                Text(
                    f"{CALL}[{name!r}]: val_loss is {on_validation:.4f}\n"
                    "expected: more than at the start, for the validation labels contradict the training labels",
                    f"{CALL}[{name!r}] : val_loss vaut {on_validation:.4f}\n"
                    "attendu : plus qu'au début, car les étiquettes de validation contredisent celles d'entraînement",
                ),
                Text("validation_data=validation", "validation_data=validation"),
            )
