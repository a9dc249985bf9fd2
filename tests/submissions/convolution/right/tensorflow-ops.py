# -*- coding: utf-8 -*-
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras.datasets.mnist import load_data
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt


def conv1d(signal, kernel):
    s = tf.constant(signal, tf.float32)
    k = tf.constant(kernel, tf.float32)
    if s.shape[0] == 0 or k.shape[0] == 0 or k.shape[0] > s.shape[0]:
        raise ValueError("bad sizes %s %s" % (s.shape, k.shape))
    return tf.nn.conv1d(s[None, :, None], k[:, None, None], stride=1, padding="VALID")[0, :, 0].numpy()


def max_pool1d(signal, size=2, stride=None):
    s = tf.constant(signal, tf.float64)
    return tf.nn.max_pool1d(s[None, :, None], size, stride or size, "VALID")[0, :, 0]


def conv2d_multichannel(image, kernels, bias=None, stride=1, padding=0):
    x = tf.constant(image, tf.float32)[None]
    pads = [[0, 0], [padding, padding], [padding, padding], [0, 0]]
    y = tf.nn.conv2d(x, tf.constant(kernels, tf.float32), strides=stride, padding=pads)
    if bias is not None:
        y = tf.nn.bias_add(y, tf.constant(bias, tf.float32))
    return y[0]


def conv2d(image, kernel, stride=1, padding=0):
    H, W = np.shape(image)
    if stride <= 0 or padding < 0 or kernel.shape[0] > H + 2 * padding or kernel.shape[1] > W + 2 * padding:
        raise ValueError("conv2d: %r %r" % (stride, padding))
    return conv2d_multichannel(image[:, :, None], kernel[:, :, None, None], stride=stride, padding=padding)[:, :, 0].numpy()


def _tf_pool(image, size, stride, kind):
    x = tf.cast(image, tf.float32)
    flat = len(x.shape) == 2
    if flat:
        x = x[:, :, None]
    pool = tf.nn.max_pool2d if kind == "MAX" else tf.nn.avg_pool2d
    y = pool(x[None], ksize=size, strides=stride or size, padding="VALID")[0]
    return (y[:, :, 0] if flat else y).numpy()


def max_pool2d(image, size=2, stride=None):
    return _tf_pool(image, size, stride, "MAX")


def average_pool2d(image, size=2, stride=None):
    return _tf_pool(image, size, stride, "AVG")


def get_data_mnist():
    (xa, ya), (xb, yb) = load_data()
    f = lambda x: tf.cast(x[..., tf.newaxis], tf.float32).numpy() / np.float32(255)
    return [(f(xa), ya.astype("int32")), (f(xb), yb.astype("int32"))]


def lenet():
    m = tf.keras.Sequential(name="LeNet5", layers=[
        layers.Conv2D(filters=6, kernel_size=(5, 5), padding="same", activation=tf.nn.relu, input_shape=(28, 28, 1)),
        layers.MaxPool2D(pool_size=2, strides=2),
        layers.Conv2D(filters=16, kernel_size=(5, 5), padding="valid", activation=tf.nn.relu),
        layers.MaxPool2D(pool_size=2, strides=2),
        layers.Flatten(),
        layers.Dense(120, activation=tf.nn.relu),
        layers.Dense(84, activation=tf.nn.relu),
        layers.Dense(10, activation=tf.nn.softmax)])
    m.compile(tf.keras.optimizers.SGD(0.05, momentum=0.9), tf.keras.losses.sparse_categorical_crossentropy,
              metrics=[tf.keras.metrics.SparseCategoricalAccuracy()])
    return m


def equivalent_mlp(n_params):
    """One hidden layer without biases, a second small one to hit the count."""
    def count(a, b):
        return 784 * a + a * b + 11 * b + b * 0 + 10 - b
    best = min(((a, b) for a in range(max(1, n_params // 900), n_params // 790 + 1) for b in (16, 20, 24, 28, 32, 40, 48)),
               key=lambda ab: abs(count(*ab) - n_params))
    a, b = best
    m = tf.keras.Sequential([
        tf.keras.Input(shape=(28, 28, 1)), layers.Flatten(),
        layers.Dense(a, activation="sigmoid", use_bias=False), layers.Dense(b, activation="sigmoid", use_bias=False),
        layers.Dense(10, activation="softmax")])
    m.compile("adam", "sparse_categorical_crossentropy", metrics=["sparse_categorical_accuracy"])
    return m


def compare_models(models, train, test, epochs=3, batch_size=128):
    ds = tf.data.Dataset.from_tensor_slices(train).shuffle(1000, seed=1).batch(batch_size)
    out = dict()
    for k, m in models.items():
        m.fit(ds, epochs=epochs, verbose=2)
        out[k] = np.float32(m.evaluate(test[0], test[1], verbose=0, batch_size=64, return_dict=True)["accuracy"])
    return out


def first_layer_filters(model):
    conv = [l for l in model.layers if isinstance(l, tf.keras.layers.Conv2D)]
    if len(conv) == 0:
        raise ValueError("model without Conv2D")
    W = tf.reduce_mean(conv[0].weights[0], axis=2)
    W = tf.transpose(W, [2, 0, 1]).numpy()
    res = []
    for w in W:
        d = w.max() - w.min()
        res += [(w - w.min()) / d if d > 0 else np.ones_like(w) / 2]
    return np.stack(res)


def plot_filters(model):
    F = first_layer_filters(model)
    fig, axs = plt.subplots(nrows=1, ncols=len(F))
    pencil = matplotlib.colors.LinearSegmentedColormap.from_list("pencil", ["white", "black"])
    for i, (a, f) in enumerate(zip(np.ravel(axs), F)):
        if i % 2:
            a.pcolor(f[::-1], cmap=pencil)
        else:
            a.pcolormesh(f, cmap="binary")
            a.invert_yaxis()
        a.axis("off")
    plt.tight_layout()
    return fig


def transfer_model(base, n_classes):
    base.trainable = False
    x = base.layers[-2].output
    y = layers.Dense(n_classes, activation="softmax")(x)
    m = tf.keras.Model(inputs=base.inputs, outputs=y)
    m.compile(optimizer="sgd", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return m
