"""Every layer is told that the channel comes first."""

from functools import partial
from pathlib import Path

import keras
from keras import layers
from keras.utils import to_categorical

Conv = partial(layers.Conv2D, data_format="channels_first", activation="relu")
Pool = partial(layers.MaxPooling2D, data_format="channels_first")


def get_data_mnist(normalize=False):
    (X_train, y_train), (X_test, y_test) = keras.datasets.mnist.load_data()
    X_train = X_train.reshape((-1, 1, 28, 28)).astype("float32")
    X_test = X_test.reshape((-1, 1, 28, 28)).astype("float32")
    if normalize:
        X_train *= 1 / 255
        X_test *= 1 / 255
    return (X_train, to_categorical(y_train, 10)), (X_test, to_categorical(y_test, 10)), 10


def build(*hidden):
    model = keras.Sequential([keras.Input((1, 28, 28)), *hidden, layers.Dense(10, activation="softmax")])
    model.compile(optimizer=keras.optimizers.Adam(), loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def small_model():
    return build(Conv(64, 3), Conv(32, 3), layers.Flatten())


def medium_model():
    return build(Conv(32, 5), Pool(2), layers.Dropout(0.2), layers.Flatten(), layers.Dense(128, activation="relu"))


def large_model():
    return build(
        Conv(30, 5),
        Pool(2),
        Conv(15, 3),
        layers.Dropout(0.2),
        layers.Flatten(data_format="channels_first"),
        layers.Dense(128, activation="relu"),
        layers.Dense(50, activation="relu"),
    )


def train_model(model, X_train, y_train, X_test, y_test, epochs=10, batch_size=200):
    return model.fit(X_train, y_train, batch_size, epochs, validation_data=(X_test, y_test), verbose=0)


def print_model_error_rate(model, X_test, y_test):
    _, accuracy = model.evaluate(X_test, y_test, verbose=0)
    print(f"Model score : {accuracy * 100:.2f}%")
    print(f"Model error rate : {100 - accuracy * 100:.2f}%")


def save_keras_model(model, filename):
    Path(f"{filename}.json").write_text(model.to_json())
    model.save_weights(Path(f"{filename}.weights.h5"))


def load_keras_model(filename):
    model = keras.models.model_from_json(Path(f"{filename}.json").read_text())
    if not Path(f"{filename}.weights.h5").exists():
        raise FileNotFoundError(f"{filename}.weights.h5")
    model.load_weights(f"{filename}.weights.h5")
    return model


def compare_error_rates(models, X_test, y_test):
    return {name: 100 - 100 * model.evaluate(X_test, y_test, verbose=0)[1] for name, model in models.items()}
