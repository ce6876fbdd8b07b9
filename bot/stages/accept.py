"""Before results are certified: what the jobs of a run handed over is decided, and only what passes is left for the signature.

The job that signs runs nothing of ours and reads nothing: it signs the files that this one leaves, whatever is in them. So what a
stranger's bytes may have touched is decided here, by a job that may read artifacts and can sign nothing; `bot.stages.publish`
decides it once more, from the artifacts, and takes nothing from here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

from apcore.command_line import DONE
from apcore.durable import write_whole
from apcore.errors import MachineError
from apcore.protocol import Protocol
from bot.certificate.place import BILL_FILE, outcomes_name, result_name
from bot.github.ports import Repository
from bot.lifecycle.handover import OUTCOMES_FILE, RESULT_FILE, Accepted, Artifact, HandoverError, receive
from bot.lifecycle.record import Run
from bot.stages.evidence import backed
from bot.stages.handed_over import Handovers
from bot.stages.outputs import flag, write_outputs

PERMISSIONS: Final = {"actions": "read"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptOrder:
    """One run of `accept`.

    Args:
        run: id of the workflow run that measured.
        issue: its number.
        sha256: of the submission that was approved.
        bill: the bill of materials of the machines that measured.
        out: where the files are left that may be certified.
        protocol: under which it was measured.
    """

    run: int
    issue: int
    sha256: str
    bill: Path
    out: Path
    protocol: Protocol


def accept_results(order: AcceptOrder, github: Repository, stream: TextIO, environment: Mapping[str, str]) -> int:
    """Leave what passes, and tell the workflow whether there is anything: `accepted=true` or `accepted=false`.

    Args:
        order: what to accept.
        github: the repository, whose artifacts are read.
        stream: gets what an operator wants to read.
        environment: names the file for the workflow.

    Raises:
        MachineError: the run handed over what is not its own; nothing of it is taken.
        TurnError: GitHub failed; the same command may be run again.
    """
    try:
        files, refusals = _accepted(order, Handovers(github.runs))
    except HandoverError as exc:
        raise MachineError(
            where=f"run {order.run}",
            message=f"nothing of this run is taken: {exc}",
            fix="look at its log and artifacts; without a certificate its results are not lost",
        ) from exc
    for refusal in refusals:
        print(refusal, file=stream, flush=True)
    if files:
        files[BILL_FILE] = order.bill.read_bytes()
    for name, content in files.items():
        write_whole(order.out / name, content)
        print(f"{name}: {len(content):,} bytes", file=stream, flush=True)
    if not files:
        print("no result of this run can be certified", file=stream, flush=True)
    write_outputs(environment, {"accepted": flag(value=bool(files))})
    return DONE


def _accepted(order: AcceptOrder, handovers: Handovers) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """The files by name, and why others were refused."""
    run = Run(id=order.run, submission=order.sha256, started=datetime.now(UTC))
    began = handovers.order(run, order.issue)
    artifacts = handovers.outcomes_of(run, began.plan, order.protocol)
    fetched = handovers.fetched(run).hashes
    handed = receive(artifacts, began.plan, run, began.submission, order.protocol, fetched=fetched)
    found = backed(handed, artifacts, began.submission, order.protocol).handed
    by_id = {artifact.id: artifact for artifact in artifacts}
    files = {name: raw for one in found.accepted for name, raw in _files(one, by_id[one.artifact])}
    return files, found.refusals


def _files(one: Accepted, artifact: Artifact) -> Iterator[tuple[str, bytes]]:
    key = one.result.model_key
    yield result_name(key, one.seed), artifact.files[RESULT_FILE]
    yield outcomes_name(key, one.seed), artifact.files[OUTCOMES_FILE]
