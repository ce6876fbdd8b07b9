"""Who the bot is to GitHub: an App's installation, or the `GITHUB_TOKEN` of the job.

Both exist because neither does all. `GITHUB_TOKEN` needs no set-up, but runs that it causes wait for a click, and its hourly
budget is 1,000 requests. An App needs a key; its pull requests start CI by themselves, it has 5,000 requests, and each job
asks for no more permissions than its stage needs.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from apcore.errors import MachineError

ACTIONS_LOGIN: Final = "github-actions[bot]"
"""As whom `GITHUB_TOKEN` writes."""

_SLUG: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,98}")
_APP: Final = ("APBOT_APP_ID", "APBOT_APP_INSTALLATION", "APBOT_APP_SLUG", "APBOT_APP_KEY")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobToken:
    """The `GITHUB_TOKEN` of a job; what it may do stands in the workflow's `permissions:`."""

    token: str = field(repr=False)

    @property
    def login(self) -> str:
        """As whom it writes."""
        return ACTIONS_LOGIN


@dataclass(frozen=True, slots=True, kw_only=True)
class AppInstallation:
    """An App in this repository; a token for an hour is asked for with exactly `permissions`.

    Args:
        app_id: of the App.
        installation: id of its installation in the repository.
        slug: the App's name in addresses; it writes as `<slug>[bot]`.
        permissions: what the token may do, `{"issues": "write"}`; never empty, which would mean all that the App has.
        key: the App's private key, PEM.
    """

    app_id: int
    installation: int
    slug: str
    permissions: Mapping[str, str]
    key: str = field(repr=False)

    def __post_init__(self) -> None:
        if not self.permissions:
            raise ValueError("name the permissions that the token needs")

    @property
    def login(self) -> str:
        """As whom it writes."""
        return f"{self.slug}[bot]"


Credentials = JobToken | AppInstallation


def credentials(env: Mapping[str, str], permissions: Mapping[str, str]) -> Credentials:
    """Those that the environment holds: the App's if it is set up, else the job's token.

    Args:
        env: `APBOT_APP_ID`, `APBOT_APP_INSTALLATION`, `APBOT_APP_SLUG` and `APBOT_APP_KEY`, or `GITHUB_TOKEN`.
        permissions: what the stage needs of an App's token.

    Raises:
        MachineError: neither is complete; no value is repeated in it.
    """
    if any(env.get(name) for name in _APP):
        return _app(env, permissions)
    if token := env.get("GITHUB_TOKEN", "").strip():
        return JobToken(token=token)
    raise MachineError(
        where="GITHUB_TOKEN",
        message="there is no token to speak to GitHub with",
        fix="give the step `GITHUB_TOKEN: ${{ github.token }}`, or the four `APBOT_APP_…` variables of an App",
    )


def _app(env: Mapping[str, str], permissions: Mapping[str, str]) -> AppInstallation:
    number, installation, slug, key = (env.get(name, "").strip() for name in _APP)
    wrong = [
        name
        for name, right in zip(
            _APP,
            (number.isdecimal(), installation.isdecimal(), _SLUG.fullmatch(slug), "PRIVATE KEY-----" in key),
            strict=True,
        )
        if not right
    ]
    if wrong:
        raise MachineError(
            where=wrong[0],
            message=f"the App is not set up: {', '.join(wrong)} missing or not in its form",
            fix="take the numbers from the App's page and the key as GitHub gave it, or remove all four to use `GITHUB_TOKEN`",
        )
    return AppInstallation(
        app_id=int(number), installation=int(installation), slug=slug, permissions=permissions, key=key
    )
