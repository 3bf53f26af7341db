"""Frequent queries cost no more as tables grow: each finds its rows by an index."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert

from payouts.reconciling import reconcile, send_day
from storage.store.cafes import switches
from storage.store.connect import open_store
from storage.store.engine import Store, sqlite_url
from storage.store.ledger import bookings
from storage.store.ledger.auditor import audit_money
from storage.store.payouts import (
    onboardings,
    payment_facts,
    payment_history,
    payment_rows,
    provider_events,
    rail_payouts,
    reconciliations,
    shared_banks,
)
from storage.store.rewards import decisions
from storage.store.schemas.money import ledger, reward_decisions, vouchers
from tests.payouts.memory_rail import MemoryRail
from tests.payouts.world import START, World

GROWING = ("reward_decisions", "vouchers", "ledger", "payout_instructions", "provider_events", "audit_log")
STEP = 1000  # of SQLite's virtual machine


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(sqlite_url(tmp_path / "store.sqlite"), now=lambda: START)
    yield opened
    opened.close()


DAY = START.date()
ASKED: dict[str, Callable[[Store], Any]] = {
    "a day's decisions": lambda store: decisions.of_day(store, DAY),
    "what a person has to rule on": decisions.held_rewards,
    "the payouts that ended lately": lambda store: payment_facts.final_outcomes(store, since=START),
    "the events that came lately": lambda store: payment_facts.events(store, rail="stripe", since=START),
    "how far behind the events are": lambda store: provider_events.lag(store, rail="stripe"),
    "a day's payments": lambda store: payment_rows.of_day(store, DAY),
    "a day's bookings": lambda store: bookings.between(store, first=DAY, last=DAY),
    "what is to be sent": lambda store: rail_payouts.unfinished(store, rail="stripe", simulated=False, approved=True),
    "what was paid lately": lambda store: rail_payouts.completed_since(store, rail="stripe", since=START),
    "whose bank account is shared": lambda store: shared_banks.hold_shared(
        store, rail="stripe", banks=shared_banks.fingerprints(store, rail="stripe"), actor="test"
    ),
    "who is telling the provider": onboardings.requested_at,
    "a switch's hours": lambda store: switches.windows_on(store, "rewards_stopped", start=START, end=START),
    "what became of a batch": lambda store: payment_history.of_batch(store, "stripe-2026-11-24"),
    "when both agreed": lambda store: reconciliations.agreed_at(store, "stripe"),
}


@pytest.mark.parametrize("question", ASKED)
def test_no_frequent_query_scans_a_growing_table(store: Store, question: str) -> None:
    asked: list[tuple[str, Any]] = []
    event.listen(store.engine, "before_cursor_execute", lambda c, cursor, text, given, *_: asked.append((text, given)))
    ASKED[question](store)
    with store.reading() as connection:
        plans = [
            row[3]
            for text, given in asked
            if text.lstrip().startswith(("SELECT", "WITH"))
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given).all()
        ]
    assert plans
    # Reading in an index's order up to a limit is not a full scan.
    whole = [plan for plan in plans if plan.startswith(tuple(f"SCAN {name}" for name in GROWING))]
    assert [plan for plan in whole if "ix_provider_events_received_at" not in plan] == []


def test_a_claim_finds_its_voucher_by_an_index(store: Store, tmp_path: Path) -> None:
    world = World(tmp_path / "unused.sqlite", store=store, rail=MemoryRail)
    asked: list[tuple[str, Any]] = []
    event.listen(store.engine, "before_cursor_execute", lambda c, cursor, text, given, *_: asked.append((text, given)))
    world.earn("acct_1")
    with store.reading() as connection:
        plans = [
            row[3]
            for text, given in asked
            if text.lstrip().startswith("SELECT") and "FROM vouchers" in text
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given).all()
        ]
    assert plans
    assert [plan for plan in plans if "state=? AND expires_at" in plan or "(state=?)" in plan] == []


def statements(store: Store, work: Callable[[], object]) -> int:
    """Return the number of statements of some work."""
    asked: list[str] = []

    def listen(connection: Any, cursor: Any, text: str, *_: Any) -> None:
        asked.append(text)

    event.listen(store.engine, "before_cursor_execute", listen)
    work()
    event.remove(store.engine, "before_cursor_execute", listen)
    return len(asked)


@pytest.mark.parametrize("work", ["a reconciliation", "a pass over what is to be sent"])
def test_recurring_work_needs_no_more_queries_as_days_add_up(store: Store, tmp_path: Path, work: str) -> None:
    world = World(tmp_path / "unused.sqlite", store=store, rail=MemoryRail)
    asked: dict[str, Callable[[], object]] = {
        "a reconciliation": lambda: reconcile(store, world.rail, actor="test"),
        "a pass over what is to be sent": lambda: send_day(store, world.rail, simulated=True, actor="test"),
    }

    def a_day() -> None:
        world.earn("acct_1")
        world.pay()
        world.approve_all()
        world.pay()
        world.at += timedelta(days=1)

    for _ in range(2):
        a_day()
    first = statements(store, asked[work])
    for _ in range(5):
        a_day()
    world.at += timedelta(days=60)
    a_day()
    assert statements(store, asked[work]) == first


def test_the_auditors_work_grows_linearly_with_the_rewards(tmp_path: Path) -> None:
    few, many = (steps_of_an_audit(tmp_path / f"{count}.sqlite", rewards=count) for count in (300, 1200))
    assert many < 6 * few  # for four times as many; quadratic work would be sixteen times


def steps_of_an_audit(path: Path, *, rewards: int) -> int:
    """Return the steps of SQLite's virtual machine for an audit, thousands."""
    store = open_store(sqlite_url(path), now=lambda: START)
    fill(store, rewards)
    store.close()
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    def listen(connection: sqlite3.Connection, _: Any) -> None:
        connection.set_progress_handler(count, STEP)

    event.listen(store.engine, "connect", listen)
    assert audit_money(store) == []
    store.close()
    return steps


def fill(store: Store, rewards: int) -> None:
    """Fill a store with rewards that have valid vouchers."""
    made = [f"reward-{number:06d}" for number in range(rewards)]
    shared = {"cafe": "aurora", "simulated": True, "amount_ore": 3000}
    decided = {
        "day": DAY, "outcome": "eligible", "reason": "", "score": 90, "counted_score": 90, "rubric_version": "1",
        "scorer_version": "1", "decided_by": "watch", "decided_at": START,
    }  # fmt: skip
    with store.begin() as connection:
        connection.execute(
            insert(reward_decisions), [{"session_id": each, "reward_id": each, **decided, **shared} for each in made]
        )
        connection.execute(
            insert(vouchers),
            [
                {
                    "code_hash": each, "reward_id": each, "number": 1, "state": "issued", "issued_at": START,
                    "expires_at": START + timedelta(days=90), **shared,
                }
                for each in made
            ],
        )  # fmt: skip
        connection.execute(
            insert(ledger),
            [
                {
                    "entry": f"promised:{each}", "reward_id": each, "debit": "rewards_expense", "credit": "rewards_owed",
                    "booked_at": START, **shared,
                }
                for each in made
            ],
        )  # fmt: skip
