"""Start a zygote, fork confined processes from it into private folders, and clean up behind them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from autograder import confine
from autograder.course_data import CourseData, write_given
from autograder.errors import AutograderError, ProcessEnded
from autograder.model import Limits
from autograder.process import StudentProcess
from autograder.rooms import clean_environment, font_cache, remove_folder
from autograder.zygote import receive_message, send_message

__all__ = ["Nursery", "Settings", "settings_here"]

_AGENT_MODULES = ("__init__", "agent", "agent_figures", "agent_models", "errors", "loader", "wire")
_PROJECT = Path(__file__).resolve().parent.parent
# The student's process and the workshop live side by side and must not share a user.
_ROLES = 2
_START_SECONDS = 180.0
_END_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How student processes are confined: limits, and layers that are switched off.

    ``seed`` is what random generators and hashes start from; only audits, which want to see that no mark depends on
    it, give another one.
    """

    limits: Limits = field(default_factory=Limits)
    disabled: frozenset[str] = frozenset()
    seed: int = 0


def settings_here(limits: Limits, *, unsafe: bool = False) -> Settings:
    """Return how student processes are confined on this machine.

    Raises:
        ConfinementError: a layer that untrusted code needs is missing, and ``unsafe`` was not asked for.
    """
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    available = confine.available_layers()
    if not unsafe:
        confine.require(available, root=root)
    return Settings(limits, frozenset(confine.LAYERS).difference(available))


