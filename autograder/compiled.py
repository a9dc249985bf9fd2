"""Expectations on how a classifier was compiled: its loss and its metrics by their values, its optimizer by its class."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.classifiers import Candidate, channels_of, remembered
from autograder.network import sort_kernels
from autograder.process import Raised
from shared.assertions import FLOAT32, expect_array, expect_equal, fail
from shared.text import Text

__all__ = [
    "expect_able_to_learn",
    "expect_accuracy_metric",
    "expect_loss",
    "expect_no_penalty",
    "expect_nothing_frozen",
    "expect_optimizer",
]


@remembered
def expect_loss(candidate: Candidate) -> None:
    """Expect the cross-entropy of probabilities that fits the labels, by its value."""
    _require_compiled(candidate)
    network = candidate.network
    truth, given = _given_predictions(network.classes)
    right = -np.log((truth * given).sum(axis=1)).mean()
    hint = _LOSS_HINTS[network.labels]
    labels = truth if network.labels == "one_hot" else truth.argmax(axis=1)
    expect_array(
        _loss_on(candidate, labels, given, hint),
        right,
        call=f"{network.call}: loss",
        what=Text(
            "categorical cross-entropy of eight given predictions", "entropie croisée de huit prédictions données"
        ),
        hint=hint,
        mistakes=tuple(_wrong_losses(truth, given)),
        **FLOAT32,
    )


_LOSS_HINTS = {
    "one_hot": Text(
        'Labels are one-hot and outputs probabilities: loss="categorical_crossentropy".',
        'Étiquettes one-hot et probabilités en sortie : loss="categorical_crossentropy".',
    ),
    "integer": Text(
        'Labels are integers and outputs probabilities: loss="sparse_categorical_crossentropy".',
        'Étiquettes entières et probabilités en sortie : loss="sparse_categorical_crossentropy".',
    ),
}


def _given_predictions(classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return eight one-hot labels and probabilities, float32 (8, classes), none of them near 0."""
    rng = np.random.default_rng(5)
    truth = np.eye(classes, dtype=np.float32)[rng.integers(0, classes, 8)]
    given = rng.dirichlet(np.full(classes, 2.0), 8).astype(np.float32) + 0.02
    return truth, given / given.sum(axis=1, keepdims=True)


def _loss_on(candidate: Candidate, labels: np.ndarray, given: np.ndarray, hint: Text) -> Any:  # noqa: ANN401
    """Return the compiled loss; fail where it does not take such labels."""
    try:
        return candidate.model.ask("loss", labels, given)
    except Raised as error:
        words = error.message.strip().splitlines()
        kind = _LABEL_NAMES[candidate.network.labels]
        cause = f": {error.type_name}" + (f" {words[0][:160]}" if words else "")
        call = candidate.network.call
        before = Text(f"{call}: the loss cannot be computed on ", f"{call} : la perte ne se calcule pas sur ")
        fail(before + kind + Text.same(cause), hint)
        raise


_LABEL_NAMES = {
    "one_hot": Text("one-hot labels", "des étiquettes one-hot"),
    "integer": Text("integer labels", "des étiquettes entières"),
}


def _wrong_losses(truth: np.ndarray, given: np.ndarray) -> Iterator[tuple[float, Text]]:
    """Yield the values that known wrong losses take, each with its mistake."""
    softmax = np.exp(given) / np.exp(given).sum(axis=1, keepdims=True)
    yield (
        -(np.log(softmax) * truth).sum(axis=1).mean(),
        Text("from_logits=True is for outputs without softmax", "from_logits=True suppose des sorties sans softmax"),
    )
    binary = -(truth * np.log(given) + (1 - truth) * np.log(1 - given)).mean()
    yield binary, Text("this is binary cross-entropy", "c'est l'entropie croisée binaire")
    yield ((truth - given) ** 2).mean(), Text("this is the mean squared error", "c'est l'erreur quadratique moyenne")
    yield np.abs(truth - given).mean(), Text("this is the mean absolute error", "c'est l'erreur absolue moyenne")


def expect_optimizer(candidate: Candidate, name: str = "Adam") -> None:
    """Expect an optimizer of this class that takes nothing off the weights besides; its rate is free."""
    _require_compiled(candidate)
    kind, bases = candidate.optimizer.get("kind"), candidate.optimizer.get("bases")
    decay = candidate.optimizer.get("weight_decay")
    # A student's own subclass is still this optimizer; Keras's AdamW, a subclass too, is not.
    if isinstance(bases, list) and name in bases and kind != "AdamW":
        expect_equal(
            decay or 0.0,
            0.0,
            call=f"{candidate.network.call}.optimizer.weight_decay",
            what=Text(f"plain {name}, which decays no weights", f"{name} seul, qui ne réduit pas les poids"),
        )
        return
    expect_equal(
        kind,
        name,
        call=f"type({candidate.network.call}.optimizer).__name__",
        what=Text("the optimizer of the handout", "l'optimiseur de l'énoncé"),
    )


