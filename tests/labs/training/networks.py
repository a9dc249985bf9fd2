"""The course's small AlexNet for the judge: its plan, its counts, and expectations for dropout and batch normalisation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any

import numpy as np

from autograder.classifiers import Candidate, Network, remembered
from autograder.network import Kernels, Plan, Stage, forward, random_weights
from shared.assertions import FLOAT32, expect_array, expect_equal, fail
from shared.text import Text

__all__ = ["BATCH_NORM", "DROPOUT", "PLAIN", "SMALLER", "expect_batch_norm", "expect_dropout_between"]

FILTERS = (32, 64, 64)
_CONV, _POOL = Stage("conv", "relu", same=True), Stage("max_pool", rounds_up=True)
_PLAN = Plan((*(_CONV, _POOL) * 3, Stage("flatten"), Stage("dense", "relu"), Stage("dense", "softmax")))
_KERNELS = ((5, 5, 3, 32), (5, 5, 32, 64), (5, 5, 64, 64), (1024, 1000), (1000, 10))
_LAYERS = (
    "Conv2D 32 5×5 same relu",
    "MaxPooling2D 2×2 same",
    "Conv2D 64 5×5 same relu",
    "MaxPooling2D 2×2 same",
    "Conv2D 64 5×5 same relu",
    "MaxPooling2D 2×2 same",
    "Flatten",
    "Dense 1000 relu",
    "Dense 10 softmax",
)
_TOTALS = (
    (743_170, Text("the last pooling rounds 7 down to 3, not up to 4", "le dernier pooling arrondit 7 à 3, non à 4")),
    (231_170, Text("the convolutions shrink the image", "les convolutions rétrécissent l'image")),
    (1_091_330, Text("the kernels are 3×3, not 5×5", "les noyaux sont 3×3, non 5×5")),
    (1_190_000, Text("the biases are missing", "il manque les biais")),
    (4_263_170, Text("the last pooling is missing", "il manque le dernier pooling")),
    (16_551_170, Text("the second and third pooling are missing", "il manque les deuxième et troisième poolings")),
    (166_410, Text("the layer of 1000 units is missing", "il manque la couche de 1000 neurones")),
)


def _network(side: int, **arguments: Any) -> Network:
    """Return the network on images of a side, as it is called for."""
    layers: tuple[str, ...] = _LAYERS
    if "dropout" in arguments:
        layers = (*layers[:-1], f"Dropout {arguments['dropout']:g}", layers[-1])
    named = tuple(arguments.items())
    return Network("alexnet_cifar", (side, side, 3), _PLAN, _KERNELS, layers, _TOTALS, "integer", named)


PLAIN = _network(32)
SMALLER = _network(28, input_size=28)
DROPOUT = _network(28, input_size=28, dropout=0.3)
BATCH_NORM = replace(
    _network(32, batch_norm=True),
    layers=tuple(
        row
        for layer in _LAYERS
        for row in ([layer.replace(" relu", ""), "BatchNormalization relu"] if layer.startswith("Conv") else [layer])
    ),
)


# -- dropout -----------------------------------------------------------------------------------------------------

_SAMPLES = 128
_UNITS = 9
# 1,152 draws of rate 0.3 have a deviation of 0.0135: a right share is off by this with a chance below 1e-5.
_RATE_TOLERANCE = 0.06


def _units_at_one(candidate: Candidate) -> list[np.ndarray]:
    """Return weights that make every unit of fc4 1, and lead nine of them to outputs of their own."""
    made = [np.zeros_like(array) for array in candidate.weights]
    for array in made:
        if array.shape == (1000,):
            array[:] = 1
        if array.shape == (1000, 10):
            array[range(_UNITS), range(_UNITS)] = 1
    return made


def _logits(outputs: Any) -> np.ndarray | None:
    """Read the nine units from the probabilities; None where they are none."""
    if not isinstance(outputs, np.ndarray) or outputs.shape != (_SAMPLES, _UNITS + 1) or not (outputs > 0).all():
        return None
    logs = np.log(outputs.astype(np.float64))
    return np.asarray(logs[:, :_UNITS] - logs[:, _UNITS:])


@remembered
def expect_dropout_between(candidate: Candidate, rate: float) -> None:
    """Expect dropout of this rate on what fc4 gives and fc5 takes, in training only, and scaled."""
    call = f"{candidate.network.call}(images, training=True)"
    images = np.zeros((_SAMPLES, *candidate.network.input_shape), np.float32)
    candidate.model.set_weights(_units_at_one(candidate))
    still, moving = (_logits(candidate.model.predict(images, training=training)) for training in (False, True))
    if still is None or moving is None or not np.allclose(still, 1, atol=1e-3):
        fail(
            Text(
                f"{candidate.network.call}(images): units are dropped or changed outside training too, "
                "or the layers are others",
                f"{candidate.network.call}(images) : des unités tombent ou changent aussi hors apprentissage, "
                "ou les couches sont autres",
            )
        )
        return
    dropped = np.abs(moving) < 0.01
    found, wanted = float(dropped.mean()), Text(f"{rate:.0%} of the units of fc4", f"{rate:.0%} des unités de fc4")
    if abs(found - rate) > _RATE_TOLERANCE:
        fail(
            Text(f"{call}: {found:.0%} of the units of fc4 are off", f"{call} : {found:.0%} des unités de fc4 tombent")
            + Text("\nexpected: ", "\nattendu : ")
            + wanted
            + Text(", between fc4 and fc5", ", entre fc4 et fc5"),
            _rate_hint(found, rate),
        )
    expect_array(
        moving[~dropped],
        np.full(int((~dropped).sum()), 1 / (1 - rate)),
        call=call,
        what=Text("kept units, multiplied by 1 / (1 - rate)", "unités gardées, multipliées par 1 / (1 - taux)"),
        **FLOAT32,
    )


def _rate_hint(found: float, rate: float) -> Text | None:
    if abs(found - (1 - rate)) < _RATE_TOLERANCE:
        return Text("Dropout takes the share to drop.", "Dropout reçoit la part à faire tomber.")
    if found < 0.01:
        return Text(
            "Nothing falls there: is the argument used, and is the layer right after fc4's ReLU?",
            "Rien ne tombe à cet endroit : l'argument sert-il, et la couche suit-elle bien le ReLU de fc4 ?",
        )
    return Text("Is the rate the argument's?", "Le taux est-il celui de l'argument ?")


# -- batch normalisation -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Parts:
    """The places of a network's arrays: kernels with their biases in order, and each normalisation's four."""

    convolutions: tuple[tuple[int, int], ...]
    dense: tuple[tuple[int, int], ...]
    norms: tuple[tuple[int, int, int, int], ...]


def _parts(shapes: list[tuple[int, ...]]) -> _Parts | None:
    """Find kernels and normalisations among the arrays' shapes: a layer's own arrays stand together."""
    convolutions: list[tuple[int, int]] = []
    dense: list[tuple[int, int]] = []
    norms: list[tuple[int, int, int, int]] = []
    place = 0
    while place < len(shapes):
        shape = shapes[place]
        if len(shape) in (2, 4) and place + 1 < len(shapes) and shapes[place + 1] == shape[-1:]:
            (convolutions if len(shape) == 4 else dense).append((place, place + 1))
            place += 2
        elif len(shape) == 1 and shapes[place : place + 4] == [shape] * 4:
            norms.append((place, place + 1, place + 2, place + 3))
            place += 4
        else:
            return None
    found = _Parts(tuple(convolutions), tuple(dense), tuple(norms))
    kernels = [shapes[kernel] for kernel, _ in (*found.convolutions, *found.dense)]
    return found if sorted(kernels) == sorted(_KERNELS) and len(norms) == len(FILTERS) else None


def _ordered(pairs: tuple[tuple[int, int], ...], shapes: list[tuple[int, ...]]) -> list[tuple[int, int]]:
    order = {shape: number for number, shape in enumerate(_KERNELS)}
    return sorted(pairs, key=lambda pair: order[shapes[pair[0]]])


def _epsilon(candidate: Candidate) -> float:
    """Return the constant under the root that the network's normalisations say they use."""
    layers = candidate.description.get("layers")
    for layer in layers if isinstance(layers, list) else []:
        config = layer.get("config") if isinstance(layer, dict) else None
        value = config.get("epsilon") if isinstance(config, dict) else None
        if isinstance(value, float) and 0 < value < 0.1:
            return value
    return 1e-3


