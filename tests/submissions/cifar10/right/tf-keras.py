"""TP CIFAR-10 avec TensorFlow : tf.keras partout, des tenseurs quand c'est commode."""
import tensorflow as tf
import numpy as np
import matplotlib.pyplot as plt
from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras.datasets.cifar10 import load_data

CLASSES = 10


def get_data_cifar10(n_train=5000, n_val=1000, n_test=1000, seed=0):
    """Stratification faite à la main : la même part de chaque classe."""
    (X, y), (Xt, yt) = load_data()
    y, yt = np.squeeze(y).astype(int), np.squeeze(yt).astype(int)
    if n_train + n_val > len(X) or n_test > len(Xt):
        raise ValueError("trop d'images demandées")
    rng = np.random.RandomState(seed)

    def tirer(etiquettes, *tailles):
        paquets = [[] for _ in tailles]
        for c in range(CLASSES):
            indices = rng.permutation(np.where(etiquettes == c)[0])
            debut = 0
            for paquet, taille in zip(paquets, tailles):
                fin = debut + taille // CLASSES
                paquet.extend(indices[debut:fin])
                debut = fin
        return [rng.permutation(p) for p in paquets]

    a, b = tirer(y, n_train, n_val)
    (c,) = tirer(yt, n_test)
    return (np.float32(X[a]), y[a]), (np.float32(X[b]), y[b]), (np.float32(Xt[c]), yt[c])


def standardize(X_train, *others):
    moyenne = tf.reduce_mean(tf.cast(X_train, tf.float64), axis=[0, 1, 2])
    ecart = tf.math.reduce_std(tf.cast(X_train, tf.float64), axis=[0, 1, 2])
    return [
        tf.cast(tf.math.divide_no_nan(tf.cast(X, tf.float64) - moyenne, ecart), tf.float32).numpy()
        for X in (X_train,) + others
    ]


