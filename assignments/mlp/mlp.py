"""From one neuron to a trained network: activations, layers, descent, losses, regularisation, and Keras at the end.

Lab ``mlp``, after course document M, *Réseaux de neurones – DL*.  See the handout.

Write each function below its docstring, in place of the line that raises ``NotImplementedError``.  Names, arguments and
their order are fixed, how you write them is up to you.  No function changes the arrays that it is given.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import keras
import numpy as np
from keras import layers
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import GridSearchCV

from shared import datasets

# Inputs and their labels, a row of the one for an entry of the other.
Pair = tuple[np.ndarray, np.ndarray]
# Predictions are kept this far from 0 and 1 before a logarithm is taken.
CLIP = 1e-7


def sigmoid(z: np.ndarray | float) -> np.ndarray | float:
    """Squash numbers into (0, 1): 1 / (1 + e^(-z)), element by element.

    Source: course document M, activation functions.

    Args:
        z: A number, or an array of any shape; also of integers.

    Returns:
        Floats of the same shape.  Neither -1000 nor 1000 gives a warning.

    Example:
        >>> [round(float(s), 3) for s in sigmoid(np.array([-1000.0, 0.0, 2.0]))]
        [0.0, 0.5, 0.881]
    """
    raise NotImplementedError("question sigmoid: to be written")


def tanh(z: np.ndarray | float) -> np.ndarray | float:
    """Squash numbers into (-1, 1): (e^z - e^(-z)) / (e^z + e^(-z)), element by element.

    Source: course document M, activation functions.

    Args:
        z: A number, or an array of any shape; also of integers.

    Returns:
        Floats of the same shape.

    Example:
        >>> round(float(tanh(1)), 4)
        0.7616
    """
    raise NotImplementedError("question tanh: to be written")


def relu(z: np.ndarray | float) -> np.ndarray | float:
    """Keep what is positive and replace the rest by 0, element by element.

    Source: course document M, activation functions.

    Args:
        z: A number, or an array of any shape.

    Returns:
        Numbers of the same shape.

    Example:
        >>> relu(np.array([-2.0, 0.0, 3.0])).tolist()
        [0.0, 0.0, 3.0]
    """
    raise NotImplementedError("question relu: to be written")


def leaky_relu(z: np.ndarray | float, epsilon: float = 0.01) -> np.ndarray | float:
    """Keep what is positive and multiply the rest by a small number: max(epsilon·z, z), element by element.

    Source: course document M, activation functions.

    Args:
        z: A number, or an array of any shape; also of integers.
        epsilon: The slope on the negative side, from 0 (that is ReLU) to 1 (the identity).

    Returns:
        Numbers of the same shape.

    Example:
        >>> leaky_relu(np.array([-2, 3]), epsilon=0.1).tolist()
        [-0.2, 3.0]
    """
    raise NotImplementedError("question leaky_relu: to be written")


def softmax(z: np.ndarray, axis: int = -1) -> np.ndarray:
    """Turn scores into probabilities: e^z over the sum of e^z along one axis.

    Adding the same number to all scores changes nothing, which is what keeps it stable for scores of ±1000.
    Source: course document M, output layer.

    Args:
        z: Scores, an array of one axis or more.
        axis: The axis along which the probabilities add up to 1.

    Returns:
        Floats in [0, 1], of the shape of ``z``.

    Example:
        >>> [round(float(p), 3) for p in softmax(np.array([2.0, 1.0, 0.0]))]
        [0.665, 0.245, 0.09]
    """
    raise NotImplementedError("question softmax: to be written")


def neuron(x: np.ndarray, w: np.ndarray, b: float, activation: Callable) -> np.ndarray | float:
    """Compute one neuron: the weighted sum of its inputs, plus its bias, through its activation.

    Source: course document M, the artificial neuron.

    Args:
        x: One example ``(i,)``, or ``n`` of them ``(n, i)``, by example and input.
        w: The weights ``(i,)``.
        b: The bias.
        activation: A function of a number or an array, such as ``sigmoid``.

    Returns:
        A number for one example, an array ``(n,)`` for several.

    Example:
        >>> float(neuron(np.array([1.0, 2.0]), np.array([3.0, -1.0]), 0.5, relu))
        1.5
    """
    raise NotImplementedError("question neuron: to be written")


def dense_forward(X: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Compute a fully connected layer, before its activation: Y = XW + b.

    Source: course document M, layers as matrix products.

    Args:
        X: Inputs ``(n, i)``, by example and input.
        W: Weights ``(i, j)``, by input and unit.
        b: Biases ``(j,)``, one a unit.

    Returns:
        Outputs ``(n, j)``, by example and unit.

    Raises:
        ValueError: If the shapes do not match.

    Example:
        >>> dense_forward(np.array([[1, 2]]), np.array([[1, 0, 3], [0, 1, 1]]), np.array([10, 20, 30])).tolist()
        [[11, 22, 35]]
    """
    raise NotImplementedError("question dense_forward: to be written")


