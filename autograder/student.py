"""What a hidden test holds in its hands: the submission's module, its models, its figures, as plain Python.

``student.small_model()`` runs in a confined process and gives a `RemoteModel`; everything else that comes back is a
plain value, or an `Opaque` that says of what class it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np

from autograder.architecture import ModelData
from autograder.errors import ProcessEnded
from autograder.model import Lab, Submission
from autograder.nursery import Nursery
from autograder.process import Raised, Reply, StudentProcess, as_list
from autograder.submissions import write_for_grading
from autograder.wire import Remote
from shared.text import Text

__all__ = ["NotAttempted", "Opaque", "RemoteFigure", "RemoteHistory", "RemoteModel", "Student", "Workshop"]

Value = TypeVar("Value")
_SLOW_IMPORT_SECONDS = 2.0
# How much of a check's time importing the module may take before what runs then is broken off.
_IMPORT_SHARE = 0.5
_MAX_FILE_BYTES = 32 * 2**20


class NotAttempted(Exception):  # noqa: N818 - a fact about the submission
    """The function is still the stub's, or is not there."""


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value of a class that does not cross the wire; ``kind`` says roughly what it is."""

    kind: str
    type_name: str
    handle: int
    process: StudentProcess

    def __repr__(self) -> str:
        return f"<{self.type_name} object>"

    def attribute(self, name: str) -> Any:  # noqa: ANN401
        """Read one of its attributes."""
        return _wrap(self.process, self.process.request("attribute", {"handle": self.handle, "name": name}).value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """Call it, where it is callable."""
        arguments = {"handle": self.handle, "args": list(args), "kwargs": kwargs}
        return _wrap(self.process, self.process.request("apply", arguments).value)

    def items(self, limit: int) -> list[Any]:
        """Take up to ``limit`` items, where it can be gone through; an iterator goes on where it was."""
        found: list[Any] = []
        remote = self.process.request("iterate", {"handle": self.handle}).value
        while isinstance(remote, Remote) and len(found) < limit:
            reply = self.process.request("next", {"handle": remote.handle}).value
            if not isinstance(reply, list) or not reply:
                break
            found.append(_wrap(self.process, reply[0]))
        return found

    def changed(self) -> tuple[str, ...]:
        """Name the arguments of the call that gave this iterator which it has changed in place so far."""
        return tuple(str(name) for name in as_list(self.process.request("lent", {"handle": self.handle}).value))


@dataclass(frozen=True, slots=True)
class RemoteHistory:
    """What a training returned: its curves, and the object itself to hand to another function."""

    remote: Remote
    curves: dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class RemoteFigure:
    """A Matplotlib figure in the student process."""

    remote: Remote
    process: StudentProcess

    def show(self) -> dict[str, Any]:
        """Return what the figure shows: axes with lines, images, texts; and its PNG."""
        shown = self.process.request("figure", {"handle": self.remote.handle}).value
        return shown if isinstance(shown, dict) else {}


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """A Keras model in a student process or in the workshop."""

    remote: Remote
    process: StudentProcess

    def ask(self, verb: str, *args: Any) -> Any:  # noqa: ANN401
        """Do one of the agent's verbs on the model and return the plain value."""
        arguments = {"verb": verb, "handle": self.remote.handle, "args": [_unwrap(argument) for argument in args]}
        return _wrap(self.process, self.process.request("model", arguments).value)

    def build(self, sample: np.ndarray) -> None:
        """Show a model that was never built some data."""
        self.ask("build", sample)

    def describe(self) -> dict[str, Any]:
        """Return its layers, shapes and optimizer as plain values; empty where the process says nonsense."""
        found = self.ask("describe")
        return found if isinstance(found, dict) else {}

    def weights(self) -> list[np.ndarray]:
        """Return its weights in Keras's order."""
        return [array for array in as_list(self.ask("weights")) if isinstance(array, np.ndarray)]

    def set_weights(self, weights: list[np.ndarray]) -> None:
        """Replace its weights."""
        self.ask("set_weights", weights)

    def predict(self, inputs: np.ndarray, *, training: bool = False) -> Any:  # noqa: ANN401
        """Return what the model gives on inputs; check the shape before you use it."""
        return self.ask("predict", inputs, training)

    def fit(self, inputs: np.ndarray, labels: np.ndarray, **schedule: Any) -> dict[str, Any]:  # noqa: ANN401
        """Train it where it is, without printing.

        Args:
            inputs: what it is trained on, (n, ...).
            labels: what its loss expects, (n, ...).
            schedule: ``epochs`` and ``batch_size``; perhaps ``validation`` (a pair) and ``callbacks`` (opaque objects).

        Returns:
            ``{"history": {name: [...]}, "epoch": [...], "rates": [the learning rate of each epoch]}``; empty where the
            process says nonsense.
        """
        found = self.ask("fit", inputs, labels, schedule)
        return found if isinstance(found, dict) else {}

    def export(self) -> ModelData:
        """Return the model as data."""
        found = self.ask("export")
        found = found if isinstance(found, dict) else {}
        architecture, compiling = found.get("architecture"), found.get("compiling")
        return ModelData(
            architecture if isinstance(architecture, str) else None,
            [array for array in as_list(found.get("weights")) if isinstance(array, np.ndarray)],
            compiling if isinstance(compiling, dict) else None,
        )


