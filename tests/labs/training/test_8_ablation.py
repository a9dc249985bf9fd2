"""run_ablation: on a few images, what the table holds, and that epochs and seed count; nobody's accuracy is judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.bench import Bench
from autograder.process import Raised
from autograder.student import NotAttempted, Opaque, RemoteModel, Student
from autograder.suite import check, question
from shared.assertions import expect_equal, fail
from shared.text import Text
from shared.values import is_exactly

from .runs import RATE as TRAIN_RATE
from .runs import flat_pair, gradients, loss_of, probabilities, run

KEYS = ("train_accuracy", "test_accuracy", "test_loss")
# Two primes: an accuracy says of which set it is.
N_TRAIN, N_TEST = 7, 5
EPOCHS = 2
# Steps that two epochs of seven images take, whatever the size of the batches.
STEPS = {EPOCHS * -(-N_TRAIN // size) for size in range(1, N_TRAIN + 1)}
# Dropout and batch normalisation of the six networks; momentum and a falling rate of their optimizers.
LADDER = [(False, False)] * 4 + [(True, False), (True, True)]
OPTIMIZERS = [(False, False)] * 3 + [(True, True)] * 3
RATE = 0.05
Table = dict[Any, Any]
STATISTICS = """
def function(X_train):
    X = np.asarray(X_train, np.float64) / 255
    return X.mean(axis=(0, 1, 2)), X.std(axis=(0, 1, 2))
"""
NORMALIZE = """
def function(X, mean, std):
    return ((np.asarray(X, np.float64) / 255 - np.asarray(mean)) / np.asarray(std)).astype(np.float32)
"""


def problem(bench: Bench) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Return a few images as the loader gives them, uint8 (n, 32, 32, 3), labels (n,)."""
    (x_train, y_train), (x_test, y_test) = bench.data["cifar10"].given
    train = x_train[:N_TRAIN], y_train[:N_TRAIN].reshape(-1).astype(np.int64)
    return train, (x_test[:N_TEST], y_test[:N_TEST].reshape(-1).astype(np.int64))


def called(epochs: int, seed: int) -> str:
    """Return the call as a student writes it."""
    return f"run_ablation(train, test, epochs={epochs}, seed={seed})"


def table(student: Student, bench: Bench, epochs: int = EPOCHS, seed: int = 0) -> Table:
    """Run the ablation once a question for each pair of options; expect a dict of dicts."""

    def compute() -> Table:
        builder = _put_in_a_small_network(student)
        value = student.call("run_ablation", *problem(bench), epochs=epochs, seed=seed).value
        student.once(("built", epochs, seed), lambda: _noted(student, builder))
        if not isinstance(value, dict) or not all(isinstance(row, dict) for row in value.values()):
            expect_equal(
                type(value).__name__ if not isinstance(value, dict) else [type(v).__name__ for v in value.values()][:1],
                "dict",
                call=f"type({called(epochs, seed)})",
                what=Text("a dict of dicts, one a variant", "un dictionnaire de dictionnaires, un par variante"),
            )
        return dict(value)

    return student.once(("table", epochs, seed), compute)


def _put_in_a_small_network(student: Student) -> Opaque | None:
    """Let a small model stand for the student's `alexnet_cifar`, so that its mistakes cost nothing here, and no time.

    Its metrics are those of the student's network, whose names the student's code may read.  A module that builds its
    network in another way is as right; it takes longer.
    """
    student.verb("run_eagerly")
    metrics = student.once("metrics", lambda: _own_metrics(student))
    if metrics is None:
        return None
    layers = [["GlobalAveragePooling2D", {}], ["Dense", {"units": 10, "activation": "softmax"}]]
    options = {
        "optimizer": {"class_name": "SGD", "config": {"learning_rate": RATE}},
        "loss": "sparse_categorical_crossentropy",
        "metrics": metrics,
    }
    builder: Opaque = student.verb("sized_builder", layers, options)
    student.replace("alexnet_cifar", builder)
    # What is wrong with these two counts in their own questions.
    student.replace("channel_statistics", student.function(STATISTICS))
    student.replace("normalize", student.function(NORMALIZE))
    return builder


def _noted(student: Student, builder: Opaque | None) -> list[dict[str, Any]]:
    """Return what became of each of our small models; nothing where that is unknown."""
    try:
        found = student.about("built", builder) if builder is not None else []
    except Raised:
        return []
    return found if isinstance(found, list) and all(map(_is_note, found)) else []


