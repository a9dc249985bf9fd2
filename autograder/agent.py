"""The side of the wire that lives with the student's code: load the module, answer calls, keep objects by number.

Nothing here decides anything.  A student may replace every line of it at run time; the judge believes only values.
"""

from __future__ import annotations

import dis
import inspect
import linecache
import os
import random
import socket
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from autograder import agent_figures, agent_models
from autograder.errors import WireError
from autograder.loader import load_module
from autograder.wire import HEADER, Remote, body_length, pack, unpack

__all__ = ["Channel", "serve"]

_MAX_WARNINGS = 20
_MAX_FRAMES = 12
_MAX_DEPTH = 30
_MAX_ITEMS = 200_000
_PLAIN = (bool, int, float, str, bytes, type(None))
_ARRAY_KINDS = "biuf"


class Channel:
    """A blocking wire end: one frame out, one frame in."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def send(self, value: Any) -> None:  # noqa: ANN401
        """Send one value."""
        self._sock.sendall(pack(value))

    def receive(self) -> Any:  # noqa: ANN401
        """Wait for one value; raise EOFError when the judge has gone."""
        header = self._read(HEADER.size)
        return unpack(header, self._read(body_length(header)))

    def _read(self, size: int) -> bytes:
        data = bytearray(size)
        view = memoryview(data)
        while view:
            count = self._sock.recv_into(view)
            if not count:
                raise EOFError
            view = view[count:]
        return bytes(data)


class _Agent:
    """The objects a judge has been shown, by number, and what it may ask of them."""

    def __init__(self, channel: Channel, folder: Path) -> None:
        self._channel = channel
        self._folder = folder
        self._objects: list[Any] = []
        self._module: Any = None
        self._changed: list[str] = []
        # Iterators, whose code runs later, with the arguments as they were given and as they are now.
        self._lent: list[tuple[Iterator[Any], dict[str, tuple[Any, Any]]]] = []
        self._items = 0

    # -- requests -----------------------------------------------------------------------------------------------

    def handle(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer one request; whatever goes wrong in the student's code is an answer too."""
        _seed(request.get("seed", 0))
        with suppress(OSError):
            os.chdir(self._folder)  # Wherever the student's code has gone: names of files are those of its folder.
        self._changed, self._items = [], 0
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                operation: Callable[..., Any] = getattr(self, "do_" + request["op"])
                reply = {"value": self.outgoing(operation(**request.get("arguments", {})))}
            except BaseException as error:  # noqa: BLE001 - the wall around student code
                reply = {"error": self._describe(error)}
        _flush()
        shown = [f"{w.category.__name__}: {w.message}"[:500] for w in caught[:_MAX_WARNINGS]]
        return reply | {"warnings": shown, "changed": self._changed}

    def do_load(self, name: str, path: str, seconds: float) -> dict[str, Any]:
        """Import the submission; what still runs after so many seconds is broken off."""
        loaded = load_module(name, Path(path), seconds)
        self._module = loaded.module
        problems = [asdict(problem) for problem in loaded.problems]
        names = [key for key, value in vars(loaded.module).items() if isinstance(key, str) and callable(value)]
        return {"problems": problems, "exited": loaded.exited, "names": names}

    def do_call(self, function: str, args: list[Any], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        """Call a function of the submission."""
        return self._watched(getattr(self._module, function), args, kwargs)

    def do_defaults(self, function: str) -> dict[str, Any]:
        """Return the default values in a function's signature, unless all that it does is to say that it is unwritten."""
        if _only_raises(found := getattr(self._module, function)):
            raise NotImplementedError
        parameters = inspect.signature(found).parameters.values()
        return {p.name: p.default for p in parameters if p.default is not inspect.Parameter.empty}

    def do_apply(self, handle: int, args: list[Any], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        """Call an object that the submission returned."""
        return self._watched(self._objects[handle], args, kwargs)

    def do_attribute(self, handle: int, name: str) -> Any:  # noqa: ANN401
        """Read an attribute of an object that the submission returned."""
        return getattr(self._objects[handle], name)

    def do_iterate(self, handle: int) -> Any:  # noqa: ANN401
        """Start to go through an object that can be gone through; an iterator gives itself."""
        return iter(self._objects[handle])

    def do_next(self, handle: int) -> Any:  # noqa: ANN401
        """Take the next item of an iterator: a list of one, or the empty list at its end."""
        try:
            return [next(self._objects[handle])]
        except StopIteration:
            return []

    def do_lent(self, handle: int) -> list[str]:
        """Name the arguments of the call which gave this iterator that have been changed in place by now."""
        return next((_differing(pairs) for value, pairs in self._lent if value is self._objects[handle]), [])

    def do_replace(self, name: str, handle: int) -> None:
        """Put an object of the judge's where the module has one of its own by this name."""
        setattr(self._module, name, self._objects[handle])

    def do_figure(self, handle: int) -> Any:  # noqa: ANN401
        """Describe what a figure shows, with its picture."""
        return agent_figures.describe(self._objects[handle])

    def do_model(self, verb: str, handle: int | None = None, args: list[Any] | None = None) -> Any:  # noqa: ANN401
        """Do one of the things that `agent_models` can do, on a model or to make one."""
        function = agent_models.VERBS[verb]
        model = () if handle is None else (self._objects[handle],)
        return function(*model, *(self.incoming(argument) for argument in args or []))

    # -- values -------------------------------------------------------------------------------------------------

    def _watched(self, function: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        given: dict[Any, Any] = {**dict(enumerate(args)), **kwargs}
        taken = {key: self.incoming(value) for key, value in given.items()}
        pairs = {str(key): (_facts(taken[key], given[key]), taken[key]) for key in given}
        value = function(*(taken[index] for index in range(len(args))), **{key: taken[key] for key in kwargs})
        self._changed = _differing(pairs)
        if isinstance(value, Iterator):
            self._lent.append((value, pairs))
        return value

    def incoming(self, value: Any) -> Any:  # noqa: ANN401
        """Turn a value from the judge into what a student's function expects: writable arrays, real objects."""
        if isinstance(value, np.ndarray):
            return value.copy()
        if isinstance(value, Remote):
            return self._callback(value.handle) if value.kind == "callback" else self._objects[value.handle]
        if isinstance(value, list | tuple):
            return type(value)(self.incoming(item) for item in value)
        if isinstance(value, dict):
            return {key: self.incoming(item) for key, item in value.items()}
        return value

    def _callback(self, number: int) -> Callable[..., Any]:
        """Stand for a function of the judge's: each call goes over the wire, as data."""

        def callback(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            self._channel.send({"callback": number, "args": self.outgoing(list(args)), "kwargs": self.outgoing(kwargs)})
            return self.incoming(self._channel.receive())

        return callback

    def outgoing(self, value: Any, depth: int = 0) -> Any:  # noqa: ANN401
        """Turn a student's value into what the wire carries; what it does not carry becomes a numbered object."""
        self._items += 1
        if self._items > _MAX_ITEMS:
            raise ValueError(f"more than {_MAX_ITEMS} values in one answer")
        if type(value) in _PLAIN:
            return value
        if isinstance(value, np.ndarray | np.generic) or agent_models.is_tensor(value):
            return self._outgoing_array(value)
        if depth < _MAX_DEPTH and isinstance(value, list):
            return [self.outgoing(item, depth + 1) for item in list.__iter__(value)]
        if depth < _MAX_DEPTH and isinstance(value, tuple):
            return tuple(self.outgoing(item, depth + 1) for item in tuple.__iter__(value))
        if depth < _MAX_DEPTH and isinstance(value, dict):
            pairs = dict.items(value)
            return {_key(key): self.outgoing(item, depth + 1) for key, item in pairs}
        return self._keep(value)

    def _outgoing_array(self, value: Any) -> Any:  # noqa: ANN401
        array = np.array(value, copy=True, subok=False)
        if array.dtype.kind not in _ARRAY_KINDS or array.dtype.itemsize > 8:  # noqa: PLR2004 - float128, bfloat16
            return self._keep(value)
        return array[()] if isinstance(value, np.generic) else array

    def _keep(self, value: Any) -> Remote:  # noqa: ANN401
        self._objects.append(value)
        kind, info = "opaque", None
        if agent_models.is_model(value):
            kind = "model"
        elif agent_models.is_history(value):
            kind, info = "history", self.outgoing(agent_models.history_values(value))
        elif agent_figures.is_figure(value):
            kind = "figure"
        elif isinstance(value, Iterator):
            kind = "iterator"
        elif callable(value):
            kind = "callable"
        return Remote(kind, type(value).__name__, len(self._objects) - 1, info)

    # -- exceptions ---------------------------------------------------------------------------------------------

    def _describe(self, error: BaseException) -> dict[str, Any]:
        """Say what was raised and where, with the student's own lines only."""
        frames = [
            {
                "file": Path(frame.filename).name,
                "line": frame.lineno or 0,
                "function": frame.name,
                "code": linecache.getline(frame.filename, frame.lineno or 0).strip()[:200],
            }
            for frame in traceback.extract_tb(error.__traceback__)
            if Path(frame.filename).is_relative_to(self._folder)
        ]
        bases = [base.__name__ for base in type(error).__mro__]
        memory = isinstance(error, MemoryError) or "ResourceExhaustedError" in bases
        return {
            "type": type(error).__name__,
            "bases": bases,
            "message": _text(error),
            "frames": frames[-_MAX_FRAMES:],
            "memory": memory,
        }


def serve(sock: socket.socket, folder: Path) -> None:
    """Answer requests until the judge hangs up."""
    channel = Channel(sock)
    agent = _Agent(channel, folder)
    while True:
        try:
            request = channel.receive()
        except (EOFError, OSError):
            return
        reply = agent.handle(request)
        try:
            channel.send(reply)
        except WireError as error:
            lost = {"type": "ValueError", "bases": ["ValueError"], "message": str(error), "frames": [], "memory": False}
            channel.send({"error": lost, "warnings": [], "changed": []})


def _seed(seed: int) -> None:
    """Make what a student draws without a seed of their own the same every time."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - students use the old interface
    agent_models.seed(seed)


def _facts(taken: Any, plain: Any) -> Any:  # noqa: ANN401
    """Return what a call must leave of an argument: a history's curves, None where it holds none, or the plain value."""
    if not agent_models.is_history(taken):
        return plain
    try:
        return agent_models.history_values(taken)
    except (AttributeError, TypeError, ValueError):
        return None


def _differing(pairs: dict[str, tuple[Any, Any]]) -> list[str]:
    return [name for name, (original, taken) in pairs.items() if not _same(original, _facts(taken, taken))]


def _same(original: Any, now: Any) -> bool:  # noqa: ANN401
    if isinstance(original, Remote):
        return True
    if type(original) is not type(now):
        return False
    if isinstance(original, np.ndarray):
        return bool(np.array_equal(original, now, equal_nan=original.dtype.kind == "f"))
    if isinstance(original, list | tuple):
        return len(original) == len(now) and all(_same(a, b) for a, b in zip(original, now, strict=True))
    if isinstance(original, dict):
        return list(original) == list(now) and all(_same(original[key], now[key]) for key in original)
    return bool(original == now or original != original)


def _key(key: Any) -> Any:  # noqa: ANN401
    return key if type(key) in _PLAIN else repr(key)[:200]


def _text(error: BaseException) -> str:
    try:
        return str(error)[:2000]
    except BaseException:  # noqa: BLE001 - a student's __str__ may raise anything
        return ""


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:  # noqa: BLE001, S110 - a student may have closed or replaced it
            pass
    os.sched_yield()


def _only_raises(function: Any) -> bool:  # noqa: ANN401
    """Recognise the body of a stub: it names one thing, NotImplementedError, and never returns."""
    code = getattr(function, "__code__", None)
    if code is None or code.co_names != ("NotImplementedError",):
        return False
    return not any(step.opname.startswith("RETURN") for step in dis.get_instructions(code))
