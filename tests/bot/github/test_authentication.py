"""As whom the bot speaks: the App where it is set up, else the job's token, and never a word of either."""

import logging
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from doubles.github.faults import Fault
from doubles.github.server import GitHubDouble

from apcore.errors import MachineError
from bot.github.authentication import AppInstallation, JobToken, credentials
from bot.github.client import GitHub
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


def test_an_app_that_was_removed_is_the_operators_turn(
    double: GitHubDouble, connect: Callable[..., GitHub], app: dict[str, str]
) -> None:
    double.apps.clear()
    with pytest.raises(MachineError) as caught:
        connect(credentials(app, NEEDS)).issues.issue(1)
    assert caught.value.exit_code == 3


def test_a_token_that_cannot_be_had_at_once_is_asked_for_again(
    double: GitHubDouble, connect: Callable[..., GitHub], app: dict[str, str]
) -> None:
    double.world.open_issue("title", "body")
    double.faults.append(Fault("POST", "access_tokens", times=2))
    assert connect(credentials(app, NEEDS)).issues.issue(1).title == "title"


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
