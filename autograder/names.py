"""Names of submissions: what a person typed becomes printable, unique data and, apart from that, safe file names."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

__all__ = ["file_names", "name_key", "printable", "unique_names"]

FILE_NAME_BYTES = 100
_HASH_DIGITS = 8
# What some file system forbids; the path separators are the ones that matter everywhere.
_UNFIT = re.compile(r'[<>:"/\\|?*]')
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789¹²³"}
)


def printable(name: str) -> str:
    r"""Return a name in NFC in which nothing can steer a terminal, a page or a JSON reader.

    Args:
        name: Any string, bytes that were not UTF-8 being surrogate escapes as ``os`` makes them.

    Returns:
        The name with control, format and surrogate characters written out, such as ``\x1b`` or ``\u202e``.
    """
    return "".join(_written_out(letter) for letter in unicodedata.normalize("NFC", name))


def name_key(name: str) -> str:
    """Return what two names share if some file system takes them for the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def unique_names(files: Sequence[tuple[str, str]]) -> list[str]:
    """Name submissions so that no two names differ by case or Unicode form only.

    Args:
        files: A pair for each submission: the wished name (without extension) and the whole file name.  Earlier pairs
            have the first claim, so a caller that sorts gets names that do not depend on the order of arguments.

    Returns:
        One name for each pair, in order: the wished name where it is the only one, else the whole file name where
        that is the only one, else the wished name with a number.
    """
    wished = [(printable(short).strip() or "submission", printable(whole)) for short, whole in files]
    shorts = Counter(name_key(short) for short, _ in wished)
    wholes = Counter(name_key(whole) for _, whole in wished)
    taken: set[str] = set()
    names: dict[int, str] = {}

    def take(index: int, name: str) -> None:
        names[index] = name
        taken.add(name_key(name))

    for index, (short, _) in enumerate(wished):
        if shorts[name_key(short)] == 1:
            take(index, short)
    for index, (_, whole) in enumerate(wished):
        if index not in names and wholes[name_key(whole)] == 1 and name_key(whole) not in taken:
            take(index, whole)
    for index, (short, _) in enumerate(wished):
        if index not in names:
            take(index, _numbered(short, taken))
    return [names[index] for index in range(len(wished))]


def file_names(names: Iterable[str]) -> dict[str, str]:
    """Give each name a stem under which files can be written on any system.

    Args:
        names: Names as data, each different from the others.

    Returns:
        A stem for each name: NFC, at most 100 bytes of UTF-8, no separator, control character, leading dot or dash
        and no name that Windows keeps for devices; unique even where case does not count, whatever the order.
    """
    ordered = sorted(set(names))
    stems = {name: _fit(name) for name in ordered}
    shared = Counter(name_key(stem) for stem in stems.values())
    kept = {name: stem for name, stem in stems.items() if shared[name_key(stem)] == 1}
    taken = {name_key(stem) for stem in kept.values()}
    for name in ordered:
        if name not in kept:
            kept[name] = _distinguished(name, stems[name], taken)
            taken.add(name_key(kept[name]))
    return {name: kept[name] for name in ordered}


def _written_out(letter: str) -> str:
    """Return a letter, or its escape where it is not something to look at; a line never breaks inside a name."""
    if letter.isprintable() or unicodedata.category(letter) == "Zs":
        return letter
    if "\udc80" <= letter <= "\udcff":  # one byte that was not UTF-8
        return f"\\x{ord(letter) & 0xFF:02x}"
    return letter.encode("unicode_escape").decode("ascii")


def _numbered(short: str, taken: set[str]) -> str:
    """Return the name itself, or with the first number that is free."""
    name, number = short, 1
    while name_key(name) in taken:
        number += 1
        name = f"{short}-{number}"
    return name


def _fit(name: str) -> str:
    """Return the nearest stem that every file system accepts."""
    stem = _cut(_UNFIT.sub("_", printable(name)), FILE_NAME_BYTES - 1)
    if stem.startswith((".", "-", " ")) or name_key(stem.split(".")[0].rstrip()) in _RESERVED:
        stem = f"_{stem}"
    return stem or "_"


def _cut(text: str, size: int) -> str:
    """Return the beginning of a text that fits in ``size`` bytes and ends in nothing that Windows drops."""
    return text.encode("utf-8", "replace")[:size].decode("utf-8", "ignore").rstrip(". ")


def _distinguished(name: str, stem: str, taken: set[str]) -> str:
    """Return the stem with a few digits of the whole name's hash, more of them if somebody planned a clash."""
    attempt = 0
    while True:
        seed = f"{attempt}:{name}".encode("utf-8", "surrogatepass")
        digits = hashlib.sha256(seed).hexdigest()[:_HASH_DIGITS]
        candidate = f"{_cut(stem, FILE_NAME_BYTES - _HASH_DIGITS - 1)}-{digits}"
        if name_key(candidate) not in taken:
            return candidate
        attempt += 1
