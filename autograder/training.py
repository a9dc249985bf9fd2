"""Train a rebuilt model from a fixed seed, once for each distinct architecture, and remember what came of it."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from autograder.architecture import ModelData, fingerprint
from autograder.canonical import canonical
from autograder.student import RemoteModel, Workshop
from shared.cachefolder import cache_folder

__all__ = ["Learned", "Schedule", "Trainer"]

_VERSION = 2


@dataclass(frozen=True, slots=True)
class Schedule:
    """How a model is trained and what its accuracy is measured on.

    ``X``: float32, (n, ...); ``y``: what the model's loss expects; ``X_validation``, ``y_validation``: likewise, for the
    curves; ``X_test``: held out, (m, ...); ``labels``: int, (m,), never sent anywhere.  ``settles``: whether the moving
    averages of batch normalisation are taken anew over ``X`` at the end, as a short training leaves them far behind.
    """

    X: np.ndarray
    y: np.ndarray
    X_validation: np.ndarray
    y_validation: np.ndarray
    X_test: np.ndarray
    labels: np.ndarray
    epochs: int
    batch_size: int
    settles: bool = False


@dataclass(frozen=True, slots=True)
class Learned:
    """What a training reached: accuracy on held-out images in [0, 1], the curves, the classes given to images.

    ``validation`` and ``test`` are the classes of the schedule's images of these names.
    """

    accuracy: float
    curves: dict[str, list[float]]
    validation: tuple[int, ...]
    test: tuple[int, ...] = ()


class Trainer:
    """Trains models given as data in the workshop; results are kept in memory and in the user's cache."""

    def __init__(self, workshop: Workshop, versions: dict[str, str]) -> None:
        self._workshop = workshop
        self._versions = versions
        self._known: dict[str, Learned] = {}

    def train(self, model: ModelData, schedule: Schedule) -> Learned:
        """Train a rebuildable model; its result depends on nothing but what is given here, in whatever form."""
        model = canonical(model)
        key = self._key(model, schedule)
        if key not in self._known:
            self._known[key] = _read(key) or self._train(model, schedule)
            _write(key, self._known[key])
        return self._known[key]

    def train_in_place(self, model: RemoteModel, schedule: Schedule) -> Learned:
        """Train a model that cannot be rebuilt where it is; only inputs go there, never the held-out labels."""
        curves = model.ask("fit", *_fit_arguments(schedule))
        if schedule.settles:
            model.ask("settle", schedule.X)
        return _measure(model, curves, schedule)

    def _train(self, model: ModelData, schedule: Schedule) -> Learned:
        # Fresh weights, drawn from the seed of the request: what the student's model had learnt plays no part.
        fresh = self._workshop.verb("make", model.architecture, None, model.compiling)
        return self.train_in_place(fresh, schedule)

    def _key(self, model: ModelData, schedule: Schedule) -> str:
        digest = hashlib.sha256(fingerprint(model).encode())
        for array in (getattr(schedule, field.name) for field in fields(schedule)):
            if isinstance(array, np.ndarray):
                digest.update(f"{array.dtype}{array.shape}".encode() + array.tobytes())
        rest = [_VERSION, schedule.epochs, schedule.batch_size, sorted(self._versions.items())]
        rest += ["settled"] if schedule.settles else []
        digest.update(json.dumps(rest).encode())
        return digest.hexdigest()


def _fit_arguments(schedule: Schedule) -> tuple[Any, ...]:
    validation = [schedule.X_validation, schedule.y_validation]
    plan = {"epochs": schedule.epochs, "batch_size": schedule.batch_size, "validation": validation}
    return schedule.X, schedule.y, plan


def _measure(model: RemoteModel, curves: Any, schedule: Schedule) -> Learned:  # noqa: ANN401
    predicted = _classes(model, schedule.X_test)
    history = curves.get("history", {}) if isinstance(curves, dict) else {}
    plain = {str(name): [float(v) for v in values] for name, values in history.items() if isinstance(values, list)}
    validation = tuple(int(label) for label in _classes(model, schedule.X_validation))
    accuracy, test = float(np.mean(predicted == schedule.labels)), tuple(int(label) for label in predicted)
    return Learned(accuracy, plain, validation, test)


def _classes(model: RemoteModel, images: np.ndarray) -> np.ndarray:
    """Return the predicted classes; 255 where the outputs are not one finite row an image."""
    outputs = model.predict(images)
    if not isinstance(outputs, np.ndarray) or outputs.shape[:1] != images.shape[:1] or outputs.ndim != 2:  # noqa: PLR2004
        return np.full(len(images), 255)
    return np.where(np.isfinite(outputs).all(axis=1), outputs.argmax(axis=1), 255)


def _read(key: str) -> Learned | None:
    folder = cache_folder()
    if folder is None:
        return None
    try:
        found = json.loads((folder / "trainings" / f"{key}.json").read_text())
        return Learned(found["accuracy"], found["curves"], tuple(found["validation"]), tuple(found.get("test", ())))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(key: str, learned: Learned) -> None:
    """Keep a result for later runs; a machine without a writable cache only loses time."""
    folder = cache_folder()
    if folder is None:
        return
    try:
        (folder / "trainings").mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder / "trainings")
        with os.fdopen(handle, "w") as file:
            json.dump(asdict(learned), file)
        Path(name).replace(folder / "trainings" / f"{key}.json")
    except OSError:
        return
