"""Expectations on an image classifier in another process: its weights, what it computes, how it was compiled.

Everything is judged by behaviour: weights are replaced by random ones and outputs compared with the NumPy oracle, the
loss by its value on given predictions, dropout by what it does to a signal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec

import numpy as np

from autograder.architecture import ModelData, fingerprint, is_rebuildable
from autograder.bench import Bench
from autograder.errors import ProcessEnded
from autograder.layer_table import layer_rows
from autograder.network import Kernels, Plan, Stage, forward, random_weights, sort_kernels
from autograder.process import Raised
from autograder.student import RemoteModel
from autograder.training import Learned, Schedule
from shared.assertions import FLOAT32, expect_array, expect_equal, expect_shape, fail
from shared.text import Text

__all__ = [
    "Candidate",
    "Network",
    "architecture_rows",
    "examine",
    "expect_accuracy_metric",
    "expect_dropout",
    "expect_function",
    "expect_kernels",
    "expect_loss",
    "expect_optimizer",
    "expect_parameters",
    "learn",
]

Rest = ParamSpec("Rest")

_ORDINALS = (
    Text("first", "première"),
    Text("second", "deuxième"),
    Text("third", "troisième"),
    Text("fourth", "quatrième"),
    Text("fifth", "cinquième"),
)


@dataclass(frozen=True, slots=True)
class Network:
    """What a function of the lab must build.

    ``kernels`` are the shapes of the convolutions' and dense layers' kernels in order of use; ``layers`` the rows of
    the handout's table; ``totals`` known wrong parameter totals, each with the mistake that gives it.
    """

    name: str
    input_shape: tuple[int, ...]
    plan: Plan
    kernels: tuple[tuple[int, ...], ...]
    layers: tuple[str, ...]
    totals: tuple[tuple[int, Text], ...] = ()

    @property
    def call(self) -> str:
        """The call as a student writes it."""
        return f"{self.name}()"

    @property
    def parameters(self) -> int:
        """The number of weights and biases."""
        return sum(int(np.prod(shape)) + shape[-1] for shape in self.kernels)

    def images(self, n: int, seed: int) -> np.ndarray:
        """Return random images in [0, 1], float32, shaped as the network takes them."""
        return np.random.default_rng(seed).random((n, *self.input_shape), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A student's network, ready to be asked.

    ``key`` is the fingerprint of a network of Keras's own layers, which is rebuilt in the workshop and whose checks are
    remembered; None for any other, which is asked where it lives.
    """

    network: Network
    bench: Bench
    own: RemoteModel
    data: ModelData
    key: str | None
    description: dict[str, Any]

    @property
    def model(self) -> RemoteModel:
        """The network to ask; its weights are whatever the last check has set."""
        return self.own if self.key is None else self.bench.rebuilt(self.key, self.data)

    @property
    def weights(self) -> list[np.ndarray]:
        """The arrays of the student's model as it was built, in its own order."""
        return self.data.weights

    @property
    def optimizer(self) -> dict[str, Any]:
        """What is known of the optimizer; empty where the model is not compiled."""
        found = self.description.get("optimizer")
        return found if isinstance(found, dict) else {}


Expectation = Callable[Concatenate[Candidate, Rest], None]


def _remembered(expectation: Expectation[Rest]) -> Expectation[Rest]:
    """Let an expectation run once for each distinct architecture: it depends on nothing else."""

    @wraps(expectation)
    def once(candidate: Candidate, /, *args: Rest.args, **kwargs: Rest.kwargs) -> None:
        if candidate.key is None:
            expectation(candidate, *args, **kwargs)
            return
        key = (expectation.__name__, candidate.network.name, candidate.key, args, tuple(kwargs.items()))
        candidate.bench.remember(key, lambda: expectation(candidate, *args, **kwargs))

    return once


def examine(bench: Bench, network: Network) -> Candidate:
    """Call the student's function, once a question, and make its model ready to be asked.

    Raises:
        Mismatch: it is not a Keras model, or cannot take the lab's images.
    """
    return bench.student.once(("examine", network.name), lambda: _examine(bench, network))


