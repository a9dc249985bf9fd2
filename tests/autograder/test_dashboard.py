"""The class overview: the right numbers, the submissions that need a person first, links that lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

from autograder import dashboard, feedback
from autograder.model import Lab, Report, Status
from autograder.scoring import not_graded, rejected
from shared.text import Text

MakeReport = Callable[..., Report]
PASSED, FAILED = Status.PASSED, Status.FAILED
HOSTILE = '"><img src=x onerror=alert(1)>/..\\?#%\u202e\x00'


def class_of(lab: Lab, make_report: MakeReport) -> list[Report]:
    """Four graded submissions with 20/3·n points and two that need a person."""
    return [
        make_report("group10", (PASSED, PASSED, PASSED)),
        make_report("group2", (FAILED, FAILED, PASSED)),
        make_report("zoé", (PASSED, FAILED, FAILED)),
        make_report(HOSTILE, (FAILED, FAILED, FAILED)),
        Report(rejected(lab, "refused", Text("an unsafe `zip`", "un `zip` dangereux"))),
        Report(not_graded(lab, "set aside", None, Text("a broken check", "une vérification défaillante"))),
    ]


def text_of(page: str) -> str:
    """Return what a reader sees, without the style sheet."""
    pieces: list[str] = []
    parser = HTMLParser()
    parser.handle_data = pieces.append  # type: ignore[method-assign]
    parser.feed(re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL))
    return " ".join(" ".join(pieces).split())


def links_of(page: str) -> list[str]:
    """Return the addresses of a page's links."""
    links: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: links.extend(  # type: ignore[method-assign]
        value or "" for name, value in attributes if tag == "a" and name == "href"
    )
    parser.feed(page)
    return links


def test_numbers_of_the_class(lab: Lab, make_report: MakeReport) -> None:
    """Counts, mean and median are those of the submissions; only graded ones enter the mean."""
    text = text_of(dashboard.render(lab, class_of(lab, make_report), "en"))

    assert "Graded 4 Not graded 1 Rejected 1 Mean / 20 6.33 Median / 20 4.67" in text


def test_shares_and_failures(lab: Lab, make_report: MakeReport) -> None:
    """A question shows its share of points, a check its share of passes, and the worst check comes first."""
    text = text_of(dashboard.render(lab, class_of(lab, make_report), "en"))

    assert "The shape 50% The values 25%" in text
    assert "A dense layer 33%" in text
    assert "Most common failing checks The values · A dense layer 3 / 4" in text
    assert "Why so deep? · written, to be marked –" in text


def test_those_who_need_a_person_come_first(lab: Lab, make_report: MakeReport) -> None:
    """Submissions without a grade are listed before the others, with their reasons, then by natural order."""
    text = text_of(dashboard.render(lab, class_of(lab, make_report), "fr"))

    places = [text.index(name) for name in ("set aside", "refused", "group2", "group10", "zoé")]
    assert places == sorted(places)
    assert "un zip dangereux" in text
    assert "Moyenne / 20 6,33" in text


def test_every_link_has_its_page(tmp_path: Path, lab: Lab, make_report: MakeReport) -> None:
    """Every submission links to the feedback page that is written for it, whatever its name."""
    reports = class_of(lab, make_report)
    feedback.write_pages(tmp_path, lab, reports, "en")
    dashboard.write(tmp_path, lab, reports, "en")

    links = links_of((tmp_path / "index.html").read_text("utf-8"))
    assert len(links) == len(reports)
    assert all((tmp_path / unquote(link)).is_file() and link.count("/") == 1 for link in links)


def test_given_stems_are_used(lab: Lab, make_report: MakeReport) -> None:
    """Where the files' stems are given, links use them, quoted."""
    page = dashboard.render(lab, [make_report("amel")], "en", {"amel": "a b#c"})

    assert links_of(page) == ["feedback/a%20b%23c.html"]


def test_hostile_name_is_text(lab: Lab, make_report: MakeReport) -> None:
    """A name made of markup is shown as it is written, and its acting characters as escapes."""
    page = dashboard.render(lab, class_of(lab, make_report), "en")

    assert "<img" not in page
    assert "<script" not in page
    assert "\u202e" not in page
    assert "onerror=alert(1)&gt;/..\\?#%\\u202e\\x00" in page


def test_empty_class(lab: Lab) -> None:
    """A class without submissions is an overview that says so."""
    assert "No submission has been graded." in text_of(dashboard.render(lab, [], "en"))


def test_perfect_class(lab: Lab, make_report: MakeReport) -> None:
    """Where every check passes, none is listed as failing, and a full score is in the histogram."""
    page = dashboard.render(lab, [make_report(statuses=(PASSED,) * 3)], "fr")

    assert "Aucune vérification n'échoue." in text_of(page)
    assert 'aria-label="Nombre de rendus par note"' in page


def test_order_of_reports_does_not_matter(lab: Lab, make_report: MakeReport) -> None:
    """The overview is the same to the byte whatever the order in which reports arrive."""
    reports = class_of(lab, make_report)

    assert dashboard.render(lab, reports, "en") == dashboard.render(lab, reports[::-1], "en")
