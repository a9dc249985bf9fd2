"""From bytes to Python source text as Python itself would decode it, and kinder where Windows editors differ."""

from __future__ import annotations

import codecs
import re

__all__ = ["MAX_SOURCE_BYTES", "clean", "decode", "same_source"]

MAX_SOURCE_BYTES = 2**20
# UTF-32 first: its mark begins with the one of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# PEP 263's own expression.
_COOKIE = re.compile(r"^([ \t\f]*#.*?coding[:=][ \t]*)([-\w.]+)")
_COMMENT_OR_BLANK = re.compile(r"^[ \t\f]*(?:#.*)?$")
# Python would take any codec here; some are no character sets, some take quadratic time on hostile bytes.
_CHARACTER_SETS = re.compile(
    r"utf-8(-sig)?|ascii|iso8859-\d+|cp\d{3,5}|mac-\w+|koi8-[rtu]|gbk|gb2312|gb18030|big5|shift_jis|euc_\w+"
)
_SURROGATE = re.compile("[\ud800-\udfff]")


def decode(data: bytes) -> str | None:
    r"""Return source text, or None where the bytes are no text.

    Args:
        data: The file's bytes.

    Returns:
        The text with ``\n`` line ends and one at the end, read by its byte order mark, its coding cookie (PEP 263), as
        UTF-8, or else as cp1252, which is what Windows editors write.  A cookie in it says UTF-8 then, so that the
        text can be written in that and still be read by Python.
    """
    text = _decoded(data)
    if text is None or "\0" in text:
        return None
    return _declared_utf8(_ended(clean(text)))


def clean(text: str) -> str:
    r"""Return text with ``\n`` line ends and without lone surrogates, which no file could hold."""
    return _SURROGATE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def same_source(one: str, other: str) -> bool:
    """Tell whether two sources differ by blank lines and spaces at the ends of lines only."""
    return _essence(one) == _essence(other)


def _essence(source: str) -> list[str]:
    return [line.rstrip() for line in clean(source).split("\n") if line.strip()]


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"


def _decoded(data: bytes) -> str | None:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _attempt(data[len(mark) :], encoding)
    if b"\0" in data:
        return None
    for encoding in (_cookie(data), "utf-8", "cp1252"):
        text = _attempt(data, encoding)
        if text is not None:
            return text
    return data.decode("latin-1")


def _attempt(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _cookie(data: bytes) -> str:
    """Return the character set that the first two lines declare, or UTF-8."""
    for line in data[:1000].decode("latin-1").replace("\r", "\n").split("\n", 2)[:2]:
        if found := _COOKIE.match(line):
            return _character_set(found[2])
        if not _COMMENT_OR_BLANK.match(line):
            break
    return "utf-8"


def _character_set(name: str) -> str:
    try:
        official = codecs.lookup(name).name
    except (LookupError, ValueError):
        return "utf-8"
    return official if _CHARACTER_SETS.fullmatch(official) else "utf-8"


def _declared_utf8(text: str) -> str:
    """Return the text with a cookie, if it has one, that is true of the file we shall write."""
    lines = text.split("\n", 2)
    for index, line in enumerate(lines[:2]):
        if _COOKIE.match(line):
            lines[index] = _COOKIE.sub(r"\1utf-8", line)
            break
        if not _COMMENT_OR_BLANK.match(line):
            break
    return "\n".join(lines)
