"""Removes guests' data past its time limit, by day and kind; the day's figures stay.

Words: the day is redacted first, so that no rebuild brings them back; then the landing's lines and the lake's rows are
emptied. Devices: the same without redacting, because only the device's own signals depend on them. As with an erasure,
old versions are deleted two minutes later, and a removal is confirmed only after a search of every file of the day.
Every step may be repeated.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from operations.erasure.carry_out import GRACE
from operations.erasure.home_lock import home_lock
from pilot.business_days import business_day
from pilot.lake_tables.retention_table import RETENTION
from pilot.lake_tables.tables import RAW_EVENTS, SESSIONS, TABLES, TURNS
from pilot.time_limits import KINDS, Kind, is_due, retention_days
from storage.erasure.expired_lines import empty_lines, segments_with
from storage.erasure.expired_rows import days_in, empty_day, files_with
from storage.erasure.lake_versions import purge
from storage.erasure.sound_files import sound_files
from storage.home import LOG_FOLDER, Home
from storage.store.privacy import day_states, erasures, expirations
from storage.store.privacy.expirations import Expiration

COMMIT = {"why": "retention"}
ACTOR = "retention"


@dataclass(frozen=True, slots=True)
class Due:
    """One kind of data of one day that is due for removal.

    Attributes:
        day: The business day.
        kind: The kind of data.
        again: Whether it was removed before, and a replica has published more since.
    """

    day: date
    kind: Kind
    again: bool = False


def due(home: Home, *, now: datetime) -> list[Due]:
    """Return the removals that are due, oldest day first."""
    today = business_day(now)
    known = {(each.day, each.kind): each for each in expirations.all_expirations(home.store())}
    landed = home.segments().fingerprints()
    removals = []
    for kind in KINDS:
        for day in _days(home, kind, landed):
            if not is_due(day, kind, settings=home.settings, today=today):
                continue
            before = known.get((day, kind))
            again = before is not None and (kind == "audio" or before.landing != landed.get(day, ""))
            if before is None or again:
                removals.append(Due(day, kind, again))
    return sorted(removals, key=lambda each: (each.day, KINDS.index(each.kind)))


def waiting(home: Home, *, now: datetime, grace: timedelta = GRACE) -> list[Expiration]:
    """Return the removals to confirm: their old versions are past the grace period and may be deleted."""
    return [
        each
        for each in expirations.all_expirations(home.store())
        if each.gone_at is None and (not grace or now - each.removed_at >= grace)
    ]


def carry_out(
    home: Home, *, now: datetime, grace: timedelta = GRACE, days: Collection[date] | None = None
) -> list[Expiration]:
    """Remove due data, delete old versions past the grace period; return the affected expirations.

    Args:
        home: The home.
        now: The current time, UTC.
        grace: Pause between removal and deleting old versions; zero only if nothing else runs.
        days: Only these days; None for all.

    Raises:
        HomeLocked: a backup, a restore, an erasure or retention is running.
        PilotError: a place cannot be reached; unfinished removals stay due.
    """
    with home_lock(home.root):
        removable = [each for each in due(home, now=now) if days is None or each.day in days]
        for each in removable:
            _remove(home, each, now=now)
        landed = home.segments().fingerprints() if removable else {}
        for day in {each.day for each in removable}:
            expirations.record_landing(home.store(), day, landed.get(day, ""))
        if removable:
            erasures.wipe_pages(home.store())
            for table in TABLES.values():
                purge(home.lake(), table, now=now)
        ripe = [each for each in waiting(home, now=now, grace=grace) if days is None or each.day in days]
        for table in TABLES.values() if ripe else ():
            purge(home.lake(), table, now=now, grace=grace)
        for returned in _confirm_removed(home, ripe, now=now):
            _remove(home, returned, now=now)
        touched = {(each.day, each.kind) for each in removable} | {(each.day, each.kind) for each in ripe}
        affected = [each for each in expirations.all_expirations(home.store()) if (each.day, each.kind) in touched]
        for day in sorted({each.day for each in affected}):
            export_expirations(home, day)
    return affected


def export_expirations(home: Home, day: date) -> int:
    """Copy a day's expirations into the lake's table `retention`; return the table's version."""
    frame = expirations.of_day(home.store(), day)
    return home.lake().replace_partition(RETENTION, day, frame, commit=COMMIT)


def _days(home: Home, kind: Kind, landed: Iterable[date]) -> set[date]:
    """Return the days that may contain data of a kind."""
    if kind == "audio":
        return {each.day for each in sound_files(home.root)}
    table = {"words": TURNS, "devices": SESSIONS}[kind]
    days = {*landed, *days_in(home.lake(), RAW_EVENTS), *days_in(home.lake(), table)}
    days |= {name.day for name in home.segments().damaged()}
    return days | (expirations.days_with_devices(home.store()) if kind == "devices" else set())


def _remove(home: Home, each: Due, *, now: datetime) -> None:
    """Remove one kind of one day from the current version of every place."""
    files = landing_lines = lake_rows = 0
    if each.kind == "audio":
        for sound in sound_files(home.root):
            if sound.day == each.day:
                sound.path.unlink(missing_ok=True)
                files += 1
    else:
        if each.kind == "words":
            day_states.put(home.store(), each.day, "redacted", actor=ACTOR, reason="words_expired")
        emptied = empty_lines(home.segments(), home.root / LOG_FOLDER, each.day, each.kind)
        files, landing_lines = emptied.files, emptied.lines
        lake_rows = empty_day(home.lake(), each.day, each.kind, commit=COMMIT)
    expiration = Expiration(
        day=each.day,
        kind=each.kind,
        kept_days=retention_days(home.settings, each.kind),
        removed_at=now,
        landing_lines=landing_lines,
        lake_rows=lake_rows,
        files=files,
    )
    expirations.record(home.store(), expiration)


def _confirm_removed(home: Home, ripe: Collection[Expiration], *, now: datetime) -> list[Due]:
    """Confirm the removals without remaining data; return the others, whose data came back."""
    by_kind: defaultdict[Kind, list[date]] = defaultdict(list)
    for each in ripe:
        by_kind[each.kind].append(each.day)
    returned = []
    for kind, days in by_kind.items():
        found = {place.split("day=", 1)[1].split("/", 1)[0] for place in files_with(home.lake(), days, kind)}
        left = {day for day in days if day.isoformat() in found or segments_with(home.segments(), day, kind)}
        expirations.confirm(home.store(), [day for day in days if day not in left], kind, at=now)
        returned += [Due(day, kind, again=True) for day in sorted(left)]
    return returned
