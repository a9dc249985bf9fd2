"""Public checks of the lab mnist: a few simple ones a question, run at home by ``autograder check mnist``.

The checks that give marks use other data and other models, and look at more than these.
"""

from __future__ import annotations

import json

import keras
import numpy as np
from keras import layers

from shared.architectures import expect_classifier, expect_model, expect_parameters, expect_weights
from shared.assertions import expect_array, expect_equal, expect_shape, fail
from shared.public import public_check
from shared.text import Text
from shared.values import describe

ROWS = 4
CHANNELS = Text(
    "The axis of the channel is new and comes second; reshape does it.",
    "L'axe du canal est nouveau et vient en deuxième ; reshape suffit.",
)


def images(n=ROWS):
    """Return random images, float32 (n, 1, 28, 28) in [0, 1]."""
    return np.random.default_rng(0).random((n, 1, 28, 28), dtype=np.float32)


def labels(*classes):
    """Return one-hot labels, float64 (n, 10)."""
    return np.eye(10)[list(classes)]


def loaded(student, **arguments):
    """Call ``get_data_mnist`` and return its six parts, or say what came back instead."""
    value = student.get_data_mnist(**arguments)
    try:
        (X_train, y_train), (X_test, y_test), num_classes = value
    except (TypeError, ValueError):
        expected = "(X_train, y_train), (X_test, y_test), num_classes"
        fail(
            Text("called: get_data_mnist()\ngot: ", "appel : get_data_mnist()\nobtenu : ")
            + describe(value)
            + Text(f"\nexpected: {expected}", f"\nattendu : {expected}")
        )
    return X_train, y_train, X_test, y_test, num_classes


def tiny_model(answer=None, metrics=("accuracy",)):
    """Return a compiled model of one dense layer; with ``answer`` it gives that class whatever the image."""
    model = keras.Sequential([keras.Input((1, 28, 28)), layers.Flatten(), layers.Dense(10, activation="softmax")])
    model.compile("adam", "categorical_crossentropy", metrics=list(metrics))
    if answer is not None:
        model.set_weights([np.zeros((784, 10)), 5 * np.eye(10)[answer]])
    return model


def built(student, name):
    """Call a function that makes a model, and expect one."""
    return expect_model(getattr(student, name)(), f"{name}()", images(1))


@public_check("get_data_mnist", en="images (n, 1, 28, 28), float32", fr="images (n, 1, 28, 28), float32")
def test_data_images(student):
    """Both sets of images have the channel first."""
    X_train, _, X_test, _, _ = loaded(student)

    for name, X in (("X_train", X_train), ("X_test", X_test)):
        expect_shape(X, (None, 1, 28, 28), call=f"get_data_mnist(): {name}", hint=CHANNELS)
        kind = Text("the type of the images", "le type des images")
        expect_equal(str(X.dtype), "float32", call=f"get_data_mnist(): {name}.dtype", what=kind)


@public_check("get_data_mnist", en="[0, 255], or [0, 1] when normalised", fr="[0, 255], ou [0, 1] si normalisé")
def test_data_ranges(student):
    """Grey levels are divided by 255 only when asked."""
    for normalize, highest in ((False, 255.0), (True, 1.0)):
        X_train, _, X_test, _, _ = loaded(student, normalize=normalize)
        for name, X in (("X_train", X_train), ("X_test", X_test)):
            expect_array(
                [float(X.min()), float(X.max())],
                [0.0, highest],
                call=f"get_data_mnist(normalize={normalize}): {name}.min(), {name}.max()",
                what=Text("the darkest and the brightest pixel", "le pixel le plus sombre et le plus clair"),
            )


@public_check("get_data_mnist", en="one-hot labels, 10 classes", fr="étiquettes one-hot, 10 classes")
def test_data_labels(student):
    """Each row of labels has a single 1 among ten columns, and a row for each image."""
    X_train, y_train, X_test, y_test, num_classes = loaded(student)

    expect_equal(num_classes, 10, call="get_data_mnist(): num_classes", what=Text("the digits", "les chiffres"))
    for name, X, y in (("y_train", X_train, y_train), ("y_test", X_test, y_test)):
        a_row = Text("a row an image", "une ligne par image")
        expect_shape(y, (len(X), 10), call=f"get_data_mnist(): {name}", what=a_row)
        single = Text("the number of 1 and of 0", "le nombre de 1 et de 0")
        counts = [int((y == 1).sum()), int((y == 0).sum())]
        expect_equal(counts, [len(X), 9 * len(X)], call=f"get_data_mnist(): ones and zeros of {name}", what=single)


