"""The site as a reader uses it, in a real browser, from the disk: by keyboard, at the width of a phone and of a desk."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from doubles.browser import PHONE, WIDE, Watched, address, watched_page
from doubles.site_boards import generated_board
from playwright.sync_api import Browser, Locator, Page, expect

from bot.leaderboard.board import read_board
from bot.leaderboard.entry import entry_bytes
from bot.leaderboard.site.build_site import build_site

pytestmark = pytest.mark.browser

LEADERBOARD = Path(__file__).parents[4] / "leaderboard"
BOARD = "boards/apb-2024-cifar10-unstructured.html"
SIZES = {"phone": PHONE, "desk": WIDE}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Today's board, in a folder whose name needs escaping."""
    folder = tmp_path_factory.mktemp("a site")
    build_site(LEADERBOARD / "entries", folder)
    return folder


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 methods with published and verified results."""
    entries, folder = tmp_path_factory.mktemp("entries"), tmp_path_factory.mktemp("large")
    for entry in generated_board(200).entries:
        (entries / f"{entry.ap_key}.json").write_bytes(entry_bytes(entry))
    build_site(entries, folder)
    return folder


@pytest.fixture(params=SIZES)
def board(request: pytest.FixtureRequest, browser: Browser, site: Path) -> Iterator[Watched]:
    """Today's board of unstructured pruning for CIFAR-10, opened; nothing may complain meanwhile."""
    with watched_page(browser, size=SIZES[request.param]) as watched:
        watched.page.goto(address(site / BOARD))
        yield watched
        assert (watched.complaints, watched.left_the_disk) == ([], [])


def is_within_sight(target: Locator) -> bool:
    """Whether it stands in the window, with all of its height."""
    return bool(target.evaluate("link => link.getBoundingClientRect().top >= 0"))


def names(page: Page) -> list[str]:
    return page.locator("#board tbody tr:not([hidden]) th").all_inner_texts()


def numbers(page: Page, column: str) -> list[float]:
    """The numbers of a column in the order of the rows, read in one go."""
    found: list[float] = page.evaluate(
        "id => { const ids = [...document.querySelectorAll('#board thead tr:nth-child(2) th')].map(th => th.dataset.column);"
        "return [...document.querySelectorAll('#board tbody tr:not([hidden])')].map(row => row.cells[1 + ids.indexOf(id)])"
        ".map(cell => parseFloat(cell.innerText.split(/\\s+/).at(-1))).filter(number => !isNaN(number)); }",
        column,
    )
    return found


def misplaced(page: Page) -> list[str]:
    """Columns whose heading does not stand above their cells, and groups that do not stand above their columns."""
    found: list[str] = page.evaluate(
        """() => {
          const shown = list => [...list].filter(element => !element.hidden);
          const left = list => list[0].getBoundingClientRect().left;
          const right = list => list.at(-1).getBoundingClientRect().right;
          const apart = (one, other) => Math.abs(left(one) - left(other)) > 1 || Math.abs(right(one) - right(other)) > 1;
          const columns = shown(document.querySelectorAll('#board thead tr:nth-child(2) th'));
          const cells = shown(document.querySelector('#board tbody tr:not([hidden])').cells);
          const below = group => columns.filter(th => th.dataset.column.endsWith(':' + group.dataset.group));
          return [
            ...columns.filter((th, at) => apart([th], [cells[at + 1]])).map(th => th.dataset.column),
            ...shown(document.querySelectorAll('#board .group')).filter(th => apart([th], below(th))).map(th => th.dataset.group),
          ];
        }"""
    )
    return found


def reach(page: Page, target: Locator) -> None:
    """Press Tab until `target` has the focus, as somebody without a mouse must be able to."""
    for _ in range(80):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the Tab key does not reach {target}")


def fragment(page: Page) -> str:
    return page.url.partition("#")[2]


