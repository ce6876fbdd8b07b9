"""The real submission in full size: three 45 MB checkpoints and their distances, written once for all tests."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def room_for_the_submission() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="submission-") as folder:
        yield Path(folder)


@pytest.fixture
def submission(shared: Path, room_for_the_submission: Path) -> Path:
    """A folder with one file per Drive id."""
    if not any(room_for_the_submission.iterdir()):
        tool = shared / "tools" / "expand_submission.py"
        subprocess.run([sys.executable, str(tool), str(room_for_the_submission)], check=True, stdout=subprocess.DEVNULL)
    return room_for_the_submission
