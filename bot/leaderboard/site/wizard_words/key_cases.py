"""Cases about model keys: each by itself, beside the others, and against the taxonomy."""

from dataclasses import replace
from typing import Final

from apcore import model_block
from apcore.model_key import ModelKey, ModelKeyError, Structure
from apcore.protocol import Protocol
from bot.leaderboard.site.wizard_words.case import Case
from bot.leaderboard.site.wizard_words.made_up_issue import AP_KEY, MadeUpIssue, known_method
from bot.leaderboard.site.wizard_words.problems import message_of
from bot.rules.tracks import WORDS

# What no program can guess a key from.
_NO_KEY: Final = "nothing"


def about_keys(issue: MadeUpIssue, protocol: Protocol) -> dict[str, Case]:
    """What is no key, is another method's, comes twice, or names what the protocol or the taxonomy does not."""
    method = "keys-are-of-the-taxonomys-method"
    first = ModelKey.parse(issue.models[0][model_block.MODEL_KEY])
    other = "Other_Author2026Up"
    strangers = [{**m, model_block.MODEL_KEY: m[model_block.MODEL_KEY].replace(AP_KEY, other)} for m in issue.models]
    admitted = ", ".join(f"`{a.short}` ({a.name})" for a in protocol.architectures)
    problem = message_of(ModelKey.parse, _NO_KEY, ModelKeyError)
    without = next(str(s) for s in Structure if s is not first.structure)
    unknown = str(first).replace(f"_{first.structure}_{first.sparsity}", f"_{first.structure}_12")
    return {
        "no_key": Case(
            rule="keys-are-model-keys",
            issue=issue.with_key(_NO_KEY),
            holes={"seen": f"`{_NO_KEY}`", "problem": problem},
        ),
        "other_method": Case(
            rule=method,
            issue=issue.with_key(replace(first, ap_key=other)),
            holes={"method": f"`{other}`", "wanted": f"`{AP_KEY}`"},
        ),
        "other_method_by_case": Case(
            rule=method,
            issue=issue.with_key(replace(first, ap_key=AP_KEY.upper())),
            holes={"method": f"`{AP_KEY.upper()}`", "wanted": f"`{AP_KEY}`"},
        ),
        "all_of_other_method": Case(
            rule=method, issue=replace(issue, models=strangers), holes={"method": f"`{other}`", "wanted": f"`{AP_KEY}`"}
        ),
        "key_twice": Case(
            rule="no-key-comes-twice",
            issue=issue.with_key(first, 1),
            holes={"key": f"`{first}`", "model": "model 1"},
        ),
        "architecture": Case(
            rule="architectures-are-admitted",
            issue=issue.with_key(replace(first, architecture="X9")),
            holes={"seen": "`X9`", "admitted": admitted},
        ),
        "dataset": Case(
            rule="datasets-are-admitted",
            issue=issue.with_key(replace(first, dataset="X9")),
            holes={"seen": "`X9`"},
        ),
        "sparsity": Case(
            rule="sparsities-fit-their-structure",
            issue=issue.with_key(unknown),
            holes={"sparsity": "12 %", "words": WORDS[first.structure], "structure": f"({first.structure})"},
        ),
        "other_structure": Case(
            rule="structures-are-those-of-the-taxonomy",
            issue=issue.with_fields(structure=[without]),
            holes={
                "words": f"{WORDS[first.structure]} ({first.structure})",
                "named": f"`{without}` only",
            },
        ),
        "other_structure_on_the_board": Case(
            rule="structures-are-those-of-the-taxonomy",
            issue=replace(issue.with_fields(structure=[without]), methods=(known_method(protocol),)),
            holes={
                "words": f"{WORDS[first.structure]} ({first.structure})",
                "named": f"`{without}` only",
                "missing": f"`{first.structure}`",
            },
        ),
    }
