"""What a data set must look like, wherever it comes from: the one place that knows shapes, label ranges and names."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

__all__ = ["NAMES", "Array", "Arrays", "Name", "Spec", "check", "digest", "spec_of"]

Name = Literal["mnist", "fashion_mnist", "cifar10", "signs"]
NAMES: tuple[Name, ...] = get_args(Name)
Array = NDArray[Any]
# ((x_train, y_train), (x_test, y_test))
Arrays = tuple[tuple[Array, Array], tuple[Array, Array]]

_DIGITS = tuple("0123456789")
_FASHION = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
_CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@dataclass(frozen=True, slots=True)
class Spec:
    """The form of one data set.

    Attributes:
        classes: Names of the classes; a label is an index into them.
        image_shape: Shape of one image, uint8 0 to 255.
        label_shape: Shape of one label: () or, as Keras has it for CIFAR-10, (1,).
        label_dtype: Type of the labels.
        real: Digest of the real copy that the course was made with (see docs/datasets.md).
    """

    classes: tuple[str, ...]
    image_shape: tuple[int, ...]
    real: str
    label_shape: tuple[int, ...] = ()
    label_dtype: str = "uint8"

    def shaped_labels(self, labels: Array) -> Array:
        """Return labels (n,) in this set's shape and type."""
        return labels.astype(self.label_dtype).reshape(len(labels), *self.label_shape)


_SPECS: dict[Name, Spec] = {
    "mnist": Spec(_DIGITS, (28, 28), "0edce7ea46b7b3bc6c29f4a35cdd2828ac1fc513931f00b7e08204c8fd0b007c"),
    "fashion_mnist": Spec(_FASHION, (28, 28), "86ec3963e985047f8d153125a4e2f14a4066efae3cc098665ae0cf085bb9d77a"),
    "cifar10": Spec(
        _CIFAR10, (32, 32, 3), "e497ea3c820ee9855a4e62d058b18af8fb5c3a2f3e5382264a487f00ea70f4e0", label_shape=(1,)
    ),
    # int64, as in the course's HDF5 files.
    "signs": Spec(
        _DIGITS[:6],
        (64, 64, 3),
        "923ff181a9d106c3a2c3f0fa51469aeb388c7448530e9d56ca39c6c210a39b26",
        label_dtype="int64",
    ),
}


def spec_of(name: str) -> Spec:
    """Return the form of a data set.

    Raises:
        ValueError: There is no data set of that name.
    """
    if name not in _SPECS:
        message = f"unknown data set {name!r}: choose one of {', '.join(NAMES)}"
        raise ValueError(message)
    return _SPECS[name]


def check(name: Name, arrays: Arrays, where: str) -> Arrays:
    """Check that arrays have the form of a data set; return them with the labels' type made right.

    Args:
        name: The data set that they are said to be.
        arrays: ``((x_train, y_train), (x_test, y_test))``.
        where: The file or folder that they come from, for the message.

    Raises:
        ValueError: A shape, a type or a label is wrong; the text names ``where`` and the remedy.
    """
    spec = spec_of(name)
    for part, (images, labels) in zip(("train", "test"), arrays, strict=True):
        trouble = _trouble(spec, images, labels)
        if trouble:
            message = (
                f"{where}: the {part} part is not {name}: {trouble}. "
                f"Replace the file, or write it with shared.datasets.save({name!r}, folder, arrays)."
            )
            raise ValueError(message)
    (x_train, y_train), (x_test, y_test) = arrays
    return (x_train, y_train.astype(spec.label_dtype)), (x_test, y_test.astype(spec.label_dtype))


def _trouble(spec: Spec, images: Array, labels: Array) -> str:
    """Say what is wrong with one part; an empty text where nothing is."""
    if images.dtype != np.uint8 or images.shape[1:] != spec.image_shape:
        expected = ", ".join(str(side) for side in spec.image_shape)
        return f"images are {images.dtype} {images.shape}, expected uint8 (n, {expected})"
    if not np.issubdtype(labels.dtype, np.integer) or labels.shape != (len(images), *spec.label_shape):
        return f"labels are {labels.dtype} {labels.shape}, expected integers {(len(images), *spec.label_shape)}"
    if not len(images):
        return "it has no rows"
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= len(spec.classes):
        return f"labels run from {low} to {high}, expected 0 to {len(spec.classes) - 1}"
    return ""


def digest(arrays: Arrays) -> str:
    """Return the sha256 of arrays: their types, shapes and bytes, whatever file they came from."""
    total = hashlib.sha256()
    for part in arrays:
        for array in part:
            little = array.astype(array.dtype.newbyteorder("<"), copy=False)
            total.update(f"{little.dtype.str} {little.shape} ".encode())
            total.update(np.ascontiguousarray(little).data)
    return total.hexdigest()