def _examine(bench: Bench, network: Network) -> Candidate:
    value = getattr(bench.student, network.name)()
    if not isinstance(value, RemoteModel):
        expect_equal(value, "keras.Model", call=network.call, what=Text("a Keras model", "un modèle Keras"))
    try:
        value.build(network.images(2, seed=0))
    except Raised as error:
        shape = Text.same(str((None, *network.input_shape)))
        wants = Text("the images are ", "les images sont de forme ") + shape
        fail(
            Text(
                f"{network.call} cannot take the lab's images: ",
                f"{network.call} ne peut pas prendre les images du TP : ",
            )
            + wants
            + Text.same(f"\n{error.type_name}: {error.message.strip().splitlines()[0][:200] if error.message else ''}"),
            Text("Which axis of the images is the channel?", "Quel axe des images est celui des canaux ?"),
        )
    data = value.export()
    if not data.weights:
        data = ModelData(None, value.weights(), data.compiling)
    return Candidate(network, bench, value, data, _key(bench, data), value.describe())


def _key(bench: Bench, data: ModelData) -> str | None:
    """Return the fingerprint of a model that can be rebuilt; try it once, for a configuration may lie."""
    if not is_rebuildable(data):
        return None
    key = fingerprint(data)
    try:
        bench.rebuilt(key, data)
    except (Raised, ProcessEnded):
        return None
    return key


def learn(candidate: Candidate, schedule: Schedule) -> Learned:
    """Let the judge train the network from fresh weights; where it lives if it cannot be rebuilt."""
    if candidate.key is not None and candidate.data.compiling is not None:
        try:
            return candidate.bench.learn(candidate.data, schedule)
        except Raised:
            pass  # What cannot be compiled from its configuration is trained where it is.
    candidate.own.set_weights(candidate.weights)
    return candidate.bench.learn_in_place(candidate.own, schedule)


def expect_parameters(candidate: Candidate) -> None:
    """Expect the handout's number of parameters."""
    network = candidate.network
    expect_equal(
        sum(int(array.size) for array in candidate.weights),
        network.parameters,
        call=f"{network.call}.count_params()",
        what=Text("the total of the handout's table", "le total du tableau de l'énoncé"),
        mistakes=network.totals,
        hint=Text(
            "Compare model.summary() with the handout's table, layer by layer.",
            "Comparez model.summary() au tableau de l'énoncé, couche par couche.",
        ),
    )


def expect_kernels(candidate: Candidate) -> None:
    """Expect the kernels of each layer in order of use; equal totals from other layers are refused."""
    network = candidate.network
    kernels = sort_kernels(candidate.weights, channels=_channels(network))
    if kernels is None:
        shapes: Any = [tuple(array.shape) for array in candidate.weights]
    else:
        shapes = [pair[0].shape for pair in (*kernels.convolutions, *kernels.dense)]
    expect_equal(
        shapes,
        list(network.kernels),
        call=f"{network.call}: kernels",
        what=Text(
            "convolutions (height, width, channels in, filters), then dense layers (inputs, units)",
            "convolutions (hauteur, largeur, canaux d'entrée, filtres), puis couches denses (entrées, neurones)",
        ),
        hint=Text("Compare with the handout's table.", "Comparez au tableau de l'énoncé."),
    )
    without = [name for name, pair in _named_pairs(kernels) if pair[1] is None] if kernels else []
    if without:
        fail(
            Text(f"{network.call}: {without[0]} has no bias", f"{network.call} : {without[0]} n'a pas de biais"),
            Text("Keep use_bias at its default.", "Laissez use_bias à sa valeur par défaut."),
        )


@_remembered
def expect_function(candidate: Candidate, seed: int = 1) -> None:
    """Expect the network to compute what the oracle computes from the same random weights."""
    network, model = candidate.network, candidate.model
    weights = random_weights(candidate.weights, seed)
    model.set_weights(weights)
    images = network.images(6, seed)
    outputs = model.predict(images)
    call = f"{network.call}(images)"
    expect_shape(outputs, (len(images), network.kernels[-1][-1]), call=call)
    kernels = sort_kernels(weights, channels=_channels(network))
    right = None if kernels is None else _outputs(network.plan, kernels, images)
    if kernels is None or not right:
        fail(
            Text(
                f"{network.call} does not have the layers of the handout, so what it computes cannot be compared",
                f"{network.call} n'a pas les couches de l'énoncé : ce qu'il calcule ne peut pas être comparé",
            ),
            Text("First make the layers agree with the table.", "Faites d'abord correspondre les couches au tableau."),
        )
        return
    if any(_close(outputs, expected) for expected in right):
        return
    mistakes = [
        (expected, words)
        for plan, words in _variations(network.plan)
        for expected in _outputs(plan, kernels, images)
        if expected.shape == outputs.shape
    ]
    expect_array(
        outputs,
        right[0],
        call=call,
        what=Text("with given random weights", "avec des poids aléatoires donnés"),
        mistakes=mistakes,
        hint=Text(
            "Look at activations, padding and pooling: the weights have the right shapes, the outputs differ.",
            "Regardez activations, remplissage et sous-échantillonnage : les poids ont la bonne forme, pas les sorties.",
        ),
        **FLOAT32,
    )


