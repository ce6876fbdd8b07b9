"""GitHub as the stages see it: one repository, four kinds of things in it."""

from datetime import UTC, datetime

from bot.github.authentication import Credentials
from bot.github.clock import SYSTEM_CLOCK, Clock
from bot.github.connection import API, Connection
from bot.github.contents import RepositoryContents
from bot.github.issues import RepositoryIssues
from bot.github.json_fields import Fields
from bot.github.pace import Pace
from bot.github.ports import Contents, Issues, Pulls, Runs
from bot.github.pulls import RepositoryPulls
from bot.github.runs import RepositoryRuns
from bot.github.settings import RepositorySettings
from bot.github.workflow_run import RateLimit


class GitHub:
    """One repository through one account.

    Args:
        repository: `owner/name`.
        who: as whom.
        base_url: of the API.
        clock: how time passes.
        pace: the budget of writes; a new one if None.
        timeout_s: until an answer begins, whole seconds.
    """

    def __init__(
        self,
        repository: str,
        who: Credentials,
        *,
        base_url: str = API,
        clock: Clock = SYSTEM_CLOCK,
        pace: Pace | None = None,
        timeout_s: int = 15,
    ) -> None:
        self.repository = repository
        self.login = who.login
        self._connection = Connection(who, base_url=base_url, clock=clock, pace=pace, timeout_s=timeout_s)
        self.issues: Issues = RepositoryIssues(self._connection, repository)
        self.contents: Contents = RepositoryContents(self._connection, repository)
        self.pulls: Pulls = RepositoryPulls(self._connection, repository)
        self.runs: Runs = RepositoryRuns(self._connection, repository)
        self.settings = RepositorySettings(self._connection, repository)

    def rate_limit(self) -> RateLimit:
        """How much may still be asked this hour; asking it costs nothing."""
        core = Fields.of(self._connection.get("/rate_limit"), "rate limit").part("resources").part("core")
        return RateLimit(
            limit=core.whole("limit"),
            remaining=core.whole("remaining"),
            resets_at=datetime.fromtimestamp(core.whole("reset"), UTC),
        )