class Basic(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.conv = layers.Conv2D(32, 3, activation=tf.nn.relu)
        self.pool = layers.MaxPool2D(2, 2)
        self.flat = layers.Flatten()
        self.fc = layers.Dense(64, activation=tf.nn.relu)
        self.out = layers.Dense(10, activation=tf.nn.softmax)

    def call(self, x):
        return self.out(self.fc(self.flat(self.pool(self.conv(x)))))


def basic_model():
    model = Basic()
    model.compile(
        tf.keras.optimizers.RMSprop(), tf.keras.losses.sparse_categorical_crossentropy, metrics=["sparse_categorical_accuracy"]
    )
    model.build((None, 32, 32, 3))
    return model


def layer_table(model):
    table = []
    if isinstance(model, keras.Sequential):
        table.append(dict(name="input", kind="InputLayer", output_shape=tuple(model.input_shape[1:]), params=0))
    for l in model.layers:
        shape = l.output.shape
        table.append(dict(name=l.name, kind=l.__class__.__name__, output_shape=tuple(shape[1:]), params=np.int64(l.count_params())))
    return table


def trainable_param_count(model):
    return int(np.sum([tf.size(w).numpy() for w in model.trainable_variables]))


def steps_per_epoch(n_samples, batch_size):
    if not (n_samples > 0 and batch_size > 0):
        raise ValueError
    return int(np.ceil(n_samples / batch_size))


def make_optimizer(name, learning_rate=0.01):
    if name not in ["sgd", "momentum", "adam"]:
        raise ValueError(name)
    if name == "adam":
        return tf.keras.optimizers.Adam(learning_rate=learning_rate)
    opt = tf.keras.optimizers.SGD(learning_rate=learning_rate)
    if name == "momentum":
        opt = tf.keras.optimizers.SGD(learning_rate=learning_rate, momentum=0.9)
    return opt


def train(model, train, validation, epochs=10, batch_size=64):
    lots = tf.data.Dataset.from_tensor_slices(tuple(train)).shuffle(len(train[0])).batch(batch_size)
    val = tf.data.Dataset.from_tensor_slices(tuple(validation)).batch(256)
    return model.fit(lots, validation_data=val, epochs=epochs, verbose=2)


def compare_optimizers(build, train, validation, names=("sgd", "momentum", "adam"), epochs=3):
    histoires = dict()
    for nom in names:
        tf.keras.utils.set_random_seed(7)
        modele = build()
        config = modele.get_compile_config()
        config["optimizer"] = tf.keras.optimizers.serialize(make_optimizer(nom, 0.001 if nom == "adam" else 0.01))
        modele.compile_from_config(config)
        histoires[nom] = modele.fit(train[0], train[1], epochs=epochs, validation_data=tuple(validation), verbose=0)
    return histoires


class Profond(keras.Model):
    def __init__(self, dropout=0.0):
        super().__init__()
        self.augmente = layers.RandomFlip("horizontal") if dropout else layers.Identity()
        self.convs = [layers.Conv2D(f, 3, padding="same", activation="relu") for f in (24, 48, 64)]
        self.pool = layers.MaxPooling2D()
        self.flat = layers.Flatten()
        self.drop = layers.Dropout(dropout)
        self.out = layers.Dense(CLASSES)

    def call(self, x, training=False):
        x = self.augmente(x, training=training)
        for conv in self.convs:
            x = self.pool(conv(x))
        return self.out(self.drop(self.flat(x), training=training))


def _compile(model):
    model.compile(keras.optimizers.Adam(2e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model


def deep_model():
    return _compile(Profond())


def regularized_model():
    return _compile(Profond(dropout=0.5))


def overfit_epoch(history):
    h = getattr(history, "history", history)
    val = list(h["val_loss"])
    i = val.index(min(val))
    if i + 1 < len(val) and h["loss"][-1] < h["loss"][i]:
        return i
    return None


def plot_learning_curves(history):
    h = history.history
    n = len(h["loss"])
    fig, (haut, bas) = plt.subplots(2, 1, sharex=True)
    x = np.arange(n) + 1
    haut.plot(x, h["loss"], x, h["val_loss"])
    bas.plot(x, h["accuracy"], x, h["val_accuracy"])
    haut.legend(["train", "val"])
    bas.legend(["train", "val"])
    haut.set_ylabel("loss")
    bas.set_ylabel("accuracy")
    bas.set_xlabel("epoch")
    e = overfit_epoch(history)
    fig.suptitle("pas de surapprentissage" if e is None else f"surapprentissage après l'époque {e + 1}")
    return fig


def confusion_matrix(y_true, y_pred, n_classes=10):
    if len(y_true) != len(y_pred):
        raise ValueError("tailles")
    tout = np.concatenate([y_true, y_pred])
    if tout.min() < 0 or tout.max() >= n_classes:
        raise ValueError("étiquettes")
    un_chaud = np.eye(n_classes, dtype=np.int64)
    return un_chaud[y_true].T @ un_chaud[y_pred]


def plot_confusion_matrix(matrix, class_names):
    n = len(class_names)
    fig, ax = plt.subplots()
    maille = ax.pcolormesh(matrix, cmap="Greens", edgecolors="w")
    fig.colorbar(maille)
    milieu = np.arange(n) + 0.5
    ax.set_xticks(milieu)
    ax.set_xticklabels(class_names)
    ax.set_yticks(milieu)
    ax.set_yticklabels(class_names)
    ax.invert_yaxis()
    for i in range(n):
        for j in range(n):
            ax.text(j + 0.5, i + 0.5, "%d" % matrix[i, j], ha="center", va="center")
    return fig


def activation_maps(model, image, layer):
    couche = model.get_layer(layer) if type(layer) == str else model.get_layer(index=layer)
    sortie = keras.Model(model.inputs, couche.output)(tf.expand_dims(image, 0), training=False)
    if len(sortie.shape) != 4:
        raise ValueError("pas de cartes")
    return sortie[0].numpy()


def plot_activation_maps(maps, n_columns=8):
    n = maps.shape[-1]
    lignes = (n - 1) // n_columns + 1
    fig, axes = plt.subplots(lignes, n_columns)
    axes = np.array(axes).reshape(-1)
    for i, ax in enumerate(axes):
        if i < n:
            ax.matshow(maps[..., i], cmap="viridis")
            ax.set_title(f"{i}")
        ax.set_xticks([])
        ax.set_yticks([])
    return fig
