"""A results folder to mark, and a browser that asks the marking page without a socket, for the tests of marking."""

from __future__ import annotations

import io
import re
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from wsgiref.util import setup_testing_defaults

from autograder import gradebook
from autograder.desk import Desk
from autograder.marking import MarkingPage
from autograder.model import Report

__all__ = ["ANSWERS", "HOST", "HOSTILE", "PORT", "Browser", "marks_of", "write_results"]

MakeReport = Callable[..., Report]
HOSTILE = "</pre><script>alert(1)</script>\u202e"
PORT = 4242
HOST = f"127.0.0.1:{PORT}"
MODEL_ANSWERS = """\
# Model answers

## q1

### Model answer (en)

Because <b>of</b> $x_1$ and *that*.

### Réponse modèle (fr)

Parce que.

### Rubric (en)

| point | for |
|---|---|
| 4 | all |
"""
ANSWERS = {"amel": "Because.", "jules": HOSTILE, "zoé": ""}


def write_results(folder: Path, make_report: MakeReport) -> Path:
    """Write the results of three submissions, in a course with a handout and model answers."""
    (folder / "assignments/toy").mkdir(parents=True)
    (folder / "solutions/toy").mkdir(parents=True)
    (folder / "solutions/toy/answers.md").write_text(MODEL_ANSWERS, encoding="utf-8")
    (folder / "assignments/toy/README.md").write_text("# Toy\n\n### q1\n\nWhy so deep?\n", encoding="utf-8")
    for name, answer in ANSWERS.items():
        gradebook.write(folder / "out", make_report(name, answers={"q1": answer}), name)
    return folder / "out"


@dataclass
class Browser:
    """Asks the page as a browser does; what it was let in with can be spoilt."""

    page: MarkingPage
    cookie: str = ""
    status: str = ""
    headers: dict[str, str] | None = None

    def ask(self, path: str, form: dict[str, str] | None = None, **environ: str) -> str:
        """Ask for a page, or send a form, and return the answer's text."""
        where, _mark, query = path.partition("?")
        body = urllib.parse.urlencode(form or {}).encode()
        request = {"PATH_INFO": where, "QUERY_STRING": query, "HTTP_HOST": HOST, "HTTP_COOKIE": self.cookie}
        if form is not None:
            request |= {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(len(body)), "HTTP_ORIGIN": f"http://{HOST}"}
            request |= {"CONTENT_TYPE": "application/x-www-form-urlencoded"}
        whole: dict[str, object] = {**request, **environ, "wsgi.input": io.BytesIO(body)}
        setup_testing_defaults(whole)

        def start(status: str, headers: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], object]:
            self.status, self.headers = status, dict(headers)
            return lambda _data: None

        return b"".join(self.page(whole, start)).decode()

    def enter(self) -> Browser:
        """Open the address that the terminal shows."""
        self.ask("/enter/" + self.page.token)
        assert self.headers is not None
        self.cookie = self.headers["Set-Cookie"].partition(";")[0]
        return self

    def form(self, path: str) -> dict[str, str]:
        """Return the hidden fields of the form on a page."""
        return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', self.ask(path)))


def marks_of(desk: Desk) -> dict[str, Fraction | None]:
    """Return the points that are stored, by submission."""
    return {row.submission: Fraction(row.points) if row.points else None for row in desk.rows()}
