"""What several rooms' tests share."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-golden", action="store_true", help="write the golden files anew; then read the diff")


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
