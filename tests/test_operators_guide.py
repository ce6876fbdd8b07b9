"""docs/operators.md says what the program and the workflows do."""

import re
import shlex
from pathlib import Path

import pytest

from bot.cli import _parser
from bot.doctor.diagnosis import Role
from bot.doctor.machine import NEEDED_BYTES
from bot.doctor.repository import OLDEST_RUNNER, RIGHTS

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
WORKFLOWS = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / ".github").rglob("*.yml")))
COMMANDS = sorted(set(re.findall(r"^\$ (?:\.venv/bin/)?apbot (.+)$", GUIDE, re.MULTILINE)))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_one_that_the_program_takes(command: str) -> None:
    assert callable(_parser().parse_args(shlex.split(command)).run)


def test_every_variable_that_the_workflows_read_is_explained_and_no_other() -> None:
    read = set(re.findall(r"(?:vars|secrets)\.(\w+)", WORKFLOWS))
    assert read == set(re.findall(r"gh (?:variable|secret) set (\w+)", GUIDE))


def test_the_app_is_given_the_rights_that_the_stages_ask_for() -> None:
    words = {"actions": "Actions", "contents": "Contents", "issues": "Issues", "pull_requests": "Pull requests"}
    words |= {"statuses": "Commit statuses"}
    line = re.search(r"Repository permissions: ([^;]+);", GUIDE.replace("\n", " "))
    assert set(words) == set(RIGHTS)
    assert re.split(r", (?:each read and write)?| and (?=Commit)", line[1])[:5] == list(words.values())


def test_environments_labels_and_numbers_are_those_of_the_workflows() -> None:
    assert set(re.findall(r"environment: (\w+)$", WORKFLOWS, re.MULTILINE)) == {"bot", "gpu"}
    assert all(f"| Settings, Environments | `{name}`" in GUIDE for name in ("bot", "gpu"))
    assert f"version {'.'.join(map(str, OLDEST_RUNNER))} or newer" in GUIDE
    assert "vars.APBOT_DATA || '/srv/apbot/data'" in WORKFLOWS
    assert 'cron: "7,22,37,52 * * * *"' in WORKFLOWS
    assert "every 15 minutes" in GUIDE
    assert f"{NEEDED_BYTES[Role.RUNNER] // 10**9} GB of disk" in GUIDE


def test_files_that_the_guide_names_are_there() -> None:
    for name in re.findall(r"`((?:demo|requirements|\.github|docs)/[\w./-]+)`", GUIDE):
        assert (ROOT / name).exists(), name
