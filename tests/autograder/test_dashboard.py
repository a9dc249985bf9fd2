"""The class overview: the right numbers, the submissions that need a person first, links that lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

from autograder import dashboard, feedback, gradebook
from autograder.marks import apply_marks
from autograder.model import MISTAKE, Exhibit, Lab, Mark, Report, Status
from autograder.scoring import not_graded, rejected
from autograder.similarity import Group
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
    parser.feed(re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.DOTALL))
    return " ".join(" ".join(pieces).split()).replace(" ,", ",")


def shown(name: str) -> str:
    """Return a hard name as a reader sees it."""
    return " ".join(name.replace("\u202e", "\\u202e").replace("\x00", "\\x00").split())


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

    assert "Graded 4 Not graded 1 Rejected 1 Answers to mark 4 Mean / 20 6.33 Median / 20 4.67" in text


def test_shares_and_failures(lab: Lab, make_report: MakeReport) -> None:
    """A question shows its share of points, a check its share of passes, and the worst check comes first."""
    text = text_of(dashboard.render(lab, class_of(lab, make_report), "en"))

    assert "The shape 50% The values 25%" in text
    assert "A dense layer 33%" in text
    assert f"Most common failing checks The values · A dense layer 3 / 4 {shown(HOSTILE)}, group2, zoé" in text
    assert "Why so deep? · written, to be marked –" in text


def test_those_who_need_a_person_come_first(lab: Lab, make_report: MakeReport) -> None:
    """Submissions without a grade are listed before the others, with their reasons, then by natural order."""
    text = text_of(dashboard.render(lab, class_of(lab, make_report), "fr"))

    assert "À examiner par une personne Rendu État Motif set aside non corrigé" in text
    assert text.index("set aside") < text.index("refused")
    table = text[text.index("Tableau des notes") :]
    places = [table.index(name) for name in ("group2", "group10", "zoé")]
    assert places == sorted(places)
    assert "un zip dangereux" in text
    assert "Moyenne / 20 6,33" in text


def test_every_link_has_its_page(tmp_path: Path, lab: Lab, make_report: MakeReport) -> None:
    """Every submission links to the feedback page that is written for it, whatever its name."""
    reports = class_of(lab, make_report)
    feedback.write_pages(tmp_path, lab, reports, "en")
    gradebook.write_csv(tmp_path, lab, reports)

    links = links_of(dashboard.render(lab, reports, "en"))
    pages = {link for link in links if link != "gradebook.csv"}
    assert len(pages) == len(reports)
    assert all((tmp_path / unquote(link)).is_file() and link.count("/") == 1 for link in pages)
    assert "gradebook.csv" in links


def test_given_stems_are_used(lab: Lab, make_report: MakeReport) -> None:
    """Where the files' stems are given, links use them, quoted."""
    page = dashboard.render(lab, [make_report("amel")], "en", {"amel": "a b#c"})

    assert set(links_of(page)) == {"feedback/a%20b%23c.html", "gradebook.csv"}


def test_hostile_name_is_text(lab: Lab, make_report: MakeReport) -> None:
    """A name made of markup is shown as it is written, and its acting characters as escapes."""
    page = dashboard.render(lab, class_of(lab, make_report), "en")

    assert "<img" not in page
    assert page.count("<script") == 1
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


def test_named_mistakes_with_those_who_made_them(lab: Lab, make_report: MakeReport) -> None:
    """The most frequent first; one who makes the same mistake in two checks counts once."""
    bias, order = Text("the bias is missing", "il manque le biais"), Text("rows and columns are swapped", "inversées")
    noted = {
        "a": [Exhibit("dense", MISTAKE, order, {"check": "shape"})],
        "b": [
            Exhibit("dense", MISTAKE, bias, {"check": "shape"}),
            Exhibit("dense", MISTAKE, bias, {"check": "values"}),
        ],
        "c": [Exhibit("dense", MISTAKE, bias, {"check": "values"})],
    }
    reports = [make_report(name, exhibits=tuple(exhibits)) for name, exhibits in noted.items()]

    text = text_of(dashboard.render(lab, reports, "en"))

    assert "the bias is missing · A dense layer 2 / 3 b, c rows and columns are swapped · A dense layer 1 / 3 a" in text
    assert "bias" not in text_of(feedback.render_page(reports[1], lab, "en"))


def test_what_separates_strong_from_weak(lab: Lab, make_report: MakeReport) -> None:
    """A check that only those pass who do well elsewhere separates well; one that the others pass does not."""
    strong, weak = (PASSED, PASSED, PASSED), (FAILED, FAILED, FAILED)
    reports = [make_report(f"s{n}", strong) for n in range(3)] + [make_report(f"w{n}", weak) for n in range(3)]

    assert "The shape 50% Separates well (1.00)" in text_of(dashboard.render(lab, reports, "en"))
    odd = [make_report(f"s{n}", (PASSED, PASSED, FAILED)) for n in range(3)]
    odd += [make_report(f"w{n}", (FAILED, FAILED, PASSED)) for n in range(3)]
    assert "La cachée 50\xa0% Sépare à peine (\u22121,00)" in dashboard_text(lab, odd)
    assert "Separates" not in text_of(dashboard.render(lab, reports[:4], "en"))


def dashboard_text(lab: Lab, reports: list[Report]) -> str:
    """Return the French overview as read, no-break spaces kept."""
    page = dashboard.render(lab, reports, "fr")
    pieces: list[str] = []
    parser = HTMLParser()
    parser.handle_data = pieces.append  # type: ignore[method-assign]
    parser.feed(page)
    return re.sub(r"[ \n]+", " ", " ".join(pieces))


def test_alike_code_needs_a_person(lab: Lab, make_report: MakeReport) -> None:
    """A group is listed with links; those who are not here any more are left out."""
    reports = [make_report(name) for name in ("amel", "jules", "zoé")]
    groups = [Group(("amel", "gone", "zoé"), 0.934), Group(("jules", "gone"), 1.0)]

    text = text_of(dashboard.render(lab, reports, "en", None, groups))

    assert "amel, zoé · 93% in common" in text
    assert "gone" not in text


def test_an_outdated_mark_needs_a_person(lab: Lab, make_report: MakeReport) -> None:
    """It is among those to look at, and the answers still to mark are counted."""
    marked = apply_marks(make_report("amel", answers={"q1": "New."}), {"q1": Mark(Fraction(2), "", "sha256:earlier")})

    text = text_of(dashboard.render(lab, [marked, make_report("jules")], "en"))

    assert "amel q1: answer changed" in text
    assert "Answers to mark 1" in text
