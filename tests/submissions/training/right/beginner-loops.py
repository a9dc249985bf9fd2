# TP entraînement - version simple, avec des boucles
import math

import numpy as np
import tensorflow as tf
from tensorflow.keras.layers import Activation, BatchNormalization, Conv2D, Dense, Dropout, Flatten, Input, MaxPool2D
from tensorflow.keras.models import Sequential


def output_shape(x, y, z, k, p, s):
    if k < 1:
        raise ValueError("k doit etre >= 1")
    if s < 1:
        raise ValueError("s doit etre >= 1")
    if p < 0:
        raise ValueError("p doit etre >= 0")
    if k > x + 2 * p or k > y + 2 * p:
        raise ValueError("le filtre ne tient pas")
    hauteur = math.floor((x + 2 * p - k) / s) + 1
    largeur = math.floor((y + 2 * p - k) / s) + 1
    return [hauteur, largeur, 1]


def param_count(x, y, z, k, p, s, use_bias=True):
    n = 0
    for _ in range(z):
        n = n + k**2
    if use_bias:
        n = n + 1
    return n


def dense_equivalent_param_count(x, y, z, k, p, s, use_bias=True):
    h, l, _ = output_shape(x, y, z, k, p, s)
    sorties = h * l
    entrees = x * y * z
    total = entrees * sorties
    if use_bias == True:
        total += sorties
    return total


def receptive_field(layers):
    taille = 1
    # on part de la derniere couche et on remonte
    for i in range(len(layers) - 1, -1, -1):
        k = layers[i][0]
        s = layers[i][1]
        taille = (taille - 1) * s + k
    return taille


def alexnet_layer_report():
    rapport = {}
    rapport["conv1"] = ((32, 32, 32), 5 * 5 * 3 * 32 + 32)
    rapport["pool1"] = ((16, 16, 32), 0)
    rapport["conv2"] = ((16, 16, 64), 5 * 5 * 32 * 64 + 64)
    rapport["pool2"] = ((8, 8, 64), 0)
    rapport["conv3"] = ((8, 8, 64), 5 * 5 * 64 * 64 + 64)
    rapport["pool3"] = ((4, 4, 64), 0)
    rapport["fc4"] = (1000, 4 * 4 * 64 * 1000 + 1000)
    rapport["fc5"] = (10, 1000 * 10 + 10)
    return rapport


def alexnet_cifar(input_size=32, dropout=0.0, batch_norm=False):
    model = Sequential()
    model.add(Input(shape=(input_size, input_size, 3)))
    for nb in [32, 64, 64]:
        model.add(Conv2D(nb, kernel_size=(5, 5), padding="same"))
        if batch_norm == True:
            model.add(BatchNormalization())
        model.add(Activation("relu"))
        model.add(MaxPool2D(pool_size=(2, 2), strides=(2, 2), padding="same"))
    model.add(Flatten())
    model.add(Dense(1000))
    model.add(Activation("relu"))
    if dropout > 0:
        model.add(Dropout(dropout))
    model.add(Dense(10))
    model.add(Activation("softmax"))
    model.compile(
        optimizer=tf.keras.optimizers.SGD(learning_rate=0.01),
        loss=tf.keras.losses.SparseCategoricalCrossentropy(),
        metrics=["acc"],
    )
    return model


def dense_as_convolution(kernel, bias, input_shape):
    h, w, d = input_shape
    c = kernel.shape[1]
    nouveau = np.zeros((h, w, d, c))
    ligne = 0
    for i in range(h):
        for j in range(w):
            for canal in range(d):
                nouveau[i, j, canal, :] = kernel[ligne, :]
                ligne = ligne + 1
    return nouveau, bias


def fully_convolutional(model):
    nouveau = Sequential()
    nouveau.add(Input(shape=(None, None, model.input_shape[3])))
    forme = None
    a_remplir = []
    for couche in model.layers:
        if isinstance(couche, Flatten):
            forme = couche.input.shape[1:]
        elif isinstance(couche, Dense):
            w, b = couche.get_weights()
            if forme is None:
                forme = (1, 1, w.shape[0])
            conv = Conv2D(w.shape[1], (forme[0], forme[1]), activation=couche.activation)
            nouveau.add(conv)
            a_remplir.append((conv, w.reshape(forme[0], forme[1], forme[2], w.shape[1]), b))
            forme = None
        else:
            nouveau.add(couche)
    for conv, w, b in a_remplir:
        conv.set_weights([w, b])
    return nouveau


def channel_statistics(X_train):
    X = X_train.astype("float64") / 255.0
    moyennes = []
    ecarts = []
    for c in range(3):
        canal = X[:, :, :, c]
        moyennes.append(canal.mean())
        ecarts.append(math.sqrt(((canal - canal.mean()) ** 2).mean()))
    return np.array(moyennes), np.array(ecarts)


def normalize(X, mean, std):
    resultat = np.zeros(X.shape, dtype="float32")
    for c in range(3):
        resultat[:, :, :, c] = (X[:, :, :, c] / 255.0 - mean[c]) / std[c]
    return resultat


