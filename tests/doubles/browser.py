"""A headless Chromium of the system, watched: what it says, what it asks for, what jumps."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page, sync_playwright

WIDE, PHONE = (1280, 900), (375, 812)
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Without a sandbox of its own it runs as root in a container; it opens nothing but files that the test has built.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_SHIFTS = """
window.shifts = 0;
new PerformanceObserver((list) => list.getEntries().forEach((entry) => { window.shifts += entry.value; }))
  .observe({ type: "layout-shift", buffered: true });
"""


@dataclass
class Watched:
    """A page, and what it did that nobody wants: messages and errors, and addresses asked for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @property
    def left_the_disk(self) -> list[str]:
        """Requests for anything but files and what the page itself made."""
        return [url for url in self.requests if not url.startswith(("file://", "blob:", "data:"))]

    def strays(self, home: str) -> list[str]:
        """Requests for anything but what lies below the address `home` and what the page itself made."""
        return [url for url in self.requests if not url.startswith((f"{home}/", "blob:", "data:"))]


def find_chromium() -> str | None:
    """Where a Chromium is: `APBOT_CHROMIUM`, else one of the usual names; None if there is none."""
    return os.environ.get("APBOT_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), None)


@contextmanager
def chromium(executable: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def watched_page(
    browser: Browser,
    *,
    size: tuple[int, int] = WIDE,
    scheme: Literal["light", "dark"] = "light",
    **options: Any,
) -> Iterator[Watched]:
    """A new page of that size and colour scheme."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce", **options
    )
    watched = Watched(page=context.new_page())
    if options.get("java_script_enabled", True):
        watched.page.add_init_script(_SHIFTS)
    watched.page.on("console", lambda message: watched.complaints.append(message.text))
    watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    watched.page.on("request", lambda request: watched.requests.append(request.url))
    yield watched
    context.close()


def settle(page: Page) -> None:
    """Wait until the page is painted as it stands, at its beginning and at its end, so that what jumps has jumped."""
    frames = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    page.evaluate(f"() => {frames}.then(() => {{ scrollTo(0, 1e6); return {frames}; }}).then(() => scrollTo(0, 0))")


def address(path: Path, fragment: str = "") -> str:
    return path.as_uri() + (f"#{fragment}" if fragment else "")
