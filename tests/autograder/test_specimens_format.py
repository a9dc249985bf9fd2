"""How specimen submissions are described and made, and what is said when a description is wrong."""

from __future__ import annotations

import ast
import json
import runpy
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.errors import LabError
from autograder.labs import load_lab
from autograder.specimens import Specimen, combine_wrong, demo_class, load_specimens, write_specimen
from autograder.submissions import Entry, read_submission
from shared.text import Text

TOY = runpy.run_path(str(Path(__file__).with_name("toy_lab.py")))
ROOT = Path(__file__).resolve().parents[2]
WORDS = 'mistake = { en = "added", fr = "ajouté" }'
ADDED = f"""
[[specimen]]
name = "added-once"
question = "double"
{WORDS}
edits = [{{ find = "return 2 * x", replace = "return 2 + x" }}]
"""
REPLACED = f"""
[[specimen]]
name = "always-zero"
question = "average"
{WORDS}
body = '''
total = 0.0
return total
'''
"""

Course = Callable[..., Path]


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """Write the toy course with these files of specimens."""

    def write(**files: str) -> Path:
        root: Path = TOY["make_course"](tmp_path / "course")
        stub = 'def double(x):\n    raise NotImplementedError("question double: to be written")\n'
        (root / "assignments/toy/toy.py").write_text(stub, encoding="utf-8")
        for name, text in files.items():
            (root / f"tests/submissions/toy/{name}.toml").write_text(text, encoding="utf-8")
        return root

    return write


def only(root: Path) -> Specimen:
    """Return the one specimen of the toy lab."""
    (specimen,) = load_specimens(root, "toy")
    return specimen


def written(specimen: Specimen, folder: Path) -> str:
    """Return the text of a specimen that is one file."""
    return write_specimen(specimen, folder).read_text(encoding="utf-8")


def careless(*lines: str) -> str:
    """Return a careless specimen that loses nothing."""
    return "\n".join(("[[specimen]]", 'name = "slip"', "loses = []", WORDS, *lines))


def test_an_edit_changes_one_place_of_the_reference(course: Course, tmp_path: Path) -> None:
    """A wrong specimen is the reference without its markers, but for the edit."""
    specimen = only(course(wrong=ADDED))

    text = written(specimen, tmp_path)

    assert (specimen.name, specimen.kind, specimen.loses) == ("added-once", "wrong", ("double",))
    assert specimen.mistake == Text("added", "ajouté")
    assert "return 2 + x" in text
    assert "SOLUTION" not in text


