"""Public checks of the lab cifar10: a few simple ones a question, run at home by ``autograder check cifar10``.

The checks that give marks use other data and other models, and look at more than these.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers
from matplotlib.figure import Figure

from shared.architectures import expect_classifier, expect_model, expect_parameters, expect_weights
from shared.assertions import FLOAT32, expect_array, expect_equal, expect_raises, expect_shape, fail
from shared.public import public_check
from shared.text import Text
from shared.values import describe

MAX_PARAMETERS = 1_000_000
SMALL = {"n_train": 60, "n_val": 20, "n_test": 30}


def images(n, side=32):
    """Return random images, float32 (n, side, side, 3)."""
    return np.random.default_rng(0).normal(size=(n, side, side, 3)).astype("float32")


def tiny_model(optimizer="rmsprop"):
    """Return a small compiled model with a convolution, a pooling and a dense layer; images of 10×10."""
    model = keras.Sequential(
        [
            keras.Input((10, 10, 3)),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.MaxPooling2D(2, name="pool"),
            layers.Flatten(name="flat"),
            layers.Dense(2, activation="softmax", name="out"),
        ]
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def a_history():
    """Return a History of a training that overfits after its third epoch."""
    history = keras.callbacks.History()
    history.epoch = [0, 1, 2, 3, 4, 5]
    history.history = {
        "loss": [2.0, 1.5, 1.1, 0.7, 0.4, 0.2],
        "val_loss": [2.1, 1.8, 1.6, 1.8, 2.1, 2.5],
        "accuracy": [0.2, 0.4, 0.6, 0.7, 0.8, 0.9],
        "val_accuracy": [0.2, 0.3, 0.4, 0.4, 0.4, 0.3],
    }
    return history


def expect_figure(value, call):
    """Expect a Matplotlib figure with something drawn in it."""
    if not isinstance(value, Figure) or not value.axes:
        fail(
            Text(f"called: {call}\ngot: ", f"appel : {call}\nobtenu : ")
            + describe(value)
            + Text("\nexpected: a Matplotlib figure with axes", "\nattendu : une figure Matplotlib avec des axes")
        )
    return value


def pictures(figure):
    """Return the axes that hold an image."""
    return [axes for axes in figure.axes if axes.get_images() or axes.collections]


@public_check("get_data_cifar10", en="three pairs of the right sizes", fr="trois couples aux bonnes tailles")
def test_data_sizes(student):
    """Each set has the images and labels asked for, in the right types."""
    pairs = student.get_data_cifar10(**SMALL, seed=1)

    for name, (X, y), n in zip(("train", "val", "test"), pairs, SMALL.values(), strict=True):
        expect_shape(X, (n, 32, 32, 3), call=f"get_data_cifar10(...): X_{name}")
        expect_shape(y, (n,), call=f"get_data_cifar10(...): y_{name}")
        what = Text("the type of the images", "le type des images")
        expect_equal(str(X.dtype), "float32", call=f"get_data_cifar10(...): X_{name}.dtype", what=what)


@public_check("get_data_cifar10", en="the same seed, the same split", fr="même graine, même découpage")
def test_data_seed(student):
    """Two calls with the same seed agree."""
    first, second = (student.get_data_cifar10(**SMALL, seed=5)[1][1] for _ in range(2))

    same = Text("the labels of the first call", "les étiquettes du premier appel")
    expect_array(second, first, call="get_data_cifar10(..., seed=5), twice: y_val", what=same)


@public_check("get_data_cifar10", en="an error when too many are asked for", fr="une erreur si l'on en demande trop")
def test_data_too_many(student):
    """There are never ten million training images."""
    expect_raises(
        ValueError,
        lambda: student.get_data_cifar10(n_train=10_000_000, n_val=1, n_test=1),
        call="get_data_cifar10(n_train=10_000_000, n_val=1, n_test=1)",
        because=Text("there are not so many images", "il n'y a pas autant d'images"),
    )


@public_check("standardize", en="mean 0, deviation 1 in each channel", fr="moyenne 0, écart type 1 dans chaque canal")
def test_standardize(student):
    """The training images come out with mean 0 and deviation 1; the others use the same numbers."""
    X = 40 * images(20) + np.array([50, 100, 150], "float32")
    first, second = student.standardize(X, X[:5] + 10)

    call = "standardize(X_train, X_val)"
    zero = Text("a mean of 0 in each channel", "une moyenne de 0 dans chaque canal")
    expect_array(first.mean(axis=(0, 1, 2)), np.zeros(3), call=f"{call}[0].mean(axis=(0, 1, 2))", atol=1e-3, what=zero)
    one = Text("a deviation of 1 in each channel", "un écart type de 1 dans chaque canal")
    expect_array(first.std(axis=(0, 1, 2)), np.ones(3), call=f"{call}[0].std(axis=(0, 1, 2))", atol=1e-3, what=one)
    shifted = first[:5] + 10 / X.std(axis=(0, 1, 2))
    by_train = Text("X_val by the statistics of X_train", "X_val par les statistiques de X_train")
    expect_array(second, shifted, call=f"{call}[1]", rtol=1e-3, atol=1e-3, what=by_train)


@public_check(
    "basic_model", en="462,410 parameters in the right layers", fr="462 410 paramètres dans les bonnes couches"
)
def test_basic_layers(student):
    """Total and shapes are those of the handout's table."""
    model = expect_model(student.basic_model(), "basic_model()", images(1))

    expect_parameters(model, "basic_model()", 462_410)
    expect_weights(model, "basic_model()", [(3, 3, 3, 32), (32,), (7200, 64), (64,), (64, 10), (10,)])


