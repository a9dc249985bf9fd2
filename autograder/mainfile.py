"""Which file of a folder or an archive is the lab's module, by its name alone, and which others go with it."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Callable, Sequence

from autograder import refusals
from autograder.answers import ANSWER_FILES
from autograder.names import name_key, printable

__all__ = ["candidates", "companion_path", "is_answer_file"]

_MAX_COMPONENT_BYTES = 200
_MAX_PATH_BYTES = 1000
# The student process has the real ones already and looks in the submission's folder last; these would only mislead.
_SHADOWS = frozenset(
    {"absl", "autograder", "h5py", "keras", "matplotlib", "numpy", "pandas", "pil", "pytest", "scipy", "shared"}
    | {"sitecustomize", "sklearn", "tensorflow", "tf_keras", "usercustomize"}
)
_IGNORED_FILES = frozenset(
    {"conftest.py", "lab.toml", "pyproject.toml", "pytest.ini", "setup.cfg", "setup.py", "tox.ini"}
)
# Pictures of the handout (.svg) come along when the whole lab folder is handed in.
_IGNORED_ENDINGS = (".ipynb", ".pth", ".pyc", ".svg", ".zip")
_UNFIT = re.compile(r"[\\:]")

_Choice = Callable[[str], bool]


def candidates(paths: Sequence[str], name: str, lab_id: str) -> tuple[str, ...]:
    """Return the file to grade, and a notebook that stands for it if it is an untouched stub.

    Args:
        paths: Relative POSIX paths of the regular files.
        name: The folder's or archive's name, for the messages.
        lab_id: The lab.

    Returns:
        A module, a notebook, or a module and a notebook, in order of preference.

    Raises:
        SubmissionError: None of the files can be the lab's module, or several can.
    """
    readable = [path for path in paths if _is_module(path) or _is_notebook(path)]
    wrapper = _wrapper(paths)
    for fits in (_named(lab_id), _like(lab_id), _any):
        for level in (0, 1):
            tier = [path for path in readable if _level(path, wrapper) == level and fits(_stem(path))]
            if tier:
                return _unambiguous(tier, name, lab_id)
    raise refusals.no_module(name, lab_id, [posixpath.basename(path) for path in paths])


def companion_path(path: str, main: str, lab_id: str) -> str | None:
    """Return where a file is put beside the module for grading, or None for a file that is left out.

    Args:
        path: Relative POSIX path of the file in what was handed in.
        main: Path of the file that is graded.
        lab_id: The lab; the module will be ``<lab>.py``.

    Returns:
        The path relative to the module's folder, in NFC; None for files outside that folder, for tests, settings,
        notebooks and answers, for modules that shadow a package in use, and for names that a system could refuse.
    """
    folder = posixpath.dirname(main)
    prefix = f"{folder}/" if folder else ""
    if path == main or not path.startswith(prefix):
        return None
    relative = unicodedata.normalize("NFC", path[len(prefix) :])
    if not _is_fit(relative) or _is_ignored(relative) or _is_shadow(relative, lab_id):
        return None
    return relative


def is_answer_file(path: str, main: str) -> bool:
    """Tell whether a file beside the module, or above it, holds written answers: ``answers.md``, ``réponses.txt``."""
    folder = posixpath.dirname(path)
    beside = not folder or f"{posixpath.dirname(main)}/".startswith(f"{folder}/")
    return beside and name_key(posixpath.basename(path)) in ANSWER_FILES


def _unambiguous(tier: list[str], name: str, lab_id: str) -> tuple[str, ...]:
    modules = [path for path in tier if _is_module(path)]
    notebooks = [path for path in tier if not _is_module(path)]
    if len(modules) > 1 or (not modules and len(notebooks) > 1):
        raise refusals.ambiguous(name, lab_id, tier)
    if modules and notebooks and not _named_alike(modules[0], notebooks, lab_id):
        raise refusals.ambiguous(name, lab_id, tier)
    return (*modules, *(notebooks if len(notebooks) == 1 else ()))


def _named_alike(module: str, notebooks: list[str], lab_id: str) -> bool:
    """True if a module and notebooks are versions of the same work, so that the module may stand for them all."""
    return _like(lab_id)(_stem(module)) or {_stem(path) for path in notebooks} == {_stem(module)}


def _wrapper(paths: Sequence[str]) -> str:
    """Return the folder in which everything is: archives often wrap their content in one, or in several."""
    return posixpath.commonpath([posixpath.dirname(path) for path in paths]) if paths else ""


def _level(path: str, wrapper: str) -> int:
    return path.count("/") - (wrapper.count("/") + 1 if wrapper else 0)


def _stem(path: str) -> str:
    return posixpath.splitext(posixpath.basename(path))[0]


def _is_module(path: str) -> bool:
    name = posixpath.basename(path).casefold()
    if not name.endswith(".py") or name in {"__init__.py", "conftest.py", "setup.py"}:
        return False
    return not name.startswith("test_") and not name.endswith("_test.py")


def _is_notebook(path: str) -> bool:
    return path.casefold().endswith(".ipynb")


def _named(lab_id: str) -> _Choice:
    return lambda stem: stem == lab_id


def _like(lab_id: str) -> _Choice:
    """Recognise ``MNIST``, ``mnist (1)``, ``mnist-2``, ``mnist_final``, ``tp3 mnist`` and their like."""
    pattern = re.compile(rf"(?:^|[\W_]){re.escape(lab_id)}(?:[\W\d_]|$)")
    return lambda stem: bool(pattern.search(name_key(stem)))


def _any(stem: str) -> bool:
    return bool(stem)


def _is_fit(relative: str) -> bool:
    """True for a path that every system we grade on can write."""
    if relative != printable(relative) or _UNFIT.search(relative) or len(relative.encode()) > _MAX_PATH_BYTES:
        return False
    parts = relative.split("/")
    return all(part not in ("", ".", "..") and len(part.encode()) <= _MAX_COMPONENT_BYTES for part in parts)


def _is_ignored(relative: str) -> bool:
    name = name_key(posixpath.basename(relative))
    if name in _IGNORED_FILES or name.endswith(_IGNORED_ENDINGS):
        return True
    bundled = name.startswith(("readme", "test_")) and name.endswith((".md", ".py"))
    return bundled or ("/" not in relative and name in ANSWER_FILES)


def _is_shadow(relative: str, lab_id: str) -> bool:
    """True for what an import could take for a package in use, or for the module itself."""
    parts = [name_key(part) for part in relative.split("/")]
    module = parts[0].split(".")[0]
    if len(parts) > 1:
        return module in _SHADOWS or (module == lab_id and parts[1].startswith("__init__."))
    return module in _SHADOWS | {lab_id} and parts[0].endswith((".py", ".so", ".pyd"))
