"""What the checks of this lab share: HDF5 files with content of ours, and errors that a handout asks for."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

import h5py
import numpy as np

from autograder.process import Raised
from shared.assertions import fail
from shared.text import Text
from shared.values import describe

SHAPE = (64, 64, 3)
CLASSES = 6


def hdf5(content: Mapping[str, np.ndarray]) -> bytes:
    """Return the bytes of an HDF5 file with these data sets."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, array in content.items():
            file.create_dataset(name, data=array)
    return buffer.getvalue()


def raised_by(action: Callable[[], object], call: str, wanted: str) -> Raised:
    """Expect an action to raise an error, whichever; return it.

    Args:
        action: what is done with the student's code.
        call: the same as a student would write it.
        wanted: the kind of error that the handout asks for, for the message.
    """
    try:
        value = action()
    except Raised as error:
        return error
    fail(
        Text(f"called: {call}\ngot: ", f"appel : {call}\nobtenu : ")
        + describe(value)
        + Text(f"\nexpected: an error, {wanted}", f"\nattendu : une erreur, {wanted}")
    )
    raise AssertionError  # fail() always raises


def expect_error(action: Callable[[], object], kind: str, *, call: str, because: Text, hint: Text) -> None:
    """Expect an action to raise an error of this class, or of one derived from it."""
    error = raised_by(action, call, kind)
    if kind not in error.bases:
        fail(
            Text(
                f"called: {call}\ngot: {error.type_name}\nexpected: {kind}, because ",
                f"appel : {call}\nobtenu : {error.type_name}\nattendu : {kind}, car ",
            )
            + because,
            hint,
        )
