"""Whatever bytes are handed in, a submission comes back or a refusal, and nothing else."""

from __future__ import annotations

import io
import json
import runpy
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

TARGETS: dict[str, Callable[[bytes], None]] = runpy.run_path(str(Path(__file__).with_name("fuzz_targets.py")))[
    "TARGETS"
]
BUDGET = settings(derandomize=True, max_examples=150, deadline=None)

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.just("## q1\nx")
    | st.just("%x"),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["cells", "worksheets", "cell_type", "source", "input", "metadata", "autograder", "question"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


def _honest_zip() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("tp/", "tp/mnist.py", "tp/données.csv", "tp/mnist.ipynb", "answers.md"):
            archive.writestr(name, "" if name.endswith("/") else "## q1\nx = 1\n" * 3)
    return stream.getvalue()


HONEST_ZIP = _honest_zip()


@BUDGET
@given(st.sampled_from(["module", "notebook", "archive"]), st.binary(max_size=300))
def test_any_bytes(target: str, data: bytes) -> None:
    """Random bytes are read or refused."""
    TARGETS[target](data)


@BUDGET
@given(
    st.text(max_size=100), st.sampled_from(["utf-8", "utf-16", "utf-8-sig", "cp1252", "utf-7"]), st.text(max_size=20)
)
def test_any_text(text: str, encoding: str, cookie: str) -> None:
    """Text in any encoding under any coding cookie is read or refused."""
    TARGETS["module"](f"# coding: {cookie}\n{text}".encode(encoding, "ignore"))


@BUDGET
@given(st.dictionaries(st.integers(0, len(HONEST_ZIP) - 1), st.integers(0, 255), max_size=6), st.integers(0, 40))
def test_any_damage_to_a_zip(changes: dict[int, int], cut: int) -> None:
    """An archive with any bytes changed and any end cut off is read or refused."""
    data = bytearray(HONEST_ZIP)
    for position, value in changes.items():
        data[position] = value

    TARGETS["archive"](bytes(data[: len(data) - cut]))


@BUDGET
@given(st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=20)), max_size=5))
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_any_names_in_a_zip(entries: list[tuple[str, bytes]]) -> None:
    """An archive of any names is read or refused, and what is read can be written."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mnist.py", "x = 1\n")
        for name, content in entries:
            try:
                archive.writestr(name, content)
            except (UnicodeEncodeError, IndexError):  # zipfile cannot write every name
                continue

    TARGETS["archive"](stream.getvalue())


@BUDGET
@given(_JSON)
def test_any_json_as_a_notebook(document: object) -> None:
    """Any JSON document, however near to a notebook, is read or refused."""
    TARGETS["notebook"](json.dumps({"cells": [document]}).encode())
    TARGETS["notebook"](json.dumps({"worksheets": [{"cells": [document]}]}).encode())
