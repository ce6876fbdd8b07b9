"""Every warning and notice of the bot: told by the submission wizard in the bot's words, or documented as left to the bot."""

import ast
import importlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, ModuleType

import pytest
from doubles.browser import PHONE, Watched, address, watched_page
from doubles.wizard_states import LINES, State
from playwright.sync_api import Browser, Page

from apcore import model_block
from apcore.protocol import load_protocol
from bot.leaderboard.site.build_site import build_site
from bot.leaderboard.site.wizard_data import method_data
from bot.leaderboard.site.wizard_words.case import Case
from bot.leaderboard.site.wizard_words.made_up_issue import MadeUpIssue
from bot.leaderboard.site.wizard_words.templates import cases, words
from bot.rules.requirements import RULES, rule_name
from bot.submission.model import Finding, Severity

ROOT = Path(__file__).parents[4]
PROTOCOL = load_protocol("apb-2024")
# What a page cannot decide; docs/architecture.md says why.
LEFT_TO_THE_BOT = {"the-taxonomy-is-one-object", "what-is-opened-is-closed"}
# Methods of a reader that say something without refusing. A rule that does not refuse names a severity, which else is an error.
SAYINGS = {"notice", "warning", "_notice"}
NAME = re.compile(r"[a-z]+(-[a-z]+){2,}")
TOLD = "list => list.map(p => [p.className, p.textContent])"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a site")
    build_site(ROOT / "leaderboard" / "entries", folder)
    return folder


@pytest.fixture
def wizard(browser: Browser, site: Path) -> Iterator[Watched]:
    with watched_page(browser, size=PHONE) as watched:
        watched.page.goto(address(site / "submit.html"))
        yield watched
        assert (watched.complaints, watched.left_the_disk) == ([], [])


def rules_of_the_readers() -> set[str]:
    """The rules in whose name a reader says something that stops nobody, as its source has them."""
    found = set[str]()
    for path in sorted((ROOT / "bot" / "submission").glob("*.py")):
        module = importlib.import_module(f"bot.submission.{path.stem}")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SAYINGS:
                found |= {text for argument in node.args if NAME.fullmatch(text := text_of(argument, module))}
    return found


def text_of(argument: ast.expr, module: ModuleType) -> str:
    """A text or the name of one; empty for all else."""
    if isinstance(argument, ast.Name):
        return str(getattr(module, argument.id, ""))
    return str(argument.value) if isinstance(argument, ast.Constant) else ""


def informs(rule: Callable[..., object]) -> bool:
    """Whether a rule, or a function of its module that it calls, ever says something that stops nobody."""
    module = importlib.import_module(rule.__module__)
    seen, todo = set[str](), [rule.__code__]
    while todo:
        code = todo.pop()
        todo += [part for part in code.co_consts if isinstance(part, CodeType)]
        for name in set(code.co_names) - seen:
            seen.add(name)
            called = getattr(module, name, None)
            if getattr(called, "__module__", None) == module.__name__ and hasattr(called, "__code__"):
                todo.append(called.__code__)
    return "Severity" in seen


def informing() -> dict[str, Case]:
    """The cases of the wizard in which nothing is refused."""
    found = words(PROTOCOL)
    return {name: case for name, case in cases(PROTOCOL).items() if found[name]["severity"] != "error"}


def state_of(issue: MadeUpIssue) -> State:
    """What an author fills in whose issue that is."""
    models = [
        {line: model.get(label, "") for line, label in zip(LINES, model_block.LABELS, strict=True)}
        for model in issue.models
    ]
    return {"answers": dict(issue.taxonomy), "models": models, "notes": issue.notes, "confirmed": issue.confirmed}


def paragraph(finding: Finding) -> list[str]:
    """How the page shows a finding: its weight, and its words as sentences, code without its marks."""
    sentences = [finding.message, "" if finding.fix == "nothing to do" else finding.fix]
    ended = [text if text.endswith((".", "?")) else f"{text}." for text in sentences if text]
    shown = " ".join(re.sub(r"^[a-z]", lambda letter: letter[0].upper(), text) for text in ended)
    return [str(finding.severity), re.sub(r"(`+)( ?)(.+?)\2\1", r"\3", shown)]


def told_of(page: Page, issue: MadeUpIssue) -> list[list[str]]:
    """All that the page says at its fields about that issue, on a board that knows what the issue's does."""
    page.evaluate("state => localStorage.setItem('apbot-submission', state)", json.dumps(state_of(issue)))
    page.reload()
    board = [method_data(known, PROTOCOL) for known in issue.methods]
    published = [[file.id, str(file.model_key), str(file.holds)] for file in issue.published]
    page.evaluate("([board, published]) => Object.assign(apbotWizardData, { board, published })", [board, published])
    page.click("#wizard .main")
    said: list[list[str]] = page.locator("#wizard .says p:visible").evaluate_all(TOLD)
    return [[weight, text.strip()] for weight, text in said]


def test_every_warning_and_notice_is_the_wizards_or_named_as_left_to_the_bot() -> None:
    of_rules = {rule_name(rule) for rule in RULES if informs(rule)}
    of_readers = rules_of_the_readers()
    assert (len(of_rules), len(of_readers)) == (12, 8)
    assert of_rules | of_readers == {case.rule for case in informing().values()} | LEFT_TO_THE_BOT
    described = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert [rule for rule in sorted(LEFT_TO_THE_BOT) if f"`{rule}`" not in described] == []


@pytest.mark.browser
def test_every_warning_and_notice_stands_on_the_page_in_the_bots_words(wizard: Watched) -> None:
    unsaid = {}
    for name, case in informing().items():
        said = [finding for finding in case.issue.findings(PROTOCOL) if finding.rule == case.rule]
        expected = [paragraph(finding) for finding in said if finding.severity is not Severity.ERROR]
        told = told_of(wizard.page, case.issue)
        assert expected
        if missing := [words for words in expected if words not in told]:
            unsaid[name] = (missing, told)
    assert unsaid == {}
