"""The wire carries plain values unchanged and meets everything else with one exception."""

from __future__ import annotations

import json
import math
import struct
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from autograder.errors import WireError
from autograder.wire import HEADER, MAX_ARRAYS_BYTES, MAX_JSON_BYTES, Remote, body_length, pack, unpack

DTYPES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64".split()
steady = settings(derandomize=True, deadline=None, max_examples=150)
wire_arrays = st.sampled_from(DTYPES).flatmap(
    lambda name: arrays.arrays(name, arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
)
keys = st.text(max_size=5) | st.integers() | st.booleans() | st.none()
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**300), 2**300)
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=20)
    | wire_arrays
    | wire_arrays.filter(lambda array: array.ndim == 0).map(lambda array: array[()])
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(keys, inner, max_size=4)
        | st.builds(Remote, st.text(max_size=5), st.text(max_size=5), st.integers(0, 9), inner)
    ),
    max_leaves=12,
)


def over(value: Any) -> Any:
    """Send a value and return what arrives."""
    frame = pack(value)
    assert body_length(frame[: HEADER.size]) == len(frame) - HEADER.size
    return unpack(frame[: HEADER.size], frame[HEADER.size :])


def frame(document: Any, blob: bytes = b"") -> tuple[bytes, bytes]:
    """Return header and body of a frame with any JSON in it."""
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    return HEADER.pack(len(text), len(blob)), text + blob


def value_frame(value: Any, table: Any = (), blob: bytes = b"") -> tuple[bytes, bytes]:
    """Return a frame whose value and array table are as given."""
    return frame({"value": value, "arrays": table}, blob)


def same(left: Any, right: Any) -> bool:
    """Say whether two values are of the same types and equal, NaN included."""
    if type(left) is not type(right):
        return False
    if isinstance(left, np.ndarray | np.generic):
        return left.dtype == right.dtype and left.shape == right.shape and left.tobytes() == right.tobytes()
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        pairs = zip(left.items(), right.items(), strict=True)
        return len(left) == len(right) and all(same(a, b) and same(v, w) for (a, v), (b, w) in pairs)
    if isinstance(left, Remote):
        return left.kind == right.kind and left.handle == right.handle and same(left.info, right.info)
    return bool(left == right) or (isinstance(left, float) and math.isnan(left) and math.isnan(right))


@steady
@given(values)
def test_what_is_sent_arrives(value: Any) -> None:
    """Every value of every kind comes back with its type, its shape and its bits."""
    assert same(over(value), value)


@pytest.mark.parametrize("layout", ["C", "F"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_any_memory_layout_arrives(layout: Any, order: str) -> None:
    """Columns first, other byte orders and views arrive as the same numbers, read-only."""
    array = np.array(np.arange(24).reshape(2, 3, 4), order=layout).astype(order + "f4")[:, ::-1]

    found = over(array)

    np.testing.assert_array_equal(found, array)
    with pytest.raises(ValueError, match="read-only"):
        found[0] = 1


def test_many_arrays_keep_their_places() -> None:
    """Arrays of odd sizes one after another do not mix, aligned or not."""
    sent = [np.arange(n, dtype=kind) for n, kind in ((3, "uint8"), (2, "float64"), (0, "int16"), (2, "bool"))]

    assert same(over(sent), sent)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (object(), "carries no object"),
        ({1, 2}, "carries no set"),
        (1j, "carries no complex"),
        (np.array([object()], dtype=object), "dtype object"),
        (np.array(["a"]), "dtype <U1"),
        (np.complex64(1), "dtype complex64"),
        (np.longdouble(1), "no array of dtype float"),
        (np.zeros(2, [("a", "f4")]), "dtype"),
        (type("Lists", (list,), {})(), "carries no Lists"),
        (1 << 2000, "2001 bits"),
        ([np.zeros(0)] * 5000, "5000"),
        ("x" * (MAX_JSON_BYTES + 1), "too large for the wire"),
        (np.zeros(MAX_ARRAYS_BYTES + 1, bool), "too large for the wire"),
    ],
    ids=lambda item: None if not isinstance(item, str) or len(item) > 40 else item,
)
def test_what_is_not_plain_is_not_sent(value: Any, words: str) -> None:
    """Objects, sub-classes, odd dtypes and what is too large are refused where they are packed."""
    with pytest.raises(WireError, match=words):
        pack(value)


