"""activation_maps and plot_activation_maps: models of ours cut at a layer are the oracle, and a figure read axis by axis."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.architecture import ModelData
from autograder.bench import Bench
from autograder.calls import expect_refused
from autograder.plots import expect_contrast, expect_figure, expect_image_axes, show_picture
from autograder.shown import Shown
from autograder.student import RemoteModel, Student
from autograder.suite import check, question
from shared.assertions import FLOAT32, expect_array, expect_equal
from shared.text import Text

from .conftest import Node, graph, stack

CHAIN: list[tuple[str, dict[str, Any]]] = [
    ("Input", {"shape": (32, 32, 3)}),
    ("Conv2D", {"filters": 5, "kernel_size": 3, "activation": "relu", "name": "first"}),
    ("MaxPooling2D", {"name": "pool"}),
    ("BatchNormalization", {"name": "norm"}),
    ("Dropout", {"rate": 0.5, "name": "drop"}),
    ("Conv2D", {"filters": 3, "kernel_size": [2, 3], "activation": "tanh", "name": "second"}),
    ("Flatten", {"name": "flat"}),
    ("Dense", {"units": 4, "activation": "softmax", "name": "out"}),
]
BRANCHES: list[Node] = [
    ("image", "InputLayer", {"batch_shape": [None, 14, 10, 2]}, ()),
    ("left", "Conv2D", {"filters": 6, "kernel_size": [3, 3], "padding": "same", "activation": "relu"}, ("image",)),
    ("right", "Conv2D", {"filters": 6, "kernel_size": [1, 1]}, ("image",)),
    ("sum", "Add", {}, ("left", "right")),
    ("small", "AveragePooling2D", {"pool_size": [2, 2]}, ("sum",)),
    ("mean", "GlobalAveragePooling2D", {}, ("small",)),
    ("out", "Dense", {"units": 3}, ("mean",)),
]


def picture(*shape: int) -> np.ndarray:
    """Return one image, float32, standard normal."""
    return np.random.default_rng(9).normal(size=shape).astype(np.float32)


def oracle(bench: Bench, whole: ModelData, cut: ModelData, image: np.ndarray) -> np.ndarray:
    """Return what a model that ends at a layer gives for the image; it takes the first of the whole model's weights."""

    def compute() -> np.ndarray:
        n = len(bench.workshop.make(ModelData(cut.architecture)).weights())
        model = bench.workshop.make(ModelData(cut.architecture, list(whole.weights[:n])))
        return np.asarray(model.predict(image[np.newaxis])[0])

    return bench.remember(("maps", cut.architecture), compute)


def chain_maps(bench: Bench, layer: str) -> np.ndarray:
    """Return the maps of a layer of the chain."""
    end = next(place for place, (_, arguments) in enumerate(CHAIN) if arguments.get("name") == layer)
    return oracle(bench, stack(bench, CHAIN), stack(bench, CHAIN[: end + 1]), picture(32, 32, 3))


def branch_maps(bench: Bench, layer: str) -> np.ndarray:
    """Return the maps of a layer of the model with branches."""
    end = next(place for place, node in enumerate(BRANCHES) if node[0] == layer)
    nodes = [BRANCHES[0], BRANCHES[2]] if layer == "right" else BRANCHES[: end + 1]
    whole = graph(bench, BRANCHES)
    weights = whole.weights[2:] if layer == "right" else whole.weights
    return oracle(bench, ModelData(whole.architecture, weights), graph(bench, nodes), picture(14, 10, 2))


def expect_maps(found: Any, right: np.ndarray, call: str, mistakes: Any = ()) -> None:
    """Expect maps (h, w, c)."""
    expect_array(
        found,
        right,
        call=call,
        what=Text("the layer's output, (h, w, c)", "la sortie de la couche, (h, w, c)"),
        mistakes=(
            (
                right[np.newaxis],
                Text("the axis of the batch is still there: take [0]", "l'axe du lot y est encore : prenez [0]"),
            ),
            (right.transpose(2, 0, 1), Text("the channels come last", "les canaux viennent en dernier")),
            *mistakes,
        ),
        hint=Text("A model from model.inputs to layer.output.", "Un modèle de model.inputs à layer.output."),
        **FLOAT32,
    )


