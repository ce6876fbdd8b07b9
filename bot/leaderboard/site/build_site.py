"""The site's folder: written whole, cleared of pages that no entry needs any more, and nobody else's folder overwritten."""

from pathlib import Path
from typing import Final

from apcore import project_files
from apcore.errors import MachineError
from apcore.project_files import project_folder
from bot.certificate.place import evidence_in
from bot.leaderboard.board import read_board
from bot.leaderboard.details import FOLDER, read_details
from bot.lifecycle.status import Status, read_status

# Folders that hold nothing but what an earlier build wrote.
_OURS: Final = (
    *("badges", "boards", "checkpoints", "curves", "data", "data/curves", "docs", "entries", "methods", "schemas"),
)
_MARK: Final = "Built from leaderboard/entries/ by `apbot leaderboard build`"


def build_site(
    entries_dir: Path, site_dir: Path, *, repository: str | None = None, status_file: Path | None = None
) -> list[Path]:
    """Build the whole site from the entries.

    Args:
        entries_dir: folder with the entries.
        site_dir: where the site is written.
        repository: `owner/name` on GitHub, where issues are opened; None where nobody knows.
        status_file: what `apbot status` left; None if nobody took a status.

    Returns:
        The files written, sorted.

    Raises:
        MachineError: the site's extra is not installed, an entry, the details beside it or the status cannot be used, the folder
            holds something else, or it cannot be written.
    """
    try:
        from bot.leaderboard.site.pages import site_files  # noqa: PLC0415 - Jinja2 and markdown-it-py
    except ModuleNotFoundError as exc:
        raise MachineError(
            where=str(site_dir),
            message=f"the site cannot be built without {exc.name}; the tables are built",
            fix="install the project with its extra: pip install --constraint constraints.txt --editable '.[site]'",
        ) from exc
    board = read_board(entries_dir)
    details = read_details(entries_dir.parent / FOLDER, board)
    status = None if status_file is None else _status(status_file)
    files = site_files(
        board,
        _documents(),
        details=details,
        evidence=evidence_in(entries_dir.parent),
        repository=repository,
        status=status,
    )
    try:
        _refuse_what_is_not_ours(site_dir)
        for stale in _stale(site_dir, files):
            stale.unlink()
        return [_write(site_dir / path, text) for path, text in files.items()]
    except OSError as exc:
        raise MachineError(
            where=str(exc.filename or site_dir),
            message=f"the site cannot be written: {exc.strerror or exc}",
            fix="make room, mend the permissions or choose another folder with --site, then run the same command again",
        ) from exc


def _status(path: Path) -> Status:
    try:
        return read_status(path.read_bytes())
    except (OSError, ValueError) as exc:
        raise MachineError(
            where=str(path),
            message=f"this status cannot be used: {exc}",
            fix="take it anew with `apbot status --out FILE`, or build without --status",
        ) from exc


def _documents() -> dict[str, str]:
    """The project's documents, in Markdown, by name."""
    folder = project_folder(project_files.__file__, "docs")
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.md"))}


def _refuse_what_is_not_ours(site_dir: Path) -> None:
    if not site_dir.exists() or not any(site_dir.iterdir()):
        return
    index = site_dir / "index.html"
    if not index.is_file() or _MARK not in index.read_text(encoding="utf-8", errors="replace"):
        raise MachineError(
            where=str(site_dir),
            message="this folder holds something else than a site that was built here",
            fix="name an empty or a new folder with --site",
        )


def _stale(site_dir: Path, files: dict[str, str]) -> list[Path]:
    known = {site_dir / path for path in files}
    return [path for folder in _OURS for path in sorted((site_dir / folder).glob("*.*")) if path not in known]


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path