def xor_weights() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Give weights, found by thinking, of a 2–2–1 network that computes XOR.

    The network is sigmoid(relu(X W1 + b1) W2 + b2); above 0.5 it says 1.  Each of the four answers must be at least
    0.01 away from 0.5.  Source: course document M, the XOR problem.

    Returns:
        ``W1`` (2, 2), ``b1`` (2,), ``W2`` (2, 1), ``b2`` (1,), floats.

    Example:
        >>> [part.shape for part in xor_weights()]
        [(2, 2), (2,), (2, 1), (1,)]
    """
    raise NotImplementedError("question xor_weights: to be written")


def xor_model() -> keras.Model:
    """Build the same 2–2–1 network in Keras, ready to be trained.

    In order: 2 inputs; 2 units, ReLU; 1 unit, sigmoid; with biases, 9 parameters.  Source: course document M, XOR.

    Returns:
        A new model, compiled with the mean squared error, Adam and a binary accuracy.  Input: float ``(n, 2)``; output:
        float ``(n, 1)`` in (0, 1).

    Example:
        >>> xor_model().count_params()
        9
    """
    raise NotImplementedError("question xor_model: to be written")


def gradient_descent(
    gradient: Callable[[np.ndarray], np.ndarray],
    w0: np.ndarray,
    learning_rate: float,
    max_steps: int = 1000,
    tolerance: float = 1e-6,
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Walk downhill: w ← w - learning_rate·gradient(w), until the gradient is small or the steps are used up.

    Source: course document M, gradient descent.

    Args:
        gradient: A function that gives the gradient at ``w``, of the shape of ``w``.
        w0: Where to start, an array of any shape; it is left as it is.
        learning_rate: The step size η.
        max_steps: How often ``w`` is changed at most.
        tolerance: It stops where the Euclidean norm of the gradient, over all its elements, is at most this.

    Returns:
        ``(w, path)``: where it ended, and the list of all places, ``w0`` first and ``w`` last.

    Example:
        >>> w, path = gradient_descent(lambda w: 2 * w, np.array([8.0]), 0.25, max_steps=3)
        >>> [place.tolist() for place in path]
        [[8.0], [4.0], [2.0], [1.0]]
    """
    raise NotImplementedError("question gradient_descent: to be written")


def sgd_step(w: np.ndarray, grad: np.ndarray, learning_rate: float) -> np.ndarray:
    """Make one step of gradient descent.

    Source: course document M, optimizers.

    Args:
        w: The weights, an array of any shape.
        grad: The gradient there, of the same shape.
        learning_rate: The step size η.

    Returns:
        The new weights.

    Example:
        >>> sgd_step(np.array([1.0, 2.0]), np.array([10.0, -10.0]), 0.1).tolist()
        [0.0, 3.0]
    """
    raise NotImplementedError("question sgd_step: to be written")


