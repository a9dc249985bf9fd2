"""search_hyperparameters: the fitted search is read, not the code; small data and few epochs, and no tracing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from autograder.process import Raised
from autograder.student import Opaque, RemoteModel, Student
from autograder.suite import check, question
from shared.assertions import expect_equal, fail
from shared.text import Text
from shared.values import same

NAME = "search_hyperparameters"
OPTIONS: dict[str, Any] = {"epochs": (2, 3), "batch_sizes": (12,), "cv": 2}
CALL = f"{NAME}(X, y, epochs=(2, 3), batch_sizes=(12,), cv=2)"
DEFAULTS = {"epochs": [5, 10], "batch_sizes": [16, 32], "cv": 3}
ROWS, CLASSES = 24, 3


def searched(student: Student) -> Opaque:
    """Search once a question, on 24 rows of 5 columns with three classes; fail where no object came back."""
    return student.once("search", lambda: _search(student))


def _search(student: Student) -> Opaque:
    rng = np.random.default_rng(3)
    labels = np.arange(ROWS) % CLASSES
    X = rng.normal(size=(ROWS, 5)) + 3 * np.eye(5)[labels]
    student.verb("run_eagerly")
    value = student.call(NAME, X.astype(np.float32), labels, **OPTIONS).value
    if not isinstance(value, Opaque):
        kind = "None" if value is None else type(value).__name__
        fail(
            Text(
                f"{CALL} returned: {kind}\nexpected: the fitted GridSearchCV",
                f"{CALL} a renvoyé : {kind}\nattendu : le GridSearchCV ajusté",
            ),
            Text(
                "Return the search itself, not what it found.", "Renvoyez la recherche même, non ce qu'elle a trouvé."
            ),
        )
    assert isinstance(value, Opaque)
    return value


def attribute(student: Student, name: str) -> Any:
    """Read an attribute that a fitted search has."""
    try:
        return searched(student).attribute(name)
    except Raised:
        kind = searched(student).type_name
        fail(
            Text(f"{CALL} returned a {kind} without {name}", f"{CALL} a renvoyé un {kind} sans {name}")
            + Text("\nexpected: a fitted GridSearchCV", "\nattendu : un GridSearchCV ajusté"),
            Text("Call fit(X, y) before you return it.", "Appelez fit(X, y) avant de le renvoyer."),
        )


def tried(parameters: Any) -> tuple[Any, Any]:
    """Find epochs and batch size among a grid point's parameters, however they are prefixed or nested."""
    found: dict[str, Any] = {}
    waiting = [parameters]
    while waiting:
        part = waiting.pop()
        for key, value in part.items() if isinstance(part, dict) else ():
            for name in ("epochs", "batch_size"):
                if isinstance(key, str) and key.endswith(name) and not isinstance(value, dict):
                    found[name] = value
            waiting.append(value)
    return found.get("epochs"), found.get("batch_size")


def points(student: Student) -> list[tuple[Any, Any]]:
    """Return epochs and batch size of each point of the grid."""
    results = attribute(student, "cv_results_")
    rows = results.get("params") if isinstance(results, dict) else None
    return [tried(row) for row in rows] if isinstance(rows, list) else []


@question(NAME)
@check("fitted", en="Returns a fitted GridSearchCV", fr="Renvoie un GridSearchCV ajusté", weight=2)
def test_fitted(student: Student) -> None:
    """It has a grid, and what it found can be read; every fit has worked."""
    attribute(student, "param_grid")
    scores = attribute(student, "cv_results_")
    means = scores.get("mean_test_score") if isinstance(scores, dict) else None
    best = attribute(student, "best_score_")
    finite = isinstance(means, np.ndarray) and means.size > 0 and bool(np.isfinite(means).all())

    expect_equal(
        finite and isinstance(best, float | np.floating) and bool(np.isfinite(best)),
        True,
        call=f"np.isfinite({CALL}.cv_results_['mean_test_score']).all()",
        what=Text("a score for each point of the grid", "un score pour chaque point de la grille"),
        hint=Text(
            "A NaN means that a fit failed: error_score='raise' shows why.",
            "Un NaN dit qu'un ajustement a échoué : error_score='raise' montre pourquoi.",
        ),
    )


@question(NAME)
@check("grid", en="Every pair of epochs and batch size", fr="Chaque paire d'époques et de taille de lot", weight=3)
def test_grid(student: Student) -> None:
    """The points of the grid are the product of the two arguments."""
    wanted = sorted(product(OPTIONS["epochs"], OPTIONS["batch_sizes"]))
    found = points(student)
    whole = all(type(number) is int or isinstance(number, np.integer) for point in found for number in point)

    expect_equal(
        sorted((int(epochs), int(size)) for epochs, size in found) if whole else [list(map(str, p)) for p in found],
        wanted,
        call=f"{CALL}.cv_results_['params']: epochs, batch_size",
        what=Text("(epochs, batch_size), keys that end so", "(epochs, batch_size), clés qui finissent ainsi"),
        mistakes=(
            (sorted(product((5, 10), (16, 32))), Text("the defaults were used", "les valeurs par défaut ont servi")),
        ),
    )


