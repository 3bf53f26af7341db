"""Failed taps: a good voucher that the till could not redeem is recorded once the store is back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest

from payouts.voucher_codes import voucher_code
from storage.errors import StoreAway
from storage.store.connect import open_store
from storage.store.engine import Store, sqlite_url
from storage.store.payouts import payment_rows
from storage.store.rewards import voucher_failures, vouchers
from storage.store.rewards.vouchers import UNDO_SECONDS
from tests.payouts.memory_rail import MemoryRail
from tests.payouts.world import SECRET, World
from voice_edge.http.till.service import TillService


class Line:
    """A store that can be away, and a clock: both the world's."""

    def __init__(self, path: Path) -> None:
        self.world = World(path, store=open_store(sqlite_url(path)), rail=MemoryRail)
        self.is_away = False

    def open(self) -> Store:
        if self.is_away:
            raise StoreAway("The store does not answer.", remedy="Try again.")
        return self.world.store

    def now(self) -> datetime:
        return self.world.at


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path / "store.sqlite")


def test_a_failed_tap_is_recorded_once_the_store_is_back_unless_redeemed_later(
    line: Line,
) -> None:
    till = TillService(line.open, secret=SECRET, clock=line)  # type: ignore[arg-type]
    codes = []
    for _ in range(6):  # the world's guests visit each café in turn
        reward = str(line.world.earn(None))
        voucher = vouchers.of_reward(line.world.store, reward)
        assert voucher is not None
        if voucher.cafe == "aurora":
            codes.append(voucher_code(SECRET, reward, 1))
    first, second = codes[:2]
    line.is_away = True
    for typed in (first, second, "ZZZZ-ZZZZ", "no code"):
        till.queue_failure("aurora", typed)
    with pytest.raises(StoreAway):
        till.redeem("aurora", first, request="1")
    line.is_away = False
    line.world.at = line.world.at.replace(minute=1)
    assert till.redeem("aurora", second, request="2").outcome == "redeemed"
    rows = payment_rows.of_day(line.world.store, line.world.today)
    (of_aurora,) = rows.filter(rows["cafe"] == "aurora").to_dicts()
    assert (of_aurora["succeeded"], of_aurora["failed"]) == (1, 1)


def test_two_tills_at_once_after_an_outage_record_each_failure_once(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    till = TillService(line.open, secret=SECRET, clock=line)  # type: ignore[arg-type]
    till.queue_failure("aurora", "ZZZZ-ZZZZ")
    recorded: list[str] = []
    both = Barrier(2)
    original = voucher_failures.record

    def record(store: Store, code_hash: str, **more: object) -> None:
        recorded.append(code_hash)
        original(store, code_hash, **more)  # type: ignore[arg-type]

    def tap(number: int) -> str:
        both.wait()
        return till.redeem("aurora", "2222-2222", request=str(number)).outcome

    monkeypatch.setattr(voucher_failures, "record", record)
    with ThreadPoolExecutor(2) as tills:
        assert list(tills.map(tap, range(2))) == ["unknown", "unknown"]
    assert len(recorded) == 1


def test_a_failure_that_could_not_be_recorded_is_recorded_at_the_next_tap(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    till = TillService(line.open, secret=SECRET, clock=line)  # type: ignore[arg-type]
    recorded: list[str] = []
    till.queue_failure("aurora", "ZZZZ-ZZZZ")
    line.is_away = True
    with pytest.raises(StoreAway):
        till.redeem("aurora", "2222-2222", request="1")
    line.is_away = False
    monkeypatch.setattr(voucher_failures, "record", lambda _store, code_hash, **_: recorded.append(code_hash))
    till.redeem("aurora", "2222-2222", request="2")
    assert len(recorded) == 1


@pytest.mark.parametrize(("seconds", "outcome"), [(UNDO_SECONDS, "redeemed"), (UNDO_SECONDS + 1, "already_redeemed")])
def test_a_repeated_tap_redeems_only_once(line: Line, seconds: int, outcome: str) -> None:
    till = TillService(line.open, secret=SECRET, clock=line)  # type: ignore[arg-type]
    reward = str(line.world.earn(None))
    voucher = vouchers.of_reward(line.world.store, reward)
    assert voucher is not None
    code = voucher_code(SECRET, reward, 1)
    assert till.redeem(voucher.cafe, code, request="1").outcome == "redeemed"
    line.world.at += timedelta(seconds=seconds)
    assert till.redeem(voucher.cafe, code, request="1").outcome == outcome
