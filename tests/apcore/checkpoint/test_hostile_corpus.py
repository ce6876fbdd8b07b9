"""Hostile files, each through the confined child as a submission's would be: refused, with words of its own, and nothing ran."""

import re
import tempfile
from pathlib import Path

import pytest
from doubles import hostile_corpus

from apcore.checkpoint.distances import read_distances
from apcore.checkpoint.reading import read_checkpoint
from apcore.errors import ContributorError

# Built once: two of the files alone take a second.
_FOLDER = tempfile.TemporaryDirectory(prefix="apbot-canary-")
CANARY = Path(_FOLDER.name) / "canary"
FILES = {"checkpoint": hostile_corpus.checkpoints(CANARY), "distances": hostile_corpus.distances(CANARY)}
READERS = {"checkpoint": read_checkpoint, "distances": read_distances}
CORPUS = [(kind, name) for kind, files in FILES.items() for name in files]


def test_the_corpus_has_what_it_is_measured_by() -> None:
    assert len(CORPUS) >= 60


@pytest.mark.parametrize(("kind", "name"), CORPUS, ids=[f"{kind}: {name}" for kind, name in CORPUS])
def test_a_hostile_file_is_refused_with_words_of_its_own(kind: str, name: str, tmp_path: Path, golden) -> None:
    path = tmp_path / "file"
    path.write_bytes(FILES[kind][name])
    with pytest.raises(ContributorError) as refused:
        READERS[kind](path)
    assert not CANARY.exists()
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    golden(f"hostile/{kind}/{slug}.txt", f"{refused.value.message}\n  {refused.value.fix}\n")
