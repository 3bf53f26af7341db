"""Uptime counted in parts of whole cafés is that of the day at once, from probes and from raw events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pilot.cafes import parse_cafes
from pilot.events import Event
from pipelines.figures.probes import probe_parts
from pipelines.figures.uptime import Window, outages, uptime, uptime_of_parts
from tests.events import MORNING, probes, raw_events

DAY = MORNING.date()
AS_OF = datetime(2026, 11, 23, 12, tzinfo=UTC)
CAFES = parse_cafes(Path("cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
PLANNED = [(MORNING + timedelta(minutes=2), MORNING + timedelta(minutes=4))]


def a_day() -> list[Event]:
    outcomes = [True, False, True, True, False, False]
    elsewhere = probes("aurora", start=MORNING + timedelta(seconds=9), outcomes=outcomes[:3])
    silence = probes("norr", start=MORNING, outcomes=[False], every_seconds=900, target="edge_heartbeat")
    return [
        *probes("aurora", start=MORNING, outcomes=outcomes),
        *(event.model_copy(update={"edge": "probe"}) for event in elsewhere),
        *probes("goteborg", start=MORNING, outcomes=outcomes, simulated=True),
        *probes("norr", start=MORNING + timedelta(minutes=1), outcomes=outcomes),
        *silence,
    ]


@pytest.mark.parametrize("planned", [[], PLANNED], ids=["no maintenance", "maintenance"])
@pytest.mark.parametrize("part_rows", [1, 7, 1000])
def test_parts_of_cafes_give_the_uptime_of_the_whole_day(part_rows: int, planned: list[Window]) -> None:
    raw = raw_events(a_day())
    expected = uptime(raw, day=DAY, as_of=AS_OF, cafes=CAFES, planned=planned)
    parts = probe_parts(raw, part_rows=part_rows)
    found = uptime_of_parts(parts, day=DAY, as_of=AS_OF, cafes=CAFES, planned=planned)
    order = ["cafe", "simulated", "target"]
    assert_frame_equal(found.sort(order), expected.sort(order))
    assert found.filter(pl.col("down_s") > 0).height > 2


def test_a_day_without_parts_has_a_row_for_each_cafe() -> None:
    found = uptime_of_parts([], day=DAY, as_of=AS_OF, cafes=CAFES)
    assert sorted(found["cafe"]) == sorted(CAFES.ids)
    assert set(found["probes"]) == {0}


def test_the_outages_of_cafes_with_a_failed_probe_are_all_there_are() -> None:
    every = pl.concat(probe_parts(raw_events(a_day(), probes("malmohuset", start=MORNING, outcomes=[True] * 4))))
    failed = every.filter(~pl.col("ok"))["cafe"].unique().to_list()
    some = every.filter(pl.col("cafe").is_in(failed))
    assert some.height < every.height
    assert outages(some, day=DAY, as_of=AS_OF) == outages(every, day=DAY, as_of=AS_OF)
