"""What a hidden test holds in its hands: values, models, figures and failures of a confined process."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.architecture import ModelData, is_rebuildable
from autograder.bench import Bench
from autograder.confine import available_layers
from autograder.errors import ProcessEnded
from autograder.network import Kernels, Plan, Stage, forward, random_weights, sort_kernels
from autograder.process import Raised
from autograder.student import NotAttempted, Opaque, RemoteFigure, RemoteHistory, RemoteModel, Student

HandIn = Callable[..., Student]
pytestmark = pytest.mark.skipif(
    not {"landlock", "seccomp"} <= set(available_layers()), reason="student code needs Landlock and seccomp"
)

VALUES = """
import numpy as np
import tensorflow as tf

def same(value):
    return value

def tensor():
    return tf.constant([[1.0, 2.0]])

def variable():
    return tf.Variable([1, 2])

def odd_tensor():
    return tf.constant([1.0], tf.bfloat16)

class Liar(np.ndarray):
    def __eq__(self, other):
        return True

def liar():
    return np.zeros(2).view(Liar)

class Same:
    size = 3
    def __eq__(self, other):
        return True
    def double(self, x):
        return 2 * x

def opaque():
    return [Same(), 1 + 2j, np.array(["a"]), np.array([object()])]

class Words(dict):
    def items(self):
        raise RuntimeError
    def __len__(self):
        return 99

class Items(list):
    def __iter__(self):
        raise RuntimeError

def subclasses():
    return Words(a=Items([1, 2]))

def endless():
    value = []
    value.append(value)
    return value

def keys():
    return {(1, 2): "a", 3: "b", None: "c"}

def counter(step):
    return lambda x: x + step

def numbers():
    for n in range(3):
        yield np.full(2, n)
"""


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -3,
        10**30,
        0.5,
        float("inf"),
        "é\u2028😀",
        b"\0\xff",
        [1, [2, "a"]],
        (1, (2.5,)),
        {"a": {"b": 1}, 2: None},
        np.arange(6, dtype=np.int16).reshape(2, 3),
        np.array(2.5),
        np.array([True, False]),
        np.array([np.nan, -np.inf], np.float16),
        np.float32(0.25),
        np.int64(7),
        np.zeros((0, 3)),
    ],
    ids=repr,
)
def test_plain_values_go_and_come_back(hand_in: HandIn, value: Any) -> None:
    """What a test passes reaches the function and what it returns reaches the test, type and all."""
    found = hand_in(VALUES).same(value)

    assert type(found) is type(value)
    if isinstance(value, np.ndarray | np.generic):
        assert found.dtype == value.dtype
        np.testing.assert_array_equal(found, value)
    else:
        assert found == value


def test_other_values_come_as_what_they_are(hand_in: HandIn) -> None:
    """Tensors come as arrays, sub-classes as their bases, objects as their class's name, and nothing runs on our side."""
    student = hand_in(VALUES)

    np.testing.assert_array_equal(student.tensor(), [[1.0, 2.0]])
    np.testing.assert_array_equal(student.variable(), [1, 2])
    assert type(student.liar()) is np.ndarray
    assert [item.type_name for item in student.opaque()] == ["Same", "complex", "ndarray", "ndarray"]
    assert all(isinstance(item, Opaque) and item != 3 for item in student.opaque())
    assert isinstance(student.odd_tensor(), Opaque)
    assert student.subclasses() == {"a": [1, 2]}
    assert student.keys() == {"(1, 2)": "a", 3: "b", None: "c"}
    assert repr(student.endless()).count("[") == 30


def test_objects_can_be_used_where_they_are(hand_in: HandIn) -> None:
    """Attributes are read, methods and returned functions called, iterators taken from, objects passed back."""
    student = hand_in(VALUES)
    found = student.opaque()[0]
    counter = student.counter(5)
    numbers = student.numbers()

    assert found.attribute("size") == 3
    assert found.attribute("double")(4) == 8
    assert (counter.kind, counter(2)) == ("callable", 7)
    assert numbers.kind == "iterator"
    assert [item.tolist() for item in numbers.items(2)] == [[0, 0], [1, 1]]
    assert [item.tolist() for item in numbers.items(9)] == [[2, 2]]
    assert student.same(found).type_name == "Same"
    with pytest.raises(Raised, match="AttributeError"):
        found.attribute("no_such")


