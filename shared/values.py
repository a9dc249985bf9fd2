"""What a value is, found out without trusting it: exact types only, so no object can claim to equal everything."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from shared.text import Text

__all__ = ["Array", "as_array", "describe", "dtype_name", "is_exactly", "literal", "number", "same", "shorten"]

Array = np.ndarray[Any, np.dtype[Any]]

_SHOWN_VALUES = 8
_SHOWN_CHARACTERS = 160
_DEEPEST = 16
_DEEPEST_SHOWN = 3
_LONGEST_INTEGER_BITS = 512
_LARGEST_LISTED = 10_000  # values; what is compared as a list is small, and listing millions takes gigabytes
_SCALARS = tuple(kind for kind in set(np.sctypeDict.values()) if np.dtype(kind).kind in "biufU")


def dtype_name(value: object) -> str:
    """Return the name of an array's dtype, or of the type of what is no array."""
    return str(getattr(getattr(value, "dtype", None), "name", type(value).__name__))


def is_exactly(value: object, *kinds: type) -> bool:
    """Tell whether a value's type is one of these, by identity: a metaclass could forge ``==``."""
    return any(type(value) is kind for kind in kinds)


def same(got: object, expected: object) -> bool:
    """Tell whether two plain values are equal, without asking the first one.

    Numbers are compared as numbers whatever their type, but a boolean is not a number; lists and tuples are
    interchangeable; NaN equals nothing.
    """
    got, expected = _plain(got), _plain(expected)
    if is_exactly(expected, int, float):
        return is_exactly(got, int, float) and bool(got == expected)
    if type(expected) is list:
        return type(got) is list and len(got) == len(expected) and all(map(same, got, expected))
    if type(expected) is dict:
        return type(got) is dict and _same_entries(got, expected)
    plain = is_exactly(got, str, bytes, bool, type(None))
    return plain and type(got) is type(expected) and bool(got == expected)


def as_array(value: object, _depth: int = 0) -> Array | None:
    """Read an array, a number, or lists or tuples of numbers as an array; None for anything else."""
    value = _from_tensor(value)
    if type(value) is np.ndarray:
        return value if value.dtype.kind in "biuf" else None
    if is_exactly(value, int, float, *_SCALARS):
        array = np.asarray(value)
        return array if array.dtype.kind in "iuf" else None  # an integer beyond 64 bits becomes an object
    if (type(value) is list or type(value) is tuple) and _depth < _DEEPEST:
        parts = [as_array(part, _depth + 1) for part in value]
        arrays = [part for part in parts if part is not None]
        if len(arrays) < len(parts) or len({array.shape for array in arrays}) > 1:
            return None
        return np.asarray(arrays) if arrays else np.zeros(0)
    return None


def describe(value: object) -> Text:
    """Say what a value is in a few words: its kind, its shape and its first values, rounded."""
    if value is None:
        return Text("None (is a return missing?)", "None (manque-t-il un return ?)")
    array = as_array(value)
    if array is not None and array.ndim and not _is_short(value):
        shape, numbers = tuple(array.shape), _first_numbers(array)
        return Text(
            f"an array of {array.dtype}, shape {shape}: {numbers}",
            f"un tableau de {array.dtype}, forme {shape} : {numbers}",
        )
    if is_exactly(_plain(value), int, float, str, bytes, bool, list, dict):
        return Text.same(shorten(literal(value)))
    name = type(value).__name__
    return Text(f"an object of type {name}", f"un objet de type {name}")


def literal(value: object, _depth: int = 0) -> str:
    """Write a plain value as Python would, numbers rounded to six digits; other objects by their type's name."""
    if type(value) is np.ndarray and value.ndim:
        return f"<{value.dtype} {value.shape}>"
    plain = _plain(value)
    if type(plain) is float:
        return number(plain)
    if type(plain) is int and plain.bit_length() > _LONGEST_INTEGER_BITS:
        return f"<int of {plain.bit_length()} bits>"  # Python refuses to write out a very long one
    if is_exactly(plain, int, str, bytes, bool, type(None)):
        return shorten(repr(plain))
    if _depth > _DEEPEST_SHOWN:
        return "..."
    if type(plain) is list:
        inside = ", ".join(literal(part, _depth + 1) for part in plain[: 4 * _SHOWN_VALUES])
        return f"({inside}{',' if len(plain) == 1 else ''})" if type(value) is tuple else f"[{inside}]"
    if type(plain) is dict:
        entries = list(plain.items())[: 4 * _SHOWN_VALUES]
        return "{" + ", ".join(f"{literal(key)}: {literal(part, _depth + 1)}" for key, part in entries) + "}"
    return f"<{type(value).__name__}>"


def number(value: object) -> str:
    """Write a number with at most six significant digits, an integer in full."""
    plain = _plain(value)
    return f"{plain:.6g}" if type(plain) is float and math.isfinite(plain) else shorten(repr(plain))


def shorten(words: str) -> str:
    """Cut a text that would fill more than a line or two."""
    return words if len(words) <= _SHOWN_CHARACTERS else words[: _SHOWN_CHARACTERS - 3] + "..."


def _same_entries(got: dict[Any, Any], expected: dict[Any, Any]) -> bool:
    # Keys are looked up only once all are plain: a foreign key would be asked whether it is equal.
    if len(got) != len(expected) or not all(is_exactly(key, str, int) for key in got):
        return False
    return all(key in got and same(got[key], value) for key, value in expected.items())


def _first_numbers(array: Array) -> str:
    flat = array.reshape(-1)
    shown = ", ".join(number(value) for value in flat[:_SHOWN_VALUES])
    return f"[{shown}{', ...' if flat.size > _SHOWN_VALUES else ''}]"


def _from_tensor(value: object) -> object:
    """Turn TensorFlow's own eager tensor into an array, without importing TensorFlow for it."""
    framework = sys.modules.get("tensorflow.python.framework.ops")
    if framework is not None and type(value) is framework.EagerTensor:
        return value.numpy()  # type: ignore[attr-defined]
    return value


def _plain(value: object) -> Any:
    """Reduce NumPy scalars, arrays and tuples to Python's own; leave all else as it is."""
    value = _from_tensor(value)
    if type(value) is np.ndarray and value.dtype.kind in "biuf" and value.size <= _LARGEST_LISTED:
        return value.tolist()
    if is_exactly(value, *_SCALARS):
        plain = value.item()  # type: ignore[attr-defined]
        return float(plain) if type(plain) is np.longdouble else plain
    return list(value) if type(value) is tuple else value


def _is_short(value: object) -> bool:
    """Tell whether a list or tuple is a few plain values, better shown as such than as an array."""
    if not (type(value) is list or type(value) is tuple):
        return False
    parts: Sequence[object] = value
    return len(parts) <= _SHOWN_VALUES and all(is_exactly(_plain(part), int, float, str, bool) for part in parts)
