"""Curves overlaid and read off in a real browser, from the disk, by keyboard, at the width of a phone and of a desk."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from doubles.browser import PHONE, WIDE, Watched, address, watched_page
from doubles.site_boards import measured_entry, write_leaderboard
from playwright.sync_api import Browser, Locator, Page

from apcore.result import Flag
from bot.leaderboard.details import Details
from bot.leaderboard.site.build_site import build_site

pytestmark = pytest.mark.browser

SIZES = {"phone": PHONE, "desk": WIDE}
CURVES = "curves/apb-2024.html"
FLAG = Flag(name="zero-gradients", value=0.25, message="no gradient at 32 of 128 images")
A50, A75, B50, B90 = (
    f"{name}_Author2026Title_R18_CIFAR10_S_{sparsity}"
    for name, sparsity in (("Alpha", 50), ("Alpha", 75), ("Beta", 50), ("Beta", 90))
)


@pytest.fixture(scope="module")
def details() -> dict[str, Details]:
    return {str(one.model_key): one for name in ("Alpha", "Beta") for one in measured(name)[1]}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two methods of three measured checkpoints each, one of them flagged."""
    found = [measured("Alpha"), measured("Beta")]
    folder = tmp_path_factory.mktemp("a leaderboard")
    entries = write_leaderboard(folder / "board", [entry for entry, _ in found], [one for _, of in found for one in of])
    build_site(entries, folder / "site")
    return folder / "site"


@pytest.fixture(params=SIZES)
def curves(request: pytest.FixtureRequest, browser: Browser, site: Path) -> Iterator[Watched]:
    """The page of the protocol, its curves loaded; nothing may complain, jump or leave the disk meanwhile."""
    with watched_page(browser, size=SIZES[request.param]) as watched:
        watched.page.goto(address(site / CURVES))
        loaded(watched.page, 3)
        yield watched
        assert (watched.complaints, watched.left_the_disk) == ([], [])
        assert watched.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def measured(name: str):
    return measured_entry(name, (50, 75, 90), flags=(FLAG,) if name == "Beta" else ())


def loaded(page: Page, curves: int) -> None:
    page.wait_for_function(f"document.querySelectorAll('#drawn .curve').length === {curves}")


