"""What a whole evaluation tries in vain behind its walls, and what it can do there; under namespaces, and under Landlock alone."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from doubles.demo import ASSETS, IDS

from apcore.errors import MachineError
from apcore.sandbox import evaluation, mechanism
from apcore.sandbox.bubblewrap import bubblewrap_works
from apcore.sandbox.evaluation import run_confined
from apcore.sandbox.landlocked import landlock_works
from apcore.sandbox.view import program_folder

TOKEN = "canary-token-7f3a"
FORBIDDEN = {
    "read a file of the system": "open('/etc/passwd').read()",
    "read a file beside what it measures": "open(SECRET).read()",
    "change what it measures": "open(GIVEN + '/plan.json', 'a')",
    "change this program": "open(PROGRAM + '/apcore/task.py', 'a')",
    "connect to the network": "socket.create_connection(('127.0.0.1', PORT), 2)",
    "open an internet socket": "socket.socket(socket.AF_INET)",
    "open a packet socket": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "connect to a local service": "socket.socket(socket.AF_UNIX).connect(SERVICE)",
    "be traced": "call('ptrace', 0)",
    "make a namespace": "call('unshare', 0x10000000)",
    "make a namespace by clone": "system(56, 0x10000000 | 17)",
    "mount": "call('mount', b'none', b'/tmp', b'tmpfs')",
    "load a program into the kernel": "system(321, 0)",
    "open a keyring": "system(250, 0)",
    "open a ring for input and output": "system(425, 1)",
    "watch page faults": "system(323, 0)",
    "read another process's memory": "system(310, os.getppid() or 1)",
}
ALLOWED = {
    "write where it should": "open('own', 'w').write('x')",
    "read what it measures": "open(GIVEN + '/plan.json').read()",
    "use a folder of its own": "os.rmdir(tempfile.mkdtemp())",
    "start a thread": "threading.Thread(target=len, args=('',)).start()",
    "run a program": "subprocess.run([sys.executable, '-I', '-c', ''], check=True)",
    "talk to its own processes": "socket.socketpair()",
}
PROBE = """
import ctypes, json, os, socket, subprocess, sys, tempfile, threading
SECRET, GIVEN, PROGRAM, SERVICE, PORT, attempts = json.load(open(GIVEN_HERE + '/order.json'))

def call(name, *arguments):
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments, 0, 0, 0) == -1:
        raise OSError(ctypes.get_errno(), name)

def system(number, *arguments):
    came = ctypes.CDLL(None, use_errno=True).syscall(number, *arguments, 0, 0, 0, 0)
    if came == 0 and number == 56:
        os._exit(0)
    if came == -1:
        raise OSError(ctypes.get_errno(), str(number))

def environments():
    for process in os.listdir('/proc'):
        try:
            yield open('/proc/' + process + '/environ', 'rb').read()
        except OSError:
            pass

happened = {'seen': b''.join(environments()).decode(errors='replace')}
for name, attempt in attempts.items():
    try:
        eval(attempt)
    except Exception as exc:
        happened[name] = type(exc).__name__
    else:
        happened[name] = 'done'
