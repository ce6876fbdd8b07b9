"""How soon a page of a site of 200 methods is painted, opened from the disk: each under a second, or the exit code is 1.

    python benchmarks/first_paint.py [--opens N]

Each page is opened in a context of its own, nothing of an earlier opening in its memory, in turn with a page of one word. What is
shown is the first contentful paint, counted by the browser from the start of the navigation: the median and the slowest of all
openings, and the ratio of the medians to that of the page of one word in the same run. Run it on an idle machine.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from doubles.browser import address, chromium, find_chromium, watched_page
from doubles.site_boards import generated_board
from playwright.sync_api import Browser

from bot.leaderboard.entry import entry_bytes
from bot.leaderboard.site.build_site import build_site

METHODS = 200
LIMIT_MS = 1000.0
# Besides the boards, the pages that grow with the number of methods.
OTHERS = ("index.html", "methods.html", "taxonomy.html", "archive.html", "submit.html")
PAINTED = """() => new Promise(resolve => new PerformanceObserver(list => {
  for (const entry of list.getEntriesByName("first-contentful-paint")) resolve(entry.startTime);
}).observe({ type: "paint", buffered: true }))"""


def build(folder: Path) -> Path:
    """A site of generated methods in `folder`, and beside it a page of one word; the site's folder."""
    entries = folder / "entries"
    entries.mkdir()
    for entry in generated_board(METHODS).entries:
        (entries / f"{entry.ap_key}.json").write_bytes(entry_bytes(entry))
    (folder / "word.html").write_text(
        "<!doctype html><html lang=en><title>Word</title><p>word</html>", encoding="utf-8"
    )
    build_site(entries, folder / "site")
    return folder / "site"


def first_paint(browser: Browser, path: Path) -> float:
    """Milliseconds from the start of the navigation to the first contentful paint."""
    with watched_page(browser) as watched:
        watched.page.goto(address(path))
        return float(watched.page.evaluate(PAINTED))


def main(argv: list[str] | None = None) -> int:
    """Print a line for each page."""
    parser = argparse.ArgumentParser(description="first contentful paint of a site of 200 methods, from the disk")
    parser.add_argument("--opens", type=int, default=5, metavar="N", help="how often each page is opened (default: 5)")
    opens: int = parser.parse_args(argv).opens
    executable = find_chromium()
    if executable is None:
        print("no Chromium is installed (or named by APBOT_CHROMIUM)", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory() as folder, chromium(executable) as browser:
        site = build(Path(folder))
        word = site.parent / "word.html"
        paths = [*sorted(site.glob("boards/*.html")), *(site / name for name in OTHERS)]
        first_paint(browser, word)  # what the browser does once
        times: dict[Path, list[float]] = {path: [] for path in (word, *paths)}
        for _ in range(opens):
            for path, found in times.items():
                found.append(first_paint(browser, path))
        print(f"Chromium {browser.version}, {METHODS} methods, {opens} openings of each page")
        print("| page | kB | median, ms | slowest, ms | ratio |\n| --- | --- | --- | --- | --- |")
        for path, found in times.items():
            name = "one word" if path == word else path.relative_to(site).as_posix()
            ratio = median(found) / median(times[word])
            print(
                f"| {name} | {path.stat().st_size / 1000:.0f} | {median(found):.0f} | {max(found):.0f} | {ratio:.1f} |"
            )
    return int(max(median(found) for found in times.values()) >= LIMIT_MS)


if __name__ == "__main__":
    sys.exit(main())
