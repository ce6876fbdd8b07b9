"""The list of published files, held against the facts it was taken from."""

import json

import pytest

from apcore.model_key import ModelKey
from apcore.protocol import load_protocol
from apcore.published_files import EXAMPLE_OF_THE_OLDER_FORM, UNCERTAIN, Holds, published_files


def test_ids_are_those_of_one_file_each() -> None:
    ids = [file.id for file in published_files()]
    assert len(set(ids)) == len(ids)
    assert EXAMPLE_OF_THE_OLDER_FORM in ids


def test_every_file_is_of_a_model_that_its_protocol_admits() -> None:
    protocol = load_protocol("apb-2024")
    assert all(protocol.admits(file.model_key) for file in published_files())


def test_a_file_is_that_of_its_model_alone_except_where_the_list_cannot_tell() -> None:
    others = [ModelKey.parse("HARP_Zhao2023Holistic_R18_CIFAR10_US_90"), *sorted(UNCERTAIN)]
    for file in published_files():
        own = {key for key in others if file.is_of(key)}
        if file.holds is Holds.CHECKPOINT and file.model_key in UNCERTAIN:
            assert own == set(UNCERTAIN)
        else:
            assert own == {file.model_key} & set(others)


@pytest.mark.shared
def test_the_list_is_that_of_the_released_benchmark(shared) -> None:
    facts = json.loads((shared / "facts" / "drive_registry.json").read_text(encoding="utf-8"))
    listed = {
        (key, name, file["file_id"], file["extension"])
        for registry, name in (("models", "checkpoint"), ("distances", "distances"))
        for key, files in facts[registry].items()
        for file in (files if isinstance(files, list) else [files])
    }
    ours = {(f.registered_as or str(f.model_key), str(f.holds), f.id, f.extension) for f in published_files()}
    assert len(ours) == facts["counts"]["distinct_file_ids"]
    # A duplicate key of the list hides one of its two files there; both are kept here.
    [hidden] = [anomaly for anomaly in facts["anomalies"] if anomaly["kind"] == "duplicate_key"]
    assert {file[2] for file in ours ^ listed} <= set(hidden["file_ids"])
