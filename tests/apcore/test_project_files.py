"""The data files of the project are found in a clone and where an installation carries them."""

import tomllib
from pathlib import Path

import pytest

from apcore import project_files
from apcore.project_files import project_folder

ROOT = Path(__file__).parents[2]
PLACES = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"][
    "wheel"
]["force-include"]
READERS = {"schemas": "apcore", "docs": "apcore", "leaderboard": "apcore", "demo": "bot"}


@pytest.mark.parametrize("name", READERS)
def test_a_wheel_carries_each_folder_once_and_where_it_is_looked_for(name: str, tmp_path: Path) -> None:
    assert sorted(PLACES) == sorted(READERS)
    (tmp_path / PLACES[name]).mkdir(parents=True)
    assert project_folder(str(tmp_path / READERS[name] / "module.py"), name) == tmp_path / PLACES[name]


@pytest.mark.parametrize("name", READERS)
def test_a_clone_has_each_folder_beside_the_packages(name: str) -> None:
    assert project_folder(project_files.__file__, name) == ROOT / name


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="lacks its folder 'schemas'"):
        project_folder(str(tmp_path / "apcore" / "module.py"), "schemas")
