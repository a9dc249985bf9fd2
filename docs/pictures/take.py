"""Take the documents' pictures, in Chromium, of what `make demo` has left in out/demo.

    make demo && .venv/bin/python docs/pictures/take.py

The marking page is one that the command `autograder mark` serves; nothing is marked.  ``CHROMIUM`` names the browser
where it is not in the path.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RESULTS = ROOT / "out" / "demo" / "results"
STUDENT = "yanis.haddad"  # has exchanged two layers: a page with every kind of picture
ANSWERING = "nour.el-amrani"  # has handed in written answers


@contextmanager
def marking_page() -> Iterator[str]:
    """Serve the marking page as a user would, and give its address."""
    command = [
        sys.executable,
        "-m",
        "autograder.cli",
        "mark",
        "mnist",
        str(RESULTS),
        "--no-browser",
        "--marker",
        "Inès",
    ]
    with subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE) as server:  # noqa: S603 - our own
        assert server.stdout is not None  # noqa: S101 - asked for above
        first = server.stdout.readline()
        try:
            yield first.split()[-1]
        finally:
            server.terminate()


def shoot(page: Page, name: str, part: str | None = None) -> None:
    """Take one picture: of what is in the window, or of one element."""
    path = HERE / f"{name}.png"
    if part is None:
        page.screenshot(path=path)
    else:
        page.locator(part).screenshot(path=path)
    sys.stdout.write(f"{path.relative_to(ROOT)}\n")


def main() -> int:
    """Take all pictures; 2 where there is nothing to take them of."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.stderr.write("no Chromium on this machine: install it, or name it in CHROMIUM\n")
        return 2
    if not (RESULTS / "index.html").is_file():
        sys.stderr.write(f"{RESULTS} holds no dashboard: run make demo first\n")
        return 2
    with sync_playwright() as playwright, marking_page() as address:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1000, "height": 760})
        page.goto((RESULTS / "index.html").as_uri())
        shoot(page, "dashboard")
        page.set_viewport_size({"width": 900, "height": 860})
        page.goto((RESULTS / "feedback" / f"{STUDENT}.html").as_uri())
        shoot(page, "feedback")
        shoot(page, "question", "#q-small_model")
        page.set_viewport_size({"width": 1000, "height": 720})
        page.goto(address)
        page.locator("tr", has_text=ANSWERING).get_by_role("link").first.click()
        shoot(page, "marking")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
