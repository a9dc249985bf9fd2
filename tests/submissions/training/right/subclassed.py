"""Classes of my own: a subclassed network, a layer for conv blocks, a generator of crops, a hand-made loop."""
import keras
import numpy as np
from keras import layers as kl


class Size:
    def __init__(self, x, y, z, k, p, s):
        self.x, self.y, self.z, self.k, self.p, self.s = x, y, z, k, p, s

    def check(self):
        if not (self.k >= 1 and self.s >= 1 and self.p >= 0):
            raise ValueError("k, p, s")
        if self.k > self.x + 2 * self.p or self.k > self.y + 2 * self.p:
            raise ValueError("k is too large")
        return self

    @property
    def out(self):
        return tuple(int((side + 2 * self.p - self.k) / self.s + 1) for side in (self.x, self.y))


def output_shape(x, y, z, k, p, s):
    return Size(x, y, z, k, p, s).check().out + (1,)


def param_count(x, y, z, k, p, s, use_bias=True):
    layer = kl.Conv2D(1, k, strides=s, use_bias=use_bias)
    layer.build((None, x + 2 * p, y + 2 * p, z))
    return layer.count_params()


def dense_equivalent_param_count(x, y, z, k, p, s, use_bias=True):
    h, w = Size(x, y, z, k, p, s).out
    return x * y * z * h * w + (h * w if use_bias else 0)


def receptive_field(layers):
    if not layers:
        return 1
    (k, s), rest = layers[0], layers[1:]
    return (receptive_field(rest) - 1) * s + k


def alexnet_layer_report():
    report, side, depth = {}, 32, 3
    for i, c in enumerate([32, 64, 64]):
        report["conv%d" % (i + 1)] = ([side, side, c], param_count(side, side, depth, 5, 2, 1) * c)
        side, depth = side // 2, c
        report["pool%d" % (i + 1)] = ([side, side, depth], 0)
    report["fc4"] = ((1, 1, 1000), (side * side * depth + 1) * 1000)
    report["fc5"] = ((1, 1, 10), 1001 * 10)
    return report


@keras.saving.register_keras_serializable(package="me")
class Block(kl.Layer):
    def __init__(self, filters, batch_norm, **kwargs):
        super().__init__(**kwargs)
        self.filters, self.batch_norm = filters, batch_norm
        self.conv = kl.Conv2D(filters, 5, padding="same")
        self.norm = kl.BatchNormalization() if batch_norm else None
        self.pool = kl.MaxPooling2D(2, padding="same")

    def call(self, x, training=None):
        x = self.conv(x)
        if self.norm is not None:
            x = self.norm(x, training=training)
        return self.pool(keras.activations.relu(x))


class AlexNet(keras.Model):
    def __init__(self, input_size, dropout, batch_norm):
        super().__init__()
        self.side = input_size
        self.blocks = [Block(f, batch_norm) for f in (32, 64, 64)]
        self.flatten = kl.Flatten()
        self.fc4 = kl.Dense(1000, activation="relu")
        self.drop = kl.Dropout(dropout)
        self.fc5 = kl.Dense(10, activation="softmax")

    @property
    def input_shape(self):
        return (None, self.side, self.side, 3)

    def call(self, x, training=False):
        for block in self.blocks:
            x = block(x, training=training)
        x = self.fc4(self.flatten(x))
        return self.fc5(self.drop(x, training=training))


def alexnet_cifar(input_size=32, dropout=0.0, batch_norm=False):
    model = AlexNet(input_size, dropout, batch_norm)
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy", metrics=["sparse_categorical_accuracy"])
    return model


def dense_as_convolution(kernel, bias, input_shape):
    return kernel.reshape(list(input_shape) + [kernel.shape[1]]), bias


def fully_convolutional(model):
    new = []
    shape = None
    for layer in model.layers:
        if isinstance(layer, kl.Flatten):
            shape = tuple(layer.input.shape)[1:]
        elif isinstance(layer, kl.Dense):
            w = layer.get_weights()
            shape = shape or (1, 1, w[0].shape[0])
            conv = kl.Conv2D(layer.units, shape[:2], padding="valid")
            conv.build((None, None, None, shape[2]))
            conv.set_weights(dense_as_convolution(w[0], w[1], shape))
            new += [conv, kl.Activation(layer.activation)]
            shape = None
        elif not isinstance(layer, kl.InputLayer):
            new.append(layer)

    class Whole(keras.Model):
        def __init__(self):
            super().__init__()
            self.parts = new

        def call(self, x, training=False):
            for part in self.parts:
                x = part(x, training=training) if isinstance(part, (kl.Dropout, kl.BatchNormalization)) else part(x)
            return x

    return Whole()


def channel_statistics(X_train):
    X = np.asarray(X_train, "float64") / 255
    mean = X.mean((0, 1, 2))
    return mean, np.sqrt((X**2).mean((0, 1, 2)) - mean**2)


def normalize(X, mean, std):
    return ((X.astype("float32") / 255 - np.float32(mean)) / np.float32(std)).astype("float32")


