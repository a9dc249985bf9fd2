"""Tell from the losses of a training which optimizer made them, whatever its rate.

The problem has one number to learn.  Its training examples are all alike and fit in one batch, so the loss of an epoch is
that of the weights before its step.  A softmax of two classes on one feature x has one quantity that matters, z, the
difference of the two logits: the loss is log(1 + exp(-z)), and both weights move by the same amount in opposite
directions.  The first step gives the rate, and the rate gives all the other steps.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["X_VALUE", "recognise"]

X_VALUE = 5.0


def z_of(loss: float) -> float:
    """Return z, given the loss."""
    return -float(np.log(np.expm1(max(loss, 1e-12))))


def _slope(z: float) -> float:
    """Return how fast the loss falls with the weights: x times the probability of the wrong class."""
    return X_VALUE / (1 + np.exp(z))


def _descend(zs: list[float], n: int, momentum: float, nesterov: bool = False) -> list[float]:
    """Go on from the first two values of z as gradient descent does; its rate follows from the first step."""
    gain = 1 + momentum if nesterov else 1.0
    rate = (zs[1] - zs[0]) / (2 * X_VALUE * _slope(zs[0]) * gain)
    path, velocity = zs[:2], rate * _slope(zs[0])
    while len(path) < n:
        velocity = momentum * velocity + rate * _slope(path[-1])
        step = momentum * velocity + rate * _slope(path[-1]) if nesterov else velocity
        path = [*path, path[-1] + 2 * X_VALUE * step]
    return path


def _adapt(zs: list[float], n: int) -> list[float]:
    """Go on from the first two values of z as Adam does, whose first step has the size of its rate."""
    rate = (zs[1] - zs[0]) / (2 * X_VALUE)
    path, m, v = zs[:2], 0.1 * _slope(zs[0]), 0.001 * _slope(zs[0]) ** 2
    while len(path) < n:
        t, gradient = len(path), _slope(path[-1])
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        path = [*path, path[-1] + 2 * X_VALUE * rate * (m / (1 - 0.9**t)) / np.sqrt(v / (1 - 0.999**t))]
    return path


def _root_mean_square(zs: list[float], n: int) -> list[float]:
    """Go on as RMSprop does, the optimizer that the builder has compiled: it should have been replaced."""
    rate = (zs[1] - zs[0]) / (2 * X_VALUE) * np.sqrt(0.1)
    path, v = zs[:2], 0.1 * _slope(zs[0]) ** 2
    while len(path) < n:
        v = 0.9 * v + 0.1 * _slope(path[-1]) ** 2
        path = [*path, path[-1] + 2 * X_VALUE * rate * _slope(path[-1]) / np.sqrt(v)]
    return path


CONTINUATIONS: dict[str, Callable[[list[float], int], list[float]]] = {
    "sgd": lambda zs, n: _descend(zs, n, 0.0),
    "momentum": lambda zs, n: _descend(zs, n, 0.9),
    "adam": _adapt,
    "momentum (Nesterov)": lambda zs, n: _descend(zs, n, 0.9, nesterov=True),
    "rmsprop": _root_mean_square,
}


def recognise(curve: list[float]) -> tuple[str, float]:
    """Return the optimizer that explains a curve of losses best, and how far off it is."""
    zs = [z_of(loss) for loss in curve]
    errors = {}
    for name, go_on in CONTINUATIONS.items():
        predicted = np.log1p(np.exp(-np.array(go_on(zs, len(zs)))))
        errors[name] = float(np.abs(predicted - curve).max())
    best = min(errors, key=lambda name: errors[name])
    return best, errors[best]
