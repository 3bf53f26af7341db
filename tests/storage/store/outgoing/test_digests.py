"""Rows of digests on both engines: planned once, claimed by one process, and lapsed."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

from storage.store.engine import Store
from storage.store.outgoing.digests import (
    CLAIM_LASTS,
    Digest,
    Outcome,
    claim,
    digests_of,
    due_digests,
    lapse_claims,
    plan,
    record,
)

WEEK = date(2026, 11, 30)
DUE = datetime(2026, 11, 30, 5, 0, tzinfo=UTC)
WHO = [("aurora", "1"), ("aurora", "2"), ("malmohuset", "1")]


def only(store: Store) -> Digest:
    (found,) = digests_of(store, since=WEEK)
    return found


def at_once(*calls: object) -> list[object]:
    """Run calls in threads that begin together; return their results."""
    together, results = threading.Barrier(len(calls)), []

    def run(call: object) -> None:
        together.wait(timeout=20)
        results.append(call())  # type: ignore[operator]

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_processes_that_plan_at_once_add_each_row_once(store: Store) -> None:
    added = at_once(*[lambda: plan(store, week=WEEK, recipients=WHO, due=DUE, state="waiting")] * 4)
    assert sorted(added) == [0, 0, 0, 3]
    assert sorted((each.cafe, each.account_id) for each in digests_of(store, since=WEEK)) == sorted(WHO)


def test_of_processes_that_read_one_row_one_claims_it(store: Store) -> None:
    plan(store, week=WEEK, recipients=WHO[:1], due=DUE, state="waiting")
    (digest,) = due_digests(store, now=DUE)
    claimed = at_once(*[lambda: claim(store, digest, now=DUE)] * 4)
    assert sorted(claimed) == [False, False, False, True]
    assert (only(store).state, only(store).attempts) == ("sending", 1)
    assert due_digests(store, now=DUE + timedelta(days=1)) == []


def test_a_claim_without_an_outcome_ends_as_unknown(store: Store) -> None:
    plan(store, week=WEEK, recipients=WHO[:1], due=DUE, state="waiting")
    (digest,) = due_digests(store, now=DUE)
    claim(store, digest, now=DUE)
    assert lapse_claims(store, now=DUE + CLAIM_LASTS) == 0
    assert lapse_claims(store, now=DUE + CLAIM_LASTS + timedelta(seconds=1)) == 1
    assert (only(store).state, only(store).reason) == ("unknown", "crashed")
    record(store, digest, Outcome("sent", "", 250), now=DUE + timedelta(hours=1))  # The outcome came late.
    assert only(store).state == "sent"


def test_a_late_outcome_of_an_earlier_attempt_changes_nothing(store: Store) -> None:
    plan(store, week=WEEK, recipients=WHO[:1], due=DUE, state="waiting")
    (first,) = due_digests(store, now=DUE)
    claim(store, first, now=DUE)
    record(store, first, Outcome("waiting", "for_now", 451, DUE), now=DUE)
    (second,) = due_digests(store, now=DUE)
    claim(store, second, now=DUE)
    record(store, first, Outcome("refused", "mailbox", 550), now=DUE)
    assert (only(store).state, only(store).attempts) == ("sending", 2)


def test_a_row_is_not_due_before_its_time(store: Store) -> None:
    plan(store, week=WEEK, recipients=WHO, due=DUE, state="waiting")
    assert due_digests(store, now=DUE - timedelta(seconds=1)) == []
    assert len(due_digests(store, now=DUE)) == 3
