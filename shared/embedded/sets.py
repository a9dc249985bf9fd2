"""Puts the embedded data sets together: which drawer, how many pictures, which seed, which checksum.

Nothing is drawn at import.  The arrays are a function of ``VERSION`` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

from shared.dataspecs import Arrays, Name, digest, spec_of
from shared.embedded.draws import Draws

__all__ = ["CHECKSUMS", "SIZES", "VERSION", "generate", "is_pinned"]

# Raise it whenever a byte of a set changes: it names the cached files.
VERSION = 1
# sha256 of each set, as ``shared.dataspecs.digest`` takes it.
CHECKSUMS: dict[Name, str] = {
    "mnist": "ae7a024d2a62de93cfdc23e17578faa5c921482452f33ce370bb08bf887a483c",
    "fashion_mnist": "03ff4a22de093d664f222b3513b16394c0e7ab460b9c074acbe9c969997cd548",
    "cifar10": "cd78c437cfed092ea97f8c47e178ff6e5375a062f73ed4bf56a1ab0632c2351a",
    "signs": "e094de65accfa327746b7476d7200e633d991cbad6f71fe863e4121688cc9242",
}
# Pictures of each class, in the training and in the test part.
SIZES: dict[Name, tuple[int, int]] = {
    "mnist": (400, 100),
    "fashion_mnist": (400, 100),
    "cifar10": (650, 150),
    "signs": (180, 20),
}
_SEEDS: dict[Name, int] = {"mnist": 1998, "fashion_mnist": 2017, "cifar10": 2009, "signs": 2005}
_DRAWN: dict[Name, str] = {"fashion_mnist": "garments", "cifar10": "objects", "signs": "hands"}
# Pictures drawn at a time: their fields of floats fit a processor's cache.
_BATCH = 50

Drawer = Callable[[int, Draws], NDArray[np.uint8]]
Part = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def generate(name: Name) -> Arrays:
    """Draw one data set from its seed, without reading or writing any file of ours.

    Args:
        name: The data set.

    Returns:
        ``((x_train, y_train), (x_test, y_test))`` as :func:`shared.datasets.load` describes them; classes balanced,
        order shuffled.
    """
    train, test = _parts(name)
    spec = spec_of(name)
    return (train[0], spec.shaped_labels(train[1])), (test[0], spec.shaped_labels(test[1]))


def is_pinned(name: Name, arrays: Arrays) -> bool:
    """Tell whether arrays are, to the byte, the embedded set of this version."""
    return digest(arrays) == CHECKSUMS[name]


def _parts(name: Name) -> Sequence[Part]:
    if name == "mnist":
        from shared.embedded.digits import render_digits  # noqa: PLC0415 - only what is asked for is loaded

        return render_digits(SIZES[name], _SEEDS[name])
    drawers: tuple[Drawer, ...] = import_module(f"shared.embedded.{_DRAWN[name]}").DRAWERS
    # The two parts have streams of their own: a change of size of one leaves the other alone.
    return [_drawn(drawers, wanted, Draws(_SEEDS[name] * 10 + part)) for part, wanted in enumerate(SIZES[name])]


def _drawn(drawers: tuple[Drawer, ...], per_class: int, draws: Draws) -> Part:
    """Draw ``per_class`` pictures of each class and shuffle them."""
    batches = [_BATCH] * (per_class // _BATCH) + [per_class % _BATCH] * (per_class % _BATCH > 0)
    images = np.concatenate([draw(size, draws) for draw in drawers for size in batches])
    labels = np.repeat(np.arange(len(drawers), dtype=np.uint8), per_class)
    order = draws.order(len(labels))
    return images[order], labels[order]
