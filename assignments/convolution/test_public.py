"""Public checks of the lab convolution: a few simple ones a question, run at home by ``autograder check convolution``.

The checks that give marks use other data and other models, and look at more than these.
"""

from __future__ import annotations

import keras
import matplotlib as mpl
import numpy as np
from keras import layers
from matplotlib.figure import Figure

from shared.architectures import expect_classifier, expect_model, expect_parameters, expect_weights
from shared.assertions import FLOAT32, expect_array, expect_equal, expect_shape, fail
from shared.public import public_check
from shared.text import Text
from shared.values import describe

mpl.use("Agg")
IMAGE = np.array([[2, 0, 1, 3], [1, 4, 0, 2], [0, 5, 1, 1]])
KERNEL = np.array([[1, 2], [0, -1]])
FLIPPED = Text("The kernel is turned round; here it is not.", "Le noyau est retourné ; ici il ne l'est pas.")


def images(n=4):
    """Return random images, float32 (n, 28, 28, 1) in [0, 1]."""
    return np.random.default_rng(0).random((n, 28, 28, 1), dtype=np.float32)


def expect_values(got, expected, call, mistakes=()):
    """Expect an array of these values, in any type of number."""
    expect_array(got, expected, call=call, mistakes=mistakes, **FLOAT32)


def expect_value_error(call, function):
    """Expect a ValueError."""
    try:
        value = function()
    except ValueError:
        return
    fail(
        Text(f"called: {call}\ngot: ", f"appel : {call}\nobtenu : ")
        + describe(value)
        + Text("\nexpected: a ValueError", "\nattendu : une erreur ValueError")
    )


@public_check("conv1d", en="a signal of five values", fr="un signal de cinq valeurs")
def test_conv1d(student):
    """Four places for a kernel of two."""
    value = student.conv1d(np.array([2, 1, 0, 3, 1]), np.array([1, 4]))
    mistakes = [([9, 4, 3, 13], FLIPPED)]
    expect_values(value, [6, 1, 12, 7], "conv1d([2, 1, 0, 3, 1], [1, 4])", mistakes)


@public_check("conv1d", en="a kernel that is too long is refused", fr="un noyau trop long est refusé")
def test_conv1d_error(student):
    """Three values do not fit into two."""
    expect_value_error("conv1d([1, 2], [1, 2, 3])", lambda: student.conv1d(np.array([1, 2]), np.array([1, 2, 3])))


@public_check("max_pool1d", en="pairs, and a stride of its own", fr="des paires, puis un pas donné")
def test_max_pool1d(student):
    """The last value of five makes no pair."""
    signal = np.array([2, 7, 1, 3, 9])
    expect_values(student.max_pool1d(signal), [7, 3], "max_pool1d([2, 7, 1, 3, 9])")
    call = "max_pool1d([2, 7, 1, 3, 9], size=3, stride=1)"
    expect_values(student.max_pool1d(signal, size=3, stride=1), [7, 7, 9], call)


@public_check("conv2d", en="a 2×2 kernel on a 3×4 image", fr="un noyau 2×2 sur une image 3×4")
def test_conv2d(student):
    """Six places."""
    mistakes = [([[4, 8, 1], [4, 7, 3]], FLIPPED)]
    right = [[-2, 2, 5], [4, 3, 3]]
    expect_values(student.conv2d(IMAGE, KERNEL), right, "conv2d(image 3×4, kernel 2×2)", mistakes)


@public_check("conv2d", en="stride and padding", fr="pas et bordure")
def test_conv2d_options(student):
    """The shape follows the formula, the corners see zeros."""
    value = student.conv2d(IMAGE, KERNEL, stride=2, padding=1)
    expect_values(value, [[-2, -1, 0], [2, 3, 2]], "conv2d(image 3×4, kernel 2×2, stride=2, padding=1)")


@public_check("conv2d_multichannel", en="agrees with Keras's Conv2D", fr="d'accord avec Conv2D de Keras")
def test_multichannel(student):
    """Two channels, three filters, a bias."""
    rng = np.random.default_rng(1)
    image, kernels, bias = rng.random((5, 4, 2)), rng.random((2, 3, 2, 3)), rng.random(3)
    layer = layers.Conv2D(3, (2, 3))
    layer.build((None, 5, 4, 2))
    layer.set_weights([kernels, bias])
    right = np.asarray(layer(image[np.newaxis].astype("float32")))[0]
    without = Text("The bias is missing.", "Il manque le biais.")
    call = "conv2d_multichannel(image 5×4×2, kernels 2×3×2×3, bias=bias)"
    expect_values(student.conv2d_multichannel(image, kernels, bias=bias), right, call, [(right - bias, without)])
    expect_values(student.conv2d_multichannel(image, kernels), right - bias, call.replace(", bias=bias", ""))


