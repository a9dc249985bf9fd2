"""The NumPy oracle for networks, on cases that can be computed by hand; beside Keras it is in test_student."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.network import Kernels, Plan, Stage, forward, random_weights, sort_kernels


def run(plan: Plan, images: np.ndarray, **weights: Any) -> np.ndarray:
    """Run a network that fits its plan."""
    kernels = Kernels(tuple(weights.get("convolutions", ())), tuple(weights.get("dense", ())))
    found = forward(plan, kernels, images)
    assert found is not None
    return found


IMAGE = np.arange(16.0).reshape(1, 4, 4, 1)


def test_convolution_by_hand() -> None:
    """A kernel with a single one picks a pixel: correlation, not flipped."""
    kernel = np.zeros((2, 2, 1, 1))
    kernel[0, 1] = 1

    found = run(Plan((Stage("conv"),)), IMAGE, convolutions=[(kernel, np.array([100.0]))])

    np.testing.assert_array_equal(found[0, :, :, 0], IMAGE[0, :3, 1:, 0] + 100)


def test_same_padding_by_hand() -> None:
    """An even kernel is padded after, as TensorFlow does it."""
    found = run(Plan((Stage("conv", same=True),)), IMAGE, convolutions=[(np.ones((2, 2, 1, 1)), None)])

    assert found.shape == IMAGE.shape
    assert (found[0, 0, 0, 0], found[0, 3, 3, 0]) == (0 + 1 + 4 + 5, 15)


def test_pooling_by_hand() -> None:
    """Blocks of two by two; a row or column too many is dropped."""
    odd = np.arange(25.0).reshape(1, 5, 5, 1)

    assert run(Plan((Stage("max_pool"),)), odd)[0, :, :, 0].tolist() == [[6, 8], [16, 18]]
    assert run(Plan((Stage("average_pool"),)), odd)[0, :, :, 0].tolist() == [[3, 5], [13, 15]]
    assert run(Plan((Stage("max_pool", size=3),)), odd)[0, :, :, 0].tolist() == [[12]]


def test_layouts_by_hand() -> None:
    """Transposed images and channels first when flattening: four layouts, each another order of the same numbers."""
    image = np.arange(8.0).reshape(1, 2, 2, 2)

    orders = {tuple(run(plan, image)[0].astype(int)) for plan in Plan((Stage("flatten"),)).layouts()}

    assert orders == {
        (0, 1, 2, 3, 4, 5, 6, 7),
        (0, 2, 4, 6, 1, 3, 5, 7),
        (0, 1, 4, 5, 2, 3, 6, 7),
        (0, 4, 2, 6, 1, 5, 3, 7),
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("linear", [-1000, 0, 1000]),
        ("relu", [0, 0, 1000]),
        ("sigmoid", [0, 0.5, 1]),
        ("softmax", [0, 0, 1]),
        ("tanh", [-1, 0, 1]),
    ],
)
def test_activations_do_not_overflow(name: str, expected: list[float]) -> None:
    """Large values give limits, not warnings."""
    values = np.array([[-1000.0, 0.0, 1000.0]])

    found = run(Plan((Stage("dense", name),)), values, dense=[(np.eye(3), None)])

    np.testing.assert_allclose(found, [expected], atol=1e-12)


CONV = (np.zeros((3, 3, 1, 4)), np.zeros(4))
CONV2 = (np.zeros((3, 3, 4, 2)), np.zeros(2))
DENSE = (np.zeros((8, 5)), np.zeros(5))
OUT = (np.zeros((5, 10)), np.zeros(10))


@pytest.mark.parametrize("order", [(CONV, CONV2, DENSE, OUT), (OUT, CONV2, DENSE, CONV), (DENSE, OUT, CONV, CONV2)])
def test_kernels_are_sorted_by_their_shapes(order: tuple[Any, ...]) -> None:
    """Whatever the order in which layers were created, the order of use is found."""
    found = sort_kernels([array for pair in order for array in pair])

    assert found is not None
    assert [kernel.shape[-1] for kernel, _ in found.convolutions] == [4, 2]
    assert [kernel.shape[-1] for kernel, _ in found.dense] == [5, 10]
    assert all(bias is not None for _, bias in (*found.convolutions, *found.dense))


def test_a_layer_that_keeps_its_width_is_no_dead_end() -> None:
    """The last layer, made first, takes as many inputs as the first one: only one order uses both."""
    last, first = (np.zeros((2, 1)), np.zeros(1)), (np.zeros((2, 2)), np.zeros(2))

    found = sort_kernels([*last, *first])

    assert found is not None
    assert [kernel.shape for kernel, _ in found.dense] == [(2, 2), (2, 1)]


def test_biases_may_come_behind_all_kernels() -> None:
    """A model that makes its own arrays has them in any order."""
    found = sort_kernels([DENSE[0], OUT[0], DENSE[1], OUT[1]])

    assert found is not None
    assert [bias.size for _, bias in found.dense if bias is not None] == [5, 10]


@pytest.mark.parametrize(
    "weights",
    [
        [np.zeros(3)],
        [np.zeros((3, 3, 2, 4))],
        [np.zeros((2, 3, 4))],
        [*CONV, np.zeros(4)],
        [np.zeros((4, 5)), np.zeros(4)],
        [np.zeros((4, 5)), np.zeros((6, 7))],
    ],
    ids=range(6),
)
def test_what_is_no_chain_is_not_sorted(weights: list[np.ndarray]) -> None:
    """Batch normalisation, odd shapes and loose ends have no order of use here."""
    assert sort_kernels(weights) is None


@pytest.mark.parametrize(
    ("stages", "kernels"),
    [
        ((Stage("conv"), Stage("conv")), Kernels((CONV,), ())),
        ((Stage("conv"),), Kernels((CONV, CONV2), ())),
        ((Stage("flatten"), Stage("dense")), Kernels((), (DENSE,))),
        ((Stage("conv"),), Kernels((CONV2,), ())),
        ((Stage("flatten"),), Kernels((), (DENSE,))),
    ],
    ids=range(5),
)
def test_weights_that_do_not_fit_give_nothing(stages: tuple[Stage, ...], kernels: Kernels) -> None:
    """Too few, too many or of the wrong shape: None, no exception."""
    assert forward(Plan(stages), kernels, IMAGE) is None


def test_random_weights_repeat_and_differ() -> None:
    """The same seed draws the same, biases included, in the shapes that were given."""
    arrays = [np.zeros((3, 3, 1, 4)), np.zeros(4)]

    one, again, other = random_weights(arrays, 1), random_weights(arrays, 1), random_weights(arrays, 2)

    assert all((a == b).all() and a.dtype == np.float32 and a.all() for a, b in zip(one, again, strict=True))
    assert not np.array_equal(one[1], other[1])
    assert [a.shape for a in one] == [(3, 3, 1, 4), (4,)]
