"""Artifacts: listed while jobs are at work, and read as what a stranger's job may have uploaded."""

import io
import logging
import traceback
import zipfile

import pytest
from doubles.github.faults import Fault
from doubles.github.server import GitHubDouble
from doubles.github.world import ArtifactRow

from apcore.errors import ServiceError
from bot.github.artifact_files import ArtifactError, named_files
from bot.github.client import GitHub
from bot.github.failures import MissingError
from bot.github.runs import MAX_ARTIFACT

SIZES = {"result.json": 100, "outcomes.npz": 1000}


@pytest.fixture
def run(double: GitHubDouble) -> int:
    double.world.workflows["evaluate.yml"] = "Evaluate"
    return double.world.start_run("evaluate.yml", event="workflow_dispatch", by="maintainer").id


def read(github: GitHub, row: ArtifactRow) -> dict[str, bytes]:
    (artifact,) = [one for one in github.runs.artifacts(row.run) if one.id == row.id]
    return github.runs.read_artifact(artifact, SIZES)


def test_artifacts_are_listed_newest_first(double: GitHubDouble, github: GitHub, run: int) -> None:
    first = double.world.upload(run, "progress-1-1", {"progress.json": b"{}"})
    double.time.at += 300
    second = double.world.upload(run, "progress-1-2", {"progress.json": b"{}"})
    found = github.runs.artifacts(run)
    assert [(one.id, one.name) for one in found] == [(second.id, "progress-1-2"), (first.id, "progress-1-1")]
    assert (found[0].size, found[0].created_at.timestamp()) == (len(second.content), double.time.at)


def test_named_files_are_read_and_others_not_looked_at(double: GitHubDouble, github: GitHub, run: int) -> None:
    row = double.world.upload(run, "result-1", {"result.json": b"{}", "../../etc/passwd": b"x", "run.sh": b"rm"})
    assert read(github, row) == {"result.json": b"{}"}


def test_no_token_goes_to_where_the_file_lies(double: GitHubDouble, github: GitHub, run: int) -> None:
    read(github, double.world.upload(run, "result-1", {"result.json": b"{}"}))
    assert [call.body for call in double.calls if call.path.startswith("/storage/")] == [""]


def test_a_file_larger_than_its_cap_shows_by_one_byte(double: GitHubDouble, github: GitHub, run: int) -> None:
    row = double.world.upload(run, "result-1", {"result.json": bytes(50_000_000)})  # 49 kB deflated
    assert read(github, row) == {"result.json": bytes(101)}


def test_an_artifact_larger_than_the_cap_is_not_kept(double: GitHubDouble, github: GitHub, run: int) -> None:
    row = double.world.upload(run, "result-1", bytes(MAX_ARTIFACT + 1))
    with pytest.raises(ArtifactError, match="it has more than 16,000,000 bytes"):
        read(github, row)


def test_a_deleted_artifact_is_missing(double: GitHubDouble, github: GitHub, run: int) -> None:
    row = double.world.upload(run, "result-1", {"result.json": b"{}"})
    row.expired = True
    with pytest.raises(MissingError):
        read(github, row)


def test_a_storage_that_fails_for_a_moment_is_asked_again(double: GitHubDouble, github: GitHub, run: int) -> None:
    row = double.world.upload(run, "result-1", {"result.json": b"{}"})
    double.faults += [Fault("GET", "/storage/", status=503), Fault("GET", "/storage/", status=None)]
    assert read(github, row) == {"result.json": b"{}"}
    assert double.time.slept == [2.0, 4.0]


def test_the_address_of_the_file_is_never_shown(
    double: GitHubDouble, github: GitHub, run: int, caplog: pytest.LogCaptureFixture
) -> None:
    for logger in (None, "github", "urllib3"):
        caplog.set_level(logging.DEBUG, logger=logger)
    row = double.world.upload(run, "result-1", {"result.json": b"{}"})
    read(github, row)
    double.faults.append(Fault("GET", "/storage/", status=503, times=99))
    with pytest.raises(ServiceError) as caught:
        read(github, row)
    assert "s3cret" not in caplog.text + "".join(traceback.format_exception(caught.value))


def packed(
    method: int = zipfile.ZIP_DEFLATED, names: tuple[str, ...] = ("result.json",), comment: bytes = b""
) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name in names:
            archive.writestr(name, b"{}")
        archive.comment = comment
    return target.getvalue()


def with_64_bit_end(raw: bytes) -> bytes:
    """A zip whose end is preceded by the record that would replace it."""
    return raw[:-22] + b"PK\x06\x07" + bytes(16) + raw[-22:]


def broken_inside(raw: bytes) -> bytes:
    place = raw.index(b"result.json") + len("result.json")
    return raw[:place] + b"\xff\xff" + raw[place + 2 :]


@pytest.mark.parametrize("raw", [packed(), packed(zipfile.ZIP_STORED)])
def test_a_sound_zip_is_read(raw: bytes) -> None:
    assert named_files(raw, SIZES, "artifact 1") == {"result.json": b"{}"}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "its list of files is too long, or not at its end"),
        (b"<html>", "its list of files is too long, or not at its end"),
        (packed()[:-10], "its list of files is too long, or not at its end"),
        (
            packed(names=tuple(f"{number:0100}" for number in range(500))),
            "its list of files is too long, or not at its end",
        ),
        (with_64_bit_end(packed()), "its list of files is too long, or not at its end"),
        (packed(comment=b"a comment"), "its list of files is too long, or not at its end"),
        (packed(zipfile.ZIP_LZMA), "a file in it is compressed in another way than by deflate"),
        (packed(zipfile.ZIP_BZIP2), "a file in it is compressed in another way than by deflate"),
        (broken_inside(packed()), "it is no sound zip"),
    ],
    ids=["nothing", "HTML", "cut", "long list", "64 bit", "comment", "lzma", "bzip2", "broken"],
)
def test_what_is_no_zip_of_ours_is_refused(raw: bytes, words: str) -> None:
    with pytest.raises(ArtifactError) as caught:
        named_files(raw, SIZES, "artifact 1")
    assert caught.value.message == f"the artifact is not read: {words}"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_is_there_twice_is_refused() -> None:
    with pytest.raises(ArtifactError, match="it holds a file twice"):
        named_files(packed(names=("result.json", "result.json")), SIZES, "artifact 1")
