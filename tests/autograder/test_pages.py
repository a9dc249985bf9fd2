"""Pages in a real browser: they show the score, fit a phone, run nothing and load nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from autograder import dashboard
from autograder.feedback import write_pages
from autograder.model import MISTAKE, Exhibit, Lab, Report, Status
from autograder.similarity import Group
from shared.text import Text

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MakeReport = Callable[..., Report]
HOSTILE = '"><img src=x onerror="document.title=1"><script>document.title=1</script>'
LONG = "a" * 300
PHONE = {"width": 390, "height": 844}
STEMS = {HOSTILE: "hostile", LONG: "long"}


@pytest.fixture
def folder(tmp_path: Path, lab: Lab, make_report: MakeReport) -> Path:
    """A results folder with the pages of two awkward submissions."""
    rows = [{"yours": LONG, "expected": "Dense 10", "differs": True}]
    exhibits = (
        Exhibit("dense", "output", Text.same(HOSTILE), {"text": f"{HOSTILE}\n{LONG}\n" * 20, "truncated": False}),
        Exhibit("dense", "architecture", Text.same(LONG), {"rows": rows}),
        Exhibit("dense", "curves", Text.same("Curves"), {"series": {"loss": {"training": [3, 2, 1]}}}),
        Exhibit("dense", MISTAKE, Text.same(HOSTILE), {"check": "values"}),
        Exhibit("pool", "images", Text.same("Images"), {"images": ["AA=="] * 30, "shape": [1, 1]}),
    )
    statuses = (Status.PASSED, Status.FAILED, Status.PASSED)
    reports = [
        make_report(name, statuses, words=f"{HOSTILE} {LONG}", exhibits=exhibits, answers={"q1": f"{HOSTILE}\n{LONG}"})
        for name in STEMS
    ]
    write_pages(tmp_path, lab, reports, "en", STEMS)
    alike = [Group(tuple(STEMS), 0.93)]
    (tmp_path / "index.html").write_text(dashboard.render(lab, reports, "en", STEMS, alike), encoding="utf-8")
    (tmp_path / "gradebook.csv").write_text("submission\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def opened(browser: Browser, folder: Path) -> Iterator[Callable[[str], Page]]:
    """A function that opens one of the folder's pages on a phone and fails on anything the browser complains about."""
    context = browser.new_context(viewport=PHONE)
    complaints: list[str] = []
    requests: list[str] = []

    def open_page(name: str) -> Page:
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto((folder / name).as_uri())
        return page

    yield open_page
    context.close()
    assert complaints == []
    assert all(url.startswith(("file:", "data:image/png")) for url in requests)


@pytest.mark.parametrize("name", ["feedback/hostile.html", "feedback/long.html", "index.html"])
def test_page_fits_a_phone(opened: Callable[[str], Page], name: str) -> None:
    """At 390 pixels nothing scrolls sideways, unfolded parts included."""
    page = opened(name)
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_score_is_shown(opened: Callable[[str], Page]) -> None:
    """The score stands at the top of the page as the student will read it."""
    assert opened("feedback/hostile.html").locator(".score").inner_text() == "9.33 / 20"


def test_hostile_name_is_inert(opened: Callable[[str], Page]) -> None:
    """A name made of markup is shown letter by letter; nothing of it runs."""
    page = opened("feedback/hostile.html")

    assert page.locator("header bdi").first.inner_text() == HOSTILE
    assert page.title() == f"A toy lab – {HOSTILE}"
    assert page.locator("script").count() == 0
    assert page.locator("img[onerror]").count() == 0


def test_links_work(opened: Callable[[str], Page]) -> None:
    """From the overview one comes to a submission's page, and there to its questions."""
    page = opened("index.html")

    page.locator("table.sortable").get_by_role("link", name=LONG).click()
    page.get_by_role("link", name="Max-pooling").click()

    assert page.url.endswith("feedback/long.html#q-pool")
    assert page.locator("#q-pool").is_visible()


def test_the_table_can_be_sorted_by_keyboard(opened: Callable[[str], Page]) -> None:
    """A heading is a button: once for rising, twice for falling; screen readers are told which."""
    page = opened("index.html")
    names = page.locator("table.sortable tbody th")
    before = names.all_inner_texts()
    head = page.locator("table.sortable thead th").first

    head.get_by_role("button").focus()
    page.keyboard.press("Enter")

    assert names.all_inner_texts() == before[::-1]
    assert head.get_attribute("aria-sort") == "descending"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    scores = [float(text) for text in page.locator("table.sortable tbody td:nth-child(2)").all_inner_texts()]
    assert scores == sorted(scores)


def test_nothing_is_lost_without_script(browser: Browser, folder: Path) -> None:
    """The overview is whole, only unsorted by request."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((folder / "index.html").as_uri())
    rows, buttons = page.locator("table.sortable tbody tr").count(), page.locator("button").count()
    context.close()

    assert (rows, buttons) == (len(STEMS), 0)


def test_another_script_does_not_run(browser: Browser, folder: Path) -> None:
    """The page's policy lets the one script of ours run, by its hash, and none that somebody smuggles in."""
    text = (folder / "index.html").read_text("utf-8")
    (folder / "smuggled.html").write_text(text.replace("</main>", "<script>document.title = 'owned'</script></main>"))
    context = browser.new_context()
    page = context.new_page()
    page.goto((folder / "smuggled.html").as_uri())
    title = page.title()
    context.close()

    assert title == "A toy lab – Class overview"


@pytest.mark.parametrize("name", ["feedback/hostile.html", "index.html"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read(opened: Callable[[str], Page], scheme: str, name: str) -> None:
    """Every word stands out from what is behind it by the contrast that WCAG's level AA asks for, day and night."""
    page = opened(name)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]

    assert page.evaluate(LOW_CONTRAST) == []


# Relative luminance and contrast as in WCAG 2.2, success criterion 1.4.3; backgrounds are opaque on our pages.
LOW_CONTRAST = """() => {
  const light = colour => {
    const parts = colour.match(/[0-9.]+/g).slice(0, 3).map(part => part / 255)
      .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (colour !== 'rgba(0, 0, 0, 0)') return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const low = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    if (!own) continue;
    const style = getComputedStyle(element);
    const pair = [light(element instanceof SVGElement ? style.fill : style.color), light(behind(element))];
    if ((Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05) < 4.5) low.push(element.outerHTML.slice(0, 80));
  }
  return low;
}"""
