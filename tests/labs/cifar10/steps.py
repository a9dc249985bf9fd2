"""What the steps of an optimizer show: gradient descent, momentum and Adam written out in NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograder.student import Opaque, Student
from shared.assertions import FLOAT32, expect_array, expect_equal
from shared.text import Text

__all__ = ["PATHS", "expect_steps"]

START = np.array([0.5, -1.0, 2.0], np.float32)
GRADIENTS = [
    np.array(row, np.float32) for row in ([1.0, -2.0, 0.5], [0.8, 1.5, 0.4], [-0.3, 0.2, 0.1], [0.1, 0.1, -2.0])
]
Path = Callable[[float], list[np.ndarray]]


def sgd_path(rate: float, momentum: float = 0.0, nesterov: bool = False) -> list[np.ndarray]:
    """Return the values that gradient descent gives the variable."""
    w, velocity, path = START.astype(np.float64), np.zeros(3), []
    for gradient in GRADIENTS:
        velocity = momentum * velocity - rate * gradient
        w = w + (momentum * velocity - rate * gradient if nesterov else velocity)
        path.append(w)
    return path


def adam_path(rate: float, beta_1: float = 0.9, beta_2: float = 0.999) -> list[np.ndarray]:
    """Return the values that Adam gives the variable."""
    w, m, v, path = START.astype(np.float64), np.zeros(3), np.zeros(3), []
    for step, gradient in enumerate(GRADIENTS, start=1):
        m, v = beta_1 * m + (1 - beta_1) * gradient, beta_2 * v + (1 - beta_2) * gradient.astype(np.float64) ** 2
        w = w - rate * (m / (1 - beta_1**step)) / (np.sqrt(v / (1 - beta_2**step)) + 1e-7)
        path.append(w)
    return path


PATHS: dict[str, Path] = {
    "sgd": sgd_path,
    "momentum": lambda rate: sgd_path(rate, 0.9),
    "adam": adam_path,
}
WRONG_PATHS: dict[str, tuple[Path, Text]] = {
    "nesterov": (
        lambda rate: sgd_path(rate, 0.9, nesterov=True),
        Text("with Nesterov's variant", "avec la variante de Nesterov"),
    ),
    "half": (lambda rate: sgd_path(rate, 0.5), Text("its momentum is 0.5, not 0.9", "son moment vaut 0.5, non 0.9")),
}


def expect_steps(student: Student, name: str, rate: float | None) -> None:
    """Expect an optimizer to make the right steps, with a rate given or with the default."""
    given = () if rate is None else (rate,)
    call = f"make_optimizer({', '.join(map(repr, (name, *given)))})"
    found = student.make_optimizer(name, **({} if rate is None else {"learning_rate": rate}))
    if not isinstance(found, Opaque) or "Optimizer" not in " ".join(
        map(str, student.optimizer(found).get("bases") or [])
    ):
        what = Text("a Keras optimizer", "un optimiseur de Keras")
        expect_equal(getattr(found, "type_name", found), "Optimizer", call=f"type({call})", what=what)
    used = 0.01 if rate is None else rate
    others = [
        *(
            (path, Text(f"these are the steps of {other!r}", f"ce sont les pas de {other!r}"))
            for other, path in PATHS.items()
            if other != name
        ),
        *WRONG_PATHS.values(),
    ]
    mistakes = [(path(used), words) for path, words in others]
    slow = Text("its learning rate is 0.001", "son taux d'apprentissage vaut 0.001")
    standard = Text(
        "its learning rate is 0.01 whatever is given", "son taux d'apprentissage vaut 0.01 quoi qu'on donne"
    )
    mistakes += [(PATHS[name](0.001), slow), (PATHS[name](0.01), standard)]
    expect_array(
        student.optimizer_path(found, START, GRADIENTS),
        PATHS[name](used),
        call=f"{call}: a weight after each of four gradients",
        rtol=FLOAT32["rtol"],
        atol=1e-5,
        what=Text(f"steps of rate {used:g}", f"des pas de taux {used:g}"),
        mistakes=mistakes,
    )