@_remembered
def expect_dropout(candidate: Candidate, rate: float) -> None:
    """Expect dropout of this rate on the features that the first dense layer reads, when training, and only there.

    The weights are set so that every feature is 1 and the outputs show four of them, each twice: twins read the same
    feature, so they fall together unless something is dropped after the dense layer.
    """
    network = candidate.network
    kernels = sort_kernels(candidate.weights, channels=_channels(network))
    if kernels is None or len(kernels.dense) < 2:  # noqa: PLR2004 - a hidden layer and the output
        fail(Text(f"{network.call} has other layers", f"{network.call} a d'autres couches"))
        return
    candidate.model.set_weights(_showing_weights(candidate.weights, kernels))
    images = np.ones((240, *network.input_shape), np.float32)
    still = _shown(candidate.model.predict(images[:20]))
    moving = _shown(candidate.model.predict(images, training=True))
    wanted = Text(f"dropout of {rate:g}", f"un dropout de {rate:g}")
    call = f"{network.call}(images, training=True)"
    if still is None or moving is None:
        fail(Text(f"{network.call}: the outputs show nothing", f"{network.call} : les sorties ne montrent rien"))
        return
    if (still < _DROPPED).any():
        fail(
            Text(
                f"{network.call}(images): features are dropped outside training too\nexpected: dropout in training only",
                f"{network.call}(images) : des caractéristiques tombent aussi hors apprentissage\n"
                "attendu : un dropout pendant l'apprentissage seulement",
            ),
        )
    twins_agree = (moving[:, ::2] < _DROPPED) == (moving[:, 1::2] < _DROPPED)
    found = float((moving < _DROPPED).mean())
    where = Text("right before Flatten", "juste avant Flatten")
    if not twins_agree.all():
        fail(
            Text(
                f"{call}: something is dropped after a Dense layer",
                f"{call} : quelque chose tombe après une couche Dense",
            )
            + Text("\nexpected: ", "\nattendu : ")
            + wanted
            + Text(", ", ", ")
            + where,
        )
    features = moving[:, ::2] < _DROPPED
    if abs(found - rate) > _RATE_TOLERANCE:
        came = Text(
            f"{call}: {found:.0%} of the features are dropped", f"{call} : {found:.0%} des caractéristiques tombent"
        )
        fail(
            came + Text("\nexpected: ", "\nattendu : ") + wanted + Text(", ", ", ") + where, _dropout_hint(found, rate)
        )
    if any((features[:, 0] == features[:, other]).all() for other in range(1, _FEATURES)):
        fail(
            Text(
                f"{call}: several features always fall together\nexpected: ",
                f"{call} : plusieurs caractéristiques tombent toujours ensemble\nattendu : ",
            )
            + wanted
            + Text(", ", ", ")
            + where,
            Text(
                "Is the dropout before the last convolution, or of whole channels (SpatialDropout2D)?",
                "Le dropout est-il avant la dernière convolution, ou sur des canaux entiers (SpatialDropout2D) ?",
            ),
        )


@_remembered
def expect_loss(candidate: Candidate) -> None:
    """Expect categorical cross-entropy of probabilities, by its value."""
    call = f"{candidate.network.call}: loss"
    _require_compiled(candidate)
    rng = np.random.default_rng(5)
    n, classes = 8, candidate.network.kernels[-1][-1]
    truth = np.eye(classes, dtype=np.float32)[rng.integers(0, classes, n)]
    given = rng.dirichlet(np.full(classes, 2.0), n).astype(np.float32)
    given = (given + 0.02) / (given + 0.02).sum(axis=1, keepdims=True)
    right = -np.log((truth * given).sum(axis=1)).mean()
    logits = -(np.log(np.exp(given) / np.exp(given).sum(axis=1, keepdims=True)) * truth).sum(axis=1).mean()
    binary = -(truth * np.log(given) + (1 - truth) * np.log(1 - given)).mean()
    hint = Text(
        'Labels are one-hot and outputs probabilities: loss="categorical_crossentropy".',
        'Étiquettes one-hot et probabilités en sortie : loss="categorical_crossentropy".',
    )
    try:
        value = candidate.model.ask("loss", truth, given)
    except Raised as error:
        words = error.message.strip().splitlines()
        fail(
            Text(
                f"{call} cannot be computed on one-hot labels: {error.type_name}",
                f"{call} : ne se calcule pas sur des étiquettes one-hot : {error.type_name}",
            )
            + Text.same(f" {words[0][:160]}" if words else ""),
            hint,
        )
        return
    expect_array(
        value,
        right,
        call=call,
        what=Text(
            "categorical cross-entropy of eight given predictions", "entropie croisée de huit prédictions données"
        ),
        hint=hint,
        mistakes=(
            (
                logits,
                Text(
                    "from_logits=True is for outputs without softmax",
                    "from_logits=True suppose des sorties sans softmax",
                ),
            ),
            (binary, Text("this is binary cross-entropy", "c'est l'entropie croisée binaire")),
            (
                ((truth - given) ** 2).mean(),
                Text("this is the mean squared error", "c'est l'erreur quadratique moyenne"),
            ),
            (np.abs(truth - given).mean(), Text("this is the mean absolute error", "c'est l'erreur absolue moyenne")),
        ),
        **FLOAT32,
    )