@question("activation_maps")
@check("named", en="A layer by its name", fr="Une couche par son nom", weight=3)
def test_named(student: Student, bench: Bench, exhibit: Callable[..., None]) -> None:
    """The maps of convolution and pooling layers are those of the model cut there."""
    model = student.make(stack(bench, CHAIN))
    found = {layer: student.activation_maps(model, picture(32, 32, 3), layer) for layer in ("first", "pool", "second")}
    show_maps(exhibit, found["first"])

    negative = "its activation is missing, or another one"
    for layer, maps in found.items():
        right = chain_maps(bench, layer)
        words = Text(negative, "son activation manque, ou c'en est une autre")
        mistakes = ((np.arctanh(np.clip(right, -0.999999, 0.999999)), words),) if layer == "second" else ()
        expect_maps(maps, right, f"activation_maps(model, image, {layer!r})", mistakes)


def show_maps(exhibit: Callable[..., None], maps: Any) -> None:
    """Put the student's maps beside the question."""
    if not isinstance(maps, np.ndarray) or maps.ndim != 3 or not maps.size or not np.isfinite(maps).all():
        return
    shown = _grey(maps[:64, :64, :8])
    exhibit(
        "images",
        Text(
            "The maps that you returned for the first layer",
            "Les cartes que vous avez renvoyées pour la première couche",
        ),
        images=[base64.b64encode(shown[..., channel].tobytes()).decode() for channel in range(shown.shape[2])],
        shape=list(shown.shape[:2]),
    )


def _grey(maps: np.ndarray) -> np.ndarray:
    low, high = maps.min(axis=(0, 1)), maps.max(axis=(0, 1))
    return (255 * (maps - low) / np.where(high > low, high - low, 1)).astype(np.uint8)


@question("activation_maps")
@check("index", en="A layer by its index", fr="Une couche par son indice", weight=2)
def test_index(student: Student, bench: Bench) -> None:
    """An index counts in model.layers, where a functional model begins with its input layer."""
    chain, branches = student.make(stack(bench, CHAIN)), student.make(graph(bench, BRANCHES))

    for place, layer in ((0, "first"), (4, "second")):
        maps = student.activation_maps(chain, picture(32, 32, 3), place)
        expect_maps(maps, chain_maps(bench, layer), f"activation_maps(model, image, {place})")
    for place, layer in ((1, "left"), (3, "sum")):
        maps = student.activation_maps(branches, picture(14, 10, 2), place)
        expect_maps(maps, branch_maps(bench, layer), f"activation_maps(functional model, image, {place})")


@question("activation_maps")
@check("prediction", en="As in prediction", fr="Comme en prédiction", weight=2)
def test_prediction(student: Student, bench: Bench) -> None:
    """Dropout drops nothing, and batch normalisation uses its moving averages."""
    model = student.make(stack(bench, CHAIN))

    for layer in ("norm", "drop"):
        maps = student.activation_maps(model, picture(32, 32, 3), layer)
        expect_maps(maps, chain_maps(bench, layer), f"activation_maps(model, image, {layer!r})")


@question("activation_maps")
@check("functional", en="Functional models, other sizes", fr="Modèles fonctionnels, autres tailles", weight=2)
def test_functional(student: Student, bench: Bench) -> None:
    """A model with branches and images that are not square is looked into too."""
    model = student.make(graph(bench, BRANCHES))

    for layer in ("right", "sum", "small"):
        maps = student.activation_maps(model, picture(14, 10, 2), layer)
        expect_maps(maps, branch_maps(bench, layer), f"activation_maps(functional model, image, {layer!r})")


@question("activation_maps")
@check("errors", en="Errors on a layer without maps", fr="Erreur sur une couche sans cartes", weight=2)
def test_errors(student: Student, bench: Bench) -> None:
    """Dense and flattened outputs have no rows and columns."""
    model = student.make(stack(bench, CHAIN))

    for layer in ("out", "flat", 6):
        expect_refused(
            lambda layer=layer: student.activation_maps(model, picture(32, 32, 3), layer),
            call=f"activation_maps(model, image, {layer!r})",
            because=Text("its output is not spatial", "sa sortie n'est pas spatiale"),
        )