def test_functions_of_ours_can_be_passed_in(hand_in: HandIn) -> None:
    """A callback runs on our side, any number of times, with the student's arguments."""
    student = hand_in("def total(f, n):\n    return sum(float(f(i, scale=2)[0]) for i in range(n))\n")

    assert student.total(lambda i, scale: np.array([i * scale]), 4) == 12.0
    assert student.total(f=lambda i, scale: (i, scale), n=3) == 3.0


def test_a_callback_called_wrongly_ends_the_process(hand_in: HandIn) -> None:
    """Our function raises on our side; the process, which still waits, does not take the next request for an answer."""
    student = hand_in("def bad(f):\n    return f(1, 2, 3)\n\ndef good():\n    return 4\n")

    with pytest.raises(TypeError):
        student.bad(lambda x: x)

    assert student.good() == 4


def test_changed_arguments_are_told(hand_in: HandIn) -> None:
    """A function that writes into what it was given is told from one that does not, by place or name."""
    student = hand_in(
        "def change(a, b, c=None):\n    a += 1\n    c[0][0] = 9\n    return a\n\ndef keep(a, b):\n    return a + 1\n"
    )
    ours = np.zeros(3)

    reply = student.call("change", ours, np.zeros(2), c=[np.zeros(2)])

    assert reply.changed == ("0", "c")
    np.testing.assert_array_equal(reply.value, np.ones(3))
    np.testing.assert_array_equal(ours, np.zeros(3))
    assert student.call("keep", np.array([np.nan]), 1).changed == ()


def test_changed_lists_dicts_and_histories_are_told(hand_in: HandIn) -> None:
    """Plain containers count as arrays do, however deep, and so do the curves of a history."""
    student = hand_in(
        "def take(sizes, names, history):\n    sizes[1].append(3)\n    del names['b']\n    history.history.pop('loss')\n\n"
        "def spoil(history):\n    history.history = None\n\n"
        "def keep(sizes, names, history):\n    return len(sizes) + len(names) + len(history.history)\n"
    )
    curves = {"loss": [0.5, float("nan")]}
    given = ([1, [2]], {"a": float("nan"), "b": None})

    assert student.call("take", *given, student.history(curves)).changed == ("0", "1", "2")
    assert student.call("spoil", student.history(curves)).changed == ("0",)
    assert student.call("keep", *given, student.history(curves)).changed == ()


def test_files_are_found_wherever_the_code_has_gone(hand_in: HandIn) -> None:
    """Names of files are those of the private folder, at each call."""
    student = hand_in(
        "import os\nos.mkdir('elsewhere')\nos.chdir('elsewhere')\n\n"
        "def read(name):\n    os.chdir('/')\n    return os.path.exists(name)\n\n"
        "def look(name):\n    return open(name).read()\n"
    )
    student.write_file("a.txt", b"here")

    assert student.read("a.txt") is False
    assert student.look("a.txt") == "here"


def test_models_of_ours_are_float32(hand_in: HandIn) -> None:
    """Whatever precision the module has chosen for its own; that stays."""
    student = hand_in(
        "import keras\nkeras.config.set_dtype_policy('mixed_float16')\n\n"
        "def kinds(model):\n    return type(model.optimizer).__name__, model.compute_dtype\n\n"
        "def own():\n    return keras.config.dtype_policy().name\n"
    )
    layers = [["Input", {"shape": (2,)}], ["Dense", {"units": 1}]]
    model = student.verb("sequential", layers, {"optimizer": "sgd", "loss": "mse"})

    assert student.kinds(model) == ("SGD", "float32")
    assert student.own() == "mixed_float16"


def test_what_is_printed_and_warned_is_told(hand_in: HandIn) -> None:
    """Both streams and warnings of a call come with its reply; print of the import does not mix in."""
    student = hand_in(
        "import sys, warnings\n"
        "def f():\n"
        "    print('é out')\n"
        "    print('err', file=sys.stderr)\n"
        "    warnings.warn('careful', UserWarning)\n"
        "    return 1\n"
    )

    reply = student.call("f")

    assert (reply.output, reply.errors, reply.warnings) == ("é out\n", "err\n", ("UserWarning: careful",))
    assert student.printed == "é out\n"


