from pathlib import Path

import pytest

from apcore.registry.places import cache_folder, mirror_folder

HOME = Path("~").expanduser()


@pytest.mark.parametrize(
    ("named", "environment", "folder"),
    [
        ("here", {"APCORE_CACHE": "/own", "XDG_CACHE_HOME": "/xdg"}, Path("here")),
        (None, {"APCORE_CACHE": "/own", "XDG_CACHE_HOME": "/xdg"}, Path("/own")),
        (None, {"APCORE_CACHE": "", "XDG_CACHE_HOME": "/xdg"}, Path("/xdg/apcore")),
        (None, {"XDG_CACHE_HOME": "relative/is/to/be/ignored"}, HOME / ".cache/apcore"),
        (None, {}, HOME / ".cache/apcore"),
        (None, {"APCORE_CACHE": "~/models"}, HOME / "models"),
    ],
    ids=["argument", "variable", "xdg", "relative xdg", "default", "home"],
)
def test_the_cache_is_where_the_nearest_word_says(named, environment: dict[str, str], folder: Path) -> None:
    assert cache_folder(named, environment) == folder


@pytest.mark.parametrize(
    ("named", "environment", "folder"),
    [
        (Path("here"), {"APCORE_FILES": "/own"}, Path("here")),
        (None, {"APCORE_FILES": "/own"}, Path("/own")),
        (None, {"APCORE_FILES": ""}, None),
        (None, {}, None),
    ],
    ids=["argument", "variable", "empty", "none"],
)
def test_there_is_a_mirror_only_where_one_is_named(named, environment: dict[str, str], folder: Path | None) -> None:
    assert mirror_folder(named, environment) == folder
