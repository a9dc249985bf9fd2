"""What the embedded data sets promise: their bytes, their form, no leak between the parts, a harmless cache."""

from __future__ import annotations

import numpy as np
import pytest

from shared import datasets
from shared.dataspecs import spec_of
from shared.embedded import cache, sets
from shared.embedded.digits import split
from shared.embedded.draws import Draws

TRAIN_ROWS = {"mnist": 4000, "fashion_mnist": 4000, "cifar10": 6500, "signs": 1080}


def tiny(_name="mnist"):
    """Return a data set of the form of mnist in no time."""
    labels = np.arange(10, dtype=np.uint8)
    images = np.arange(10 * 28 * 28, dtype=np.uint8).reshape(10, 28, 28)
    return (images, labels), (255 - images, labels)


@pytest.fixture
def quick_drawing(monkeypatch, tmp_path):
    """Let drawing take no time and pin its bytes; the cache is an empty folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(cache, "generate", tiny)
    monkeypatch.setitem(sets.CHECKSUMS, "mnist", datasets.digest(tiny()))


def assert_same(first, second):
    """Compare two data sets array by array, types included."""
    for one, other in zip([*first[0], *first[1]], [*second[0], *second[1]], strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", datasets.NAMES)
def test_embedded_set_has_the_documented_form_and_checksum(name, monkeypatch, tmp_path):
    """The embedded set is drawn to the byte, balanced, shuffled, and read back from the cache the second time."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    spec = spec_of(name)

    drawn = datasets.load(name, "embedded")
    monkeypatch.setattr(cache, "generate", None)
    read_back = datasets.load(name, "embedded")

    assert datasets.digest(drawn) == sets.CHECKSUMS[name]
    assert_same(drawn, read_back)
    for images, labels in drawn:
        assert (images.dtype, images.shape[1:]) == (np.uint8, spec.image_shape)
        assert (labels.dtype, labels.shape[1:]) == (spec.label_dtype, spec.label_shape)
        assert len(set(np.bincount(labels.ravel()))) == 1
        assert len(set(labels.ravel()[:20].tolist())) > 2
        assert images.flags.writeable
    assert len(drawn[0][0]) == TRAIN_ROWS[name]


def test_training_and_test_digits_are_different_digits():
    """Every digit of scikit-learn's set is in one part only, and none is lost."""
    labels = np.arange(1797) % 10

    train, test = (np.concatenate(rows) for rows in split(labels, Draws(0)))

    assert sorted([*train, *test]) == list(range(1797))
    assert len(train) == 1400


def test_draws_repeat_and_keep_their_bounds():
    """The same seed gives the same draws, between the documented bounds and about as spread as asked for."""
    uniform, bell = Draws(3).uniform(-2.0, 5.0, 1000), Draws(3).bell(0.5, 100, 100)

    np.testing.assert_array_equal(uniform, Draws(3).uniform(-2.0, 5.0, 1000))
    assert uniform.dtype == bell.dtype == np.float32
    assert -2.0 <= uniform.min() < uniform.max() < 5.0
    assert abs(bell.mean()) < 0.05
    assert abs(bell.std() - 0.5) < 0.02
    assert sorted(Draws(3).order(50)) == list(range(50))
    assert set(Draws(3).integers(3, 100).tolist()) == {0, 1, 2}


def test_damaged_cache_is_drawn_anew(quick_drawing, monkeypatch):
    """A cached file with other bytes than the pinned ones is replaced."""
    path = cache.cache_path("mnist")
    path.parent.mkdir()
    path.write_bytes(b"half a fi")

    first = datasets.load("mnist", "embedded")
    monkeypatch.setattr(cache, "generate", None)

    assert_same(first, tiny())
    assert_same(datasets.load("mnist", "embedded"), first)


def test_unwritable_cache_only_costs_time(quick_drawing, monkeypatch, tmp_path):
    """Where nothing can be kept, the set is drawn and returned."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))

    assert_same(datasets.load("mnist", "embedded"), tiny())


def test_cache_lies_in_the_home_folder_unless_told_otherwise(monkeypatch):
    """A relative XDG_CACHE_HOME counts for nothing, as its standard says; a missing home means no cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", "somewhere")
    usual = cache.cache_path("mnist")

    def homeless():
        raise RuntimeError

    monkeypatch.setattr(cache.Path, "home", homeless)

    assert usual.parts[-3:-1] == (".cache", "deep-learning-labs")
    assert cache.cache_path("mnist") is None


def test_machine_that_draws_differently_is_reported_in_the_log(quick_drawing, monkeypatch, caplog):
    """A set that is not the pinned one works, with a warning, and is not kept."""
    monkeypatch.setitem(sets.CHECKSUMS, "mnist", "another")

    assert_same(datasets.load("mnist", "embedded"), tiny())

    assert "the embedded data set mnist differs on this machine" in caplog.text
    assert not cache.cache_path("mnist").exists()
