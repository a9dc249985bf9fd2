"""Says how this machine differs from the course's: a surprise is often a version, not a mistake."""

from __future__ import annotations

import platform
import tomllib
from importlib import metadata
from pathlib import Path

# pytest depends on packaging, so it is there wherever the public checks run.
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet

from shared.text import Text

__all__ = ["differences"]

_COMPARED = ("tensorflow", "tensorflow-cpu", "keras", "numpy")


def differences(folders: list[Path]) -> list[Text]:
    """Compare Python and the main packages with those the course is pinned to.

    Args:
        folders: Where to look for ``requirements.txt`` or ``requirements.lock``, and for ``pyproject.toml``.

    Returns:
        A sentence for each difference; none when all is as pinned, or when no pins are found.
    """
    pins = next((path for folder in folders for path in _pin_files(folder) if path.is_file()), None)
    project = next((path for folder in folders if (path := folder / "pyproject.toml").is_file()), None)
    found = _python_difference(project) if project else []
    return found + (_package_differences(pins) if pins else [])


def _pin_files(folder: Path) -> tuple[Path, Path]:
    return folder / "requirements.txt", folder / "requirements.lock"


def _python_difference(project: Path) -> list[Text]:
    wanted = tomllib.loads(project.read_text(encoding="utf-8")).get("project", {}).get("requires-python", "")
    here = platform.python_version()
    if SpecifierSet(wanted).contains(here, prereleases=True):
        return []
    return [
        Text(f"Python {here} runs here; the course needs {wanted}.", f"Python {here} ici ; le cours demande {wanted}.")
    ]


def _package_differences(pins: Path) -> list[Text]:
    texts = []
    for line in pins.read_text(encoding="utf-8").splitlines():
        pin = _read_pin(line)
        if pin is None or pin.name not in _COMPARED or (pin.marker and not pin.marker.evaluate()):
            continue
        wanted = str(pin.specifier).removeprefix("==")
        here = _installed(pin.name)
        if here is None:
            texts.append(
                Text(
                    f"{pin.name} is not installed; the course uses {wanted}.",
                    f"{pin.name} n'est pas installé ; le cours utilise la version {wanted}.",
                )
            )
        elif not pin.specifier.contains(here, prereleases=True):
            texts.append(
                Text(
                    f"{pin.name} {here} is installed; the course uses {wanted}.",
                    f"{pin.name} {here} est installé ; le cours utilise la version {wanted}.",
                )
            )
    return texts


def _read_pin(line: str) -> Requirement | None:
    try:
        return Requirement(line.partition("#")[0].strip())
    except InvalidRequirement:
        return None  # a comment, an option or a continued line: not a pin


def _installed(name: str) -> str | None:
    # The plain and the processor-only TensorFlow are one library under two names.
    for candidate in ("tensorflow", "tensorflow-cpu") if name.startswith("tensorflow") else (name,):
        try:
            return metadata.version(candidate)
        except metadata.PackageNotFoundError:
            continue
    return None
