"""The one language between judge and student process: JSON and raw arrays, lengths checked, never pickle.

A frame is ``>II`` (bytes of JSON, bytes of arrays), a JSON document ``{"value": ..., "arrays": [[dtype, shape], ...]}``
and the arrays' bytes one after another (C order, little endian).  Whoever reads a frame checks every length before it
allocates, and gets plain Python values: what cannot be expressed here cannot cross.

Values in JSON: null, booleans, numbers, strings and lists stand for themselves; everything else is a one-key object:
``{"t": [...]}`` tuple, ``{"d": [[k, v], ...]}`` dict, ``{"a": i}`` array, ``{"n": i}`` NumPy scalar, ``{"f": "nan"}``
non-finite float, ``{"i": "..."}`` big integer, ``{"b": "..."}`` bytes (base64), ``{"r": {...}}`` a remote object.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import struct
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from autograder.errors import WireError

__all__ = ["HEADER", "MAX_ARRAYS_BYTES", "MAX_JSON_BYTES", "Remote", "body_length", "pack", "unpack"]

HEADER = struct.Struct(">II")
MAX_JSON_BYTES = 8 * 2**20
MAX_ARRAYS_BYTES = 384 * 2**20
_MAX_ARRAYS = 4096
_MAX_AXES = 16
_MAX_DEPTH = 64
_MAX_DIGITS = 400
_DTYPES = frozenset(
    ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64")
)
_SAFE_INT = 2**63
_MAX_ITEMS = _SAFE_INT // 8


@dataclass(frozen=True, slots=True)
class Remote:
    """An object that stays where it is: what kind it is, its class's name, the number to ask for it again.

    ``kind`` is ``model``, ``history``, ``figure``, ``callable`` or ``opaque``; ``info`` holds plain values about it.
    """

    kind: str
    type_name: str
    handle: int
    info: Any = None


def pack(value: Any) -> bytes:  # noqa: ANN401 - any plain value
    """Return the frame of a value.

    Raises:
        WireError: the value holds something that the wire does not carry, or too much of it.
    """
    arrays: list[np.ndarray] = []
    document = {"value": _encode(value, arrays, 0), "arrays": [[a.dtype.name, list(a.shape)] for a in arrays]}
    text = json.dumps(document, allow_nan=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
    size = sum(array.nbytes for array in arrays)
    if len(text) > MAX_JSON_BYTES or size > MAX_ARRAYS_BYTES or len(arrays) > _MAX_ARRAYS:
        message = f"value too large for the wire: {len(text)} bytes of JSON, {size} bytes in {len(arrays)} arrays"
        raise WireError(message)
    return b"".join([HEADER.pack(len(text), size), text, *(array.tobytes() for array in arrays)])


def body_length(header: bytes) -> int:
    """Return how many bytes follow a header; raise WireError when it claims more than is allowed."""
    text, arrays = HEADER.unpack(header)
    if text > MAX_JSON_BYTES or arrays > MAX_ARRAYS_BYTES:
        message = f"a frame claims {text} + {arrays} bytes, more than the wire allows"
        raise WireError(message)
    return int(text + arrays)


def unpack(header: bytes, body: bytes) -> Any:  # noqa: ANN401 - any plain value
    """Return the value of a frame; arrays come back read-only.

    Raises:
        WireError: on anything that `pack` could not have written.
    """
    length, size = HEADER.unpack(header)
    if len(body) != length + size:
        message = f"a frame of {length} + {size} bytes came with {len(body)}"
        raise WireError(message)
    document = _load(body[:length])
    if not isinstance(document, dict) or set(document) != {"value", "arrays"}:
        message = "a frame's document needs the keys value and arrays"
        raise WireError(message)
    arrays = _split_arrays(document["arrays"], memoryview(body)[length:])
    return _decode(document["value"], arrays, 0)


def _load(text: bytes) -> Any:  # noqa: ANN401
    try:
        return json.loads(text.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError, MemoryError) as error:
        message = f"a frame's JSON cannot be read: {type(error).__name__}"
        raise WireError(message) from error


def _refuse(what: str) -> NoReturn:
    message = f"{what} in a frame"
    raise WireError(message)


def _refuse_constant(name: str) -> Any:  # noqa: ANN401
    message = f"bare {name} in a frame"
    raise ValueError(message)


def _split_arrays(table: Any, blob: memoryview) -> list[np.ndarray]:  # noqa: ANN401
    if not isinstance(table, list) or len(table) > _MAX_ARRAYS:
        message = "a frame's array table is not a short list"
        raise WireError(message)
    arrays, start = [], 0
    for row in table:
        dtype, shape = _array_row(row)
        count = math.prod(shape)
        end = start + count * dtype.itemsize
        if end > len(blob):
            message = "a frame's arrays are longer than its bytes"
            raise WireError(message)
        # Any other byte than 0 and 1 would make a truth value that is neither.
        if dtype.kind == "b" and blob[start:end].tobytes().strip(b"\0\1"):
            _refuse("an array of truth values that are neither true nor false")
        arrays.append(np.frombuffer(blob, dtype, count, start).reshape(shape) if count else np.empty(shape, dtype))
        arrays[-1].flags.writeable = False
        start = end
    if start != len(blob):
        message = "a frame's arrays are shorter than its bytes"
        raise WireError(message)
    return arrays


def _array_row(row: Any) -> tuple[np.dtype[Any], tuple[int, ...]]:  # noqa: ANN401
    if not (isinstance(row, list) and len(row) == 2 and isinstance(row[0], str) and isinstance(row[1], list)):  # noqa: PLR2004
        message = "a frame's array needs a dtype and a shape"
        raise WireError(message)
    name, shape = row
    # An axis may be empty, but the product of the others, in bytes, still must fit an address.
    sides = all(type(side) is int and 0 <= side <= MAX_ARRAYS_BYTES for side in shape)
    if name not in _DTYPES or not sides or len(shape) > _MAX_AXES or math.prod(max(s, 1) for s in shape) >= _MAX_ITEMS:
        message = f"a frame's array has dtype {name!r:.40} and shape {shape!r:.80}"
        raise WireError(message)
    return np.dtype(name), tuple(shape)


def _encode(value: Any, arrays: list[np.ndarray], depth: int) -> Any:  # noqa: ANN401, C901, PLR0911
    if depth > _MAX_DEPTH:
        message = f"value nested more than {_MAX_DEPTH} deep"
        raise WireError(message)
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        return value if -_SAFE_INT <= value < _SAFE_INT else {"i": _digits(value)}
    if kind is float:
        return value if math.isfinite(value) else {"f": repr(value)}
    if kind is list:
        return [_encode(item, arrays, depth + 1) for item in value]
    if kind is tuple:
        return {"t": [_encode(item, arrays, depth + 1) for item in value]}
    if kind is dict:
        pairs = value.items()
        return {"d": [[_encode(k, arrays, depth + 1), _encode(v, arrays, depth + 1)] for k, v in pairs]}
    if kind is bytes:
        return {"b": base64.b64encode(value).decode("ascii")}
    if kind is np.ndarray or isinstance(value, np.generic):
        return {"a" if kind is np.ndarray else "n": _add_array(np.asarray(value), arrays)}
    if kind is Remote:
        info = _encode(value.info, arrays, depth + 1)
        return {"r": {"kind": value.kind, "type": value.type_name, "handle": value.handle, "info": info}}
    message = f"the wire carries no {kind.__name__}"
    raise WireError(message)


def _digits(value: int) -> str:
    if value.bit_length() > _MAX_DIGITS * 3:
        message = f"an integer of {value.bit_length()} bits"
        raise WireError(message)
    return str(value)


def _add_array(array: np.ndarray, arrays: list[np.ndarray]) -> int:
    if array.dtype.name not in _DTYPES:
        message = f"the wire carries no array of dtype {array.dtype}"
        raise WireError(message)
    # ascontiguousarray turns a 0-d array into (1,); reshape brings the shape back.
    little_endian = array.astype(array.dtype.newbyteorder("<"), copy=False)
    arrays.append(np.ascontiguousarray(little_endian).reshape(array.shape))
    return len(arrays) - 1


def _decode(value: Any, arrays: list[np.ndarray], depth: int) -> Any:  # noqa: ANN401
    if depth > _MAX_DEPTH:
        message = f"value nested more than {_MAX_DEPTH} deep"
        raise WireError(message)
    if value is None or type(value) in (bool, str):
        return value
    if type(value) is int:
        return value if -_SAFE_INT <= value < _SAFE_INT else _refuse("an integer that should be a text")
    if type(value) is float:
        if not math.isfinite(value):
            message = "a number too large for a float"
            raise WireError(message)
        return value
    if type(value) is list:
        return [_decode(item, arrays, depth + 1) for item in value]
    ((tag, content),) = value.items() if len(value) == 1 else ((None, None),)
    decoder = _DECODERS.get(str(tag))
    if decoder is None:
        message = f"unknown tag {tag!r:.20} in a frame"
        raise WireError(message)
    try:
        return decoder(content, arrays, depth)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, binascii.Error) as error:
        message = f"malformed {tag!r} in a frame"
        raise WireError(message) from error


def _decode_tuple(content: Any, arrays: list[np.ndarray], depth: int) -> Any:  # noqa: ANN401
    return tuple(_decode(item, arrays, depth + 1) for item in _expect(content, list))


def _decode_dict(content: Any, arrays: list[np.ndarray], depth: int) -> Any:  # noqa: ANN401
    pairs = (_expect(pair, list) for pair in _expect(content, list))
    return {_decode(key, arrays, depth + 1): _decode(item, arrays, depth + 1) for key, item in pairs}


def _decode_array(content: Any, arrays: list[np.ndarray], _depth: int) -> Any:  # noqa: ANN401
    return arrays[_index(content)]


def _decode_scalar(content: Any, arrays: list[np.ndarray], _depth: int) -> Any:  # noqa: ANN401
    return arrays[_index(content)][()] if arrays[_index(content)].ndim == 0 else _refuse_constant("array as scalar")


def _decode_float(content: Any, _arrays: list[np.ndarray], _depth: int) -> Any:  # noqa: ANN401
    return {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[content]


def _decode_int(content: Any, _arrays: list[np.ndarray], _depth: int) -> Any:  # noqa: ANN401
    return int(content) if len(_expect(content, str)) <= _MAX_DIGITS else _refuse_constant("huge integer")


def _decode_bytes(content: Any, _arrays: list[np.ndarray], _depth: int) -> Any:  # noqa: ANN401
    return base64.b64decode(_expect(content, str), validate=True)


def _decode_remote(content: Any, arrays: list[np.ndarray], depth: int) -> Any:  # noqa: ANN401
    info = _decode(content["info"], arrays, depth + 1)
    return Remote(_expect(content["kind"], str), _expect(content["type"], str), _expect(content["handle"], int), info)


def _expect(value: Any, kind: type) -> Any:  # noqa: ANN401
    if type(value) is not kind:
        message = f"expected {kind.__name__}"
        raise TypeError(message)
    return value


def _index(content: Any) -> int:  # noqa: ANN401
    index: int = _expect(content, int)
    if index < 0:
        message = "negative index"
        raise IndexError(message)
    return index


_DECODERS = {
    "t": _decode_tuple,
    "d": _decode_dict,
    "a": _decode_array,
    "n": _decode_scalar,
    "f": _decode_float,
    "i": _decode_int,
    "b": _decode_bytes,
    "r": _decode_remote,
}
