"""Markdown, CSV, JSON and the site hold what the entries hold, cell by cell: today's, and 200 generated methods'."""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from doubles.boards import entry, published, track
from doubles.html_tables import read_page
from doubles.site_boards import generated_board, verified

from apcore import json_shape
from apcore.result import Flag
from bot.leaderboard.board import Board, read_board
from bot.leaderboard.build import derived_files
from bot.leaderboard.entry import entry_bytes
from bot.leaderboard.records import Record, VerifiedRecord
from bot.leaderboard.site.pages import site_files

LEADERBOARD = Path(__file__).parents[4] / "leaderboard"
RED, MILD = "randomised-network", "input-not-stated"
DASH = "\N{EN DASH}"
SHOWN = {"clean": "clean_accuracy", "aa": "aa_robust_accuracy", "hofmn": "hofmn_robust_accuracy"}
MARKS = ("verified", "flagged")
ROUNDING = 0.0051  # two decimals
MARKDOWN_CELL = re.compile(r"(\*\*)?([0-9.]+)/([0-9.]+)(\*\*)?( ✓)?( ⚑)?")
BoardKey = tuple[str, str, str]
"""Protocol, dataset, structure."""
Place = tuple[str, str, int]
"""`ap_key`, architecture, sparsity in percent."""
Numbers = dict[str, float]
"""By measure; also `verified`, whether the bot measured them, and `flagged`, whether robustness may be overstated."""


@dataclass(frozen=True, kw_only=True)
class Built:
    """A board in every form that is built from it, and what a reader of the entry files alone expects of them.

    Args:
        board: the entries.
        files: of the site.
        derived: of `leaderboard/`.
        stored: key, name and result of every record, as the entry files have them.
        expected: what boards show, by board and place.
    """

    board: Board
    files: dict[str, str]
    derived: dict[str, str]
    stored: list[tuple[str, str, dict[str, Any]]]
    expected: dict[BoardKey, dict[Place, Numbers]]


@pytest.fixture(scope="module", params=["today", "200 methods"])
def built(request: pytest.FixtureRequest) -> Built:
    board = read_board(LEADERBOARD / "entries") if request.param == "today" else flagged(generated_board(200))
    documents = [json.loads(entry_bytes(one)) for one in board.entries]
    stored = [(one["ap_key"], one["name"], result) for one in documents for result in one["results"]]
    return Built(
        board=board, files=site_files(board), derived=derived_files(board), stored=stored, expected=expected_of(stored)
    )


def flagged(board: Board) -> Board:
    """The board with what measurements may have: flags, none, or none recorded."""
    kinds = (None, (), (Flag(name=RED, value=0.5, message="Half."), Flag(name=MILD, value=None, message="So.")))

    def marked(record: Record) -> Record:
        if not isinstance(record, VerifiedRecord):
            return record
        return replace(record, flags=kinds[record.measured.clean.correct % len(kinds)])

    return Board.of(replace(one, results=tuple(map(marked, one.results))) for one in board.entries)


def data_of(files: dict[str, str], path: str) -> dict[str, Any]:
    script = files[path.replace("boards/", "data/").replace(".html", ".js")]
    return json.loads(script.removeprefix("window.apbotBoard = ").rstrip().removesuffix(";"))


def board_pages(files: dict[str, str]) -> list[str]:
    return [path for path in files if path.startswith("boards/")]


def protocol_of(result: dict[str, Any]) -> str:
    return result["protocol"] if result["provenance"] == "published" else result["protocol"]["name"]


def measured(result: dict[str, Any]) -> dict[str, float | None]:
    """Clean, AutoAttack and HO-FMN accuracy of a result, in percent."""
    if result["provenance"] == "published":
        return {measure: result[field] for measure, field in SHOWN.items()}
    of = result["measured"]
    return {
        m: of[field] and of[field]["value"]
        for m, field in zip(SHOWN, ("clean", "aa_robust", "hofmn_robust"), strict=True)
    }


def left_out(result: dict[str, Any]) -> bool:
    return result["provenance"] == "verified" and (
        result["partial"] or not result["measured_sparsity"]["agrees"] or result["measured"]["aa_robust"] is None
    )


def flags_of(result: dict[str, Any]) -> list[str] | None:
    return None if result.get("flags") is None else [flag["name"] for flag in result["flags"]]


def red_flags(result: dict[str, Any]) -> list[str] | None:
    names = flags_of(result)
    return names and [name for name in names if name == RED]


