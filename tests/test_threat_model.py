"""Each threat that `docs/threat_model.md` lists has a defence, and tests of it that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROWS = [
    [cell.strip() for cell in line.strip("| ").split(" | ")]
    for line in (ROOT / "docs" / "threat_model.md")
    .read_text(encoding="utf-8")
    .partition("\n## Measured\n")[0]
    .splitlines()
    if line.startswith("| ") and not line.startswith(("| Threat |", "| Fault |", "| --- |"))
]


def test_there_are_threats() -> None:
    assert len(ROWS) > 30


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:50])
def test_each_threat_has_a_defence_and_tests_that_are_there(row: list[str]) -> None:
    _threat, _defence, shown = row
    tests = re.fullmatch(r"`[^`]+`(?:, `[^`]+`)*", shown) and re.findall(r"`([^`]+)`", shown)
    assert tests, "tests alone"
    for test in tests:
        path, _, name = test.partition("::")
        assert f"\ndef {name}(" in (ROOT / path).read_text(encoding="utf-8"), test