def shown(page: Page) -> dict[str, tuple[str, str, str]]:
    """Value, interval and count of each model in the table, in its order."""
    found: dict[str, tuple[str, str, str]] = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('#readings tbody tr:not([hidden])')].map(row => [row.dataset.key,"
        " ['value', 'interval', 'count'].map(name => row.querySelector('.' + name).textContent)]))"
    )
    return {key: tuple(texts) for key, texts in found.items()}


def expected(details: Details, eps: float) -> tuple[str, str, str]:
    robust = details.curve.robust(eps)
    low, high = (f"{100 * end:.2f}" for end in (robust.interval.low, robust.interval.high))
    return f"{100 * robust.value:.2f}", f"{low} to {high}", f"{robust.correct} of {robust.samples}"


def reach(page: Page, target: Locator) -> None:
    """Press Tab until `target` has the focus."""
    for _ in range(60):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the Tab key does not reach {target}")


def fragment(page: Page) -> str:
    return page.url.partition("#")[2]


def test_curves_are_read_off_at_any_eps_by_keyboard(curves: Watched, details: dict[str, Details]) -> None:
    page = curves.page
    reach(page, page.locator("#eps"))
    page.keyboard.press("ArrowRight")
    assert page.locator("#exact").input_value() == "8.08/255"
    for key, place in (("Home", 0.0), ("PageUp", 3.2), ("ArrowLeft", 3.12), ("End", 32.0)):
        page.keyboard.press(key)
        assert shown(page) == {name: expected(details[name], place / 255) for name in shown(page)}, key
    assert fragment(page) == "eps=32%2F255"
    reach(page, page.locator("#exact"))
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("0.031")
    assert shown(page) == {name: expected(details[name], 0.031) for name in shown(page)}
    assert page.locator("#status").inner_text() == "Robust accuracy at eps 0.031: 3 models"
    step = details[A50].curve.distances[5]  # where the curve falls, it has fallen
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(str(step))
    assert shown(page)[A50] == expected(details[A50], step)
    page.keyboard.type("x")
    assert page.locator("#exact").get_attribute("aria-invalid") == "true"
    reach(page, page.locator("#radius"))
    page.keyboard.press("Enter")
    assert page.locator("#exact").input_value() == "8/255"
    assert fragment(page) == ""


def test_models_are_chosen_by_keyboard_and_kept_in_the_address(curves: Watched, details: dict[str, Details]) -> None:
    page = curves.page
    reach(page, page.locator("#search"))
    page.keyboard.type("beta 90")
    assert page.locator("#pick li:visible").count() == 1
    reach(page, page.locator(f"#pick [value={B90}]"))
    page.keyboard.press("Space")
    loaded(page, 4)
    page.locator("#search").fill("")
    reach(page, page.locator(f"#pick [value={A75}]"))
    page.keyboard.press("Space")
    loaded(page, 3)
    assert list(shown(page)) == [A50, A50.replace("50", "90"), B90]
    assert shown(page) == {key: expected(details[key], 8 / 255) for key in shown(page)}
    assert fragment(page).startswith(f"models={A50}%2C")
    page.locator("#clear").click()
    assert page.get_by_text("No model is chosen.").is_visible()
    assert fragment(page) == "models="


def test_a_linked_view_opens_as_it_was_left(browser: Browser, site: Path, details: dict[str, Details]) -> None:
    with watched_page(browser) as watched:
        watched.page.goto(address(site / CURVES, f"models={B50}%2CNobody_R18%2C{A75}&eps=4%2F255"))
        loaded(watched.page, 2)
        assert shown(watched.page) == {key: expected(details[key], 4 / 255) for key in (B50, A75)}
        assert list(shown(watched.page)) == [B50, A75]
        assert watched.page.evaluate("window.shifts") == 0
        assert watched.page.locator("#dots circle").count() == 2


def test_a_mouse_that_points_reads_off_and_a_press_keeps_it(
    browser: Browser, site: Path, details: dict[str, Details]
) -> None:
    with watched_page(browser) as watched:
        page = watched.page
        page.goto(address(site / CURVES))
        loaded(page, 3)
        box = page.locator("#plot").bounding_box()
        x = box["x"] + box["width"] * (64 + 680 * 16 / 32) / 760
        page.mouse.move(x, box["y"] + 100)
        there = shown(page)
        assert there[A50] in {expected(details[A50], (16 + shift / 100) / 255) for shift in range(-15, 16)}
        assert there[A50] != expected(details[A50], 8 / 255)
        page.mouse.move(5, 5)
        assert shown(page)[A50] == expected(details[A50], 8 / 255)
        page.mouse.move(x, box["y"] + 100)
        page.mouse.down()
        page.mouse.up()
        page.mouse.move(5, 5)
        assert shown(page) == there
        assert fragment(page).startswith("eps=1")


def test_a_checkpoint_leads_to_its_curve_among_others(browser: Browser, site: Path) -> None:
    with watched_page(browser) as watched:
        watched.page.goto(address(site / f"checkpoints/{B50}.apb-2024.html"))
        watched.page.get_by_role("link", name="Read it off anywhere").click()
        loaded(watched.page, 1)
        assert list(shown(watched.page)) == [B50]
        watched.page.locator("#readings th a").first.click()
        watched.page.wait_for_url(f"**/checkpoints/{B50}.apb-2024.html")
        assert watched.complaints == []


def test_without_scripts_every_model_is_read_off_at_the_radius(
    browser: Browser, site: Path, details: dict[str, Details]
) -> None:
    with watched_page(browser, java_script_enabled=False) as watched:
        watched.page.goto(address(site / CURVES))
        rows = watched.page.locator("#readings tbody tr")
        assert rows.locator(".value").all_inner_texts() == [expected(one, 8 / 255)[0] for one in details.values()]
        assert not watched.page.locator("#eps").is_visible()
        assert not watched.page.locator("#pick").is_visible()
