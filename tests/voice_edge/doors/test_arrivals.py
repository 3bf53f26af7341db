"""Arrivals: connections without hello make room, and one address cannot take every place."""

from __future__ import annotations

from voice_edge.doors.arrivals import Arrivals
from voice_edge.doors.event_budget import EventBudgets
from voice_edge.protocol import CloseCode


class FakeConnection:
    def __init__(self) -> None:
        self.closed: CloseCode | None = None

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


def test_a_greeted_connection_is_not_closed_and_counts_until_it_leaves() -> None:
    register = arrivals()
    greeted = admitted(register, "203.0.113.7", 3)
    for each in greeted:
        register.greet(each)
    greeted += admitted(register, "203.0.113.7", 3)
    assert not register.admit(FakeConnection(), address="203.0.113.7")
    assert all(each.closed is None for each in greeted)
    register.leave(greeted[0])
    register.leave(greeted[0])
    assert register.admit(FakeConnection(), address="203.0.113.7") is True


def test_loopback_is_not_counted_by_address() -> None:
    register = arrivals(most_silent=100)
    assert all(each.closed is None for each in admitted(register, None, 50))


def test_forty_guests_behind_one_address_are_admitted_with_the_real_limits() -> None:
    register = Arrivals()
    for _ in range(4):
        for each in admitted(register, "203.0.113.7", 40):
            register.greet(each)
            assert each.closed is None


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
