"""The sensor that rebuilds the business days that something new belongs to.

It looks every 15 seconds: at the landing days' fingerprints, which change with every new segment, and at the store's
outbox, whose rows name the days that they touch. What it finds is remembered as built only once the run has
succeeded, so a failed run's days are asked for again, less and less often.

The prober lands a segment every half minute, day and night. A day that gained nothing else is *quiet*: it is rebuilt
only every few minutes, or together with a day that a guest spoke on.
"""

# Without `from __future__ import annotations`: Dagster reads the annotations themselves.

import hashlib
import time
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import dagster as dg

from assets.dead_runs import end_dead_runs
from assets.jobs import rebuild
from assets.partitions import exists, range_tags, ranges
from assets.resources import HomeResource
from assets.sensor_cursor import Asked, Cursor, Seen
from storage.home import Home
from storage.store import outbox

LOOK_EVERY_SECONDS = 15
REST_FACTOR = 3  # the sensor waits this many times as long as its last runs took
QUIET_REBUILD_SECONDS = 600
RETRY_AFTER_SECONDS = 60  # doubled with each failure in a row
LONGEST_RETRY_SECONDS = 1800
RUN_APPEARS_WITHIN_SECONDS = 120  # a run asked for that never appeared is asked for again after this
DAYS_AT_ONCE = 40  # newest first; the rest comes with the next look
PROBER_REPLICAS = ("watch", "probe")  # what their names begin with: this host's, and second hosts'
DIGEST_CHARACTERS = 16
ORPHAN_AFTER_SECONDS = 60  # a run of a code server that is gone is given this long to end by itself

# This process: a run is a child of the code server whose sensor asked for it.
SERVER = uuid.uuid4().hex

RUN_KEY_TAG = "dagster/run_key"
DAYS_TAG = "pilot/days"


@dataclass(frozen=True, slots=True)
class RunSeen:
    """How a run that was asked for stands; times in seconds since 1970."""

    finished: bool
    succeeded: bool
    started: float
    ended: float


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found: the landing days, and the outbox after the cursor's position."""

    now: datetime
    landing: Mapping[date, Seen]
    outbox: int
    outbox_days: frozenset[date]


def settle(cursor: Cursor, *, runs: Sequence[RunSeen], now: float) -> Cursor | None:
    """Return the cursor once the runs that were asked for have ended, or None while one is under way."""
    asked = cursor.asked
    if asked is None:
        return cursor
    missing = len(asked.run_keys) - len(runs)
    if any(not run.finished for run in runs) or (missing > 0 and now - asked.at < RUN_APPEARS_WITHIN_SECONDS):
        return None
    ended = max((run.ended for run in runs), default=now)
    took = sum(run.ended - run.started for run in runs)
    if missing > 0 or not all(run.succeeded for run in runs):
        return cursor.model_copy(update={"asked": None, "ended": ended, "took": took, "failures": cursor.failures + 1})
    return Cursor(built={**cursor.built, **asked.landing}, outbox=asked.outbox, ended=ended, took=took)


def resting_seconds(cursor: Cursor) -> float:
    """Return how long to wait after the last runs' end before anything is asked for."""
    rest = REST_FACTOR * cursor.took
    if cursor.failures:
        rest = max(rest, min(RETRY_AFTER_SECONDS * 2 ** (cursor.failures - 1), LONGEST_RETRY_SECONDS))
    return rest


def plan(cursor: Cursor, *, look: Look) -> tuple[Cursor, list[dg.RunRequest]] | str:
    """Decide what to ask for, or say why nothing is.

    Args:
        cursor: A settled cursor: no run is under way.
        look: What was found.
    """
    now = look.now.timestamp()
    since = now - cursor.ended
    rest = resting_seconds(cursor)
    if since < rest:
        return f"resting: {rest - since:.0f} s to go after runs of {cursor.took:.1f} s, {cursor.failures} failed"
    gained = {day: seen for day, seen in look.landing.items() if cursor.built.get(day) != seen}
    quiet = {day for day, seen in gained.items() if day in cursor.built and cursor.built[day].spoken == seen.spoken}
    outbox_days = {day for day in look.outbox_days if exists(day, now=look.now)}
    if gained.keys() == quiet and not outbox_days and since < QUIET_REBUILD_SECONDS:
        gained = {}
    landing = {day: gained[day] for day in sorted(gained, reverse=True)[:DAYS_AT_ONCE]}
    days = landing.keys() | outbox_days
    if not days:
        return (
            "nothing new" if look.outbox == cursor.outbox else (cursor.model_copy(update={"outbox": look.outbox}), [])
        )
    requests = list(_requests(days, landing=landing, position=look.outbox, attempt=cursor.failures))
    keys = tuple(str(request.run_key) for request in requests)
    asked = Asked(at=now, server=SERVER, run_keys=keys, landing=landing, outbox=look.outbox)
    return cursor.model_copy(update={"asked": asked}), requests


