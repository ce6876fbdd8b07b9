"""How people are addressed: the bot mentions those whom it answers, and nobody whom a text names."""

from bot.lifecycle.people import Person
from bot.reply.markdown import code


def mention(login: str) -> str:
    """A mention, which GitHub notifies, of a login that GitHub itself told us; another bot is named without one."""
    return code(login) if login.endswith("[bot]") else f"@{login}"


def address(person: Person) -> str:
    """A mention of `person`."""
    return mention(person.login)
