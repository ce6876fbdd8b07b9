"""What a pull request brings as evidence: the result files of its checkpoints, and the certificates of the runs that left them.

Who wrote a certificate is not checked here, for that takes a library which the job with the token does without. A certificate that
does not speak of a result is left out. A forged one would stand beside the result, and convince nobody: `apbot certificate check`.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from apcore.json_shape import ShapeError
from apcore.model_key import ModelKey
from bot.certificate.place import CERTIFICATE_FILE, evidence_path, result_name
from bot.certificate.statement import statement_in
from bot.stages.handed_over import Handovers


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFile:
    """A result as its run handed it over."""

    key: ModelKey
    run: int
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is proposed besides the numbers.

    Args:
        files: by their place in the repository.
        certified: the results of which a certificate speaks.
        log: what an operator wants to read.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    certified: frozenset[ModelKey] = frozenset()
    log: tuple[str, ...] = ()


def evidence_of(results: Iterable[ResultFile], handovers: Handovers) -> Evidence:
    """The files of `results`, each beside the certificate that its run has left, if it speaks of it."""
    files: dict[str, bytes] = {}
    certified: set[ModelKey] = set()
    bundles: dict[int, bytes] = {}
    subjects: dict[int, frozenset[str]] = {}
    log: list[str] = []
    for result in results:
        if result.run not in subjects:
            bundles[result.run] = handovers.certificate(result.run) or b""
            subjects[result.run], words = _subjects(result.run, bundles[result.run])
            log += words
        files[evidence_path(result.run, result_name(result.key))] = result.raw
        if hashlib.sha256(result.raw).hexdigest() in subjects[result.run]:
            files[evidence_path(result.run, CERTIFICATE_FILE)] = bundles[result.run]
            certified.add(result.key)
    return Evidence(files=files, certified=frozenset(certified), log=tuple(log))


def _subjects(run: int, bundle: bytes) -> tuple[frozenset[str], tuple[str, ...]]:
    """The hashes of which a certificate speaks, and what the log says."""
    if not bundle:
        return frozenset(), (f"run {run} has left no certificate",)
    try:
        return frozenset(statement_in(bundle).subjects), ()
    except ShapeError as exc:
        return frozenset(), (f"the certificate of run {run} cannot be used: {exc}",)
