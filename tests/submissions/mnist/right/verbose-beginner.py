# TP3 - réseaux convolutifs - MNIST
# Étudiant·e de L3, j'ai tout commenté pour m'y retrouver

import numpy
import numpy as np
import matplotlib.pyplot as plt
import keras
from keras.datasets.mnist import load_data
from keras.models import Sequential
from keras.layers import Conv2D
from keras.layers import Dense
from keras.layers import Dropout
from keras.layers import Flatten
from keras.layers import Input
from keras.layers import MaxPooling2D
from keras.layers import Permute
import os.path

print("début du TP, version de keras :", keras.__version__)


# fonction qui transforme un entier en vecteur de 0 avec un seul 1
def un_parmi_dix(etiquette):
    vecteur = []
    for chiffre in range(10):
        if chiffre == etiquette:
            vecteur.append(1.0)
        else:
            vecteur.append(0.0)
    return vecteur


# fonction qui affiche des images
def afficher_images(X, combien):
    plt.figure(figsize=(6, 2))
    for i in range(combien):
        plt.subplot(1, combien, i + 1)
        plt.imshow(X[i][0], cmap="gray")
        plt.axis("off")
    plt.show()


def get_data_mnist(normalize=False):
    # je charge les données
    donnees = load_data()
    entrainement = donnees[0]
    test = donnees[1]
    X_train = entrainement[0]
    y_train = entrainement[1]
    X_test = test[0]
    y_test = test[1]
    print("taille de X_train au départ :", X_train.shape)
    # je mets les images en (n, 1, 28, 28)
    nombre_train = X_train.shape[0]
    nombre_test = X_test.shape[0]
    nouveau_X_train = numpy.zeros((nombre_train, 1, 28, 28), dtype="float32")
    nouveau_X_test = numpy.zeros((nombre_test, 1, 28, 28), dtype="float32")
    for i in range(nombre_train):
        nouveau_X_train[i, 0, :, :] = X_train[i]
    for i in range(nombre_test):
        nouveau_X_test[i, 0, :, :] = X_test[i]
    # je normalise si on me le demande
    if normalize == True:
        nouveau_X_train = nouveau_X_train / 255.0
        nouveau_X_test = nouveau_X_test / 255.0
    else:
        print("pas de normalisation")
    # one hot à la main
    liste_train = []
    for etiquette in y_train:
        liste_train.append(un_parmi_dix(etiquette))
    liste_test = []
    for etiquette in y_test:
        liste_test.append(un_parmi_dix(etiquette))
    nouveau_y_train = np.array(liste_train)
    nouveau_y_test = np.array(liste_test)
    num_classes = nouveau_y_test.shape[1]
    afficher_images(nouveau_X_train, 3)
    print("taille de X_train :", nouveau_X_train.shape, "et de y_train :", nouveau_y_train.shape)
    return (nouveau_X_train, nouveau_y_train), (nouveau_X_test, nouveau_y_test), num_classes


def small_model():
    # création du modèle
    model = Sequential()
    model.add(Input(shape=(1, 28, 28)))
    model.add(Permute((2, 3, 1)))  # le canal à la fin
    model.add(Conv2D(64, (3, 3), strides=(1, 1), padding="valid", activation="relu"))
    model.add(Conv2D(32, (3, 3), strides=(1, 1), padding="valid", activation="relu"))
    model.add(Flatten())
    model.add(Dense(10, activation="softmax"))
    # compilation
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    model.summary()
    return model


def medium_model():
    model = Sequential()
    model.add(Input(shape=(1, 28, 28)))
    model.add(Permute((2, 3, 1)))
    model.add(Conv2D(32, (5, 5), activation="relu"))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Dropout(0.2))
    model.add(Flatten())
    model.add(Dense(128, activation="relu"))
    model.add(Dense(10, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    model.summary()
    return model


def large_model():
    model = Sequential()
    model.add(Input(shape=(1, 28, 28)))
    model.add(Permute((2, 3, 1)))
    model.add(Conv2D(30, (5, 5), activation="relu"))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Conv2D(15, (3, 3), activation="relu"))
    model.add(Dropout(0.2))
    model.add(Flatten())
    model.add(Dense(128, activation="relu"))
    model.add(Dense(50, activation="relu"))
    model.add(Dense(10, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    model.summary()
    return model


def train_model(model, X_train, y_train, X_test, y_test, epochs=10, batch_size=200):
    print("j'entraîne le modèle pendant", epochs, "époques")
    historique = model.fit(
        X_train, y_train, validation_data=(X_test, y_test), epochs=epochs, batch_size=batch_size, verbose=1
    )
    # courbes
    plt.plot(historique.history["loss"], label="entraînement")
    plt.plot(historique.history["val_loss"], label="validation")
    plt.legend()
    plt.title("Fonction de coût")
    plt.show()
    return historique


def print_model_error_rate(model, X_test, y_test):
    resultats = model.evaluate(X_test, y_test, verbose=0)
    score = resultats[1] * 100
    erreur = 100 - score
    print("Model score : " + "%.2f" % score + "%")
    print("Model error rate : " + "%.2f" % erreur + "%")


def save_keras_model(model, filename):
    nom_json = filename + ".json"
    nom_poids = filename + ".weights.h5"
    texte = model.to_json()
    fichier = open(nom_json, "w")
    fichier.write(texte)
    fichier.close()
    model.save_weights(nom_poids)
    print("modèle sauvegardé dans", nom_json, "et", nom_poids)


def load_keras_model(filename):
    nom_json = filename + ".json"
    nom_poids = filename + ".weights.h5"
    if os.path.exists(nom_json) == False:
        raise FileNotFoundError("le fichier " + nom_json + " n'existe pas")
    if os.path.exists(nom_poids) == False:
        raise FileNotFoundError("le fichier " + nom_poids + " n'existe pas")
    fichier = open(nom_json, "r")
    texte = fichier.read()
    fichier.close()
    model = keras.models.model_from_json(texte)
    model.load_weights(nom_poids)
    print("modèle chargé")
    return model


def compare_error_rates(models, X_test, y_test):
    taux = {}
    meilleur = None
    for nom in models.keys():
        modele = models[nom]
        resultats = modele.evaluate(X_test, y_test)
        taux[nom] = 100 - resultats[1] * 100
        print("taux d'erreur de", nom, ":", taux[nom], "%")
        if meilleur == None or taux[nom] < taux[meilleur]:
            meilleur = nom
    print("le meilleur est", meilleur)
    return taux