def expect_optimizer(candidate: Candidate, name: str = "Adam") -> None:
    """Expect an optimizer of this class; its rate is free."""
    _require_compiled(candidate)
    kind, bases = candidate.optimizer.get("kind"), candidate.optimizer.get("bases")
    # A student's own subclass is still this optimizer; Keras's AdamW, a subclass too, decays the weights besides.
    if isinstance(bases, list) and name in bases and kind != "AdamW":
        return
    expect_equal(
        kind,
        name,
        call=f"type({candidate.network.call}.optimizer).__name__",
        what=Text("the optimizer of the handout", "l'optimiseur de l'énoncé"),
    )


@_remembered
def expect_accuracy_metric(candidate: Candidate) -> None:
    """Expect one of the metrics to be the share of right answers, whatever it is called."""
    _require_compiled(candidate)
    network = candidate.network
    classes = network.kernels[-1][-1]
    truth = np.arange(20) % classes
    claimed = truth.copy()
    claimed[::2] = (claimed[::2] + 1) % classes
    # The right class gets 0.4 of the probability: less than one half, so that no binary accuracy comes out alike.
    given = np.full((len(truth), classes), 0.6 / (classes - 1), np.float32)
    given[np.arange(len(truth)), claimed] = 0.4
    found = candidate.model.ask("metrics", np.eye(classes, dtype=np.float32)[truth], given)
    metrics = {name: value for name, value in found.items() if name != "loss"} if isinstance(found, dict) else {}
    if not any(isinstance(value, float) and abs(value - 0.5) < 1e-6 for value in metrics.values()):  # noqa: PLR2004
        shown = ", ".join(f"{name} = {value:.3f}" for name, value in metrics.items() if isinstance(value, float))
        fail(
            Text(
                f"{network.call}: metrics of 20 predictions, half of them right: {shown or 'none'}\n"
                "expected: an accuracy of 0.5 among them",
                f"{network.call} : métriques de 20 prédictions, dont la moitié justes : {shown or 'aucune'}\n"
                "attendu : parmi elles une exactitude de 0.5",
            ),
            Text('Compile with metrics=["accuracy"].', 'Compilez avec metrics=["accuracy"].'),
        )


def architecture_rows(candidate: Candidate) -> list[dict[str, Any]]:
    """Return the student's layers beside the handout's, row by row."""
    return layer_rows(candidate.description, candidate.network.layers)


# -- how it is done ----------------------------------------------------------------------------------------------

_DROPPED = 0.01
_RATE_TOLERANCE = 0.05
_FEATURES = 4


def _require_compiled(candidate: Candidate) -> None:
    if candidate.description.get("compiled") is not True:
        fail(
            Text(f"{candidate.network.call} is not compiled", f"{candidate.network.call} n'est pas compilé"),
            Text("Call model.compile(...) before returning it.", "Appelez model.compile(...) avant de le renvoyer."),
        )


def _channels(network: Network) -> int:
    return min(network.input_shape)


def _as_channels_last(images: np.ndarray) -> np.ndarray:
    return images.transpose(0, 2, 3, 1) if images.shape[1] < images.shape[-1] else images


def _outputs(plan: Plan, kernels: Kernels, images: np.ndarray) -> list[np.ndarray]:
    """Return the oracle's outputs in every layout."""
    found = (forward(layout, kernels, _as_channels_last(images)) for layout in plan.layouts())
    return [outputs for outputs in found if outputs is not None]


def _close(got: np.ndarray, expected: np.ndarray) -> bool:
    return bool(got.shape == expected.shape and np.isfinite(got).all() and np.allclose(got, expected, **FLOAT32))


