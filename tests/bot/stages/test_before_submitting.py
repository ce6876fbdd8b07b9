"""What `apcore submission` writes is accepted, once the author has ticked the box."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from apcore.cli import main
from apcore.protocol import load_protocol
from apcore.result_json import read_result, result_bytes
from bot.stages.check import check
from bot.submission.model import Severity

RESULT = read_result((Path(__file__).parents[2] / "golden" / "result" / "demo.json").read_bytes())
TAXONOMY = {
    "ap_key": RESULT.model_key.ap_key,
    "paper_url": "https://arxiv.org/abs/2409.01249",
    "pipeline": "before_training",
    "pruning_step": ["none"],
    "training_step": ["AT"],
    "schedule": ["1S"],
    "structure": ["S"],
    "locality": ["L"],
    "criterion": "LWM",
}


def test_the_text_for_the_issue_is_accepted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    links = {}
    for sparsity in (50, 75, 90):
        key = replace(RESULT.model_key, sparsity=sparsity)
        (tmp_path / f"{key}.json").write_bytes(result_bytes(replace(RESULT, model_key=key)))
        links[str(key)] = {
            "checkpoint": f"https://drive.google.com/file/d/1result-checkpoint-{sparsity}-0123456789/view",
            "outcomes": f"1result-outcomes---{sparsity}-0123456789 .npz",
        }
    (tmp_path / "taxonomy").write_text(json.dumps(TAXONOMY), encoding="utf-8")
    (tmp_path / "links").write_text(json.dumps(links), encoding="utf-8")
    out = tmp_path / "issue.md"
    arguments = ["--taxonomy", str(tmp_path / "taxonomy"), "--links", str(tmp_path / "links"), "--out", str(out)]
    assert main(["submission", str(tmp_path), *arguments]) == 0
    assert capsys.readouterr().err.endswith("the text is complete but for the tick\n")
    body = out.read_text(encoding="utf-8")
    errors = [f.rule for f in check(body, load_protocol("demo")).findings if f.severity is Severity.ERROR]
    assert errors == ["the-confirmation-is-ticked"]
    answer = check(body.replace("- [ ]", "- [X]"), load_protocol("demo"))
    assert answer.exit_code == 0
    assert [model.claimed.clean_accuracy for model in answer.submission.models] == [
        pytest.approx(RESULT.accuracies[measure].value, abs=5e-5) for measure in list(RESULT.accuracies)[:1] * 3
    ]
