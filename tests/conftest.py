"""What several rooms' tests share."""

import os
from pathlib import Path

import pytest
from doubles.forked_reader import read_in_a_fork
from hypothesis import settings
from hypothesis.database import DirectoryBasedExampleDatabase

from apcore.checkpoint import reading

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"

# Side by side, each test has a core and not all of them: torch's threads wait by spinning. Read when torch is imported, here
# and in what tests start.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# A deadline measures the machine, not the code; what must not be slow says so in a test of its own.
settings.register_profile("default", deadline=None)
# By itself hypothesis draws the same examples each time where `CI` is set, and keeps none that failed: no use every night.
settings.register_profile(
    "nightly",
    deadline=None,
    max_examples=100_000,
    derandomize=False,
    print_blob=True,
    database=DirectoryBasedExampleDatabase(ROOT / ".hypothesis" / "examples"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-golden", action="store_true", help="write the golden files anew; then read the diff")
    parser.addoption(
        "--nightly", action="store_true", help="run what is too long for every change, and nothing else; takes hours"
    )


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("nightly" if config.getoption("--nightly") else "default")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """By night the long tests and the properties that are worth many examples, else all but the long ones."""
    nightly = config.getoption("--nightly")
    wanted, left_out = list[pytest.Item](), list[pytest.Item]()
    for item in items:
        marks = {mark.name for mark in item.iter_markers()}
        taken = bool(marks & {"nightly", "hostile"}) if nightly else "nightly" not in marks
        (wanted if taken else left_out).append(item)
    config.hook.pytest_deselected(items=left_out)
    items[:] = wanted


_READ_IN_A_STARTED_PROCESS = reading._run


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before any fixture, those of a module included: how this process reads checkpoints. Commands that tests start are as ever."""
    started = item.get_closest_marker("started_reader")
    reading._run = _READ_IN_A_STARTED_PROCESS if started else read_in_a_fork


@pytest.fixture
def golden(request: pytest.FixtureRequest):
    """Compare a text with `tests/golden/<name>`; `--rewrite-golden` writes it instead."""

    def compare(name: str, text: str) -> None:
        path = ROOT / "tests" / "golden" / name
        if request.config.getoption("--rewrite-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), f"differs from {path.relative_to(ROOT)}"

    return compare


@pytest.fixture
def shared() -> Path:
    """The folder with real images, a real submission and published facts; the test skips aloud where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(
            "../shared is absent: real images, the real submission and the published facts are not part of the project"
        )
    return SHARED
