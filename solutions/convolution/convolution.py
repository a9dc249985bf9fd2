"""What a convolution computes, in NumPy; then LeNet, the network that made convolutions known, and its reuse.

Lab ``convolution``, after course document T, *TD keras & réseaux convolutionnels*, and the lecture.  See the handout.

Write each function below its docstring, in place of the line that raises ``NotImplementedError``.  Names, arguments and
their order are fixed, how you write them is up to you.  Images are *channels last*: ``(n, 28, 28, 1)``.
"""

from __future__ import annotations

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers
from matplotlib.figure import Figure

from shared import datasets

Pair = tuple[np.ndarray, np.ndarray]  # images and their labels


def conv1d(signal: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Slide a kernel along a signal: O(t) = Σ I(t + a) K(a), without padding, the kernel not turned round.

    Args:
        signal: ``(n,)``, integers or floats.
        kernel: ``(k,)``, 1 ≤ k ≤ n; the result is ``(n - k + 1,)``.

    Raises:
        ValueError: If the kernel is longer than the signal, or either is empty.

    Example:
        >>> conv1d(np.array([1, 0, 2, 4, 3]), np.array([3, 2])).tolist()
        [3, 4, 14, 18]
    """
    # BEGIN SOLUTION
    if not 1 <= len(kernel) <= len(signal):
        raise ValueError(f"kernel has {len(kernel)} values, signal {len(signal)}: it needs 1 to as many as signal")
    return np.lib.stride_tricks.sliding_window_view(signal, len(kernel)) @ kernel
    # END SOLUTION


def max_pool1d(signal: np.ndarray, size: int = 2, stride: int | None = None) -> np.ndarray:
    """Keep the largest value of each window of a signal; incomplete windows are dropped.

    Args:
        signal: ``(n,)``, n ≥ size; the result is ``(floor((n - size) / stride) + 1,)``.
        size: Values in a window.
        stride: Steps from one window to the next; ``size`` when None.

    Example:
        >>> max_pool1d(np.array([3, 4, 14, 18, 5])).tolist()
        [4, 18]
    """
    # BEGIN SOLUTION
    return np.lib.stride_tricks.sliding_window_view(signal, size)[:: stride or size].max(axis=1)
    # END SOLUTION


# BEGIN SOLUTION
def _windows(image: np.ndarray, size: tuple[int, ...], stride: int) -> np.ndarray:
    """Return all windows of an image (H, W) or (H, W, D), as (H', W', size) or (H', W', D, size)."""
    return np.lib.stride_tricks.sliding_window_view(image, size, axis=(0, 1))[::stride, ::stride]


# END SOLUTION


def conv2d(image: np.ndarray, kernel: np.ndarray, stride: int = 1, padding: int = 0) -> np.ndarray:
    """Slide a kernel over an image: O(i, j) = Σ I(is + u, js + v) K(u, v), s the stride, I padded with zeros.

    Args:
        image: ``(H, W)``.
        kernel: ``(k_h, k_w)``, not larger than the padded image.
        stride: Pixels from one place of the kernel to the next, down and to the right.
        padding: Rows and columns of zeros added on each of the four sides.

    Returns:
        ``(H', W')``, where H' = floor((H + 2 padding - k_h) / stride) + 1, and W' likewise.

    Raises:
        ValueError: If the kernel is larger than the padded image, ``stride`` < 1 or ``padding`` < 0.

    Example:
        >>> conv2d(np.arange(12).reshape(3, 4), np.array([[1, 0], [0, -1]])).tolist()
        [[-5, -5, -5], [-5, -5, -5]]
    """
    # BEGIN SOLUTION
    if stride < 1 or padding < 0:
        raise ValueError(f"stride is {stride} and padding {padding}: stride >= 1 and padding >= 0 must hold")
    padded = np.pad(image, padding)
    if kernel.shape[0] > padded.shape[0] or kernel.shape[1] > padded.shape[1]:
        raise ValueError(f"kernel {kernel.shape} is larger than the padded image {padded.shape}")
    return np.einsum("ijuv,uv->ij", _windows(padded, kernel.shape, stride), kernel)
    # END SOLUTION


def conv2d_multichannel(
    image: np.ndarray, kernels: np.ndarray, bias: np.ndarray | None = None, stride: int = 1, padding: int = 0
) -> np.ndarray:
    """Apply C filters to an image of D channels, as Keras's ``Conv2D`` does.

    Args:
        image: ``(H, W, D)``.
        kernels: ``(k_h, k_w, D, C)``; a filter adds up what its D kernels give on the D channels.
        bias: ``(C,)``, added to every place of a filter's map; no bias when None.
        stride: As in ``conv2d``.
        padding: As in ``conv2d``; the result is ``(H', W', C)`` with the same sides.

    Example:
        >>> conv2d_multichannel(np.ones((4, 5, 3)), np.ones((2, 2, 3, 1)), np.array([0.5]))[0, 0].tolist()
        [12.5]
    """
    # BEGIN SOLUTION
    padded = np.pad(image, ((padding, padding), (padding, padding), (0, 0)))
    maps = np.einsum("ijduv,uvdc->ijc", _windows(padded, kernels.shape[:2], stride), kernels)
    return maps if bias is None else maps + bias
    # END SOLUTION


def max_pool2d(image: np.ndarray, size: int = 2, stride: int | None = None) -> np.ndarray:
    """Keep the largest value of each square window, channel by channel; incomplete windows are dropped.

    Args:
        image: ``(H, W)`` or ``(H, W, D)``, sides ≥ size; the result is ``(H', W')`` or ``(H', W', D)``.
        size: Side of a window.
        stride: Pixels from one window to the next; ``size`` when None.  H' = floor((H - size) / stride) + 1.

    Example:
        >>> max_pool2d(np.arange(20).reshape(4, 5)).tolist()
        [[6, 8], [16, 18]]
    """
    # BEGIN SOLUTION
    return _windows(image, (size, size), stride or size).max(axis=(-2, -1))
    # END SOLUTION


def average_pool2d(image: np.ndarray, size: int = 2, stride: int | None = None) -> np.ndarray:
    """Take the mean of each square window, channel by channel; arguments and shapes as in ``max_pool2d``.

    Example:
        >>> average_pool2d(np.arange(20).reshape(4, 5)).tolist()
        [[3.0, 5.0], [13.0, 15.0]]
    """
    # BEGIN SOLUTION
    return _windows(image, (size, size), stride or size).mean(axis=(-2, -1))
    # END SOLUTION


def get_data_mnist() -> tuple[Pair, Pair]:
    """Load MNIST from ``datasets.load("mnist")`` (or Keras): ``(X_train, y_train), (X_test, y_test)``.

    Images are float32 ``(n, 28, 28, 1)``, grey levels divided by 255; labels the integers 0 to 9, ``(n,)``.

    Example:
        >>> (X_train, y_train), (X_test, y_test) = get_data_mnist()
        >>> X_train.shape[1:], float(X_train.max()), sorted(set(y_test.tolist()))
        ((28, 28, 1), 1.0, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    """
    # BEGIN SOLUTION
    (X_train, y_train), (X_test, y_test) = datasets.load("mnist")
    X_train, X_test = (images[..., np.newaxis].astype("float32") / 255 for images in (X_train, X_test))
    return (X_train, y_train), (X_test, y_test)
    # END SOLUTION


# BEGIN SOLUTION
def _compiled(*stack: keras.layers.Layer) -> keras.Model:
    """Return a compiled classifier of images with integer labels."""
    model = keras.Sequential([layers.Input((28, 28, 1)), *stack])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


# END SOLUTION


def lenet() -> keras.Model:
    """Build LeNet for 28×28×1 images and 10 classes, compiled for integer labels, with an accuracy metric.

    Example:
        >>> lenet().count_params()
        61706
    """
    # BEGIN SOLUTION
    return _compiled(
        layers.Conv2D(6, 5, padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(16, 5, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(120, activation="relu"),
        layers.Dense(84, activation="relu"),
        layers.Dense(10, activation="softmax"),
    )
    # END SOLUTION


def equivalent_mlp(n_params: int) -> keras.Model:
    """Build a fully connected classifier of 28×28×1 images whose parameter count is within 1 % of ``n_params``.

    It is compiled as ``lenet``, and works for any ``n_params`` ≥ 10,000.  It has at least one hidden layer with a
    non-linear activation, then 10 units, softmax.

    Example:
        >>> all(abs(equivalent_mlp(n).count_params() - n) <= n / 100 for n in (10_000, 61_706))
        True
    """
    # BEGIN SOLUTION
    # The first layer takes some 92 % of the parameters, the second what is missing, in steps of first + 11.
    first = n_params // 850
    second = round((n_params - 785 * first - 10) / (first + 11))
    return _compiled(
        layers.Flatten(),
        layers.Dense(first, activation="relu"),
        layers.Dense(second, activation="relu"),
        layers.Dense(10, activation="softmax"),
    )
    # END SOLUTION


def compare_models(
    models: dict[str, keras.Model], train: Pair, test: Pair, epochs: int = 3, batch_size: int = 128
) -> dict[str, float]:
    """Train several models on the same images, then return the test accuracy of each, in [0, 1], by name.

    Args:
        models: By name, compiled with an accuracy metric and perhaps others; they are trained in place.
        train: ``(X, y)``, the images and labels to train on.
        test: ``(X, y)``, those to measure on.
        epochs: How often each model goes through the training images.
        batch_size: Images a step.
    """
    # BEGIN SOLUTION
    accuracies = {}
    for name, model in models.items():
        model.fit(*train, batch_size, epochs, verbose=0)
        measured = model.evaluate(*test, verbose=0, return_dict=True)
        accuracies[name] = next(value for metric, value in measured.items() if "acc" in metric)
    return accuracies
    # END SOLUTION


def first_layer_filters(model: keras.Model) -> np.ndarray:
    """Return the filters of a model's first ``Conv2D`` as small grey images.

    ``(n_filters, k_h, k_w)``, the mean over the input channels, each scaled to [0, 1] by itself; 0.5 where constant.

    Raises:
        ValueError: If the model has no ``Conv2D``.

    Example:
        >>> first_layer_filters(lenet()).shape
        (6, 5, 5)
    """
    # BEGIN SOLUTION
    first = next((layer for layer in model.layers if isinstance(layer, layers.Conv2D)), None)
    if first is None:
        raise ValueError("model has no Conv2D layer")
    filters = first.get_weights()[0].mean(axis=2).transpose(2, 0, 1)
    lowest, highest = (reduce(axis=(1, 2), keepdims=True) for reduce in (filters.min, filters.max))
    constant = highest == lowest
    return np.where(constant, 0.5, (filters - lowest) / np.where(constant, 1, highest - lowest))
    # END SOLUTION


def plot_filters(model: keras.Model) -> Figure:
    """Draw the filters of a model's first ``Conv2D``: one axis with a grey image a filter, without ticks."""
    # BEGIN SOLUTION
    filters = first_layer_filters(model)
    columns = min(8, len(filters))
    figure, grid = plt.subplots(-(-len(filters) // columns), columns, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, image in zip(grid.flat, filters, strict=False):
        axes.imshow(image, cmap="gray", vmin=0, vmax=1)
    return figure
    # END SOLUTION


def transfer_model(base: keras.Model, n_classes: int) -> keras.Model:
    """Put a new output layer on a trained network, whose other layers are kept as they are and frozen.

    Args:
        base: A trained classifier, a stack of layers that ends in one softmax ``Dense``; it keeps its layers and its
            predictions.
        n_classes: Units of the new softmax ``Dense``, the only layer that trains.

    Returns:
        A model compiled as ``lenet``.
    """
    # BEGIN SOLUTION
    features = keras.Model(base.inputs, base.layers[-1].input)
    features.trainable = False
    images = keras.Input(base.input_shape[1:])
    # Batch normalisation keeps its statistics while the head is trained.
    model = keras.Model(images, layers.Dense(n_classes, activation="softmax")(features(images, training=False)))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
    # END SOLUTION
