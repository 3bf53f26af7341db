"""The sensor that rebuilds business days with new data.

It polls every 15 seconds: the fingerprints of landing days, which change with every new segment, and the store's
outbox, whose rows name the days that they touch. A day is recorded as built only after its run has succeeded. Days of
a failed run are requested again, one run each with growing pauses; no other day waits for them.

The prober publishes a segment every half minute, day and night. A day without other new segments is *quiet*: it is
rebuilt only every few minutes. When a guest speaks, the tables of guests are rebuilt at once, and the tables of the
service (`SERVICE_ASSETS`) in the rhythm of quiet days: their cost follows the cafés, not the guests.
"""

# Without `from __future__ import annotations`: Dagster reads the annotations themselves.

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import dagster as dg

from assets.automation.jobs import SERVICE_ASSETS, TABLE_ASSETS, rebuild
from assets.automation.sensor_cursor import Cursor, FailedDay, RequestedRuns, SeenDay
from assets.automation.touched_cafes import forget_segments, note_segments, touched_cafes
from assets.framework.checks import COLUMNS, KEYS
from assets.framework.dead_runs import end_dead_runs
from assets.framework.partitions import exists, range_tags, ranges
from assets.framework.resources import HomeResource
from assets.framework.touched import cafes_tag
from pilot.business_days import business_day, days_between
from pilot.events import PROBER_REPLICAS
from storage.home import Home
from storage.store import outbox

POLL_SECONDS = 15
REST_FACTOR = 3  # the pause after a run, as a multiple of its duration
QUIET_REBUILD_SECONDS = 600
RETRY_AFTER_SECONDS = 60  # doubled with each consecutive failure of the day
LONGEST_RETRY_SECONDS = 1800
MOST_DOUBLINGS = 10  # enough to reach the longest pause
RETRIES_AT_ONCE = 5  # failed days, one run each
RUN_APPEARS_WITHIN_SECONDS = 120  # a requested run that has not appeared by then is requested again
DAYS_AT_ONCE = 40  # newest first; the others follow at the next tick
DIGEST_CHARACTERS = 16

OF_GUESTS = [key for asset in TABLE_ASSETS if asset not in SERVICE_ASSETS for key in asset.keys]
# Named, since a selection of assets alone also runs their suites: pages must not wait for Great Expectations.
CHECKS_OF_GUESTS = [dg.AssetCheckKey(key, check) for key in OF_GUESTS for check in (COLUMNS, KEYS)]
RUN_KEY_TAG = "dagster/run_key"
DAYS_TAG = "pilot/days"


@dataclass(frozen=True, slots=True)
class ObservedRun:
    """The state of a requested run; times in seconds since 1970."""

    finished: bool
    succeeded: bool
    started: float
    ended: float


@dataclass(frozen=True, slots=True)
class Observation:
    """The landing days, and the outbox after the cursor's position, at one moment."""

    now: datetime
    landing: Mapping[date, SeenDay]
    outbox: int
    outbox_days: frozenset[date]
    touched: Mapping[date, frozenset[str]] = field(default_factory=dict)  # The cafés of new events, if these suffice.


@dataclass(frozen=True, slots=True)
class _Days:
    """The days to rebuild: every table, or only those of guests."""

    whole: frozenset[date]
    of_guests: frozenset[date]
    retried: tuple[date, ...]


def settle(cursor: Cursor, *, runs: Mapping[str, ObservedRun], now: float) -> Cursor | None:
    """Return the cursor after the requested runs have ended, or None while one is under way.

    Args:
        cursor: The cursor of the last tick.
        runs: The requested runs that have appeared, by key.
        now: Seconds since 1970.
    """
    asked = cursor.asked
    if asked is None:
        return cursor
    appearing = asked.runs.keys() - runs.keys() and now - asked.at < RUN_APPEARS_WITHIN_SECONDS
    if appearing or any(not run.finished for run in runs.values()):
        return None
    built, failed = dict(cursor.built), dict(cursor.failed)
    for key, (first, last) in asked.runs.items():
        run = runs.get(key)
        at = (run.ended if run else 0.0) or now
        for day in days_between(first, last):
            before = failed.pop(day, None)
            if run is None or not run.succeeded:
                failed[day] = FailedDay(times=before.times + 1 if before else 1, at=at)
            elif day in asked.landing:
                built[day] = asked.landing[day]
    ended = max((run.ended for run in runs.values()), default=now)
    took = sum(run.ended - run.started for run in runs.values() if run.succeeded)
    served = ended if asked.service else cursor.served
    return Cursor(built=built, outbox=asked.outbox, failed=failed, ended=ended, took=took, served=served)


