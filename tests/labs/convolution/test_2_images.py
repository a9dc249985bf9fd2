"""conv2d and conv2d_multichannel: random images that are not square, against loops and against Keras's own Conv2D."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.bench import Bench
from autograder.student import Student
from autograder.suite import check, question
from shared.text import Text

from .conftest import Call, calling, expect_call_refused, expect_inputs_kept, expect_values, with_weights
from .windows import convolve

FLIPPED = Text(
    "this is the mathematicians' convolution, with the kernel turned round; here it is not",
    "c'est la convolution des mathématiciens, au noyau retourné ; ici il ne l'est pas",
)
NO_STRIDE = Text("the stride was ignored", "stride est ignoré")
NO_PADDING = Text("the padding was ignored", "padding est ignoré")
ONE_SIDED = Text("the zeros were added on one side only", "les zéros n'ont été ajoutés que d'un côté")
SIDES = Text("floor((side + 2 padding - k) / stride) + 1 places", "floor((côté + 2 padding - k) / stride) + 1 places")


def single(image: np.ndarray, kernel: np.ndarray, stride: int = 1, padding: int = 0) -> np.ndarray:
    """Return the right answer for one image and one kernel."""
    maps: np.ndarray = convolve(image[..., None], kernel[..., None, None], stride=stride, padding=padding)[..., 0]
    return maps


def conv2d_mistakes(image: np.ndarray, kernel: np.ndarray, stride: int, padding: int) -> tuple[Any, ...]:
    """Return what known mistakes give."""
    after, before = (np.pad(image, sides) for sides in ((0, 2 * padding), (2 * padding, 0)))
    after1, before1 = (np.pad(image, sides) for sides in ((0, padding), (padding, 0)))
    columns_only = np.pad(image, ((0, 0), (padding, padding)))
    edges = np.pad(image, padding, mode="edge")
    options = {"stride": stride, "padding": padding}
    found = [
        (single(image, kernel[::-1, ::-1], **options), FLIPPED),
        (single(image, kernel, padding=padding), NO_STRIDE),
        (single(edges, kernel, stride=stride), Text("the edge was repeated", "le bord a été répété")),
        *((single(padded, kernel, stride=stride), ONE_SIDED) for padded in (after, before, after1, before1)),
    ]
    for other in (image, columns_only):
        if all(k <= side for k, side in zip(kernel.shape, other.shape, strict=True)):
            found.append((single(other, kernel, stride=stride), NO_PADDING if other is image else ONE_SIDED))
    return tuple(found)


def expect_convolved(student: Student, sides: tuple[int, int], kernel: tuple[int, int], **options: int) -> None:
    """Expect the right answer on a random image with a random kernel."""
    rng = np.random.default_rng([*sides, *kernel, *options.values()])
    image, weights = rng.normal(size=sides), rng.normal(size=kernel)
    full = {"stride": 1, "padding": 0, **options}
    expect_values(
        student,
        calling("conv2d", image, weights, **options),
        single(image, weights, **full),
        what=SIDES,
        mistakes=conv2d_mistakes(image, weights, **full),
    )


@question("conv2d")
@check("values", en="Stride 1, no padding", fr="Pas de 1, sans bordure", weight=3)
def test_values(student: Student) -> None:
    """Images and kernels that are not square, down to a single place."""
    for sides, kernel in (((5, 5), (3, 3)), ((4, 7), (2, 3)), ((6, 3), (4, 1)), ((3, 5), (3, 5)), ((2, 3), (1, 1))):
        expect_convolved(student, sides, kernel)


@question("conv2d")
@check("stride", en="A stride", fr="Un pas", weight=2)
def test_stride(student: Student) -> None:
    """Strides that divide the sides, and strides that do not."""
    for sides, kernel, stride in (((6, 8), (2, 2), 2), ((7, 6), (3, 2), 2), ((8, 11), (2, 3), 3), ((4, 5), (3, 3), 5)):
        expect_convolved(student, sides, kernel, stride=stride)


@question("conv2d")
@check("padding", en="Zeros on all four sides", fr="Des zéros sur les quatre côtés", weight=2)
def test_padding(student: Student) -> None:
    """Padding of one and of two, also where the kernel is larger than the image alone."""
    for sides, kernel, padding in (((4, 5), (3, 3), 1), ((5, 4), (3, 2), 2), ((2, 4), (4, 3), 1)):
        expect_convolved(student, sides, kernel, padding=padding)


@question("conv2d")
@check("both", en="Stride and padding together", fr="Pas et bordure ensemble")
def test_both(student: Student) -> None:
    """The stride counts on the padded image."""
    for sides, kernel, stride, padding in (((6, 5), (3, 3), 2, 1), ((7, 10), (2, 4), 3, 2)):
        expect_convolved(student, sides, kernel, stride=stride, padding=padding)


@question("conv2d")
@check("types", en="Integers and fractions together", fr="Entiers et fractions ensemble")
def test_types(student: Student) -> None:
    """An image of integers with a fractional kernel gives fractions; grey levels in uint8 do not overflow."""
    rng = np.random.default_rng(6)
    kernel = np.array([[0.25, -0.5, 0.3], [1.5, 0.1, -0.75]])
    for image in (rng.integers(-9, 9, (5, 6)), rng.integers(0, 256, (4, 5)).astype(np.uint8)):
        right = single(image, kernel)
        truncated = Text("the fractions were cut off", "les fractions ont été tronquées")
        call = calling("conv2d", image, kernel)
        expect_values(student, call, right, what=SIDES, mistakes=((np.trunc(right), truncated),))


@question("conv2d")
@check("kernel_size", en="Refuses a kernel that does not fit", fr="Refuse un noyau trop grand", weight=2)
def test_kernel_size(student: Student) -> None:
    """A kernel larger than the padded image, in one direction or in both."""
    image = np.ones((4, 6))
    larger = Text("the kernel is larger than the padded image", "le noyau est plus grand que l'image complétée")
    for kernel, options in (
        ((5, 2), {}),
        ((2, 7), {}),
        ((6, 9), {}),
        ((7, 3), {"padding": 1}),
        ((3, 9), {"padding": 1}),
    ):
        expect_call_refused(student, calling("conv2d", image, np.ones(kernel), **options), larger)


@question("conv2d")
@check("arguments", en="Refuses a wrong stride or padding", fr="Refuse un pas ou une bordure faux", weight=2)
def test_arguments(student: Student) -> None:
    """A stride below 1, a padding below 0."""
    image, kernel = np.ones((6, 7)), np.ones((2, 2))
    for stride in (0, -1, -2):
        expect_call_refused(student, calling("conv2d", image, kernel, stride=stride), Text("stride < 1", "stride < 1"))
    for padding in (-1, -2):
        expect_call_refused(
            student, calling("conv2d", image, kernel, padding=padding), Text("padding < 0", "padding < 0")
        )


@question("conv2d")
@check("inputs", en="Leaves its arguments unchanged", fr="Ne modifie pas ses arguments")
def test_inputs(student: Student) -> None:
    """Neither array is changed in place, with and without padding."""
    image, kernel = np.arange(30.0).reshape(5, 6), np.arange(6.0).reshape(2, 3)
    for options in ({}, {"padding": 1}):
        expect_inputs_kept(student, calling("conv2d", image, kernel, **options), ("image", "kernel"))


def several(sides: tuple[int, int, int], kernel: tuple[int, int], filters: int, **options: Any) -> Call:
    """Return a call on a random image with random kernels; ``bias=True`` draws one."""
    rng = np.random.default_rng([*sides, *kernel, filters, len(options)])
    image, kernels = rng.normal(size=sides), rng.normal(size=(*kernel, sides[2], filters))
    if options.get("bias"):
        options["bias"] = rng.normal(size=filters)
    return calling("conv2d_multichannel", image, kernels, **options)


def multichannel_mistakes(image: np.ndarray, kernels: np.ndarray, **options: Any) -> tuple[Any, ...]:
    """Return what known mistakes give."""
    right = convolve(image, kernels, **options)
    bias, channels = options.get("bias"), image.shape[2]
    plain = right if bias is None else right - bias
    padding = options.get("padding", 0)
    everywhere = np.pad(image, padding)[:, :, :channels]
    found = [
        (convolve(image, kernels[::-1, ::-1], **options), FLIPPED),
        (convolve(image, kernels[..., ::-1, :], **options), Text("the channels are reversed", "canaux inversés")),
        (plain / channels, Text("the channels were averaged, not added", "les canaux ont été moyennés, non ajoutés")),
        (
            convolve(image[..., :1], kernels[:, :, :1], **options),
            Text("only the first channel counts", "seul le premier canal compte"),
        ),
        (convolve(everywhere, kernels, **{**options, "padding": padding}), NO_PADDING),
        (convolve(image, kernels, **{**options, "stride": 1}), NO_STRIDE),
        (right.transpose(2, 0, 1), Text("the filters come first, not last", "les filtres sont en tête, non à la fin")),
    ]
    if bias is not None:
        found.append((plain, Text("the bias was forgotten", "le biais a été oublié")))
        found.append(
            (plain + channels * bias, Text("the bias was added once a channel", "biais ajouté à chaque canal"))
        )
        found.append((plain - bias, Text("the bias was subtracted", "le biais a été soustrait")))
    return tuple(found)


def expect_maps(student: Student, call: Call) -> None:
    """Expect the right answer to a call."""
    right = convolve(*call.args, **call.options)
    mistakes = multichannel_mistakes(*call.args, **call.options)
    shape = Text("(H', W', C): a map a filter, channels added up", "(H', W', C) : une carte par filtre, canaux ajoutés")
    expect_values(student, call, right, what=shape, mistakes=mistakes)


@question("conv2d_multichannel")
@check("values", en="Without bias", fr="Sans biais", weight=3)
def test_multichannel_values(student: Student) -> None:
    """Three channels and four filters, two and three, and the other way round."""
    for sides, kernel, filters in (((5, 6, 3), (3, 2), 4), ((4, 4, 2), (2, 2), 3), ((5, 3, 4), (1, 3), 2)):
        expect_maps(student, several(sides, kernel, filters))


@question("conv2d_multichannel")
@check("single", en="One channel, one filter", fr="Un canal, un filtre")
def test_single(student: Student) -> None:
    """Axes of one element stay."""
    for sides, filters in (((4, 5, 1), 3), ((4, 5, 3), 1), ((5, 4, 1), 1)):
        expect_maps(student, several(sides, (2, 3), filters))


@question("conv2d_multichannel")
@check("bias", en="With a bias", fr="Avec un biais", weight=2)
def test_bias(student: Student) -> None:
    """Each filter has its own bias."""
    for sides, kernel, filters in (((5, 6, 3), (3, 2), 4), ((4, 5, 2), (2, 2), 1)):
        expect_maps(student, several(sides, kernel, filters, bias=True))


@question("conv2d_multichannel")
@check("stride_padding", en="Stride and padding", fr="Pas et bordure", weight=2)
def test_stride_padding(student: Student) -> None:
    """Alone and together; padding touches the sides, not the channels."""
    expect_maps(student, several((6, 9, 2), (2, 3), 3, stride=2))
    expect_maps(student, several((4, 5, 3), (3, 3), 2, padding=1))
    expect_maps(student, several((7, 6, 2), (3, 2), 3, stride=3, padding=2))


@question("conv2d_multichannel")
@check("keras", en="Agrees with Keras's Conv2D", fr="D'accord avec Conv2D de Keras", weight=2)
def test_keras(student: Student, bench: Bench) -> None:
    """A layer of ours with random weights, bias and a stride gives the same."""
    call = several((7, 8, 3), (3, 3), 5, bias=True, stride=2)
    layer = ("Conv2D", {"filters": 5, "kernel_size": 3, "strides": 2})
    data = bench.toy([("Input", {"shape": (7, 8, 3)}), layer])
    weights = [call.args[1], call.options["bias"]]
    image = call.args[0][np.newaxis].astype(np.float32)
    right = bench.remember("conv2d", lambda: bench.workshop.make(with_weights(data, weights)).predict(image))

    expect_values(student, call, right[0], what=Text("what Keras's Conv2D gives", "ce que donne Conv2D de Keras"))


@question("conv2d_multichannel")
@check("inputs", en="Leaves its arguments unchanged", fr="Ne modifie pas ses arguments")
def test_multichannel_inputs(student: Student) -> None:
    """No array is changed in place, the bias included."""
    expect_inputs_kept(student, several((5, 6, 2), (2, 2), 3, bias=True, padding=1), ("image", "kernels"))
