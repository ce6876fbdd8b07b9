"""The bot's own words for the submission wizard: each message is taken out of an answer to a made-up issue.

The page cannot run the rules' Python, so it repeats their conditions; it never repeats their words. An issue with one fault is
held against the reader and the rules as any other is, and what they say of it becomes a template, the values seen in it
being named holes.
"""

from functools import cache

from apcore.protocol import Protocol
from bot.leaderboard.site.wizard_words.board_cases import about_the_board
from bot.leaderboard.site.wizard_words.case import Case, template
from bot.leaderboard.site.wizard_words.field_cases import about_files, about_numbers, about_the_form
from bot.leaderboard.site.wizard_words.key_cases import about_keys
from bot.leaderboard.site.wizard_words.made_up_issue import complete_issue
from bot.leaderboard.site.wizard_words.set_cases import about_sets


@cache
def words(protocol: Protocol) -> dict[str, dict[str, str]]:
    """By a name of ours: the rule, its severity, and its message and fix with holes such as `{seen}`."""
    return {name: template(name, case, protocol) for name, case in cases(protocol).items()}


def cases(protocol: Protocol) -> dict[str, Case]:
    """Every case in which the form repeats the bot, by a name of ours."""
    made_up = complete_issue(protocol)
    return {
        **about_the_form(made_up),
        **about_files(made_up),
        **about_numbers(made_up),
        **about_keys(made_up, protocol),
        **about_sets(made_up, protocol),
        **about_the_board(made_up, protocol),
    }
