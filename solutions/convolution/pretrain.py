"""Train the small network on the digits 0 to 4 that students reuse in `transfer_model`, on the embedded digits.

Run ``python solutions/convolution/pretrain.py``; it writes the two files of ``assignments/convolution/weights`` and
prints the figures that the handout states.  About half a minute on one core.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from keras import layers

from shared import datasets

SEED, EPOCHS, BATCH_SIZE, CLASSES = 0, 8, 32, 5
WEIGHTS = Path(__file__).parents[2] / "assignments" / "convolution" / "weights"


def build_base() -> keras.Model:
    """Return the network without training; its layers' names stay clear of those that Keras gives to new ones."""
    model = keras.Sequential(
        [
            layers.Input((28, 28, 1), name="images"),
            layers.Conv2D(8, 3, use_bias=False, name="base_conv_1"),
            layers.BatchNormalization(name="base_norm_1"),
            layers.ReLU(name="base_relu_1"),
            layers.MaxPooling2D(2, name="base_pool_1"),
            layers.Conv2D(16, 3, use_bias=False, name="base_conv_2"),
            layers.BatchNormalization(name="base_norm_2"),
            layers.ReLU(name="base_relu_2"),
            layers.MaxPooling2D(2, name="base_pool_2"),
            layers.Flatten(name="base_flatten"),
            layers.Dense(CLASSES, activation="softmax", name="base_head"),
        ],
        name="digits_0_to_4",
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def select(images: np.ndarray, labels: np.ndarray, *, first: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the images (n, 28, 28, 1) of five digits in [0, 1], and their labels counted from 0.

    Args:
        images: uint8 (m, 28, 28).
        labels: The digits, (m,).
        first: The smallest of the five digits.
    """
    chosen = (labels >= first) & (labels < first + CLASSES)
    return images[chosen][..., np.newaxis].astype("float32") / 255, labels[chosen].astype(int) - first


def main() -> None:
    """Train, measure, write."""
    keras.utils.set_random_seed(SEED)
    train, test = (select(*pair, first=0) for pair in datasets.load("mnist", source="embedded"))
    model = build_base()
    model.fit(*train, batch_size=BATCH_SIZE, epochs=EPOCHS, verbose=0)
    _, accuracy = model.evaluate(*test, verbose=0)
    print(f"{model.count_params()} parameters, {len(train[0])} images, {EPOCHS} epochs, seed {SEED}")
    print(f"test accuracy on {len(test[0])} digits 0 to 4: {accuracy:.4f}")
    # A copy that was never compiled: its files hold no optimizer.
    bare = keras.models.clone_model(model)
    bare.set_weights(model.get_weights())
    WEIGHTS.mkdir(exist_ok=True)
    (WEIGHTS / f"{model.name}.json").write_text(bare.to_json() + "\n", encoding="utf-8")
    bare.save_weights(WEIGHTS / f"{model.name}.weights.h5")


if __name__ == "__main__":
    main()
