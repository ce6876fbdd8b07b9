"""Who may import whom, and what loads without torch."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LIGHT = [
    "apcore.cli",
    "apcore.failure",
    "apcore.files.fetch",
    "apcore.flags_page",
    "apcore.layouts.registry",
    "apcore.model_key",
    "apcore.progress_report",
    "apcore.protocol",
    "apcore.registry.loading",
    "apcore.registry.report",
    "apcore.registry.results",
    "apcore.result_json",
    "apcore.rejudge",
    "apcore.taxonomy",
    "apcore.verdict",
    "bot.certificate.command",
    "bot.certificate.statement",
    "bot.cli",
    "bot.github.client",
    "bot.github.events",
    "bot.github.ports",
    "bot.github.surroundings",
    "bot.leaderboard.build",
    "bot.leaderboard.merge",
    "bot.leaderboard.site.build_site",
    "bot.leaderboard.site.pages",
    "bot.lifecycle.handover",
    "bot.lifecycle.obey",
    "bot.lifecycle.sweep",
    "bot.reply.badge",
    "bot.reply.check_comment",
    "bot.reply.living_comment",
    "bot.reply.pull_request",
    "bot.reply.result_comment",
    "bot.reply.spread_section",
    "bot.rules.requirements",
    "bot.run_commands",
    "bot.stages.begin",
    "bot.stages.check",
    "bot.stages.doctor",
    "bot.stages.on_github",
    "bot.stages.fetch",
    "bot.stages.rebuild",
    "bot.submission.reading",
]
AUDITS = ["apcore.compaction.plan", "apcore.inspection_report"]


@cache
def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def test_the_benchmark_knows_nothing_of_the_bot() -> None:
    offenders = [
        path.relative_to(ROOT)
        for path in (ROOT / "apcore").rglob("*.py")
        for name in imported(path)
        if name.split(".")[0] in ("bot", "github")
    ]
    assert offenders == []


def test_one_module_alone_reaches_the_network() -> None:
    callers = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "apcore").rglob("*.py")
        if {"gdown", "requests"} & {name.split(".")[0] for name in imported(path)}
    ]
    assert callers == ["apcore/files/drive.py"]


@pytest.mark.parametrize("module", LIGHT)
def test_light_modules_load_without_torch_and_numpy(module: str) -> None:
    probe = f"import sys, {module}; sys.exit(bool({{'torch', 'numpy', 'gdown', 'github'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0


@pytest.mark.parametrize("module", AUDITS)
def test_an_audit_loads_without_torch(module: str) -> None:
    probe = f"import sys, {module}; sys.exit(bool({{'torch', 'matplotlib', 'scipy'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0


@pytest.mark.parametrize(
    ("package", "file"), [("github", "bot/github/connection.py"), ("sigstore", "bot/certificate/signature.py")]
)
def test_a_library_of_the_outside_is_imported_in_one_file(package: str, file: str) -> None:
    importing = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "bot").rglob("*.py")
        if any(name.split(".")[0] == package for name in imported(path))
    }
    assert importing == {file}
