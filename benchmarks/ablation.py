"""Measures what the handout of the lab `training` shows: the six variants of its ablation, on a part of CIFAR-10.

    python benchmarks/ablation.py [--train 1500] [--test 500] [--epochs 6] [--seed 0] [--source course]

prints the table of `run_ablation`, as the lab's reference computes it, and the test accuracy after each epoch.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from shared import datasets

REFERENCE = Path(__file__).parents[1] / "solutions" / "training" / "training.py"


def load_reference() -> ModuleType:
    """Import the reference solution by its path."""
    spec = importlib.util.spec_from_file_location("training", REFERENCE)
    if spec is None or spec.loader is None:
        message = f"cannot be imported: {REFERENCE}"
        raise ImportError(message)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def first_rows(pair: tuple[Any, Any], n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first n images, uint8 (n, 32, 32, 3), and labels, int (n,)."""
    return pair[0][:n], pair[1][:n].reshape(-1).astype(int)


def with_curves(reference: ModuleType) -> list[list[float]]:
    """Let the reference note the validation accuracy of each epoch; return the list that it fills."""
    curves: list[list[float]] = []
    plain = reference._train

    def noting(*args: Any, **kwargs: Any) -> Any:
        history = plain(*args, **kwargs)
        curves.append(history.history["val_accuracy"])
        return history

    reference._train = noting  # type: ignore[attr-defined]
    return curves


def main() -> None:
    """Print the table in Markdown, a row a variant."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("train", 1500), ("test", 500), ("epochs", 6), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--source", default="embedded", choices=("embedded", "course"), help="where to load from")
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    train, test = datasets.load("cifar10", source=options.source)
    reference, start = load_reference(), time.perf_counter()
    curves = with_curves(reference)
    pairs = first_rows(train, options.train), first_rows(test, options.test)
    table = reference.run_ablation(*pairs, epochs=options.epochs, seed=options.seed)
    print(f"{options.source}: {options.train} + {options.test} images, {options.epochs} epochs, seed {options.seed}")
    print(
        "| variant | train accuracy | test accuracy | test loss | test accuracy after each epoch |\n|---|---|---|---|---|"
    )
    for (name, row), curve in zip(table.items(), curves, strict=True):
        epochs = " ".join(f"{value:.3f}" for value in curve)
        print(
            f"| {name} | {row['train_accuracy']:.3f} | {row['test_accuracy']:.3f} | {row['test_loss']:.3f} | {epochs} |"
        )
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
