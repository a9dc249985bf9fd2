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
    # BEGIN SOLUTION
    if k < 1 or s < 1 or p < 0:
        message = f"k and s must be at least 1 and p at least 0; got k={k}, s={s}, p={p}"
        raise ValueError(message)
    if k > min(x, y) + 2 * p:
        message = f"k={k} is larger than the padded input, {x + 2 * p} by {y + 2 * p}"
        raise ValueError(message)
    return (x + 2 * p - k) // s + 1, (y + 2 * p - k) // s + 1, 1
    # END SOLUTION


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
    # BEGIN SOLUTION
    weights = k * k * z
    return weights + 1 if use_bias else weights
    # END SOLUTION


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
    # BEGIN SOLUTION
    outputs = ((x + 2 * p - k) // s + 1) * ((y + 2 * p - k) // s + 1)
    return x * y * z * outputs + (outputs if use_bias else 0)
    # END SOLUTION


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
    # BEGIN SOLUTION
    side, step = 1, 1
    for k, s in layers:
        side += (k - 1) * step
        step *= s
    return side
    # END SOLUTION


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
    # BEGIN SOLUTION
    report: dict[str, tuple[tuple[int, ...], int]] = {}
    side, depth = 32, 3
    for number, filters in enumerate((32, 64, 64), start=1):
        report[f"conv{number}"] = ((side, side, filters), filters * (25 * depth + 1))
        side, depth = -(-side // 2), filters
        report[f"pool{number}"] = ((side, side, depth), 0)
    inputs = side * side * depth
    for name, units in (("fc4", 1000), ("fc5", 10)):
        report[name] = ((units,), units * (inputs + 1))
        inputs = units
    return report
    # END SOLUTION


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
    # BEGIN SOLUTION
    model = keras.Sequential([keras.layers.Input((input_size, input_size, 3))])
    for filters in (32, 64, 64):
        model.add(keras.layers.Conv2D(filters, 5, padding="same"))
        if batch_norm:
            model.add(keras.layers.BatchNormalization())
        model.add(keras.layers.ReLU())
        model.add(keras.layers.MaxPooling2D(2, 2, padding="same"))
    model.add(keras.layers.Flatten())
    model.add(keras.layers.Dense(1000, activation="relu"))
    if dropout:
        model.add(keras.layers.Dropout(dropout))
    model.add(keras.layers.Dense(10, activation="softmax"))
    model.compile(keras.optimizers.SGD(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
    # END SOLUTION


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
    # BEGIN SOLUTION
    return kernel.reshape(*input_shape, -1), bias
    # END SOLUTION


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
    # BEGIN SOLUTION
    inputs = outputs = keras.Input((None, None, model.input_shape[-1]))
    flattened: tuple[int, ...] | None = None
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        if isinstance(layer, keras.layers.Flatten):
            flattened = tuple(layer.input.shape[1:])
            continue
        if isinstance(layer, keras.layers.Dense):
            window = flattened or (1, 1, layer.kernel.shape[0])
            flattened = None
            twin = keras.layers.Conv2D(
                layer.units,
                window[:2],
                activation=layer.activation,
                use_bias=layer.use_bias,
                name=f"{layer.name}_as_convolution",
            )
            outputs = twin(outputs)
            kernel, *bias = layer.get_weights()
            twin.set_weights([kernel.reshape(*window, -1), *bias])
        else:
            twin = type(layer).from_config(layer.get_config())
            outputs = twin(outputs)
            twin.set_weights(layer.get_weights())
    return keras.Model(inputs, outputs)
    # END SOLUTION


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
    # BEGIN SOLUTION
    scaled = np.asarray(X_train, dtype=np.float64) / 255
    return scaled.mean(axis=(0, 1, 2)), scaled.std(axis=(0, 1, 2))
    # END SOLUTION


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
    # BEGIN SOLUTION
    return ((np.asarray(X, dtype=np.float64) / 255 - mean) / std).astype(np.float32)
    # END SOLUTION


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
    # BEGIN SOLUTION
    flat = X_train.reshape(len(X_train), -1).astype(np.float64)
    mean = flat.mean(axis=0)
    centred = flat - mean
    values, vectors = np.linalg.eigh(centred.T @ centred / len(flat))
    transform = vectors / np.sqrt(values + epsilon) @ vectors.T
    return ((X.reshape(len(X), -1) - mean) @ transform).reshape(X.shape)
    # END SOLUTION


# BEGIN SOLUTION
def _crops(images: np.ndarray, rng: np.random.Generator, size: int) -> np.ndarray:
    """Cut a square at random out of each image, and mirror every other one on average."""
    rows = rng.integers(0, images.shape[1] - size + 1, len(images))
    columns = rng.integers(0, images.shape[2] - size + 1, len(images))
    mirrored = rng.random(len(images)) < 0.5
    crops = np.empty((len(images), size, size, *images.shape[3:]), images.dtype)
    for place, image in enumerate(images):
        crop = image[rows[place] : rows[place] + size, columns[place] : columns[place] + size]
        crops[place] = crop[:, ::-1] if mirrored[place] else crop
    return crops


def _middle(images: np.ndarray, size: int) -> np.ndarray:
    """Cut the middle square out of each image."""
    top, left = (images.shape[1] - size) // 2, (images.shape[2] - size) // 2
    return images[:, top : top + size, left : left + size]


def _shuffled(X: np.ndarray, y: np.ndarray, batch_size: int, rng: np.random.Generator, size: int) -> Iterator[Pair]:
    """Yield one epoch of batches of crops."""
    order = rng.permutation(len(X))
    for start in range(0, len(X), batch_size):
        rows = order[start : start + batch_size]
        yield _crops(X[rows], rng, size), y[rows]


# END SOLUTION


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
    # BEGIN SOLUTION
    if size > min(images.shape[1:3]):
        message = f"size={size} is larger than the images, {images.shape[1]} by {images.shape[2]}"
        raise ValueError(message)
    return _crops(images, rng, size)
    # END SOLUTION


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
    # BEGIN SOLUTION
    return _middle(images, size)
    # END SOLUTION


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
    # BEGIN SOLUTION
    return _shuffled(X, y, batch_size, rng, size=28)
    # END SOLUTION


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
    # BEGIN SOLUTION
    return initial_rate * decay**epoch
    # END SOLUTION


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
    # BEGIN SOLUTION
    return keras.optimizers.SGD(learning_rate, momentum)
    # END SOLUTION


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
    # BEGIN SOLUTION
    return keras.callbacks.LearningRateScheduler(lambda epoch: initial_rate * decay**epoch)
    # END SOLUTION


# BEGIN SOLUTION
def _train(
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
    """Do what ``train`` promises, under a name that no argument of ``run_ablation`` hides."""
    keras.utils.set_random_seed(seed)  # Keras's order of the images, dropout
    (X, y), (X_test, y_test) = train, test
    rate = float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
    if momentum > 0:
        optimizer = keras.optimizers.SGD(rate, momentum=momentum)
        model.compile(optimizer, loss=model.loss, metrics=["accuracy"], run_eagerly=model.run_eagerly)
    callbacks = []
    if decay is not None:
        callbacks = [keras.callbacks.LearningRateScheduler(lambda epoch: rate * decay**epoch)]
    if not augment:
        return model.fit(
            X, y, batch_size, epochs, verbose=0, callbacks=callbacks, validation_data=(X_test, y_test), shuffle=True
        )
    side, rng = model.input_shape[1], np.random.default_rng(seed)

    def endless() -> Iterator[Pair]:
        while True:
            yield from _shuffled(X, y, batch_size, rng, side)

    return model.fit(
        endless(),
        epochs=epochs,
        steps_per_epoch=-(-len(X) // batch_size),
        shuffle=False,
        verbose=0,
        callbacks=callbacks,
        validation_data=(_middle(X_test, side), y_test),
    )


# END SOLUTION


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
    # BEGIN SOLUTION
    return _train(model, train, test, epochs, batch_size, augment, momentum, decay, seed)
    # END SOLUTION


# BEGIN SOLUTION
def _measure(model: keras.Model, train: Pair, test: Pair) -> dict[str, float]:
    """Evaluate a trained model on the middle of both sets of images."""
    side = model.input_shape[1]
    on_train, on_test = (
        model.evaluate(_middle(images, side), labels, verbose=0, return_dict=True) for images, labels in (train, test)
    )
    found = {"train_accuracy": on_train["accuracy"], "test_accuracy": on_test["accuracy"], "test_loss": on_test["loss"]}
    return {name: float(value) for name, value in found.items()}


# END SOLUTION


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
    # BEGIN SOLUTION
    statistics = [(np.asarray(train[0], np.float64) / 255).mean((0, 1, 2)), (train[0] / 255).std((0, 1, 2))]
    variants: list[tuple[str, dict[str, object], dict[str, object]]] = [
        ("baseline", {}, {}),
        ("+ normalisation", {}, {}),
        ("+ augmentation", {"input_size": 28}, {"augment": True}),
        ("+ momentum and decay", {}, {"momentum": 0.9, "decay": 0.95}),
        ("+ dropout", {"dropout": 0.5}, {}),
        ("+ batch normalisation", {"batch_norm": True}, {}),
    ]
    building: dict[str, object] = {}
    training: dict[str, object] = {}
    table: dict[str, dict[str, float]] = {}
    for number, (name, more_building, more_training) in enumerate(variants):
        building, training = {**building, **more_building}, {**training, **more_training}
        mean, std = statistics if number else (0.0, 1.0)
        pairs = [(((X / 255 - mean) / std).astype(np.float32), y) for X, y in (train, test)]
        keras.utils.set_random_seed(seed)  # the initial weights
        model = alexnet_cifar(**building)
        _train(model, *pairs, epochs=epochs, seed=seed, **training)
        table[name] = _measure(model, *pairs)
    return table
    # END SOLUTION
