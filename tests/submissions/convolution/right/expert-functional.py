"""Lab convolution, vectorised; models with the functional API."""

from __future__ import annotations

import math
from functools import partial

import keras
import numpy as np
from keras import layers, ops
from matplotlib.figure import Figure
from numpy.lib.stride_tricks import as_strided

from shared import datasets

softmax_head = partial(layers.Dense, activation="softmax")


def conv1d(signal, kernel):
    signal, kernel = (np.asarray(part, dtype=np.float64) for part in (signal, kernel))
    n, k = signal.size, kernel.size
    if min(n, k) == 0 or k > n:
        msg = f"need 1 <= {k} <= {n}"
        raise ValueError(msg)
    toeplitz = np.arange(n - k + 1)[:, None] + np.arange(k)
    return signal[toeplitz] @ kernel


def max_pool1d(signal, size=2, stride=None):
    stride = size if stride is None else stride
    starts = np.arange(0, signal.size - size + 1, stride)
    return np.take(signal, starts[:, None] + np.arange(size)).max(-1)


def _patches(x, kh, kw, s):
    """(H, W, D) -> (H', W', kh, kw, D), a view."""
    H, W, D = x.shape
    a, b, c = x.strides
    shape = ((H - kh) // s + 1, (W - kw) // s + 1, kh, kw, D)
    return as_strided(x, shape, (s * a, s * b, a, b, c), writeable=False)


def conv2d_multichannel(image, kernels, bias=None, stride=1, padding=0):
    if stride < 1 or padding < 0:
        raise ValueError("stride and padding")
    x = np.pad(np.asarray(image, np.float64), [(padding,) * 2, (padding,) * 2, (0, 0)])
    kh, kw, _, C = kernels.shape
    if kh > x.shape[0] or kw > x.shape[1]:
        raise ValueError("kernel")
    p = _patches(np.ascontiguousarray(x), kh, kw, stride)
    out = p.reshape(*p.shape[:2], -1) @ kernels.reshape(-1, C)
    return out + (0.0 if bias is None else np.asarray(bias))


def conv2d(image, kernel, stride=1, padding=0):
    return conv2d_multichannel(np.asarray(image)[..., None], np.asarray(kernel)[..., None, None], None, stride, padding)[..., 0]


def _pool2d(reduce, image, size, stride):
    stride = stride or size
    flat = np.atleast_3d(np.ascontiguousarray(image))
    out = reduce(_patches(flat, size, size, stride), axis=(2, 3))
    return out if np.ndim(image) == 3 else out[..., 0]


def max_pool2d(image, size=2, stride=None):
    return _pool2d(np.max, image, size, stride)


def average_pool2d(image, size=2, stride=None):
    return _pool2d(np.mean, image, size, stride)


def get_data_mnist():
    def tidy(pair):
        X, y = pair
        return np.expand_dims(np.divide(X, 255, dtype=np.float32), -1), y.astype(np.int64)

    return tuple(map(tidy, datasets.load("mnist")))


def _compiled(inputs, outputs, rate=1e-3):
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.Nadam(rate),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="hits")],
    )
    return model


def lenet():
    inputs = keras.Input((28, 28, 1))
    x = layers.ZeroPadding2D(2)(inputs)
    for filters in (6, 16):
        x = layers.Activation("relu")(layers.Conv2D(filters, 5)(x))
        x = layers.MaxPool2D()(x)
    x = layers.Flatten()(x)
    for units in (120, 84):
        x = layers.ReLU()(layers.Dense(units)(x))
    return _compiled(inputs, softmax_head(10)(x))


def equivalent_mlp(n_params):
    # Three equal hidden layers of h units, then one of r to make up the difference: 784h + h + 2(h² + h) + ...
    h = max(2, int((math.sqrt(787**2 + 8 * 0.9 * n_params) - 787) / 4))
    used = 785 * h + 2 * (h * h + h)
    r = max(1, round((n_params - used - 10) / (h + 11)))
    inputs = keras.Input((28, 28, 1))
    x = layers.Reshape((784,))(inputs)
    for units in (h, h, h, r):
        x = layers.Dense(units, activation="elu")(x)
    return _compiled(inputs, softmax_head(10)(x))


def compare_models(models, train, test, epochs=3, batch_size=128):
    X, y = test

    def run(model):
        model.fit(*train, epochs=epochs, batch_size=batch_size, verbose=0)
        guesses = model.predict(X, verbose=0).argmax(axis=1)
        return np.mean(guesses == y)

    return {name: run(model) for name, model in models.items()}


def first_layer_filters(model):
    kernels = [layer.kernel for layer in model.layers if type(layer) is layers.Conv2D]
    if not kernels:
        raise ValueError("no Conv2D")
    means = np.moveaxis(ops.convert_to_numpy(ops.mean(kernels[0], axis=2)), -1, 0)
    flat = means.reshape(len(means), -1)
    low, span = flat.min(1, keepdims=True), np.ptp(flat, axis=1, keepdims=True)
    out = np.full_like(flat, 0.5)
    np.divide(flat - low, span, out=out, where=span > 0)
    return out.reshape(means.shape)


def plot_filters(model):
    filters = first_layer_filters(model)
    figure = Figure(figsize=(6, 6))
    side = math.ceil(math.sqrt(len(filters)))
    for place, image in enumerate(filters, start=1):
        axes = figure.add_subplot(side, side, place)
        axes.matshow(image, cmap="Greys_r")
        axes.tick_params(left=False, right=False, top=False, bottom=False, labelleft=False, labeltop=False)
    return figure


def transfer_model(base, n_classes):
    copy = keras.models.clone_model(base)
    copy.set_weights(base.get_weights())
    trunk = keras.Model(copy.inputs, copy.layers[-2].output)
    trunk.trainable = False
    x = trunk.output
    return _compiled(trunk.inputs, softmax_head(n_classes, name="new_head")(x), rate=0.01)
