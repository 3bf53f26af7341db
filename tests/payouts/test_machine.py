"""Random histories of payouts: nothing is paid twice, nothing is lost, the books agree."""

from __future__ import annotations

import atexit
import contextlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from payouts.deciding import issuer
from payouts.reconciling import pay_one, reconcile
from payouts.stripe.events import catch_up, process
from payouts.unclaiming import unclaim
from storage.store.cafes import switches
from storage.store.connect import open_store
from storage.store.engine import Store, sqlite_url
from storage.store.ledger import bookkeeping
from storage.store.payouts import batches, provider_events, reversals
from storage.store.payouts.claims import ClaimRefused
from storage.store.payouts.payout_codes import RESTORED
from storage.store.payouts.provider_events import ProviderEvent
from storage.store.rewards import decisions, vouchers
from storage.store.rewards.reward_cases import Candidate
from storage.store.rewards.vouchers import VoucherRefused
from tests.payouts import assertions
from tests.payouts.memory_rail import MemoryRail
from tests.payouts.stripe.by_hand_rail import ByHandRail
from tests.payouts.world import LIMITS, SECRET, World, replace_file

FAULTS = st.sampled_from(
    [
        "never_arrives",
        "answer_lost",
        "error_saved_with_effect",
        "error_saved_without_effect",
        "key_in_use",
        "too_many",
        "lock_timeout",
    ]
)
ACCOUNTS = st.sampled_from(["acct_1", "acct_2", "acct_3"])


@cache
def folder() -> Path:
    """Return the folder of this process's stores."""
    # In memory if possible: there are thousands of runs, and fsync proves nothing here.
    made = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


@cache
def template() -> Path:
    """Return a migrated, empty store; created once."""
    path = folder() / "empty.sqlite"
    open_store(sqlite_url(path)).close()
    return path


@cache
def _reused_store() -> Store:
    return open_store(sqlite_url(folder() / "store.sqlite"))


def emptied_store() -> Store:
    """Return this process's only store, emptied; its engine compiles each statement once."""
    store = _reused_store()
    store.close()
    replace_file(folder() / "store.sqlite", template())
    return store


