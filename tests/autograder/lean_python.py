"""A Python in which TensorFlow and all that is large beside it are empty shells, so that a zygote starts in a second.

Everything else is the environment's own: what is graded with it are labs of plain functions, by the real command, with
real workers, zygotes and confined processes.
"""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

__all__ = ["make_lean_python"]

ROOT = Path(__file__).resolve().parents[2]
KERAS = """\
import types

__version__ = "0"


class Model: ...


class Variable: ...


callbacks = types.SimpleNamespace(History=type("History", (), {}))
utils = types.SimpleNamespace(set_random_seed=lambda number: None)
"""
TENSORFLOW = """\
__version__ = "0"


class Tensor: ...


class Variable: ...
"""
# What the search for similar code asks of SciPy, roughly: it chooses the number of its tables with it.
QUAD = """\
def quad(function, low, high, steps=20):
    width = (high - low) / steps
    return sum(function(low + (n + 0.5) * width) for n in range(steps)) * width, 0.0
"""
DATASETS = """\
class DatasetV2:
    def __iter__(self): ...
"""
OPTIONS = """\
import types


class Options:
    autotune = types.SimpleNamespace()
"""
SHELLS = {
    "tensorflow/__init__.py": TENSORFLOW,
    "tensorflow/python/__init__.py": "",
    "tensorflow/python/data/__init__.py": "",
    "tensorflow/python/data/ops/__init__.py": "",
    **{
        f"tensorflow/python/data/ops/{name}_op.py": ""
        for name in ("concatenate", "flat_map", "from_tensors", "range", "zip")
    },
    "tensorflow/python/data/ops/dataset_ops.py": DATASETS,
    "tensorflow/python/data/ops/options.py": OPTIONS,
    "keras/__init__.py": KERAS,
    "keras/datasets/__init__.py": "",
    **{f"keras/datasets/{name}.py": "def load_data(): ...\n" for name in ("mnist", "fashion_mnist", "cifar10")},
    "sklearn/__init__.py": "",
    **{f"sklearn/{name}.py": "" for name in ("base", "model_selection", "pipeline")},
    "joblib.py": "def parallel_config(backend): ...\n",
    "h5py.py": '__version__ = "0"\n',
    "scipy/__init__.py": "",
    "scipy/integrate.py": QUAD,
}


def make_lean_python(folder: Path) -> Path:
    """Write the environment to a folder that every user can reach, and return its interpreter."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = folder / "lib" / version / "site-packages"
    for name, source in SHELLS.items():
        path = packages / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    # What stands in a .pth file comes after the folder that the file is in: the shells are found first.
    (packages / "rest.pth").write_text(f"{sysconfig.get_path('purelib')}\n{ROOT}\n", encoding="utf-8")
    interpreter = Path(sys.executable).resolve()
    (folder / "pyvenv.cfg").write_text(f"home = {interpreter.parent}\n", encoding="utf-8")
    (folder / "bin").mkdir()
    (folder / "bin/python").symlink_to(interpreter)
    return folder / "bin/python"
