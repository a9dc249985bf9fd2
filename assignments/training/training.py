"""Making a convolutional network train well: count it, feed it, and add one improvement after another.

Lab ``training``, after course document P, *TP 5-6 Réseaux convolutionnels pour l'image*.  See the handout.

Write each function below its docstring, in place of the line that raises ``NotImplementedError``.  Names, arguments and
their order are fixed, how you write them is up to you.  Images are *channels last*: ``(n, height, width, 3)``.
"""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np

# Images and their labels, a row of the one for a row of the other.
Pair = tuple[np.ndarray, np.ndarray]


def output_shape(x: int, y: int, z: int, k: int, p: int, s: int) -> tuple[int, int, int]:
    """Compute the size of what one convolution filter gives.

    Source: course document P, question 1.

    Args:
        x: Height of the input.
        y: Width of the input.
        z: Channels of the input.
        k: Side of the filter.
        p: Zeros added on each of the four sides.
        s: Stride, the same in both directions.

    Returns:
        ``(x', y', 1)``: height, width and the one channel of one filter.

    Raises:
        ValueError: If ``k < 1``, ``s < 1`` or ``p < 0``, or the filter is larger than the padded input.

    Example:
        >>> output_shape(32, 32, 3, 5, 2, 1)
        (32, 32, 1)
    """
    raise NotImplementedError("question output_shape: to be written")


def param_count(x: int, y: int, z: int, k: int, p: int, s: int, use_bias: bool = True) -> int:
    """Count the weights of one convolution filter.

    Source: course document P, question 1.

    Args:
        x: Height of the input.
        y: Width of the input.
        z: Channels of the input.
        k: Side of the filter.
        p: Zeros added on each of the four sides.
        s: Stride.
        use_bias: Whether the filter has a bias.

    Returns:
        The number of weights to learn, the bias included if there is one.

    Example:
        >>> param_count(32, 32, 3, 5, 2, 1)
        76
    """
    raise NotImplementedError("question param_count: to be written")


def dense_equivalent_param_count(x: int, y: int, z: int, k: int, p: int, s: int, use_bias: bool = True) -> int:
    """Count the weights of the fully connected layer that has the filter's input and an output of the filter's size.

    Source: course document P, question 1.

    Args:
        x: Height of the input.
        y: Width of the input.
        z: Channels of the input.
        k: Side of the filter.
        p: Zeros added on each of the four sides.
        s: Stride.
        use_bias: Whether each output has a bias.

    Returns:
        The number of weights, exactly, however large.

    Example:
        >>> dense_equivalent_param_count(32, 32, 3, 5, 2, 1)
        3146752
    """
    raise NotImplementedError("question dense_equivalent_param_count: to be written")


def receptive_field(layers: list[tuple[int, int]]) -> int:
    """Compute how many pixels, along one side, a unit of the last layer depends on.

    Source: course document P, question 7.

    Args:
        layers: ``(k, s)``, filter side and stride, of each convolution or pooling from the image on.

    Returns:
        The side of the square of pixels; 1 without any layer: a pixel depends on itself.

    Example:
        >>> receptive_field([(5, 1), (2, 2), (5, 1)])
        14
    """
    raise NotImplementedError("question receptive_field: to be written")


def alexnet_layer_report() -> dict[str, tuple[tuple[int, ...], int]]:
    """Tabulate the layers of the course's small AlexNet on 32×32×3 images.

    Source: course document P, questions 10 and 11.

    Returns:
        For ``conv1``, ``pool1``, ``conv2``, ``pool2``, ``conv3``, ``pool3``, ``fc4`` and ``fc5`` in this order,
        ``(output shape, number of weights)``: the shape by height, width and channel, or ``(units,)`` for a dense layer;
        biases counted.

    Example:
        >>> sum(count for shape, count in alexnet_layer_report().values())
        1191170
    """
    raise NotImplementedError("question alexnet_layer_report: to be written")


