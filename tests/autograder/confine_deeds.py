"""What honest code does and must be able to do in the jail."""

from __future__ import annotations

import mmap
import os
import resource
import shutil
import signal
import tempfile
import threading
from pathlib import Path

from confine_scene import LIMITS, Scene, claim, contents, deed

from autograder.kernel import prctl


@deed
def use_private_directory(scene: Scene) -> None:
    first, second = Path(scene.private, "first"), Path(scene.private, "second")
    first.mkdir()
    second.mkdir()
    (first / "file").write_text("weights")
    (first / "file").chmod(0o600)
    shutil.move(first / "file", second / "file")
    claim((second / "file").read_text() == "weights")
    shutil.rmtree(first)


@deed
def use_temporary_files(scene: Scene) -> None:
    with tempfile.TemporaryFile(dir=scene.private) as file:
        file.write(b"x")
    with tempfile.TemporaryDirectory(dir=scene.private) as directory:
        Path(directory, "x").write_text("x")


@deed
def map_private_file(scene: Scene) -> None:
    with open(os.path.join(scene.private, "mapped"), "w+b") as file:
        file.truncate(4096)
        mmap.mmap(file.fileno(), 4096).write(b"x")


@deed
def read_own_copy(scene: Scene) -> None:
    claim(contents(scene.readable) == b"readable")


@deed
def start_threads(scene: Scene) -> None:
    results: list[int] = []
    threads = [threading.Thread(target=results.append, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    claim(len(results) == 8)


@deed
def speak_on_open_wire(scene: Scene) -> None:
    scene.wire.send(b"question")
    scene.wire.sendmsg([b"answer"])


@deed
def signal_itself(scene: Scene) -> None:
    received: list[int] = []
    signal.signal(signal.SIGUSR1, lambda number, frame: received.append(number))
    os.kill(os.getpid(), signal.SIGUSR1)
    signal.raise_signal(signal.SIGUSR1)
    claim(len(received) == 2)


@deed
def use_devices(scene: Scene) -> None:
    os.urandom(8)
    contents_of_urandom = os.read(os.open("/dev/urandom", os.O_RDONLY), 8)
    claim(len(contents_of_urandom) == 8)
    Path("/dev/null").write_text("nothing")


@deed
def ask_about_the_machine(scene: Scene) -> None:
    claim(bool(contents("/proc/cpuinfo") and contents("/proc/meminfo") and contents("/proc/self/status")))
    claim(b"confine_probes" in contents("/proc/self/cmdline"))
    os.sched_setaffinity(0, os.sched_getaffinity(0))
    os.nice(0)
    resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_CPU, resource.getrlimit(resource.RLIMIT_CPU))


@deed
def find_limits_in_force(scene: Scene) -> None:
    claim(resource.getrlimit(resource.RLIMIT_CORE) == (0, 0))
    claim(resource.getrlimit(resource.RLIMIT_DATA)[1] <= LIMITS.memory_bytes)
    claim(prctl(3) == 0)  # PR_GET_DUMPABLE
    claim(prctl(39) == 1)  # PR_GET_NO_NEW_PRIVS


@deed
def abort(scene: Scene) -> None:
    os.abort()
