"""TP MNIST, avec les fonctions communes dans helpers.py."""

import keras
from helpers import Constructeur, exactitude, fichiers, preparer, verifier
from keras.utils import to_categorical


def get_data_mnist(normalize=False):
    (X_train, y_train), (X_test, y_test) = keras.datasets.mnist.load_data()
    train = preparer(X_train, normalize), to_categorical(y_train, 10)
    test = preparer(X_test, normalize), to_categorical(y_test, 10)
    return train, test, 10


def small_model():
    return Constructeur().conv(64, 3).conv(32, 3).denses().fini()


def medium_model():
    return Constructeur().conv(32, 5).pool().dropout().denses(128).fini()


def large_model():
    return Constructeur().conv(30, 5).pool().conv(15, 3).dropout().denses(128, 50).fini()


def train_model(model, X_train, y_train, X_test, y_test, epochs=10, batch_size=200):
    return model.fit(X_train, y_train, batch_size, epochs, verbose=0, validation_data=(X_test, y_test))


def print_model_error_rate(model, X_test, y_test):
    score = exactitude(model, X_test, y_test)
    print(f"Model score : {score:.2f}%")
    print(f"Model error rate : {100 - score:.2f}%")


def save_keras_model(model, filename):
    architecture, poids = fichiers(filename)
    with open(architecture, "w") as f:
        print(model.to_json(), file=f)
    model.save_weights(poids)


def load_keras_model(filename):
    architecture, poids = fichiers(filename)
    verifier(architecture, poids)
    with open(architecture) as f:
        model = keras.models.model_from_json(f.read())
    model.load_weights(poids)
    return model


def compare_error_rates(models, X_test, y_test):
    return {nom: 100 - exactitude(model, X_test, y_test) for nom, model in models.items()}
