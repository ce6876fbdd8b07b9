"""What a confined process tries in vain, and what it can still do; each attempt under each set of walls."""

import base64
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from apcore.errors import MachineError
from apcore.sandbox import mechanism
from apcore.sandbox.bubblewrap import bubblewrap_program, bubblewrap_works, bubblewrapped, ended_with
from apcore.sandbox.landlocked import landlock_works
from apcore.sandbox.mechanism import Walls, walls
from apcore.sandbox.syscalls import NoSeccompError, reading_alone
from apcore.sandbox.view import View, program_folder, program_view

TOKEN = "canary-token-7f3a"
ATTEMPTS = {
    "read a file of the system": "open('/etc/passwd').read()",
    "read a file beside the program": "open(SECRET).read()",
    "write beside the program": "open(SECRET + '.new', 'w')",
    "list the parent's folder": "os.listdir(os.path.dirname(SECRET))",
    "remove a file": "os.remove(SECRET)",
    "connect to the network": "socket.create_connection(('127.0.0.1', PORT), 2)",
    "open a local socket": "socket.socketpair()",
    "fork": "os.fork()",
    "start a thread": "threading.Thread(target=print).start()",
    "run a program": "os.execv('/usr/bin/true', ['true'])",
    "signal its parent": "os.kill(os.getppid() or 1, 0)",
    "trace a process": "call('ptrace', 16, os.getppid() or 1)",
    "make a namespace": "call('unshare', 0x10000000)",
    "become another user": "os.setuid(0 if os.getuid() else 1)",
    "raise its limits": "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))",
    "make a device": "os.mknod('device', 0o600 | 0o020000, os.makedev(1, 3))",
    "make a link out": "os.symlink('/etc/passwd', 'link')",
}
PROBE = """
import base64, ctypes, json, os, resource, socket, sys, threading
sys.path.insert(0, sys.argv[1])
from apcore.sandbox.landlocked import close_file_system
from apcore.sandbox.syscalls import give_up_system_calls
from apcore.sandbox.view import program_view
from pathlib import Path
order = json.loads(sys.argv[2])
SECRET, PORT = order["secret"], order["port"]

def call(name, *arguments):
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments, 0, 0, 0) == -1:
        raise OSError(ctypes.get_errno(), name)

def environments():
    for process in os.listdir("/proc"):
        try:
            yield open(f"/proc/{process}/environ", "rb").read()
        except OSError:
            pass

seen = b"".join(environments()).decode(errors="replace")
if order["landlock"]:
    close_file_system(program_view(Path.cwd()))
if order["calls"]:
    give_up_system_calls(base64.b64decode(order["calls"]))
happened = {"environments": seen}
for name, attempt in order["attempts"].items():
    try:
        eval(attempt)
    except (OSError, RuntimeError, ValueError) as exc:  # threads and limits are refused by errors of their own
        happened[name] = type(exc).__name__
    else:
        happened[name] = "done"
happened["own library"] = len(open(os.__file__).read()) > 0
with open("own file", "w") as file:
    file.write("written")
print(json.dumps(happened))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Under:
    namespaces: bool
    landlock: bool
    calls: bool


@pytest.fixture
def port() -> Iterator[int]:
    """Where somebody on this machine listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def probed(tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch):
    """Run the probe under walls, and say what came of each attempt."""

    def run(under: Under, attempts: dict[str, str]) -> dict[str, str]:
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        secret, folder = tmp_path / "secret", tmp_path / "folder"
        secret.write_text("secret")
        folder.mkdir(exist_ok=True)
        calls = base64.b64encode(reading_alone()).decode() if under.calls else ""
        order = {"secret": str(secret), "port": port, "landlock": under.landlock, "calls": calls, "attempts": attempts}
        command = [sys.executable, "-I", "-c", PROBE, str(program_folder()), json.dumps(order)]
        environment: dict[str, str] = {}
        if under.namespaces:
            command = bubblewrapped(command, program_view(folder), {"LANG": "C.UTF-8"})
        ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        happened: dict[str, str] = json.loads(ran.stdout)
        assert happened.pop("own library")
        assert (folder / "own file").read_text() == "written"
        assert secret.read_text() == "secret"
        return happened

    return run


namespaces = pytest.mark.skipif(
    not bubblewrap_works(), reason="this machine lets nobody make namespaces, as Ubuntu does by AppArmor"
)
ALL = Under(namespaces=True, landlock=True, calls=True)
WITHOUT_NAMESPACES = Under(namespaces=False, landlock=True, calls=True)


def test_the_walls_of_this_machine_are_named() -> None:
    found = walls()
    assert found == Walls(namespaces=bubblewrap_works(), landlock=landlock_works(), system_calls=True)
    assert str(Walls(namespaces=True, landlock=True, system_calls=True)) == "bubblewrap, Landlock, seccomp"


