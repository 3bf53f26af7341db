"""Executes a run of `pilot materialize`: by the running pilot, or in this process if none runs."""

from __future__ import annotations

import shutil
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import dagster as dg

from assets.by_hand.materializing import PlannedRun
from assets.definitions import build_defs
from assets.framework.dead_runs import PROCESS_TAG, end_dead_runs, this_process
from assets.framework.resources import HomeResource
from operations.dagster_page import program_ticket
from operations.preparation import INSTANCE_NAME
from operations.system import CHECKOUT, DAGSTER_FOLDER, make_system
from pilot.errors import PilotError
from storage.home import Home

POLL_SECONDS = 1.0


class RunNotStarted(PilotError):
    """A run could not be submitted."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """The result of a run.

    Attributes:
        run_id: Dagster's id of the run.
        succeeded: Whether everything was built.
        troubles: A line for each failed step or check; free of guests' words (`assets.framework.failures`).
    """

    run_id: str
    succeeded: bool
    troubles: tuple[str, ...]


@contextmanager
def open_instance(home: Home) -> Iterator[dg.DagsterInstance]:
    """Open the Dagster instance of a home; prepare it if nothing has run on it yet."""
    folder = home.root / DAGSTER_FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / INSTANCE_NAME).exists():
        shutil.copyfile(CHECKOUT / INSTANCE_NAME, folder / INSTANCE_NAME)
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        yield instance


def run_in_process(instance: dg.DagsterInstance, planned: PlannedRun, *, home: Home) -> RunResult:
    """Execute a run in this process."""
    end_dead_runs(instance)
    with warnings.catch_warnings():
        # Dagster warns about a beta parameter of its own that this code does not set.
        warnings.simplefilter("ignore", category=dg.BetaWarning)
        defs = build_defs(resource_overrides={"home": HomeResource(home=str(home.root))})
        job = defs.resolve_job_def(planned.job)
    result = job.execute_in_process(
        instance=instance,
        tags={**planned.tags, PROCESS_TAG: this_process()},
        asset_selection=[dg.AssetKey(name) for name in planned.assets] or None,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        raise_on_error=False,
    )
    return run_result(instance, result.run_id)


def submit(planned: PlannedRun, *, home: Home) -> str:
    """Submit a run to the running Dagster; return the run's id.

    Args:
        planned: The run.
        home: The home whose Dagster runs.

    Raises:
        RunNotStarted: Dagster does not answer, or refuses.
    """
    from dagster_graphql import DagsterGraphQLClient, DagsterGraphQLClientError

    now = datetime.now(UTC)
    # The client wants a host; one with a port and a path is such to it.
    address = make_system(home, environment={}, fake_allowed=False).dagster_url.partition("://")[2]
    headers = {program_ticket.HEADER: program_ticket.make(home.root / DAGSTER_FOLDER, now=now)}
    try:
        return DagsterGraphQLClient(address, headers=headers).submit_job_execution(
            planned.job, tags=dict(planned.tags), asset_selection=list(planned.assets) or None
        )
    except (DagsterGraphQLClientError, OSError) as error:
        raise RunNotStarted(
            f"Dagster at {address} did not take the run ({type(error).__name__}).",
            remedy="`pilot health` says whether it answers; or end the pilot and run this again.",
            retryable=True,
        ) from None


def wait(instance: dg.DagsterInstance, run_id: str, *, pause: Callable[[float], None] = time.sleep) -> RunResult:
    """Wait until a submitted run has ended.

    Raises:
        RunNotStarted: the run is not in this home's instance: another home's Dagster answered.
    """
    while True:
        run = instance.get_run_by_id(run_id)
        if run is None:
            raise RunNotStarted(
                "The Dagster that answered belongs to another home.",
                remedy="Set PILOT_DAGSTER_PORT to the port of this home's pilot.",
            )
        if run.is_finished:
            return run_result(instance, run_id)
        pause(POLL_SECONDS)


def run_result(instance: dg.DagsterInstance, run_id: str) -> RunResult:
    """Return the result of an ended run."""
    run = instance.get_run_by_id(run_id)
    lines = []
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
        data = entry.get_dagster_event().step_failure_data
        description = data.user_failure_data.description if data.user_failure_data else None
        lines.append(f"{entry.step_key}: {description or 'its process ended without a message'}")
    lines += _stopping(instance, run_id)
    succeeded = run is not None and run.status == dg.DagsterRunStatus.SUCCESS
    return RunResult(run_id=run_id, succeeded=succeeded, troubles=tuple(lines))


def _stopping(instance: dg.DagsterInstance, run_id: str) -> Iterator[str]:
    """Yield a line for each failed blocking check, with its day."""
    for record in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION):
        result = record.get_dagster_event().asset_check_evaluation_data
        if result.blocking and not result.passed and result.partition:
            asset = result.asset_key.to_user_string()
            yield f"{asset} on {result.partition}: {result.check_name} blocks everything downstream"
