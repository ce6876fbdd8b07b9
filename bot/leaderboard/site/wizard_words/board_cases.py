"""Cases about what is on the board and what is published already."""

from dataclasses import replace

from apcore import model_block
from apcore.model_key import ModelKey
from apcore.protocol import Protocol
from apcore.published_files import EXAMPLE_OF_THE_OLDER_FORM, Holds, PublishedFile
from bot.leaderboard.site.wizard_words.case import Case
from bot.leaderboard.site.wizard_words.made_up_issue import AP_KEY, MadeUpIssue, known_method
from bot.rules.facts import KnownMethod


def about_the_board(issue: MadeUpIssue, protocol: Protocol) -> dict[str, Case]:
    """A key, a name or a paper of the board, and files that are published."""
    keeps, same = "a-known-method-keeps-its-key", "a-known-key-is-of-the-same-method"
    known, elsewhere = known_method(protocol), "Else_Author2026Where"
    published = "published-files-keep-their-model"
    first = ModelKey.parse(issue.models[0][model_block.MODEL_KEY])
    id_ = issue.models[0][model_block.CHECKPOINT]

    def like(ap_key: str, *aliases: str) -> MadeUpIssue:
        return replace(issue, methods=(replace(known, ap_key=ap_key, aliases=aliases, name="Elsewhere"),))

    def file(key: ModelKey, holds: Holds, id_: str = id_) -> MadeUpIssue:
        listed = PublishedFile(model_key=key, holds=holds, id=id_, extension=".pt")
        changed = issue.with_lines({model_block.CHECKPOINT: id_})
        return replace(changed, published=(listed,))

    resembling = {
        "key_by_case": like(AP_KEY.upper()),
        "key_earlier": like(elsewhere, AP_KEY),
        "key_by_separator": like("Ma-de_Author2026Up"),
        "key_by_shape": like(AP_KEY.replace("o", "0")),
    }
    stranger = replace(first, ap_key="Other_Author2026Up")
    own = replace(issue, methods=(known,))
    whose = f"`{stranger}`"
    return {
        **{
            name: Case(
                rule=keeps,
                issue=case,
                holes={"known": f"`{case.methods[0].ap_key}`", "seen": f"`{AP_KEY}`"},
            )
            for name, case in resembling.items()
        },
        "known_by_other_name": Case(
            rule=same,
            issue=own.with_fields(name="Elsewhere"),
            holes={"known": f"`{AP_KEY}`", "name": "`Made`", "seen": "`Elsewhere`"},
        ),
        "known_with_other_paper": Case(
            rule=same,
            issue=own.with_fields(paper_url="https://example.org/other"),
            holes={"known": f"`{AP_KEY}`", "paper": f"`{known.paper_url}`"},
        ),
        "known": Case(rule=same, issue=own, holes={"known": f"`{AP_KEY}`"}),
        "owned": Case(
            rule="a-known-method-is-its-owners",
            issue=replace(issue, methods=(replace(known, owner="somebody"),)),
            holes={"known": f"`{AP_KEY}`", "owner": "`somebody`"},
        ),
        **_about_the_taxonomy(own, known),
        "published_result": Case(
            rule="claims-are-compared-with-published-results",
            issue=own,
            holes={
                "clean": "71.25 %",
                "autoattack": "33.5 %",
                "claimed_clean": "80 %",
                "claimed_autoattack": "50 %",
            },
        ),
        "result_of_another": Case(
            rule="claims-are-the-authors-own",
            issue=replace(
                issue,
                methods=(
                    replace(known, ap_key=elsewhere, name="Elsewhere", cells=dict.fromkeys(known.cells, (80.0, 50.0))),
                ),
            ),
            holes={"known": f"`{elsewhere}`"},
        ),
        "name_taken": Case(
            rule="a-name-is-of-one-method",
            issue=replace(issue, methods=(replace(known, ap_key=elsewhere),)),
            holes={"name": "`Made`", "known": f"`{elsewhere}`"},
        ),
        "published_again": Case(
            rule=published, issue=file(first, Holds.CHECKPOINT), holes={"holds": "checkpoint", "key": f"`{first}`"}
        ),
        "published_for_other_purpose": Case(
            rule=published,
            issue=file(first, Holds.DISTANCES),
            holes={"holds": "distances", "purpose": "checkpoint", "key": f"`{first}`"},
        ),
        "published_example": Case(
            rule=published,
            issue=file(stranger, Holds.CHECKPOINT, EXAMPLE_OF_THE_OLDER_FORM),
            holes={"holds": "checkpoint", "key": whose},
        ),
        "published_of_another": Case(
            rule=published, issue=file(stranger, Holds.CHECKPOINT), holes={"holds": "checkpoint", "key": whose}
        ),
    }


def _about_the_taxonomy(own: MadeUpIssue, known: KnownMethod) -> dict[str, Case]:
    """A field in which the board and the issue say different terms, or one of them none."""
    decided = "The sources disagree on the locality"
    sides: dict[str, tuple[list[str] | None, list[str] | None]] = {
        "other_terms": (["L"], ["G"]),
        "no_terms_on_the_board": (None, ["G"]),
        "no_terms_in_the_issue": (["L"], None),
    }
    return {
        name: Case(
            rule="a-known-method-keeps-its-taxonomy",
            issue=replace(
                own.with_fields(locality=issues),
                methods=(replace(known, taxonomy={"locality": boards}, notes=(decided,)),),
            ),
            holes={
                "known": f"`{known.ap_key}`",
                "decided": f". {decided}",
                **({"boards": f"`{boards[0]}`"} if boards else {}),
                **({"issues": f"`{issues[0]}`"} if issues else {}),
            },
        )
        for name, (boards, issues) in sides.items()
    }
