"""Activations, softmax and reshaping as layers of their own; losses, metrics and optimizers as objects."""

import pathlib

import keras
import numpy as np
from keras.layers import Activation, Conv2D, Dense, Dropout, Flatten, MaxPooling2D, ReLU, Reshape, Softmax, ZeroPadding2D


def get_data_mnist(normalize=False):
    pairs = []
    for images, labels in keras.datasets.mnist.load_data():
        images = np.stack([images], axis=1).astype(np.float32)
        if normalize:
            images = np.divide(images, 255, dtype=np.float32)
        one_hot = np.zeros((labels.size, 10))
        one_hot[np.arange(labels.size), labels] = 1
        pairs.append((images, one_hot))
    return pairs[0], pairs[1], 10


def finish(model, learning_rate=0.002):
    model.add(Dense(10, name="logits"))
    model.add(Softmax(name="probabilities"))
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=learning_rate, beta_1=0.95),
        loss=keras.losses.CategoricalCrossentropy(),
        metrics=[keras.metrics.CategoricalAccuracy(name="acc")],
    )
    return model


def start():
    model = keras.Sequential()
    model.add(keras.Input(shape=(1, 28, 28), dtype="float32"))
    model.add(Reshape((28, 28, 1)))  # one channel only: the order of the pixels stays the same
    model.add(ZeroPadding2D(0))
    return model


def small_model():
    model = start()
    model.add(Conv2D(64, (3, 3), strides=(1, 1)))
    model.add(ReLU())
    model.add(Conv2D(32, (3, 3), strides=(1, 1)))
    model.add(ReLU())
    model.add(Reshape((24 * 24 * 32,)))
    return finish(model)


def medium_model():
    model = start()
    model.add(Conv2D(32, kernel_size=(5, 5), strides=(1, 1), padding="VALID"))
    model.add(Activation("relu"))
    model.add(MaxPooling2D(pool_size=(2, 2), strides=(2, 2)))
    model.add(Dropout(0.2, seed=3))
    model.add(Flatten())
    model.add(Dense(128))
    model.add(Activation(keras.activations.relu))
    return finish(model, 0.0005)


def large_model():
    model = start()
    model.add(Conv2D(30, (5, 5)))
    model.add(MaxPooling2D((2, 2)))
    model.add(ReLU())  # after the pooling: the same function
    model.add(Conv2D(15, (3, 3)))
    model.add(ReLU())
    model.add(Flatten())
    model.add(Dropout(rate=0.2))  # of the flattened values: the same again
    model.add(Dense(128))
    model.add(ReLU())
    model.add(Dense(50))
    model.add(ReLU())
    return finish(model)


def train_model(model, X_train, y_train, X_test, y_test, epochs=10, batch_size=200):
    return model.fit(X_train, y_train, epochs=epochs, batch_size=batch_size, validation_data=[X_test, y_test], verbose=0)


def percentages(model, X, y):
    results = model.evaluate(X, y, verbose=0, return_dict=True)
    score = next(100 * value for name, value in results.items() if "acc" in name)
    return score, 100 - score


def print_model_error_rate(model, X_test, y_test):
    for label, value in zip(("Model score", "Model error rate"), percentages(model, X_test, y_test)):
        print(label, ":", f"{value:.2f}%")


def save_keras_model(model, filename):
    pathlib.Path(filename + ".json").write_bytes(model.to_json().encode())
    model.save_weights(filename + ".weights.h5")


def load_keras_model(filename):
    missing = [name for name in (filename + ".json", filename + ".weights.h5") if not pathlib.Path(name).is_file()]
    if missing:
        raise FileNotFoundError(", ".join(missing))
    model = keras.models.model_from_json(pathlib.Path(filename + ".json").read_text())
    model.load_weights(filename + ".weights.h5")
    return model


def compare_error_rates(models, X_test, y_test):
    return {name: percentages(model, X_test, y_test)[1] for name, model in models.items()}
