"""Prints verdicts as they come, in one language, without colours or signs that a Windows console lacks."""

from __future__ import annotations

import sys

from shared.public import Verdict
from shared.text import Language, Text

__all__ = ["Printer"]

_WORDS = {
    "passed": Text("passed", "réussi"),
    "failed": Text("failed", "raté"),
    "raised": Text("error", "erreur"),
    "not_attempted": Text("not attempted yet", "pas encore commencée"),
}
_WIDTH = 8


class Printer:
    """Writes each question's name once, then a line a check, and counts for the summary."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._results: dict[str, set[str]] = {}
        self._running: Verdict | None = None

    def say(self, text: Text) -> None:
        """Print a sentence."""
        words = text.in_(self._language)
        encoding = sys.stdout.encoding or "utf-8"
        print(words.encode(encoding, "replace").decode(encoding), flush=True)

    def environment(self, found: list[Text]) -> None:
        """Print how this machine differs from the course's, if it does."""
        for difference in found:
            self.say(Text("Note: ", "Remarque : ") + difference)
        if found:
            self.say(
                Text(
                    "Your results may differ a little from ours. Same versions: pip install -r requirements.txt\n",
                    "Vos résultats peuvent différer un peu des nôtres. Mêmes versions : "
                    "pip install -r requirements.txt\n",
                )
            )

    def begin(self, lab: str, file: str) -> None:
        """Print what is about to happen: importing TensorFlow alone takes seconds."""
        self.say(
            Text(
                f"{lab}: public checks on {file} (starting takes a few seconds)",
                f"{lab} : vérifications publiques de {file} (le démarrage prend quelques secondes)",
            )
        )

    def verdict(self, verdict: Verdict) -> None:
        """Print one check's line, and below it what the student should read."""
        if verdict.status == "started":
            self._running = verdict
            return
        self._running = None
        first = verdict.question not in self._results
        statuses = self._results.setdefault(verdict.question, set())
        if first:
            self.say(Text.same(f"\n{verdict.question}"))
        repeated = verdict.status == "not_attempted" and verdict.status in statuses
        statuses.add(verdict.status)
        if not repeated:
            self._line(verdict)

    def unreadable(self, message: Text) -> None:
        """Say that the student's file cannot be imported."""
        self.say(
            Text(
                "\nYour file cannot be imported, so nothing could be checked:\n",
                "\nVotre fichier ne peut pas être importé ; rien n'a pu être vérifié :\n",
            )
            + message
        )

    def interrupted(self, message: Text, hint: Text) -> None:
        """Say that the process ended in the middle of a check, or of the import."""
        if self._running is None:
            self.unreadable(message + Text.same("\n") + hint)
        else:
            self.verdict(Verdict(self._running.question, self._running.title, "failed", message, hint))

    @property
    def nothing_attempted(self) -> bool:
        """Tell whether every question is as the stub left it."""
        return bool(self._results) and all(statuses == {"not_attempted"} for statuses in self._results.values())

    @property
    def all_passed(self) -> bool:
        """Tell whether there were checks and every one passed."""
        return bool(self._results) and all(statuses == {"passed"} for statuses in self._results.values())

    def summary(self) -> None:
        """Print how many questions pass all their public checks."""
        if not self._results:
            return
        total = len(self._results)
        good = sum(statuses == {"passed"} for statuses in self._results.values())
        self.say(
            Text(
                f"\n{good} of {total} questions pass all their public checks. "
                "The graded checks look at more than these.",
                f"\n{good} question(s) sur {total} réussissent toutes leurs vérifications publiques. "
                "La notation en vérifie davantage.",
            )
        )

    def _line(self, verdict: Verdict) -> None:
        word = _WORDS[verdict.status]
        if verdict.status == "not_attempted":
            self.say(Text.same("  ") + word)
            return
        head = Text(f"  {word.en:{_WIDTH}}", f"  {word.fr:{_WIDTH}}")
        self.say(head + verdict.title)
        for text in (verdict.message, verdict.hint):
            if text is not None:
                self.say(Text(_indent(text.en), _indent(text.fr)))


def _indent(words: str) -> str:
    return "\n".join(" " * (_WIDTH + 2) + line for line in words.splitlines())
