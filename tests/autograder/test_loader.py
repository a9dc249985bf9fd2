"""A module with broken lines is run as far as it goes, and what does not run is told with line and names."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder import loader
from autograder.loader import Loaded, load_module

NAME = "module_that_a_student_wrote"
Load = Callable[..., Loaded]


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Load]:
    """Load a module from its source."""

    def run(source: str, seconds: float = 60.0) -> Loaded:
        path = tmp_path / f"{NAME}.py"
        path.write_text(source, encoding="utf-8")
        return load_module(NAME, path, seconds)

    yield run
    sys.modules.pop(NAME, None)


def test_a_sound_module_is_like_an_imported_one(load: Load) -> None:
    """Name, file and contents are as after an import; the part for scripts does not run."""
    loaded = load(
        "import math\n\ndef area(r):\n    return math.pi * r * r\n\nif __name__ == '__main__':\n    exit(1)\n"
    )

    assert loaded.problems == ()
    assert not loaded.exited
    assert loaded.module.__name__ == NAME
    assert Path(str(loaded.module.__file__)).name == f"{NAME}.py"
    assert sys.modules[NAME] is loaded.module
    assert round(loaded.module.area(1), 2) == 3.14


def test_a_statement_that_raises_takes_no_other_with_it(load: Load) -> None:
    """The line, the exception and the names that are missing because of it are told."""
    loaded = load("import numpy as nmupy, no_such_module\n\nx = 1 / 0\n\ndef f():\n    return 2\n")

    first, second = loaded.problems
    assert (first.line, first.kind, first.type_name, first.names) == (
        1,
        "raised",
        "ModuleNotFoundError",
        ("no_such_module",),
    )
    assert (second.line, second.type_name, second.message, second.names) == (
        3,
        "ZeroDivisionError",
        "division by zero",
        ("x",),
    )
    assert loaded.module.f() == 2


def test_the_line_is_where_it_happened(load: Load) -> None:
    """A failure inside a called function is told at the innermost line of the module."""
    loaded = load("def f():\n    a = 1\n    return a / 0\n\nf()\n")

    assert [problem.line for problem in loaded.problems] == [3]


@pytest.mark.parametrize(
    ("broken", "line"),
    [
        ("def bad(:\n    return 1\n", 4),
        ("def bad()\n    return 1\n", 4),
        ("def bad():\n    return (1\n", 5),
        ("def bad():\nreturn 1\n", 4),
        ("def bad():\n    if True:\n\treturn 1\n", 6),
        ("def bad():\n        x = 1\n    return x\n", 6),
        ("def bad():\n    s = 'never ends\n    return s\n", 5),
        ('def bad():\n    """Never ends.\n    return 1\n', 5),
        ("def bad():\n    return ¼\n", 5),
        ("@staticmethod\n@staticmethod\ndef bad(:\n    pass\n", 6),
        ("class bad(:\n    pass\n", 4),
    ],
    ids=range(11),
)
def test_a_syntax_error_costs_one_function(load: Load, broken: str, line: int) -> None:
    """The functions before and after can be called; the broken one is named with its line."""
    loaded = load(
        f"def before():\n    return 'before'\n\n{broken}\n\ndef after():\n    '''Doc.'''\n    return 'after'\n"
    )

    assert loaded.module.before() == "before"
    assert loaded.module.after() == "after"
    problems = [problem for problem in loaded.problems if "bad" in problem.names]
    assert [problem.kind for problem in problems] == ["syntax"]
    assert problems[0].line == line
    assert issubclass(getattr(__import__("builtins"), problems[0].type_name), SyntaxError)


def test_a_function_that_only_the_compiler_refuses_costs_itself(load: Load) -> None:
    """What parses and does not compile is a syntax error too."""
    loaded = load("def bad():\n    nonlocal x\n\ndef good():\n    return 1\n")

    assert [(p.line, p.kind, p.names) for p in loaded.problems] == [(2, "syntax", ("bad",))]
    assert loaded.module.good() == 1


def test_texts_over_many_lines_are_kept_whole(load: Load) -> None:
    """Words in the first columns of a long text are no statements, even where another line is broken."""
    text = "\n".join(f"def line_{number} of a text" for number in range(60))

    loaded = load(
        f'"""{text}\n"""\n\ndef bad(:\n    pass\n\nTEXT = """\nimport nothing\n"""\n\ndef good():\n    return TEXT\n'
    )

    assert [problem.names for problem in loaded.problems] == [("bad",)]
    assert loaded.module.good() == "\nimport nothing\n"


