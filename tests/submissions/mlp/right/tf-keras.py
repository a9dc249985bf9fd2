"""Everything with TensorFlow, as in our first-year notes."""
import math

import numpy as np
import tensorflow as tf
from sklearn.model_selection import GridSearchCV
from tensorflow import keras
from tensorflow.keras.datasets import fashion_mnist
from tensorflow.keras.layers import Dense, Input
from tensorflow.keras.models import Sequential


def sigmoid(z):
    return tf.math.sigmoid(tf.cast(z, tf.float64)).numpy()


def tanh(z):
    return tf.math.tanh(tf.cast(z, tf.float64)).numpy()


def relu(z):
    return tf.nn.relu(tf.cast(z, tf.float64)).numpy()


def leaky_relu(z, epsilon=0.01):
    return tf.nn.leaky_relu(tf.cast(z, tf.float64), alpha=epsilon).numpy()


def softmax(z, axis=-1):
    return tf.nn.softmax(tf.cast(z, tf.float64), axis=axis)


def neuron(x, w, b, activation):
    z = tf.reduce_sum(x * w, axis=-1) + b
    return activation(z.numpy())


def dense_forward(X, W, b):
    if X.shape[1] != W.shape[0] or W.shape[1] != b.shape[0]:
        raise ValueError("bad shapes")
    return tf.linalg.matmul(X, W) + b


def xor_weights():
    W1 = tf.constant([[1.0, 1.0], [1.0, 1.0]])
    b1 = tf.constant([-0.5, -1.5])
    W2 = tf.constant([[2.0], [-6.0]])
    b2 = tf.constant([-0.5])
    return W1, b1, W2, b2


def xor_model():
    model = Sequential([Input(shape=(2,)), Dense(2, activation=tf.nn.relu), Dense(1, activation=tf.nn.sigmoid)])
    model.compile(optimizer=tf.keras.optimizers.Adam(), loss=tf.keras.losses.MeanSquaredError(), metrics=["acc"])
    return model


def gradient_descent(gradient, w0, learning_rate, max_steps=1000, tolerance=1e-6):
    w = w0
    path = [w]
    for step in range(max_steps):
        g = gradient(w)
        if tf.norm(g).numpy() <= tolerance:
            return w, path
        w = w - learning_rate * g
        path += [w]
    return w, path


def sgd_step(w, grad, learning_rate):
    variable = tf.Variable(w)
    variable.assign_sub(learning_rate * grad)
    return variable.numpy()


def momentum_step(w, grad, velocity, learning_rate, momentum=0.9):
    velocity = np.add(momentum * velocity, -learning_rate * grad)
    w = np.add(w, velocity)
    return w, velocity


