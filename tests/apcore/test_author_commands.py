"""What authors do before they open an issue, from the outside."""

import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from doubles.submissions import TAXONOMIES
from hypothesis import given, settings
from hypothesis import strategies as st

from apcore.cli import main
from apcore.issue_form import MAX_LINK, Answers, prefilled_link, taxonomy_text
from apcore.model_key import ModelKey
from apcore.result_json import read_result, result_bytes
from apcore.taxonomy import read_taxonomy
from apcore.taxonomy_wizard import ask_taxonomy

ROOT = Path(__file__).parents[2]
RESULT = read_result((ROOT / "tests" / "golden" / "result" / "demo.json").read_bytes())
AP_KEY = RESULT.model_key.ap_key
TAXONOMY = {**TAXONOMIES[1], "ap_key": AP_KEY, "name": "PlainNet"}
PAPER = "https://arxiv.org/abs/2409.01249"
KEY = "ThinNet_Doe2026Thin"
ANSWERS = {
    "after_training": [
        *(KEY, "", PAPER, "", "after", "AT, 3", "TRADES", "?", "adversrial", "at", "", "one-shot"),
        *("unstructured, structured", "filters", "global", "other", "", "magnitude of the gradient"),
    ],
    "before_training": [
        *(
            "Thin Net",
            KEY,
            "Thin-Net",
            "arxiv",
            PAPER,
            "https://example.org/code",
            "2",
            "none",
            "Adversarial Training",
            "",
        ),
        *("2", "1", "l", "LWM", ""),
    ],
    "during_training": [
        *(KEY, "", PAPER, "", "9", "during_training", "not specified", "1,2", "", "not specified"),
        *("lowest weight magnitude", ""),
    ],
}


TYPED = ("1", "2", "3", "1,2", "AT", "none", "x", "", "not specified", "https://a.b/c", "A_B2026C")


def results(folder: Path, *sparsities: int, **changes: object) -> Path:
    target = folder / "results"
    target.mkdir(exist_ok=True)
    for sparsity in sparsities:
        key = replace(RESULT.model_key, sparsity=sparsity)
        (target / f"{key}.json").write_bytes(result_bytes(replace(RESULT, model_key=key, **changes)))
    return folder


