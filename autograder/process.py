"""One student process as the judge sees it: a wire, two streams of printed text, and a watchdog while it works."""

from __future__ import annotations

import errno
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.errors import ProcessEnded, WireError
from autograder.model import Limits
from autograder.wire import HEADER, Remote, body_length, pack, unpack
from shared.text import Text

__all__ = ["Raised", "Reply", "StudentProcess", "as_list"]

_TICK_SECONDS = 0.05
_DISK_TICKS = 5
_CHUNK = 2**18
_FLOOD_FACTOR = 512
# A process that ends closes its wire first; only then is it gone.
_GONE_MILLISECONDS = 1000
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
# What computes for less than this share of its time limit was waiting: for itself, or for a machine that stood still.
_WORKING_SHARE = 0.25
_BAD_FRAME = Text(
    "the process answered with something that is not an answer",
    "le processus a répondu par autre chose qu'une réponse",
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request gave: a plain value, what was printed meanwhile, warnings, and which arguments were changed."""

    value: Any
    output: str = ""
    errors: str = ""
    warnings: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


class Raised(Exception):  # noqa: N818 - a fact about the student's code, not a mistake of ours
    """The student's code raised; everything here is what its process said, as plain data."""

    def __init__(self, error: dict[str, Any], output: str = "", warnings: tuple[str, ...] = ()) -> None:
        self.type_name = _string(error.get("type"), "Exception")
        self.bases = tuple(str(base)[:80] for base in as_list(error.get("bases")))
        self.message = _string(error.get("message"), "")
        self.frames = tuple(_frame(frame) for frame in as_list(error.get("frames"))[-12:] if isinstance(frame, dict))
        self.memory = error.get("memory") is True
        self.output = output
        self.warnings = warnings
        super().__init__(f"{self.type_name}: {self.message}")


@dataclass(slots=True)
class _Stream:
    """Printed text, kept up to a limit and counted beyond it."""

    limit: int
    kept: bytearray = field(default_factory=bytearray)
    total: int = 0

    def add(self, data: bytes) -> None:
        self.total += len(data)
        self.kept += data[: max(0, self.limit - len(self.kept))]

    def take(self) -> str:
        text = bytes(self.kept).decode("utf-8", "replace")
        self.kept.clear()
        return text


@dataclass(frozen=True, slots=True)
class _Usage:
    """What a process uses: resident bytes, threads, and seconds of processor time so far."""

    memory: int = 0
    threads: int = 0
    seconds: float = 0.0


class StudentProcess:
    """A confined process; `request` asks it something and watches it until it answers."""

    def __init__(
        self, pid: int, files: tuple[int, int, int], folder: Path, limits: Limits, *, trusted: bool = False
    ) -> None:
        wire, output, errors = files
        self.pid = pid
        self._trusted = trusted
        self.folder = folder
        self.confinement: tuple[str, ...] = ()
        self.said = ""
        self.alive = True
        # Whether the machine may be to blame for its end: SIGKILL that is not ours (a kernel short of memory sends it,
        # though the process may have done it itself), or a time limit that was reached almost without computing.
        self.had_accident = False
        self._sock = socket.socket(fileno=wire)
        self._sock.setblocking(False)
        self._streams = {output: _Stream(limits.output_bytes), errors: _Stream(limits.output_bytes)}
        self._files = (output, errors)
        self._limits = limits
        self._deadline = time.monotonic() + limits.check_seconds
        self._limit_seconds = limits.check_seconds
        self._worked_before = 0.0
        self._reap: Callable[[int], int] = lambda _pid: 0
        self._ticks = 0
        # Added to what the student's random generators start from at each request.
        self.stirred = 0

    def adopt(self, pidfd: int, reap: Callable[[int], int], seed: int = 0) -> None:
        """Take the handle by which the process is killed, the way to learn how it ended, and what seeds count from."""
        self._pidfd = pidfd
        self._seed = seed
        self._reap = reap
        hello = self._receive({})
        self.confinement = tuple(str(layer) for layer in as_list(hello.get("confinement")))

    def allow(self, seconds: float) -> None:
        """Give the process this much wall-clock time from now on, over all requests until the next `allow`."""
        self._limit_seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._worked_before = _usage(self.pid).seconds

    def request(self, operation: str, arguments: dict[str, Any], seed: int = 0) -> Reply:
        """Ask something and wait for the answer.

        Args:
            operation: what the agent's ``do_...`` is called.
            arguments: plain values; functions in them stay here and are called back.
            seed: what the student's random generators start from.

        Raises:
            Raised: the student's code raised.
            ProcessEnded: the process died, hung, or used more than it may.
        """
        if self._trusted:  # The workshop serves many checks: each request has the whole time.
            self.allow(self._limits.check_seconds)
        callbacks: dict[int, Callable[..., Any]] = {}
        message = {
            "op": operation,
            "arguments": _store_callables(arguments, callbacks),
            "seed": self._seed + seed + self.stirred,
        }
        self._send(pack(message))
        answer = self._receive(callbacks)
        self._drain()
        output, errors = (self._streams[file].take() for file in self._files)
        warnings = tuple(str(text)[:500] for text in as_list(answer.get("warnings"))[:20])
        if "error" in answer:
            error = answer["error"] if isinstance(answer["error"], dict) else {}
            raise Raised(error, output + errors, warnings)
        changed = tuple(str(name)[:40] for name in as_list(answer.get("changed"))[:20])
        return Reply(answer.get("value"), output, errors, warnings, changed)

    def kill(self) -> int:
        """End the process at once and return its wait status; a second call does nothing."""
        if not self.alive:
            return 0
        self.alive = False
        try:
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        except ProcessLookupError:
            pass  # It ended by itself; reaping tells how.
        status = self._reap(self.pid)
        self._sock.close()
        for file in (*self._files, self._pidfd):
            os.close(file)
        return status

    # -- the wire -----------------------------------------------------------------------------------------------

    def _send(self, frame: bytes) -> None:
        view = memoryview(frame)
        while view:
            try:
                view = view[self._sock.send(view) :]
            except BlockingIOError:
                self._wait(select.POLLOUT)
            except OSError:
                self._end()

    def _receive(self, callbacks: dict[int, Callable[..., Any]]) -> dict[str, Any]:
        while True:
            header = self._read(HEADER.size)
            try:
                answer = unpack(header, self._read(body_length(header)))
            except WireError:
                self._end("raised", _BAD_FRAME)
            number = answer.get("callback") if isinstance(answer, dict) else None
            if type(number) is int and number in callbacks:
                self._answer_callback(callbacks[number], answer)
                # A process that always has something to say is never waited for.
                self._watch()
            elif isinstance(answer, dict):
                return answer
            else:
                self._end("raised", _BAD_FRAME)

    def _answer_callback(self, function: Callable[..., Any], call: dict[str, Any]) -> None:
        args = call["args"] if isinstance(call.get("args"), list) else []
        kwargs = call["kwargs"] if isinstance(call.get("kwargs"), dict) else {}
        try:
            answer = pack(function(*args, **{str(key): value for key, value in kwargs.items()}))
        except Exception:
            self.kill()  # It waits for an answer that does not come, and would take the next request for it.
            raise
        self._send(answer)

    def _read(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            try:
                piece = self._sock.recv(min(size - len(data), 4 * _CHUNK))
            except BlockingIOError:
                self._wait(select.POLLIN)
                continue
            except OSError:
                piece = b""
            if not piece:
                self._end()
            data += piece
        return bytes(data)

    # -- the watchdog -------------------------------------------------------------------------------------------

    def _wait(self, event: int) -> None:
        """Wait until the wire is ready, swallowing printed text and watching the clock, memory, threads and disk."""
        while True:
            poll = select.poll()
            poll.register(self._sock, event)
            for file in self._files:
                poll.register(file, select.POLLIN)
            ready = {number for number, flags in poll.poll(_TICK_SECONDS * 1000) if flags & (event | select.POLLIN)}
            hung_up = {number for number, flags in poll.poll(0) if flags & (select.POLLHUP | select.POLLERR)}
            self._drain()
            self._watch()
            if self._sock.fileno() in ready | hung_up:
                return
            if hung_up:
                time.sleep(_TICK_SECONDS / 5)  # A closed output pipe is always "ready": do not spin on it.

    def _drain(self) -> None:
        for file, stream in self._streams.items():
            while self.alive:
                os.set_blocking(file, False)
                try:
                    data = os.read(file, _CHUNK)
                except BlockingIOError:
                    break
                stream.add(data)
                if len(data) < _CHUNK:
                    break

    def _watch(self) -> None:
        limits = self._limits
        used = _usage(self.pid)
        if time.monotonic() > self._deadline:
            worked = used.seconds - self._worked_before
            self.had_accident = not self._trusted and worked < _WORKING_SHARE * self._limit_seconds
            seconds = f"{self._limit_seconds:.0f}"
            self._end(
                "timed_out",
                Text(f"stopped after the time limit of {seconds} s", f"arrêté après la limite de {seconds} s"),
            )
        if sum(stream.total for stream in self._streams.values()) > limits.output_bytes * _FLOOD_FACTOR:
            self._end("raised", Text("stopped: it printed without end", "arrêté : affichage sans fin"))
        if used.memory > limits.memory_bytes:
            gigabytes = f"{limits.memory_bytes / 2**30:.1f}"
            words = Text(f"stopped at the memory limit of {gigabytes} GiB", f"arrêté à la limite de {gigabytes} Gio")
            self._end("out_of_memory", words)
        if used.threads > limits.threads:
            self._end("raised", Text("stopped: it started too many threads", "arrêté : trop de fils d'exécution"))
        self._ticks += 1
        if self._ticks % _DISK_TICKS == 0 and _disk_is_over(self.folder, limits):
            self._end("raised", Text("stopped: it filled its folder", "arrêté : il a rempli son dossier"))

    def _end(self, status: str | None = None, reason: Text | None = None) -> None:
        """Kill the process and say why; without a reason, from the way it ended."""
        self._drain()
        said = b"".join(bytes(stream.kept) for stream in self._streams.values())
        self.said = said.decode("utf-8", "replace")
        gone = reason is None and self._is_gone()
        wait_status = self.kill()
        self.had_accident |= gone and not self._trusted and wait_status == signal.SIGKILL
        if reason is None or status is None:
            status, reason = _explain(wait_status, said)
        raise ProcessEnded("broken" if self._trusted else status, reason)

    def _is_gone(self) -> bool:
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        return bool(poll.poll(_GONE_MILLISECONDS))


def _explain(wait_status: int, said: bytes) -> tuple[str, Text]:
    code = os.waitstatus_to_exitcode(wait_status)
    if code == -signal.SIGXCPU:
        return "timed_out", Text("stopped after too much processor time", "arrêté : trop de temps de calcul")
    if b"bad_alloc" in said or b"Unable to allocate" in said:
        return "out_of_memory", Text("the process ran out of memory", "le processus a manqué de mémoire")
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
        return "raised", Text(f"the process crashed ({name})", f"le processus s'est arrêté net ({name})")
    return "raised", Text(
        f"the process ended by itself (exit code {code}); a function must return, not exit",
        f"le processus s'est terminé de lui-même (code {code}) ; une fonction doit rendre la main, pas quitter",
    )


def _usage(pid: int) -> _Usage:
    """Return what a process uses; zeros once it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, IndexError, ValueError):
        return _Usage()
    return _Usage(pages * _PAGE_BYTES, int(stat[17]), (int(stat[11]) + int(stat[12])) / _TICKS_A_SECOND)


def _disk_is_over(folder: Path, limits: Limits) -> bool:
    """Say whether the private folder holds too much; looks at no more entries than are allowed."""
    entries, size, waiting = 0, 0, [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as found:
                for entry in found:
                    entries += 1
                    if entries > limits.disk_entries:
                        return True
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
                    else:
                        size += entry.stat(follow_symlinks=False).st_size
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                return True  # What lies so deep could not be counted.
            continue  # It vanished between listing and reading.
    return size > limits.disk_bytes


def _store_callables(value: Any, callbacks: dict[int, Callable[..., Any]]) -> Any:  # noqa: ANN401
    if isinstance(value, list | tuple):
        return type(value)(_store_callables(item, callbacks) for item in value)
    if isinstance(value, dict):
        return {key: _store_callables(item, callbacks) for key, item in value.items()}
    if callable(value):
        callbacks[len(callbacks)] = value
        return Remote("callback", getattr(value, "__name__", "function"), len(callbacks) - 1)
    return value


def as_list(value: Any) -> list[Any]:  # noqa: ANN401
    """Return the items of what should be a list; a process may send anything."""
    return list(value) if isinstance(value, list | tuple) else []


def _string(value: Any, default: str, limit: int = 2000) -> str:  # noqa: ANN401
    return value[:limit] if isinstance(value, str) else default


def _frame(frame: dict[str, Any]) -> dict[str, Any]:
    """Return one line of a traceback with what it should hold and nothing else."""
    line = frame.get("line")
    words = {key: _string(frame.get(key), "", 200) for key in ("file", "function", "code")}
    return words | {"line": line if type(line) is int else 0}
