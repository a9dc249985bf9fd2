from pictures import (
    center_crop,
    dense_as_convolution,
    dense_equivalent_param_count,
    normalize,
    output_shape,
    param_count,
    random_crop_flip,
    receptive_field,
)
import keras
import numpy as np
import pictures
from keras import Sequential
from keras.layers import *


def alexnet_layer_report():
    rapport = {}
    rapport["conv1"] = ((32, 32, 32), 5 * 5 * 3 * 32 + 32)
    rapport["pool1"] = ((16, 16, 32), 0)
    rapport["conv2"] = ((16, 16, 64), 5 * 5 * 32 * 64 + 64)
    rapport["pool2"] = ((8, 8, 64), 0)
    rapport["conv3"] = ((8, 8, 64), 5 * 5 * 64 * 64 + 64)
    rapport["pool3"] = ((4, 4, 64), 0)
    rapport["fc4"] = (1000, 4 * 4 * 64 * 1000 + 1000)
    rapport["fc5"] = (10, 1000 * 10 + 10)
    return rapport


def alexnet_cifar(input_size=32, dropout=0.0, batch_norm=False):
    model = Sequential()
    model.add(Input(shape=(input_size, input_size, 3)))
    for nb in [32, 64, 64]:
        model.add(Conv2D(nb, kernel_size=(5, 5), padding="same"))
        if batch_norm == True:
            model.add(BatchNormalization())
        model.add(Activation("relu"))
        model.add(MaxPooling2D(pool_size=(2, 2), strides=(2, 2), padding="same"))
    model.add(Flatten())
    model.add(Dense(1000))
    model.add(Activation("relu"))
    if dropout > 0:
        model.add(Dropout(dropout))
    model.add(Dense(10))
    model.add(Activation("softmax"))
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate=0.01),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=["acc"],
    )
    return model


def fully_convolutional(model):
    stack, shape, weights = [Input((None, None, model.input_shape[-1]))], None, []
    for layer in model.layers:
        if isinstance(layer, Flatten):
            shape = layer.input.shape[1:]
            continue
        if isinstance(layer, Dense):
            shape = shape if shape is not None else (1, 1, layer.input.shape[-1])
            stack.append(Conv2D(layer.units, shape[:2], activation=layer.activation, name=layer.name + "_c"))
            weights.extend(dense_as_convolution(*layer.get_weights(), shape))
            shape = None
        else:
            stack.append(layer)
            weights.extend(layer.get_weights())
    new = keras.Sequential(stack)
    new.set_weights(weights)
    return new


def channel_statistics(X_train):
    total, squares, n = np.zeros(3), np.zeros(3), 0
    for image in X_train:
        pixels = image.reshape(-1, 3) / 255.0
        total, squares, n = total + pixels.sum(0), squares + (pixels**2).sum(0), n + len(pixels)
    mean = total / n
    return mean, np.sqrt(squares / n - mean**2)


def zca_whiten(X_train, X, epsilon=1e-2):
    A = X_train.reshape(X_train.shape[0], -1)
    moyenne = np.mean(A, axis=0)
    cov = np.cov(A - moyenne, rowvar=False)
    U, S, V = np.linalg.svd(cov)
    W = np.dot(U, np.dot(np.diag(1.0 / np.sqrt(S + epsilon)), U.T))
    B = X.reshape(X.shape[0], -1) - moyenne
    return np.dot(B, W).reshape(X.shape)


def augmented_batches(X, y, batch_size, rng, size=28):
    order = rng.permutation(len(X))
    while len(order):
        rows, order = order[:batch_size], order[batch_size:]
        yield pictures.random_crop_flip(X[rows], rng, size), y[rows]


def exponential_decay(initial_rate, epoch, decay=0.95):
    return initial_rate * pow(decay, epoch)


def make_optimizer(learning_rate=0.1, momentum=0.9):
    return keras.optimizers.get({"class_name": "SGD", "config": {"learning_rate": learning_rate, "momentum": momentum}})


def decay_callback(initial_rate, decay=0.95):
    return keras.callbacks.LearningRateScheduler(lambda e: initial_rate * decay**e)


def train(model, train, test, epochs, batch_size=128, augment=False, momentum=0.0, decay=None, seed=0):
    import random

    random.seed(seed)
    np.random.seed(seed)
    keras.utils.set_random_seed(seed)
    rate = float(np.asarray(model.optimizer.learning_rate))
    if momentum:
        model.compile(make_optimizer(rate, momentum), model.loss, metrics=["accuracy"])
    side = model.input_shape[1]

    def forever():
        rng = np.random.default_rng(seed)
        while True:
            yield from augmented_batches(train[0], train[1], batch_size, rng, side)

    source = dict(x=train[0], y=train[1], batch_size=batch_size)
    if augment:
        source = dict(x=forever(), steps_per_epoch=int(np.ceil(len(train[0]) / batch_size)))
        test = (center_crop(test[0], side), test[1])
    callbacks = None if decay is None else [decay_callback(rate, decay)]
    return model.fit(**source, epochs=epochs, validation_data=test, callbacks=callbacks, verbose=0)


def run_ablation(train, test, epochs=5, seed=0):
    fit = globals()["train"]
    mean, std = channel_statistics(train[0])
    scaled = [(np.float32(X) / 255, y) for X, y in (train, test)]
    centred = [(normalize(X, mean, std), y) for X, y in (train, test)]
    last = dict(augment=True, momentum=0.9, decay=0.95)
    runs = {
        "baseline": (alexnet_cifar(), scaled, {}),
        "normalised": (alexnet_cifar(), centred, {}),
        "augmented": (alexnet_cifar(28), centred, dict(augment=True)),
        "momentum": (alexnet_cifar(28), centred, last),
        "dropout": (alexnet_cifar(28, dropout=0.4), centred, last),
        "batchnorm": (alexnet_cifar(28, dropout=0.4, batch_norm=True), centred, last),
    }
    table = {}
    for name, (model, (a, b), options) in runs.items():
        fit(model, a, b, epochs, seed=seed, **options)
        side = model.input_shape[1]
        on_train = model.evaluate(center_crop(a[0], side), a[1], verbose=0)
        on_test = model.evaluate(center_crop(b[0], side), b[1], verbose=0)
        table[name] = {"train_accuracy": on_train[1], "test_accuracy": on_test[1], "test_loss": on_test[0]}
    return table
