"""Public checks of the lab mlp: a few simple ones a question, run at home by ``autograder check mlp``.

The checks that give marks use other data and other models, and look at more than these.
"""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from shared.architectures import expect_classifier, expect_model, expect_parameters, expect_weights
from shared.assertions import expect_array, expect_equal, expect_raises, expect_shape
from shared.public import public_check
from shared.text import Text

FORMULA = Text("the formula of the handout", "la formule de l'énoncé")
ELEMENTWISE = {"en": "three numbers, and one alone", "fr": "trois nombres, et un seul"}


def curve(name):
    """Mark one case of an elementwise function with its question."""
    return public_check(name, **ELEMENTWISE)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        pytest.param("sigmoid", [0.26894142, 0.5, 0.88079708], marks=curve("sigmoid")),
        pytest.param("tanh", [-0.76159416, 0.0, 0.96402758], marks=curve("tanh")),
        pytest.param("relu", [0.0, 0.0, 2.0], marks=curve("relu")),
        pytest.param("leaky_relu", [-0.01, 0.0, 2.0], marks=curve("leaky_relu")),
    ],
)
def test_elementwise(student, name, wanted):
    """An array gives an array of its shape, a number a number."""
    function = getattr(student, name)
    expect_array(function(np.array([-1.0, 0.0, 2.0])), wanted, call=f"{name}([-1, 0, 2])", what=FORMULA)
    expect_array(function(2.0), wanted[2], call=f"{name}(2.0)", what=FORMULA)


@public_check("sigmoid", en="large numbers", fr="de grands nombres")
def test_sigmoid_large(student):
    """It is flat far away from 0, and finite."""
    expect_array(student.sigmoid(np.array([-800.0, 800.0])), [0.0, 1.0], call="sigmoid([-800, 800])", what=FORMULA)


@public_check("leaky_relu", en="another slope", fr="une autre pente")
def test_leaky_slope(student):
    """The slope is an argument."""
    z = np.array([-4.0, 4.0])
    expect_array(student.leaky_relu(z, epsilon=0.5), [-2.0, 4.0], call="leaky_relu([-4, 4], epsilon=0.5)", what=FORMULA)


@public_check("softmax", en="rows add up to 1", fr="chaque ligne a la somme 1")
def test_softmax_rows(student):
    """Equal scores share equally; a larger one gets more."""
    got = student.softmax(np.array([[0.0, 0.0], [0.0, np.log(3.0)]]))
    expect_array(got, [[0.5, 0.5], [0.25, 0.75]], call="softmax([[0, 0], [0, ln 3]])", what=FORMULA)


@public_check("softmax", en="along the columns; large scores", fr="le long des colonnes ; de grands scores")
def test_softmax_axis(student):
    """With axis=0 columns add up to 1, also for scores of 900."""
    got = student.softmax(np.array([[900.0, 0.0], [900.0, 0.0]]), axis=0)
    expect_array(got, [[0.5, 0.5], [0.5, 0.5]], call="softmax([[900, 0], [900, 0]], axis=0)", what=FORMULA)


@public_check("neuron", en="one example and two", fr="un exemple et deux")
def test_neuron(student):
    """The activation comes last: here it takes the square."""
    w, call = np.array([2.0, -1.0]), "neuron({}, [2, -1], 1, square)"
    expect_array(student.neuron(np.array([1.0, 4.0]), w, 1.0, np.square), 1.0, call=call.format("[1, 4]"), what=FORMULA)
    both = student.neuron(np.array([[1.0, 4.0], [2.0, 1.0]]), w, 1.0, np.square)
    expect_array(both, [1.0, 16.0], call=call.format("[[1, 4], [2, 1]]"), what=FORMULA)


@public_check("dense_forward", en="two examples, three units", fr="deux exemples, trois neurones")
def test_dense(student):
    """Each row of X by each column of W, plus the column's bias."""
    got = student.dense_forward(np.array([[1.0, 0.0], [0.0, 2.0]]), np.arange(6.0).reshape(2, 3), np.array([1.0, 0, 0]))
    expect_array(
        got, [[1.0, 1, 2], [7, 8, 10]], call="dense_forward([[1, 0], [0, 2]], [[0, 1, 2], [3, 4, 5]], [1, 0, 0])"
    )


