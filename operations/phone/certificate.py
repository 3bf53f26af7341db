"""A certificate for one local address, from an authority that signs nothing else.

The authority's key is never written: it signs one certificate and is discarded, so a phone that trusts the authority
trusts that address only, until the authority expires with its certificate. Meets Apple's requirements: P-256, SHA-256,
the address as a subject alternative name, server authentication, fewer than 825 days.

`trustme` cannot replace it: its authorities are always valid from 2000 to 3000, and its certificates may also sign
code and authenticate clients.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID_DAYS = 90
RENEW_BEFORE_DAYS = 14
CLOCK_SKEW = timedelta(hours=24)  # A phone's clock may be behind.


@dataclass(frozen=True, slots=True)
class Certificate:
    """The relay's certificate, and the authority that a phone may trust.

    Attributes:
        chain: File of the certificate, PEM.
        key: File of its key, PEM, readable by its owner only.
        authority: The authority's certificate, DER.
        ends: When both expire, UTC.
    """

    chain: Path
    key: Path
    authority: bytes
    ends: datetime

    @property
    def fingerprint(self) -> str:
        """Return the authority's SHA-256 fingerprint as a phone shows it."""
        digest = hashlib.sha256(self.authority).hexdigest().upper()
        return " ".join(digest[start : start + 2] for start in range(0, len(digest), 2))

    def context(self) -> ssl.SSLContext:
        """Return the server's side of TLS."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.chain, self.key)
        context.set_alpn_protocols(["http/1.1"])
        return context


def certificate_for(address: str, *, folder: Path, now: datetime) -> Certificate:
    """Return the certificate of an address; reuse a saved one, so that a phone has to trust it only once.

    Args:
        address: IPv4 address.
        folder: Where certificates are saved; created with mode 0700.
        now: The current time, aware.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    chain, key, authority = (folder / f"{address}{ending}" for ending in (".pem", ".key", ".authority.der"))
    if all(path.is_file() for path in (chain, key, authority)):
        ends = x509.load_pem_x509_certificate(chain.read_bytes()).not_valid_after_utc
        if ends - now > timedelta(days=RENEW_BEFORE_DAYS):
            return Certificate(chain=chain, key=key, authority=authority.read_bytes(), ends=ends)
    ends = (now + timedelta(days=VALID_DAYS)).replace(microsecond=0)
    own_key = ec.generate_private_key(ec.SECP256R1())
    issuing, own = _sign(address, own_key=own_key, now=now, ends=ends)
    _write(key, own_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _write(authority, issuing.public_bytes(Encoding.DER))
    _write(chain, own.public_bytes(Encoding.PEM))
    return Certificate(chain=chain, key=key, authority=authority.read_bytes(), ends=ends.astimezone(UTC))


def _sign(
    address: str, *, own_key: ec.EllipticCurvePrivateKey, now: datetime, ends: datetime
) -> tuple[x509.Certificate, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"Café feedback, trial at {address}")

    def builder(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - CLOCK_SKEW)
            .not_valid_after(ends)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )

    issuing = (
        builder(name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    own = (
        builder(_name(address), own_key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.IPv4Address(address))]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return issuing, own


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write(path: Path, body: bytes) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(body)
