"""Terse NumPy; Functional Keras models; scikit-learn's scaler; a pipeline for the search."""

from __future__ import annotations

from functools import partial

import keras
import numpy as np
from keras import layers, ops
from scipy.special import expit, xlogy
from scipy.special import softmax as scipy_softmax
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

EPS = 1e-7

sigmoid = expit
tanh = np.tanh
relu = partial(np.maximum, 0)


def leaky_relu(z, epsilon=0.01):
    return np.where(np.greater(z, 0), z, np.multiply(epsilon, z))


softmax = lambda z, axis=-1: scipy_softmax(np.asarray(z, float), axis=axis)  # noqa: E731


def neuron(x, w, b, activation):
    return activation(np.einsum("...i,i->...", x, w) + b)


def dense_forward(X, W, b):
    return np.add(np.matmul(X, W), b)


def xor_weights():
    return (
        np.asarray([[-1, 1], [1, -1]], np.float32) * 3,
        np.zeros(2, np.float32),
        np.full((2, 1), 2.0, np.float32),
        np.array([-3.0], np.float32),
    )


def xor_model():
    x = keras.Input((2,), name="bits")
    h = ops.relu(layers.Dense(2)(x))
    model = keras.Model(x, layers.Dense(1, activation=keras.activations.sigmoid)(h))
    model.compile(keras.optimizers.Adam(0.1), keras.losses.MeanSquaredError(), metrics=[keras.metrics.BinaryAccuracy()])
    return model


def gradient_descent(gradient, w0, learning_rate, max_steps=1000, tolerance=1e-6):
    path = [np.asarray(w0, float)]
    while len(path) <= max_steps and np.hypot.reduce(np.ravel(g := gradient(path[-1]))) > tolerance:
        path.append(path[-1] - learning_rate * g)
    return path[-1], np.stack(path)


def sgd_step(w, grad, learning_rate):
    return np.subtract(w, np.multiply(learning_rate, grad))


def momentum_step(w, grad, velocity, learning_rate, momentum=0.9):
    return w + (velocity := momentum * velocity - learning_rate * grad), velocity


def adam_step(w, grad, m, v, t, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """Keras's way: the correction is in the rate."""
    m, v = m + (grad - m) * (1 - beta_1), v + (np.square(grad) - v) * (1 - beta_2)
    alpha = learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    return w - alpha * m / (np.sqrt(v) + epsilon), m, v


def mean_squared_error(y_true, y_pred):
    return np.square(np.subtract(y_pred, y_true)).mean()


def mean_absolute_error(y_true, y_pred):
    return np.linalg.norm(np.ravel(y_pred - y_true), 1) / np.size(y_true)


def mean_bias_error(y_true, y_pred):
    return np.average(y_pred) - np.average(y_true)


def binary_cross_entropy(y_true, y_pred):
    y, p = np.ravel(y_true), np.clip(np.ravel(y_pred), EPS, 1 - EPS)
    return log_loss(y, p, labels=[0, 1])


def categorical_cross_entropy(y_true, y_pred):
    return -xlogy(y_true, np.clip(y_pred, EPS, 1 - EPS)).sum(-1).mean()


def dense_param_count(n_inputs, n_outputs, use_bias=True):
    return np.int64(n_outputs) * (n_inputs + bool(use_bias))


def mlp_param_count(sizes):
    s = np.asarray(sizes)
    return ((s[:-1] + 1) * s[1:]).sum()


def iterations_per_epoch(n_samples, batch_size):
    if min(n_samples, batch_size) <= 0:
        raise ValueError(f"both must be positive: {n_samples=}, {batch_size=}")
    return -(-n_samples // batch_size)


def get_data_fashion_mnist(n_train=10000):
    (a, b), (c, d) = keras.datasets.fashion_mnist.load_data()
    scaler = StandardScaler().fit(a := a[:n_train].reshape(-1, 784) / 255.0)
    return (scaler.transform(a), b[:n_train].astype(int)), (scaler.transform(c.reshape(-1, 784) / 255.0), d.astype(int))


def fashion_mlp():
    x = y = keras.Input((784,))
    for units in (256, 128):
        y = layers.Activation("relu")(layers.Dense(units, kernel_initializer="he_normal")(y))
    y = layers.Softmax()(layers.Dense(10)(y))
    model = keras.Model(x, y)
    accuracy = keras.metrics.SparseCategoricalAccuracy("acc")
    model.compile("nadam", keras.losses.SparseCategoricalCrossentropy(), metrics=[accuracy])
    return model


class _Best(keras.callbacks.Callback):
    """Early stopping of my own."""

    def __init__(self, patience):
        super().__init__()
        self.patience, self.losses, self.kept = patience, [], None

    def on_epoch_end(self, epoch, logs=None):
        self.losses.append(logs["val_loss"])
        best = int(np.argmin(self.losses))
        if best == epoch:
            self.kept = self.model.get_weights()
        self.model.stop_training = epoch - best >= self.patience

    def on_train_end(self, logs=None):
        self.model.set_weights(self.kept)


def train_with_early_stopping(model, X, y, X_val, y_val, epochs=50, batch_size=32, patience=2):
    return model.fit(
        X, y, validation_data=(X_val, y_val), epochs=epochs, batch_size=batch_size, callbacks=_Best(patience), verbose=0
    )


def _keep(shape, rate, rng):
    if not (0 <= rate < 1):
        raise ValueError(rate)
    return rng.binomial(1, 1 - rate, shape) / (1 - rate)


def dropout(x, rate, rng, training=True):
    mask = _keep(x.shape, rate, rng)
    return x * mask if training else x.copy()


def dropconnect(x, W, b, rate, rng, training=True):
    """One mask a sample, as in the paper."""
    masks = _keep((len(x), *W.shape), rate, rng)
    return np.einsum("ni,ij,nij->nj", x, W, masks) + b if training else x @ W + b


def l1_penalty(theta, lam):
    return lam * np.linalg.norm(np.ravel(theta), 1)


def l2_penalty(theta, lam):
    return lam * np.vdot(theta, theta)


def elastic_net_penalty(theta, lam, alpha):
    flat = np.ravel(theta)
    return lam * np.dot((1 - alpha) * np.sign(flat) + alpha * flat, flat)


def max_norm(W, c):
    norms = np.sqrt(np.einsum("ij,ij->j", W, W))
    with np.errstate(all="ignore"):
        return np.where(norms > c, W * (c / norms), W)


def _build(X, y):
    model = keras.Sequential([layers.Input((X.shape[1],)), layers.Dense(8, "tanh"), layers.Dense(y.shape[1], "softmax")])
    model.compile("adam", "categorical_crossentropy")
    return model


def search_hyperparameters(X, y, epochs=(5, 10), batch_sizes=(16, 32), cv=3):
    steps = make_pipeline(StandardScaler(), keras.wrappers.SKLearnClassifier(_build))
    fits = [{"epochs": e, "batch_size": b, "verbose": 0} for e in epochs for b in batch_sizes]
    grid = {"sklearnclassifier__fit_kwargs": fits}
    return GridSearchCV(steps, grid, cv=StratifiedKFold(cv, shuffle=True, random_state=0)).fit(X, y)