def test_deep_values_are_not_sent() -> None:
    """Nesting without end is an error of ours and not of the stack."""
    value: list[Any] = []
    value.append(value)

    with pytest.raises(WireError, match="nested more than 64 deep"):
        pack(value)


@pytest.mark.parametrize("lengths", [(MAX_JSON_BYTES + 1, 0), (0, MAX_ARRAYS_BYTES + 1), (2**32 - 1, 2**32 - 1)])
def test_a_bomb_is_refused_by_its_header(lengths: tuple[int, int]) -> None:
    """What claims too many bytes is refused before anything is allocated for it."""
    tracemalloc.start()

    with pytest.raises(WireError, match="more than the wire allows"):
        body_length(struct.pack(">II", *lengths))

    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**16


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_a_truncated_frame_is_refused(cut: int) -> None:
    """A body of another length than its header says is no frame."""
    whole = pack([1, np.arange(9)])

    with pytest.raises(WireError, match="came with"):
        unpack(whole[: HEADER.size], whole[HEADER.size : -cut])


MALFORMED: dict[str, tuple[bytes, bytes]] = {
    "no_json": frame(b"{"),
    "no_utf8": frame(b'{"value": "\xff", "arrays": []}'),
    "no_document": frame([]),
    "other_keys": frame({"value": 1}),
    "extra_key": frame({"value": 1, "arrays": [], "more": 1}),
    "nan": frame(b'{"value": NaN, "arrays": []}'),
    "infinity": frame(b'{"value": -Infinity, "arrays": []}'),
    "overflow": frame(b'{"value": 1e999, "arrays": []}'),
    "bare_big_integer": frame(b'{"value": 9223372036854775808, "arrays": []}'),
    "integer_of_5000_digits": frame(b'{"value": ' + b"9" * 5000 + b', "arrays": []}'),
    "deep_lists": frame(b'{"value": ' + b"[" * 200 + b"]" * 200 + b', "arrays": []}'),
    "deepest_lists": frame(b'{"value": ' + b"[" * 200_000 + b"]" * 200_000 + b', "arrays": []}'),
    "unknown_tag": value_frame({"pickle": "gASVAAAA"}),
    "two_tags": value_frame({"t": [], "d": []}),
    "no_tag": value_frame({}),
    "tuple_of_nothing": value_frame({"t": None}),
    "dict_of_texts": value_frame({"d": ["ab"]}),
    "dict_of_triples": value_frame({"d": [[1, 2, 3]]}),
    "list_as_key": value_frame({"d": [[[1], 2]]}),
    "array_as_key": value_frame({"d": [[{"a": 0}, 2]]}, [["bool", [1]]], b"\0"),
    "float_word": value_frame({"f": "1.5"}),
    "float_list": value_frame({"f": []}),
    "integer_word": value_frame({"i": "twelve"}),
    "integer_number": value_frame({"i": 12}),
    "integer_too_long": value_frame({"i": "1" * 401}),
    "bytes_not_base64": value_frame({"b": "***"}),
    "bytes_not_ascii": value_frame({"b": "é"}),
    "bytes_number": value_frame({"b": 1}),
    "array_missing": value_frame({"a": 0}),
    "array_negative": value_frame({"a": -1}, [["bool", [1]]], b"\0"),
    "array_true": value_frame({"a": True}, [["bool", [1]], ["bool", [1]]], b"\0\0"),
    "scalar_of_an_array": value_frame({"n": 0}, [["bool", [1]]], b"\0"),
    "remote_without_kind": value_frame({"r": {"info": None}}),
    "remote_list": value_frame({"r": []}),
    "remote_handle_text": value_frame({"r": {"kind": "model", "type": "M", "handle": "0", "info": None}}),
    "table_no_list": value_frame(1, {}),
    "table_too_long": value_frame(1, [["bool", [0]]] * 5000),
    "row_no_list": value_frame(1, ["bool"]),
    "row_too_short": value_frame(1, [["bool"]]),
    "row_shape_number": value_frame(1, [["bool", 1]], b"\0"),
    "dtype_object": value_frame(1, [["object", [1]]], b"\0" * 8),
    "dtype_void": value_frame(1, [["V8", [1]]], b"\0" * 8),
    "dtype_text": value_frame(1, [["<U2", [1]]], b"\0" * 8),
    "dtype_list": value_frame(1, [[["f4"], [1]]], b"\0" * 4),
    "dtype_of_other_endian": value_frame(1, [[">f4", [1]]], b"\0" * 4),
    "side_negative": value_frame(1, [["bool", [-1]]], b"\0"),
    "sides_negative": value_frame(1, [["bool", [-1, -1]]], b"\0"),
    "side_float": value_frame(1, [["bool", [1.0]]], b"\0"),
    "side_true": value_frame(1, [["bool", [True]]], b"\0"),
    "side_huge": value_frame(1, [["bool", [2**62]]]),
    "sides_overflow": value_frame(1, [["float64", [2**28, 2**28, 2**28]]]),
    "empty_but_huge": value_frame({"a": 0}, [["float64", [0, 2**28, 2**28, 64]]]),
    "many_axes": value_frame(1, [["bool", [1] * 40]], b"\0"),
    "array_longer_than_its_bytes": value_frame(1, [["float64", [4]]], b"\0" * 31),
    "array_shorter_than_its_bytes": value_frame(1, [["float64", [4]]], b"\0" * 33),
    "bytes_without_array": value_frame(1, [], b"\0"),
    "truth_of_7": value_frame({"a": 0}, [["bool", [3]]], b"\1\7\0"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_frame_is_refused(case: str) -> None:
    """Nothing that `pack` would not have written is read, and no other exception than ours comes of it."""
    header, body = MALFORMED[case]

    with pytest.raises(WireError):
        unpack(header, body)


def test_an_empty_array_with_long_sides_costs_nothing() -> None:
    """No bytes means no memory, whatever the other sides say."""
    header, body = value_frame({"a": 0}, [["uint8", [2**20, 0, 2**20]]])

    assert unpack(header, body).shape == (2**20, 0, 2**20)


def read(data: bytes) -> None:
    """Read bytes as a judge would; the only exception is ours."""
    try:
        size = body_length(data[: HEADER.size])
        unpack(data[: HEADER.size], data[HEADER.size :][:size])
    except WireError:
        pass  # The one answer to nonsense.


@steady
@given(st.binary(min_size=HEADER.size, max_size=200))
def test_random_bytes_do_no_harm(data: bytes) -> None:
    """Noise is refused as noise."""
    read(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from("t d a n f i b r kind type handle info value arrays".split()), inner, max_size=3
        )
    ),
    max_leaves=10,
)


@steady
@given(
    json_values,
    st.lists(st.tuples(st.sampled_from([*DTYPES, "object"]), json_values), max_size=3),
    st.binary(max_size=9),
)
def test_plausible_documents_do_no_harm(value: Any, table: Any, blob: bytes) -> None:
    """Documents with our tags in the wrong places are refused or read, nothing else."""
    header, body = value_frame(value, [list(row) for row in table], blob)

    read(header + body)


@steady
@given(values, st.integers(0, 10**6), st.binary(min_size=1, max_size=4))
def test_mutated_frames_do_no_harm(value: Any, place: int, noise: bytes) -> None:
    """A few bytes of a good frame overwritten give a value or a refusal."""
    whole = bytearray(pack(value))
    place %= len(whole)
    whole[place : place + len(noise)] = noise

    read(bytes(whole))
