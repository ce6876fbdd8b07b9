"""The site's folder: everything written, old pages cleared, nobody else's folder touched."""

import sys
from pathlib import Path

import pytest
from doubles.boards import entry, published, track

from apcore.errors import MachineError
from bot.cli import main
from bot.leaderboard.entry import Entry, entry_bytes
from bot.leaderboard.site.build_site import build_site

DOCS = sorted(path.stem for path in (Path(__file__).parents[4] / "docs").glob("*.md"))


@pytest.fixture
def entries(tmp_path: Path) -> Path:
    folder = tmp_path / "leaderboard" / "entries"
    folder.mkdir(parents=True)
    write(folder, entry("HARP", published(track(90), 80, 40)))
    return folder


def write(folder: Path, method: Entry) -> Path:
    path = folder / f"{method.ap_key}.json"
    path.write_bytes(entry_bytes(method))
    return path


def test_every_file_is_written_and_named(entries: Path, tmp_path: Path) -> None:
    written = build_site(entries, tmp_path / "site")
    assert [path.relative_to(tmp_path / "site").as_posix() for path in written] == [
        ".nojekyll",
        "address.js",
        "archive.html",
        "badges/HARP_Author2026Title.svg",
        "boards/apb-2024-cifar10-structured.html",
        "curves.html",
        "curves.js",
        "data/apb-2024-cifar10-structured.js",
        "data/wizard.js",
        "docs.html",
        *(f"docs/{name}.html" for name in DOCS),
        "entries/HARP_Author2026Title.json",
        "feed.atom",
        "icon.svg",
        "index.html",
        "leaderboard.csv",
        "leaderboard.json",
        "measured.css",
        "methods.html",
        "methods/HARP_Author2026Title.html",
        *(f"schemas/{name}.schema.json" for name in ("details", "entry", "leaderboard", "taxonomy")),
        "site.css",
        "site.js",
        "status.html",
        "submit.html",
        "taxonomy.html",
        "wizard.js",
        "wizard_rules.js",
    ]
    assert sorted(path for path in (tmp_path / "site").rglob("*") if path.is_file()) == sorted(written)


def test_a_page_that_no_entry_needs_any_more_is_removed(entries: Path, tmp_path: Path) -> None:
    old = write(entries, entry("Old", published(track(90), 70, 30)))
    build_site(entries, tmp_path / "site")
    old.unlink()
    build_site(entries, tmp_path / "site")
    assert not list((tmp_path / "site").rglob("Old*"))


def test_a_folder_with_something_else_is_left_alone(entries: Path, tmp_path: Path) -> None:
    mine = tmp_path / "site" / "index.html"
    mine.parent.mkdir()
    mine.write_text("<p>mine</p>")
    with pytest.raises(MachineError) as caught:
        build_site(entries, tmp_path / "site")
    assert caught.value.message == "this folder holds something else than a site that was built here"
    assert mine.read_text() == "<p>mine</p>"


def test_a_folder_that_cannot_be_written_is_our_turn(entries: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError) as caught:
        build_site(entries, tmp_path / "file" / "site")
    assert caught.value.message == "the site cannot be written: Not a directory"


def test_without_its_extra_the_site_says_how_to_get_it(
    entries: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "bot.leaderboard.site.pages", raising=False)
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MachineError) as caught:
        build_site(entries, tmp_path / "site")
    assert caught.value.message == "the site cannot be built without jinja2; the tables are built"
    assert "'.[site]'" in caught.value.fix


@pytest.mark.parametrize(
    ("options", "folder"), [([], "site"), (["--out", "new"], "new/site"), (["--site", "web"], "web")], ids=str
)
def test_the_command_builds_the_site_where_it_was_told(
    entries: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    folder: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["leaderboard", "build", *options]) == 0
    assert (tmp_path / folder / "index.html").is_file()
    assert capsys.readouterr().out.splitlines()[-1] == f"{folder}/index.html"


def test_the_check_of_committed_files_asks_for_no_site(
    entries: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["leaderboard", "build", "--site", "web"]) == 0
    (tmp_path / "web" / "index.html").unlink()
    assert main(["leaderboard", "check"]) == 0
