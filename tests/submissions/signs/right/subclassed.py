"""A subclass of keras.Model with layers of its own, an optimizer object with a schedule's form, texts beside the curves."""

from contextlib import ExitStack
from pathlib import Path

import h5py
import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers, ops


class Signs:
    """One HDF5 file of hand signs."""

    def __init__(self, path, kind):
        self.path, self.kind = Path(path), kind

    def read(self, name):
        with ExitStack() as stack:
            file = stack.enter_context(h5py.File(self.path))
            if name not in file:
                raise ValueError(f"no {name} in {self.path}")
            return np.asarray(file[name])

    @property
    def pair(self):
        images = self.read(self.kind + "_set_x")
        labels = self.read(self.kind + "_set_y")
        return np.multiply(images, 1 / 255, dtype="float32"), one_hot(labels, 6)


def load_signs(train_path, test_path):
    files = Signs(train_path, "train"), Signs(test_path, "test")
    for file in files:
        file.path.stat()  # raises FileNotFoundError with the name in it
    return files[0].pair, files[1].pair, tuple(files[0].read("list_classes"))


def one_hot(labels, num_classes):
    rows = np.zeros((labels.size, num_classes), dtype="float32")
    for row, label in zip(rows, labels.flat):
        if not 0 <= label < num_classes:
            raise ValueError(f"{label} is not one of {num_classes} classes")
        row[label] = 1
    return rows


def value_range(images):
    ordered = np.sort(images, axis=None).astype("float64")
    return ordered[0], ordered[-1]


@keras.saving.register_keras_serializable("signs")
class Block(layers.Layer):
    """A convolution and its ReLU."""

    def __init__(self, filters, **kwargs):
        super().__init__(**kwargs)
        self.convolution = layers.Conv2D(filters, 3)

    def call(self, inputs):
        return ops.relu(self.convolution(inputs))


@keras.saving.register_keras_serializable("signs")
class SignsNet(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.classify = layers.Dense(6, activation="softmax")
        self.flatten = layers.Flatten()
        self.pool = layers.MaxPooling2D()
        self.second = Block(32)
        self.first = Block(32)

    def call(self, inputs):
        return self.classify(self.flatten(self.pool(self.second(self.first(inputs)))))


def signs_model():
    model = SignsNet()
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate=keras.optimizers.schedules.ExponentialDecay(0.01, 1, 1.0)),
        loss=keras.losses.CategoricalCrossentropy(),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
    )
    return model


class Report(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        print(f"{epoch + 1:3d}", " ".join(f"{name} {value:.3f}" for name, value in (logs or {}).items()))


def train_signs(model, X_train, Y_train, X_test, Y_test, *, epochs=100, batch_size=32):
    model.fit(
        X_train, Y_train, batch_size, epochs, 0, callbacks=[Report()], validation_data=(X_test, Y_test), shuffle=True
    )
    return model.history


def predict_digit(model, image):
    scaled = image / np.iinfo(image.dtype).max if np.issubdtype(image.dtype, np.integer) else image
    (probabilities,) = ops.convert_to_numpy(model(scaled[np.newaxis].astype("float32")))
    digit = max(range(6), key=lambda place: probabilities[place])
    return digit, probabilities[digit].item()


def _checked(path):
    if not str(path).endswith(".weights.h5"):
        raise ValueError(f"{path} does not end in .weights.h5")
    return path


def save_weights(model, path):
    model.save_weights(_checked(path))


def load_weights(model, path):
    model.load_weights(_checked(path))


def plot_history(history):
    curves = history.history
    figure, places = plt.subplots(2, 1, sharex=True)
    epochs = np.arange(len(curves["loss"]))
    for axes, name in zip(places, ["loss", "accuracy"]):
        for prefix, words in {"val_": "validation", "": "training"}.items():
            values = curves[prefix + name]
            axes.plot(epochs, values, label=words)
            axes.annotate(words, (epochs[-1], values[-1]))
        axes.set_ylabel(name)
    places[-1].set_xlabel("epoch")
    return figure
