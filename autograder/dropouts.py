"""Expect dropout of a network, or none, by what training does to its outputs, wherever it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.classifiers import Candidate, channels_of, remembered
from autograder.network import Kernels, random_weights, sort_kernels
from shared.assertions import FLOAT32, expect_array, fail
from shared.text import Text

__all__ = ["expect_dropout", "expect_still"]

_DROPPED = 0.01
_RATE_TOLERANCE = 0.05
_SCALE_TOLERANCE = 0.02
_FEATURES = 4


@remembered
def expect_still(candidate: Candidate) -> None:
    """Expect what it computes while training to be what it computes afterwards: no dropout, noise or augmentation."""
    candidate.model.set_weights(random_weights(candidate.weights, 3))
    images = candidate.network.images(4, 3)
    expect_array(
        candidate.model.predict(images, training=True),
        candidate.model.predict(images),
        call=f"{candidate.network.call}(images, training=True)",
        what=Text("the same as outside training", "la même chose que hors apprentissage"),
        hint=Text(
            "The handout's network has no dropout, noise, normalisation or augmentation.",
            "Le réseau de l'énoncé n'a ni dropout, ni bruit, ni normalisation, ni augmentation.",
        ),
        **FLOAT32,
    )


@remembered
def expect_dropout(candidate: Candidate, rate: float) -> None:
    """Expect dropout of this rate on the features that the first dense layer reads, when training, and only there.

    The weights are set so that every feature is 1 and the outputs show four of them, each twice: twins read the same
    feature, so they fall together unless something is dropped after the dense layer.
    """
    network = candidate.network
    kernels = sort_kernels(candidate.weights, channels=channels_of(network))
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
    _expect_scaled(moving[moving >= _DROPPED] / still.mean(), rate, call)
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


def _expect_scaled(kept: np.ndarray, rate: float, call: str) -> None:
    """Expect what is kept to be scaled so that its mean stays: this tells rates apart that a few draws cannot."""
    factor, wanted = float(np.median(kept)), 1 / (1 - rate)
    if abs(factor / wanted - 1) > _SCALE_TOLERANCE:
        fail(
            Text(
                f"{call}: features that are kept are multiplied by {factor:.3f}\n"
                f"expected: dropout of {rate:g}, which multiplies them by {wanted:.3f}",
                f"{call} : les caractéristiques gardées sont multipliées par {factor:.3f}\n"
                f"attendu : un dropout de {rate:g}, qui les multiplie par {wanted:.3f}",
            ),
            Text(f"Is the rate {rate:g}?", f"Le taux est-il {rate:g} ?"),
        )


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
