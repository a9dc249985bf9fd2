"""Public checks of the lab training: a few simple ones a question, run at home by ``autograder check training``.

The checks that give marks use other data and other models, and look at more than these.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from shared.architectures import expect_classifier, expect_model, expect_parameters, expect_weights
from shared.assertions import FLOAT32, expect_array, expect_equal, expect_raises, expect_shape, fail
from shared.public import public_check
from shared.text import Text

ALEXNET = [(5, 5, 3, 32), (32,), (5, 5, 32, 64), (64,), (5, 5, 64, 64), (64,), (1024, 1000), (1000,), (1000, 10), (10,)]


def images(n=3, side=32):
    """Return random images, float32 (n, side, side, 3) in [0, 1]."""
    return np.random.default_rng(0).random((n, side, side, 3), dtype=np.float32)


def tiny_model(side=8):
    """Return a compiled model of one dense layer on images of a side."""
    model = keras.Sequential([keras.Input((side, side, 3)), layers.Flatten(), layers.Dense(10, activation="softmax")])
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"], run_eagerly=True)
    return model


@public_check("output_shape", en="three layers", fr="trois couches")
def test_output_shape(student):
    """Stride 1 with padding, stride 2, an image that is not square."""
    what = Text("((x + 2p - k) / s, rounded down) + 1, likewise y", "((x + 2p - k) / s, par défaut) + 1, idem y")
    for case, right in (
        ((28, 28, 1, 5, 2, 1), (28, 28, 1)),
        ((28, 28, 6, 3, 0, 2), (13, 13, 1)),
        ((10, 6, 3, 3, 0, 1), (8, 4, 1)),
    ):
        expect_equal(student.output_shape(*case), right, call=f"output_shape{case}", what=what)


@public_check("output_shape", en="a filter that does not fit", fr="un filtre qui ne tient pas")
def test_output_shape_error(student):
    """A filter larger than the image is an error."""
    because = Text("the filter is larger than the image", "le filtre est plus grand que l'image")
    expect_raises(
        ValueError,
        lambda: student.output_shape(3, 3, 1, 5, 0, 1),
        call="output_shape(3, 3, 1, 5, 0, 1)",
        because=because,
    )


@public_check("param_count", en="with and without a bias", fr="avec et sans biais")
def test_param_count(student):
    """A 3×3 filter on 8 channels."""
    expect_equal(
        student.param_count(12, 12, 8, 3, 1, 1),
        73,
        call="param_count(12, 12, 8, 3, 1, 1)",
        what=Text("k²z + 1", "k²z + 1"),
    )
    expect_equal(
        student.param_count(12, 12, 8, 3, 1, 1, use_bias=False),
        72,
        call="param_count(12, 12, 8, 3, 1, 1, use_bias=False)",
        what=Text("k²z", "k²z"),
    )


@public_check("dense_equivalent_param_count", en="a small image", fr="une petite image")
def test_dense_equivalent(student):
    """From 4·5·2 inputs to 2·3 outputs."""
    expect_equal(
        student.dense_equivalent_param_count(4, 5, 2, 3, 0, 1),
        40 * 6 + 6,
        call="dense_equivalent_param_count(4, 5, 2, 3, 0, 1)",
        what=Text("40 inputs to 6 outputs, and 6 biases", "40 entrées vers 6 sorties, et 6 biais"),
    )


@public_check(
    "receptive_field", en="two convolutions; one after a pooling", fr="deux convolutions ; une après un pooling"
)
def test_receptive_field(student):
    """Sides add up less one, strides multiply."""
    what = Text("pixels along one side", "pixels le long d'un côté")
    for stack, right in (([(3, 1), (3, 1)], 5), ([(2, 2), (3, 1)], 6), ([], 1)):
        expect_equal(student.receptive_field(stack), right, call=f"receptive_field({stack})", what=what)


@public_check("alexnet_layer_report", en="names, first layer and total", fr="noms, première couche et total")
def test_report(student):
    """Eight layers in order, 1,191,170 weights."""
    report = student.alexnet_layer_report()
    names = ["conv1", "pool1", "conv2", "pool2", "conv3", "pool3", "fc4", "fc5"]
    expect_equal(
        list(report),
        names,
        call="list(alexnet_layer_report())",
        what=Text("the layers in order", "les couches en ordre"),
    )
    expect_equal(
        report["conv1"],
        ((32, 32, 32), 2432),
        call='alexnet_layer_report()["conv1"]',
        what=Text("shape and weights", "forme et poids"),
    )
    expect_equal(
        sum(count for _, count in report.values()),
        1_191_170,
        call="sum of the counts",
        what=Text("all weights to learn", "tous les poids à apprendre"),
    )


@public_check("alexnet_cifar", en="1,191,170 parameters at 32 and 28", fr="1 191 170 paramètres à 32 et à 28")
def test_alexnet_parameters(student):
    """The total and the weights' shapes at both sizes."""
    down = Text("The poolings must round up.", "Les poolings doivent arrondir par excès.")
    for side in (32, 28):
        call = f"alexnet_cifar({side})"
        model = expect_model(student.alexnet_cifar(side), call, images(1, side))
        expect_parameters(model, call, 1_191_170, [(743_170, down)])
        expect_weights(model, call, ALEXNET)


