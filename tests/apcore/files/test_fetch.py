import errno
import json
import os
import shutil
import stat
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from doubles.drive import FakeDrive

from apcore.errors import ContributorError, MachineError, ServiceError
from apcore.files import store as store_module
from apcore.files.fetch import ReplacedFileError, fetch
from apcore.files.limits import DownloadLimits
from apcore.files.remote_file import RemoteFile
from apcore.files.store import Store
from apcore.files.stored_file import Source, StoredFile

ID = "1abcdefghijklmnopqrstuvwxyz012345"
BYTES = b"PK\x03\x04" + bytes(range(256))
HASH = sha256(BYTES).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "files")


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "mirror"
    folder.mkdir()
    return folder


def get(store: Store, *, mirror: Path | None = None, drive: FakeDrive | None = None, **options) -> StoredFile:
    options = {"limits": DownloadLimits(), "where": "models.1.checkpoint"} | options
    return fetch(RemoteFile(id=ID, extension=".pt"), store=store, mirror=mirror, drive=drive, **options)


def leftovers(store: Store) -> list[str]:
    return sorted(path.name for path in store.folder.iterdir())


def test_a_download_ends_in_the_store_under_its_hash(store: Store) -> None:
    found = get(store, drive=FakeDrive({ID: BYTES}))
    assert found == StoredFile(path=store.folder / HASH, sha256=HASH, size_bytes=260, source=Source.GOOGLE_DRIVE)
    assert found.path.read_bytes() == BYTES
    assert leftovers(store) == sorted([HASH, "ids"])
    assert json.loads((store.folder / "ids" / f"{ID}.json").read_text()) == {
        "id": ID,
        "sha256": HASH,
        "size_bytes": 260,
    }


def test_what_is_forgotten_is_downloaded_again(store: Store) -> None:
    drive = FakeDrive({ID: BYTES})
    get(store, drive=drive)
    store.forget(ID)
    get(store, drive=drive)
    assert drive.asked == [ID, ID]
    store.forget(ID)
    store.forget(ID)


def test_what_is_in_the_store_is_not_downloaded_again(store: Store) -> None:
    drive = FakeDrive({ID: BYTES})
    get(store, drive=drive)
    assert get(store, drive=drive).source is Source.STORE
    assert drive.asked == [ID]


def test_the_mirror_comes_before_store_and_network(store: Store, mirror: Path) -> None:
    drive = FakeDrive({ID: BYTES})
    get(store, drive=drive)
    (mirror / ID).write_bytes(BYTES + b"newer")
    found = get(store, mirror=mirror, drive=drive)
    assert found.source is Source.MIRROR
    assert found.path.read_bytes() == BYTES + b"newer"
    assert drive.asked == [ID]


def test_a_mirror_without_the_file_falls_through_to_the_network(store: Store, mirror: Path) -> None:
    assert get(store, mirror=mirror, drive=FakeDrive({ID: BYTES})).source is Source.GOOGLE_DRIVE


def test_without_network_a_missing_file_is_named(store: Store, mirror: Path) -> None:
    with pytest.raises(MachineError) as refusal:
        get(store, mirror=mirror)
    assert refusal.value.where == "models.1.checkpoint"
    assert refusal.value.message == (
        f"`{ID}` is not here: the local mirror has no such file, it was not fetched before, and the network is off"
    )


def test_bytes_that_changed_on_the_disk_are_fetched_again(store: Store) -> None:
    drive = FakeDrive({ID: BYTES})
    path = get(store, drive=drive).path
    path.chmod(0o644)
    path.write_bytes(b"rotten")
    found = get(store, drive=drive)
    assert found.source is Source.GOOGLE_DRIVE
    assert found.path.read_bytes() == BYTES


