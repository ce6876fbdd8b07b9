"""The child process: what it hands back, and what stops it."""

import json
import os
import stat
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from doubles.hostile_files import bytearray_bomb, hash_bomb, saved, state_dict

from apcore.checkpoint import reading
from apcore.checkpoint.child import REPORT
from apcore.checkpoint.limits import ReadLimits
from apcore.checkpoint.reading import read_checkpoint
from apcore.errors import ContributorError, MachineError
from apcore.layouts.effective import effective_tensors
from apcore.layouts.resolution import resolve
from apcore.model_key import Structure
from apcore.sandbox.bubblewrap import bubblewrap_works
from apcore.sandbox.landlocked import landlock_works
from apcore.sandbox.mechanism import Walls
from apcore.sparsity import Reading, measure_sparsity

# Those that are about what the child's own start does, or does not; the others need its limits alone.
started = pytest.mark.started_reader


@pytest.fixture
def stored(tmp_path: Path):
    def write(data: bytes) -> Path:
        path = tmp_path / "file"
        path.write_bytes(data)
        return path

    return write


def stand_in_for_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Let the child be a script of ours."""
    script = tmp_path / "python"
    script.write_text(f"#!{sys.executable}\nimport json, os, signal, sys\n{body}\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(sys, "executable", str(script))


@started
def test_a_checkpoint_comes_back_as_arrays(stored) -> None:
    tensors = state_dict(**{"bn.num_batches_tracked": torch.tensor(7)})
    path = stored(saved({"epoch": 3, "state_dict": tensors}))
    found = read_checkpoint(path)
    assert (found.container, found.found_under, found.size_bytes) == ("zip", "state_dict", path.stat().st_size)
    assert len(found.sha256) == 64
    assert {name: array.shape for name, array in found.tensors.items()} == {
        "conv.weight": (2, 1, 2, 2),
        "fc.bias": (3,),
        "bn.num_batches_tracked": (),
    }
    for name, tensor in tensors.items():
        assert np.array_equal(found.tensors[name], tensor.numpy())


def test_a_refusal_in_the_child_reaches_the_caller_with_its_path(stored) -> None:
    with pytest.raises(ContributorError, match=r"models\.1\.checkpoint: the file holds a whole model") as refusal:
        read_checkpoint(stored(saved(torch.nn.Linear(1, 1))), where="models.1.checkpoint")
    assert refusal.value.where == "models.1.checkpoint"


def test_a_key_that_takes_years_to_hash_is_stopped_by_the_cpu_limit(stored) -> None:
    with pytest.raises(ContributorError, match="stopped after 1 s of computing"):
        read_checkpoint(stored(hash_bomb(60)), limits=ReadLimits(cpu_s=1))


@started
def test_half_a_kilobyte_that_wants_eight_gigabytes_is_stopped_by_the_memory_limit(stored) -> None:
    with pytest.raises(ContributorError, match="many times the memory that its size explains"):
        read_checkpoint(stored(bytearray_bomb(8 * 10**9)))


def test_a_file_that_is_too_large_is_not_opened(stored) -> None:
    with pytest.raises(ContributorError, match="the file has 2,000 bytes, at most 1,000 are read"):
        read_checkpoint(stored(bytes(2000)), limits=ReadLimits(max_bytes=1000))


@started
def test_a_web_page_needs_no_child(stored, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent")
    with pytest.raises(ContributorError, match="checkpoint: the file is a web page"):
        read_checkpoint(stored(b"<!doctype html>"))


def test_a_missing_file_and_a_pipe_are_this_machines_problem(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="`absent` cannot be opened: No such file"):
        read_checkpoint(tmp_path / "absent")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(MachineError, match="`pipe` is a folder, a device or a pipe"):
        read_checkpoint(tmp_path / "pipe")


@started
def test_the_child_sees_no_token_and_no_path(stored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "canary-token")
    said = '{"kind": "machine", "where": "", "message": json.dumps([dict(os.environ), sys.argv, sorted(os.listdir())]), "fix": ""}'
    stand_in_for_python(tmp_path, monkeypatch, f"open('{REPORT}', 'w').write(json.dumps({{'error': {said}}}))")
    path = stored(saved(state_dict()))
    with pytest.raises(MachineError) as seen:
        read_checkpoint(path)
    environment, argv, folder = json.loads(seen.value.message)
    assert "canary-token" not in seen.value.message
    assert str(path) not in seen.value.message
    assert set(environment) <= {"LANG", "LC_CTYPE", "HOME", "TMPDIR", "PWD"} | {
        name for name in environment if "THREADS" in name
    }
    assert argv[1] == "-I"
    assert folder == ["log.txt", "report.json"]


# Where the bytes would be parsed, so behind every wall that stands by then.
PARSER_THAT_TRIES_TO_GET_OUT = """
import json, os, runpy, socket, sys
sys.path.insert(0, sys.argv.pop(1))
from apcore.checkpoint import distance_formats