def test_an_exception_shows_the_students_lines_only(hand_in: HandIn) -> None:
    """Type, bases, words and the frames of the submission, without ours, NumPy's or the machine's paths."""
    student = hand_in(
        "import numpy as np\n\ndef f(x):\n    return g(x)\n\ndef g(x):\n    return np.zeros(2) @ np.zeros(3)\n"
    )

    with pytest.raises(Raised) as caught:
        student.f(1)

    error = caught.value
    assert error.type_name == "ValueError"
    assert "Exception" in error.bases
    assert error.frames == (
        {"file": "toy.py", "line": 4, "function": "f", "code": "return g(x)"},
        {"file": "toy.py", "line": 7, "function": "g", "code": "return np.zeros(2) @ np.zeros(3)"},
    )
    assert not error.memory


@pytest.mark.parametrize(
    "body",
    [
        "raise type('Odd', (BaseException,), {'__str__': lambda self: 1 / 0})",
        "raise KeyboardInterrupt",
        "raise SystemExit(3)",
        "raise Exception('\\ud800' * 3000)",
        "return f()",
        "raise GeneratorExit",
    ],
)
def test_any_exception_is_told(hand_in: HandIn, body: str) -> None:
    """Whatever is raised is data on our side, its words cut to a length, and the process serves on."""
    student = hand_in(f"def f():\n    {body}\n\ndef g():\n    return 1\n")

    with pytest.raises(Raised) as caught:
        student.f()

    assert len(caught.value.message) <= 2000
    assert student.g() == 1


def test_the_stub_is_recognised(hand_in: HandIn) -> None:
    """The stub's own error and a missing function are not attempts; another error of that kind is one."""
    student = hand_in(
        "def f():\n    raise NotImplementedError('question f: to be written')\n"
        "def bare():\n    raise NotImplementedError\n"
        "def real():\n    raise NotImplementedError('Cannot convert')\n"
        "g: int = 3\n"
    )

    for name in ("f", "bare", "g", "missing"):
        with pytest.raises(NotAttempted):
            student.call(name)
    with pytest.raises(Raised, match="Cannot convert"):
        student.real()
    with pytest.raises(AttributeError):
        _ = student._private


def test_defaults_are_read_from_what_was_written(hand_in: HandIn) -> None:
    """A stub has none, though its signature is there; a function that raises the stub's error at times has."""
    student = hand_in(
        "def f(a, b=1):\n    'Say.'\n    raise NotImplementedError('question f: to be written')\n"
        "def g(a, b=2):\n    if a:\n        raise NotImplementedError\n    return b\n"
        "bare = dict\n"
    )

    with pytest.raises(NotAttempted):
        student.defaults("f")
    assert student.defaults("g") == {"b": 2}
    assert student.defaults("bare") == {}


def test_a_broken_function_raises_its_syntax_error(hand_in: HandIn) -> None:
    """It was attempted: the line is told, and the other functions work."""
    student = hand_in("def f(:\n    pass\n\ndef g():\n    return 1\n")

    with pytest.raises(Raised, match="SyntaxError") as caught:
        student.f()

    assert caught.value.frames[0]["line"] == 1
    assert student.g() == 1
    report = student.import_report
    assert report is not None
    assert "Line 1: SyntaxError" in report.en
    assert "Ligne 1" in report.fr


def test_companion_files_are_beside_the_module(hand_in: HandIn) -> None:
    """A submission may import its own modules and read its own files."""
    student = hand_in(
        "from pieces import two\ndef f():\n    return two() + len(open('n.txt').read())\n",
        {
            "pieces.py": b"def two():\n    return 2\n",
            "n.txt": b"abc",
        },
    )

    assert student.f() == 5


def test_state_does_not_carry_over_to_the_next_question(hand_in: HandIn) -> None:
    """Within a question calls share a process, as in a session; the next question gets a fresh one."""
    student = hand_in(
        "seen = []\ndef f():\n    seen.append(1)\n    open('left', 'a').write('x')\n    return len(seen)\n"
    )

    assert [student.f(), student.f()] == [1, 2]
    student.begin_question()
    assert student.f() == 1
    assert student.read_file("left") == b"x"
    assert student.read_file("none") is None


