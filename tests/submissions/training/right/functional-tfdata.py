"""An expert's version: functional models, tf.data, vectorised crops."""
from functools import reduce

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L
from numpy.lib.stride_tricks import sliding_window_view


def output_shape(x, y, z, k, p, s):
    sides = np.array([x, y]) + 2 * p
    if min(k, s) < 1 or p < 0 or (sides < k).any():
        raise ValueError(f"impossible filter: {k=} {p=} {s=}")
    return (*((sides - k) // s + 1), 1)


def param_count(x, y, z, k, p, s, use_bias=True):
    return np.int64(k * k * z + bool(use_bias))


def dense_equivalent_param_count(x, y, z, k, p, s, use_bias=True):
    out = int(np.prod(output_shape(x, y, z, k, p, s)))
    return (x * y * z + use_bias) * out


def receptive_field(layers):
    return reduce(lambda state, layer: (state[0] + (layer[0] - 1) * state[1], state[1] * layer[1]), layers, (1, 1))[0]


def alexnet_layer_report():
    model = keras.Sequential([keras.Input((32, 32, 3)), *_trunk()])
    names = ["conv1", "pool1", "conv2", "pool2", "conv3", "pool3", "fc4", "fc5"]
    kept = [layer for layer in model.layers if not isinstance(layer, (L.Flatten, L.ReLU))]
    return {name: (tuple(layer.output.shape[1:]), layer.count_params()) for name, layer in zip(names, kept)}


def _trunk():
    for filters in (32, 64, 64):
        yield L.Conv2D(filters, 5, padding="same", activation="relu")
        yield L.MaxPooling2D(padding="same")
    yield L.Flatten()
    yield L.Dense(1000, "relu")
    yield L.Dense(10, "softmax")


def alexnet_cifar(input_size=32, dropout=0.0, batch_norm=False):
    inputs = h = keras.Input((input_size, input_size, 3), name="pixels")
    for number, filters in enumerate((32, 64, 64), 1):
        h = L.Conv2D(filters, 5, padding="same", kernel_initializer="he_normal", name=f"conv{number}")(h)
        h = L.BatchNormalization(momentum=0.9, name=f"norm{number}")(h) if batch_norm else h
        # ReLU and max commute, so the pooling may come first.
        h = keras.ops.relu(L.MaxPooling2D(2, 2, padding="same", name=f"pool{number}")(h))
    h = L.Dense(1000, activation="relu", name="fc4")(L.Flatten()(h))
    h = L.Dropout(dropout)(h)
    model = keras.Model(inputs, L.Dense(10, activation="softmax", name="fc5")(h))
    model.compile(
        keras.optimizers.SGD(0.05),
        keras.losses.SparseCategoricalCrossentropy(),
        metrics=[keras.metrics.SparseCategoricalAccuracy("score")],
    )
    return model


def dense_as_convolution(kernel, bias, input_shape):
    return np.reshape(kernel, tuple(input_shape) + kernel.shape[1:]), np.asarray(bias)


def fully_convolutional(model):
    inputs = h = keras.Input((None, None, model.input_shape[-1]))
    window = None
    for layer in model.layers:
        match layer:
            case L.InputLayer():
                pass
            case L.Flatten():
                window = layer.input.shape[1:]
            case L.Dense():
                kernel, bias = layer.get_weights()
                kernel, bias = dense_as_convolution(kernel, bias, window or (1, 1, len(kernel)))
                window = None
                config = dict(activation=layer.activation, name=layer.name + "_conv")
                new = L.Conv2D(kernel.shape[-1], kernel.shape[:2], **config)
                h = new(h)
                new.set_weights([kernel, bias])
            case _:
                h = layer(h)
    return keras.Model(inputs, h)


def channel_statistics(X_train):
    pixels = X_train.reshape(-1, 3) / np.float64(255)
    return pixels.mean(0), pixels.std(0)


def normalize(X, mean, std):
    return np.float32((X / 255.0 - np.asarray(mean)) / np.asarray(std))


def zca_whiten(X_train, X, epsilon=1e-2):
    shape, d = X.shape, int(np.prod(X.shape[1:]))
    fit = X_train.reshape(-1, d)
    values, vectors = np.linalg.eigh(np.cov(fit, rowvar=False, bias=True))
    return (((X.reshape(-1, d) - fit.mean(0)) @ vectors) / np.sqrt(values + epsilon) @ vectors.T).reshape(shape)


def random_crop_flip(images, rng, size=28):
    n, height, width = images.shape[:3]
    if size > height or size > width:
        raise ValueError("size")
    windows = sliding_window_view(images, (size, size), axis=(1, 2))
    rows, columns = rng.integers(height - size, size=n, endpoint=True), rng.integers(width - size, size=n, endpoint=True)
    crops = windows[np.arange(n), rows, columns].transpose(0, 2, 3, 1)
    return np.where(rng.integers(2, size=n).astype(bool)[:, None, None, None], crops[:, :, ::-1], crops)


def center_crop(images, size=28):
    return tf.image.resize_with_crop_or_pad(images, size, size).numpy()


def augmented_batches(X, y, batch_size, rng):
    order = rng.permutation(len(X))
    data = tf.data.Dataset.from_tensor_slices((random_crop_flip(X[order], rng), y[order]))
    return iter(data.batch(batch_size))


def exponential_decay(initial_rate, epoch, decay=0.95):
    return np.float64(initial_rate) * np.power(np.float64(decay), epoch)


def make_optimizer(learning_rate=0.1, momentum=0.9):
    return keras.optimizers.SGD(learning_rate, momentum=momentum)


def decay_callback(initial_rate, decay=0.95):
    return keras.callbacks.LearningRateScheduler(lambda epoch, _rate: float(exponential_decay(initial_rate, epoch, decay)))


class _Crops(keras.utils.PyDataset):
    def __init__(self, X, y, batch_size, side, seed):
        super().__init__()
        self.X, self.y, self.batch_size, self.side = X, y, batch_size, side
        self.rng = np.random.default_rng(seed)
        self.on_epoch_end()

    def on_epoch_end(self):
        self.order = self.rng.permutation(len(self.X))
        self.crops = random_crop_flip(self.X[self.order], self.rng, self.side)

    def __len__(self):
        return -(-len(self.X) // self.batch_size)

    def __getitem__(self, index):
        rows = slice(index * self.batch_size, (index + 1) * self.batch_size)
        return self.crops[rows], self.y[self.order][rows]


def train(model, train, test, epochs, batch_size=128, augment=False, momentum=0.0, decay=None, seed=0):
    keras.utils.set_random_seed(seed)
    rate = float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
    if momentum:
        config = model.get_compile_config()
        config["optimizer"] = keras.optimizers.serialize(make_optimizer(rate, momentum))
        model.compile_from_config(config)
    options = dict(epochs=epochs, verbose=0, callbacks=[decay_callback(rate, decay)] if decay is not None else [])
    if not augment:
        return model.fit(*train, batch_size=batch_size, validation_data=test, **options)
    side = model.input_shape[1]
    crops = _Crops(*train, batch_size, side, seed)
    return model.fit(crops, validation_data=(center_crop(test[0], side), test[1]), shuffle=False, **options)


_fit = train
STEPS = {
    "scaled": {},
    "normalised": {"normalised": True},
    "augmented": {"augment": True},
    "momentum": {"momentum": 0.9, "decay": 0.95},
    "dropout": {"dropout": 0.5},
    "batch norm": {"batch_norm": True},
}


def run_ablation(train, test, epochs=5, seed=0):
    statistics, table, options = channel_statistics(train[0]), {}, {}
    for name, more in STEPS.items():
        options |= more
        settings = dict(options)
        mean, std = statistics if settings.pop("normalised", False) else ((0.0,) * 3, (1.0,) * 3)
        model = alexnet_cifar(
            28 if settings.get("augment") else 32, settings.pop("dropout", 0.0), settings.pop("batch_norm", False)
        )
        pairs = [(normalize(X, mean, std), y) for X, y in (train, test)]
        history = _fit(model, *pairs, epochs, seed=seed, **settings).history
        accuracy = next(key for key in history if "loss" not in key and not key.startswith("val_"))
        table[name] = {
            "train_accuracy": history[accuracy][-1],
            "test_accuracy": history["val_" + accuracy][-1],
            "test_loss": history["val_loss"][-1],
        }
    return table