def alexnet_cifar(input_size: int = 32, dropout: float = 0.0, batch_norm: bool = False) -> keras.Model:
    """Build the course's small AlexNet, 1,191,170 parameters.

    In order: three times a convolution (32, then 64, then 64 filters of 5×5, which keep the size), ReLU and a 2×2
    max-pooling of stride 2 that rounds the size up; 1000 units, ReLU (fc4); 10 units, softmax (fc5).
    Source: course document P, the network of the practical work.

    Args:
        input_size: Side of the images.
        dropout: Rate of dropout between fc4 and fc5.
        batch_norm: Whether batch normalisation follows each convolution, before its ReLU.

    Returns:
        A new model, compiled with SGD, the cross-entropy for integer labels and an accuracy metric.  Input: float32
        ``(n, input_size, input_size, 3)``; output: float32 ``(n, 10)``, one probability a class.

    Example:
        >>> alexnet_cifar(28).count_params()
        1191170
    """
    raise NotImplementedError("question alexnet_cifar: to be written")


def dense_as_convolution(
    kernel: np.ndarray, bias: np.ndarray, input_shape: tuple[int, int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Turn the weights of a dense layer after a flatten into those of the convolution that computes the same.

    Source: course document P, question 5.

    Args:
        kernel: Weights of the dense layer, ``(h * w * d, units)``.
        bias: Its biases, ``(units,)``.
        input_shape: ``(h, w, d)``, what the flatten takes.

    Returns:
        ``(kernel, bias)`` of a convolution of side ``h`` by ``w`` without padding: ``(h, w, d, units)`` and
        ``(units,)``.

    Example:
        >>> kernel, bias = dense_as_convolution(np.zeros((48, 10)), np.zeros(10), (4, 4, 3))
        >>> kernel.shape, bias.shape
        ((4, 4, 3, 10), (10,))
    """
    raise NotImplementedError("question dense_as_convolution: to be written")


def fully_convolutional(model: keras.Model) -> keras.Model:
    """Replace the dense layers of a network by convolutions, so that it takes images of any size.

    Source: course document P, questions 5 and 6.

    Args:
        model: A stack of convolutions, poolings and the like, a flatten, then dense layers.  It is left as it is.

    Returns:
        A model for images ``(n, height, width, channels)`` that are at least as large as those of ``model``.  On the
        original size its outputs are those of ``model``, shaped ``(n, 1, 1, 10)``; on larger images they are a map,
        one row of outputs for each place of the window.

    Example:
        >>> fully_convolutional(alexnet_cifar()).output_shape
        (None, None, None, 10)
    """
    raise NotImplementedError("question fully_convolutional: to be written")


def channel_statistics(X_train: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute the mean and the deviation of each colour channel, on images scaled to [0, 1].

    Source: course document P, normalisation of the examples (questions 19 and 20).

    Args:
        X_train: Training images with values in [0, 255], uint8 or float, ``(n, height, width, 3)``.

    Returns:
        ``(mean, std)``, each ``(3,)``: over all pixels of all images, after division by 255; the deviation is the
        population's (the mean square is over all pixels, not over one less).

    Example:
        >>> mean, std = channel_statistics(np.array([[[[0, 51, 255]], [[102, 51, 0]]]], dtype="uint8"))
        >>> mean.round(2).tolist(), std.round(2).tolist()
        ([0.2, 0.2, 0.5], [0.2, 0.0, 0.5])
    """
    raise NotImplementedError("question channel_statistics: to be written")


def normalize(X: np.ndarray, mean: np.ndarray, std: np.ndarray) -> np.ndarray:
    """Scale images to [0, 1], then subtract a mean and divide by a deviation, channel by channel.

    Source: course document P, normalisation of the examples.

    Args:
        X: Images with values in [0, 255], uint8 or float, ``(n, height, width, 3)``.
        mean: Mean of each channel of the scaled training images, ``(3,)``.
        std: Their deviation, ``(3,)``.

    Returns:
        Normalised images, float32, ``(n, height, width, 3)``.

    Example:
        >>> normalize(np.full((1, 1, 1, 3), 255, "uint8"), np.full(3, 0.5), np.full(3, 0.25)).tolist()
        [[[[2.0, 2.0, 2.0]]]]
    """
    raise NotImplementedError("question normalize: to be written")


def zca_whiten(X_train: np.ndarray, X: np.ndarray, epsilon: float = 1e-2) -> np.ndarray:
    """Whiten images by the symmetric (ZCA) transform that is fitted on the training images.

    Source: course document P, question 21 (bonus).

    Args:
        X_train: Training images, float, ``(n, height, width, channels)``; taken as they are, without scaling.
        X: Images to whiten, float, ``(m, height, width, channels)``.
        epsilon: Added to each eigenvalue of the covariance of the flattened training images.

    Returns:
        ``X`` whitened, float, in its shape.

    Example:
        >>> X = np.random.default_rng(0).normal(size=(4000, 2, 2, 1))
        >>> flat = zca_whiten(X, X).reshape(4000, 4)
        >>> bool(np.abs(np.cov(flat.T) - np.eye(4)).max() < 0.05)
        True
    """
    raise NotImplementedError("question zca_whiten: to be written")


def random_crop_flip(images: np.ndarray, rng: np.random.Generator, size: int = 28) -> np.ndarray:
    """Cut a square at random out of each image, and mirror it left-right with probability one half.

    Source: course document P, data augmentation (question 22).

    Args:
        images: ``(n, height, width, channels)``.
        rng: Where all the chance comes from: ``np.random.default_rng(seed)``.
        size: Side of the crops.

    Returns:
        ``(n, size, size, channels)``: image by image, each with a place and a mirror of its own.

    Raises:
        ValueError: If ``size`` is larger than the images.

    Example:
        >>> random_crop_flip(np.zeros((5, 32, 32, 3)), np.random.default_rng(0)).shape
        (5, 28, 28, 3)
    """
    raise NotImplementedError("question random_crop_flip: to be written")


def center_crop(images: np.ndarray, size: int = 28) -> np.ndarray:
    """Cut the middle square out of each image.

    Source: course document P, data augmentation: what is done to the test images.

    Args:
        images: ``(n, height, width, channels)``.
        size: Side of the crops.

    Returns:
        ``(n, size, size, channels)``; where the margin is odd it may be split either way.

    Example:
        >>> center_crop(np.arange(16).reshape(1, 4, 4, 1), size=2)[0, :, :, 0].tolist()
        [[5, 6], [9, 10]]
    """
    raise NotImplementedError("question center_crop: to be written")


def augmented_batches(X: np.ndarray, y: np.ndarray, batch_size: int, rng: np.random.Generator) -> Iterator[Pair]:
    """Go once through a training set, in shuffled batches of augmented images.

    Source: course document P, data augmentation.

    Args:
        X: Images, ``(n, height, width, channels)``, at least 28×28.
        y: Their labels, ``(n,)``.
        batch_size: Images a batch; the last batch may be short.
        rng: Where all the chance comes from.

    Returns:
        An iterator over pairs: crops of 28×28, mirrored at random, and their labels.

    Example:
        >>> X, y = np.zeros((5, 32, 32, 3)), np.arange(5)
        >>> [(len(images), len(labels)) for images, labels in augmented_batches(X, y, 2, np.random.default_rng(0))]
        [(2, 2), (2, 2), (1, 1)]
    """
    raise NotImplementedError("question augmented_batches: to be written")


def exponential_decay(initial_rate: float, epoch: int, decay: float = 0.95) -> float:
    """Compute the learning rate of an epoch: it is multiplied by ``decay`` after each.

    Source: course document P, variants of the optimisation (question 26).

    Args:
        initial_rate: The rate of epoch 0.
        epoch: The epoch, counted from 0.
        decay: The factor from one epoch to the next.

    Returns:
        The rate.

    Example:
        >>> round(exponential_decay(0.1, 2, decay=0.5), 6)
        0.025
    """
    raise NotImplementedError("question exponential_decay: to be written")


def make_optimizer(learning_rate: float = 0.1, momentum: float = 0.9) -> keras.optimizers.Optimizer:
    """Make stochastic gradient descent with momentum, without Nesterov's variant.

    Source: course document P, variants of the optimisation.

    Args:
        learning_rate: The rate.
        momentum: The share of the velocity that each step keeps.

    Returns:
        A Keras optimizer.

    Example:
        >>> round(float(make_optimizer(0.5).learning_rate), 6)
        0.5
    """
    raise NotImplementedError("question make_optimizer: to be written")


def decay_callback(initial_rate: float, decay: float = 0.95) -> keras.callbacks.Callback:
    """Make a callback that sets the learning rate at the start of each epoch.

    Source: course document P, variants of the optimisation.

    Args:
        initial_rate: The rate of epoch 0, whatever rate the model was compiled with.
        decay: The factor from one epoch to the next.

    Returns:
        A Keras callback, to give to ``fit``.

    Example:
        >>> isinstance(decay_callback(0.1), keras.callbacks.Callback)
        True
    """
    raise NotImplementedError("question decay_callback: to be written")


def train(
    model: keras.Model,
    train: Pair,
    test: Pair,
    epochs: int,
    batch_size: int = 128,
    augment: bool = False,
    momentum: float = 0.0,
    decay: float | None = None,
    seed: int = 0,
) -> keras.callbacks.History:
    """Train a compiled model, with the improvements that are asked for.

    Source: course document P, questions 16 to 34.

    Args:
        model: A model compiled with SGD; it is trained in place.
        train: Training images and labels, ``(X, y)``, already scaled or normalised.
        test: Test images and labels: the validation data.
        epochs: How often the training images are gone through.
        batch_size: Images per step.
        augment: Whether to train on random crops of the model's own input side, mirrored at random and drawn anew in
            each epoch; the test images are then cropped in the middle.
        momentum: If above 0, the momentum of the model's SGD; its learning rate stays the one the model has.
        decay: If given, the factor by which that rate is multiplied after each epoch.
        seed: Two runs with the same seed, on models just built with the same weights, give the same results.

    Returns:
        The ``History`` that Keras gives.

    Example:
        >>> pair = np.zeros((8, 32, 32, 3), "float32"), np.arange(8)
        >>> history = train(alexnet_cifar(28), pair, pair, epochs=2, augment=True, momentum=0.9, decay=0.95)
        >>> len(history.history["val_loss"])
        2
    """
    raise NotImplementedError("question train: to be written")


def run_ablation(train: Pair, test: Pair, epochs: int = 5, seed: int = 0) -> dict[str, dict[str, float]]:
    """Train six variants of the network, each with one improvement more than the last.

    In order: baseline (images scaled to [0, 1]); + normalisation, with the statistics of the training images;
    + augmentation; + momentum and decay; + dropout; + batch normalisation.
    Source: course document P, questions 16 to 34.

    Args:
        train: Training images and labels as they are loaded: values in [0, 255], ``(n, 32, 32, 3)``, and ``(n,)``.
        test: Test images and labels.
        epochs: Epochs of each variant.
        seed: Seed of each variant: initial weights, order, crops.

    Returns:
        For each variant, in this order and by a name of your choice, ``{"train_accuracy", "test_accuracy",
        "test_loss"}`` after training; accuracies in [0, 1].

    Example:
        >>> pair = np.arange(4 * 32 * 32 * 3).reshape(4, 32, 32, 3) % 256, np.arange(4)
        >>> table = run_ablation(pair, pair, epochs=1)
        >>> len(table), sorted(list(table.values())[0])
        (6, ['test_accuracy', 'test_loss', 'train_accuracy'])
    """
    raise NotImplementedError("question run_ablation: to be written")