@public_check("basic_model", en="probabilities, compiled for integer labels", fr="probabilités, étiquettes entières")
def test_basic_compiled(student):
    """The outputs add up to 1, and the loss takes labels (n,)."""
    model = expect_model(student.basic_model(), "basic_model()", images(1))

    expect_classifier(model, "basic_model()", images(4), np.array([3, 0, 9, 3]))


@public_check("layer_table", en="a row for each layer", fr="une ligne par couche")
def test_table(student):
    """Names, classes, shapes and weights of a small model."""
    rows = [row for row in student.layer_table(tiny_model()) if row["kind"] != "InputLayer"]

    found = [[row["name"], row["kind"], list(row["output_shape"]), row["params"]] for row in rows]
    right = [
        ["conv", "Conv2D", [8, 8, 4], 112],
        ["pool", "MaxPooling2D", [4, 4, 4], 0],
        ["flat", "Flatten", [64], 0],
        ["out", "Dense", [2], 130],
    ]
    columns = Text("name, kind, output_shape, params", "name, kind, output_shape, params")
    expect_equal(found, right, call="layer_table(small model)", what=columns)


@public_check("trainable_param_count", en="frozen layers do not count", fr="les couches gelées ne comptent pas")
def test_trainable(student):
    """With its convolution frozen a small model has its dense layer only."""
    model = tiny_model()
    what = Text("112 in the convolution, 130 in the dense layer", "112 dans la convolution, 130 dans la couche dense")
    expect_equal(student.trainable_param_count(model), 242, call="trainable_param_count(small model)", what=what)
    model.layers[0].trainable = False
    frozen = Text("the convolution is frozen", "la convolution est gelée")
    expect_equal(student.trainable_param_count(model), 130, call="trainable_param_count(small model)", what=frozen)


@public_check("steps_per_epoch", en="rounded up", fr="arrondi vers le haut")
def test_steps(student):
    """1,000 by 128 takes eight steps, 1,024 too."""
    for n in (1000, 1024):
        what = Text("steps", "pas")
        expect_equal(student.steps_per_epoch(n, 128), 8, call=f"steps_per_epoch({n}, 128)", what=what)


@public_check("make_optimizer", en="class, rate and momentum", fr="classe, taux et moment")
def test_optimizers(student):
    """SGD without momentum, SGD with 0.9, Adam; at the rate given."""
    for name, kind, momentum in (("sgd", "SGD", 0.0), ("momentum", "SGD", 0.9), ("adam", "Adam", None)):
        made = student.make_optimizer(name, learning_rate=0.25)
        found = [type(made).__name__, float(made.learning_rate), getattr(made, "momentum", None)]
        call = f"make_optimizer({name!r}, learning_rate=0.25)"
        expect_equal(
            found, [kind, 0.25, momentum], call=call, what=Text("class, rate, momentum", "classe, taux, moment")
        )


