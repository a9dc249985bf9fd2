"""Objects that a check puts into the student's process: generators, builders, histories; and what comes out of it."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.architecture import ModelData
from autograder.bench import Bench
from autograder.student import Opaque, RemoteHistory, RemoteModel

from .conftest import HandIn

OBJECTS = """
import keras
import numpy as np
import tensorflow as tf
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import GridSearchCV

def draw(rng):
    return rng.random(3)

def build_twice(build):
    first, second = build(), build()
    return first, second

def last_loss(history):
    return type(history).__name__, history.history["loss"][-1], history.epoch

def sgd():
    return keras.optimizers.SGD(0.1, momentum=0.5)

def halving():
    return keras.callbacks.LearningRateScheduler(lambda epoch: 0.5 ** epoch)

def batches():
    return tf.data.Dataset.from_tensor_slices(np.arange(6)).batch(4)

def tuned():
    plain, asked = tf.data.Dataset.range(3), tf.data.Options()
    asked.autotune.enabled = True
    return [
        (iterator._dataset.options().autotune.enabled, [int(number) for number in iterator])
        for iterator in map(iter, (plain, plain.with_options(asked)))
    ]

class Pairs(keras.utils.PyDataset):
    def __len__(self):
        return 2
    def __getitem__(self, place):
        if place > 1:
            raise IndexError
        return place

def pairs():
    return Pairs()

def lazily_sorted(x, y):
    x.sort()
    yield from x
    y.sort()

def search(X, y):
    grid = {"strategy": ["most_frequent", "uniform"]}
    return GridSearchCV(DummyClassifier(random_state=0), grid, cv=2, n_jobs=2).fit(X, y)
"""


def softmax_regression(bench: Bench) -> ModelData:
    """Return a small compiled model as data."""
    layers = [("Input", {"shape": (2,)}), ("Dense", {"units": 2, "activation": "softmax"})]
    return bench.toy(layers, loss="sparse_categorical_crossentropy", optimizer="sgd", run_eagerly=True)


def test_a_generator_goes_on_where_it_was(hand_in: HandIn) -> None:
    """The same generator draws what NumPy's draws, and other numbers the second time."""
    student = hand_in(OBJECTS)
    rng = student.generator(3)

    drawn = [student.draw(rng), student.draw(rng)]

    np.testing.assert_array_equal(drawn, np.random.default_rng(3).random((2, 3)))


def test_a_builder_makes_the_model_anew(hand_in: HandIn, warm_bench: Bench) -> None:
    """Without weights each model draws its own; with weights all have these."""
    student, data = hand_in(OBJECTS), softmax_regression(warm_bench)

    first, second = student.build_twice(student.builder(ModelData(data.architecture, [], data.compiling)))
    same, again = student.build_twice(student.builder(data))

    assert isinstance(first, RemoteModel)
    assert not np.array_equal(first.weights()[0], second.weights()[0])
    assert np.array_equal(same.weights()[0], again.weights()[0])
    assert first.describe()["compiled"] is True


def test_a_history_holds_the_curves_given(hand_in: HandIn) -> None:
    """It is Keras's own class, with an epoch for each value."""
    student = hand_in(OBJECTS)

    history = student.history({"loss": [3.0, 2.0], "val_loss": [4.0, 5.0]})

    assert isinstance(history, RemoteHistory)
    assert history.curves == {"loss": [3.0, 2.0], "val_loss": [4.0, 5.0]}
    assert student.last_loss(history) == ("History", 2.0, [0, 1])


def test_an_optimizer_says_what_it_is_and_does(hand_in: HandIn) -> None:
    """Its rate and momentum are read, and its steps on given gradients are its class's."""
    student = hand_in(OBJECTS)
    optimizer = student.sgd()
    assert isinstance(optimizer, Opaque)

    known = student.optimizer(optimizer)
    path = student.optimizer_path(optimizer, np.zeros(1, np.float32), [np.ones(1, np.float32)] * 2)

    assert (known["kind"], known["momentum"], known["nesterov"]) == ("SGD", 0.5, False)
    assert known["learning_rate"] == pytest.approx(0.1)
    np.testing.assert_allclose(path, [[-0.1], [-0.25]], rtol=1e-6)


def test_a_callback_sets_the_rates_of_a_training(hand_in: HandIn, warm_bench: Bench) -> None:
    """A model of ours, trained where it is with the student's callback, tells the rate of each epoch."""
    student = hand_in(OBJECTS)
    model = student.make(softmax_regression(warm_bench))

    found = model.fit(
        np.zeros((4, 2), np.float32), np.zeros(4, int), epochs=3, batch_size=2, callbacks=[student.halving()]
    )

    assert found["rates"] == [1.0, 0.5, 0.25]
    assert len(found["history"]["loss"]) == 3


@pytest.mark.parametrize(("name", "expected"), [("batches", [[0, 1, 2, 3], [4, 5]]), ("pairs", [0, 1])])
def test_what_can_be_gone_through_gives_its_items(hand_in: HandIn, name: str, expected: list[object]) -> None:
    """A tf.data.Dataset and a Keras data set are gone through like an iterator."""
    found = getattr(hand_in(OBJECTS), name)()
    assert isinstance(found, Opaque)

    items = [item.tolist() if isinstance(item, np.ndarray) else item for item in found.items(5)]

    assert items == expected


def test_a_grid_search_runs_in_threads(hand_in: HandIn) -> None:
    """GridSearchCV with two jobs works without processes, and its findings can be read."""
    found = hand_in(OBJECTS).search(np.zeros((8, 1)), np.array([0, 0, 0, 1] * 2))
    assert isinstance(found, Opaque)

    assert found.attribute("best_params_") == {"strategy": "most_frequent"}
    assert len(found.attribute("cv_results_")["params"]) == 2


def test_data_sets_are_tuned_where_they_ask_for_it(hand_in: HandIn) -> None:
    """Tuning costs a thread an iterator, and Keras makes four of these an epoch; what is iterated is the same."""
    assert hand_in(OBJECTS).tuned() == [(False, [0, 1, 2]), (True, [0, 1, 2])]


def test_an_iterator_tells_what_it_has_changed_so_far(hand_in: HandIn) -> None:
    """Code of a generator runs when items are taken: what it does to its arguments shows then."""
    found = hand_in(OBJECTS).lazily_sorted(np.array([2, 1]), np.array([4, 3]))

    changed = [(found.items(n), found.changed())[1] for n in (0, 1, 9)]

    assert changed == [(), ("0",), ("0", "1")]
