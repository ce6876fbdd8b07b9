"""As whom the bot speaks: the App where it is set up, else the job's token, and never a word of either."""

import logging
import traceback
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from doubles.github.faults import Fault
from doubles.github.server import GitHubDouble

from apcore.errors import MachineError
from bot.github.authentication import AppInstallation, JobToken, credentials
from bot.github.client import GitHub
from bot.github.failures import MissingError
from bot.github.issue import Marker

NEEDS = {"issues": "write"}


@pytest.fixture(scope="module")
def key() -> str:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return made.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@pytest.fixture
def app(double: GitHubDouble, key: str) -> dict[str, str]:
    double.apps[77] = "ap-board-bot[bot]"
    double.world.join("ap-board-bot[bot]", "write", type="Bot")
    return {
        "APBOT_APP_ID": "12",
        "APBOT_APP_INSTALLATION": "77",
        "APBOT_APP_SLUG": "ap-board-bot",
        "APBOT_APP_KEY": key,
    }


def test_the_jobs_token_is_taken_where_there_is_no_app() -> None:
    assert credentials({"GITHUB_TOKEN": " ghs_abc\n"}, NEEDS) == JobToken(token="ghs_abc")
    assert JobToken(token="ghs_abc").login == "github-actions[bot]"


def test_the_app_goes_before_the_jobs_token(app: dict[str, str], key: str) -> None:
    found = credentials(app | {"GITHUB_TOKEN": "ghs_abc"}, NEEDS)
    assert found == AppInstallation(app_id=12, installation=77, slug="ap-board-bot", permissions=NEEDS, key=key.strip())
    assert found.login == "ap-board-bot[bot]"


def test_an_app_speaks_with_a_token_that_may_do_just_what_the_stage_needs(
    double: GitHubDouble, connect: Callable[..., GitHub], app: dict[str, str]
) -> None:
    double.world.open_issue("title", "body")
    github = connect(credentials(app, NEEDS))
    github.issues.write_comment(1, Marker(name="check"), "hello")
    github.issues.write_comment(1, Marker(name="check"), "hello again")
    assert double.asked_permissions == [NEEDS]
    assert [(row.author, row.body) for row in double.world.comments.values()] == [
        ("ap-board-bot[bot]", "<!-- apbot:check -->\nhello again")
    ]


@pytest.mark.parametrize(
    ("status", "words"), [(401, "A JSON web token could not be decoded"), (404, "Not Found"), (403, "suspended")]
)
def test_an_app_that_was_removed_is_the_operators_turn_and_no_missing_issue(
    double: GitHubDouble, connect: Callable[..., GitHub], app: dict[str, str], status: int, words: str
) -> None:
    double.faults.append(Fault("POST", "access_tokens", times=99, status=status, words=words))
    github = connect(credentials(app, NEEDS))
    for ask in (
        lambda: github.issues.issue(1),
        lambda: github.contents.head("main"),
        lambda: github.issues.role("author"),
    ):
        with pytest.raises(MachineError, match="the App gets no token") as caught:
            ask()
        assert caught.value.where == "APBOT_APP_INSTALLATION"
        assert not isinstance(caught.value, MissingError)


def test_a_key_that_is_damaged_is_told_before_anything_is_sent(
    double: GitHubDouble, connect: Callable[..., GitHub], app: dict[str, str]
) -> None:
    damaged = app["APBOT_APP_KEY"][:200] + "\n-----END RSA PRIVATE KEY-----"
    with pytest.raises(MachineError, match="the App's private key cannot be read") as caught:
        connect(credentials(app | {"APBOT_APP_KEY": damaged}, NEEDS))
    assert damaged.splitlines()[1] not in "".join(traceback.format_exception(caught.value))
    assert double.calls == []


def test_a_comment_waits_for_its_token_and_is_posted_once(
    double: GitHubDouble, connect: Callable[..., GitHub], app: dict[str, str]
) -> None:
    double.world.open_issue("title", "body")
    double.faults.append(Fault("POST", "access_tokens", times=2))
    connect(credentials(app, NEEDS)).issues.write_comment(1, Marker(name="check"), "hello")
    assert len(double.world.comments) == 1


def test_neither_key_nor_token_of_an_app_is_shown(
    double: GitHubDouble,
    connect: Callable[..., GitHub],
    app: dict[str, str],
    key: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    double.world.open_issue("title", "body")
    who = credentials(app, NEEDS)
    github = connect(who)
    caplog.set_level(logging.DEBUG, logger="github")  # as someone who looks for a fault would
    github.issues.issue(1)
    assert double.tokens.keys() == {"ghs_job", "ghs_app1"}
    shown = caplog.text + repr(who)
    assert "ghs_app1" not in shown
    assert key.splitlines()[1] not in shown


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"APBOT_APP_ID": "twelve"}, "APBOT_APP_ID"),
        ({"APBOT_APP_INSTALLATION": ""}, "APBOT_APP_INSTALLATION"),
        ({"APBOT_APP_SLUG": "a b"}, "APBOT_APP_SLUG"),
        ({"APBOT_APP_KEY": "s3cret"}, "APBOT_APP_KEY"),
    ],
)
def test_an_app_that_is_half_set_up_is_named_without_its_values(
    app: dict[str, str], change: dict[str, str], name: str
) -> None:
    with pytest.raises(MachineError) as caught:
        credentials(app | change | {"GITHUB_TOKEN": "ghs_abc"}, NEEDS)
    assert caught.value.where == name
    assert caught.value.message == f"the App is not set up: {name} missing or not in its form"
    assert "s3cret" not in str(caught.value)


def test_no_token_at_all_is_told_with_what_to_do() -> None:
    with pytest.raises(MachineError, match=r"GITHUB_TOKEN: \$\{\{ github.token \}\}"):
        credentials({"GITHUB_TOKEN": " "}, NEEDS)


def test_an_app_never_asks_for_all_that_it_has(app: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="name the permissions"):
        credentials(app, {})
