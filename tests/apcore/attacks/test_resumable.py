"""State files: whole or not at all, and never somebody else's."""

import errno
import os

import numpy as np
import pytest
import torch

from apcore.attacks.resumable import AttackState, tensor_digest
from apcore.errors import MachineError

ARRAYS = {"numbers": np.array([1.5, np.inf]), "flags": np.array([[1], [-1]], dtype=np.int8)}


@pytest.fixture
def file(tmp_path):
    return AttackState(folder=tmp_path / "state", fingerprint="one").file("fmn", "eps 0.1")


def test_what_was_saved_is_loaded(file):
    file.save(ARRAYS)
    loaded = file.load()
    assert loaded.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(loaded[name], array)
        assert loaded[name].dtype == array.dtype


def test_before_the_first_save_there_is_nothing(file):
    assert file.load() is None


def test_numpy_reads_the_file_as_it_is(file):
    file.save(ARRAYS)
    with np.load(file.path, allow_pickle=False) as arrays:
        assert set(arrays) == set(ARRAYS)


def test_another_save_replaces_the_first_and_leaves_nothing_beside_it(file):
    file.save(ARRAYS)
    file.save({"numbers": np.zeros(1)})
    assert file.load().keys() == {"numbers"}
    assert list(file.path.parent.iterdir()) == [file.path]


def test_evaluations_that_share_a_folder_keep_their_states_apart(tmp_path, caplog):
    one, two = (AttackState(folder=tmp_path, fingerprint=name).file("fmn") for name in ("one", "two"))
    one.save(ARRAYS)
    assert two.load() is None
    (message,) = caplog.messages
    assert message == (
        f"{tmp_path} holds 1 earlier fmn state(s) of another checkpoint, protocol, data, device or version; "
        "they are kept and not used, fmn starts from the beginning"
    )
    two.save({"numbers": np.zeros(1)})
    assert one.load().keys() == ARRAYS.keys()


@pytest.mark.parametrize("facts", [("eps 0.2",), ("eps 0.1", "more"), ()], ids=["other", "more", "none"])
def test_other_facts_are_another_file(tmp_path, file, facts):
    assert AttackState(folder=tmp_path / "state", fingerprint="one").file("fmn", *facts).path != file.path


def damaged_copies():
    yield "empty", lambda content: b""
    yield "truncated", lambda content: content[:-1]
    yield "half", lambda content: content[: len(content) // 2]
    yield "a bit flipped", lambda content: content[:50] + bytes([content[50] ^ 1]) + content[51:]
    yield "text", lambda content: b"no archive"


@pytest.mark.parametrize(
    "damage", [damage for _, damage in damaged_copies()], ids=[name for name, _ in damaged_copies()]
)
def test_a_damaged_file_is_set_aside_with_a_message(file, damage, caplog):
    file.save(ARRAYS)
    content = damage(file.path.read_bytes())
    file.path.write_bytes(content)
    assert file.load() is None
    aside = file.path.with_suffix(".damaged")
    assert aside.read_bytes() == content
    (message,) = caplog.messages
    assert message == (
        f"{file.path} is damaged, as after a full or failing disk; it was renamed to {aside.name} "
        "and fmn starts from the beginning"
    )
    file.save(ARRAYS)
    assert file.load() is not None


def test_killed_while_writing_the_former_state_is_found(file, monkeypatch):
    file.save(ARRAYS)
    monkeypatch.setattr(os, "fsync", lambda _descriptor: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        file.save({"numbers": np.zeros(1)})
    assert file.load().keys() == ARRAYS.keys()


def test_a_full_disk_is_this_machines_to_mend_and_loses_nothing(file, monkeypatch):
    file.save(ARRAYS)

    def full(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MachineError) as failed:
        file.save({"numbers": np.zeros(1)})
    assert failed.value.message == f"cannot write the state file {file.path}: No space left on device"
    assert failed.value.fix == (
        "make the folder writable and free some space, then run the same command again; it goes on from there"
    )
    assert file.load().keys() == ARRAYS.keys()


def test_a_state_that_cannot_be_read_is_not_taken_for_a_missing_one(file):
    file.path.mkdir(parents=True)
    with pytest.raises(MachineError, match="cannot read the state file"):
        file.load()


def test_digests_tell_values_shapes_and_types_apart():
    x = torch.arange(6.0)
    tensors = [x, x.flip(0), x.view(2, 3), x.double(), x[:5], x.to(torch.int64)]
    assert len({tensor_digest(tensor) for tensor in tensors}) == 6
    assert tensor_digest(x[::2]) == tensor_digest(torch.tensor([0.0, 2.0, 4.0]))
    assert tensor_digest(x, x) != tensor_digest(x)
