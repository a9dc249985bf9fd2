"""Knows a lab's specimen submissions: right, wrong, hostile and careless ones, and the class that the demo grades."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from autograder.errors import LabError
from autograder.labs import load_lab, reference_path, specimens_path, stub_path
from autograder.model import Lab
from autograder.packing import Package, pack_folder, pack_module, pack_zip
from autograder.recipes import Bases, Kind, Recipe, cook, read_recipes, read_table
from autograder.source import make_filled
from shared.text import Text

__all__ = ["Specimen", "combine_wrong", "demo_class", "load_specimens", "write_specimen"]

_RECIPE_FILES = ("legitimate", "wrong", "hostile", "careless")
_DEMO_KEYS = {"specimens", "form", "answers"}
_DEMO_FORMS = ("folder", "zip")


@dataclass(frozen=True, slots=True)
class Specimen:
    """A submission of which we know what must come of it.

    ``loses`` are the coded questions that must earn less than their points; every other one earns them all.
    ``rejected`` means that nothing of it can be graded.  ``file_name`` is the name it is handed in under; ``parts`` are
    the specimens whose mistakes it combines.
    """

    name: str
    kind: Kind
    package: Package = field(repr=False)
    loses: tuple[str, ...] = ()
    mistake: Text | None = None
    rejected: bool = False
    file_name: str | None = None
    parts: tuple[str, ...] = ()


def load_specimens(root: Path, lab_id: str) -> tuple[Specimen, ...]:
    """Read and make the specimens of a lab, in the order of their files.

    Args:
        root: The course's folder.
        lab_id: The lab.

    Raises:
        LabError: An entry is wrong; the text names the file, the entry and the remedy.
    """
    return tuple(_Collection(root, lab_id).specimens.values())


def write_specimen(specimen: Specimen, folder: Path) -> Path:
    """Write a specimen as a student hands it in.

    Args:
        specimen: What ``load_specimens`` returned.
        folder: An existing folder.

    Returns:
        The path of the file or folder that was made in it.
    """
    return _write(specimen.package, folder, specimen.file_name or specimen.name)


def combine_wrong(root: Path, lab_id: str) -> tuple[Specimen, ...]:
    """Put the wrong specimens together, at most one a question, into as few submissions as that takes.

    Grading these costs a fraction of grading each by itself, and says as much: every question that a mistake names must
    lose points, and no other one.
    """
    collection = _Collection(root, lab_id)
    groups: list[list[Specimen]] = []
    for specimen in collection.specimens.values():
        if specimen.kind == "wrong":
            group = next(
                (group for group in groups if all(collection.go_together(specimen, one) for one in group)), None
            )
            if group is None:
                groups.append([specimen])
            else:
                group.append(specimen)
    return tuple(collection.combined(group, number) for number, group in enumerate(groups, start=1))


def demo_class(root: Path, lab_id: str, folder: Path) -> None:
    """Write the class that ``demo.toml`` lists, one submission a student.

    Args:
        root: The course's folder.
        lab_id: The lab.
        folder: An existing, empty folder.

    Raises:
        LabError: An entry is wrong; the text names the student and the remedy.
    """
    collection = _Collection(root, lab_id)
    place = f"tests/submissions/{lab_id}/demo.toml"
    students = read_table(specimens_path(root, lab_id) / "demo.toml", place).get("demo")
    if not isinstance(students, dict) or not students:
        raise LabError(f'{place}: no students; write [demo] and lines such as "amel.benali" = "functional-api"')
    for student, entry in students.items():
        _write(collection.handed_in(entry, f"{place}: {student}"), folder, student)


class _Collection:
    """The specimens of one lab by name, with the recipes they were made by."""

    def __init__(self, root: Path, lab_id: str) -> None:
        self._root = root
        self._lab = load_lab(root, lab_id)
        self._questions = list(self._lab.coded)
        self._recipes: dict[str, Recipe] = {}
        self.specimens: dict[str, Specimen] = {}
        for specimen in (*_right_ones(root, self._lab), *self._made()):
            if specimen.name in self.specimens:
                raise LabError(f"tests/submissions/{lab_id}: two specimens are called {specimen.name}; rename one")
            self.specimens[specimen.name] = specimen

    def _made(self) -> Iterator[Specimen]:
        bases = _bases(self._root, self._lab.id)
        for kind in _RECIPE_FILES:
            path = specimens_path(self._root, self._lab.id) / f"{kind}.toml"
            for recipe in read_recipes(path, f"tests/submissions/{self._lab.id}/{kind}.toml", self._questions):
                self._recipes[recipe.name] = recipe
                package = self._pack(recipe, cook([recipe], bases))
                name, loses, mistake = recipe.name, recipe.loses, recipe.mistake
                yield Specimen(name, recipe.kind, package, loses, mistake, recipe.rejected, recipe.file_name)

    def go_together(self, one: Specimen, other: Specimen) -> bool:
        """Tell whether two wrong specimens can be put into one submission, and both still show."""
        kept = [{*specimen.loses, *self._recipes[specimen.name].apart} for specimen in (one, other)]
        return kept[0].isdisjoint(other.loses) and kept[1].isdisjoint(one.loses)

    def _pack(self, recipe: Recipe, text: str) -> Package:
        return pack_module(recipe.form, text, self._lab.id, recipe.files, self._questions)

    def handed_in(self, entry: Any, place: str) -> Package:  # noqa: ANN401 - a value of a TOML file
        """Make what one student of the demo hands in."""
        table = entry if isinstance(entry, dict) else {"specimens": entry}
        for key in sorted(set(table) - _DEMO_KEYS):
            raise LabError(f"{place}: unknown key {key}; the keys are {', '.join(sorted(_DEMO_KEYS))}")
        names = table.get("specimens")
        names = [names] if isinstance(names, str) else names
        if not isinstance(names, list) or not names:
            raise LabError(f"{place}: no specimen; name one, or a list of wrong ones")
        for name in names:
            if name not in self.specimens:
                raise LabError(f"{place}: there is no specimen {name!r} in tests/submissions/{self._lab.id}")
        package = self._several(names, place) if len(names) > 1 else self.specimens[names[0]].package
        return self._wrapped(package, table, place)

    def combined(self, group: list[Specimen], number: int) -> Specimen:
        """Make one submission with the mistakes of several."""
        names = [specimen.name for specimen in group]
        package = self._several(names, f"tests/submissions/{self._lab.id}") if len(group) > 1 else group[0].package
        loses = tuple(question for specimen in group for question in specimen.loses)
        mistakes = Text.same(", ".join(names))
        return Specimen(f"several-{number}", "wrong", package, loses, mistakes, parts=tuple(names))

    def _several(self, names: list[str], place: str) -> Package:
        """Combine specimens with one mistake each into one with all of them."""
        for name in names:
            if self.specimens[name].kind != "wrong":
                raise LabError(f"{place}: {name} is not a wrong specimen; only those can be combined")
        recipes = [self._recipes[name] for name in names]
        return self._pack(recipes[0], cook(recipes, _bases(self._root, self._lab.id)))

    def _wrapped(self, package: Package, table: Mapping[str, Any], place: str) -> Package:
        """Put the module, and written answers, into a folder or an archive."""
        answers = self._answers(table.get("answers"), place)
        form = table.get("form", "folder" if answers or package.is_folder else None)
        if form is None:
            return package
        if form not in _DEMO_FORMS:
            raise LabError(f"{place}.form: {form!r} is unknown; choose one of {', '.join(_DEMO_FORMS)}")
        inside = package.files
        if not package.is_folder:
            inside = {f"{self._lab.id}{ending}": content for ending, content in package.files.items()}
        files = {**inside, **answers}
        return pack_folder(files) if form == "folder" else pack_zip(files, self._lab.id)

    def _answers(self, name: Any, place: str) -> dict[str, bytes]:  # noqa: ANN401
        if name is None:
            return {}
        path = specimens_path(self._root, self._lab.id) / "answers" / f"{name}.md"
        if not path.is_file():
            raise LabError(f"{place}.answers: there is no answers/{name}.md beside demo.toml; write it")
        return {"answers.md": path.read_bytes()}


def _bases(root: Path, lab_id: str) -> Bases:
    reference = reference_path(root, lab_id)
    filled = make_filled(reference.read_text(encoding="utf-8"), f"solutions/{lab_id}/{lab_id}.py")
    return Bases(filled, stub_path(root, lab_id).read_text(encoding="utf-8"))


def _right_ones(root: Path, lab: Lab) -> Iterator[Specimen]:
    """Yield the hand-written right submissions: each entry of ``right/`` is one."""
    for path in sorted((specimens_path(root, lab.id) / "right").glob("[!._]*")):
        if path.is_dir():
            inside = (file for file in sorted(path.rglob("*")) if file.is_file() and "__pycache__" not in file.parts)
            files = {file.relative_to(path).as_posix(): file.read_bytes() for file in inside}
            yield Specimen(path.name, "right", pack_folder(files))
        else:
            yield Specimen(path.stem, "right", Package({path.suffix: path.read_bytes()}))


def _write(package: Package, folder: Path, name: str) -> Path:
    if not package.is_folder:
        ((ending, content),) = package.files.items()
        path = folder / f"{name}{ending}"
        path.write_bytes(content)
        return path
    for relative, content in sorted(package.files.items()):
        path = folder / name / PurePosixPath(relative)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder / name