@public_check("max_pool2d", en="with and without channels", fr="avec et sans canaux")
def test_max_pool2d(student):
    """The third row makes no window."""
    expect_values(student.max_pool2d(IMAGE), [[4, 3]], "max_pool2d(image 3×4)")
    both = np.stack([IMAGE, -IMAGE], axis=-1)
    expect_values(student.max_pool2d(both), [[[4, 0], [3, 0]]], "max_pool2d(image 3×4×2)")


@public_check("average_pool2d", en="with and without channels", fr="avec et sans canaux")
def test_average_pool2d(student):
    """The third row makes no window."""
    expect_values(student.average_pool2d(IMAGE), [[1.75, 1.5]], "average_pool2d(image 3×4)")
    both = np.stack([IMAGE, -IMAGE], axis=-1)
    expect_values(student.average_pool2d(both), [[[1.75, -1.75], [1.5, -1.5]]], "average_pool2d(image 3×4×2)")


@public_check("get_data_mnist", en="shapes, type and range", fr="formes, type et étendue")
def test_data(student):
    """Images (n, 28, 28, 1) in [0, 1], integer labels."""
    try:
        (X_train, y_train), (X_test, y_test) = student.get_data_mnist()
    except (TypeError, ValueError):
        expected = "(X_train, y_train), (X_test, y_test)"
        fail(Text(f"get_data_mnist()\nexpected: {expected}", f"get_data_mnist()\nattendu : {expected}"))
    for name, X, y in (("train", X_train, y_train), ("test", X_test, y_test)):
        expect_shape(X, (len(X), 28, 28, 1), call=f"get_data_mnist(): X_{name}")
        what = Text("the networks' type", "le type des réseaux")
        expect_equal(str(X.dtype), "float32", call=f"get_data_mnist(): X_{name}.dtype", what=what)
        ends = [float(X.min()), float(X.max())]
        expect_values(ends, [0, 1], f"get_data_mnist(): X_{name}.min(), X_{name}.max()")
        expect_shape(y, (len(X),), call=f"get_data_mnist(): y_{name}")
        integers = Text("integers", "des entiers")
        expect_equal(y.dtype.kind in "iu", True, call=f"get_data_mnist(): y_{name}.dtype.kind in 'iu'", what=integers)


@public_check("lenet", en="61,706 parameters", fr="61 706 paramètres")
def test_lenet_parameters(student):
    """LeNet has the handout's total, and its weights the handout's shapes."""
    model = expect_model(student.lenet(), "lenet()", images(1))
    shrunk = Text("The first convolution must keep the size.", "La première convolution doit garder la taille.")
    expect_parameters(model, "lenet()", 61_706, [(44_426, shrunk)])
    dense = [(400, 120), (120,), (120, 84), (84,), (84, 10), (10,)]
    expect_weights(model, "lenet()", [(5, 5, 1, 6), (6,), (5, 5, 6, 16), (16,), *dense])


@public_check("lenet", en="probabilities; loss and metric", fr="probabilités ; perte et métrique")
def test_lenet_classifies(student):
    """LeNet gives probabilities and is compiled for integer labels."""
    model = expect_model(student.lenet(), "lenet()", images(1))
    expect_classifier(model, "lenet()", images(), np.array([3, 1, 4, 1]))


@public_check("equivalent_mlp", en="the number of parameters", fr="le nombre de paramètres")
def test_mlp_parameters(student):
    """Three counts, within 1 %."""
    for n_params in (12_000, 61_706, 200_000):
        call = f"equivalent_mlp({n_params})"
        total = expect_model(student.equivalent_mlp(n_params), call, images(1)).count_params()
        if abs(total - n_params) > n_params / 100:
            fail(Text(f"{call} has {total} parameters", f"{call} a {total} paramètres"))


