"""A model's layers as one line each, put beside the handout's, for the eyes of the student."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

__all__ = ["layer_rows"]

_SILENT = frozenset(("InputLayer", "Permute", "Reshape"))
_MAX_NUMBER = 10**9
_ACTIVATIONS = {"ReLU": "relu", "Softmax": "softmax"}


def layer_rows(description: dict[str, Any], expected: Sequence[str]) -> list[dict[str, Any]]:
    """Return rows ``{"yours", "expected", "differs"}``, aligned so that equal layers stand side by side.

    Args:
        description: what a model says of itself (`RemoteModel.describe`); nothing in it is trusted.
        expected: the handout's layers, one line each.
    """
    yours = _lines(description)
    rows: list[dict[str, Any]] = []
    for kind, a, b, c, d in SequenceMatcher(a=yours, b=list(expected), autojunk=False).get_opcodes():
        for place in range(max(b - a, d - c)):
            left = yours[a + place] if a + place < b else None
            right = expected[c + place] if c + place < d else None
            rows.append({"yours": left, "expected": right, "differs": kind != "equal"})
    return rows


def _lines(description: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    layers = description.get("layers")
    for layer in layers if isinstance(layers, list) else []:
        if not isinstance(layer, dict):
            continue
        activation = _activation(layer)
        if activation is not None and lines:
            lines[-1] += f" {activation}"
        elif _kind(layer) not in _SILENT:
            lines.append(_line(layer))
    return lines


def _activation(layer: dict[str, Any]) -> str | None:
    """Return the activation of a layer that is nothing else: it belongs to the line before."""
    kind = _kind(layer)
    if kind == "Activation":
        return str(layer.get("activation"))[:40]
    return _ACTIVATIONS.get(kind)


def _kind(layer: dict[str, Any]) -> str:
    return str(layer.get("kind", "?"))[:60]


def _line(layer: dict[str, Any]) -> str:
    config = layer.get("config")
    config = config if isinstance(config, dict) else {}
    words = [_kind(layer)]
    for key in ("filters", "units", "rate"):
        number = config.get(key)
        if isinstance(number, int | float) and abs(number) < _MAX_NUMBER:
            words.append(f"{number:g}")
    for key in ("kernel_size", "pool_size"):
        if isinstance(config.get(key), list | tuple):
            words.append("×".join(str(side)[:6] for side in config[key][:3]))
    padding = config.get("padding")
    if isinstance(padding, str) and padding == "same":
        words.append(padding)
    activation = layer.get("activation")
    if isinstance(activation, str) and activation != "linear":
        words.append(activation[:40])
    return " ".join(words)
