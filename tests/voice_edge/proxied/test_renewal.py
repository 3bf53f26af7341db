"""The proxy renews a certificate by itself, before it ends and without a restart."""

from __future__ import annotations

import shutil
from pathlib import Path

from cryptography import x509

from operations.hosts.certificates import served_certificate
from tests.proxy import GUESTS, plan, running_proxy
from tests.waiting import until


def test_a_certificate_is_renewed_before_it_ends(tmp_path: Path) -> None:
    with running_proxy(tmp_path / "proxy", plan([1], lifetime="30s")) as proxy:
        (host,) = (each for each in proxy.hosts if each.name == GUESTS)
        before = served_certificate(host, trust=proxy.trust)
        assert before.fault == ""

        def is_renewed() -> bool:
            now = served_certificate(host, trust=proxy.trust)
            assert now.fault == ""  # At no moment is it invalid.
            return now.ends > before.ends

        until(is_renewed, seconds=60, every=0.5, what="the renewal")


def test_an_operator_forces_a_renewal_by_removing_the_stored_certificate(tmp_path: Path) -> None:
    planned = plan([1])
    stored = tmp_path / "proxy" / "data" / "caddy" / "certificates" / "local" / GUESTS
    serials = []
    for _ in range(2):
        with running_proxy(tmp_path / "proxy", planned):
            (served,) = stored.glob("*.crt")
            serials.append(x509.load_pem_x509_certificates(served.read_bytes())[0].serial_number)
        shutil.rmtree(stored)
    assert serials[0] != serials[1]
