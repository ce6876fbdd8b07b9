"""The site's tables, pictures and data files hold what the entries hold, cell by cell: today's, and 200 generated methods'."""

import json
from pathlib import Path
from typing import Any

import pytest
from doubles.boards import entry, published, track
from doubles.html_tables import read_page
from doubles.site_boards import generated_board, verified

from bot.leaderboard.board import Board, read_board
from bot.leaderboard.entry import entry_bytes
from bot.leaderboard.site.pages import site_files

LEADERBOARD = Path(__file__).parents[4] / "leaderboard"
DASH = "\N{EN DASH}"
SHOWN = {"clean": "clean_accuracy", "aa": "aa_robust_accuracy", "hofmn": "hofmn_robust_accuracy"}
Numbers = dict[tuple[str, str, int, str], float]


@pytest.fixture(scope="module", params=["today", "200 methods"])
def built(request: pytest.FixtureRequest) -> tuple[Board, dict[str, str]]:
    board = read_board(LEADERBOARD / "entries") if request.param == "today" else generated_board(200)
    return board, site_files(board)


def data_of(files: dict[str, str], path: str) -> dict[str, Any]:
    script = files[path.replace("boards/", "data/").replace(".html", ".js")]
    return json.loads(script.removeprefix("window.apbotBoard = ").rstrip().removesuffix(";"))


def board_pages(files: dict[str, str]) -> list[str]:
    return [path for path in files if path.startswith("boards/")]


def fits(result: dict[str, Any], data: dict[str, Any]) -> bool:
    protocol = result["protocol"] if result["provenance"] == "published" else result["protocol"]["name"]
    return (protocol, result["dataset"], result["structure"]) == (data["protocol"], data["dataset"], data["structure"])


def numbers_in_entries(board: Board, data: dict[str, Any]) -> Numbers:
    """What a reader of the entry files alone expects: what was verified in full before what was published."""
    found: Numbers = {}
    for one in board.entries:
        results = [r for r in json.loads(entry_bytes(one))["results"] if fits(r, data)]
        for r in sorted(results, key=lambda r: r["provenance"]):
            place = (one.ap_key, r["architecture"], r["sparsity"])
            if r["provenance"] == "published":
                values = {measure: r[field] for measure, field in SHOWN.items()}
            elif r["partial"] or not r["measured_sparsity"]["agrees"] or r["measured"]["aa_robust"] is None:
                continue
            else:
                values = {
                    "clean": r["measured"]["clean"]["value"],
                    "aa": r["measured"]["aa_robust"]["value"],
                    "hofmn": r["measured"]["hofmn_robust"]["value"],
                }
                if (*place, "aa") in found:
                    values["change"] = values["aa"] - found[*place, "aa"]
            found |= {(*place, measure): value for measure, value in values.items() if value is not None}
    return found


def test_every_cell_of_every_board_is_that_of_the_entries(built: tuple[Board, dict[str, str]]) -> None:
    board, files = built
    for path in board_pages(files):
        data = data_of(files, path)
        expected = numbers_in_entries(board, data)
        _, headings, *rows = read_page(files[path]).tables["board"]
        columns = [cell.attributes["data-column"].split(":") for cell in headings.cells]
        texts = {}
        for row in rows:
            cells = row.cells[1 : 1 + len(columns)]
            for (measure, architecture, sparsity), cell in zip(columns, cells, strict=True):
                texts[row.attributes["data-key"], architecture, int(sparsity), measure] = cell.text.strip()
        for place, text in texts.items():
            value = expected.pop(place, None)
            if place[3] == "change":
                wanted = DASH if value is None else f"{value:+.2f}".replace("-", "\N{MINUS SIGN}")
            else:
                wanted = DASH if value is None else f"{value:.2f}"
            assert text == wanted, (path, place)
        # A board without a single value of a measure has no column for it.
        assert not expected, path


def test_the_data_file_and_the_picture_hold_the_cells_of_the_table(built: tuple[Board, dict[str, str]]) -> None:
    board, files = built
    for path in board_pages(files):
        data = data_of(files, path)
        expected = numbers_in_entries(board, data)
        found, labels = {}, []
        for row in data["rows"]:
            for column, cell in zip(data["columns"], row["cells"], strict=True):
                place = (row["ap_key"], column["architecture"], column["sparsity"])
                if cell is not None:
                    found |= {(*place, m): cell[m] for m in (*SHOWN, "change") if cell[m] is not None}
                    labels.append((row["ap_key"], f"clean {cell['clean']:.2f}, AutoAttack {cell['aa']:.2f}"))
        assert found == pytest.approx(expected, abs=0.0051), path
        points = [link for link in read_page(files[path]).links if link.get("class") == "pt"]
        drawn = [(p["data-key"], ", ".join(p["aria-label"].split(": ")[1].split(", ")[:2])) for p in points]
        assert sorted(drawn) == sorted(labels), path