@pytest.mark.parametrize("entry", ["", "[]", '{"id": "x"}', '{"id": "ID", "sha256": "../../etc/passwd"}'])
def test_a_damaged_index_is_not_followed(store: Store, entry: str) -> None:
    get(store, drive=FakeDrive({ID: BYTES}))
    (store.folder / "ids" / f"{ID}.json").write_text(entry.replace("ID", ID))
    assert get(store, drive=FakeDrive({ID: BYTES})).source is Source.GOOGLE_DRIVE


def test_an_id_that_differs_in_case_is_another_file(store: Store) -> None:
    get(store, drive=FakeDrive({ID: BYTES}))
    entry = store.folder / "ids" / f"{ID}.json"
    entry.rename(entry.with_name(f"{ID.upper()}.json"))  # what a file system that ignores case would find
    assert store.find(ID.upper()) is None


def test_a_file_that_was_replaced_since_is_refused(store: Store) -> None:
    with pytest.raises(ContributorError) as refusal:
        get(store, drive=FakeDrive({ID: BYTES}), expected_sha256="ab" * 32)
    assert refusal.value.message == (
        f"the file was replaced: its SHA-256 was `abababababab…`, now it is `{HASH[:12]}…`"
    )
    assert get(store, drive=FakeDrive({ID: BYTES}), expected_sha256=HASH).sha256 == HASH


def test_a_replaced_file_does_not_take_the_place_of_the_former_one(store: Store, mirror: Path) -> None:
    get(store, drive=FakeDrive({ID: BYTES}))
    (mirror / ID).write_bytes(b"PK another")
    with pytest.raises(ReplacedFileError):
        get(store, mirror=mirror, expected_sha256=HASH)
    assert store.noted(ID) == HASH
    assert leftovers(store) == sorted([HASH, "ids"])


def test_what_an_id_led_to_is_known_after_its_bytes_are_gone(store: Store) -> None:
    assert store.noted(ID) is None
    get(store, drive=FakeDrive({ID: BYTES})).path.unlink()
    assert store.find(ID) is None
    assert store.noted(ID) == HASH


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\n<!DOCTYPE html><html>", "what is stored under this id is a web page (HTML), not the file"),
    ],
    ids=["empty", "html"],
)
@pytest.mark.parametrize("place", ["mirror", "drive"])
def test_what_is_no_file_does_not_enter_the_store(
    store: Store, mirror: Path, place: str, content: bytes, message: str
) -> None:
    if place == "mirror":
        (mirror / ID).write_bytes(content)
    with pytest.raises(ContributorError) as refusal:
        get(store, mirror=mirror, drive=FakeDrive({ID: content}))
    assert refusal.value.message == message
    assert leftovers(store) == []


def test_the_size_cap_binds_the_mirror_too(store: Store, mirror: Path) -> None:
    (mirror / ID).write_bytes(BYTES)
    with pytest.raises(ContributorError, match="the file has 260 bytes, at most 259 are read"):
        get(store, mirror=mirror, limits=DownloadLimits(max_bytes=259))


def test_a_link_out_of_the_mirror_is_refused(store: Store, mirror: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(BYTES)
    (mirror / ID).symlink_to(tmp_path / "secret")
    with pytest.raises(MachineError, match="is a link that leads out of the folder"):
        get(store, mirror=mirror)
    assert not store.folder.exists()


def test_a_link_inside_of_the_mirror_is_followed(store: Store, mirror: Path) -> None:
    (mirror / "model.pt").write_bytes(BYTES)
    (mirror / ID).symlink_to("model.pt")
    assert get(store, mirror=mirror).sha256 == HASH


def test_a_link_to_nothing_is_said(store: Store, mirror: Path) -> None:
    (mirror / ID).symlink_to("gone")
    with pytest.raises(MachineError, match="is a link that leads nowhere"):
        get(store, mirror=mirror, drive=FakeDrive({ID: BYTES}))


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "folder"])
def test_what_is_no_regular_file_cannot_block(store: Store, mirror: Path, make) -> None:
    make(mirror / ID)
    with pytest.raises(MachineError):
        get(store, mirror=mirror)


