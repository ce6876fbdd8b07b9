"""A Sigstore of our own: an issuer of certificates, their log, and the log of signatures, each with a key made here.

It signs as the services do, so that the library checks its bundles as it checks theirs. Shapes and what is signed: Fulcio's
certificates (github.com/sigstore/fulcio, docs/oid-info.md), RFC 6962 section 3.2 (timestamp of a certificate), Rekor's entries
of kind dsse 0.0.1, C2SP's signed notes (checkpoint).
"""

import base64
import hashlib
import json
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

ISSUER = "https://token.actions.githubusercontent.com"
REPOSITORY = "board/apbot"
WHEN = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
_FULCIO = "1.3.6.1.4.1.57264.1."
_TIMESTAMPS = ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")


def base64_of(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def public(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_id(key: ec.EllipticCurvePrivateKey) -> bytes:
    return hashlib.sha256(public(key)).digest()


def sign(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    return key.sign(data, ec.ECDSA(SHA256()))


def canonical(document: Any) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def statement(subjects: dict[str, bytes], **changed: Any) -> bytes:
    """What GitHub's action has signed: where the files `subjects`, by name, come from."""
    listed = [
        {"name": name, "digest": {"sha256": hashlib.sha256(content).hexdigest()}} for name, content in subjects.items()
    ]
    document = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": listed,
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {"buildDefinition": {}, "runDetails": {}},
    }
    return json.dumps(document | changed).encode()


@dataclass(frozen=True, kw_only=True)
class Signer:
    """A job, as GitHub tells of it."""

    repository: str = REPOSITORY
    workflow: str = ".github/workflows/verify.yml"
    ref: str = "refs/heads/main"
    runner: str = "github-hosted"
    issuer: str = ISSUER
    run: int = 81

    @property
    def extensions(self) -> dict[int, str]:
        source = f"https://github.com/{self.repository}"
        return {
            8: self.issuer,
            11: self.runner,
            12: source,
            13: "c0ffee" * 6 + "c0ff",
            21: f"{source}/actions/runs/{self.run}/attempts/1",
        }

    @property
    def identity(self) -> str:
        return f"https://github.com/{self.repository}/{self.workflow}@{self.ref}"


@dataclass(kw_only=True)
class Sigstore:
    """The services, and the file by which they are trusted."""

    since: datetime = WHEN - timedelta(days=300)
    until: datetime = WHEN + timedelta(days=3000)
    issuing: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    certificates_log: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    signatures_log: ec.EllipticCurvePrivateKey = field(default_factory=new_key)

    def __post_init__(self) -> None:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a root for tests")])
        self.root = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.issuing.public_key())
            .serial_number(1)
            .not_valid_before(self.since)
            .not_valid_after(self.until)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(key_usage(issues=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.issuing.public_key()), critical=False)
            .sign(self.issuing, SHA256())
        )

    def trusted_root(self, path: Path) -> Path:
        """Write the file that names the public keys of all three."""
        valid = {"start": "2020-01-01T00:00:00Z"}

        def log(key: ec.EllipticCurvePrivateKey, url: str) -> dict[str, Any]:
            named = {"rawBytes": base64_of(public(key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": valid}
            return {
                "baseUrl": url,
                "hashAlgorithm": "SHA2_256",
                "publicKey": named,
                "logId": {"keyId": base64_of(key_id(key))},
            }

        chain = {"certificates": [{"rawBytes": base64_of(self.root.public_bytes(Encoding.DER))}]}
        authority = {
            "subject": {"organization": "tests", "commonName": "a root for tests"},
            "uri": "https://issuer.invalid",
            "certChain": chain,
            "validFor": valid,
        }
        document = {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [log(self.signatures_log, "https://signatures.invalid")],
            "ctlogs": [log(self.certificates_log, "https://certificates.invalid")],
            "certificateAuthorities": [authority],
            "timestampAuthorities": [],
        }
        path.write_text(json.dumps(document), encoding="utf-8")
        return path

    def bundle(self, payload: bytes, signer: Signer | None = None, *, minutes: float = 1) -> dict[str, Any]:
        """`payload` signed by a job, so many minutes after it was given its certificate, with all that proves it."""
        key = new_key()
        certificate = self.certificate(key, signer or Signer())
        kind = "application/vnd.in-toto+json"
        signature = sign(key, b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload))
        entry = self.entry(certificate, payload, signature, int((WHEN + timedelta(minutes=minutes)).timestamp()))
        return {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "tlogEntries": [entry],
                "timestampVerificationData": {},
                "certificate": {"rawBytes": base64_of(certificate.public_bytes(Encoding.DER))},
            },
            "dsseEnvelope": {
                "payload": base64_of(payload),
                "payloadType": kind,
                "signatures": [{"sig": base64_of(signature)}],
            },
        }

    def certificate(self, key: ec.EllipticCurvePrivateKey, signer: Signer) -> x509.Certificate:
        """A certificate of ten minutes, with the timestamp of its log in it."""
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self.root.subject)
            .public_key(key.public_key())
            .serial_number(2)
            .not_valid_before(WHEN)
            .not_valid_after(WHEN + timedelta(minutes=10))
            .add_extension(key_usage(issues=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.issuing.public_key()), critical=False
            )
            .add_extension(
                x509.SubjectAlternativeName([x509.UniformResourceIdentifier(signer.identity)]), critical=True
            )
        )
        for number, text in signer.extensions.items():
            found = x509.UnrecognizedExtension(ObjectIdentifier(f"{_FULCIO}{number}"), asn1.encode_der(text))
            builder = builder.add_extension(found, critical=False)
        unstamped = builder.sign(self.issuing, SHA256())
        stamp = self._timestamp(unstamped.tbs_certificate_bytes)
        listed = struct.pack(">HH", len(stamp) + 2, len(stamp)) + stamp
        stamped = x509.UnrecognizedExtension(_TIMESTAMPS, asn1.encode_der(listed))
        return builder.add_extension(stamped, critical=False).sign(self.issuing, SHA256())

    def _timestamp(self, unstamped: bytes) -> bytes:
        """Of the log of certificates, for one that is about to be issued."""
        at = int(WHEN.timestamp() * 1000)
        entry = struct.pack(">BBQH", 0, 0, at, 1) + key_id(self.issuing) + len(unstamped).to_bytes(3, "big") + unstamped
        signature = sign(self.certificates_log, entry + b"\0\0")
        head = b"\0" + key_id(self.certificates_log) + struct.pack(">QH", at, 0)
        return head + b"\x04\x03" + struct.pack(">H", len(signature)) + signature

    def entry(self, certificate: x509.Certificate, payload: bytes, signature: bytes, at: int) -> dict[str, Any]:
        """The only entry of the log of signatures, with its promise, its proof and the signed head of the log."""
        verifier = base64_of(certificate.public_bytes(Encoding.PEM))
        spec = {
            "envelopeHash": {"algorithm": "sha256", "value": "0" * 64},
            "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
            "signatures": [{"signature": base64_of(signature), "verifier": verifier}],
        }
        body = canonical({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec})
        log, root = key_id(self.signatures_log), hashlib.sha256(b"\0" + body).digest()
        promised = {"body": base64_of(body), "integratedTime": at, "logID": log.hex(), "logIndex": 0}
        head = f"signatures.invalid - 1\n1\n{base64_of(root)}\n"
        signed = base64_of(log[:4] + sign(self.signatures_log, head.encode()))
        return {
            "logIndex": "0",
            "logId": {"keyId": base64_of(log)},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(at),
            "inclusionPromise": {"signedEntryTimestamp": base64_of(sign(self.signatures_log, canonical(promised)))},
            "inclusionProof": {
                "logIndex": "0",
                "rootHash": base64_of(root),
                "treeSize": "1",
                "hashes": [],
                "checkpoint": {"envelope": f"{head}\n— signatures.invalid {signed}\n"},
            },
            "canonicalizedBody": base64_of(body),
        }


def key_usage(*, issues: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not issues,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=issues,
        crl_sign=issues,
        encipher_only=False,
        decipher_only=False,
    )
