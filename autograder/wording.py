"""The words and numbers of the tool's pages in both languages, so that templates hold none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from autograder.errors import UsageError
from shared.text import LANGUAGES, Text

if TYPE_CHECKING:
    from fractions import Fraction

    from shared.text import Language

__all__ = ["QUANTITIES", "SIGNS", "WORDS", "language_of", "number", "phrase", "points", "share", "words"]

# One sign a status: the verdict is never told by colour alone.
SIGNS = {
    "passed": "✓",
    "failed": "✗",
    "raised": "!",
    "timed_out": "⧖",
    "out_of_memory": "▲",
    "not_attempted": "○",
    "skipped": "\u2013",
    "broken": "?",
}

WORDS: dict[str, Text] = {
    # Statuses of checks
    "passed": Text("passed", "réussie"),
    "failed": Text("failed", "échouée"),
    "raised": Text("stopped by an error", "arrêtée par une erreur"),
    "timed_out": Text("took too long", "trop longue"),
    "out_of_memory": Text("used too much memory", "trop de mémoire"),
    "not_attempted": Text("not attempted", "non traitée"),
    "skipped": Text("not run", "non exécutée"),
    "broken": Text("grader's fault", "faute du correcteur"),
    # Statuses of submissions
    "graded": Text("graded", "corrigé"),
    "rejected": Text("rejected", "refusé"),
    "not_graded": Text("not graded", "non corrigé"),
    # Feedback page
    "feedback": Text("Feedback", "Correction commentée"),
    "submission": Text("Submission", "Rendu"),
    "score": Text("Score", "Note"),
    "awaiting": Text(
        "Written answers still to be marked: up to {points} more.",
        "Réponses rédigées encore à noter : jusqu'à {points} de plus.",
    ),
    "rejected_title": Text("This submission could not be read", "Ce rendu n'a pas pu être lu"),
    "rejected_help": Text(
        "Nothing of the lab was found in what you handed in, so it counts as 0. Correct it as said above and hand it "
        "in again, or ask your teacher.",
        "Rien du TP n'a été trouvé dans votre rendu ; il compte donc pour 0. Corrigez-le comme indiqué ci-dessus et "
        "déposez-le à nouveau, ou adressez-vous à votre enseignant.",
    ),
    "not_graded_title": Text("This submission has not been graded yet", "Ce rendu n'a pas encore été corrigé"),
    "not_graded_help": Text(
        "This is not your fault: something went wrong on the grader's side. A person will look at it; you lose no "
        "points.",
        "Ce n'est pas de votre fait : la correction automatique a rencontré un problème. Une personne s'en occupe ; "
        "vous ne perdez aucun point.",
    ),
    "notice_title": Text("Before you read on", "Avant de lire la suite"),
    "summary": Text("Questions at a glance", "Les questions en un coup d'œil"),
    "question": Text("Question", "Question"),
    "points": Text("Points", "Points"),
    "checks": Text("Checks", "Vérifications"),
    "checks_passed": Text("{passed} of {total} passed", "{passed} sur {total} réussies"),
    "to_be_marked": Text("to be marked by a person", "à noter par une personne"),
    "marked": Text("marked by a person", "notée par une personne"),
    "hint": Text("Hint", "Piste"),
    "colon": Text(":", " :"),
    "hidden_check": Text("This is a hidden check.", "Cette vérification est cachée."),
    "question_not_attempted": Text(
        "Not attempted: the function is still as it was in the handout.",
        "Non traitée : la fonction est restée telle que dans l'énoncé.",
    ),
    "answer": Text("Your answer, as handed in", "Votre réponse, telle que rendue"),
    "no_answer": Text(
        "No answer was handed in for this question.", "Aucune réponse n'a été rendue pour cette question."
    ),
    "comment": Text("Comment", "Commentaire"),
    "outdated_mark": Text(
        "The mark was given to an earlier version of this answer; a person will look at it again.",
        "La note porte sur une version antérieure de cette réponse ; une personne la reverra.",
    ),
    "environment": Text("How this was graded", "Conditions de la correction"),
    "versions": Text("Versions", "Versions"),
    "confinement": Text("Protection around your code", "Protections autour de votre code"),
    "no_confinement": Text("none", "aucune"),
    "digest": Text("Fingerprint of what was graded", "Empreinte de ce qui a été corrigé"),
    "others": Text("Also shown", "À voir aussi"),
    # Exhibits
    "output": Text("Printed output", "Texte affiché"),
    "empty_output": Text("Nothing was printed.", "Rien n'a été affiché."),
    "lines": Text("{lines} lines", "{lines} lignes"),
    "lines_truncated": Text("The rest was cut off.", "La suite a été coupée."),
    "yours": Text("Yours", "Le vôtre"),
    "expected": Text("Expected", "Attendu"),
    "row": Text("Layer", "Couche"),
    "verdict": Text("Verdict", "Verdict"),
    "same": Text("same", "identique"),
    "differs": Text("differs", "différent"),
    "undrawable": Text("This figure cannot be shown.", "Cette figure ne peut pas être affichée."),
    "epoch": Text("epoch", "époque"),
    "training": Text("training", "entraînement"),
    "validation": Text("validation", "validation"),
    "no_finite": Text("no finite value", "aucune valeur finie"),
    "chart_of": Text("{quantity} by epoch", "{quantity} par époque"),
    "from_to": Text("{line} from {first} to {last}", "{line} de {first} à {last}"),
    # Dashboard
    "overview": Text("Class overview", "Vue d'ensemble de la classe"),
    "submissions": Text("Submissions", "Rendus"),
    "count_graded": Text("Graded", "Corrigés"),
    "count_rejected": Text("Rejected", "Refusés"),
    "count_not_graded": Text("Not graded", "Non corrigés"),
    "rates_explained": Text(
        "For each question the share of its points that was earned; unfold it for the share that passes each check.",
        "Pour chaque question, la part des points obtenus ; dépliez-la pour voir la part de réussite à chaque "
        "vérification.",
    ),
    "mean": Text("Mean", "Moyenne"),
    "median": Text("Median", "Médiane"),
    "over_graded": Text(
        "Mean, median and the shares below are over the graded submissions.",
        "Moyenne, médiane et proportions ci-dessous portent sur les rendus corrigés.",
    ),
    "attention": Text("Needs a person", "À examiner par une personne"),
    "reason": Text("Reason", "Motif"),
    "distribution": Text("Scores", "Notes"),
    "scores_of_class": Text("Number of submissions by score", "Nombre de rendus par note"),
    "by_question": Text("Questions and checks", "Questions et vérifications"),
    "common_failures": Text("Most common failing checks", "Vérifications le plus souvent échouées"),
    "status": Text("Status", "État"),
    "nothing_fails": Text("No check fails.", "Aucune vérification n'échoue."),
    "nothing_graded": Text("No submission has been graded.", "Aucun rendu n'a été corrigé."),
    "written_pending": Text("written, to be marked", "rédigée, à noter"),
    "count_unmarked": Text("Answers to mark", "Réponses à noter"),
    "outdated_status": Text("{question}: answer changed", "{question} : réponse modifiée"),
    "table_of_marks": Text("Table of marks (CSV)", "Tableau des notes (CSV)"),
    "mistakes": Text("Known mistakes", "Erreurs connues"),
    "mistakes_explained": Text(
        "Mistakes that the feedback names, and who made them.",
        "Les erreurs que la correction nomme, et qui les a commises.",
    ),
    "alike": Text("Nearly identical code", "Codes presque identiques"),
    "alike_explained": Text(
        "Renamed variables, comments and layout do not count, nor does what everybody was given. Short answers to the "
        "same handout resemble each other: look before you judge.",
        "Les noms de variables, les commentaires et la mise en page ne comptent pas, ni ce que tous ont reçu. Des "
        "réponses courtes à un même énoncé se ressemblent : regardez avant de juger.",
    ),
    "in_common": Text("{percent} in common", "{percent} en commun"),
    "separates": Text("Separates", "Sépare"),
    "separates_strong": Text("well", "bien"),
    "separates_weak": Text("somewhat", "un peu"),
    "separates_none": Text("hardly", "à peine"),
    "separates_explained": Text(
        "“Separates” tells whether those who do well here do well elsewhere: the correlation between the points of this "
        "line and all other points. Where it is near zero or negative, look at the question and its checks.",
        "« Sépare » dit si ceux qui réussissent ici réussissent ailleurs : la corrélation entre les points de cette ligne "
        "et tous les autres points. Près de zéro ou au-dessous, regardez la question et ses vérifications.",
    ),
    # Marking page
    "mark_title": Text("Marking", "Notation"),
    "mark_as": Text("marking as {name}", "noté par {name}"),
    "mark_by": Text("Marked by {name}.", "Noté par {name}."),
    "mark_counts": Text(
        "{marked} marked, {open} to mark, {blank} without an answer.",
        "{marked} notées, {open} à noter, {blank} sans réponse.",
    ),
    "mark_outdated_count": Text(
        "{count} answers have changed since they were marked.", "{count} réponses ont changé depuis leur notation."
    ),
    "mark_start": Text("Mark the next open one", "Noter la prochaine réponse"),
    "mark_blank": Text("Give 0 to the {count} without an answer", "Donner 0 aux {count} sans réponse"),
    "mark_blank_done": Text(
        "{count} submissions without an answer were given 0.", "{count} rendus sans réponse ont 0."
    ),
    "mark_files": Text("All marks as a file:", "Toutes les notes en un fichier :"),
    "mark_outdated": Text("answer changed", "réponse modifiée"),
    "mark_outdated_help": Text(
        "This answer has changed since it was marked: read it again, then save.",
        "Cette réponse a changé depuis sa notation : relisez-la, puis enregistrez.",
    ),
    "mark_blank_cell": Text("no answer", "sans réponse"),
    "mark_open": Text("to mark", "à noter"),
    "mark_answer": Text("The answer", "La réponse"),
    "mark_answers": Text("Other answers", "Autres réponses"),
    "mark_guide": Text("Model answer and rubric", "Réponse modèle et barème"),
    "mark_no_guide": Text("There is no model answer.", "Il n'y a pas de réponse modèle."),
    "mark_asked": Text("The question as asked", "La question telle que posée"),
    "mark_save_next": Text("Save, next one", "Enregistrer et continuer"),
    "mark_save": Text("Save", "Enregistrer"),
    "mark_previous": Text("Previous", "Précédente"),
    "mark_next": Text("Next", "Suivante"),
    "mark_skip": Text("Next open one", "Prochaine à noter"),
    "mark_done": Text("The mark of number {number} is stored.", "La note du numéro {number} est enregistrée."),
    "mark_back": Text("Go back to it", "Y revenir"),
    "mark_not_points": Text(
        "Not saved: write points between 0 and {limit} with at most four decimals, or nothing to leave it unmarked.",
        "Non enregistré : écrivez des points entre 0 et {limit}, avec quatre décimales au plus, ou rien pour ne pas noter.",
    ),
    "mark_changed": Text(
        "Not saved: somebody else has marked this answer meanwhile. Compare, then save again to replace that mark.",
        "Non enregistré : quelqu'un d'autre a noté cette réponse entre-temps. Comparez, puis enregistrez à nouveau.",
    ),
    "mark_refused": Text("This page cannot be shown", "Cette page ne peut pas être affichée"),
    "mark_refused_help": Text(
        "Open the address that autograder mark printed in its terminal, in this browser.",
        "Ouvrez dans ce navigateur l'adresse que autograder mark a affichée dans son terminal.",
    ),
}

QUANTITIES: dict[str, Text] = {
    "accuracy": Text("accuracy", "exactitude"),
    "loss": Text("loss", "perte"),
    "learning_rate": Text("learning rate", "taux d'apprentissage"),
    "error_rate": Text("error rate", "taux d'erreur"),
}


def words(language: Language) -> dict[str, str]:
    """Return the whole catalogue in one language, for a template."""
    return {key: _typeset(text, language) for key, text in WORDS.items()}


def phrase(key: str, language: Language, **parts: str) -> str:
    """Return one entry of the catalogue with its parts filled in."""
    return _typeset(WORDS[key], language).format(**parts)


def number(value: float, language: Language, digits: int = 3) -> str:
    """Return a number with this many significant digits, with a decimal comma in French."""
    text = f"{value:.{digits}g}"
    return text.replace(".", ",") if language == "fr" else text


def language_of(name: str) -> Language:
    """Return the language that an option names.

    Raises:
        UsageError: There is no such language.
    """
    for language in LANGUAGES:
        if name == language:
            return language
    message = f"--lang {name!r}: choose en or fr"
    raise UsageError(message)


def points(value: Fraction | None, language: Language) -> str:
    """Return points with at most two decimals (``17.5``; ``17,5`` in French), or a dash where there are none."""
    if value is None:
        return "\u2013"
    text = f"{float(round(value, 2)):.2f}".rstrip("0").rstrip(".")
    return text.replace(".", ",") if language == "fr" else text


def _typeset(text: Text, language: Language) -> str:
    # A French sign of two parts must not begin a line.
    return re.sub(r" (?=[;:!?%])", "\u00a0", text.fr) if language == "fr" else text.en


def share(part: float, whole: float, language: Language) -> str:
    """Return ``part`` of ``whole`` as a percentage without decimals; halves go to even."""
    percent = round(100 * part / whole) if whole else 0
    return f"{percent}\u00a0%" if language == "fr" else f"{percent}%"
