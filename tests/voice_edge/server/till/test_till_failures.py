"""A good voucher that the till could not redeem counts against us, once the store is back to say that it was good."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from payouts.memory_rail import MemoryRail
from payouts.voucher_codes import voucher_code
from storage.errors import StoreAway
from storage.store import payment_rows, vouchers
from storage.store.engine import Store, open_store, sqlite_url
from tests.payouts.world import SECRET, World
from voice_edge.till.desk import TillDesk


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


def test_what_could_not_be_redeemed_is_counted_when_the_store_is_back_unless_the_guest_got_it_after_all(
    line: Line,
) -> None:
    desk = TillDesk(line.open, secret=SECRET, clock=line)  # type: ignore[arg-type]
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
        desk.could_not("aurora", typed)
    with pytest.raises(StoreAway):
        desk.redeem("aurora", first, request="1")
    line.is_away = False
    line.world.at = line.world.at.replace(minute=1)
    assert desk.redeem("aurora", second, request="2").told == "redeemed"
    rows = payment_rows.of_day(line.world.store, line.world.today)
    (of_aurora,) = rows.filter(rows["cafe"] == "aurora").to_dicts()
    assert (of_aurora["succeeded"], of_aurora["failed"]) == (1, 1)
