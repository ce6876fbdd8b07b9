"""`apbot status` on a GitHub of our own: every submission where it is, the sweep's own queue, and files asked for patiently."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from doubles.boards import entry, published, track
from doubles.drive import DriveServer, page_reply
from doubles.github.actions import Actions
from doubles.lifecycle import BODY, BROKEN, submission
from doubles.site_boards import verified

from apcore import json_shape
from apcore.files.drive_errors import Sharing
from apcore.model_key import ModelKey
from apcore.registry.anomalies import files_of
from bot.leaderboard.board import Board
from bot.leaderboard.checkpoint_files import board_files
from bot.lifecycle.status import read_status, status_bytes
from bot.stages.links import health

FORM = "new-ap-method"
KEY = ModelKey.parse("HARP_Zhao2023Holistic_R18_CIFAR10_US_90")


def approved(actions: Actions, *authors: str) -> None:
    for author in authors:
        if author not in actions.double.world.accounts:
            actions.double.world.join(author)
        actions.open(BODY, author)
        actions.wait(10)
        actions.gate(*actions.label(len(actions.double.world.issues), "maintainer"))


def taken(actions: Actions, *more: str) -> dict:
    """What the command prints; it fits its schema, reads back as the same bytes, and nothing was written on GitHub."""
    job = actions.status(*more)
    assert job.code == 0, job.err
    assert {call.method for call in job.calls} == {"GET"}
    document = json.loads(job.out)
    json_shape.check(document, "status")
    assert status_bytes(read_status(job.out.encode())) == job.out.encode()
    return document


def test_every_submission_is_where_it_is_and_has_the_place_that_the_sweep_gives_it(actions: Actions) -> None:
    approved(actions, "author", "author", "other")
    actions.begin(1)
    actions.sweep()
    actions.open(BROKEN, "author")
    actions.open(BODY, "author")
    actions.double.world.open_issue("[New AP method] unread", "<script>alert(1)</script>", labels=(FORM,))
    actions.double.world.open_issue("a bug", "it crashes")
    actions.wait(30)
    document = taken(actions)
    found = {one["issue"]: (one["state"], one["place"]) for one in document["submissions"]}
    assert found == {
        1: ("running", None),
        2: ("queued", 2),
        3: ("queued", 1),
        4: ("needs-author", None),
        5: ("awaiting-approval", None),
        6: ("needs-author", None),
    }
    assert {one["issue"]: one["method"] for one in document["submissions"]}[1] == submission().ap_key
    assert "script" not in json.dumps(document)
    assert "2 of 2" in actions.living(2), "the comment says the same"


def test_ages_count_from_the_opening_and_states_from_what_the_record_knows(actions: Actions) -> None:
    approved(actions, "author")
    begun = actions.double.world.time()
    actions.begin(1)
    actions.wait(5)
    (one,) = read_status(actions.status().out.encode()).submissions
    assert (one.since, one.opened) == (begun, actions.double.world.issues[1].at)
    assert one.since - one.opened >= timedelta(minutes=10)


def test_the_mean_time_is_from_opening_to_merge(actions: Actions) -> None:
    assert taken(actions)["to_merge"] is None
    approved(actions, "author", "other")
    for number in (1, 2):
        actions.begin(number)
        pull = actions.publish(number)
        actions.wait(60)
        actions.double.world.merge(pull)
        actions.sweep()
    document = taken(actions)
    took = [(row.closed - row.at).total_seconds() for row in map(actions.double.world.issues.get, (1, 2))]
    assert min(took) > 3600
    assert document["to_merge"] == {"mean_s": round(sum(took) / 2), "count": 2}
    assert document["ended"] == {"cancelled": 0, "merged": 2}
    assert document["submissions"] == []


def test_files_of_the_board_and_of_submissions_are_asked_for(actions: Actions, drive: DriveServer) -> None:
    actions.open(BODY, "author")
    drive.serve("/open", page_reply("sign in", status=403))
    document = taken(actions, "--files")
    asked = {path.removeprefix("/open?id=") for path, _ in drive.requests}
    files = {one["id"]: one for one in document["files"]}
    own = {model.checkpoint.id: str(model.key) for model in submission().models}
    assert {file_id: files[file_id]["model_keys"] for file_id in own} == {i: [key] for i, key in own.items()}
    assert [files[file.id]["model_keys"] for file in files_of(KEY)] == [[str(KEY)]] * 2
    assert asked == set(files)
    assert {one["sharing"] for one in document["files"]} == {"closed"}


def test_without_the_question_no_file_is_asked_for(actions: Actions, drive: DriveServer) -> None:
    assert taken(actions)["files"] is None
    assert drive.requests == []


def test_what_the_hour_has_no_room_for_is_counted(actions: Actions) -> None:
    for _ in range(30):
        actions.double.world.open_issue("[New AP method] T", BROKEN, labels=(FORM,))
    actions.double.limits.an_hour = 180
    document = taken(actions)
    assert (len(document["submissions"]) + document["left"], document["left"] > 0) == (30, True)
    actions.double.limits.an_hour = 100
    job = actions.status()
    assert (job.code, job.out) == (4, "")
    assert "the status" in job.err


def test_the_command_writes_a_file_whole(actions: Actions, tmp_path: Path) -> None:
    out = tmp_path / "status.json"
    assert actions.status("--out", str(out)).out == ""
    assert read_status(out.read_bytes()).repository == "ap-board/leaderboard"


def test_the_board_s_files_are_those_measured_and_those_listed() -> None:
    measured = verified(track(90), 8100, 4100)
    board = Board.of([entry("A", measured, published(track(90), 80, 40))])
    assert board_files(board) == {measured.checkpoint.id: ("A_Author2026Title_R18_CIFAR10_S_90",)}


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ("o", "o"),
        ("cc", "c"),
        ("co", "o"),
        ("cu", "u"),
        ("u", "u"),
    ],
)
def test_a_file_is_closed_if_it_says_so_twice(answers: str, found: str) -> None:
    letters = {sharing.value[0]: sharing for sharing in Sharing}
    left, slept = list(answers), list[float]()
    assert health(["a"], lambda _: letters[left.pop(0)], slept.append) == {"a": letters[found]}
    assert left == []
    assert (60.0 in slept) == answers.startswith("c")


def test_an_outage_is_left_in_peace() -> None:
    asked, slept = list[str](), list[float]()

    def ask(file_id: str) -> Sharing:
        asked.append(file_id)
        return Sharing.UNKNOWN if file_id != "02" else Sharing.OPEN

    found = health([f"{n:02d}" for n in range(40)], ask, slept.append)
    assert len(asked) == 11
    assert slept == [2, 4, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert found["39"] is Sharing.UNKNOWN
