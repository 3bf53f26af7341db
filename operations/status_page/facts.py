"""What the status page says: the level of each part, and the public lines of incidents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pilot.cafes import Cafes
from storage.store.cafes import cafe_states, switches
from storage.store.engine import Store
from storage.store.incidents import incidents
from storage.store.incidents.incidents import Entry, Incident
from storage.store.incidents.public_status import Level, PublicStatus, find_status

PartName = Literal["guests", "voice", "rewards", "pages"]
PARTS: tuple[PartName, ...] = ("guests", "voice", "rewards", "pages")
PART_OF_KIND: dict[str, PartName] = {"down": "guests", "voice": "voice", "payments": "rewards", "pages": "pages"}
SHOWN_DAYS = 14
# From well to ill; the page as a whole is as ill as its worst part.
ORDER: tuple[Level, ...] = ("ok", "maintenance", "degraded", "down")


@dataclass(frozen=True, slots=True)
class Update:
    """One public line."""

    at: datetime
    text_sv: str
    text_en: str


@dataclass(frozen=True, slots=True)
class Report:
    """One incident with public lines, newest line first.

    Attributes:
        incident: The incident.
        updates: The lines.
        lasts: Whether the fault is still there; a recovered incident stays open until its cause is known.
    """

    incident: Incident
    updates: tuple[Update, ...]
    lasts: bool


@dataclass(frozen=True, slots=True)
class StatusFacts:
    """The page's content.

    Attributes:
        at: When it was read, UTC.
        level: The level of the whole.
        parts: The level of each part.
        own: What an operator says; None for nothing.
        until: When maintenance is expected to end; None if there is none or it is unknown.
        paused: The names of cafés that take no answers.
        reports: Incidents of the last days with public lines, newest first.
    """

    at: datetime
    level: Level
    parts: dict[PartName, Level]
    own: PublicStatus | None
    until: datetime | None
    paused: tuple[str, ...]
    reports: tuple[Report, ...]


def status_facts(store: Store, cafes: Cafes, *, now: datetime) -> StatusFacts:
    """Return what the page says at a moment.

    Raises:
        StoreAway: the store does not answer.
    """
    on, own = switches.all_on(store), find_status(store)
    recent = [each for each in incidents.latest(store) if (each.closed_at or now) >= now - timedelta(days=SHOWN_DAYS)]
    reports = tuple(report for each in recent if (report := _report(each, incidents.timeline(store, each.id))).updates)
    parts: dict[PartName, Level] = dict.fromkeys(PARTS, "ok")
    for report in reports:
        incident = report.incident
        part = PART_OF_KIND.get(incident.kind)
        if part is not None and report.lasts:
            level: Level = "down" if incident.severity == 1 else "degraded"
            parts[part] = _worse(parts[part], level)
    if "fallback" in on:
        parts["voice"] = _worse(parts["voice"], "degraded")
    if "rewards_stopped" in on:
        parts["rewards"] = _worse(parts["rewards"], "degraded")
    if "maintenance" in on:
        for name in ("guests", "voice", "pages"):
            parts[name] = "maintenance"
    level = own.level if own is not None else max(parts.values(), key=ORDER.index)
    names = {cafe.id: cafe.name for cafe in cafes.cafe}
    states = cafe_states.find_all(store)
    return StatusFacts(
        at=now,
        level=level,
        parts=parts,
        own=own,
        until=on["maintenance"].until if "maintenance" in on else None,
        paused=tuple(name for cafe, name in names.items() if cafe in states and states[cafe].paused),
        reports=reports,
    )


def _worse(one: Level, other: Level) -> Level:
    return max(one, other, key=ORDER.index)


def _report(incident: Incident, timeline: Sequence[Entry]) -> Report:
    lines = [Update(each.at, each.public_sv, each.public_en) for each in timeline if each.public_sv]
    turns = [each.kind for each in timeline if each.kind in ("recovered", "relapsed")]
    lasts = incident.closed_at is None and turns[-1:] != ["recovered"]
    return Report(incident, tuple(reversed(lines)), lasts)
