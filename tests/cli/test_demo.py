from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from assets.definitions import build_defs
from cli.demo_home import SENSOR_NAME
from pilot.lake_tables.insight_tables import QUALITY_VERDICTS
from pilot.lake_tables.money_tables import REWARDS
from pilot.lake_tables.payout_tables import PAYMENTS
from pilot.lake_tables.report_tables import PILOT_REPORT
from pilot.lake_tables.tables import PILOT_KPIS, SCORED_FEEDBACK, SESSIONS
from pilot.settings import Settings
from proving.simulator.chances import DECIDED_MINUTES
from storage.home import open_home

PILOT = Path(sys.executable).with_name("pilot")
IS_RUNNING = (
    "import dagster as dg\n"
    "with dg.DagsterInstance.get() as instance:\n"
    "    for state in instance.all_instigator_state():\n"
    "        print(state.instigator_name, state.status.value, bool(state.instigator_data.cursor))\n"
)


@pytest.mark.slow
def test_a_demo_has_only_simulated_sessions_and_a_sensor_that_continues(tmp_path: Path) -> None:
    environment = {**os.environ, "PILOT_HOME": str(tmp_path / "demo")}
    command = (PILOT, "demo", "--no-serve", "--days", "2", "--seed", "3")
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    lake = open_home(Settings(home=tmp_path / "demo"), kind="demo").lake()
    for table in (SESSIONS, SCORED_FEEDBACK):
        assert lake.read(table, columns=["simulated"])["simulated"].unique().to_list() == [True]
    completed = lake.read(PILOT_KPIS).filter(pl.col("simulated"), pl.col("kpi") == "completion")
    assert completed["day"].n_unique() == 2
    assert completed["numerator"].sum() == lake.read(SCORED_FEEDBACK, columns=["session_id"]).height
    payments = lake.read(PAYMENTS)
    assert payments["issued"].sum() > 0
    assert payments["succeeded"].sum() > 0
    assert payments["simulated"].unique().to_list() == [True]
    assert payments["succeeded"].sum() < payments["issued"].sum()
    rewards = lake.read(REWARDS).join(
        lake.read(SCORED_FEEDBACK, columns=["session_id", "completed_at"]), on="session_id"
    )
    waited = rewards.select((pl.col("decided_at") - pl.col("completed_at")).dt.total_minutes())["decided_at"]
    assert 0 <= waited.min() <= waited.max() <= DECIDED_MINUTES
    verdicts = lake.read(QUALITY_VERDICTS)
    assert verdicts["day"].n_unique() == 2
    assert verdicts.filter(~pl.col("passed"), pl.col("severity") == "stop").is_empty()
    report = lake.read(PILOT_REPORT)
    assert report["day"].unique().to_list() == [verdicts["day"].min()]
    assert report.filter(pl.col("simulated"))["cafe"].n_unique() >= 3
    states = subprocess.run(
        (sys.executable, "-c", IS_RUNNING),
        env={**environment, "DAGSTER_HOME": str(tmp_path / "demo" / ".dagster")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"{SENSOR_NAME} DECLARED_IN_CODE True" in states.stdout.splitlines()
    again = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "All days are there already." in again.stdout


def test_the_sensor_of_the_demo_exists() -> None:
    assert SENSOR_NAME in {sensor.name for sensor in build_defs().sensors or ()}