def test_places_are_counted_in_a_column_of_one_protocol(built: tuple[Board, dict[str, str]]) -> None:
    _, files = built
    for path in board_pages(files):
        data = data_of(files, path)
        for column in range(len(data["columns"])):
            cells = [row["cells"][column] for row in data["rows"] if row["cells"][column]]
            for cell in cells:
                assert cell["rank"] == 1 + sum(other["aa"] > cell["aa"] for other in cells), (path, cell)
                assert cell["best"] == (cell["rank"] <= (3 if data["structure"] == "US" else 1)), (path, cell)


def test_a_page_of_a_method_lists_every_result_of_its_entry(built: tuple[Board, dict[str, str]]) -> None:
    board, files = built
    for one in board.entries:
        tables = read_page(files[f"methods/{one.ap_key}.html"]).tables
        rows = [row.cells for row in tables.get("plain results", []) if row.cells[0].text != "Architecture"]
        found = sorted((cells[2].text, cells[3].text) for cells in rows)
        expected = sorted(
            (f"{100 * r.clean:.2f}", DASH if r.aa_robust is None else f"{100 * r.aa_robust:.2f}") for r in one.results
        )
        assert found == expected, one.ap_key


def test_a_board_shows_its_protocol_and_radius(built: tuple[Board, dict[str, str]]) -> None:
    _, files = built
    for path in board_pages(files):
        data = data_of(files, path)
        words = files[path].partition('<p class="protocol">')[2].partition("</p>")[0]
        assert f"<code>{data['protocol']}</code>" in words
        assert f"<b>eps {data['aa_eps']}</b>" in words


def test_results_of_two_protocols_never_share_a_board() -> None:
    files = site_files(
        Board.of([entry("A", published(track(90), 80, 40)), entry("B", verified(track(90), 8100, 4100, "apb-2026"))])
    )
    keys = {path: [row["ap_key"] for row in data_of(files, path)["rows"]] for path in board_pages(files)}
    assert keys == {
        "boards/apb-2024-cifar10-structured.html": ["A_Author2026Title"],
        "boards/apb-2026-cifar10-structured.html": ["B_Author2026Title"],
    }


def test_a_change_is_told_where_a_published_and_a_verified_value_exist() -> None:
    both = entry("Both", published(track(90), 80.5, 41.25), verified(track(90), 8100, 4104))
    files = site_files(Board.of([both]))
    (row,) = data_of(files, "boards/apb-2024-cifar10-structured.html")["rows"]
    assert [cell["change"] for cell in row["cells"] if cell] == [-0.21]
    assert "\N{MINUS SIGN}0.21" in files["boards/apb-2024-cifar10-structured.html"]


def test_a_result_that_tables_leave_out_stands_on_the_page_of_its_method_and_on_its_own() -> None:
    partial = entry("Part", published(track(50), 80, 40), verified(track(90), 50, 30, samples=100, partial=True))
    files = site_files(Board.of([partial]))
    (row,) = data_of(files, "boards/apb-2024-cifar10-structured.html")["rows"]
    assert sum(cell is not None for cell in row["cells"]) == 1
    assert "; not on the boards" in files["methods/Part_Author2026Title.html"]
    page = files["checkpoints/Part_Author2026Title_R18_CIFAR10_S_90.apb-2024.html"]
    assert "The boards leave it out, because the run was partial, AutoAttack attacked 100 samples only." in page


def test_a_result_without_any_board_still_stands_on_the_page_of_its_method() -> None:
    alone = entry("Alone", verified(track(90), 50, None, samples=100, partial=True))
    files = site_files(Board.of([alone]))
    assert board_pages(files) == []
    (_, row) = read_page(files["methods/Alone_Author2026Title.html"]).tables["plain results"]
    assert [cell.text for cell in row.cells][:6] == ["ResNet-18", "90 %", "50.00", DASH, DASH, DASH]
