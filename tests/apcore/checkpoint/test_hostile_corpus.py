"""Hostile files, each through the confined child as a submission's would be: refused, with words of its own, and nothing ran.

With every change most of them are read in a fork of the tests' process (`tests/doubles/forked_reader.py`), by night each in a
process that is started for it.
"""

import re
import tempfile
from collections import defaultdict
from pathlib import Path

import pytest
from doubles import hostile_corpus
from doubles.processor_time import computed_by_children

from apcore.checkpoint.distances import DISTANCES_LIMITS, read_distances
from apcore.checkpoint.reading import CHECKPOINT_LIMITS, read_checkpoint
from apcore.errors import ContributorError

# Built once: two of the files alone take a second.
_FOLDER = tempfile.TemporaryDirectory(prefix="apbot-canary-")
CANARY = Path(_FOLDER.name) / "canary"
FILES = {"checkpoint": hostile_corpus.checkpoints(CANARY), "distances": hostile_corpus.distances(CANARY)}
READERS = {"checkpoint": read_checkpoint, "distances": read_distances}
CORPUS = [(kind, name) for kind, files in FILES.items() for name in files]
IDS = [f"{kind}: {name}" for kind, name in CORPUS]
GOLDEN = Path(__file__).parents[2] / "golden" / "hostile"

REFUSED_WITHIN_S = 10.0
IMPORTS_S = {"checkpoint": 3.0, "distances": 1.0}  # on a slow machine; distances need no torch

PROGRAMS = [f"program in protocol {protocol}" for protocol in range(6)]
IN_ARCHIVES = [f"program in an archive, protocol {protocol}" for protocol in range(6)]
SAME_FAULT = {
    "checkpoint": {
        "a web page": {"web page", "web page behind a byte order mark"},
        "a pickle without a container, whatever its protocol": {
            f"program in a bare pickle of protocol {protocol}" for protocol in range(6)
        },
        "a program, wherever it hides": {
            *IN_ARCHIVES[:4],
            "program beside the tensors",
            "program beside the tensors, old file",
            "program behind an old file's header",
        },
        "a protocol that torch.save does not use by itself": set(IN_ARCHIVES[4:]),
        "records compressed, by whatever method": {"archive with a deflated record", "archive with a bzip2 record"},
        "something appended, in both containers": {
            "archive with bytes behind its end",
            "old file with bytes behind its end",
        },
        "a storage that claims more, in both containers": {
            "storage that claims more than its record",
            "old file whose storage claims more",
        },
        "a whole model, in both containers": {"whole model", "whole model, old file"},
        "a list, which nobody looks into": {"list in itself", "list 200,000 deep"},
    },
    "distances": {"a program, wherever it hides": {*PROGRAMS, "program among tensors"}},
}
"""Files that are refused with the same words, since the author changes the same; any other two have words of their own."""


STARTED_BY_DAY = {
    ("checkpoint", "program in an archive, protocol 2"),
    ("checkpoint", "program behind an old file's header"),
    ("checkpoint", "key that takes years to hash"),
    ("distances", "program in protocol 4"),
}
"""Each container's program, and the slowest file: with every change they are read by a process that is started for each."""


def place_of(kind: str, name: str) -> Path:
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return Path(kind) / f"{slug}.txt"


def test_the_corpus_has_what_it_is_measured_by() -> None:
    assert len(CORPUS) >= 60


@pytest.mark.parametrize(
    ("kind", "name"),
    [pytest.param(*file, marks=[pytest.mark.started_reader] if file in STARTED_BY_DAY else []) for file in CORPUS],
    ids=IDS,
)
def test_a_hostile_file_is_refused_with_words_of_its_own(kind: str, name: str, tmp_path: Path, golden) -> None:
    golden(f"hostile/{place_of(kind, name)}", refusal(kind, name, tmp_path))


@pytest.mark.nightly
@pytest.mark.started_reader
@pytest.mark.parametrize(("kind", "name"), CORPUS, ids=IDS)
def test_it_is_by_a_process_that_is_started_for_it(kind: str, name: str, tmp_path: Path, golden) -> None:
    golden(f"hostile/{place_of(kind, name)}", refusal(kind, name, tmp_path))


def refusal(kind: str, name: str, folder: Path) -> str:
    """The words with which a file of the corpus is refused in time, and runs nothing."""
    path = folder / "file"
    path.write_bytes(FILES[kind][name])
    with computed_by_children() as computed_s, pytest.raises(ContributorError) as refused:
        READERS[kind](path)
    # One thread, which waits for nothing: on a machine with a processor to spare, the clock on the wall shows the same.
    assert computed_s() < REFUSED_WITHIN_S
    assert not CANARY.exists()
    return f"{refused.value.message}\n  {refused.value.fix}\n"


@pytest.mark.parametrize("kind", FILES)
def test_two_files_share_words_only_if_the_fault_is_the_same(kind: str) -> None:
    """By the golden files, which the test above holds against what is said."""
    told: dict[str, set[str]] = defaultdict(set)
    for name in FILES[kind]:
        told[(GOLDEN / place_of(kind, name)).read_text(encoding="utf-8")].add(name)
    shared = sorted(map(sorted, (names for names in told.values() if len(names) > 1)))
    assert shared == sorted(map(sorted, SAME_FAULT[kind].values()))


def test_no_words_are_kept_of_files_that_are_gone() -> None:
    kept = {path.relative_to(GOLDEN) for path in GOLDEN.rglob("*.txt")}
    assert kept == {place_of(kind, name) for kind, name in CORPUS}


@pytest.mark.parametrize("kind", FILES)
def test_no_file_of_such_a_size_can_be_computed_on_for_longer(kind: str) -> None:
    """Whatever is in it: a second is rounded up to, and after one more the kernel no longer asks."""
    limits = {"checkpoint": CHECKPOINT_LIMITS, "distances": DISTANCES_LIMITS}[kind]
    largest = max(map(len, FILES[kind].values()))
    assert IMPORTS_S[kind] + limits.cpu_s_for(largest) + 2 < REFUSED_WITHIN_S
