"""The certificate meets phones' requirements, and its authority can sign nothing else."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from operations.phone.address import NoLocalAddress, local_address
from operations.phone.certificate import Certificate, certificate_for

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MAX_VALIDITY_FOR_APPLE = timedelta(days=825)


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return certificate_for("192.168.1.20", folder=tmp_path / "phone", now=NOW)


def test_the_certificate_meets_apples_requirements(certificate: Certificate) -> None:
    own = x509.load_pem_x509_certificate(certificate.chain.read_bytes())
    names = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.IPAddress) == [IPv4Address("192.168.1.20")]
    usage = own.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert own.not_valid_after_utc - own.not_valid_before_utc < MAX_VALIDITY_FOR_APPLE
    assert isinstance(own.public_key(), ec.EllipticCurvePublicKey)
    assert own.signature_hash_algorithm is not None
    assert own.signature_hash_algorithm.name == "sha256"


def test_the_authority_signed_the_certificate_and_its_key_is_not_saved(certificate: Certificate) -> None:
    own = x509.load_pem_x509_certificate(certificate.chain.read_bytes())
    authority = x509.load_der_x509_certificate(certificate.authority)
    own.verify_directly_issued_by(authority)
    limits = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (limits.ca, limits.path_length) == (True, 0)
    keys = [path for path in certificate.chain.parent.iterdir() if b"PRIVATE KEY" in path.read_bytes()]
    assert keys == [certificate.key]


def test_only_the_owner_can_read_the_key(certificate: Certificate) -> None:
    assert stat.S_IMODE(certificate.key.stat().st_mode) == 0o600
    assert stat.S_IMODE(certificate.key.parent.stat().st_mode) == 0o700


def test_an_address_keeps_its_certificate_until_shortly_before_expiry(tmp_path: Path) -> None:
    first, later, much_later = (
        certificate_for("192.168.1.20", folder=tmp_path, now=NOW + timedelta(days=days)) for days in (0, 30, 80)
    )
    assert first.fingerprint == later.fingerprint
    assert first.ends == later.ends
    assert much_later.fingerprint != first.fingerprint
    assert certificate_for("10.0.0.7", folder=tmp_path, now=NOW).fingerprint != first.fingerprint


@pytest.mark.parametrize("wanted", ["127.0.0.1", "0.0.0.0", "224.0.0.1", "::1", "203.0.113.9", "kafé"])
def test_an_address_that_a_phone_cannot_open_is_refused_with_a_remedy(wanted: str) -> None:
    with pytest.raises(NoLocalAddress) as refused:
        local_address(wanted)
    assert refused.value.remedy
