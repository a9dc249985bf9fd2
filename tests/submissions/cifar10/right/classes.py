"""CIFAR-10, object by object: dataclasses, layers and a model class of my own."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import keras
import matplotlib
import numpy as np
from keras.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, Input, Layer, MaxPooling2D

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402


@dataclass
class Part:
    X: np.ndarray
    y: np.ndarray

    def take(self, rows):
        return self.X[rows].astype(np.float32), self.y[rows].flatten().astype(np.int64)

    def __len__(self):
        return len(self.y)


def get_data_cifar10(n_train=5000, n_val=1000, n_test=1000, seed=0):
    train, test = (Part(*pair) for pair in keras.datasets.cifar10.load_data())
    if len(train) < n_train + n_val:
        raise ValueError("n_train + n_val")
    if len(test) < n_test:
        raise ValueError("n_test")
    rows = np.random.default_rng(seed).choice(len(train), size=n_train + n_val, replace=False)
    return train.take(rows[:n_train]), train.take(rows[n_train:]), test.take(np.arange(n_test))


class Standardizer:
    def fit(self, X):
        self.mean = np.mean(X, axis=(0, 1, 2), keepdims=True, dtype=np.float64)
        self.std = np.std(X, axis=(0, 1, 2), keepdims=True, dtype=np.float64)
        return self

    def transform(self, X):
        return np.float32((X - self.mean) / np.maximum(self.std, 1e-8))


def standardize(X_train, *others):
    scaler = Standardizer().fit(X_train)
    return [scaler.transform(X) for X in [X_train, *others]]


def basic_model():
    model = keras.Sequential(
        [
            Conv2D(32, kernel_size=3, activation="relu", input_shape=(32, 32, 3)),
            MaxPooling2D(pool_size=2, strides=2),
            Flatten(),
            Dense(64, activation="relu"),
            Dense(10),
            keras.layers.Activation("softmax"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(1e-4),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=False),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="precision_globale")],
    )
    return model


@dataclass(frozen=True)
class Row:
    name: str
    kind: str
    output_shape: tuple
    params: int

    @classmethod
    def of(cls, layer):
        shape = layer.output.shape
        return cls(layer.name, type(layer).__name__, shape[1:], sum(w.shape.num_elements() if hasattr(w.shape, "num_elements") else int(np.prod(w.shape)) for w in layer.weights))


def layer_table(model):
    return [dict(vars(Row.of(layer))) for layer in model.layers]


def trainable_param_count(model):
    def count(layer):
        inner = getattr(layer, "layers", None)
        if inner:
            return sum(map(count, inner))
        return sum(np.prod(w.shape) for w in layer.trainable_weights)

    return count(model)


def steps_per_epoch(n_samples, batch_size):
    if n_samples < 1 or batch_size < 1:
        raise ValueError("positive numbers, please")
    return len(range(0, n_samples, batch_size))


def make_optimizer(name, learning_rate=0.01):
    match name:
        case "sgd":
            return keras.optimizers.SGD(learning_rate)
        case "momentum":
            return keras.optimizers.SGD(learning_rate, momentum=0.9, nesterov=False)
        case "adam":
            return keras.optimizers.Adam(learning_rate)
        case _:
            raise ValueError(f"no optimizer {name}")


def train(model, train, validation, epochs=10, batch_size=64):
    (X, y), (X_val, y_val) = train, validation
    return model.fit(X, y, batch_size=batch_size, epochs=epochs, validation_data=(X_val, y_val), verbose=0)


class Contest:
    def __init__(self, build):
        self.build, self.weights = build, None

    def entrant(self, name):
        model = self.build()
        if self.weights is None:
            self.weights = [w.copy() for w in model.get_weights()]
        model.set_weights(self.weights)
        model.optimizer = make_optimizer(name)
        return model


def compare_optimizers(build, train, validation, names=("sgd", "momentum", "adam"), epochs=3):
    contest = Contest(build)
    fit = lambda model: model.fit(*train, epochs=epochs, batch_size=100, validation_data=validation, verbose=0)  # noqa: E731
    return {name: fit(contest.entrant(name)) for name in names}


class ConvBlock(Layer):
    def __init__(self, filters, **kwargs):
        super().__init__(**kwargs)
        self.conv = Conv2D(filters, 3, padding="same", use_bias=False)
        self.norm = BatchNormalization(momentum=0.9)
        self.pool = MaxPooling2D()

    def build(self, input_shape):
        self.conv.build(input_shape)
        self.norm.build(self.conv.compute_output_shape(input_shape))
        super().build(input_shape)

    def call(self, x, training=None):
        return self.pool(keras.ops.relu(self.norm(self.conv(x), training=training)))


class Tower(keras.Model):
    def __init__(self, widths, dropout=0.0):
        super().__init__()
        self.blocks = [ConvBlock(width) for width in widths]
        self.flatten = Flatten()
        self.dropout = Dropout(dropout)
        self.head = Dense(10, activation="softmax")

    def call(self, x, training=None):
        for block in self.blocks:
            x = block(x, training=training)
        return self.head(self.dropout(self.flatten(x), training=training))


def tower(*args, **kwargs):
    model = Tower(*args, **kwargs)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def deep_model():
    return tower((16, 32, 48))


def regularized_model():
    return tower((16, 32, 48), dropout=0.5)


def overfit_epoch(history):
    logs = history if isinstance(history, dict) else history.history
    best = min(range(len(logs["val_loss"])), key=logs["val_loss"].__getitem__)
    later = logs["loss"][best + 1 :]
    return best if later and min(later) < logs["loss"][best] and later[-1] < logs["loss"][best] else None


def plot_learning_curves(history):
    fig = plt.figure(figsize=(8, 6))
    start = overfit_epoch(history)
    for place, name in enumerate(["loss", "accuracy"], start=1):
        ax = fig.add_subplot(2, 1, place)
        ax.plot(history.epoch, history.history[name], label=f"{name} (training)")
        ax.plot(history.epoch, history.history[f"val_{name}"], label=f"{name} (validation)")
        if start is not None:
            ax.scatter([start], [history.history[f"val_{name}"][start]], color="red", zorder=3, label="overfits from here")
            ax.vlines(start, *ax.get_ylim(), linestyles="dotted")
        ax.set_xlabel("epoch")
        ax.set_ylabel(name)
        ax.legend()
    return fig


def confusion_matrix(y_true, y_pred, n_classes=10):
    if len(y_true) != len(y_pred):
        raise ValueError("lengths differ")
    for label in itertools.chain(y_true, y_pred):
        if label not in range(n_classes):
            raise ValueError(f"no class {label}")
    counts, _, _ = np.histogram2d(y_true, y_pred, bins=[np.arange(n_classes + 1) - 0.5] * 2)
    return counts.astype(int)


def plot_confusion_matrix(matrix, class_names):
    fig, ax = plt.subplots()
    ax.matshow(matrix, cmap="cividis")
    ax.set_xticks(range(len(matrix)), labels=class_names)
    ax.set_yticks(range(len(matrix)), labels=class_names)
    for y, row in enumerate(matrix):
        for x, n in enumerate(row):
            ax.text(x, y, f"{n}\n{n / max(1, row.sum()):.0%}", ha="center", va="center", fontsize=6)
    return fig


def activation_maps(model, image, layer):
    target = model.layers[layer] if isinstance(layer, (int, np.integer)) else model.get_layer(layer)
    probe = keras.Model(model.inputs, [target.output])
    (maps,) = probe(keras.ops.convert_to_tensor(image)[None], training=False)
    maps = np.asarray(maps)
    maps = maps[0] if maps.ndim in (2, 4) else maps
    if maps.ndim != 3:
        raise ValueError("not spatial")
    return maps


def plot_activation_maps(maps, n_columns=8):
    n_rows = int(np.ceil(maps.shape[-1] / n_columns))
    fig, axes = plt.subplots(n_rows, n_columns, squeeze=False, sharex=True, sharey=True)
    for channel, ax in itertools.zip_longest(range(maps.shape[-1]), axes.ravel()):
        if channel is None:
            fig.delaxes(ax)
        else:
            ax.pcolormesh(maps[:, :, channel], cmap="gray")
            ax.invert_yaxis() if channel == 0 else None
    return fig
