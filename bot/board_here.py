"""Which leaderboard a command is about."""

from pathlib import Path

from apcore import project_files
from apcore.project_files import project_folder


def board_here() -> Path:
    """The leaderboard of the working directory if it is a clone of one, else the one that came with the program."""
    here = Path("leaderboard")
    return here if (here / "entries").is_dir() else project_folder(project_files.__file__, "leaderboard")
