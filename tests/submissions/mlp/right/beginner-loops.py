"""TP mlp - je fais tout avec des boucles, c'est plus clair pour moi."""
import math

import keras
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import GridSearchCV, KFold

from shared import datasets


def _partout(f, z):
    # applique f a chaque nombre de z
    if isinstance(z, (int, float)):
        return f(z)
    z = np.asarray(z)
    if z.ndim == 0:
        return f(float(z))
    resultat = np.zeros(z.shape)
    for indice in np.ndindex(*z.shape):
        resultat[indice] = f(float(z[indice]))
    return resultat


def _sig(t):
    if t >= 0:
        return 1 / (1 + math.exp(-t))
    e = math.exp(t)
    return e / (1 + e)


def sigmoid(z):
    return _partout(_sig, z)


def tanh(z):
    return _partout(lambda t: (math.exp(t) - math.exp(-t)) / (math.exp(t) + math.exp(-t)), z)


def relu(z):
    def r(t):
        if t > 0:
            return t
        return 0
    return _partout(r, z)


def leaky_relu(z, epsilon=0.01):
    return _partout(lambda t: t if t > epsilon * t else epsilon * t, z)


def softmax(z, axis=-1):
    z = np.moveaxis(np.asarray(z, dtype=float), axis, -1)
    sortie = np.zeros(z.shape)
    for indice in np.ndindex(*z.shape[:-1]):
        ligne = z[indice]
        m = max(ligne)
        exps = [math.exp(t - m) for t in ligne]
        total = sum(exps)
        sortie[indice] = [e / total for e in exps]
    return np.moveaxis(sortie, -1, axis)


def neuron(x, w, b, activation):
    if len(np.shape(x)) == 1:
        somme = b
        for i in range(len(w)):
            somme += x[i] * w[i]
        return activation(somme)
    return np.array([neuron(ligne, w, b, activation) for ligne in x])


def dense_forward(X, W, b):
    n, i = X.shape
    if W.shape[0] != i:
        raise ValueError("X et W")
    if len(b) != W.shape[1]:
        raise ValueError("b")
    Y = []
    for ligne in range(n):
        Y.append([])
        for unite in range(W.shape[1]):
            s = b[unite]
            for k in range(i):
                s = s + X[ligne][k] * W[k][unite]
            Y[-1].append(s)
    return Y


def xor_weights():
    # une unite compte x1 - x2, l'autre x2 - x1
    W1 = [[1, -1], [-1, 1]]
    b1 = [0, 0]
    W2 = [[10], [10]]
    b2 = [-5]
    return np.array(W1), np.array(b1), np.array(W2), np.array(b2)


def xor_model():
    modele = keras.Sequential()
    modele.add(keras.Input(shape=(2,)))
    modele.add(keras.layers.Dense(2))
    modele.add(keras.layers.ReLU())
    modele.add(keras.layers.Dense(1))
    modele.add(keras.layers.Activation("sigmoid"))
    modele.compile(loss="mse", optimizer=keras.optimizers.Adam(learning_rate=0.05), metrics=["accuracy"])
    modele.summary()
    return modele


def gradient_descent(gradient, w0, learning_rate, max_steps=1000, tolerance=1e-6):
    w = w0.copy()
    path = [w0.copy()]
    pas = 0
    while pas < max_steps:
        g = gradient(w)
        norme = 0
        for valeur in np.array(g).flatten():
            norme += valeur ** 2
        norme = math.sqrt(norme)
        if norme <= tolerance:
            break
        w = w - learning_rate * g
        path.append(w.copy())
        pas += 1
    print("nombre de pas :", pas)
    return w, path


def sgd_step(w, grad, learning_rate):
    return w - learning_rate * grad


def momentum_step(w, grad, velocity, learning_rate, momentum=0.9):
    v = momentum * velocity - learning_rate * grad
    return [w + v, v]


