"""Runs a part of `pilot materialize`: by the pilot that runs on the home, or in this process where none does."""

from __future__ import annotations

import shutil
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import dagster as dg

from assets.by_hand.materializing import Part
from assets.definitions import build_defs
from assets.framework.dead_runs import PROCESS_TAG, end_dead_runs, this_process
from assets.framework.resources import HomeResource
from operations.preparation import INSTANCE_NAME
from operations.system import CHECKOUT, DAGSTER_FOLDER, LOOPBACK
from pilot.errors import PilotError
from storage.home import Home

POLL_SECONDS = 1.0


class NotStarted(PilotError):
    """A run could not be asked for."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended.

    Attributes:
        run_id: Dagster's id of it.
        succeeded: Whether all of it was built.
        troubles: What each failed step says; free of guests' words (`assets.framework.failures`).
    """

    run_id: str
    succeeded: bool
    troubles: tuple[str, ...]


@contextmanager
def instance_of(home: Home) -> Iterator[dg.DagsterInstance]:
    """Open the Dagster instance of a home, prepared where nothing has run on it yet."""
    folder = home.root / DAGSTER_FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / INSTANCE_NAME).exists():
        shutil.copyfile(CHECKOUT / INSTANCE_NAME, folder / INSTANCE_NAME)
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        yield instance


def run_here(instance: dg.DagsterInstance, part: Part, *, home: Home) -> Ended:
    """Run a part in this process."""
    end_dead_runs(instance)
    with warnings.catch_warnings():
        # Dagster warns of a beta parameter of its own that nobody here sets.
        warnings.simplefilter("ignore", category=dg.BetaWarning)
        defs = build_defs(resource_overrides={"home": HomeResource(home=str(home.root))})
        job = defs.resolve_job_def(part.job)
    result = job.execute_in_process(
        instance=instance,
        tags={**part.tags, PROCESS_TAG: this_process()},
        asset_selection=[dg.AssetKey(name) for name in part.assets] or None,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        raise_on_error=False,
    )
    return ended(instance, result.run_id)


def submit(part: Part, *, port: int) -> str:
    """Ask the running Dagster for a part; return the run's id.

    Args:
        part: What to run.
        port: Where Dagster's page answers.

    Raises:
        NotStarted: it does not answer, or refuses.
    """
    from dagster_graphql import DagsterGraphQLClient, DagsterGraphQLClientError

    try:
        return DagsterGraphQLClient(LOOPBACK, port_number=port).submit_job_execution(
            part.job, tags=dict(part.tags), asset_selection=list(part.assets) or None
        )
    except (DagsterGraphQLClientError, OSError) as error:
        raise NotStarted(
            f"Dagster on port {port} did not take the run ({type(error).__name__}).",
            remedy="`pilot health` says whether it answers; or end the pilot and run this again.",
            retryable=True,
        ) from None


def wait(instance: dg.DagsterInstance, run_id: str, *, pause: Callable[[float], None] = time.sleep) -> Ended:
    """Wait until a run that was asked for has ended.

    Raises:
        NotStarted: it is not among this home's runs: another home's Dagster answered.
    """
    while True:
        run = instance.get_run_by_id(run_id)
        if run is None:
            raise NotStarted(
                "The Dagster that answered belongs to another home.",
                remedy="Set PILOT_DAGSTER_PORT to the port of this home's pilot.",
            )
        if run.is_finished:
            return ended(instance, run_id)
        pause(POLL_SECONDS)


def ended(instance: dg.DagsterInstance, run_id: str) -> Ended:
    """Return how a run ended."""
    run = instance.get_run_by_id(run_id)
    failures = instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    told = []
    for failure in failures:
        data = failure.get_dagster_event().step_failure_data
        said = data.user_failure_data.description if data.user_failure_data else None
        told.append(f"{failure.step_key}: {said or 'its process ended without a word'}")
    told += _stopping(instance, run_id)
    succeeded = run is not None and run.status == dg.DagsterRunStatus.SUCCESS
    return Ended(run_id=run_id, succeeded=succeeded, troubles=tuple(told))


def _stopping(instance: dg.DagsterInstance, run_id: str) -> Iterator[str]:
    """Yield the blocking checks that failed, with the day each is about."""
    for record in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION):
        found = record.get_dagster_event().asset_check_evaluation_data
        if found.blocking and not found.passed and found.partition:
            yield f"{found.asset_key.to_user_string()} on {found.partition}: {found.check_name} stops what follows"
