"""What the readers of data files promise: the published layouts are read, and nothing damaged gets through unnamed."""

from __future__ import annotations

import gzip

import h5py
import numpy as np
import pytest

from shared import datasets
from shared.dataspecs import spec_of

FASHION_FILES = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")


@pytest.fixture
def course(monkeypatch, tmp_path):
    """Return an empty folder that COURSE_DATA names."""
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    return tmp_path


def tiny(name):
    """Return a small data set of the right form."""
    spec = spec_of(name)
    images = np.random.default_rng(0).integers(0, 256, (12, *spec.image_shape), dtype=np.uint8)
    labels = spec.shaped_labels(np.arange(12) % len(spec.classes))
    return (images, labels), (255 - images, labels)


def assert_same(first, second):
    """Compare two data sets array by array, types included."""
    for one, other in zip([*first[0], *first[1]], [*second[0], *second[1]], strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def write_idx(path, array):
    """Write an array of bytes as gzip-compressed IDX, as Fashion-MNIST is published."""
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, dtype=">u4").tobytes()
    path.write_bytes(gzip.compress(header + array.tobytes()))


def write_fashion(folder, arrays):
    """Write the four files of Fashion-MNIST."""
    (folder / "fashion-mnist").mkdir()
    for stem, array in zip(FASHION_FILES, [*arrays[0], *arrays[1]], strict=True):
        write_idx(folder / "fashion-mnist" / f"{stem}-ubyte.gz", array)


def test_published_files_are_read_from_the_course_folder(course):
    """The layouts in which the sets are published are found too: IDX, HDF5, the subset of CIFAR-10."""
    write_fashion(course, tiny("fashion_mnist"))
    datasets.write_signs(course, tiny("signs"))
    datasets.save("cifar10", course, tiny("cifar10")).rename(course / "cifar10_subset.npz")

    for name in ("fashion_mnist", "signs", "cifar10"):
        assert_same(datasets.load(name, "course"), tiny(name))


def test_signs_files_have_the_course_layout(tmp_path):
    """The two HDF5 files hold the five arrays that the lab reads."""
    (x_train, y_train), (x_test, _) = tiny("signs")

    train, test = datasets.write_signs(tmp_path, tiny("signs"))

    with h5py.File(train) as first, h5py.File(test) as second:
        assert set(first) == {"train_set_x", "train_set_y", "list_classes"}
        assert set(second) == {"test_set_x", "test_set_y", "list_classes"}
        np.testing.assert_array_equal(first["train_set_x"], x_train)
        np.testing.assert_array_equal(first["train_set_y"], y_train)
        np.testing.assert_array_equal(second["test_set_x"], x_test)
        np.testing.assert_array_equal(second["list_classes"], np.arange(6))


def test_half_a_set_is_refused(course):
    """One of the two files of signs alone is an error that names the other."""
    datasets.write_signs(course, tiny("signs"))
    (course / "test_signs.h5").unlink()

    with pytest.raises(FileNotFoundError, match=r"signs is incomplete: .*test_signs\.h5 is missing"):
        datasets.source_of("signs")


def test_file_that_is_no_archive_is_refused(course):
    """A text file with the right name is named in the error."""
    (course / "mnist.npz").write_text("not found")

    with pytest.raises(ValueError, match=r"mnist\.npz: not a readable NumPy archive"):
        datasets.load("mnist")


def test_pickled_objects_are_refused(course):
    """An archive of Python objects is never unpickled."""
    (x_train, y_train), (x_test, y_test) = tiny("mnist")
    objects = y_train.astype(object)
    np.savez(course / "mnist.npz", x_train=x_train, y_train=objects, x_test=x_test, y_test=y_test)

    with pytest.raises(ValueError, match="not a readable NumPy archive of plain arrays"):
        datasets.load("mnist")


@pytest.mark.parametrize("bare", [True, False])
def test_archive_without_the_four_arrays_is_refused(course, bare):
    """The missing keys are listed, also for a single array saved under the name."""
    path = course / "mnist.npz"
    with path.open("wb") as file:
        if bare:
            np.save(file, np.zeros(3))
        else:
            np.savez(file, images=np.zeros(3))

    with pytest.raises(ValueError, match="has no x_train, y_train, x_test, y_test"):
        datasets.load("mnist")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"<html>", "not a complete gzip file"),
        (gzip.compress(b"x" * 40)[:-6], "not a complete gzip file"),
        (gzip.compress(b"\0\0"), "not an IDX file of bytes"),
        (gzip.compress(b"\0\0\x08\x01\0\0\0\x09ab"), "not an IDX file of bytes"),
        (gzip.compress(b"\0\0\x0d\x01\0\0\0\x02ab"), "not an IDX file of bytes"),
    ],
    ids=["a page", "cut short", "no header", "too few values", "floats"],  # the bytes hold the time of day
)
def test_damaged_idx_file_is_refused(course, content, text):
    """A file that is not gzip, is cut off or has another header is named."""
    write_fashion(course, tiny("fashion_mnist"))
    (course / "fashion-mnist" / "t10k-labels-idx1-ubyte.gz").write_bytes(content)

    with pytest.raises(ValueError, match=rf"t10k-labels-idx1-ubyte\.gz: {text}"):
        datasets.load("fashion_mnist")


def test_file_that_is_not_hdf5_is_refused(course):
    """The text names the file."""
    datasets.write_signs(course, tiny("signs"))
    (course / "train_signs.h5").write_text("not found")

    with pytest.raises(ValueError, match=r"train_signs\.h5: not a readable HDF5 file"):
        datasets.load("signs")


def test_hdf5_file_without_labels_is_refused(course):
    """The text names the file and the keys."""
    train, _ = datasets.write_signs(course, tiny("signs"))
    with h5py.File(train, "a") as file:
        del file["train_set_y"]

    with pytest.raises(ValueError, match=r"train_signs\.h5: the file has no train_set_x or no train_set_y"):
        datasets.load("signs")
