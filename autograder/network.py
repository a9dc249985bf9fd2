"""The oracle of the suites for networks: a forward pass in NumPy, slow and obvious, from weights given as arrays.

A student's network is right when it computes what this computes from the same weights, whatever its layers are called
and however they are put together.  Images are (n, height, width, channels) here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

__all__ = ["Kernels", "Plan", "Stage", "forward", "random_weights", "sort_kernels"]

Activation = Callable[[np.ndarray], np.ndarray]
# A kernel and its bias.
Pair = tuple[np.ndarray, np.ndarray | None]


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a network: ``conv``, ``dense``, ``max_pool``, ``average_pool`` or ``flatten``.

    ``same`` pads a convolution so that it keeps the size; ``rounds_up`` lets a pooling's last windows be incomplete.
    """

    kind: str
    activation: str = "linear"
    size: int = 2
    same: bool = False
    rounds_up: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A network's steps, and how it lays out images: transposed or not, flattened channels first or last."""

    stages: tuple[Stage, ...]
    transposed: bool = False
    channels_first: bool = False

    def layouts(self) -> Iterator[Plan]:
        """Yield the plan in every layout that is equally right."""
        for transposed in (False, True):
            for channels_first in (False, True):
                yield replace(self, transposed=transposed, channels_first=channels_first)


@dataclass(frozen=True, slots=True)
class Kernels:
    """A network's weights by role: (kernel, bias) of each convolution and of each dense layer, in order of use."""

    convolutions: tuple[tuple[np.ndarray, np.ndarray | None], ...]
    dense: tuple[tuple[np.ndarray, np.ndarray | None], ...]


def sort_kernels(weights: Sequence[np.ndarray], channels: int = 1) -> Kernels | None:
    """Find the order of use from shapes alone: each kernel takes what the one before gives.

    Args:
        weights: all arrays of a model, in the model's order; a bias follows its kernel directly.
        channels: channels of the input.

    Returns:
        The kernels in order, or None where the shapes do not form one chain of convolutions and then dense layers.
    """
    pairs = _pairs(weights)
    if pairs is None:
        return None
    convolutions = _chain([pair for pair in pairs if pair[0].ndim == 4], channels)  # noqa: PLR2004
    rest = [pair for pair in pairs if pair[0].ndim == 2]  # noqa: PLR2004
    if convolutions is None or len(rest) + len(convolutions) != len(pairs):
        return None
    starts = [
        pair for pair in rest if not any(other[0].shape[1] == pair[0].shape[0] for other in rest if other is not pair)
    ]
    for start in starts or rest[:1]:
        dense = _chain(rest, start[0].shape[0])
        if dense is not None:
            return Kernels(tuple(convolutions), tuple(dense))
    return None


def random_weights(weights: Sequence[np.ndarray], seed: int) -> list[np.ndarray]:
    """Return arrays of the same shapes, drawn so that signals neither die nor saturate, biases included."""
    rng = np.random.default_rng(seed)
    drawn = []
    for array in weights:
        fan_in = int(np.prod(array.shape[:-1])) if array.ndim > 1 else 1
        scale = np.sqrt(2.0 / fan_in) if array.ndim > 1 else 0.2
        drawn.append((rng.standard_normal(array.shape) * scale).astype(np.float32))
    return drawn


def forward(plan: Plan, kernels: Kernels, images: np.ndarray) -> np.ndarray | None:
    """Compute a network's outputs; None where the weights do not fit the plan.

    Args:
        plan: the steps.
        kernels: the weights; as many convolutions and dense layers as the plan has.
        images: float, (n, height, width, channels).
    """
    value = images.astype(np.float64)
    if plan.transposed and value.ndim == 4:  # noqa: PLR2004
        value = value.transpose(0, 2, 1, 3)
    convolutions, dense = iter(kernels.convolutions), iter(kernels.dense)
    for stage in plan.stages:
        try:
            value = _step(stage, value, convolutions, dense, channels_first=plan.channels_first)
        except (StopIteration, ValueError):
            return None
    unused = next(convolutions, None) or next(dense, None)
    return None if unused is not None else value


