"""Where the data files that belong to the project are: beside the packages in a clone, inside them when installed."""

from pathlib import Path


def project_folder(package_file: str, name: str) -> Path:
    """The project folder `name` (`schemas`, `leaderboard`, `docs`, `demo`) for the package whose `__file__` is given.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    package = Path(package_file).resolve().parent
    for candidate in (package / "_data" / name, package.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"this installation lacks its folder {name!r}; install the project again")
