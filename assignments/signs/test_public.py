"""Public checks of the lab signs: a few simple ones a question, run at home by ``autograder check signs``.

The checks that give marks use other files and other models, and look at more than these.
"""

from __future__ import annotations

import h5py
import keras
import numpy as np
from keras import layers

from shared.architectures import expect_classifier, expect_model, expect_parameters, expect_weights
from shared.assertions import FLOAT32, expect_array, expect_equal, expect_raises, expect_shape, fail
from shared.public import public_check
from shared.text import Text
from shared.values import describe

ROWS = {"train": 4, "test": 3}


def part(name):
    """Return images, uint8 (n, 64, 64, 3), and labels (n,) of a small file."""
    n = ROWS[name]
    rng = np.random.default_rng(n)
    return rng.integers(0, 256, (n, 64, 64, 3)).astype("uint8"), np.arange(n)[::-1] % 6


def write(folder, name, without=None):
    """Write a small file of one part, perhaps without one of its data sets; return its path as a string."""
    path = folder / f"small_{name}.h5"
    images, labels = part(name)
    content = {f"{name}_set_x": images, f"{name}_set_y": labels, "list_classes": np.arange(6)}
    with h5py.File(path, "w") as file:
        for key, values in content.items():
            if key != without:
                file[key] = values
    return str(path)


def loaded(student, folder):
    """Call ``load_signs`` on two small files and return its five parts, or say what came back instead."""
    value = student.load_signs(write(folder, "train"), write(folder, "test"))
    try:
        (X_train, Y_train), (X_test, Y_test), classes = value
    except (TypeError, ValueError):
        expected = "(X_train, Y_train), (X_test, Y_test), classes"
        fail(
            Text(
                "called: load_signs(train_path, test_path)\ngot: ",
                "appel : load_signs(train_path, test_path)\nobtenu : ",
            )
            + describe(value)
            + Text(f"\nexpected: {expected}", f"\nattendu : {expected}")
        )
    return {"X_train": X_train, "Y_train": Y_train, "X_test": X_test, "Y_test": Y_test, "classes": classes}


def tiny_model(seed=0):
    """Return a compiled model of one dense layer on (8, 8, 3), its weights drawn from a seed."""
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.Flatten(), layers.Dense(6, activation="softmax")])
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(size=weights.shape) for weights in model.get_weights()])
    return model


def brightness_model():
    """Return a model on (64, 64, 3) that answers 1 to bright images in [0, 1], 4 to dark ones, 2 beyond all scale."""
    model = keras.Sequential([keras.Input((64, 64, 3)), layers.Flatten(), layers.Dense(6, activation="softmax")])
    kernel, bias = np.zeros((12288, 6)), np.full(6, -4.0)
    kernel[0, 1], kernel[0, 2] = 6.0, 7.0
    bias[4], bias[1], bias[2] = 0.0, -3.0, -6.0
    model.set_weights([kernel, bias])
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    return model


@public_check("load_signs", en="images (n, 64, 64, 3), float32", fr="images (n, 64, 64, 3), float32")
def test_load_images(student, tmp_path):
    """Both parts have all their images."""
    found = loaded(student, tmp_path)

    for name, n in ROWS.items():
        images = found[f"X_{name}"]
        expect_shape(images, (n, 64, 64, 3), call=f"load_signs(...): X_{name}")
        kind = Text("the type of the images", "le type des images")
        expect_equal(str(images.dtype), "float32", call=f"load_signs(...): X_{name}.dtype", what=kind)


@public_check("load_signs", en="pixels in [0, 1], one-hot labels", fr="pixels dans [0, 1], étiquettes one-hot")
def test_load_values(student, tmp_path):
    """Pixels are divided by 255, labels have six columns, the classes are listed."""
    found = loaded(student, tmp_path)

    for name in ROWS:
        images, labels = part(name)
        scaled = Text("the file's pixels / 255", "les pixels du fichier / 255")
        expect_array(found[f"X_{name}"], images / 255, call=f"load_signs(...): X_{name}", what=scaled)
        coded = Text("one row a label, six columns", "une ligne par étiquette, six colonnes")
        expect_array(found[f"Y_{name}"], np.eye(6)[labels], call=f"load_signs(...): Y_{name}", what=coded)
    listed = Text("list_classes of the files", "list_classes des fichiers")
    expect_array(found["classes"], np.arange(6), call="load_signs(...): classes", what=listed)


