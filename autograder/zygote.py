"""A freshly started interpreter that has imported TensorFlow, holds no secret, and forks a confined child on request.

The judge starts it with a clean environment (`python -P -s -m autograder.zygote FD`); it only ever imports.  A single
TensorFlow operation run here would make every child hang in its first one, so nothing is warmed up.
"""

from __future__ import annotations

import array
import gc
import importlib
import json
import os
import signal
import socket
import struct
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from autograder.confine import Jail, Policy
from autograder.model import Limits

__all__ = ["receive_message", "send_message"]

# Loaded once here rather than in each child.  What a child needs besides, it may still import by itself.
_PRELOADED = (
    "tensorflow",
    "keras",
    "keras.datasets.mnist",
    "keras.datasets.fashion_mnist",
    "keras.datasets.cifar10",
    # What `fit` and `evaluate` import at their first call.
    "tensorflow.python.data.ops.concatenate_op",
    "tensorflow.python.data.ops.flat_map_op",
    "tensorflow.python.data.ops.from_tensors_op",
    "tensorflow.python.data.ops.range_op",
    "tensorflow.python.data.ops.zip_op",
    "numpy",
    "h5py",
    "PIL.Image",
    "PIL.PngImagePlugin",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_agg",
    "sklearn.base",
    "sklearn.model_selection",
    "sklearn.pipeline",
    "multiprocessing.pool",
    "multiprocessing.queues",
    "multiprocessing.synchronize",
    "multiprocessing.sharedctypes",
    "multiprocessing.heap",
    "encodings.idna",
    "encodings.cp437",
    "encodings.latin_1",
    "zipfile",
    "shared.datasets",
    "shared.text",
    "autograder.agent",
)
_DATASETS = ("mnist", "fashion_mnist", "cifar10")
_SIZE = struct.Struct(">I")
_MAX_MESSAGE = 2**20


def send_message(sock: socket.socket, message: dict[str, Any], files: tuple[int, ...] = ()) -> None:
    """Send a small JSON message, with open files, to a trusted neighbour."""
    text = json.dumps(message).encode()
    extra = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))] if files else []
    sock.sendmsg([_SIZE.pack(len(text))], extra)
    sock.sendall(text)


def receive_message(sock: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Receive what `send_message` sent; raise EOFError when the other side has gone."""
    head, files, _flags, _address = socket.recv_fds(sock, _SIZE.size, 8)
    if len(head) < _SIZE.size:
        raise EOFError
    (size,) = _SIZE.unpack(head)
    if size > _MAX_MESSAGE:
        raise EOFError
    text = b""
    while len(text) < size:
        piece = sock.recv(size - len(text))
        if not piece:
            raise EOFError
        text += piece
    return json.loads(text), list(files)


def main() -> None:
    """Import, say hello, then fork a child for each request until the judge hangs up."""
    control = socket.socket(fileno=int(sys.argv[1]))
    for name in _PRELOADED:
        importlib.import_module(name)
    _serve_course_data()
    _spare_iterators_their_tuning()
    _forget_the_project()
    gc.collect()
    gc.freeze()
    send_message(control, _hello())
    while True:
        try:
            request, files = receive_message(control)
        except (EOFError, OSError):
            return
        if request["op"] == "reap":
            send_message(control, {"status": _wait_status(request["pid"])})
            continue
        jail = Jail(_policy(request["policy"]))
        pid = os.fork()
        if pid == 0:
            _become_student(control, request, files, jail)
        for file in files:
            os.close(file)
        process = os.pidfd_open(pid)
        send_message(control, {"pid": pid}, (process,))
        os.close(process)


def _wait_status(pid: int) -> int:
    try:
        return os.waitpid(pid, 0)[1]
    except ChildProcessError:
        return signal.SIGKILL  # The child of a zygote before this one, killed with it.


def _hello() -> dict[str, Any]:
    import h5py  # noqa: PLC0415 - everything heavy is imported by `main`, in its order
    import keras  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415
    import tensorflow as tf  # noqa: PLC0415

    return {
        "environment": {
            "python": f"{sys.version_info.major}.{sys.version_info.minor}",
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
        },
        "h5py": h5py.__version__,
        "threads": len(os.listdir("/proc/self/task")) if Path("/proc/self/task").is_dir() else 1,
    }


def _serve_course_data() -> None:
    """Let every way of asking Keras for a data set give the course's pinned copy."""
    from shared import datasets  # noqa: PLC0415

    for name in _DATASETS:

        def load_data(*_args: Any, _name: str = name, **_kwargs: Any) -> Any:  # noqa: ANN401
            """Return the course's pinned copy of the data set."""
            return datasets.load(_name)

        for module in list(sys.modules.values()):
            if getattr(module, "__name__", "").endswith(f"datasets.{name}") and hasattr(module, "load_data"):
                module.load_data = load_data  # type: ignore[attr-defined]


def _spare_iterators_their_tuning() -> None:
    """Leave tf.data's tuning out unless a data set asks for it.

    Each iterator would start a thread for it, and Keras makes four iterators an epoch: where the processors are busy,
    waiting for those threads takes longer than training a small model.
    """
    from tensorflow.python.data.ops import dataset_ops  # noqa: PLC0415 - what everything else is made of is there only
    from tensorflow.python.data.ops.options import Options  # noqa: PLC0415

    untuned = Options()
    untuned.autotune.enabled = False
    inner = dataset_ops.DatasetV2.__iter__

    def iterate(dataset: Any) -> Any:  # noqa: ANN401
        """Return an iterator, as ever."""
        asked = dataset.options().autotune.enabled
        return inner(dataset.with_options(untuned) if asked is None else dataset)

    dataset_ops.DatasetV2.__iter__ = iterate


def _forget_the_project() -> None:
    """Take the project's own folder off the import path: it holds the hidden suites."""
    project = Path(__file__).resolve().parent.parent
    if project.name != "site-packages":  # where the package was installed by itself there is no project to hide
        sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != project]
    sys.argv[:] = [""]
    sys.orig_argv[:] = [""]


