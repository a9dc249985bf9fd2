"""Expectations on a function that trains a model: what it did is read from the history, the optimizer and the weights.

The model is a small one of ours, and the labels of the two pairs contradict each other: what it was trained on shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.architecture import ModelData
from autograder.bench import Bench
from autograder.calls import expect_kept
from autograder.classifiers import Labels
from autograder.student import RemoteHistory, RemoteModel
from shared.assertions import expect_equal, fail
from shared.text import Text

__all__ = [
    "Fitting",
    "expect_arguments_unchanged",
    "expect_batch_size",
    "expect_curves_of",
    "expect_epochs",
    "expect_trains",
    "expect_validation",
]

# Eight epochs, while the validation loss grows: whoever stops early by it, with a patience of 5 or less, has fewer.
EPOCHS, BATCH_SIZE, N_TRAIN, N_VALIDATION = 8, 16, 24, 16
# What share of a pair's rows a model names right that has been trained on it.
_LEARNT = 0.5
Pair = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, slots=True)
class Fitting:
    """A function of a lab that trains the model it is given.

    ``parameters`` are the names of its positional arguments after the model; ``pack`` turns the training and the
    validation pair into their values; ``defaults`` are those of ``epochs`` and ``batch_size``; ``shape`` is an
    example's, of at least as many values as there are ``classes``.
    """

    name: str
    parameters: tuple[str, ...]
    pack: Callable[[Pair, Pair], list[Any]]
    defaults: tuple[int, int]
    shape: tuple[int, ...]
    labels: Labels = "one_hot"
    classes: int = 10

    @property
    def call(self) -> str:
        """The call with both options."""
        return f"{self.short_call[:-1]}, epochs={EPOCHS}, batch_size={BATCH_SIZE})"

    @property
    def short_call(self) -> str:
        """The call without options."""
        return f"{self.name}(model, {', '.join(self.parameters)})"

    def model(self, bench: Bench) -> ModelData:
        """Return a softmax regression; it runs eagerly, for tracing would take longer than a few batches."""
        loss = "categorical_crossentropy" if self.labels == "one_hot" else "sparse_categorical_crossentropy"
        return bench.toy(
            [
                ("Input", {"shape": self.shape}),
                ("Flatten", {"data_format": "channels_last"}),
                ("Dense", {"units": self.classes, "activation": "softmax"}),
            ],
            loss=loss,
            optimizer={"class_name": "SGD", "config": {"learning_rate": 1.0}},
            metrics=["accuracy"],
            run_eagerly=True,
        )

    def pairs(self) -> tuple[Pair, Pair]:
        """Return training and validation pairs whose labels contradict each other."""
        rng = np.random.default_rng(11)
        training, validation = (rng.integers(0, self.classes, n) for n in (N_TRAIN, N_VALIDATION))
        return (
            (self._readable(training), self._targets(training)),
            (self._readable(validation), self._targets((validation + 3) % self.classes)),
        )

    def _readable(self, labels: np.ndarray) -> np.ndarray:
        """Return examples whose first values say the class; above 1, so that whoever scales what is not scaled shows."""
        flat = np.zeros((len(labels), int(np.prod(self.shape))), np.float32)
        flat[np.arange(len(labels)), labels] = 2.0
        return flat.reshape(len(labels), *self.shape)

    def _targets(self, labels: np.ndarray) -> np.ndarray:
        return np.eye(self.classes, dtype=np.float32)[labels] if self.labels == "one_hot" else labels


@dataclass(frozen=True, slots=True)
class _Trained:
    """One call of the student's function: what it returned, and the model right after it."""

    value: Any
    changed: tuple[str, ...]
    steps: int
    optimizer: str
    on_training: np.ndarray
    on_validation: np.ndarray


def _trained(bench: Bench, fitting: Fitting) -> _Trained:
    """Train once a question with eight epochs of two batches."""
    student = bench.student
    return student.once(("trained", fitting.name), lambda: _train(bench, fitting, epochs=EPOCHS, batch_size=BATCH_SIZE))


def _train(bench: Bench, fitting: Fitting, **options: int) -> _Trained:
    model = bench.student.make(fitting.model(bench))
    training, validation = fitting.pairs()
    before, _kind = _optimizer(model)
    reply = bench.student.call(fitting.name, model, *fitting.pack(training, validation), **options)
    after, kind = _optimizer(model)
    outputs = model.predict(training[0]), model.predict(validation[0])
    return _Trained(reply.value, reply.changed, after - before, kind, *outputs)


def _optimizer(model: RemoteModel) -> tuple[int, str]:
    """Return how many steps the model's optimizer has made, and its kind."""
    optimizer = model.describe().get("optimizer")
    found = optimizer if isinstance(optimizer, dict) else {}
    steps, kind = found.get("steps"), found.get("kind")
    return steps if isinstance(steps, int) else -1, kind if isinstance(kind, str) else ""


