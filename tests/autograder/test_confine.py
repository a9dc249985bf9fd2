"""The jail's own rules: what it needs, what it refuses and how it says so."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.confine import LAYERS, Jail, Policy, available_layers, free_uid, require
from autograder.errors import ConfinementError
from autograder.model import Limits

MODULES = ("capabilities", "confine", "identity", "kernel", "landlock", "readable", "rlimits", "seccomp")
ORDINARY = ("landlock", "seccomp", "rlimits")
has_all = pytest.mark.skipif(
    not set(ORDINARY) <= set(available_layers()), reason="needs Linux with Landlock and seccomp"
)


def policy(tmp_path: Path, **changes: object) -> Policy:
    """A policy as for an ordinary user, with some fields changed."""
    fields: dict[str, object] = {"readable": ("/usr",), "writable": str(tmp_path), "uid": None, "limits": Limits()}
    return Policy(**(fields | changes))  # type: ignore[arg-type]


def run_python(source: str, **environment: str) -> str:
    """Run a few lines in a process of their own and return what they print."""
    command = [sys.executable, "-c", source]
    finished = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **environment}
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@pytest.mark.parametrize("name", MODULES)
def test_public_names_are_listed_and_sorted(name: str) -> None:
    """Each module lists its public names in order, constants first, and they exist."""
    module = importlib.import_module(f"autograder.{name}")

    listed = module.__all__

    assert listed == sorted(listed, key=lambda word: (not word.isupper(), not word[0].isupper(), word))
    assert all(hasattr(module, word) for word in listed)


@pytest.mark.parametrize(
    ("available", "root"),
    [(LAYERS, True), (LAYERS, False), (("uid", "seccomp", "rlimits"), True), (ORDINARY, False)],
    ids=["root", "user", "root_without_landlock", "user_without_uid"],
)
def test_sufficient_layers_are_accepted(available: tuple[str, ...], root: bool) -> None:
    """Root may lack Landlock, an ordinary user a user of its own."""
    require(available, root=root)


@pytest.mark.parametrize(
    ("missing", "root", "remedy"),
    [
        ("seccomp", True, "apt-get install libseccomp2"),
        ("seccomp", False, "pip install pyseccomp"),
        ("uid", True, "SETUID and SETGID"),
        ("landlock", False, "Linux 5.13"),
        ("rlimits", True, "resource"),
    ],
)
def test_missing_layer_is_named_with_its_remedy(missing: str, root: bool, remedy: str) -> None:
    """Untrusted code is refused where a needed layer is missing, and the text says what to do."""
    available = [layer for layer in LAYERS if layer != missing]

    with pytest.raises(ConfinementError, match=missing) as caught:
        require(available, root=root)

    assert remedy in str(caught.value)


def test_probing_changes_nothing() -> None:
    """Asking which layers there are leaves this process as it was."""
    before = Path("/proc/self/status").read_text() if sys.platform == "linux" else ""

    layers = available_layers()

    assert list(layers) == [layer for layer in LAYERS if layer in layers]
    if before:
        wanted = ("Cap", "NoNewPrivs", "Seccomp:", "Uid", "Threads")
        after = Path("/proc/self/status").read_text()
        assert [line for line in before.splitlines() if line.startswith(wanted)] == [
            line for line in after.splitlines() if line.startswith(wanted)
        ]


@pytest.mark.parametrize(
    "breakage", ["raise ImportError('no such package')", "raise RuntimeError('Unable to find libseccomp')"]
)
def test_modules_load_without_libseccomp(tmp_path: Path, breakage: str) -> None:
    """Where pyseccomp or its library is missing, the layer is not offered and making a jail says what to install."""
    (tmp_path / "pyseccomp.py").write_text(breakage)
    source = """
from autograder.confine import *
from autograder.errors import ConfinementError
from autograder.model import Limits
from autograder.seccomp import SyscallFilter
print("seccomp" in available_layers())
for make in (lambda: Jail(Policy((), "/tmp", None, Limits())), SyscallFilter):
    try:
        make()
    except (ConfinementError, RuntimeError) as error:
        print(error)
