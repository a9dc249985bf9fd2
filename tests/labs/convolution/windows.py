"""The oracle of this lab: convolution and pooling written with loops, slow and obvious."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

__all__ = ["convolve", "pool"]


def convolve(
    image: np.ndarray, kernels: np.ndarray, bias: np.ndarray | None = None, *, stride: int = 1, padding: int = 0
) -> np.ndarray:
    """Return the cross-correlation (H', W', C) of an image (H, W, D) with kernels (k_h, k_w, D, C)."""
    padded = np.pad(np.asarray(image, float), ((padding, padding), (padding, padding), (0, 0)))
    height, width, _channels, filters = kernels.shape
    rows, columns = _counts(padded.shape[:2], (height, width), stride)
    maps = np.zeros((rows, columns, filters))
    for row, column, window in _windows(padded, (height, width), stride):
        maps[row, column] = np.tensordot(window, kernels, axes=3)
    return maps if bias is None else maps + bias


def pool(image: np.ndarray, size: int, stride: int, reduce: Callable[..., np.ndarray]) -> np.ndarray:
    """Return what ``reduce`` makes of each complete window of an image (H, W) or (H, W, D)."""
    whole = image if image.ndim == 3 else image[..., np.newaxis]
    rows, columns = _counts(whole.shape[:2], (size, size), stride)
    pooled = np.zeros((rows, columns, whole.shape[2]))
    for row, column, window in _windows(whole, (size, size), stride):
        pooled[row, column] = reduce(window, axis=(0, 1))
    return pooled if image.ndim == 3 else pooled[..., 0]


def _counts(sides: tuple[int, ...], window: tuple[int, int], stride: int) -> tuple[int, int]:
    return (sides[0] - window[0]) // stride + 1, (sides[1] - window[1]) // stride + 1


def _windows(image: np.ndarray, size: tuple[int, int], stride: int) -> Iterator[tuple[int, int, np.ndarray]]:
    rows, columns = _counts(image.shape[:2], size, stride)
    for row in range(rows):
        for column in range(columns):
            top, left = row * stride, column * stride
            yield row, column, image[top : top + size[0], left : left + size[1]]
