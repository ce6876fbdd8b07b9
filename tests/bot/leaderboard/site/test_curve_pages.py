"""Curves and checkpoints as pages: their numbers are those of the details, cell by cell, and what is not known is said."""

import json
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from bs4 import BeautifulSoup
from doubles.boards import entry, published, track
from doubles.site_boards import details_for, measured_entry, verified

from apcore.curve_values import curve_values
from apcore.protocol import load_protocol
from apcore.result import Flag
from bot.leaderboard.board import Board
from bot.leaderboard.details import Details, MeasuredCurve
from bot.leaderboard.site.curve_picture import drawn, frame, steps
from bot.leaderboard.site.pages import site_files

KEY = "Measured_Author2026Title_R18_CIFAR10_S_90"
GoldenCheck = Callable[[str, str], None]
CHECKPOINT = f"checkpoints/{KEY}.apb-2024.html"
FLAGS = (
    Flag(name="zero-gradients", value=0.25, message="no gradient at 32 of 128 images"),
    Flag(name="of-a-later-version", value=None, message="<b>unknown</b>"),
)


def built(flags: tuple[Flag, ...] = FLAGS, protocol: str = "apb-2024") -> tuple[dict[str, str], list[Details]]:
    method, details = measured_entry("Measured", (50, 75, 90), protocol, flags=flags)
    old = entry("Older", published(track(90), 80.5, 41.25), verified(track(90), 8100, 4104))
    return site_files(Board.of([method, old]), details={one.sha256: one for one in details}), details


@pytest.fixture(scope="module")
def site() -> tuple[dict[str, str], list[Details]]:
    return built()


def page(files: dict[str, str], path: str) -> BeautifulSoup:
    return BeautifulSoup(files[path], "html.parser")


def cells(soup: BeautifulSoup, selector: str) -> list[list[str]]:
    return [
        [cell.get_text(" ", strip=True) for cell in row.select("th, td")] for row in soup.select(f"{selector} tbody tr")
    ]


def data_of(files: dict[str, str], stem: str) -> dict[str, list[float]]:
    """What the data file of a curve hands to the page."""
    key, data = re.fullmatch(r"window\.apbotCurve\((\S+?), (.+)\);\n", files[f"data/curves/{stem}.js"]).groups()
    assert json.loads(key) == stem.rsplit(".", 1)[0]
    return json.loads(data)


def distances(curve: MeasuredCurve) -> np.ndarray:
    return np.array([0.0] * curve.at_zero + list(curve.distances) + [np.inf] * curve.not_found, dtype=np.float32)


@pytest.mark.parametrize("protocol", ["apb-2024", "apb-2026"])
def test_a_data_file_has_every_step_of_the_curve_as_the_benchmark_counts_it(protocol: str) -> None:
    files, details = built((), protocol)
    for one in details:
        data = data_of(files, f"{one.model_key}.{protocol}")
        wanted = curve_values(distances(one.curve), label="", model_key=None, eps=None)
        assert list(zip(data["eps"], data["robust"], strict=True)) == list(wanted.steps)
        assert data["samples"] == wanted.samples
        assert data["value"] == [float(f"{100 * count / wanted.samples:.2f}") for _, count in wanted.steps]
        assert all(
            low <= value <= high for low, value, high in zip(data["low"], data["value"], data["high"], strict=True)
        )


def test_a_line_is_level_between_the_steps_and_falls_at_them() -> None:
    around = frame(load_protocol("apb-2024"))
    # 4 samples: one misclassified, one at 8/255, one never broken and one beyond the picture.
    curve = MeasuredCurve(at_zero=1, not_found=1, distances=(8 / 255, 0.5))
    assert (around.x.place(8), around.x.place(32)) == (234.0, 744.0)
    assert drawn(around, steps(curve)).line == "M64 106.5H234V199H744"
    # Wilson's intervals: 3 of 4 is 30.06 to 95.44 %, 2 of 4 is 15.00 to 85.00 %.
    assert drawn(around, steps(curve)).band == "M64 30.9H234V69.5H744V328.5H234V272.8H64Z"


def test_the_page_of_a_protocol_reads_every_curve_off_at_its_radius(site: tuple[dict[str, str], list[Details]]) -> None:
    files, details = site
    rows = cells(page(files, "curves/apb-2024.html"), "#readings")
    assert [row[1].partition("structured, ")[2] for row in rows] == [f"{s}\N{NO-BREAK SPACE}%" for s in (50, 75, 90)]
    for row, one in zip(rows, details, strict=True):
        here = one.curve.robust(8 / 255)
        assert row[2].split()[0] == f"{100 * here.value:.2f}"
        assert row[3] == f"{here.correct} of {here.samples}"


def test_curves_of_two_protocols_stand_on_two_pages() -> None:
    first, of_first = measured_entry("First", (90,))
    second, of_second = measured_entry("Second", (90,), "apb-2026")
    files = site_files(Board.of([first, second]), details={one.sha256: one for one in (*of_first, *of_second)})
    keys = {
        name: [box["value"] for box in page(files, f"curves/{name}.html").select("[name=model]")]
        for name in ("apb-2024", "apb-2026")
    }
    assert keys == {
        "apb-2024": ["First_Author2026Title_R18_CIFAR10_S_90"],
        "apb-2026": ["Second_Author2026Title_R18_CIFAR10_S_90"],
    }
    links = [link["href"] for link in page(files, "curves.html").select(".card a")]
    assert links == ["curves/apb-2024.html", "curves/apb-2026.html"]


