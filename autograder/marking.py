"""The marking page: a small server on this machine's own address, for one browser that knows the token.

Plain forms, no script.  A page of another site can neither read it (the host name is checked, cookies are of this site
only) nor send it anything (the origin and a second token are checked).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import webbrowser
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

from autograder import pages, wording
from autograder.desk import Changed, Desk, Sheet
from autograder.errors import UsageError
from autograder.marks import write_marks_csv, write_marks_yaml

__all__ = ["MarkingPage", "serve"]

_HOST = "127.0.0.1"
_COOKIE = "autograder-mark"
_MOST_BYTES = 2**20
_POLICY = "default-src 'none'; style-src {style}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_HEADERS = (
    ("Cache-Control", "no-store"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    # With "no-referrer" a browser would hide the origin of our own forms.
    ("Referrer-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
)
_FILES = {"/marks.csv": ("text/csv", write_marks_csv), "/marks.yaml": ("application/yaml", write_marks_yaml)}


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is sent back to the browser."""

    status: HTTPStatus
    body: str = ""
    kind: str = "text/html"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Entered:
    """What was typed into a sheet that could not be stored, and why it could not."""

    points: str
    comment: str
    problem: str


@dataclass(frozen=True, slots=True)
class MarkingPage:
    """The pages as a WSGI application; ``port`` is the one that it is served on."""

    desk: Desk
    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def address(self) -> str:
        """The address to open: it lets this browser in and leads on to one that tells nothing."""
        return f"http://{_HOST}:{self.port}/enter/{self.token}"

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        answer = self._answer(environ)
        body = answer.body.encode("utf-8", "backslashreplace")
        headers = [
            ("Content-Type", f"{answer.kind}; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Content-Security-Policy", _POLICY.format(style=_style_hash(answer.body))),
            *_HEADERS,
            *answer.headers,
        ]
        start_response(f"{answer.status.value} {answer.status.phrase}", headers)
        return [body]

    def _answer(self, environ: WSGIEnvironment) -> _Answer:
        path, method = environ.get("PATH_INFO", "/"), environ["REQUEST_METHOD"]
        if environ.get("HTTP_HOST") not in (f"{_HOST}:{self.port}", f"localhost:{self.port}"):
            return self._refused(HTTPStatus.MISDIRECTED_REQUEST)
        if method == "GET" and path.startswith("/enter/"):
            return self._enter(path.removeprefix("/enter/"))
        if not _same(_cookie(environ, self._cookie_name), self.token):
            return self._refused(HTTPStatus.FORBIDDEN)
        if method == "GET":
            return self._get(path, parse_qs(environ.get("QUERY_STRING", "")))
        if method != "POST":
            return self._refused(HTTPStatus.METHOD_NOT_ALLOWED)
        if environ.get("HTTP_ORIGIN", f"http://{environ['HTTP_HOST']}") != f"http://{environ['HTTP_HOST']}":
            return self._refused(HTTPStatus.FORBIDDEN)
        form = _form(environ)
        if form is None or not _same(form.get("form", ""), self._form_token):
            return self._refused(HTTPStatus.FORBIDDEN)
        return self._post(path, form)

    # -- who may come in ----------------------------------------------------------------------------------------

    @property
    def _cookie_name(self) -> str:
        return f"{_COOKIE}-{self.port}"  # Browsers share cookies between the ports of a machine.

    @property
    def _form_token(self) -> str:
        return hmac.new(self.token.encode(), b"form", hashlib.sha256).hexdigest()

    def _enter(self, token: str) -> _Answer:
        if not _same(token, self.token):
            return self._refused(HTTPStatus.FORBIDDEN)
        cookie = f"{self._cookie_name}={self.token}; Path=/; HttpOnly; SameSite=Strict"
        return _Answer(HTTPStatus.SEE_OTHER, headers=(("Location", "/"), ("Set-Cookie", cookie)))

    def _refused(self, status: HTTPStatus) -> _Answer:
        return _Answer(status, pages.render("mark_refused.html", self.desk.how.language, lab=self.desk.lab))

    # -- pages --------------------------------------------------------------------------------------------------

    def _get(self, path: str, query: dict[str, list[str]]) -> _Answer:
        if path in _FILES:
            kind, write = _FILES[path]
            name = f"{self.desk.lab.id}-{path.removeprefix('/')}"
            disposition = ("Content-Disposition", f'attachment; filename="{name}"')
            return _Answer(HTTPStatus.OK, write(self.desk.rows()), kind, (disposition,))
        done = query.get("done", [""])[0]
        if path == "/":
            return self._overview(done)
        sheet = self._sheet(path)
        return self._show(sheet, done) if sheet else self._refused(HTTPStatus.NOT_FOUND)

    def _overview(self, done: str) -> _Answer:
        rows = self.desk.cells()
        cells = [cell for _name, row in rows for cell in row]
        counts = {
            question: {
                state: sum(c.state == state for c in cells if c.question == question)
                for state in ("marked", "outdated", "open", "blank")
            }
            for question in self.desk.questions
        }
        starts = {question: self.desk.next_open(question, 0) for question in self.desk.questions}
        return self._page("mark_overview.html", HTTPStatus.OK, rows=rows, counts=counts, starts=starts, done=done)

    def _show(
        self, sheet: Sheet, done: str = "", entered: _Entered | None = None, status: HTTPStatus = HTTPStatus.OK
    ) -> _Answer:
        guide = self.desk.guides[sheet.question.id]
        following = self.desk.next_open(sheet.question.id, sheet.number)
        return self._page(
            "mark_sheet.html", status, sheet=sheet, guide=guide, following=following, done=done, entered=entered
        )

    def _page(self, template: str, status: HTTPStatus, **content: Any) -> _Answer:  # noqa: ANN401 - for a template
        desk = self.desk
        known = {"lab": desk.lab, "questions": desk.questions, "how": desk.how, "form_token": self._form_token}
        return _Answer(status, pages.render(template, desk.how.language, **known, **content))

    # -- forms --------------------------------------------------------------------------------------------------

    def _post(self, path: str, form: dict[str, str]) -> _Answer:
        blank = re.fullmatch(r"/blank/(\w+)", path)
        if blank and blank[1] in self.desk.questions:
            count = self.desk.give_nothing(blank[1])
            return _to(f"/?done={count}")
        sheet = self._sheet(path)
        return self._store(sheet, form) if sheet else self._refused(HTTPStatus.NOT_FOUND)

    def _store(self, sheet: Sheet, form: dict[str, str]) -> _Answer:
        language = self.desk.how.language
        points, comment = form.get("points", ""), form.get("comment", "")
        try:
            self.desk.give(replace(sheet, version=form.get("version", "")), points, comment)
        except ValueError:
            limit = wording.points(sheet.question.points, language)
            problem = wording.phrase("mark_not_points", language, limit=limit)
            return self._show(sheet, "", _Entered(points, comment, problem), HTTPStatus.UNPROCESSABLE_ENTITY)
        except Changed:
            problem = wording.phrase("mark_changed", language)
            return self._show(sheet, "", _Entered(points, comment, problem), HTTPStatus.CONFLICT)
        question, number = sheet.question.id, sheet.number
        if form.get("then") == "stay":
            return _to(f"/{question}/{number}?done={number}")
        following = self.desk.next_open(question, number)
        return _to(f"/{question}/{following}?done={number}" if following else "/")

    def _sheet(self, path: str) -> Sheet | None:
        found = re.fullmatch(r"/(\w+)/([0-9]{1,9})", path)
        return self.desk.sheet(found[1], int(found[2])) if found else None


