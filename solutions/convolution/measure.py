"""Measure the figures of the model answers: LeNet against its equivalent MLP, and learning from few labels.

Run ``python solutions/convolution/measure.py`` (with ``COURSE_DATA`` for the real digits); it prints two tables.
"""

from __future__ import annotations

import sys
from pathlib import Path

import keras
import numpy as np
from convolution import compare_models, equivalent_mlp, get_data_mnist, lenet, transfer_model
from pretrain import build_base, select

sys.path.append(str(Path(__file__).parents[2] / "assignments" / "convolution"))
from pretrained import load_pretrained

SEEDS = (0, 1, 2)
N_TRAIN, N_TEST, EPOCHS = 4000, 1000, 5
LABELS_PER_DIGIT, FEW_EPOCHS, FEW_BATCH = (2, 5, 20), 60, 10


def main() -> None:
    """Print both tables."""
    (X_train, y_train), (X_test, y_test) = get_data_mnist()
    train, test = (X_train[:N_TRAIN], y_train[:N_TRAIN]), (X_test[:N_TEST], y_test[:N_TEST])
    print(f"q1: {len(train[0])} training and {len(test[0])} test images, {EPOCHS} epochs, batches of 32")
    for seed in SEEDS:
        print(f"seed {seed}:", _networks(train, test, seed))
    few_train, few_test = (
        select((X[..., 0] * 255).astype("uint8"), y, first=5) for X, y in ((X_train, y_train), (X_test, y_test))
    )
    few_test = (few_test[0][:1000], few_test[1][:1000])
    print(f"q2: digits 5 to 9, {len(few_test[0])} test images, {FEW_EPOCHS} epochs, batches of {FEW_BATCH}")
    for count in LABELS_PER_DIGIT:
        for seed in SEEDS:
            print(f"{count} a digit, seed {seed}:", _few_labels(few_train, few_test, count, seed))


def _networks(train: tuple[np.ndarray, ...], test: tuple[np.ndarray, ...], seed: int) -> dict[str, float]:
    """Return the test accuracies of LeNet and of its MLP, as they are and with the test images moved by two pixels."""
    keras.utils.set_random_seed(seed)
    models = {"lenet": lenet(), "mlp": equivalent_mlp(61_706)}
    found = compare_models(models, train, test, epochs=EPOCHS, batch_size=32)
    moved = np.roll(test[0], 2, axis=2)
    for name, model in models.items():
        found[f"{name}, moved"] = model.evaluate(moved, test[1], verbose=0)[1]
    return {name: round(value, 4) for name, value in found.items()}


def _few_labels(
    train: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray], count: int, seed: int
) -> dict[str, float]:
    """Return the test accuracies after training on a few images of each digit, without and with pre-training."""
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    chosen = np.concatenate([rng.permutation(np.flatnonzero(train[1] == digit))[:count] for digit in range(5)])
    models = {"without": build_base(), "with": transfer_model(load_pretrained(), 5)}
    few = (train[0][chosen], train[1][chosen])
    found = compare_models(models, few, test, epochs=FEW_EPOCHS, batch_size=FEW_BATCH)
    return {name: round(value, 4) for name, value in found.items()}


if __name__ == "__main__":
    main()