def test_without_any_curve_the_page_says_why() -> None:
    files = site_files(Board.of([entry("Alone", published(track(90), 80, 40))]))
    words = page(files, "curves.html").get_text(" ", strip=True)
    assert "There is no curve yet. No checkpoint of the board has been re-run" in words
    assert not [path for path in files if path.startswith(("curves/", "data/curves", "checkpoints"))]
    old = site_files(Board.of([entry("Old", verified(track(90), 8100, 4104))]))
    words = page(old, "curves.html").get_text(" ", strip=True)
    assert "There is no curve yet. 1 checkpoint of the board was re-run, but without the distances" in words


def test_a_checkpoint_page_reads_well(site: tuple[dict[str, str], list[Details]], golden: GoldenCheck) -> None:
    golden("site/checkpoint.html", site[0][CHECKPOINT])


def test_a_checkpoint_tells_curve_layers_and_environment(site: tuple[dict[str, str], list[Details]]) -> None:
    files, details = site
    soup, one = page(files, CHECKPOINT), details[2]
    radii = cells(soup, ".radii")
    assert [row[0] for row in radii] == ["0", *(f"{n}/255" for n in range(4, 33, 4))]
    for row in radii:
        number = float(row[0].split("/")[0]) / 255
        robust = one.curve.robust(number)
        interval = f"{100 * robust.interval.low:.2f} to {100 * robust.interval.high:.2f}"
        assert row[1:] == [f"{100 * robust.value:.2f}", interval, f"{robust.correct:,}"]
    assert [row[1] for row in cells(soup, ".by-layer")] == [layer.name for layer in one.layers]
    for row, layer in zip(cells(soup, ".by-layer"), one.layers, strict=True):
        assert row[3] == f"{100 * layer.zero_weights / layer.weights:.2f}"
        assert row[5] == f"{100 * layer.zero_filters / layer.filters:.2f}"
        assert row[7] == f"{100 * layer.zero_channels / layer.channels:.2f}"
    assert len(soup.select("rect.bar.weights")) == len(one.layers) + 1  # and one in the legend
    words = soup.get_text(" ", strip=True)
    for fact in (one.sha256, "torch 2.14.1", "threads 2", "device cpu", "44,773,817 bytes", "seed 0, reference"):
        assert fact in words


def test_a_red_flag_marks_the_robust_cells_everywhere_and_hides_none(
    site: tuple[dict[str, str], list[Details]],
) -> None:
    files, _ = site
    rows = cells(page(files, CHECKPOINT), ".claims")
    assert [row[2].startswith("⚑") for row in rows] == [False, True, True]
    board = page(files, "boards/apb-2024-cifar10-structured.html")
    flagged = [cell.find_parent("td") for cell in board.select("#board .flag")]
    assert len(flagged) == 3
    assert all("flagged: zero-gradients" in cell.get_text() and cell.get_text().strip()[-5:] for cell in flagged)
    assert len(page(files, "methods/Measured_Author2026Title.html").select(".results .flag")) == 3
    assert len(page(files, "methods/Older_Author2026Title.html").select(".flag")) == 0


def test_a_flag_says_what_it_means_and_an_unknown_one_stays_text(site: tuple[dict[str, str], list[Details]]) -> None:
    files, _ = site
    known, unknown = page(files, CHECKPOINT).select(".flags li")
    assert "Attacks that follow gradients stand still at these images" in known.get_text()
    assert "0.25 (share of the correctly classified images" in known.get_text()
    assert "plus" in [code.get_text() for code in known.select("code")]
    assert "<b>unknown</b>" in unknown.get_text()
    assert not unknown.select(".flag")


def test_a_checkpoint_recorded_before_there_were_details_says_so(site: tuple[dict[str, str], list[Details]]) -> None:
    files, _ = site
    soup = page(files, "checkpoints/Older_Author2026Title_R18_CIFAR10_S_90.apb-2024.html")
    words = soup.get_text(" ", strip=True)
    for said in (
        "recorded before flags were kept",
        "recorded before the distances behind it were kept",
        "recorded before the zeros of each layer were kept",
        "Environment not recorded",
        "Change from the published AutoAttack accuracy: \N{MINUS SIGN}0.21 points",
    ):
        assert said in words


def test_a_badge_is_copied_with_its_words_and_links_to_the_page(site: tuple[dict[str, str], list[Details]]) -> None:
    files, _ = site
    soup = page(files, CHECKPOINT)
    words = "R18 CIFAR10 S 90: AutoAttack 38.04 %, confirmed, lower"
    assert soup.select_one("img")["alt"] == words
    assert soup.select_one("[data-address]").get_text() == (
        f"[![{words}](https://SITE/badges/{KEY}.apb-2024.svg)](https://SITE/checkpoints/{KEY}.apb-2024.html)"
    )
    assert f"<title>{words}</title>" in files[f"badges/{KEY}.apb-2024.svg"]


def test_a_network_that_normalises_its_input_is_loaded_with_it() -> None:
    record = verified(track(90), 8100, 4104)
    details = details_for(record, KEY)
    normalization = ((0.5, 0.25, 0.125), (1.0, 1.0, 1.0))
    details = replace(details, network=replace(details.network, normalization=normalization))
    method = entry("Measured", replace(record, details=details.sha256))
    files = site_files(Board.of([method]), details={details.sha256: details})
    code = page(files, CHECKPOINT).select_one("pre").get_text()
    assert f'load_model("{KEY}", checkpoint="net.pt", normalization={normalization})' in code
    assert len(code.splitlines()) == 3