def zca_whiten(X_train, X, epsilon=1e-2):
    A = X_train.reshape(X_train.shape[0], -1)
    moyenne = np.mean(A, axis=0)
    cov = np.cov(A - moyenne, rowvar=False)
    U, S, V = np.linalg.svd(cov)
    W = np.dot(U, np.dot(np.diag(1.0 / np.sqrt(S + epsilon)), U.T))
    B = X.reshape(X.shape[0], -1) - moyenne
    return np.dot(B, W).reshape(X.shape)


def random_crop_flip(images, rng, size=28):
    n, h, l, c = images.shape
    if size > h or size > l:
        raise ValueError("size trop grand")
    sorties = []
    for i in range(n):
        a = rng.integers(0, h - size + 1)
        b = rng.integers(0, l - size + 1)
        morceau = images[i, a:a + size, b:b + size, :]
        if rng.random() < 0.5:
            morceau = np.fliplr(morceau)
        sorties.append(morceau)
    return np.array(sorties)


def center_crop(images, size=28):
    h = images.shape[1]
    l = images.shape[2]
    a = (h - size + 1) // 2
    b = (l - size + 1) // 2
    return images[:, a:a + size, b:b + size, :]


def augmented_batches(X, y, batch_size, rng):
    indices = np.arange(len(X))
    rng.shuffle(indices)
    lots = []
    debut = 0
    while debut < len(X):
        choix = indices[debut:debut + batch_size]
        lots.append((random_crop_flip(X[choix], rng), y[choix]))
        debut = debut + batch_size
    return iter(lots)


def exponential_decay(initial_rate, epoch, decay=0.95):
    taux = initial_rate
    for _ in range(epoch):
        taux = taux * decay
    return taux


def make_optimizer(learning_rate=0.1, momentum=0.9):
    return tf.keras.optimizers.SGD(learning_rate=learning_rate, momentum=momentum, nesterov=False)


class MonCallback(tf.keras.callbacks.Callback):
    def __init__(self, initial, decay):
        super().__init__()
        self.initial = initial
        self.decay = decay

    def on_epoch_begin(self, epoch, logs=None):
        self.model.optimizer.learning_rate = exponential_decay(self.initial, epoch, self.decay)
        print("epoch", epoch, "taux", float(self.model.optimizer.learning_rate.numpy()))


def decay_callback(initial_rate, decay=0.95):
    return MonCallback(initial_rate, decay)


def train(model, train, test, epochs, batch_size=128, augment=False, momentum=0.0, decay=None, seed=0):
    tf.keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    X, y = train
    X_test, y_test = test
    taux = float(model.optimizer.learning_rate.numpy())
    if momentum > 0:
        model.optimizer.momentum = momentum
    if augment:
        cote = model.input_shape[1]
        X_test = center_crop(X_test, cote)
    histoire = None
    for epoque in range(epochs):
        if decay is not None:
            model.optimizer.learning_rate = exponential_decay(taux, epoque, decay)
        if augment:
            X_epoque = random_crop_flip(X, rng, cote)
        else:
            X_epoque = X
        h = model.fit(X_epoque, y, batch_size=batch_size, epochs=1, validation_data=(X_test, y_test), verbose=2)
        if histoire is None:
            histoire = h
        else:
            for cle in h.history:
                histoire.history[cle] = histoire.history[cle] + h.history[cle]
    return histoire


entrainer = train


def run_ablation(train, test, epochs=5, seed=0):
    X, y = train
    X_test, y_test = test
    mean, std = channel_statistics(X)
    X1, X1_test = X.astype("float32") / 255, X_test.astype("float32") / 255
    X2, X2_test = normalize(X, mean, std), normalize(X_test, mean, std)
    resultats = {}

    def note(nom, h):
        resultats[nom] = {
            "train_accuracy": h.history["acc"][-1] if "acc" in h.history else h.history["accuracy"][-1],
            "test_accuracy": h.history["val_acc"][-1] if "val_acc" in h.history else h.history["val_accuracy"][-1],
            "test_loss": h.history["val_loss"][-1],
        }

    tf.keras.utils.set_random_seed(seed)
    note("base", entrainer(alexnet_cifar(), (X1, y), (X1_test, y_test), epochs, seed=seed))
    tf.keras.utils.set_random_seed(seed)
    note("norm", entrainer(alexnet_cifar(), (X2, y), (X2_test, y_test), epochs, seed=seed))
    tf.keras.utils.set_random_seed(seed)
    note("aug", entrainer(alexnet_cifar(28), (X2, y), (X2_test, y_test), epochs, augment=True, seed=seed))
    tf.keras.utils.set_random_seed(seed)
    note("mom", entrainer(alexnet_cifar(28), (X2, y), (X2_test, y_test), epochs, augment=True, momentum=0.9, decay=0.95, seed=seed))
    tf.keras.utils.set_random_seed(seed)
    note("drop", entrainer(alexnet_cifar(28, 0.5), (X2, y), (X2_test, y_test), epochs, augment=True, momentum=0.9, decay=0.95, seed=seed))
    tf.keras.utils.set_random_seed(seed)
    note("bn", entrainer(alexnet_cifar(28, 0.5, True), (X2, y), (X2_test, y_test), epochs, augment=True, momentum=0.9, decay=0.95, seed=seed))
    return resultats
