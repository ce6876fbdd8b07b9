"""`apbot` from the outside: what it prints, where, and its exit codes."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from doubles.demo import ASSETS, issue_body

from apcore import json_shape
from bot.cli import main

COMMANDS = [
    ["check"],
    ["verify"],
    ["demo"],
    ["leaderboard", "build"],
    ["leaderboard", "check"],
    ["certificate", "check"],
    ["doctor"],
    ["gate"],
    ["sweep"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_fits_a_screen_and_ends_with_an_example(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    lines = capsys.readouterr().out.splitlines()
    assert ended.value.code == 0
    assert lines[-1].startswith(f"example: apbot {' '.join(command)}")
    assert len(lines) <= 40


def test_check_prints_the_comment_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(ASSETS / "issue.md"), "--protocol", "demo"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("✅ **This submission is complete")
    assert printed.out.endswith("<!-- apbot:check -->\n")
    assert printed.err == ""


def test_check_reads_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(issue_body().encode()), encoding="utf-8"))
    assert main(["check", "-", "--protocol", "demo"]) == 0
    assert "FilterPruning_Demo2026Digits" in capsys.readouterr().out


def test_check_as_json_is_one_document_that_fits_its_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "issue.md").write_text(issue_body(("S_90", "S_91")), encoding="utf-8")
    assert main(["check", str(tmp_path / "issue.md"), "--protocol", "demo", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    json_shape.check(document, "check")
    assert document["submission"] is None
    assert document["findings"]


def test_a_file_that_is_not_there_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "none.md")]) == 2
    assert capsys.readouterr().err == f"apbot: cannot read {tmp_path / 'none.md'}: No such file or directory\n"


def test_the_committed_leaderboard_is_in_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["leaderboard", "check"]) == 0
    assert capsys.readouterr().err == "every derived file is in step with the entries\n"


def test_a_table_that_was_edited_by_hand_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    entry = Path(__file__).parent.parent.parent / "leaderboard" / "entries" / "HARP_Zhao2023Holistic.json"
    (tmp_path / "leaderboard" / "entries").mkdir(parents=True)
    (tmp_path / "leaderboard" / "entries" / entry.name).write_bytes(entry.read_bytes())
    assert main(["leaderboard", "build"]) == 0
    table = tmp_path / "leaderboard" / "tables" / "apb-2024-cifar10-structured.md"
    table.write_text(table.read_text(encoding="utf-8").replace("HARP", "BEST"), encoding="utf-8")
    capsys.readouterr()
    assert main(["leaderboard", "check"]) == 1
    assert "tables/apb-2024-cifar10-structured.md" in capsys.readouterr().err


def test_python_m_bot_is_apbot() -> None:
    done = subprocess.run([sys.executable, "-m", "bot", "--help"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "example: apbot check issue.md")
