"""Events in order, or in any order, doubled, late or lost, give the same result on both engines."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from payouts.stripe import events
from payouts.stripe.events import catch_up, list_events, process
from payouts.stripe.recipients import open_account
from storage.store.connect import open_store
from storage.store.engine import Store
from storage.store.payouts import batches, claims, onboardings, provider_events, recipient_statuses
from storage.store.payouts.provider_events import ProviderEvent
from tests.payouts import assertions
from tests.payouts.stripe.by_hand_rail import IBAN, ByHandRail
from tests.payouts.test_machine import emptied_store
from tests.payouts.world import World
from tests.postgresql import Cluster

GUESTS = 4
FAULTS = ("none", "answer_lost", "error_saved_with_effect", "never_arrives", "lock_timeout")


class History:
    """One history; its events arrive at random with `luck`, otherwise at once and in order."""

    def __init__(self, store: Store, folder: Path, *, luck: random.Random | None, plan: random.Random) -> None:
        self.world = World(folder / "unused", store=store, rail=ByHandRail)
        self.luck, self.plan = luck, plan
        self.books = self.world.rail.fake.books
        self.accounts: list[str] = []
        self.rewards: list[str] = []

    def all_events(self) -> list[ProviderEvent]:
        rail = self.world.rail
        ours = list(list_events(rail, since=self.world.at - timedelta(days=30)))
        theirs = [
            each for name in self.accounts if name in self.books.accounts
            for each in list_events(rail, since=self.world.at - timedelta(days=30), account=name)
        ]  # fmt: skip
        gone = [
            ProviderEvent(each["id"], rail.name, each["type"], "", each["account"], self.world.at)
            for each in self.books.events.values()
            if each["type"] == "account.application.deauthorized"
        ]
        return [*reversed(ours), *reversed(theirs), *gone]

    def happens(self, what: Callable[[], Any]) -> None:
        """Do something at Stripe; then deliver some of all events so far."""
        what()
        self.world.at += timedelta(minutes=1)
        arriving = self.all_events()
        if self.luck is not None:
            arriving = self.luck.choices(arriving, k=self.luck.randrange(2 * len(arriving) + 1))
            arriving = [replace(each, id=f"{each.id}_twin") if self.luck.random() < 0.2 else each for each in arriving]
        provider_events.save(self.world.store, arriving, way="webhook")
        if self.luck is None or self.luck.random() < 0.5:
            process(self.world.store, self.world.rail)

    def everything_arrives(self) -> None:
        arriving = self.all_events()
        if self.luck is not None:
            self.luck.shuffle(arriving)
        if self.luck is not None and self.luck.random() < 0.5:
            catch_up(self.world.store, self.world.rail)
        else:
            provider_events.save(self.world.store, arriving, way="webhook")
        # Events processed too early are replayed: a repeated hint is processed again.
        for each in arriving:  # One by one: a replayed event counts as received then.
            self.world.at += timedelta(milliseconds=1)
            provider_events.replay(self.world.store, rail=self.world.rail.name, only=each.id)
        process(self.world.store, self.world.rail, limit=10_000)

    def live(self) -> None:
        world, rail = self.world, self.world.rail
        for number in range(GUESTS):
            reward_id = str(world.earn(None))
            account = open_account(rail, reward_id=reward_id)
            who = claims.recipient(world.store, rail=rail.name, account=account, simulated=True)
            onboardings.request(world.store, reward_id, recipient_id=who.id)
            self.accounts.append(account)
            self.rewards.append(reward_id)
            self.happens(lambda account=account, n=number: self.books.onboard(account, iban=f"{IBAN}{n}"))
        for _ in range(self.plan.randrange(3)):
            account = self.plan.choice(self.accounts)
            for state in ("inactive", "active"):
                self.happens(lambda account=account, state=state: self.books.capability(account, state))
        self.everything_arrives()
        rail.faults.extend(self.plan.choices(FAULTS, k=GUESTS))
        self.happens(world.pay)
        world.approve_all()
        for _ in range(2):  # Each payout meets at most one fault, and succeeds at the second try.
            self.happens(world.pay)
        self.everything_arrives()
        assert {each.state for each in batches.instructions(world.store)} == {"paid"}
        self.after_the_transfers()
        self.everything_arrives()

    def after_the_transfers(self) -> None:
        made = {each["destination"]: name for name, each in self.books.transfers.items()}
        whole, part, banked, gone = self.plan.sample(self.accounts, k=GUESTS)
        for ore in (1000, self.books.transfers[made[whole]]["amount"] - 1000):
            self.happens(lambda ore=ore: self.books.reverse(made[whole], ore))
        self.happens(lambda: self.books.reverse(made[part], 1))
        payout = self.books.bank_payout(banked, 2500)
        self.happens(lambda: self.books.bank_payout_ends(payout["id"], status="paid"))
        if self.plan.random() < 0.5:
            self.happens(lambda: self.books.bank_payout_ends(payout["id"], status="failed", failure="account_closed"))
        self.happens(lambda: self.books.capability(part, "inactive"))
        self.happens(lambda: self.books.deauthorise(gone))

    def end(self) -> list[object]:
        """Return the final state of each guest, without the identifiers of this history."""
        store, found = self.world.store, []
        by_account = {each.account: each for each in batches.instructions(store)}
        for account, reward_id in zip(self.accounts, self.rewards, strict=True):
            who = recipient_statuses.by_account(store, rail=self.world.rail.name, account=account)
            assert who is not None
            with store.reading() as connection:
                lines = "SELECT debit, credit, SUM(amount_ore) FROM ledger WHERE reward_id = :it GROUP BY 1, 2 ORDER BY 1, 2"
                booked = [tuple(row) for row in connection.execute(text(lines), {"it": reward_id})]
            banks = [
                (each.state, each.failure_code, each.amount_ore) for each in assertions.bank_payouts_of(store, who.id)
            ]
            status, one = recipient_statuses.find(store, who.id), by_account[account]
            found.append((one.state, one.amount_ore, status and status.transfers, booked, banks))
        return found


def histories(make: Callable[[], Store], folder: Path, *, seed: int) -> None:
    ends = []
    for luck in (None, random.Random(f"luck {seed}")):
        history = History(make(), folder, luck=luck, plan=random.Random(seed))
        try:
            history.live()
            assert history.world.broken() == []
            assert len(history.books.transfers) == GUESTS
            ends.append(history.end())
        finally:
            history.world.store.close()
    assert ends[0] == ends[1], "another order gave another result"
    assert sorted(state for state, *_ in ends[0]) == ["paid", "paid", "paid", "reversed"]


KEPT = settings(deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.mark.timeout(600)
@settings(KEPT, max_examples=6)
@given(seed=st.integers(0, 10**6))
def test_webhooks_in_any_order_and_number_give_the_same_result(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("order")
    histories(emptied_store, folder, seed=seed)


@pytest.mark.postgresql
@pytest.mark.timeout(600)
def test_webhooks_in_any_order_give_the_same_result_on_postgresql(postgresql_cluster: Cluster, tmp_path: Path) -> None:
    @settings(KEPT, max_examples=2)
    @given(seed=st.integers(0, 10**6))
    def of_seed(seed: int) -> None:
        histories(lambda: open_store(postgresql_cluster.new_store()), tmp_path, seed=seed)

    of_seed()


def test_trusting_the_content_of_an_event_is_detected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"payout.created": "pending", "payout.paid": "paid", "payout.failed": "failed"}
    handle = events._handle

    def believes(store: Store, rail: ByHandRail, event: ProviderEvent) -> str:
        note = handle(store, rail, event)
        who = recipient_statuses.by_account(store, rail=rail.name, account=event.account)
        for each in assertions.bank_payouts_of(store, who.id) if who is not None and event.kind in said else ():
            recipient_statuses.save_bank_payout(store, replace(each, state=said[event.kind]))
        return note

    monkeypatch.setattr(events, "_handle", believes)
    monkeypatch.setattr(events, "_subject", lambda event: (event.id, "", ""))
    with pytest.raises(AssertionError, match="another result"):
        for seed in range(4):
            histories(emptied_store, tmp_path, seed=seed)
