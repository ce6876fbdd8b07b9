"""A published file and the same bytes ever after; each failure in words for somebody who did not publish it."""

from hashlib import sha256
from pathlib import Path

import pytest
from doubles.drive import FakeDrive

from apcore.errors import ContributorError, MachineError, ServiceError, TurnError
from apcore.files.stored_file import Source, StoredFile
from apcore.published_files import published_files
from apcore.registry import obtaining
from apcore.registry.board import BoardMethod, board_methods

FILE = published_files()[0]
WHERE = "FlyingBird_Chen2021Sparsity_R18_CIFAR10_US_90.checkpoint"
FIRST, OTHER = b"PK first", b"PK other"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def obtain(
    cache: Path, content: bytes | None = None, *, mirror: Path | None = None, **failures: TurnError
) -> StoredFile:
    drive = FakeDrive({FILE.id: content} if content else {}, {FILE.id: failures["failure"]} if failures else {})
    return obtaining.obtain(FILE, cache=cache, mirror=mirror, drive=drive if content or failures else None)


def test_a_file_is_downloaded_once_and_then_comes_from_the_cache(cache: Path) -> None:
    assert obtain(cache, FIRST).source is Source.GOOGLE_DRIVE
    found = obtain(cache)
    assert (found.source, found.sha256) == (Source.STORE, sha256(FIRST).hexdigest())
    assert found.path.read_bytes() == FIRST


def test_other_bytes_under_the_same_id_are_refused_and_say_so(cache: Path) -> None:
    obtain(cache, FIRST).path.unlink()
    for _ in range(2):
        with pytest.raises(ContributorError) as refusal:
            obtain(cache, OTHER)
        assert refusal.value.where == WHERE
        assert refusal.value.message == (
            f"the file was replaced: its SHA-256 was `{sha256(FIRST).hexdigest()[:12]}…`, "
            f"now it is `{sha256(OTHER).hexdigest()[:12]}…`"
        )
    assert obtain(cache, FIRST).sha256 == sha256(FIRST).hexdigest()


def test_other_bytes_in_the_mirror_are_refused_too(cache: Path, tmp_path: Path) -> None:
    obtain(cache, FIRST)
    (tmp_path / FILE.id).write_bytes(OTHER)
    with pytest.raises(ContributorError, match="the file was replaced"):
        obtain(cache, mirror=tmp_path)


def test_who_deletes_the_note_takes_the_new_file(cache: Path) -> None:
    obtain(cache, FIRST).path.unlink()
    with pytest.raises(ContributorError) as refusal:
        obtain(cache, OTHER)
    note = cache / "ids" / f"{FILE.id}.json"
    assert f"delete {note} and load again" in refusal.value.fix
    note.unlink()
    assert obtain(cache, OTHER).sha256 == sha256(OTHER).hexdigest()


def test_bytes_that_the_board_measured_are_known_before_the_first_download(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = (FILE.id, sha256(FIRST).hexdigest())
    monkeypatch.setattr(obtaining, "board_methods", lambda: (with_measurement(measured),))
    with pytest.raises(ContributorError, match="the board's own measurement was made on the former bytes"):
        obtain(cache, OTHER)
    assert obtain(cache, FIRST).sha256 == measured[1]


def with_measurement(checkpoint: tuple[str, str]) -> BoardMethod:
    method = next(method for method in board_methods() if method.results)
    fields = {name: getattr(method.results[0], name) for name in method.results[0].__dataclass_fields__}
    result = type(method.results[0])(**fields | {"provenance": "verified", "checkpoint": checkpoint})
    return BoardMethod(taxonomy=method.taxonomy, results=(result,))


def test_a_file_that_is_gone_is_not_the_readers_to_mend(cache: Path) -> None:
    gone = ContributorError(where="", message="it is not shared publicly", fix="share it")
    with pytest.raises(ServiceError) as refusal:
        obtain(cache, failure=gone)
    assert refusal.value.message == "it is not shared publicly"
    assert refusal.value.fix.startswith(f"the published file `{FILE.id}` is not yours to mend: tell the maintainers")
    assert "checkpoint=PATH" in refusal.value.fix


def test_a_web_page_is_not_taken_for_the_file(cache: Path) -> None:
    with pytest.raises(ServiceError, match="web page"):
        obtain(cache, b"<!DOCTYPE html><html>")
    assert obtain(cache, FIRST).sha256 == sha256(FIRST).hexdigest()


def test_a_failure_of_drive_may_pass(cache: Path) -> None:
    with pytest.raises(ServiceError) as refusal:
        obtain(cache, failure=ServiceError(where="", message="quota", fix="nothing to do for the contributor"))
    assert refusal.value.fix == "try again later; what was downloaded before stays in the cache"


def test_without_a_network_the_reader_learns_where_to_put_the_file(cache: Path) -> None:
    with pytest.raises(MachineError) as refusal:
        obtain(cache)
    assert "`files=` (or APCORE_FILES)" in refusal.value.fix


def test_a_full_disk_keeps_its_own_words(cache: Path) -> None:
    full = MachineError(where="", message="the disk is full", fix="make room")
    with pytest.raises(MachineError, match=r"the disk is full \(make room\)"):
        obtain(cache, failure=full)
