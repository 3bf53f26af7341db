"""Whole histories told in order, and told in any order, doubled, late or never: the same end, on both engines."""

from __future__ import annotations

import itertools
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
from payouts.stripe.events import catch_up, listed, process
from payouts.stripe.recipients import open_account
from storage.store.connect import open_store
from storage.store.engine import Store, sqlite_url
from storage.store.payouts import batches, claims, onboardings, provider_events
from storage.store.payouts import recipient_statuses as standings
from storage.store.payouts.provider_events import ProviderEvent
from tests.payouts import assertions as looks
from tests.payouts.stripe.by_hand_rail import IBAN, ByHandRail
from tests.payouts.test_machine import template
from tests.payouts.world import World
from tests.postgresql import Cluster

GUESTS = 4
FAULTS = ("none", "answer_lost", "error_saved_with_effect", "never_arrives", "lock_timeout")


class History:
    """One history; with luck its events come as luck has it, without they come at once and in order."""

    def __init__(self, store: Store, folder: Path, *, luck: random.Random | None, plan: random.Random) -> None:
        self.world = World(folder / "unused", store=store, rail=ByHandRail)
        self.luck, self.plan = luck, plan
        self.books = self.world.rail.fake.books
        self.accounts: list[str] = []
        self.rewards: list[str] = []

    def told(self) -> list[ProviderEvent]:
        rail = self.world.rail
        ours = list(listed(rail, since=self.world.at - timedelta(days=30)))
        theirs = [
            each for name in self.accounts if name in self.books.accounts
            for each in listed(rail, since=self.world.at - timedelta(days=30), account=name)
        ]  # fmt: skip
        gone = [
            ProviderEvent(each["id"], rail.name, each["type"], "", each["account"], self.world.at)
            for each in self.books.events.values()
            if each["type"] == "account.application.deauthorized"
        ]
        return [*reversed(ours), *reversed(theirs), *gone]

    def happens(self, what: Callable[[], Any]) -> None:
        """Let something happen at Stripe; then some of all that was ever told arrives."""
        what()
        self.world.at += timedelta(minutes=1)
        heard = self.told()
        if self.luck is not None:
            heard = self.luck.choices(heard, k=self.luck.randrange(2 * len(heard) + 1))
            heard = [replace(each, id=f"{each.id}_twin") if self.luck.random() < 0.2 else each for each in heard]
        provider_events.keep(self.world.store, heard, way="webhook")
        if self.luck is None or self.luck.random() < 0.5:
            process(self.world.store, self.world.rail)

    def everything_arrives(self) -> None:
        heard = self.told()
        if self.luck is not None:
            self.luck.shuffle(heard)
        if self.luck is not None and self.luck.random() < 0.5:
            catch_up(self.world.store, self.world.rail)
        else:
            provider_events.keep(self.world.store, heard, way="webhook")
        # What was looked at too early is told once more: a hint that comes again is taken as one.
        for each in heard:  # One by one: what comes again counts as come in then.
            self.world.at += timedelta(milliseconds=1)
            provider_events.replay(self.world.store, rail=self.world.rail.name, only=each.id)
        process(self.world.store, self.world.rail, limit=10_000)

    def live(self) -> None:
        world, rail = self.world, self.world.rail
        for number in range(GUESTS):
            reward_id = str(world.earn(None))
            account = open_account(rail, reward_id=reward_id)
            who = claims.recipient(world.store, rail=rail.name, account=account, simulated=True)
            onboardings.ask(world.store, reward_id, recipient_id=who.id)
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
        for _ in range(2):  # Each payout meets at most one fault, and comes through at the second asking.
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
        """Return how each guest stands at the end, whatever things are called in this history."""
        store, found = self.world.store, []
        by_account = {each.account: each for each in batches.instructions(store)}
        for account, reward_id in zip(self.accounts, self.rewards, strict=True):
            who = standings.by_account(store, rail=self.world.rail.name, account=account)
            assert who is not None
            with store.reading() as connection:
                lines = "SELECT debit, credit, SUM(amount_ore) FROM ledger WHERE reward_id = :it GROUP BY 1, 2 ORDER BY 1, 2"
                booked = [tuple(row) for row in connection.execute(text(lines), {"it": reward_id})]
            banks = [(each.state, each.failure_code, each.amount_ore) for each in looks.bank_payouts_of(store, who.id)]
            standing, one = standings.find(store, who.id), by_account[account]
            found.append((one.state, one.amount_ore, standing and standing.transfers, booked, banks))
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
    assert ends[0] == ends[1], "another order did not come to the same end"
    assert sorted(state for state, *_ in ends[0]) == ["paid", "paid", "paid", "reversed"]


KEPT = settings(deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))


def files(folder: Path) -> Callable[[], Store]:
    """Return what opens an empty store in a file of its own each time."""
    numbers = itertools.count()

    def make() -> Store:
        path = folder / f"{next(numbers)}.sqlite"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(template().read_bytes())
        return open_store(sqlite_url(path))

    return make


@pytest.mark.timeout(600)
@settings(KEPT, max_examples=12)
@given(seed=st.integers(0, 10**6))
def test_any_order_number_and_delay_of_webhooks_comes_to_the_same_end(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("order")
    histories(files(folder), folder, seed=seed)


@pytest.mark.postgresql
@pytest.mark.timeout(600)
def test_any_order_number_and_delay_of_webhooks_comes_to_the_same_end_on_postgresql(
    postgresql_cluster: Cluster, tmp_path: Path
) -> None:
    empty = postgresql_cluster.new_database()
    open_store(empty).close()
    name = empty.rpartition("/")[2]

    @settings(KEPT, max_examples=4)
    @given(seed=st.integers(0, 10**6))
    def of_seed(seed: int) -> None:
        histories(lambda: open_store(postgresql_cluster.new_database(template=name)), tmp_path, seed=seed)

    of_seed()


def test_a_receiver_that_believed_what_an_event_says_would_be_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"payout.created": "pending", "payout.paid": "paid", "payout.failed": "failed"}
    look = events._look

    def believes(store: Store, rail: ByHandRail, event: ProviderEvent) -> str:
        note = look(store, rail, event)
        who = standings.by_account(store, rail=rail.name, account=event.account)
        for each in looks.bank_payouts_of(store, who.id) if who is not None and event.kind in said else ():
            standings.save_bank_payout(store, replace(each, state=said[event.kind]))
        return note

    monkeypatch.setattr(events, "_look", believes)
    monkeypatch.setattr(events, "_thing", lambda event: (event.id, "", ""))
    with pytest.raises(AssertionError, match="the same end"):
        for seed in range(4):
            histories(files(tmp_path / str(seed)), tmp_path, seed=seed)