@public_check("load_signs", en="files that are missing or incomplete", fr="fichiers absents ou incomplets")
def test_load_errors(student, tmp_path):
    """A missing file and missing labels are told apart."""
    train, absent = write(tmp_path, "train"), str(tmp_path / "absent.h5")
    error = expect_raises(
        FileNotFoundError,
        lambda: student.load_signs(train, absent),
        call='load_signs("small_train.h5", "absent.h5")',
        because=Text("there is no such file", "ce fichier n'existe pas"),
    )
    named = Text("the file's name in the error", "le nom du fichier dans l'erreur")
    expect_equal("absent.h5" in str(error), True, call='"absent.h5" in str(error)', what=named)
    expect_raises(
        ValueError,
        lambda: student.load_signs(train, write(tmp_path, "test", without="test_set_y")),
        call='load_signs("small_train.h5", "small_test.h5")',
        because=Text("the second file has no test_set_y", "le second fichier n'a pas test_set_y"),
    )


@public_check("one_hot", en="labels (n,) and (1, n)", fr="étiquettes (n,) et (1, n)")
def test_one_hot_rows(student):
    """Both forms give the same rows of floats."""
    right = [[0.0, 0, 0, 1, 0], [1.0, 0, 0, 0, 0], [0.0, 0, 0, 1, 0]]
    for labels in (np.array([3, 0, 3]), np.array([[3, 0, 3]])):
        expect_array(
            student.one_hot(labels, 5),
            right,
            call=f"one_hot(np.array({labels.tolist()}), 5)",
            dtype_kind="f",
            what=Text("a row a label", "une ligne par étiquette"),
            mistakes=[(np.transpose(right), Text("rows and columns are exchanged", "lignes et colonnes échangées"))],
        )


@public_check("one_hot", en="a label out of range", fr="une étiquette hors limites")
def test_one_hot_range(student):
    """Neither -1 nor num_classes is a class."""
    for label in (-1, 5):
        expect_raises(
            ValueError,
            lambda label=label: student.one_hot(np.array([0, label]), 5),
            call=f"one_hot(np.array([0, {label}]), 5)",
            because=Text("the classes are 0 to 4", "les classes vont de 0 à 4"),
        )


@public_check("value_range", en="(min, max), floats", fr="(min, max), des nombres à virgule")
def test_value_range(student):
    """Extremes of uint8 images and of float images with negative values."""
    for images in (np.array([[7, 200], [31, 12]], dtype="uint8"), np.array([[0.5, -1.25], [0.0, 0.75]])):
        expect_array(
            student.value_range(images),
            [images.min(), images.max()],
            call=f"value_range(np.array({images.tolist()}, dtype={images.dtype.name!r}))",
            dtype_kind="f",
            what=Text("the smallest, then the largest value", "la plus petite valeur, puis la plus grande"),
        )


def built(student):
    """Call ``signs_model``, and expect a model."""
    return expect_model(student.signs_model(), "signs_model()", np.zeros((1, 64, 64, 3), "float32"))


@public_check("signs_model", en="182,950 parameters", fr="182 950 paramètres")
def test_model_parameters(student):
    """The network has the handout's total."""
    padded = Text(
        "This total is that of convolutions padded to keep the size; the lab's have no padding.",
        "Ce total est celui de convolutions qui gardent la taille ; celles du TP n'ont pas de bords ajoutés.",
    )
    expect_parameters(built(student), "signs_model()", 182_950, [(206_758, padded)])


@public_check("signs_model", en="the weights' shapes", fr="les formes des poids")
def test_model_weights(student):
    """The weights are those of the two convolutions and of the dense layer."""
    shapes = [(3, 3, 3, 32), (32,), (3, 3, 32, 32), (32,), (28_800, 6), (6,)]
    expect_weights(built(student), "signs_model()", shapes)


@public_check("signs_model", en="probabilities; loss, metric and SGD", fr="probabilités ; perte, métrique et SGD")
def test_model_compiled(student):
    """The network gives probabilities and is compiled as the handout asks."""
    model = built(student)
    images = np.random.default_rng(0).random((3, 64, 64, 3), dtype="float32")
    expect_classifier(model, "signs_model()", images, np.eye(6)[[3, 1, 4]])
    kind = Text("plain gradient descent", "une simple descente de gradient")
    expect_equal(type(model.optimizer).__name__, "SGD", call="type(signs_model().optimizer)", what=kind)


@public_check("train_signs", en="returns the History, validation included", fr="renvoie History, validation comprise")
def test_train_history(student):
    """Two epochs by batches of three are asked, and made."""
    X, Y = np.random.default_rng(0).random((4, 8, 8, 3), dtype="float32"), np.eye(6)[[0, 1, 2, 3]]
    history = student.train_signs(tiny_model(), X, Y, X[:2], Y[:2], epochs=2, batch_size=3)

    call = "train_signs(model, X_train, Y_train, X_test, Y_test, epochs=2, batch_size=3)"
    kind = Text("the type of what fit() returns", "le type de ce que renvoie fit()")
    expect_equal(type(history).__name__, "History", call=f"type({call})", what=kind)
    epochs = Text("one value an epoch, also for validation", "une valeur par époque, pour la validation aussi")
    found = [len(history.history.get(name, [])) for name in ("loss", "val_loss")]
    expect_equal(found, [2, 2], call=f"lengths of loss and val_loss in {call}.history", what=epochs)
    steps = Text("steps an epoch, for 4 images by 3", "pas par époque, pour 4 images par 3")
    expect_equal(history.params["steps"], 2, call=f"{call}.params['steps']", what=steps)


