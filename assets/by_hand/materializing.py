"""Plans the runs of `pilot materialize`: jobs, assets and days, validated before anything starts."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from assets.automation.jobs import BY_HAND
from assets.framework.partitions import FIRST_DAY, exists, range_tags
from assets.framework.unchanging_days import REOPEN_TAG, protected_days
from pilot.business_days import business_day, days_between, parse_day
from pilot.errors import PilotError
from pilot.lake_tables.insight_tables import QUALITY_VERDICTS, QUARANTINE
from storage.store import audit
from storage.store.engine import Store

MOST_DAYS = 400  # a little more than a year: more is a typing error
JUDGED_BY = "quality"
GATED_BY = "reports"


class InvalidDays(PilotError):
    """The days cannot be built."""


class UnknownAsset(PilotError):
    """There is no such asset."""


class DayFrozen(PilotError):
    """A day is closed or redacted."""


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One run to start.

    Attributes:
        job: The job's name.
        assets: The assets to build; empty for all of the job's.
        tags: The run's tags: its days, and whether it may rebuild closed ones.
    """

    job: str
    assets: tuple[str, ...]
    tags: Mapping[str, str]


def parse_days(first: str, last: str, *, now: datetime) -> list[date]:
    """Return the days from `first` to `last`, both included; one day if `last` is empty.

    Raises:
        InvalidDay: a day cannot be parsed.
        InvalidDays: a day has no partition, or the order is wrong.
    """
    begin = parse_day(first)
    end = parse_day(last) if last else begin
    today = business_day(now)
    for day in (begin, end):
        if day > today:
            raise InvalidDays(f"{day} has not come yet.", remedy=f"Give {today} (today, Stockholm) or an earlier day.")
        if not exists(day, now=now):
            raise InvalidDays(f"{day} is before the first day, {FIRST_DAY}.", remedy="Give that day or a later one.")
    if end < begin:
        raise InvalidDays(f"{end} is before {begin}.", remedy="Give the earlier day first.")
    found = list(days_between(begin, end))
    if len(found) > MOST_DAYS:
        raise InvalidDays(f"These are {len(found)} days.", remedy=f"Give at most {MOST_DAYS} at once.")
    return found


def plan_runs(names: Sequence[str], *, days: Sequence[date], reopen: bool = False) -> list[PlannedRun]:
    """Return the runs that build some assets, in order of execution.

    A report is always built together with the verdicts that may stop it.

    Args:
        names: Names of assets; none for every table of `rebuild`.
        days: The days; a run covers the range from the first to the last.
        reopen: Whether closed days are rebuilt.

    Raises:
        UnknownAsset: a name is not an asset's; the text names the nearest one.
    """
    known = {asset: job for job, assets in BY_HAND.items() for asset in assets}
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            meant = f"Did you mean {near[0]}?" if near else f"There are {', '.join(sorted(known))}."
            raise UnknownAsset(f"There is no asset {name!r}.", remedy=meant)
    tags = range_tags(days[0], days[-1]) | ({REOPEN_TAG: "yes"} if reopen else {})
    if not names:
        return [PlannedRun("rebuild", (), tags)]
    wanted = {job: [name for name in assets if name in names] for job, assets in BY_HAND.items()}
    if wanted[GATED_BY]:
        wanted[GATED_BY] += [QUALITY_VERDICTS.name, QUARANTINE.name]
        wanted[JUDGED_BY] = []
    elif wanted[JUDGED_BY]:
        wanted[JUDGED_BY] = [QUALITY_VERDICTS.name, QUARANTINE.name]  # one step writes both
    return [PlannedRun(job, tuple(selected), tags) for job, selected in wanted.items() if selected]


def refuse_frozen(store: Store, days: Sequence[date], *, reopen: bool) -> None:
    """Raise if a day must not be rebuilt.

    Raises:
        DayFrozen: a day is redacted, or closed and not reopened.
    """
    frozen = protected_days(store, days, reopened=reopen)
    redacted = [str(day) for day, state in frozen.items() if state == "redacted"]
    closed = [str(day) for day, state in frozen.items() if state == "closed"]
    if redacted:
        raise DayFrozen(
            f"{', '.join(redacted)}: redacted, what it was made from is deleted.",
            remedy="Its figures stay; leave it out of the range.",
        )
    if closed:
        raise DayFrozen(
            f"{', '.join(closed)}: closed, what was reported from it stays.",
            remedy="Leave it out, or add --reopen and --reason: the day is rebuilt once and stays closed.",
        )


def record_reopening(store: Store, days: Sequence[date], *, actor: str, reason: str) -> None:
    """Record in the audit log who rebuilds closed days, and why."""
    closed = protected_days(store, days, reopened=False)
    with store.begin() as connection:
        for day in closed:
            audit.record(connection, actor=actor, action="day.rebuild_closed", subject=day.isoformat(), reason=reason)
