"""confusion_matrix and plot_confusion_matrix: counts of random labels, and a figure read cell by cell."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from autograder.calls import expect_refused
from autograder.plots import expect_figure, show_picture
from autograder.shown import Axes, Shown
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import FLOAT32, expect_array, expect_equal, fail
from shared.text import Text


def counts(y_true: np.ndarray, y_pred: np.ndarray, n: int) -> np.ndarray:
    """Count one pair of labels after the other."""
    matrix = np.zeros((n, n), int)
    for true, predicted in zip(y_true, y_pred, strict=True):
        matrix[true, predicted] += 1
    return matrix


def labels(n: int, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return true and predicted labels, about half of them equal."""
    rng = np.random.default_rng(seed)
    y_true, other = rng.integers(0, classes, n), rng.integers(0, classes, n)
    return y_true, np.where(rng.random(n) < 0.5, y_true, other)


def expect_matrix(student: Student, y_true: np.ndarray, y_pred: np.ndarray, n: int | None) -> None:
    """Expect the counts, as integers."""
    options = {} if n is None else {"n_classes": n}
    size = 10 if n is None else n
    right = counts(y_true, y_pred, size)
    present = sorted(set(y_true.tolist()) | set(y_pred.tolist()))
    mistakes = [
        (
            right.T,
            Text(
                "rows and columns are exchanged: rows are the true classes",
                "lignes et colonnes échangées : les lignes sont les vraies classes",
            ),
        ),
        ((right > 0).astype(int), Text("each pair was counted once only", "chaque couple n'est compté qu'une fois")),
        (right / max(1, len(y_true)), Text("these are shares, not counts", "ce sont des proportions, non des nombres")),
        (
            right / np.maximum(right.sum(axis=1, keepdims=True), 1),
            Text("these are shares of each row, not counts", "ce sont des proportions par ligne, non des nombres"),
        ),
    ]
    if len(present) < size:
        smaller = Text("classes that do not occur are missing", "il manque les classes absentes des étiquettes")
        mistakes.append((right[np.ix_(present, present)], smaller))
    call = f"confusion_matrix(y_true, y_pred{'' if n is None else f', n_classes={n}'})"
    found = student.confusion_matrix(y_true, y_pred, **options)
    what = Text("row: true class, column: predicted class", "ligne : vraie classe, colonne : classe prédite")
    expect_array(found, right, call=call, what=what, mistakes=mistakes)
    expect_array(
        found,
        right,
        call=call,
        dtype_kind="iu",
        hint=Text("Start from zeros of type int.", "Partez de zéros de type int."),
    )


@question("confusion_matrix")
@check(
    "counts", en="Counts, rows true, columns predicted", fr="Des nombres : lignes vraies, colonnes prédites", weight=3
)
def test_counts(student: Student) -> None:
    """Each pair of labels counts one, in the row of the true and the column of the predicted class."""
    for classes, n, seed in ((4, 60, 1), (7, 200, 2), (2, 9, 3)):
        expect_matrix(student, *labels(n, classes, seed), classes)


@question("confusion_matrix")
@check("default", en="Ten classes by default", fr="Dix classes par défaut")
def test_default(student: Student) -> None:
    """Without n_classes the matrix is 10 by 10."""
    expect_matrix(student, *labels(150, 10, 4), None)


@question("confusion_matrix")
@check("absent", en="Classes that do not occur", fr="Les classes absentes")
def test_absent(student: Student) -> None:
    """A class without examples has a row and a column of zeros."""
    y_true, y_pred = labels(40, 3, 5)

    expect_matrix(student, y_true, y_pred, 6)
    expect_matrix(student, y_true, y_pred, None)