@remembered
def expect_accuracy_metric(candidate: Candidate) -> None:
    """Expect one of the metrics to be the share of right answers, whatever it is called."""
    _require_compiled(candidate)
    network = candidate.network
    truth = np.arange(4 * network.classes) % network.classes
    claimed = truth.copy()
    claimed[::2] = (claimed[::2] + 1) % network.classes
    # The right class gets 0.4 of the probability: less than one half, so that no binary accuracy comes out alike.
    given = np.full((len(truth), network.classes), 0.6 / (network.classes - 1), np.float32)
    given[np.arange(len(truth)), claimed] = 0.4
    labels = np.eye(network.classes, dtype=np.float32)[truth] if network.labels == "one_hot" else truth
    metrics = _metrics_on(candidate, labels, given)
    if not any(isinstance(value, float) and abs(value - 0.5) < 1e-6 for value in metrics.values()):  # noqa: PLR2004
        shown = ", ".join(f"{name} = {value:.3f}" for name, value in metrics.items() if isinstance(value, float))
        fail(
            Text(
                f"{network.call}: metrics of {len(truth)} predictions, half of them right: {shown or 'none'}\n"
                "expected: an accuracy of 0.5 among them",
                f"{network.call} : métriques de {len(truth)} prédictions, dont la moitié justes : {shown or 'aucune'}\n"
                "attendu : parmi elles une exactitude de 0.5",
            ),
            Text('Compile with metrics=["accuracy"].', 'Compilez avec metrics=["accuracy"].'),
        )


def _metrics_on(candidate: Candidate, labels: np.ndarray, given: np.ndarray) -> dict[str, Any]:
    """Return the compiled metrics but the loss; none where they cannot be computed on such labels."""
    try:
        found = candidate.model.ask("metrics", labels, given)
    except Raised:
        return {}
    return {name: value for name, value in found.items() if name != "loss"} if isinstance(found, dict) else {}


def _require_compiled(candidate: Candidate) -> None:
    if candidate.description.get("compiled") is not True:
        fail(
            Text(f"{candidate.network.call} is not compiled", f"{candidate.network.call} n'est pas compilé"),
            Text("Call model.compile(...) before returning it.", "Appelez model.compile(...) avant de le renvoyer."),
        )


def expect_nothing_frozen(candidate: Candidate) -> None:
    """Expect every layer with weights to be trained."""
    layers = candidate.description.get("layers")
    found = [layer for layer in layers if isinstance(layer, dict)] if isinstance(layers, list) else []
    frozen = [layer.get("kind") for layer in found if layer.get("weights") and layer.get("trainable") is False]
    if frozen:
        call, kind = candidate.network.call, str(frozen[0])[:40]
        fail(
            Text(
                f"{call}: a layer is frozen ({kind}, trainable=False)\nexpected: every layer learns",
                f"{call} : une couche est gelée ({kind}, trainable=False)\nattendu : toutes les couches apprennent",
            ),
            Text("Leave trainable at its default.", "Laissez trainable à sa valeur par défaut."),
        )


def expect_able_to_learn(candidate: Candidate) -> None:
    """Expect nothing to be frozen, and no hidden layer of ReLU to begin where it has no slope: it would stay there."""
    expect_nothing_frozen(candidate)
    network = candidate.network
    kernels = sort_kernels(candidate.weights, channels=channels_of(network))
    hidden = (*kernels.convolutions, *kernels.dense)[:-1] if kernels else ()
    if any(not kernel.any() and (bias is None or (bias <= 0).all()) for kernel, bias in hidden):
        fail(
            Text(
                f"{network.call}: a hidden layer begins with weights that are all 0\n"
                "expected: weights from which it can learn",
                f"{network.call} : une couche cachée débute avec des poids tous nuls\n"
                "attendu : des poids à partir desquels elle peut apprendre",
            ),
            Text(
                "ReLU of 0 has no slope there: such units stay as they are. Keras's own initial weights will do.",
                "ReLU y a une pente nulle : ces neurones restent tels quels. Les poids initiaux de Keras conviennent.",
            ),
        )


def expect_no_penalty(candidate: Candidate) -> None:
    """Expect nothing to be added to the loss by the layers, where their configuration can be trusted to show it."""
    call = candidate.network.call
    architecture = candidate.data.architecture if candidate.key is not None else None
    for name in _regularizers(json.loads(architecture or "null")):
        fail(
            Text(
                f"{call}: a layer adds a penalty to the loss ({name})\nexpected: the cross-entropy alone",
                f"{call} : une couche ajoute une pénalité à la perte ({name})\nattendu : l'entropie croisée seule",
            ),
            Text("Leave the regularizers out.", "Enlevez la régularisation (regularizer)."),
        )


def _regularizers(config: Any) -> Iterator[str]:  # noqa: ANN401 - a part of a model's configuration
    """Yield the names of the regularizers that are set, wherever they are in a configuration."""
    if isinstance(config, dict):
        for key, value in config.items():
            if str(key).endswith("_regularizer") and value is not None:
                yield str(key)[:40]
            yield from _regularizers(value)
    elif isinstance(config, list):
        for value in config:
            yield from _regularizers(value)