def _drawn(shapes: list[tuple[int, ...]], parts: _Parts) -> list[np.ndarray]:
    """Draw all arrays; factors of both signs, so that the place among ReLU and pooling shows."""
    rng = np.random.default_rng(8)
    made = random_weights([np.empty(shape) for shape in shapes], 8)
    for gamma, beta, mean, variance in parts.norms:
        size = shapes[gamma][0]
        made[gamma] = (rng.choice([-1, 1], size) * rng.uniform(0.7, 1.4, size)).astype(np.float32)
        made[beta], made[mean] = (rng.normal(0, 0.5, size).astype(np.float32) for _ in range(2))
        made[variance] = rng.uniform(0.6, 2.0, size).astype(np.float32)
    return made


def _right_outputs(candidate: Candidate, weights: list[np.ndarray], parts: _Parts, images: np.ndarray) -> list[Any]:
    """Return the oracle's outputs: a normalisation after a convolution is a convolution with other weights."""
    shapes = [array.shape for array in weights]
    dense = tuple((weights[kernel], weights[bias]) for kernel, bias in _ordered(parts.dense, shapes))
    found = []
    for norms in permutations(parts.norms):
        if tuple(shapes[norm[0]][0] for norm in norms) != FILTERS:
            continue
        folded = []
        for (kernel, bias), norm in zip(_ordered(parts.convolutions, shapes), norms, strict=True):
            gamma, beta, mean, variance = (weights[place].astype(np.float64) for place in norm)
            factor = gamma / np.sqrt(variance + _epsilon(candidate))
            folded.append((weights[kernel] * factor, (weights[bias] - mean) * factor + beta))
        layouts = (forward(plan, Kernels(tuple(folded), dense), images) for plan in candidate.network.plan.layouts())
        found += [outputs for outputs in layouts if outputs is not None]
    return found