class _Server(ThreadingMixIn, WSGIServer):
    """A browser opens connections ahead of time; each waits in a thread of its own."""

    daemon_threads = True


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - the base's signature
        """Say nothing: the terminal is for the address."""


def serve(desk: Desk, port: int, say: Callable[[str], object], *, browser: bool = True) -> None:
    """Serve the marking page until Ctrl-C.

    Args:
        desk: What is marked; closed at the end.
        port: The port of 127.0.0.1; 0 for any free one.
        say: Prints a line.
        browser: Whether to open the page.

    Raises:
        UsageError: The port is taken.
    """
    try:
        server = make_server(_HOST, port, _not_yet, server_class=_Server, handler_class=_Handler)
    except OSError as error:
        message = f"port {port} of {_HOST} cannot be used ({error.strerror}); choose another one with --port"
        raise UsageError(message) from error
    page = MarkingPage(desk, server.server_port)
    server.set_app(page)
    say(f"Marking {desk.lab.id} at {page.address}")
    say("The address is for you alone. End with Ctrl-C; every mark is stored as soon as it is given.")
    if browser:
        webbrowser.open(page.address)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass  # That is how it ends.
    finally:
        server.server_close()
        desk.close()


def _not_yet(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer before the page knows its port."""
    start_response("503 Service Unavailable", [])
    return []


def _to(place: str) -> _Answer:
    return _Answer(HTTPStatus.SEE_OTHER, headers=(("Location", place),))


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())


def _cookie(environ: WSGIEnvironment, name: str) -> str:
    try:
        found = SimpleCookie(environ.get("HTTP_COOKIE", "")).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


def _form(environ: WSGIEnvironment) -> dict[str, str] | None:
    """Return the fields of a form; None where this is none of ours."""
    kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip()
    length = environ.get("CONTENT_LENGTH") or ""
    if kind != "application/x-www-form-urlencoded" or not length.isdecimal() or int(length) > _MOST_BYTES:
        return None
    try:
        text = environ["wsgi.input"].read(int(length)).decode("ascii")
        fields = parse_qs(text, keep_blank_values=True, strict_parsing=True, max_num_fields=20, errors="strict")
    except ValueError:
        return None
    return {name: values[-1] for name, values in fields.items()}


def _style_hash(body: str) -> str:
    """Return the source by which a page's policy lets its own style sheet alone apply."""
    found = re.search(r"<style>(.*?)</style>", body, re.DOTALL)
    if found is None:
        return "'none'"
    return f"'sha256-{base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()}'"
