"""Random numbers that are the same to the bit on every machine, because the embedded sets have a pinned checksum.

NumPy promises a stable stream for the raw output of a bit generator, not for the methods of ``Generator``.
So everything here is made of raw 64-bit words and of operations that IEEE 754 rounds exactly.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Draws", "Field"]

# float32; NumPy's stubs lose that in mixed arithmetic, so the alias does not promise it.
Field = NDArray[Any]


class Draws:
    """A seeded stream of uniform, bell-shaped and discrete draws; every call continues the stream."""

    def __init__(self, seed: int) -> None:
        """Start the stream of one seed."""
        self._bits = np.random.PCG64(seed)

    def uniform(self, low: float, high: float, *shape: int) -> Field:
        """Draw float32 numbers of ``shape`` from [low, high), on a lattice of 2^24 steps."""
        steps = (self._words(prod(shape)) >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)
        return (np.float32(low) + steps * np.float32(high - low)).reshape(shape)

    def integers(self, bound: int, *shape: int) -> NDArray[np.int64]:
        """Draw int64 numbers of ``shape`` from 0 to ``bound`` - 1 (bias below 2^-30)."""
        return ((self._words(prod(shape)) >> np.uint64(33)) % np.uint64(bound)).astype(np.int64).reshape(shape)

    def chance(self, probability: float, *shape: int) -> Field:
        """Draw 1.0 with ``probability`` and 0.0 otherwise, float32 of ``shape``."""
        return (self.uniform(0.0, 1.0, *shape) < np.float32(probability)).astype(np.float32)

    def sign(self, *shape: int) -> Field:
        """Draw -1.0 or 1.0, float32 of ``shape``."""
        return self.chance(0.5, *shape) * np.float32(2.0) - np.float32(1.0)

    def bell(self, deviation: float, *shape: int) -> Field:
        """Draw float32 numbers of ``shape`` around 0: the sum of four bytes, close to a Gaussian."""
        count = prod(shape)
        octets = self._words((count + 1) // 2).astype("<u8").view(np.uint8).reshape(-1, 4).astype(np.int16)
        sums = (octets[:, 0] + octets[:, 1] + octets[:, 2] + octets[:, 3] - 510)[:count]
        # Four uniform bytes have a variance of 4 * (256^2 - 1) / 12, a deviation of 147.8.
        return (sums.astype(np.float32) * np.float32(deviation / 147.8)).reshape(shape)

    def order(self, count: int) -> NDArray[np.int64]:
        """Draw a permutation of 0 to ``count`` - 1, int64 (count,)."""
        return np.argsort(self._words(count), kind="stable").astype(np.int64)

    def _words(self, count: int) -> NDArray[np.uint64]:
        return np.asarray(self._bits.random_raw(count), dtype=np.uint64)
