"""CIFAR-10: functional API, scikit-learn for the split, Matplotlib's object interface."""

from collections.abc import Mapping
from math import prod

import keras
import numpy as np
from keras import layers, ops, regularizers
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from sklearn.model_selection import train_test_split

from shared.datasets import load

SPATIAL_RANK = 4


def get_data_cifar10(n_train=5000, n_val=1000, n_test=1000, seed=0):
    def prepared(X, y):
        return X.astype(np.float32), y.ravel().astype(np.int32)

    (X, y), (X_test, y_test) = load("cifar10")
    if n_train + n_val > len(y) or n_test > len(y_test):
        msg = f"asked for {n_train} + {n_val} + {n_test} images, there are {len(y)} + {len(y_test)}"
        raise ValueError(msg)
    train_rows, val_rows = train_test_split(
        np.arange(len(y)), train_size=n_train, test_size=n_val, stratify=y, random_state=seed
    )
    test_rows = np.random.default_rng(seed).choice(len(y_test), n_test, replace=False)
    return (
        prepared(X[train_rows], y[train_rows]),
        prepared(X[val_rows], y[val_rows]),
        prepared(X_test[test_rows], y_test[test_rows]),
    )


def standardize(X_train, *others):
    X = np.asarray(X_train, dtype=np.float64)
    mu, sigma = X.mean((0, 1, 2)), X.std((0, 1, 2))
    sigma[sigma == 0] = 1
    return tuple(((np.asarray(Z, dtype=np.float64) - mu) / sigma).astype(np.float32) for Z in (X_train, *others))


def compiled(inputs, outputs, optimizer="adam"):
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer, keras.losses.SparseCategoricalCrossentropy(), metrics=[keras.metrics.SparseCategoricalAccuracy()]
    )
    return model


def basic_model():
    x = inputs = keras.Input((32, 32, 3))
    x = layers.Conv2D(32, 3)(x)
    x = layers.ReLU()(x)
    x = layers.MaxPool2D()(x)
    x = layers.Flatten()(x)
    x = layers.Dense(64)(x)
    x = layers.Activation("relu")(x)
    x = layers.Dense(10)(x)
    return compiled(inputs, layers.Softmax()(x), keras.optimizers.SGD(0.01, momentum=0.9))


def layer_table(model):
    return [
        dict(
            name=layer.name,
            kind=type(layer).__name__,
            output_shape=list(layer.output.shape)[1:],
            params=sum(prod(w.shape) for w in layer.weights),
        )
        for layer in model.layers
        if not isinstance(layer, layers.InputLayer)
    ]


def trainable_param_count(model):
    return sum(prod(variable.shape) for variable in model.trainable_variables)


def steps_per_epoch(n_samples, batch_size):
    if min(n_samples, batch_size) < 1:
        raise ValueError("both arguments must be positive")
    return (n_samples + batch_size - 1) // batch_size


_OPTIMIZERS = {
    "sgd": keras.optimizers.SGD,
    "momentum": lambda rate: keras.optimizers.SGD(rate, momentum=0.9),
    "adam": keras.optimizers.Adam,
}


def make_optimizer(name, learning_rate=0.01):
    try:
        factory = _OPTIMIZERS[name]
    except KeyError:
        raise ValueError(f"unknown optimizer {name!r}") from None
    return factory(learning_rate)


def train(model, train, validation, epochs=10, batch_size=64):
    return model.fit(*train, validation_data=validation, epochs=epochs, batch_size=batch_size, verbose=0)


def compare_optimizers(build, train, validation, names=("sgd", "momentum", "adam"), epochs=3):
    start = build().get_weights()

    def run(name):
        model = build()
        model.optimizer = make_optimizer(name)
        model.set_weights(start)
        return globals()["train"](model, train, validation, epochs=epochs)

    return {name: run(name) for name in names}


