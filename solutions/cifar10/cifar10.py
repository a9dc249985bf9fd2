"""A CNN for small colour photographs: split, build, train, watch it overfit, and look at what its layers see.

Lab ``cifar10``, after course document E, *TP3 Classification d'images par CNN*.  See the handout.

Write each function below its docstring, in place of the line that raises ``NotImplementedError``.  Names, arguments and
their order are fixed, how you write them is up to you.  Images are *channels last*: ``(n, 32, 32, 3)``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

from shared import datasets

# Images and their labels, a row of the one for a row of the other.
Pair = tuple[np.ndarray, np.ndarray]


def get_data_cifar10(n_train: int = 5000, n_val: int = 1000, n_test: int = 1000, seed: int = 0) -> tuple[Pair, ...]:
    """Draw disjoint training, validation and test sets from CIFAR-10.

    ``datasets.load("cifar10")`` (or ``keras.datasets.cifar10.load_data()``) gives the raw data: uint8 images
    ``(n, 32, 32, 3)`` and labels ``(n, 1)``.  Do not rely on how many there are.

    Args:
        n_train: Images for training, from the data set's training part.
        n_val: Images for validation, also from its training part.
        n_test: Images from its test part.
        seed: The same seed gives the same split, another seed another one.

    Returns:
        ``(X_train, y_train), (X_val, y_val), (X_test, y_test)``.  Images: float32 ``(n, 32, 32, 3)``, by image, row,
        column and channel, in [0, 255]; labels: integers ``(n,)`` from 0 to 9.

    Raises:
        ValueError: If more images are asked for than there are.
    """
    # BEGIN SOLUTION
    known, unknown = datasets.load("cifar10")
    if n_train + n_val > len(known[0]):
        raise ValueError(f"n_train + n_val is {n_train + n_val}, but there are {len(known[0])} training images")
    if n_test > len(unknown[0]):
        raise ValueError(f"n_test is {n_test}, but there are {len(unknown[0])} test images")
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(known[0]))
    order_test = rng.permutation(len(unknown[0]))[:n_test]
    train = _rows(known, order[:n_train])
    validation = _rows(known, order[n_train : n_train + n_val])
    return train, validation, _rows(unknown, order_test)
    # END SOLUTION


# BEGIN SOLUTION
def _rows(part: Pair, rows: np.ndarray) -> Pair:
    """Take some rows, in the types and shapes of the lab."""
    images, labels = part
    return images[rows].astype("float32"), labels[rows].reshape(-1).astype("int64")


# END SOLUTION


def standardize(X_train: np.ndarray, *others: np.ndarray) -> tuple[np.ndarray, ...]:
    """Bring every channel of the training images to mean 0 and deviation 1, and the other sets by the same numbers.

    Args:
        X_train: Training images, ``(n, height, width, channels)``, of any numeric type; the mean and the deviation of
            each channel are taken over all their pixels.
        others: Further sets of images with the same channels, perhaps none.

    Returns:
        The sets in the order given, ``X_train`` first, float arrays of the same shapes.  A channel that is constant in
        the training images becomes 0 there, not NaN.  The arguments stay as they are.
    """
    # BEGIN SOLUTION
    mean = X_train.mean(axis=(0, 1, 2), dtype="float64")
    deviation = X_train.std(axis=(0, 1, 2), dtype="float64")
    scale = np.where(deviation > 0, deviation, 1.0)
    return tuple(((X - mean) / scale).astype("float32") for X in (X_train, *others))
    # END SOLUTION


def basic_model() -> keras.Model:
    """Build and compile the first network: one convolution, 462,410 parameters.

    In order: convolution with 32 filters of 3×3 (stride 1, no padding), ReLU; max-pooling 2×2; flatten; 64 units, ReLU;
    10 units, softmax.

    Returns:
        A new model, compiled with an optimizer of your choice, the cross-entropy for integer labels and an accuracy
        metric.  Input: float32 ``(n, 32, 32, 3)``; output: float32 ``(n, 10)``, one probability a class.

    Example:
        >>> basic_model().count_params()
        462410
    """
    # BEGIN SOLUTION
    return _classifier(
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
        optimizer="sgd",
    )
    # END SOLUTION


# BEGIN SOLUTION
def _classifier(*hidden: keras.layers.Layer, optimizer: str = "adam") -> keras.Model:
    """Put hidden layers between the images and the softmax, and compile."""
    model = keras.Sequential([layers.Input((32, 32, 3)), *hidden, layers.Dense(10, activation="softmax")])
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


# END SOLUTION


def layer_table(model: keras.Model) -> list[dict[str, Any]]:
    """Describe the layers of a model, as ``model.summary()`` does, but as data.

    Args:
        model: A built Sequential or functional model; each layer is used once.

    Returns:
        One dict a layer of ``model.layers``, in order, with the keys ``"name"``, ``"kind"`` (the name of the layer's
        class), ``"output_shape"`` (a tuple without the batch) and ``"params"`` (how many weights it has, trained or
        not).  The input layer may be there or not.

    Example:
        >>> layer_table(basic_model())[-1]["params"]
        650
    """
    # BEGIN SOLUTION
    return [
        {
            "name": layer.name,
            "kind": type(layer).__name__,
            "output_shape": tuple(layer.output.shape[1:]),
            "params": layer.count_params(),
        }
        for layer in model.layers
    ]
    # END SOLUTION


def trainable_param_count(model: keras.Model) -> int:
    """Count the weights that training changes, from their shapes.

    Args:
        model: A built model; some of its layers may be frozen or have weights that are not trained.

    Returns:
        The number of trainable weights, without a call of ``count_params``.

    Example:
        >>> trainable_param_count(basic_model())
        462410
    """
    # BEGIN SOLUTION
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    # END SOLUTION


def steps_per_epoch(n_samples: int, batch_size: int) -> int:
    """Count the batches of an epoch; the last one may be short.

    Args:
        n_samples: Training examples, at least 1.
        batch_size: Examples a batch, at least 1.

    Returns:
        The number of steps of the optimizer in one epoch.

    Raises:
        ValueError: Unless both are positive.

    Example:
        >>> steps_per_epoch(2000, 500), steps_per_epoch(2001, 500)
        (4, 5)
    """
    # BEGIN SOLUTION
    if n_samples <= 0 or batch_size <= 0:
        raise ValueError(f"n_samples and batch_size must be positive, not {n_samples} and {batch_size}")
    return -(-n_samples // batch_size)
    # END SOLUTION


def make_optimizer(name: str, learning_rate: float = 0.01) -> keras.optimizers.Optimizer:
    """Make one of three optimizers.

    Args:
        name: ``"sgd"`` (plain gradient descent), ``"momentum"`` (the same with momentum 0.9, no Nesterov) or
            ``"adam"``.
        learning_rate: Its learning rate.

    Returns:
        A new Keras optimizer.

    Raises:
        ValueError: If the name is another one.
    """
    # BEGIN SOLUTION
    if name == "adam":
        return keras.optimizers.Adam(learning_rate)
    if name in ("sgd", "momentum"):
        return keras.optimizers.SGD(learning_rate, momentum=0.9 if name == "momentum" else 0.0)
    raise ValueError(f"name is {name!r}, not sgd, momentum or adam")
    # END SOLUTION


def train(
    model: keras.Model, train: Pair, validation: Pair, epochs: int = 10, batch_size: int = 64
) -> keras.callbacks.History:
    """Train a compiled model, validating it after each epoch.

    Args:
        model: A compiled model; it is trained in place.
        train: ``(X, y)`` to train on.
        validation: ``(X, y)`` on which loss and metrics are measured after each epoch.
        epochs: How often the training examples are gone through.
        batch_size: Examples a step of the optimizer.

    Returns:
        The ``History`` that Keras gives.
    """
    # BEGIN SOLUTION
    return model.fit(*train, batch_size, epochs, verbose=0, validation_data=validation)
    # END SOLUTION


def compare_optimizers(
    build: Callable[[], keras.Model],
    train: Pair,
    validation: Pair,
    names: Sequence[str] = ("sgd", "momentum", "adam"),
    epochs: int = 3,
) -> dict[str, keras.callbacks.History]:
    """Train the same network from the same initial weights with several optimizers.

    Args:
        build: Makes a new compiled model at each call, perhaps with initial weights of its own each time.  Its loss and
            its metrics are kept, its optimizer is replaced.
        train: ``(X, y)`` to train on.
        validation: ``(X, y)`` for validation.
        names: Names of optimizers, as ``make_optimizer`` knows them.
        epochs: Epochs of each training.

    Returns:
        The ``History`` of each training by the optimizer's name.
    """
    # BEGIN SOLUTION
    start = build().get_weights()
    histories = {}
    for name in names:
        model = build()
        model.set_weights(start)
        model.optimizer = make_optimizer(name)
        histories[name] = model.fit(*train, batch_size=64, epochs=epochs, verbose=0, validation_data=validation)
    return histories
    # END SOLUTION


def deep_model() -> keras.Model:
    """Build and compile a deeper network of your own.

    Returns:
        A new model of at least three convolutions and at most 1,000,000 parameters, compiled for integer labels, that
        is better than ``basic_model`` on new images.  Input: standardised images, float32 ``(n, 32, 32, 3)``; output:
        float32 ``(n, 10)``.
    """
    # BEGIN SOLUTION
    return _classifier(*_convolutions(), layers.Flatten(), layers.Dense(64, activation="relu"))
    # END SOLUTION


# BEGIN SOLUTION
def _convolutions(drop: float = 0.0) -> list[keras.layers.Layer]:
    """Return three convolutions that keep the size, each with a pooling that halves it."""
    stack: list[keras.layers.Layer] = []
    for filters in (32, 64, 64):
        stack += [layers.Conv2D(filters, 3, padding="same", activation="relu"), layers.MaxPooling2D(2)]
        stack += [layers.Dropout(drop)] if drop else []
    return stack


# END SOLUTION


def regularized_model() -> keras.Model:
    """Build and compile a network of your own that overfits less.

    Returns:
        A new model within the rules of ``deep_model`` with at least one of dropout, a penalty on the weights, batch
        normalisation or augmentation layers.  The gap between its accuracy on training and on new images is smaller
        than without.
    """
    # BEGIN SOLUTION
    return _classifier(
        *_convolutions(drop=0.2), layers.Flatten(), layers.Dense(64, activation="relu"), layers.Dropout(0.5)
    )
    # END SOLUTION


def overfit_epoch(history: keras.callbacks.History | dict[str, list[float]]) -> int | None:
    """Find where overfitting begins.

    Args:
        history: What ``fit`` returned, or its ``history`` dict, with ``"loss"`` and ``"val_loss"``.

    Returns:
        The index (from 0) of the epoch after which the validation loss never gets better while the training loss still
        falls; None where there is no such epoch.

    Example:
        >>> overfit_epoch({"loss": [2.0, 1.2, 0.6, 0.2], "val_loss": [2.1, 1.6, 1.9, 2.4]})
        1
    """
    # BEGIN SOLUTION
    curves = history if isinstance(history, dict) else history.history
    best = int(np.argmin(curves["val_loss"]))
    return best if curves["loss"][-1] < curves["loss"][best] else None
    # END SOLUTION


def plot_learning_curves(history: keras.callbacks.History) -> plt.Figure:
    """Draw loss and accuracy over the epochs, for training and validation, and mark where overfitting begins.

    Args:
        history: What ``fit`` returned, with ``loss``, ``val_loss``, ``accuracy`` and ``val_accuracy``.

    Returns:
        A Matplotlib figure: loss and accuracy in axes of their own, each axis labelled, the two curves told apart by a
        legend; the epoch of ``overfit_epoch``, where there is one, marked by a line, a span, a marker or a note.
    """
    # BEGIN SOLUTION
    figure, panels = plt.subplots(1, 2, figsize=(10, 4))
    marked = overfit_epoch(history)
    for axes, quantity in zip(panels, ("loss", "accuracy"), strict=True):
        axes.plot(history.history[quantity], label="training")
        axes.plot(history.history[f"val_{quantity}"], label="validation")
        if marked is not None:
            axes.axvline(marked, color="grey", linestyle="--", label="overfitting")
        axes.set(xlabel="epoch", ylabel=quantity)
        axes.legend()
    return figure
    # END SOLUTION


def confusion_matrix(y_true: np.ndarray, y_pred: np.ndarray, n_classes: int = 10) -> np.ndarray:
    """Count how often each class is taken for each other, with NumPy alone.

    Args:
        y_true: True classes, integers ``(n,)`` from 0 to ``n_classes - 1``.
        y_pred: Predicted classes, likewise.
        n_classes: How many classes there are.

    Returns:
        Integers ``(n_classes, n_classes)``: row i, column j counts the examples of class i taken for class j.

    Raises:
        ValueError: If a label is out of range or the lengths differ.

    Example:
        >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), n_classes=2).tolist()
        [[1, 1], [0, 1]]
    """
    # BEGIN SOLUTION
    if len(y_true) != len(y_pred):
        raise ValueError(f"y_true has {len(y_true)} labels and y_pred {len(y_pred)}")
    for name, labels in (("y_true", y_true), ("y_pred", y_pred)):
        if np.any((labels < 0) | (labels >= n_classes)):
            raise ValueError(f"{name} has labels out of 0 to {n_classes - 1}")
    matrix = np.zeros((n_classes, n_classes), dtype=int)
    np.add.at(matrix, (y_true, y_pred), 1)
    return matrix
    # END SOLUTION


def plot_confusion_matrix(matrix: np.ndarray, class_names: Sequence[str]) -> plt.Figure:
    """Draw a confusion matrix.

    Args:
        matrix: Counts, integers ``(n, n)``, rows true, columns predicted.
        class_names: The ``n`` names.

    Returns:
        A Matplotlib figure with the matrix as an image, the names at the ticks of both axes, and each count written in
        its cell.
    """
    # BEGIN SOLUTION
    figure, axes = plt.subplots(figsize=(7, 7))
    axes.imshow(matrix, cmap="Blues")
    axes.set_xticks(range(len(class_names)), class_names, rotation=45, ha="right")
    axes.set_yticks(range(len(class_names)), class_names)
    axes.set(xlabel="predicted class", ylabel="true class")
    for (row, column), count in np.ndenumerate(matrix):
        colour = "white" if count > matrix.max() / 2 else "black"
        axes.text(column, row, str(count), ha="center", va="center", color=colour)
    return figure
    # END SOLUTION


def activation_maps(model: keras.Model, image: np.ndarray, layer: str | int) -> np.ndarray:
    """Return what a layer gives for one image.

    Args:
        model: A built Sequential or functional model; it stays as it is.
        image: One image as the model takes it, without the axis of the batch, ``(height, width, channels)``.
        layer: The name of one of its layers, or its index in ``model.layers``.

    Returns:
        The layer's output for the image, as in prediction: float ``(h, w, c)``, by row, column and channel.

    Raises:
        ValueError: If the output of the layer is not spatial, as that of a dense layer.
    """
    # BEGIN SOLUTION
    chosen = model.get_layer(layer) if isinstance(layer, str) else model.layers[layer]
    part = keras.Model(model.inputs[0], chosen.output)
    maps = keras.ops.convert_to_numpy(part(image[np.newaxis], training=False))[0]
    if maps.ndim != 3:
        raise ValueError(f"layer {chosen.name} gives an output of shape {maps.shape}, which is no stack of maps")
    return maps
    # END SOLUTION


def plot_activation_maps(maps: np.ndarray, n_columns: int = 8) -> plt.Figure:
    """Draw each channel of a layer's output as a grey image.

    Args:
        maps: What ``activation_maps`` returned, float ``(h, w, c)``.
        n_columns: Images in a row.

    Returns:
        A Matplotlib figure with one image axis a channel, in order, from left to right and from top to bottom.
    """
    # BEGIN SOLUTION
    n_rows = -(-maps.shape[2] // n_columns)
    figure, grid = plt.subplots(n_rows, n_columns, figsize=(1.2 * n_columns, 1.2 * n_rows), squeeze=False)
    for axes in grid.flat:
        axes.axis("off")
    for channel, axes in zip(range(maps.shape[2]), grid.flat, strict=False):
        axes.imshow(maps[:, :, channel], cmap="gray")
        axes.set_title(str(channel), fontsize=7)
    return figure
    # END SOLUTION
