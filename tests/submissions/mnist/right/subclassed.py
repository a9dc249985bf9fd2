"""Models written as subclasses of keras.Model, with a get_config each, built only when they see data."""

from pathlib import Path

import keras
import numpy as np
from keras import layers


def get_data_mnist(normalize=False):
    train, test = keras.datasets.mnist.load_data()

    def prepare(pair):
        x, y = pair
        x = np.expand_dims(x, 1).astype("float32")
        if normalize:
            x /= 255
        return x, keras.utils.to_categorical(y, 10)

    return prepare(train), prepare(test), 10


@keras.saving.register_keras_serializable(package="digits")
class DigitNet(keras.Model):
    """A stack: blocks of convolution, then dense layers; the order of the attributes is not that of the calls."""

    def __init__(self, convolutions, dense=(), pool_after_first=False, dropout=None, **kwargs):
        super().__init__(**kwargs)
        self.convolutions = [tuple(pair) for pair in convolutions]
        self.dense = tuple(dense)
        self.pool_after_first = pool_after_first
        self.dropout = dropout
        self.classify = layers.Dense(10, activation="softmax")
        self.hidden = [layers.Dense(units, activation="relu") for units in self.dense]
        self.convs = [layers.Conv2D(filters, size, activation="relu") for filters, size in self.convolutions]
        self.pool = layers.MaxPool2D(2) if pool_after_first else None
        self.drop = layers.Dropout(dropout) if dropout else None
        self.flatten = layers.Flatten()
        self.to_last = layers.Permute((2, 3, 1))

    def build(self, input_shape):
        self.call(keras.Input(batch_shape=input_shape))
        self.built = True

    def call(self, inputs, training=None):
        x = self.to_last(inputs)
        for index, conv in enumerate(self.convs):
            x = conv(x)
            if index == 0 and self.pool is not None:
                x = self.pool(x)
        if self.drop is not None:
            x = self.drop(x, training=training)
        x = self.flatten(x)
        for layer in self.hidden:
            x = layer(x)
        return self.classify(x)

    def get_config(self):
        config = super().get_config()
        config.update(
            convolutions=self.convolutions,
            dense=self.dense,
            pool_after_first=self.pool_after_first,
            dropout=self.dropout,
        )
        return config


def compiled(model):
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


def small_model():
    return compiled(DigitNet([(64, 3), (32, 3)]))


def medium_model():
    return compiled(DigitNet([(32, 5)], [128], pool_after_first=True, dropout=0.2))


def large_model():
    return compiled(DigitNet([(30, 5), (15, 3)], [128, 50], pool_after_first=True, dropout=0.2))


def train_model(model, X_train, y_train, X_test, y_test, epochs=10, batch_size=200):
    return model.fit(
        x=X_train, y=y_train, batch_size=batch_size, epochs=epochs, validation_data=(X_test, y_test), verbose=0
    )


def accuracy_of(model, X, y):
    values = model.evaluate(X, y, verbose=0, return_dict=True)
    return [value for name, value in values.items() if "acc" in name][0]


def print_model_error_rate(model, X_test, y_test):
    accuracy = accuracy_of(model, X_test, y_test)
    print("Model score : {:.2f}%".format(100 * accuracy), "Model error rate : {:.2f}%".format(100 * (1 - accuracy)), sep="\n")


def save_keras_model(model, filename):
    Path(filename + ".json").write_text(model.to_json())
    model.save_weights(filename + ".weights.h5", overwrite=True)


def load_keras_model(filename):
    for extension in (".json", ".weights.h5"):
        if not Path(filename + extension).exists():
            raise FileNotFoundError(f"missing: {filename}{extension}")
    model = keras.models.model_from_json(
        Path(filename + ".json").read_text(), custom_objects={"DigitNet": DigitNet}
    )
    if not model.built:
        model.build((None, 1, 28, 28))
    model.load_weights(filename + ".weights.h5")
    return model


def compare_error_rates(models, X_test, y_test):
    return {name: 100 * (1 - accuracy_of(model, X_test, y_test)) for name, model in models.items()}