def test_a_column_sorts_by_keyboard_and_says_so(board: Watched) -> None:
    page, column = board.page, "clean:vgg16:99"
    button = page.locator(f"[data-sort='{column}']")
    reach(page, button)
    page.keyboard.press("Enter")
    heading = page.locator(f"[data-column='{column}']")
    assert heading.get_attribute("aria-sort") == "descending"
    down = numbers(page, column)
    assert down == sorted(down, reverse=True)
    assert len(down) == 10
    page.keyboard.press("Space")
    assert heading.get_attribute("aria-sort") == "ascending"
    assert numbers(page, column) == down[::-1]
    assert fragment(page) == "sort=clean%3Avgg16%3A99%3Aup"
    assert page.locator("[aria-sort]").count() == 1


def test_a_filter_works_by_keyboard_and_the_picture_follows(board: Watched) -> None:
    page = board.page
    reach(page, page.locator("select[name=pipeline]"))
    page.keyboard.type("Dur")
    assert names(page) == ["FlyingBird", "TwinRep"]
    assert page.locator("#status").inner_text() == "2 methods, 12 results"
    assert page.locator("#plot .pt:not([hidden])").count() == 12
    page.select_option("[name=sparsity]", "99")
    assert page.locator("#status").inner_text() == "2 methods, 4 results"
    assert page.locator("#plot .pt:not([hidden])").count() == 4
    assert misplaced(page) == []
    assert page.locator("#board thead .group:not([hidden])").all_inner_texts() == ["ResNet-18 99 %", "VGG-16 99 %"]
    # The column by which rows were in order is gone: the first one shown takes its place.
    assert page.locator("[aria-sort]").get_attribute("data-column") == "aa:resnet18:99"
    assert fragment(page) == "sparsity=99&pipeline=during_training"


def test_a_search_finds_names_and_keys_and_says_when_nothing_fits(board: Watched) -> None:
    page = board.page
    reach(page, page.locator("[name=q]"))
    page.keyboard.type("zhao2023")
    assert names(page) == ["HARP"]
    page.keyboard.type("x")
    assert names(page) == []
    assert page.get_by_text("No method fits these filters.").is_visible()
    page.get_by_role("button", name="Reset").click()
    page.wait_for_function("document.querySelectorAll('#board tbody tr:not([hidden])').length === 10")
    assert fragment(page) == ""


def test_columns_are_chosen_by_keyboard_and_kept_in_the_address(board: Watched) -> None:
    page = board.page
    reach(page, page.locator(".menu summary"))
    page.keyboard.press("Enter")
    reach(page, page.locator("[name=show][value=clean]"))
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    assert not page.locator(".menu fieldset").is_visible()
    assert page.locator("#board thead .group").first.get_attribute("colspan") == "1"
    assert misplaced(page) == []
    assert page.locator("[data-column='clean:resnet18:90']").is_hidden()
    assert page.locator("#board tbody tr").first.locator("td:visible").count() == 6 + 3
    assert fragment(page) == "show=aa%2Cpipeline%2Ccriterion%2Clocality"


def test_a_linked_view_opens_as_it_was_left(board: Watched, browser: Browser, site: Path) -> None:
    view = "criterion=LIS&arch=vgg16&show=aa%2Clocality&sort=aa%3Avgg16%3A95%3Aup"
    board.page.goto(address(site / BOARD, view))  # the same document: the address alone changes
    board.page.wait_for_function("document.querySelector('[name=criterion]').value === 'LIS'")
    with watched_page(browser) as fresh:
        fresh.page.goto(address(site / BOARD, view))
        assert names(fresh.page) == names(board.page) == ["RST", "MAD", "HARP", "HYDRA"]
        assert fresh.page.locator("#board thead .group:not([hidden])").count() == 3
        assert fragment(fresh.page) == view
        assert fresh.page.evaluate("window.shifts") == 0


