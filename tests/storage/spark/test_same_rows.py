"""The engine's rows are those of the embedded engine, row by row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pilot.business_days import day_bounds
from pilot.cafes import Cafes
from pilot.lake_tables.tables import FINGERPRINTS, RAW_EVENTS, SCORED_FEEDBACK, SESSIONS, TURNS, Table
from pipelines.feedback.scored_feedback import scored_feedback
from pipelines.feedback.sessions import FIELDS as OF_SESSIONS
from pipelines.feedback.sessions import sessions
from pipelines.feedback.turns import FIELDS as OF_TURNS
from pipelines.feedback.turns import turns
from pipelines.signals.fingerprints import fingerprints
from storage.home import Home
from storage.lake import Lake
from storage.lake_schema import day_partition
from storage.spark import engine as engine_module
from storage.spark.engine import SparkEngine
from storage.spark.ranges import ranges_of
from tests.storage.spark.conftest import DAY

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sail")]

AS_OF = day_bounds(DAY)[1]
COMMIT = {"run": "test"}
KEY = b"a key for these tests only, 32 b"


def whole(table: Table, parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    return day_partition(table, DAY, pl.concat(parts))


def by_events(engine: SparkEngine, lake: Lake, table: Table) -> pl.DataFrame:
    make, fields = (partial(sessions, as_of=AS_OF), OF_SESSIONS) if table is SESSIONS else (turns, OF_TURNS)
    return whole(table, engine.rows_from_events(lake, DAY, make, fields=fields, table=table))


@pytest.fixture(scope="module")
def embedded(simulated_home: Home, cafes: Cafes) -> dict[str, pl.DataFrame]:
    """The rows of the embedded engine, sessions and turns also in the lake."""
    lake = simulated_home.lake()
    built = {
        "sessions": whole(
            SESSIONS, (sessions(each, as_of=AS_OF) for each in lake.event_parts(DAY, fields=OF_SESSIONS))
        ),
        "turns": whole(TURNS, (turns(each) for each in lake.event_parts(DAY, fields=OF_TURNS))),
    }
    lake.replace_partition(SESSIONS, DAY, built["sessions"], commit=COMMIT)
    lake.replace_partition(TURNS, DAY, built["turns"], commit=COMMIT)
    built["scored_feedback"] = whole(SCORED_FEEDBACK, [scored_feedback(built["sessions"], built["turns"], cafes=cafes)])
    built["fingerprints"] = whole(FINGERPRINTS, [fingerprints(built["sessions"], built["turns"], key=KEY)])
    return built


@pytest.mark.parametrize("table", [SESSIONS, TURNS], ids=lambda table: table.name)
def test_rows_from_events_are_the_same(
    table: Table, engine: SparkEngine, simulated_home: Home, embedded: dict[str, pl.DataFrame]
) -> None:
    assert embedded[table.name].height > 1_000
    assert_frame_equal(by_events(engine, simulated_home.lake(), table), embedded[table.name], check_exact=True)


def test_scores_are_the_same(
    engine: SparkEngine, simulated_home: Home, embedded: dict[str, pl.DataFrame], cafes: Cafes
) -> None:
    found = engine.rows_from_tables(
        simulated_home.lake(),
        DAY,
        partial(scored_feedback, cafes=cafes),
        read=(SESSIONS, TURNS),
        table=SCORED_FEEDBACK,
    )
    assert embedded["scored_feedback"]["score"].n_unique() > 10
    assert_frame_equal(whole(SCORED_FEEDBACK, found), embedded["scored_feedback"], check_exact=True)


def test_fingerprints_are_the_same(
    engine: SparkEngine, simulated_home: Home, embedded: dict[str, pl.DataFrame]
) -> None:
    found = engine.rows_from_tables(
        simulated_home.lake(), DAY, partial(fingerprints, key=KEY), read=(SESSIONS, TURNS), table=FINGERPRINTS
    )
    assert_frame_equal(whole(FINGERPRINTS, found), embedded["fingerprints"], check_exact=True)


def test_a_day_of_several_queries_has_the_same_rows_in_order(
    engine: SparkEngine,
    simulated_home: Home,
    embedded: dict[str, pl.DataFrame],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine_module, "ranges_of", partial(ranges_of, range_rows=1_000, query_rows=3_000))
    parts = list(engine.rows_from_events(simulated_home.lake(), DAY, turns, fields=OF_TURNS, table=TURNS))
    assert len(parts) > 2
    edges = [(part["cafe"].min(), part["cafe"].max()) for part in parts]
    assert all(before[1] < after[0] for before, after in pairwise(edges))  # type: ignore[operator]
    assert_frame_equal(whole(TURNS, parts), embedded["turns"], check_exact=True)


def test_a_session_recorded_under_two_cafes_is_one_row(
    engine: SparkEngine, simulated_home: Home, tmp_path: Path
) -> None:
    events = simulated_home.lake().read(RAW_EVENTS, days=[DAY])
    moved = events.filter(pl.col("event") == "session_completed")["session_id"].sort()[0]
    own = events.filter(pl.col("session_id") == moved)["event_id"].sort()[0]
    other = events["cafe"].drop_nulls().sort()[-1]
    lake = Lake(str(tmp_path))
    changed = events.with_columns(cafe=pl.when(pl.col("event_id") == own).then(pl.lit(other)).otherwise("cafe"))
    lake.replace_partition(RAW_EVENTS, DAY, changed, commit=COMMIT)
    expected = whole(SESSIONS, (sessions(each, as_of=AS_OF) for each in lake.event_parts(DAY, fields=OF_SESSIONS)))
    found = by_events(engine, lake, SESSIONS)
    assert found.filter(pl.col("session_id") == moved).height == 1
    assert_frame_equal(found, expected, check_exact=True)


def test_the_step_reads_the_version_of_its_beginning(
    engine: SparkEngine, simulated_home: Home, embedded: dict[str, pl.DataFrame], tmp_path: Path
) -> None:
    lake = Lake(str(tmp_path))
    lake.replace_partition(RAW_EVENTS, DAY, simulated_home.lake().read(RAW_EVENTS, days=[DAY]), commit=COMMIT)

    class ReplacedMeanwhile(Lake):
        def version(self, table: Table) -> int | None:
            version = super().version(table)
            super().replace_partition(RAW_EVENTS, DAY, lake.read(RAW_EVENTS, days=[DAY]).head(0), commit=COMMIT)
            return version

    found = by_events(engine, ReplacedMeanwhile(str(tmp_path)), SESSIONS)
    assert_frame_equal(found, embedded["sessions"], check_exact=True)


def test_a_day_or_a_table_without_rows_yields_none(engine: SparkEngine, simulated_home: Home, tmp_path: Path) -> None:
    after = DAY + timedelta(days=1)
    assert not list(engine.rows_from_events(simulated_home.lake(), after, turns, fields=OF_TURNS, table=TURNS))
    assert not list(engine.rows_from_events(Lake(str(tmp_path)), DAY, turns, fields=OF_TURNS, table=TURNS))
