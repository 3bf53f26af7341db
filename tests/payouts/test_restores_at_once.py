"""A kept redemption is booked once, whatever the till, a guest or a person does at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, func, select

from payouts.deciding import issuer
from storage.store import audit
from storage.store.connect import open_store
from storage.store.payouts import unclaims
from storage.store.payouts.claims import ClaimRefused
from storage.store.payouts.recovery import RecoveryRefused, book_as_redeemed, recover
from storage.store.rewards import freezing, redemptions, vouchers
from storage.store.rewards.redemptions import RedeemedReward
from storage.store.schemas.money import ledger
from tests.payouts.world import SECRET, World
from tests.postgresql import Cluster

pytestmark = pytest.mark.postgresql

WAIT_SECONDS = 8
ISSUER = issuer(SECRET)


@pytest.fixture
def world(tmp_path: Path, postgresql_cluster: Cluster) -> Iterator[World]:
    made = World(tmp_path / "store", store=open_store(postgresql_cluster.new_store()))
    yield made
    made.store.close()


def fight(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    *,
    first: Callable[[], object],
    second: Callable[[], object],
    at: tuple[str, ...],
) -> list[object]:
    """Commit the first call only once the second is at a statement or lock; return both results or errors."""
    begun, reached = threading.Event(), threading.Event()
    record = audit.record

    def record_late(*args: Any, **given: Any) -> None:
        record(*args, **given)
        if threading.current_thread().name.startswith("first"):
            begun.set()
            reached.wait(WAIT_SECONDS)

    def watch(_: object, __: object, statement: str, parameters: object, *___: object) -> None:
        if any(each in f"{statement} {parameters}" for each in at) and threading.current_thread().name.startswith(
            "second"
        ):
            reached.set()

    monkeypatch.setattr(audit, "record", record_late)
    event.listen(world.store.engine, "before_cursor_execute", watch)
    with ThreadPoolExecutor(1, "first") as one, ThreadPoolExecutor(1, "second") as other:
        leading = one.submit(first)
        assert begun.wait(WAIT_SECONDS)
        following = other.submit(second)
        return [each.exception() or each.result() for each in (leading, following)]


def redeemed_bookings(world: World) -> int:
    with world.store.reading() as connection:
        booked = select(func.count()).select_from(ledger).where(ledger.c.credit == "owed_to_cafes")
        return int(connection.execute(booked).scalar_one())


@pytest.mark.parametrize("other", ["redeemed", "replaced", "claimed"])
def test_a_kept_redemption_is_booked_once_beside_another_change(
    world: World, monkeypatch: pytest.MonkeyPatch, *, other: str
) -> None:
    reward = world.earn(None)
    assert reward is not None
    kept = RedeemedReward(reward, reward, world.cafe_of[reward], True, 3000, world.at)
    changes: dict[str, Callable[[], object]] = {
        "redeemed": lambda: world.redeem(reward),
        "replaced": lambda: vouchers.replace(world.store, reward, issuer=ISSUER, actor="anna", reason="lost"),
        "claimed": lambda: world.claim(reward, "acct_1"),
    }

    def restored() -> object:
        return recover(world.store, [kept], issuer=ISSUER, recovered_to=world.at, actor="restore")

    results = fight(world, monkeypatch, first=changes[other], second=restored, at=("UPDATE vouchers", ":voucher:"))
    assert [each for each in results if isinstance(each, Exception)] == []
    assert redeemed_bookings(world) == 1
    assert redemptions.kept_redemptions_of(world.store) == []
    newest = vouchers.of_reward(world.store, reward)
    assert newest is not None
    assert newest.state == "redeemed"
    assert world.broken() == []


def test_two_people_book_a_frozen_reward_as_redeemed_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    reward = world.earn(None)
    assert reward is not None
    recover(world.store, [], issuer=ISSUER, recovered_to=world.at, actor="restore")

    def book() -> None:
        book_as_redeemed(world.store, reward, issuer=ISSUER, actor="anna", reason="on the list")

    first, second = fight(world, monkeypatch, first=book, second=book, at=(":rewards:", "INSERT INTO kept"))
    assert first is None
    assert isinstance(second, RecoveryRefused)
    assert redeemed_bookings(world) == 1
    assert not freezing.frozen(world.store, reward)
    assert world.broken() == []


def test_a_claim_planned_while_it_is_withdrawn_keeps_its_recipient(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    reward = world.earn(None)
    assert reward is not None
    placed = unclaims._placed

    def claimed_and_planned(connection: Connection, reward_id: str) -> str | None:
        found = placed(connection, reward_id)
        world.claim(reward, "acct_1")
        world.pay()
        return found

    monkeypatch.setattr(unclaims, "_placed", claimed_and_planned)
    with pytest.raises(ClaimRefused, match="Nobody has claimed"):
        unclaims.unclaim(world.store, reward, issuer=ISSUER, actor="anna", reason="gone")
    assert world.broken() == []