@public_check("equivalent_mlp", en="probabilities; loss and metric", fr="probabilités ; perte et métrique")
def test_mlp_classifies(student):
    """It gives probabilities and is compiled for integer labels."""
    model = expect_model(student.equivalent_mlp(61_706), "equivalent_mlp(61706)", images(1))
    expect_classifier(model, "equivalent_mlp(61706)", images(), np.array([3, 1, 4, 1]))


@public_check("compare_models", en="accuracies by name", fr="des exactitudes par nom")
def test_compare(student):
    """A model that cannot change is right on three images of four."""
    model = keras.Sequential([layers.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10, activation="softmax")])
    model.compile(keras.optimizers.SGD(1e-9), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.set_weights([np.zeros((784, 10)), np.eye(10)[7]])
    train, test = (images(), np.array([1, 2, 3, 4])), (images(), np.array([7, 7, 1, 7]))
    call = 'compare_models({"seven": model}, train, test, epochs=1)'
    value = student.compare_models({"seven": model}, train, test, epochs=1)
    found = {name: float(share) for name, share in value.items()} if isinstance(value, dict) else value
    percent = Text("This is a percentage.", "C'est un pourcentage.")
    words = Text("the share right on test", "la part juste sur test")
    expect_equal(found, {"seven": 0.75}, call=call, what=words, mistakes=[({"seven": 75.0}, percent)])


def model_with_filters():
    """Return a model whose first convolution has two known filters, the second one constant."""
    model = keras.Sequential([layers.Input((5, 5, 1)), layers.Conv2D(2, (2, 3)), layers.Flatten(), layers.Dense(2)])
    kernels = np.stack([[[0, 1, 2], [3, 4, -1]], np.full((2, 3), 0.3)], axis=-1)[:, :, np.newaxis]
    model.set_weights([kernels, np.zeros(2), *model.get_weights()[2:]])
    return model


@public_check("first_layer_filters", en="two filters, one of them constant", fr="deux filtres, dont un constant")
def test_filters(student):
    """Each is scaled by itself."""
    right = [[[0.2, 0.4, 0.6], [0.8, 1.0, 0.0]], np.full((2, 3), 0.5)]
    expect_values(student.first_layer_filters(model_with_filters()), right, "first_layer_filters(model)")


@public_check("first_layer_filters", en="refuses a model without Conv2D", fr="refuse un modèle sans Conv2D")
def test_filters_error(student):
    """A dense network has no filters."""
    model = keras.Sequential([layers.Input((4,)), layers.Dense(2)])
    expect_value_error("first_layer_filters(a dense network)", lambda: student.first_layer_filters(model))


@public_check("plot_filters", en="an image a filter, without ticks", fr="une image par filtre, sans graduations")
def test_plot(student):
    """A figure with two image axes."""
    figure = student.plot_filters(model_with_filters())
    what = Text("a Matplotlib figure", "une figure Matplotlib")
    expect_equal(isinstance(figure, Figure), True, call="isinstance(plot_filters(model), Figure)", what=what)
    drawn = [axes for axes in figure.axes if axes.images or axes.collections]
    one_each = Text("an axis a filter", "un axe par filtre")
    expect_equal(len(drawn), 2, call="axes with an image in plot_filters(model)", what=one_each)


@public_check("transfer_model", en="a new head, all else frozen", fr="une nouvelle tête, le reste gelé")
def test_transfer(student):
    """Two trainable arrays, three classes, the base as before."""
    stack = [layers.Conv2D(2, 5, name="given_conv"), layers.BatchNormalization(name="given_norm")]
    head = layers.Dense(10, activation="softmax", name="given_head")
    base = keras.Sequential([layers.Input((28, 28, 1)), *stack, layers.Flatten(name="given_flat"), head])
    before = base.predict(images(), verbose=0)
    model = expect_model(student.transfer_model(base, 3), "transfer_model(base, 3)", images(1))
    expect_classifier(model, "transfer_model(base, 3)", images(), np.array([0, 2, 1, 1]))
    shapes = sorted(tuple(array.shape) for array in model.trainable_weights)
    only = Text("kernel and bias of the head", "noyau et biais de la tête")
    expect_equal(shapes, [(3,), (1152, 3)], call="shapes of the trainable weights", what=only)
    expect_values(base.predict(images(), verbose=0), before, "base.predict(X) after transfer_model(base, 3)")
