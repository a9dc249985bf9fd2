"""Hands a specimen's module in as students do: a file in some encoding, a notebook, a folder, an archive."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from autograder.archives import zip_bytes
from autograder.source import cut_cells

__all__ = ["Package", "pack_folder", "pack_module", "pack_zip"]


@dataclass(frozen=True, slots=True)
class Package:
    """What lies on the disk: one file, whose path is its extension alone, or a folder's files by relative path."""

    files: Mapping[str, bytes]
    is_folder: bool = False


def pack_module(form: str, text: str, lab_id: str, files: Mapping[str, str], questions: Collection[str]) -> Package:
    """Make the package of a module.

    Args:
        form: One of ``recipes.FORMS``.
        text: The module.
        lab_id: The lab, after which a module in a folder is named.
        files: Companion files by relative path.
        questions: The coded questions; each is a cell of a notebook.
    """
    beside = {path: content.encode() for path, content in files.items()}
    module = {f"{lab_id}.py": text.encode()}
    if form == "folder":
        return pack_folder({**module, **beside})
    if form == "files":
        return pack_folder(beside)
    if form == "zip":
        return pack_zip({**module, **beside}, lab_id)
    if form == "zips":
        inner = pack_zip(module, lab_id).files[".zip"]
        return pack_zip({f"{lab_id}_1.zip": inner, f"{lab_id}_2.zip": inner}, lab_id)
    if form == "notebook":
        return Package({".ipynb": _notebook(text, questions).encode()})
    if form == "text":
        return Package({".txt": text.encode()})
    return Package({".py": _encoded(form, text)})


def pack_folder(files: Mapping[str, bytes]) -> Package:
    """Make a folder of files."""
    return Package(dict(files), is_folder=True)


def pack_zip(files: Mapping[str, bytes], folder: str) -> Package:
    """Make an archive that holds a folder of files, the same to the byte each time."""
    return Package({".zip": zip_bytes({f"{folder}/{path}": content for path, content in files.items()})})


def _encoded(form: str, text: str) -> bytes:
    if form == "empty":
        return b""
    if form == "bom":
        return text.encode("utf-8-sig")
    if form == "crlf":
        return text.replace("\n", "\r\n").encode()
    if form == "cp1252":
        return text.encode("cp1252", "replace")
    return text.encode()


def _notebook(text: str, questions: Collection[str]) -> str:
    """Make a notebook with a cell for each question, and first one for the rest."""
    rest, cells = cut_cells(text, questions)
    fixed: dict[str, Any] = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    code = [fixed | {"id": f"cell-{index}", "source": source} for index, source in enumerate((rest, *cells.values()))]
    return json.dumps({"cells": code, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"