@public_check(
    "dense_forward", en="an error for shapes that do not match", fr="une erreur si les formes ne correspondent pas"
)
def test_dense_error(student):
    """Three inputs do not go into a layer for two."""
    call = "dense_forward(X (4, 3), W (2, 5), b (5,))"
    because = Text("X has 3 columns and W 2 rows", "X a 3 colonnes et W 2 lignes")
    wrong = (np.ones((4, 3)), np.ones((2, 5)), np.ones(5))
    expect_raises(ValueError, lambda: student.dense_forward(*wrong), call=call, because=because)


@public_check("xor_weights", en="four arrays that compute XOR", fr="quatre tableaux qui calculent XOR")
def test_xor_weights(student):
    """The network with these weights says no, yes, yes, no."""
    W1, b1, W2, b2 = (np.asarray(part) for part in student.xor_weights())
    shapes = Text("the shapes of W1, b1, W2, b2", "les formes de W1, b1, W2, b2")
    found = [part.shape for part in (W1, b1, W2, b2)]
    expect_equal(found, [(2, 2), (2,), (2, 1), (1,)], call="xor_weights()", what=shapes)
    z = np.maximum(np.array([[0, 0], [0, 1], [1, 0], [1, 1]]) @ W1 + b1, 0) @ W2 + b2
    answers = Text("the answers to (0,0), (0,1), (1,0), (1,1)", "les réponses à (0,0), (0,1), (1,0), (1,1)")
    expect_equal((z[:, 0] > 0).astype(int).tolist(), [0, 1, 1, 0], call="xor_weights()", what=answers)


@public_check("xor_model", en="9 parameters, compiled", fr="9 paramètres, compilé")
def test_xor_model(student):
    """The weights are those of two layers, and the outputs lie between 0 and 1."""
    rows = np.array([[0.0, 0.0], [0.0, 1.0]])
    model = expect_model(student.xor_model(), "xor_model()", rows)
    expect_parameters(model, "xor_model()", 9)
    expect_weights(model, "xor_model()", [(2, 2), (2,), (2, 1), (1,)])
    said = model.predict(rows, verbose=0)
    loss = model.evaluate(rows, np.array([[0.0], [1.0]]), verbose=0, return_dict=True)["loss"]
    right = ((said - [[0.0], [1.0]]) ** 2).mean()
    squared = Text("the mean squared error", "l'erreur quadratique moyenne")
    expect_array(loss, right, call="xor_model().evaluate(X, y)", what=squared, rtol=1e-3, atol=1e-4)


@public_check("gradient_descent", en="three steps down a parabola", fr="trois pas sur une parabole")
def test_descent_path(student):
    """Half of the way to the bottom is made in each step."""
    w, path = student.gradient_descent(lambda w: w, np.array([4.0, -8.0]), 0.5, max_steps=3)
    call = "gradient_descent(gradient, [4, -8], 0.5, max_steps=3), gradient(w) = w"
    wanted = [[4.0, -8.0], [2.0, -4.0], [1.0, -2.0], [0.5, -1.0]]
    expect_array(path, wanted, call=f"path of {call}", what=Text("w0 and three more", "w0 et trois autres"))
    expect_array(w, wanted[-1], call=f"w of {call}")


@public_check("gradient_descent", en="stops at the tolerance", fr="s'arrête à la tolérance")
def test_descent_tolerance(student):
    """The norm of w is 8, 4, 2, 1, ...: at most 1.5 after three steps."""
    _, path = student.gradient_descent(lambda w: w, np.array([8.0]), 0.5, tolerance=1.5)
    call = "len(path) of gradient_descent(gradient, [8], 0.5, tolerance=1.5), gradient(w) = w"
    expect_equal(len(path), 4, call=call, what=Text("w0 and three steps", "w0 et trois pas"))


W, GRAD = np.array([1.0, -2.0]), np.array([0.5, 4.0])


@public_check("sgd_step", en="one step", fr="un pas")
def test_sgd(student):
    """Against the gradient, as far as the rate says."""
    expect_array(student.sgd_step(W, GRAD, 0.1), [0.95, -2.4], call="sgd_step([1, -2], [0.5, 4], 0.1)", what=FORMULA)


