"""TensorFlow and its friends must go on working inside the jail: one process, several seconds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from autograder.confine import available_layers

SECONDS = 240.0
SOURCE = """
import os, sys, tempfile, traceback
import h5py, keras, matplotlib, numpy, tensorflow as tf
matplotlib.use("Agg")
import matplotlib.pyplot as plt
from autograder.confine import *
from autograder.model import Limits

tasks = len(os.listdir("/proc/self/task"))
private = sys.argv[1]
uid = free_uid() if "uid" in available_layers() else None
if uid is not None:
    os.chown(private, uid, uid)
jail = Jail(Policy(system_readable() + python_readable(), private, uid, Limits()))

def work():
    inputs = numpy.random.default_rng(0).normal(size=(64, 8, 8, 1)).astype("float32")
    labels = (inputs.mean(axis=(1, 2, 3)) > 0).astype("int32")
    data = tf.data.Dataset.from_tensor_slices((inputs, labels)).map(lambda x, y: (x * 2, y), num_parallel_calls=2)
    model = keras.Sequential([
        keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3), keras.layers.Flatten(), keras.layers.Dense(2, "softmax"),
    ])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    checkpoint = keras.callbacks.ModelCheckpoint(os.path.join(private, "best.keras"))
    history = model.fit(data.batch(16).prefetch(2), epochs=2, verbose=0, callbacks=[checkpoint])
    again = keras.models.load_model(os.path.join(private, "best.keras"))
    assert numpy.allclose(again.predict(inputs, verbose=0), model.predict(inputs, verbose=0), atol=1e-6)
    model.save_weights(os.path.join(private, "model.weights.h5"))
    with h5py.File(os.path.join(private, "data.h5"), "w") as file:
        file["inputs"] = inputs
    plt.plot(history.history["loss"])
    plt.savefig(os.path.join(private, "loss.png"))

child = os.fork()
if child == 0:
    code = 1
    try:
        layers = jail.enter()
        os.environ.update(HOME=private, TMPDIR=private, MPLCONFIGDIR=private)
        tempfile.tempdir = private
        work()
        print("tasks", tasks, "layers", *layers, flush=True)
        code = 0
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    os._exit(code)
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.skipif(not {"landlock", "seccomp"} <= set(available_layers()), reason="needs Landlock and seccomp")
def test_training_saving_and_plotting_work_in_the_jail(tmp_path: Path) -> None:
    """A small network is trained from tf.data, saved, loaded and plotted under all layers of this machine."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "MPLCONFIGDIR": str(tmp_path),
        "OPENBLAS_NUM_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
    }

    command = [sys.executable, "-c", SOURCE, str(tmp_path)]
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)

    assert finished.returncode == 0, finished.stderr
    expected = [layer for layer in ("uid", "landlock", "seccomp", "rlimits") if layer in available_layers()]
    assert finished.stdout.split() == ["tasks", "1", "layers", *expected]
    assert (tmp_path / "loss.png").stat().st_size > 0