def test_an_error_of_drive_keeps_its_kind_and_gets_its_path(store: Store) -> None:
    failure = ServiceError(where="", message="quota", fix="wait")
    with pytest.raises(ServiceError, match=r"models\.1\.checkpoint: quota"):
        get(store, drive=FakeDrive(failures={ID: failure}))
    assert leftovers(store) == []


def test_a_full_disk_is_this_machines_turn_and_leaves_nothing(store: Store, mirror: Path, monkeypatch) -> None:
    (mirror / ID).write_bytes(BYTES)
    get(store, drive=FakeDrive({ID: BYTES}))
    before = leftovers(store)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store_module.os, "fsync", full)
    with pytest.raises(MachineError, match="the disk is full") as refusal:
        get(store, mirror=mirror)
    assert refusal.value.where == "models.1.checkpoint"
    assert leftovers(store) == before


def test_a_folder_that_cannot_be_made_is_this_machines_turn(tmp_path: Path, mirror: Path) -> None:
    (mirror / ID).write_bytes(BYTES)
    (tmp_path / "blocked").write_text("a file where a folder should be")
    with pytest.raises(MachineError, match="could not be kept on this machine"):
        get(Store(tmp_path / "blocked" / "files"), mirror=mirror)


def test_stored_bytes_are_read_only(store: Store) -> None:
    assert stat.S_IMODE(get(store, drive=FakeDrive({ID: BYTES})).path.stat().st_mode) == 0o444


@pytest.mark.parametrize("bad", ["", "../../etc/passwd", ID + "\n", "https://evil.example/x", "a" * 61])
def test_only_a_validated_id_is_fetched(store: Store, bad: str) -> None:
    with pytest.raises(ValueError, match="nobody validated"):
        fetch(
            RemoteFile(id=bad, extension=".pt"), store=store, mirror=None, limits=DownloadLimits(), where="", drive=None
        )


def test_nothing_heavy_is_imported_before_a_download() -> None:
    probe = "import sys, apcore.files.fetch; sys.exit(bool({'gdown', 'requests', 'numpy', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0


def test_what_a_killed_download_left_is_removed_by_the_next_one(store: Store) -> None:
    left = store.folder / ".incoming-killed"
    left.mkdir(parents=True)
    (left / "file").write_bytes(bytes(1000))
    get(store, drive=FakeDrive({ID: BYTES}))
    assert leftovers(store) == sorted([HASH, "ids"])


def test_a_download_at_work_is_left_alone_by_another(store: Store) -> None:
    with store.incoming() as at_work:
        at_work.write_bytes(b"half of it")
        get(store, drive=FakeDrive({ID: BYTES}))
        assert at_work.read_bytes() == b"half of it"
    assert leftovers(store) == sorted([HASH, "ids"])


def test_a_killed_download_holds_nothing(store: Store) -> None:
    killed = (
        "import os, signal, sys; from pathlib import Path; from apcore.files.store import Store\n"
        "with Store(Path(sys.argv[1])).incoming() as path: path.write_bytes(b'x'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", killed, str(store.folder)], check=False).returncode == -9
    assert any(name.startswith(".incoming-") for name in leftovers(store))
    get(store, drive=FakeDrive({ID: BYTES}))
    assert leftovers(store) == sorted([HASH, "ids"])


def test_a_link_in_the_place_of_a_file_is_replaced_and_one_in_the_place_of_the_ids_refused(
    store: Store, tmp_path: Path
) -> None:
    store.folder.mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (store.folder / HASH).symlink_to(elsewhere / "file")
    get(store, drive=FakeDrive({ID: BYTES}))
    assert not (store.folder / HASH).is_symlink()
    shutil.rmtree(store.folder / "ids")
    (store.folder / "ids").symlink_to(elsewhere)
    with pytest.raises(MachineError, match="its folder `ids` is a symbolic link"):
        get(store, drive=FakeDrive({ID: BYTES}))
    assert list(elsewhere.iterdir()) == []
