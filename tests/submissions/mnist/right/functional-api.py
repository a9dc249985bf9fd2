"""TP MNIST - Functional API."""

import json
import os

import numpy as np
from keras import Input, Model
from keras.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D, Permute
from keras.models import model_from_json
from keras.utils import to_categorical

from shared import datasets

NB_CLASSES = 10


def get_data_mnist(normalize=False):
    (X_train, y_train), (X_test, y_test) = datasets.load("mnist")
    X_train = X_train[:, np.newaxis, :, :].astype(np.float32)
    X_test = X_test[:, np.newaxis, :, :].astype(np.float32)
    if normalize:
        X_train = X_train / 255.0
        X_test = X_test / 255.0
    y_train = to_categorical(y_train, NB_CLASSES)
    y_test = to_categorical(y_test, NB_CLASSES)
    return (X_train, y_train), (X_test, y_test), NB_CLASSES


def _start():
    inputs = Input(shape=(1, 28, 28), name="digits")
    return inputs, Permute((2, 3, 1))(inputs)


def _finish(inputs, x, name):
    outputs = Dense(NB_CLASSES, activation="softmax", name="probabilities")(x)
    model = Model(inputs=inputs, outputs=outputs, name=name)
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def small_model():
    inputs, x = _start()
    x = Conv2D(64, (3, 3), activation="relu", name="conv_a")(x)
    x = Conv2D(32, (3, 3), activation="relu", name="conv_b")(x)
    x = Flatten()(x)
    return _finish(inputs, x, "small")


def medium_model():
    inputs, x = _start()
    x = Conv2D(32, (5, 5), activation="relu")(x)
    x = MaxPooling2D(pool_size=(2, 2))(x)
    x = Dropout(0.2)(x)
    x = Flatten()(x)
    x = Dense(128, activation="relu")(x)
    return _finish(inputs, x, "medium")


def large_model():
    inputs, x = _start()
    x = Conv2D(30, (5, 5), activation="relu")(x)
    x = MaxPooling2D(pool_size=(2, 2))(x)
    x = Conv2D(15, (3, 3), activation="relu")(x)
    x = Dropout(0.2)(x)
    x = Flatten()(x)
    x = Dense(128, activation="relu")(x)
    x = Dense(50, activation="relu")(x)
    return _finish(inputs, x, "large")


def train_model(model, X_train, y_train, X_test, y_test, epochs=10, batch_size=200):
    history = model.fit(
        X_train, y_train, validation_data=(X_test, y_test), epochs=epochs, batch_size=batch_size, verbose=2
    )
    return history


def print_model_error_rate(model, X_test, y_test):
    scores = model.evaluate(X_test, y_test, verbose=0)
    print("Model score : %.2f%%" % (scores[1] * 100))
    print("Model error rate : %.2f%%" % (100 - scores[1] * 100))


def save_keras_model(model, filename):
    with open(filename + ".json", "w") as json_file:
        json_file.write(model.to_json())
    model.save_weights(filename + ".weights.h5")


def load_keras_model(filename):
    if not os.path.exists(filename + ".weights.h5"):
        raise FileNotFoundError(filename + ".weights.h5 does not exist")
    with open(filename + ".json") as json_file:  # raises FileNotFoundError by itself
        text = json_file.read()
    json.loads(text)
    model = model_from_json(text)
    model.load_weights(filename + ".weights.h5")
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def compare_error_rates(models, X_test, y_test):
    rates = {}
    for name in models:
        loss, accuracy = models[name].evaluate(X_test, y_test, verbose=0)
        rates[name] = 100.0 - 100.0 * accuracy
    return rates