@public_check("train", en="returns a History with validation", fr="renvoie un History avec validation")
def test_train(student):
    """Two epochs by batches of three."""
    pair = (images(7, 10), np.arange(7) % 2)
    history = student.train(tiny_model(), pair, pair, epochs=2, batch_size=3)

    call = "train(model, pair, pair, epochs=2, batch_size=3)"
    curves = getattr(history, "history", {})
    expect_equal(len(curves.get("loss", [])), 2, call=f"len({call}.history['loss'])", what=Text("epochs", "époques"))
    validated = Text("the pair was validated", "la paire a été validée")
    expect_equal("val_loss" in curves, True, call=f"'val_loss' in {call}.history", what=validated)


@public_check("compare_optimizers", en="the same start for all", fr="le même départ pour tous")
def test_compare(student):
    """With one batch the first loss is that of the initial weights: equal for all."""
    pair = (images(6, 10), np.arange(6) % 2)
    found = student.compare_optimizers(tiny_model, pair, pair, names=("sgd", "adam"), epochs=1)

    call = "compare_optimizers(build, pair, pair, names=('sgd', 'adam'), epochs=1)"
    expect_equal(sorted(found), ["adam", "sgd"], call=f"sorted({call})", what=Text("the names", "les noms"))
    first = [float(history.history["loss"][0]) for history in found.values()]
    expect_array(
        first,
        [first[0]] * 2,
        call=f"first losses of {call}",
        what=Text("equal: the initial weights are the same", "égales : les poids initiaux sont les mêmes"),
        **FLOAT32,
    )


@public_check("deep_model", en="at most a million parameters, compiled", fr="au plus un million de paramètres, compilé")
def test_deep(student):
    """The model takes the lab's images and obeys the limit."""
    expect_rules(student.deep_model(), "deep_model()")


@public_check("regularized_model", en="at most a million parameters", fr="au plus un million de paramètres")
def test_regularized(student):
    """The model takes the lab's images and obeys the limit."""
    expect_rules(student.regularized_model(), "regularized_model()")


def expect_rules(value, call):
    """Expect a compiled model of at most a million weights with ten outputs."""
    model = expect_model(value, call, images(1))
    expect_shape(model.predict(images(2), verbose=0), (2, 10), call=f"{call}.predict(X)")
    total = sum(int(np.prod(weight.shape)) for weight in model.weights)
    if total > MAX_PARAMETERS:
        fail(
            Text(
                f"{call} has {total} parameters, not at most 1,000,000",
                f"{call} a {total} paramètres, plus de 1 000 000",
            )
        )
    if model.optimizer is None:
        fail(Text(f"{call} is not compiled", f"{call} n'est pas compilé"))


@public_check("overfit_epoch", en="the lowest validation loss", fr="la plus petite perte de validation")
def test_overfit(student):
    """Overfitting begins after the third epoch, and nowhere in a training that still gets better."""
    for given, name in ((a_history(), "history"), (a_history().history, "history.history")):
        what = Text("the epoch, counted from 0", "l'époque, comptée à partir de 0")
        expect_equal(student.overfit_epoch(given), 2, call=f"overfit_epoch({name})", what=what)
    fine = {"loss": [2.0, 1.5, 1.0], "val_loss": [2.1, 1.7, 1.3]}
    none = Text("both still fall", "les deux descendent encore")
    expect_equal(student.overfit_epoch(fine), None, call=f"overfit_epoch({fine})", what=none)


@public_check(
    "plot_learning_curves", en="a figure with two pairs of curves", fr="une figure avec deux paires de courbes"
)
def test_curves(student):
    """Two axes hold two curves of six epochs each."""
    history = a_history()
    figure = expect_figure(student.plot_learning_curves(history), "plot_learning_curves(history)")

    n = len(history.epoch)
    curves = [sum(len(line.get_ydata()) == n for line in axes.get_lines()) for axes in figure.axes]
    what = Text("curves in each of the axes", "courbes dans chacun des axes")
    expect_equal(curves, [2, 2], call="plot_learning_curves(history)", what=what)