def retry_seconds(cursor: Cursor, day: date, *, now: datetime) -> float:
    """Return the seconds from the end of a failed day's last run to its retry.

    When many days fail, older ones back off in proportion to their number; today never does.
    """
    crowd = 1.0 if day == business_day(now) else max(1.0, len(cursor.failed) / RETRIES_AT_ONCE)
    doubled = min(cursor.failed[day].times - 1, MOST_DOUBLINGS)
    return crowd * min(RETRY_AFTER_SECONDS * 2.0**doubled, LONGEST_RETRY_SECONDS)


def plan(cursor: Cursor, *, observation: Observation) -> tuple[Cursor, list[dg.RunRequest]] | str:
    """Return the new cursor and the runs to request, or the reason for requesting none.

    Args:
        cursor: A settled cursor: no run is under way.
        observation: The landing and the outbox.
    """
    now = observation.now.timestamp()
    since = now - cursor.ended
    rest = REST_FACTOR * cursor.took
    if since < rest:
        return f"resting: {rest - since:.0f} s to go after runs of {cursor.took:.1f} s"
    days = _days(cursor, observation=observation)
    spans = sorted(
        [
            *((span, True) for span in ranges(days.whole)),
            *((span, False) for span in ranges(days.of_guests)),
            *(((day, day), True) for day in days.retried),
        ],
        reverse=True,
    )
    if not spans:
        waiting = f"; {len(cursor.failed)} days failed and wait for a retry" if cursor.failed else ""
        if observation.outbox == cursor.outbox:
            return f"nothing new{waiting}"
        return cursor.model_copy(update={"outbox": observation.outbox}), []
    landing = {day: observation.landing[day] for day in (*days.whole, *days.retried) if day in observation.landing}
    # The probes that landed meanwhile are still to be built.
    landing |= {
        day: SeenDay(everything=cursor.built[day].everything, spoken=observation.landing[day].spoken)
        for day in days.of_guests
        if day in observation.landing
    }
    keys = {
        _run_key(cursor, span, landing=landing, position=observation.outbox, whole=whole): (span, whole)
        for span, whole in spans
    }
    runs = {key: span for key, (span, _) in keys.items()}
    service = _service_is_due(cursor, now=observation.now)
    asked = RequestedRuns(at=now, runs=runs, landing=landing, outbox=observation.outbox, service=service)
    requests = [
        dg.RunRequest(
            run_key=key,
            tags={
                **range_tags(first, last),
                DAYS_TAG: f"{first}/{last}",
                **_cafes(observation, first, last, whole=whole),
            },
            asset_selection=None if whole else OF_GUESTS,
            asset_check_keys=None if whole else CHECKS_OF_GUESTS,
        )
        for key, ((first, last), whole) in keys.items()
    ]
    return cursor.model_copy(update={"asked": asked}), requests


def _cafes(observation: Observation, first: date, last: date, *, whole: bool) -> dict[str, str]:
    """Return the tag of a run that rebuilds only the cafés of new events."""
    if whole or first != last or first in observation.outbox_days or first not in observation.touched:
        return {}
    return cafes_tag(observation.touched[first])


def _days(cursor: Cursor, *, observation: Observation) -> _Days:
    """Return the days to rebuild now.

    A day is rebuilt as a whole when it is new, and every few minutes while probes or guests' events land.
    """
    retried = _retried(cursor, now=observation.now)
    gained = {
        day: seen
        for day, seen in observation.landing.items()
        if cursor.built.get(day) != seen and day not in cursor.failed
    }
    spoken = {day for day, seen in gained.items() if day in cursor.built and cursor.built[day].spoken != seen.spoken}
    outbox_days = {
        day
        for day in observation.outbox_days
        # A landing day that was never built is built in its turn, from the store's state at that time.
        if exists(day, now=observation.now) and (day in cursor.built or day not in observation.landing)
    } - cursor.failed.keys()
    due = _service_is_due(cursor, now=observation.now)
    wanted = [day for day in gained if due or day not in cursor.built]
    whole = set(sorted(wanted, reverse=True)[:DAYS_AT_ONCE]) | {day for day in outbox_days if day not in cursor.built}
    of_guests = set(sorted(spoken, reverse=True)[:DAYS_AT_ONCE]) | outbox_days
    return _Days(whole=frozenset(whole), of_guests=frozenset(of_guests - whole), retried=tuple(retried))