@public_check("momentum_step", en="one step", fr="un pas")
def test_momentum(student):
    """The velocity first, then the weights."""
    w, velocity = student.momentum_step(W, GRAD, np.array([1.0, 0.0]), 0.1, momentum=0.5)
    call = "momentum_step([1, -2], [0.5, 4], [1, 0], 0.1, momentum=0.5)"
    expect_array(velocity, [0.45, -0.4], call=f"velocity of {call}", what=FORMULA)
    expect_array(w, [1.45, -2.4], call=f"w of {call}", what=FORMULA)


@public_check("adam_step", en="the first two steps", fr="les deux premiers pas")
def test_adam(student):
    """With the same gradient twice both steps are as long as the rate."""
    w, m, v = W, np.zeros(2), np.zeros(2)
    for t in (1, 2):
        w, m, v = student.adam_step(w, GRAD, m, v, t, learning_rate=0.1)
        call = f"w of adam_step(w, [0.5, 4], m, v, {t}, learning_rate=0.1)"
        expect_array(w, W - 0.1 * t, call=call, what=FORMULA)
    expect_array(m, 0.19 * GRAD, call="m after two steps", what=Text("not corrected", "sans correction"))


Y_TRUE, Y_PRED = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.5, 2.0], [2.0, 2.0]])


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        pytest.param("mean_squared_error", 1.3125, marks=public_check("mean_squared_error", en="2×2", fr="2×2")),
        pytest.param("mean_absolute_error", 0.875, marks=public_check("mean_absolute_error", en="2×2", fr="2×2")),
        pytest.param("mean_bias_error", -0.625, marks=public_check("mean_bias_error", en="2×2", fr="2×2")),
    ],
)
def test_errors(student, name, wanted):
    """One number for a matrix."""
    call = f"{name}([[1, 2], [3, 4]], [[1.5, 2], [2, 2]])"
    expect_array(getattr(student, name)(Y_TRUE, Y_PRED), wanted, call=call, what=FORMULA)


@public_check("binary_cross_entropy", en="two samples; exactly 0", fr="deux échantillons ; exactement 0")
def test_binary(student):
    """One half costs ln 2, in both shapes; a sure mistake costs much, but not infinitely."""
    labels, half = np.array([1, 0]), np.array([0.5, 0.5])
    name = "binary_cross_entropy"
    expect_array(student.binary_cross_entropy(labels, half), 0.69314718, call=f"{name}([1, 0], [0.5, 0.5])")
    expect_array(
        student.binary_cross_entropy(labels, half[:, None]), 0.69314718, call=f"{name}([1, 0], [[0.5], [0.5]])"
    )
    worst = student.binary_cross_entropy(np.array([1.0]), np.array([0.0]))
    expect_array(worst, 16.118096, call=f"{name}([1], [0])", what=Text("-ln(1e-7)", "-ln(1e-7)"), rtol=0.02)


@public_check("categorical_cross_entropy", en="two samples; exactly 0", fr="deux échantillons ; exactement 0")
def test_categorical(student):
    """A quarter costs ln 4, one half ln 2: the mean is 1.5 ln 2."""
    shares = np.array([[0.25, 0.75, 0.0], [0.25, 0.25, 0.5]])
    call = "categorical_cross_entropy([[1, 0, 0], [0, 0, 1]], [[0.25, 0.75, 0], [0.25, 0.25, 0.5]])"
    expect_array(student.categorical_cross_entropy(np.eye(3)[[0, 2]], shares), 1.03972077, call=call, what=FORMULA)


@public_check("dense_param_count", en="with and without biases", fr="avec et sans biais")
def test_dense_count(student):
    """Five inputs and two units."""
    what = Text("weights and biases", "poids et biais")
    expect_equal(student.dense_param_count(5, 2), 12, call="dense_param_count(5, 2)", what=what)
    without = student.dense_param_count(5, 2, use_bias=False)
    expect_equal(without, 10, call="dense_param_count(5, 2, use_bias=False)", what=Text("weights", "poids"))


@public_check("mlp_param_count", en="a network of two layers", fr="un réseau de deux couches")
def test_mlp_count(student):
    """5 → 2 → 3."""
    expect_equal(
        student.mlp_param_count([5, 2, 3]), 21, call="mlp_param_count([5, 2, 3])", what=Text("12 + 9", "12 + 9")
    )


@public_check("iterations_per_epoch", en="whole and short batches", fr="lots complets et incomplets")
def test_iterations(student):
    """A rest is a batch too."""
    for n, wanted in ((12, 3), (13, 4)):
        batches = Text("batches", "lots")
        expect_equal(student.iterations_per_epoch(n, 4), wanted, call=f"iterations_per_epoch({n}, 4)", what=batches)