def momentum_step(
    w: np.ndarray, grad: np.ndarray, velocity: np.ndarray, learning_rate: float, momentum: float = 0.9
) -> tuple[np.ndarray, np.ndarray]:
    """Make one step with momentum: velocity ← momentum·velocity - learning_rate·grad, then w ← w + velocity.

    Source: course document M, optimizers; the same as Keras's ``SGD(learning_rate, momentum)``.

    Args:
        w: The weights, an array of any shape.
        grad: The gradient there.
        velocity: What the last step returned; zeros before the first.
        learning_rate: The step size η.
        momentum: The share of the velocity that is kept, in [0, 1].

    Returns:
        ``(w, velocity)``, both new.

    Example:
        >>> w, velocity = momentum_step(np.array([1.0]), np.array([1.0]), np.array([0.5]), 0.1)
        >>> [round(float(value), 6) for value in (w[0], velocity[0])]
        [1.35, 0.35]
    """
    raise NotImplementedError("question momentum_step: to be written")


def adam_step(
    w: np.ndarray,
    grad: np.ndarray,
    m: np.ndarray,
    v: np.ndarray,
    t: int,
    learning_rate: float = 0.001,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make one step of Adam, with bias correction; epsilon is added to the root, not under it.

    Source: course document M, optimizers; D. P. Kingma and J. Ba, *Adam* (2015), algorithm 1.  The correction may also
    be folded into the learning rate, as the paper mentions and Keras does.

    Args:
        w: The weights, an array of any shape.
        grad: The gradient there.
        m: Running mean of the gradients, as the last step returned it; zeros before the first.
        v: Running mean of their squares, likewise.
        t: The number of this step, counted from 1.
        learning_rate: The step size η.
        beta_1: The share of ``m`` that is kept.
        beta_2: The share of ``v`` that is kept.
        epsilon: What keeps the division from being one by 0.

    Returns:
        ``(w, m, v)``, all new; ``m`` and ``v`` without the correction, as the next step needs them.

    Example:
        >>> w, m, v = adam_step(np.array([1.0]), np.array([4.0]), np.zeros(1), np.zeros(1), t=1)
        >>> [round(float(value), 6) for value in (w[0], m[0], v[0])]
        [0.999, 0.4, 0.016]
    """
    raise NotImplementedError("question adam_step: to be written")


def mean_squared_error(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """Average the squares of the errors, over all elements.

    Source: course document M, loss functions.

    Args:
        y_true: The right values, an array of any shape.
        y_pred: The predictions, of the same shape.

    Returns:
        A number, 0 or more.

    Example:
        >>> float(mean_squared_error(np.array([1, 2, 3]), np.array([1, 4, 6])))
        4.333333333333333
    """
    raise NotImplementedError("question mean_squared_error: to be written")


def mean_absolute_error(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """Average the absolute values of the errors, over all elements.

    Source: course document M, loss functions.

    Args:
        y_true: The right values, an array of any shape.
        y_pred: The predictions, of the same shape.

    Returns:
        A number, 0 or more.

    Example:
        >>> float(mean_absolute_error(np.array([1, 2, 3]), np.array([1, 4, 0])))
        1.6666666666666667
    """
    raise NotImplementedError("question mean_absolute_error: to be written")


def mean_bias_error(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """Average the errors y_pred - y_true with their signs, over all elements: positive when predictions are too high.

    Source: course document M, loss functions.

    Args:
        y_true: The right values, an array of any shape.
        y_pred: The predictions, of the same shape.

    Returns:
        A number of any sign.

    Example:
        >>> float(mean_bias_error(np.array([1, 2, 3]), np.array([1, 4, 0])))
        -0.3333333333333333
    """
    raise NotImplementedError("question mean_bias_error: to be written")


def binary_cross_entropy(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """Average -ln of the probability given to the right one of two classes, over the samples.

    Source: course document M, loss functions.

    Args:
        y_true: Labels 0 or 1, ``(n,)`` or ``(n, 1)``.
        y_pred: Probabilities of class 1, ``(n,)`` or ``(n, 1)``; not necessarily as ``y_true`` has it.  They are clipped
            to [1e-7, 1 - 1e-7] first.

    Returns:
        A number, 0 or more, finite also for predictions of exactly 0 and 1.

    Example:
        >>> round(float(binary_cross_entropy(np.array([1, 0]), np.array([[0.9], [0.2]]))), 4)
        0.1643
    """
    raise NotImplementedError("question binary_cross_entropy: to be written")


def categorical_cross_entropy(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """Average -ln of the probability given to the right one of k classes, over the samples.

    Source: course document M, loss functions.

    Args:
        y_true: One-hot labels ``(n, k)``, by sample and class.
        y_pred: Probabilities ``(n, k)``; they are clipped to [1e-7, 1 - 1e-7] first.

    Returns:
        A number, 0 or more, finite also for predictions of exactly 0 and 1.

    Example:
        >>> y_true, y_pred = np.array([[1, 0, 0], [0, 0, 1]]), np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]])
        >>> round(float(categorical_cross_entropy(y_true, y_pred)), 4)
        0.4581
    """
    raise NotImplementedError("question categorical_cross_entropy: to be written")


def dense_param_count(n_inputs: int, n_outputs: int, use_bias: bool = True) -> int:
    """Count the weights and biases of a fully connected layer.

    Source: course document M, number of parameters.

    Args:
        n_inputs: Inputs of the layer.
        n_outputs: Its units.
        use_bias: Whether each unit has a bias.

    Returns:
        The number of parameters.

    Example:
        >>> dense_param_count(784, 256)
        200960
    """
    raise NotImplementedError("question dense_param_count: to be written")


def mlp_param_count(sizes: list[int]) -> int:
    """Count the weights and biases of a network of fully connected layers.

    Source: course document M, number of parameters.

    Args:
        sizes: The number of inputs, then the units of each layer; all layers have biases.

    Returns:
        The number of parameters.

    Example:
        >>> mlp_param_count([784, 256, 128, 10])
        235146
    """
    raise NotImplementedError("question mlp_param_count: to be written")


def iterations_per_epoch(n_samples: int, batch_size: int) -> int:
    """Count the batches, that is the optimizer's steps, in one epoch; the last batch may be short.

    Source: course document M, epoch, batch, iteration.

    Args:
        n_samples: Examples to go through, at least 1.
        batch_size: Examples per batch, at least 1.

    Returns:
        The number of batches.

    Raises:
        ValueError: Unless both are positive.

    Example:
        >>> iterations_per_epoch(2000, 500), iterations_per_epoch(2001, 500)
        (4, 5)
    """
    raise NotImplementedError("question iterations_per_epoch: to be written")


def get_data_fashion_mnist(n_train: int = 10000) -> tuple[Pair, Pair]:
    """Load Fashion-MNIST as flat, standardised rows.

    ``datasets.load("fashion_mnist")`` (or ``keras.datasets.fashion_mnist.load_data()``) gives the raw data: uint8 images
    ``(n, 28, 28)`` and integer labels ``(n,)``.  Do not rely on how many images there are.  Source: course document M,
    preparation of the data.

    Args:
        n_train: The first rows of the training part are taken, at most so many.

    Returns:
        ``(X_train, y_train), (X_test, y_test)``.  X: floats ``(n, 784)``, each column minus the mean of the training rows
        that were taken, over their population deviation; a column that is constant in them becomes 0 there.  y:
        integers ``(n,)``, as they were.

    Example:
        >>> (X_train, y_train), (X_test, y_test) = get_data_fashion_mnist(n_train=100)
        >>> X_train.shape, y_train.shape, X_test.shape[1:]
        ((100, 784), (100,), (784,))
    """
    raise NotImplementedError("question get_data_fashion_mnist: to be written")


def fashion_mlp() -> keras.Model:
    """Build the network for Fashion-MNIST: 784 inputs, 256 and 128 hidden units, 10 classes, 235,146 parameters.

    In order: 784 inputs; 256 units, ReLU; 128 units, ReLU; 10 units, softmax.  Source: course document M, the MLP.

    Returns:
        A new model, compiled with a cross-entropy for integer labels and an accuracy metric; the optimizer is yours to
        choose.  Input: float ``(n, 784)``; output: float ``(n, 10)``, one probability a class.

    Example:
        >>> fashion_mlp().count_params()
        235146
    """
    raise NotImplementedError("question fashion_mlp: to be written")


def train_with_early_stopping(
    model: keras.Model,
    X: np.ndarray,
    y: np.ndarray,
    X_val: np.ndarray,
    y_val: np.ndarray,
    epochs: int = 50,
    batch_size: int = 32,
    patience: int = 2,
) -> keras.callbacks.History:
    """Train a compiled model until its validation loss no longer gets better, and leave it with its best weights.

    Source: course document M, overfitting and early stopping.

    Args:
        model: A compiled model; it is trained in place.
        X: Training inputs ``(n, ...)``.
        y: Their labels, as the model's loss wants them.
        X_val: Validation inputs ``(m, ...)``.
        y_val: Their labels.
        epochs: How often the training data are gone through at most.
        batch_size: Examples per step of the optimizer.
        patience: It stops when ``val_loss`` has not been better than its best for so many epochs in a row.

    Returns:
        The ``History`` that Keras gives.  The model has the weights of the epoch with the lowest ``val_loss``, also when
        all epochs were used up.

    Example:
        >>> model = keras.Sequential([layers.Input((1,)), layers.Dense(1)])
        >>> model.compile(optimizer=keras.optimizers.SGD(0.0), loss="mse")  # it never gets better
        >>> x = np.ones((4, 1))
        >>> history = train_with_early_stopping(model, x, x, x, x, epochs=10, patience=3)
        >>> len(history.history["val_loss"])
        4
    """
    raise NotImplementedError("question train_with_early_stopping: to be written")


def dropout(x: np.ndarray, rate: float, rng: np.random.Generator, training: bool = True) -> np.ndarray:
    """Set each value to 0 with probability ``rate``, and scale the others by 1 / (1 - rate) (inverted dropout).

    Source: course document M, regularisation; N. Srivastava et al., *Dropout* (2014).

    Args:
        x: An array of any shape.
        rate: The share that is dropped, 0 ≤ rate < 1.
        rng: Where all randomness comes from.
        training: When False, nothing is dropped nor scaled.

    Returns:
        An array of the shape of ``x``.

    Raises:
        ValueError: Unless 0 ≤ rate < 1.

    Example:
        >>> x = np.ones(1000)
        >>> sorted(set(dropout(x, 0.5, np.random.default_rng(0)).tolist()))
        [0.0, 2.0]
        >>> dropout(x, 0.5, np.random.default_rng(0), training=False).sum().item()
        1000.0
    """
    raise NotImplementedError("question dropout: to be written")


def dropconnect(
    x: np.ndarray, W: np.ndarray, b: np.ndarray, rate: float, rng: np.random.Generator, training: bool = True
) -> np.ndarray:
    """Compute a fully connected layer xW + b in which single weights of W are dropped, scaled as in dropout.

    Source: course document M, regularisation; L. Wan et al., *Regularization of Neural Networks using DropConnect*
    (2013).

    Args:
        x: Inputs ``(n, i)``.
        W: Weights ``(i, j)``; each is dropped by itself.
        b: Biases ``(j,)``, never dropped.
        rate: The share of weights that is dropped, 0 ≤ rate < 1.
        rng: Where all randomness comes from; one draw of the weights a call, or one for each row of ``x``.
        training: When False, the plain layer is computed.

    Returns:
        Outputs ``(n, j)``.

    Raises:
        ValueError: Unless 0 ≤ rate < 1.

    Example:
        >>> x, W, b = np.ones((1, 2)), np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]), np.array([0.5, 0.5, 0.5])
        >>> dropconnect(x, W, b, 0.0, np.random.default_rng(0)).tolist()
        [[11.5, 22.5, 33.5]]
    """
    raise NotImplementedError("question dropconnect: to be written")


def l1_penalty(theta: np.ndarray, lam: float) -> float:
    """Compute the L1 penalty: lam times the sum of the absolute values.

    Source: course document M, regularisation.

    Args:
        theta: Weights, one array of any shape.
        lam: The strength λ.

    Returns:
        A number, 0 or more.

    Example:
        >>> float(l1_penalty(np.array([[3.0, -4.0]]), 0.5))
        3.5
    """
    raise NotImplementedError("question l1_penalty: to be written")


def l2_penalty(theta: np.ndarray, lam: float) -> float:
    """Compute the L2 penalty: lam times the sum of the squares (no root, no factor ½).

    Source: course document M, regularisation.

    Args:
        theta: Weights, one array of any shape.
        lam: The strength λ.

    Returns:
        A number, 0 or more.

    Example:
        >>> float(l2_penalty(np.array([[3.0, -4.0]]), 0.5))
        12.5
    """
    raise NotImplementedError("question l2_penalty: to be written")


def elastic_net_penalty(theta: np.ndarray, lam: float, alpha: float) -> float:
    """Mix the two penalties: lam·[(1 - alpha)·‖theta‖₁ + alpha·‖theta‖₂²].

    Source: course document M, regularisation.

    Args:
        theta: Weights, one array of any shape.
        lam: The strength λ.
        alpha: The share of the L2 part, in [0, 1].

    Returns:
        A number, 0 or more.

    Example:
        >>> float(elastic_net_penalty(np.array([3.0, -4.0]), 1.0, 0.25))
        11.5
    """
    raise NotImplementedError("question elastic_net_penalty: to be written")


def max_norm(W: np.ndarray, c: float) -> np.ndarray:
    """Shorten the columns of W that are longer than c to length c; leave the others.

    A column holds the weights of one unit.  Source: course document M, regularisation.

    Args:
        W: Weights ``(i, j)``, by input and unit.
        c: The largest Euclidean norm allowed, positive.

    Returns:
        A new array ``(i, j)``.

    Example:
        >>> max_norm(np.array([[3.0, 0.3, 0.0], [4.0, 0.4, 0.0]]), 2.5).tolist()
        [[1.5, 0.3, 0.0], [2.0, 0.4, 0.0]]
    """
    raise NotImplementedError("question max_norm: to be written")


def search_hyperparameters(
    X: np.ndarray,
    y: np.ndarray,
    epochs: tuple[int, ...] = (5, 10),
    batch_sizes: tuple[int, ...] = (16, 32),
    cv: int = 3,
) -> GridSearchCV:
    """Try every pair of a number of epochs and a batch size on a small Keras classifier, by cross-validation.

    Source: course document M, choice of hyperparameters, brought up to date: ``KerasClassifier`` has left Keras.

    Args:
        X: Inputs ``(n, d)``.
        y: Integer labels ``(n,)``, of two classes or more.
        epochs: The numbers of epochs to try.
        batch_sizes: The batch sizes to try.
        cv: The number of folds.

    Returns:
        The fitted ``GridSearchCV``.  Its parameters' names end in ``epochs`` and ``batch_size``.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> X, y = rng.normal(size=(12, 3)), np.arange(12) % 2
        >>> search = search_hyperparameters(X, y, epochs=(1, 2), batch_sizes=(4,), cv=2)
        >>> len(search.cv_results_["params"])
        2
    """
    raise NotImplementedError("question search_hyperparameters: to be written")
