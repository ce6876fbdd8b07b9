"""Cases about one field: of the form, of a file, of a number."""

from dataclasses import replace

from apcore import model_block
from apcore.normalization_line import NormalizationError, read_normalization
from apcore.taxonomy_schema import wanted
from bot.leaderboard.site.wizard_words.case import Case
from bot.leaderboard.site.wizard_words.made_up_issue import CLAIM_LINES, MadeUpIssue
from bot.leaderboard.site.wizard_words.problems import DRIVE, drive_error, message_of, understood
from bot.submission.percentage import PercentageError, read_percentage


def about_the_form(issue: MadeUpIssue) -> dict[str, Case]:
    """Texts of the taxonomy, lines that are missing, notes, and the tick."""
    valid = "the-taxonomy-is-valid"
    field, text = "code_url", "nonsense"
    strange = "https://example.org/\N{LATIN SMALL LETTER E WITH ACUTE}"
    named = {"field": field, "wanted": wanted(field)}
    complete = "every-model-is-complete"
    needed = {
        "model_key": model_block.MODEL_KEY,
        "checkpoint": model_block.CHECKPOINT,
        "claimed.clean_accuracy": model_block.CLEAN_ACCURACY,
        "claimed.aa_robust_accuracy": model_block.AA_ROBUST_ACCURACY,
        "claimed.hofmn_robust_accuracy": model_block.HOFMN_ROBUST_ACCURACY,
    }
    return {
        "empty": Case(
            rule=valid,
            issue=issue.with_fields(paper_url=""),
            holes={"field": "paper_url", "wanted": wanted("paper_url")},
        ),
        "invalid": Case(rule=valid, issue=issue.with_fields(**{field: text}), holes={**named, "seen": f"`{text}`"}),
        "too_long": Case(rule=valid, issue=issue.with_fields(code_url="x" * 501), holes={"seen": f"`{field}`"}),
        "unprintable": Case(
            rule=valid,
            issue=issue.with_fields(code_url="a\N{RIGHT-TO-LEFT OVERRIDE}b"),
            holes={"seen": f"`{field}`"},
        ),
        "read_as": Case(
            rule=valid,
            issue=issue.with_fields(code_url="example.org/code"),
            holes={"read": "`https://example.org/code`", "seen": "`example.org/code`"},
        ),
        "read_without_characters": Case(
            rule=valid,
            issue=issue.with_fields(code_url=f"<{strange}>"),
            holes={"seen": f"`<{strange}>`"},
        ),
        **_about_invisible_characters(issue),
        **{
            f"missing.{path}": Case(rule=complete, issue=issue.with_lines({label: ""}))
            for path, label in needed.items()
        },
        "left_out": Case(rule="an-empty-model-is-left-out", issue=replace(issue, models=[*issue.models, {}])),
        "too_many": Case(rule="there-are-not-too-many-models", issue=replace(issue, models=[issue.models[0]] * 65)),
        "notes": Case(
            rule="the-notes-are-not-too-long", issue=replace(issue, notes="x" * 20_017), holes={"length": "20,017"}
        ),
        "confirmation": Case(rule="the-confirmation-is-ticked", issue=replace(issue, confirmed=False)),
    }


def about_files(issue: MadeUpIssue) -> dict[str, Case]:
    """A link that leads to no one file, was read as an id, or comes twice; a name ending that was read, or is none."""
    id_ = "1" * 30
    link = f"{DRIVE}open?id={id_}"
    secret = f"{link}&resourcekey=0-abc"
    (message, fix), text = drive_error("checkpoint"), "checkpoint"
    read, ending = "a-file-is-known-by-its-id", "an-extension-is-short"
    twice = {model_block.CHECKPOINT: issue.models[0][model_block.CHECKPOINT]}
    return {
        "file": Case(
            rule="a-file-is-one-google-drive-file",
            issue=issue.with_lines({model_block.CHECKPOINT: text}),
            holes={"problem": message, "fix": fix, "seen": f"`{text}`"},
        ),
        "file_id": Case(
            rule=read,
            issue=issue.with_lines({model_block.CHECKPOINT: link}),
            holes={"seen": f"`{link}`", "id": f"`{id_}`"},
        ),
        "file_id_without_key": Case(
            rule=read,
            issue=issue.with_lines({model_block.CHECKPOINT: secret}),
            holes={"seen": f"`{secret}`", "id": f"`{id_}`"},
        ),
        "ending_usual": Case(
            rule=ending, issue=issue.with_lines({model_block.EXTENSION: ""}), holes={"usual": "`.pt`"}
        ),
        "ending_read": Case(
            rule=ending,
            issue=issue.with_lines({model_block.EXTENSION: "tar"}),
            holes={"seen": "`tar`", "read": "`.tar`"},
        ),
        "ending_unknown": Case(
            rule=ending,
            issue=issue.with_lines({model_block.EXTENSION: "a b"}),
            holes={"seen": "`a b`", "usual": "`.pt`"},
        ),
        "file_twice": Case(
            rule="no-file-comes-twice",
            issue=issue.with_lines(twice, 1),
            holes={"id": f"`{twice[model_block.CHECKPOINT]}`", "use": "checkpoint of model 1"},
        ),
    }


