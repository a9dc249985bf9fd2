"""conv1d and max_pool1d: values on random signals, known mistakes by name, errors, inputs left alone."""

from __future__ import annotations

import numpy as np

from autograder.student import Student
from autograder.suite import check, question
from shared.text import Text

from .conftest import calling, expect_call_refused, expect_inputs_kept, expect_values

FORMULA = Text("O(t) = Σ I(t + a) K(a), only where the kernel fits", "O(t) = Σ I(t + a) K(a), là où le noyau tient")
FLIPPED = Text(
    "this is the mathematicians' convolution, with the kernel turned round; here it is not",
    "c'est la convolution des mathématiciens, au noyau retourné ; ici il ne l'est pas",
)
PADDED = Text(
    "zeros were added at the ends; the kernel must stay inside", "des zéros ont été ajoutés ; le noyau reste dedans"
)
WINDOWS = Text("the largest value of each complete window", "la plus grande valeur de chaque fenêtre complète")


def correlate(signal: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Return the right answer."""
    return np.array([signal[t : t + len(kernel)] @ kernel for t in range(len(signal) - len(kernel) + 1)])


def conv1d_mistakes(signal: np.ndarray, kernel: np.ndarray) -> tuple[tuple[np.ndarray, Text], ...]:
    """Return what known mistakes give."""
    return (
        (correlate(signal, kernel[::-1]), FLIPPED),
        (np.correlate(signal, kernel, "same"), PADDED),
        (np.correlate(signal, kernel, "full"), PADDED),
        (np.convolve(signal, kernel, "full"), PADDED),
        (np.convolve(signal, kernel, "same"), PADDED),
        (correlate(signal, kernel)[:-1], Text("the last place is missing", "il manque la dernière place")),
    )


@question("conv1d")
@check("example", en="The handout's example", fr="L'exemple de l'énoncé")
def test_example(student: Student) -> None:
    """(1, 0, 2, 4, 3) with (3, 2) gives (3, 4, 14, 18)."""
    signal, kernel = np.array([1, 0, 2, 4, 3]), np.array([3, 2])

    expect_values(
        student,
        calling("conv1d", signal, kernel),
        np.array([3, 4, 14, 18]),
        what=FORMULA,
        mistakes=conv1d_mistakes(signal, kernel),
    )


@question("conv1d")
@check("values", en="Other signals and kernels", fr="D'autres signaux et noyaux", weight=3)
def test_values(student: Student) -> None:
    """Random signals and kernels of several lengths, up to the signal's own."""
    rng = np.random.default_rng(1)
    for n, k in ((7, 3), (9, 4), (6, 1), (5, 5), (1, 1)):
        signal, kernel = rng.normal(size=n), rng.normal(size=k)
        expect_values(
            student,
            calling("conv1d", signal, kernel),
            correlate(signal, kernel),
            what=FORMULA,
            mistakes=conv1d_mistakes(signal, kernel),
        )


@question("conv1d")
@check("types", en="Integers and fractions together", fr="Entiers et fractions ensemble")
def test_types(student: Student) -> None:
    """An integer signal with a fractional kernel gives fractions."""
    signal, kernel = np.array([1, 0, 2, 4, 3, 7]), np.array([0.5, -0.25, 0.3])
    right = correlate(signal, kernel)

    expect_values(
        student,
        calling("conv1d", signal, kernel),
        right,
        mistakes=((np.trunc(right), Text("the fractions were cut off", "les fractions ont été tronquées")),),
        hint=Text(
            "An array made like an integer signal holds integers only.",
            "Un tableau créé comme un signal entier ne contient que des entiers.",
        ),
    )


@question("conv1d")
@check("errors", en="Refuses what does not fit", fr="Refuse ce qui ne convient pas", weight=2)
def test_errors(student: Student) -> None:
    """A longer kernel and empty arrays raise ValueError."""
    longer = Text("the kernel is longer than the signal", "le noyau est plus long que le signal")
    empty = Text("one of them is empty", "l'un des deux est vide")
    numbers = np.arange(1.0, 9.0)

    expect_call_refused(student, calling("conv1d", numbers[:3], numbers[:4]), longer)
    expect_call_refused(student, calling("conv1d", numbers[:2], numbers[:7]), longer)
    expect_call_refused(student, calling("conv1d", numbers[:3], numbers[:0]), empty)
    expect_call_refused(student, calling("conv1d", numbers[:0], numbers[:2]), empty)
    expect_call_refused(student, calling("conv1d", numbers[:0], numbers[:0]), empty)


@question("conv1d")
@check("inputs", en="Leaves its arguments unchanged", fr="Ne modifie pas ses arguments")
def test_inputs(student: Student) -> None:
    """Neither array is changed in place."""
    expect_inputs_kept(student, calling("conv1d", np.arange(6.0), np.array([1.0, 2.0, 3.0])), ("signal", "kernel"))


def largest(signal: np.ndarray, size: int, stride: int) -> np.ndarray:
    """Return the right answer."""
    return np.array([signal[start : start + size].max() for start in range(0, len(signal) - size + 1, stride)])


def pooling_mistakes(signal: np.ndarray, size: int, stride: int) -> tuple[tuple[np.ndarray, Text], ...]:
    """Return what known mistakes give; a value that is right after all comes first and is found before them."""
    starts = range(0, len(signal), stride)
    windows = [signal[start : start + size] for start in range(0, len(signal) - size + 1, stride)]
    tail = np.array([signal[start : start + size].max() for start in starts])
    padded = np.append(signal, np.zeros(size))
    return (
        (tail, Text("an incomplete window at the end was kept", "une fenêtre incomplète a été gardée à la fin")),
        (
            np.array([padded[start : start + size].max() for start in starts]),
            Text("the end was padded with zeros", "la fin a été complétée par des zéros"),
        ),
        (
            largest(signal, size, size),
            Text("the stride was ignored: windows follow each other", "stride est ignoré : fenêtres bout à bout"),
        ),
        (largest(signal, size, 1), Text("the windows move by 1", "les fenêtres avancent de 1")),
        (np.array([w.mean() for w in windows]), Text("this is the mean of each window", "c'est la moyenne")),
        (np.array([w.min() for w in windows]), Text("this is the minimum of each window", "c'est le minimum")),
        (
            np.array([max(0, w.max()) for w in windows]),
            Text("0 was taken as a value of each window", "0 a été pris comme valeur de chaque fenêtre"),
        ),
    )


def expect_pooled(student: Student, signal: np.ndarray, size: int = 2, stride: int | None = None) -> None:
    """Expect the right answer; options that stand for defaults are left out."""
    options = {key: value for key, value, default in (("size", size, 2), ("stride", stride, None)) if value != default}
    step = stride or size
    expect_values(
        student,
        calling("max_pool1d", signal, **options),
        largest(signal, size, step),
        what=WINDOWS,
        mistakes=pooling_mistakes(signal, size, step),
    )


@question("max_pool1d")
@check("defaults", en="Pairs by default", fr="Des paires par défaut", weight=2)
def test_defaults(student: Student) -> None:
    """Without options windows of two follow each other."""
    expect_pooled(student, np.array([3.0, 1.0, 4.0, 1.5, 9.0, 2.6]))
    expect_pooled(student, np.random.default_rng(2).random(14))


@question("max_pool1d")
@check("size", en="Other sizes; the stride follows", fr="D'autres tailles ; stride les suit", weight=2)
def test_size(student: Student) -> None:
    """The stride is the size unless it is given."""
    rng = np.random.default_rng(3)
    for size, n in ((3, 12), (4, 8), (5, 5), (1, 4)):
        expect_pooled(student, rng.random(n), size)


@question("max_pool1d")
@check("stride", en="A stride of its own", fr="Un pas différent de la taille", weight=2)
def test_stride(student: Student) -> None:
    """Windows overlap or leave gaps."""
    rng = np.random.default_rng(4)
    for size, stride, n in ((3, 1, 8), (3, 2, 9), (2, 3, 8), (2, 1, 5)):
        expect_pooled(student, rng.random(n), size, stride)


@question("max_pool1d")
@check("incomplete", en="Incomplete windows are dropped", fr="Les fenêtres incomplètes sont ignorées", weight=2)
def test_incomplete(student: Student) -> None:
    """What is left at the end does not make a window."""
    rng = np.random.default_rng(5)
    for size, stride, n in ((2, None, 7), (3, None, 11), (3, 2, 8), (2, 3, 7)):
        # The largest values come last: a window too many cannot hide.
        expect_pooled(student, np.sort(rng.random(n)), size, stride)


@question("max_pool1d")
@check("negative", en="Negative values", fr="Des valeurs négatives")
def test_negative(student: Student) -> None:
    """A window of negative values has a negative maximum."""
    expect_pooled(student, -np.array([3.0, 1.0, 4.0, 1.5, 9.0, 2.6]))
    expect_pooled(student, -np.arange(1, 7))


@question("max_pool1d")
@check("inputs", en="Leaves its argument unchanged", fr="Ne modifie pas son argument")
def test_pool_inputs(student: Student) -> None:
    """The array is not changed in place."""
    expect_inputs_kept(student, calling("max_pool1d", np.arange(7.0), size=3, stride=2), ("signal",))
