"""Checks that alerts can reach people: channels, contacts, the catalogue's pages, and rules."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from operations.alerting.catalogue import PAGE, catalogue
from operations.alerting.people import People, configured
from operations.checks.finding import Finding, judged, not_applicable
from pilot.contacts import Contacts, is_placeholder
from pilot.errors import PilotError
from pilot.settings import Settings
from storage.contacts_file import read_contacts
from storage.store.alerts.deliveries import CHANNELS, Channel

CHECKOUT = Path(__file__).resolve().parents[2]
FILES = CHECKOUT / "deploy" / "monitoring"
SECONDS = 60
VARIABLES: dict[Channel, str] = {
    "slack": "PILOT_ALERT_SLACK_URL",
    "slack_incidents": "PILOT_ALERT_SLACK_INCIDENTS_URL",
    "email": "PILOT_ALERT_MAIL_TO, PILOT_SMTP_URL and PILOT_MAIL_FROM",
    "sms": "PILOT_ALERT_SMS_URL",
    "pagerduty": "PILOT_ALERT_PAGERDUTY_URL",
}
KEYS = "docs/operations/alerts.md says how to get its key."


def check_readiness(settings: Settings, *, cafes: tuple[str, ...], files: Path = FILES) -> list[Finding]:
    """Return the result of every check; nothing is sent.

    Args:
        settings: The settings.
        cafes: The cafés' ids.
        files: The folder of Prometheus's rules and Alertmanager's routes.
    """
    found = configured(settings)
    findings = [_channel(channel, settings, is_there=channel in found) for channel in CHANNELS]
    findings += [_contacts(settings, cafes), _pages(), _heartbeat(settings), _receiver(settings)]
    return [*findings, *_files(files)]


def _channel(channel: Channel, settings: Settings, *, is_there: bool) -> Finding:
    name, required = f"channel {channel}", f"{VARIABLES[channel]} in .env"
    if channel == "email":
        for given in (settings.alert_mail_to, settings.mail_from):
            if given and is_placeholder(given):
                return judged(
                    name, ok=False, found=f"{given} is a placeholder", required="an address of your own",
                    remedy="Correct PILOT_ALERT_MAIL_TO and PILOT_MAIL_FROM in .env.",
                )  # fmt: skip
    return judged(
        name,
        ok=is_there,
        found="set" if is_there else "not set",
        required=required,
        remedy=f"Set {VARIABLES[channel]}; {KEYS}",
    )


def _contacts(settings: Settings, cafes: tuple[str, ...]) -> Finding:
    try:
        contacts: Contacts = read_contacts(settings.contacts_file)
    except PilotError as error:
        return judged("people", ok=False, found=error.what, remedy=error.remedy)
    faults = contacts.faults(cafes)
    people = People(contacts, configured(settings), settings.alert_mail_to)
    levels = ", ".join(f"{level}: {', '.join(people.persons(level)) or 'nobody'}" for level in (1, 2, 3))
    return judged(
        "people",
        ok=not faults,
        found="; ".join(faults[:4]) if faults else f"levels {levels}",
        required="a person and a number for each level and café",
        remedy=f"Fill in {settings.contacts_file}, then: pilot contacts check.",
    )


def _pages() -> Finding:
    missing = missing_sections((CHECKOUT / PAGE).read_text("utf-8") if (CHECKOUT / PAGE).exists() else "", catalogue())
    kinds = len(catalogue())
    return judged(
        "catalogue",
        ok=not missing,
        found=f"{kinds} kinds, each with its page" if not missing else f"no section for {', '.join(missing)}",
        required=f"a section of {PAGE} for each kind",
        remedy=f"Add the sections to {PAGE}.",
    )


def missing_sections(text: str, names: Iterable[str]) -> list[str]:
    """Return the kinds that have no section in a page."""
    sections = set(re.findall(r"^## (\w+)$", text, re.MULTILINE))
    return sorted(set(names) - sections)


def _heartbeat(settings: Settings) -> Finding:
    is_there = bool(settings.alert_heartbeat_url.get_secret_value())
    return judged(
        "heartbeat",
        ok=is_there,
        found="set" if is_there else "not set: nobody notices that the watch itself is away",
        required="PILOT_ALERT_HEARTBEAT_URL in .env",
        remedy=f"Set PILOT_ALERT_HEARTBEAT_URL; {KEYS}",
    )


def _receiver(settings: Settings) -> Finding:
    if not settings.alertmanager_token.get_secret_value():
        return not_applicable("alertmanager", "PILOT_ALERTMANAGER_TOKEN is not set: the watch evaluates alone")
    return judged(
        "alertmanager", ok=True, found=f"received at http://127.0.0.1:{settings.alertmanager_port}/alertmanager"
    )


def _files(folder: Path) -> list[Finding]:
    """Check rules with promtool and routes with amtool; not applicable without the files or the program."""
    findings = []
    for program, verb, found in (
        ("promtool", ("check", "rules"), sorted(folder.glob("*rules*.yml"))),
        ("amtool", ("check-config",), sorted(folder.glob("*alertmanager*.yml"))),
    ):
        if not found or shutil.which(program) is None:
            why = f"no files in {folder.name}" if not found else f"{program} is not installed"
            findings.append(not_applicable(program, why))
            continue
        run = subprocess.run(
            [program, *verb, *map(str, found)], capture_output=True, text=True, timeout=SECONDS, check=False
        )
        last = (run.stdout + run.stderr).strip().splitlines()[-1:] or [""]
        files = ", ".join(each.name for each in found)
        findings.append(
            judged(program, ok=run.returncode == 0, found=f"{files}: {'valid' if run.returncode == 0 else last[0]}")
        )
    return findings