@pytest.mark.parametrize(
    "under",
    [pytest.param(ALL, marks=namespaces, id="all walls"), pytest.param(WITHOUT_NAMESPACES, id="without namespaces")],
)
def test_every_attempt_fails(under: Under, probed) -> None:
    happened = probed(under, ATTEMPTS)
    happened.pop("environments")
    assert {name for name, came in happened.items() if came == "done"} == set()
    assert happened.keys() == ATTEMPTS.keys()


def test_without_walls_most_attempts_succeed(probed) -> None:
    open_to_all = (
        "read a file of the system",
        "read a file beside the program",
        "list the parent's folder",
        "connect to the network",
        "open a local socket",
        "start a thread",
    )
    attempts = {name: ATTEMPTS[name] for name in open_to_all}
    happened = probed(Under(namespaces=False, landlock=False, calls=False), attempts)
    assert {happened[name] for name in attempts} == {"done"}


@namespaces
def test_namespaces_alone_hide_files_network_and_processes(probed) -> None:
    hidden = (
        "read a file of the system",
        "read a file beside the program",
        "connect to the network",
        "make a namespace",
    )
    happened = probed(Under(namespaces=True, landlock=False, calls=False), {name: ATTEMPTS[name] for name in hidden})
    assert {happened[name] for name in hidden} <= {
        "FileNotFoundError",
        "OSError",
        "ConnectionRefusedError",
        "PermissionError",
    }


@namespaces
def test_no_environment_in_there_holds_the_token(probed) -> None:
    assert TOKEN not in probed(ALL, {})["environments"]


@namespaces
def test_the_token_would_be_seen_if_bubblewrap_were_started_with_it(tmp_path: Path) -> None:
    """The reason for the empty environment: `--clearenv` alone leaves it readable in `/proc/1/environ`."""
    command = bubblewrapped(
        [sys.executable, "-I", "-c", "print(open('/proc/1/environ').read())"], program_view(tmp_path), {}
    )
    ran = subprocess.run(command, env={"GITHUB_TOKEN": TOKEN}, capture_output=True, text=True, check=False)
    if TOKEN not in ran.stdout:
        pytest.fail("bubblewrap no longer shows its environment: its docstring can say so")


@namespaces
def test_a_death_by_signal_is_told_as_one(tmp_path: Path) -> None:
    def ended(body: str) -> int:
        command = bubblewrapped([sys.executable, "-I", "-c", f"import os, sys; {body}"], program_view(tmp_path), {})
        return ended_with(subprocess.run(command, env={}, check=False, capture_output=True).returncode)

    assert ended("os.kill(os.getpid(), 9)") == -9
    assert ended("sys.exit(3)") == 3
    assert ended("sys.exit(0)") == 0


def test_nothing_of_the_owners_is_in_view(tmp_path: Path) -> None:
    shown = program_view(tmp_path).readable
    assert Path.home() not in shown
    assert program_folder() not in shown
    assert Path("/etc") not in shown
    assert Path(os.sep) not in shown
    assert program_folder() / "apcore" in shown


def test_a_path_below_another_is_shown_once(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    shown = program_view(tmp_path, readable=(inner, tmp_path / "a", tmp_path / "absent")).readable
    assert tmp_path / "a" in shown
    assert inner not in shown
    assert tmp_path / "absent" not in shown


def test_devices_are_bound_after_dev() -> None:
    view = View(readable=(), writable=Path("/work"), devices=(Path("/dev/null"),))
    command = bubblewrapped(["/usr/bin/true"], view, {})
    assert command.index("--dev") < command.index("--dev-bind-try")


def patched(monkeypatch: pytest.MonkeyPatch, *, namespaces: bool, landlock: bool) -> None:
    monkeypatch.setattr(mechanism, "bubblewrap_works", lambda: namespaces)
    monkeypatch.setattr(mechanism, "landlock_works", lambda: landlock)


def test_one_of_the_two_walls_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    patched(monkeypatch, namespaces=False, landlock=True)
    assert walls() == Walls(namespaces=False, landlock=True, system_calls=True)
    patched(monkeypatch, namespaces=True, landlock=False)
    assert walls() == Walls(namespaces=True, landlock=False, system_calls=True)


def test_without_both_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    patched(monkeypatch, namespaces=False, landlock=False)
    with pytest.raises(MachineError, match="lets nobody confine a process"):
        walls()


def test_without_seccomp_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> bytes:
        raise NoSeccompError("no library")

    monkeypatch.setattr(mechanism, "reading_alone", fails)
    with pytest.raises(MachineError, match="cannot give up its system calls on this machine: no library"):
        walls()


def test_a_system_without_sandboxes_says_so(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert str(walls()) == "limits on memory, time and files alone"
    assert "read only files that you trust" in caplog.text


@namespaces
def test_bubblewrap_is_found_and_tried() -> None:
    assert bubblewrap_works()
    assert bubblewrap_program() is not None


def test_a_program_that_cannot_run_is_no_wall(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refused(command: Sequence[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess(command, 1)

    bubblewrap_works.cache_clear()
    monkeypatch.setattr(subprocess, "run", refused)
    assert not bubblewrap_works()
    bubblewrap_works.cache_clear()
