"""A file against its certificate: read both, check the signature, look for the file in what is signed, hold a result's numbers."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from apcore.accuracy import Measure
from apcore.errors import ContributorError
from apcore.json_shape import ShapeError
from apcore.protocol import ProtocolError, load_protocol
from apcore.rejudge import rejudge
from apcore.result import Result
from apcore.result_json import RESULT_SCHEMA, read_result
from bot.certificate.signature import Signed, signed_by
from bot.certificate.statement import MAX_BYTES, read_statement


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateOrder:
    """One check.

    Args:
        file: what was certified, or so it is said.
        certificate: Sigstore bundle.
        repository: `owner/name` that must have signed.
        branch: whose workflow must have signed.
        trusted_root: keys to trust; None for those of Sigstore's public instance.
    """

    file: Path
    certificate: Path
    repository: str
    branch: str = "main"
    trusted_root: Path | None = None


def check_certificate(order: CertificateOrder) -> list[str]:
    """What holds of the file, in lines for a person.

    Raises:
        ContributorError: the certificate is not that repository's, or not of this file, or the file contradicts itself.
        MachineError: the trusted root cannot be read.
        OSError: a file cannot be read.
    """
    raw = order.file.read_bytes()
    signed = signed_by(
        _read_bundle(order.certificate),
        repository=order.repository,
        branch=order.branch,
        trusted_root=order.trusted_root,
    )
    name = _certified_as(raw, signed, order)
    return [f"{order.file}: is the file that was certified", *_certified(name, signed), *_numbers(raw, order.file)]


def _read_bundle(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _certified_as(raw: bytes, signed: Signed, order: CertificateOrder) -> str:
    """The name under which a file was certified."""
    try:
        subjects = read_statement(signed.payload).subjects
    except ShapeError as exc:
        raise ContributorError(
            where=str(order.certificate), message=str(exc), fix="take the file that the run has left, as it is"
        ) from exc
    sha256 = hashlib.sha256(raw).hexdigest()
    if sha256 not in subjects:
        raise ContributorError(
            where=str(order.file),
            message=f"its SHA-256 is {sha256}, and none of the {len(subjects)} files of this certificate has that",
            fix="it was changed since, or is another run's: take it anew from the repository, byte for byte",
        )
    return subjects[sha256]


def _certified(name: str, signed: Signed) -> Iterator[str]:
    yield f"  certified as  {name}"
    yield f"  signed by     {signed.signer}, on a machine of GitHub's"
    yield f"  in the run    {signed.run}"
    yield f"  at the commit {signed.commit}"
    yield f"  on            {signed.at:%Y-%m-%d %H:%M} UTC, within ten minutes"


def _numbers(raw: bytes, file: Path) -> Iterator[str]:
    if not _is_result(raw):
        yield "  it is no result: there are no numbers to hold against each other"
        return
    try:
        result = read_result(raw)
        judged = _judged_anew(result)
    except ShapeError as exc:
        raise ContributorError(
            where=str(file),
            message=f"is certified, but contradicts itself: {exc}",
            fix="do not use its numbers, and open an issue: the run should not have accepted it",
        ) from exc
    shown = ", ".join(
        f"{label} {100 * result.accuracies[measure].value:.2f} %"
        for label, measure in (
            ("clean", Measure.CLEAN),
            ("AutoAttack", Measure.AA_ROBUST),
            ("HO-FMN", Measure.HOFMN_ROBUST),
        )
        if measure in result.accuracies
    )
    yield f"  its numbers   agree with one another: {result.model_key}, {shown}"
    yield f"  its verdicts  {judged}"


def _is_result(raw: bytes) -> bool:
    try:
        found = json.loads(raw)
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("$schema") == RESULT_SCHEMA


def _judged_anew(result: Result) -> str:
    """Whether verdicts follow from the numbers, as far as the protocol is still the one of then."""
    try:
        protocol = load_protocol(result.protocol.name)
    except ProtocolError:
        protocol = None
    if protocol is None or protocol.sha256 != result.protocol.sha256:
        return f"not judged anew: this version of apbot has no {result.protocol.name} with that hash"
    rejudge(result, protocol)
    return f"follow from them under {protocol.name}"
