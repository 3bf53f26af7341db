"""Carries out erasures: in Dagster's only slot, so that no rebuild writes while rows are taken out."""

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
LONGEST_PAUSE_MINUTES = 60  # between two attempts at one that waits for something
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
def take_erasures_further(context: dg.OpExecutionContext, home: HomeResource) -> None:
    """Take every erasure that is not done a step further; tells how many, never whose."""
    with failures_without_words("erasing"):
        recheck = RECHECK if RECHECK_TAG in context.run.tags else None
        worked_on = carry_out(home.open(), now=datetime.now(UTC), recheck=recheck)
    states = {state: sum(each.state == state for each in worked_on) for state in ("asked", "rewritten", "done")}
    context.log.info(f"erasures: {states}")


@dg.job(
    name="erasing",
    description="Takes erased sessions out of landing, lake, store and logs, old versions included.",
    executor_def=dg.in_process_executor,
)
def erasing() -> None:
    """Take erasures further."""
    take_erasures_further()


def turn(erasure: Erasure, *, now: datetime) -> int:
    """Return how many tries after the first are due: one 1, 2, 4 .. 60 minutes after the other, from the asking on."""
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
    description="Has erasures carried out that guests asked for.",
)
def erasures_asked(context: dg.SensorEvaluationContext, home: HomeResource) -> dg.SensorResult:
    """Look once."""
    return ask(context.instance, home=home.open(), now=datetime.now(UTC))


def ask(instance: dg.DagsterInstance, *, home: Home, now: datetime) -> dg.SensorResult:
    """Ask for a run where one is due.

    An attempt that failed, or was killed, counts nowhere; Dagster never runs a key twice, so the turn is part of it.
    """
    turns = [(each, turn(each, now=now)) for each in due(home, now=now)]
    told = sorted(f"{each.session_id} {each.state} {each.attempts} {at}" for each, at in turns if at >= each.attempts)
    if not told:
        return dg.SensorResult(skip_reason="nothing to erase")
    if instance.get_runs(dg.RunsFilter(job_name=erasing.name, statuses=list(UNDER_WAY)), limit=1):
        return dg.SensorResult(skip_reason="a run is under way")
    key = hashlib.sha256("\n".join(told).encode()).hexdigest()[:DIGEST_CHARACTERS]
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=key)])


@dg.schedule(
    job=erasing,
    name="recheck_erasures",
    cron_schedule=RECHECK_AT,
    execution_timezone="Europe/Stockholm",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Looks every night whether something of last week's erasures came back.",
)
def recheck_erasures(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Ask for a step that looks again at what is done."""
    return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat(), tags={RECHECK_TAG: "yes"})
