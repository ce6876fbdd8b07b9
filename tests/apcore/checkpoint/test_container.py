import io
import zipfile

import pytest

from apcore.checkpoint.container import Container, check_zip, looks_like_html, sniff
from apcore.errors import ContributorError

ZIP = b"PK\x03\x04" + bytes(60)
LEGACY = bytes.fromhex("80028a0a6cfc9c46f9206aa850192e8002")


@pytest.mark.parametrize(
    ("head", "container"), [(ZIP, Container.ZIP), (LEGACY, Container.LEGACY)], ids=["zip", "legacy"]
)
def test_the_first_bytes_tell_the_container(head: bytes, container: Container) -> None:
    assert sniff(head) is container


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (b"", "the file is empty"),
        (b"<!DOCTYPE html><html>", "the file is a web page (HTML), not a checkpoint"),
        (b"\xef\xbb\xbf\r\n  <html>", "the file is a web page (HTML), not a checkpoint"),
        (bytes(257) + b"ustar\x0000", "the file is a tar archive, as PyTorch wrote before version 0.4"),
        (b"\x1f\x8b\x08\x00", "the file is packed with gzip"),
        (
            b"\x40\x00\x00\x00\x00\x00\x00\x00" + b'{"conv1.weight"',
            "the file is in the safetensors format, which is not read yet",
        ),
        (b"\x80\x04\x95\x10", "the file is a bare pickle, not written by `torch.save`"),
        (b"(lp0\nF0.5\na.", "the file is a bare pickle, not written by `torch.save`"),
        (b"}q\x00K\x01K\x02s.", "the file is a bare pickle, not written by `torch.save`"),
        (b"cmodels.resnet\nResNet18\nq\x00)R.", "the file is a bare pickle, not written by `torch.save`"),
        (bytes(512), "the file begins with 512 zeros: its contents were lost on the way"),
        (b"hello", "the file is a text, not a checkpoint"),
        (b"\x93NUMPY\x01\x00", "the file is not a checkpoint that `torch.save` wrote"),
    ],
    ids=[
        *("empty", "html", "html-bom", "tar", "gzip", "safetensors"),
        *("pickle", "pickle-0-list", "pickle-1-dict", "pickle-1-call", "zeros", "text", "npy"),
    ],
)
def test_anything_else_is_named(head: bytes, message: str) -> None:
    with pytest.raises(ContributorError) as refusal:
        sniff(head)
    assert refusal.value.message == message


def test_a_checkpoint_does_not_look_like_html() -> None:
    assert not looks_like_html(ZIP)
    assert not looks_like_html(LEGACY)


def archive(**entries: tuple[bytes, int]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        for name, (content, compression) in entries.items():
            zipped.writestr(f"archive/{name}", content, compression)
    return out.getvalue()


def check(data: bytes) -> None:
    check_zip(io.BytesIO(data), len(data))


def refusal_of(data: bytes) -> str:
    with pytest.raises(ContributorError) as refusal:
        check(data)
    return refusal.value.message


def test_records_that_are_stored_as_they_are_pass() -> None:
    check(archive(**{"data.pkl": (b"x", zipfile.ZIP_STORED), "data/0": (bytes(100), zipfile.ZIP_STORED)}))


def test_one_deflated_record_is_refused() -> None:
    bomb = archive(**{"data.pkl": (b"x", zipfile.ZIP_STORED), "data/0": (bytes(1 << 24), zipfile.ZIP_DEFLATED)})
    assert len(bomb) < 20_000
    assert refusal_of(bomb) == "the file was compressed after saving; `torch.save` stores its records uncompressed"


def test_records_that_announce_more_than_the_file_has_are_refused() -> None:
    data = bytearray(archive(**{"data.pkl": (b"x", zipfile.ZIP_STORED)}))
    size_in_directory = data.index(b"PK\x01\x02") + 24
    data[size_in_directory : size_in_directory + 4] = (1 << 30).to_bytes(4, "little")
    assert refusal_of(bytes(data)) == f"the file announces more than the {len(data):,} bytes it has"


def test_an_encrypted_record_is_refused() -> None:
    data = bytearray(archive(**{"data.pkl": (b"x", zipfile.ZIP_STORED)}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert refusal_of(bytes(data)) == "the file is encrypted"


def test_a_file_that_was_cut_off_is_named_so() -> None:
    whole = archive(**{"data.pkl": (bytes(1000), zipfile.ZIP_STORED)})
    assert "it was cut off on its way" in refusal_of(whole[:-50])


@pytest.mark.parametrize("behind", [1, 70_000, (1 << 20) - 8, 3 << 20])
def test_an_archive_that_goes_on_after_its_end_is_refused(behind: int) -> None:
    """Wherever a block begins in which its end is looked for."""
    whole = archive(**{"data.pkl": (b"x", zipfile.ZIP_STORED)})
    message = f"the file goes on for {behind:,} bytes after the end of what `torch.save` wrote"
    assert refusal_of(whole + bytes(behind)) == message


def test_an_archive_behind_something_else_is_refused() -> None:
    whole = archive(**{"data.pkl": (b"x", zipfile.ZIP_STORED)})
    assert refusal_of(whole + whole) == f"the archive in the file begins after {len(whole):,} bytes of something else"


def test_a_torchscript_archive_is_refused() -> None:
    data = archive(**{"data.pkl": (b"x", zipfile.ZIP_STORED), "constants.pkl": (b"x", zipfile.ZIP_STORED)})
    assert "TorchScript" in refusal_of(data)


def test_an_archive_of_something_else_is_refused() -> None:
    data = archive(**{"checkpoint.pth": (b"x", zipfile.ZIP_STORED)})
    assert refusal_of(data) == "the file is a zip archive, but not one that `torch.save` wrote"
