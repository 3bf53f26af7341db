"""Downtime minute by minute, from the table of probes and from days older than it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import polars as pl

from pilot.lake_tables.tables import PROBES, UPTIME
from pilot.settings import Settings
from reports.model import build_model
from reports.scope import Scope
from storage.home import Home, open_home
from storage.lake import polars_schema


def test_an_outage_of_the_table_of_probes_is_shown_to_the_minute(
    reported_home: Home, scope: Scope, tmp_path: Path
) -> None:
    home = copied(reported_home, tmp_path)
    eight = datetime.combine(scope.last, time(8), tzinfo=UTC)
    failed = {3, 4, 5, 9}
    rows = [
        {
            "day": scope.last, "event_id": f"e{minute}", "at": eight + timedelta(minutes=minute), "cafe": cafe,
            "simulated": False, "edge": "watch", "target": "customer_page", "ok": minute not in failed,
            "duration_ms": 80.0, "every_seconds": 60, "failure": "",
        }
        for cafe in ("goteborg", "malmohuset")
        for minute in range(12)
    ]  # fmt: skip
    home.lake().replace_partition(PROBES, scope.last, pl.DataFrame(rows, schema=polars_schema(PROBES)), commit={})
    home.lake().change_partition(UPTIME, scope.last, lambda frame: frame.with_columns(down_s=pl.lit(240.0)), commit={})
    found = [each for each in build_model(home, scope)["outages"] if each["from"].startswith(str(scope.last))]
    assert [(each["from"][11:16], each["to"][11:16], each["minutes"]) for each in found] == [
        ("08:03", "08:06", 3.0),
        ("08:09", "08:10", 1.0),
    ]
    assert all(each["cafes"] == ["goteborg", "malmohuset"] for each in found)


def test_outages_of_days_without_the_table_are_those_of_their_raw_events(
    reported_home: Home, scope: Scope, tmp_path: Path
) -> None:
    home = copied(reported_home, tmp_path)
    home.lake().change_partition(UPTIME, scope.last, lambda frame: frame.with_columns(down_s=pl.lit(180.0)), commit={})
    found = [each for each in build_model(home, scope)["outages"] if each["from"].startswith(str(scope.last))]
    assert [(each["from"][11:16], each["cafes"]) for each in found] == [
        (f"12:0{minute}", ["aurora"]) for minute in (1, 5, 9)
    ]


def copied(home: Home, folder: Path) -> Home:
    """Return a home of its own with the same lake."""
    shutil.copytree(home.root, folder / "home")
    return open_home(Settings(home=folder / "home"))
