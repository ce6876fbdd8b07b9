"""Every reason for which a checkpoint is refused, as its author reads it: tests/golden/checkpoint/refusals.md."""

import io

import pytest
import torch
from doubles.hostile_files import legacy, records, reduce_pickle, saved, state_dict, torch_zip

from apcore.checkpoint.refusals import explain, explain_global, too_much_cpu
from apcore.checkpoint.state_dict import load_state_dict
from apcore.errors import ContributorError

NAN = torch.tensor([1.0, float("nan")])
FILES = {
    "an empty file": b"",
    "a web page": b"<!doctype html>",
    "a tar archive": bytes(257) + b"ustar",
    "a bare pickle": b"\x80\x04N.",
    "a text file": b"hello",
    "a file of zeros": bytes(4096),
    "an array": b"\x93NUMPY\x01\x00",
    "a file that was cut off": saved(state_dict())[:-100],
    "a file with something appended": saved(state_dict()) + b"#!/bin/sh\n",
    "a file that lacks a record": torch_zip(records(saved(state_dict()))[0]),
    "a legacy file that was cut off": legacy(state_dict())[:-20],
    "a file that was compressed": torch_zip(bytes(1000), compression=8),
    "an archive of something else": torch_zip(b"N.").replace(b"data.pkl", b"data.txt"),
    "a TorchScript archive": torch_zip(b"N.", **{"constants.pkl": b"N."}),
    "a whole model": saved(torch.nn.Linear(1, 1)),
    "a model of the author's own class": torch_zip(reduce_pickle("models.resnet", "ResNet18")),
    "a command": torch_zip(reduce_pickle("os", "system")),
    "an EasyDict": torch_zip(reduce_pickle("easydict", "EasyDict")),
    "a numpy generator": torch_zip(reduce_pickle("numpy.random", "Generator")),
    "a list": saved([1, 2]),
    "a dictionary without tensors": saved({"epoch": 3, "arch": "resnet18"}),
    "two state dicts": saved({"net": state_dict(), "model": state_dict()}),
    "an entry that is no tensor": saved({"state_dict": state_dict(epoch=3)}),
    "not a number": saved(state_dict(**{"bn1.weight": NAN})),
    "not a finite number": saved(state_dict(**{"bn1.weight": -1 / torch.zeros(2)})),
    "an expanded view": saved({"w": torch.ones(1).expand(10**12)}),
    "a sparse tensor": saved({"w": torch.eye(2).to_sparse()}),
    "a tensor without data": saved({"w": torch.ones(1, device="meta")}),
    "a complex tensor": saved({"w": torch.ones(1, dtype=torch.complex64)}),
}
IN_THE_CHILD = {
    "too much computing": too_much_cpu(3),
    "too much memory": explain(MemoryError()),
    "a tensor of gigabytes": explain(RuntimeError("can't allocate memory: you tried to allocate 8000000000 bytes.")),
    "nested too deeply": explain(RecursionError()),
    "something that no table knows": explain(ValueError("?")),
    "a distributed tensor": explain_global("torch.distributed.tensor.DTensor"),
}


def test_every_refusal_says_what_is_wrong_and_what_to_do(golden) -> None:
    refusals = {}
    for name, data in FILES.items():
        with pytest.raises(ContributorError) as caught:
            load_state_dict(io.BytesIO(data), len(data))
        refusals[name] = caught.value
    said = [f"## {name}\n{error.message}\n> {error.fix}\n" for name, error in (refusals | IN_THE_CHILD).items()]
    golden("checkpoint/refusals.md", "# What is said of a checkpoint that is refused\n\n" + "\n".join(said))
