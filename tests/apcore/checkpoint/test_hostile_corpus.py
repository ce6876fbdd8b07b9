"""Hostile files, each through the confined child as a submission's would be: refused, with words of its own, and nothing ran."""

import re
from pathlib import Path

import pytest
from doubles import hostile_corpus

from apcore.checkpoint.distances import read_distances
from apcore.checkpoint.reading import read_checkpoint
from apcore.errors import ContributorError

_UNUSED = Path("/nonexistent/canary")
CHECKPOINTS = hostile_corpus.checkpoints(_UNUSED)
DISTANCES = hostile_corpus.distances(_UNUSED)
READERS = {
    "checkpoint": (hostile_corpus.checkpoints, read_checkpoint),
    "distances": (hostile_corpus.distances, read_distances),
}
CORPUS = [("checkpoint", name) for name in CHECKPOINTS] + [("distances", name) for name in DISTANCES]


def test_the_corpus_has_what_it_is_measured_by() -> None:
    assert len(CORPUS) >= 60


@pytest.mark.parametrize(("kind", "name"), CORPUS, ids=[f"{kind}: {name}" for kind, name in CORPUS])
def test_a_hostile_file_is_refused_with_words_of_its_own(kind: str, name: str, tmp_path: Path, golden) -> None:
    canary, path = tmp_path / "canary", tmp_path / "file"
    build, read = READERS[kind]
    path.write_bytes(build(canary)[name])
    with pytest.raises(ContributorError) as refused:
        read(path)
    assert not canary.exists()
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    golden(f"hostile/{kind}/{slug}.txt", f"{refused.value.message}\n  {refused.value.fix}\n")
