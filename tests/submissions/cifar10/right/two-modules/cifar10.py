"""TP CIFAR-10 : les fonctions demandées, avec les outils de outils.py."""

import keras
import matplotlib.pyplot as plt
import numpy as np
from outils import Pile, boucle, choisir


def get_data_cifar10(n_train=5000, n_val=1000, n_test=1000, seed=0):
    from keras.datasets import cifar10

    (X, y), (Xt, yt) = cifar10.load_data()
    rng = np.random.default_rng([seed, 42])
    lignes = choisir(rng, n_train + n_val, len(X))
    lignes_test = choisir(rng, n_test, len(Xt))
    paquets = (X, y, lignes[n_val:]), (X, y, lignes[:n_val]), (Xt, yt, lignes_test)
    return tuple((images[i].astype("f4"), etiquettes[i, 0].astype("i8")) for images, etiquettes, i in paquets)


def standardize(X_train, *others):
    canaux = X_train.reshape(-1, X_train.shape[-1]).astype(np.float64)
    moyenne, variance = canaux.mean(0), canaux.var(0)
    with np.errstate(divide="ignore"):
        inverse = np.where(variance == 0, 0, 1 / np.sqrt(variance))
    return tuple(np.einsum("nhwc,c->nhwc", X - moyenne, inverse) for X in (X_train, *others))


def basic_model():
    pile = Pile().Conv2D(32, (3, 3), (1, 1), "valid", activation="relu").MaxPooling2D()
    return pile.Flatten().Dense(64, activation="relu").Dense(10, activation="softmax").compiler("sgd")


def layer_table(model):
    colonnes = {
        "name": lambda c: c.name,
        "kind": lambda c: c.__class__.__name__,
        "output_shape": lambda c: tuple(c.compute_output_shape(entree(c)))[1:],
        "params": lambda c: sum(w.numpy().size for w in c.weights),
    }

    def entree(c):
        return [t.shape for t in c.input] if isinstance(c.input, list) else c.input.shape

    vraies = [c for c in model.layers if not isinstance(c, keras.layers.InputLayer)]
    return [{nom: colonne(c) for nom, colonne in colonnes.items()} for c in vraies]


def trainable_param_count(model):
    return np.sum([np.prod(w.shape, dtype=int) for w in model.trainable_weights], dtype=int)


def steps_per_epoch(n_samples, batch_size):
    assert_positifs(n_samples, batch_size)
    complets, reste = divmod(n_samples, batch_size)
    return complets + bool(reste)


def assert_positifs(*nombres):
    for nombre in nombres:
        if nombre < 1:
            raise ValueError(f"{nombre} n'est pas positif")


def make_optimizer(name, learning_rate=0.01):
    momentum = {"sgd": 0.0, "momentum": 0.9}
    if name in momentum:
        return keras.optimizers.SGD(learning_rate, momentum[name])
    if name != "adam":
        raise ValueError(f"{name} : optimiseur inconnu")
    return keras.optimizers.get({"class_name": "adam", "config": {"learning_rate": learning_rate}})


def train(model, train, validation, epochs=10, batch_size=64):
    return boucle(model, train, validation, epochs, batch_size)


def compare_optimizers(build, train, validation, names=("sgd", "momentum", "adam"), epochs=3):
    modeles = {nom: build() for nom in names}
    depart = next(iter(modeles.values())).get_weights()
    for nom, modele in modeles.items():
        modele.set_weights(depart)
        modele.optimizer = make_optimizer(nom)
    return {nom: boucle(modele, train, validation, epochs, 32) for nom, modele in modeles.items()}


def deep_model():
    pile = Pile()
    for filtres in (32, 64, 96):
        pile = pile.Conv2D(filtres, 3, padding="same", use_bias=False).BatchNormalization().ReLU().MaxPool2D()
    return pile.GlobalAveragePooling2D().Dense(10, activation="softmax").compiler(make_optimizer("momentum", 0.02))


def regularized_model():
    l2 = keras.regularizers.L2(5e-4)
    pile = Pile().RandomFlip("horizontal").RandomTranslation(0.1, 0.1)
    for filtres in (32, 32, 64):
        pile = pile.SeparableConv2D(filtres, 3, padding="same", pointwise_regularizer=l2, activation="relu").MaxPool2D()
    pile = pile.Flatten().Dropout(0.3).Dense(10, activation="softmax", kernel_regularizer=l2)
    return pile.compiler(keras.optimizers.Adam(3e-3))


def overfit_epoch(history):
    courbes = history if isinstance(history, dict) else history.history
    paires = sorted(enumerate(courbes["val_loss"]), key=lambda paire: paire[1])
    epoque = paires[0][0]
    descend = all(apres < courbes["loss"][epoque] for apres in courbes["loss"][epoque + 1 :])
    return epoque if courbes["val_loss"][epoque + 1 :] and descend else None


def plot_learning_curves(history):
    debut = overfit_epoch(history)
    fig, grille = plt.subplots(ncols=2, figsize=(9, 4))
    for axes, nom, titre in zip(grille, ("loss", "accuracy"), ("perte", "exactitude")):
        for prefixe, mot in (("", "entraînement"), ("val_", "validation")):
            axes.plot(history.history[prefixe + nom], marker=".", label=mot)
        axes.set_xlabel("époque (à partir de 0)")
        axes.set_ylabel(titre)
        if debut is not None:
            axes.annotate(
                "surapprentissage",
                xy=(debut, history.history["val_" + nom][debut]),
                xytext=(0.5, 0.9),
                textcoords="axes fraction",
                arrowprops={"arrowstyle": "->"},
            )
        axes.legend(loc="lower left")
    return fig


def confusion_matrix(y_true, y_pred, n_classes=10):
    if np.shape(y_true) != np.shape(y_pred):
        raise ValueError("longueurs différentes")
    classes = np.arange(n_classes)
    if not set(y_true) | set(y_pred) <= set(classes.tolist()):
        raise ValueError("étiquette hors bornes")
    return np.array([[np.sum((y_true == i) & (y_pred == j)) for j in classes] for i in classes])


def plot_confusion_matrix(matrix, class_names):
    fig, axes = plt.subplots(figsize=(6, 5))
    axes.imshow(matrix, interpolation="nearest", cmap=plt.cm.Blues)
    axes.set(xticks=range(len(class_names)), yticks=range(len(class_names)))
    axes.set(xticklabels=class_names, yticklabels=class_names)
    for place in np.ndindex(*matrix.shape):
        axes.text(place[1], place[0], format(matrix[place], "d"), ha="center", va="center")
    fig.tight_layout()
    return fig


def activation_maps(model, image, layer):
    couche = next(c for n, c in enumerate(model.layers) if layer in (n, c.name))
    sonde = keras.models.Model(model.inputs, couche.output)
    cartes = sonde.predict(np.expand_dims(image, axis=0), verbose=0).squeeze(axis=0)
    if cartes.ndim < 3:
        raise ValueError(f"la sortie de {couche.name} n'est pas une image")
    return cartes


def plot_activation_maps(maps, n_columns=8):
    hauteur, largeur, n = maps.shape
    fig = plt.figure()
    for i in range(n):
        axes = plt.subplot2grid((-(-n // n_columns), n_columns), divmod(i, n_columns), fig=fig)
        axes.imshow(maps[..., i], cmap="inferno", vmin=maps.min(), vmax=maps.max())
        axes.set_axis_off()
    return fig
