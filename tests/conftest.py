"""Which tests stay together where several processes share the work, so that what is costly is made ready once."""

from __future__ import annotations

from pathlib import PurePath

import pytest

# Each lab of these is work of its own.
_BY_LAB = frozenset({"test_specimens.py", "test_notebooks.py"})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep a file's tests together, the files of a lab's suite, and a lab's specimens."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))


def _group(item: pytest.Item) -> str:
    file = PurePath(item.nodeid.partition("::")[0])
    if file.parts[:2] == ("tests", "labs"):
        return str(file.parent)
    callspec = getattr(item, "callspec", None)
    lab_id = callspec.params.get("lab_id", "") if callspec is not None and file.name in _BY_LAB else ""
    return f"{file} {lab_id}"
