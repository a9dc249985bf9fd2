"""load_signs on files that are missing or hold something else: which error, and whether it names the file."""

from __future__ import annotations

from autograder.calls import expect_refused, raised_by
from autograder.process import Raised
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import fail
from shared.text import Text

from .conftest import hdf5
from .test_1_files import NAMES, content

KEYS = ("train_set_x", "train_set_y", "test_set_x", "test_set_y")


def written(student: Student, name: str, data: bytes) -> str:
    """Put a file beside the student's module and return its name."""
    student.write_file(name, data)
    return name


def good(student: Student, name: str) -> str:
    """Write a good file of one part."""
    return written(student, f"bon_{name}.h5", hdf5(content(name)))


def without(student: Student, key: str) -> tuple[str, str]:
    """Write a pair of files of which one lacks a data set; return their names."""
    part = key.split("_", maxsplit=1)[0]
    lacking = {name: array for name, array in content(part).items() if name != key}
    broken = written(student, f"sans_{key}.h5", hdf5(lacking))
    return (broken, good(student, "test")) if part == "train" else (good(student, "train"), broken)


def call(pair: tuple[str, str]) -> str:
    """Return the call as a student writes it."""
    return f'load_signs("{pair[0]}", "{pair[1]}")'


@question("load_signs")
@check("missing_file", en="A missing file: FileNotFoundError", fr="Fichier absent : FileNotFoundError", weight=2)
def test_missing_file(student: Student) -> None:
    """Whichever of the two files is missing, the error is FileNotFoundError."""
    for pair in (("absent_train.h5", good(student, "test")), (good(student, "train"), "absent_test.h5")):
        expect_refused(
            lambda pair=pair: student.load_signs(*pair),
            call=call(pair),
            kind="FileNotFoundError",
            because=Text("one of the files does not exist", "l'un des fichiers n'existe pas"),
            hint=Text("h5py raises it by itself: let it pass.", "h5py la lève de lui-même : laissez-la passer."),
        )


@question("load_signs")
@check("missing_key", en="Images or labels missing: ValueError", fr="Sans images ou étiquettes : ValueError", weight=2)
def test_missing_key(student: Student) -> None:
    """A file without its images or its labels is refused with ValueError, whichever of the four is missing."""
    for key in KEYS:
        pair = without(student, key)
        expect_refused(
            lambda pair=pair: student.load_signs(*pair),
            call=call(pair),
            because=Text(f"the file has no {key}", f"le fichier n'a pas {key}"),
            hint=Text(
                "h5py raises KeyError: catch it, or ask first whether the name is in the file.",
                "h5py lève KeyError : interceptez-la, ou demandez d'abord si le nom est dans le fichier.",
            ),
        )


@question("load_signs")
@check("not_hdf5", en="Not an HDF5 file: an error", fr="Pas un fichier HDF5 : une erreur")
def test_not_hdf5(student: Student) -> None:
    """A file of another kind, first or second, is refused with ValueError or with h5py's own OSError."""
    text = written(student, "notes.h5", b"ceci n'est pas un fichier HDF5\n" * 40)
    for pair in ((text, good(student, "test")), (good(student, "train"), text)):
        error = raised_by(lambda pair=pair: student.load_signs(*pair), call(pair), Text("an error", "une erreur"))
        wrong = not {"ValueError", "OSError"} & set(error.bases) or "FileNotFoundError" in error.bases
        if wrong:
            fail(
                Text(
                    f"called: {call(pair)}\ngot: {error.type_name}\n"
                    "expected: ValueError (or OSError, as h5py raises it): notes.h5 exists, but it is a text",
                    f"appel : {call(pair)}\nobtenu : {error.type_name}\n"
                    "attendu : ValueError (ou OSError, que lève h5py) : notes.h5 existe, mais c'est un texte",
                )
            )


@question("load_signs")
@check("named", en="The error names the file", fr="L'erreur nomme le fichier")
def test_named(student: Student) -> None:
    """The text of FileNotFoundError and of ValueError says which file it is about."""
    cases = [(("absent_train.h5", good(student, "test")), "absent_train.h5")]
    cases += [((good(student, "train"), "absent_test.h5"), "absent_test.h5")]
    cases += [(without(student, key), f"sans_{key}.h5") for key in ("train_set_x", "test_set_y")]
    judged = 0
    for pair, name in cases:
        error = raised_by(lambda pair=pair: student.load_signs(*pair), call(pair), Text("an error", "une erreur"))
        if not {"FileNotFoundError", "ValueError"} & set(error.bases):
            continue  # Of what class it should be is the other checks' business.
        judged += 1
        if name not in error.message:
            _fail_unnamed(call(pair), error, name)
    if not judged:
        fail(
            Text(f"{call(NAMES)}: none of the errors is the right one", f"{call(NAMES)} : aucune erreur n'est la bonne")
        )


def _fail_unnamed(called: str, error: Raised, name: str) -> None:
    shown = " ".join(error.message.split())[:160]
    fail(
        Text(
            f"called: {called}\ngot: {error.type_name}: {shown}\nexpected: the name {name} in the text",
            f"appel : {called}\nobtenu : {error.type_name} : {shown}\nattendu : le nom {name} dans le texte",
        ),
        Text("Say in the error which file it is about.", "Dites dans l'erreur de quel fichier il s'agit."),
    )
