"""The check of one issue body, from text to answer."""

import json
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest
from doubles.bodies import METHODS, NAMES, body, protocol_of
from doubles.largest_bodies import LARGEST
from hypothesis import given
from hypothesis import strategies as st
from referencing import Registry, Resource

from apcore.errors import MachineError
from apcore.protocol import load_protocol
from bot.rules.facts import Facts
from bot.rules.requirements import Ruled
from bot.stages.check import check, check_json, decide
from bot.submission.model import Severity
from bot.submission.reading import MAX_BODY_BYTES, read_submission

ROOT = Path(__file__).parents[3]
PROTOCOL = load_protocol("apb-2024")


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schemas = [json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "schemas").glob("*.json")]
    registry = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in schemas)
    return jsonschema.Draft202012Validator({"$ref": "urn:apbot:schema:check:1"}, registry=registry)


@pytest.mark.parametrize("name", NAMES)
def test_the_answer_in_json_is_as_kept_and_follows_its_schema(
    name: str, golden, validator: jsonschema.Draft202012Validator
) -> None:
    answer = check(body(name), load_protocol(protocol_of(name)), METHODS)
    text = json.dumps(check_json(answer), indent=2, ensure_ascii=False)
    golden(f"check/{name}.json", f"{text}\n")
    document = json.loads(text)
    validator.validate(document)
    assert (document["submission"] is None) == (answer.exit_code == 1)


@pytest.mark.parametrize(
    ("name", "code"), [("legacy", 0), ("form", 0), ("known-method", 0), ("empty", 1), ("two-models", 1)]
)
def test_the_exit_code_says_whether_there_is_something_to_mend(name: str, code: int) -> None:
    assert check(body(name), PROTOCOL, METHODS).exit_code == code


def test_there_is_no_submission_while_any_finding_is_an_error() -> None:
    answer = check(body("robust-above-clean"), PROTOCOL)
    assert answer.submission is None
    assert any(finding.severity is Severity.ERROR for finding in answer.findings)


def test_findings_come_in_the_order_of_the_body() -> None:
    lines = [finding.line for finding in check(body("everything-at-once"), PROTOCOL).findings]
    assert lines == sorted(lines)


@pytest.mark.parametrize("name", NAMES)
def test_every_finding_points_into_the_body_and_has_a_fix(name: str) -> None:
    lines = body(name).split("\n")
    for finding in check(body(name), PROTOCOL, METHODS).findings:
        assert finding.fix
        assert 1 <= finding.line <= len(lines)
        assert 1 <= finding.column <= len(lines[finding.line - 1]) + 1


@pytest.mark.parametrize("name", NAMES)
def test_what_is_proposed_to_paste_is_accepted(name: str) -> None:
    protocol = load_protocol(protocol_of(name))
    answer = check(body(name), protocol, METHODS)
    if answer.corrected is not None:
        again = check(answer.corrected, protocol, METHODS)
        errors = {finding.rule for finding in again.findings if finding.severity is Severity.ERROR}
        # The box is ticked by its author alone.
        assert errors <= {"the-confirmation-is-ticked"}
        assert again.corrected is None


def test_there_are_more_situations_than_sixty_and_each_is_told_by_a_body_of_its_own() -> None:
    assert len({body(name) for name in NAMES}) == len(NAMES) >= 60


def test_what_no_rule_objects_to_and_yet_is_no_submission_is_our_bug() -> None:
    incomplete = read_submission(body("legacy").replace("_Clean Accuracy:_ 50.00", ""), PROTOCOL)
    answer = decide(incomplete, Ruled(findings=(), mends=(), failures=()), Facts(protocol=PROTOCOL))
    assert answer.exit_code == MachineError.exit_code
    assert [str(failure.message).partition(",")[0] for failure in answer.failures] == ["no rule objected"]
    assert answer.submission is None


def test_a_check_that_failed_is_never_a_pass_and_says_whose_turn_it_is() -> None:
    failure = MachineError(where="rules.x", message="the rule `x` crashed with KeyError", fix="report it")
    answer = decide(
        read_submission(body("legacy"), PROTOCOL),
        Ruled(findings=(), mends=(), failures=(failure,)),
        Facts(protocol=PROTOCOL),
    )
    assert (answer.exit_code, answer.submission, answer.corrected) == (MachineError.exit_code, None, None)
    assert answer.comment.startswith("⚙️ **This submission could not be checked")
    assert "the rule `x` crashed with KeyError" in answer.comment


@given(st.text(alphabet=st.characters()) | st.text(alphabet='#{}[]":,_ \nModel1TaxonomyJSONEntry0.%'))
def test_any_text_gets_an_answer(text: str) -> None:
    answer = check(text, PROTOCOL, METHODS)
    assert answer.exit_code == 1
    assert answer.comment.encode()


@pytest.mark.parametrize("text", LARGEST, ids=lambda text: text[:40].replace("\n", " "))
def test_the_largest_bodies_take_no_more_than_a_moment(text: str) -> None:
    start = time.process_time()
    check(text[:MAX_BODY_BYTES], PROTOCOL, METHODS)
    # A body takes less than a second on an idle machine (benchmarks/largest_bodies.py); what grows faster takes minutes.
    assert time.process_time() - start < 5


def test_checking_needs_no_torch_and_no_client_of_a_service() -> None:
    probe = (
        "import sys; from apcore.protocol import load_protocol; from bot.stages.check import check;"
        "check('### Taxonomy\\n{}', load_protocol('apb-2024'));"
        "print({'torch', 'numpy', 'github', 'gdown', 'requests'} & sys.modules.keys())"
    )
    assert subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True).stdout == "set()\n"
