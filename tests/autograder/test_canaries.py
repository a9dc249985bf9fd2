"""Every secret carries a random mark; a submission that looks everywhere for marks brings none of them out.

All that leaves a student's process is searched: the wire, what it prints, the files that it leaves; in plain, reversed,
in hexadecimal and in base64.  The control plants a mark where students may read, and finds it in every channel.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder import bench as bench_module
from autograder.bench import Bench
from autograder.course_data import CourseData
from autograder.model import Lab, Limits, Question, Submission
from autograder.nursery import Nursery, Settings, settings_here
from autograder.process import Raised, StudentProcess
from shared.text import Text

KINDS = ("environment", "suite", "reference", "neighbour", "held_out", "judge_memory")
LIMITS = Limits(check_seconds=60.0, submission_seconds=120.0)

# It looks for the marks' common beginning, which it knows, and says what follows it in every way it can.
SNOOP = r"""
import base64
import ctypes
import glob
import os
import re
import sys

import numpy as np

MARK = re.compile(rb"MARK-[0-9a-f]{24}")
found = set()

def look(data):
    found.update(MARK.findall(data))

def read(path):
    try:
        with open(path, "rb") as file:
            look(file.read(2**22))
    except (OSError, ValueError):
        pass

def files(*places):
    for place in places:
        for path in glob.glob(place, recursive=True)[:3000]:
            read(path)

def memory():
    # The memory that it was forked with, by addresses: nothing of the judge's may have been left in it.
    try:
        maps = open("/proc/self/maps").read()
    except OSError:
        maps = ""
    for line in maps.splitlines():
        span, modes = line.split()[:2]
        start, end = (int(part, 16) for part in span.split("-"))
        if modes.startswith("rw") and end - start < 2**27 and "[v" not in line:
            look(ctypes.string_at(start, end - start))
    return bool(maps)

def environment():
    look(repr(dict(os.environ)).encode())
    for process in glob.glob("/proc/[0-9]*"):
        for part in ("environ", "cmdline", "mem", "root/etc/passwd"):
            read(os.path.join(process, part))
    for number in range(4, 64):
        read(f"/proc/self/fd/{number}")

def names():
    look(" ".join(sys.argv + sys.orig_argv + list(sys.modules) + sys.path).encode())
    for module in list(sys.modules.values()):
        look(repr(getattr(module, "__dict__", {}))[:10**6].encode("utf-8", "replace"))

def search(places):
    looked = memory()
    environment()
    names()
    files(*places)
    for path in ("own.txt",):
        read(path)
    return looked

def say():
    text = b" ".join(sorted(found)).decode()
    print(text)
    print(text[::-1], file=sys.stderr)
    open("left.bin", "wb").write(base64.b64encode(text.encode()))
    return text, text.encode().hex(), np.frombuffer(text.encode() or b"-", np.uint8)

def raise_it():
    raise ValueError(b" ".join(sorted(found)).decode())

def take(images):
    look(np.ascontiguousarray(images).tobytes())
    return len(found)
"""


@dataclass
class Tap:
    """All bytes that came from student processes, by channel."""

    wire: bytearray = field(default_factory=bytearray)
    printed: bytearray = field(default_factory=bytearray)
    left: bytearray = field(default_factory=bytearray)

    def clear(self) -> None:
        """Forget everything."""
        for channel in (self.wire, self.printed, self.left):
            channel.clear()

    def channels_with(self, mark: str) -> dict[str, set[str]]:
        """Return in which channels a mark is found, each with the forms it has there."""
        return {name: forms for name in ("wire", "printed", "left") if (forms := _forms(getattr(self, name), mark))}


def _forms(data: bytearray, mark: str) -> set[str]:
    plain = mark.encode()
    forms = {"plain": plain, "reversed": plain[::-1], "hexadecimal": plain.hex().encode()}
    found = {name for name, form in forms.items() if form in data}
    # In base64 a text looks different in each of three places; its middle is searched.
    for shift in range(3):
        inside = base64.b64encode(b"x" * shift + plain + b"xxx")[4 : -8 if shift else -6]
        if inside in data:
            found.add("base64")
    return found


@pytest.fixture
def tap(monkeypatch: pytest.MonkeyPatch) -> Tap:
    """Record what crosses, by standing in the judge's own way of reading it."""
    kept = Tap()
    read, drain, discard = StudentProcess._read, StudentProcess._drain, Nursery.discard

    def read_and_keep(process: StudentProcess, size: int) -> bytes:
        data = read(process, size)
        kept.wire += data
        return data

    def drain_and_keep(process: StudentProcess) -> None:
        drain(process)
        kept.printed += b"".join(bytes(stream.kept) for stream in process._streams.values())

    def discard_and_keep(nursery: Nursery, process: StudentProcess) -> None:
        for path in process.folder.rglob("*"):
            if path.is_file() and path.suffix != ".py" and path.name != "own.txt":
                kept.left += path.read_bytes()
        discard(nursery, process)

    monkeypatch.setattr(StudentProcess, "_read", read_and_keep)
    monkeypatch.setattr(StudentProcess, "_drain", drain_and_keep)
    monkeypatch.setattr(Nursery, "discard", discard_and_keep)
    return kept


