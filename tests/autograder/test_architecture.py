"""docs/architecture.md is true: its map holds every module, and imports point the way it says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "autograder"
FILES = {
    **{path.stem: [path] for path in PACKAGE.glob("*.py") if path.stem != "__init__"},
    "exporters": sorted((PACKAGE / "exporters").glob("*.py")),
}
MODULES = sorted(FILES)
ROW = re.compile(r"^\|[^|]*\| (`\w+`(?:, `\w+`)*) \|", re.MULTILINE)


def mapped() -> list[list[str]]:
    """Return the modules of each row of the map, from top to bottom."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    section = text.partition("\n## Modules\n")[2].partition("\n## ")[0]
    return [re.findall(r"\w+", row) for row in ROW.findall(section)]


def imported(path: Path) -> set[str]:
    """Return the modules of `autograder` that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "autograder":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("autograder."):
            found.add((node.module or "").split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("autograder.")}
    return found


def test_the_map_holds_every_module_once() -> None:
    """A new module gets its line, a removed one loses it."""
    assert sorted(module for row in mapped() for module in row) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_up_the_map(module: str) -> None:
    """A module imports from rows above its own and, within its row, from modules before it."""
    order = [name for row in mapped() for name in row]

    above = set(order[: order.index(module)]) if module in order else set()

    assert {name for path in FILES[module] for name in imported(path)} - {"exporters"} <= above


def test_shared_knows_nothing_of_the_grader() -> None:
    """Students have `shared` without `autograder`."""
    assert {path.name: imported(path) for path in (ROOT / "shared").rglob("*.py") if imported(path)} == {}