class _Room:
    """A place where models can be made and files be put: what `Student` and `Workshop` share."""

    def __init__(self, nursery: Nursery, role: int) -> None:
        self._nursery = nursery
        self._role = role
        self._process: StudentProcess | None = None

    @property
    def process(self) -> StudentProcess:
        """The living process, forked when there is none."""
        if self._process is not None and not self._process.alive:
            self.leave()
        if self._process is None:
            self._process = self._enter()
        return self._process

    def leave(self) -> None:
        """End the process; the next use starts a fresh one."""
        if self._process is not None:
            self._nursery.discard(self._process)
            self._process = None

    @contextmanager
    def stirred(self) -> Iterator[None]:
        """Let chance that no argument decides, such as NumPy's and Keras's own, start elsewhere than in other requests.

        What a seed or a generator decides comes out the same; without this so does what ignores them.
        """
        process = self.process
        process.stirred = 1
        try:
            yield
        finally:
            process.stirred = 0

    def make(self, model: ModelData) -> RemoteModel:
        """Build a model here from trusted data."""
        remote = self.verb("make", model.architecture, model.weights or None, model.compiling)
        assert isinstance(remote, RemoteModel)
        return remote

    def verb(self, verb: str, *args: Any) -> Any:  # noqa: ANN401
        """Do one of the agent's verbs that needs no model."""
        arguments = {"verb": verb, "args": [_unwrap(argument) for argument in args]}
        return _wrap(self.process, self.process.request("model", arguments).value)

    def generator(self, seed: int) -> Opaque:
        """Make a NumPy generator here, for an argument ``rng``; each use goes on where the last one ended."""
        return cast("Opaque", self.verb("generator", seed))

    def builder(self, model: ModelData) -> Opaque:
        """Make a function without arguments here that builds the model anew at each call.

        A model without weights draws its own each time.
        """
        return cast("Opaque", self.verb("builder", model.architecture, model.weights or None, model.compiling))

    def function(self, source: str) -> Opaque:
        """Make a function here from a text of ours that defines ``function``."""
        return cast("Opaque", self.verb("function", source))

    def history(self, curves: dict[str, list[float]]) -> RemoteHistory:
        """Make a Keras History here that holds these curves."""
        return cast("RemoteHistory", self.verb("history", curves))

    def optimizer(self, optimizer: Opaque) -> dict[str, Any]:
        """Return what is known of an optimizer: its kind, bases, learning_rate, momentum, nesterov and steps."""
        found = self.about("optimizer", optimizer)
        return found if isinstance(found, dict) else {}

    def optimizer_path(self, optimizer: Opaque, start: np.ndarray, gradients: list[np.ndarray]) -> list[Any]:
        """Return the values that an optimizer gives a variable, one after each gradient."""
        return as_list(self.about("optimizer_path", optimizer, start, gradients))

    def about(self, verb: str, thing: Opaque, *args: Any) -> Any:  # noqa: ANN401
        """Do one of the agent's verbs on an object that is no model."""
        arguments = {"verb": verb, "handle": thing.handle, "args": [_unwrap(argument) for argument in args]}
        return _wrap(self.process, self.process.request("model", arguments).value)

    def read_file(self, name: str) -> bytes | None:
        """Return a file of the private folder, or None where there is none."""
        try:
            content = self.verb("read_file", name, _MAX_FILE_BYTES)
        except Raised:
            return None
        return content if isinstance(content, bytes) else None

    def write_file(self, name: str, content: bytes) -> None:
        """Put a file into the private folder."""
        self.verb("write_file", name, content)

    def _enter(self) -> StudentProcess:
        raise NotImplementedError


class Workshop(_Room):
    """A confined process without student code, where models are rebuilt from data and trained.

    What goes wrong here is our fault, not the student's: its process is marked so.
    """

    def _enter(self) -> StudentProcess:
        return self._nursery.fork(self._role, trusted=True)

    def sequential(self, layers: list[tuple[str, dict[str, Any]]], **compiling: Any) -> RemoteModel:  # noqa: ANN401
        """Build and compile a plain stack of Keras layers."""
        made = self.verb("sequential", [list(layer) for layer in layers], compiling)
        assert isinstance(made, RemoteModel)
        return made


