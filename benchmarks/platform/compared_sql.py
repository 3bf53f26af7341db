"""Runs the SQL of `independent_sql` on a day's raw files and compares its rows with the lake's."""

from __future__ import annotations

import time
from datetime import date, datetime
from pathlib import Path

import duckdb
import polars as pl

from benchmarks.platform import independent_sql
from pilot.business_days import day_bounds
from pilot.cafes import Cafes
from pilot.lake_tables.insight_tables import VOICE_LATENCY
from pilot.lake_tables.tables import CUSTOMER_COUNTS, PILOT_KPIS, RAW_EVENTS, SESSIONS, TURNS, Table
from storage.home import Home

TOLERANCE = 1e-9
DECIMALS = 9
FIGURES = ("numerator", "denominator", "value", "low", "high")


def run_sql(home: Home, day: date, cafes: Cafes, *, as_of: datetime, folder: Path) -> dict[str, float]:
    """Run the SQL over the day's raw files; leave each table as a Parquet file; return each one's seconds."""
    start, end = day_bounds(day)
    taken: dict[str, float] = {}
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name, table in (("raw", RAW_EVENTS), ("counts", CUSTOMER_COUNTS)):
            uris = [uri.removeprefix("file://") for uri in _files(home, table, day)]
            listed = ", ".join(f"'{uri}'" for uri in uris)
            connection.execute(
                f"CREATE VIEW {name} AS SELECT * FROM read_parquet([{listed}], hive_partitioning = true, "
                "hive_types = {'day': DATE})"
            )
        connection.execute(independent_sql.NO_PAYMENTS)
        ids = pl.DataFrame({"cafe": cafes.ids})
        connection.register("cafes", ids.to_arrow())
        given = {
            "sessions": {"as_of": as_of},
            "uptime": {"first": start, "until": min(end, as_of)},
            "pilot_kpis": {"so_far": (min(end, as_of) - start).total_seconds()},
        }
        statements = (
            ("sessions", independent_sql.SESSIONS, "sql_sessions"),
            ("turns", independent_sql.TURNS, "sql_turns"),
            ("voice_latency", independent_sql.VOICE_LATENCY, "sql_voice_latency"),
            ("uptime", independent_sql.UPTIME, "sql_uptime"),
            ("pilot_kpis", independent_sql.KPIS, "sql_kpis"),
        )
        for stage, statement, table_name in statements:
            began = time.perf_counter()
            connection.execute(statement, given.get(stage))
            connection.execute(f"COPY {table_name} TO '{folder / stage}.parquet' (COMPRESSION ZSTD)")
            taken[stage] = time.perf_counter() - began
    return taken


def _files(home: Home, table: Table, day: date) -> list[str]:
    known = home.lake().delta(table)
    return [] if known is None else [uri for uri in known.file_uris() if f"/day={day}/" in uri]


def differing(home: Home, day: date, *, folder: Path) -> dict[str, int]:
    """Return for each table how many rows of either result have no equal in the other."""
    found: dict[str, int] = {}
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for stage, table in (("sessions", SESSIONS), ("turns", TURNS), ("voice_latency", VOICE_LATENCY)):
            listed = ", ".join(f"'{uri.removeprefix('file://')}'" for uri in _files(home, table, day))
            # The last binary digit of a quotient is an engine's own.
            names = ", ".join(
                f'round("{column.name}", {DECIMALS})' if column.kind == "float" else f'"{column.name}"'
                for column in table.columns
                if column.name != "day"
            )
            ours = f"SELECT {names} FROM read_parquet([{listed}])"
            theirs = f"SELECT {names} FROM read_parquet('{folder / stage}.parquet')"
            found[stage] = sum(
                connection.sql(f"SELECT count(*) FROM ({a} EXCEPT ALL {b})").fetchall()[0][0]
                for a, b in ((ours, theirs), (theirs, ours))
            )
    found["pilot_kpis"] = differing_kpis(
        home.lake().read(PILOT_KPIS, days=[day]), pl.read_parquet(folder / "pilot_kpis.parquet")
    )
    return found


def differing_kpis(ours: pl.DataFrame, theirs: pl.DataFrame) -> int:
    """Return how many KPI rows differ beyond rounding, in their verdict, or have no counterpart."""
    key = ["cafe", "simulated", "kpi"]
    both = ours.join(theirs, on=key, how="full", suffix="_sql", coalesce=True)
    same = pl.col("verdict").eq_missing(pl.col("verdict_sql"))
    for name in FIGURES:
        mine, other = pl.col(name), pl.col(f"{name}_sql")
        close = (mine - other).abs() <= TOLERANCE * (1 + mine.abs())
        same &= (mine.is_null() & other.is_null()) | close.fill_null(value=False)
    return both.filter(~same).height