@remembered
def expect_batch_norm(candidate: Candidate) -> None:
    """Expect a batch normalisation between each convolution and its ReLU, by what comes out of random weights."""
    shapes = [tuple(array.shape) for array in candidate.weights]
    parts, call = _parts(shapes), f"{candidate.network.call}(images)"
    if parts is None:
        expect_equal(
            [shape for shape in shapes if len(shape) == 1],
            [(32,)] * 5 + [(64,)] * 10 + [(1000,), (10,)],
            call=f"{candidate.network.call}: arrays of one axis",
            what=Text(
                "five a convolution: bias, and the factor, offset, mean and variance of its normalisation",
                "cinq par convolution : le biais, puis facteur, décalage, moyenne et variance de sa normalisation",
            ),
        )
        fail(Text(f"{call}: the layers are others", f"{call} : les couches sont autres"))
        return
    weights, images = _drawn(shapes, parts), candidate.network.images(3, 8)
    candidate.model.set_weights(weights)
    outputs = candidate.model.predict(images)
    right = _right_outputs(candidate, weights, parts, images)
    if any(
        np.shape(outputs) == wanted.shape and np.allclose(outputs, wanted, rtol=5e-3, atol=5e-4) for wanted in right
    ):
        return
    expect_array(
        outputs,
        right[0],
        call=call,
        rtol=5e-3,
        atol=5e-4,
        what=Text("with given random weights", "avec des poids aléatoires donnés"),
        hint=Text(
            "The order is convolution, batch normalisation, ReLU, pooling.",
            "L'ordre est convolution, normalisation par lots, ReLU, pooling.",
        ),
    )
