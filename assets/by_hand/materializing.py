"""What `pilot materialize` asks for: which jobs, on which days; refused in words before anything is started."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from assets.automation.jobs import BY_HAND
from assets.framework.partitions import FIRST_DAY, exists, range_tags
from assets.framework.unchanging_days import REOPEN_TAG, unchanging
from pilot.business_days import business_day, days_between, parse_day
from pilot.errors import PilotError
from pilot.insight_tables import QUALITY_VERDICTS, QUARANTINE
from storage.store import audit
from storage.store.engine import Store

MOST_DAYS = 400  # a year and a little: more is a slip of the pen
JUDGED_BY = "quality"
GATED_BY = "reports"


class InvalidDays(PilotError):
    """The days cannot be built."""


class UnknownAsset(PilotError):
    """There is no such asset."""


class DayFrozen(PilotError):
    """A day is closed or redacted."""


@dataclass(frozen=True, slots=True)
class Part:
    """One run to be.

    Attributes:
        job: The job's name.
        assets: Those of its assets that are built; empty for all of them.
        tags: The run's tags: its days, and that it may rebuild closed ones.
    """

    job: str
    assets: tuple[str, ...]
    tags: Mapping[str, str]


def days(first: str, last: str, *, now: datetime) -> list[date]:
    """Return the days from `first` to `last`, both included; the same day where `last` is empty.

    Raises:
        InvalidDay: one is not a day.
        InvalidDays: one has no partition, or they are in the wrong order.
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


def parts(asked: Sequence[str], *, days: Sequence[date], reopen: bool = False) -> list[Part]:
    """Return the runs that build some assets, in their order; every table of `rebuild` where none is named.

    A report is always built together with the verdicts that may stop it.

    Args:
        asked: Names of assets.
        days: From the first to the last of these.
        reopen: Whether closed days are rebuilt.

    Raises:
        UnknownAsset: one is not an asset; the text names those that are near.
    """
    known = {asset: job for job, assets in BY_HAND.items() for asset in assets}
    for name in asked:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            meant = f"Did you mean {near[0]}?" if near else f"There are {', '.join(sorted(known))}."
            raise UnknownAsset(f"There is no asset {name!r}.", remedy=meant)
    tags = range_tags(days[0], days[-1]) | ({REOPEN_TAG: "yes"} if reopen else {})
    if not asked:
        return [Part("rebuild", (), tags)]
    wanted = {job: [name for name in assets if name in asked] for job, assets in BY_HAND.items()}
    if wanted[GATED_BY]:
        wanted[GATED_BY] += [QUALITY_VERDICTS.name, QUARANTINE.name]
        wanted[JUDGED_BY] = []
    elif wanted[JUDGED_BY]:
        wanted[JUDGED_BY] = [QUALITY_VERDICTS.name, QUARANTINE.name]  # one step writes both
    return [Part(job, tuple(names), tags) for job, names in wanted.items() if names]


def refuse_frozen(store: Store, days: Sequence[date], *, reopen: bool) -> None:
    """Refuse days that must stay as they are.

    Raises:
        DayFrozen: a day is redacted, or closed and not to be reopened.
    """
    alone = unchanging(store, days, reopened=reopen)
    redacted = [str(day) for day, state in alone.items() if state == "redacted"]
    closed = [str(day) for day, state in alone.items() if state == "closed"]
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


def note_reopening(store: Store, days: Sequence[date], *, actor: str, reason: str) -> None:
    """Keep in the audit log that closed days are rebuilt, by whom and why."""
    closed = unchanging(store, days, reopened=False)
    with store.begin() as connection:
        for day in closed:
            audit.record(connection, actor=actor, action="day.rebuild_closed", subject=day.isoformat(), reason=reason)
