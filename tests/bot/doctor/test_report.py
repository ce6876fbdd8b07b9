"""What an operator reads, and what a program does."""

import json
from collections.abc import Callable

import pytest

from bot.doctor import machine, report, repository, software
from bot.doctor.diagnosis import Diagnosis, Role, exit_code, fails, ok, untried
from bot.github.settings import Environment, Ruleset, Runner

WITHOUT_A_GPU = (
    software.python((3, 11, 7)),
    software.packages(
        {"torch": "2.14.1", "numpy": "2.4.6"}, {"torch": "2.9.0", "numpy": "2.4.6"}, "requirements/evaluate.txt"
    ),
    machine.disk(77 * 10**9, "/srv/apbot", Role.RUNNER),
    machine.credentials(set()),
    machine.walls("bubblewrap, Landlock, seccomp", {"read a file beside it": False, "reach the network": False}),
    machine.gpu(machine.Gpu(torch="2.14.1+cu130", built_for="13.0")),
    machine.gpu_behind_walls((), None, ""),
    machine.data_set("CIFAR10", (10_000, "5f" * 32), 10_000),
    machine.data_set(
        "SVHN",
        None,
        10_000,
        "no test images of SVHN: neither `SVHN.npz` nor torchvision's files are in the data folder",
    ),
    machine.drive(None, "ConnectionError"),
)
HALF_SET_UP = (
    repository.account("github-actions[bot]", is_app=False),
    repository.default_branch("main"),
    repository.labels(["apbot: queued"], ["apbot: queued", "apbot: approve"]),
    repository.environment("bot", [Environment(name="bot", reviewers=0, limited=True)]),
    repository.environment("gpu", [Environment(name="gpu", reviewers=2, limited=True)], reviewed=True),
    untried(
        "pull requests",
        "the token may not do this: Resource not accessible by integration",
        "run it as an administrator",
    ),
    repository.pages(None),
    repository.rules([Ruleset(name="main", target="branch", is_active=True)]),
    repository.owners(["Unknown owner on line 2: make sure @ap-board/maintainers exists"]),
    repository.runners(
        [Runner(name="lab-1", is_online=True, labels=frozenset({"gpu"}), is_ephemeral=True, version="2.337.1")]
    ),
)


@pytest.mark.parametrize(
    ("name", "role", "found"),
    [("runner-without-a-gpu", Role.RUNNER, WITHOUT_A_GPU), ("half-set-up", Role.REPOSITORY, HALF_SET_UP)],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_text_says_what_to_do(golden: Callable[..., None], name: str, role: Role, found: tuple) -> None:
    golden(f"doctor/{name}.txt", report.text(role, found))
    golden(f"doctor/{name}.json", json.dumps(report.document(role, found), indent=2) + "\n")


GOOD = ok("disk", "room")
BAD = fails("gpu", "none", "put one in")
AWAY = fails("google drive", "silent", "wait", is_service=True)
UNKNOWN = untried("gpu in the sandbox", "no gpu", "put one in")


@pytest.mark.parametrize(
    ("found", "code", "last"),
    [
        ([GOOD, GOOD], 0, "2 ok: this machine is ready to measure"),
        ([GOOD, BAD], 3, "1 ok, 1 to mend: this machine is not ready to measure"),
        ([GOOD, AWAY], 4, "1 ok, 1 to mend: this machine is not ready to measure"),
        ([BAD, AWAY], 3, "0 ok, 2 to mend: this machine is not ready to measure"),
        ([GOOD, UNKNOWN], 3, "1 ok, 1 that cannot be tried here: whether this machine is ready is not known"),
        ([], 3, "0 ok: whether this machine is ready is not known"),
    ],
    ids=["well", "broken", "service", "both", "untried", "nothing tried"],
)
def test_the_last_line_says_that_all_is_well_only_if_all_was_tried_and_is(
    found: list[Diagnosis], code: int, last: str
) -> None:
    assert exit_code(found) == code
    assert report.text(Role.RUNNER, found).splitlines()[-1] == last
    assert report.document(Role.RUNNER, found)["ready"] is (code == 0)


def test_what_is_wrong_says_how_to_mend_it() -> None:
    with pytest.raises(ValueError, match="says how to mend it"):
        fails("gpu", "none", "")