def expected_of(stored: list[tuple[str, str, dict[str, Any]]]) -> dict[BoardKey, dict[Place, Numbers]]:
    """What was verified in full stands before what was published."""
    found: dict[BoardKey, dict[Place, Numbers]] = {}
    for ap_key, _, result in sorted(stored, key=lambda one: one[2]["provenance"]):
        if not left_out(result):
            cells = found.setdefault((protocol_of(result), result["dataset"], result["structure"]), {})
            place = (ap_key, result["architecture"], result["sparsity"])
            values = {measure: value for measure, value in measured(result).items() if value is not None}
            if result["provenance"] == "verified" and place in cells:
                values["change"] = values["aa"] - cells[place]["aa"]
            cells[place] = values | {"verified": result["provenance"] == "verified", "flagged": bool(red_flags(result))}
    return found


def expected_numbers(built: Built, data: dict[str, Any]) -> dict[tuple[str, str, int, str], float]:
    cells = built.expected[data["protocol"], data["dataset"], data["structure"]]
    return {(*place, m): value for place, cell in cells.items() for m, value in cell.items() if m not in MARKS}


def markdown_cells(page: str) -> Iterator[tuple[str, int, str]]:
    """Key, number of the column and text of every cell of a page in Markdown."""
    lines = [line for line in page.splitlines() if line.startswith("| ")]
    for line in lines[2:]:
        _, *cells, link = [text.strip() for text in line.strip("|").split("|")]
        for column, text in enumerate(cells):
            yield re.search(r"entries/(.+)\.json", link)[1], column, text


def test_every_cell_of_every_table_in_markdown_is_that_of_the_entries(built: Built) -> None:
    document = json.loads(built.derived["leaderboard.json"])
    pages = [path for path in built.derived if path.startswith("tables/apb-")]
    words = {"US": "unstructured", "S": "structured"}
    boards = {(t["protocol"], t["dataset"], t["structure"]): t["columns"] for t in document["tables"]}
    assert sorted(pages) == sorted(f"tables/{p}-{d.lower()}-{words[s]}.md" for p, d, s in built.expected)
    for (protocol, dataset, structure), cells in built.expected.items():
        columns = boards[protocol, dataset, structure]
        page = built.derived[f"tables/{protocol}-{dataset.lower()}-{words[structure]}.md"]
        found = {}
        for ap_key, column, text in markdown_cells(page):
            if text != "-":
                bold, clean, robust, _, mark, flag = MARKDOWN_CELL.fullmatch(text).groups()
                place = (ap_key, columns[column]["architecture"], columns[column]["sparsity"])
                found[place] = (clean, robust, mark is not None, flag is not None, bold is not None)
        assert found == {
            place: (f"{cell['clean']:.2f}", f"{cell['aa']:.2f}", cell["verified"], cell["flagged"], best)
            for (place, cell), best in zip(cells.items(), bests(cells, structure), strict=True)
        }, page.splitlines()[2]


def bests(cells: dict[Place, Numbers], structure: str) -> list[bool]:
    """Which cells fewer than three others of their column beat, or none in structured tables."""
    columns: dict[tuple[str, int], list[float]] = {}
    for (_, *column), cell in cells.items():
        columns.setdefault(tuple(column), []).append(round(cell["aa"], 2))
    allowed = 3 if structure == "US" else 1
    return [
        sum(other > round(cell["aa"], 2) for other in columns[tuple(column)]) < allowed
        for (_, *column), cell in cells.items()
    ]


def test_every_table_in_json_has_the_cells_of_the_entries(built: Built) -> None:
    document = json.loads(built.derived["leaderboard.json"])
    assert document == json.loads(built.files["leaderboard.json"])
    json_shape.check(document, "leaderboard")
    found = {}
    for table in document["tables"]:
        found[table["protocol"], table["dataset"], table["structure"]] = {
            (row["ap_key"], column["architecture"], column["sparsity"]): (
                cell["clean_accuracy"],
                cell["aa_robust_accuracy"],
                cell["provenance"] == "verified",
                cell["red_flags"] == [RED],
                cell["best"],
            )
            for row in table["rows"]
            for column, cell in zip(table["columns"], row["cells"], strict=True)
            if cell is not None
        }
    assert found == {
        board: {
            place: (round(cell["clean"], 2), round(cell["aa"], 2), cell["verified"], cell["flagged"], best)
            for (place, cell), best in zip(cells.items(), bests(cells, board[2]), strict=True)
        }
        for board, cells in built.expected.items()
    }


