"""Any text at all, read as an issue, a key or a link: an answer, narrow types, and paths that stay where they belong."""

import json
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest
from doubles import boards, lifecycle
from doubles.bodies import body
from doubles.examples import examples
from doubles.hostile_text import hostile_texts
from doubles.naughty import ALL, NAUGHTY
from hypothesis import given
from hypothesis import strategies as st

from apcore.files.fetch import fetch
from apcore.files.limits import DownloadLimits
from apcore.files.remote_file import RemoteFile
from apcore.files.store import Store
from apcore.model_key import ModelKey, ModelKeyError
from apcore.protocol import load_protocol
from bot.leaderboard.entry import entry_bytes, parse_entry
from bot.lifecycle.commands import command_in
from bot.lifecycle.plan import make_plan, plan_bytes, read_plan
from bot.stages.workspace import Workspace
from bot.submission.drive import DriveLinkError, drive_id
from bot.submission.reading import read_submission

PROTOCOL = load_protocol("apb-2024")
FORM = body("form")
LABELS = tuple(re.findall(r"^[A-Z][^:\n]*: ", FORM, re.MULTILINE))
KEY = "Thin_Doe2026Net_R18_CIFAR10_US_90"
hostile = hostile_texts(between=(" ",))
# Keys with a part replaced, a character put in, or nothing of a key at all.
keys = st.one_of(
    hostile,
    st.builds(
        lambda part, place: "_".join(part if place == at else old for at, old in enumerate(KEY.split("_"))),
        st.sampled_from(ALL) | st.text(max_size=8),
        st.integers(0, 5),
    ),
    st.builds(lambda text, at: KEY[:at] + text + KEY[at:], st.text(max_size=2), st.integers(0, len(KEY))),
)
bodies = st.one_of(
    hostile,
    st.lists(st.sampled_from(LABELS) | st.sampled_from(ALL) | st.just("\n"), max_size=30).map("".join),
    st.builds(lambda text, at: FORM[:at] + text + FORM[at:], hostile, st.integers(0, len(FORM))),
    st.builds(lambda at, to: FORM[:at] + FORM[to:], st.integers(0, len(FORM)), st.integers(0, len(FORM))),
)


@pytest.mark.hostile
@examples(60)
@given(bodies)
def test_any_body_is_read_and_what_comes_of_it_is_narrow(text: str) -> None:
    reading = read_submission(text, PROTOCOL)
    lines = text.count("\n") + text.count("\r") + 1
    for finding in reading.findings:
        assert finding.message
        assert finding.fix
        assert 1 <= finding.line <= lines
    if reading.submission is None:
        return
    assert reading.submission.to_bytes().decode()
    for model in reading.submission.models:
        assert ModelKey.parse(str(model.key)) == model.key
        for file in (model.checkpoint, model.distances, model.outcomes):
            assert file is None or re.fullmatch(r"[A-Za-z0-9_-]{25,60}", file.id)


@pytest.mark.hostile
@examples(200)
@given(keys)
def test_a_key_is_rebuilt_from_its_parts_or_refused_and_its_paths_stay_in_the_folder(text: str) -> None:
    try:
        key = ModelKey.parse(text)
    except ModelKeyError:
        return
    assert str(key) == text
    assert text.isascii()
    assert len(text) < 110
    folder = Workspace(Path("/runs/of/one"))
    for path in (folder.work(key), folder.result(key), folder.outcomes(key), folder.sums(key), folder.failure(key)):
        assert path.resolve().relative_to(folder.root)
        assert key.ap_key in str(path.relative_to(folder.root))
        assert re.fullmatch(r"[A-Za-z0-9_./-]+", str(path))
        assert ".." not in path.parts


def of_a_key(text: str) -> list[str]:
    key = ModelKey.parse(text)
    return [f"work/{key}/state.npz", f"results/{key}.outcomes.npz", f"curves/{key}.png"]


def of_an_entry(text: str) -> list[str]:
    found = parse_entry(ENTRY.replace(b"Thin_Author2026Title", json.dumps(text)[1:-1].encode()), stem=text)
    return [f"entries/{found.ap_key}.json", f"methods/{found.ap_key}.html", f"badges/{found.ap_key}.svg"]


def of_a_job(text: str) -> list[str]:
    document = json.loads(PLAN)
    document["jobs"][0] |= {"name": text, "model_key": f"Thin_Doe2026Net_{text.replace('-', '_')}"}
    return [f"{job.name}/result.json" for job in read_plan(json.dumps(document).encode()).jobs]


def of_a_file(text: str) -> list[str]:
    found = drive_id(text)
    return [f"files/ids/{found}.json", f"mirror/{found}"]


ENTRY = entry_bytes(boards.entry("Thin"))
PLAN = plan_bytes(make_plan(lifecycle.submission(), lifecycle.PROTOCOL, lifecycle.approved()))
PATHS = {of_a_key: KEY, of_an_entry: "Thin_Author2026Title", of_a_job: "R18-CIFAR10-US-90", of_a_file: f"1{'a' * 32}"}


@pytest.mark.parametrize("paths", PATHS)
def test_of_good_words_paths_are_made(paths: Callable[[str], list[str]]) -> None:
    assert paths(PATHS[paths])


@pytest.mark.hostile
@examples(200)
@given(
    st.sampled_from(list(PATHS)),
    st.sampled_from(NAUGHTY["path"] + NAUGHTY["unicode"] + NAUGHTY["invisible"]) | st.text(max_size=3),
    st.integers(-40, 40),
)
def test_a_path_of_any_words_leads_below_its_folder_or_is_never_made(
    paths: Callable[[str], list[str]], text: str, place: int
) -> None:
    """Put into good words, in their place, or in the place of a part of them."""
    good = PATHS[paths]
    for words in (text, good[:place] + text + good[place:], good[:place] + text + good[place + len(text) :]):
        try:
            made = paths(words)
        except ValueError:  # each refusal is one of these
            continue
        for path in map(PurePosixPath, made):
            assert not path.is_absolute()
            assert all(re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}", part) for part in path.parts), path


@pytest.mark.hostile
@examples(200)
@given(hostile | st.builds(lambda text: f"https://drive.google.com/file/d/{text}/view", hostile))
def test_a_link_leads_to_an_id_or_nowhere(text: str) -> None:
    try:
        found = drive_id(text)
    except DriveLinkError:
        return
    assert re.fullmatch(r"[A-Za-z0-9_-]{25,60}", found)
    assert found in text or "%" in text  # never made up


@pytest.mark.hostile
@examples(100)
@given(hostile)
def test_no_text_is_fetched_as_an_id(text: str) -> None:
    if re.fullmatch(r"[A-Za-z0-9_-]{25,60}", text):
        return
    with pytest.raises(ValueError, match="nobody validated"):
        fetch(
            RemoteFile(id=text, extension=".pt"),
            store=Store(Path("/nowhere/at/all")),
            mirror=Path("/nowhere/at/all"),
            limits=DownloadLimits(),
            where="checkpoint",
            drive=None,
        )


@pytest.mark.hostile
@examples(100)
@given(
    st.lists(st.sampled_from(ALL) | st.sampled_from(("/apbot", " retry", "\n", "```", "> ")) | st.text(max_size=4)).map(
        "".join
    )
)
def test_any_comment_gives_a_command_or_none(text: str) -> None:
    spoken = command_in(text, by_a_bot=False)
    assert spoken is None or len(spoken.word) <= 40
    assert command_in(text, by_a_bot=True) is None