def _defaults(bench: Bench, fitting: Fitting) -> tuple[int, int]:
    """Return epochs and steps without the options: as the signature says, or else by trying."""
    said = bench.student.defaults(fitting.name)
    epochs, batch_size = fitting.defaults
    if (said.get("epochs"), said.get("batch_size")) == fitting.defaults:
        return epochs, epochs * -(-N_TRAIN // batch_size)
    found = _train(bench, fitting)
    return len(_curves(found, fitting).get("loss", [])), found.steps


def _once_defaults(bench: Bench, fitting: Fitting) -> tuple[int, int]:
    return bench.student.once(("defaults", fitting.name), lambda: _defaults(bench, fitting))


def _curves(found: _Trained, fitting: Fitting) -> dict[str, list[float]]:
    """Return the history's curves, or fail where no history came back."""
    if not isinstance(found.value, RemoteHistory):
        mistakes = (
            (
                dict,
                Text(
                    "history.history was returned; return the History itself",
                    "history.history a été renvoyé ; renvoyez l'objet History",
                ),
            ),
            (
                RemoteModel,
                Text(
                    "the model was returned; return what fit gives",
                    "le modèle a été renvoyé ; renvoyez ce que rend fit",
                ),
            ),
            (type(None), Text("nothing was returned: return is missing", "rien n'a été renvoyé : il manque return")),
        )
        named = next((words for kind, words in mistakes if isinstance(found.value, kind)), None)
        call = fitting.call
        message = Text(f"{call} must return the History of fit", f"{call} doit renvoyer l'objet History de fit")
        fail(message, mistake=named)
        return {}
    return found.value.curves


def expect_curves_of(bench: Bench, fitting: Fitting) -> dict[str, list[float]]:
    """Expect the function to return Keras's History, with a loss; return its curves."""
    found = _curves(_trained(bench, fitting), fitting)
    call, what = f'"loss" in {fitting.call}.history', Text("a loss curve", "une courbe de perte")
    expect_equal("loss" in found, True, call=call, what=what)
    return found


def expect_epochs(bench: Bench, fitting: Fitting) -> None:
    """Expect as many epochs as are asked for, and the default number where none is."""
    asked = len(_curves(_trained(bench, fitting), fitting).get("loss", []))
    expect_equal(
        asked,
        EPOCHS,
        call=f'len({fitting.call}.history["loss"])',
        what=Text("the epochs asked for", "les époques demandées"),
        mistakes=((BATCH_SIZE, Text("epochs and batch_size are exchanged", "epochs et batch_size sont échangés")),),
        hint=Text(
            "Pass epochs on to fit; nothing may stop it early.", "Transmettez epochs à fit, sans arrêt anticipé."
        ),
    )
    default = fitting.defaults[0]
    expect_equal(
        _once_defaults(bench, fitting)[0],
        default,
        call=f'len({fitting.short_call}.history["loss"])',
        what=Text(f"epochs={default} is the default", f"epochs={default} est la valeur par défaut"),
    )


def expect_batch_size(bench: Bench, fitting: Fitting) -> None:
    """Expect the optimizer to have made one step a batch, with the size asked for and with the default."""
    batches = -(-N_TRAIN // BATCH_SIZE)
    expect_equal(
        _trained(bench, fitting).steps,
        EPOCHS * batches,
        call=fitting.call,
        what=Text(
            f"optimizer steps: {N_TRAIN} rows in batches of {BATCH_SIZE} are {batches} batches an epoch",
            f"pas de l'optimiseur : {N_TRAIN} lignes par lots de {BATCH_SIZE} font {batches} lots par époque",
        ),
        mistakes=((EPOCHS, Text("the default batch size was used", "la taille de lot par défaut a servi")),),
        hint=Text("Pass batch_size on to fit.", "Transmettez batch_size à fit."),
    )
    epochs, batch_size = fitting.defaults
    said = bench.student.defaults(fitting.name).get("batch_size")
    if type(said) is int:  # so few rows are one batch for many a size
        what = Text("the default in the signature", "la valeur par défaut de la signature")
        expect_equal(said, batch_size, call=f"{fitting.name}(..., batch_size={said})", what=what)
    steps = epochs * -(-N_TRAIN // batch_size)
    expect_equal(
        _once_defaults(bench, fitting)[1],
        steps,
        call=fitting.short_call,
        what=Text(
            f"optimizer steps: epochs={epochs} and batch_size={batch_size} are the defaults",
            f"pas de l'optimiseur : epochs={epochs} et batch_size={batch_size} sont les valeurs par défaut",
        ),
    )


def expect_trains(bench: Bench, fitting: Fitting) -> None:
    """Expect the model that was passed to fit the training labels, and not the others, which contradict them."""
    found = _trained(bench, fitting)
    outputs = (found.on_training, found.on_validation)
    accuracies = [_accuracy(given, pair[1]) for given, pair in zip(outputs, fitting.pairs(), strict=True)]
    if found.optimizer not in ("SGD", ""):
        named = Text("the model was compiled anew", "le modèle a été recompilé")
        got = f"model.optimizer: {found.optimizer}"
        fail(
            Text(f"{fitting.call}\n{got}\nexpected: SGD, as it was", f"{fitting.call}\n{got}\nattendu : SGD"),
            Text("Train the model as it was compiled.", "Entraînez le modèle tel qu'il a été compilé."),
            mistake=named,
        )
    if accuracies[1] > max(accuracies[0], _LEARNT):
        named = Text(f"{fitting.name} learnt the validation pair", f"{fitting.name} a appris la paire de validation")
        fail(Text.same(fitting.call), mistake=named)
    if found.steps == 0 or accuracies[0] < _LEARNT:
        after = f"{fitting.name}(...)"
        message = Text(
            f"after {after} the model is right on {accuracies[0]:.0%} of its training rows\nexpected: nearly all",
            f"après {after}, le modèle a raison sur {accuracies[0]:.0%} des lignes d'entraînement\nattendu : presque toutes",
        )
        untrained = Text("the model that was passed was not trained", "le modèle reçu n'a pas été entraîné")
        fail(
            message,
            Text(
                "Train the model that is passed, on the training pair.",
                "Entraînez le modèle reçu, sur la paire d'entraînement.",
            ),
            untrained if found.steps == 0 else None,
        )


def _accuracy(outputs: np.ndarray, targets: np.ndarray) -> float:
    labels = targets if targets.ndim == 1 else targets.argmax(axis=1)
    return float((outputs.argmax(axis=1) == labels).mean())


def expect_validation(bench: Bench, fitting: Fitting) -> None:
    """Expect the last validation loss to be the final model's on the validation pair."""
    found = _trained(bench, fitting)
    curve = _curves(found, fitting).get("val_loss", [])
    pair = f"({', '.join(fitting.parameters[2:])})" if len(fitting.parameters) > 2 else fitting.parameters[-1]  # noqa: PLR2004
    hint = Text.same(f"fit(..., validation_data={pair})")
    call = fitting.call
    if not curve:
        fail(
            Text(
                f'{call}.history has no "val_loss": nothing was validated',
                f"{call}.history n'a pas \"val_loss\" : rien n'a été validé",
            ),
            hint,
        )
    epochs = len(_curves(found, fitting).get("loss", []))
    if len(curve) != epochs:
        fail(
            Text(
                f'{call}.history["val_loss"] has {len(curve)} values after {epochs} epochs\nexpected: one an epoch',
                f'{call}.history["val_loss"] a {len(curve)} valeurs après {epochs} époques\nattendu : une par époque',
            ),
            hint,
        )
    trained, validated = (
        _losses(outputs, labels, fitting.classes)
        for outputs, (_inputs, labels) in zip((found.on_training, found.on_validation), fitting.pairs(), strict=True)
    )
    right = validated.mean()
    if not np.isclose(curve[-1], right, rtol=1e-3, atol=1e-4):
        named = None
        if right < trained.mean():
            pass  # It was trained on the validation pair: another check says so.
        elif np.isclose(curve[-1], trained.mean(), rtol=1e-3):
            named = Text("this is the loss on the training pair", "c'est la perte sur la paire d'entraînement")
        elif any(np.isclose(curve[-1], trained[start:].mean(), rtol=1e-3) for start in range(1, N_TRAIN)):
            named = Text(
                "this is the loss on a part of the training pair", "c'est la perte sur une partie de l'entraînement"
            )
        fail(
            Text(
                f'{call}.history["val_loss"] ends with {curve[-1]:.4f}\nexpected: {right:.4f}, the loss on {pair}',
                f'{call}.history["val_loss"] finit par {curve[-1]:.4f}\nattendu : {right:.4f}, la perte sur {pair}',
            ),
            hint,
            named,
        )


def _losses(outputs: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Return the cross-entropy of each row."""
    one_hot = labels if labels.ndim > 1 else np.eye(classes)[labels]
    losses: np.ndarray = -np.log((np.clip(outputs.astype(np.float64), 1e-7, 1) * one_hot).sum(axis=1))
    return losses


def expect_arguments_unchanged(bench: Bench, fitting: Fitting) -> None:
    """Expect no array to be changed in place."""
    expect_kept(_trained(bench, fitting).changed, fitting.call, ("model", *fitting.parameters))
