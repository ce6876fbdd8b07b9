"""The folder of a run: one run at a time, nothing but itself, and no damaged result taken for a measurement."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from doubles.boards import results, submission
from doubles.examples import examples
from hypothesis import given
from hypothesis import strategies as st

from apcore.errors import MachineError
from apcore.model_key import ModelKey
from apcore.outcomes import Outcomes
from apcore.result_json import result_bytes
from apcore.run_folder import RunFolder

(RESULT,) = results(submission(), {90: (5000, 2000)})
OUTCOMES = Outcomes(
    index=np.arange(3),
    label=np.array([1, 2, 3]),
    clean_prediction=np.array([1, 2, 4]),
    aa_outcome=np.array([0, 2, -1], np.int8),
    hofmn_index=np.arange(2),
    hofmn_distance=np.array([0.1, np.inf], np.float32),
)
KEY: ModelKey = RESULT.model_key


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "run")
    folder.keep(RESULT, OUTCOMES)
    return folder


def found(folder: RunFolder) -> tuple[bytes, bytes] | None:
    finished = folder.finished(KEY)
    return finished and (result_bytes(finished[0]), finished[1].to_bytes())


def test_what_was_kept_is_found(folder: RunFolder) -> None:
    assert found(folder) == (result_bytes(RESULT), OUTCOMES.to_bytes())


def test_a_number_that_a_disk_changed_is_no_measurement(folder: RunFolder, caplog: pytest.LogCaptureFixture) -> None:
    text = folder.result(KEY).read_text()
    assert '"value": 20.0' in text
    folder.result(KEY).write_text(text.replace('"value": 20.0', '"value": 28.0'))
    assert found(folder) is None
    assert caplog.messages == [f"the result of {KEY} is damaged, as after a failing disk; it is measured again"]


@pytest.mark.parametrize("part", ["result", "outcomes", "sums"])
def test_a_part_that_is_cut_off_or_missing_is_measured_again(folder: RunFolder, part: str) -> None:
    path = getattr(folder, part)(KEY)
    path.write_bytes(path.read_bytes()[:-1] if part != "sums" else path.read_bytes()[:70])
    assert found(folder) is None
    path.unlink()
    assert found(folder) is None


@pytest.mark.parametrize("last", [0, 1, 2])
def test_a_new_result_is_never_found_beside_former_outcomes(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch, last: int
) -> None:
    """Stopped before each of the writes in turn: all of the new or nothing."""
    write, done = RunFolder.write, []

    def stop(self: RunFolder, path: Path, content: bytes) -> None:
        if len(done) == last:
            raise KeyboardInterrupt
        done.append(path)
        write(self, path, content)

    monkeypatch.setattr(RunFolder, "write", stop)
    with pytest.raises(KeyboardInterrupt):
        folder.keep(RESULT, replace(OUTCOMES, aa_outcome=np.array([3, 2, -1], np.int8)))
    assert found(folder) is None


def test_the_second_run_is_told_who_is_at_work(folder: RunFolder) -> None:
    with folder.locked(), pytest.raises(MachineError) as told, RunFolder(folder.root).locked():
        pass
    assert told.value.message.startswith(f"another run is at work in this folder (process {os.getpid()} on ")


def test_a_killed_run_leaves_the_folder_free(folder: RunFolder) -> None:
    held = (
        "import os, signal, sys; from pathlib import Path; from apcore.run_folder import RunFolder\n"
        "with RunFolder(Path(sys.argv[1])).locked(): os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", held, str(folder.root)], check=False).returncode == -9
    with folder.locked():
        pass


@pytest.mark.parametrize("place", ["results", "work", ".lock", "comment.md", f"work/{KEY}", "files/ids", "repository"])
def test_a_link_in_the_folder_is_refused_before_anything_is_written(tmp_path: Path, place: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "run" / place).parent.mkdir(parents=True)
    (tmp_path / "run" / place).symlink_to(elsewhere)
    with pytest.raises(MachineError) as told, RunFolder(tmp_path / "run").locked():
        pass
    assert told.value.where == str(tmp_path / "run" / place)
    assert told.value.message == "this is a symbolic link, and a run writes into its own folder alone"
    assert list(elsewhere.iterdir()) == []


names = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=60).filter(
    lambda name: name not in (".", "..")
)


@pytest.mark.hostile
@examples(40)
@given(st.lists(st.sampled_from(("results", "work", str(KEY), "files", "ids")) | names, min_size=1, max_size=4))
def test_a_link_of_any_name_at_any_depth_is_refused(parts: list[str]) -> None:
    with TemporaryDirectory() as room:
        elsewhere, place = Path(room, "elsewhere"), Path(room, "run", *parts)
        elsewhere.mkdir()
        place.parent.mkdir(parents=True)
        place.symlink_to(elsewhere)
        with pytest.raises(MachineError, match="this is a symbolic link"), RunFolder(Path(room, "run")).locked():
            pass
        assert list(elsewhere.iterdir()) == []


def test_the_folder_itself_may_be_reached_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "disk")
    with RunFolder(tmp_path / "run").locked():
        pass
