"""How an incident is printed: with its clock, timeline, actions and texts, or its root-cause analysis."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from cli.context import print_json
from operations.incidents.root_cause import clock_line, moment, root_cause
from pilot.contacts import InvalidContacts, Provider
from pilot.errors import PilotError
from pilot.words import section
from storage.contacts_file import read_contacts
from storage.store.incidents import actions, incidents, notices
from storage.store.incidents.incidents import Incident

if TYPE_CHECKING:
    from storage.home import Home
    from storage.store.engine import Store


class NoOneOpenIncident(PilotError):
    """No incident is named, and not exactly one is open."""


def find_or_open(store: Store, incident_id: str) -> Incident:
    """Return the incident of an id; without an id, the one that is open.

    Raises:
        IncidentRefused: no incident has this id.
        NoOneOpenIncident: without an id, none is open or several are.
    """
    if incident_id:
        return incidents.find(store, incident_id)
    found = incidents.latest(store, only_open=True)
    if len(found) == 1:
        return found[0]
    if not found:
        raise NoOneOpenIncident("No incident is open.", remedy='Open one: pilot incident open "..." --kind down')
    names = ", ".join(each.id for each in found)
    raise NoOneOpenIncident(f"{len(found)} incidents are open: {names}.", remedy="Give the id of one of them.")


def print_incident(
    home: Home, incident: Incident, *, as_json: bool, template: bool = False, brief: bool = False
) -> None:
    """Print an incident.

    Args:
        home: The home.
        incident: The incident.
        as_json: Whether to print JSON.
        template: Whether to print the root-cause analysis instead.
        brief: Whether to print its heading and clock only.
    """
    store, now = home.store(), datetime.now(UTC)
    entries = incidents.timeline(store, incident.id)
    own, texts = actions.actions_of(store, incident.id), notices.notices_of(store, incident.id)
    clock = clock_line(incident, now=now, notified=any(each.kind == "authority" for each in entries))
    if as_json:
        print_json(
            {
                **asdict(incident),
                "authority_deadline": incident.authority_deadline,
                "timeline": [asdict(each) for each in entries],
                "actions": [asdict(each) for each in own],
                "notices": [asdict(each) for each in texts],
                "providers": {each.name: each.in_english for each in home_providers(home)},
            }
        )
        return
    if template:
        typer.echo(root_cause(incident, entries=entries, actions=own, notices=texts, now=now))
        return
    state = f"closed {moment(incident.closed_at)}" if incident.closed_at else "OPEN"
    typer.echo(f"{incident.id}  {state}  {incident.kind}, severity {incident.severity}: {incident.title}")
    if clock:
        typer.echo(f"  {clock}")
    if brief:
        return
    for each in entries:
        typer.echo(f"  {moment(each.at)}  {each.kind:<10}{each.actor}: {each.note}")
    for provider in home_providers(home):
        typer.echo(f"  Support of {provider.name}: {provider.in_english}")
    for late in (each for each in own if each.is_late(now.date())):
        typer.echo(f"  LATE: action {late.id}, {late.owner}, due {late.due}: {late.what}")


def home_providers(home: Home) -> tuple[Provider, ...]:
    """Return the support of the services that the pilot depends on; none without a usable contacts' file."""
    try:
        return read_contacts(home.settings.contacts_file).provider
    except InvalidContacts:
        return ()


def public_of(kind: str, *, swedish: str, english: str, private: bool) -> tuple[str, str]:
    """Return what the status page says: the given words, the usual ones of a kind, or nothing."""
    if swedish or english:
        return swedish, english
    if private:
        return "", ""
    sv, en = (section("status", language).get(f"opened.{kind}", "") for language in ("sv", "en"))
    return sv, en