json.dump(happened, open('happened.json', 'w'))
"""
namespaces = pytest.mark.skipif(not bubblewrap_works(), reason="this machine lets nobody make namespaces")
landlock = pytest.mark.skipif(not landlock_works(), reason="this kernel has no Landlock")


@pytest.fixture(
    params=[pytest.param("namespaces", marks=namespaces), pytest.param("landlock", marks=landlock)], name="under"
)
def _under(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "landlock":
        monkeypatch.setattr(mechanism, "bubblewrap_works", lambda: False)
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    return str(request.param)


@pytest.fixture
def probed(tmp_path: Path):
    """Run attempts behind the walls, and say what came of each."""
    import socket

    given, out = tmp_path / "given", tmp_path / "out"
    given.mkdir()
    out.mkdir()
    (given / "plan.json").write_text("{}")
    (tmp_path / "secret").write_text(TOKEN)
    service = str(tmp_path / "service")
    with socket.socket(socket.AF_UNIX) as local, socket.create_server(("127.0.0.1", 0)) as server:
        local.bind(service)
        local.listen()

        def run(attempts: dict[str, str]) -> dict[str, str]:
            order = [str(tmp_path / "secret"), str(given), str(program_folder()), service, server.getsockname()[1]]
            (given / "order.json").write_text(json.dumps([*order, attempts]))
            # The standard library's way to run a text as a module, since no test is in view in there.
            probe = f"GIVEN_HERE = {str(given)!r}{PROBE}"
            code = run_confined("timeit", ["-n1", "-r1", probe], writable=out, readable=[given])
            assert code == 0
            found: dict[str, str] = json.loads((out / "happened.json").read_text())
            return found

        yield run


def test_ways_out_are_closed(under: str, probed) -> None:
    happened = probed(FORBIDDEN)
    assert TOKEN not in happened.pop("seen")
    assert {name for name, came in happened.items() if came == "done"} == set()
    assert happened.keys() == FORBIDDEN.keys()


def test_what_an_evaluation_needs_is_left(under: str, probed) -> None:
    happened = probed(ALLOWED)
    happened.pop("seen")
    assert {name for name, came in happened.items() if came != "done"} == set()


@pytest.mark.usefixtures("under")
def test_a_strangers_file_is_read_inside_behind_a_second_set_of_walls(tmp_path: Path) -> None:
    """No namespaces can be made in there; Landlock and the reader's own list of system calls are still to be had."""
    out = tmp_path / "out"
    out.mkdir()
    checkpoint = ASSETS / "files" / IDS[90]
    probe = (
        "import json, pathlib; from apcore.checkpoint.reading import read_checkpoint; "
        "from apcore.sandbox.mechanism import walls; "
        f"found = read_checkpoint(pathlib.Path({str(checkpoint)!r})); "
        "json.dump([str(walls()), len(found.tensors)], open('read.json', 'w'))"
    )
    assert run_confined("timeit", ["-n1", "-r1", probe], writable=out, readable=[checkpoint]) == 0
    walls, tensors = json.loads((out / "read.json").read_text())
    assert walls == "Landlock, seccomp"
    assert tensors > 10


def test_nothing_is_run_where_nobody_can_be_confined(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(mechanism, "bubblewrap_works", lambda: False)
    monkeypatch.setattr(mechanism, "landlock_works", lambda: False)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("something was run"))
    with pytest.raises(MachineError, match="lets nobody confine a process"):
        run_confined("timeit", ["1"], writable=tmp_path)


@pytest.mark.usefixtures("under")
def test_whoever_kills_the_outer_process_has_ended_the_inner_one(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    landlock_alone = "landlock" in os.environ.get("PYTEST_CURRENT_TEST", "")
    body = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path; "
        "from apcore.sandbox import mechanism; "
        f"mechanism.bubblewrap_works = (lambda: False) if {landlock_alone} else mechanism.bubblewrap_works; "
        "from apcore.sandbox.evaluation import run_confined; "
        'probe = \'import time\\nfor n in range(600): open("beat", "w").write(str(n)); time.sleep(0.05)\'; '
        "run_confined('timeit', ['-n1', '-r1', probe], writable=Path(sys.argv[2]))"
    )
    process = subprocess.Popen([sys.executable, "-I", "-c", body, str(program_folder()), str(out)])
    deadline = time.monotonic() + 60
    while not (out / "beat").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    time.sleep(0.5)
    before = (out / "beat").read_bytes()
    time.sleep(0.5)
    assert (out / "beat").read_bytes() == before


def test_numbers_alone_are_handed_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1;evil")
    monkeypatch.setenv("LD_PRELOAD", "/evil.so")
    found = evaluation._environment(tmp_path)
    assert found == {"LANG": "C.UTF-8", "HOME": str(tmp_path), "TMPDIR": str(tmp_path), "OMP_NUM_THREADS": "2"}
