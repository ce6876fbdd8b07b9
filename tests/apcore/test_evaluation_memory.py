"""While a network is attacked, neither what its file held nor the network made of that stands in memory beside it."""

import gc
import weakref
from dataclasses import replace
from pathlib import Path

import pytest
from doubles.demo import ASSETS, IDS

from apcore import benchmark
from apcore.model_key import ModelKey
from apcore.networks.network import network_from_arrays
from apcore.protocol import load_protocol
from apcore.suite_run import file_sha256
from apcore.task import Task


class _AttackBeginsError(Exception):
    pass


def test_what_the_file_held_is_freed_before_an_attack_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, freed = ASSETS / "files" / IDS[90], list[weakref.ref]()
    inspect = benchmark.inspect_checkpoint

    def inspected(*args, **options):
        found = inspect(
            *args, **options
        )  # other tests may hold what was read, so this evaluation gets arrays of its own
        stored = {name: array.copy() for name, array in found.stored.tensors.items()}
        unwrapped = {name: array.copy() for name, array in found.resolved.unwrapped.tensors.items()}
        weights = {name: array.copy() for name, array in found.weights.items()}
        freed.extend(weakref.ref(array) for arrays in (stored, unwrapped, weights) for array in arrays.values())
        resolved = replace(found.resolved, unwrapped=replace(found.resolved.unwrapped, tensors=unwrapped))
        return replace(found, stored=replace(found.stored, tensors=stored), resolved=resolved, weights=weights)

    def as_stored(*args, **options):
        network = network_from_arrays(*args, **options)
        freed.append(weakref.ref(network))
        return network

    def attack(*_args, **_options):
        assert [what() for what in freed if what() is not None] == []
        raise _AttackBeginsError

    monkeypatch.setattr(benchmark, "inspect_checkpoint", inspected)
    monkeypatch.setattr(benchmark, "network_from_arrays", as_stored)
    monkeypatch.setattr(benchmark, "run_probes", attack)
    task = Task(
        key=ModelKey.parse("FilterPruning_Demo2026Digits_R6_DIGITS_S_90"),
        checkpoint=path,
        checkpoint_sha256=file_sha256(path),
        protocol=load_protocol("demo"),
        work=tmp_path,
    )
    gc.disable()
    try:
        with pytest.raises(_AttackBeginsError):
            benchmark.benchmark(task)
    finally:
        gc.enable()
    assert len(freed) > 1