@question(NAME)
@check("best", en="best_params_ is one of them", fr="best_params_ en fait partie")
def test_best(student: Student) -> None:
    """The best point can be read, and is of the grid."""
    best = tried(attribute(student, "best_params_"))

    expect_equal(
        any(same(best, point) for point in product(OPTIONS["epochs"], OPTIONS["batch_sizes"])),
        True,
        call=f"{CALL}.best_params_ among the points of the grid",
        what=Text("a point of the grid", "un point de la grille"),
    )


@question(NAME)
@check("classes", en="Tells all the classes apart", fr="Distingue toutes les classes")
def test_classes(student: Student) -> None:
    """With labels of three classes the best estimator's model, where it can be found, has three outputs."""
    for model in _trained(student):
        shape = model.get("output_shape")
        if isinstance(shape, list | tuple) and shape:
            expect_equal(
                isinstance(shape[-1], int) and shape[-1] >= CLASSES,
                True,
                call=f"model of {CALL}.best_estimator_: output_shape[-1] >= {CLASSES}",
                what=Text("y has three classes", "y a trois classes"),
                hint=Text("How many classes there are is to be seen in y.", "Le nombre de classes se lit dans y."),
            )


@question(NAME)
@check("folds", en="The number of folds is honoured", fr="Le nombre de plis est respecté")
def test_folds(student: Student) -> None:
    """Two folds are asked for; three are the default."""
    expect_equal(
        attribute(student, "n_splits_"),
        2,
        call=f"{CALL}.n_splits_",
        what=Text("cv=2", "cv=2"),
        mistakes=(
            (3, Text("the default was used", "la valeur par défaut a servi")),
            (5, Text("cv was not passed on", "cv n'a pas été transmis")),
        ),
    )


@question(NAME)
@check("defaults", en="The defaults", fr="Les valeurs par défaut")
def test_defaults(student: Student) -> None:
    """The signature says which grid is searched without the optional arguments."""
    said = student.defaults(NAME)
    found = {name: list(v) if isinstance(v := said[name], tuple | list) else v for name in DEFAULTS if name in said}

    expect_equal(
        found,
        {name: DEFAULTS[name] for name in found},
        call=f"{NAME}(X, y)",
        what=Text("the handout's defaults", "les valeurs par défaut de l'énoncé"),
    )


@question(NAME)
@check(
    "reaches",
    en="Epochs and batch size reach the training",
    fr="Époques et taille de lot servent à l'entraînement",
    weight=2,
)
def test_reaches(student: Student) -> None:
    """The best estimator's model, where it can be found, has made the steps that its parameters ask for."""
    epochs, size = tried(attribute(student, "best_params_"))
    steps = _steps_made(student)
    if steps is None or not all(isinstance(number, int | np.integer) for number in (epochs, size)):
        return
    expect_equal(
        steps,
        epochs * -(-ROWS // size),
        call=f"{CALL}.best_estimator_: optimizer steps with {epochs} epochs, batch size {size}",
        what=Text("epochs times batches", "époques fois nombre de lots"),
        hint=Text("Are both passed on to the model's fit?", "Les deux sont-ils transmis au fit du modèle ?"),
    )


def _steps_made(student: Student) -> int | None:
    """Return the steps of the refitted model; None where it is kept in a place of its own or was not trained."""
    return next((model["optimizer"]["steps"] for model in _trained(student)), None)


def _trained(student: Student) -> Iterator[dict[str, Any]]:
    """Yield the descriptions of the models that the best estimator keeps, by whatever name, and has trained."""
    for place in _estimators(searched(student)):
        try:
            kept = place.attribute("__dict__")
        except Raised:
            continue
        for value in kept.values() if isinstance(kept, dict) else ():
            model = value.describe() if isinstance(value, RemoteModel) else {}
            optimizer = model.get("optimizer")
            steps = optimizer.get("steps") if isinstance(optimizer, dict) else None
            if isinstance(steps, int) and steps > 0:
                yield model


def _estimators(search: Opaque) -> list[Opaque]:
    """Return the best estimator and, where it is a pipeline, its steps; nothing where there was no refit."""
    found: list[Opaque] = []
    try:
        best = search.attribute("best_estimator_")
        found = [best] if isinstance(best, Opaque) else []
        steps = best.attribute("steps") if found else []
    except Raised:
        return found
    pairs = [step for step in steps if isinstance(step, list | tuple) and step] if isinstance(steps, list) else []
    return found + [pair[-1] for pair in pairs if isinstance(pair[-1], Opaque)]