@public_check("confusion_matrix", en="rows true, columns predicted", fr="lignes vraies, colonnes prédites")
def test_confusion(student):
    """Five examples of three classes."""
    found = student.confusion_matrix(np.array([0, 0, 1, 2, 2]), np.array([0, 1, 1, 0, 0]), n_classes=3)

    right = np.array([[1, 1, 0], [0, 1, 0], [2, 0, 0]])
    turned = Text("rows and columns are exchanged", "lignes et colonnes sont échangées")
    expect_array(
        found, right, call="confusion_matrix([0, 0, 1, 2, 2], [0, 1, 1, 0, 0], 3)", mistakes=[(right.T, turned)]
    )


@public_check("confusion_matrix", en="errors", fr="erreurs")
def test_confusion_errors(student):
    """A label out of range and different lengths are refused."""
    for y_true, y_pred in (([0, 3], [0, 1]), ([0, 1, 2], [0, 1])):
        expect_raises(
            ValueError,
            lambda y_true=y_true, y_pred=y_pred: student.confusion_matrix(
                np.array(y_true), np.array(y_pred), n_classes=3
            ),
            call=f"confusion_matrix({y_true}, {y_pred}, n_classes=3)",
            because=Text("a label or a length is wrong", "une étiquette ou une longueur est fausse"),
        )


@public_check("plot_confusion_matrix", en="an image, names and counts", fr="une image, des noms et des nombres")
def test_plot_confusion(student):
    """The figure of a matrix of two classes holds its four counts and the names."""
    matrix = np.array([[5, 2], [1, 7]])
    figure = expect_figure(
        student.plot_confusion_matrix(matrix, ["cat", "dog"]), "plot_confusion_matrix(matrix, names)"
    )
    figure.canvas.draw()

    axes = pictures(figure)[0] if pictures(figure) else figure.axes[0]
    names = [tick.get_text() for tick in axes.get_xticklabels() if tick.get_text()]
    along = Text("the names along x", "les noms le long de x")
    expect_equal(names, ["cat", "dog"], call="plot_confusion_matrix(matrix, ['cat', 'dog'])", what=along)
    written = Text("a text in each cell", "un texte dans chaque case")
    expect_equal(len(axes.texts), 4, call="plot_confusion_matrix(matrix of 2×2, names): texts", what=written)


@public_check("activation_maps", en="the output of a layer", fr="la sortie d'une couche")
def test_maps(student):
    """By name and by index, for one image, without the batch."""
    model, image = tiny_model(), images(1, 10)[0]
    for layer in ("conv", 0):
        maps = student.activation_maps(model, image, layer)
        right = np.asarray(model.layers[0](image[None]))[0]
        expect_array(maps, right, call=f"activation_maps(model, image, {layer!r})", **FLOAT32)


@public_check("activation_maps", en="an error on a dense layer", fr="une erreur sur une couche dense")
def test_maps_error(student):
    """A dense layer has no maps."""
    model, image = tiny_model(), images(1, 10)[0]
    expect_raises(
        ValueError,
        lambda: student.activation_maps(model, image, "out"),
        call="activation_maps(model, image, 'out')",
        because=Text("its output has no rows and columns", "sa sortie n'a ni lignes ni colonnes"),
    )


@public_check("plot_activation_maps", en="an image for each channel", fr="une image par canal")
def test_plot_maps(student):
    """Five channels in rows of three."""
    maps = images(1, 6)[0][..., [0, 1, 2, 0, 1]]
    figure = expect_figure(student.plot_activation_maps(maps, n_columns=3), "plot_activation_maps(5 maps, n_columns=3)")

    what = Text("axes with an image", "axes avec une image")
    expect_equal(len(pictures(figure)), 5, call="plot_activation_maps(5 maps, n_columns=3)", what=what)
