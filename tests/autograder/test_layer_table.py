"""A student's layers beside the handout's, one line each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.layer_table import layer_rows


def layer(kind: str, activation: str | None = None, **config: Any) -> dict[str, Any]:
    """Return a layer as a model describes it."""
    return {"kind": kind, "activation": activation, "config": config}


def lines(*layers: Any) -> list[str | None]:
    """Return the student's side of the table."""
    return [row["yours"] for row in layer_rows({"layers": list(layers)}, [])]


def test_each_layer_is_a_line() -> None:
    """Kind, size, kernel, padding and activation, in this order; layers that only name a shape are left out."""
    assert lines(
        layer("InputLayer"),
        layer("Conv2D", "relu", filters=32, kernel_size=[3, 3], padding="same"),
        layer("MaxPooling2D", pool_size=(2, 2), padding="valid"),
        layer("Dropout", rate=0.25),
        layer("Reshape"),
        layer("Dense", "linear", units=10),
    ) == ["Conv2D 32 3×3 same relu", "MaxPooling2D 2×2", "Dropout 0.25", "Dense 10"]


def test_an_activation_of_its_own_joins_the_line_before() -> None:
    """Dense and then Activation is the same network as Dense with an activation."""
    split = lines(
        layer("Dense", "linear", units=4), layer("Activation", "relu"), layer("Dense", units=2), layer("Softmax")
    )

    assert split == ["Dense 4 relu", "Dense 2 softmax"]
    assert lines(layer("ReLU")) == ["ReLU"]


def test_equal_layers_stand_side_by_side() -> None:
    """A layer left out or changed does not shift those after it."""
    yours = [layer("Conv2D", filters=8), layer("Dense", units=5), layer("Dense", units=10)]

    rows = layer_rows({"layers": yours}, ["Conv2D 8", "Flatten", "Dense 4", "Dense 10"])

    assert [(row["yours"], row["expected"], row["differs"]) for row in rows] == [
        ("Conv2D 8", "Conv2D 8", False),
        ("Dense 5", "Flatten", True),
        (None, "Dense 4", True),
        ("Dense 10", "Dense 10", False),
    ]


@pytest.mark.parametrize(
    "description",
    [
        {},
        {"layers": 3},
        {"layers": [3, None, []]},
        {"layers": [{}]},
        {"layers": [{"kind": 7, "config": 3, "activation": 4}]},
        {
            "layers": [
                {"kind": "x" * 9999, "config": {"units": True, "kernel_size": ["y" * 999]}, "activation": "z" * 999}
            ]
        },
        {"layers": [{"kind": [1], "config": {"filters": float("nan"), "pool_size": "ab", "padding": [1]}}]},
        {
            "layers": [
                {"kind": np.zeros(2), "config": {"units": 10**400, "padding": np.zeros(2), "kernel_size": [1] * 10**5}}
            ]
        },
    ],
    ids=range(8),
)
def test_nonsense_is_shown_short(description: dict[str, Any]) -> None:
    """A model's description of itself may be anything; rows are texts of bounded length."""
    rows = layer_rows(description, ["Dense 10"])

    assert all(row["yours"] is None or len(row["yours"]) < 300 for row in rows)