@public_check("alexnet_cifar", en="probabilities; loss and metric", fr="probabilités ; perte et métrique")
def test_alexnet_classifies(student):
    """The network gives probabilities and is compiled for integer labels."""
    model = expect_model(student.alexnet_cifar(), "alexnet_cifar()", images())
    expect_classifier(model, "alexnet_cifar()", images(), np.array([3, 1, 4]))


@public_check("alexnet_cifar", en="batch normalisation: 640 more", fr="normalisation par lots : 640 de plus")
def test_alexnet_batch_norm(student):
    """Two learnt and two running numbers a channel."""
    call = "alexnet_cifar(batch_norm=True)"
    model = expect_model(student.alexnet_cifar(batch_norm=True), call, images(1))
    expect_parameters(model, call, 1_191_810)


@public_check("dense_as_convolution", en="shape and the same sum", fr="forme et même somme")
def test_dense_as_convolution(student):
    """On a block of the size of the filter both give the same."""
    rng = np.random.default_rng(1)
    block, weights, offset = rng.random((2, 3, 4)), rng.random((24, 5)), rng.random(5)
    kernel, bias = student.dense_as_convolution(weights, offset, (2, 3, 4))
    expect_shape(kernel, (2, 3, 4, 5), call="dense_as_convolution(W, b, (2, 3, 4))[0]")
    expect_array(
        np.einsum("hwd,hwdc->c", block, kernel) + bias,
        block.reshape(-1) @ weights + offset,
        call="the convolution at its one place",
        what=Text("what the dense layer gives", "ce que donne la couche dense"),
        **FLOAT32,
    )


