"""output_shape, param_count, dense_equivalent_param_count: sizes and counts of many layers."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from autograder.calls import expect_refused
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import expect_equal
from shared.text import Text

Case = tuple[int, int, int, int, int, int]

# x, y, z, k, p, s
PLAIN: tuple[Case, ...] = ((32, 32, 3, 5, 2, 1), (28, 28, 1, 3, 0, 1), (9, 9, 4, 1, 0, 1), (6, 6, 2, 6, 0, 1))
STRIDED: tuple[Case, ...] = ((32, 32, 3, 2, 0, 2), (28, 28, 8, 3, 1, 2), (11, 11, 2, 4, 1, 3), (9, 9, 1, 2, 0, 4))
RECTANGLES: tuple[Case, ...] = ((20, 33, 3, 5, 2, 1), (41, 17, 5, 3, 0, 2), (7, 12, 2, 7, 0, 1), (2, 9, 3, 4, 1, 2))
COUNTED: tuple[Case, ...] = ((32, 32, 3, 5, 2, 1), (17, 40, 7, 3, 0, 2), (10, 8, 1, 1, 0, 1), (64, 48, 128, 11, 5, 4))
# A camera's picture of sixteen million pixels: the count is odd and beyond 2**53, where floats have gaps.
HUGE: Case = (4001, 3999, 257, 3, 1, 1)


def sizes(case: Case) -> tuple[int, int]:
    """Return height and width of what the filter gives."""
    x, y, _, k, p, s = case
    return (x + 2 * p - k) // s + 1, (y + 2 * p - k) // s + 1


def call_of(name: str, case: Case, more: str = "") -> str:
    """Return the call as a student writes it."""
    return f"{name}({', '.join(map(str, case))}{more})"


def shape_mistakes(case: Case) -> Iterator[tuple[object, Text]]:
    """Yield what known mistakes give, where they differ from what is right."""
    x, y, z, k, p, s = case
    right = (*sizes(case), 1)
    rounded = tuple(ceil((side + 2 * p - k) / s) + 1 for side in (x, y))
    once = tuple((side + p - k) // s + 1 for side in (x, y))
    short = tuple((side + 2 * p - k) // s for side in (x, y))
    unpadded = tuple((side - k) // s + 1 for side in (x, y))
    known = (
        ((*rounded, 1), Text("rounded up; the last place must fit whole", "arrondi par excès, or la place doit tenir")),
        ((*once, 1), Text("padding is on both sides: 2p", "le remplissage est des deux côtés : 2p")),
        ((*short, 1), Text("the + 1 is missing", "il manque le + 1")),
        ((*unpadded, 1), Text("the padding is left out", "le remplissage est oublié")),
        ((*right[:2], z), Text("one filter gives one channel", "un filtre donne un seul canal")),
        ((right[1], right[0], 1), Text("x and y are exchanged", "x et y sont échangés")),
        (right[:2], Text("the channel is missing: (x', y', 1)", "il manque le canal : (x', y', 1)")),
    )
    yield from ((value, words) for value, words in known if value != right)


def expect_shapes(student: Student, cases: tuple[Case, ...]) -> None:
    """Expect the output shape of each case."""
    for case in cases:
        expect_equal(
            student.output_shape(*case),
            (*sizes(case), 1),
            call=call_of("output_shape", case),
            what=Text("((x + 2p - k) / s, rounded down) + 1, likewise y", "((x + 2p - k) / s, par défaut) + 1, idem y"),
            mistakes=tuple(shape_mistakes(case)),
        )


@question("output_shape")
@check("plain", en="Stride 1", fr="Pas de 1", weight=2)
def test_plain(student: Student) -> None:
    """Square inputs, stride 1, with and without padding, a filter as large as the input."""
    expect_shapes(student, PLAIN)


@question("output_shape")
@check("stride", en="Larger strides round down", fr="Un pas plus grand arrondit par défaut", weight=2)
def test_stride(student: Student) -> None:
    """Places that do not fit whole are left out."""
    expect_shapes(student, STRIDED)


@question("output_shape")
@check("rectangles", en="Images that are not square", fr="Images non carrées", weight=2)
def test_rectangles(student: Student) -> None:
    """Height and width are computed each by itself, in this order."""
    expect_shapes(student, RECTANGLES)


BAD: tuple[tuple[Case, Text], ...] = (
    ((8, 8, 3, 0, 0, 1), Text("a filter has a side of at least 1", "le côté d'un filtre vaut au moins 1")),
    ((8, 8, 3, -2, 0, 1), Text("a filter has a side of at least 1", "le côté d'un filtre vaut au moins 1")),
    ((8, 8, 3, 3, 0, 0), Text("the stride is at least 1", "le pas vaut au moins 1")),
    ((8, 8, 3, 3, 0, -1), Text("the stride is at least 1", "le pas vaut au moins 1")),
    ((8, 8, 3, 3, -1, 1), Text("padding cannot be negative", "le remplissage ne peut pas être négatif")),
    ((5, 9, 3, 8, 1, 1), Text("the filter is higher than 5 + 2", "le filtre est plus haut que 5 + 2")),
    ((9, 5, 3, 8, 1, 1), Text("the filter is wider than 5 + 2", "le filtre est plus large que 5 + 2")),
    ((4, 4, 3, 5, 0, 1), Text("the filter is larger than the image", "le filtre est plus grand que l'image")),
)


@question("output_shape")
@check("side_and_stride", en="Errors: filter, stride, padding", fr="Erreurs : filtre, pas, remplissage")
def test_bad_values(student: Student) -> None:
    """A filter or stride below 1 and a negative padding are errors."""
    for case, because in BAD[:5]:
        expect_refused(
            lambda case=case: student.output_shape(*case), call=call_of("output_shape", case), because=because
        )


@question("output_shape")
@check("too_large", en="Errors: the filter does not fit", fr="Erreurs : le filtre ne tient pas")
def test_too_large(student: Student) -> None:
    """A filter larger than the padded input, in one direction or both, is an error."""
    for case, because in BAD[5:]:
        expect_refused(
            lambda case=case: student.output_shape(*case), call=call_of("output_shape", case), because=because
        )


def filter_mistakes(case: Case, bias: int) -> tuple[tuple[object, Text], ...]:
    """Return what known mistakes give for a filter's weights."""
    x, y, z, k, *_ = case
    known = (
        (k * k + bias, Text("a filter looks at all z channels", "un filtre regarde les z canaux")),
        (k * z + bias, Text("the filter is k by k", "le filtre est de k par k")),
        ((k * k + bias) * z, Text("one bias a filter, not one a channel", "un biais par filtre, non un par canal")),
        (k * k * z + 1 - bias, Text("use_bias is taken the other way round", "use_bias est pris à l'envers")),
        (x * y * z * k * k, Text("weights are shared by all places", "les poids sont partagés par toutes les places")),
    )
    return tuple((value, words) for value, words in known if value != k * k * z + bias)


