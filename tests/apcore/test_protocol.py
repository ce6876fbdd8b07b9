"""Protocol files: which randomness they may ask for."""

import hashlib
from pathlib import Path

import pytest

import apcore.protocol
from apcore.protocol import ProtocolError, load_protocol, protocol_names, read_protocol

DEMO = Path(apcore.protocol.__file__).parent / "protocols" / "demo.toml"
REFERENCE = 'randomness = "reference"\n'


def with_randomness(folder: Path, line: str) -> Path:
    text = DEMO.read_text(encoding="utf-8")
    assert text.count(REFERENCE) == 1
    path = folder / "mine.toml"
    path.write_text(text.replace(REFERENCE, line), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", protocol_names())
def test_the_protocols_that_come_along_draw_as_the_library_does(name: str) -> None:
    assert load_protocol(name).autoattack.randomness == "reference"


@pytest.mark.parametrize(
    ("line", "randomness"),
    [("", "reference"), (REFERENCE, "reference"), ('randomness = "sharded"\n', "sharded")],
    ids=["unsaid", "reference", "sharded"],
)
def test_a_protocol_may_ask_for_either_randomness(tmp_path: Path, line: str, randomness: str) -> None:
    path = with_randomness(tmp_path, line)
    protocol = read_protocol(path)
    assert protocol.autoattack.randomness == randomness
    assert protocol.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_another_randomness_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError) as refused:
        read_protocol(with_randomness(tmp_path, 'randomness = "shared"\n'))
    assert str(refused.value) == "mine.toml: ValueError: randomness = 'shared' is none of reference, sharded"