"""

    printed = run_python(source, PYTHONPATH=str(tmp_path)).splitlines()

    assert printed[0] == "False"
    assert "apt-get install libseccomp2" in printed[1]
    assert printed[2] == "pyseccomp or libseccomp2 is not installed"


def test_unknown_layer_is_refused(tmp_path: Path) -> None:
    """A misspelt layer to switch off is an error, not a layer left on in silence."""
    with pytest.raises(ConfinementError, match="no such layer of confinement: sandbox"):
        Jail(policy(tmp_path, disabled=frozenset({"sandbox"})))


@has_all
def test_layers_follow_the_policy(tmp_path: Path) -> None:
    """What is switched off is not reported."""
    jail = Jail(policy(tmp_path, disabled=frozenset({"seccomp", "rlimits"})))

    assert jail.layers == ("landlock",)
    assert jail.unknown_calls == ()


@has_all
def test_every_listed_call_is_known_here(tmp_path: Path) -> None:
    """No name of the list is skipped with the libseccomp that is installed."""
    # Calls that some architectures or libseccomp releases never had; nothing is lost where they do not exist.
    assert set(Jail(policy(tmp_path)).unknown_calls) <= {"utimensat_time64", "semtimedop_time64"}


@has_all
def test_unknown_call_is_skipped_and_listed() -> None:
    """A name that this libseccomp does not know costs that rule alone."""
    from autograder.seccomp import Rule, SyscallFilter  # noqa: PLC0415 - needs libseccomp, without which this is skipped

    made = SyscallFilter([Rule(("not_a_call", "fork"))])

    assert made.unknown == ("not_a_call",)


@has_all
def test_jail_refuses_a_stranger_as_parent(tmp_path: Path) -> None:
    """A child whose parent has ended before it was confined does not go on."""
    source = f"""
import os
from autograder.confine import *
from autograder.errors import ConfinementError
from autograder.model import Limits
jail = Jail(Policy(("/usr",), {str(tmp_path)!r}, None, Limits()), parent=1 << 22)
try:
    jail.enter()
except ConfinementError as error:
    print(error)
"""
    assert run_python(source) == "the process that started this one has ended\n"


@has_all
def test_jail_refuses_a_process_with_threads(tmp_path: Path) -> None:
    """Other threads would stay outside, so the process is not confined at all."""
    source = f"""
import os, threading
from autograder.confine import *
from autograder.errors import ConfinementError
from autograder.model import Limits
done = threading.Event()
threading.Thread(target=done.wait).start()
jail = Jail(Policy(("/usr",), {str(tmp_path)!r}, None, Limits()), parent=os.getppid())
try:
    jail.enter()
except ConfinementError as error:
    print(error)
done.set()
"""
    assert "2 threads cannot be confined" in run_python(source)


@has_all
def test_refusal_of_the_kernel_names_the_layer(tmp_path: Path) -> None:
    """A layer that cannot be put on is named, with the kernel's reason."""
    source = f"""
import os
from autograder.capabilities import keep_only
from autograder.confine import *
from autograder.errors import ConfinementError
from autograder.model import Limits
jail = Jail(Policy(("/usr",), {str(tmp_path)!r}, 60600, Limits()), parent=os.getppid())
keep_only(())
try:
    jail.enter()
except ConfinementError as error:
    print(error)
"""
    assert run_python(source).startswith("this process could not be confined (uid): [Errno 1]")


@has_all
def test_child_dies_with_its_parent(tmp_path: Path) -> None:
    """When the zygote is killed, the student process is gone, although its user has changed."""
    source = f"""
import os, signal, sys, time
from autograder.confine import *
from autograder.model import Limits
uid = free_uid() if "uid" in available_layers() else None
jail = None
reading, writing = os.pipe()
zygote = os.fork()
if zygote == 0:
    jail = Jail(Policy(("/usr",), {str(tmp_path)!r}, uid, Limits()))
    child = os.fork()
    if child == 0:
        jail.enter()
        os.write(writing, b"in")
        time.sleep(60)
        os._exit(0)
    os.write(writing, b"%8d" % child)
    os.wait()
answer = b""
while len(answer) < 10:
    answer += os.read(reading, 10)
child = int(answer.replace(b"in", b""))
os.kill(zygote, signal.SIGKILL)
os.waitpid(zygote, 0)
for _ in range(200):
    try:
        state = open(f"/proc/{{child}}/stat").read().rsplit(")", 1)[1].split()[0]
    except OSError:
        state = "gone"
    if state in ("gone", "Z", "X"):
        print("ended")
        break
    time.sleep(0.01)
"""
    assert run_python(source) == "ended\n"


@pytest.mark.skipif("uid" not in available_layers(), reason="needs root")
def test_interpreter_closed_to_the_child_is_refused(tmp_path: Path) -> None:
    """Without Landlock no power to read is kept, so an interpreter in root's home cannot be used."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)

    with pytest.raises(ConfinementError, match=r"other users cannot read .*closed: have the project, Python"):
        Jail(policy(tmp_path, readable=(str(closed),), uid=free_uid()), landlock_abi=0)
