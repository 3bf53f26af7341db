"""The demo's home: simulated days, landed like real ones, and the figures built from them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from operations.preparation import prepare_dagster
from operations.seeding import seed as seed_home
from operations.system import CHECKOUT, DAGSTER_FOLDER, make_system
from pilot.business_days import business_day
from pilot.errors import PilotError
from pilot.settings import read_settings
from proving.simulator.landing_days import REPLICA, land
from proving.simulator.pilot_days import simulate
from proving.simulator.rewarding import decide_days, redeem
from storage.home import Home, open_home

if TYPE_CHECKING:
    from dagster import DagsterInstance

DEMO_DAYS = 30
DEFAULT_HOME = "~/.local/share/pilot-demo"
SENSOR_NAME = "new_facts"
# More threads would not speed up thirty small days, and would block the machine.
ENGINE_THREADS = "1"
# A run logs about a thousand events; errors are still printed.
QUIET = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}


class FiguresNotBuilt(PilotError):
    """The simulated days landed, but their figures could not be built."""


def open_demo(environment: Mapping[str, str]) -> Home:
    """Return the demo's home, created if it does not exist.

    Raises:
        PilotError: the home is real, or cannot be used.
    """
    home = environment.get("PILOT_HOME") or str(Path(DEFAULT_HOME).expanduser())
    return open_home(read_settings({**environment, "PILOT_HOME": home}), kind="demo")


def land_days(home: Home, *, days: int, seed: int, console: Console) -> list[date]:
    """Land the simulated days up to now that are missing; return them."""
    now = datetime.now(UTC)
    today = business_day(now)
    segments = home.segments()
    wanted = [today - timedelta(days=back) for back in reversed(range(days))]
    missing = [day for day in wanted if not any(name.replica == REPLICA for name in segments.list(day))]
    codes: dict[str, str] = {}
    for code in seed_home(home):
        codes.setdefault(code.cafe, code.code)
    with _progress(console) as progress:
        task = progress.add_task("Simulating days", total=len(missing))
        for day in missing:
            simulated = simulate(home.cafes(), codes=codes, first_day=day, last_day=day, until=now, seed=seed)
            land(home, simulated, on_day=lambda *_: progress.advance(task))
    return missing


def build_figures(home: Home, days: Sequence[date], *, seed: int, console: Console) -> None:
    """Materialize and judge the days in this process as the pilot would; decide and redeem their rewards.

    Raises:
        FiguresNotBuilt: a run failed; Dagster's page has its log.
    """
    if not days:
        console.print("All days are there already.")
        return
    os.environ.setdefault("POLARS_MAX_THREADS", ENGINE_THREADS)
    os.environ["DAGSTER_HOME"] = str(home.root / DAGSTER_FOLDER)
    prepare_dagster(make_system(home, environment=os.environ))
    began = time.monotonic()
    with console.status(f"Building the figures of {len(days)} days ..."):
        import dagster as dg

        # Dagster warns about its own parameters, which the pilot does not set.
        warnings.simplefilter("ignore", category=dg.BetaWarning)
        from assets.automation.jobs import TABLE_ASSETS
        from assets.automation.sensor import observe
        from assets.automation.sensor_cursor import Cursor
        from assets.definitions import build_defs
        from assets.framework.partitions import range_tags, ranges
        from assets.tables.rewards import rewards

        # The rewards are decided and redeemed between the tables that they depend on and those that count them.
        money = TABLE_ASSETS.index(rewards)
        with dg.DagsterInstance.get() as instance:

            def run(job: str, first: date, last: date, assets: Sequence[dg.AssetsDefinition] = ()) -> None:
                result = (
                    build_defs()
                    .resolve_job_def(job)
                    .execute_in_process(
                        run_config=QUIET,
                        instance=instance,
                        tags=range_tags(first, last),
                        raise_on_error=False,
                        asset_selection=[key for each in assets for key in each.keys] or None,
                    )
                )
                if not result.success:
                    raise FiguresNotBuilt(
                        f"The figures of {first} to {last} could not be built.",
                        remedy="`pilot run` on the same home shows the run in Dagster's page.",
                    )

            for first, last in ranges(days):
                run("rebuild", first, last, TABLE_ASSETS[:money])
            now = datetime.now(UTC)
            decide_days(home, days, seed=seed, until=now)
            redeem(home, seed=seed, until=now)
            before = observe(home, cursor=Cursor(), now=datetime.now(UTC))
            for first, last in ranges(days):
                run("rebuild", first, last, TABLE_ASSETS[money:])
                run("quality", first, last)
            # As every night: the reports up to the last day that is over.
            if over := [day for day in days if day < business_day(now)]:
                run("reports", over[-1], over[-1])
            if before.landing.keys() <= set(days):
                cursor = Cursor(built=dict(before.landing), outbox=before.outbox)
                _set_sensor_cursor(instance, cursor=cursor.model_dump_json())
    console.print(f"Built the figures of {len(days)} days in {time.monotonic() - began:.0f} s.")


def _set_sensor_cursor(instance: DagsterInstance, *, cursor: str) -> None:
    """Set the sensor's cursor to the built days, so that it does not build them again.

    It only saves time: if it fails, the sensor builds the same rows.
    """
    command = ("dagster", "sensor", "cursor", SENSOR_NAME, "--set", cursor, "-w", "workspace.yaml")
    subprocess.run((sys.executable, "-m", *command), cwd=CHECKOUT, capture_output=True, check=False)
    # Dagster stops a sensor whose cursor is set before its first tick; its declared default is running.
    for state in instance.all_instigator_state():
        if state.instigator_name == SENSOR_NAME:
            instance.update_instigator_state(state.with_status(type(state.status).DECLARED_IN_CODE))


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )
