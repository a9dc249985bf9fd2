"""print_model_error_rate and compare_error_rates: models of ours whose accuracy is known beforehand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.calls import expect_kept
from autograder.student import RemoteModel, Student
from autograder.suite import check, question
from shared.assertions import expect_array, expect_equal, fail
from shared.text import Text

from .conftest import Toy, one_hot

PRINT = "print_model_error_rate(model, X_test, y_test)"
COMPARE = "compare_error_rates(models, X_test, y_test)"


def labelled(toy: Toy, n: int, right: int) -> tuple[np.ndarray, np.ndarray]:
    """Return images and one-hot labels on which the reader model is right ``right`` times out of ``n``."""
    labels = np.arange(n) % 10
    claimed = labels.copy()
    claimed[right:] = (claimed[right:] + 1) % 10
    return toy.readable(labels), one_hot(claimed)


def printed(student: Student, toy: Toy, n: int, right: int) -> str:
    """Return what the student's function prints for a model of known accuracy."""
    compute = lambda: student.call("print_model_error_rate", toy.reader(), *labelled(toy, n, right)).output  # noqa: E731
    return student.once(("printed", n, right), compute)


def lines(text: str) -> list[str]:
    """Return the printed lines without spaces at their ends and without empty lines at the end."""
    return [line.rstrip() for line in text.rstrip("\n").split("\n")]


def expect_lines(text: str, score: str, error: str) -> None:
    """Expect exactly the two lines of the handout; name what is wrong with them."""
    wanted = [f"Model score : {score}%", f"Model error rate : {error}%"]
    found = lines(text)
    if found == wanted:
        return
    shown = "\n".join(found[:4])[:300]
    fail(
        Text(f"{PRINT} printed:\n{shown}\nexpected:\n", f"{PRINT} a affiché :\n{shown}\nattendu :\n")
        + Text.same("\n".join(wanted)),
        _name_mistake(found, wanted, score, error),
    )


def _name_mistake(found: list[str], wanted: list[str], score: str, error: str) -> Text | None:
    swapped = [f"Model score : {error}%", f"Model error rate : {score}%"]
    if found == swapped:
        return Text("The score and the error rate are swapped.", "Le score et le taux d'erreur sont échangés.")
    if found == [line.rstrip("%") for line in wanted]:
        return Text("The sign % is missing.", "Il manque le signe %.")
    if all(line in found for line in wanted):
        return Text(
            "The two lines are there, and something else: evaluate(..., verbose=0) prints no bar.",
            "Les deux lignes y sont, et autre chose : evaluate(..., verbose=0) n'affiche pas de barre.",
        )
    if found and "0." in found[0] and len(found) == 2:
        return Text("A percentage is 100 times the share.", "Un pourcentage vaut 100 fois la proportion.")
    if [line.replace(" ", "") for line in found] == [line.replace(" ", "") for line in wanted]:
        return Text(
            "The spaces differ: one before and one after the colon.",
            "Les espaces diffèrent : un avant et un après les deux-points.",
        )
    return Text('Two decimals: f"{value:.2f}%".', 'Deux décimales : f"{value:.2f}%".')


@question("print_model_error_rate")
@check("score", en="The score line", fr="La ligne du score", weight=2)
def test_score(student: Student, toy: Toy) -> None:
    """The line of the score is printed with the right value."""
    found = lines(printed(student, toy, 40, 39))

    if "Model score : 97.50%" not in found:
        expect_lines("\n".join(found), "97.50", "2.50")


@question("print_model_error_rate")
@check("error", en="The error rate line", fr="La ligne du taux d'erreur", weight=2)
def test_error(student: Student, toy: Toy) -> None:
    """The line of the error rate is printed with the right value."""
    found = lines(printed(student, toy, 40, 39))

    if "Model error rate : 2.50%" not in found:
        expect_lines("\n".join(found), "97.50", "2.50")


@question("print_model_error_rate")
@check("nothing_else", en="Two lines and nothing else", fr="Deux lignes et rien d'autre", weight=2)
def test_nothing_else(student: Student, toy: Toy, exhibit: Callable[..., None]) -> None:
    """The output is the two lines, in this order."""
    first = printed(student, toy, 40, 39)
    exhibit(
        "output",
        Text("What your function printed", "Ce que votre fonction a affiché"),
        text=first[:2000],
        truncated=len(first) > 2000,
    )

    expect_lines(first, "97.50", "2.50")