@question("confusion_matrix")
@check("range", en="Errors on labels out of range", fr="Erreur sur des étiquettes hors bornes", weight=2)
def test_range(student: Student) -> None:
    """A label of n_classes or more, or below 0, is an error in either argument."""
    fine = np.array([0, 1, 2, 1])

    for bad in (np.array([0, 1, 3, 1]), np.array([0, -1, 2, 1])):
        for pair, name in (((bad, fine), "y_true"), ((fine, bad), "y_pred")):
            shown = ", ".join(f"{n} = {part.tolist()}" for n, part in zip(("y_true", "y_pred"), pair, strict=True))
            expect_refused(
                lambda pair=pair: student.confusion_matrix(*pair, n_classes=3),
                call=f"confusion_matrix(y_true, y_pred, n_classes=3), {shown}",
                because=Text(f"{name} has a label outside 0 to 2", f"{name} a une étiquette hors de 0 à 2"),
            )


@question("confusion_matrix")
@check("lengths", en="Errors on different lengths", fr="Erreur si les longueurs diffèrent")
def test_lengths(student: Student) -> None:
    """As many predictions are needed as there are labels."""
    for n, m in ((5, 4), (4, 5), (5, 1)):
        y_true, y_pred = np.arange(n) % 3, np.arange(m) % 3
        expect_refused(
            lambda y_true=y_true, y_pred=y_pred: student.confusion_matrix(y_true, y_pred, n_classes=3),
            call=f"confusion_matrix(y_true, y_pred, n_classes=3) with {n} and {m} labels",
            because=Text("the lengths differ", "les longueurs diffèrent"),
        )


# -- plot_confusion_matrix -----------------------------------------------------------------------------------------

NAMES = ("cat", "dog", "frog", "horse", "ship")
CALL = "plot_confusion_matrix(matrix, class_names)"


def matrix() -> np.ndarray:
    """Return counts of five classes, no two alike."""
    return np.random.default_rng(6).permutation(np.arange(3, 28)).reshape(5, 5) + 60 * np.eye(5, dtype=int)


def drawn(student: Student) -> tuple[Shown, Axes]:
    """Draw the matrix once a question; return the figure, and the axes that hold the image."""
    return student.once("drawn", lambda: _draw(student))


def _draw(student: Student) -> tuple[Shown, Axes]:
    shown = expect_figure(student.plot_confusion_matrix(matrix(), list(NAMES)), CALL)
    holding = [axes for axes in shown.axes if any(picture.data.size == matrix().size for picture in axes.pictures)]
    if not holding:
        fail(
            Text(f"{CALL}: no axes hold an image of 5×5", f"{CALL} : aucun axe ne contient d'image de 5×5"),
            Text("axes.imshow(matrix)", "axes.imshow(matrix)"),
        )
    return shown, holding[0]


@question("plot_confusion_matrix")
@check("image", en="The matrix as an image", fr="La matrice comme image", weight=2)
def test_image(student: Student, exhibit: Callable[..., None]) -> None:
    """The image shows the counts, or each row's shares of them, the true classes downwards."""
    shown, axes = drawn(student)
    show_picture(exhibit, Text("Your figure", "Votre figure"), shown)
    data = axes.pictures[0].data.reshape(5, 5)

    shares = matrix() / matrix().sum(axis=1, keepdims=True)
    if data.size and any(np.allclose(data, scale * shares, **FLOAT32) for scale in (1, 100)):
        return
    expect_array(
        data,
        matrix(),
        call=f"{CALL}: the values of the image",
        what=Text("the counts", "les nombres"),
        mistakes=((matrix().T, Text("rows and columns are exchanged", "lignes et colonnes sont échangées")),),
    )