def _variations(plan: Plan) -> Iterator[tuple[Plan, Text]]:
    """Yield the plan with one known mistake each, and the mistake's name."""
    counts: dict[str, int] = {}
    for number, stage in enumerate(plan.stages):
        place = counts.get(stage.kind, 0)
        counts[stage.kind] = place + 1
        for changed, words in _changes(stage, place, last=number == len(plan.stages) - 1):
            yield replace(plan, stages=(*plan.stages[:number], changed, *plan.stages[number + 1 :])), words


def _changes(stage: Stage, place: int, *, last: bool) -> Iterator[tuple[Stage, Text]]:
    if stage.kind in ("max_pool", "average_pool"):
        other = "average_pool" if stage.kind == "max_pool" else "max_pool"
        names = {"average_pool": Text("average pooling", "une moyenne"), "max_pool": Text("max-pooling", "un maximum")}
        yield (
            replace(stage, kind=other),
            Text("this is ", "c'est ")
            + names[other]
            + Text(" where the handout has ", " là où l'énoncé a ")
            + names[stage.kind],
        )
        return
    if stage.kind not in ("conv", "dense"):
        return
    noun = Text(" convolution", " convolution") if stage.kind == "conv" else Text(" dense layer", " couche dense")
    which = Text("the ", "la ") + _ORDINALS[min(place, len(_ORDINALS) - 1)] + noun
    if last:
        which = Text("the output layer", "la couche de sortie")
    for activation in ("linear", "relu", "sigmoid", "tanh", "softmax"):
        if activation != stage.activation:
            name = Text(f"has the activation {activation}", f"a l'activation {activation}")
            if activation == "linear":
                name = Text("has no activation", "n'a pas d'activation")
            yield replace(stage, activation=activation), which + Text.same(" ") + name


def _showing_weights(weights: Sequence[np.ndarray], kernels: Kernels) -> list[np.ndarray]:
    """Return weights that make every feature 1 and lead four pairs of twins to the outputs, unchanged."""
    dense = [pair[0] for pair in kernels.dense]
    channels = kernels.convolutions[-1][0].shape[-1] if kernels.convolutions else 1
    # However they are flattened, one of these shares its channel with feature 0, and one its place in the image.
    chosen = (0, 1, channels, dense[0].shape[0] // channels)
    made: list[np.ndarray] = []
    for array in weights:
        fresh = np.zeros_like(array)
        if array.ndim == 4:  # noqa: PLR2004 - a kernel that passes on its middle pixel, from the first channel
            fresh[array.shape[0] // 2, array.shape[1] // 2, 0, :] = 1
        elif array.ndim == 2 and array is dense[0]:  # noqa: PLR2004
            for unit in range(2 * _FEATURES):
                fresh[chosen[unit // 2] % len(fresh), unit] = 1
        elif array.ndim == 2:  # noqa: PLR2004
            for unit in range(2 * _FEATURES):
                fresh[unit, unit] = 1
        made.append(fresh)
    return made


def _shown(outputs: Any) -> np.ndarray | None:  # noqa: ANN401
    """Read the features from the outputs: logits against an output that is always 0."""
    if not isinstance(outputs, np.ndarray) or outputs.ndim != 2 or outputs.shape[1] <= 2 * _FEATURES:  # noqa: PLR2004
        return None
    values = outputs.astype(np.float64)
    if (values > 0).all() and np.allclose(values.sum(axis=1), 1, atol=1e-3):
        values = np.log(values)
    shown: np.ndarray = values[:, : 2 * _FEATURES] - values[:, -1:]
    return shown if np.isfinite(shown).all() else None


def _dropout_hint(found: float, rate: float) -> Text | None:
    if abs(found - (1 - rate)) < _RATE_TOLERANCE:
        return Text(
            "Dropout takes the share to drop, not the share to keep.",
            "Dropout reçoit la part à faire tomber, non à garder.",
        )
    if found < _DROPPED:
        return Text(
            "No feature falls: is there a Dropout layer, and is it after the last convolution or pooling?",
            "Aucune caractéristique ne tombe : y a-t-il une couche Dropout, après la dernière convolution ou le pooling ?",
        )
    return None


def _named_pairs(kernels: Kernels) -> list[tuple[str, Any]]:
    convolutions = [(f"conv {number + 1}", pair) for number, pair in enumerate(kernels.convolutions)]
    return convolutions + [(f"dense {number + 1}", pair) for number, pair in enumerate(kernels.dense)]
