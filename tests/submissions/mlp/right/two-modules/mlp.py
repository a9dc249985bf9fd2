"""My lab: see tools.py for the classes."""

import keras
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler

import tools
from shared.datasets import load

sigmoid = tools.Activation(lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(z) / (1 + np.exp(z)))
tanh = tools.Activation(
    lambda z: (1 - np.exp(-2 * z)) / (1 + np.exp(-2 * z)), lambda z: (np.exp(2 * z) - 1) / (np.exp(2 * z) + 1)
)
relu = tools.Activation(lambda z: z, lambda z: 0)


def leaky_relu(z, epsilon=0.01):
    return tools.Activation(lambda t: t, lambda t: epsilon * t)(z)


def softmax(z, axis=-1):
    shifted = z - z.max(axis=axis, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return np.exp(shifted - log_sum)


def neuron(x, w, b, activation):
    batch = np.atleast_2d(x)
    out = np.array([activation(z) for z in batch.dot(w) + b])
    return out[0] if np.ndim(x) == 1 else out


def dense_forward(X, W, b):
    try:
        with_ones = np.column_stack([X, np.ones(len(X))])
        return with_ones @ np.vstack([W, np.reshape(b, (1, -1))])
    except ValueError:
        raise
    except Exception as error:
        raise ValueError(str(error)) from error


def xor_weights():
    W1 = np.array([[1, -1], [-1, 1]], dtype="int64")
    return W1, np.zeros(2, dtype="int64"), np.array([[1], [1]]), np.array([-0.5])


class Xor(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.hidden = keras.layers.Dense(2, activation=keras.layers.ReLU())
        self.answer = keras.layers.Dense(1, activation="sigmoid")

    def call(self, inputs):
        return self.answer(self.hidden(inputs))


def xor_model():
    model = Xor()
    model(np.zeros((1, 2)))
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=0.02),
        loss=lambda y, p: keras.ops.mean(keras.ops.square(y - p)),
        metrics=[keras.metrics.BinaryAccuracy(threshold=0.5), "mae"],
    )
    return model


def gradient_descent(gradient, w0, learning_rate, max_steps=1000, tolerance=1e-6):
    walk = tools.History(np.array(w0, copy=True))
    slope = gradient(walk.here)
    count = 0
    while count < max_steps and float(np.sqrt(np.sum(np.square(slope)))) > tolerance:
        walk.move(-learning_rate * slope)
        slope = gradient(walk.here)
        count += 1
    return walk.here, walk.places


def sgd_step(w, grad, learning_rate):
    return w + learning_rate * -grad


def momentum_step(w, grad, velocity, learning_rate, momentum=0.9):
    new_velocity = velocity * momentum
    new_velocity = new_velocity - grad * learning_rate
    return w + new_velocity, new_velocity