@question("plot_confusion_matrix")
@check("ticks", en="Names at the ticks", fr="Des noms aux graduations", weight=2)
def test_ticks(student: Student) -> None:
    """Both axes have the classes' names, in order, each at its row or column."""
    axes = drawn(student)[1]

    for letter, ticks, places in (("x", axes.xticks, axes.xtick_places), ("y", axes.yticks, axes.ytick_places)):
        hint = Text.same(f"axes.set_{letter}ticks(range(len(class_names)), class_names)")
        named = [(tick.strip(), float(place)) for tick, place in zip(ticks, places, strict=False) if tick.strip()]
        expect_equal(
            [name for name, _place in named],
            list(NAMES),
            call=f"{CALL}: the names along {letter}",
            what=Text("the names of the classes", "les noms des classes"),
            hint=hint,
        )
        # Cells are centred on 0, 1, ... (imshow), or on 0.5, 1.5, ... (pcolormesh), or count from 1.
        offsets = [place - number for number, (_name, place) in enumerate(named)]
        if max(offsets) - min(offsets) > 0.05 or not -0.05 <= offsets[0] <= 1.05:
            shown = ", ".join(f"{name}: {place:g}" for name, place in named)
            fail(
                Text(
                    f"{CALL}: the names stand beside the wrong cells along {letter}\ngot: {shown}",
                    f"{CALL} : les noms sont à côté des mauvaises cases le long de {letter}\nobtenu : {shown}",
                ),
                hint,
                Text("names without ticks of their own", "noms sans graduations à eux"),
            )


@question("plot_confusion_matrix")
@check("counts", en="Each count in its cell", fr="Chaque nombre dans sa case", weight=3)
def test_written(student: Student) -> None:
    """The number written in a cell is that of its row and column."""
    axes = drawn(student)[1]
    written = written_counts(axes, matrix().shape[0])

    missing = [place for place in np.ndindex(5, 5) if place not in written]
    if missing:
        fail(
            Text(
                f"{CALL}: {len(written)} cells of 25 hold a number; none in row {missing[0][0]}, column {missing[0][1]}",
                f"{CALL} : {len(written)} cases sur 25 contiennent un nombre ; aucun en ligne {missing[0][0]}, "
                f"colonne {missing[0][1]}",
            ),
            Text("axes.text(column, row, str(count))", "axes.text(colonne, ligne, str(nombre))"),
        )
    found = np.array([[written[row, column] for column in range(5)] for row in range(5)])
    expect_array(
        found,
        matrix(),
        call=f"{CALL}: the numbers in the cells",
        what=Text("the counts", "les nombres"),
        mistakes=(
            (
                matrix().T,
                Text(
                    "x is the column and y the row: text(column, row, ...)",
                    "x est la colonne, y la ligne : text(colonne, ligne, ...)",
                ),
            ),
        ),
        hint=Text("In text(x, y, ...), x is the column.", "Dans text(x, y, ...), x est la colonne."),
    )


def written_counts(axes: Axes, n: int) -> dict[tuple[int, int], float]:
    """Return the first number of the texts that stand in each cell: the count, where a share stands below it."""
    # Cells of imshow and matshow are centred on whole numbers, those of pcolormesh begin there.
    centred = not all(np.allclose(place[0] % 1, 0.5) for place in axes.text_places)
    found: dict[tuple[int, int], float] = {}
    for text, place in zip(axes.texts, axes.text_places, strict=True):
        x, y = place[0]
        number = re.search(r"\d+(?:\.\d+)?", text)
        if number is None or not np.isfinite([x, y]).all():
            continue
        column, row = (int(np.rint(side)) if centred else int(np.floor(side)) for side in (x, y))
        if 0 <= row < n and 0 <= column < n:
            found.setdefault((row, column), float(number[0]))
    return found


@question("plot_confusion_matrix")
@check("sizes", en="Any number of classes", fr="N'importe quel nombre de classes")
def test_sizes(student: Student) -> None:
    """Three classes are drawn too, with zeros among the counts."""
    small = np.array([[7, 0, 2], [1, 9, 0], [0, 3, 12]])
    shown = expect_figure(
        student.plot_confusion_matrix(small, ["a", "b", "c"]), "plot_confusion_matrix(matrix of 3×3, names)"
    )
    pictures = [picture for axes in shown.axes for picture in axes.pictures]

    expect_equal(
        any(picture.data.size == small.size for picture in pictures),
        True,
        call="plot_confusion_matrix(matrix of 3×3, names): an image of 3×3",
        what=Text("one cell a pair of classes", "une case par couple de classes"),
    )
