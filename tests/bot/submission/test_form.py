"""The issue form: what stands in its file, and that its answers come back as they went in."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from doubles.bodies import body
from doubles.submissions import submissions
from hypothesis import given, settings
from referencing import Registry, Resource

from apcore import issue_form
from apcore.protocol import load_protocol
from bot.submission import form
from bot.submission.model import Submission
from bot.submission.reading import read_submission

ROOT = Path(__file__).parents[3]
TEMPLATES = ROOT / ".github" / "ISSUE_TEMPLATE"
PROTOCOL = load_protocol("apb-2024")


@pytest.fixture(scope="module")
def template() -> dict:
    return yaml.safe_load((TEMPLATES / "new-ap-method.yml").read_text(encoding="utf-8"))


def fields(template: dict) -> list[dict]:
    return [field for field in template["body"] if field["type"] != "markdown"]


def test_the_form_has_what_github_requires(template: dict) -> None:
    assert {"name", "description", "body"} <= template.keys() <= {"name", "description", "title", "labels", "body"}
    ids = [field["id"] for field in fields(template)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", field_id) for field_id in ids)
    labels = [field["attributes"]["label"] for field in fields(template)]
    assert len(set(labels)) == len(labels)
    assert {field["type"] for field in fields(template)} == {"textarea", "checkboxes"}


def test_its_labels_are_the_readers(template: dict) -> None:
    labels = [field["attributes"]["label"] for field in fields(template)]
    assert labels == [
        issue_form.TAXONOMY,
        *issue_form.MODELS,
        issue_form.FURTHER_MODELS,
        issue_form.NOTES,
        issue_form.CONFIRMATION,
    ]


def test_its_fields_are_known_by_the_ids_of_a_prefilled_link(template: dict) -> None:
    assert {field["attributes"]["label"]: field["id"] for field in fields(template)} == issue_form.FIELD_IDS
    assert template["title"] == issue_form.TITLE
    assert (TEMPLATES / issue_form.TEMPLATE).is_file()


def test_its_fields_are_prefilled_as_the_reader_expects(template: dict) -> None:
    values = {field["attributes"]["label"]: field["attributes"].get("value", "") for field in fields(template)}
    assert values[issue_form.TAXONOMY].rstrip("\n") == form.TAXONOMY_TEMPLATE
    assert all(values[label].rstrip("\n") == issue_form.EMPTY_MODEL for label in issue_form.MODELS)
    assert values[issue_form.FURTHER_MODELS] == values[issue_form.NOTES] == ""


def test_what_must_be_answered_is_required(template: dict) -> None:
    required = {f["attributes"]["label"] for f in fields(template) if f.get("validations", {}).get("required")}
    assert required == {issue_form.TAXONOMY, *issue_form.MODELS}
    [option] = fields(template)[-1]["attributes"]["options"]
    assert option == {"label": issue_form.CONFIRMED, "required": True}


def test_its_words_name_every_admitted_sparsity(template: dict) -> None:
    introduction = template["body"][0]["attributes"]["value"]
    for _, sparsities in PROTOCOL.sparsities:
        assert all(str(sparsity) in introduction for sparsity in sparsities)


def test_the_chooser_is_valid() -> None:
    assert yaml.safe_load((TEMPLATES / "config.yml").read_text(encoding="utf-8")) == {"blank_issues_enabled": True}


def test_the_form_as_github_renders_it_comes_back() -> None:
    submission = read_submission(body("form"), PROTOCOL).submission
    assert read_submission(form.form_body(submission), PROTOCOL).submission == submission


@pytest.mark.parametrize("name", ["legacy", "form"])
def test_a_submission_follows_its_schema(name: str) -> None:
    schemas = [json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "schemas").glob("*.json")]
    registry = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in schemas)
    submission = read_submission(body(name), PROTOCOL).submission
    schema = {"$ref": "urn:apbot:schema:submission:1"}
    jsonschema.Draft202012Validator(schema, registry=registry).validate(json.loads(submission.to_bytes()))


@settings(max_examples=50)
@given(submissions())
def test_any_submission_comes_back_from_its_issue_body(submission: Submission) -> None:
    again = read_submission(form.form_body(submission), PROTOCOL).submission
    assert again.to_bytes() == submission.to_bytes()
