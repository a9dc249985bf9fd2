"""What ``shared.datasets`` promises: the form of each set, the order of the sources, and every error's text."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from shared import datasets, dataspecs
from shared.dataspecs import spec_of
from shared.embedded import cache, sets

TINY_ROWS = 12
# A course's folder of real files, where the person who runs the tests has one.
REAL_FOLDER = os.environ.get("COURSE_DATA")


@pytest.fixture(autouse=True)
def empty_machine(monkeypatch, tmp_path):
    """Give each test a machine without course files, Keras's cache or network."""
    monkeypatch.delenv("COURSE_DATA", raising=False)
    monkeypatch.delenv("COURSE_DOWNLOAD", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "no-keras"))


@pytest.fixture
def course(monkeypatch, tmp_path):
    """Return an empty folder that COURSE_DATA names."""
    folder = tmp_path / "course"
    folder.mkdir()
    monkeypatch.setenv("COURSE_DATA", str(folder))
    return folder


@pytest.fixture
def quick_drawing(monkeypatch):
    """Let the embedded source answer with tiny arrays instead of drawing."""
    monkeypatch.setattr(cache, "generate", tiny)
    monkeypatch.setattr(cache, "cache_path", lambda _name: None)


def tiny(name, seed=0):
    """Return a small data set of the right form with random pixels."""
    spec, rng = spec_of(name), np.random.default_rng(seed)

    def part():
        labels = np.arange(TINY_ROWS) % len(spec.classes)
        return rng.integers(0, 256, (TINY_ROWS, *spec.image_shape), dtype=np.uint8), spec.shaped_labels(labels)

    return part(), part()


def assert_same(first, second):
    """Compare two data sets array by array, types included."""
    for one, other in zip([*first[0], *first[1]], [*second[0], *second[1]], strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("name", "first", "count"),
    [("mnist", "0", 10), ("fashion_mnist", "T-shirt/top", 10), ("cifar10", "airplane", 10), ("signs", "0", 6)],
)
def test_class_names_follow_the_labels(name, first, count):
    """Each set has a name for every label, in order."""
    names = datasets.class_names(name)

    assert (names[0], len(names)) == (first, count)


def test_import_loads_no_heavy_library():
    """Importing the module loads neither a learning library nor HDF5."""
    code = (
        "import sys, shared.datasets; "
        "print([m for m in ('sklearn', 'keras', 'tensorflow', 'scipy', 'h5py') if m in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_public_names_are_sorted_and_there():
    """The list of public names is sorted and true."""
    assert datasets.__all__ == sorted(
        datasets.__all__, key=lambda name: (not name.isupper(), not name[0].isupper(), name)
    )
    assert all(hasattr(datasets, name) for name in datasets.__all__)


@pytest.mark.parametrize("name", datasets.NAMES)
def test_saved_set_is_loaded_from_the_course_folder(name, course):
    """What ``save`` writes to the folder that COURSE_DATA names is what ``load`` returns."""
    arrays = tiny(name)

    path = datasets.save(name, course, arrays)

    assert path == course / f"{name}.npz"
    assert datasets.source_of(name) == "course"
    assert_same(datasets.load(name), arrays)
    assert [file.name for file in course.iterdir()] == [path.name]


def test_saved_subset_goes_before_published_files(course):
    """Where a folder has both, the file written by ``save`` wins: it is the course's pinned part."""
    datasets.write_signs(course, tiny("signs", seed=1))
    datasets.save("signs", course, tiny("signs", seed=2))

    assert_same(datasets.load("signs"), tiny("signs", seed=2))


def test_keras_cache_is_next_after_the_course_folder(course, monkeypatch, tmp_path):
    """A set that the course's folder lacks is read from Keras's cache, which stays as it is."""
    folder = tmp_path / "keras" / "datasets"
    folder.mkdir(parents=True)
    monkeypatch.setenv("KERAS_HOME", str(folder.parent))
    datasets.save("mnist", folder, tiny("mnist"))

    assert datasets.source_of("mnist") == "keras"
    assert_same(datasets.load("mnist"), tiny("mnist"))
    assert [file.name for file in folder.iterdir()] == ["mnist.npz"]


def test_interrupted_download_in_keras_cache_counts_as_nothing(monkeypatch, tmp_path):
    """One of Fashion-MNIST's four files alone does not keep a student from working."""
    folder = tmp_path / "keras" / "datasets" / "fashion-mnist"
    folder.mkdir(parents=True)
    (folder / "train-images-idx3-ubyte.gz").touch()
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))

    assert datasets.source_of("fashion_mnist") == "embedded"


def test_embedded_set_is_the_last_resort(course, quick_drawing):
    """With an empty course folder and no cache the embedded set is used."""
    assert datasets.source_of("mnist") == "embedded"
    assert_same(datasets.load("mnist"), tiny("mnist"))


def test_pinned_source_goes_round_the_others(course, quick_drawing):
    """A caller can ask for the embedded set although the course's folder has one."""
    datasets.save("mnist", course, tiny("mnist", seed=3))

    assert_same(datasets.load("mnist", "embedded"), tiny("mnist"))


def test_download_is_asked_for_by_the_environment(monkeypatch):
    """COURSE_DOWNLOAD=1 lets Keras fetch the set, except signs, which nobody publishes."""
    monkeypatch.setenv("COURSE_DOWNLOAD", "1")
    monkeypatch.setattr(datasets, "import_module", lambda _: SimpleNamespace(load_data=lambda: tiny("mnist")))

    assert datasets.source_of("mnist") == "download"
    assert datasets.source_of("signs") == "embedded"
    assert_same(datasets.load("mnist"), tiny("mnist"))


