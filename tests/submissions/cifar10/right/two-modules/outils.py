"""Ce que plusieurs questions du TP CIFAR-10 ont en commun."""

import keras
import numpy as np


def choisir(rng, combien, parmi):
    if combien > parmi:
        raise ValueError(f"{combien} images demandées, {parmi} disponibles")
    return rng.permutation(parmi)[:combien]


class Pile:
    """Une pile de couches que l'on termine par compiler()."""

    def __init__(self, forme=(32, 32, 3)):
        self.couches = [keras.layers.Input(forme)]

    def __getattr__(self, nom):
        def ajouter(*args, **options):
            self.couches.append(getattr(keras.layers, nom)(*args, **options))
            return self

        return ajouter

    def compiler(self, optimiseur="adam"):
        modele = keras.models.Sequential(self.couches)
        modele.compile(optimizer=optimiseur, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        return modele


def boucle(modele, train, validation, epochs, batch_size):
    suivi = keras.callbacks.History()
    modele.fit(
        x=np.asarray(train[0]),
        y=np.asarray(train[1]),
        epochs=epochs,
        batch_size=batch_size,
        validation_data=(validation[0], validation[1]),
        callbacks=[suivi],
        verbose=0,
    )
    return suivi