def test_json_and_csv_have_every_result_of_the_entries(built: Built) -> None:
    rows = sorted((result_of_entry(built, *one) for one in built.stored), key=identity)
    results = json.loads(built.derived["leaderboard.json"])["results"]
    found = [{name: one[name] for name in rows[0]} for one in sorted(results, key=identity)]
    assert found == rows
    assert built.derived["leaderboard.csv"] == built.files["leaderboard.csv"]
    table = sorted(csv.DictReader(io.StringIO(built.derived["leaderboard.csv"])), key=identity)
    assert [{name: one[name] for name in rows[0]} for one in table] == [
        {name: in_csv(value) for name, value in row.items()} for row in rows
    ]


def identity(result: dict[str, Any]) -> tuple[str, ...]:
    """What no two results share."""
    names = ("ap_key", "protocol", "dataset", "structure", "architecture", "sparsity", "provenance")
    return tuple(str(result[name]) for name in names)


def result_of_entry(built: Built, ap_key: str, name: str, result: dict[str, Any]) -> dict[str, Any]:
    board = (protocol_of(result), result["dataset"], result["structure"])
    is_verified = result["provenance"] == "verified"
    shown = built.expected.get(board, {}).get((ap_key, result["architecture"], result["sparsity"]))
    return {
        "ap_key": ap_key,
        "name": name,
        "protocol": protocol_of(result),
        **{field: result[field] for field in ("dataset", "structure", "architecture", "sparsity", "provenance")},
        **{SHOWN[measure]: value for measure, value in measured(result).items()},
        "partial": is_verified and result["partial"],
        "in_table": not left_out(result) and shown is not None and shown["verified"] == is_verified,
        "verdict": result.get("verdict"),
        "date": result.get("date"),
        "checkpoint_sha256": result["checkpoint"]["sha256"] if is_verified else None,
        "flags": flags_of(result),
        "red_flags": red_flags(result),
    }


def in_csv(value: Any) -> str:
    """A value as the table has it: nothing for none, truth values in small letters, flags side by side."""
    if isinstance(value, list):
        return " ".join(value) or "none"
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def test_every_cell_of_every_board_is_that_of_the_entries(built: Built) -> None:
    for path in board_pages(built.files):
        expected = expected_numbers(built, data_of(built.files, path))
        _, headings, *rows = read_page(built.files[path]).tables["board"]
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


def test_the_data_file_and_the_picture_hold_the_cells_of_the_table(built: Built) -> None:
    for path in board_pages(built.files):
        data = data_of(built.files, path)
        found, labels = {}, []
        for row in data["rows"]:
            for column, cell in zip(data["columns"], row["cells"], strict=True):
                place = (row["ap_key"], column["architecture"], column["sparsity"])
                if cell is not None:
                    found |= {(*place, m): cell[m] for m in (*SHOWN, "change") if cell[m] is not None}
                    labels.append((row["ap_key"], f"clean {cell['clean']:.2f}, AutoAttack {cell['aa']:.2f}"))
        expected = expected_numbers(built, data)
        assert found.keys() == expected.keys(), path
        far = {place: value for place, value in found.items() if abs(value - expected[place]) > ROUNDING}
        assert far == {}, path
        points = [link for link in read_page(built.files[path]).links if link.get("class") == "pt"]
        drawn = [(p["data-key"], ", ".join(p["aria-label"].split(": ")[1].split(", ")[:2])) for p in points]
        assert sorted(drawn) == sorted(labels), path


def test_places_are_counted_in_a_column_of_one_protocol(built: Built) -> None:
    files = built.files
    for path in board_pages(files):
        data = data_of(files, path)
        for column in range(len(data["columns"])):
            cells = [row["cells"][column] for row in data["rows"] if row["cells"][column]]
            for cell in cells:
                assert cell["rank"] == 1 + sum(other["aa"] > cell["aa"] for other in cells), (path, cell)
                assert cell["best"] == (cell["rank"] <= (3 if data["structure"] == "US" else 1)), (path, cell)


def test_a_page_of_a_method_lists_every_result_of_its_entry(built: Built) -> None:
    board, files = built.board, built.files
    for one in board.entries:
        tables = read_page(files[f"methods/{one.ap_key}.html"]).tables
        rows = [row.cells for row in tables.get("plain results", []) if row.cells[0].text != "Architecture"]
        found = sorted((cells[2].text, cells[3].text) for cells in rows)
        expected = sorted(
            (f"{100 * r.clean:.2f}", DASH if r.aa_robust is None else f"{100 * r.aa_robust:.2f}") for r in one.results
        )
        assert found == expected, one.ap_key


def test_a_board_shows_its_protocol_and_radius(built: Built) -> None:
    files = built.files
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
