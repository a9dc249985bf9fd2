"""Lab convolution with classes: a small array library, models that subclass keras.Model."""

from dataclasses import dataclass

import keras
import numpy as np
from keras.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D, Softmax
from matplotlib import pyplot as plt

from shared.datasets import load


@dataclass
class Window:
    height: int
    width: int
    stride: int = 1

    def __post_init__(self):
        if self.stride < 1:
            raise ValueError(f"stride {self.stride}")

    def count(self, shape):
        rows = (shape[0] - self.height) // self.stride + 1
        columns = (shape[1] - self.width) // self.stride + 1
        if rows < 1 or columns < 1:
            raise ValueError(f"window {self.height}x{self.width} does not fit {shape}")
        return rows, columns

    def over(self, image):
        rows, columns = self.count(image.shape)
        for i in range(rows):
            for j in range(columns):
                y, x = i * self.stride, j * self.stride
                yield (i, j), image[y : y + self.height, x : x + self.width]

    def map(self, image, function):
        values = {place: function(patch) for place, patch in self.over(image)}
        rows, columns = self.count(image.shape)
        return np.array([[values[i, j] for j in range(columns)] for i in range(rows)], dtype=float)


def pad(image, padding):
    if padding < 0:
        raise ValueError(f"padding {padding}")
    result = np.zeros((image.shape[0] + 2 * padding, image.shape[1] + 2 * padding, *image.shape[2:]))
    result[padding : padding + image.shape[0], padding : padding + image.shape[1]] = image
    return result


def conv1d(signal, kernel):
    if not len(kernel) or not len(signal):
        raise ValueError("empty")
    return Window(1, len(kernel)).map(np.atleast_2d(signal), lambda patch: np.vdot(patch[0], kernel))[0]


def max_pool1d(signal, size=2, stride=None):
    return Window(1, size, stride or size).map(np.reshape(signal, (1, -1)), np.amax)[0]


def conv2d(image, kernel, stride=1, padding=0):
    return Window(*kernel.shape, stride).map(pad(image, padding), lambda patch: np.sum(patch * kernel))


def conv2d_multichannel(image, kernels, bias=None, stride=1, padding=0):
    window = Window(*kernels.shape[:2], stride)
    maps = window.map(pad(image, padding), lambda patch: np.tensordot(patch, kernels, 3))
    if bias is not None:
        maps += bias
    return maps


def max_pool2d(image, size=2, stride=None):
    return Window(size, size, stride or size).map(image, lambda patch: patch.max((0, 1)))


def average_pool2d(image, size=2, stride=None):
    return Window(size, size, stride or size).map(image, lambda patch: patch.mean((0, 1)))


def get_data_mnist():
    train, test = load("mnist")
    pairs = []
    for X, y in (train, test):
        pairs.append((np.float32(X)[:, :, :, None] / 255, y))
    return tuple(pairs)


class Classifier(keras.Model):
    """Compiled as soon as it exists."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(), metrics=["accuracy"])


class LeNet(Classifier):
    def __init__(self):
        super().__init__()
        self.last = Dense(10)
        self.c1 = Conv2D(6, 5, padding="same")
        self.c2 = Conv2D(16, 5)
        self.pool = MaxPooling2D()
        self.flat = Flatten()
        self.d1 = Dense(120)
        self.d2 = Dense(84)
        self.softmax = Softmax()

    def call(self, x):
        for conv in (self.c1, self.c2):
            x = self.pool(keras.ops.relu(conv(x)))
        x = self.flat(x)
        for dense in (self.d1, self.d2):
            x = keras.ops.relu(dense(x))
        return self.softmax(self.last(x))


class Pyramid(Classifier):
    """As many units in the first layer as fit, a second layer to come close."""

    def __init__(self, first, second):
        super().__init__()
        self.hidden = [Dense(first, activation="relu"), Dropout(0.1), Dense(second, activation=keras.activations.gelu)]
        self.out = Dense(10, activation="softmax")

    def call(self, x, training=False):
        x = keras.ops.reshape(x, (-1, 28 * 28))
        for layer in self.hidden:
            x = layer(x, training=training) if isinstance(layer, Dropout) else layer(x)
        return self.out(x)


def lenet():
    model = LeNet()
    model.build((None, 28, 28, 1))
    return model


def equivalent_mlp(n_params):
    candidates = [(a, max(1, round((n_params - 10 - 785 * a) / (a + 11)))) for a in range(n_params // 1000, n_params // 800)]
    a, b = min(candidates, key=lambda s: abs(785 * s[0] + s[1] * (s[0] + 11) + 10 - n_params))
    model = Pyramid(a, b)
    model(np.zeros((1, 28, 28, 1), "float32"))
    return model


def compare_models(models, train, test, epochs=3, batch_size=128):
    accuracies = {}
    for name in models:
        model = models[name]
        history = model.fit(*train, epochs=epochs, batch_size=batch_size, validation_data=test, verbose=0)
        accuracies[name] = history.history["val_accuracy"][-1]
    return accuracies


def first_layer_filters(model):
    try:
        layer = next(filter(lambda layer: isinstance(layer, Conv2D), model.layers))
    except StopIteration:
        raise ValueError("no convolution") from None
    kernels = np.array(layer.kernel)
    filters = kernels.mean(2)
    smallest = filters.min((0, 1))
    spread = filters.max((0, 1)) - smallest
    flat = spread == 0
    images = (filters - smallest) / (spread + flat)
    images[..., flat] = 0.5
    return np.rollaxis(images, 2)


def plot_filters(model):
    filters = first_layer_filters(model)
    columns = 4
    rows = (len(filters) + columns - 1) // columns
    figure, axes = plt.subplots(rows, columns, subplot_kw={"xticks": [], "yticks": []})
    for ax, f in zip(axes.ravel(), filters):
        ax.imshow(np.repeat(f[..., None], 3, axis=2))
    figure.suptitle("filters")
    return figure


class Transfer(keras.Model):
    def __init__(self, base, n_classes):
        super().__init__()
        self.head = Dense(n_classes, activation="softmax")
        body = keras.models.clone_model(base)
        body.set_weights(base.get_weights())
        self.kept = keras.Model(body.inputs, body.layers[-1].input)
        self.kept.trainable = False

    def call(self, x):
        return self.head(self.kept(x, training=False))


def transfer_model(base, n_classes):
    model = Transfer(base, n_classes)
    model.build((None, *base.input_shape[1:]))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
