"""Characters that act instead of showing, made visible: everything a student wrote is printed through this."""

from __future__ import annotations

import re

__all__ = ["ACTING", "one_line", "visible"]

# C0 and C1 controls but newline and tab, soft hyphen, bidirectional and other format characters (the joiners U+200C
# and U+200D stay: they are part of ordinary words and signs), line separators, lone surrogates, non-characters.
ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
_SHORT = {"\r": "\\r", "\b": "\\b", "\n": "\\n", "\t": "\\t"}


def _escape(character: str) -> str:
    code = ord(character)
    if code > 0xFFFF:  # noqa: PLR2004 - the last of the basic plane
        return f"\\U{code:08x}"
    return _SHORT.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")  # noqa: PLR2004


def visible(text: str) -> str:
    r"""Return the text with every acting character written as its escape (``\x1b``); newline and tab stay."""
    return ACTING.sub(lambda match: _escape(match[0]), text)


def one_line(text: str, length: int | None = None) -> str:
    """Return the text on one line, newlines and tabs escaped too, cut to ``length`` characters with an ellipsis."""
    flat = re.sub("[\n\t]", lambda match: _escape(match[0]), visible(text))
    return flat if length is None or len(flat) <= length else flat[: length - 1] + "…"