def test_nonsense_in_the_address_is_ignored(browser: Browser, site: Path) -> None:
    with watched_page(browser) as watched:
        watched.page.goto(address(site / BOARD, "pipeline=%3Cb%3E&sort=nothing:down&arch=resnet9&show="))
        assert len(names(watched.page)) == 10
        assert watched.complaints == []


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_a_download_holds_what_is_shown_in_its_order(board: Watched, ending: str) -> None:
    page = board.page
    page.select_option("[name=arch]", "vgg16")
    page.locator("[name=q]").fill("bird")
    with page.expect_download() as waiting:
        page.locator(f"#{ending}").click()
    assert waiting.value.suggested_filename == f"apb-2024-cifar10-us.{ending}"
    text = Path(waiting.value.path()).read_text(encoding="utf-8")
    rows = json.loads(text) if ending == "json" else list(csv.DictReader(io.StringIO(text)))
    assert [(row["name"], int(row["sparsity"]), float(row["aa_robust_accuracy"])) for row in rows] == [
        ("FlyingBird", 90, 43.95),
        ("FlyingBird", 95, 44.47),
        ("FlyingBird", 99, 40.49),
        ("RobustBird", 90, 41.62),
        ("RobustBird", 95, 41.80),
        ("RobustBird", 99, 37.46),
    ]
    assert {(row["protocol"], row["aa_eps"], row["provenance"]) for row in rows} == {("apb-2024", "0.031", "published")}
    assert rows[0]["model_key"] == "FlyingBird_Chen2021Sparsity_V16_CIFAR10_US_90"


def test_the_picture_is_walked_by_keyboard_and_leads_to_a_method(board: Watched) -> None:
    page = board.page
    reach(page, page.locator("#plot .pt[tabindex='0']"))
    assert (
        page.locator("#readout").inner_text()
        == "MAD, VGG-16 at 99\N{NO-BREAK SPACE}%: clean 43.35, AutoAttack 25.90, published"
    )
    page.keyboard.press("ArrowRight")
    assert (
        page.locator("#readout").inner_text()
        == "RST, ResNet-18 at 99\N{NO-BREAK SPACE}%: clean 48.90, AutoAttack 15.16, published"
    )
    page.keyboard.press("End")
    assert page.locator("#readout").inner_text().startswith("HARP, ResNet-18 at 9")
    assert page.locator("#plot .pt.same").count() == 6
    page.keyboard.press("Enter")
    page.wait_for_url("**/methods/HARP_Zhao2023Holistic.html")


def test_a_finger_is_told_what_a_mark_is_before_it_opens_the_method(browser: Browser, site: Path) -> None:
    with watched_page(browser, size=PHONE, has_touch=True, is_mobile=True) as watched:
        page = watched.page
        page.goto(address(site / BOARD))
        # Drawn last, and furthest to the left: no other mark lies over them.
        above, apart = page.locator("#plot .pt").last, page.locator("#plot .pt").first
        readout = page.locator("#readout")
        for mark in (above, apart, above):
            mark.tap()
            expect(readout).to_have_text(str(mark.get_attribute("aria-label")))
            assert page.locator(".pt.same").count() == 6
        assert page.url == address(site / BOARD)
        above.tap()
        page.wait_for_url("**/methods/HARP_Zhao2023Holistic.html")
        assert (watched.complaints, watched.left_the_disk) == ([], [])


def test_the_name_of_the_board_is_in_sight_among_those_of_all(browser: Browser, site: Path) -> None:
    with watched_page(browser, size=PHONE) as watched:
        watched.page.goto(address(site / "boards/apb-2024-svhn-structured.html"))
        name = watched.page.locator(".chips [aria-current]")
        left, right = name.evaluate("name => [name.getBoundingClientRect().left, name.getBoundingClientRect().right]")
        assert 0 <= left < right <= PHONE[0]
        assert watched.page.evaluate("[scrollX, scrollY, window.shifts]") == [0, 0, 0]


def test_a_mouse_opens_the_method_at_once(board: Watched) -> None:
    board.page.locator("#plot .pt").first.click()
    board.page.wait_for_url("**/methods/MAD_Lee2022Masking.html")


def test_the_first_stop_of_the_tab_key_leads_past_the_navigation(board: Watched) -> None:
    page = board.page
    skip = page.get_by_role("link", name="Skip to content")
    assert not is_within_sight(skip)
    page.keyboard.press("Tab")
    assert is_within_sight(skip)
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".chips a").first).to_be_focused()


