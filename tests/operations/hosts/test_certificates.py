"""The served certificate is judged as a browser does: authority, name, and the days left."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from operations.hosts.certificates import check_certificate
from operations.hosts.names import PublicHost
from tests.answering import answering
from tests.ports import free_ports

NAME = "aurora.feedbackai.se"
NOW = datetime.now(UTC).replace(microsecond=0)

ServingAs = Callable[..., ssl.SSLContext]


def judge(tls: ssl.SSLContext, trust: ssl.SSLContext | None):
    with answering({}, tls=tls) as server:
        host = PublicHost(NAME, address="127.0.0.1", https_port=server.port)
        return check_certificate(host, now=NOW, trust=trust)


@pytest.mark.parametrize(("days", "ok"), [(30, True), (7.001, True), (6.99, False)])
def test_a_week_must_be_left(serving_as: ServingAs, trust: ssl.SSLContext, days: float, ok: bool) -> None:
    finding = judge(serving_as(NAME, not_after=NOW + timedelta(days=days)), trust)
    assert finding.ok is ok, finding
    assert f"{days:.0f} days left, for {NAME}, by Test Authority" in finding.found


@pytest.mark.parametrize(
    ("names", "options", "fault"),
    [
        (("malmohuset.feedbackai.se",), {}, "Hostname mismatch, certificate is not valid for 'aurora.feedbackai.se'"),
        ((NAME,), {"not_before": NOW - timedelta(days=9), "not_after": NOW - timedelta(days=1)}, "has expired"),
    ],
)
def test_a_wrong_name_and_an_expired_one_are_refused(serving_as: ServingAs, trust, names, options, fault) -> None:
    finding = judge(serving_as(*names, **options), trust)
    assert finding.state == "not_ok"
    assert fault in finding.found
    assert f"for {names[0]}" in finding.found


def test_an_unknown_authority_is_refused(serving_as: ServingAs) -> None:
    finding = judge(serving_as(NAME, not_after=NOW + timedelta(days=30)), None)
    assert finding.state == "not_ok"
    assert "unable to get local issuer certificate" in finding.found


def test_a_host_without_tls_is_named() -> None:
    with answering({}) as plain:
        spoken = check_certificate(PublicHost(NAME, address="127.0.0.1", https_port=plain.port))
    closed = check_certificate(PublicHost(NAME, address="127.0.0.1", https_port=free_ports(1)[0]))
    assert "no TLS" in spoken.found
    assert "no TLS: Connection refused" in closed.found
    assert not spoken.ok
    assert not closed.ok