@public_check("predict_digit", en="a photograph and a scaled image", fr="une photo et une image à l'échelle")
def test_predict(student):
    """The same bright hand is read alike from uint8 and from float pixels."""
    bright = np.full((64, 64, 3), 204, dtype="uint8")
    for image in (bright, (bright / 255).astype("float32")):
        call = f"predict_digit(model, image), image {image.dtype}"
        value = student.predict_digit(brightness_model(), image)
        expect_array(
            value,
            [1.0, 0.7781],
            call=call,
            what=Text("(digit, probability)", "(chiffre, probabilité)"),
            mistakes=[
                ([2.0, 1.0], Text("The pixels were not divided by 255.", "Les pixels n'ont pas été divisés par 255.")),
                (
                    [4.0, 0.9024],
                    Text("Float pixels are scaled already.", "Les pixels à virgule sont déjà à l'échelle."),
                ),
            ],
            **FLOAT32,
        )


@public_check("save_weights", en="Keras reads the file back", fr="Keras relit le fichier")
def test_save(student, tmp_path):
    """Another model takes the saved weights."""
    path = tmp_path / "hands.weights.h5"
    student.save_weights(tiny_model(seed=1), str(path))

    call = 'save_weights(model, "hands.weights.h5")'
    other = tiny_model(seed=2)
    other.load_weights(path)
    same = Text("the model's weights", "les poids du modèle")
    expect_array(other.get_weights()[0], tiny_model(seed=1).get_weights()[0], call=call, what=same)


@public_check("load_weights", en="the model itself gets the weights", fr="le modèle lui-même reçoit les poids")
def test_load(student, tmp_path):
    """The weights of the model that is passed become those of the file."""
    path = tmp_path / "hands.weights.h5"
    tiny_model(seed=1).save_weights(path)
    model = tiny_model(seed=2)
    student.load_weights(model, str(path))

    same = Text("the weights of the file", "les poids du fichier")
    call = 'load_weights(model, "hands.weights.h5"); model.get_weights()'
    expect_array(model.get_weights()[0], tiny_model(seed=1).get_weights()[0], call=call, what=same)


@public_check("save_weights", en="another ending is refused", fr="une autre terminaison est refusée")
def test_save_ending(student, tmp_path):
    """The ending of the old documents is not enough."""
    refuse(lambda: student.save_weights(tiny_model(), str(tmp_path / "hands.h5")), "save_weights")


@public_check("load_weights", en="another ending is refused", fr="une autre terminaison est refusée")
def test_load_ending(student, tmp_path):
    """A file with another ending is not even looked at."""
    refuse(lambda: student.load_weights(tiny_model(), str(tmp_path / "hands.h5")), "load_weights")


def refuse(action, name):
    """Expect ValueError for a path that does not end in .weights.h5."""
    because = Text("the path does not end in .weights.h5", "le chemin ne se termine pas par .weights.h5")
    expect_raises(ValueError, action, call=f'{name}(model, "hands.h5")', because=because)


@public_check("plot_history", en="a figure with two axes, four curves", fr="une figure à deux axes, quatre courbes")
def test_plot(student):
    """Loss and accuracy are drawn, with a curve for training and one for validation each."""
    history = keras.callbacks.History()
    history.epoch = [0, 1, 2]
    history.history = {
        "loss": [1.7, 1.2, 0.8],
        "accuracy": [0.2, 0.5, 0.7],
        "val_loss": [1.8, 1.4, 1.1],
        "val_accuracy": [0.1, 0.4, 0.6],
    }
    figure = student.plot_history(history)

    call = "plot_history(history)"
    kind = Text("a Matplotlib figure, which the function returns", "une figure Matplotlib, que la fonction renvoie")
    expect_equal(type(figure).__name__, "Figure", call=f"type({call})", what=kind)
    drawn = [[float(value) for value in line.get_ydata()] for axes in figure.axes for line in axes.get_lines()]
    for name, values in history.history.items():
        curve = Text(f"a curve with history[{name!r}]", f"une courbe avec history[{name!r}]")
        expect_equal(values in drawn, True, call=f"{call}: {name} among the curves", what=curve)