def adam_step(w, grad, m, v, t, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    m = beta_1 * m + (1 - beta_1) * grad
    v = beta_2 * v + (1 - beta_2) * grad * grad
    m_chapeau = m / (1 - beta_1 ** t)
    v_chapeau = v / (1 - beta_2 ** t)
    w = w - learning_rate * m_chapeau / (v_chapeau ** 0.5 + epsilon)
    return (w, m, v)


def mean_squared_error(y_true, y_pred):
    total = 0
    for a, b in zip(np.ravel(y_true), np.ravel(y_pred)):
        total += (a - b) ** 2
    return total / np.size(y_true)


def mean_absolute_error(y_true, y_pred):
    total = 0
    for a, b in zip(np.ravel(y_true), np.ravel(y_pred)):
        total += abs(a - b)
    return total / np.size(y_true)


def mean_bias_error(y_true, y_pred):
    total = 0
    for a, b in zip(np.ravel(y_true), np.ravel(y_pred)):
        total += b - a
    return total / np.size(y_true)


def _borner(p):
    return min(max(p, 1e-7), 1 - 1e-7)


def binary_cross_entropy(y_true, y_pred):
    pertes = []
    for y, p in zip(np.ravel(y_true), np.ravel(y_pred)):
        p = _borner(p)
        if y == 1:
            pertes.append(-math.log(p))
        else:
            pertes.append(-math.log(1 - p))
    return sum(pertes) / len(pertes)


def categorical_cross_entropy(y_true, y_pred):
    perte = 0
    for ligne_y, ligne_p in zip(y_true, y_pred):
        for y, p in zip(ligne_y, ligne_p):
            perte -= y * math.log(_borner(p))
    return perte / len(y_true)


def dense_param_count(n_inputs, n_outputs, use_bias=True):
    if use_bias:
        return n_inputs * n_outputs + n_outputs
    else:
        return n_inputs * n_outputs


def mlp_param_count(sizes):
    total = 0
    for k in range(len(sizes) - 1):
        total = total + dense_param_count(sizes[k], sizes[k + 1])
    return total


def iterations_per_epoch(n_samples, batch_size):
    if n_samples < 1:
        raise ValueError("n_samples")
    if batch_size < 1:
        raise ValueError("batch_size")
    lots = 0
    while n_samples > 0:
        n_samples = n_samples - batch_size
        lots = lots + 1
    return lots


def get_data_fashion_mnist(n_train=10000):
    (X_train, y_train), (X_test, y_test) = datasets.load("fashion_mnist")
    X_train = X_train[:n_train].reshape(-1, 784).astype("float32")
    y_train = y_train[:n_train]
    X_test = X_test.reshape(-1, 784).astype("float32")
    for colonne in range(784):
        m = X_train[:, colonne].mean()
        s = X_train[:, colonne].std()
        if s == 0:
            X_train[:, colonne] = 0
            X_test[:, colonne] = 0
        else:
            X_train[:, colonne] = (X_train[:, colonne] - m) / s
            X_test[:, colonne] = (X_test[:, colonne] - m) / s
    return (X_train, y_train), (X_test, y_test)


def fashion_mlp():
    modele = keras.Sequential()
    modele.add(keras.layers.Dense(256, input_shape=(784,), activation="relu"))
    modele.add(keras.layers.Dense(128, activation="relu"))
    modele.add(keras.layers.Dense(10, activation="softmax"))
    modele.compile(loss="sparse_categorical_crossentropy", optimizer="sgd", metrics=["accuracy"])
    return modele


def train_with_early_stopping(model, X, y, X_val, y_val, epochs=50, batch_size=32, patience=2):
    # boucle a la main : une epoque a la fois
    historique = None
    meilleure = float("inf")
    meilleurs_poids = model.get_weights()
    attente = 0
    for epoque in range(epochs):
        h = model.fit(X, y, epochs=1, batch_size=batch_size, validation_data=(X_val, y_val), verbose=0)
        if historique is None:
            historique = h
        else:
            for cle in h.history:
                historique.history[cle].extend(h.history[cle])
            historique.epoch.append(epoque)
        perte = h.history["val_loss"][0]
        if perte < meilleure:
            meilleure = perte
            meilleurs_poids = model.get_weights()
            attente = 0
        else:
            attente += 1
            if attente >= patience:
                print("arret a l'epoque", epoque + 1)
                break
    model.set_weights(meilleurs_poids)
    return historique


def _verifier(rate):
    if rate < 0:
        raise ValueError("rate negatif")
    if rate >= 1:
        raise ValueError("rate trop grand")


def dropout(x, rate, rng, training=True):
    _verifier(rate)
    if training == False:
        return x
    sortie = np.zeros(x.shape)
    for indice in np.ndindex(*x.shape):
        if rng.uniform() >= rate:
            sortie[indice] = x[indice] / (1 - rate)
    return sortie


def dropconnect(x, W, b, rate, rng, training=True):
    _verifier(rate)
    if not training:
        return x.dot(W) + b
    W = W.copy() * 1.0
    lignes, colonnes = W.shape
    for i in range(lignes):
        for j in range(colonnes):
            if rng.random() < rate:
                W[i, j] = 0
    W = W / (1 - rate)
    return x.dot(W) + b


def l1_penalty(theta, lam):
    s = 0
    for t in theta.flatten():
        s += abs(t)
    return lam * s


def l2_penalty(theta, lam):
    s = 0
    for t in theta.flatten():
        s += t * t
    return lam * s


def elastic_net_penalty(theta, lam, alpha):
    return l1_penalty(theta, lam * (1 - alpha)) + l2_penalty(theta, lam * alpha)


def max_norm(W, c):
    resultat = W.astype(float)
    for j in range(W.shape[1]):
        n = math.sqrt(sum(W[i, j] ** 2 for i in range(W.shape[0])))
        if n > c:
            resultat[:, j] = W[:, j] / n * c
    return resultat


class ReseauKeras(BaseEstimator, ClassifierMixin):
    def __init__(self, epochs=1, batch_size=32):
        self.epochs = epochs
        self.batch_size = batch_size

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.reseau = keras.Sequential([
            keras.Input(shape=(X.shape[1],)),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(int(max(y)) + 1, activation="softmax"),
        ])
        self.reseau.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
        self.reseau.fit(X, y, epochs=self.epochs, batch_size=self.batch_size)
        return self

    def predict(self, X):
        return np.argmax(self.reseau.predict(X), axis=1)


def search_hyperparameters(X, y, epochs=(5, 10), batch_sizes=(16, 32), cv=3):
    parametres = {"batch_size": batch_sizes, "epochs": epochs}
    recherche = GridSearchCV(estimator=ReseauKeras(), param_grid=parametres, cv=cv, scoring="accuracy", verbose=2)
    recherche.fit(X, y)
    print(recherche.best_params_)
    return recherche
