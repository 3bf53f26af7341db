"""Rows of webhooks on both engines: planned once, claimed once, gone with an erased session."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from pilot.identifiers import new_identifier
from storage.store.engine import Store
from storage.store.outgoing.webhook_deliveries import (
    CLAIM_LASTS,
    Attempt,
    claim,
    deliveries_of,
    due_deliveries,
    plan_deliveries,
    record_attempt,
)
from storage.store.outgoing.webhook_rules import Rule, add_rule, rotate
from storage.store.privacy import tombstones
from storage.store.privacy.erasures import pseudonymise, wipe_pages
from tests.storage.store.outgoing.test_digests import at_once

DAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)


@pytest.fixture
def rule(store: Store) -> Rule:
    store.now = lambda: NOON
    return add_rule(
        store, cafe="aurora", name="Kön", theme="", polarity="", url="https://x.example/", known_themes=[], by="anna"
    )


def test_processes_plan_each_session_once_and_one_claims_it(store: Store, rule: Rule) -> None:
    sessions = [(str(new_identifier(at=NOON)), DAY) for _ in range(3)]
    assert sorted(at_once(*[lambda: plan_deliveries(store, rule.id, sessions)] * 4)) == [0, 0, 0, 3]
    due = due_deliveries(store, now=NOON, most=9)
    assert len(due) == 3
    assert sorted(at_once(*[lambda: claim(store, due[0], now=NOON)] * 4)) == [False, False, False, True]
    assert len(due_deliveries(store, now=NOON, most=9)) == 2
    later = NOON + CLAIM_LASTS + timedelta(seconds=1)
    assert len(due_deliveries(store, now=later, most=9)) == 3  # Its process gave no outcome.


def test_an_erased_session_is_neither_planned_nor_claimed_nor_left(store: Store, rule: Rule) -> None:
    first, second = (str(new_identifier(at=NOON)) for _ in range(2))
    plan_deliveries(store, rule.id, [(first, DAY)])
    (due,) = due_deliveries(store, now=NOON, most=9)
    claim(store, due, now=NOON)
    record_attempt(store, Attempt(due.id, 1, NOON, 5, 500, "status"), state="waiting", next_at=NOON)
    for session in (first, second):
        tombstones.add(store, session_id=session, actor="guest", reason="receipt page")
    (again,) = due_deliveries(store, now=NOON, most=9)
    assert not claim(store, again, now=NOON)
    assert plan_deliveries(store, rule.id, [(second, DAY)]) == 0
    pseudonymise(store, first)
    wipe_pages(store)
    assert deliveries_of(store, ["aurora"], most=9) == []


def test_both_secrets_are_valid_for_a_day_after_a_rotation(store: Store, rule: Rule) -> None:
    assert rule.generations(now=NOON) == (1,)
    rotated = rotate(store, rule.id, by="anna", reason="leaked")
    assert rotated.generations(now=NOON + timedelta(hours=23)) == (2, 1)
    assert rotated.generations(now=NOON + timedelta(days=1)) == (2,)
