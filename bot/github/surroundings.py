"""Where a job of a workflow is: its repository, its run, and the addresses of both; from the variables that GitHub sets."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.github.actions import api_in, repository_in
from bot.github.authentication import credentials
from bot.github.client import GitHub

_RUN: Final = re.compile(r"[1-9][0-9]{0,17}")
_SERVER: Final = "https://github.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """A job's place.

    Args:
        repository: `owner/name`.
        run: id of the workflow run, None outside of one.
        api: address of GitHub's API.
        server: address of GitHub's pages.
    """

    repository: str
    run: int | None
    api: str
    server: str

    def run_url(self, run: int) -> str:
        """Where people watch a run."""
        return f"{self.server}/{self.repository}/actions/runs/{run}"

    def raw_url(self, commit: str, path: str) -> str:
        """Where browsers get a file of a commit from."""
        return f"{self.server}/{self.repository}/raw/{commit}/{path}"


def surroundings(environment: Mapping[str, str]) -> Surroundings:
    """What `GITHUB_REPOSITORY`, `GITHUB_RUN_ID`, `GITHUB_API_URL` and `GITHUB_SERVER_URL` say.

    Raises:
        MachineError: no repository is named, or an address is none.
    """
    run = environment.get("GITHUB_RUN_ID", "")
    return Surroundings(
        repository=repository_in(environment),
        run=int(run) if _RUN.fullmatch(run) else None,
        api=api_in(environment),
        server=environment.get("GITHUB_SERVER_URL") or _SERVER,
    )


def connect(environment: Mapping[str, str], permissions: Mapping[str, str]) -> GitHub:
    """The repository of the environment, with the credentials that are in it.

    Args:
        environment: of the process.
        permissions: what the stage needs of an App's token.

    Raises:
        MachineError: no repository or no credentials.
    """
    place = surroundings(environment)
    return GitHub(place.repository, credentials(environment, permissions), base_url=place.api)
