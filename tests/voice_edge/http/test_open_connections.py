"""The register of connections: silent ones make room, and no address takes everything."""

from __future__ import annotations

import resource

import pytest

from voice_edge.http.open_connections import OpenConnections, TrustedProxies
from voice_edge.http.socket_limits import (
    LEAST_CONNECTIONS,
    RESERVED_FILES,
    SocketLimits,
    raise_files_limit,
    socket_limits,
)


class FakeTransport:
    def __init__(self) -> None:
        self.aborted = False

    def abort(self) -> None:
        self.aborted = True


def register(most: int = 10, of_address: int = 4, trusted: str = "127.0.0.0/8,::1") -> OpenConnections:
    limits = SocketLimits(connections=most, connections_of_address=of_address)
    return OpenConnections(limits, trusted=TrustedProxies(trusted))


def admitted(connections: OpenConnections, address: str, number: int) -> list[FakeTransport]:
    transports = [FakeTransport() for _ in range(number)]
    for each in transports:
        assert connections.admit(each, address=address)
    return transports


def test_the_connection_that_was_silent_longest_makes_room_for_the_next() -> None:
    connections = register()
    silent = admitted(connections, "127.0.0.1", 10)
    (guest,) = admitted(connections, "203.0.113.7", 1)
    assert [each.aborted for each in silent] == [True] + [False] * 9
    assert not guest.aborted
    assert connections.count == 10
    assert connections.evicted == 1


def test_a_served_connection_is_never_evicted() -> None:
    connections = register()
    served = admitted(connections, "127.0.0.1", 10)
    for each in served:
        connections.serve(each)
    assert not connections.admit(FakeTransport(), address="203.0.113.7")
    assert not any(each.aborted for each in served)
    connections.wait(served[3])
    assert connections.admit(FakeTransport(), address="203.0.113.7")
    assert [each.aborted for each in served].index(True) == 3


def test_an_address_evicts_its_own_silent_connections_first() -> None:
    connections = register()
    (guest,) = admitted(connections, "203.0.113.8", 1)
    silent = admitted(connections, "203.0.113.7", 9)
    assert not guest.aborted
    assert sum(each.aborted for each in silent) == 5
    assert connections.count == 5


def test_an_address_with_only_served_connections_is_refused_beyond_its_limit() -> None:
    connections = register()
    for each in admitted(connections, "203.0.113.7", 4):
        connections.serve(each)
    assert not connections.admit(FakeTransport(), address="203.0.113.7")
    assert connections.admit(FakeTransport(), address="203.0.113.8")
    assert connections.refused == 1


@pytest.mark.parametrize(
    ("first", "second"), [("2001:db8::1", "2001:db8::ffff:2"), ("203.0.113.7", "::ffff:203.0.113.7")]
)
def test_one_household_is_one_address(first: str, second: str) -> None:
    connections = register()
    for each in admitted(connections, first, 4):
        connections.serve(each)
    assert not connections.admit(FakeTransport(), address=second)


def test_a_connection_that_left_frees_its_place_once() -> None:
    connections = register()
    held = admitted(connections, "203.0.113.7", 4)
    for each in held:
        connections.serve(each)
    connections.leave(held[0])
    connections.leave(held[0])
    admitted(connections, "203.0.113.7", 1)
    assert connections.count == 4


@pytest.mark.parametrize(
    ("trusted", "address", "is_trusted"),
    [
        ("127.0.0.0/8,::1", "127.0.0.9", True),
        ("127.0.0.0/8, ::1", "::1", True),
        ("127.0.0.1", "127.0.0.9", False),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("*", "203.0.113.7", True),
        ("", "127.0.0.1", False),
        ("unix:/run/proxy", "203.0.113.7", False),
        ("10.0.0.0/8", "fe80::1%eth0", False),
    ],
)
def test_trusted_proxies_are_read_as_the_server_reads_them(trusted: str, address: str, is_trusted: bool) -> None:
    assert (address in TrustedProxies(trusted)) is is_trusted


def test_files_are_left_for_the_store_and_the_logs() -> None:
    assert socket_limits(1_024).connections == 1_024 - RESERVED_FILES
    assert socket_limits(100).connections == LEAST_CONNECTIONS
    assert socket_limits(1_024).sessions < socket_limits(1_024).connections


def test_the_limit_of_open_files_is_raised_as_far_as_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    held = [1_024, 4_096]
    monkeypatch.setattr(resource, "getrlimit", lambda _: tuple(held))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: held.__setitem__(slice(None), limits))
    assert raise_files_limit() == 4_096
    assert held == [4_096, 4_096]
    held[:] = [20_000, 20_000]
    assert raise_files_limit() == 20_000
