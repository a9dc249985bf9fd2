# TP3 - classification d'images par CNN (CIFAR-10)
# j'ai commenté chaque étape pour m'y retrouver

import math

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.datasets import cifar10
from keras.layers import Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D
from keras.models import Sequential

print("keras", keras.__version__)


def get_data_cifar10(n_train=5000, n_val=1000, n_test=1000, seed=0):
    (x_train, y_train), (x_test, y_test) = cifar10.load_data()
    print("il y a", len(x_train), "images")
    total = n_train + n_val
    if total > x_train.shape[0]:
        raise ValueError("pas assez d'images d'entraînement")
    if n_test > x_test.shape[0]:
        raise ValueError("pas assez d'images de test")
    # je mélange les numéros des images
    np.random.seed(seed)
    numeros = list(range(len(x_train)))
    np.random.shuffle(numeros)
    X1, Y1, X2, Y2, X3, Y3 = [], [], [], [], [], []
    for i in range(n_train):
        X1.append(x_train[numeros[i]])
        Y1.append(int(y_train[numeros[i]][0]))
    for i in range(n_train, total):
        X2.append(x_train[numeros[i]])
        Y2.append(int(y_train[numeros[i]][0]))
    for i in range(n_test):
        X3.append(x_test[i])
        Y3.append(int(y_test[i][0]))
    train = [np.array(X1, dtype="float32"), np.array(Y1)]
    val = [np.array(X2, dtype="float32"), np.array(Y2)]
    test = [np.array(X3, dtype="float32"), np.array(Y3)]
    return [train, val, test]


def standardize(X_train, *others):
    moyennes = []
    ecarts = []
    for canal in range(X_train.shape[-1]):
        valeurs = X_train[:, :, :, canal]
        moyennes.append(np.mean(valeurs))
        ecarts.append(np.std(valeurs) + 1e-7)
    resultats = []
    for jeu in [X_train] + list(others):
        nouveau = np.zeros(jeu.shape)
        for canal in range(jeu.shape[-1]):
            nouveau[:, :, :, canal] = (jeu[:, :, :, canal] - moyennes[canal]) / ecarts[canal]
        resultats.append(nouveau)
    return resultats


def basic_model():
    model = Sequential()
    model.add(Input(shape=(32, 32, 3)))
    model.add(Conv2D(32, (3, 3), activation="relu"))
    model.add(MaxPooling2D((2, 2)))
    model.add(Flatten())
    model.add(Dense(64, activation="relu"))
    model.add(Dense(10, activation="softmax"))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["acc"])
    return model


def layer_table(model):
    tableau = []
    for couche in model.layers:
        nombre = 0
        for poids in couche.get_weights():
            nombre = nombre + poids.size
        ligne = {}
        ligne["name"] = couche.name
        ligne["kind"] = couche.__class__.__name__
        ligne["output_shape"] = couche.output.shape[1:]
        ligne["params"] = nombre
        tableau.append(ligne)
    return tableau


def trainable_param_count(model):
    total = 0
    for poids in model.trainable_weights:
        produit = 1
        for cote in poids.shape:
            produit = produit * cote
        total = total + produit
    return total


def steps_per_epoch(n_samples, batch_size):
    if n_samples <= 0:
        raise ValueError("n_samples doit être positif")
    if batch_size <= 0:
        raise ValueError("batch_size doit être positif")
    return math.ceil(n_samples / batch_size)


def make_optimizer(name, learning_rate=0.01):
    if name == "sgd":
        return keras.optimizers.SGD(learning_rate=learning_rate)
    elif name == "momentum":
        return keras.optimizers.SGD(learning_rate=learning_rate, momentum=0.9)
    elif name == "adam":
        return keras.optimizers.Adam(learning_rate=learning_rate)
    else:
        raise ValueError("optimiseur inconnu : " + str(name))


def train(model, train, validation, epochs=10, batch_size=64):
    historique = model.fit(
        train[0], train[1], epochs=epochs, batch_size=batch_size, validation_data=(validation[0], validation[1])
    )
    return historique


def compare_optimizers(build, train, validation, names=("sgd", "momentum", "adam"), epochs=3):
    resultats = {}
    poids_initiaux = None
    for name in names:
        model = build()
        if poids_initiaux is None:
            poids_initiaux = model.get_weights()
        else:
            model.set_weights(poids_initiaux)
        config = model.get_compile_config()
        config["optimizer"] = keras.optimizers.serialize(make_optimizer(name))
        model.compile_from_config(config)
        resultats[name] = model.fit(train[0], train[1], epochs=epochs, validation_data=(validation[0], validation[1]))
    return resultats


