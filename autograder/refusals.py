"""Why something handed in cannot be graded, in plain words and with what to do, in one place for both languages."""

from __future__ import annotations

import errno
import stat
from collections.abc import Sequence

from autograder.errors import SubmissionError
from autograder.names import printable
from shared.text import Text

__all__ = [
    "ambiguous",
    "bad_zip",
    "broken_notebook",
    "empty",
    "foreign_archive",
    "huge_notebook",
    "link",
    "no_code",
    "no_module",
    "not_text",
    "other_kind",
    "special",
    "too_big",
    "too_many_files",
    "unreadable",
    "unsafe_zip",
    "zip_of_zips",
]

_SHOWN_LETTERS = 80
_SHOWN_FILES = 6

_KINDS = {
    stat.S_IFIFO: Text("a named pipe", "un tube nommé"),
    stat.S_IFSOCK: Text("a socket", "une socket"),
    stat.S_IFCHR: Text("a device", "un périphérique"),
    stat.S_IFBLK: Text("a device", "un périphérique"),
    stat.S_IFDIR: Text("a folder", "un dossier"),
}


def link(name: str) -> SubmissionError:
    """Refuse a symbolic link, wherever it points."""
    return _refusal(
        f"{_en(name)} is a link, and links are not followed. Hand in the file itself.",
        f"{_fr(name)} est un lien, et les liens ne sont pas suivis. Remettez le fichier lui-même.",
    )


def special(name: str, mode: int) -> SubmissionError:
    """Refuse what is neither a file nor a folder; ``mode`` as ``os.stat`` gives it."""
    kind = _KINDS.get(stat.S_IFMT(mode), Text("something else", "autre chose"))
    return _refusal(
        f"{_en(name)} is not an ordinary file but {kind.en}. Hand in an ordinary file.",
        f"{_fr(name)} n'est pas un fichier ordinaire mais {kind.fr}. Remettez un fichier ordinaire.",
    )


def unreadable(name: str, error: OSError) -> SubmissionError:
    """Refuse what the system would not give us."""
    if isinstance(error, PermissionError):
        return _refusal(
            f"{_en(name)} could not be opened: permission was denied. Make it readable, then grade it again.",
            f"{_fr(name)} n'a pas pu être ouvert : permission refusée. Rendez-le lisible, puis notez-le de nouveau.",
        )
    code = errno.errorcode.get(error.errno or 0, "?")
    return _refusal(
        f"{_en(name)} could not be read (system error {code}). Check that it is still there, and grade it again.",
        f"{_fr(name)} n'a pas pu être lu (erreur système {code}). Vérifiez qu'il existe encore et notez-le de nouveau.",
    )


def too_big(name: str, limit: int) -> SubmissionError:
    """Refuse a file of more bytes than ``limit``."""
    return _refusal(
        f"{_en(name)} is larger than {_size(limit)}. Hand in your code only, without data or trained models in it.",
        f"{_fr(name)} dépasse {_size(limit, 'o')}. Ne remettez que votre code, sans données ni modèles entraînés.",
    )


def empty(name: str) -> SubmissionError:
    """Refuse a file in which nothing is written."""
    return _refusal(
        f"{_en(name)} is empty. Save your work in your editor, check the file's size, and hand it in again.",
        f"{_fr(name)} est vide. Enregistrez votre travail, vérifiez la taille du fichier et remettez-le.",
    )


def not_text(name: str) -> SubmissionError:
    """Refuse bytes that no editor would show as Python."""
    return _refusal(
        f"{_en(name)} is not a text file: it holds bytes that no Python source has. "
        "Perhaps another kind of file was renamed. Save it as UTF-8 text and hand it in again.",
        f"{_fr(name)} n'est pas un fichier texte : il contient des octets qu'aucun code Python ne contient. "
        "Un fichier d'un autre type a peut-être été renommé. Enregistrez-le en texte UTF-8 et remettez-le.",
    )


def other_kind(name: str, lab_id: str) -> SubmissionError:
    """Refuse a file of a kind that cannot hold the lab's functions."""
    return _refusal(
        f"{_en(name)} is neither a Python module, nor a notebook, nor a zip archive. {_wanted(lab_id).en}",
        f"{_fr(name)} n'est ni un module Python, ni un notebook, ni une archive zip. {_wanted(lab_id).fr}",
    )


def foreign_archive(name: str, lab_id: str) -> SubmissionError:
    """Refuse an archive of another kind than zip."""
    return _refusal(
        f"{_en(name)} is an archive of a kind that is not opened here. {_wanted(lab_id).en}",
        f"{_fr(name)} est une archive d'un type qui n'est pas ouvert ici. {_wanted(lab_id).fr}",
    )


def broken_notebook(name: str) -> SubmissionError:
    """Refuse a file that Jupyter would not open either."""
    return _refusal(
        f"{_en(name)} is not a valid notebook: it could not be read as JSON with a list of cells. "
        "Open it in Jupyter, save it, and hand it in again.",
        f"{_fr(name)} n'est pas un notebook valide : il n'a pas pu être lu comme du JSON avec une liste de cellules. "
        "Ouvrez-le dans Jupyter, enregistrez-le et remettez-le.",
    )


