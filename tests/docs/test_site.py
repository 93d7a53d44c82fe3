"""The site of the documents: built strictly, and looked at in a real browser."""

import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests import browser
from tests.documents import ROOT

PHONE, DESK = (390, 844), (1280, 900)
OUTSIDE = "return performance.getEntriesByType('resource').map(it => it.name).filter(it => !it.startsWith(origin))"
WIDE = "return document.documentElement.scrollWidth > document.documentElement.clientWidth"
LOST = "return [...document.images].filter(it => !it.naturalWidth || it.getBoundingClientRect().width < 100).map(it => it.src)"
SCROLLING = """
return [...document.querySelectorAll("table")].map(it => it.parentElement)
    .filter(it => it.scrollWidth > it.clientWidth && getComputedStyle(it).overflowX === "auto").length;
"""
BRIGHT = """
const colour = getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3);
return colour.reduce((sum, part) => sum + +part, 0) / 3;
"""


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, *words) -> None:
        pass


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("site")
    strictly = ("-W", "--keep-going", "-n", "-q", "-d", str(folder / "read"), "docs", str(folder / "html"))
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *strictly], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return folder / "html", done.stdout + done.stderr


@pytest.fixture(scope="module")
def address(built):
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(built[0]))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def page():
    started = browser.started()
    yield started
    started.quit()


def test_it_is_built_without_a_warning(built) -> None:
    """Also no link between pages, and no anchor, is dead; links to other hosts are not followed."""
    folder, said = built
    assert said == ""
    pages = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    assert pages <= {path.relative_to(folder) for path in folder.rglob("*.html")}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_pages_fit_the_window_and_show_their_pictures(page, address, size, theme) -> None:
    page.looks(*size, theme)
    for name in ("index", "reference/sandbox"):
        page.open(f"{address}/{name}.html")
        page.until(lambda: page.js("return document.readyState") == "complete")
        assert page.js(LOST) == []
        assert not page.js(WIDE), name
        assert page.js(OUTSIDE) == [], "the site loads nothing from elsewhere"
    assert (page.js(BRIGHT) > 128) == (theme == "light")


def test_a_wide_table_scrolls_by_itself(page, address) -> None:
    page.looks(*PHONE)
    page.open(f"{address}/reference/operations/outbound.create.html")
    page.one("table")
    assert page.js(SCROLLING), "no table of this page is wider than a phone, or none of them scrolls"
    assert not page.js(WIDE)


def test_the_search_finds_a_term(page, address) -> None:
    page.looks(*DESK)
    page.open(f"{address}/index.html")
    page.write(".sidebar-search", "fencing" + browser.Keys.ENTER)
    page.until(lambda: "Glossary" in page.text("#search-results"))
    page.until(lambda: "still holds its claims" in page.text("#search-results"))
