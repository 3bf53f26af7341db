"""`pilot incident` and `pilot status-page`: from the alarm to the root cause."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.cli.conftest import Pilot
from tests.payouts.world import CHECKOUT

CONTACTS = CHECKOUT / "contacts.toml"


def test_an_incident_goes_from_the_alarm_to_its_root_cause(pilot: Pilot, tmp_path: Path) -> None:
    page = tmp_path / "home/.status/index.html"
    begun = pilot("incident", "open", "Guests get an error page", "--kind", "down", "--severity", "1")
    assert begun.exit_code == 0, begun.output
    found = re.search(r"I\d{8}-1", begun.stdout)
    assert found is not None
    one = found[0]
    assert f"Next: pilot incident capture {one}" in begun.stdout
    assert "Tjänsten ligger nere" in page.read_text() and "Vi letar efter felet." in page.read_text()
    captured = json.loads(pilot("incident", "capture", one, "--json").stdout)
    assert captured["bytes"] > 500 and Path(captured["path"]).parent == tmp_path / "home/.incidents"
    queued = pilot("incident", "notify", one)
    assert "3 texts queued; PILOT_ALERT_SMS_URL is not set, so read them out by telephone" in queued.stdout
    assert "Driftstörning: gäster på Café Aurora kan inte lämna svar" in queued.stdout
    assert "0 texts queued" in pilot("incident", "notify", one).stdout
    assert pilot("incident", "list", "--open").exit_code == 1
    noted = pilot(
        *("incident", "note", one, "The disk is full; old backups are removed"),
        *("--public-sv", "Felet är hittat.", "--public-en", "The fault is found."),
    )
    assert noted.exit_code == 0 and "Felet är hittat." in page.read_text()
    assert pilot("incident", "action", one, "Alert at 85 %", "--owner", "Siv").exit_code == 2
    added = pilot("incident", "action", one, "Alert at 85 %", "--owner", "Siv", "--due", "2026-12-01")
    assert "1 of 1 actions are open." in added.stdout
    assert "0 of 1 actions are open." in pilot("incident", "action", one, "--done", "1").stdout
    closed = pilot("incident", "close", one, "--cause", "The disk was full")
    assert closed.exit_code == 0
    for words in ("## Timeline", "The disk was full", "| Alert at 85 % | Siv | 2026-12-01 |", "captured", "notified"):
        assert words in closed.stdout
    assert "Allt fungerar</h1>" in page.read_text() and "Felet är avhjälpt." in page.read_text()
    assert pilot("incident", "list", "--open").exit_code == 0
    assert json.loads(pilot("incident", "show", one, "--json").stdout)["cause"] == "The disk was full"


def test_without_an_id_the_evidence_is_that_of_the_one_open_incident(pilot: Pilot) -> None:
    none = pilot("incident", "capture")
    assert none.exit_code == 1 and "No incident is open. Open one: pilot incident open" in none.stderr
    one, two = (
        pilot("incident", "open", f"Trouble {each}", "--kind", "voice", "--private", "--json").stdout for each in "ab"
    )
    first, second = json.loads(one)["id"], json.loads(two)["id"]
    several = pilot("incident", "capture")
    assert several.exit_code == 1 and "2 incidents are open" in several.stderr
    assert first in several.stderr and second in several.stderr
    pilot("incident", "close", first, "--cause", "a cable")
    found = pilot("incident", "capture", "--json")
    assert found.exit_code == 0 and second in json.loads(found.stdout)["path"]


def test_a_security_incident_prints_the_72_hours_and_stays_off_the_page(pilot: Pilot, tmp_path: Path) -> None:
    begun = pilot("incident", "open", "A key was leaked", "--kind", "security", "--severity", "1")
    one = begun.stdout.split()[0]
    assert "DATA PROTECTION: notify IMY before" in begun.stdout and "72 h left" in begun.stdout
    assert "DATA PROTECTION" in pilot("incident", "list").stdout
    assert "leaked" not in (tmp_path / "home/.status/index.html").read_text()
    assert "Recorded" in pilot("incident", "notify", one, "--authority", "IMY, by their form").stdout
    assert "is notified" in pilot("incident", "show", one).stdout


def test_an_incident_is_shown_with_the_support_of_each_provider(pilot: Pilot, tmp_path: Path) -> None:
    begun = pilot("incident", "open", "No payout arrives", "--kind", "payments", PILOT_CONTACTS_FILE=str(CONTACTS))
    one = begun.stdout.split()[0]
    shown = pilot("incident", "show", one)
    for name in ("Supabase", "Stripe", "DNS"):
        assert f"Support of {name}: " in shown.stdout
    assert "kontrollpanelen" not in shown.stdout and "the dashboard" in shown.stdout
    assert set(json.loads(pilot("incident", "show", one, "--json").stdout)["providers"]) == {
        "Supabase",
        "Stripe",
        "DNS",
    }
    away = pilot("incident", "show", one, PILOT_CONTACTS_FILE=str(tmp_path / "none.toml"))
    assert away.exit_code == 0 and "Support of" not in away.stdout


def test_wrong_use_and_dry_runs_change_nothing(pilot: Pilot, tmp_path: Path) -> None:
    assert pilot("incident", "open", "x", "--kind", "down", "--cafe", "uppsala").exit_code == 2
    assert pilot("incident", "open", "x", "--kind", "down", "--severity", "4").exit_code == 2
    assert pilot("incident", "open", "x", "--kind", "down", "--detected", "soon").exit_code == 2
    unknown = pilot("incident", "open", "x", "--kind", "fire")
    assert unknown.exit_code == 1 and "down, voice, payments" in unknown.stderr
    assert "Dry run" in pilot("incident", "open", "x", "--kind", "down", "--dry-run").stdout
    assert pilot("incident", "show", "I1").exit_code == 1
    assert json.loads(pilot("incident", "list", "--json").stdout) == []


def test_an_operator_says_something_on_the_page_and_takes_it_off(pilot: Pilot, tmp_path: Path) -> None:
    page = tmp_path / "home/.status/index.html"
    own = ("--sv", "Kuponger dröjer.", "--en", "Vouchers are late.")
    assert pilot("status-page", "set", "degraded", *own).exit_code == 2
    assert pilot("status-page", "set", "bad", *own, "--reason", "x").exit_code == 1
    assert "Dry run" in pilot("status-page", "set", "degraded", *own, "--reason", "x", "--dry-run").stdout
    assert not page.exists()
    assert pilot("status-page", "set", "degraded", *own, "--reason", "the till").exit_code == 0
    assert "Kuponger dröjer." in page.read_text()
    assert pilot("status-page", "clear", "--reason", "over").exit_code == 0
    assert "Kuponger" not in page.read_text()
    assert json.loads(pilot("status-page", "build", "--json").stdout)["level"] == "ok"
