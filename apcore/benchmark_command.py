"""`apcore benchmark`: one checkpoint, or a folder with up to a full suite of them."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from apcore.command_line import (
    CONTRIBUTOR,
    DONE,
    Commands,
    UsageError,
    add_command,
    add_evaluation_options,
    add_normalization_option,
    model_key,
)
from apcore.failure import Failure, Turn, exit_code
from apcore.json_argument import json_argument
from apcore.model_key import ModelKey, ModelKeyError
from apcore.protocol import load_protocol
from apcore.result import Result
from apcore.suite import KEYS_FILE, Suite, keys_from, suite_of

if TYPE_CHECKING:
    from apcore.run_folder import RunFolder
    from apcore.task import Task

_TURNS = {
    Turn.CONTRIBUTOR: "yours to mend",
    Turn.MACHINE: "this machine's fault, not the checkpoint's",
    Turn.SERVICE: "try again later",
}


def add_benchmark(commands: Commands) -> None:
    """`apcore benchmark`."""
    parser = add_command(
        commands,
        "benchmark",
        summary="evaluate a checkpoint, or a folder of them, and print the blocks to paste; run again, it resumes",
        example="apcore benchmark checkpoints --out run --data data",
        run=_benchmark,
    )
    parser.add_argument(
        "checkpoint",
        type=Path,
        metavar="CKPT",
        help=f"a file, or a folder of files named <model key>.pt or as {KEYS_FILE} in it says",
    )
    parser.add_argument("--model-key", metavar="KEY", help="of a file that is not named after its key")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="where results, outcomes and state are left"
    )
    add_normalization_option(parser)
    add_evaluation_options(parser)


def _benchmark(options: argparse.Namespace) -> int:
    from apcore.run_folder import RunFolder  # noqa: PLC0415 - numpy, which `--help` does not need

    folder = RunFolder(options.out)
    if not options.checkpoint.is_dir():
        return _one(options, folder)
    if options.model_key:
        raise UsageError(f"--model-key is for one file; {options.checkpoint} is a folder, whose files say their keys")
    suite = _suite(options.checkpoint)
    with folder.locked():
        return _many(options, suite, folder)


def _one(options: argparse.Namespace, folder: "RunFolder") -> int:
    from apcore.claim_block import claim_block  # noqa: PLC0415 - torch, which `--help` does not need
    from apcore.suite_run import measure_one  # noqa: PLC0415

    key = model_key(options.model_key) if options.model_key else _key_in(options.checkpoint)
    with folder.locked():
        result, repeated = measure_one(_task(options, folder, key, options.checkpoint), folder, sys.stderr)
    if repeated:
        _say("measured by an earlier run")
    _say(f"result and outcomes are in {options.out / 'results'}")
    if result.partial:
        _say(_PARTIAL)
    print(claim_block(result))
    return DONE


def _many(options: argparse.Namespace, suite: Suite, folder: "RunFolder") -> int:
    from apcore.claim_block import claim_block  # noqa: PLC0415 - torch, which `--help` does not need
    from apcore.device import usable_device  # noqa: PLC0415
    from apcore.suite_run import measure_suite  # noqa: PLC0415

    usable_device(options.device)
    for name, wrong in suite.unnamed:
        _say(f"left out: {name}: {wrong}")
    found = measure_suite(
        [(key, options.checkpoint / name) for key, name in suite.checkpoints],
        lambda key, path: _task(options, folder, key, path),
        folder,
        sys.stderr,
    )
    print("\n\n".join(claim_block(result) for result in found.results))
    sys.stdout.flush()
    if found.results:
        _say(f"results and outcomes are in {options.out / 'results'}")
    for failure in found.failures:
        _say(_failure_words(failure))
    for line in _ending(options.out, found.results, found.failures, suite):
        _say(line)
    return exit_code(found.failures) or (CONTRIBUTOR if suite.unnamed else DONE)


_PARTIAL = "this is a partial run: its numbers are no claim about the protocol"


def _ending(out: Path, results: tuple[Result, ...], failures: tuple[Failure, ...], suite: Suite) -> list[str]:
    """What comes next, and a last line that is true."""
    count = len(suite.checkpoints) + len(suite.unnamed)
    partial = any(result.partial for result in results)
    lines = [_PARTIAL] if partial else []
    if failures or suite.unnamed:
        return [*lines, f"not complete: {count - len(results)} of {count} checkpoints were not measured"]
    if not partial:
        lines.append(f"next: apcore submission {out} --taxonomy FILE (apcore taxonomy new writes one)")
    return [*lines, f"done: {count} of {count} checkpoints are measured{', in part' if partial else ''}"]


def _failure_words(failure: Failure) -> str:
    return (
        f"{failure.model_key}: {failure.where}: {failure.message}\n  what to do ({_TURNS[failure.turn]}): {failure.fix}"
    )


def _suite(folder: Path) -> Suite:
    names = [path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]
    keys = keys_from(json_argument(folder / KEYS_FILE)) if KEYS_FILE in names else {}
    suite = suite_of(names, keys)
    if not suite.checkpoints:
        seen = f"; {suite.unnamed[0][0]}: {suite.unnamed[0][1]}" if suite.unnamed else ""
        raise UsageError(
            f"{folder} holds no checkpoint whose name begins with its model key, and no {KEYS_FILE} that says them{seen}"
        )
    return suite


def _key_in(path: Path) -> ModelKey:
    try:
        return ModelKey.parse(path.name.split(".")[0])
    except ModelKeyError as exc:
        raise UsageError(f"{path.name} is not named after its model key, so --model-key is needed: {exc}") from exc


def _task(options: argparse.Namespace, folder: "RunFolder", key: ModelKey, path: Path) -> "Task":
    from apcore.suite_run import file_sha256  # noqa: PLC0415 - torch, which `--help` does not need
    from apcore.task import Task  # noqa: PLC0415

    return Task(
        key=key,
        checkpoint=path,
        checkpoint_sha256=file_sha256(path),
        protocol=load_protocol(options.protocol),
        work=folder.work(key),
        data=options.data,
        normalization=options.normalization,
        limit=options.limit,
        device=options.device,
        seed=options.seed,
    )


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