def _requests(
    days: Collection[date], *, landing: Mapping[date, Seen], position: int, attempt: int
) -> Iterable[dg.RunRequest]:
    """Yield one run for each unbroken range of days: a run's start costs more than a day's rebuild."""
    for first, last in ranges(days):
        covered = {day: seen.everything for day, seen in sorted(landing.items()) if first <= day <= last}
        key = _digest(f"{first} {last} {covered} {position} {attempt}")
        yield dg.RunRequest(run_key=key, tags={**range_tags(first, last), DAYS_TAG: f"{first}/{last}"})


def look_at(home: Home, *, cursor: Cursor, now: datetime) -> Look:
    """Look at the landing and the outbox; only days that changed are listed."""
    segments = home.segments()
    landing = {}
    for day, everything in segments.fingerprints().items():
        if not exists(day, now=now):
            continue
        built = cursor.built.get(day)
        fingerprint = _digest(everything)
        if built is not None and built.everything == fingerprint:
            landing[day] = built
            continue
        spoken = sorted(str(name) for name in segments.list(day) if not name.replica.startswith(PROBER_REPLICAS))
        landing[day] = Seen(everything=fingerprint, spoken=_digest("\n".join(spoken)))
    position, days = outbox.touched_days(home.store(), after=cursor.outbox)
    return Look(now=now, landing=landing, outbox=position, outbox_days=days)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_CHARACTERS]


def _runs(instance: dg.DagsterInstance, asked: Asked | None) -> list[RunSeen]:
    return [
        RunSeen(
            finished=record.dagster_run.is_finished,
            succeeded=record.dagster_run.status == dg.DagsterRunStatus.SUCCESS,
            started=record.start_time or record.end_time or 0.0,
            ended=record.end_time or 0.0,
        )
        for record in _records(instance, asked)
    ]


def _records(instance: dg.DagsterInstance, asked: Asked | None) -> Sequence[dg.RunRecord]:
    if asked is None:
        return []
    return instance.get_run_records(dg.RunsFilter(tags={RUN_KEY_TAG: list(asked.run_keys)}))


def end_orphans(instance: dg.DagsterInstance, *, asked: Asked | None, now: float) -> None:
    """Mark runs as failed whose code server is gone, killed or without power.

    Nobody would end them before their timeout, and until then they hold the only slot: the pages would stand still.
    A run that is alive after all does no harm: rebuilding a day twice gives the same rows.
    """
    if asked is None or asked.server == SERVER or now - asked.at < ORPHAN_AFTER_SECONDS:
        return
    for record in _records(instance, asked):
        if record.dagster_run.status in (dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED):
            instance.report_run_failed(record.dagster_run, "The code server that ran it is gone.")


@dg.sensor(
    job=rebuild,
    name="new_facts",
    minimum_interval_seconds=LOOK_EVERY_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Rebuilds the business days that new segments, customer counts or erasures belong to.",
)
def new_facts(context: dg.SensorEvaluationContext, home: HomeResource) -> dg.SensorResult:
    """Look once."""
    return tick(context.instance, home=home.open(), text=context.cursor, now=datetime.fromtimestamp(time.time(), UTC))


def tick(instance: dg.DagsterInstance, *, home: Home, text: str | None, now: datetime) -> dg.SensorResult:
    """Return what one look leads to."""
    cursor = Cursor.parse(text)
    end_orphans(instance, asked=cursor.asked, now=now.timestamp())
    end_dead_runs(instance)
    settled = settle(cursor, runs=_runs(instance, cursor.asked), now=now.timestamp())
    if settled is None:
        return dg.SensorResult(skip_reason="a run is under way", cursor=cursor.model_dump_json())
    planned = plan(settled, look=look_at(home, cursor=settled, now=now))
    if isinstance(planned, str):
        return dg.SensorResult(skip_reason=planned, cursor=settled.model_dump_json())
    remembered, requests = planned
    if not requests:
        return dg.SensorResult(skip_reason="nothing that has a partition", cursor=remembered.model_dump_json())
    return dg.SensorResult(run_requests=requests, cursor=remembered.model_dump_json())