def test_labels_of_another_integer_type_are_converted(course):
    """Labels saved as int64 come back as uint8, the type that Keras gives."""
    (x_train, y_train), test = tiny("cifar10")

    datasets.save("cifar10", course, ((x_train, y_train.astype(np.int64)), test))

    assert datasets.load("cifar10")[0][1].dtype == np.uint8


def test_signs_files_are_written_from_the_current_source_by_default(course, tmp_path):
    """Without arrays, ``write_signs`` writes what ``load`` returns."""
    datasets.save("signs", course, tiny("signs"))

    train, _ = datasets.write_signs(tmp_path)

    with h5py.File(train) as file:
        np.testing.assert_array_equal(file["train_set_x"], tiny("signs")[0][0])


def test_arrays_are_identified_by_their_bytes(monkeypatch):
    """Only the whole embedded set and the whole real copy are known; a part of one is something else."""
    monkeypatch.setitem(sets.CHECKSUMS, "mnist", datasets.digest(tiny("mnist", seed=1)))
    monkeypatch.setitem(
        dataspecs._SPECS, "mnist", replace(spec_of("mnist"), real=datasets.digest(tiny("mnist", seed=2)))
    )

    found = [datasets.identify("mnist", tiny("mnist", seed=seed)) for seed in (1, 2, 3)]

    assert found == ["embedded", "real", None]


@pytest.mark.parametrize("call", [datasets.load, datasets.source_of, datasets.class_names])
def test_unknown_name_is_refused(call):
    """The text lists the names there are."""
    with pytest.raises(
        ValueError, match="unknown data set 'imagenet': choose one of mnist, fashion_mnist, cifar10, signs"
    ):
        call("imagenet")


def test_unknown_source_is_refused():
    """The text lists the sources there are."""
    with pytest.raises(ValueError, match="unknown source 'web': choose one of course, keras, download, embedded"):
        datasets.load("mnist", "web")


@pytest.mark.parametrize(
    ("source", "remedy"), [("course", "COURSE_DATA"), ("keras", "KERAS_HOME"), ("download", "to 1")]
)
def test_pinned_source_that_lacks_the_set_says_what_to_do(source, remedy):
    """The text names the source, the set and the remedy."""
    with pytest.raises(FileNotFoundError, match=f"the source '{source}' does not have mnist: .*{remedy}"):
        datasets.load("mnist", source)


def test_course_data_must_be_a_folder(monkeypatch, tmp_path):
    """A mistyped COURSE_DATA is an error, not silently another data set."""
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "typo"))

    with pytest.raises(FileNotFoundError, match="typo', which is not a folder: correct it, or unset it"):
        datasets.load("mnist")


def test_failed_download_says_how_to_go_on(monkeypatch):
    """The text holds Keras's reason and the way back to the embedded set."""

    def fail():
        message = "URL fetch failure"
        raise Exception(message)  # noqa: TRY002 - what Keras raises

    monkeypatch.setenv("COURSE_DOWNLOAD", "1")
    monkeypatch.setattr(datasets, "import_module", lambda _: SimpleNamespace(load_data=fail))

    with pytest.raises(
        ConnectionError, match=r"mnist could not be downloaded \(URL fetch failure\)\. Unset COURSE_DOWNLOAD"
    ):
        datasets.load("mnist")


@pytest.mark.parametrize(
    ("spoil", "text"),
    [
        (
            lambda x, y: (x.astype(np.float32), y),
            r"images are float32 \(12, 32, 32, 3\), expected uint8 \(n, 32, 32, 3\)",
        ),
        (lambda x, y: (x, y[:, 0]), r"labels are uint8 \(12,\), expected integers \(12, 1\)"),
        (lambda x, y: (x[:0], y[:0]), "it has no rows"),
        (lambda x, y: (x, y + 5), "labels run from 5 to 14, expected 0 to 9"),
    ],
    ids=["images", "label shape", "no rows", "label range"],
)
def test_arrays_of_another_form_are_refused(course, spoil, text):
    """The text names the file, the part, what is wrong and the remedy."""
    train, test = tiny("cifar10")

    with pytest.raises(ValueError, match=rf"cifar10\.npz: the test part is not cifar10: {text}\. .*datasets\.save"):
        datasets.save("cifar10", course, (train, spoil(*test)))
    assert not list(course.iterdir())


def test_damaged_file_does_not_fall_through_to_another_source(course, quick_drawing):
    """A wrong file in the course's folder stops the search."""
    (x_train, y_train), (x_test, y_test) = tiny("signs")
    np.savez(course / "mnist.npz", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)

    with pytest.raises(
        ValueError, match=r"mnist\.npz: the train part is not mnist: images are uint8 \(12, 64, 64, 3\)"
    ):
        datasets.load("mnist")


@pytest.mark.skipif(not REAL_FOLDER, reason="COURSE_DATA names no folder of real files")
@pytest.mark.parametrize("name", datasets.NAMES)
def test_real_files_have_the_documented_form(name, monkeypatch):
    """The files in COURSE_DATA load, with every class in both parts."""
    monkeypatch.setenv("COURSE_DATA", str(Path(REAL_FOLDER).resolve()))

    if datasets.source_of(name) != "course":
        pytest.skip(f"COURSE_DATA has no {name}")
    arrays = datasets.load(name)

    assert datasets.identify(name, arrays) in ("real", None)
    for _, labels in arrays:
        assert set(labels.ravel().tolist()) == set(range(len(datasets.class_names(name))))