class Student(_Room):
    """The submission's module; each question gets a fresh process with the module imported."""

    def __init__(self, nursery: Nursery, submission: Submission, lab: Lab, role: int = 0) -> None:
        super().__init__(nursery, role)
        self.submission = submission
        self.problems: tuple[dict[str, Any], ...] = ()
        self.printed = ""
        self.called: set[str] = set()
        self.confinement: tuple[str, ...] = ()
        self._lab = lab
        self._names: frozenset[str] = frozenset()
        self._import_failure: ProcessEnded | None = None
        self._import_seconds = 0.0
        self._spent_seconds = 0.0
        self._memory: dict[Any, tuple[Any, Exception | None]] = {}
        self._hopeless: dict[str, ProcessEnded] = {}
        self.begin_check()

    # -- what tests use -----------------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)

        def function(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            """Call the student's function and return its plain value."""
            return self.call(name, *args, **kwargs).value

        return function

    def call(self, name: str, *args: Any, **kwargs: Any) -> Reply:  # noqa: ANN401
        """Call a function of the submission and return value, printed text, warnings and changed arguments.

        Raises:
            NotAttempted: the function is the stub's or missing.
            Raised: it raised.
            ProcessEnded: its process died or was stopped.
        """
        self.called.add(name)
        if name in self._hopeless:
            raise self._hopeless[name]
        process = self.process
        self._require(name)
        sent = [_unwrap(value, self) for value in args]
        named = {key: _unwrap(value, self) for key, value in kwargs.items()}
        try:
            reply = process.request("call", {"function": name, "args": sent, "kwargs": named})
        except ProcessEnded as ended:
            if ended.status != "raised":
                # It would use up its limit in each of the question's checks, and the other questions' time with it.
                self._hopeless[name] = ended
            raise
        except Raised as error:
            self.printed += error.output
            if _is_stub(error):
                raise NotAttempted(name) from error
            raise
        self.printed += reply.output
        value = _wrap(process, reply.value)
        return Reply(value, reply.output, reply.errors, reply.warnings, reply.changed)

    def defaults(self, name: str) -> dict[str, Any]:
        """Return the default values in the signature of a function; empty where it has no readable one.

        Raises:
            NotAttempted: the function is the stub's or missing.
        """
        process = self.process
        self._require(name)
        try:
            found = process.request("defaults", {"function": name}).value
        except Raised as error:
            if _is_stub(error):
                raise NotAttempted(name) from error
            return {}
        return found if isinstance(found, dict) else {}

    def replace(self, name: str, thing: Opaque) -> None:
        """Let an object of ours stand for a function of the submission, so that another one can be checked by itself."""
        self.process.request("replace", {"name": name, "handle": thing.handle})

    def once(self, key: Any, compute: Callable[[], Value]) -> Value:  # noqa: ANN401
        """Compute something once a question; a failure is remembered and raised again."""
        if key not in self._memory:
            try:
                self._memory[key] = (compute(), None)
            except Exception as error:
                self._memory[key] = (None, error)
                raise
        value, failure = self._memory[key]
        if failure is not None:
            raise failure
        return value  # type: ignore[no-any-return]

    # -- what the suite uses ------------------------------------------------------------------------------------

    def begin_question(self) -> None:
        """Forget what the last question left: a fresh process, unless importing the module takes long."""
        self._memory.clear()
        self._hopeless.clear()
        self.printed = ""
        if self._import_seconds < _SLOW_IMPORT_SECONDS:
            self.leave()

    def begin_check(self) -> None:
        """Start the clock of one check, within what is left for the whole submission."""
        left = self._lab.limits.submission_seconds - self._spent_seconds
        self._check_started = time.monotonic()
        self._allowed = max(0.0, min(self._lab.limits.check_seconds, left))
        if self._process is not None and self._process.alive:
            self._process.allow(self._allowed)

    def end_check(self) -> None:
        """Count the time of one check."""
        self._spent_seconds += time.monotonic() - self._check_started

    def _enter(self) -> StudentProcess:
        if self._import_failure is not None:
            raise self._import_failure
        if self._allowed <= 0:
            reason = Text(
                "not run: the time for the whole submission was used up",
                "non exécuté : le temps prévu pour toute la remise est épuisé",
            )
            raise ProcessEnded("timed_out", reason)
        before = time.monotonic()
        process = self._nursery.fork(
            self._role, lambda folder: write_for_grading(self.submission, folder, self._lab.id)
        )
        # Starting a process, and waiting for TensorFlow before the first one, is not the submission's time.
        self._check_started += time.monotonic() - before
        self.confinement = process.confinement
        process.allow(self._allowed)
        started = time.monotonic()
        try:
            path = str(process.folder / f"{self._lab.id}.py")
            seconds = _IMPORT_SHARE * self._allowed
            loaded = process.request("load", {"name": self._lab.id, "path": path, "seconds": seconds})
            self._import_seconds = time.monotonic() - started
            self._take_loaded(loaded)
        except ProcessEnded as ended:
            self._nursery.discard(process)
            self._fail_import(ended.status, ended.reason)
        except Raised as error:
            self._nursery.discard(process)
            self._fail_import("raised", Text.same(f"{error.type_name}: {error.message}"))
        return process

    def _take_loaded(self, loaded: Reply) -> None:
        found = loaded.value if isinstance(loaded.value, dict) else {}
        self.problems = tuple(
            _problem(problem) for problem in as_list(found.get("problems")) if isinstance(problem, dict)
        )
        self._names = frozenset(name for name in as_list(found.get("names")) if isinstance(name, str))
        if found.get("exited") is True:
            line = self.problems[-1].get("line") if self.problems else "?"
            reason = Text(
                f"the module calls exit() at line {line}",
                f"le module appelle exit() à la ligne {line}",
            )
            raise ProcessEnded("raised", reason)

    @property
    def import_report(self) -> Text | None:
        """What went wrong while the module was imported, for the head of the feedback; None if nothing did."""
        if self._import_failure is not None:
            return self._import_failure.reason
        if not self.problems:
            return None
        lines = [f"{p.get('line')}: {p.get('type_name')}: {str(p.get('message'))[:120]}" for p in self.problems[:5]]
        return Text(
            "Not every line of your module could be run. Line ",
            "Votre module n'a pas pu être exécuté en entier. Ligne ",
        ) + Text.same("; ".join(lines))

    def _fail_import(self, status: str, reason: Text) -> None:
        """Remember that the module cannot be imported: no other question needs to wait for it again."""
        words = Text("while importing your module: ", "pendant l'importation de votre module : ") + reason
        self._import_failure = ProcessEnded(status, words)
        raise self._import_failure

    def _require(self, name: str) -> None:
        if name in self._names:
            return
        for problem in self.problems:
            if name in as_list(problem.get("names")):
                frame = {"file": f"{self._lab.id}.py", "line": problem.get("line"), "function": name, "code": ""}
                raise Raised({"type": problem.get("type_name"), "message": problem.get("message"), "frames": [frame]})
        raise NotAttempted(name)


def _problem(found: dict[str, Any]) -> dict[str, Any]:
    """Return what the process says of a statement that did not run, each part of the type that it should have."""
    texts = {key: value[:500] for key, value in found.items() if isinstance(key, str) and isinstance(value, str)}
    words = {key: texts.get(key, "") for key in ("kind", "type_name", "message")}
    line, names = found.get("line"), as_list(found.get("names"))
    return words | {
        "line": line if type(line) is int else 0,
        "names": [name for name in names if isinstance(name, str)],
    }


def _is_stub(error: Raised) -> bool:
    """Recognise the stub's own error; Keras raises NotImplementedError too, with other words."""
    if error.type_name != "NotImplementedError":
        return False
    return error.message == "" or (error.message.startswith("question ") and error.message.endswith("to be written"))


def _wrap(process: StudentProcess, value: Any) -> Any:  # noqa: ANN401
    """Give the numbered objects of a process their own classes."""
    if isinstance(value, Remote):
        if value.kind == "model":
            return RemoteModel(value, process)
        if value.kind == "history":
            return RemoteHistory(value, _curves(value.info))
        if value.kind == "figure":
            return RemoteFigure(value, process)
        return Opaque(value.kind, value.type_name[:80], value.handle, process)
    if isinstance(value, list | tuple):
        return type(value)(_wrap(process, item) for item in value)
    if isinstance(value, dict):
        return {key: _wrap(process, item) for key, item in value.items()}
    return value


def _unwrap(value: Any, room: _Room | None = None) -> Any:  # noqa: ANN401
    """Turn what a test passes into what the wire carries; a model as data is made on the other side first."""
    if isinstance(value, ModelData) and room is not None:
        return room.make(value).remote
    if isinstance(value, RemoteModel | RemoteHistory | RemoteFigure):
        return value.remote
    if isinstance(value, Opaque):
        return Remote(value.kind, value.type_name, value.handle)
    if isinstance(value, list | tuple):
        return type(value)(_unwrap(item, room) for item in value)
    if isinstance(value, dict):
        return {key: _unwrap(item, room) for key, item in value.items()}
    return value


def _curves(info: Any) -> dict[str, list[float]]:  # noqa: ANN401
    curves = info.get("history") if isinstance(info, dict) else None
    if not isinstance(curves, dict):
        return {}
    return {
        str(name): [float(value) for value in values if isinstance(value, int | float)]
        for name, values in curves.items()
        if isinstance(values, list)
    }
