"""Everything under `leaderboard/` that is not an entry: built from the entries, and compared with what is there."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from apcore.durable import write_whole
from apcore.errors import MachineError
from bot.leaderboard.board import Board, read_board
from bot.leaderboard.details import FOLDER, read_details
from bot.leaderboard.exports import leaderboard_csv, leaderboard_json
from bot.leaderboard.index_page import index_page
from bot.leaderboard.result_page import BUILT, page_name, result_page
from bot.leaderboard.tables import result_tables
from bot.leaderboard.taxonomy_page import PIPELINES, taxonomy_page

_TABLES: Final = "tables"


def derived_files(board: Board) -> dict[str, str]:
    """Path below `leaderboard/` and text of every built file."""
    tables = result_tables(board)
    files = {
        "README.md": index_page(board, tables),
        "leaderboard.csv": leaderboard_csv(board),
        "leaderboard.json": leaderboard_json(board, tables),
    }
    files |= {f"{_TABLES}/{page_name(results)}": result_page(results) for results in tables}
    files |= {f"{_TABLES}/{pipeline.page_name}": taxonomy_page(board, pipeline) for pipeline in PIPELINES}
    return dict(sorted(files.items()))


def build(entries_dir: Path, out_dir: Path) -> list[Path]:
    """Write every built file below `out_dir`, remove built pages that no entry needs any more.

    Returns:
        The files written, sorted.

    Raises:
        MachineError: an entry cannot be used, or a file cannot be written.
    """
    files = derived_files(read_board(entries_dir))
    try:
        for stale in _stale_pages(out_dir, files):
            stale.unlink()
        return [_write(out_dir / path, text) for path, text in files.items()]
    except OSError as exc:
        raise _file_error(exc, out_dir, "written") from exc


def out_of_step(entries_dir: Path, out_dir: Path) -> list[Path]:
    """Built files below `out_dir` that are missing, differ from what the entries give, or that no entry needs any more.

    Returns:
        Their paths, sorted; empty if all is in step.

    Raises:
        MachineError: an entry cannot be used, the details beside the entries are not those that they name, or a file cannot be
            read.
    """
    board = read_board(entries_dir)
    read_details(entries_dir.parent / FOLDER, board)
    files = derived_files(board)
    try:
        differing = [out_dir / path for path, text in files.items() if not _holds(out_dir / path, text)]
        return sorted([*differing, *_stale_pages(out_dir, files)])
    except OSError as exc:
        raise _file_error(exc, out_dir, "read") from exc


def _stale_pages(out_dir: Path, files: Mapping[str, str]) -> list[Path]:
    """Pages that an earlier build left; files that we did not build are not ours to remove."""
    pages = sorted((out_dir / _TABLES).glob("*.md"))
    unknown = [page for page in pages if f"{_TABLES}/{page.name}" not in files]
    return [page for page in unknown if page.read_bytes().startswith(BUILT.encode())]


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode()


def _file_error(exc: OSError, out_dir: Path, verb: str) -> MachineError:
    return MachineError(
        where=str(exc.filename or out_dir),
        message=f"the leaderboard cannot be {verb}: {exc.strerror or exc}",
        fix="make room, mend the permissions or choose another folder, then run the same command again",
    )


def _write(path: Path, text: str) -> Path:
    write_whole(path, text.encode())
    return path
