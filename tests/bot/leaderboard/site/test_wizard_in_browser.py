"""The submission wizard in a real browser: its rules against the bot's on generated answers, and the page as an author uses it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from doubles.bodies import body as body_named
from doubles.browser import PHONE, Watched, address, watched_page
from doubles.wizard_states import LINES, Author, State
from playwright.sync_api import Browser, Page, expect

from apcore import issue_form, model_block
from apcore.issue_form import Answers, issue_body, prefilled_link
from apcore.protocol import load_protocol
from apcore.published_files import published_files
from apcore.taxonomy_questions import questions
from bot.leaderboard.facts import board_facts
from bot.leaderboard.site.build_site import build_site
from bot.rules.facts import KnownMethod
from bot.stages.check import Check, check
from bot.submission.labels import CLAIMS
from bot.submission.model import Severity

pytestmark = pytest.mark.browser

LEADERBOARD = Path(__file__).parents[4] / "leaderboard"
REPOSITORY = "example/board"
PROTOCOL = load_protocol("apb-2024")
METHODS = board_facts(LEADERBOARD)
COUNT = 150
# Keys that the board has, or nearly has.
KNOWN = ("HARP_Zhao2023Holistic", "harp_zhao2023holistic", "H4RP_Zhao2023Holistic", "HARP-_Zhao2023Holistic", "HARP")
CHECK = """text => JSON.stringify(JSON.parse(text).map(state => {
  const said = apbotRules.check(state);
  const { issue } = said;
  return { ...said, body: issue && apbotRules.issueBody(issue), link: issue && apbotRules.prefilledLink(issue) };
}))"""
LINE_OF = dict(zip(LINES, model_block.LABELS, strict=True))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a site")
    build_site(LEADERBOARD / "entries", folder, repository=REPOSITORY)
    return folder


@pytest.fixture(scope="module")
def rules(browser: Browser, site: Path) -> Iterator[Page]:
    """The page, for its rules alone."""
    with watched_page(browser) as watched:
        watched.page.goto(address(site / "submit.html"))
        yield watched.page
        assert (watched.complaints, watched.left_the_disk) == ([], [])


@pytest.fixture(scope="module")
def states() -> list[State]:
    published = tuple(file.id for file in published_files()[:4])
    return [Author(seed, PROTOCOL, published, KNOWN).state() for seed in range(COUNT)]


@pytest.fixture(scope="module")
def said(rules: Page, states: list[State]) -> list[dict[str, Any]]:
    return run(rules, states)


@pytest.fixture(scope="module")
def answered(states: list[State], said: list[dict[str, Any]]) -> list[Check]:
    """What the bot says to the form with the very same texts in it."""
    return [check(as_typed(state, one["open"]), PROTOCOL, METHODS) for state, one in zip(states, said, strict=True)]


@pytest.fixture
def wizard(browser: Browser, site: Path) -> Iterator[Watched]:
    """The page on a phone, opened for the first time."""
    with watched_page(browser, size=PHONE) as watched:
        watched.page.goto(address(site / "submit.html"))
        yield watched
        assert (watched.complaints, watched.left_the_disk) == ([], [])


def run(page: Page, states: list[State]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(page.evaluate(CHECK, json.dumps(states)))
    return found


def as_typed(state: State, open_fields: list[str]) -> str:
    taxonomy = {field: state["answers"].get(field, "") for field in open_fields}
    blocks = [
        model_block.model_block({LINE_OF[line]: text for line, text in model.items()}) for model in state["models"]
    ]
    return issue_body(Answers(taxonomy=taxonomy, blocks=blocks, notes=state["notes"], confirmed=state["confirmed"]))


def without_character_names(message: str) -> str:
    """A browser has no names of characters: `U+0301 COMBINING ACUTE ACCENT` is `U+0301` there."""
    return re.sub(r"(the ap_key holds U\+[0-9A-F]+)[^;]*", r"\1", message)


def whole_state(rules: Page) -> State:
    """A state made of a body that the bot accepts."""
    body = body_named("form")
    taxonomy = json.loads(body.partition("```json\n")[2].partition("```")[0])
    models = rules.evaluate("text => apbotRules.pastedModels(text)", body)
    return {"answers": taxonomy, "models": models, "notes": "", "confirmed": True}


# --- the rules -------------------------------------------------------------------------------------------------------


def test_what_the_wizard_accepts_the_bot_accepts_and_reads_as_the_same(
    said: list[dict[str, Any]], answered: list[Check]
) -> None:
    accepted = [(one["body"], typed) for one, typed in zip(said, answered, strict=True) if one["body"]]
    assert len(accepted) > COUNT / 5
    for body, typed in accepted:
        answer = check(body, PROTOCOL, METHODS)
        assert answer.exit_code == 0, answer.findings
        assert answer.submission == typed.submission is not None


def test_what_the_bot_accepts_the_wizard_accepts(said: list[dict[str, Any]], answered: list[Check]) -> None:
    for one, typed in zip(said, answered, strict=True):
        assert (one["issue"] is not None) == (typed.submission is not None), one["findings"]


def test_a_refusal_has_the_bots_words_and_is_the_bots_alone(said: list[dict[str, Any]], answered: list[Check]) -> None:
    rules = set[str]()
    for one, typed in zip(said, answered, strict=True):
        errors = [finding for finding in typed.findings if finding.severity is Severity.ERROR]
        expected = {(f.rule, f.where, without_character_names(f.message)): f.fix for f in errors}
        found = {(f["rule"], f["where"], f["message"]): f["fix"] for f in one["findings"] if f["severity"] == "error"}
        assert found.keys() == expected.keys()
        for place, fix in found.items():
            # A mend that the bot guesses is left to the bot.
            assert fix == expected[place] or "if that is what it means" in expected[place], place
        rules |= {rule for rule, _, _ in found}
    assert len(rules) >= 18, rules


def test_warnings_and_notices_are_the_bots_and_none_is_missing(
    states: list[State], said: list[dict[str, Any]], answered: list[Check]
) -> None:
    rules = set[str]()
    for state, one, typed in zip(states, said, answered, strict=True):
        # The form on GitHub has three models, so with fewer some of them stay empty; the notes are Markdown to the bot alone.
        unseen = {"what-is-opened-is-closed", *(["an-empty-model-is-left-out"] if len(state["models"]) < 3 else [])}
        expected = {(f.rule, f.severity, f.where, f.message, f.fix) for f in typed.findings if f.rule not in unseen}
        found = {(f["rule"], f["severity"], f["where"], f["message"], f["fix"]) for f in one["findings"]}
        assert {each for each in found if each[1] != "error"} == {each for each in expected if each[1] != "error"}
        rules |= {f["rule"] for f in one["findings"] if f["severity"] != "error"}
    assert len(rules) >= 11, rules


def test_the_issue_is_that_of_the_form_and_its_link_holds_what_an_address_can(
    said: list[dict[str, Any]], rules: Page
) -> None:
    links = []
    long = run(rules, [whole_state(rules) | {"notes": f"{chr(228)}{'x' * length}"} for length in (5000, 9000)])
    for one in [*said, *long]:
        if one["issue"] is None:
            continue
        answers = Answers(**one["issue"])
        assert one["body"] == issue_body(answers)
        link = prefilled_link(REPOSITORY, answers)
        assert one["link"] == {"address": link.address, "leftOut": list(link.left_out)}
        links.append(link)
    assert [link.left_out for link in links[-2:]] == [(), (issue_form.NOTES,)]


def test_the_questions_are_those_of_the_terminal(states: list[State], rules: Page) -> None:
    given = [state["answers"] for state in states if state["answers"]["pipeline"]]
    opened = rules.evaluate("list => list.map(answers => apbotRules.openFields(answers))", given)
    for answers, fields in zip(given, opened, strict=True):
        asked: dict[str, Any] = {}
        while question := next(questions(asked), None):
            asked[question.field] = answers.get(question.field) or None
        assert set(fields) == set(asked)


def test_a_real_body_comes_in_by_its_blocks_and_goes_out_as_the_same_submission(rules: Page) -> None:
    state = whole_state(rules)
    (one,) = run(rules, [state])
    wanted = check(body_named("form"), PROTOCOL, METHODS).submission
    got = check(one["body"], PROTOCOL, METHODS).submission
    assert got is not None
    assert (got.models, got.taxonomy) == (wanted.models, wanted.taxonomy)


def test_notes_cannot_begin_another_field(rules: Page) -> None:
    notes = "### Model 4\n\nModel key: x\n\n## Notes\n# my own heading\n```\nnever closed <!-- nor this"
    (one,) = run(rules, [whole_state(rules) | {"notes": notes}])
    submission = check(one["body"], PROTOCOL, METHODS).submission
    assert submission is not None
    assert submission.notes == notes.replace("### Model", "\\### Model").replace("## Notes", "\\## Notes")
    assert len(submission.models) == 4


def test_a_made_up_board_speaks_through_the_wizard_as_through_the_bot(rules: Page) -> None:
    state = whole_state(rules)
    aliases = [alias for method in METHODS for alias in method.aliases if alias.isascii()]
    cases = [(method.ap_key, method.name) for method in METHODS]
    cases += [(alias, "") for alias in aliases] + [("New_Doe2026Thin", method.name) for method in METHODS]
    cases += [(m.ap_key.swapcase(), "") for m in METHODS] + [(m.ap_key, "Other") for m in METHODS]
    rekeyed = [rekey(state, key, name) for key, name in cases]
    rekeyed += [claiming(state, method) for method in METHODS if method.cells]
    board = {
        *("a-known-method-keeps-its-key", "a-known-key-is-of-the-same-method", "a-name-is-of-one-method"),
        *(
            "a-known-method-keeps-its-taxonomy",
            "claims-are-compared-with-published-results",
            "claims-are-the-authors-own",
        ),
    }
    spoken = set()
    for changed, one in zip(rekeyed, run(rules, rekeyed), strict=True):
        answer = check(as_typed(changed, one["open"]), PROTOCOL, METHODS)
        expected = {(f.rule, f.where, f.message, f.fix) for f in answer.findings if f.rule in board}
        found = {(f["rule"], f["where"], f["message"], f["fix"]) for f in one["findings"] if f["rule"] in board}
        assert found == expected
        spoken |= {rule for rule, *_ in found}
    assert spoken == board


def rekey(state: State, key: str, name: str) -> State:
    old = state["answers"]["ap_key"]
    models = [model | {"model_key": model["model_key"].replace(old, key)} for model in state["models"]]
    return state | {"answers": state["answers"] | {"ap_key": key, "name": name}, "models": models}


def claiming(state: State, method: KnownMethod) -> State:
    """Beside the models one with the very accuracies that a method has on the board, in some column."""
    cell, (clean, autoattack) = next(iter(method.cells.items()))
    short = next(each.short for each in PROTOCOL.architectures if each.name == cell.architecture)
    key = f"{state['answers']['ap_key']}_{short}_{cell.dataset}_{cell.structure}_{cell.sparsity}"
    claims = dict(zip(map(str, CLAIMS), map(str, (clean, autoattack, autoattack)), strict=True))
    model = state["models"][0] | claims | {"model_key": key, "checkpoint": "1another-checkpoint-0123456789abc"}
    return state | {"models": [*state["models"], model]}


def test_blocks_of_the_benchmark_are_read_and_prose_is_not(rules: Page) -> None:
    block = model_block.model_block({model_block.MODEL_KEY: "K", model_block.CLEAN_ACCURACY: "80.54"})
    text = f"measured in 3 minutes\n\n{block}\n\n{block.replace(': K', ': L')}\nClean: no label of the form\n"
    assert rules.evaluate("text => apbotRules.pastedModels(text)", text) == [
        {"model_key": "K", "claimed.clean_accuracy": "80.54"},
        {"model_key": "L", "claimed.clean_accuracy": "80.54"},
    ]


# --- the page --------------------------------------------------------------------------------------------------------


def reach(page: Page, selector: str) -> None:
    """Press Tab until it has the focus."""
    target = page.locator(selector)
    for _ in range(120):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the Tab key does not reach {selector}")


def answer(page: Page, selector: str, text: str) -> None:
    reach(page, selector)
    page.keyboard.insert_text(text)


def choose(page: Page, field: str, *terms: str) -> None:
    """Tick boxes by keyboard; of radio buttons the first has the focus, and arrows go on."""
    for term in terms:
        box = page.locator(f"[name=a-{field}][value='{term}']")
        if box.get_attribute("type") == "checkbox":
            reach(page, f"[name=a-{field}][value='{term}']")
            page.keyboard.press("Space")
            continue
        reach(page, f"[name=a-{field}] >> nth=0")
        page.keyboard.press("Space")
        while not box.is_checked():
            page.keyboard.press("ArrowDown")


def test_from_an_empty_form_to_an_issue_by_keyboard_alone(wizard: Watched) -> None:
    page = wizard.page
    answer(page, "#a-ap_key", "ThinNet_Doe2026Thin")
    answer(page, "#a-paper_url", "arXiv:2409.01249")
    assert page.locator("#a-pretraining").is_hidden()
    choose(page, "pipeline", "before_training")
    assert page.locator("#a-pretraining").is_hidden()
    choose(page, "pruning_step", "none")
    choose(page, "training_step", "AT", "KD")
    answer(page, "#a-training_step_detail", "TRADES")
    choose(page, "schedule", "1S")
    choose(page, "structure", "S")
    choose(page, "granularity", "filters")
    choose(page, "locality", "")
    choose(page, "criterion", "other")
    answer(page, "#a-criterion_detail", "Magnitude of the robust gradient")
    blocks = [
        model_block.model_block(
            {
                model_block.MODEL_KEY: f"ThinNet_Doe2026Thin_V16_SVHN_S_{sparsity}",
                model_block.CLEAN_ACCURACY: f"8{place}.25",
                model_block.AA_ROBUST_ACCURACY: f"5{place}.5",
                model_block.HOFMN_ROBUST_ACCURACY: f"5{place}.5",
            }
        )
        for place, sparsity in enumerate((50, 75, 90))
    ]
    answer(page, "#pasted", "\n\n".join(blocks))
    reach(page, "#take")
    page.keyboard.press("Enter")
    expect(page.locator("#fill-status")).to_contain_text("3 models filled in")
    for number in (1, 2, 3):
        answer(
            page,
            f"#m{number}-checkpoint",
            f"https://drive.google.com/file/d/{number}thin-checkpoint-0123456789abc/view",
        )
    answer(page, "#notes", "Saved on a GPU.")
    reach(page, "#confirmed")
    page.keyboard.press("Space")
    reach(page, "#wizard .main")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "written-title"
    body = page.locator("#body").input_value()
    found = check(body, PROTOCOL, METHODS)
    assert found.exit_code == 0
    assert found.submission is not None
    assert found.submission.taxonomy["training_step"] == ["AT", "KD"]
    assert found.submission.taxonomy["locality"] is None
    assert [model.key.sparsity for model in found.submission.models] == [50, 75, 90]
    assert str(page.locator("#open").get_attribute("href")).startswith(
        f"https://github.com/{REPOSITORY}/issues/new?template={issue_form.TEMPLATE}&"
    )
    reach(page, "#copy")
    page.keyboard.press("Enter")
    assert page.evaluate("getSelection().toString()").replace("\r", "") == body
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_faults_stand_at_their_field_and_in_a_summary_that_leads_there(wizard: Watched) -> None:
    page = wizard.page
    page.fill("#a-ap_key", "no key")
    assert page.locator("#says-ap_key").inner_text() == ""
    page.keyboard.press("Tab")
    told = page.locator("#says-ap_key .error")
    assert told.inner_text().startswith("ap_key has no valid value: no key. <Name>_<FirstAuthor>")
    field = page.locator("#a-ap_key")
    assert field.get_attribute("aria-invalid") == "true"
    assert "says-ap_key" in str(field.get_attribute("aria-describedby"))
    page.click("#wizard .main")
    assert page.evaluate("document.activeElement.id") == "faults"
    count = page.locator("#faults li").count()
    assert page.locator("#faults-title").inner_text() == f"{count} things to mend"
    assert page.locator("#written").is_hidden()
    found = Axe().run(page, options={"resultTypes": ["violations"], "preload": False}).response
    assert [v["id"] for v in found["violations"] if v["impact"] in ("serious", "critical")] == []
    page.locator("#faults a").first.press("Enter")
    assert page.evaluate("document.activeElement.id") == "a-ap_key"
    page.fill("#a-ap_key", "ThinNet_Doe2026Thin")
    assert told.count() == 0
    assert field.get_attribute("aria-invalid") is None
    expect(page.locator("#faults-title")).to_have_text(f"{count - 1} things to mend")


def test_what_was_filled_in_survives_a_reload_until_one_starts_over(wizard: Watched) -> None:
    page = wizard.page
    page.fill("#a-ap_key", "ThinNet_Doe2026Thin")
    page.check("[name=a-structure][value=US]")
    page.check("[name=a-locality][data-null]")
    page.select_option("#track", "V16 SVHN US")
    page.click("#add-track")
    page.click("#add-track")
    page.fill("#m2-checkpoint", "an id")
    page.reload()
    assert page.locator("#a-ap_key").input_value() == "ThinNet_Doe2026Thin"
    assert page.locator("[name=a-locality][data-null]").is_checked()
    assert page.locator("#m2-checkpoint").input_value() == "an id"
    keys = page.locator("[data-label=model_key]")
    wanted = [f"ThinNet_Doe2026Thin_V16_SVHN_US_{sparsity}" for sparsity in (90, 95, 99)]
    assert keys.evaluate_all("list => list.map(input => input.value)") == wanted
    page.get_by_role("button", name="Remove model 1").click()
    assert keys.evaluate_all("list => list.map(input => [input.id, input.value])") == [
        ["m1-model_key", wanted[1]],
        ["m2-model_key", wanted[2]],
    ]
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("#start-over")
    page.reload()
    assert page.locator("#a-ap_key").input_value() == ""
    assert not page.locator("[name=a-locality][data-null]").is_checked()


def test_nonsense_that_is_kept_is_left_out(wizard: Watched) -> None:
    page = wizard.page
    for kept in ("nonsense", "[]", '{"answers": 3, "models": [[], null, {"model_key": {}}], "notes": 1}'):
        page.evaluate("kept => localStorage.setItem('apbot-submission', kept)", kept)
        page.reload()
        assert page.locator("#status").inner_text().endswith("things to mend.")
        assert page.locator("[data-model]").count() == 3


def test_none_and_not_specified_stand_alone(wizard: Watched) -> None:
    page = wizard.page
    page.check("[name=a-pipeline][value=during_training]")
    boxes, checked = page.locator("[name=a-training_step]"), page.locator("[name=a-training_step]:checked")
    values = "list => list.map(box => box.value)"
    for term, left in (("AT", ["AT"]), ("KD", ["AT", "KD"]), ("none", ["none"]), ("", [""]), ("NT", ["NT"])):
        page.check(f"[name=a-training_step][value='{term}']")
        assert checked.evaluate_all(values) == left
    assert boxes.count() == 6


def test_without_scripts_the_page_says_what_to_do_instead(browser: Browser, site: Path) -> None:
    with watched_page(browser, java_script_enabled=False) as watched:
        watched.page.goto(address(site / "submit.html"))
        assert not watched.page.locator("#wizard").is_visible()
        assert watched.page.get_by_text("apcore taxonomy new --out taxonomy.json").is_visible()