def environments():
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            yield open(f"/proc/{process}/environ", "rb").read()
        except OSError:
            pass

def comes_of(attempt, order):
    try:
        return bool(attempt(order))
    except OSError:
        return False

def tried(data):
    attempts = (
        lambda order: open(order["secret"]).read(),
        lambda order: socket.socketpair(),
        lambda order: any(order["token"].encode() in found for found in environments()),
    )
    return [comes_of(attempt, json.loads(data)) for attempt in attempts]

distance_formats.parse_distances = tried
runpy.run_module("apcore.checkpoint.child", run_name="__main__")
"""
WALLS = {
    "all that there are": Walls(namespaces=True, landlock=True, system_calls=True),
    "without Landlock": Walls(namespaces=True, landlock=False, system_calls=True),
    "without namespaces": Walls(namespaces=False, landlock=True, system_calls=True),
}


@started
@pytest.mark.parametrize("under", WALLS)
def test_whoever_breaks_the_parser_is_behind_the_walls(
    under: str, stored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child itself, with the walls that it is given for every file: not a file, not a socket, not a token."""
    walls = WALLS[under]
    if (walls.namespaces and not bubblewrap_works()) or (walls.landlock and not landlock_works()):
        pytest.skip(f"this machine cannot put up all of {walls}")
    monkeypatch.setattr(reading, "walls_here", lambda: walls)
    monkeypatch.setenv("GITHUB_TOKEN", "canary-token")
    monkeypatch.setattr(reading, "_START", PARSER_THAT_TRIES_TO_GET_OUT)
    (tmp_path / "secret").write_text("secret")
    order = stored(json.dumps({"secret": str(tmp_path / "secret"), "token": "canary-token"}).encode())
    with order.open("rb") as file:
        _, (came,) = reading.run_child("distances", file, ReadLimits())
    assert came.tolist() == [False, False, False]


@started
def test_a_child_that_hangs_without_computing_is_not_held_against_the_author(
    stored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in_for_python(tmp_path, monkeypatch, "signal.pause()")
    with pytest.raises(MachineError, match=r"did not end within 0\.3 s"):
        read_checkpoint(stored(saved(state_dict())), limits=ReadLimits(wall_s=0.3))


@started
def test_a_crash_is_a_maintainers_turn(stored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in_for_python(tmp_path, monkeypatch, "os.kill(os.getpid(), signal.SIGSEGV)")
    with pytest.raises(MachineError, match="the process that reads the file ended with SIGSEGV"):
        read_checkpoint(stored(saved(state_dict())))


def test_the_reader_itself_needs_no_torch() -> None:
    import subprocess

    probe = "import sys, apcore.checkpoint.reading, apcore.checkpoint.distances; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0


@pytest.mark.shared
@pytest.mark.parametrize("sparsity", [pytest.param(50, marks=started), 75, 90])
def test_the_real_checkpoints_are_read_whole_and_as_sparse_as_claimed(submission: Path, sparsity: int) -> None:
    found = read_checkpoint(submission / f"1narrow-m-resnet18-cifar10-s{sparsity}-00")
    assert (found.container, found.found_under, len(found.tensors)) == ("zip", "state_dict", 122)
    resolved = resolve(found.tensors, ap_key="NarrowNet_Project2026Narrow", architecture="resnet18")
    weights = effective_tensors(resolved.layout, resolved.unwrapped.tensors, kept=1.0)
    assert sum(weight.size for weight in weights.values()) == 11_173_962 + 9_600  # with BatchNorm's running statistics
    measured = measure_sparsity(weights)
    assert measured.agreeing_reading(sparsity / 100, Structure.STRUCTURED, slack=0.005) is Reading.FILTERS
    assert 1 - measured.weights == pytest.approx((1 - sparsity / 100) ** 2, abs=0.002)