@question("print_model_error_rate")
@check("rounding", en="Rounding adds up to 100", fr="L'arrondi donne 100 au total")
def test_rounding(student: Student, toy: Toy) -> None:
    """2 and 11 of 13 are printed with two decimals that add up to 100; rounded to three first, they would not."""
    expect_lines(printed(student, toy, 13, 2), "15.38", "84.62")


@dataclass(frozen=True)
class Compared:
    """What comparing two models of known error rates gave, and the models before and after it."""

    value: object
    changed: tuple[str, ...]
    before: list[np.ndarray]
    after: list[np.ndarray]
    optimizers_before: list[Any]
    optimizers_after: list[Any]


def compared(student: Student, toy: Toy) -> Compared:
    """Compare two models, once a question."""
    return student.once("compared", lambda: _compare(student, toy))


def _compare(student: Student, toy: Toy) -> Compared:
    images, labels = labelled(toy, 40, 37)
    models = {name: student.make(toy.reader(shift)) for name, shift in (("a", 0), ("réseau b", 1))}
    optimizers_before = [_optimizer(model) for model in models.values()]
    reply = student.call("compare_error_rates", models, images, labels)
    before = [array for shift in (0, 1) for array in toy.reader(shift).weights]
    after = [array for model in models.values() for array in model.weights()]
    return Compared(
        reply.value, reply.changed, before, after, optimizers_before, [_optimizer(model) for model in models.values()]
    )


def _optimizer(model: RemoteModel) -> tuple[Any, Any]:
    """Return kind and rate of a model's optimizer: compiling anew would change them."""
    found = model.describe().get("optimizer")
    return (found.get("kind"), found.get("learning_rate")) if isinstance(found, dict) else (None, None)


@question("compare_error_rates")
@check("names", en="A dict with every model's name", fr="Un dictionnaire avec le nom de chaque modèle")
def test_names(student: Student, toy: Toy) -> None:
    """The keys are the models' names."""
    value = compared(student, toy).value

    expect_equal(
        sorted(value, key=str) if isinstance(value, dict) else value,
        ["a", "réseau b"],
        call=f"sorted({COMPARE})",
        what=Text("the names of the models, as keys of a dict", "les noms des modèles, clés d'un dictionnaire"),
    )


@question("compare_error_rates")
@check("values", en="Error rates in percent", fr="Taux d'erreur en pour cent", weight=2)
def test_values(student: Student, toy: Toy) -> None:
    """Each value is 100 · (1 − accuracy) of its own model."""
    value = compared(student, toy).value
    found = value if isinstance(value, dict) else {}
    rates = np.array([7.5, 92.5])

    expect_array(
        [found.get(name) for name in ("a", "réseau b")] if found else value,
        rates,
        call=f"[{COMPARE}[name] for name in models]",
        rtol=1e-3,
        atol=1e-2,
        what=Text("100 · (1 − accuracy)", "100 · (1 − exactitude)"),
        mistakes=(
            (rates / 100, Text("these are fractions, not percentages", "ce sont des proportions, pas des pour cent")),
            (100 - rates, Text("this is the accuracy, not the error rate", "c'est l'exactitude, pas le taux d'erreur")),
            (1 - rates / 100, Text("this is the accuracy, as a fraction", "c'est l'exactitude, en proportion")),
        ),
    )


@question("compare_error_rates")
@check("unchanged", en="Leaves models and data as they are", fr="Laisse modèles et données tels quels")
def test_unchanged(student: Student, toy: Toy) -> None:
    """Comparing neither trains nor compiles: weights and optimizers are the same after it, and so is the dict."""
    found = compared(student, toy)
    value, before, after = found.value, found.before, found.after
    expect_equal(
        isinstance(value, dict), True, call=f"isinstance({COMPARE}, dict)", what=Text("a dict", "un dictionnaire")
    )

    same = len(before) == len(after) and all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    expect_equal(
        same, True, call=COMPARE, what=Text("weights the same before and after", "poids identiques avant et après")
    )
    expect_equal(
        found.optimizers_after,
        found.optimizers_before,
        call=f"optimizers after {COMPARE}",
        what=Text("those the models were compiled with", "ceux avec lesquels les modèles ont été compilés"),
        hint=Text("Do not call compile.", "N'appelez pas compile."),
    )
    expect_kept(found.changed, COMPARE, ("models", "X_test", "y_test"))