@pytest.fixture
def taxonomy(tmp_path: Path) -> str:
    path = tmp_path / "taxonomy.json"
    path.write_text(json.dumps(TAXONOMY), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("command", [["taxonomy", "new"], ["taxonomy", "check"], ["submission"]])
def test_help_fits_a_screen_and_ends_with_an_example(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    lines = capsys.readouterr().out.splitlines()
    assert ended.value.code == 0
    assert lines[-1].startswith(f"example: apcore {' '.join(command)}")
    assert len(lines) <= 40


@pytest.mark.parametrize("pipeline", sorted(ANSWERS))
def test_the_wizard_leads_to_a_valid_taxonomy(pipeline: str, golden) -> None:
    transcript: list[str] = []
    answers = iter(ANSWERS[pipeline])

    def ask(prompt: str) -> str:
        answer = next(answers)
        transcript.append(f"{prompt}{answer}")
        return answer

    taxonomy = ask_taxonomy(ask, transcript.append)
    assert taxonomy["pipeline"] == pipeline
    assert read_taxonomy(taxonomy).taxonomy == taxonomy
    assert list(answers) == []
    golden(f"taxonomy/{pipeline}.txt", "\n".join([*transcript, "", taxonomy_text(taxonomy), ""]))


def test_the_wizard_prints_json_alone_on_standard_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(ANSWERS["during_training"]) + "\n"))
    assert main(["taxonomy", "new"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["pipeline"] == "during_training"
    assert "ap_key: " in err


def test_input_that_ends_early_is_wrong_use_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("ThinNet_Doe2026Thin\n"))
    assert main(["taxonomy", "new", "--out", str(tmp_path / "t.json")]) == 2
    assert capsys.readouterr().err.endswith("the input ended before the last question, so there is no taxonomy\n")
    assert not (tmp_path / "t.json").exists()


def test_a_file_that_exists_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.json"
    path.write_text("mine")
    assert main(["taxonomy", "new", "--out", str(path)]) == 2
    assert path.read_text() == "mine"
    assert "exists already" in capsys.readouterr().err


@settings(max_examples=80)
@given(st.lists(st.sampled_from(TYPED), max_size=400))
def test_whatever_is_answered_ends_valid_or_goes_on_asking(answers: list[str]) -> None:
    given_answers = iter(answers)

    def ask(_prompt: str) -> str:
        try:
            return next(given_answers)
        except StopIteration:
            raise EOFError from None

    try:
        taxonomy = ask_taxonomy(ask, lambda _words: None)
    except EOFError:
        return
    assert read_taxonomy(taxonomy).taxonomy == taxonomy


def test_a_valid_taxonomy_is_printed_as_it_will_be_read(taxonomy: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["taxonomy", "check", taxonomy]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == TAXONOMY
    assert err == "the taxonomy is valid\n"


def test_every_fault_of_a_taxonomy_is_told_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.json"
    path.write_text('{\n  "ap_key": "A_B2026C"\n  "criterion": "LMW"\n}', encoding="utf-8")
    assert main(["taxonomy", "check", str(path)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert 'error, line 3, column 3: a comma is missing before this place\n    "criterion": "LMW"\n    ^\n' in err
    assert "error, line 3, column 3: `criterion` has no valid value: LMW" in err
    assert err.endswith("the taxonomy is not valid: 6 to mend\n")
    assert main(["taxonomy", "check", str(path), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["taxonomy"] is None
    assert len(document["remarks"]) == 6


def test_faults_are_told_in_the_order_of_the_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.json"
    path.write_text('{"criterion": "LMW",\n "pipeline": "soon",,\n "structure": ["US"]}', encoding="utf-8")
    assert main(["taxonomy", "check", str(path), "--json"]) == 1
    places = [(remark["line"], remark["column"]) for remark in json.loads(capsys.readouterr().out)["remarks"]]
    assert places == sorted(places)
    assert len(set(places)) > 2


def test_a_taxonomy_inside_another_object_is_read_as_the_desk_reads_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.json"
    path.write_text(f"Here it is:\n{json.dumps({AP_KEY: TAXONOMY})}", encoding="utf-8")
    assert main(["taxonomy", "check", str(path)]) == 0
    assert json.loads(capsys.readouterr().out) == TAXONOMY


def test_a_file_without_json_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.json"
    path.write_text("soon", encoding="utf-8")
    assert main(["taxonomy", "check", str(path)]) == 2
    assert capsys.readouterr().err == f"apcore: {path} holds no JSON object; `apcore taxonomy new` writes one\n"


@pytest.mark.parametrize("path", sorted((ROOT / "leaderboard" / "entries").glob("*.json")), ids=lambda path: path.stem)
def test_every_published_taxonomy_is_valid(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "t.json"
    own.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8"))["taxonomy"]), encoding="utf-8")
    assert main(["taxonomy", "check", str(own)]) == 0
    assert capsys.readouterr().err == "the taxonomy is valid\n"


def test_missing_links_are_counted_in_the_last_line(
    tmp_path: Path, taxonomy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["submission", str(results(tmp_path, 50, 75, 90)), "--taxonomy", taxonomy]) == 0
    out, err = capsys.readouterr()
    assert out.count("Model key: PlainNet") == 3
    assert "upload the .outcomes.npz that lies beside each result" in err
    assert f"still to fill in for {AP_KEY}_R6_DIGITS_S_75: Checkpoint" in err
    assert err.endswith("the text is written; 3 links are missing\n")


def test_the_link_opens_the_form_with_the_answers_in_it(
    tmp_path: Path, taxonomy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(results(tmp_path, 50, 75, 90))
    assert main(["submission", folder, "--taxonomy", taxonomy, "--repository", "a/b", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    address = urlsplit(document["link"])
    query = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert (address.netloc, address.path) == ("github.com", "/a/b/issues/new")
    assert query["template"] == "new-ap-method.yml"
    assert json.loads(query["taxonomy"]) == TAXONOMY
    assert all(query[f"model-{n}"] in document["body"] for n in (1, 2, 3))
    assert "confirmation" not in query
    assert len(document["missing"]) == 3


@pytest.mark.parametrize("repository", ["owner", "a/b/c", "a b/c", "a/b?x=1"])
def test_a_repository_that_is_none_is_wrong_use(
    tmp_path: Path, taxonomy: str, repository: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(results(tmp_path, 50))
    assert main(["submission", folder, "--taxonomy", taxonomy, "--repository", repository]) == 2
    assert capsys.readouterr().err == "apcore: --repository is written OWNER/NAME\n"


def test_a_link_that_would_be_too_long_leaves_out_fields_from_the_end() -> None:
    answers = Answers(taxonomy=TAXONOMY, blocks=[f"Model key: {n}\n" + "x" * 1_500 for n in range(9)], notes="words")
    link = prefilled_link("a/b", answers)
    assert link.left_out == ("Further models", "Notes")
    assert len(link.address) <= MAX_LINK


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"partial": True, "limit": 8}, "this was measured on fewer samples"),
        ({"protocol": replace(RESULT.protocol, name="apb-2026")}, "this was measured by `apb-2026`"),
        (
            {"model_key": ModelKey.parse("Other_Doe2026Other_R6_DIGITS_S_90")},
            "there is a result of `Other_Doe2026Other",
        ),
    ],
)
def test_results_that_do_not_belong_together_are_refused(
    tmp_path: Path, taxonomy: str, changes: dict, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    results(tmp_path, 50, 75)
    odd = replace(RESULT, **{"model_key": replace(RESULT.model_key, sparsity=90), **changes})
    (tmp_path / "results" / "odd.json").write_bytes(result_bytes(odd))
    assert main(["submission", str(tmp_path), "--taxonomy", taxonomy]) == 1
    assert message in capsys.readouterr().err


def test_a_result_that_was_not_attacked_is_no_claim(
    tmp_path: Path, taxonomy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    clean = {measure: found for measure, found in RESULT.accuracies.items() if measure == "clean"}
    folder = results(tmp_path, 50, accuracies=clean, claims=(), ho_fmn=None)
    assert main(["submission", str(folder), "--taxonomy", taxonomy]) == 1
    assert "not all that a claim needs was measured here" in capsys.readouterr().err


def test_a_folder_without_results_is_the_authors_turn(
    tmp_path: Path, taxonomy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["submission", str(tmp_path / "empty"), "--taxonomy", taxonomy]) == 1
    assert "there is no result in this folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "which links belong to which model"),
        ('{"a": 1}', "which links belong to which model"),
        ('{"a": {"weights": "x"}}', "which links belong to which model"),
        ('{"a": "x",}', "nothing follows the last comma"),
        ("{", "never closed"),
    ],
)
def test_a_file_of_links_that_says_something_else_is_refused(
    tmp_path: Path, taxonomy: str, text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "links.json").write_text(text)
    arguments = ["--taxonomy", taxonomy, "--links", str(tmp_path / "links.json")]
    assert main(["submission", str(results(tmp_path, 50)), *arguments]) in (1, 2)
    assert message in capsys.readouterr().err