def _step(
    stage: Stage, value: np.ndarray, convolutions: Iterator[Any], dense: Iterator[Any], *, channels_first: bool
) -> np.ndarray:
    if stage.kind == "conv":
        return ACTIVATIONS[stage.activation](_convolve(value, *next(convolutions), same=stage.same))
    if stage.kind == "dense":
        kernel, bias = next(dense)
        return ACTIVATIONS[stage.activation](value @ kernel + (0 if bias is None else bias))
    if stage.kind == "flatten":
        turned = channels_first and value.ndim == 4  # noqa: PLR2004
        return (value.transpose(0, 3, 1, 2) if turned else value).reshape(len(value), -1)
    return _pool(value, stage)


def _convolve(images: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None, *, same: bool) -> np.ndarray:
    height, width = kernel.shape[:2]
    if same:
        pads = [((side - 1) // 2, side // 2) for side in (height, width)]
        images = np.pad(images, ((0, 0), *pads, (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(images, (height, width), axis=(1, 2))
    # windows: (n, rows, columns, channels, height, width); kernel: (height, width, channels, filters).
    flat = windows.transpose(0, 1, 2, 4, 5, 3).reshape(*windows.shape[:3], -1)
    return flat @ kernel.reshape(-1, kernel.shape[-1]).astype(np.float64) + (0 if bias is None else bias)


def _pool(images: np.ndarray, stage: Stage) -> np.ndarray:
    n, height, width, channels = images.shape
    size = stage.size
    rows, columns = (-(-side // size) if stage.rounds_up else side // size for side in (height, width))
    # What lies beyond the image is not a number, which the reductions leave out.
    missing = [(0, max(0, count * size - side)) for count, side in ((rows, height), (columns, width))]
    whole = np.pad(images, ((0, 0), *_halved(missing), (0, 0)), constant_values=np.nan)
    cut = whole[:, : rows * size, : columns * size].reshape(n, rows, size, columns, size, channels)
    reduced: np.ndarray = (np.nanmax if stage.kind == "max_pool" else np.nanmean)(cut, axis=(2, 4))
    return reduced


def _halved(missing: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Share padding out as Keras does: half before, and one more after where it is odd."""
    return [(total // 2, total - total // 2) for _none, total in missing]


def _softmax(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values - values.max(axis=-1, keepdims=True))
    softmax: np.ndarray = powers / powers.sum(axis=-1, keepdims=True)
    return softmax


ACTIVATIONS: dict[str, Activation] = {
    "linear": lambda values: values,
    "relu": lambda values: np.maximum(values, 0),
    "sigmoid": lambda values: 1 / (1 + np.exp(-np.clip(values, -500, 500))),
    "softmax": _softmax,
    "tanh": np.tanh,
}


def _pairs(weights: Sequence[np.ndarray]) -> list[Pair] | None:
    """Give each kernel its bias: the one that follows it or, where a model keeps its own arrays, the first that fits."""
    pairs: list[Pair] = []
    for array in weights:
        if array.ndim in (2, 4):
            pairs.append((array, None))
        elif array.ndim != 1:
            return None
        elif pairs and _takes(pairs[-1], array):
            pairs[-1] = (pairs[-1][0], array)
        else:
            place = next((place for place, pair in enumerate(pairs) if _takes(pair, array)), None)
            if place is None:
                return None
            pairs[place] = (pairs[place][0], array)
    return pairs


def _takes(pair: Pair, bias: np.ndarray) -> bool:
    return pair[1] is None and pair[0].shape[-1] == bias.size


def _chain(pairs: Sequence[Pair], width: int) -> list[Pair] | None:
    """Order pairs so that each takes as many channels as the last one gives; model order breaks ties.

    Such an order goes once along each edge of the graph from channels in to channels out, and is found as such: where
    the way ends too early, what is left is put in before its end.
    """
    waiting = list(pairs)
    way: list[tuple[int, list[Pair]]] = [(width, [])]
    ordered: list[Pair] = []
    while way:
        fitting = next((pair for pair in waiting if pair[0].shape[-2] == way[-1][0]), None)
        if fitting is None:
            ordered = way.pop()[1] + ordered
        else:
            waiting = [pair for pair in waiting if pair is not fitting]
            way.append((fitting[0].shape[-1], [fitting]))
    given = [width, *(pair[0].shape[-1] for pair in ordered)]
    return None if waiting or any(pair[0].shape[-2] != n for pair, n in zip(ordered, given, strict=False)) else ordered
