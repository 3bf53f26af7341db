"""Readers from outside get the dashboard's figures by plain SQL, in the ways of docs/engines.md."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable

from dashboards.reading.kpi_figures import pilot_period
from pilot.lake_tables.tables import PILOT_KPIS
from storage.home import Home
from storage.spark.session import open_session
from tests.dashboards.conftest import TODAY
from tests.dashboards.lake_days import make_day
from tests.dashboards.test_reading import snapshot
from tests.sail_server import running_sail

pytestmark = pytest.mark.slow

QUERY = f"""
    SELECT day, cafe, kpi, numerator, denominator, value, low, high, target, verdict, unit
    FROM pilot_kpis
    WHERE day BETWEEN DATE '{TODAY - timedelta(days=2)}' AND DATE '{TODAY}' AND NOT simulated
    ORDER BY day, cafe, kpi
"""
CAFES = ("aurora", "goteborg", "malmohuset")

Rows = list[tuple[Any, ...]]


@pytest.fixture
def shown(home: Home) -> Rows:
    """The figures of three days as the dashboards show them; each day is written twice."""
    for back in (3, 2, 1, 0, 1):
        make_day(home.cafes(), TODAY - timedelta(days=back)).write(home.lake())
    with snapshot(home) as shot:
        period = pilot_period(shot, shot.key, cafes=CAFES, last=TODAY, days=3, simulated=False)
    assert len({figure.day for figure in period.figures}) == 3
    return [
        (
            *(figure.day, figure.cafe, figure.kpi, figure.numerator, figure.denominator, figure.value),
            *(figure.low, figure.high, figure.target, figure.verdict, figure.unit),
        )
        for figure in period.figures
    ]


def test_a_plain_duckdb_reads_the_figures_through_arrow(home: Home, shown: Rows) -> None:
    with duckdb.connect() as plain:
        plain.register("pilot_kpis", DeltaTable(home.lake().location(PILOT_KPIS)).to_pyarrow_dataset())
        assert plain.sql(QUERY).fetchall() == shown


def test_a_plain_duckdb_reads_the_current_files(home: Home, shown: Rows) -> None:
    files = [uri.removeprefix("file://") for uri in DeltaTable(home.lake().location(PILOT_KPIS)).file_uris()]
    with duckdb.connect() as plain:
        plain.execute(
            f"CREATE VIEW pilot_kpis AS SELECT * FROM read_parquet({files!r}, hive_partitioning = true, "
            "hive_types = {'day': DATE}, union_by_name = true)"
        )
        assert plain.sql(QUERY).fetchall() == shown


def test_a_sail_session_reads_the_figures(home: Home, shown: Rows) -> None:
    with running_sail() as sail:
        session = open_session(sail.address)
        session.sql(f"CREATE TABLE pilot_kpis USING delta LOCATION '{home.lake().location(PILOT_KPIS)}'")
        assert [tuple(row) for row in session.sql(QUERY).collect()] == shown
        session.stop()


def test_the_protocol_is_one_that_every_reader_of_delta_knows(home: Home, shown: Rows) -> None:
    """No deletion vectors, no column mapping: reader version 1."""
    protocol = DeltaTable(home.lake().location(PILOT_KPIS)).protocol()
    assert (protocol.min_reader_version, protocol.min_writer_version) == (1, 2)
    assert not protocol.reader_features