@dataclass(frozen=True)
class Scene:
    """A judge whose secrets are marked, and the places in which a snoop would look."""

    bench: Bench
    marks: dict[str, str]
    places: list[str]


@pytest.fixture
def scene(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """Mark the environment, files that anybody may read, the held-out images and the judge's own memory."""
    marks = {kind: f"MARK-{secrets.token_hex(12)}" for kind in KINDS}
    public = tmp_path
    for folder in (public, *public.parents[:3]):
        if folder != Path("/tmp"):
            folder.chmod(folder.stat().st_mode | 0o055)
    for kind in ("suite", "reference", "neighbour"):
        (public / f"{kind}.py").write_text(f"# {marks[kind]}\n")
        (public / f"{kind}.py").chmod(0o644)
    monkeypatch.setenv("COURSE_TOKEN", marks["environment"])
    images = np.zeros((4, 28, 28), np.uint8)
    images.reshape(4, -1)[:, : len(marks["held_out"])] = np.frombuffer(marks["held_out"].encode(), np.uint8)
    given = (np.zeros((4, 28, 28), np.uint8), np.zeros(4, np.uint8))
    data = CourseData((given, given), ((images, np.zeros(4, np.uint8)), (images, np.zeros(4, np.uint8))))
    monkeypatch.setattr(bench_module, "pin", lambda _name: data)
    question = Question("search", Text("Search", "Chercher"), Fraction(1))
    lab = Lab("toy", Text("Toy", "Jouet"), (question,), LIMITS, ("mnist",))
    kept_in_memory = [marks["judge_memory"] * 100]
    settings = settings_here(LIMITS)
    off = frozenset(getattr(request, "param", ()))
    if off:
        settings = Settings(LIMITS, settings.disabled | off)
    bench = Bench(lab, settings)
    yield Scene(bench, marks, [f"{public}/**", f"{Path.cwd()}/tests/labs/**/*.py"])
    assert kept_in_memory
    bench.close()


def snoop(scene: Scene, own: str) -> None:
    """Let the snoop search, and say what it found in every way."""
    scene.bench.take(Submission("snoop", "sha256:0", SNOOP, files={"own.txt": own.encode()}))
    student = scene.bench.student
    looked = student.search(scene.places)
    student.say()
    with pytest.raises(Raised):
        student.raise_it()
    assert looked, "it could not even read its own memory: that proves nothing"
    student.leave()


def test_no_mark_of_a_secret_comes_out(scene: Scene, tap: Tap) -> None:
    """Environment, suite, reference, neighbours, held-out images and the judge's memory stay where they are."""
    snoop(scene, own="nothing here")

    assert {kind: tap.channels_with(mark) for kind, mark in scene.marks.items()} == {kind: {} for kind in KINDS}
    assert tap.wire


def test_a_mark_in_reach_is_found_in_every_channel(scene: Scene, tap: Tap) -> None:
    """The control: what the snoop may read comes out on the wire, in print and in a file, and is noticed there."""
    own = f"MARK-{secrets.token_hex(12)}"

    snoop(scene, own=own)

    found = tap.channels_with(own)
    assert found["wire"] >= {"plain", "hexadecimal"}
    assert found["printed"] >= {"plain", "reversed"}
    assert "base64" in found["left"]


@pytest.mark.parametrize("scene", [("uid", "landlock")], indirect=True, ids=["without uid and Landlock"])
def test_marked_files_come_out_without_the_layers(scene: Scene, tap: Tap) -> None:
    """The control of the layers: switched off, the snoop brings out every file; the judge's memory is still not in it."""
    snoop(scene, own="")

    found = {kind for kind, mark in scene.marks.items() if tap.channels_with(mark)}
    assert {"suite", "reference", "neighbour"} <= found
    assert found.isdisjoint({"judge_memory", "held_out"})


@pytest.mark.parametrize(
    "form", [str.encode, lambda text: text[::-1].encode(), lambda text: text.encode().hex().encode()]
)
def test_search_knows_the_forms(form: Callable[[str], bytes]) -> None:
    """A mark is recognised in each form; base64 at each of its three offsets."""
    mark = "MARK-0123456789abcdef01234567"

    assert _forms(bytearray(b"ab" + form(mark) + b"c"), mark)
    for shift in range(3):
        assert "base64" in _forms(bytearray(base64.b64encode(b"y" * shift + mark.encode() + b"tail")), mark)
    assert not _forms(bytearray(b"MARK-ffff"), mark)


def test_held_out_images_are_seen_by_models_only(scene: Scene, tap: Tap) -> None:
    """Images are handed to a student's process to be predicted: they may be seen there, their labels never are."""
    scene.bench.take(Submission("snoop", "sha256:0", SNOOP))
    (images, _labels), _test = scene.bench.data["mnist"].held_out

    seen: Any = scene.bench.student.take(images)
    scene.bench.student.leave()

    assert seen == 1, "the search finds a mark that is handed over"
    assert tap.channels_with(scene.marks["held_out"]) == {}
