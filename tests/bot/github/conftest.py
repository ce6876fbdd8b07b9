"""A repository on a GitHub of our own, and the bot's client for it, on a clock that only sleeping moves."""

from collections.abc import Callable, Iterator

import pytest
from doubles.github.server import GitHubDouble, github_double

from bot.github.authentication import Credentials, JobToken
from bot.github.client import GitHub
from bot.github.clock import Clock
from bot.github.pace import Pace

JOB = JobToken(token="ghs_job")


@pytest.fixture
def double() -> Iterator[GitHubDouble]:
    with github_double() as running:
        yield running


@pytest.fixture
def connect(double: GitHubDouble) -> Callable[..., GitHub]:
    """A client as another process would make it: it shares nothing with the others but time."""

    def client(who: Credentials = JOB, timeout_s: int = 15, pace: Pace | None = None) -> GitHub:
        clock = Clock(now=double.time.now, sleep=double.time.sleep, chance=lambda: 0.0)
        return GitHub(double.world.full_name, who, base_url=double.url, clock=clock, pace=pace, timeout_s=timeout_s)

    return client


@pytest.fixture
def github(connect: Callable[..., GitHub]) -> GitHub:
    return connect()