def test_a_body_replaces_what_follows_the_docstring(course: Course, tmp_path: Path) -> None:
    """Signature and docstring stay, and so does everything around the function."""
    text = written(only(course(wrong=REPLACED)), tmp_path)

    functions = {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    assert ast.get_docstring(functions["average"]) is not None
    assert [ast.unparse(part) for part in functions["average"].body[1:]] == ["total = 0.0", "return total"]
    assert set(functions) == {"double", "_times_two_of_the_secret", "average"}


def test_hostile_code_goes_before_and_after(course: Course, tmp_path: Path) -> None:
    """``prepend`` and ``append`` surround the module; ``all`` names every coded question."""
    hostile = f'[[specimen]]\nname = "exit"\nloses = "all"\n{WORDS}\nprepend = "import os\\n"\nappend = "os._exit(0)"'

    specimen = only(course(hostile=hostile))

    text = written(specimen, tmp_path)
    assert text.startswith("import os\n")
    assert text.rstrip().endswith("os._exit(0)")
    assert specimen.loses == ("double", "average")


def test_a_stub_is_a_kind_of_its_own(course: Course, tmp_path: Path) -> None:
    """``base = "stub"`` starts from what students get."""
    specimen = only(course(careless=careless('base = "stub"')))

    assert specimen.kind == "stub"
    assert "to be written" in written(specimen, tmp_path)


@pytest.mark.parametrize(
    ("form", "ending", "beginning"),
    [
        ("bom", ".py", b"\xef\xbb\xbf"),
        ("crlf", ".py", b'"""A toy lab."""\r\n'),
        ("empty", ".py", b""),
        ("text", ".txt", b'"'),
    ],
)
def test_a_module_is_handed_in_in_many_forms(
    course: Course, tmp_path: Path, form: str, ending: str, beginning: bytes
) -> None:
    """The form says how the file is written."""
    path = write_specimen(only(course(careless=careless(f'form = "{form}"'))), tmp_path)

    assert path.name == f"slip{ending}"
    assert path.read_bytes().startswith(beginning)


def test_old_windows_encoding(course: Course, tmp_path: Path) -> None:
    """The form cp1252 gives accents of one byte."""
    path = write_specimen(only(course(careless=careless('form = "cp1252"', 'append = "# été"'))), tmp_path)

    assert path.read_bytes().rstrip().endswith(b"# \xe9t\xe9")


def test_a_notebook_has_a_cell_for_each_question(course: Course, tmp_path: Path) -> None:
    """The rest of the module is its first cell."""
    book = json.loads(written(only(course(careless=careless('form = "notebook"'))), tmp_path))

    assert [("def double" in cell["source"], "def average" in cell["source"]) for cell in book["cells"]] == [
        (False, False),
        (True, False),
        (False, True),
    ]


def test_companions_make_a_folder(course: Course, tmp_path: Path) -> None:
    """``files`` lie beside the module, which has the lab's name there."""
    lines = careless('file_name = "Rendu n°1"', 'files = { "data/x.csv" = "1,2" }')

    path = write_specimen(only(course(careless=lines)), tmp_path)

    assert path == tmp_path / "Rendu n°1"
    assert {file.relative_to(path).as_posix() for file in path.rglob("*.*")} == {"toy.py", "data/x.csv"}


def test_archives_are_the_same_each_time(course: Course, tmp_path: Path) -> None:
    """A zip holds a folder, and its bytes depend on the content alone; ``zips`` holds archives only."""
    root = course(careless=careless('form = "zip"\n') + careless('form = "zips"').replace("slip", "zips"))
    (once, zips), (again, _) = load_specimens(root, "toy"), load_specimens(root, "toy")

    assert once.package == again.package
    assert zipfile.ZipFile(write_specimen(once, tmp_path)).namelist() == ["toy/toy.py"]
    assert zipfile.ZipFile(write_specimen(zips, tmp_path)).namelist() == ["toy/toy_1.zip", "toy/toy_2.zip"]


def test_right_ones_are_files_and_folders(course: Course, tmp_path: Path) -> None:
    """Each entry of ``right/`` is a specimen that loses nothing, handed in as it lies there."""
    root = course()
    right = root / "tests/submissions/toy/right"
    (right / "folder").mkdir(parents=True)
    (right / "folder/toy.py").write_text("A = 1\n")
    (right / "file.ipynb").write_text("{}")

    specimens = {specimen.name: specimen for specimen in load_specimens(root, "toy")}

    assert {name: (specimen.kind, specimen.loses) for name, specimen in specimens.items()} == {
        "file": ("right", ()),
        "folder": ("right", ()),
    }
    assert (write_specimen(specimens["folder"], tmp_path) / "toy.py").read_text() == "A = 1\n"
    assert write_specimen(specimens["file"], tmp_path).name == "file.ipynb"


BAD = {
    "toml": ("wrong", "specimen = [", "not valid TOML"),
    "rows": ("wrong", "specimen = 3", "write one [[specimen]]"),
    "name": ("wrong", ADDED.replace("added-once", "Added once"), "not in kebab-case"),
    "key": ("wrong", ADDED + "points = 3", "unknown key points"),
    "question": ("wrong", ADDED.replace('"double"', '"q1"'), "no coded question 'q1'"),
    "apart": ("wrong", ADDED + 'apart = ["q1"]', "apart: the lab has no coded question 'q1'"),
    "mistake": ("wrong", ADDED.replace(WORDS, ""), "mistake: missing"),
    "french": ("wrong", ADDED.replace('"ajouté"', '" "'), "mistake.fr: write one line"),
    "absent": ("wrong", ADDED.replace("return 2 * x", "return 3 * x"), "is there 0 times"),
    "twice": ("wrong", ADDED.replace("return 2 * x", "return"), "times; quote a part that is there once"),
    "no edit": ("wrong", ADDED.replace("return 2 + x", "return 2 * x"), "an edit without effect"),
    "edits": ("wrong", ADDED.replace("find", "search"), "not a list of find and replace"),
    "python": ("wrong", ADDED.replace("return 2 + x", "return 2 +"), "not valid Python"),
    "text": ("wrong", REPLACED.replace("'''\ntotal = 0.0\nreturn total\n'''", "3"), "body: 3 is not a text"),
    "function": ("careless", careless('body = "pass"', 'function = "triple"'), "there is no function triple"),
    "body alone": ("careless", careless('body = "pass"'), "give both or neither"),
    "loses": ("careless", careless().replace("[]", '"some"'), '[] for none, or "all"'),
    "form": ("careless", careless('form = "docx"'), "form: 'docx' is unknown"),
    "base": ("careless", careless('base = "solution"'), "write reference or stub"),
    "files": ("careless", careless('files = { "a.py" = 3 }'), "files: not texts by path"),
    "same name": ("wrong", ADDED + ADDED, "two specimens are called added-once"),
}


@pytest.mark.parametrize(("kind", "text", "words"), BAD.values(), ids=BAD)
def test_a_wrong_entry_is_refused(course: Course, kind: str, text: str, words: str) -> None:
    """The message names the file and what to write instead."""
    with pytest.raises(LabError) as caught:
        load_specimens(course(**{kind: text}), "toy")

    assert words in str(caught.value)
    assert "tests/submissions/toy" in str(caught.value)


def test_the_demo_combines_mistakes_and_wraps(course: Course, tmp_path: Path) -> None:
    """A student may hand in one specimen, several mistakes at once, a folder with answers, or a zip."""
    demo = """
[demo]
"amel.benali" = "added-once"
"jules.martin" = ["added-once", "always-zero"]
"lina.roux" = { specimens = "added-once", answers = "good" }
"ali.saidi" = { specimens = "always-zero", form = "zip" }
"""
    root = course(wrong=ADDED + REPLACED, demo=demo)
    (root / "tests/submissions/toy/answers").mkdir()
    (root / "tests/submissions/toy/answers/good.md").write_text("## q1\n\nBecause.\n")

    demo_class(root, "toy", tmp_path)

    both = (tmp_path / "jules.martin.py").read_text()
    assert "return 2 + x" in both and "total = 0.0" in both  # noqa: PT018 - one text with two mistakes
    assert {path.name for path in tmp_path.iterdir()} >= {"amel.benali.py", "ali.saidi.zip"}
    read = read_submission(Entry("lina", tmp_path / "lina.roux"), "toy", ["q1"])
    assert read.answers == {"q1": "Because."}


BAD_DEMO = {
    "none": ("", "no students"),
    "key": ('[demo]\n"a.b" = { specimen = "added-once" }', "a.b: unknown key specimen"),
    "empty": ('[demo]\n"a.b" = []', "a.b: no specimen"),
    "unknown": ('[demo]\n"a.b" = "subtracted"', "there is no specimen 'subtracted'"),
    "form": ('[demo]\n"a.b" = { specimens = "added-once", form = "tar" }', "form: 'tar' is unknown"),
    "answers": ('[demo]\n"a.b" = { specimens = "added-once", answers = "bad" }', "there is no answers/bad.md"),
    "combined": ('[demo]\n"a.b" = ["added-once", "slip"]', "slip is not a wrong specimen"),
}


@pytest.mark.parametrize(("text", "words"), BAD_DEMO.values(), ids=BAD_DEMO)
def test_a_wrong_demo_is_refused(course: Course, tmp_path: Path, text: str, words: str) -> None:
    """The message names the student."""
    root = course(wrong=ADDED, careless=careless(), demo=text)

    with pytest.raises(LabError) as caught:
        demo_class(root, "toy", tmp_path)

    assert words in str(caught.value)
    assert "demo.toml" in str(caught.value)


@pytest.mark.parametrize("lab_id", ["mnist"])
def test_the_specimens_of_a_lab_can_be_read(lab_id: str, tmp_path: Path) -> None:
    """Each specimen that is not to be rejected is read as a submission, and each question has a wrong one."""
    specimens = load_specimens(ROOT, lab_id)

    for specimen in specimens:
        if not specimen.rejected:
            assert read_submission(Entry(specimen.name, write_specimen(specimen, tmp_path)), lab_id).module
    coded = set(load_lab(ROOT, lab_id).coded)
    assert {question for specimen in specimens if specimen.kind == "wrong" for question in specimen.loses} == coded


@pytest.mark.parametrize("lab_id", ["mnist"])
def test_the_demo_class_of_a_lab_can_be_written(lab_id: str, tmp_path: Path) -> None:
    """The demo has at least twelve students, two of them with the same work."""
    demo_class(ROOT, lab_id, tmp_path)

    files = [path.read_bytes() for path in tmp_path.iterdir() if path.is_file()]
    assert len(list(tmp_path.iterdir())) >= 12
    assert len(set(files)) < len(files)


@pytest.mark.parametrize(("wish", "n"), [("", 1), ('apart = ["double"]\n', 2)])
def test_mistakes_that_hide_each_other_are_kept_apart(course: Course, wish: str, n: int) -> None:
    """One mistake a question goes into a submission, unless one of them asks not to be beside another's question."""
    assert len(combine_wrong(course(wrong=ADDED + REPLACED + wish), "toy")) == n
