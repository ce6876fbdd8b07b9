"""Which files on Google Drive the board points at: those that were measured, and those of the released list."""

from apcore.registry.anomalies import files_of
from bot.leaderboard.board import Board, model_key
from bot.leaderboard.records import VerifiedRecord


def board_files(board: Board) -> dict[str, tuple[str, ...]]:
    """Model keys by the id of the file, checkpoints and distances; sorted."""
    found: dict[str, set[str]] = {}
    for entry in board.entries:
        for record in entry.results:
            key = model_key(entry, record)
            measured = [record.checkpoint.id] if isinstance(record, VerifiedRecord) else []
            for file_id in (*measured, *(file.id for file in files_of(key))):
                found.setdefault(file_id, set()).add(str(key))
    return {file_id: tuple(sorted(keys)) for file_id, keys in sorted(found.items())}
