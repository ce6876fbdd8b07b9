"""The walls are tried, not believed."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from apcore.errors import MachineError
from apcore.sandbox import mechanism, trial
from apcore.sandbox.landlocked import landlock_works
from apcore.sandbox.mechanism import walls
from apcore.sandbox.trial import cuda_starts, try_walls
from apcore.sandbox.view import program_folder


@pytest.fixture(scope="module", autouse=True)
def _walls() -> None:
    try:
        walls()
    except MachineError as exc:
        pytest.skip(f"no walls here: {exc.message}")


def test_nothing_gets_through_the_walls_of_this_machine() -> None:
    found = try_walls()
    assert found.walls == str(walls())
    assert len(found.attempts) == 8
    assert not any(found.attempts.values()), found


def test_nothing_gets_through_where_there_are_no_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    if not landlock_works():
        pytest.skip("this kernel has no Landlock")
    monkeypatch.setattr(mechanism, "bubblewrap_works", lambda: False)
    found = try_walls()
    assert found.walls == "Landlock, seccomp"
    assert not any(found.attempts.values()), found


def test_without_walls_every_attempt_gets_through(tmp_path: Path) -> None:
    """Else the trial would find nothing wherever it is run."""
    (tmp_path / "canary.txt").write_text("x", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        order = {"secret": str(tmp_path / "canary.txt"), "port": port, "parent": os.getpid()}
        order |= {"landlock": False, "calls": ""}
        command = [sys.executable, "-I", "-c", trial._START, str(program_folder()), json.dumps(order)]
        subprocess.run(command, cwd=tmp_path, env={"CANARY": "7"}, check=True)
    report = json.loads((tmp_path / "report.json").read_bytes())
    assert report["attempts"] == dict.fromkeys(report["attempts"], True)
    assert len(report["attempts"]) == 7
    assert "CANARY" in report["environments"]


def test_a_driver_that_is_not_there_is_said_not_to_be() -> None:
    with pytest.raises(MachineError) as refused:
        cuda_starts(())
    assert "libcuda.so.1" in refused.value.message or "bubblewrap" in refused.value.message