def _is_note(found: Any) -> bool:
    """Tell whether this is what the verb ``built`` says of a model: it comes from the student's process."""
    return (
        isinstance(found, dict)
        and all(is_exactly(found.get(key), int, float, bool) for key in ("input_size", "dropout", "batch_norm"))
        and isinstance(found.get("optimizer"), dict)
        and is_exactly(found["optimizer"].get("steps"), int)
        and isinstance(found.get("colours"), np.ndarray)
        and found["colours"].dtype.kind == "f"
        and all(_are_weights(found.get(key)) for key in ("start", "end"))
    )


def _are_weights(found: Any) -> bool:
    arrays = isinstance(found, list) and all(isinstance(one, np.ndarray) and one.dtype.kind == "f" for one in found)
    return arrays and [one.shape for one in found] == [(3, 10), (10,)]


def small_models(student: Student, epochs: int = EPOCHS, seed: int = 0) -> list[dict[str, Any]]:
    """Return what is known of the small models of a run that `table` has seen, see the verb ``built``."""
    return student.once(("built", epochs, seed), list[dict[str, Any]])


def variants(student: Student) -> list[dict[str, Any]] | None:
    """Return the small models, one a variant; None where others were built too, and nobody can say which is which."""
    built = small_models(student)
    return built if len(built) == len(LADDER) else None


def _own_metrics(student: Student) -> Any:
    """Return the metrics of the student's network as plain values; None where they cannot be said so."""
    try:
        model = student.alexnet_cifar()
    except (Raised, NotAttempted):
        return ["accuracy"]
    compiling = model.export().compiling if isinstance(model, RemoteModel) else {}
    if compiling is None:
        return None
    metrics = compiling.get("metrics") or ["accuracy"]
    plain = isinstance(metrics, list) and all(isinstance(metric, str | dict) for metric in metrics)
    return metrics if plain else None


def row_of(found: Table, name: Any) -> tuple[float, float, float] | None:
    """Return the three numbers of a variant, or None where they are no numbers."""
    values = [found[name].get(key) for key in KEYS]
    plain = [
        value.item() if isinstance(value, np.generic | np.ndarray) and np.size(value) == 1 else value
        for value in values
    ]
    if not all(is_exactly(value, int, float) for value in plain):
        return None
    return float(plain[0]), float(plain[1]), float(plain[2])


def is_share(value: float, n: int) -> bool:
    """Tell whether an accuracy can be one of n images."""
    return -1e-6 <= value <= 1 + 1e-6 and abs(value * n - round(value * n)) < 1e-3


@question("run_ablation")
@check("variants", en="Six variants", fr="Six variantes", weight=2)
def test_variants(student: Student, bench: Bench) -> None:
    """The dict has six entries."""
    found = table(student, bench)

    expect_equal(
        len(found),
        6,
        call=f"len({called(EPOCHS, 0)})",
        what=Text("baseline and five improvements", "la base et cinq améliorations"),
        mistakes=(
            (5, Text("does the baseline count among them?", "la base est-elle comptée ?")),
            (7, Text("momentum and decay are one improvement", "inertie et décroissance forment une amélioration")),
        ),
    )


@question("run_ablation")
@check("keys", en="Three numbers a variant", fr="Trois nombres par variante", weight=2)
def test_keys(student: Student, bench: Bench, exhibit: Callable[..., None]) -> None:
    """Each entry has the three keys, and numbers under them; the table is shown."""
    found = table(student, bench)
    rows = {name: row_of(found, name) for name in found}
    lines = [
        f"{str(name)[:32]:<32} " + ("  ".join(f"{value:7.3f}" for value in row) if row else "?")
        for name, row in rows.items()
    ]
    head = f"{'7 + 5 images, 2 epochs':<32} " + "  ".join(f"{key[-7:]:>7}" for key in ("train acc", "test acc", "loss"))
    title = Text("Your table, on a handful of images", "Votre tableau, sur une poignée d'images")
    exhibit("output", title, text="\n".join([head, *lines])[:2000], truncated=False)

    for name, row in rows.items():
        if row is None:
            expect_equal(
                {key: found[name].get(key) for key in KEYS} if found[name] else {},
                dict.fromkeys(KEYS, 0.0),
                call=f"{called(EPOCHS, 0)}[{name!r}]",
                what=Text("three numbers by these keys, such as", "trois nombres sous ces clés, par exemple"),
            )


def numbers(student: Student, bench: Bench, epochs: int = EPOCHS, seed: int = 0) -> np.ndarray:
    """Return the table as numbers, float64 (variants, 3); fail where it holds something else."""
    found = table(student, bench, epochs, seed)
    rows = [row_of(found, name) for name in found]
    if not rows or any(row is None for row in rows):
        fail(
            Text(f"{called(epochs, seed)} holds no numbers", f"{called(epochs, seed)} ne contient pas de nombres"),
            Text("One float under each of the three keys.", "Un nombre sous chacune des trois clés."),
        )
    return np.array([row for row in rows if row is not None])


