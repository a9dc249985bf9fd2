"""Assertions on models: tried on stand-ins, so that no test here waits for TensorFlow's training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shared.assertions import Mismatch
from shared.text import Text

IMAGES = np.zeros((2, 4), np.float32)
UNIFORM = np.full((2, 2), 0.5)


class StandIn:
    """What the assertions ask of a model, answered from constants."""

    def __init__(self, probabilities: Any = UNIFORM, loss: float = float(np.log(2)), optimizer: str | None = "adam"):
        self.probabilities, self.loss, self.optimizer = probabilities, loss, optimizer
        self.weights = [np.zeros((4, 2)), np.zeros(2)]
        self.metric = "acc"

    def count_params(self) -> int:
        """Answer ten."""
        return 10

    def predict(self, images: Any, verbose: int) -> Any:
        """Answer the constant probabilities."""
        return self.probabilities

    def evaluate(self, images: Any, labels: Any, verbose: int, return_dict: bool) -> dict[str, float]:
        """Answer the constant loss and a metric."""
        return {"loss": self.loss, self.metric: 0.5}


@pytest.fixture(scope="module")
def architectures() -> Any:
    """Import the module once: it imports Keras."""
    return pytest.importorskip("shared.architectures")


@pytest.mark.parametrize("labels", [np.eye(2), np.array([0, 1])], ids=["one-hot", "integers"])
def test_a_compiled_classifier_passes_with_either_kind_of_labels(architectures: Any, labels: Any) -> None:
    """The cross-entropy is the same for one-hot and for integer labels."""
    architectures.expect_classifier(StandIn(), "f()", IMAGES, labels)
    architectures.expect_parameters(StandIn(), "f()", 10)
    architectures.expect_weights(StandIn(), "f()", [(2,), (4, 2)])


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (StandIn(probabilities=np.ones((2, 2))), "probabilities, which add up to 1"),
        (StandIn(probabilities=np.ones(2)), "expected: shape (2, n)"),
        (StandIn(loss=0.1), "the categorical cross-entropy"),
        (StandIn(optimizer=None), "f() is not compiled"),
    ],
)
def test_a_wrong_classifier_is_explained(architectures: Any, model: StandIn, message: str) -> None:
    """Each thing that is wrong has its own words."""
    with pytest.raises(Mismatch) as caught:
        architectures.expect_classifier(model, "f()", IMAGES, np.eye(2))

    assert message in caught.value.message.en


def test_a_missing_accuracy_is_explained(architectures: Any) -> None:
    """A metric of another kind does not do."""
    model = StandIn()
    model.metric = "mse"

    with pytest.raises(Mismatch, match="without an accuracy"):
        architectures.expect_classifier(model, "f()", IMAGES, np.eye(2))


def test_a_known_wrong_total_names_its_mistake(architectures: Any) -> None:
    """The total of a known mistake is recognised."""
    with pytest.raises(Mismatch, match=r"expected: the total of the handout's table = 12\nNo bias\."):
        architectures.expect_parameters(StandIn(), "f()", 12, [(10, Text("No bias.", "Sans biais."))])


def test_wrong_weights_are_listed(architectures: Any) -> None:
    """Shapes are compared in any order, and shown."""
    with pytest.raises(Mismatch, match=r"got: \[\(2,\), \(4, 2\)\]"):
        architectures.expect_weights(StandIn(), "f()", [(2,), (4, 3)])


def test_something_else_than_a_model_is_said_to_be_none(architectures: Any) -> None:
    """A function that forgets its return is told what it gave."""
    with pytest.raises(Mismatch, match=r"called: type\(f\(\)\)\ngot: 'NoneType'"):
        architectures.expect_model(None, "f()", IMAGES)
