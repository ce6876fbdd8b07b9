"""What a pull request brings as evidence: the result files of its checkpoints, and the certificates of the runs that left them.

The job that proposes a result checks in full whose certificate it is (`bot.stages.own_certificate`). One that is not of that run is
no evidence, and nothing is proposed with it; one that does not speak of a result is left out. A proposal that is made anew later
keeps what it holds, so that no other job needs the library which checks signatures.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from apcore.json_shape import ShapeError
from apcore.model_key import ModelKey
from bot.certificate.place import CERTIFICATE_FILE, evidence_path, result_name
from bot.certificate.statement import statement_in
from bot.github.ports import Contents
from bot.stages.handed_over import Handovers


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFile:
    """A result as its run handed it over."""

    key: ModelKey
    run: int
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a run has left, after it was looked at.

    Args:
        bundle: its bytes, empty if there is none that counts.
        subjects: SHA-256 of the files of which it speaks.
        missing: what an operator wants to read of a run without one.
        refused: why it is not one of that run, in words; empty if it is, or if there is none.
    """

    bundle: bytes = b""
    subjects: frozenset[str] = frozenset()
    missing: str = ""
    refused: str = ""


_NONE: Final = Certificate()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is proposed besides the numbers.

    Args:
        files: by their place in the repository.
        certified: the results of which a certificate speaks.
        log: what an operator wants to read.
        refused: the certificates with which nothing may be proposed, in words, each with its run.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    certified: frozenset[ModelKey] = frozenset()
    log: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def evidence_of(results: Iterable[ResultFile], certificate_of: Callable[[int], Certificate]) -> Evidence:
    """The files of `results`, each beside the certificate of its run, if that speaks of it.

    Args:
        results: of a submission.
        certificate_of: looks at what a run has left; asked once for each.
    """
    files: dict[str, bytes] = {}
    certified: set[ModelKey] = set()
    found: dict[int, Certificate] = {}
    for result in results:
        if result.run not in found:
            found[result.run] = certificate_of(result.run)
        files[evidence_path(result.run, result_name(result.key))] = result.raw
        if hashlib.sha256(result.raw).hexdigest() in found[result.run].subjects:
            files[evidence_path(result.run, CERTIFICATE_FILE)] = found[result.run].bundle
            certified.add(result.key)
    return Evidence(
        files=files,
        certified=frozenset(certified),
        log=tuple(one.missing for one in found.values() if one.missing),
        refused=tuple(f"the certificate of run {run}: {one.refused}" for run, one in found.items() if one.refused),
    )


def left_by(handovers: Handovers, check: Callable[[bytes, int], Certificate]) -> Callable[[int], Certificate]:
    """The certificates in the artifacts of runs, each as `check` finds it."""

    def certificate(run: int) -> Certificate:
        bundle = handovers.certificate(run)
        return check(bundle, run) if bundle else Certificate(missing=f"run {run} has left no certificate")

    return certificate


def proposed_at(contents: Contents, commit: str) -> Callable[[int], Certificate]:
    """The certificates that a commit of the bot's own branch holds; they were checked before they came there."""

    def certificate(run: int) -> Certificate:
        bundle = contents.read_file(commit, evidence_path(run, CERTIFICATE_FILE))
        try:
            return Certificate(bundle=bundle, subjects=frozenset(statement_in(bundle).subjects)) if bundle else _NONE
        except ShapeError:
            return _NONE

    return certificate
