"""Carries out erasures: rewrites every place without the session, then deletes the old versions.

A pause between both steps lets open snapshots and running rebuilds end. An erasure is done only when a search of every
place, including old versions, does not find the session. Every step may be repeated.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from operations.backup.catalog import export_tombstones
from operations.erasure.home_lock import home_lock
from operations.erasure.marks import Marks, marks_of
from pilot.lake_tables.tables import TABLES
from quality.gate import quarantined
from reports.files import erase_from_reports
from storage.erasure.files_beside import STORE_FILES, overwrite_lines, search
from storage.erasure.lake_rows import days_with_sessions, erase_rows
from storage.erasure.lake_versions import GRACE_SECONDS, files_with_sessions, purge
from storage.erasure.landing_lines import erase_from_day, erase_from_logs, sessions_lines
from storage.home import LOG_FOLDER, Home
from storage.store.payouts import awaiting_erased
from storage.store.privacy import erasures
from storage.store.privacy.erasures import Erasure, PlaceResult, State

GRACE = timedelta(seconds=GRACE_SECONDS)
RECHECK = timedelta(days=7)  # A replica that was cut off for days publishes its log late.
COMMIT = {"why": "erasure"}
SEARCHED = PlaceResult("searched")


@dataclass(frozen=True, slots=True)
class Step:
    """The result of one attempt at one erasure.

    Attributes:
        state: Its new state.
        places: The state of each place.
    """

    state: State
    places: Mapping[str, PlaceResult]


def carry_out(
    home: Home, *, now: datetime, grace: timedelta = GRACE, recheck: timedelta | None = None
) -> list[Erasure]:
    """Advance every pending erasure by one step; return the advanced erasures in their new state.

    Args:
        home: The home.
        now: The current time, UTC.
        grace: Pause between rewriting and deleting old versions; zero only if nothing else runs.
        recheck: Age up to which finished erasures are verified again.

    Raises:
        HomeLocked: a backup, a restore, an erasure or retention is running.
        PilotError: a place cannot be reached; unfinished erasures stay pending.
    """
    store = home.store()
    with home_lock(home.root):
        if recheck is not None:
            _reopen_resurrected(home, since=now - recheck)
        asked = [each for each in erasures.pending(store) if each.state == "asked"]
        _save_steps(home, asked, _rewrite(home, asked, now=now))
        rewritten = [
            each for each in erasures.pending(store) if each.state == "rewritten" and _past_grace(each, now, grace)
        ]
        _save_steps(home, rewritten, _finish(home, rewritten, now=now, grace=grace))
    touched = {each.session_id for each in (*asked, *rewritten)}
    advanced = (erasures.find(store, session) for session in sorted(touched))
    return [each for each in advanced if each is not None]


def due(home: Home, *, now: datetime, grace: timedelta = GRACE) -> list[Erasure]:
    """Return the erasures that can advance now."""
    return [each for each in erasures.pending(home.store()) if each.state == "asked" or _past_grace(each, now, grace)]


def _past_grace(erasure: Erasure, now: datetime, grace: timedelta) -> bool:
    return erasure.rewritten_at is not None and (not grace or now - erasure.rewritten_at >= grace)


def _save_steps(home: Home, attempted: Iterable[Erasure], steps: Mapping[str, Step]) -> None:
    for erasure in attempted:
        step = steps[erasure.session_id]
        erasures.record_progress(home.store(), erasure, state=step.state, places=step.places)


def _rewrite(home: Home, asked: Sequence[Erasure], *, now: datetime) -> dict[str, Step]:
    """Rewrite the current version of every place without the sessions."""
    if not asked:
        return {}
    sessions = [each.session_id for each in asked]
    segments, logs = home.segments(), home.root / LOG_FOLDER
    waiting: dict[date, list[str]] = {}
    marks: dict[str, Marks] = {}
    for day, of_day in _by_day(asked).items():
        waiting[day] = erase_from_logs(logs, segments, day=day, sessions=of_day)
        # The session's words are available only until the landing is rewritten.
        for session in of_day:
            marks[session] = marks_of(session, sessions_lines(segments, day, session))
        erase_from_day(segments, day, of_day)
    lake = home.lake()
    # Afterwards nothing shows that a session was quarantined, and the money gate would pass its reward.
    held = quarantined(lake, days={each.day for each in asked}).intersection(sessions)
    if held:
        awaiting_erased.freeze_claimed(home.store(), held, actor="erasure")
    erase_rows(lake, sessions, commit=COMMIT)
    for table in TABLES.values():
        purge(lake, table, now=now)
    erase_from_reports(home, sessions)
    steps = {}
    for erasure in asked:
        erasures.pseudonymise(home.store(), erasure.session_id)
        beside = _beside(home, marks[erasure.session_id], before=erasure.places.get("beside"))
        replicas = waiting[erasure.day]
        places = {
            "landing": PlaceResult("waiting_for_replicas", tuple(replicas)) if replicas else PlaceResult("rewritten"),
            "lake": PlaceResult("rewritten"),
            "store": PlaceResult("rewritten"),
            "beside": beside,
        }
        steps[erasure.session_id] = Step("asked" if replicas else "rewritten", places)
    return steps


def _finish(home: Home, rewritten: Sequence[Erasure], *, now: datetime, grace: timedelta) -> dict[str, Step]:
    """Delete old versions, and search every place for the sessions."""
    if not rewritten:
        return {}
    sessions = [each.session_id for each in rewritten]
    lake = home.lake()
    named: set[str] = set()
    for table in TABLES.values():
        purge(lake, table, now=now, grace=grace)
        if days_with_sessions(lake, table, sessions):
            named.add(table.name)
    for erasure in rewritten:
        # A run in progress may have made a decision on the session since.
        erasures.pseudonymise(home.store(), erasure.session_id)
    clean = erasures.wipe_pages(home.store())
    obstacle = export_tombstones(home)
    steps = {}
    for erasure in rewritten:
        session = [erasure.session_id]
        # Dead replicas' logs first: this publishes the rest of them.
        waiting = erase_from_logs(home.root / LOG_FOLDER, home.segments(), day=erasure.day, sessions=session)
        landed = bool(waiting) or bool(sessions_lines(home.segments(), erasure.day, erasure.session_id))
        returned = landed or any(days_with_sessions(lake, TABLES[name], session) for name in named)
        left = sum(
            len(files_with_sessions(lake, table, session, days={erasure.day.isoformat()}))
            for table in TABLES.values()
            if "session_id" in table.names
        )
        places = {
            "landing": PlaceResult("returned" if landed else "erased"),
            "lake": PlaceResult("old_files_left", (str(left),))
            if left
            else PlaceResult("returned" if returned else "erased"),
            "store": PlaceResult("pseudonymised" if clean else "readers_active"),
            "beside": _files_result(_remaining_files(home, erasure.places.get("beside"))),
            "backups": PlaceResult("backups_unwritable", obstacle) if obstacle else PlaceResult("exported"),
        }
        done = not left and clean and not obstacle and places["beside"] == SEARCHED
        state: State = "asked" if returned else ("done" if done else "rewritten")
        steps[erasure.session_id] = Step(state, places)
    return steps


def _beside(home: Home, marks: Marks, *, before: PlaceResult | None) -> PlaceResult:
    """Blot and search the other files; return the files that a person has to remove.

    The words are unavailable once the landing is rewritten, so the files of earlier attempts are kept in the result.
    """
    overwrite_lines(home.root, marks.everything)
    names = set(search(home.root, marks.words))
    # The store contains the session in its tombstone.
    names.update(name for name in search(home.root, marks.identifiers) if name not in STORE_FILES)
    names.update(_remaining_files(home, before))
    return _files_result(sorted(names))


def _remaining_files(home: Home, result: PlaceResult | None) -> list[str]:
    """Return the files of an earlier attempt that still exist."""
    if result is None or result.code != "files_left":
        return []
    return [name for name in result.details if (home.root / name).exists()]


def _files_result(names: Sequence[str]) -> PlaceResult:
    return PlaceResult("files_left", tuple(names)) if names else SEARCHED


def _reopen_resurrected(home: Home, *, since: datetime) -> None:
    """Reopen erasures whose session came back through a late replica or a running rebuild."""
    lake = home.lake()
    done = [each for each in erasures.recent(home.store(), since=since) if each.state == "done"]
    if not done:
        return
    tables = [table for table in TABLES.values() if days_with_sessions(lake, table, [each.session_id for each in done])]
    for erasure in done:
        erasures.pseudonymise(home.store(), erasure.session_id)
        landed = sessions_lines(home.segments(), erasure.day, erasure.session_id)
        if landed or any(days_with_sessions(lake, table, [erasure.session_id]) for table in tables):
            erasures.reopen(home.store(), [erasure.session_id])


def _by_day(asked: Iterable[Erasure]) -> dict[date, list[str]]:
    days: defaultdict[date, list[str]] = defaultdict(list)
    for each in asked:
        days[each.day].append(each.session_id)
    return dict(days)