class Nursery:
    """A warm zygote and the folders of its children; close it when done.

    Loading TensorFlow begins at once and is waited for at the first fork: what else there is to prepare goes beside it.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        own_users = "uid" not in settings.disabled
        self._uids = tuple(confine.free_uid() for _role in range(_ROLES)) if own_users else ()
        if own_users and "landlock" in settings.disabled:
            confine.require_open(self._uids[0], [*_readable(), tempfile.gettempdir()])
        self._root = Path(tempfile.mkdtemp(prefix="autograder-"))
        # Others may pass through to their own folder, but not list.
        self._root.chmod(0o711)
        self._data = self._root / "data"
        self._data.mkdir(mode=0o755)
        # How often our own side failed: a zygote that died, a process that could not be made ready.
        self.faults = 0
        self._accidents = 0
        self._children = 0
        self._living: list[StudentProcess] = []
        self._hello: dict[str, Any] | None = None
        self._control: socket.socket
        self._zygote: subprocess.Popen[bytes]
        self._start()

    def provide(self, name: str, data: CourseData) -> None:
        """Put what students may have of a data set where every process can read it."""
        write_given(name, data, self._data)
        for file in self._data.iterdir():
            file.chmod(0o644)

    @property
    def environment(self) -> dict[str, str]:
        """Versions of Python and of the packages that student code runs on."""
        return dict(self._greet()["environment"])

    @property
    def accidents(self) -> int:
        """How many processes of submissions came to an end so far that the machine may be to blame for."""
        return self._accidents + sum(process.had_accident for process in self._living)

    def fork(
        self, role: int = 0, fill: Callable[[Path], object] | None = None, *, trusted: bool = False
    ) -> StudentProcess:
        """Return a new confined process.

        Args:
            role: which of the uids it gets; processes that live at the same time must differ.
            fill: puts files into its private folder before it starts.
            trusted: whether it runs no student code, so that its end is a fault of ours.

        Raises:
            AutograderError: the zygote died and could not be started again.
        """
        self._greet()
        folder = self._new_folder(role, fill)
        ours, theirs = socket.socketpair()
        output, errors = os.pipe(), os.pipe()
        request = {
            "op": "fork",
            "policy": {
                "readable": [*_readable(), str(self._data)],
                "writable": str(folder),
                "uid": self._uid(role),
                "limits": asdict(self._settings.limits),
                "disabled": sorted(self._settings.disabled),
            },
            "environment": self._child_environment(folder),
        }
        try:
            answer, files = self._ask(request, (theirs.fileno(), output[1], errors[1]))
        finally:
            theirs.close()
            os.close(output[1])
            os.close(errors[1])
        wire = (ours.detach(), output[0], errors[0])
        process = StudentProcess(answer["pid"], wire, folder, self._settings.limits, trusted=trusted)
        self._living.append(process)
        try:
            process.adopt(files[0], self._reap, self._settings.seed)
        except ProcessEnded as ended:
            self.faults += 1
            # No line of the student's has run yet: whatever this is, it is not theirs.
            said = process.said[-500:]
            message = f"a student process could not be made ready: {ended.reason.en}; it said: {said}"
            raise AutograderError(message) from ended
        return process

    def discard(self, process: StudentProcess) -> None:
        """Kill a process and remove its folder."""
        process.kill()
        if process in self._living:
            self._living.remove(process)
            self._accidents += process.had_accident
            remove_folder(process.folder)

    def close(self) -> None:
        """Kill everything and remove every folder."""
        for process in list(self._living):
            self.discard(process)
        self._control.close()
        self._zygote.kill()
        self._zygote.wait()
        for uid in self._uids:
            confine.give_back(uid)
        remove_folder(self._root)

    # -- the zygote ---------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self._ended = False
        self._control, theirs = socket.socketpair()
        self._control.settimeout(_START_SECONDS)
        home = self._root / "zygote"
        home.mkdir(mode=0o700, exist_ok=True)
        # -P and -s, not -I: isolated mode would ignore PYTHONHASHSEED, and sets would iterate differently each run.
        command = [sys.executable, "-P", "-s", "-m", "autograder.zygote", str(theirs.fileno())]
        with (self._root / "zygote.log").open("wb") as log:
            self._zygote = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                command,
                # The zygote is to be of this package, wherever else another copy may be installed.
                env=self._environment(home) | {"MPLCONFIGDIR": str(font_cache(home)), "PYTHONPATH": str(_PROJECT)},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        theirs.close()

    def _greet(self) -> dict[str, Any]:
        """Wait for the zygote's hello, once; one that is killed before it can say it gets one successor."""
        if self._hello is None:
            hello = self._heard()
            if hello is None and self._was_killed():
                self._replace()
                hello = self._heard()
            if hello is None:
                log = (self._root / "zygote.log").read_text(errors="replace")[-2000:]
                message = f"the process that loads TensorFlow did not start; it said:\n{log}"
                raise AutograderError(message)
            if hello["threads"] != 1:
                message = f"the zygote has {hello['threads']} threads after its imports; forks would hang"
                raise AutograderError(message)
            self._hello = hello
        return self._hello

    def _heard(self) -> dict[str, Any] | None:
        try:
            return receive_message(self._control)[0]
        except (EOFError, OSError):
            return None

    def _was_killed(self) -> bool:
        try:
            return self._zygote.wait(_END_SECONDS) == -signal.SIGKILL
        except subprocess.TimeoutExpired:
            return False

    def _replace(self) -> None:
        """Start a zygote in the place of one that somebody killed (the kernel, short of memory, does)."""
        self._zygote.kill()
        self._zygote.wait()
        self._control.close()
        self._hello = None
        self._count_end()
        self._start()

    def _count_end(self) -> None:
        """Count a zygote's end as one fault, however many meet it: a submission that is run again may be the second."""
        self.faults += not self._ended
        self._ended = True

    def _ask(self, request: dict[str, Any], files: tuple[int, ...] = ()) -> tuple[dict[str, Any], list[int]]:
        try:
            send_message(self._control, request, files)
            return receive_message(self._control)
        except (EOFError, OSError):
            if request["op"] != "fork":
                raise
            self._replace()
            self._greet()
            for process in self._living:
                process.kill()  # They ended with their zygote; their rooms are to see it.
            send_message(self._control, request, files)
            return receive_message(self._control)

    def _reap(self, pid: int) -> int:
        try:
            answer, _files = self._ask({"op": "reap", "pid": pid})
        except (EOFError, OSError):
            self._count_end()
            return 9  # The zygote is gone, and its children were killed with it.
        return int(answer["status"])

    # -- folders ------------------------------------------------------------------------------------------------

    def _new_folder(self, role: int, fill: Callable[[Path], object] | None) -> Path:
        self._children += 1
        folder = self._root / f"{self._children}"
        folder.mkdir(mode=0o700)
        if fill is not None:
            fill(folder)
        uid = self._uid(role)
        if uid is not None:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, uid, uid, follow_symlinks=False)
        return folder

    def _uid(self, role: int) -> int | None:
        return self._uids[role] if self._uids else None

    def _child_environment(self, folder: Path) -> dict[str, str]:
        return self._environment(folder) | {"COURSE_DATA": str(self._data), "MPLCONFIGDIR": str(folder)}

    def _environment(self, home: Path) -> dict[str, str]:
        return clean_environment(home) | {"PYTHONHASHSEED": str(self._settings.seed)}


def _readable() -> list[str]:
    # Single modules only: beside them lie the suites and the solutions.
    ours = [str(_PROJECT / "autograder" / f"{name}.py") for name in _AGENT_MODULES]
    return [*confine.python_readable(), *confine.system_readable(), str(_PROJECT / "shared"), *ours]
