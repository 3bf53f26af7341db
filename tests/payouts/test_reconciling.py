"""A reconciliation compares books and provider at one moment, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from payouts.rail import Transfer
from payouts.reconciling import reconcile
from payouts.sending import send_batch
from storage.store.engine import Store
from storage.store.payouts import batches, rail_payouts, reversals
from tests.payouts.memory_rail import MemoryRail
from tests.payouts.world import LIMITS, World


class Busy(MemoryRail):
    """A provider where something happens between its answer and the reading of it."""

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        super().__init__(now=now)
        self.meanwhile: Callable[[], None] = lambda: None

    def transfers(self, *, since: datetime) -> Iterator[Transfer]:
        answer = list(super().transfers(since=since))
        self.meanwhile()
        yield from answer


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    """A world in which one payout is paid."""
    made = World(tmp_path / "store.sqlite", store=store, rail=Busy)
    made.earn("acct_1")
    made.pay()
    made.approve_all()
    made.pay()
    return made


def test_a_payout_sent_during_a_reconciliation_is_no_difference(world: World, store: Store) -> None:
    world.at += timedelta(days=1)
    world.earn("acct_2")
    batches.plan(store, day=world.today, rail=world.rail.name, simulated=True, limits=LIMITS)
    waiting = rail_payouts.unfinished(store, rail=world.rail.name, simulated=True)
    world.rail.meanwhile = lambda: [send_batch(store, world.rail, each.batch_id) for each in waiting]
    done = reconcile(store, world.rail, actor="test")
    assert (len(waiting), len(world.rail.made)) == (1, 2)
    assert (done.differences, done.agrees) == ((), True)
    assert sum(reconcile(store, world.rail, actor="test").ours_ore.values()) == 6000


@pytest.mark.parametrize("ore", [1, 3000])
def test_a_reversal_during_a_reconciliation_is_no_difference(world: World, store: Store, ore: int) -> None:
    (paid,) = (each for each in batches.instructions(store) if each.state == "paid")
    assert paid.reference is not None

    def comes_back() -> None:
        world.rail.meanwhile = lambda: None
        world.rail.reverse(paid.reference, ore)
        reversals.book_reversal(store, paid.id, reversed_ore=ore, actor="stripe")

    world.rail.meanwhile = comes_back
    done = reconcile(store, world.rail, actor="test")
    assert (done.agrees, sum(done.ours_ore.values())) == (True, 3000)
    done = reconcile(store, world.rail, actor="test")
    assert (done.agrees, sum(done.ours_ore.values())) == (True, 3000 - ore)


def test_a_payout_absent_at_the_provider_is_a_difference(world: World, store: Store) -> None:
    world.rail.made.clear()
    done = reconcile(store, world.rail, actor="test")
    assert [each.code for each in done.differences] == ["absent_at_provider"]
    assert not done.agrees
