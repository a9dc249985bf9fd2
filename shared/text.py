"""A sentence in the two languages of the course, kept side by side so that neither goes stale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["LANGUAGES", "Language", "Text"]

Language = Literal["en", "fr"]
LANGUAGES: tuple[Language, ...] = ("en", "fr")


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in English and in French."""

    en: str
    fr: str

    @classmethod
    def same(cls, words: str) -> Text:
        """Make a text that reads the same in both languages (a name, a number)."""
        return cls(words, words)

    @classmethod
    def from_json(cls, document: object) -> Text:
        """Read ``{"en": ..., "fr": ...}``; raise ValueError on anything else."""
        if (
            not isinstance(document, dict)
            or set(document) != set(LANGUAGES)
            or not all(isinstance(words, str) for words in document.values())
        ):
            message = f"a text needs the two keys en and fr, both strings; got {document!r}"
            raise ValueError(message)
        return cls(document["en"], document["fr"])

    def to_json(self) -> dict[str, str]:
        """Return ``{"en": ..., "fr": ...}``."""
        return {"en": self.en, "fr": self.fr}

    def in_(self, language: Language) -> str:
        """Return the words in one language."""
        return self.en if language == "en" else self.fr

    def __add__(self, other: Text) -> Text:
        return Text(self.en + other.en, self.fr + other.fr)
