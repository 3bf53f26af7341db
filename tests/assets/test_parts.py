"""A day built a café at a time has the rows of the day built at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from polars.testing import assert_frame_equal

from pilot.lake_tables.tables import TABLES, Table
from storage import lake as lake_room
from storage.cafe_parts import CafeRange
from storage.home import Home
from storage.lake import Lake
from tests.assets.conftest import Computed
from tests.assets.stories import DAY, NOON

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("a computed day")]


def test_every_table_built_by_single_cafes_has_the_rows_of_the_whole_day(
    computed_day: Computed, computed_home: Home, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = []

    def ranges(self: Lake, tables: Sequence[Table], day: date, **_: int) -> list[CafeRange]:
        with self.snapshot(*tables, days=[day]) as snapshot:
            parts.append(lake_room.cafe_ranges(snapshot, tables, day, part_rows=1))
        return parts[-1]

    monkeypatch.setattr(Lake, "cafe_ranges", ranges)
    assert run(DAY, tags=NOON).success
    assert max(map(len, parts)) > 1
    for table in TABLES.values():
        before = computed_day.home.lake().read(table, days=[DAY])
        assert_frame_equal(computed_home.lake().read(table, days=[DAY]), before)
