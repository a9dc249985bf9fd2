"""Expectations on an image classifier in another process: its weights, what it computes, how it was compiled.

Everything is judged by behaviour: weights are replaced by random ones and outputs compared with the NumPy oracle, the
loss by its value on given predictions, dropout by what it does to a signal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, Concatenate, Literal, ParamSpec

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
    "Labels",
    "Network",
    "architecture_rows",
    "channels_of",
    "examine",
    "expect_function",
    "expect_kernels",
    "expect_parameters",
    "learn",
    "remembered",
]

Rest = ParamSpec("Rest")
Labels = Literal["one_hot", "integer"]

_LARGE = 10**6  # parameters
_ORDINALS = (
    Text("first", "première"),
    Text("second", "deuxième"),
    Text("third", "troisième"),
    Text("fourth", "quatrième"),
    Text("fifth", "cinquième"),
)
_OTHER_POOL = {"max_pool": "average_pool", "average_pool": "max_pool"}
_POOLS = {"average_pool": Text("average pooling", "une moyenne"), "max_pool": Text("max-pooling", "un maximum")}
_ACTIVATIONS = ("linear", "relu", "sigmoid", "tanh", "softmax")


@dataclass(frozen=True, slots=True)
class Network:
    """What a function of the lab must build.

    ``input_shape`` is one example's: (channels, height, width), (height, width, channels) or (inputs,).  ``kernels`` are
    the shapes of the convolutions' and dense layers' kernels in order of use; ``layers`` the rows of the handout's
    table; ``totals`` known wrong parameter totals, each with the mistake that gives it; ``labels`` what its loss takes;
    ``arguments`` what the function is called with, by name.
    """

    name: str
    input_shape: tuple[int, ...]
    plan: Plan
    kernels: tuple[tuple[int, ...], ...]
    layers: tuple[str, ...]
    totals: tuple[tuple[int, Text], ...] = ()
    labels: Labels = "one_hot"
    arguments: tuple[tuple[str, Any], ...] = ()

    @property
    def classes(self) -> int:
        """The number of outputs."""
        return self.kernels[-1][-1]

    @property
    def call(self) -> str:
        """The call as a student writes it."""
        return f"{self.name}({', '.join(f'{name}={value!r}' for name, value in self.arguments)})"

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


def remembered(expectation: Expectation[Rest]) -> Expectation[Rest]:
    """Let an expectation run once for each distinct architecture: it depends on nothing else."""

    @wraps(expectation)
    def once(candidate: Candidate, /, *args: Rest.args, **kwargs: Rest.kwargs) -> None:
        if candidate.key is None:
            expectation(candidate, *args, **kwargs)
            return
        key = (expectation.__name__, candidate.network.call, candidate.key, args, tuple(kwargs.items()))
        candidate.bench.remember(key, lambda: expectation(candidate, *args, **kwargs))

    return once


def examine(bench: Bench, network: Network) -> Candidate:
    """Call the student's function, once a question, and make its model ready to be asked.

    Raises:
        Mismatch: it is not a Keras model, or cannot take the lab's images.
    """
    return bench.student.once(("examine", network.call), lambda: _examine(bench, network))


def _examine(bench: Bench, network: Network) -> Candidate:
    value = getattr(bench.student, network.name)(**dict(network.arguments))
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
    kernels = sort_kernels(candidate.weights, channels=channels_of(network))
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
    _expect_input(candidate)
    without = [name for name, pair in _named_pairs(kernels) if pair[1] is None] if kernels else []
    if without:
        fail(
            Text(f"{network.call}: {without[0]} has no bias", f"{network.call} : {without[0]} n'a pas de biais"),
            Text("Keep use_bias at its default.", "Laissez use_bias à sa valeur par défaut."),
        )


def _expect_input(candidate: Candidate) -> None:
    """Expect the sizes that a model declares for its input to be the images': Keras takes others with a warning."""
    network, declared = candidate.network, candidate.description.get("input_shape")
    sizes = list(declared)[1:] if isinstance(declared, list | tuple) else []
    if len(sizes) != len(network.input_shape):
        return
    if any(isinstance(size, int) and size != wanted for size, wanted in zip(sizes, network.input_shape, strict=True)):
        expect_equal(
            tuple(sizes),
            network.input_shape,
            call=f"{network.call}.input_shape[1:]",
            what=Text("the shape of one image", "la forme d'une image"),
        )