@question("run_ablation")
@check("values", en="Accuracies and losses", fr="Exactitudes et pertes", weight=3)
def test_values(student: Student, bench: Bench) -> None:
    """Accuracies are shares of the right set's images; losses are finite and positive."""
    for train_accuracy, test_accuracy, loss in numbers(student, bench):
        named = None
        if max(train_accuracy, test_accuracy) > 1 + 1e-6:
            named = Text(
                "accuracies are shares in [0, 1], not percentages", "les exactitudes sont dans [0, 1], non en %"
            )
        elif (
            is_share(train_accuracy, N_TEST)
            and is_share(test_accuracy, N_TRAIN)
            and not (is_share(train_accuracy, N_TRAIN) and is_share(test_accuracy, N_TEST))
        ):
            named = Text("train and test accuracy are exchanged", "les exactitudes sont échangées")
        elif not is_share(test_accuracy, N_TEST):
            named = Text(
                "test_accuracy is no share of the 5 test images",
                "test_accuracy n'est pas une part des 5 images de test",
            )
        elif not is_share(train_accuracy, N_TRAIN):
            named = Text(
                "train_accuracy is no share of the 7 training images",
                "train_accuracy n'est pas une part des 7 images d'entraînement",
            )
        elif not (np.isfinite(loss) and loss > 0):
            named = Text("test_loss is a positive, finite number", "test_loss est un nombre positif et fini")
        if named is not None:
            shown = f"{train_accuracy:.3f}, {test_accuracy:.3f}, {loss:.3f}"
            fail(
                Text(f"{called(EPOCHS, 0)}, 7 and 5 images: {shown}", f"{called(EPOCHS, 0)}, 7 et 5 images : {shown}"),
                mistake=named,
            )


@question("run_ablation")
@check("seed", en="The seed counts", fr="La graine compte", weight=2)
def test_seed(student: Student, bench: Bench) -> None:
    """Another seed gives other weights, hence other losses."""
    first, other = (numbers(student, bench, EPOCHS, seed)[:, 2] for seed in (0, 1))
    if first.shape == other.shape and np.allclose(first, other, rtol=0, atol=1e-7):
        fail(
            Text(
                f"{called(EPOCHS, 0)} and seed=1: the same table\nexpected: other weights, other losses",
                f"{called(EPOCHS, 0)} et seed=1 : le même tableau\nattendu : d'autres poids, d'autres pertes",
            ),
            Text(
                "Call keras.utils.set_random_seed(seed) before you build each variant, and pass seed on.",
                "Appelez keras.utils.set_random_seed(seed) avant de construire chaque variante, et transmettez seed.",
            ),
        )


@question("run_ablation")
@check("epochs", en="The number of epochs counts", fr="Le nombre d'époques compte", weight=2)
def test_epochs(student: Student, bench: Bench) -> None:
    """Two epochs end with another loss than one; where our small network made the steps of two, that is seen already."""
    longer = numbers(student, bench)[:, 2]
    built = small_models(student)
    if built and built[0]["optimizer"]["steps"] in STEPS:
        return
    first = numbers(student, bench, epochs=1)[:, 2]
    if first.shape == longer.shape and np.allclose(first, longer, rtol=0, atol=1e-7):
        fail(
            Text(
                f"{called(EPOCHS, 0)} and epochs=1: the same table\nexpected: a longer training, other losses",
                f"{called(EPOCHS, 0)} et epochs=1 : le même tableau\nattendu : un entraînement plus long, d'autres pertes",
            ),
            Text("Pass epochs on to train.", "Transmettez epochs à train."),
        )


