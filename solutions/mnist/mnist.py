"""Three networks for handwritten digits: prepare the data, build, train, compare, save and load them.

Lab ``mnist``, after course document I, *TP n°3 Les réseaux de neurones convolutifs*.  See the handout.

Write each function below its docstring, in place of the line that raises ``NotImplementedError``.  Names, arguments and
their order are fixed, how you write them is up to you.  Images are *channels first*: ``(n, 1, 28, 28)``.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from keras import layers

from shared import datasets

# Images and their labels, a row of the one for a row of the other.
Pair = tuple[np.ndarray, np.ndarray]


def get_data_mnist(normalize: bool = False) -> tuple[Pair, Pair, int]:
    """Load the MNIST digits, ready for the networks of this lab.

    ``datasets.load("mnist")`` (or ``keras.datasets.mnist.load_data()``) gives the raw data: uint8 images
    ``(n, 28, 28)`` with grey levels 0–255 and integer labels ``(n,)``.  Do not rely on how many images there are.
    Source: course document I, preparation of the data and its normalisation, which is the argument here.

    Args:
        normalize: Whether to divide the grey levels by 255.

    Returns:
        ``(X_train, y_train), (X_test, y_test), num_classes``.  Images: float32 ``(n, 1, 28, 28)``, by image,
        channel, row and column, in [0, 255], or in [0, 1] when ``normalize``.  Labels: one-hot floats ``(n, 10)``, by
        image and class.  ``num_classes``: the integer 10.

    Example:
        >>> (X_train, y_train), (X_test, y_test), num_classes = get_data_mnist(normalize=True)
        >>> X_train.shape[1:], y_train.shape[1:], num_classes
        ((1, 28, 28), (10,), 10)
    """
    # BEGIN SOLUTION
    num_classes = 10
    scale = 255 if normalize else 1
    train, test = (
        (images.reshape(-1, 1, 28, 28).astype("float32") / scale, keras.utils.to_categorical(labels, num_classes))
        for images, labels in datasets.load("mnist")
    )
    return train, test, num_classes
    # END SOLUTION


# BEGIN SOLUTION
def _classifier(*hidden: keras.layers.Layer) -> keras.Model:
    """Put hidden layers between the permuted input and the softmax, and compile as the lab asks."""
    model = keras.Sequential(
        [
            layers.Input((1, 28, 28)),
            # TensorFlow's convolutions on a processor know channels last only, unless oneDNN is on.
            layers.Permute((2, 3, 1)),
            *hidden,
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


# END SOLUTION


def small_model() -> keras.Model:
    """Build the small network: two convolutions and a softmax, 203,434 parameters.

    In order: convolution with 64 filters of 3×3, ReLU; convolution with 32 filters of 3×3, ReLU; flatten; 10 units,
    softmax.  Convolutions have stride 1, no padding and a bias.  Source: course document I, the small network.

    Returns:
        A new model, compiled with the categorical cross-entropy, Adam and an accuracy metric.  Input: float32
        ``(n, 1, 28, 28)``; output: float32 ``(n, 10)``, one probability a class.

    Example:
        >>> small_model().count_params()
        203434
    """
    # BEGIN SOLUTION
    return _classifier(
        layers.Conv2D(64, 3, activation="relu"),
        layers.Conv2D(32, 3, activation="relu"),
        layers.Flatten(),
    )
    # END SOLUTION


def medium_model() -> keras.Model:
    """Build the medium network: one convolution, pooling, dropout and a hidden layer, 592,074 parameters.

    In order: convolution with 32 filters of 5×5, ReLU; max-pooling 2×2; dropout with rate 0.2; flatten; 128 units,
    ReLU; 10 units, softmax.  Stride 1, no padding, with bias.  Source: course document I, the medium network.

    Returns:
        A new model, compiled with the categorical cross-entropy, Adam and an accuracy metric.  Input: float32
        ``(n, 1, 28, 28)``; output: float32 ``(n, 10)``, one probability a class.

    Example:
        >>> medium_model().count_params()
        592074
    """
    # BEGIN SOLUTION
    return _classifier(
        layers.Conv2D(32, 5, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Dropout(0.2),
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
    )
    # END SOLUTION


def large_model() -> keras.Model:
    """Build the large network: two convolutions, pooling, dropout and two hidden layers, 203,933 parameters.

    In order: convolution with 30 filters of 5×5, ReLU; max-pooling 2×2; convolution with 15 filters of 3×3, ReLU;
    dropout with rate 0.2; flatten; 128 units, ReLU; 50 units, ReLU; 10 units, softmax.  Convolutions have stride 1, no
    padding and a bias.  Source: course document I, the large network.

    Returns:
        A new model, compiled with the categorical cross-entropy, Adam and an accuracy metric.  Input: float32
        ``(n, 1, 28, 28)``; output: float32 ``(n, 10)``, one probability a class.

    Example:
        >>> large_model().count_params()
        203933
    """
    # BEGIN SOLUTION
    return _classifier(
        layers.Conv2D(30, 5, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(15, 3, activation="relu"),
        layers.Dropout(0.2),
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dense(50, activation="relu"),
    )
    # END SOLUTION


def train_model(
    model: keras.Model,
    X_train: np.ndarray,
    y_train: np.ndarray,
    X_test: np.ndarray,
    y_test: np.ndarray,
    epochs: int = 10,
    batch_size: int = 200,
) -> keras.callbacks.History:
    """Train a compiled model, watching its loss on the test images after each epoch.

    Source: course document I, training.

    Args:
        model: A compiled model; it is trained in place.
        X_train: Training images, float32 ``(n, 1, 28, 28)``.
        y_train: Their labels, one-hot ``(n, 10)``.
        X_test: Images for validation, float32 ``(m, 1, 28, 28)``.
        y_test: Their labels, one-hot ``(m, 10)``.
        epochs: How often the training images are gone through.
        batch_size: Images per step of the optimizer; the last batch of an epoch may be short.

    Returns:
        The ``History`` that Keras gives: ``history.history["val_loss"]`` is a list with one float an epoch.

    Example:
        >>> X, y = np.zeros((6, 1, 28, 28), "float32"), np.eye(10)[:6]
        >>> history = train_model(large_model(), X, y, X, y, epochs=2, batch_size=3)
        >>> len(history.history["val_loss"])
        2
    """
    # BEGIN SOLUTION
    return model.fit(X_train, y_train, batch_size, epochs, verbose=0, validation_data=(X_test, y_test))
    # END SOLUTION


# BEGIN SOLUTION
def _accuracy_percent(model: keras.Model, X: np.ndarray, y: np.ndarray) -> float:
    """Evaluate a model; return its accuracy in percent, wherever that stands among its metrics."""
    results = model.evaluate(X, y, verbose=0, return_dict=True)
    usual = ("accuracy", "acc", "categorical_accuracy", "sparse_categorical_accuracy")
    # A metric with a name of its own is found too, but never before one of the usual ones.
    name = next(name for name in (*usual, *results) if name in results and "acc" in name)
    return 100 * float(results[name])


# END SOLUTION


def print_model_error_rate(model: keras.Model, X_test: np.ndarray, y_test: np.ndarray) -> None:
    """Print the accuracy of a model and its error rate, in percent with two decimals.

    Both come from ``model.evaluate`` and add up to 100.  Exactly two lines are printed, no progress bar.
    Source: course document I, evaluation.

    Args:
        model: A trained model, compiled with an accuracy metric and perhaps with others.
        X_test: Images, float32 ``(n, 1, 28, 28)``.
        y_test: Their labels, one-hot ``(n, 10)``.

    Example:
        With a model that is right on 976 of 1,000 images:

        ```text
        Model score : 97.60%
        Model error rate : 2.40%
        ```
    """
    # BEGIN SOLUTION
    # Rounded before the subtraction, so that the two printed numbers add up to 100.
    score = round(_accuracy_percent(model, X_test, y_test), 2)
    print(f"Model score : {score:.2f}%")
    print(f"Model error rate : {100 - score:.2f}%")
    # END SOLUTION


def save_keras_model(model: keras.Model, filename: str) -> None:
    """Save a model as two files: its architecture and its weights.

    Source: course document I, saving a model; there the weights went to ``filename.h5``, a name that Keras 3 refuses.

    Args:
        model: A model that has been built.
        filename: Path without extension.  ``filename.json`` receives the architecture, as ``model.to_json()`` gives
            it, and ``filename.weights.h5`` the weights; files of these names are replaced.

    Example:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> save_keras_model(small_model(), folder.name + "/digits")
        >>> sorted(path.name for path in Path(folder.name).iterdir())
        ['digits.json', 'digits.weights.h5']
        >>> folder.cleanup()
    """
    # BEGIN SOLUTION
    Path(f"{filename}.json").write_text(model.to_json(), encoding="utf-8")
    model.save_weights(f"{filename}.weights.h5")
    # END SOLUTION


def load_keras_model(filename: str) -> keras.Model:
    """Load a model that ``save_keras_model`` saved.

    Source: course document I, loading a model.

    Args:
        filename: The path given to ``save_keras_model``, without extension.

    Returns:
        A model whose predictions are those of the saved one, to the bit.

    Raises:
        FileNotFoundError: If ``filename.json`` or ``filename.weights.h5`` is missing; the message names that file.

    Example:
        >>> load_keras_model("no_such_model")
        Traceback (most recent call last):
        FileNotFoundError: no such file: no_such_model.json
    """
    # BEGIN SOLUTION
    architecture, weights = Path(f"{filename}.json"), Path(f"{filename}.weights.h5")
    for path in (architecture, weights):
        if not path.is_file():
            message = f"no such file: {path}"
            raise FileNotFoundError(message)
    model = keras.models.model_from_json(architecture.read_text(encoding="utf-8"))
    model.load_weights(weights)
    return model
    # END SOLUTION


def compare_error_rates(models: dict[str, keras.Model], X_test: np.ndarray, y_test: np.ndarray) -> dict[str, float]:
    """Measure the error rates of several trained models on the same images.

    Source: course document I, comparison of the three networks.

    Args:
        models: Trained models by name, compiled with an accuracy metric; they are left as they are.
        X_test: Images, float32 ``(n, 1, 28, 28)``.
        y_test: Their labels, one-hot ``(n, 10)``.

    Returns:
        The error rate of each model in percent, a float in [0, 100], by name and in the order of ``models``.

    Example:
        >>> X, y = np.zeros((4, 1, 28, 28), "float32"), np.eye(10)[:4]
        >>> compare_error_rates({"untrained": small_model()}, X, y)  # all black: the answer is always class 0
        {'untrained': 75.0}
    """
    # BEGIN SOLUTION
    return {name: 100 - _accuracy_percent(model, X_test, y_test) for name, model in models.items()}
    # END SOLUTION
