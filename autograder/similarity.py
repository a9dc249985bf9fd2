"""Finds submissions whose code is nearly the same, for a person to look at; it never changes a mark.

Code is compared as sets of short runs of words, comments, layout and the students' own names left out.  MinHash and its
index, by which such sets are found without comparing every pair, are those of the library `datasketch`.
"""

from __future__ import annotations

import ast
import io
import keyword
import tokenize
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

from autograder.gradebook import natural_order

__all__ = ["Group", "near_identical"]

# Of the runs of words in two modules, the share that both have.  Right answers of different hands have at most a third.
_THRESHOLD = 0.8
_RUN = 5
_HASHES = 128
_FEWEST = 60
_MOST_LETTERS = 60_000


@dataclass(frozen=True, slots=True)
class Group:
    """Submissions with nearly the same code, in natural order, and how much the least alike have in common, in [0, 1]."""

    submissions: tuple[str, ...]
    likeness: float


def near_identical(modules: Mapping[str, str], stub: str = "") -> tuple[Group, ...]:
    """Group submissions by nearly identical code; the time this takes grows with the number of submissions, not of pairs.

    Args:
        modules: The code by submission; code too short to tell anything is left out.
        stub: What all were given; runs of words that are in it do not count.

    Returns:
        The groups of at least two, in the natural order of their first members.
    """
    from datasketch import MinHash, MinHashLSH  # noqa: PLC0415 - it loads SciPy, for a class only

    given = _runs(stub)
    runs = {name: _runs(modules[name]) - given for name in sorted(modules, key=natural_order)}
    index = MinHashLSH(threshold=_THRESHOLD - 0.1, num_perm=_HASHES)
    members: dict[str, list[str]] = {}
    least: dict[str, float] = {}
    for name, own in runs.items():
        if len(own) < _FEWEST:
            continue
        sketch = MinHash(num_perm=_HASHES, seed=1)
        sketch.update_batch([run.encode("utf-8", "surrogatepass") for run in sorted(own)])
        alike = {first: _likeness(own, runs[first]) for first in index.query(sketch)}
        first = max(sorted(alike, key=natural_order), key=lambda candidate: alike[candidate], default=None)
        if first is not None and alike[first] >= _THRESHOLD:
            members[first].append(name)
            least[first] = min(least.get(first, 1.0), alike[first])
        else:
            index.insert(name, sketch)
            members[name] = [name]
    return tuple(Group(tuple(names), least[first]) for first, names in members.items() if len(names) > 1)


def _likeness(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other)


def _runs(code: str) -> set[str]:
    words = _words(code[:_MOST_LETTERS])
    return {" ".join(words[start : start + _RUN]) for start in range(max(0, len(words) - _RUN + 1))}


def _words(code: str) -> list[str]:
    """Return the code's words; names that the student chose are all one word, so that renaming hides nothing."""
    own = _own_names(code)
    words = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.NAME and not keyword.iskeyword(token.string) and token.string in own:
                words.append("·")
            elif token.type in (tokenize.NAME, tokenize.NUMBER, tokenize.OP):
                words.append(token.string)
            elif token.type == tokenize.STRING and not _is_docstring(token):
                words.append(token.string.strip("rbfuRBFU\"'")[:40])
    except (tokenize.TokenError, SyntaxError, ValueError):
        pass  # Code with an error is compared up to the error.
    return words


def _own_names(code: str) -> set[str]:
    """Return the names that the code itself gives to variables, arguments and classes."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of their escapes and comparisons
            tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return names | {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef)}


def _is_docstring(token: tokenize.TokenInfo) -> bool:
    return token.string.endswith(('"""', "'''")) or token.line.strip() == token.string