@question("param_count")
@check("with_bias", en="With a bias", fr="Avec un biais", weight=2)
def test_filter_with_bias(student: Student) -> None:
    """Square of the side times the channels, plus one, which is the default."""
    for case in COUNTED:
        expect_equal(
            student.param_count(*case),
            case[3] ** 2 * case[2] + 1,
            call=call_of("param_count", case),
            what=Text("k²z + 1", "k²z + 1"),
            mistakes=(
                (case[3] ** 2 * case[2], Text("the bias is missing", "il manque le biais")),
                *filter_mistakes(case, 1),
            ),
        )


@question("param_count")
@check("without_bias", en="Without a bias", fr="Sans biais")
def test_filter_without_bias(student: Student) -> None:
    """With use_bias=False there is one weight less, and use_bias=True is the default said aloud."""
    for case in COUNTED:
        for use_bias in (False, True):
            expect_equal(
                student.param_count(*case, use_bias=use_bias),
                case[3] ** 2 * case[2] + use_bias,
                call=call_of("param_count", case, f", use_bias={use_bias}"),
                what=Text("k²z, plus 1 with a bias", "k²z, plus 1 avec un biais"),
                mistakes=filter_mistakes(case, int(use_bias)),
            )


def dense_count(case: Case, *, use_bias: bool) -> int:
    """Return the weights of the dense layer that replaces the filter."""
    height, width = sizes(case)
    return case[0] * case[1] * case[2] * height * width + use_bias * height * width


def expect_dense(student: Student, case: Case, *, use_bias: bool | None = None) -> None:
    """Expect the count of the dense equivalent; without ``use_bias`` the default, a bias."""
    x, y, z, k, *_ = case
    height, width = sizes(case)
    outputs, bias = height * width, use_bias is not False
    options = {} if use_bias is None else {"use_bias": use_bias}
    right = dense_count(case, use_bias=bias)
    known = (
        (right - outputs if bias else right + outputs, Text("each output has a bias", "chaque sortie a un biais")),
        (x * y * z * outputs + 1, Text("each output has a bias of its own", "chaque sortie a son propre biais")),
        (x * y * z * x * y + bias * x * y, Text("the output is x' by y'", "la sortie est de x' par y'")),
        (x * y * outputs + bias * outputs, Text("all z channels are inputs", "les z canaux sont tous des entrées")),
        (right * z, Text("the output has one channel", "la sortie a un seul canal")),
        (
            k * k * z * outputs + bias * outputs,
            Text("every output sees every input", "chaque sortie voit toute entrée"),
        ),
    )
    expect_equal(
        student.dense_equivalent_param_count(*case, **options),
        right,
        call=call_of("dense_equivalent_param_count", case, "" if use_bias is None else f", use_bias={use_bias}"),
        what=Text("x·y·z·x'·y', plus x'·y' biases if any", "x·y·z·x'·y', plus x'·y' biais s'il y en a"),
        mistakes=tuple((value, words) for value, words in known if value != right),
    )


@question("dense_equivalent_param_count")
@check("with_bias", en="With biases", fr="Avec biais", weight=2)
def test_dense_with_bias(student: Student) -> None:
    """From all inputs to all outputs, and a bias an output, which is the default."""
    for case in (*COUNTED, *RECTANGLES):
        expect_dense(student, case)


@question("dense_equivalent_param_count")
@check("without_bias", en="Without biases", fr="Sans biais")
def test_dense_without_bias(student: Student) -> None:
    """Without biases only the products are counted."""
    for case in COUNTED:
        for use_bias in (False, True):
            expect_dense(student, case, use_bias=use_bias)


@question("dense_equivalent_param_count")
@check("huge", en="Huge counts are exact", fr="Les très grands nombres sont exacts")
def test_huge(student: Student) -> None:
    """A count beyond 2**53 is right to the last digit: whole numbers, no floats."""
    expect_dense(student, HUGE, use_bias=False)
