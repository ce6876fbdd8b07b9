"""Whose signature a certificate bears, checked without a network by the library `sigstore`.

Sigstore's chain, in short: GitHub tells Fulcio which job asks; Fulcio issues a certificate of ten minutes for that name; the
signature and its time stand in the public log Rekor. A bundle holds all of it, so that a trusted root, which is the public keys of
both, suffices. The root that the library brings with it is used, and the library's version is pinned by hash. A newer one that some
other program has left in the user's home is not looked at: what a check answers follows from what is named alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Final

from cryptography.hazmat import asn1
from cryptography.x509 import (
    Certificate,
    ExtensionNotFound,
    ObjectIdentifier,
    SubjectAlternativeName,
    UniformResourceIdentifier,
    UnrecognizedExtension,
)
from sigstore.errors import CertValidationError, Error, VerificationError
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier, policy

from apcore.errors import ContributorError, MachineError
from bot.certificate.place import SIGNING_WORKFLOW
from bot.certificate.statement import PAYLOAD_TYPE

ISSUER: Final = "https://token.actions.githubusercontent.com"
_SERVER: Final = "https://github.com"
_MAX_WORDS: Final = 200  # of the library's reasons, some of which print a whole proof
_PUBLIC_GOOD: Final = "https%3A%2F%2Ftuf-repo-cdn.sigstore.dev"
# Extensions of Fulcio's certificates (github.com/sigstore/fulcio, docs/oid-info.md).
_RUNNER: Final = ObjectIdentifier("1.3.6.1.4.1.57264.1.11")
_COMMIT: Final = ObjectIdentifier("1.3.6.1.4.1.57264.1.13")
_RUN: Final = ObjectIdentifier("1.3.6.1.4.1.57264.1.21")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A statement whose signature holds.

    Args:
        payload: the statement's bytes.
        signer: the workflow that signed, as an https address with its branch.
        commit: of the repository when it did.
        run: https address of the run, with its attempt.
        at: when the signer's certificate was issued; it is good for ten minutes, and the signature was made in them.
    """

    payload: bytes
    signer: str
    commit: str
    run: str
    at: datetime


class _OtherSignerError(VerificationError):
    """The signature is somebody else's; the words say whose."""


def signed_by(bundle: bytes, *, repository: str, branch: str, trusted_root: Path | None = None) -> Signed:
    """Check a certificate, and return what it signs.

    Args:
        bundle: Sigstore bundle, as `actions/attest` writes it.
        repository: `owner/name` that must have signed, on a machine of GitHub's.
        branch: whose `verify.yml` must have signed.
        trusted_root: file with the keys to trust; None for those of Sigstore's public instance.

    Raises:
        ContributorError: it is no bundle, or its signature is not one of that workflow that holds.
        MachineError: the trusted root cannot be read.
    """
    verifier = _verifier(trusted_root)
    expected = _Expected(repository=repository, branch=branch)
    try:
        found = Bundle.from_json(bundle)
    except (Error, ValueError) as exc:
        raise _refused("it is no Sigstore bundle", "take the file that the run has left, as it is") from exc
    try:
        kind, payload = verifier.verify_dsse(found, expected)
    except _OtherSignerError as exc:
        raise _refused(str(exc), "take the certificate that stands beside the file in the repository") from exc
    except CertValidationError as exc:
        raise _refused(
            "whoever issued it is not trusted, or was not when it was signed",
            "take another `--trusted-root`, or none; a newer `sigstore` brings newer keys",
        ) from exc
    except (Error, ValueError) as exc:
        why = str(exc)[:_MAX_WORDS]
        raise _refused(f"its signature does not hold: {why}", "do not trust the file; take both anew") from exc
    if kind != PAYLOAD_TYPE:
        raise _refused("it signs no statement", "take the file that the run has left, as it is")
    return _signed(found.signing_certificate, payload)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Expected:
    """The policy: issuer, workflow and branch, repository, and a machine of GitHub's, each with words of its own."""

    repository: str
    branch: str

    def verify(self, cert: Certificate) -> None:
        """Raise `_OtherSignerError` for the first that is not as expected; called by the library once the chain holds."""
        source = f"{_SERVER}/{self.repository}"
        signer = f"{source}/{SIGNING_WORKFLOW}@refs/heads/{self.branch}"
        checks: tuple[tuple[policy.VerificationPolicy, Callable[[], str]], ...] = (
            (policy.OIDCIssuerV2(ISSUER), lambda: "it was not issued for a job of GitHub Actions"),
            (
                policy.OIDCSourceRepositoryURI(source),
                lambda: f"it is signed by {_signer(cert)}, not by a workflow of {source}",
            ),
            (policy.Identity(identity=signer), lambda: f"it is signed by {_signer(cert)}, not by {signer}"),
            (
                policy.OIDCRunnerEnvironment("github-hosted"),
                lambda: f"it is signed on a machine that is {_text(cert, _RUNNER)}, not GitHub's own",
            ),
        )
        for check, words in checks:
            try:
                check.verify(cert)
            except (VerificationError, ExtensionNotFound) as exc:
                raise _OtherSignerError(words()) from exc


def _verifier(path: Path | None) -> Verifier:
    try:
        if path is not None:
            return Verifier(trusted_root=TrustedRoot.from_file(str(path)))
        # A resource of the library that it gives out only by way of a copy in the user's home, which it never renews offline.
        shipped = resources.files("sigstore").joinpath("_store", _PUBLIC_GOOD, "trusted_root.json")
        with resources.as_file(shipped) as file:
            return Verifier(trusted_root=TrustedRoot.from_file(str(file)))
    except (Error, ValueError, OSError) as exc:
        raise MachineError(
            where=str(path) if path else "sigstore",
            message="no trusted root can be read from it",
            fix="name a `trusted_root.json` of Sigstore, or install `sigstore` anew",
        ) from exc


def _signed(cert: Certificate, payload: bytes) -> Signed:
    return Signed(
        payload=payload,
        signer=_signer(cert),
        commit=_text(cert, _COMMIT),
        run=_text(cert, _RUN),
        at=cert.not_valid_before_utc,
    )


def _signer(cert: Certificate) -> str:
    try:
        names = cert.extensions.get_extension_for_class(SubjectAlternativeName).value
    except ExtensionNotFound:
        return "nobody"
    return ", ".join(names.get_values_for_type(UniformResourceIdentifier)) or "someone who is no workflow"


def _text(cert: Certificate, oid: ObjectIdentifier) -> str:
    """An extension's text; what the issuer wrote, which is checked before this is called."""
    try:
        found = cert.extensions.get_extension_for_oid(oid).value
        return asn1.decode_der(str, found.value) if isinstance(found, UnrecognizedExtension) else "unknown"
    except (ExtensionNotFound, ValueError):
        return "unknown"


def _refused(message: str, fix: str) -> ContributorError:
    return ContributorError(where="certificate", message=message, fix=fix)
