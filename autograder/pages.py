"""One Jinja environment for every page: escaped, neutralised, with no word or colour of its own."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Undefined, pass_context
from markupsafe import Markup, escape

from autograder import wording
from autograder.glyphs import one_line, visible
from shared.text import Text

if TYPE_CHECKING:
    from jinja2.runtime import Context

    from shared.text import Language

__all__ = ["render"]


def render(template: str, language: Language, **content: Any) -> str:  # noqa: ANN401 - what a template may name
    """Return a page made from one of the package's templates.

    Args:
        template: Name of the template.
        language: Language of the catalogue's words and of every ``Text`` that the template prints.
        content: What the template names; strings in it are escaped, acting characters shown.
    """
    page = _environment().get_template(template)
    return page.render(language=language, w=wording.words(language), **content)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("autograder", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_neutral,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters.update(say=_say, prose=_prose, points=_points, phrase=_phrase, first_line=_first_line)
    environment.globals.update(signs=wording.SIGNS, sort_script=_script("sort.js"))
    return environment


@dataclass(frozen=True, slots=True)
class _Script:
    """A script of ours inside a page, and the hash by which the page's policy lets this one alone run."""

    source: Markup
    hash: Markup


def _script(name: str) -> _Script:
    source = files("autograder").joinpath("templates", name).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
    return _Script(Markup(source), Markup(f"'sha256-{digest}'"))  # noqa: S704 - a file of this package


def _neutral(value: Any) -> Any:  # noqa: ANN401 - whatever a template prints
    """Neutralise what a template prints; only markup made by this package is let through as it is."""
    return value if isinstance(value, Markup | Undefined) else visible(str(value))


@pass_context
def _say(context: Context, text: Text) -> str:
    return text.in_(context["language"])


@pass_context
def _prose(context: Context, text: Text | str) -> Markup:
    """Return words in which `this` is set as code."""
    words = text.in_(context["language"]) if isinstance(text, Text) else text
    marked = re.sub(r"`([^`\n]+)`", r"<code>\1</code>", str(escape(visible(words).strip("\n"))))
    return Markup(marked)  # noqa: S704 - escaped on the line above


@pass_context
def _points(context: Context, value: Any) -> str:  # noqa: ANN401 - a fraction or nothing
    return wording.points(value, context["language"])


@pass_context
def _first_line(context: Context, text: Text) -> str:
    return one_line(text.in_(context["language"]).strip().partition("\n")[0], 160)


@pass_context
def _phrase(context: Context, key: str, **parts: str) -> str:
    return wording.phrase(key, context["language"], **parts)