@question("activation_maps")
@check("unchanged", en="Leaves the model as it is", fr="Laisse le modèle tel quel")
def test_unchanged(student: Student, bench: Bench) -> None:
    """Neither the weights nor the layers nor the image are changed."""
    data = stack(bench, CHAIN)
    model = student.make(data)
    before = _state(model)
    reply = student.call("activation_maps", model, picture(32, 32, 3), "second")
    expect_equal(
        isinstance(reply.value, np.ndarray),
        True,
        call="isinstance(activation_maps(...), np.ndarray)",
        what=Text("an array", "un tableau"),
    )

    same = _state(model) == before and all(
        np.array_equal(now, then) for now, then in zip(model.weights(), data.weights, strict=True)
    )
    expect_equal(
        (same, reply.changed),
        (True, ()),
        call="model and image as before",
        what=Text("nothing changed", "rien n'a changé"),
    )


def _state(model: RemoteModel) -> list[Any]:
    found = model.describe()
    return [(layer.get("name"), layer.get("trainable")) for layer in found.get("layers", [])]


# -- plot_activation_maps ------------------------------------------------------------------------------------------

CALL = "plot_activation_maps(maps, n_columns=5)"


def some_maps(n: int) -> np.ndarray:
    """Return maps, float32 (6, 9, n), each unlike the others."""
    return np.random.default_rng(n).gamma(1.0, size=(6, 9, n)).astype(np.float32)


def drawn(student: Student, n: int = 13, **options: int) -> Shown:
    """Draw maps, each number of them once a question."""
    call = f"plot_activation_maps(maps{''.join(f', {name}={value}' for name, value in options.items())})"
    draw = lambda: expect_figure(student.plot_activation_maps(some_maps(n), **options), call)  # noqa: E731
    return student.once(("drawn", n, *options.items()), draw)


@question("plot_activation_maps")
@check("images", en="One image a channel, in order", fr="Une image par canal, dans l'ordre", weight=3)
def test_images(student: Student, exhibit: Callable[..., None]) -> None:
    """Each channel has axes of its own, and they show the channels in order; brightness may be scaled."""
    shown = drawn(student, n_columns=5)
    show_picture(exhibit, Text("Your figure for 13 maps", "Votre figure pour 13 cartes"), shown)
    pictures = expect_image_axes(shown, 13, CALL)

    for channel, image in enumerate(pictures):
        wanted = some_maps(13)[..., channel]
        data = image.data if image.data.ndim == 2 else image.data[..., 0]
        expect_array(
            _stretched(data),
            _stretched(wanted),
            call=f"{CALL}: image {channel}",
            what=Text(f"maps[:, :, {channel}]", f"maps[:, :, {channel}]"),
            mistakes=((_stretched(wanted).T, Text("the map is transposed", "la carte est transposée")),),
            rtol=1e-3,
            atol=5e-3,
        )
    expect_contrast(pictures, CALL)


def _stretched(image: np.ndarray) -> np.ndarray:
    """Return an image scaled to [0, 1]."""
    values = image.astype(np.float64)
    spread = values.max() - values.min() if values.size else 0
    stretched: np.ndarray = (values - values.min()) / spread if spread else values
    return stretched


@question("plot_activation_maps")
@check("columns", en="As many columns as asked for", fr="Autant de colonnes que demandé", weight=2)
def test_columns(student: Student) -> None:
    """A row holds n_columns images; eight is the default."""
    for options, columns in (({"n_columns": 5}, 5), ({}, 8), ({"n_columns": 4}, 4)):
        shown = drawn(student, 13, **options)
        filled = [axes.place for axes in shown.axes if axes.pictures and axes.place.size == 4]
        expect_equal(
            len({round(float(place[0]), 2) for place in filled}),
            columns,
            call=f"columns of plot_activation_maps(13 maps{f', n_columns={columns}' if options else ''})",
            what=Text("images side by side in a row", "images côte à côte dans une ligne"),
        )


@question("plot_activation_maps")
@check("few", en="Few maps, and many", fr="Peu de cartes, et beaucoup", weight=2)
def test_few(student: Student) -> None:
    """One map, fewer maps than columns, exactly full rows and many rows are drawn too."""
    for n, options in ((1, {}), (3, {}), (8, {}), (6, {"n_columns": 3}), (20, {})):
        words = f"plot_activation_maps({n} maps{''.join(f', {name}={value}' for name, value in options.items())})"
        expect_image_axes(drawn(student, n, **options), n, words)
