"""Opens an incident when guests' pages stop answering, and notes their recovery."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from operations.incidents.notices import is_due, notify
from operations.status_page.build import rebuild
from operations.system import HEARTBEAT_NAME, RUN_FOLDER
from pilot.errors import PilotError
from pilot.words import say
from storage.home import Home
from storage.store.cafes import switches
from storage.store.engine import Store
from storage.store.incidents import incidents
from storage.store.incidents.incidents import Incident

OPEN_AFTER = timedelta(minutes=2)  # A restart is over by then.
OVER_AFTER = timedelta(minutes=5)
LATE_ROUNDS = 3
ACTOR = "watch"

_log = structlog.get_logger("operations.incidents")


class OutageWatcher:
    """Runs once a call; errors are logged, then tried again. Planned maintenance is no outage."""

    def __init__(self, home: Home, *, clock: Callable[[], datetime]) -> None:
        self._home = home
        self._clock = clock
        self._failing: dict[str, datetime] = {}
        self._answering: dict[str, datetime] = {}

    def __call__(self) -> None:
        """Read the last round's heartbeat, and act on it."""
        try:
            store, now = self._home.store(), self._clock()
            if switches.find(store, "maintenance").is_on:
                self._failing.clear()
                return
            failed = self._failed(now)
            if failed is not None and self._follow(store, failed, now=now):
                rebuild(self._home)
        except (PilotError, OSError) as error:
            _log.error("outages cannot be followed", kind=type(error).__name__)

    def _failed(self, now: datetime) -> frozenset[str] | None:
        """Return the cafés whose page failed its last probe; None without a recent round."""
        try:
            beat = json.loads((self._home.root / RUN_FOLDER / HEARTBEAT_NAME).read_text(encoding="utf-8"))
            age = now - datetime.fromisoformat(beat["at"])
            if age > timedelta(seconds=LATE_ROUNDS * self._home.settings.probe_seconds):
                return None
            return frozenset(beat["failed"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _follow(self, store: Store, failed: frozenset[str], *, now: datetime) -> bool:
        """Open, notify and note; return whether the status page changes."""
        ids = self._home.cafes().ids
        self._failing = {cafe: self._failing.get(cafe, now) for cafe in ids if cafe in failed}
        self._answering = {cafe: self._answering.get(cafe, now) for cafe in ids if cafe not in failed}
        mine = [each for each in incidents.latest(store, only_open=True) if each.kind == "down"]
        known = {cafe for each in mine for cafe in each.cafes}
        new = [cafe for cafe, since in self._failing.items() if cafe not in known and now - since >= OPEN_AFTER]
        changed = bool(new)
        if new:
            mine.append(self._open(store, new, every=len(new) == len(ids)))
        for each in mine:
            changed |= self._turns(store, each, now=now)
            if is_due(each, now=now) and set(each.cafes) & set(self._failing):
                self._notify(store, each)
        return changed

    def _open(self, store: Store, cafes: list[str], *, every: bool) -> Incident:
        since = min(self._failing[cafe] for cafe in cafes)
        opened = incidents.open_incident(
            store,
            kind="down",
            severity=1 if every else 2,
            title=f"The guests' page does not answer: {', '.join(cafes)}",
            cafes=cafes,
            actor=ACTOR,
            detected_at=since,
            public=(say("status", "opened.down", "sv"), say("status", "opened.down", "en")),
        )
        _log.error("guests' pages do not answer", incident=opened.id, cafes=cafes)
        return opened

    def _turns(self, store: Store, incident: Incident, *, now: datetime) -> bool:
        """Note once that all of an incident's pages answer again, or that they fail again."""
        turns = [each.kind for each in incidents.timeline(store, incident.id) if each.kind in ("recovered", "relapsed")]
        is_over = turns[-1:] == ["recovered"]
        back = [self._answering.get(cafe) for cafe in incident.cafes]
        if not is_over and all(since is not None and now - since >= OVER_AFTER for since in back):
            until = max(since for since in back if since is not None)
            public = (say("status", "opened.closed", "sv"), say("status", "opened.closed", "en"))
            incidents.add_note(
                store, incident.id, kind="recovered", note="Every page answers again.", actor=ACTOR, public=public
            )
            notify(store, incident, "over", cafes=self._home.cafes(), page_url="", actor=ACTOR, until=until)
            return True
        if is_over and any(now - self._failing.get(cafe, now) >= OPEN_AFTER for cafe in incident.cafes):
            incidents.add_note(store, incident.id, kind="relapsed", note="A page fails again.", actor=ACTOR)
            return True
        return False

    def _notify(self, store: Store, incident: Incident) -> None:
        page = self._home.settings.status_url
        queued = notify(store, incident, "down", cafes=self._home.cafes(), page_url=page, actor=ACTOR)
        if queued:
            _log.error("texts to managers queued", incident=incident.id, cafes=[each.cafe for each in queued])
