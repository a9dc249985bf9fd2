"""The process in which a student's file is imported and checked at home: ``python -m shared.attempt LAB FILE TESTS``.

It writes one JSON document a line on standard output: what it does, then a verdict as each check starts and ends.
What the student's code prints goes nowhere, so it cannot get between.
"""

from __future__ import annotations

import ast
import json
import os
import re
import sys
import tempfile
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.offline import course_data, import_loaders
from shared.public import BrokenChecksError, Verdict, describe_error, run_public_checks
from shared.text import Text

__all__ = ["main", "notebook_source"]

_MAGIC = re.compile(r"^(\s*)([%!?].*)$")
_PYTHON_MAGICS = ("%%time", "%%timeit", "%%capture", "%%prun")


def main(argv: list[str]) -> int:
    """Import the file, run the checks, report on standard output; return 3 when our own side is broken."""
    lab, file, tests = argv[0], Path(argv[1]), Path(argv[2])
    send = _take_standard_output()
    with tempfile.TemporaryDirectory() as folder:
        module = types.ModuleType(lab)
        send({"event": "importing"})
        try:
            text = _read(file)
            if "load_data" in text:  # importing Keras takes seconds: not for a file that has no use for it
                import_loaders()
            with course_data():
                _run(module, text, file, Path(folder))
        # The wall around the student's import: whatever it raises is a result.
        except (Exception, SystemExit) as error:  # noqa: BLE001
            send({"event": "unreadable", "message": _explain_import(error, module).to_json()})
            return 0
        send({"event": "loaded"})
        try:
            with course_data():
                run_public_checks(tests, vars(module), lambda verdict: send(_event(verdict)))
        except BrokenChecksError as error:
            send({"event": "broken", "message": str(error)})
            return 3
    send({"event": "done"})
    return 0


def notebook_source(text: str) -> str:
    """Join the code cells of a notebook into a module, with IPython's magics commented out.

    Raises:
        ValueError: When the text is not a notebook.
    """
    try:
        cells = json.loads(text)["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (KeyError, TypeError) as error:
        raise ValueError("this is not a notebook of format 4") from error
    return "\n\n".join(map(_without_magics, sources)) + "\n"


def _read(file: Path) -> str:
    text = file.read_text(encoding="utf-8-sig")
    return notebook_source(text) if file.suffix == ".ipynb" else text


def _run(module: types.ModuleType, text: str, file: Path, folder: Path) -> None:
    source = file
    if file.suffix == ".ipynb":
        source = folder / f"{module.__name__}.py"
        source.write_text(text, encoding="utf-8")  # so that messages can quote the line
    module.__file__ = str(source)
    sys.modules[module.__name__] = module
    sys.path.insert(0, str(file.parent))
    exec(compile(text, str(source), "exec"), vars(module))  # noqa: S102 - the student's own file, at home


def _without_magics(source: str) -> str:
    try:
        ast.parse(source)
    except SyntaxError:
        first = source.lstrip().split("\n", 1)[0]
        if first.startswith("%%") and not first.startswith(_PYTHON_MAGICS):
            return "\n".join(f"# {line}" for line in source.splitlines())
        return "\n".join(_MAGIC.sub(r"\1pass  # \2", line) for line in source.splitlines())
    return source


def _explain_import(error: BaseException, module: types.ModuleType) -> Text:
    if isinstance(error, SyntaxError):
        code = (error.text or "").strip()
        words = f"{type(error).__name__}: {error.msg}"
        return Text(f"{words}\nline {error.lineno}: {code}", f"{words}\nligne {error.lineno} : {code}")
    return describe_error(error, vars(module))


def _take_standard_output() -> Callable[[dict[str, Any]], None]:
    channel = os.fdopen(os.dup(1), "w", encoding="ascii")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)

    def send(document: dict[str, Any]) -> None:
        channel.write(json.dumps(document) + "\n")
        channel.flush()

    return send


def _event(verdict: Verdict) -> dict[str, Any]:
    return {"event": "verdict", "verdict": verdict.to_json()}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
