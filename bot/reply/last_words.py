"""The comment that ends a submission: what is on the leaderboard now, where, and a badge to show it."""

from dataclasses import dataclass

from bot.reply.markdown import code
from bot.reply.people import mention


@dataclass(frozen=True, slots=True, kw_only=True)
class LastWords:
    """What there is to say.

    Args:
        ap_key: the method's key.
        verdicts: how many checkpoints got which verdict, in words of `bot.reply.result_headline.tally`.
        pull_request: that brought it.
        page_url: https address of the method's place on the leaderboard.
        badge_url: https address of the badge.
    """

    ap_key: str
    verdicts: str
    pull_request: int
    page_url: str
    badge_url: str


def last_words(author: str, words: LastWords) -> str:
    """The comment, as Markdown."""
    badge = f"[![{words.ap_key} on the leaderboard](<{words.badge_url}>)](<{words.page_url}>)"
    return (
        f"🏁 {mention(author)}, {code(words.ap_key)} is [on the leaderboard](<{words.page_url}>) since "
        f"#{words.pull_request}: {words.verdicts}. Thank you for the checkpoints.\n\n"
        f"{badge}\n\n"
        f"To show the badge in a README:\n\n```markdown\n{badge}\n```\n\n"
        "A corrected or further checkpoint is a new issue with the same key."
    )
