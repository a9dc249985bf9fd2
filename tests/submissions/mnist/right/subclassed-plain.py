"""The plainest subclasses: one class a network, nothing registered, no get_config, built inside small_model()."""

import os

import keras
from keras import layers
from keras.datasets import mnist


def get_data_mnist(normalize=False):
    (X_train, y_train), (X_test, y_test) = mnist.load_data()
    X_train = X_train.reshape(X_train.shape[0], 1, 28, 28).astype("float32")
    X_test = X_test.reshape(X_test.shape[0], 1, 28, 28).astype("float32")
    if normalize:
        X_train, X_test = X_train / 255, X_test / 255
    num_classes = 10
    y_train = keras.utils.to_categorical(y_train, num_classes)
    y_test = keras.utils.to_categorical(y_test, num_classes)
    return (X_train, y_train), (X_test, y_test), num_classes


class Small(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.permute = layers.Permute((2, 3, 1))
        self.conv1 = layers.Conv2D(64, (3, 3), activation="relu")
        self.conv2 = layers.Conv2D(32, (3, 3), activation="relu")
        self.flatten = layers.Flatten()
        self.out = layers.Dense(10, activation="softmax")

    def call(self, x):
        return self.out(self.flatten(self.conv2(self.conv1(self.permute(x)))))


class Medium(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.permute = layers.Permute((2, 3, 1))
        self.conv = layers.Conv2D(32, (5, 5), activation="relu")
        self.pool = layers.MaxPooling2D((2, 2))
        self.dropout = layers.Dropout(0.2)
        self.flatten = layers.Flatten()
        self.hidden = layers.Dense(128, activation="relu")
        self.out = layers.Dense(10, activation="softmax")

    def call(self, x, training=False):
        x = self.pool(self.conv(self.permute(x)))
        x = self.dropout(x, training=training)
        return self.out(self.hidden(self.flatten(x)))


class Large(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.permute = layers.Permute((2, 3, 1))
        self.conv1 = layers.Conv2D(30, (5, 5), activation="relu")
        self.pool = layers.MaxPooling2D((2, 2))
        self.conv2 = layers.Conv2D(15, (3, 3), activation="relu")
        self.dropout = layers.Dropout(0.2)
        self.flatten = layers.Flatten()
        self.hidden1 = layers.Dense(128, activation="relu")
        self.hidden2 = layers.Dense(50, activation="relu")
        self.out = layers.Dense(10, activation="softmax")

    def call(self, x, training=False):
        x = self.conv2(self.pool(self.conv1(self.permute(x))))
        x = self.dropout(x, training=training)
        return self.out(self.hidden2(self.hidden1(self.flatten(x))))


def ready(model):
    model.build((None, 1, 28, 28))
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def small_model():
    return ready(Small())


def medium_model():
    return ready(Medium())


def large_model():
    return ready(Large())


def train_model(model, X_train, y_train, X_test, y_test, epochs=10, batch_size=200):
    return model.fit(X_train, y_train, validation_data=(X_test, y_test), epochs=epochs, batch_size=batch_size)


def print_model_error_rate(model, X_test, y_test):
    loss, accuracy = model.evaluate(X_test, y_test, verbose=0)[:2]
    print(f"Model score : {accuracy:.2%}")
    print(f"Model error rate : {1 - accuracy:.2%}")


def save_keras_model(model, filename):
    with open(f"{filename}.json", "w", encoding="utf-8") as file:
        file.write(model.to_json(indent=2))
    model.save_weights(f"{filename}.weights.h5")


def load_keras_model(filename):
    for name in (f"{filename}.json", f"{filename}.weights.h5"):
        if not os.path.isfile(name):
            raise FileNotFoundError(name)
    with open(f"{filename}.json", encoding="utf-8") as file:
        classes = {"Small": Small, "Medium": Medium, "Large": Large}
        model = keras.models.model_from_json(file.read(), custom_objects=classes)
    if not model.built:
        model.build((None, 1, 28, 28))
    model.load_weights(f"{filename}.weights.h5")
    return model


def compare_error_rates(models, X_test, y_test):
    return {name: (1 - model.evaluate(X_test, y_test, verbose=0)[1]) * 100 for name, model in models.items()}