def test_brackets_over_many_lines_are_kept_whole(load: Load) -> None:
    """A list whose items begin in the first column is one statement."""
    loaded = load("bad = = 1\nITEMS = [\n1,\n2,\n]\nif ITEMS:\n    x = 1\nelse:\n    x = 2\n")

    assert [problem.line for problem in loaded.problems] == [1]
    assert loaded.module.ITEMS == [1, 2]
    assert loaded.module.x == 1


def test_decorators_stay_with_their_functions(load: Load) -> None:
    """A decorator above a function holds where another function is broken."""
    loaded = load(
        "def twice(f):\n    return lambda: 2 * f()\n\ndef bad(:\n    pass\n\n@twice\n@twice\ndef good():\n    return 1\n"
    )

    assert loaded.module.good() == 4


def test_future_imports_reach_the_statements_after_them(load: Load) -> None:
    """Annotations that name unknown classes are not evaluated."""
    loaded = load("from __future__ import annotations\n\ndef f(x: Unknown) -> Unknown:\n    return x\n")

    assert loaded.problems == ()
    assert loaded.module.f.__annotations__ == {"x": "Unknown", "return": "Unknown"}


@pytest.mark.parametrize("call", ["exit()", "import sys; sys.exit(3)", "raise SystemExit", "quit(0)"])
def test_a_module_that_exits_ends_there(load: Load, call: str) -> None:
    """What stands before is defined, what stands after is not, and the line is told."""
    loaded = load(f"def before():\n    return 1\n\n{call}\n\ndef after():\n    return 2\n")

    assert loaded.exited
    assert loaded.module.before() == 1
    assert not hasattr(loaded.module, "after")
    assert [(p.line, p.kind, p.type_name) for p in loaded.problems] == [(4, "exit", "SystemExit")]


def test_a_package_that_is_not_there_takes_no_other_import_with_it(load: Load) -> None:
    """Each name of an import statement is imported by itself."""
    loaded = load("import math, no_such_module, json as j\n\ndef f():\n    return j.dumps(math.floor(2.5))\n")

    assert [(p.line, p.type_name, p.names) for p in loaded.problems] == [
        (1, "ModuleNotFoundError", ("no_such_module",))
    ]
    assert loaded.module.f() == "2"


@pytest.mark.parametrize(
    "endless",
    ["while True:\n    pass", "while True:\n    try:\n        time.sleep(60)\n    except Exception:\n        pass"],
)
def test_a_statement_that_does_not_end_is_broken_off(load: Load, endless: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands after it is defined, a second one costs little, and the lines are told."""
    monkeypatch.setattr(loader, "_SECONDS_AFTER", 0.2)
    loaded = load(f"import time\n{endless}\ndef f():\n    return 2\n{endless}\ndef g():\n    return 3\n", 0.3)

    assert [p.type_name for p in loaded.problems] == ["TookTooLong"] * 2
    assert "took too long" in loaded.problems[0].message
    assert (loaded.module.f(), loaded.module.g()) == (2, 3)
    time.sleep(0.3)  # No alarm is left.


@pytest.mark.parametrize("source", ["", "\n\n", "# only a comment\n", '"""Only a text."""\n', "    \n"])
def test_a_module_without_statements_is_empty(load: Load, source: str) -> None:
    """Nothing in it is no problem."""
    assert load(source).problems == ()


@pytest.mark.parametrize("source", ["(" * 100_000, "x = " + "-" * 200_000 + "1", "x = 1\0\n", "[" * 250 + "]" * 250])
def test_what_the_parser_cannot_take_is_a_problem(load: Load, source: str) -> None:
    """Nesting without end and NUL bytes are told, not raised."""
    loaded = load(source + "\n")

    assert [problem.kind for problem in loaded.problems] == ["syntax"]


def test_an_exception_that_cannot_be_told_is_told_without_words(load: Load) -> None:
    """A student's exception class may fail when it is asked for its text."""
    loaded = load("class Sly(Exception):\n    def __str__(self):\n        raise ValueError\n\nraise Sly\n")

    assert [(p.type_name, p.message) for p in loaded.problems] == [("Sly", "")]
