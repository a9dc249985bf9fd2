"""What the checks of this lab share: sizes, and HDF5 files with content of ours."""

from __future__ import annotations

import io
from collections.abc import Mapping

import h5py
import numpy as np

SHAPE = (64, 64, 3)
CLASSES = 6


def hdf5(content: Mapping[str, np.ndarray]) -> bytes:
    """Return the bytes of an HDF5 file with these data sets."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, array in content.items():
            file.create_dataset(name, data=array)
    return buffer.getvalue()
