"""The judge's bench: a warm nursery, the workshop, the course's data, and the submission being checked."""

from __future__ import annotations

from typing import Any

from autograder.architecture import ModelData, is_rebuildable
from autograder.course_data import CourseData, data_kind, pin
from autograder.errors import ProcessEnded
from autograder.model import Exhibit, Lab, Submission
from autograder.nursery import Nursery, Settings, settings_here
from autograder.process import Raised
from autograder.student import RemoteModel, Student, Workshop
from autograder.training import Learned, Schedule, Trainer

__all__ = ["Bench"]

_STUDENT, _WORKSHOP = 0, 1


class Bench:
    """Everything a check may use; one a worker, with one submission after another on it."""

    def __init__(self, lab: Lab, settings: Settings | None = None) -> None:
        self.lab = lab
        self.kind = data_kind()
        self.exhibits: list[Exhibit] = []
        self.data: dict[str, CourseData] = {name: pin(name) for name in lab.datasets}
        self._nursery = Nursery(settings or settings_here(lab.limits), self.data)
        self.workshop = Workshop(self._nursery, _WORKSHOP)
        self._trainer: Trainer | None = None
        self._student: Student | None = None
        self._memory: dict[Any, Any] = {}

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
    def confinement(self) -> tuple[str, ...]:
        """The layers that were on around the last student process."""
        return (*self.student.confinement, "memory")

    def take(self, submission: Submission) -> None:
        """Put a submission on the bench in place of the last one."""
        if self._student is not None:
            self._student.leave()
        self._student = Student(self._nursery, submission, self.lab, _STUDENT)

    def close(self) -> None:
        """End every process."""
        self._nursery.close()

    # -- models -------------------------------------------------------------------------------------------------

    def rehost(self, model: RemoteModel) -> RemoteModel:
        """Rebuild a model in the workshop where it consists of Keras's own layers; else give it back as it is."""
        data = model.export()
        if not data.weights or not is_rebuildable(data):
            return model
        try:
            return self.workshop.make(data)
        except (Raised, ProcessEnded):
            return model

    def toy(self, layers: list[tuple[str, dict[str, Any]]], **compiling: Any) -> ModelData:  # noqa: ANN401
        """Return a small compiled model of ours as data; the same call gives the same weights."""
        key = repr((layers, compiling))
        if key not in self._memory:
            self._memory[key] = self.workshop.sequential(layers, **compiling).export()
        data: ModelData = self._memory[key]
        return data

    def learn(self, model: RemoteModel, schedule: Schedule) -> Learned:
        """Train a model and measure it on held-out images; remembered where it can be rebuilt from data."""
        if self._trainer is None:
            self._trainer = Trainer(self.workshop, self.environment)
        data = model.export()
        if is_rebuildable(data) and data.compiling is not None:
            try:
                return self._trainer.train(data, schedule)
            except (Raised, ProcessEnded):
                pass  # What cannot be rebuilt after all is trained where it is.
        return self._trainer.train_in_place(model, schedule)
