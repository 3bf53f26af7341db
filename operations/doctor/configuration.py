"""Pre-flight checks of what people fill in: settings, contacts, who is responsible for guests' data."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

from operations.checks.finding import Finding, judged
from pilot.cafes import Cafes
from pilot.contacts import Contacts, is_placeholder
from pilot.errors import PilotError
from pilot.settings import PREFIX, read_settings

SHOWN_FAULTS = 6


def settings(environment: Mapping[str, str], *, env_file: Path) -> Finding:
    """Check that every setting is known, of the right kind and filled in, and that `.env` is private.

    Args:
        environment: Variables by name.
        env_file: The file of settings; it may be missing.
    """
    required = "each known, of the right kind, no placeholder; .env only for its owner (0600)"
    faults, remedy = [], "Correct them in .env; `.env.example` describes each."
    try:
        read_settings(environment)
    except PilotError as error:
        faults += error.what.splitlines()
    ours = {name: value for name, value in environment.items() if name.upper().startswith(PREFIX)}
    faults += [f"{name} is a placeholder" for name, value in sorted(ours.items()) if is_placeholder(value)]
    if env_file.is_file() and (mode := stat.S_IMODE(env_file.stat().st_mode)) & 0o077:
        faults.append(f"{env_file} has mode {mode:04o}")
        remedy += f" `chmod 600 {env_file}` makes it private."
    return judged(
        "settings", ok=not faults, found=_listed(faults) or f"{len(ours)} set", required=required, remedy=remedy
    )


def contacts(found: Contacts, cafes: Cafes) -> Finding:
    """Check that everybody can be called: three people of the team, and each café."""
    faults = found.faults(cafes.ids)
    return judged(
        "contacts",
        ok=not faults,
        found=_listed(faults) or f"{len(found.person)} people, {len(found.cafe)} cafés",
        required="a name and an international number for the team's three roles and each café",
        remedy="Fill in contacts.toml; `pilot contacts check` lists every fault.",
    )


def responsible(cafes: Cafes) -> Finding:
    """Check that guests learn who is responsible for their data, and where to ask."""
    fields = {"controller": cafes.pilot.controller, "contact": cafes.pilot.contact}
    faults = [
        f"{name} is {'empty' if not value else 'a placeholder'}"
        for name, value in fields.items()
        if not value.strip() or is_placeholder(value)
    ]
    return judged(
        "controller",
        ok=not faults,
        found=_listed(faults) or f"{cafes.pilot.controller}, {cafes.pilot.contact}",
        required="controller and contact in [pilot] of the cafés' file",
        remedy="Guests must be informed of both (GDPR, article 13): fill them in.",
    )


def _listed(faults: list[str]) -> str:
    more = f"; and {len(faults) - SHOWN_FAULTS} more" if len(faults) > SHOWN_FAULTS else ""
    return "; ".join(faults[:SHOWN_FAULTS]) + more
