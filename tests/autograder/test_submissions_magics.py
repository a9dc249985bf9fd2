"""IPython's syntax in a cell becomes harmless; Python's own stays as it is."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.magics import plain_python


@pytest.mark.parametrize(
    ("cell", "plain"),
    [
        ("%matplotlib inline", "# %matplotlib inline"),
        ("!ls -l", "# !ls -l"),
        ("?len", "# ?len"),
        ("model.fit?", "# model.fit?"),
        ("model??  ", "# model??  "),
        ("if x:\n    !ls", "if x:\n    pass  # !ls"),
        ("files = !ls", "files = None  # files = !ls"),
        ("  t = %timeit -o f()", "  t = None  # t = %timeit -o f()"),
        ("%time model = fit(x)", "model = fit(x)"),
        ("%time model = fit(x,\n  y)\n%pwd", "model = fit(x,\n  y)\n# %pwd"),
        ("score = %time f(x)", "score = f(x)"),
        ("%time", "# %time"),
        ("%time -n f()", "# %time -n f()"),
        ("%timeit f()", "# %timeit f()"),
        ("!pip install \\\n  x \\\n  y\nz = 1", "# !pip install \\\n#   x \\\n#   y\nz = 1"),
        ("%%time\nx = 1", "# %%time\nx = 1"),
        ("\n%%capture out\n%%time\nx = 1\n!ls", "\n# %%capture out\n# %%time\nx = 1\n# !ls"),
        ("%%timeit -n 3\nf()", "# %%timeit -n 3\nf()"),
        ("%%bash\nls\n\nrm x", "# %%bash\n# ls\n\n# rm x"),
        ("%%writefile mnist.py\ndef f():\n    pass", "# %%writefile mnist.py\n# def f():\n#     pass"),
        ("%%html\n<b>", "# %%html\n# <b>"),
        ("x = '''a'''\n%pwd", "x = '''a'''\n# %pwd"),
        ("# it's\n%pwd", "# it's\n# %pwd"),
        ("x = 'it\\'s'\n%pwd", "x = 'it\\'s'\n# %pwd"),
        ("x = 'open\n%pwd", "x = 'open\n# %pwd"),
        ("x = f(1)) \n%pwd", "x = f(1)) \n# %pwd"),
    ],
)
def test_ipython_syntax_is_made_harmless(cell: str, plain: str) -> None:
    """Magics, shell commands and help become comments on their own lines; timed code is kept."""
    assert plain_python(cell) == plain


@pytest.mark.parametrize(
    ("head", "kept"),
    [
        ("%%writefile mnist.py", True),
        ("%%writefile -a ./mnist.py", True),
        ('%%file "mnist.py"', True),
        ("%%writefile old_mnist.py", False),
        ("%%writefile mnist.txt", False),
        ("%%bash mnist.py", False),
    ],
)
def test_what_is_written_into_the_module_is_code(head: str, kept: bool) -> None:
    """A notebook may write its module and import it; other files are no code of it."""
    assert plain_python(f"{head}\nx = 1", "mnist") == f"# {head}\n{'' if kept else '# '}x = 1"


@pytest.mark.parametrize(
    "cell",
    [
        "x = (a\n     % b)",
        "x = a \\\n  % b",
        "x = '''\n%matplotlib\n!ls\nq?\n'''",
        'x = """a\\"""\n%pwd\n"""',
        "x = 'a\\\n%b'",
        "x = [  # ]\n%b,\n]",
        "print('%s' % x)",
        "x %= 3",
        "x = a != b",
        "def f():\n    '''Doc.\n\n    %time x = f(x)\n    '''",
        "print('x?')",
        "x = '%time f(x)'  # why?",
        "get_ipython().run_line_magic('matplotlib', 'inline')",
    ],
)
def test_python_stays(cell: str) -> None:
    """Inside strings, brackets and continued lines, and as operators, the same letters are Python."""
    assert plain_python(cell) == cell


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.text(alphabet="%!?'\"\\#()[]{} \nax=", max_size=60))
def test_the_number_of_lines_never_changes(cell: str) -> None:
    """Whatever the cell, each line stays in its place."""
    assert plain_python(cell).count("\n") == cell.count("\n")


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.text(alphabet="%'\"\\#()[]{} \nax=", max_size=40))
def test_valid_python_is_never_touched(cell: str) -> None:
    """A cell that Python itself can read is returned as it is."""
    try:
        ast.parse(cell)
    except (SyntaxError, ValueError):
        return

    assert plain_python(cell) == cell


@pytest.mark.parametrize("unit", ["(", "'", '"""', "\\a", "a? ", "#", "x = ", " ", "{'a", "\\"])
def test_time_is_linear_in_the_length(unit: str) -> None:
    """A megabyte of any one thing on a line is read at once."""
    plain_python(unit * (2**19 // len(unit)))