@question("run_ablation")
@check("ladder", en="Each variant on top of the last", fr="Chaque variante s'ajoute à la précédente", weight=2)
def test_ladder(student: Student, bench: Bench) -> None:
    """Normalised images give other losses; dropout comes with the fifth network, batch normalisation with the sixth."""
    losses = numbers(student, bench)[:, 2]
    if len(losses) > 1 and abs(losses[0] - losses[1]) < 1e-7:
        fail(
            Text(
                f"{called(EPOCHS, 0)}: the second variant has the test_loss of the first, {losses[0]:.4f}\n"
                "expected: normalised images, hence another loss",
                f"{called(EPOCHS, 0)} : la deuxième variante a la test_loss de la première, {losses[0]:.4f}\n"
                "attendu : des images normalisées, donc une autre perte",
            ),
            Text(
                "Is the second variant trained on normalised images?",
                "La deuxième est-elle entraînée sur des images normalisées ?",
            ),
        )
    built = variants(student)
    if built is None:
        return
    expect_equal(
        [(bool(one["dropout"]), one["batch_norm"]) for one in built],
        LADDER,
        call=f"{called(EPOCHS, 0)}: dropout and batch_norm of each alexnet_cifar(...)",
        what=Text("each improvement stays for the later variants", "chaque amélioration reste pour les suivantes"),
        mistakes=(
            (
                [*LADDER[:5], (False, True)],
                Text("the last network has lost its dropout", "le dernier a perdu son dropout"),
            ),
            ([(False, False)] * 6, Text("six times the same network", "six fois le même réseau")),
        ),
    )
    sides = [one["input_size"] for one in built]
    if sides[2] < sides[1] and sides[2:] != [sides[2]] * 4:
        expect_equal(
            sides,
            sides[:2] + [sides[2]] * 4,
            call=f"{called(EPOCHS, 0)}: input_size of each alexnet_cifar(...)",
            what=Text("augmentation stays for the later variants", "l'augmentation reste pour les suivantes"),
        )


@question("run_ablation")
@check("optimizers", en="Momentum and decay come and stay", fr="L'inertie et la décroissance viennent et restent")
def test_optimizers(student: Student, bench: Bench) -> None:
    """From the fourth variant on the optimizer has a momentum, not before, and a rate that is no longer the first one.

    What `train` itself does not do counts in its own question.
    """
    table(student, bench)
    built = variants(student)
    if built is None or any(not one["optimizer"]["steps"] for one in built):
        return
    found = [_momentum_and_decay(one["optimizer"], RATE) for one in built]
    if any(None in pair for pair in found):
        return
    # Whoever compiles the first variants anew has a rate of their own there.
    found = [(momentum, decay and right[1]) for (momentum, decay), right in zip(found, OPTIMIZERS, strict=True)]
    able = (True, True) if found == OPTIMIZERS else student.once("able", lambda: _momentum_and_decay_of_train(student))
    wrong = [
        can and mine != due
        for pair, right in zip(found, OPTIMIZERS, strict=True)
        for mine, due, can in zip(pair, right, able, strict=True)
    ]
    if not any(wrong):
        return
    expect_equal(
        found,
        OPTIMIZERS,
        call=f"{called(EPOCHS, 0)}: (momentum, falling rate) of each variant",
        what=Text("both from the fourth variant on", "les deux à partir de la quatrième variante"),
        mistakes=(
            (
                [(False, False)] * 6,
                Text("no variant has momentum or decay", "aucune variante n'a inertie ni décroissance"),
            ),
            ([(False, False)] * 3 + [(True, False)] * 3, Text("the rate does not fall", "le pas ne décroît pas")),
            ([(False, False)] * 3 + [(False, True)] * 3, Text("momentum is missing", "il manque l'inertie")),
            (
                [*OPTIMIZERS[:4], (False, False), (False, False)],
                Text("the last two variants have lost them", "les deux dernières variantes les ont perdues"),
            ),
        ),
    )


def _momentum_and_decay(optimizer: dict[str, Any], rate: float) -> tuple[bool | None, bool | None]:
    """Tell whether an optimizer has momentum and whether its rate is another than at first; None where it has no such."""
    momentum, now = (optimizer.get(key) for key in ("momentum", "learning_rate"))
    return (
        momentum > 0 if is_exactly(momentum, float) else None,
        not np.isclose(now, rate, rtol=1e-6) if is_exactly(now, float) else None,
    )


def _momentum_and_decay_of_train(student: Student) -> tuple[bool, bool]:
    """Tell whether the student's `train` gives a model momentum, and lets its rate fall."""
    try:
        found = run(student, (flat_pair(7, 6), flat_pair(5, 7)), 2, augment=True, momentum=0.9, decay=0.95)
    except (Raised, NotAttempted):
        return False, False
    optimizer = found.model.describe().get("optimizer")
    momentum, falls = _momentum_and_decay(optimizer if isinstance(optimizer, dict) else {}, TRAIN_RATE)
    return bool(momentum), bool(falls)