@public_check("small_model", en="203,434 parameters", fr="203 434 paramètres")
def test_small_parameters(student):
    """The small network has the handout's total."""
    padded = Text(
        "This total is that of convolutions padded to keep the size; the lab's have no padding.",
        "Ce total est celui de convolutions qui gardent la taille ; celles du TP n'ont pas de bords ajoutés.",
    )
    expect_parameters(built(student, "small_model"), "small_model()", 203_434, [(269_994, padded)])


@public_check("small_model", en="the weights' shapes", fr="les formes des poids")
def test_small_weights(student):
    """The small network's weights are those of its three layers."""
    shapes = [(3, 3, 1, 64), (64,), (3, 3, 64, 32), (32,), (18_432, 10), (10,)]
    expect_weights(built(student, "small_model"), "small_model()", shapes)


@public_check("small_model", en="probabilities; loss and metric", fr="probabilités ; perte et métrique")
def test_small_classifies(student):
    """The small network gives probabilities and is compiled."""
    expect_classifier(built(student, "small_model"), "small_model()", images(), labels(3, 1, 4, 1))


@public_check("medium_model", en="592,074 parameters", fr="592 074 paramètres")
def test_medium_parameters(student):
    """The medium network has the handout's total."""
    expect_parameters(built(student, "medium_model"), "medium_model()", 592_074)


@public_check("medium_model", en="the weights' shapes", fr="les formes des poids")
def test_medium_weights(student):
    """The medium network's weights are those of its three layers that have any."""
    shapes = [(5, 5, 1, 32), (32,), (4608, 128), (128,), (128, 10), (10,)]
    expect_weights(built(student, "medium_model"), "medium_model()", shapes)


@public_check("medium_model", en="probabilities; loss and metric", fr="probabilités ; perte et métrique")
def test_medium_classifies(student):
    """The medium network gives probabilities and is compiled."""
    expect_classifier(built(student, "medium_model"), "medium_model()", images(), labels(3, 1, 4, 1))


@public_check("large_model", en="203,933 parameters", fr="203 933 paramètres")
def test_large_parameters(student):
    """The large network has the handout's total."""
    pooled = Text(
        "This total is that of a second max-pooling, which the lab's network does not have.",
        "Ce total est celui d'un second max-pooling, que le réseau du TP n'a pas.",
    )
    expect_parameters(built(student, "large_model"), "large_model()", 203_933, [(59_933, pooled)])


@public_check("large_model", en="the weights' shapes", fr="les formes des poids")
def test_large_weights(student):
    """The large network's weights are those of its five layers that have any."""
    convolutions = [(5, 5, 1, 30), (30,), (3, 3, 30, 15), (15,)]
    expect_weights(
        built(student, "large_model"),
        "large_model()",
        [*convolutions, (1500, 128), (128,), (128, 50), (50,), (50, 10), (10,)],
    )


@public_check("large_model", en="probabilities; loss and metric", fr="probabilités ; perte et métrique")
def test_large_classifies(student):
    """The large network gives probabilities and is compiled."""
    expect_classifier(built(student, "large_model"), "large_model()", images(), labels(3, 1, 4, 1))


@public_check("train_model", en="returns the History, validation included", fr="renvoie History, validation comprise")
def test_train_history(student):
    """Training gives Keras's history with a loss on the test images."""
    X, y = images(), labels(0, 1, 2, 3)
    history = student.train_model(tiny_model(), X, y, X, y, epochs=1)

    call = "train_model(model, X, y, X, y, epochs=1)"
    kind = Text("the type of what fit() returns", "le type de ce que renvoie fit()")
    expect_equal(type(history).__name__, "History", call=f"type({call})", what=kind)
    validated = Text("validation on the test images", "une validation sur les images de test")
    expect_equal("val_loss" in history.history, True, call=f"'val_loss' in {call}.history", what=validated)


@public_check("train_model", en="epochs and batch size are honoured", fr="epochs et batch_size sont respectés")
def test_train_arguments(student):
    """Two epochs by batches of three are asked, and made."""
    X, y = images(), labels(0, 1, 2, 3)
    history = student.train_model(tiny_model(), X, y, X, y, epochs=2, batch_size=3)

    call = "train_model(model, X, y, X, y, epochs=2, batch_size=3)"
    epochs = Text("epochs", "époques")
    expect_equal(len(history.history["loss"]), 2, call=f"len({call}.history['loss'])", what=epochs)
    steps = Text("steps an epoch, for 4 images by 3", "pas par époque, pour 4 images par 3")
    expect_equal(history.params["steps"], 2, call=f"{call}.params['steps']", what=steps)


@public_check("print_model_error_rate", en="two lines, as in the handout", fr="deux lignes, comme dans l'énoncé")
def test_print_lines(student, capsys):
    """A model that is right on three images of four scores 75.00%."""
    capsys.readouterr()
    student.print_model_error_rate(tiny_model(answer=0), images(), labels(0, 0, 0, 1))

    expect_printed(capsys.readouterr().out)


