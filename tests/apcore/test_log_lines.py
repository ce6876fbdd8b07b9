"""No line of a log commands whoever reads it."""

import io
import re
from pathlib import Path

import pytest
from doubles.demo import issue_body, mirror
from doubles.examples import examples
from doubles.hostile_text import hostile_texts
from doubles.naughty import NAUGHTY
from hypothesis import given
from hypothesis import strategies as st

from apcore.command_line import add_command, run_command
from apcore.errors import ContributorError
from apcore.log_lines import LogLines
from bot.cli import main

# The runner strips blanks, .NET's among them; any reader may break lines where Unicode does.
COMMAND = re.compile(r"(?:^|[\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029])\s*::|##\[")


def logged(*pieces: str) -> str:
    stream = io.StringIO()
    lines = LogLines(stream)
    for piece in pieces:
        lines.write(piece)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("::add-mask::a\n", ":\\:add-mask::a\n"),
        ("a\n  ::error::x", "a\n  :\\:error::x"),
        ("a\r::warning::x", "a\r:\\:warning::x"),
        ("a ##[add-mask]b", "a ##\\[add-mask]b"),
        ("###[x]", "###\\[x]"),
        ("\ufeff::x", "\ufeff:\\:x"),
        (":::", ":\\::"),
        ("apbot: see a::b, [x]# [y]", "apbot: see a::b, [x]# [y]"),
    ],
)
def test_commands_are_taken_apart_and_all_else_stays(text: str, expected: str) -> None:
    assert logged(text) == expected
    assert logged(*text) == expected


@pytest.mark.hostile
@examples(100)
@given(hostile_texts(words=8, more=(":", "#", "[", " ", "\n", "\r"), between=("",)), st.integers(1, 9))
def test_no_pieces_make_a_command(text: str, length: int) -> None:
    pieces = [text[at : at + length] for at in range(0, len(text), length)]
    assert not COMMAND.search(logged(*pieces))


def test_an_error_that_quotes_a_stranger_commands_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    import argparse

    def fail(_options: argparse.Namespace) -> int:
        raise ContributorError(where="\n::error::x", message="\n::add-mask::a ##[command]b", fix="\r::debug::x")

    def bug(_options: argparse.Namespace) -> int:
        raise ZeroDivisionError("\n::stop-commands::x\n  ::error::y")

    parser = argparse.ArgumentParser(prog="apbot")
    commands = parser.add_subparsers()
    for name, run in (("fail", fail), ("bug", bug)):
        add_command(commands, name, summary="x", example="x", run=run)
    for name in ("fail", "bug"):
        run_command(parser, [name])
        told = capsys.readouterr().err
        assert "\\" in told
        assert not COMMAND.search(told)
    with pytest.raises(SystemExit):
        run_command(parser, ["fail", "\n::error::x"])
    assert not COMMAND.search(capsys.readouterr().err)


def test_a_hostile_issue_leaves_a_harmless_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`check` and `verify` as a workflow calls them, on an issue to mend and on one whose files are none."""
    lines = "\n".join(NAUGHTY["log"])
    mend = issue_body(("Clean accuracy (%): ", f"{lines}\nClean accuracy (%): "))
    (tmp_path / "mend.md").write_text(mend, encoding="utf-8")
    (tmp_path / "good.md").write_text(f"{issue_body()}\n{lines}\n", encoding="utf-8")
    html = b"\n::error::x\n##[command]x\n<!DOCTYPE html>"
    files = mirror(tmp_path / "files", s50=html, s75=html, s90=html)
    monkeypatch.chdir(tmp_path)
    for issue in ("mend.md", "good.md"):
        verify = ["verify", issue, "--protocol", "demo", "--files", str(files), "--out", f"out-{issue}"]
        for command in (["check", issue, "--protocol", "demo"], verify):
            assert main(command) in (0, 1)
            told = capsys.readouterr().err
            assert not COMMAND.search(told)
    assert "not complete: 3 of 3 checkpoints were not measured" in told