def huge_notebook(name: str, limit: int) -> SubmissionError:
    """Refuse a notebook that is too large or too intricate to be read within bounds."""
    return _refusal(
        f"{_en(name)} is too large to be read: more than {_size(limit)}, or too many values in it. "
        "In Jupyter, clear all outputs, save, and hand it in again.",
        f"{_fr(name)} est trop volumineux pour être lu : plus de {_size(limit, 'o')}, ou trop de valeurs. "
        "Dans Jupyter, effacez toutes les sorties, enregistrez et remettez-le.",
    )


def no_code(name: str) -> SubmissionError:
    """Refuse a notebook without a line of code and without an answer."""
    return _refusal(
        f"{_en(name)} holds no code and no written answer. Write in the cells, save it, and hand it in again.",
        f"{_fr(name)} ne contient ni code ni réponse rédigée. Remplissez les cellules, enregistrez et remettez-le.",
    )


def no_module(name: str, lab_id: str, found: Sequence[str]) -> SubmissionError:
    """Refuse a folder or an archive in which nothing can be the lab's module."""
    if not found:
        return _refusal(
            f"{_en(name)} holds no file. {_wanted(lab_id).en}",
            f"{_fr(name)} ne contient aucun fichier. {_wanted(lab_id).fr}",
        )
    return _refusal(
        f"No Python module or notebook of this lab is in {_en(name)}; found: {_list(found).en}. {_wanted(lab_id).en}",
        f"Aucun module Python ni notebook de ce TP dans {_fr(name)} ; trouvé : {_list(found).fr}. {_wanted(lab_id).fr}",
    )


def ambiguous(name: str, lab_id: str, found: Sequence[str]) -> SubmissionError:
    """Refuse to guess between several files that could be the lab's module."""
    return _refusal(
        f"Several files in {_en(name)} could be your work: {_list(found).en}. "
        f"Name the one to grade `{lab_id}.py` or `{lab_id}.ipynb` and hand it in again.",
        f"Plusieurs fichiers de {_fr(name)} pourraient être votre travail : {_list(found).fr}. "
        f"Nommez celui à noter `{lab_id}.py` ou `{lab_id}.ipynb` et remettez-le.",
    )


def too_many_files(name: str, limit: int) -> SubmissionError:
    """Refuse a folder that would take for ever to look through."""
    return _refusal(
        f"{_en(name)} holds more than {limit} files. "
        "Hand in your own files only, without data sets or installed packages.",
        f"{_fr(name)} contient plus de {limit} fichiers. "
        "Ne remettez que vos propres fichiers, sans jeux de données ni paquets installés.",
    )


def bad_zip(name: str) -> SubmissionError:
    """Refuse an archive that is damaged or is no zip at all."""
    return _refusal(
        f"{_en(name)} is not a valid zip archive: it is damaged, or of another kind. Make it and hand it in again.",
        f"{_fr(name)} n'est pas une archive zip valide : elle est abîmée ou d'un autre type. Refaites-la.",
    )


def unsafe_zip(name: str, cause: Text) -> SubmissionError:
    """Refuse a whole archive for the sake of one entry; ``cause`` completes the sentence."""
    return _refusal(
        f"{_en(name)} was not opened because {cause.en}. Make a plain zip of your own files and hand it in again.",
        f"{_fr(name)} n'a pas été ouvert car {cause.fr}. Faites un zip simple de vos propres fichiers et remettez-le.",
    )


def zip_of_zips(name: str, lab_id: str) -> SubmissionError:
    """Refuse an archive whose only content is archives."""
    return _refusal(
        f"{_en(name)} holds only other archives, which are not opened. Unzip them and hand in the files. "
        f"{_wanted(lab_id).en}",
        f"{_fr(name)} ne contient que d'autres archives, qui ne sont pas ouvertes. Décompressez-les et remettez "
        f"les fichiers. {_wanted(lab_id).fr}",
    )


def _refusal(en: str, fr: str) -> SubmissionError:
    return SubmissionError(Text(en, fr))


def _wanted(lab_id: str) -> Text:
    return Text(
        f"Hand in `{lab_id}.py`, `{lab_id}.ipynb`, or a zip that holds one of them.",
        f"Remettez `{lab_id}.py`, `{lab_id}.ipynb` ou un zip qui contient l'un des deux.",
    )


def _en(name: str) -> str:
    return f'"{_short(name)}"'


def _fr(name: str) -> str:
    return f"« {_short(name)} »"


def _short(name: str) -> str:
    shown = printable(name)
    return shown if len(shown) <= _SHOWN_LETTERS else f"{shown[: _SHOWN_LETTERS - 1]}…"


def _list(names: Sequence[str]) -> Text:
    more = "" if len(names) <= _SHOWN_FILES else ", …"
    shown = sorted(names)[:_SHOWN_FILES]
    return Text(", ".join(map(_en, shown)) + more, ", ".join(map(_fr, shown)) + more)


def _size(limit: int, unit: str = "B") -> str:
    """Write a limit in whole mebibytes or kibibytes, as a person reads sizes."""
    return f"{limit // 2**20} M{unit}" if limit >= 2**20 else f"{limit // 2**10} k{unit}"
