"""Checks the certificates that the hosts serve: chain, name, days left."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509

from operations.checks.finding import Finding, judged
from operations.hosts.names import PublicHost

CONNECT_SECONDS = 4.0
LEAST_DAYS = 7
SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class ServedCertificate:
    """The certificate that a host serves.

    Attributes:
        host: The host's name.
        ends: When it expires, UTC; None if it could not be read.
        names: Its subject alternative names.
        issuer: The name of its authority.
        fault: Why it is not trusted, or why there is none; empty if it is trusted.
    """

    host: str
    ends: datetime | None = None
    names: tuple[str, ...] = ()
    issuer: str = ""
    fault: str = ""

    def days_left(self, now: datetime) -> float | None:
        """Return the days until it expires; None if it could not be read."""
        return None if self.ends is None else (self.ends - now).total_seconds() / SECONDS_A_DAY


def served_certificate(host: PublicHost, *, trust: ssl.SSLContext | None = None) -> ServedCertificate:
    """Connect as a browser does, and read the host's certificate, also one that is not trusted.

    Args:
        host: The host.
        trust: The trusted authorities; the system's by default.
    """
    fault = ""
    try:
        content = _read(host, trust or ssl.create_default_context())
    except ssl.SSLCertVerificationError as error:
        fault = error.verify_message.rstrip(".")
        content = _read_untrusted(host)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return ServedCertificate(host.name, fault=f"no TLS: {reason}")
    if content is None:
        return ServedCertificate(host.name, fault=fault)
    certificate = x509.load_der_x509_certificate(content)
    return ServedCertificate(
        host.name,
        ends=certificate.not_valid_after_utc,
        names=_names(certificate),
        issuer=", ".join(
            str(each.value) for each in certificate.issuer.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
        ),
        fault=fault,
    )


def check_certificate(host: PublicHost, *, now: datetime | None = None, trust: ssl.SSLContext | None = None) -> Finding:
    """Check a host's certificate: trusted, for its name, and valid for a week or more."""
    found = served_certificate(host, trust=trust)
    days = found.days_left(now or datetime.now(UTC))
    shown = [found.fault] if found.fault else []
    if days is not None:
        shown += [f"{days:.0f} days left", f"for {', '.join(found.names)}"]
        shown += [f"by {found.issuer}"] if found.issuer else []
    return judged(
        f"certificate {host.name}",
        ok=not found.fault and days is not None and days >= LEAST_DAYS,
        found=", ".join(shown),
        required=f"trusted, for {host.name}, {LEAST_DAYS} days left",
        remedy="Is the proxy running, and does the name lead to it? It renews certificates by itself; its log gives "
        "the reason if it cannot.",
    )


def _read(host: PublicHost, context: ssl.SSLContext) -> bytes | None:
    where = (host.address or host.name, host.https_port)
    with (
        socket.create_connection(where, timeout=CONNECT_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host.name) as secure,
    ):
        return secure.getpeercert(binary_form=True)


def _read_untrusted(host: PublicHost) -> bytes | None:
    """Read the certificate without trusting it: the finding still names its names and its end."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        return _read(host, context)
    except OSError:  # also of TLS
        return None


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    return tuple(found.value.get_values_for_type(x509.DNSName))
