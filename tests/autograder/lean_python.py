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
# Whatever is looked up in it is a class that can be made, called and inherited from, and that nothing is an instance of.
SHELL = """\
__version__ = "0"


class Kind(type):
    def __getattr__(cls, name):
        return look_up(name)


class Anything(metaclass=Kind):
    def __init__(self, *args, **kwargs): ...

    def __getattr__(self, name):
        return look_up(name)

    def __iter__(self):
        return iter(())


def look_up(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return Anything


__getattr__ = look_up
"""
# What the search for similar code asks of SciPy, roughly: it chooses the number of its tables with it.
QUAD = """\
def quad(function, low, high, steps=20):
    width = (high - low) / steps
    return sum(function(low + (n + 0.5) * width) for n in range(steps)) * width, 0.0
"""
OPERATIONS = ("concatenate_op", "dataset_ops", "flat_map_op", "from_tensors_op", "options", "range_op", "zip_op")
DATASETS = ("cifar10", "fashion_mnist", "mnist")
SHELLS = {
    **{f"tensorflow/{name}__init__.py": SHELL for name in ("", "python/", "python/data/", "python/data/ops/")},
    **{f"tensorflow/python/data/ops/{name}.py": SHELL for name in OPERATIONS},
    **{f"keras/{name}__init__.py": SHELL for name in ("", "datasets/")},
    **{f"keras/datasets/{name}.py": SHELL for name in DATASETS},
    **{f"sklearn/{name}.py": SHELL for name in ("__init__", "base", "model_selection", "pipeline")},
    "joblib.py": SHELL,
    "h5py.py": SHELL,
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