@public_check("print_model_error_rate", en="several metrics", fr="plusieurs métriques")
def test_print_other_metrics(student, capsys):
    """The accuracy is found among other metrics."""
    capsys.readouterr()
    student.print_model_error_rate(tiny_model(0, ("mean_squared_error", "accuracy")), images(), labels(0, 0, 0, 1))

    expect_printed(capsys.readouterr().out)


def expect_printed(text):
    """Expect the two lines for a model that is right on three images of four."""
    expect_equal(
        [line.rstrip() for line in text.splitlines()],
        ["Model score : 75.00%", "Model error rate : 25.00%"],
        call="print_model_error_rate(model, X_test, y_test), model right on 3 images of 4",
        what=Text("the lines printed", "les lignes affichées"),
        hint=Text("evaluate(..., verbose=0) prints no bar.", "evaluate(..., verbose=0) n'affiche pas de barre."),
    )


@public_check("save_keras_model", en="writes the two files", fr="écrit les deux fichiers")
def test_save_files(student, tmp_path):
    """A JSON file and a weights file appear, and no other."""
    student.save_keras_model(tiny_model(), str(tmp_path / "digits"))

    names = sorted(path.name for path in tmp_path.iterdir())
    wanted = Text("the files written", "les fichiers écrits")
    expect_equal(names, ["digits.json", "digits.weights.h5"], call='save_keras_model(model, "digits")', what=wanted)


@public_check("save_keras_model", en="the files can be read back", fr="les fichiers se relisent")
def test_save_content(student, tmp_path):
    """Keras rebuilds the model from the two files."""
    model = tiny_model()
    student.save_keras_model(model, str(tmp_path / "digits"))
    again = keras.models.model_from_json((tmp_path / "digits.json").read_text(encoding="utf-8"))
    again.load_weights(str(tmp_path / "digits.weights.h5"))

    call = "predictions of the model read back from the files of save_keras_model"
    saved = Text("the predictions of the saved model", "les prédictions du modèle enregistré")
    expect_array(again.predict(images(), verbose=0), model.predict(images(), verbose=0), call=call, what=saved)


@public_check("load_keras_model", en="predicts what the saved model did", fr="prédit comme le modèle enregistré")
def test_load_predicts(student, tmp_path):
    """A loaded model has the saved weights."""
    model = tiny_model()
    write_model(model, tmp_path)
    again = expect_model(student.load_keras_model(str(tmp_path / "digits")), 'load_keras_model("digits")', images(1))

    expect_array(
        again.predict(images(), verbose=0),
        model.predict(images(), verbose=0),
        call='load_keras_model("digits").predict(X)',
        what=Text("the predictions of the saved model", "les prédictions du modèle enregistré"),
        hint=Text("Are the weights loaded too?", "Les poids sont-ils chargés aussi ?"),
    )


@public_check("load_keras_model", en="names a missing file", fr="nomme le fichier manquant")
def test_load_missing(student, tmp_path):
    """Each of the two files is named when it is the one that is missing."""
    for missing in ("digits.json", "digits.weights.h5"):
        write_model(tiny_model(), tmp_path)
        (tmp_path / missing).unlink()
        try:
            student.load_keras_model(str(tmp_path / "digits"))
            text = "no error"
        except FileNotFoundError as error:
            text = str(error)
        if missing not in text:
            wanted = "FileNotFoundError: ... " + missing
            fail(Text(f"got: {text}\nexpected: {wanted}", f"obtenu : {text}\nattendu : {wanted}"))


def write_model(model, folder):
    """Save a model the way the lab does, as ``digits`` in a folder."""
    with (folder / "digits.json").open("w", encoding="utf-8") as file:
        json.dump(json.loads(model.to_json()), file)
    model.save_weights(folder / "digits.weights.h5")


@public_check("compare_error_rates", en="percentages by name", fr="des pourcentages par nom")
def test_compare_rates(student):
    """Two models that are right once and three times of four are wrong on 75 % and on 25 %."""
    models = {"often": tiny_model(answer=0), "rarely": tiny_model(answer=1)}
    rates = student.compare_error_rates(models, images(), labels(0, 0, 0, 1))

    share = Text("the share right instead of the share wrong", "la part juste au lieu de la part fausse")
    expect_equal(
        rates,
        {"often": 25.0, "rarely": 75.0},
        call="compare_error_rates({'often': ..., 'rarely': ...}, X_test, y_test)",
        what=Text("error rates in percent", "des taux d'erreur en pour cent"),
        mistakes=[({"often": 75.0, "rarely": 25.0}, Text("This is ", "C'est ") + share + Text.same("."))],
    )
