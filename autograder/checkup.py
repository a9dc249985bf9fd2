"""The repository checks itself: each rule is a function from a lab to its problems, and each problem has a remedy."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from autograder.build import build
from autograder.errors import LabError
from autograder.labs import (
    lab_folder,
    lab_ids,
    lab_toml_path,
    load_lab,
    model_answers_path,
    public_tests_path,
    reference_path,
    specimens_path,
    stub_path,
    suite_path,
)
from autograder.model import Lab
from autograder.release import leaked_lines
from autograder.source import contracts, not_written

__all__ = ["Problem", "checkup"]

_FULL_MARKS = 20
_TEXT_FILES = {".py", ".md", ".ipynb", ".toml", ".txt"}
_NOT_FOR_SOLUTIONS = {"tests", "autograder", "pytest"}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in the course's files: where it is, what it is, what to do about it."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.remedy}"


def checkup(root: Path) -> list[Problem]:
    """Return what is wrong with the labs of a course, lab by lab; nothing when all is well."""
    ids = lab_ids(root)
    if not ids:
        return [Problem("assignments", "holds no lab", "write assignments/<lab>/lab.toml")]
    return [*_strays(root, ids), *(problem for lab_id in ids for problem in _check_lab(root, lab_id))]


def _check_lab(root: Path, lab_id: str) -> Iterator[Problem]:
    place = lab_toml_path(root, lab_id).relative_to(root).as_posix()
    try:
        lab = load_lab(root, lab_id)
    except LabError as error:
        yield Problem(place, str(error).removeprefix(f"{place}: "), "the other rules wait for this file")
        return
    for rule in _RULES:
        try:
            yield from rule(root, lab)
        except (LabError, OSError, UnicodeDecodeError, SyntaxError) as error:
            yield Problem(f"assignments/{lab_id}", str(error).replace(f"{root}/", ""), "correct that file")


def _strays(root: Path, ids: list[str]) -> Iterator[Problem]:
    for tree in ("assignments", "solutions", "tests/labs", "tests/submissions"):
        for path in sorted((root / tree).glob("*/")):
            if path.name not in ids and not path.name.startswith((".", "_")):
                yield Problem(f"{tree}/{path.name}", "belongs to no lab", "write its lab.toml, or remove the folder")


def _points(root: Path, lab: Lab) -> Iterator[Problem]:
    if lab.max_score != Fraction(_FULL_MARKS):
        place = lab_toml_path(root, lab.id).relative_to(root).as_posix()
        yield Problem(place, f"the points add up to {lab.max_score}", f"share out {_FULL_MARKS}")


def _generated(root: Path, lab: Lab) -> Iterator[Problem]:
    """Also covers markers, a function for each question and its section in both handouts: building needs them."""
    for path in build(root, [lab.id], check=True):
        yield Problem(path.relative_to(root).as_posix(), "is not what the sources give", "run autograder build")


def _stub(root: Path, lab: Lab) -> Iterator[Problem]:
    path = stub_path(root, lab.id)
    place = path.relative_to(root).as_posix()
    stub = contracts(path.read_text(encoding="utf-8"))
    reference = contracts(reference_path(root, lab.id).read_text(encoding="utf-8"))
    for question in lab.coded.values():
        if question.id not in stub:
            yield Problem(place, f"has no function {question.id}", "run autograder build")
            continue
        given, ours = stub[question.id], reference.get(question.id)
        if not given.docstring:
            yield Problem(place, f"{question.id} has no docstring", "write one in the reference, then build")
        if ours and (given.signature, given.docstring) != (ours.signature, ours.docstring):
            yield Problem(place, f"{question.id} differs from the reference in more than its body", "build again")
        if not any("raise NotImplementedError(" in line and not_written(question.id) in line for line in given.body):
            yield Problem(place, f"{question.id} does not raise NotImplementedError", "mark its body in the reference")


def _suite(root: Path, lab: Lab) -> Iterator[Problem]:
    folder = suite_path(root, lab.id)
    yield from _unchecked(folder.rglob("test_*.py"), "question", lab, folder.relative_to(root).as_posix())


def _public_checks(root: Path, lab: Lab) -> Iterator[Problem]:
    path = public_tests_path(root, lab.id)
    yield from _unchecked([path], "public_check", lab, path.relative_to(root).as_posix())


def _unchecked(files: Iterator[Path] | list[Path], decorator: str, lab: Lab, place: str) -> Iterator[Problem]:
    text = "\n".join(path.read_text(encoding="utf-8") for path in files if path.is_file())
    found = set(re.findall(rf"""@{decorator}\(\s*["'](\w+)["']""", text))
    # A mark may also be given to a case of a table, by a name that stands somewhere else in the file.
    named = set(re.findall(r"""["'](\w+)["']""", text)) if f"={decorator}(" in text else found
    known = set(lab.coded)
    for name in sorted(known - found - named):
        yield Problem(place, f"no check of {name}", f'write a test marked @{decorator}("{name}"...)')
    for name in sorted(found - known):
        yield Problem(place, f"checks {name}, which is no function of the lab", "correct the name, or lab.toml")


def _model_answers(root: Path, lab: Lab) -> Iterator[Problem]:
    if not lab.written:
        return
    path = model_answers_path(root, lab.id)
    place = path.relative_to(root).as_posix()
    if not path.is_file():
        yield Problem(place, "missing", "write a model answer and a rubric for each written question")
        return
    parts = _answer_parts(path.read_text(encoding="utf-8"))
    for question in lab.written.values():
        part = parts.get(question.id, "")
        if not part.strip():
            yield Problem(place, f"no model answer to {question.id}", f"write it under a heading ## {question.id}")
        elif not re.search(r"rubric|barème", part, re.IGNORECASE):
            yield Problem(place, f"no rubric for {question.id}", "say what earns the points, under the word Rubric")


def _answer_parts(text: str) -> dict[str, str]:
    parts = re.split(r"^##\s+(\w+).*$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _specimens(root: Path, lab: Lab) -> Iterator[Problem]:
    folder = specimens_path(root, lab.id)
    if not folder.is_dir() or not any(folder.iterdir()):
        place = folder.relative_to(root).as_posix()
        yield Problem(place, "no specimen submissions", "add right ones, wrong ones and hostile ones")


def _leaks(root: Path, lab: Lab) -> Iterator[Problem]:
    for path in sorted(lab_folder(root, lab.id).rglob("*")):
        if path.suffix not in _TEXT_FILES or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8").replace('\\"', '"')
        for line in leaked_lines(root, lab.id, text)[:1]:
            place = path.relative_to(root).as_posix()
            yield Problem(place, f"holds a line of the solution: {line}", "take it out, or reword it")


def _solution_imports(root: Path, lab: Lab) -> Iterator[Problem]:
    for path in sorted(reference_path(root, lab.id).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                if name.split(".")[0] in _NOT_FOR_SOLUTIONS:
                    place = f"{path.relative_to(root).as_posix()}, line {getattr(node, 'lineno', 0)}"
                    yield Problem(place, f"imports {name}", "a solution uses only what students have")


_RULES: tuple[Callable[[Path, Lab], Iterator[Problem]], ...] = (
    _points,
    _generated,
    _stub,
    _suite,
    _public_checks,
    _model_answers,
    _specimens,
    _leaks,
    _solution_imports,
)
