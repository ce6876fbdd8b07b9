"""Any text at all, read as an issue, a key or a link: an answer, narrow types, and paths that stay where they belong."""

import re
from pathlib import Path

import pytest
from doubles.bodies import body
from doubles.examples import examples
from doubles.naughty import ALL
from hypothesis import given
from hypothesis import strategies as st

from apcore.files.fetch import fetch
from apcore.files.limits import DownloadLimits
from apcore.files.remote_file import RemoteFile
from apcore.files.store import Store
from apcore.model_key import ModelKey, ModelKeyError
from apcore.protocol import load_protocol
from bot.lifecycle.commands import command_in
from bot.stages.workspace import Workspace
from bot.submission.drive import DriveLinkError, drive_id
from bot.submission.reading import read_submission

PROTOCOL = load_protocol("apb-2024")
FORM = body("form")
LABELS = tuple(re.findall(r"^[A-Z][^:\n]*: ", FORM, re.MULTILINE))
KEY = "Thin_Doe2026Net_R18_CIFAR10_US_90"
hostile = st.lists(st.sampled_from(ALL) | st.text(max_size=8), min_size=1, max_size=5).map(" ".join)
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
