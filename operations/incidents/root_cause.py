"""The root-cause analysis of an incident, filled in as far as its timeline goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pilot.business_days import local_time
from storage.store.incidents.actions import Action
from storage.store.incidents.incidents import Entry, Incident
from storage.store.incidents.notices import Notice

TO_FILL = "_to be filled in_"


def root_cause(
    incident: Incident, *, entries: Sequence[Entry], actions: Sequence[Action], notices: Sequence[Notice], now: datetime
) -> str:
    """Return the analysis as Markdown."""
    ends = incident.closed_at or now
    minutes = round((ends - incident.detected_at).total_seconds() / 60)
    noted = round((incident.opened_at - incident.detected_at).total_seconds() / 60)
    lines = [
        f"# {incident.id}: {incident.title}",
        "",
        f"Kind {incident.kind}, severity {incident.severity}. Detected {moment(incident.detected_at)}, recorded "
        f"{noted} min later by {incident.opened_by}; "
        + (f"closed {moment(ends)}, after {minutes} min." if incident.closed_at else f"open for {minutes} min."),
        f"Cafés: {', '.join(incident.cafes) or 'none'}. Texts to managers: {len(notices)}.",
        "",
        "## Effect on guests, cafés and money",
        "",
        TO_FILL,
        "",
        "## Timeline",
        "",
        "| when | who | what | |",
        "|---|---|---|---|",
        *(f"| {moment(each.at)} | {each.actor} | {each.kind} | {_cell(each.note)} |" for each in entries),
        "",
        "## Root cause",
        "",
        incident.cause or TO_FILL,
        "",
        *(f"{number}. Why? {TO_FILL}" for number in range(1, 6)),
        "",
        "## What would have shown it earlier, and what made it shorter or longer",
        "",
        TO_FILL,
        "",
        "## Actions",
        "",
        "| action | owner | due | done |",
        "|---|---|---|---|",
        *(
            f"| {_cell(each.what)} | {each.owner} | {each.due} | {moment(each.done_at) if each.done_at else 'no'} |"
            for each in actions
        ),
        *([] if actions else [f"| {TO_FILL} | | | |"]),
        *_data_protection(incident, entries=entries),
    ]
    return "\n".join(lines) + "\n"


def _data_protection(incident: Incident, *, entries: Sequence[Entry]) -> list[str]:
    deadline = incident.authority_deadline
    if deadline is None:
        return []
    notified = next((each for each in entries if each.kind == "authority"), None)
    return [
        "",
        "## Data protection (article 33)",
        "",
        f"The authority (IMY) must be notified before {moment(deadline)}, 72 hours after the detection, unless a "
        "risk to guests is unlikely. "
        + (f"Notified {moment(notified.at)}: {notified.note}" if notified else "Not notified yet."),
        "",
        f"- Whose data, how many, which kinds: {TO_FILL}",
        f"- Likely consequences: {TO_FILL}",
        f"- What was done about them: {TO_FILL}",
        f"- Must the guests be notified (article 34)? {TO_FILL}",
    ]


def clock_line(incident: Incident, *, now: datetime, notified: bool) -> str:
    """Return the data-protection clock in one line; empty if it does not run."""
    deadline = incident.authority_deadline
    if deadline is None:
        return ""
    if notified:
        return "The data-protection authority is notified."
    left = (deadline - now).total_seconds() / 3600
    if left < 0:
        passed = f"the 72 hours passed {-left:.0f} h ago, at {moment(deadline)}"
        return f"DATA PROTECTION: {passed}. Notify IMY and say why late."
    return f"DATA PROTECTION: notify IMY before {moment(deadline)}, {left:.0f} h left, unless a risk is unlikely."


def moment(at: datetime) -> str:
    """Return a moment by Stockholm's clock with its offset: two hours of a year have the same name."""
    return f"{local_time(at):%Y-%m-%d %H:%M %z}"


def _cell(text: str) -> str:
    return text.replace("|", "/")
