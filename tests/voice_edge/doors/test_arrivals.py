"""Arrivals: connections without hello make room, and one address cannot take every place."""

from __future__ import annotations

import asyncio

import pytest

from voice_edge.doors.arrivals import Arrivals
from voice_edge.doors.event_budget import EventBudgets
from voice_edge.doors.open_sessions import OpenSessions
from voice_edge.protocol import CloseCode


class FakeConnection:
    def __init__(self) -> None:
        self.closed: CloseCode | None = None
        self.started = False
        self.ended = asyncio.Event()

    def hang_up(self, code: CloseCode) -> None:
        self.closed = code


def arrivals(**limits: int) -> Arrivals:
    return Arrivals(**{"most_of_address": 6, "most_silent_of_address": 3, "most_silent": 5, **limits})


def admitted(register: Arrivals, address: str | None, number: int) -> list[FakeConnection]:
    connections = [FakeConnection() for _ in range(number)]
    for each in connections:
        assert register.admit(each, address=address)
    return connections


def test_the_longest_silent_connection_of_the_address_is_closed() -> None:
    register = arrivals()
    (guest,) = admitted(register, "203.0.113.8", 1)
    silent = admitted(register, "203.0.113.7", 4)
    assert [each.closed for each in silent] == [CloseCode.TOO_MANY, None, None, None]
    assert guest.closed is None
    assert register.silent == 4


def test_many_addresses_cannot_keep_a_guest_out_by_silence() -> None:
    register = arrivals()
    silent = [admitted(register, f"203.0.113.{number}", 1)[0] for number in range(50)]
    assert register.silent == 5
    assert sum(each.closed is not None for each in silent) == 45


def test_a_started_connection_is_not_closed_and_counts_until_it_leaves() -> None:
    register = arrivals()
    greeted = admitted(register, "203.0.113.7", 3)
    for each in greeted:
        register.greet(each)
    greeted += admitted(register, "203.0.113.7", 3)
    for each in greeted:
        each.started = True
    assert not register.admit(FakeConnection(), address="203.0.113.7")
    assert all(each.closed is None for each in greeted)
    register.leave(greeted[0])
    register.leave(greeted[0])
    assert register.admit(FakeConnection(), address="203.0.113.7") is True


@pytest.mark.parametrize("address", ["203.0.113.7", "20010db800010002/64"])
def test_open_pages_of_an_address_make_room_for_the_next_one(address: str) -> None:
    register = arrivals(most_silent_of_address=9, most_silent=9)
    first, second, *_ = opened = admitted(register, address, 6)
    for each in opened:
        register.greet(each)
    first.started = True
    guest = FakeConnection()
    assert register.admit(guest, address=address)
    assert (first.closed, second.closed, guest.closed) == (None, CloseCode.TOO_MANY, None)


def test_the_networks_of_one_provider_customer_share_a_limit() -> None:
    register = arrivals(most_of_network=8, most_silent_of_address=99, most_silent=99)
    opened = [admitted(register, f"20010db80001{number:04x}/64", 1)[0] for number in range(20)]
    assert sum(each.closed is None for each in opened) == 8
    for each in opened:
        each.started = True
    assert not register.admit(FakeConnection(), address="20010db80001ffff/64")
    assert register.admit(FakeConnection(), address="20010db80002ffff/64")
    assert register.admit(FakeConnection(), address="203.0.113.7")


def full_replica(register: Arrivals, most: int) -> OpenSessions:
    return OpenSessions(most=most, make_room=register.make_room)


def test_open_pages_of_the_largest_network_make_room_in_a_full_replica() -> None:
    register = arrivals(most_silent_of_address=99, most_silent=99)
    replica = full_replica(register, 8)
    (guest,) = admitted(register, "203.0.113.8", 1)
    opened = [admitted(register, f"20010db80001{number:04x}/64", 1)[0] for number in range(7)]
    assert all(replica.admit(each) for each in [guest, *opened])
    for _ in range(5):
        (comes,) = admitted(register, "203.0.113.9", 1)
        assert replica.admit(comes)
        comes.started = True
    assert guest.closed is None
    assert [each.closed is None for each in opened] == [False] * 5 + [True] * 2
    assert replica.count == 8


def test_a_full_replica_closes_no_conversation_that_has_started() -> None:
    register = arrivals()
    replica = full_replica(register, 3)
    talking = admitted(register, "203.0.113.7", 2) + admitted(register, None, 1)
    for each in talking[:2]:
        each.started = True
    assert all(replica.admit(each) for each in talking)
    (comes,) = admitted(register, "203.0.113.8", 1)
    assert not replica.admit(comes)
    assert [each.closed for each in [*talking, comes]] == [None] * 4


def test_loopback_is_not_counted_by_address() -> None:
    register = arrivals(most_silent=100)
    assert all(each.closed is None for each in admitted(register, None, 50))


def test_forty_guests_behind_one_address_are_admitted_with_the_real_limits() -> None:
    register = Arrivals()
    for _ in range(4):
        for each in admitted(register, "203.0.113.7", 40):
            register.greet(each)
            assert each.closed is None
            each.started = True


def test_a_budget_ends_with_its_events_its_bytes_and_its_edits() -> None:
    budgets = EventBudgets(most_events=3, most_bytes=100, most_edits=2)
    assert [budgets.spend("a", size=10) for _ in range(4)] == [True, True, True, False]
    assert budgets.is_spent("a")
    assert budgets.spend("b", size=90)
    assert not budgets.spend("b", size=20)
    assert budgets.is_spent("b")
    assert not budgets.spend("b", size=1)
    assert [budgets.spend_edit("c") for _ in range(3)] == [True, True, False]
    assert not budgets.is_spent("c")
    assert not budgets.is_spent("unknown")


def test_budgets_remember_a_bounded_number_of_sessions() -> None:
    budgets = EventBudgets(most_events=1)
    for number in range(5_000):
        budgets.spend(str(number), size=1)
    assert budgets.is_spent("4999")
    assert len(budgets._spent) <= 4_096