def test_the_table_is_skipped_by_keyboard_without_losing_the_view(board: Watched, site: Path) -> None:
    """The table has a stop for each column and each method; a link before it leads to the picture."""
    page = board.page
    page.locator("#filters [name=arch]").select_option("resnet18")
    view = page.url
    assert view.endswith("#arch=resnet18")
    skip = page.get_by_role("link", name="Skip to the picture")
    assert not is_within_sight(skip)
    reach(page, skip)
    assert is_within_sight(skip)
    page.keyboard.press("Tab")
    expect(page.get_by_role("region", name="Results")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#scatter")).to_be_focused()
    assert page.url == view
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('#plot .pt:not([hidden])')")


def test_provenance_leaves_the_numbers_of_one_kind(browser: Browser, large: Path) -> None:
    with watched_page(browser) as watched:
        page = watched.page
        page.goto(address(large / BOARD, "from=verified"))
        assert page.locator("[data-column='hofmn:resnet18:90']").is_hidden()
        assert misplaced(page) == []
        marks = page.locator("#board tbody tr:not([hidden]) td:not(.off) .mark:visible").count()
        assert marks == page.locator("#plot .pt:not([hidden]) .fill").count() > 0
        assert page.locator("#plot .pt:not([hidden]) .hollow").count() == 0
        assert page.locator("#status").inner_text().endswith(f", {marks} results")
        assert (watched.complaints, watched.left_the_disk) == ([], [])


def test_two_hundred_methods_sort_and_filter(browser: Browser, large: Path) -> None:
    with watched_page(browser, size=PHONE) as watched:
        page = watched.page
        page.goto(address(large / BOARD, "show=aa,change"))
        assert len(names(page)) > 100
        page.locator("[data-sort='aa:vgg16:90']").click()
        robust = numbers(page, "aa:vgg16:90")
        assert robust == sorted(robust, reverse=True)
        assert page.locator("[data-column='change:vgg16:90']").is_visible()
        assert misplaced(page) == []
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert watched.complaints == []


def test_without_scripts_tables_and_links_are_there_and_controls_are_not(browser: Browser, site: Path) -> None:
    with watched_page(browser, java_script_enabled=False) as watched:
        watched.page.goto(address(site / BOARD))
        assert len(names(watched.page)) == 10
        assert watched.page.locator("#plot .pt").count() == 60
        assert not watched.page.locator("#filters").is_visible()
        assert not watched.page.locator(".tools").is_visible()
        watched.page.get_by_role("link", name="HARP", exact=True).click()
        watched.page.wait_for_url("**/methods/HARP_Zhao2023Holistic.html")


def test_the_taxonomy_leads_to_a_filtered_board(browser: Browser, site: Path) -> None:
    with watched_page(browser) as watched:
        watched.page.goto(address(site / "taxonomy.html"))
        watched.page.locator("td a[href='boards/apb-2024-cifar10-unstructured.html#criterion=LIS']").click()
        watched.page.wait_for_url("**#criterion=LIS")
        expected = {
            e.name
            for e in read_board(LEADERBOARD / "entries").entries
            if e.taxonomy["criterion"] == "LIS"
            and any((r.track.dataset, r.track.structure) == ("CIFAR10", "US") for r in e.results)
        }
        assert set(names(watched.page)) == expected


def test_the_picture_of_the_taxonomy_filters_a_board_by_keyboard(browser: Browser, site: Path) -> None:
    with watched_page(browser, size=PHONE) as watched:
        page = watched.page
        page.goto(address(site / "taxonomy.html"))
        reach(page, page.locator("summary", has_text="SVHN, structured pruning"))
        page.keyboard.press("Enter")
        assert page.locator(".picture[open]").count() == 1
        disc = page.locator(".picture[open] .disc").first
        weight = "element => getComputedStyle(element.querySelector('circle')).strokeWidth"
        before = disc.evaluate(weight)
        reach(page, disc)
        assert disc.evaluate(weight) != before
        count = int(disc.locator("text").text_content() or "")
        page.keyboard.press("Enter")
        page.wait_for_url("**/apb-2024-svhn-structured.html#pipeline=*&criterion=*")
        assert len(names(page)) == count
        assert (watched.complaints, watched.left_the_disk) == ([], [])