def zca_whiten(X_train, X, epsilon=1e-2):
    n = len(X_train)
    M = X_train.reshape(n, -1) - X_train.reshape(n, -1).mean(0)
    u, s, vt = np.linalg.svd(M, full_matrices=False)
    W = (vt.T / np.sqrt(s**2 / n + epsilon)) @ vt
    return ((X.reshape(len(X), -1) - X_train.reshape(n, -1).mean(0)) @ W).reshape(X.shape)


def random_crop_flip(images, rng, size=28):
    n, h, w, c = images.shape
    if not 0 < size <= min(h, w):
        raise ValueError("size")

    def one(image):
        r, q = rng.choice(h - size + 1), rng.choice(w - size + 1)
        piece = image[r : r + size, q : q + size]
        return piece[:, ::-1] if rng.choice([True, False]) else piece

    return np.stack([one(image) for image in images])


def center_crop(images, size=28):
    a, b = ((side - size) / 2 for side in images.shape[1:3])
    return images[:, int(a) : int(a) + size, int(b) : int(b) + size, :]


class Batches:
    def __init__(self, X, y, batch_size, rng, size=28):
        self.X, self.y, self.batch_size, self.rng, self.size = X, y, batch_size, rng, size

    def __iter__(self):
        for rows in np.split(self.rng.permutation(len(self.X)), range(self.batch_size, len(self.X), self.batch_size)):
            yield random_crop_flip(self.X[rows], self.rng, self.size), self.y[rows]


def augmented_batches(X, y, batch_size, rng):
    return Batches(X, y, batch_size, rng)


def exponential_decay(initial_rate, epoch, decay=0.95):
    return initial_rate * np.exp(epoch * np.log(decay))


class Plain(keras.optimizers.SGD):
    """The same as SGD, under a name of my own."""


def make_optimizer(learning_rate=0.1, momentum=0.9):
    return Plain(learning_rate=learning_rate, momentum=momentum)


class Decay(keras.callbacks.Callback):
    def __init__(self, rate, decay):
        super().__init__()
        self.rate, self.decay = rate, decay

    def on_epoch_begin(self, epoch, logs=None):
        self.model.optimizer.learning_rate.assign(self.rate * self.decay**epoch)


def decay_callback(initial_rate, decay=0.95):
    return Decay(initial_rate, decay)


def _train(model, train, test, epochs, batch_size=128, augment=False, momentum=0.0, decay=None, seed=0):
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    rate = float(np.array(model.optimizer.learning_rate))
    if momentum > 0:
        model.compile(optimizer=make_optimizer(rate, momentum), loss=model.loss, metrics=["accuracy"])
    history = keras.callbacks.History()
    history.set_model(model)
    history.on_train_begin()
    X_test, y_test = test
    side = model.input_shape[1]
    if augment:
        X_test = center_crop(X_test, side)
    for epoch in range(epochs):
        if decay is not None:
            model.optimizer.learning_rate = exponential_decay(rate, epoch, decay)
        if augment:
            batches = Batches(*train, batch_size, rng, side)
        else:
            order = rng.permutation(len(train[0]))
            cuts = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
            batches = [(train[0][rows], train[1][rows]) for rows in cuts]
        model.reset_metrics()
        for images, labels in batches:
            logs = model.train_on_batch(images, labels, return_dict=True)
        logs = {key: float(value) for key, value in logs.items()}
        measured = model.evaluate(X_test, y_test, verbose=0, return_dict=True)
        logs |= {"val_" + key: value for key, value in measured.items()}
        history.on_epoch_end(epoch, logs)
    return history


def train(model, train, test, epochs, batch_size=128, augment=False, momentum=0.0, decay=None, seed=0):
    return _train(model, train, test, epochs, batch_size, augment, momentum, decay, seed)


def run_ablation(train, test, epochs=5, seed=0):
    mean, std = channel_statistics(train[0])
    plan = [
        ("1", False, {}, {}),
        ("2", True, {}, {}),
        ("3", True, {"input_size": 28}, {"augment": True}),
        ("4", True, {"input_size": 28}, {"augment": True, "momentum": 0.9, "decay": 0.95}),
        ("5", True, {"input_size": 28, "dropout": 0.5}, {"augment": True, "momentum": 0.9, "decay": 0.95}),
        ("6", True, {"input_size": 28, "dropout": 0.5, "batch_norm": True}, {"augment": True, "momentum": 0.9, "decay": 0.95}),
    ]
    out = {}
    for number, (name, centred, build, fit) in enumerate(plan):
        keras.utils.set_random_seed(seed + number)
        sets = [(normalize(X, mean, std) if centred else (X / 255).astype("float32"), y) for X, y in (train, test)]
        history = _train(alexnet_cifar(**build), *sets, epochs, seed=seed, **fit).history
        key = [k for k in history if k.startswith("val_") and k != "val_loss"][0]
        out[name] = dict(train_accuracy=history[key[4:]][-1], test_accuracy=history[key][-1], test_loss=history["val_loss"][-1])
    return out
