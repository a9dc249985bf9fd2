"""Ce qui sert à plusieurs questions."""

import os

import keras
from keras import layers


def preparer(images, normalize):
    images = images.reshape(len(images), 1, 28, 28).astype("float32")
    return images / 255 if normalize else images


class Constructeur:
    """Empile les couches d'un réseau, puis le compile."""

    def __init__(self):
        self.model = keras.Sequential([layers.Input((1, 28, 28)), layers.Permute((2, 3, 1))])

    def conv(self, filtres, taille):
        self.model.add(layers.Conv2D(filtres, taille, activation="relu"))
        return self

    def pool(self):
        self.model.add(layers.MaxPooling2D())
        return self

    def dropout(self, taux=0.2):
        self.model.add(layers.Dropout(taux))
        return self

    def denses(self, *unites):
        self.model.add(layers.Flatten())
        for nombre in unites:
            self.model.add(layers.Dense(nombre, activation="relu"))
        return self

    def fini(self):
        self.model.add(layers.Dense(10, activation="softmax"))
        self.model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
        return self.model


def exactitude(model, X, y):
    return 100 * model.evaluate(X, y, verbose=0)[1]


def fichiers(filename):
    return filename + ".json", filename + ".weights.h5"


def verifier(*noms):
    for nom in noms:
        if not os.path.exists(nom):
            raise FileNotFoundError("fichier introuvable : " + nom)
