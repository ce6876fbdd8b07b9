"""A GitHub of our own with its Actions, for the stages that run there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from doubles.drive import DriveServer, drive_server, page_reply
from doubles.github.actions import Actions
from doubles.github.server import github_double


@pytest.fixture
def drive(monkeypatch: pytest.MonkeyPatch) -> Iterator[DriveServer]:
    """A Google Drive that answers each question about a file with a page that says nothing."""
    with drive_server(monkeypatch) as server:
        server.serve("/open", page_reply("one moment"))
        yield server


@pytest.fixture
def actions(tmp_path: Path, drive: DriveServer) -> Iterator[Actions]:
    with github_double() as double:
        double.world.join("stranger", "read")
        yield Actions(double, tmp_path)