def test_what_is_drawn_is_the_same_each_time(hand_in: HandIn) -> None:
    """Random generators that a student does not seed start from the same place at each call."""
    student = hand_in(
        "import random, numpy as np, keras\n"
        "def f():\n    return [random.random(), np.random.rand(), float(keras.random.uniform((1,))[0]), hash('a')]\n"
    )
    first = student.f()
    student.begin_question()

    assert student.f() == first
    with student.stirred():
        assert set(student.f()) & set(first) == {first[-1]}  # the hash alone
    assert student.f() == first


def test_a_computation_is_done_once_a_question(hand_in: HandIn) -> None:
    """What is remembered, failures too, is forgotten with the question."""
    student = hand_in("")
    calls: list[int] = []

    def fail() -> None:
        calls.append(1)
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            student.once("key", fail)
    student.begin_question()
    assert student.once("key", lambda: 3) == 3
    assert calls == [1]


FIGURES = """
import matplotlib.pyplot as plt
import numpy as np

def draw():
    figure, (left, right) = plt.subplots(1, 2)
    left.plot([1, 2, 3], [4, 5, 6], label="loss")
    left.set_xlabel("epoch")
    left.legend()
    right.imshow(np.arange(6).reshape(2, 3), cmap="gray")
    right.set_title("digit")
    right.axis("off")
    figure.suptitle("All")
    return figure
"""


def test_a_figure_says_what_it_shows(hand_in: HandIn) -> None:
    """Lines, images, words and the picture itself come over; the object stays."""
    found = hand_in(FIGURES).draw()
    assert isinstance(found, RemoteFigure)

    shown = found.show()

    left, right = shown["axes"]
    assert (left["lines"][0]["y"].tolist(), left["lines"][0]["label"], left["xlabel"]) == ([4, 5, 6], "loss", "epoch")
    assert (left["legend"], shown["title"], right["title"]) == (["loss"], "All", "digit")
    assert (right["images"][0]["data"].shape, right["images"][0]["colours"], right["axis_on"]) == (
        (2, 3),
        "grey",
        False,
    )
    assert shown["png"].startswith(b"\x89PNG")


MODELS = """
import keras
from keras import layers

def net():
    model = keras.Sequential([
        keras.Input((8, 8, 1)),
        layers.Conv2D(3, (3, 3), activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(4, activation="softmax"),
    ])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model

class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.inner = layers.Dense(2)
    def call(self, x):
        return self.inner(x)
    def count_params(self):
        return 203434
    def predict(self, *args, **kwargs):
        return "always right"

def custom():
    return Net()

def lambda_net():
    return keras.Sequential([keras.Input((2,)), layers.Lambda(lambda x: x * 2)])

def train(model, X, y, epochs=2):
    return model.fit(X, y, epochs=epochs, verbose=0)

def last(history):
    return history.history["loss"][-1]
"""


def images(n: int = 5) -> np.ndarray:
    """Return small images of noise."""
    return np.random.default_rng(1).normal(size=(n, 8, 8, 1)).astype(np.float32)


def kernels(weights: list[np.ndarray]) -> Kernels:
    """Return a network's weights by their role; there must be one chain of them."""
    found = sort_kernels(weights)
    assert found is not None
    return found


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_the_oracle_agrees_with_keras(warm_bench: Bench, padding: str) -> None:
    """Convolution, pooling, flattening and dense layers in NumPy give what Keras gives from the same weights."""
    model = warm_bench.workshop.sequential(
        [
            ("Input", {"shape": (9, 8, 1)}),
            ("Conv2D", {"filters": 3, "kernel_size": (3, 2), "activation": "relu", "padding": padding}),
            ("MaxPooling2D", {}),
            ("Conv2D", {"filters": 2, "kernel_size": (2, 2), "activation": "tanh", "padding": padding}),
            ("AveragePooling2D", {"pool_size": 2}),
            ("Flatten", {}),
            ("Dense", {"units": 5, "activation": "sigmoid"}),
            ("Dense", {"units": 4, "activation": "softmax", "use_bias": False}),
        ],
        loss="mse",
    )
    weights = random_weights(model.weights(), seed=3)
    model.set_weights(weights)
    inputs = np.random.default_rng(0).normal(size=(6, 9, 8, 1)).astype(np.float32)
    same = padding == "same"
    plan = Plan(
        (
            Stage("conv", "relu", same=same),
            Stage("max_pool"),
            Stage("conv", "tanh", same=same),
            Stage("average_pool"),
            Stage("flatten"),
            Stage("dense", "sigmoid"),
            Stage("dense", "softmax"),
        )
    )

    ours = forward(plan, kernels(weights), inputs)

    assert ours is not None
    np.testing.assert_allclose(ours, model.predict(inputs), atol=1e-5)