def _policy(document: dict[str, Any]) -> Policy:
    return Policy(
        readable=tuple(document["readable"]),
        writable=document["writable"],
        uid=document["uid"],
        limits=Limits(**document["limits"]),
        disabled=frozenset(document["disabled"]),
    )


def _become_student(control: socket.socket, request: dict[str, Any], files: list[int], jail: Jail) -> None:
    """Turn this fork into a student process; it never returns."""
    status = 1
    try:
        wire, output, errors = files
        control.close()
        _arrange_files(wire, output, errors)
        folder = Path(request["policy"]["writable"])
        _arrange_surroundings(folder, request["environment"])
        layers = jail.enter()
        sock = socket.socket(fileno=3)
        from autograder import agent  # noqa: PLC0415

        agent.Channel(sock).send({"confinement": list(layers)})
        gc.enable()
        agent.serve(sock, folder)
        status = 0
    except BaseException as error:  # noqa: BLE001 - a child must never run its parent's loop
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(status)


def _arrange_files(wire: int, output: int, errors: int) -> None:
    """Leave exactly: nothing to read on 0, the two output pipes on 1 and 2, the wire on 3."""
    spare = [os.dup2(file, 100 + index, inheritable=False) for index, file in enumerate((wire, output, errors))]
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(spare[1], 1)
    os.dup2(spare[2], 2)
    os.dup2(spare[0], 3, inheritable=False)
    os.closerange(4, 4096)


def _arrange_surroundings(folder: Path, environment: dict[str, str]) -> None:
    os.setsid()
    os.umask(0o077)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = str(folder)
    sys.path.append(str(folder))
    _keep_to_one_process()


def _keep_to_one_process() -> None:
    """Let libraries that like processes work with threads: a student process is alone by design."""
    import multiprocessing.context  # noqa: PLC0415

    import joblib  # noqa: PLC0415
    import matplotlib as mpl  # noqa: PLC0415

    def use(*_args: Any, **_kwargs: Any) -> None:  # noqa: ANN401
        """Accept any backend: there is no screen, figures are drawn in memory."""

    def lock(_context: object) -> Any:  # noqa: ANN401
        """Return a lock of this process; one shared between processes would need /dev/shm."""
        return threading.Lock()

    def utime(path: Any, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Complain of a missing file as usual; the system call itself is answered without a look at the path."""
        os.stat(path)
        set_times(path, *args, **kwargs)

    set_times, os.utime = os.utime, utime
    os.supports_follow_symlinks.add(utime)
    os.supports_fd.add(utime)
    mpl.use = use
    joblib.parallel_config(backend="threading")
    multiprocessing.context.BaseContext.Lock = lock  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    main()
