"""Every kind of page that a build writes, in a real browser: still, quiet, within its width, accessible, and on its own."""

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath
from threading import Thread
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from doubles.browser import PHONE, WIDE, address, settle, watched_page
from doubles.site_boards import measured_entry, write_leaderboard
from doubles.statuses import STATUS
from playwright.sync_api import Browser, Page

from apcore.result import Flag
from bot.leaderboard.board import read_board
from bot.leaderboard.site.build_site import build_site
from bot.lifecycle.status import status_bytes

pytestmark = pytest.mark.browser

LEADERBOARD = Path(__file__).parents[4] / "leaderboard"
# One of each pipeline, and one that has another key.
METHODS = ("FlyingBird", "HARP", "RADMM", "RST")
FLAG = Flag(name="zero-gradients", value=0.25, message="no gradient at 32 of 128 images")
KINDS = (
    *("archive.html", "boards", "checkpoints", "curves", "curves.html", "docs", "docs.html", "index.html", "methods"),
    *("methods.html", "moved", "status.html", "submit.html", "taxonomy.html"),
)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WORST = ("serious", "critical")
AXE = {"resultTypes": ["violations"], "preload": False}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few of today's methods, some measured ones under two protocols, a status, and the documents."""
    folder = tmp_path_factory.mktemp("a site")
    measured = [
        measured_entry("Alpha", (50, 75, 90)),
        measured_entry("Beta", (50, 90), flags=(FLAG,)),
        measured_entry("Gamma", (50, 90), "apb-2026"),
    ]
    today = [entry for entry in read_board(LEADERBOARD / "entries").entries if entry.name in METHODS]
    entries = write_leaderboard(
        folder / "board", [*today, *(entry for entry, _ in measured)], [one for _, of in measured for one in of]
    )
    (folder / "status.json").write_bytes(status_bytes(STATUS))
    build_site(entries, folder / "site", repository="example/board", status_file=folder / "status.json")
    return folder / "site"


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    """Address of the same site on a server, below a path."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=site.parent)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/site"
        server.shutdown()


def kinds(site: Path) -> dict[str, str]:
    """Of each kind the largest page. Pages of one folder are of one kind, but for those that only lead on to another."""
    found: dict[str, str] = {}
    for path in sorted(site.rglob("*.html"), key=lambda path: path.stat().st_size):
        place = path.relative_to(site).as_posix()
        leads_on = 'http-equiv="refresh"' in path.read_text(encoding="utf-8")
        found["moved" if leads_on else PurePosixPath(place).parts[0]] = place
    return found


def look_faults(page: Page) -> list[object]:
    """What is wrong with the page as it stands: wider than the window, something jumped, axe's serious faults."""
    settle(page)
    wide: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    jumped: float = page.evaluate("window.shifts")
    violations = Axe().run(page, options=AXE).response["violations"]
    serious = [(v["id"], [node["target"] for node in v["nodes"][:3]]) for v in violations if v["impact"] in WORST]
    return [*([f"{wide} px too wide"] if wide > 0 else []), *([f"jumped by {jumped}"] if jumped else []), *serious]


def test_every_kind_of_page_that_is_written_is_looked_at(site: Path) -> None:
    assert tuple(sorted(kinds(site))) == KINDS


@pytest.mark.parametrize("width", ["phone", "desk"])
def test_pages_are_still_quiet_accessible_and_alone_in_light_and_dark(
    browser: Browser, site: Path, served: str, width: str
) -> None:
    """A phone reads from the disk, a desk from a server."""
    home, size = (site.as_uri(), PHONE) if width == "phone" else (served, WIDE)
    faults = {}
    with watched_page(browser, size=size) as watched:
        page = watched.page
        for kind, place in kinds(site).items():
            if kind == "moved":
                continue
            page.goto(f"{home}/{place}")
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                faults[place, scheme] = look_faults(page)
        assert {at: found for at, found in faults.items() if found} == {}
        assert (watched.complaints, watched.strays(home)) == ([], [])


def test_another_key_of_a_method_leads_to_its_page(browser: Browser, site: Path) -> None:
    with watched_page(browser) as watched:
        watched.page.goto(address(site / kinds(site)["moved"]))
        watched.page.wait_for_url("**/methods/RADMM_Ye2019Adversarial.html")
        assert (watched.complaints, watched.strays(site.as_uri())) == ([], [])