def adam_step(w, grad, m, v, t, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    rule = tools.Adam(m=m, v=v, t=t, lr=learning_rate, b1=beta_1, b2=beta_2, eps=epsilon)
    return rule.step(w, grad), rule.m, rule.v


def _error(y_true, y_pred, function):
    return float(np.mean([function(float(b) - float(a)) for a, b in zip(y_true.flat, y_pred.flat)]))


def mean_squared_error(y_true, y_pred):
    return _error(y_true, y_pred, lambda e: e * e)


def mean_absolute_error(y_true, y_pred):
    return _error(y_true, y_pred, abs)


def mean_bias_error(y_true, y_pred):
    return _error(y_true, y_pred, lambda e: e)


def binary_cross_entropy(y_true, y_pred):
    y = np.asarray(y_true).reshape(-1, 1)
    p = np.asarray(y_pred, dtype=float).reshape(-1, 1).clip(1e-7, 1 - 1e-7)
    return categorical_cross_entropy(np.hstack([1 - y, y]), np.hstack([1 - p, p]))


def categorical_cross_entropy(y_true, y_pred):
    right = np.argmax(y_true, axis=1)
    chosen = y_pred[np.arange(len(right)), right]
    return -np.log(np.minimum(np.maximum(chosen, 1e-7), 1 - 1e-7)).mean()


def dense_param_count(n_inputs, n_outputs, use_bias=True):
    biases = n_outputs if use_bias else 0
    return n_inputs * n_outputs + biases


def mlp_param_count(sizes):
    weights = np.dot(sizes[:-1], sizes[1:])
    return int(weights + sum(sizes[1:]))


def iterations_per_epoch(n_samples, batch_size):
    if not (n_samples > 0 and batch_size > 0):
        raise ValueError
    return len(range(0, n_samples, batch_size))


def get_data_fashion_mnist(n_train=10000):
    train, test = load("fashion_mnist")
    X_train = train[0][:n_train].reshape(-1, 28 * 28) / 255
    X_test = test[0].reshape(-1, 28 * 28) / 255
    mean, std = X_train.mean(0), X_train.std(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        X_train = np.nan_to_num((X_train - mean) / std, nan=0.0, posinf=0.0, neginf=0.0)
        X_test = np.nan_to_num((X_test - mean) / std, nan=0.0, posinf=0.0, neginf=0.0)
    return [X_train, train[1][:n_train].astype("int32")], [X_test, test[1].astype("int32")]


def fashion_mlp():
    body = keras.Sequential([keras.layers.Dense(256, "relu"), keras.layers.Dense(128, "relu")], name="body")
    model = keras.Sequential([keras.Input((784,)), body, keras.layers.Dense(10, "softmax")])
    model.compile(
        keras.optimizers.SGD(0.05, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def train_with_early_stopping(model, X, y, X_val, y_val, *, epochs=50, batch_size=32, patience=2):
    path = "best.weights.h5"
    callbacks = [
        keras.callbacks.EarlyStopping("val_loss", patience=patience),
        keras.callbacks.ModelCheckpoint(path, monitor="val_loss", save_best_only=True, save_weights_only=True),
    ]
    history = model.fit(
        X, y, batch_size=batch_size, epochs=epochs, validation_data=(X_val, y_val), callbacks=callbacks, verbose=2
    )
    model.load_weights(path)
    return history


def dropout(x, rate, rng, training=True):
    mask = tools.Mask(rate, rng)
    return mask(x) if training else np.array(x)


def dropconnect(x, W, b, rate, rng, training=True):
    mask = tools.Mask(rate, rng)
    if training:
        return np.stack([row @ mask(W) + b for row in x])
    return x @ W + b


def l1_penalty(theta, lam):
    return np.abs(lam * theta).sum()


def l2_penalty(theta, lam):
    return np.power(theta, 2).sum() * lam


def elastic_net_penalty(theta, lam, alpha):
    magnitudes = np.abs(theta)
    return lam * np.sum((1 - alpha) * magnitudes + alpha * magnitudes**2)


def max_norm(W, c):
    columns = []
    for column in W.T:
        length = np.sqrt(column @ column)
        columns.append(column if length <= c else column * c / length)
    return np.array(columns).T


class Net(ClassifierMixin, BaseEstimator):
    def __init__(self, training_epochs=1, training_batch_size=8, units=10):
        self.training_epochs = training_epochs
        self.training_batch_size = training_batch_size
        self.units = units

    def fit(self, X, y):
        self.labels = sorted(set(y.tolist()))
        self.classes_ = np.array(self.labels)
        one_hot = np.array([[float(value == label) for label in self.labels] for value in y.tolist()])
        self._net = keras.Sequential([keras.layers.Dense(self.units, "relu"), keras.layers.Dense(len(self.labels), "softmax")])
        self._net.compile("adam", "categorical_crossentropy")
        self._net.fit(X, one_hot, batch_size=self.training_batch_size, epochs=self.training_epochs, verbose=0)
        return self

    def predict(self, X):
        return self.classes_[np.asarray(self._net(X)).argmax(1)]


def search_hyperparameters(X, y, epochs=(5, 10), batch_sizes=(16, 32), cv=3):
    pipe = Pipeline([("scale", MinMaxScaler()), ("net", Net())])
    grid = {"net__training_epochs": list(epochs), "net__training_batch_size": list(batch_sizes)}
    search = GridSearchCV(pipe, grid, cv=cv, n_jobs=1, refit=True, return_train_score=True)
    search.fit(X, y)
    return search