def deep_model():
    model = Sequential()
    model.add(Input(shape=(32, 32, 3)))
    model.add(Conv2D(32, (3, 3), padding="same", activation="relu"))
    model.add(MaxPooling2D((2, 2)))
    model.add(Conv2D(64, (3, 3), padding="same", activation="relu"))
    model.add(MaxPooling2D((2, 2)))
    model.add(Conv2D(64, (3, 3), padding="same", activation="relu"))
    model.add(Flatten())
    model.add(Dense(64, activation="relu"))
    model.add(Dense(10, activation="softmax"))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def regularized_model():
    model = Sequential()
    model.add(Input(shape=(32, 32, 3)))
    model.add(Conv2D(32, (3, 3), padding="same", activation="relu"))
    model.add(MaxPooling2D((2, 2)))
    model.add(Dropout(0.25))
    model.add(Conv2D(64, (3, 3), padding="same", activation="relu"))
    model.add(MaxPooling2D((2, 2)))
    model.add(Dropout(0.25))
    model.add(Conv2D(64, (3, 3), padding="same", activation="relu"))
    model.add(MaxPooling2D((2, 2)))
    model.add(Flatten())
    model.add(Dense(64, activation="relu"))
    model.add(Dropout(0.5))
    model.add(Dense(10, activation="softmax"))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def overfit_epoch(history):
    if type(history) is dict:
        h = history
    else:
        h = history.history
    perte = h["loss"]
    perte_val = h["val_loss"]
    meilleure = 0
    for i in range(len(perte_val)):
        if perte_val[i] < perte_val[meilleure]:
            meilleure = i
    if meilleure == len(perte_val) - 1:
        return None
    if perte[len(perte) - 1] >= perte[meilleure]:
        return None
    return meilleure


def plot_learning_curves(history):
    h = history.history
    epoques = range(1, len(h["loss"]) + 1)
    fig = plt.figure(figsize=(10, 4))
    plt.subplot(1, 2, 1)
    plt.plot(epoques, h["loss"], "b-", label="entraînement")
    plt.plot(epoques, h["val_loss"], "r-", label="validation")
    e = overfit_epoch(history)
    if e is not None:
        plt.plot([e + 1], [h["val_loss"][e]], "ko", label="début du surapprentissage")
    plt.title("Perte")
    plt.xlabel("époque")
    plt.ylabel("perte")
    plt.legend()
    plt.subplot(1, 2, 2)
    plt.plot(epoques, h["accuracy"], "b-", label="entraînement")
    plt.plot(epoques, h["val_accuracy"], "r-", label="validation")
    plt.title("Exactitude")
    plt.xlabel("époque")
    plt.ylabel("exactitude")
    plt.legend()
    return fig


def confusion_matrix(y_true, y_pred, n_classes=10):
    if len(y_true) != len(y_pred):
        raise ValueError("longueurs différentes")
    matrice = np.zeros((n_classes, n_classes), dtype="int32")
    for vrai, predit in zip(y_true, y_pred):
        if vrai < 0 or vrai >= n_classes or predit < 0 or predit >= n_classes:
            raise ValueError("étiquette hors bornes")
        matrice[vrai, predit] = matrice[vrai, predit] + 1
    return matrice


def plot_confusion_matrix(matrix, class_names):
    fig = plt.figure(figsize=(8, 8))
    plt.imshow(matrix)
    plt.colorbar()
    plt.xticks(np.arange(len(class_names)), class_names, rotation=90)
    plt.yticks(np.arange(len(class_names)), class_names)
    for i in range(len(class_names)):
        for j in range(len(class_names)):
            plt.text(j, i, int(matrix[i][j]), horizontalalignment="center", color="white")
    plt.xlabel("prédit")
    plt.ylabel("vrai")
    return fig


def activation_maps(model, image, layer):
    if isinstance(layer, str):
        couche = None
        for c in model.layers:
            if c.name == layer:
                couche = c
    else:
        couche = model.layers[layer]
    if len(couche.output.shape) != 4:
        raise ValueError("cette couche n'a pas de cartes")
    sous_modele = keras.Model(inputs=model.inputs, outputs=couche.output)
    sortie = sous_modele.predict(np.array([image]), verbose=0)
    return sortie[0]


def plot_activation_maps(maps, n_columns=8):
    n = maps.shape[2]
    lignes = math.ceil(n / n_columns)
    fig = plt.figure(figsize=(n_columns, lignes))
    for i in range(n):
        plt.subplot(lignes, n_columns, i + 1)
        plt.imshow(maps[:, :, i])
        plt.axis("off")
    return fig


if __name__ == "__main__":
    (X1, y1), (X2, y2), (X3, y3) = get_data_cifar10()
    X1, X2, X3 = standardize(X1, X2, X3)
    plot_learning_curves(train(basic_model(), (X1, y1), (X2, y2)))
    plt.show()
