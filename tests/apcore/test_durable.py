"""Files whole or not at all, and damage told from what was written."""

import ast
import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from apcore.durable import agree, sealed, sums_bytes, unsealed, write_once, write_whole

ROOT = Path(__file__).parent.parent.parent


def failing(number: int):
    def fail(*_arguments: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "state"
    write_whole(path, b"one")
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=["full disk", "failing disk"])
def test_a_disk_that_fails_leaves_the_former_file_and_its_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    write_whole(tmp_path / "state", b"one")
    monkeypatch.setattr(os, "fsync", failing(number))
    with pytest.raises(OSError, match=os.strerror(number)):
        write_whole(tmp_path / "state", b"two" * 1000)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("state", b"one")]


def test_bytes_and_then_names_reach_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: seen.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
    )
    write_whole(tmp_path / "new" / "state", b"one")
    assert seen == [str(tmp_path), str(tmp_path / "new" / ".state.part"), str(tmp_path / "new")]


@pytest.mark.parametrize("name", ["state", ".state.part"])
def test_a_link_in_its_place_is_never_followed(tmp_path: Path, name: str) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"precious")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / name).symlink_to(other)
    write_whole(tmp_path / "run" / "state", b"one")
    assert other.read_bytes() == b"precious"
    assert (tmp_path / "run" / "state").read_bytes() == b"one"
    assert not (tmp_path / "run" / "state").is_symlink()


def test_killed_at_any_moment_leaves_one_of_the_two_files(tmp_path: Path) -> None:
    write_whole(tmp_path / "state", b"a" * 100_000)
    writer = (
        "import sys; from pathlib import Path; from apcore.durable import write_whole; print(flush=True)\n"
        "while True:\n    for byte in (b'a', b'b'): write_whole(Path(sys.argv[1]), byte * 100_000)"
    )
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", writer, str(tmp_path / "state")], stdout=subprocess.PIPE
        ) as process:
            process.stdout.readline()
            for _ in range(20):
                assert (tmp_path / "state").read_bytes() in (b"a" * 100_000, b"b" * 100_000)
            process.kill()
        assert (tmp_path / "state").read_bytes() in (b"a" * 100_000, b"b" * 100_000)


def test_what_exists_is_never_overwritten_by_write_once(tmp_path: Path) -> None:
    write_once(tmp_path / "taxonomy.json", b"mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("taxonomy.json", "link"):
        with pytest.raises(FileExistsError):
            write_once(tmp_path / name, b"other")
    assert (tmp_path / "taxonomy.json").read_bytes() == b"mine"
    assert not (tmp_path / "nowhere").exists()


def flips(content: bytes):
    for place in range(0, 8 * len(content), 7):
        yield content[: place // 8] + bytes([content[place // 8] ^ 1 << place % 8]) + content[place // 8 + 1 :]


def test_a_seal_tells_every_bit_and_every_cut() -> None:
    content = b"outcomes of some samples"
    assert unsealed(sealed(content)) == content
    assert unsealed(sealed(b"")) == b""
    assert {unsealed(damaged) for damaged in flips(sealed(content))} == {None}
    assert {unsealed(sealed(content)[:length]) for length in range(len(sealed(content)))} == {None}


def test_sums_tell_damage_and_another_file_under_the_name(tmp_path: Path) -> None:
    one, other, sums = (tmp_path / name for name in ("one.json", "other.npz", "sums"))
    contents = {one: b'{"robust": 41.5}', other: b"PK"}
    for path, content in contents.items():
        path.write_bytes(content)
    sums.write_bytes(sums_bytes(contents))
    assert agree(sums, (one, other))
    for damaged in (b'{"robust": 91.5}', b'{"robust": 41', b""):
        one.write_bytes(damaged)
        assert not agree(sums, (one, other))
    one.write_bytes(contents[one])
    for damaged in (*flips(sums.read_bytes()), b"", sums.read_bytes()[:70]):
        sums.write_bytes(damaged)
        assert not agree(sums, (one, other))
    one.unlink()
    with pytest.raises(OSError, match="No such file"):
        agree(sums, (one,))


# Nobody reads these after a crash: a folder that its own run removes, or a scratch copy that is renamed when complete.
SCRATCH = {
    "apcore/durable.py",
    "apcore/checkpoint/child.py",
    "apcore/checkpoint/reading.py",
    "apcore/files/mirror.py",
    "apcore/run_folder.py",  # the lock
    "apcore/sandbox/trial.py",
    "bot/leaderboard/repository.py",
    "bot/leaderboard/site/build_site.py",  # built anew whenever it is wanted
    "bot/stages/outputs.py",  # the runner's own file
}


def writes(path: Path) -> list[str]:
    """What in a module puts bytes into a file without going through `apcore.durable`."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        modes = [a.value for a in (*node.args, *(k.value for k in node.keywords)) if isinstance(a, ast.Constant)]
        if name in ("write_text", "write_bytes") or (
            name == "open"
            and any(isinstance(mode, str) and set(mode) & set("wax+") and len(mode) < 4 for mode in modes)
        ):
            found.append(f"{path.relative_to(ROOT)}:{node.lineno} {name}")
    return found


def test_everything_that_outlives_a_run_is_written_here() -> None:
    modules = [path for room in ("apcore", "bot") for path in (ROOT / room).rglob("*.py")]
    kept = [path for path in modules if str(path.relative_to(ROOT)) not in SCRATCH]
    assert [line for path in kept for line in writes(path)] == []
