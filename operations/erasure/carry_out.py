"""Carries out erasures: first every place is rewritten without the session, then what held it before is deleted.

Between the two lies a pause, so that a page's open snapshot or a rebuild under way ends first. An erasure is done only
once its session was looked for in every place, old versions included, and not found. Every step can be done again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from operations.backup.shelf import write_tombstones_beside
from operations.erasure.home_lock import home_lock
from operations.erasure.marks import Marks, marks_of
from pilot.tables import TABLES
from storage.erasure.files_beside import STORE_FILES, blot_lines, search
from storage.erasure.lake_rows import erase_rows, named_days
from storage.erasure.lake_versions import GRACE_SECONDS, files_with_sessions, purge
from storage.erasure.landing_lines import erase_from_day, erase_from_logs, sessions_lines
from storage.home import LOG_FOLDER, Home
from storage.store.privacy import erasures
from storage.store.privacy.erasures import Erasure, State

GRACE = timedelta(seconds=GRACE_SECONDS)
RECHECK = timedelta(days=7)  # A replica that was cut off for days publishes what it still holds.
COMMIT = {"why": "erasure"}
SEARCHED = "searched"
FOUND = "remove "  # followed by the files' names


@dataclass(frozen=True, slots=True)
class Step:
    """What one attempt came to for one erasure.

    Attributes:
        state: Its state now.
        places: What became of each place.
    """

    state: State
    places: Mapping[str, str]


def carry_out(
    home: Home, *, now: datetime, grace: timedelta = GRACE, recheck: timedelta | None = None
) -> list[Erasure]:
    """Take every erasure that is not done a step further; return those that were worked on, as they are now.

    Args:
        home: The home.
        now: The present moment, UTC.
        grace: How long after the rewriting what held the rows before is deleted; nothing only where nothing else runs.
        recheck: How far back erasures that are done are looked at again.

    Raises:
        KeeperAtWork: another keeper is at work.
        PilotError: a place cannot be reached; what is not done stays asked for.
    """
    store = home.store()
    with home_lock(home.root):
        if recheck is not None:
            _reopen_resurrected(home, since=now - recheck)
        asked = [each for each in erasures.pending(store) if each.state == "asked"]
        _note(home, asked, _rewrite(home, asked, now=now))
        rewritten = [each for each in erasures.pending(store) if each.state == "rewritten" and _ripe(each, now, grace)]
        _note(home, rewritten, _finish(home, rewritten, now=now, grace=grace))
    touched = {each.session_id for each in (*asked, *rewritten)}
    found = (erasures.find(store, session) for session in sorted(touched))
    return [each for each in found if each is not None]


def due(home: Home, *, now: datetime, grace: timedelta = GRACE) -> list[Erasure]:
    """Return the erasures that another step can be taken for."""
    return [each for each in erasures.pending(home.store()) if each.state == "asked" or _ripe(each, now, grace)]


def _ripe(erasure: Erasure, now: datetime, grace: timedelta) -> bool:
    return erasure.rewritten_at is not None and (not grace or now - erasure.rewritten_at >= grace)


def _note(home: Home, worked_on: Iterable[Erasure], steps: Mapping[str, Step]) -> None:
    for erasure in worked_on:
        step = steps[erasure.session_id]
        erasures.move(home.store(), erasure, state=step.state, places=step.places)


def _rewrite(home: Home, asked: Sequence[Erasure], *, now: datetime) -> dict[str, Step]:
    """Take sessions out of what every place holds now."""
    if not asked:
        return {}
    sessions = [each.session_id for each in asked]
    segments, logs = home.segments(), home.root / LOG_FOLDER
    waiting: dict[date, list[str]] = {}
    marks: dict[str, Marks] = {}
    for day, of_day in _by_day(asked).items():
        waiting[day] = erase_from_logs(logs, segments, day=day, sessions=of_day)
        # Its words are known only until they are gone from the landing.
        for session in of_day:
            marks[session] = marks_of(session, sessions_lines(segments, day, session))
        erase_from_day(segments, day, of_day)
    lake = home.lake()
    erase_rows(lake, sessions, commit=COMMIT)
    for table in TABLES.values():
        purge(lake, table, now=now)
    steps = {}
    for erasure in asked:
        erasures.pseudonymise(home.store(), erasure.session_id)
        beside = _beside(home, marks[erasure.session_id], before=erasure.places.get("beside", ""))
        replicas = waiting[erasure.day]
        places = {
            "landing": f"waits for {', '.join(replicas)}" if replicas else "rewritten",
            "lake": "rewritten",
            "store": "rewritten",
            "beside": beside,
        }
        steps[erasure.session_id] = Step("asked" if replicas else "rewritten", places)
    return steps


def _finish(home: Home, rewritten: Sequence[Erasure], *, now: datetime, grace: timedelta) -> dict[str, Step]:
    """Delete what held sessions before, and look for them everywhere."""
    if not rewritten:
        return {}
    sessions = [each.session_id for each in rewritten]
    lake = home.lake()
    named: set[str] = set()
    for table in TABLES.values():
        purge(lake, table, now=now, grace=grace)
        if named_days(lake, table, sessions):
            named.add(table.name)
    for erasure in rewritten:
        # A run that was under way may have decided on it since.
        erasures.pseudonymise(home.store(), erasure.session_id)
    clean = erasures.wipe_pages(home.store())
    backups = write_tombstones_beside(home)
    steps = {}
    for erasure in rewritten:
        alone = [erasure.session_id]
        # First what dead replicas' logs still hold: it is published by this.
        waiting = erase_from_logs(home.root / LOG_FOLDER, home.segments(), day=erasure.day, sessions=alone)
        landed = bool(waiting) or bool(sessions_lines(home.segments(), erasure.day, erasure.session_id))
        back = landed or any(named_days(lake, TABLES[name], alone) for name in named)
        left = sum(
            len(files_with_sessions(lake, table, alone, days={erasure.day.isoformat()}))
            for table in TABLES.values()
            if "session_id" in table.names
        )
        places = {
            "landing": "came back" if landed else "gone",
            "lake": f"{left} old files wait" if left else ("came back" if back else "gone"),
            "store": "pseudonymised" if clean else "waits for a moment without readers",
            "beside": _still_found(home, erasure.places.get("beside", "")) or SEARCHED,
            "backups": backups or "told",
        }
        done = not left and clean and not backups and places["beside"] == SEARCHED
        state: State = "asked" if back else ("done" if done else "rewritten")
        steps[erasure.session_id] = Step(state, places)
    return steps


def _beside(home: Home, marks: Marks, *, before: str) -> str:
    """Blot and search the files beside; return where something was found that a person has to remove.

    Once the landing is rewritten the words are not known any more: what an earlier attempt found is kept in mind.
    """
    blot_lines(home.root, marks.everything)
    found = set(search(home.root, marks.words))
    # The store knows the session by its tombstone.
    found.update(name for name in search(home.root, marks.identifiers) if name not in STORE_FILES)
    found.update(_named(_still_found(home, before)))
    return f"{FOUND}{', '.join(sorted(found))}" if found else SEARCHED


def _still_found(home: Home, told: str) -> str:
    """Return what of the files that were told is still there; empty where nothing is."""
    left = [name for name in _named(told) if (home.root / name).exists()]
    return f"{FOUND}{', '.join(left)}" if left else ""


def _named(told: str) -> list[str]:
    return told.removeprefix(FOUND).split(", ") if told.startswith(FOUND) else []


def _reopen_resurrected(home: Home, *, since: datetime) -> None:
    """Ask again for erasures whose session came back: a replica published late, or a rebuild was under way."""
    lake = home.lake()
    done = [each for each in erasures.recent(home.store(), since=since) if each.state == "done"]
    if not done:
        return
    named = [table for table in TABLES.values() if named_days(lake, table, [each.session_id for each in done])]
    for erasure in done:
        erasures.pseudonymise(home.store(), erasure.session_id)
        landed = sessions_lines(home.segments(), erasure.day, erasure.session_id)
        if landed or any(named_days(lake, table, [erasure.session_id]) for table in named):
            erasures.reopen(home.store(), [erasure.session_id])


def _by_day(asked: Iterable[Erasure]) -> dict[date, list[str]]:
    days: defaultdict[date, list[str]] = defaultdict(list)
    for each in asked:
        days[each.day].append(each.session_id)
    return dict(days)