def adam_step(w, grad, m, v, t, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    m_t = beta_1 * m + (1.0 - beta_1) * grad
    v_t = beta_2 * v + (1.0 - beta_2) * np.power(grad, 2)
    lr_t = learning_rate * math.sqrt(1.0 - beta_2**t) / (1.0 - beta_1**t)
    return w - lr_t * m_t / (np.sqrt(v_t) + epsilon), m_t, v_t


def mean_squared_error(y_true, y_pred):
    return tf.reduce_mean(tf.square(tf.cast(y_pred, tf.float64) - tf.cast(y_true, tf.float64)))


def mean_absolute_error(y_true, y_pred):
    return float(tf.reduce_mean(tf.abs(tf.cast(y_pred, tf.float64) - tf.cast(y_true, tf.float64))))


def mean_bias_error(y_true, y_pred):
    return tf.reduce_mean(tf.cast(y_pred, tf.float64) - tf.cast(y_true, tf.float64)).numpy()


def binary_cross_entropy(y_true, y_pred):
    y_true = tf.reshape(tf.cast(y_true, tf.float32), (-1, 1))
    y_pred = tf.reshape(tf.cast(y_pred, tf.float32), (-1, 1))
    return float(tf.reduce_mean(tf.keras.losses.binary_crossentropy(y_true, y_pred)))


def categorical_cross_entropy(y_true, y_pred):
    return float(tf.keras.losses.CategoricalCrossentropy()(y_true, y_pred))


def dense_param_count(n_inputs, n_outputs, use_bias=True):
    layer = Dense(n_outputs, use_bias=use_bias)
    layer.build((None, n_inputs))
    return layer.count_params()


def mlp_param_count(sizes):
    return sum(dense_param_count(a, b) for a, b in zip(sizes, sizes[1:]))


def iterations_per_epoch(n_samples, batch_size):
    if n_samples <= 0 or batch_size <= 0:
        raise ValueError("positive sizes, please")
    return int(np.ceil(n_samples / batch_size))


def get_data_fashion_mnist(n_train=10000):
    (X_train, y_train), (X_test, y_test) = fashion_mnist.load_data()
    n_train = min(n_train, X_train.shape[0])
    X_train = X_train.reshape(X_train.shape[0], 28 * 28)[:n_train].astype(np.float32)
    X_test = X_test.reshape(X_test.shape[0], 28 * 28).astype(np.float32)
    mu = np.mean(X_train, axis=0)
    sigma = np.std(X_train, axis=0)
    sigma = np.where(sigma == 0, 1, sigma)
    return ((X_train - mu) / sigma, y_train[:n_train]), ((X_test - mu) / sigma, y_test)


class MLP(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.h1 = Dense(256, activation="relu")
        self.h2 = Dense(128, activation="relu")
        self.out = Dense(10, activation="softmax")

    def call(self, x):
        return self.out(self.h2(self.h1(x)))


def fashion_mlp():
    model = MLP()
    model.build((None, 784))
    model.compile(
        optimizer=tf.keras.optimizers.RMSprop(),
        loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=False),
        metrics=["sparse_categorical_accuracy"],
    )
    return model


def train_with_early_stopping(model, X, y, X_val, y_val, epochs=50, batch_size=32, patience=2):
    es = tf.keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True, verbose=1)
    return model.fit(
        x=X, y=y, validation_data=(X_val, y_val), epochs=epochs, batch_size=batch_size, callbacks=[es], shuffle=False
    )


def dropout(x, rate, rng, training=True):
    if rate < 0 or rate >= 1:
        raise ValueError("rate")
    if not training or rate == 0:
        return x
    keep = rng.choice([0.0, 1.0], size=x.shape, p=[rate, 1 - rate])
    return tf.cast(x, tf.float64) * keep / (1 - rate)


def dropconnect(x, W, b, rate, rng, training=True):
    if rate < 0 or rate >= 1:
        raise ValueError("rate")
    if training:
        W = dropout(W, rate, rng)
    return tf.matmul(x, W) + b


def l1_penalty(theta, lam):
    return float(tf.keras.regularizers.L1(lam)(tf.cast(theta, tf.float64)))


def l2_penalty(theta, lam):
    return lam * float(tf.norm(tf.cast(theta, tf.float64))) ** 2


def elastic_net_penalty(theta, lam, alpha):
    return lam * ((1 - alpha) * l1_penalty(theta, 1.0) + alpha * l2_penalty(theta, 1.0))


def max_norm(W, c):
    return tf.clip_by_norm(W, c, axes=[0])


class KerasGrid(keras.wrappers.SKLearnClassifier):
    def __init__(self, model=None, epochs=5, batch_size=16):
        super().__init__(model=model)
        self.epochs = epochs
        self.batch_size = batch_size

    def __sklearn_clone__(self):
        return KerasGrid(self.model, self.epochs, self.batch_size)

    def fit(self, X, y, **kwargs):
        return super().fit(X, y, epochs=self.epochs, batch_size=self.batch_size, verbose=0, **kwargs)


def small_net(X, y):
    net = Sequential([Input(shape=(X.shape[1],)), Dense(12, activation="relu"), Dense(y.shape[1], activation="softmax")])
    net.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return net


def search_hyperparameters(X, y, epochs=(5, 10), batch_sizes=(16, 32), cv=3):
    search = GridSearchCV(KerasGrid(small_net), param_grid=dict(epochs=list(epochs), batch_size=list(batch_sizes)), cv=cv)
    return search.fit(X, y)