def block(x, filters, **options):
    """Residual block: two convolutions and a shortcut."""
    shortcut = layers.Conv2D(filters, 1, padding="same")(x)
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False, **options)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False, **options)(x)
    x = layers.BatchNormalization()(x)
    return layers.MaxPool2D()(layers.ReLU()(layers.Add()([x, shortcut])))


def deep_model():
    inputs = keras.Input((32, 32, 3))
    x = block(block(inputs, 16), 32)
    return compiled(inputs, layers.Dense(10, "softmax")(layers.Flatten()(x)))


def regularized_model():
    inputs = keras.Input((32, 32, 3))
    x = layers.RandomFlip("horizontal")(inputs)
    x = block(x, 16, kernel_regularizer=regularizers.L2(1e-4))
    x = block(layers.Dropout(0.2)(x), 32, kernel_regularizer=regularizers.L2(1e-4))
    x = layers.Dropout(0.4)(layers.GlobalAveragePooling2D()(x))
    return compiled(inputs, layers.Dense(10, "softmax")(x))


def overfit_epoch(history):
    logs = history if isinstance(history, Mapping) else history.history
    loss, val_loss = np.asarray(logs["loss"]), np.asarray(logs["val_loss"])
    best = val_loss.argmin()
    overfits = best < len(loss) - 1 and (np.diff(loss[best:]) < 0).all()
    return best if overfits else None


def plot_learning_curves(history):
    logs, start = history.history, overfit_epoch(history)
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    for axes, name in zip(figure.subplots(1, 2), ("loss", "accuracy")):
        (one,) = axes.plot(logs[name])
        (two,) = axes.plot(logs["val_" + name], "--")
        if start is not None:
            axes.axvspan(start, len(logs[name]) - 1, color="tab:red", alpha=0.15)
        axes.set(xlabel="epoch", ylabel=name)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
    figure.legend([one, two], ["training", "validation"], loc="outside upper center", ncols=2)
    return figure


def confusion_matrix(y_true, y_pred, n_classes=10):
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    if y_true.shape != y_pred.shape:
        raise ValueError("y_true and y_pred must have the same length")
    if not (np.isin(y_true, range(n_classes)).all() and np.isin(y_pred, range(n_classes)).all()):
        raise ValueError("labels must be in range(n_classes)")
    return np.bincount(n_classes * y_true + y_pred, minlength=n_classes**2).reshape(n_classes, n_classes)


def plot_confusion_matrix(matrix, class_names):
    figure = Figure(figsize=(6, 6), layout="constrained")
    axes = figure.add_subplot()
    image = axes.matshow(matrix / matrix.sum(axis=1, keepdims=True), vmin=0, vmax=1, cmap="viridis")
    figure.colorbar(image, label="share of the row")
    ticks = np.arange(len(class_names))
    axes.set_xticks(ticks, class_names, rotation=60)
    axes.set_yticks(ticks, class_names)
    for (i, j), n in np.ndenumerate(matrix):
        axes.annotate(f"{n:d}", (j, i), ha="center", va="center", color="w")
    return figure


def activation_maps(model, image, layer):
    chosen = model.get_layer(**({"name": layer} if isinstance(layer, str) else {"index": layer}))
    if len(chosen.output.shape) != SPATIAL_RANK:
        raise ValueError(f"{chosen.name} has no spatial output")
    extractor = keras.Model(model.inputs, chosen.output)
    return ops.convert_to_numpy(extractor(image[None]))[0]


def plot_activation_maps(maps, n_columns=8):
    n = maps.shape[-1]
    figure = Figure(figsize=(n_columns, -(-n // n_columns)))
    for index, channel in enumerate(np.moveaxis(maps, -1, 0)):
        axes = figure.add_subplot(-(-n // n_columns), n_columns, index + 1)
        low, high = channel.min(), channel.max()
        axes.imshow((channel - low) / (high - low + 1e-9), cmap="magma")
        axes.set_axis_off()
    return figure
