"""A course with one tiny lab in a temporary folder: the tool's tests need neither TensorFlow nor a real lab."""

from __future__ import annotations

from pathlib import Path

__all__ = ["FILES", "LAB_TOML", "REFERENCE", "make_course"]

LAB_TOML = """\
title = { en = "Toy", fr = "Jouet" }

[limits]
check_seconds = 5

[[questions]]
id = "double"
points = "21/2"
title = { en = "Double", fr = "Le double" }

[[questions]]
id = "average"
points = "9/2"
title = { en = "Average", fr = "La moyenne" }
needs = ["double"]

[[questions]]
id = "q1"
points = 5
written = true
title = { en = "Why", fr = "Pourquoi" }
"""

REFERENCE = '''\
"""A toy lab."""

from __future__ import annotations

import math

SCALE = 1.0  # given to students


def double(x: float) -> float:
    """Return twice x.

    Example:
        >>> double(2)
        4
    """
    # BEGIN SOLUTION
    return _times_two_of_the_secret(x)
    # END SOLUTION


# BEGIN SOLUTION
def _times_two_of_the_secret(x: float) -> float:
    return 2 * x


# END SOLUTION


# A worked example stands above the next function.
def average(values: list[float]) -> float:
    """Return the mean of some values, in the unit of the values."""
    # BEGIN SOLUTION
    total_of_all_the_values = math.fsum(values)
    return SCALE * total_of_all_the_values / len(values)
    # END SOLUTION
'''

ENGLISH = """\
# Toy

Welcome.

## Part one

### 1. `double`

Write $2x$.

```python
### not a heading: `average`
```

### 2. `average`

Mean of the values.

![A mean](figures/mean.svg)

## Written

### q1

Why is it so?
Say it in one line.

More on that.

## Marking

Out of 20.
"""

FRENCH = """\
# Jouet

Bienvenue.

## Partie un

### 1. `double`

Écrivez $2x$.

### 2. `average`

La moyenne des valeurs.

## Questions rédigées

### q1

Pourquoi donc ?

## Barème

Sur 20.
"""

PUBLIC_CHECKS = '''\
"""Public checks of the toy lab."""

from shared.assertions import expect_array, expect_equal
from shared.public import public_check
from shared.text import Text


@public_check("double", en="twice three", fr="le double de trois")
def test_double(student):
    expect_equal(student.double(3), 6, call="double(3)", what=Text("twice x", "le double de x"))


@public_check("double", en="twice zero", fr="le double de zéro")
def test_double_zero(student):
    expect_equal(student.double(0), 0, call="double(0)", what=Text("twice x", "le double de x"))


@public_check("average", en="mean of three", fr="moyenne de trois")
def test_average(student):
    expect_array(student.average([1.0, 2.0, 6.0]), 3.0, call="average([1.0, 2.0, 6.0])")
'''

SUITE = """\
@question("double")
def test_double(student): ...


@question("average")
def test_average(student): ...
"""

ANSWERS = "# Model answers\n\n## q1\n\nBecause.\n\n### Rubric\n\n5 for because.\n"

FILES = {
    "assignments/toy/lab.toml": LAB_TOML,
    "assignments/toy/README.md": ENGLISH,
    "assignments/toy/README.fr.md": FRENCH,
    "assignments/toy/figures/mean.svg": "<svg/>\n",
    "assignments/toy/test_public.py": PUBLIC_CHECKS,
    "solutions/toy/toy.py": REFERENCE,
    "solutions/toy/answers.md": ANSWERS,
    "tests/labs/toy/test_toy.py": SUITE,
    "tests/submissions/toy/right.py": "\n",
    "shared/__init__.py": '"""Shared."""\n',
    "requirements.lock": "# made by a tool\nkeras==3.0\nnumpy==2.0\nrich==14.0\npytest==9.0 ; python_version > '3'\n",
    "pyproject.toml": '[project]\nname = "toy"\nrequires-python = ">=3.11"\n',
}


def make_course(root: Path, **changes: str) -> Path:
    """Write the course to a folder.

    Args:
        root: An empty folder.
        **changes: Other contents by path, written with ``__`` for ``/`` and ``_DOT_`` for ``.``.

    Returns:
        The folder.
    """
    other = {name.replace("__", "/").replace("_DOT_", "."): text for name, text in changes.items()}
    for name, text in {**FILES, **other}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root
