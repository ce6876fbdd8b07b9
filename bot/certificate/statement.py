"""What a certificate says: an in-toto statement that names files by their SHA-256, inside a Sigstore bundle.

Reading it proves nothing: whether the signature holds is for `bot.certificate.signature` to say.

Sources: in-toto Statement v1 (github.com/in-toto/attestation, spec/v1/statement.md); DSSE envelope v1.0
(github.com/secure-systems-lab/dsse, envelope.md); SLSA provenance v1 (slsa.dev/spec/v1.0/provenance).
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from apcore import json_shape
from apcore.json_shape import ShapeError

MAX_BYTES: Final = 2_000_000
"""Of a bundle; one with the most subjects that GitHub signs, 1,024, has about 300,000."""

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
_STATEMENT: Final = "https://in-toto.io/Statement/v1"
_PROVENANCE: Final = "https://slsa.dev/provenance/v1"
_MAX_SUBJECTS: Final = 1024
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Statement:
    """The files that a certificate is about: their names by the SHA-256 of their bytes."""

    subjects: Mapping[str, str]


def statement_in(bundle: bytes) -> Statement:
    """The statement of a bundle whose signature nobody has looked at.

    Raises:
        ShapeError: the bytes are no bundle with such a statement.
    """
    if len(bundle) > MAX_BYTES:
        raise ShapeError(f"the certificate has {len(bundle):,} bytes, at most {MAX_BYTES:,} are read")
    envelope = _object(json_shape.parse(bundle), "the certificate").get("dsseEnvelope")
    found = _object(envelope, "dsseEnvelope")
    if found.get("payloadType") != PAYLOAD_TYPE:
        raise ShapeError("dsseEnvelope.payloadType: is not that of a statement")
    try:
        payload = base64.b64decode(found.get("payload") or "", validate=True)
    except (TypeError, ValueError, binascii.Error) as exc:
        raise ShapeError("dsseEnvelope.payload: is not Base64") from exc
    return read_statement(payload)


def read_statement(payload: bytes) -> Statement:
    """Read a statement.

    Raises:
        ShapeError: it is not one about where files come from.
    """
    document = _object(json_shape.parse(payload), "the statement")
    if (document.get("_type"), document.get("predicateType")) != (_STATEMENT, _PROVENANCE):
        raise ShapeError("the statement is not one about where files come from")
    subjects = document.get("subject")
    if not isinstance(subjects, list) or not 0 < len(subjects) <= _MAX_SUBJECTS:
        raise ShapeError(f"subject: is not a list of 1 to {_MAX_SUBJECTS} files")
    return Statement(dict(map(_subject, subjects)))


def _subject(found: Any) -> tuple[str, str]:
    subject = _object(found, "subject")
    name, sha256 = subject.get("name"), _object(subject.get("digest"), "subject.digest").get("sha256")
    if not isinstance(name, str) or not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise ShapeError("subject: one has no name or no SHA-256")
    return sha256, name


def _object(found: Any, where: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise ShapeError(f"{where}: is not an object")
    return found