@public_check("iterations_per_epoch", en="an error for a batch of nothing", fr="une erreur pour un lot vide")
def test_iterations_error(student):
    """A batch size of 0 is an error."""
    because = Text("a batch holds one example at least", "un lot contient au moins un exemple")
    call = "iterations_per_epoch(12, 0)"
    expect_raises(ValueError, lambda: student.iterations_per_epoch(12, 0), call=call, because=because)


@public_check(
    "get_data_fashion_mnist",
    en="shapes, labels, standardised columns",
    fr="formes, étiquettes, colonnes centrées-réduites",
)
def test_data(student):
    """Two hundred rows: means 0, deviations 1 or 0, and nothing that is not a number."""
    (X_train, y_train), (X_test, y_test) = student.get_data_fashion_mnist(n_train=200)
    call = "get_data_fashion_mnist(n_train=200)"
    expect_shape(X_train, (200, 784), call=f"X_train of {call}")
    expect_shape(X_test, (len(y_test), 784), call=f"X_test of {call}")
    expect_shape(y_train, (200,), call=f"y_train of {call}")
    means = X_train.mean(axis=0)
    expect_array(means, np.zeros(784), call=f"X_train.mean(axis=0) of {call}", rtol=0, atol=1e-3)
    deviations = X_train.std(axis=0)
    constant = deviations < 0.5  # noqa: PLR2004 - it is 1, or 0 where nothing varies
    expect_array(deviations, np.where(constant, 0.0, 1.0), call=f"X_train.std(axis=0) of {call}", rtol=0, atol=1e-3)


@public_check("fashion_mlp", en="235,146 parameters", fr="235 146 paramètres")
def test_mlp_parameters(student):
    """The total and the shapes of the weights are the handout's."""
    model = expect_model(student.fashion_mlp(), "fashion_mlp()", np.ones((1, 784), "float32"))
    expect_parameters(model, "fashion_mlp()", 235_146)
    expect_weights(model, "fashion_mlp()", [(784, 256), (256,), (256, 128), (128,), (128, 10), (10,)])


@public_check("fashion_mlp", en="probabilities; loss and metric", fr="probabilités ; perte et métrique")
def test_mlp_classifies(student):
    """It gives probabilities and is compiled for integer labels."""
    rows = np.random.default_rng(0).random((4, 784), dtype=np.float32)
    model = expect_model(student.fashion_mlp(), "fashion_mlp()", rows)
    expect_classifier(model, "fashion_mlp()", rows, np.array([3, 0, 9, 3]))


@public_check("train_with_early_stopping", en="stops, and returns the History", fr="s'arrête et renvoie History")
def test_early_stopping(student):
    """A model with a learning rate of 0 never gets better: it stops after the first epoch and `patience` more."""
    model = keras.Sequential([keras.Input((1,)), layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.0), loss="mse")
    x = np.ones((4, 1))
    history = student.train_with_early_stopping(model, x, x, x, x, epochs=9, patience=3)
    call = "train_with_early_stopping(model, X, y, X_val, y_val, epochs=9, patience=3), model never gets better"
    kind = Text("what fit returns", "ce que rend fit")
    expect_equal(type(history).__name__, "History", call=f"type({call})", what=kind)
    epochs = Text("one epoch and three without gain", "une époque, et trois sans gain")
    expect_equal(len(history.history.get("val_loss", [])), 4, call=f"len(val_loss) of {call}", what=epochs)


@public_check("dropout", en="zeros, and larger values", fr="des zéros, et des valeurs plus grandes")
def test_dropout(student):
    """At a rate of 0.75 each 1 becomes 0 or 4, about one in four; in evaluation nothing changes."""
    x = np.ones((40, 50))
    got = student.dropout(x, 0.75, np.random.default_rng(0))
    call = "dropout(ones((40, 50)), 0.75, rng)"
    expect_array(
        np.unique(got), [0.0, 4.0], call=f"np.unique({call})", what=Text("0, or 1/(1 - 0.75)", "0 ou 1/(1 - 0.75)")
    )
    kept = Text("the share that is kept, about 0.25", "la part gardée, environ 0.25")
    expect_array((got > 0).mean(), 0.25, call=f"({call} > 0).mean()", what=kept, rtol=0, atol=0.06)
    still = student.dropout(x, 0.75, np.random.default_rng(0), training=False)
    expect_array(still, x, call="dropout(x, 0.75, rng, training=False)")


