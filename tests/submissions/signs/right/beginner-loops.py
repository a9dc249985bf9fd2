# TP signes - tout avec des boucles
import os.path

import keras
import h5py
import matplotlib.pyplot as plt
import numpy as np
from keras.models import Sequential
from keras.layers import Input
from keras.layers import Conv2D
from keras.layers import MaxPooling2D
from keras.layers import Flatten
from keras.layers import Dense
from keras.optimizers import SGD


def lire_fichier(chemin, nom_images, nom_etiquettes):
    # est-ce que le fichier existe ?
    if os.path.isfile(chemin) == False:
        raise FileNotFoundError("le fichier " + chemin + " n'existe pas")
    try:
        fichier = h5py.File(chemin, "r")
    except OSError:
        raise ValueError("le fichier " + chemin + " n'est pas un fichier HDF5")
    cles = list(fichier.keys())
    if nom_images not in cles:
        fichier.close()
        raise ValueError("pas d'images dans " + chemin)
    if nom_etiquettes not in cles:
        fichier.close()
        raise ValueError("pas d'étiquettes dans " + chemin)
    images = fichier[nom_images][:]
    etiquettes = fichier[nom_etiquettes][:]
    classes = fichier["list_classes"][:]
    fichier.close()
    return images, etiquettes, classes


def load_signs(train_path, test_path):
    images_train, etiquettes_train, classes = lire_fichier(train_path, "train_set_x", "train_set_y")
    images_test, etiquettes_test, classes_test = lire_fichier(test_path, "test_set_x", "test_set_y")
    X_train = np.zeros(images_train.shape, dtype="float32")
    for i in range(len(images_train)):
        X_train[i] = images_train[i] / 255
    X_test = np.zeros(images_test.shape, dtype="float32")
    for i in range(len(images_test)):
        X_test[i] = images_test[i] / 255
    Y_train = one_hot(etiquettes_train, 6)
    Y_test = one_hot(etiquettes_test, 6)
    print("X_train :", X_train.shape, "Y_train :", Y_train.shape)
    liste_classes = []
    for c in classes:
        liste_classes.append(int(c))
    return (X_train, Y_train), (X_test, Y_test), liste_classes


def one_hot(labels, num_classes):
    if len(labels.shape) == 2:
        labels = labels[0]
    resultat = []
    for etiquette in labels:
        if etiquette < 0:
            raise ValueError("étiquette négative")
        if etiquette >= num_classes:
            raise ValueError("étiquette trop grande")
        ligne = []
        for classe in range(num_classes):
            if classe == etiquette:
                ligne.append(1.0)
            else:
                ligne.append(0.0)
        resultat.append(ligne)
    return np.array(resultat)


def value_range(images):
    petit = images.flatten()[0]
    grand = images.flatten()[0]
    for valeur in images.flatten():
        if valeur < petit:
            petit = valeur
        if valeur > grand:
            grand = valeur
    return (float(petit), float(grand))


def signs_model():
    model = Sequential()
    model.add(Input(shape=(64, 64, 3)))
    model.add(Conv2D(32, (3, 3), strides=(1, 1), padding="valid", activation="relu"))
    model.add(Conv2D(32, (3, 3), strides=(1, 1), padding="valid", activation="relu"))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Flatten())
    model.add(Dense(6, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer=SGD(learning_rate=0.01), metrics=["accuracy"])
    model.summary()
    return model


def train_signs(model, X_train, Y_train, X_test, Y_test, epochs=100, batch_size=32):
    historique = model.fit(
        X_train, Y_train, epochs=epochs, batch_size=batch_size, validation_data=(X_test, Y_test), verbose=1
    )
    print("fini !")
    return historique


def predict_digit(model, image):
    if image.dtype == np.uint8:
        image = image / 255
    lot = np.zeros((1, 64, 64, 3))
    lot[0] = image
    resultat = model.predict(lot)
    meilleur = 0
    for i in range(6):
        if resultat[0][i] > resultat[0][meilleur]:
            meilleur = i
    print("chiffre :", meilleur)
    return (meilleur, resultat[0][meilleur])


def save_weights(model, path):
    if path.endswith(".weights.h5") == False:
        raise ValueError("le nom doit finir par .weights.h5")
    else:
        model.save_weights(path)
        print("poids enregistrés dans", path)


def load_weights(model, path):
    if path.endswith(".weights.h5") == False:
        raise ValueError("le nom doit finir par .weights.h5")
    else:
        model.load_weights(path)


def plot_history(history):
    figure, (gauche, droite) = plt.subplots(1, 2)
    x = []
    for i in range(len(history.history["loss"])):
        x.append(i + 1)
    gauche.plot(x, history.history["loss"], "b", label="perte (entraînement)")
    gauche.plot(x, history.history["val_loss"], "r", label="perte (validation)")
    gauche.legend()
    droite.plot(x, history.history["accuracy"], "b", label="exactitude (entraînement)")
    droite.plot(x, history.history["val_accuracy"], "r", label="exactitude (validation)")
    droite.legend()
    plt.tight_layout()
    plt.show()
    return figure
