"""A Keras model as data: what may be rebuilt on the judge's side, and what makes two architectures the same.

A configuration that a student process sends is plain JSON here.  It is rebuilt (in another confined process, without
student code) only where every class in it is on the list below; anything else stays in the student process.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["ModelData", "fingerprint", "is_rebuildable"]

_MAX_TEXT = 2**20
_MAX_NODES = 200_000
_MAX_NUMBER = 200_000
_MAX_WEIGHTS = 20_000_000
_LAYERS = frozenset(
    """InputLayer Dense Flatten Reshape Permute Activation ReLU LeakyReLU PReLU ELU Softmax Dropout SpatialDropout1D
    SpatialDropout2D GaussianNoise GaussianDropout AlphaDropout BatchNormalization LayerNormalization
    GroupNormalization UnitNormalization Rescaling Normalization ActivityRegularization Conv1D Conv2D
    DepthwiseConv2D SeparableConv2D Conv2DTranspose MaxPooling1D MaxPooling2D AveragePooling1D AveragePooling2D
    GlobalAveragePooling2D GlobalMaxPooling2D ZeroPadding1D ZeroPadding2D Cropping1D Cropping2D UpSampling2D
    RandomFlip RandomCrop RandomTranslation RandomRotation RandomZoom RandomContrast CenterCrop Resizing Identity
    Add Subtract Multiply Average Maximum Minimum Concatenate""".split()
)
_CONTAINERS = frozenset(("Sequential", "Functional", "Model"))
_OTHER_MODULES = ("keras.initializers", "keras.regularizers", "keras.constraints", "keras.losses", "keras.metrics")
_OPTIMIZERS = "keras.optimizers"
_MARKS = frozenset(("__keras_tensor__", "__tuple__"))


@dataclass(frozen=True, slots=True)
class ModelData:
    """All that makes a model again: its configuration (JSON text), weights, and compile configuration."""

    architecture: str | None
    weights: list[np.ndarray] = field(default_factory=list)
    compiling: dict[str, Any] | None = None


def is_rebuildable(model: ModelData) -> bool:
    """Say whether a model is made of Keras's own parts only, and of a size that is safe to build."""
    if model.architecture is None or len(model.architecture) > _MAX_TEXT:
        return False
    if sum(array.size for array in model.weights) > _MAX_WEIGHTS:
        return False
    try:
        document = json.loads(model.architecture)
    except (ValueError, RecursionError):
        return False
    if not isinstance(document, dict) or str(document.get("class_name")) not in _CONTAINERS:
        return False
    nodes = list(_walk(document))
    if model.compiling is not None:
        nodes += _walk(model.compiling)
    return len(nodes) < _MAX_NODES and all(_is_harmless(node) for node in nodes)


def fingerprint(model: ModelData) -> str:
    """Return a hash that two models share exactly when they differ at most in names and weights."""
    document = json.loads(model.architecture or "null")
    names: dict[str, str] = {}
    for node in _walk(document):
        # A policy's name says how layers compute: it is nobody's to choose.
        if not isinstance(node, dict) or "DTypePolicy" in str(node.get("class_name")):
            continue
        if isinstance(node.get("config"), dict) and "name" in node["config"]:
            names.setdefault(str(node["config"]["name"]), f"layer_{len(names)}")
    # What the file says of building and compiling repeats what the layers and `compiling` say.
    for key in ("build_config", "compile_config"):
        document.pop(key, None)
    canonical = json.dumps([_rename(document, names), model.compiling], sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _walk(node: Any, depth: int = 0) -> Iterator[Any]:  # noqa: ANN401
    yield node
    if depth > 60:  # noqa: PLR2004 - deeper than any configuration; the refusal comes from the marker below
        yield {"class_name": "too deep"}
        return
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        yield from _walk(child, depth + 1)


def _is_harmless(node: Any) -> bool:  # noqa: ANN401
    if isinstance(node, int | float) and not isinstance(node, bool):
        return abs(node) <= _MAX_NUMBER
    if not isinstance(node, dict) or "class_name" not in node:
        return True
    kind, module = node["class_name"], node.get("module")
    if not isinstance(kind, str) or node.get("registered_name") not in (None, kind):
        return False
    if kind in _MARKS:
        return module is None
    if module in _OTHER_MODULES or module == _OPTIMIZERS:
        return kind.isidentifier()
    if module == "keras.layers":
        return kind in _LAYERS
    if module == "keras":
        return kind in (*_CONTAINERS, "DTypePolicy")
    return module in ("keras.src.models.functional", "keras.models") and kind in _CONTAINERS


def _rename(node: Any, names: dict[str, str], key: str = "") -> Any:  # noqa: ANN401
    """Replace layers' names where they stand for a layer, and nowhere else."""
    if isinstance(node, dict):
        return {name: _rename(value, names, name) for name, value in node.items()}
    if isinstance(node, list):
        return [_rename(item, names, key) for item in node]
    if isinstance(node, str) and key in ("name", "keras_history", "input_layers", "output_layers"):
        return names.get(node, node)
    return node
