"""first_layer_filters and plot_filters: models of ours with known kernels, some of them constant."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.architecture import ModelData
from autograder.bench import Bench
from autograder.calls import expect_refused
from autograder.plots import expect_contrast, expect_figure, expect_image_axes, show_picture
from autograder.shown import Picture, Shown
from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import FLOAT32, expect_array, expect_equal, fail
from shared.text import Text

from .conftest import LAYERS, as_functional, with_weights

FILTERS = "first_layer_filters(model)"
PLOT = "plot_filters(model)"


def network(bench: Bench, seed: int, before: LAYERS, conv: dict[str, Any], after: LAYERS) -> ModelData:
    """Return a network of ours whose kernels, and all other weights, are drawn from a seed."""
    rng = np.random.default_rng(seed)
    data = bench.toy([*before, ("Conv2D", conv), *after], loss="mse")
    # Channels of unlike sizes: their mean looks like none of them.
    drawn = [rng.normal(size=array.shape) * (1 + np.arange(array.shape[-2]))[:, None] for array in data.weights[::2]]
    biases = [rng.normal(size=array.shape) for array in data.weights[1::2]]
    return with_weights(data, [array for pair in zip(drawn, biases, strict=True) for array in pair])


def grey(bench: Bench, seed: int = 1) -> ModelData:
    """Return a stack on grey images: five kernels of 3×4 first, nine others behind."""
    after: LAYERS = [("MaxPooling2D", {}), ("Conv2D", {"filters": 9, "kernel_size": 2}), ("Flatten", {})]
    before: LAYERS = [("Input", {"shape": (9, 10, 1)})]
    return network(bench, seed, before, {"filters": 5, "kernel_size": [3, 4]}, [*after, ("Dense", {"units": 3})])


def coloured(bench: Bench, seed: int = 2) -> ModelData:
    """Return a functional network on colour images, the convolution not its first layer: eleven kernels of 3×2."""
    before: LAYERS = [("Input", {"shape": (6, 5, 3)}), ("Rescaling", {"scale": 0.5}), ("ZeroPadding2D", {"padding": 1})]
    after: LAYERS = [("ReLU", {}), ("Conv2D", {"filters": 2, "kernel_size": 3}), ("Flatten", {})]
    return as_functional(network(bench, seed, before, {"filters": 11, "kernel_size": [3, 2]}, after))


def averaged(data: ModelData) -> np.ndarray:
    """Return the first kernels (n_filters, k_h, k_w), averaged over their channels."""
    mean: np.ndarray = data.weights[0].astype(np.float64).mean(axis=2).transpose(2, 0, 1)
    return mean


def scaled(filters: np.ndarray) -> np.ndarray:
    """Return filters scaled to [0, 1], each by itself; 0.5 where constant."""
    lowest, highest = filters.min(axis=(1, 2), keepdims=True), filters.max(axis=(1, 2), keepdims=True)
    span = np.where(highest > lowest, highest - lowest, 1)
    found: np.ndarray = np.where(highest > lowest, (filters - lowest) / span, 0.5)
    return found


def mistakes(data: ModelData) -> tuple[tuple[np.ndarray, Text], ...]:
    """Return what known mistakes give."""
    mean = averaged(data)
    kernels = data.weights[0].astype(np.float64)
    every = (kernels - kernels.min()) / np.ptp(kernels)
    each = (mean - mean.min(axis=0)) / np.where(np.ptp(mean, axis=0) > 0, np.ptp(mean, axis=0), 1)
    together = Text("all filters were scaled together; each has its own range", "filtres mis à l'échelle ensemble")
    found = [
        (mean, Text("the filters were not scaled to [0, 1]", "les filtres n'ont pas été ramenés à [0, 1]")),
        ((mean - mean.min()) / np.ptp(mean), together),
        (every.mean(axis=2).transpose(2, 0, 1), together),
        (each, Text("the range was taken over the filters", "l'étendue a été prise entre les filtres")),
        (
            mean / np.maximum(np.abs(mean).max(axis=(1, 2), keepdims=True), 1e-9),
            Text("divided by the maximum only", "divisés par le max"),
        ),
        (scaled(mean).transpose(0, 2, 1), Text("rows and columns are exchanged", "lignes et colonnes échangées")),
        (scaled(mean).transpose(1, 2, 0), Text("the filters are last, not first", "les filtres sont en dernier")),
        (
            scaled(kernels.transpose(3, 0, 1, 2).reshape(len(mean), -1, kernels.shape[2])).reshape(
                len(mean), *mean.shape[1:], -1
            ),
            Text("the channels were kept; average them", "les canaux ont été gardés ; prenez leur moyenne"),
        ),
    ]
    if kernels.shape[2] > 1:
        first = scaled(kernels[:, :, 0].transpose(2, 0, 1))
        found.append((first, Text("only the first channel was taken", "seul le premier canal a été pris")))
    if len(data.weights) > 2 and data.weights[2].ndim == 4:
        later = scaled(averaged(ModelData(None, data.weights[2:])))
        found.append((later, Text("these are another convolution's", "ce sont ceux d'une autre convolution")))
    return tuple(found)


def expect_filters(student: Student, data: ModelData) -> np.ndarray:
    """Expect the filters of a model; return what came back."""
    value = student.call("first_layer_filters", student.make(data)).value
    right = scaled(averaged(data))
    words = Text("(n_filters, k_h, k_w), each in [0, 1]", "(n_filters, k_h, k_w), chacun dans [0, 1]")
    expect_array(value, right, call=FILTERS, what=words, mistakes=mistakes(data), **FLOAT32)
    return np.asarray(value, np.float64)


@question("first_layer_filters")
@check("grey", en="One input channel", fr="Un canal d'entrée", weight=3)
def test_grey(student: Student, bench: Bench, exhibit: Callable[..., None]) -> None:
    """A stack on grey images, with a second convolution behind."""
    found = expect_filters(student, grey(bench))

    shades = (255 * found).astype(np.uint8)
    exhibit(
        "images",
        Text("The filters that you found in a test model", "Les filtres que vous avez trouvés dans un modèle d'essai"),
        images=[base64.b64encode(shade.tobytes()).decode() for shade in shades],
        shape=list(shades.shape[1:]),
    )


@question("first_layer_filters")
@check("channels", en="Several channels, other layers first", fr="Plusieurs canaux, d'autres couches avant", weight=3)
def test_channels(student: Student, bench: Bench) -> None:
    """A functional network whose convolution is not its first layer; channels are averaged before scaling."""
    expect_filters(student, coloured(bench))


@question("first_layer_filters")
@check("constant", en="A constant filter gives 0.5", fr="Un filtre constant donne 0.5", weight=2)
def test_constant(student: Student, bench: Bench) -> None:
    """Among others, and where every kernel is a single weight."""
    data = grey(bench)
    kernels = data.weights[0].copy()
    kernels[..., 1], kernels[..., 3] = 0.25, 0.0
    expect_filters(student, with_weights(data, [kernels, *data.weights[1:]]))
    expect_filters(student, network(bench, 4, [("Input", {"shape": (4, 4, 2)})], {"filters": 3, "kernel_size": 1}, []))


@question("first_layer_filters")
@check("error", en="Refuses a model without Conv2D", fr="Refuse un modèle sans Conv2D", weight=2)
def test_error(student: Student, bench: Bench) -> None:
    """ValueError, not an empty result or another error."""
    data = bench.toy([("Input", {"shape": (4, 4, 1)}), ("Flatten", {}), ("Dense", {"units": 3})], loss="mse")
    expect_refused(
        lambda: student.first_layer_filters(student.make(data)),
        call=f"{FILTERS}, a model without Conv2D",
        because=Text("there is nothing to show", "il n'y a rien à montrer"),
    )


@question("first_layer_filters")
@check("unchanged", en="Leaves the model as it is", fr="Laisse le modèle tel quel")
def test_unchanged(student: Student, bench: Bench) -> None:
    """The weights are the same afterwards."""
    data = grey(bench)
    model = student.make(data)
    student.call("first_layer_filters", model)
    same = all(np.array_equal(got, was) for got, was in zip(model.weights(), data.weights, strict=True))
    expect_equal(same, True, call=FILTERS, what=Text("weights unchanged", "poids inchangés"))


def drawn(student: Student, bench: Bench, make: Callable[[Bench], ModelData]) -> tuple[Shown, list[np.ndarray]]:
    """Plot a model of ours, once a question; return what is shown, and the filters that may be.

    They are the model's, or those that the student's own function finds in it: its mistakes count in its own question.
    """
    return student.once(make.__name__, lambda: _draw(student, make(bench)))


def _draw(student: Student, data: ModelData) -> tuple[Shown, list[np.ndarray]]:
    model = student.make(data)
    shown = expect_figure(student.call("plot_filters", model).value, PLOT)
    filters = [scaled(averaged(data))]
    try:
        own = np.asarray(student.call("first_layer_filters", model).value)
    except Exception:  # noqa: BLE001 - whatever is wrong with it is that question's business
        return shown, filters
    if own.ndim == 3 and own.size and own.dtype.kind in "fiu" and np.isfinite(own).all():
        filters.append(own.astype(np.float64))
    return shown, filters


def pictures(shown: Shown, filters: list[np.ndarray]) -> list[Picture]:
    """Expect an image axis for each of the filters, in one of the readings of the model."""
    filled = sum(1 for axes in shown.axes if axes.pictures)
    counts = [len(reading) for reading in filters]
    return expect_image_axes(shown, filled if filled in counts else counts[0], PLOT)


@question("plot_filters")
@check("axes", en="One image axis a filter", fr="Un axe avec image par filtre", weight=2)
def test_axes(student: Student, bench: Bench, exhibit: Callable[..., None]) -> None:
    """Five filters, and eleven, of which a grid leaves places empty."""
    shown, filters = drawn(student, bench, grey)
    show_picture(exhibit, Text("What your plot_filters draws", "Ce que dessine votre plot_filters"), shown)

    pictures(shown, filters)
    pictures(*drawn(student, bench, coloured))


@question("plot_filters")
@check("filters", en="The images are the filters", fr="Les images sont les filtres", weight=2)
def test_filters(student: Student, bench: Bench) -> None:
    """Each filter is shown once, in whatever range the colours have."""
    for make in (grey, coloured):
        shown, filters = drawn(student, bench, make)
        images = [_shades(picture.data) for picture in pictures(shown, filters)]
        if not any(_same_pictures(images, reading) for reading in filters):
            sides = " × ".join(str(side) for side in filters[0].shape[1:])
            fail(
                Text(
                    f"{PLOT}: the images are not the model's {len(filters[0])} filters of {sides}",
                    f"{PLOT} : les images ne sont pas les {len(filters[0])} filtres de {sides} du modèle",
                ),
                Text("imshow each of first_layer_filters(model).", "imshow de chaque first_layer_filters(model)."),
            )
        expect_contrast(pictures(shown, filters), PLOT)


def _shades(data: np.ndarray) -> np.ndarray:
    image = data[..., 0] if data.ndim == 3 else data
    return scaled(image[np.newaxis].astype(np.float64))[0] if image.ndim == 2 and image.size else image


def _same_pictures(images: list[np.ndarray], filters: np.ndarray) -> bool:
    """Say whether images are these filters, in any order."""
    left = list(scaled(filters))
    for image in images:
        place = next((i for i, f in enumerate(left) if _shows(image, f)), -1)
        if place < 0:
            return False
        left.pop(place)
    return not left


def _shows(image: np.ndarray, wanted: np.ndarray) -> bool:
    """Say whether an image is a filter; either way up, since pcolormesh draws the first row at the bottom."""
    either = (image, image[::-1])
    return image.shape == wanted.shape and any(np.allclose(wanted, rows, atol=5e-3) for rows in either)


@question("plot_filters")
@check("grey", en="In shades of grey", fr="En niveaux de gris")
def test_colours(student: Student, bench: Bench) -> None:
    """Every image has a grey colour map."""
    shown, filters = drawn(student, bench, grey)
    colours = sorted({picture.colours for picture in pictures(shown, filters) if not picture.is_grey})
    hint = Text('imshow(..., cmap="gray")', 'imshow(..., cmap="gray")')
    expect_equal(
        colours, [], call=f"{PLOT}: colour maps", what=Text("none but grey ones", "seulement des gris"), hint=hint
    )


@question("plot_filters")
@check("ticks", en="Without ticks", fr="Sans graduations")
def test_ticks(student: Student, bench: Bench) -> None:
    """No axis with an image has ticks."""
    shown, _filters = drawn(student, bench, grey)
    ticks = [axes.n_ticks for axes in shown.axes if axes.pictures]
    expect_equal(
        ticks or None,
        [0] * len(ticks),
        call=f"{PLOT}: ticks of each axis",
        what=Text("no ticks", "pas de graduations"),
        hint=Text('axes.axis("off"), or set_xticks([]) and set_yticks([])', 'axes.axis("off"), ou set_xticks([])'),
    )