def _service_is_due(cursor: Cursor, *, now: datetime) -> bool:
    return now.timestamp() - cursor.served >= QUIET_REBUILD_SECONDS


def _retried(cursor: Cursor, *, now: datetime) -> list[date]:
    """Return the failed days whose retry is due."""
    due = [
        day
        for day, failed in cursor.failed.items()
        if now.timestamp() - failed.at >= retry_seconds(cursor, day, now=now)
    ]
    return sorted(due, reverse=True)[:RETRIES_AT_ONCE]


def _run_key(
    cursor: Cursor, span: tuple[date, date], *, landing: Mapping[date, SeenDay], position: int, whole: bool
) -> str:
    """Return the unique key of a run: its tables, its days as observed, and the attempt."""
    first, last = span
    covered = {day: seen.everything + seen.spoken for day, seen in sorted(landing.items()) if first <= day <= last}
    attempt = cursor.failed[first].times if first in cursor.failed else 0
    return _digest(f"{first} {last} {covered} {position} {attempt} {whole}")


def observe(home: Home, *, cursor: Cursor, now: datetime) -> Observation:
    """Observe the landing and the outbox; list the segments of changed days only."""
    segments, probes = home.segments(), home.probe_segments()
    of_guests, of_probes = segments.fingerprints(), probes.fingerprints()
    landing: dict[date, SeenDay] = {}
    touched: dict[date, frozenset[str]] = {}
    for day in sorted(of_guests.keys() | of_probes.keys()):
        if not exists(day, now=now):
            continue
        built = cursor.built.get(day)
        # A day without segments of probes has the fingerprint that earlier versions recorded.
        fingerprint = _digest("\n".join(each[day] for each in (of_guests, of_probes) if day in each))
        if built is not None and built.everything == fingerprint:
            landing[day] = built
            continue
        spoken = [name for name in segments.list(day) if not name.replica.startswith(PROBER_REPLICAS)]
        state = _digest("\n".join(sorted(map(str, spoken))))
        landing[day] = SeenDay(everything=fingerprint, spoken=state)
        note_segments(home, day, state, spoken)
        if built is not None and built.spoken != state:
            found = touched_cafes(home, day, before=built.spoken, names=spoken)
            touched |= {} if found is None else {day: found}
    forget_segments(home, but={(day, seen.spoken) for days in (landing, cursor.built) for day, seen in days.items()})
    position, days = outbox.touched_days(home.store(), after=cursor.outbox)
    return Observation(now=now, landing=landing, outbox=position, outbox_days=days, touched=touched)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_CHARACTERS]


def _runs(instance: dg.DagsterInstance, asked: RequestedRuns | None) -> dict[str, ObservedRun]:
    """Return the requested runs by key; the newest if someone ran one again."""
    if asked is None:
        return {}
    records = instance.get_run_records(dg.RunsFilter(tags={RUN_KEY_TAG: list(asked.runs)}))
    return {
        record.dagster_run.tags[RUN_KEY_TAG]: ObservedRun(
            finished=record.dagster_run.is_finished,
            succeeded=record.dagster_run.status == dg.DagsterRunStatus.SUCCESS,
            started=record.start_time or record.end_time or 0.0,
            ended=record.end_time or 0.0,
        )
        for record in reversed(records)
    }


@dg.sensor(
    job=rebuild,
    name="new_facts",
    minimum_interval_seconds=POLL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Rebuilds the business days of new segments, customer counts and erasures.",
)
def new_facts(context: dg.SensorEvaluationContext, home: HomeResource) -> dg.SensorResult:
    """Evaluate once."""
    return tick(context.instance, home=home.open(), text=context.cursor, now=datetime.fromtimestamp(time.time(), UTC))


def tick(instance: dg.DagsterInstance, *, home: Home, text: str | None, now: datetime) -> dg.SensorResult:
    """Return the result of one tick."""
    cursor = Cursor.parse(text)
    end_dead_runs(instance)
    settled = settle(cursor, runs=_runs(instance, cursor.asked), now=now.timestamp())
    if settled is None:
        return dg.SensorResult(skip_reason="a run is under way", cursor=cursor.model_dump_json())
    planned = plan(settled, observation=observe(home, cursor=settled, now=now))
    if isinstance(planned, str):
        return dg.SensorResult(skip_reason=planned, cursor=settled.model_dump_json())
    remembered, requests = planned
    if not requests:
        return dg.SensorResult(skip_reason="nothing that has a partition", cursor=remembered.model_dump_json())
    return dg.SensorResult(run_requests=requests, cursor=remembered.model_dump_json())