@public_check(
    "dropconnect",
    en="single weights fall; the plain layer in evaluation",
    fr="des poids tombent ; couche simple en évaluation",
)
def test_dropconnect(student):
    """With two weights of 1 at a rate of 0.5 a unit gives 0, 2 or 4, plus its bias."""
    x, W1, b = np.ones((1, 2)), np.ones((2, 500)), np.full(500, 0.5)
    call = "dropconnect(ones((1, 2)), ones((2, 500)), b, 0.5, rng)"
    got = student.dropconnect(x, W1, b, 0.5, np.random.default_rng(0))
    sums = Text("none, one or both of the weights, doubled", "aucun, un ou deux des poids, doublés")
    expect_array(np.unique(np.round(got, 6)), [0.5, 2.5, 4.5], call=f"np.unique({call}), b = 0.5", what=sums)
    still = student.dropconnect(x, W1, b, 0.5, np.random.default_rng(0), training=False)
    expect_array(still, np.full((1, 500), 2.5), call=f"{call[:-1]}, training=False)", what=Text.same("xW + b"))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("dropout", marks=public_check("dropout", en="an error at a rate of 1", fr="une erreur au taux 1")),
        pytest.param(
            "dropconnect", marks=public_check("dropconnect", en="an error at a rate of 1", fr="une erreur au taux 1")
        ),
    ],
)
def test_rate_error(student, name):
    """Not everything can be dropped."""
    before = (np.ones((1, 2)),) if name == "dropout" else (np.ones((1, 2)), np.ones((2, 3)), np.ones(3))
    because = Text("0 ≤ rate < 1 is needed", "il faut 0 ≤ rate < 1")
    run = lambda: getattr(student, name)(*before, 1.0, np.random.default_rng(0))  # noqa: E731
    expect_raises(ValueError, run, call=f"{name}(..., 1.0, rng)", because=because)


THETA = np.array([[1.0, -2.0], [0.0, 2.0]])


@pytest.mark.parametrize(
    ("name", "arguments", "wanted"),
    [
        pytest.param("l1_penalty", (0.2,), 1.0, marks=public_check("l1_penalty", en="2×2", fr="2×2")),
        pytest.param("l2_penalty", (0.2,), 1.8, marks=public_check("l2_penalty", en="2×2", fr="2×2")),
        pytest.param(
            "elastic_net_penalty", (0.2, 0.25), 1.2, marks=public_check("elastic_net_penalty", en="2×2", fr="2×2")
        ),
    ],
)
def test_penalties(student, name, arguments, wanted):
    """Absolute values add up to 5, squares to 9."""
    call = f"{name}([[1, -2], [0, 2]], {', '.join(map(str, arguments))})"
    expect_array(getattr(student, name)(THETA, *arguments), wanted, call=call, what=FORMULA)


@public_check("max_norm", en="long and short columns", fr="colonnes longues et courtes")
def test_max_norm(student):
    """Norms of 10, 0.5 and 0 become 2, 0.5 and 0."""
    got = student.max_norm(np.array([[6.0, 0.3, 0.0], [8.0, -0.4, 0.0]]), 2.0)
    expect_array(
        got, [[1.2, 0.3, 0.0], [1.6, -0.4, 0.0]], call="max_norm([[6, 0.3, 0], [8, -0.4, 0]], 2)", what=FORMULA
    )


@public_check("search_hyperparameters", en="a fitted search", fr="une recherche ajustée")
def test_search(student):
    """Two points are tried, and the best can be read."""
    X, y = np.random.default_rng(0).normal(size=(12, 3)), np.arange(12) % 2
    search = student.search_hyperparameters(X, y, epochs=(1, 2), batch_sizes=(6,), cv=2)
    call = "search_hyperparameters(X, y, epochs=(1, 2), batch_sizes=(6,), cv=2)"
    kind = Text("the search itself", "la recherche même")
    expect_equal(type(search).__name__, "GridSearchCV", call=f"type({call})", what=kind)
    points = Text("points that were tried", "points essayés")
    expect_equal(len(search.cv_results_["params"]), 2, call=f"len({call}.cv_results_['params'])", what=points)