@remembered
def expect_function(candidate: Candidate, seed: int = 1) -> None:
    """Expect the network to compute what the oracle computes from the same random weights."""
    network, model = candidate.network, candidate.model
    weights = random_weights(candidate.weights, seed)
    model.set_weights(weights)
    # The oracle is slow, and asked once for each known mistake: two images of a large network say enough.
    images = network.images(2 if network.parameters > _LARGE else 6, seed)
    outputs = model.predict(images)
    call = f"{network.call}(images)"
    expect_shape(outputs, (len(images), network.classes), call=call)
    kernels = sort_kernels(weights, channels=channels_of(network))
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


def architecture_rows(candidate: Candidate) -> list[dict[str, Any]]:
    """Return the student's layers beside the handout's, row by row."""
    return layer_rows(candidate.description, candidate.network.layers)


# -- how it is done ----------------------------------------------------------------------------------------------


def channels_of(network: Network) -> int:
    """Return the number of channels of a network's images."""
    return min(network.input_shape)


def _as_channels_last(images: np.ndarray) -> np.ndarray:
    channels_first = images.ndim == 4 and images.shape[1] < images.shape[-1]  # noqa: PLR2004
    return images.transpose(0, 2, 3, 1) if channels_first else images


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
    yield from _changed_throughout(plan)


def _changed_throughout(plan: Plan) -> Iterator[tuple[Plan, Text]]:
    """Yield the plan with the same mistake at each of several places."""
    pools = [stage.kind for stage in plan.stages if stage.kind in _OTHER_POOL]
    if len(pools) > 1:
        stages = tuple(replace(stage, kind=_OTHER_POOL.get(stage.kind, stage.kind)) for stage in plan.stages)
        yield (
            replace(plan, stages=stages),
            Text("each pooling is ", "chaque pooling est ") + _POOLS[_OTHER_POOL[pools[0]]],
        )
    hidden = [stage.kind in ("conv", "dense") for stage in plan.stages[:-1]]
    for activation in _ACTIVATIONS if sum(hidden) > 1 else ():
        stages = tuple(
            replace(stage, activation=activation) if changes else stage
            for stage, changes in zip(plan.stages, [*hidden, False], strict=True)
        )
        words = Text("each hidden layer ", "chaque couche cachée ") + _has_activation(activation)
        yield replace(plan, stages=stages), words


def _changes(stage: Stage, place: int, *, last: bool) -> Iterator[tuple[Stage, Text]]:
    if stage.kind in _OTHER_POOL:
        other = _OTHER_POOL[stage.kind]
        words = Text("this is ", "c'est ") + _POOLS[other] + Text(" where the handout has ", " là où l'énoncé a ")
        yield replace(stage, kind=other), words + _POOLS[stage.kind]
        return
    if stage.kind not in ("conv", "dense"):
        return
    noun = Text(" convolution", " convolution") if stage.kind == "conv" else Text(" dense layer", " couche dense")
    which = Text("the ", "la ") + _ORDINALS[min(place, len(_ORDINALS) - 1)] + noun
    if last:
        which = Text("the output layer", "la couche de sortie")
    for activation in _ACTIVATIONS:
        if activation != stage.activation:
            yield replace(stage, activation=activation), which + Text.same(" ") + _has_activation(activation)


def _has_activation(activation: str) -> Text:
    if activation == "linear":
        return Text("has no activation", "n'a pas d'activation")
    return Text(f"has the activation {activation}", f"a l'activation {activation}")


def _named_pairs(kernels: Kernels) -> list[tuple[str, Any]]:
    convolutions = [(f"conv {number + 1}", pair) for number, pair in enumerate(kernels.convolutions)]
    return convolutions + [(f"dense {number + 1}", pair) for number, pair in enumerate(kernels.dense)]
