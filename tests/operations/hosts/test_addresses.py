"""A host's addresses are compared at several resolvers; the records to set are named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from operations.hosts.addresses import check_addresses, resolve, server_addresses
from operations.hosts.names import PublicHost

HOST = PublicHost("aurora.feedbackai.se", cafe="aurora")
SERVER = frozenset({"203.0.113.9", "2001:db8::9"})
RIGHT = {HOST.name: ["203.0.113.9", "2001:db8::9"]}
OLD = {HOST.name: ["198.51.100.4"]}

Servers = Callable[..., list[str]]


def test_a_name_that_leads_to_the_server_at_both_resolvers_is_well(name_servers: Servers) -> None:
    finding = check_addresses(HOST, resolvers=name_servers(RIGHT, RIGHT), server=SERVER)
    assert finding.ok, finding
    assert finding.found.count("2001:db8::9, 203.0.113.9") == 2


@pytest.mark.parametrize(
    ("second", "found"),
    [(OLD, "198.51.100.4"), ({}, "no such name"), ({HOST.name: []}, "no address")],
)
def test_a_resolver_with_another_answer_fails_and_the_record_is_named(name_servers: Servers, second, found) -> None:
    finding = check_addresses(HOST, resolvers=name_servers(RIGHT, second), server=SERVER)
    assert finding.state == "not_ok"
    assert found in finding.found
    assert "aurora.feedbackai.se. A 203.0.113.9" in finding.remedy
    assert "aurora.feedbackai.se. AAAA 2001:db8::9" in finding.remedy


def test_a_silent_resolver_is_named(name_servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operations.hosts.addresses.QUERY_SECONDS", 0.2)
    (silent,) = name_servers(None)
    assert resolve(HOST.name, silent).reason == "no answer (LifetimeTimeout)"


def test_one_resolver_is_not_enough_and_the_servers_address_must_be_known(name_servers: Servers) -> None:
    (one,) = name_servers(RIGHT)
    assert "PILOT_RESOLVERS" in check_addresses(HOST, resolvers=[one], server=SERVER).remedy
    unknown = check_addresses(HOST, resolvers=[one, one], server=frozenset())
    assert unknown.state == "not_ok"
    assert "PILOT_SERVER_ADDRESS" in unknown.remedy


def test_the_servers_addresses_are_the_configured_ones() -> None:
    assert server_addresses("203.0.113.9, 2001:db8:0::9") == SERVER
    assert not any(each.startswith("127.") for each in server_addresses(""))