def test_a_plain_model_is_rebuilt_without_the_students_code(hand_in: HandIn, warm_bench: Bench) -> None:
    """Exported as data and made in the workshop it predicts the same; its description names layers and optimizer."""
    model = hand_in(MODELS).net()
    assert isinstance(model, RemoteModel)

    data = model.export()
    again = warm_bench.rebuilt("a key", data)
    said = model.describe()

    assert is_rebuildable(data)
    assert again.process is warm_bench.workshop.process
    assert warm_bench.rebuilt("a key", data) is again
    np.testing.assert_allclose(again.predict(images()), model.predict(images()), atol=1e-6)
    assert [layer["kind"] for layer in said["layers"]] == ["Conv2D", "MaxPooling2D", "Flatten", "Dense"]
    assert (said["input_shape"], said["output_shape"]) == ((None, 8, 8, 1), (None, 4))
    assert (said["optimizer"]["kind"], round(said["optimizer"]["learning_rate"], 6)) == ("Adam", 0.001)
    assert said["layers"][0]["weights"] == [(3, 3, 1, 3), (3,)]


def test_a_model_of_the_students_own_stays_where_it_is(hand_in: HandIn) -> None:
    """Custom classes and Lambda layers are not rebuilt; what is asked of them goes around their own methods."""
    student = hand_in(MODELS)
    model = student.custom()
    model.build(np.zeros((1, 3), np.float32))

    outputs = model.predict(np.ones((2, 3), np.float32))

    assert not is_rebuildable(model.export())
    assert not is_rebuildable(student.lambda_net().export())
    assert sum(array.size for array in model.weights()) == 8
    assert outputs.shape == (2, 2)


def test_models_of_ours_can_be_passed_in(hand_in: HandIn, warm_bench: Bench) -> None:
    """A model as data is made beside the student's code; the history comes back as numbers and can be passed on."""
    student = hand_in(MODELS)
    stack: list[tuple[str, dict[str, Any]]] = [("Input", {"shape": (3,)}), ("Dense", {"units": 1})]
    toy = warm_bench.toy(stack, loss="mse", optimizer="sgd")
    inputs, labels = np.ones((8, 3), np.float32), np.zeros((8, 1), np.float32)

    history = student.train(toy, inputs, labels, epochs=3)

    assert isinstance(toy, ModelData)
    assert isinstance(history, RemoteHistory)
    assert len(history.curves["loss"]) == 3
    assert student.last(history) == pytest.approx(history.curves["loss"][-1])
    assert warm_bench.toy(stack, loss="mse", optimizer="sgd") is toy


def test_the_workshop_has_its_time_for_each_request(warm_bench: Bench) -> None:
    """It lives longer than a check: time that passed between requests does not count."""
    process = warm_bench.workshop.process
    process.allow(-1.0)

    warm_bench.workshop.sequential([("Input", {"shape": (3,)}), ("Dense", {"units": 1})], loss="mse")

    assert warm_bench.workshop.process is process


def test_a_module_that_exits_cannot_be_used(hand_in: HandIn) -> None:
    """The first call tells the line, and so does every other, without importing again."""
    student = hand_in("x = 1\nexit()\ndef f():\n    return 1\n")

    for _ in range(2):
        with pytest.raises(ProcessEnded, match=r"while importing your module: the module calls exit\(\) at line 2"):
            student.f()
    assert student.import_report is not None
    assert "ligne 2" in student.import_report.fr


def test_waiting_for_a_process_is_not_the_submissions_time(hand_in: HandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first submission of a worker does not pay for the loading of TensorFlow."""
    student = hand_in("def f():\n    return 1\n")
    nursery = student._nursery
    real = nursery.fork

    def slow(*args: Any) -> Any:
        time.sleep(1.0)
        return real(*args)

    monkeypatch.setattr(nursery, "fork", slow)
    student.begin_check()
    assert student.f() == 1
    student.end_check()

    assert student._spent_seconds < 1.0
