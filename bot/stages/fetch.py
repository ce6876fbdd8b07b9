"""Fetch the files of a plan: hashed and never opened, by a job that has no token."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from apcore.command_line import DONE
from apcore.durable import write_whole
from apcore.errors import TurnError
from apcore.failure import Turn
from apcore.files.drive import GOOGLE_DRIVE, Drive
from apcore.files.fetch import fetch
from apcore.files.limits import DownloadLimits
from apcore.files.remote_file import RemoteFile
from apcore.files.store import Store
from apcore.model_key import ModelKey
from bot.lifecycle.fetched import FETCHED_FILE, Fetched, Got, Missed, fetched_bytes
from bot.stages.run_order import RunOrder, read_order

_WHOSE: Final = {Turn.CONTRIBUTOR: "the author's to mend", Turn.MACHINE: "ours to mend", Turn.SERVICE: "tried again"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchOrder:
    """One run of `fetch`.

    Args:
        plan: folder with the plan.
        files: where files are left by SHA-256, and `fetched.json`.
        mirror: folder with a file per Drive id, looked at before the network; None without one.
        drive: where files come from that the mirror lacks; None keeps the network out.
    """

    plan: Path
    files: Path
    mirror: Path | None = None
    drive: Drive | None = GOOGLE_DRIVE


def fetch_files(order: FetchOrder, stream: TextIO) -> int:
    """Fetch all files of the checkpoints that are to be measured; `stream` gets a line for each.

    A file that cannot be had fails nothing here: the job of its checkpoint hands over why.

    Raises:
        MachineError: there is no plan, or the folder cannot be written.
    """
    run = read_order(order.plan)
    order.files.mkdir(parents=True, exist_ok=True)
    found: dict[str, Got | Missed] = {}
    for key, where, file in _wanted(run):
        if file.id not in found:
            found[file.id] = _fetch_one(key, where, file, order, stream)
    fetched = Fetched(submission_sha256=run.submission.sha256, files=found)
    write_whole(order.files / FETCHED_FILE, fetched_bytes(fetched))
    print(f"{len(fetched.hashes)} of {len(found)} files are in {order.files}", file=stream, flush=True)
    return DONE


def _wanted(run: RunOrder) -> Iterator[tuple[ModelKey, str, RemoteFile]]:
    for model in run.submission.models:
        if model.key in run.plan.keys:
            files = {"checkpoint": model.checkpoint, "distances": model.distances, "outcomes": model.outcomes}
            yield from ((model.key, where, file) for where, file in files.items() if file is not None)


def _fetch_one(key: ModelKey, where: str, file: RemoteFile, order: FetchOrder, stream: TextIO) -> Got | Missed:
    store = Store(order.files)
    try:
        stored = fetch(file, store=store, mirror=order.mirror, limits=DownloadLimits(), where=where, drive=order.drive)
    except TurnError as exc:
        missed = Missed.of(key, exc)
        print(f"{key} {where}: not fetched, {_WHOSE[missed.turn]}: {missed.message}", file=stream, flush=True)
        return missed
    print(f"{key} {where}: {stored.size_bytes:,} bytes, {stored.sha256[:16]}, {stored.source}", file=stream, flush=True)
    return Got(sha256=stored.sha256, size_bytes=stored.size_bytes)