@question("run_ablation")
@check("loss", en="test_loss is of the test images", fr="test_loss est celle des images de test")
def test_loss(student: Student, bench: Bench) -> None:
    """The loss of the first two variants is not that of the training images, which our small network tells."""
    losses = numbers(student, bench)[:, 2]
    built = variants(student)
    if built is None or len(losses) != len(built):
        return
    for place, ((test, _mistakes), train) in enumerate(zip(_test_colours(bench), _train_colours(bench), strict=True)):
        one = built[place]
        (_, y_train), (_, y_test) = problem(bench)
        if not _were_seen(test, one["colours"]) or one["optimizer"]["steps"] != EPOCHS:
            continue
        named = Text("this is the loss of the training images", "c'est la perte des images d'entraînement")
        right = _loss(test, y_test, one["end"])
        wrong = (_loss(train, y_train, one["end"]), _loss(train, y_train, _stepped(train, y_train, one["start"])))
        if abs(losses[place] - right) > 2e-3 and min(abs(losses[place] - value) for value in wrong) < 1e-4:
            fail(
                Text(
                    f"{called(EPOCHS, 0)}, variant {place + 1}\ngot: test_loss {losses[place]:.4f}\n"
                    f"expected: {right:.4f}",
                    f"{called(EPOCHS, 0)}, variante {place + 1}\nobtenu : test_loss {losses[place]:.4f}\n"
                    f"attendu : {right:.4f}",
                ),
                mistake=named,
            )


def _loss(colours: np.ndarray, labels: np.ndarray, weights: list[np.ndarray]) -> float:
    """Return the loss of our small network on images of these mean colours."""
    return loss_of(probabilities(colours, weights), labels)


def _stepped(colours: np.ndarray, labels: np.ndarray, weights: list[np.ndarray]) -> list[np.ndarray]:
    """Return the weights of our small network after one step on the whole set."""
    pairs = zip(weights, gradients(colours, labels, weights), strict=True)
    return [part - RATE * gradient for part, gradient in pairs]


@question("run_ablation")
@check(
    "statistics",
    en="Scaled, then normalised as in training",
    fr="Mis à l'échelle, puis normalisé comme à l'apprentissage",
)
def test_statistics(student: Student, bench: Bench) -> None:
    """The first network is shown test images in [0, 1], the second ones normalised by the training images.

    Only known mistakes cost points: images can be prepared, and networks fed, in ways that show nothing here.
    """
    table(student, bench)
    built = variants(student)
    if built is None:
        return
    for place, (right, mistakes) in enumerate(_test_colours(bench)):
        shown = built[place]["colours"]
        if _were_seen(right, shown):
            continue
        named = next((words for colours, words in mistakes if _were_seen(colours, shown)), None)
        if named is not None:
            fail(
                Text(
                    f"{called(EPOCHS, 0)}: the test images of variant {place + 1}",
                    f"{called(EPOCHS, 0)} : les images de test de la variante {place + 1}",
                ),
                mistake=named,
            )


def _were_seen(colours: np.ndarray, seen: Any) -> bool:
    """Tell whether images of all these mean colours, (n, 3), are among those that a network was shown."""
    if not isinstance(seen, np.ndarray) or seen.ndim != 2 or seen.shape[1:] != (3,) or not len(seen):
        return False
    apart = np.abs(colours[:, np.newaxis] - seen).max(axis=2).min(axis=1)
    return bool(apart.max() < 2e-3)


def _train_colours(bench: Bench) -> list[np.ndarray]:
    """Return the mean colours of the training images as the first two variants show them."""
    images = problem(bench)[0][0] / 255.0
    colours = images.mean(axis=(1, 2))
    return [colours, _normalised(colours, images)]


def _normalised(colours: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Return mean colours normalised by the statistics of some images."""
    found: np.ndarray = (colours - by.mean(axis=(0, 1, 2))) / by.std(axis=(0, 1, 2))
    return found


_Mistakes = list[tuple[np.ndarray, Text]]


def _test_colours(bench: Bench) -> list[tuple[np.ndarray, _Mistakes]]:
    """Return the mean colours of the test images as the first two variants show them, with those of known mistakes."""
    train, test = (images / 255.0 for images, _labels in problem(bench))
    colours = test.mean(axis=(1, 2))
    raw = (255 * colours, Text("they are not scaled to [0, 1]", "elles ne sont pas ramenées à [0, 1]"))
    early = (
        _normalised(colours, train),
        Text("the baseline is normalised already", "la variante de base est déjà normalisée"),
    )
    plain = (colours, Text("they are not normalised", "elles ne sont pas normalisées"))
    words = Text(
        "normalised by their own statistics, not by the training images'",
        "normalisées par leurs propres statistiques, non par celles de l'apprentissage",
    )
    both = Text(
        "normalised by statistics to which the test images contributed",
        "normalisées par des statistiques auxquelles les images de test ont contribué",
    )
    together = (_normalised(colours, np.concatenate([train, test])), both)
    own = (_normalised(colours, test), words)
    return [(colours, [raw, early]), (_normalised(colours, train), [raw, plain, own, together])]
