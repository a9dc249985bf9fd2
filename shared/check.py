"""The public checks at home: ``python -m shared.check mnist``, or ``check("mnist", ..., globals())`` in a notebook."""

from __future__ import annotations

import argparse
import io
import json
import logging
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import IO, Any

from shared.environment import differences
from shared.offline import course_data
from shared.public import BrokenChecksError, Verdict, run_public_checks
from shared.text import LANGUAGES, Language, Text
from shared.verdicts import Printer

__all__ = ["check", "failures", "language_here", "main", "script"]

_HOME = Path(__file__).resolve().parent.parent  # the folder that holds the package shared
_WRONG_USAGE, _BROKEN = 2, 3
_READERS_SECONDS = 1.0
_DIED = (
    Text("Python stopped all at once", "Python s'est arrêté d'un coup"),
    Text(
        "Look for os._exit() or for too much memory. The checks after this one were not run.",
        "Cherchez un os._exit() ou un excès de mémoire. Les vérifications suivantes n'ont pas eu lieu.",
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the public checks of a lab on a student's file and print what came out.

    Args:
        argv: Arguments of the command line, ``LAB [FILE] [--lang en|fr] [--timeout SECONDS]``; those given when None.

    Returns:
        0 whatever the results, 2 when the lab or the file is not found, 3 when the checks themselves are broken.
    """
    options = _parser().parse_args(argv)
    printer = Printer(options.lang or language_here())
    file = Path(options.file).resolve() if options.file else None
    folder = _lab_folder(options.lab, [file.parent] if file else [])
    if folder is None:
        printer.say(_no_lab(options.lab))
        return _WRONG_USAGE
    file = file or _default_file(options.lab, folder)
    if not file.is_file() or file.suffix not in (".py", ".ipynb"):
        printer.say(_no_file(file, options.lab))
        return _WRONG_USAGE
    printer.environment(differences([folder, _HOME]))
    printer.begin(options.lab, file.name)
    child = [sys.executable, "-m", "shared.attempt", options.lab, str(file), str(folder / "test_public.py")]
    code = _follow(_events(child, file.parent, options.timeout), printer, options.timeout)
    if printer.nothing_attempted and file.with_suffix(".ipynb").is_file() and file.suffix == ".py":
        printer.say(_use_the_notebook(options.lab))
    return code


def script() -> None:
    """Serve as the command ``autograder`` of the students' bundle; ``check`` is its only verb."""
    arguments = sys.argv[1:]
    sys.exit(main(arguments[1:] if arguments[:1] == ["check"] else arguments))


def check(lab: str, question: str, namespace: Mapping[str, Any], lang: Language | None = None) -> None:
    """Run the public checks of one question on a notebook's functions and print what came out.

    Does nothing where the notebook is imported as a module: what is graded does not check itself.

    Args:
        lab: The lab's id.
        question: The question's id.
        namespace: The notebook's ``globals()``.
        lang: The language of the messages; the machine's when None.

    Raises:
        AssertionError: A check does not pass, and ``nbgrader validate`` asks: it counts errors, and reads nothing.
    """
    if namespace.get("__name__", "__main__") != "__main__":
        return
    if not _print_checks(lab, question, namespace, lang) and os.environ.get("NBGRADER_EXECUTION") == "validate":
        message = f"{question}: not all public checks pass"
        raise AssertionError(message)


def failures(lab: str, question: str, namespace: Mapping[str, Any], lang: Language | None = None) -> str:
    """Return what `check` would print where a public check does not pass, for Otter's tests; nothing where all do.

    Args:
        lab: The lab's id.
        question: The question's id.
        namespace: The notebook's ``globals()``.
        lang: The language of the messages; the machine's when None.
    """
    with redirect_stdout(io.StringIO()) as printed:
        passed = _print_checks(lab, question, namespace, lang)
    return "" if passed else printed.getvalue().strip()


def _print_checks(lab: str, question: str, namespace: Mapping[str, Any], lang: Language | None) -> bool:
    """Run the public checks of one question, print what came out, and tell whether all pass."""
    printer = Printer(lang or language_here())
    folder = _lab_folder(lab, [])
    if folder is None:
        printer.say(_no_lab(lab))
        return False
    try:
        with course_data(), _quiet_libraries():
            count = run_public_checks(folder / "test_public.py", namespace, printer.verdict, question)
    except BrokenChecksError as error:
        printer.say(_broken(str(error)))
        return False
    if count == 0:
        printer.say(Text(f"{question}: no public check of that name", f"{question} : aucune vérification de ce nom"))
    return printer.all_passed


def language_here() -> Language:
    """Return the language that the environment asks for: French where it does, else English."""
    wish = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "fr" if wish.lower().startswith("fr") else "en"


@contextmanager
def _quiet_libraries() -> Iterator[None]:
    """Keep TensorFlow's advice on speed out of the notebook: many tiny models in a row call for it each time."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(level)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="autograder check", description="Run the public checks of a lab on your file."
    )
    parser.add_argument("lab", metavar="LAB", help="the lab, for instance mnist")
    parser.add_argument("file", metavar="FILE", nargs="?", help="your module or notebook (default: LAB.py)")
    parser.add_argument("--lang", choices=LANGUAGES, help="language of the messages (default: the machine's)")
    parser.add_argument("--timeout", type=float, default=120.0, metavar="SECONDS", help="for all checks (default: 120)")
    return parser


def _lab_folder(lab: str, first: list[Path]) -> Path | None:
    here = Path.cwd()
    places = [*first, *(base / part for base in (here, _HOME) for part in ("", lab, f"assignments/{lab}"))]
    wanted = (f"{lab}.py", f"{lab}.ipynb", "lab.toml")
    return next(
        (place for place in places if (place / "test_public.py").is_file() and _holds_lab(place, lab, wanted)), None
    )


def _holds_lab(place: Path, lab: str, wanted: Sequence[str]) -> bool:
    return any((place / name).is_file() for name in wanted[:2]) or (place.name == lab and (place / wanted[2]).is_file())


def _default_file(lab: str, folder: Path) -> Path:
    here = Path.cwd() / f"{lab}.py"
    return here if here.is_file() else folder / f"{lab}.py"


def _no_lab(lab: str) -> Text:
    return Text(
        f"{lab}: no such lab here. Change into the folder that holds {lab}.py and test_public.py, then try again.",
        f"{lab} : aucun TP de ce nom ici. Placez-vous dans le dossier qui contient {lab}.py et test_public.py, "
        "puis recommencez.",
    )


def _no_file(file: Path, lab: str) -> Text:
    return Text(
        f"{file.name}: no such module or notebook. Give your file's name: autograder check {lab} FILE.py",
        f"{file.name} : ni module ni notebook de ce nom. Donnez le nom de votre fichier : "
        f"autograder check {lab} FICHIER.py",
    )


def _use_the_notebook(lab: str) -> Text:
    command = f"autograder check {lab} {lab}.ipynb"
    return Text(f"If you work in the notebook: {command}", f"Si vous travaillez dans le notebook : {command}")


def _broken(reason: str) -> Text:
    return Text(
        f"The public checks themselves do not work here; your code has no part in it. Tell your teacher:\n{reason}",
        "Les vérifications elles-mêmes ne fonctionnent pas ici ; votre code n'y est pour rien. "
        f"Prévenez votre enseignant :\n{reason}",
    )


def _follow(events: Iterator[dict[str, Any]], printer: Printer, timeout: float) -> int:
    """Print events as they come; tell the student's trouble from ours."""
    last = "starting"
    for event in events:
        match event["event"]:
            case "verdict":
                printer.verdict(Verdict.from_json(event["verdict"]))
            case "unreadable":
                printer.unreadable(Text.from_json(event["message"]))
                return 0
            case "broken":
                printer.say(_broken(event["message"]))
                return _BROKEN
            case "died" if last in ("starting", "loaded"):
                printer.say(_broken(event["message"]))
                return _BROKEN
            case "died":
                printer.interrupted(*_DIED)
            case "late":
                printer.interrupted(*_too_late(timeout))
                break
        last = event["event"]
    printer.summary()
    return 0


def _too_late(timeout: float) -> tuple[Text, Text]:
    return (
        Text(f"still running after {timeout:g} s", f"toujours en cours après {timeout:g} s"),
        Text(
            "Look for an endless loop, or allow more with --timeout. The checks after this one were not run.",
            "Cherchez une boucle sans fin, ou accordez plus avec --timeout. "
            "Les vérifications suivantes n'ont pas eu lieu.",
        ),
    )


def _events(command: list[str], folder: Path, timeout: float) -> Iterator[dict[str, Any]]:
    """Run the child process; yield what it reports, then its end or that its time is up."""
    settings = {"PYTHONPATH": os.pathsep.join(filter(None, [str(_HOME), os.environ.get("PYTHONPATH", "")]))}
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "MPLBACKEND": "Agg"}
    child = subprocess.Popen(  # noqa: S603 - our own module, run by this very Python
        command,
        cwd=folder,
        env={**os.environ, **quiet, **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    lines: queue.Queue[str | None] = queue.Queue()
    errors: list[str] = []
    readers = [
        threading.Thread(target=_pump, args=(child.stdout, lines), daemon=True),
        threading.Thread(target=_keep_end, args=(child.stderr, errors), daemon=True),
    ]
    for reader in readers:
        reader.start()
    deadline = time.monotonic() + timeout
    try:
        while (line := lines.get(timeout=max(deadline - time.monotonic(), 0.0))) is not None:
            event = json.loads(line)
            yield event
            if event["event"] == "done":
                return
        yield {"event": "died", "message": "".join(errors)}
    except queue.Empty:
        yield {"event": "late"}
    finally:
        child.kill()
        child.wait()
        for reader in readers:  # not for ever: a program that the student's code started may hold the pipes open
            reader.join(_READERS_SECONDS)


def _pump(stream: IO[str], lines: queue.Queue[str | None]) -> None:
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(None)


def _keep_end(stream: IO[str], errors: list[str]) -> None:
    with stream:
        for line in stream:
            errors.append(line)
            del errors[:-10]


if __name__ == "__main__":
    sys.exit(main())
