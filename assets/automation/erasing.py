"""Carries out erasures in Dagster's only slot, so that no rebuild writes while rows are removed."""

# Without `from __future__ import annotations`: Dagster reads the annotations themselves.

import hashlib
from datetime import UTC, datetime, timedelta

import dagster as dg

from assets.framework.failures import failures_without_words
from assets.framework.resources import HomeResource
from operations.erasure.carry_out import RECHECK, carry_out, due
from storage.home import Home
from storage.store.privacy.erasures import Erasure

POLL_SECONDS = 60
LONGEST_PAUSE_MINUTES = 60  # between two attempts at one erasure
DIGEST_CHARACTERS = 16
RECHECK_AT = "10 4 * * *"
RECHECK_TAG = "pilot/recheck"
UNDER_WAY = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)


@dg.op
def advance_erasures(context: dg.OpExecutionContext, home: HomeResource) -> None:
    """Advance every unfinished erasure by a step; log counts, never sessions."""
    with failures_without_words("erasing"):
        recheck = RECHECK if RECHECK_TAG in context.run.tags else None
        worked_on = carry_out(home.open(), now=datetime.now(UTC), recheck=recheck)
    states = {state: sum(each.state == state for each in worked_on) for state in ("asked", "rewritten", "done")}
    context.log.info(f"erasures: {states}")


@dg.job(
    name="erasing",
    description="Removes erased sessions from landing, lake, store and logs, old versions included.",
    executor_def=dg.in_process_executor,
)
def erasing() -> None:
    """Advance erasures."""
    advance_erasures()


def attempts_due(erasure: Erasure, *, now: datetime) -> int:
    """Return the number of retries due by `now`, with pauses of 1, 2, 4 .. 60 minutes from the request on."""
    waited, tries = (now - erasure.asked_at) / timedelta(minutes=1), 0
    while waited >= (pause := min(2**tries, LONGEST_PAUSE_MINUTES)):
        waited -= pause
        tries += 1
    return tries


@dg.sensor(
    job=erasing,
    name="erasures_asked",
    minimum_interval_seconds=POLL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts a run when an erasure that a guest requested is due.",
)
def erasures_asked(context: dg.SensorEvaluationContext, home: HomeResource) -> dg.SensorResult:
    """Evaluate once."""
    return request_erasing(context.instance, home=home.open(), now=datetime.now(UTC))


def request_erasing(instance: dg.DagsterInstance, *, home: Home, now: datetime) -> dg.SensorResult:
    """Request a run if an erasure is due.

    Dagster never runs a key twice, and an attempt that failed or was killed is not counted in the store: the number
    of due attempts is therefore part of the key.
    """
    attempts = [(each, attempts_due(each, now=now)) for each in due(home, now=now)]
    waiting = sorted(
        f"{each.session_id} {each.state} {each.attempts} {number}"
        for each, number in attempts
        if number >= each.attempts
    )
    if not waiting:
        return dg.SensorResult(skip_reason="nothing to erase")
    if instance.get_runs(dg.RunsFilter(job_name=erasing.name, statuses=list(UNDER_WAY)), limit=1):
        return dg.SensorResult(skip_reason="a run is under way")
    key = hashlib.sha256("\n".join(waiting).encode()).hexdigest()[:DIGEST_CHARACTERS]
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=key)])


@dg.schedule(
    job=erasing,
    name="recheck_erasures",
    cron_schedule=RECHECK_AT,
    execution_timezone="Europe/Stockholm",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Checks every night that nothing of last week's erased sessions has come back.",
)
def recheck_erasures(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Request a run that checks finished erasures again."""
    return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat(), tags={RECHECK_TAG: "yes"})
