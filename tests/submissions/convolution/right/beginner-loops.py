# TP convolution -- Camille
import keras
import numpy as np
import matplotlib.pyplot as plt
from keras.models import Sequential
from keras.layers import Dense, Conv2D, MaxPooling2D, Flatten, Input


def conv1d(signal, kernel):
    n = len(signal)
    k = len(kernel)
    if n == 0 or k == 0:
        raise ValueError("signal ou noyau vide")
    if k > n:
        raise ValueError("noyau trop long")
    resultat = []
    for t in range(n - k + 1):
        somme = 0
        for a in range(k):
            somme = somme + signal[t + a] * kernel[a]
        resultat.append(somme)
    return resultat


def max_pool1d(signal, size=2, stride=None):
    if stride is None:
        stride = size
    resultat = []
    i = 0
    while i + size <= len(signal):
        maximum = signal[i]
        for j in range(i, i + size):
            if signal[j] > maximum:
                maximum = signal[j]
        resultat.append(maximum)
        i = i + stride
    return np.array(resultat)


def conv2d(image, kernel, stride=1, padding=0):
    if stride < 1:
        raise ValueError("stride")
    if padding < 0:
        raise ValueError("padding")
    H, W = image.shape
    kh, kw = kernel.shape
    grande = np.zeros((H + 2 * padding, W + 2 * padding))
    for i in range(H):
        for j in range(W):
            grande[i + padding, j + padding] = image[i, j]
    if kh > H + 2 * padding or kw > W + 2 * padding:
        raise ValueError("noyau trop grand")
    h = int((H + 2 * padding - kh) / stride) + 1
    w = int((W + 2 * padding - kw) / stride) + 1
    sortie = np.zeros((h, w))
    for i in range(h):
        for j in range(w):
            for u in range(kh):
                for v in range(kw):
                    sortie[i, j] += grande[i * stride + u, j * stride + v] * kernel[u, v]
    return sortie


def conv2d_multichannel(image, kernels, bias=None, stride=1, padding=0):
    D = image.shape[2]
    C = kernels.shape[3]
    cartes = []
    for c in range(C):
        carte = 0
        for d in range(D):
            carte = carte + conv2d(image[:, :, d], kernels[:, :, d, c], stride, padding)
        if bias is not None:
            carte = carte + bias[c]
        cartes.append(carte)
    return np.stack(cartes, axis=-1)


def pool(image, size, stride, f):
    if stride is None:
        stride = size
    if image.ndim == 3:
        return np.dstack([pool(image[:, :, d], size, stride, f) for d in range(image.shape[2])])
    h = (image.shape[0] - size) // stride + 1
    w = (image.shape[1] - size) // stride + 1
    sortie = np.zeros((h, w))
    for i in range(h):
        for j in range(w):
            sortie[i][j] = f(image[i * stride:i * stride + size, j * stride:j * stride + size])
    return sortie


def max_pool2d(image, size=2, stride=None):
    return pool(image, size, stride, np.max)


def average_pool2d(image, size=2, stride=None):
    return pool(image, size, stride, np.mean)


def get_data_mnist():
    from keras.datasets import mnist
    (X_train, y_train), (X_test, y_test) = mnist.load_data()
    X_train = X_train.reshape(X_train.shape[0], 28, 28, 1).astype("float32")
    X_test = X_test.reshape(X_test.shape[0], 28, 28, 1).astype("float32")
    X_train /= 255.0
    X_test /= 255.0
    print(X_train.shape, X_test.shape)
    return (X_train, y_train), (X_test, y_test)


def lenet():
    model = Sequential()
    model.add(Conv2D(6, (5, 5), activation="relu", padding="same", input_shape=(28, 28, 1)))
    model.add(MaxPooling2D((2, 2)))
    model.add(Conv2D(16, (5, 5), activation="relu"))
    model.add(MaxPooling2D((2, 2)))
    model.add(Flatten())
    model.add(Dense(120, activation="relu"))
    model.add(Dense(84, activation="relu"))
    model.add(Dense(10, activation="softmax"))
    model.compile(loss="sparse_categorical_crossentropy", optimizer="rmsprop", metrics=["acc"])
    model.summary()
    return model


def equivalent_mlp(n_params):
    # on essaie toutes les tailles de la deuxieme couche
    meilleur = None
    for b in range(1, 200):
        a = round((n_params - 10 - 11 * b) / (785 + b))
        if a < 1:
            continue
        total = 785 * a + (a + 1) * b + (b + 1) * 10
        if meilleur is None or abs(total - n_params) < meilleur[0]:
            meilleur = (abs(total - n_params), a, b)
    model = Sequential()
    model.add(Input(shape=(28, 28, 1)))
    model.add(Flatten())
    model.add(Dense(meilleur[1], activation="tanh"))
    model.add(Dense(meilleur[2], activation="tanh"))
    model.add(Dense(10, activation="softmax"))
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


def compare_models(models, train, test, epochs=3, batch_size=128):
    resultats = {}
    for nom in models:
        print("entrainement de", nom)
        models[nom].fit(train[0], train[1], epochs=epochs, batch_size=batch_size)
        scores = models[nom].evaluate(test[0], test[1], return_dict=True)
        resultats[nom] = scores["accuracy"]
    return resultats


def first_layer_filters(model):
    for couche in model.layers:
        if isinstance(couche, Conv2D):
            w = couche.get_weights()[0]
            filtres = []
            for f in range(w.shape[3]):
                m = np.mean(w[:, :, :, f], axis=2)
                mini = np.min(m)
                maxi = np.max(m)
                if maxi == mini:
                    filtres.append(np.full(m.shape, 0.5))
                else:
                    filtres.append((m - mini) / (maxi - mini))
            return np.array(filtres)
    raise ValueError("pas de Conv2D")


def plot_filters(model):
    filtres = first_layer_filters(model)
    fig = plt.figure(figsize=(8, 4))
    for i in range(len(filtres)):
        plt.subplot(3, 4, i + 1)
        plt.imshow(filtres[i], cmap="gray")
        plt.xticks([])
        plt.yticks([])
    return fig


def transfer_model(base, n_classes):
    model = Sequential()
    for couche in base.layers[:-1]:
        couche.trainable = False
        model.add(couche)
    model.add(Dense(n_classes, activation="softmax"))
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model
