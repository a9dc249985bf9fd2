"""The short lesson that tells a network that learns from one that does not: cards of one colour each, with some grain.

Hands would take plain SGD at the rate 0.01 many epochs; six colours it learns to tell apart in a few dozen steps.
"""

from __future__ import annotations

import numpy as np

from autograder.training import Schedule

__all__ = ["lesson"]

_COLOURS = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1]], dtype=np.float64)
_TRAINING, _VALIDATION, _TEST = 36, 12, 60


def lesson() -> Schedule:
    """Return three epochs of nine steps; the network answers with the number of the colour."""
    sizes = (_TRAINING, _VALIDATION, _TEST)
    (X, y), (X_validation, y_validation), (X_test, y_test) = (_cards(n, seed) for seed, n in enumerate(sizes))
    one_hot = np.eye(len(_COLOURS), dtype=np.float32)
    return Schedule(X, one_hot[y], X_validation, one_hot[y_validation], X_test, y_test, epochs=3, batch_size=4)


def _cards(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return cards, float32 (n, 64, 64, 3) in [0, 1], and the numbers of their colours, (n,)."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % len(_COLOURS))
    brightness = 0.8 * rng.uniform(0.6, 1.0, (n, 1, 1, 1))
    grain = 0.2 * rng.random((n, 64, 64, 3))
    return (_COLOURS[labels][:, None, None] * brightness + grain).astype(np.float32), labels