def about_numbers(issue: MadeUpIssue) -> dict[str, Case]:
    """Accuracies and normalizations: how they were read, and what arithmetic says of them."""
    clean, autoattack, hofmn = CLAIM_LINES
    percent = "accuracies-are-in-percent"
    small = {autoattack: "0.4", hofmn: "0.5"}
    problem = message_of(read_percentage, "many", PercentageError)
    normalization = message_of(read_normalization, "half", NormalizationError)
    return {
        "accuracy": Case(
            rule="an-accuracy-is-a-number",
            issue=issue.with_lines({clean: "many"}),
            holes={"problem": problem, "seen": "`many`"},
        ),
        "accuracy_read": Case(
            rule=percent,
            issue=issue.with_lines({clean: "71,5"}),
            holes={"seen": "`71,5`", "value": "71.5", "understood": understood("71,5", {})},
        ),
        "fraction": Case(
            rule=percent,
            issue=issue.with_lines({hofmn: "0.471"}),
            holes={"seen": "`0.471`", "value": "47.1 %", "otherwise": "`0.471 %`"},
        ),
        "doubtful": Case(
            rule=percent,
            issue=issue.with_lines(small),
            holes={
                "autoattack": "`0.4 %`",
                "hofmn": "`0.5 %`",
                "autoattack_fraction": "`40`",
                "hofmn_fraction": "`50`",
            },
        ),
        "plain": Case(
            rule="values-are-plain-text",
            issue=issue.with_lines({clean: "**80**"}),
            holes={"seen": "`**80**`", "text": "`80`"},
        ),
        "normalization": Case(
            rule="a-normalization-is-mean-and-std",
            issue=issue.with_lines({model_block.NORMALIZATION: "half"}),
            holes={"problem": normalization, "seen": "`half`"},
        ),
        "no_percentage": Case(
            rule="claims-are-percentages", issue=issue.with_lines({clean: "123.5"}), holes={"value": "123.5"}
        ),
        "above_clean": Case(
            rule="robust-is-not-above-clean",
            issue=issue.with_lines({clean: "40.25", autoattack: "50.5", hofmn: "0"}),
            holes={"attack": "AutoAttack", "robust": "50.5", "clean": "40.25"},
        ),
        "attacks_differ": Case(
            rule="hofmn-and-autoattack-agree",
            issue=issue.with_lines({clean: "80", autoattack: "50", hofmn: "10"}),
            holes={"hofmn": "10 %", "autoattack": "50 %", "samples": "128", "margin": "17.7"},
        ),
        "no_whole_samples": Case(
            rule="hofmn-claims-are-whole-samples",
            issue=issue.with_lines({hofmn: "51.2"}).with_lines({hofmn: "51.2"}, 2),
            holes={
                "claim": "51.2 %",
                "samples": "128",
                "below": "65 are 50.78 %",
                "above": "66 are 51.56 %",
                "others": "; the same goes for model 3",
            },
        ),
        "copied": Case(
            rule="claims-differ-between-models",
            issue=issue.with_lines({clean: "80"}, 1),
            holes={"model": "model 1", "clean": "80 %", "autoattack": "50 %"},
        ),
    }


def _about_invisible_characters(issue: MadeUpIssue) -> dict[str, Case]:
    """Characters of no width in one text of the taxonomy, in two, and in more; the schema has their fields in this order."""
    strange = "a\N{ZERO WIDTH SPACE}b"
    texts = {"name": strange, "training_step_detail": strange, "criterion_detail": strange}
    holes = {"seen": '`"a<U+200B>b"`'}
    first, second, third = ({name: texts[name] for name in list(texts)[:count]} for count in (1, 2, 3))
    rule = "the-taxonomy-is-read-with-plain-quotes"
    return {
        "invisible": Case(rule=rule, issue=issue.with_fields(**first), holes=holes),
        "invisible_twice": Case(rule=rule, issue=issue.with_fields(**second), holes=holes),
        "invisible_often": Case(rule=rule, issue=issue.with_fields(**third), holes={**holes, "others": "2"}),
    }
