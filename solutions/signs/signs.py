"""A network that reads hand signs: open the files, prepare the data, build, train, predict, keep the weights, plot.

Lab ``signs``, after the CNN lab of course document M, *Réseaux de neurones – DL*.  See the handout.

Write each function below its docstring, in place of the line that raises ``NotImplementedError``.  Names, arguments and
their order are fixed, how you write them is up to you.  Images are *channels last*: ``(n, 64, 64, 3)``.
"""

from __future__ import annotations

from pathlib import Path

import h5py
import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers
from matplotlib.figure import Figure

# Images and their labels, a row of the one for a row of the other.
Pair = tuple[np.ndarray, np.ndarray]


# BEGIN SOLUTION
def _read_part(path: str, part: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read images, integer labels and classes of one file; ``part`` is ``train`` or ``test``."""
    if not Path(path).is_file():
        message = f"no such file: {path}"
        raise FileNotFoundError(message)
    try:
        with h5py.File(path) as file:
            return file[f"{part}_set_x"][:], file[f"{part}_set_y"][:], file["list_classes"][:]
    except KeyError as error:
        message = f"{path}: a data set is missing ({error})"
        raise ValueError(message) from error
    except OSError as error:
        message = f"{path}: not a readable HDF5 file ({error})"
        raise ValueError(message) from error


# END SOLUTION


def load_signs(train_path: str, test_path: str) -> tuple[Pair, Pair, np.ndarray]:
    """Read the hand signs from their two HDF5 files, ready for the network of this lab.

    The first file holds ``train_set_x``, uint8 images ``(n, 64, 64, 3)`` with values 0–255, and ``train_set_y``, integer
    labels ``(n,)``; the second ``test_set_x`` and ``test_set_y``; both hold ``list_classes``, the six classes.  Do not
    rely on how many images there are, nor on every class being among them.
    Source: course document M, CNN lab, loading of the data set; there the images stay integers.

    Args:
        train_path: Path of the file with the training images.
        test_path: Path of the file with the test images.

    Returns:
        ``(X_train, Y_train), (X_test, Y_test), classes``.  Images: float32 ``(n, 64, 64, 3)``, by image, row, column
        and channel, in [0, 1].  Labels: one-hot ``(n, 6)``, by image and class.  ``classes``: what the files list.

    Raises:
        FileNotFoundError: If one of the files is missing; the message names it.
        ValueError: If one of the files lacks its images or its labels, or is no HDF5 file; the message names it.

    Example:
        >>> import tempfile
        >>> from shared.datasets import write_signs
        >>> folder = tempfile.TemporaryDirectory()
        >>> train_path, test_path = map(str, write_signs(folder.name))
        >>> (X_train, Y_train), (X_test, Y_test), classes = load_signs(train_path, test_path)
        >>> X_train.shape[1:], Y_train.shape[1:], len(classes)
        ((64, 64, 3), (6,), 6)
        >>> folder.cleanup()
    """
    # BEGIN SOLUTION
    pairs = []
    for path, part in ((train_path, "train"), (test_path, "test")):
        images, labels, classes = _read_part(path, part)
        pairs.append((images.astype("float32") / 255, np.eye(6, dtype="float32")[labels]))
    return pairs[0], pairs[1], classes
    # END SOLUTION


def one_hot(labels: np.ndarray, num_classes: int) -> np.ndarray:
    """Turn integer labels into one-hot rows.

    Source: course document M, CNN lab, coding of the labels.

    Args:
        labels: Integers ``(n,)`` or ``(1, n)``, each in [0, ``num_classes``).
        num_classes: How many classes there are.

    Returns:
        Floats ``(n, num_classes)``, by label and class: in each row a single 1, in the label's column, and 0 elsewhere.

    Raises:
        ValueError: If a label is negative, or not below ``num_classes``.

    Example:
        >>> one_hot(np.array([2, 0]), 3)
        array([[0., 0., 1.],
               [1., 0., 0.]])
    """
    # BEGIN SOLUTION
    flat = np.asarray(labels).reshape(-1)
    if ((flat < 0) | (flat >= num_classes)).any():
        message = f"labels: {flat.min()} to {flat.max()} do not fit {num_classes} classes"
        raise ValueError(message)
    return np.eye(num_classes)[flat]
    # END SOLUTION


def value_range(images: np.ndarray) -> tuple[float, float]:
    """Return the smallest and the largest value of some images.

    Source: course document M, CNN lab, check of the normalisation.

    Args:
        images: Numbers of any type, in an array of any shape that is not empty.

    Returns:
        ``(min, max)``, two floats.

    Example:
        >>> value_range(np.array([[3, 250], [17, 8]], dtype="uint8"))
        (3.0, 250.0)
    """
    # BEGIN SOLUTION
    return float(np.min(images)), float(np.max(images))
    # END SOLUTION


def signs_model() -> keras.Model:
    """Build the network of this lab: two convolutions, pooling and a softmax, 182,950 parameters.

    In order: convolution with 32 filters of 3×3, ReLU; convolution with 32 filters of 3×3, ReLU; max-pooling 2×2;
    flatten; 6 units, softmax.  Convolutions have stride 1, no padding and a bias.
    Source: course document M, CNN lab, the model.

    Returns:
        A new model, compiled with the categorical cross-entropy, plain SGD with the learning rate 0.01, and an accuracy
        metric.  Input: float32 ``(n, 64, 64, 3)``; output: float32 ``(n, 6)``, one probability a class.

    Example:
        >>> signs_model().count_params()
        182950
    """
    # BEGIN SOLUTION
    model = keras.Sequential(
        [
            layers.Input((64, 64, 3)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(6, activation="softmax"),
        ]
    )
    optimizer = keras.optimizers.SGD(learning_rate=0.01)
    model.compile(optimizer=optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
    return model
    # END SOLUTION


def train_signs(
    model: keras.Model,
    X_train: np.ndarray,
    Y_train: np.ndarray,
    X_test: np.ndarray,
    Y_test: np.ndarray,
    epochs: int = 100,
    batch_size: int = 32,
) -> keras.callbacks.History:
    """Train a compiled model, watching its loss and its accuracy on the test images after each epoch.

    Source: course document M, CNN lab, training.

    Args:
        model: A compiled model; it is trained in place.
        X_train: Training images, float32 ``(n, 64, 64, 3)`` in [0, 1].
        Y_train: Their labels, one-hot ``(n, 6)``.
        X_test: Images for validation, float32 ``(m, 64, 64, 3)`` in [0, 1].
        Y_test: Their labels, one-hot ``(m, 6)``.
        epochs: How often the training images are gone through.
        batch_size: Images per step of the optimizer; the last batch of an epoch may be short.

    Returns:
        The ``History`` that Keras gives: ``history.history["val_loss"]`` is a list with one float an epoch.

    Example:
        >>> X, Y = np.zeros((6, 64, 64, 3), "float32"), np.eye(6)
        >>> history = train_signs(signs_model(), X, Y, X, Y, epochs=2, batch_size=3)
        >>> len(history.history["val_loss"])
        2
    """
    # BEGIN SOLUTION
    return model.fit(X_train, Y_train, batch_size, epochs, verbose=0, validation_data=(X_test, Y_test))
    # END SOLUTION


def predict_digit(model: keras.Model, image: np.ndarray) -> tuple[int, float]:
    """Let a model read the sign on one image.

    Source: course document M, CNN lab, prediction for an image of one's own.

    Args:
        model: A model that takes float images ``(n, 64, 64, 3)`` in [0, 1] and gives six probabilities for each.
        image: One image ``(64, 64, 3)``: uint8 in [0, 255], as a camera gives it, or float in [0, 1].  It is left as it
            is.

    Returns:
        ``(digit, probability)``: the most probable digit and the probability that the model gives it.

    Example:
        >>> digit, probability = predict_digit(signs_model(), np.zeros((64, 64, 3), "uint8"))
        >>> digit, round(probability, 4)  # untrained, all black: the six digits are equally probable
        (0, 0.1667)
    """
    # BEGIN SOLUTION
    scaled = np.divide(image, 255 if image.dtype == np.uint8 else 1, dtype="float32")
    probabilities = model.predict(scaled[np.newaxis], verbose=0)[0]
    digit = int(probabilities.argmax())
    return digit, float(probabilities[digit])
    # END SOLUTION


# BEGIN SOLUTION
def _check_weights_path(path: str) -> None:
    """Refuse a path that Keras would not write weights to; reading, it would try another format."""
    if not str(path).endswith(".weights.h5"):
        message = f"path: {path!r} does not end in .weights.h5"
        raise ValueError(message)


# END SOLUTION


def save_weights(model: keras.Model, path: str) -> None:
    """Save the weights of a model to a file that Keras can read.

    Source: course document M, CNN lab, saving; there the file was called ``.h5``, a name that Keras 3 refuses.

    Args:
        model: A model that has been built.
        path: Where to write; it ends in ``.weights.h5``.  A file that is there is replaced.

    Raises:
        ValueError: If ``path`` does not end in ``.weights.h5``.

    Example:
        >>> save_weights(signs_model(), "signs.h5")
        Traceback (most recent call last):
        ValueError: path: 'signs.h5' does not end in .weights.h5
    """
    # BEGIN SOLUTION
    _check_weights_path(path)
    model.save_weights(path)
    # END SOLUTION


def load_weights(model: keras.Model, path: str) -> None:
    """Give a model the weights of a file that Keras wrote.

    Source: course document M, CNN lab, loading.

    Args:
        model: A built model with the layers of the one that was saved; its weights are replaced, in place.
        path: The file; it ends in ``.weights.h5``.

    Raises:
        ValueError: If ``path`` does not end in ``.weights.h5``, whatever the file holds.

    Example:
        >>> load_weights(signs_model(), "signs.h5")
        Traceback (most recent call last):
        ValueError: path: 'signs.h5' does not end in .weights.h5
    """
    # BEGIN SOLUTION
    _check_weights_path(path)
    model.load_weights(path)
    # END SOLUTION


def plot_history(history: keras.callbacks.History) -> Figure:
    """Draw the learning curves of a training.

    Source: course document M, CNN lab, curves of loss and accuracy.

    Args:
        history: What ``fit`` returned for a model compiled with ``metrics=["accuracy"]`` and trained with validation
            data: ``history.history`` holds ``loss``, ``accuracy``, ``val_loss`` and ``val_accuracy``, a float an epoch.

    Returns:
        A figure with two axes, loss and accuracy, each with a curve for training and one for validation over the
        epochs.  The axes say what they show, and a legend (or a text beside it) says which curve is which.

    Example:
        >>> X, Y = np.zeros((6, 64, 64, 3), "float32"), np.eye(6)
        >>> figure = plot_history(signs_model().fit(X, Y, epochs=2, validation_data=(X, Y), verbose=0))
        >>> len(figure.axes)
        2
        >>> plt.close(figure)
    """
    # BEGIN SOLUTION
    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for place, quantity in zip(axes, ("loss", "accuracy"), strict=True):
        for prefix, name in (("", "training"), ("val_", "validation")):
            values = history.history[prefix + quantity]
            place.plot(range(1, len(values) + 1), values, label=name)
        place.set(title=quantity, xlabel="epoch", ylabel=quantity)
        place.legend()
    return figure
    # END SOLUTION