@public_check("fully_convolutional", en="same outputs, and a map", fr="mêmes sorties, et une carte")
def test_fully_convolutional(student):
    """A network of two dense layers on 6×6 images, then on 8×7 images."""
    model = keras.Sequential(
        [
            keras.Input((6, 6, 3)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(5, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    whole = student.fully_convolutional(model)
    call = "fully_convolutional(model)"
    X = images(2, 6)
    found = np.asarray(expect_model(whole, call, X)(X))
    expect_array(found, np.asarray(model(X))[:, None, None], call=f"{call}(X)", **FLOAT32)
    larger = np.random.default_rng(2).random((1, 8, 7, 3), dtype=np.float32)
    expect_shape(np.asarray(whole(larger)), (1, 3, 2, 10), call=f"{call}(images of 8×7)")


@public_check("channel_statistics", en="two pixels", fr="deux pixels")
def test_channel_statistics(student):
    """Mean and deviation of values that one can compute in one's head."""
    X = np.array([[[[0, 51, 255]]], [[[255, 51, 0]]]], dtype=np.uint8)
    mean, std = student.channel_statistics(X)
    what = Text("of images scaled to [0, 1]", "d'images ramenées à [0, 1]")
    expect_array(mean, [0.5, 0.2, 0.5], call="channel_statistics(X)[0]", what=what, **FLOAT32)
    expect_array(std, [0.5, 0.0, 0.5], call="channel_statistics(X)[1]", what=what, **FLOAT32)


@public_check("normalize", en="one grey, float32", fr="un gris, float32")
def test_normalize(student):
    """(51 / 255 - 0.1) / 0.5 is 0.2."""
    X = np.full((2, 3, 4, 3), 51, np.uint8)
    found = student.normalize(X, np.full(3, 0.1), np.full(3, 0.5))
    what = Text("(X / 255 - mean) / std", "(X / 255 - mean) / std")
    expect_array(found, np.full(X.shape, 0.2), call="normalize(X, mean, std)", what=what, **FLOAT32)
    kind = Text("the type of the result", "le type du résultat")
    expect_equal(str(found.dtype), "float32", call="normalize(X, mean, std).dtype", what=kind)


@public_check("zca_whiten", en="the covariance becomes the identity", fr="la covariance devient l'identité")
def test_zca(student):
    """Two pixels that are nearly alike."""
    drawn = np.random.default_rng(3).normal(size=(3000, 2))
    X = np.stack([drawn[:, 0], 0.6 * drawn[:, 0] + 0.8 * drawn[:, 1]], axis=1).reshape(3000, 1, 2, 1)
    found = student.zca_whiten(X, X)
    expect_shape(found, X.shape, call="zca_whiten(X, X)")
    what = Text("close to the identity", "proche de l'identité")
    flat = np.asarray(found).reshape(3000, 2)
    expect_array(np.cov(flat.T), np.eye(2), call="covariance of zca_whiten(X, X)", rtol=0, atol=0.06, what=what)


@public_check("random_crop_flip", en="crops that come from rng", fr="des carrés qui viennent de rng")
def test_random_crop_flip(student):
    """The shape is right, and the seed decides."""
    X = images(8, 12)
    one, two, other = (student.random_crop_flip(X, np.random.default_rng(seed), size=9) for seed in (1, 1, 2))
    expect_shape(one, (8, 9, 9, 3), call="random_crop_flip(images, rng, size=9)")
    if not np.array_equal(one, two) or np.array_equal(one, other):
        fail(Text("the crops do not follow the seed of rng", "les carrés ne suivent pas la graine de rng"))


@public_check("center_crop", en="the middle of a table", fr="le milieu d'un tableau")
def test_center_crop(student):
    """Rows 1 and 2, columns 2 and 3."""
    X = np.arange(24).reshape(1, 4, 6, 1)
    expect_array(
        np.asarray(student.center_crop(X, size=2))[0, :, :, 0],
        [[8, 9], [14, 15]],
        call="center_crop(images, size=2), images of 4 by 6",
        what=Text("the middle", "le milieu"),
    )


@public_check("augmented_batches", en="sizes; each label once", fr="tailles ; chaque étiquette une fois")
def test_augmented_batches(student):
    """Seven images in batches of three."""
    batches = list(student.augmented_batches(images(7), np.arange(7), 3, np.random.default_rng(0)))
    call = "augmented_batches(X, y, 3, rng)"
    expect_equal(
        [np.asarray(X).shape for X, _ in batches],
        [(3, 28, 28, 3), (3, 28, 28, 3), (1, 28, 28, 3)],
        call=f"shapes in {call}, 7 images",
        what=Text("two batches of three and one image", "deux lots de trois et une image"),
    )
    expect_equal(
        sorted(int(label) for _, y in batches for label in y),
        list(range(7)),
        call=f"labels in {call}, sorted",
        what=Text("each once", "chacune une fois"),
    )


@public_check("exponential_decay", en="two epochs", fr="deux époques")
def test_exponential_decay(student):
    """Halved twice; unchanged in epoch 0."""
    what = Text("initial_rate · decay^epoch", "initial_rate · decay^epoch")
    for epoch, right in ((0, 0.8), (2, 0.2)):
        call = f"exponential_decay(0.8, {epoch}, decay=0.5)"
        expect_array(student.exponential_decay(0.8, epoch, decay=0.5), right, call=call, what=what)


@public_check("make_optimizer", en="rate and momentum", fr="pas et inertie")
def test_make_optimizer(student):
    """SGD with what it was given."""
    optimizer = student.make_optimizer(0.25, momentum=0.5)
    found = [float(np.asarray(optimizer.learning_rate)), float(optimizer.momentum)]
    what = Text("rate and momentum", "pas et inertie")
    expect_array(found, [0.25, 0.5], call="make_optimizer(0.25, momentum=0.5)", what=what, **FLOAT32)


@public_check("decay_callback", en="three epochs", fr="trois époques")
def test_decay_callback(student):
    """The rate at the end of each epoch of a small training."""
    model, rates = tiny_model(), []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda _epoch, _logs: rates.append(float(np.asarray(model.optimizer.learning_rate)))
    )
    model.fit(
        images(2, 8), np.arange(2), epochs=3, verbose=0, callbacks=[watch, student.decay_callback(0.4, decay=0.5)]
    )
    what = Text("halved after each epoch", "divisé par deux après chaque époque")
    expect_array(rates, [0.4, 0.2, 0.1], call="rates with decay_callback(0.4, decay=0.5)", what=what, **FLOAT32)


@public_check("train", en="a History, an epoch a value", fr="un History, une valeur par époque")
def test_train(student):
    """Two epochs on images of the model's own side, then on larger ones with all options."""
    for side, options in ((8, {}), (10, {"augment": True, "momentum": 0.9, "decay": 0.5})):
        pair = images(6, side), np.arange(6)
        history = student.train(tiny_model(), pair, pair, 2, batch_size=4, **options)
        call = f"train(model, train, test, 2, batch_size=4{''.join(f', {k}={v}' for k, v in options.items())})"
        kind = Text("what fit returns", "ce que renvoie fit")
        expect_equal(type(history).__name__, "History", call=f"type({call})", what=kind)
        what = Text("an epoch a value", "une valeur par époque")
        expect_equal(len(history.history["val_loss"]), 2, call=f'len({call}.history["val_loss"])', what=what)


@public_check("run_ablation", en="six variants, three numbers each", fr="six variantes, trois nombres chacune")
def test_run_ablation(student):
    """On two images and one epoch, without tracing, which would take longer than the steps."""
    pair = (images(2) * 255).astype(np.uint8), np.arange(2)
    tf.config.run_functions_eagerly(True)
    try:
        table = student.run_ablation(pair, pair, epochs=1)
    finally:
        tf.config.run_functions_eagerly(False)
    call = "run_ablation(train, test, epochs=1)"
    expect_equal(len(table), 6, call=f"len({call})", what=Text("six variants", "six variantes"))
    keys = ["test_accuracy", "test_loss", "train_accuracy"]
    for name, row in table.items():
        what = Text("three numbers", "trois nombres")
        expect_equal(sorted(row), keys, call=f"sorted({call}[{name!r}])", what=what)
