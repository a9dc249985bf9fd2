"""The judge's bench: a warm nursery, the workshop, the course's data, and the submission being checked."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from autograder.architecture import ModelData
from autograder.course_data import CourseData, data_kind, pin
from autograder.model import Exhibit, Lab, Submission
from autograder.nursery import Nursery, Settings, settings_here
from autograder.student import RemoteModel, Student, Workshop
from autograder.training import Learned, Schedule, Trainer
from shared.assertions import Mismatch

__all__ = ["Bench"]

Value = TypeVar("Value")

_STUDENT, _WORKSHOP = 0, 1
_WORKSHOP_SUBMISSIONS = 8


class Bench:
    """Everything a check may use; one a worker, with one submission after another on it."""

    def __init__(self, lab: Lab, settings: Settings | None = None) -> None:
        self.lab = lab
        self.kind = data_kind()
        self.exhibits: list[Exhibit] = []
        settings = settings or settings_here(lab.limits)
        self._seed = settings.seed
        self._nursery = Nursery(settings)
        self.data: dict[str, CourseData] = {}
        try:
            for name in lab.datasets:
                self.data[name] = pin(name)
                self._nursery.provide(name, self.data[name])
        except BaseException:
            self._nursery.close()
            raise
        self.workshop = Workshop(self._nursery, _WORKSHOP)
        self._trainer: Trainer | None = None
        self._student: Student | None = None
        self._memory: dict[Any, Any] = {}
        self._taken = 0
        self._rebuilt: dict[str, RemoteModel] = {}

    @property
    def student(self) -> Student:
        """The submission on the bench."""
        assert self._student is not None, "no submission on the bench: call take() first"
        return self._student

    @property
    def environment(self) -> dict[str, str]:
        """Versions that results depend on."""
        return self._nursery.environment

    @property
    def faults(self) -> int:
        """How often so far something of ours failed that a submission cannot be blamed for."""
        return self._nursery.faults

    @property
    def accidents(self) -> int:
        """How often so far a submission's process came to an end that the machine may be to blame for."""
        return self._nursery.accidents

    def take(self, submission: Submission) -> None:
        """Put a submission on the bench in place of the last one."""
        if self._student is not None:
            self._student.leave()
        # Models that were made there stay until it ends, and its processor time is limited like any other's.
        self._taken += 1
        if self._taken % _WORKSHOP_SUBMISSIONS == 0:
            self.workshop.leave()
            self._rebuilt.clear()
        self._student = Student(self._nursery, submission, self.lab, _STUDENT)

    def close(self) -> None:
        """End every process."""
        self._nursery.close()

    # -- models -------------------------------------------------------------------------------------------------

    def remember(self, key: Hashable, compute: Callable[[], Value]) -> Value:
        """Compute something that depends on the key alone, once for all submissions; a failed check is remembered too."""
        if key not in self._memory:
            try:
                self._memory[key] = compute()
            except Mismatch as mismatch:
                self._memory[key] = mismatch
        found = self._memory[key]
        if isinstance(found, Mismatch):
            raise found.with_traceback(None)  # or each submission would lengthen it
        return cast("Value", found)

    def toy(self, layers: list[tuple[str, dict[str, Any]]], **compiling: Any) -> ModelData:  # noqa: ANN401
        """Return a small compiled model of ours as data; the same call gives the same weights."""
        return self.remember(repr((layers, compiling)), lambda: self.workshop.sequential(layers, **compiling).export())

    def rebuilt(self, key: str, data: ModelData) -> RemoteModel:
        """Return a model made in the workshop from data, and keep it for others with the same fingerprint."""
        found = self._rebuilt.get(key)
        if found is None or not found.process.alive:
            found = self._rebuilt[key] = self.workshop.make(data)
        return found

    def learn(self, data: ModelData, schedule: Schedule) -> Learned:
        """Train a model given as data in the workshop and measure it on held-out images; remembered."""
        return self._training().train(data, schedule)

    def learn_in_place(self, model: RemoteModel, schedule: Schedule) -> Learned:
        """Train a model that cannot be rebuilt where it lives."""
        return self._training().train_in_place(model, schedule)

    def _training(self) -> Trainer:
        if self._trainer is None:
            seeded = {"seed": str(self._seed)} if self._seed else {}
            self._trainer = Trainer(self.workshop, self.environment | seeded)
        return self._trainer