class Payouts(RuleBasedStateMachine):
    """Operations and faults; the invariants hold after each."""

    rail: Callable[..., Any] = MemoryRail
    # By whether the store, and the landing, was restored.
    restores: ClassVar[Counter[tuple[bool, bool]]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.world = World(folder() / "store.sqlite", store=emptied_store(), rail=type(self).rail)
        self.copy: Path | None = None
        self.copied_landing: list[Candidate] = []
        self.last_restore: tuple[bool, bool] | None = None

    def end_with_a_restore(self) -> None:
        """Restore at the end, once: few random histories would otherwise contain a backup and its restore."""
        if self.copy is not None and self.last_restore is not None:
            store, landing = self.last_restore
            self.last_restore = None
            self.put_the_backup_back(store, landing, True)
            assert self.world.broken() == []

    def teardown(self) -> None:
        try:
            self.end_with_a_restore()
            done = self.world.settle()
            unfinished = {
                each.state for each in batches.instructions(self.world.store) if each.state in ("planned", "in_flight")
            }
            assert unfinished == set(), "a payout never finishes"
            assert self.world.broken() == []
            assert assertions.sentences(self.world.store) == []
            if not done.differences:
                assert done.ours_ore == done.theirs_ore
                left = bookkeeping.balances(self.world.store, simulated=True)["provider_balance_test"]
                assert -left == sum(each.amount_ore - each.reversed_ore for each in self.world.rail.made.values())
        finally:
            self.world.store.close()

    @initialize(
        accounts=st.lists(ACCOUNTS, min_size=1, max_size=4), copied=st.integers(0, 3),
        redeemed=st.booleans(), exported=st.booleans(), last=st.sampled_from([(True, False), (False, True), (True, True)]),
    )  # fmt: skip
    def a_batch_is_approved(
        self, accounts: list[str], copied: int, redeemed: bool, exported: bool, last: tuple[bool, bool]
    ) -> None:
        """Plan and approve a batch; most histories would otherwise end before any sending or restore."""
        self.last_restore = last
        if copied == 0:
            self.back_up()
        for account in accounts:
            self.world.earn(account)
        if copied == 1:
            self.back_up()
        vouchered = self.world.earn(None)
        if copied == 2:
            self.back_up()
        if redeemed and vouchered is not None:
            self.world.redeem(vouchered)
        if exported:
            self.world.export()
        self.world.pay()
        self.world.approve_all()

    @rule(account=ACCOUNTS, score=st.sampled_from([65, 75, 90]))
    def earn_and_claim(self, account: str, score: int) -> None:
        self.world.earn(account, score=score)

    @rule()
    def earn_a_voucher(self) -> None:
        self.world.earn(None)

    @rule()
    def pay(self) -> None:
        self.world.pay()

    @rule()
    def approve(self) -> None:
        self.world.approve_all()

    @rule(faults=st.lists(FAULTS, min_size=1, max_size=3))
    def break_the_next_calls(self, faults: list) -> None:
        self.world.rail.faults.extend(faults)

    @rule(hours=st.sampled_from([1, 5, 22, 23, 25, 49]))
    def time_passes(self, hours: int) -> None:
        self.world.at += timedelta(hours=hours)

    @rule(ore=st.sampled_from([0, 2500, 10**9]))
    def funds(self, ore: int) -> None:
        self.world.rail.funds_ore = ore

    @rule(account=ACCOUNTS, able=st.booleans())
    def capability(self, account: str, able: bool) -> None:
        (self.world.rail.unable.discard if able else self.world.rail.unable.add)(account)

    @rule(on=st.booleans())
    def stop_switch(self, on: bool) -> None:
        switches.turn(self.world.store, "rewards_stopped", on=on, actor="test", reason="test")

    @rule(data=st.data(), held=st.booleans())
    def hold_or_release(self, data: st.DataObject, held: bool) -> None:
        # What a restore holds is released only after a comparison.
        can = [
            each.id
            for each in batches.instructions(self.world.store)
            if each.state in ("planned", "held") and each.code != RESTORED
        ]
        if can:
            batches.hold(self.world.store, data.draw(st.sampled_from(can)), held=held, actor="test", reason="test")

    @rule(data=st.data(), again=st.booleans())
    def trigger_by_hand(self, data: st.DataObject, again: bool) -> None:
        known = [each.id for each in batches.instructions(self.world.store)]
        if known:
            pay_one(
                self.world.store, self.world.rail, data.draw(st.sampled_from(known)), retry_refused=again, actor="test"
            )

    @rule(data=st.data(), ore=st.sampled_from([1, 1500, 10**9]))
    def reverse_on_the_providers_page(self, data: st.DataObject, ore: int) -> None:
        live = [key for key, each in self.world.rail.made.items() if each.reversed_ore < each.amount_ore]
        if live:
            self.world.rail.reverse(data.draw(st.sampled_from(sorted(live))), ore)

    @rule(account=ACCOUNTS)
    def lose_the_capability_between_plan_and_sending(self, account: str) -> None:
        self.world.earn(account)
        batches.plan(self.world.store, day=self.world.today, rail=self.world.rail.name, simulated=True, limits=LIMITS)
        self.world.approve_all()
        self.world.rail.unable.add(account)
        self.world.pay()

    @rule()
    def another_release_changes_the_requests(self) -> None:
        self.world.release += 1

    @rule()
    def reconcile(self) -> None:
        done = reconcile(self.world.store, self.world.rail, actor="test")
        assert self.world.restored or done.agrees

    @rule()
    def earn_a_held_reward(self) -> None:
        self.world.earn(None, held=True)

    @rule(data=st.data(), release=st.booleans())
    def a_person_rules(self, data: st.DataObject, release: bool) -> None:
        if held := [each.session_id for each in decisions.held_rewards(self.world.store)]:
            decisions.rule(
                self.world.store, data.draw(st.sampled_from(held)), release=release, issuer=issuer(SECRET),
                actor="anna", reason="looked at",
            )  # fmt: skip

    def any_reward(self, data: st.DataObject) -> str | None:
        """Return any reward that was ever decided: guests keep their codes and receipts through every restore."""
        known = list(self.world.session_of)
        return known[data.draw(st.integers(0, len(known) - 1))] if known else None

    @rule(data=st.data(), number=st.integers(1, 3))
    def a_code_is_shown_at_the_till(self, data: st.DataObject, number: int) -> None:
        if (reward := self.any_reward(data)) is not None:
            self.world.redeem(reward, number=number)

    @rule(data=st.data())
    def the_till_undoes(self, data: st.DataObject) -> None:
        if (reward := self.any_reward(data)) is not None:
            self.world.undo(reward)

    @rule(data=st.data())
    def support_replaces_a_voucher(self, data: st.DataObject) -> None:
        if (reward := self.any_reward(data)) is not None:
            with contextlib.suppress(VoucherRefused):
                vouchers.replace(self.world.store, reward, issuer=issuer(SECRET), actor="anna", reason="lost")

    @rule(data=st.data(), account=ACCOUNTS)
    def a_guest_claims(self, data: st.DataObject, account: str) -> None:
        if (reward := self.any_reward(data)) is not None:
            with contextlib.suppress(ClaimRefused):
                self.world.claim(reward, account)

    @rule(data=st.data())
    def a_claim_is_withdrawn(self, data: st.DataObject) -> None:
        if (reward := self.any_reward(data)) is not None:
            with contextlib.suppress(ClaimRefused):
                unclaim(self.world.store, self.world.rail, reward, secret=SECRET, actor="anna", reason="gone")

    @rule()
    def redemptions_are_exported(self) -> None:
        self.world.export()

    @rule()
    def frozen_rewards_are_compared_and_released(self) -> None:
        self.world.release_checked()

    @rule()
    def the_landing_is_decided(self) -> None:
        self.world.decide()

    @rule()
    def back_up(self) -> None:
        self.copy = folder() / "copy.sqlite"
        self.copy.unlink(missing_ok=True)
        self.world.backup(self.copy)
        self.copied_landing = list(self.world.landing)

    @precondition(lambda self: self.copy is not None)
    @rule(store=st.booleans(), landing=st.booleans(), shown=st.booleans())
    def put_the_backup_back(self, store: bool, landing: bool, shown: bool) -> None:
        """Restore the store alone, the landing alone, or both; then every guest may show a code."""
        assert self.copy is not None
        if landing:
            self.world.landing = list(self.copied_landing)
        if store or not landing:
            self.world.restore(self.copy)
        self.restores[store or not landing, landing] += 1
        self.world.decide()
        for reward in list(self.world.session_of) if shown else ():
            self.world.redeem(reward)

    @invariant()
    def nothing_is_broken(self) -> None:
        assert self.world.broken() == []


class StripePayouts(Payouts):
    """The same on the Stripe rail: the official client, the fake and its webhooks."""

    rail = ByHandRail

    def all_events(self) -> list[ProviderEvent]:
        return [
            ProviderEvent(each["id"], self.world.rail.name, each["type"], each["data"]["object"].get("id") or "",
                          each.get("account", ""), self.world.at)
            for each in self.world.rail.fake.books.events.values()
        ]  # fmt: skip

    @rule(data=st.data(), twin=st.booleans())
    def some_webhooks_come(self, data: st.DataObject, twin: bool) -> None:
        """Deliver some of all events in any order, doubled or under two ids."""
        events = self.all_events()
        if events:
            came = data.draw(st.lists(st.sampled_from(events), max_size=6))
            came = [replace(each, id=f"{each.id}_twin") if twin else each for each in came]
            provider_events.save(self.world.store, came, way="webhook")

    @rule(limit=st.sampled_from([1, 200]))
    def the_watch_processes_events(self, limit: int) -> None:
        process(self.world.store, self.world.rail, limit=limit)

    @rule()
    def the_watch_catches_up(self) -> None:
        catch_up(self.world.store, self.world.rail)

    def teardown(self) -> None:
        try:
            self.end_with_a_restore()
            self.world.settle()
            self.everything_comes(self.all_events())
            self.world.settle()  # Payouts refused for a missing capability are sent once it is reported again.
            settled = self.states()
            self.everything_comes(list(reversed(self.all_events())))
            assert self.states() == settled, "delivering everything once more changed something"
        finally:
            super().teardown()

    def everything_comes(self, events: list[ProviderEvent]) -> None:
        provider_events.save(self.world.store, events, way="webhook")
        provider_events.replay(self.world.store, rail=self.world.rail.name)
        process(self.world.store, self.world.rail, limit=10_000)

    def states(self) -> list[tuple[str, str, int]]:
        back = reversals.reversed_ore(self.world.store)
        return [(each.id, each.state, back.get(each.id, 0)) for each in batches.instructions(self.world.store)]


# In parts, so that none is long on a busy machine; `make prove-payouts` runs ten thousand.
PARTS = [(Payouts, 20, number) for number in range(4)] + [(StripePayouts, 10, number) for number in range(4)]


@pytest.mark.timeout(900)  # dozens of histories: minutes on a machine that is busy
@pytest.mark.parametrize(("machine", "histories", "part"), PARTS)
def test_random_histories_break_nothing(machine: type[Payouts], histories: int, part: int) -> None:
    run_state_machine_as_test(
        seed(part)(type(machine.__name__, (machine,), {})),
        settings=settings(
            max_examples=histories,
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
