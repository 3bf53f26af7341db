"""Removes what guests leave once its time is over, day by day and kind by kind; the figures of the day stay.

Words: the day is redacted first, so that no rebuild brings them back; then the landing's lines and the lake's rows are
emptied. Devices: the same without redacting, since nothing but the device's own signals rests on them. As with an
erasure, what held it before goes two minutes later, and *gone* is said only once it was looked for in every file of
the day. Every step can be done again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from operations.erasure.carry_out import GRACE
from operations.erasure.home_lock import home_lock
from pilot.business_days import business_day
from pilot.retention_table import RETENTION
from pilot.tables import RAW_EVENTS, SESSIONS, TABLES, TURNS
from pilot.time_limits import KINDS, Kind, is_due, kept_days
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
    """One kind of one day that is to be removed.

    Attributes:
        day: The business day.
        kind: What goes.
        again: Whether it was removed before, and a replica has published more since.
    """

    day: date
    kind: Kind
    again: bool = False


def due(home: Home, *, now: datetime) -> list[Due]:
    """Return what is to be removed, oldest day first: kinds of days whose time is over and that may hold them."""
    today = business_day(now)
    known = {(each.day, each.kind): each for each in expirations.all_expirations(home.store())}
    landed = home.segments().fingerprints()
    found = []
    for kind in KINDS:
        for day in _days(home, kind, landed):
            if not is_due(day, kind, settings=home.settings, today=today):
                continue
            before = known.get((day, kind))
            again = before is not None and (kind == "audio" or before.landing != landed.get(day, ""))
            if before is None or again:
                found.append(Due(day, kind, again))
    return sorted(found, key=lambda each: (each.day, KINDS.index(each.kind)))


def waiting(home: Home, *, now: datetime, grace: timedelta = GRACE) -> list[Expiration]:
    """Return what was removed, not yet looked for, and can be: what held it before is old enough to be deleted."""
    return [
        each
        for each in expirations.all_expirations(home.store())
        if each.gone_at is None and (not grace or now - each.removed_at >= grace)
    ]


def carry_out(
    home: Home, *, now: datetime, grace: timedelta = GRACE, days: Collection[date] | None = None
) -> list[Expiration]:
    """Remove what is due, delete what held it before as far as that is old enough; return what was worked on.

    Args:
        home: The home.
        now: The present moment, UTC.
        grace: How long after the removal what held it before is deleted; nothing only where nothing else runs.
        days: Only these days; None for all.

    Raises:
        KeeperAtWork: another keeper is at work.
        PilotError: a place cannot be reached; what is not done is due again.
    """
    with home_lock(home.root):
        removable = [each for each in due(home, now=now) if days is None or each.day in days]
        for each in removable:
            _remove(home, each, now=now)
        landed = home.segments().fingerprints() if removable else {}
        for day in {each.day for each in removable}:
            expirations.note_landing(home.store(), day, landed.get(day, ""))
        if removable:
            erasures.wipe_pages(home.store())
            for table in TABLES.values():
                purge(home.lake(), table, now=now)
        ripe = [each for each in waiting(home, now=now, grace=grace) if days is None or each.day in days]
        for table in TABLES.values() if ripe else ():
            purge(home.lake(), table, now=now, grace=grace)
        for back in _still_held(home, ripe, now=now):
            _remove(home, back, now=now)
        touched = {(each.day, each.kind) for each in (*removable, *ripe)}
        found = [each for each in expirations.all_expirations(home.store()) if (each.day, each.kind) in touched]
        for day in sorted({each.day for each in found}):
            write_books(home, day)
    return found


def write_books(home: Home, day: date) -> int:
    """Copy a day's expirations into the lake's table `retention`; return the table's version."""
    frame = expirations.of_day(home.store(), day)
    return home.lake().replace_partition(RETENTION, day, frame, commit=COMMIT)


def _days(home: Home, kind: Kind, landed: Iterable[date]) -> set[date]:
    """Return the days that may hold something of a kind."""
    if kind == "audio":
        return {each.day for each in sound_files(home.root)}
    table = {"words": TURNS, "devices": SESSIONS}[kind]
    days = {*landed, *days_in(home.lake(), RAW_EVENTS), *days_in(home.lake(), table)}
    days |= {name.day for name in home.segments().damaged()}
    return days | (expirations.days_with_devices(home.store()) if kind == "devices" else set())


def _remove(home: Home, each: Due, *, now: datetime) -> None:
    """Take one kind of one day out of what every place holds now."""
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
    noted = Expiration(
        day=each.day,
        kind=each.kind,
        kept_days=kept_days(home.settings, each.kind),
        removed_at=now,
        landing_lines=landing_lines,
        lake_rows=lake_rows,
        files=files,
    )
    expirations.note(home.store(), noted)


def _still_held(home: Home, ripe: Collection[Expiration], *, now: datetime) -> list[Due]:
    """Say that it is gone where no file of the day holds it; return the days of which one does: they came back."""
    by_kind: defaultdict[Kind, list[date]] = defaultdict(list)
    for each in ripe:
        by_kind[each.kind].append(each.day)
    back = []
    for kind, days in by_kind.items():
        held = {place.split("day=", 1)[1].split("/", 1)[0] for place in files_with(home.lake(), days, kind)}
        left = {day for day in days if day.isoformat() in held or segments_with(home.segments(), day, kind)}
        expirations.confirm(home.store(), [day for day in days if day not in left], kind, at=now)
        back += [Due(day, kind, again=True) for day in sorted(left)]
    return back
