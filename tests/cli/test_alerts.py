"""`pilot alerts`: from the setup to the acknowledgement, against stand-ins of the services."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from operations.alerting.readiness import CHECKOUT
from operations.alerting.router import AlertRouter
from operations.system import free_port
from operations.watch.alerts.alert_records import Alert, AlertRecords
from pilot.settings import read_settings
from storage.home import Home, open_home
from storage.store import audit
from storage.store.alerts import episodes
from tests.cli.conftest import Pilot
from tests.operations.alerting.conftest import CONTACTS, Mailbox
from tests.operations.alerting.stand_ins import ELKS_PASSWORD, ROUTING_KEY, SLACK_PATH, Elks, PagerDuty, Slack

BACKUP = Alert("backup_old", "main", "high", "The newest backup is 7 hours old.")


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Slack, Elks, PagerDuty, Mailbox]]:
    """Set every channel to a stand-in, and fill in the contacts."""
    box = Mailbox()
    mail = Controller(box, hostname="127.0.0.1", port=free_port())
    mail.start()
    (tmp_path / "contacts.toml").write_text(CONTACTS, encoding="utf-8")
    with Slack() as slack, Elks() as elks, PagerDuty() as pager:
        for name, value in {
            "ALERT_SLACK_URL": slack.url,
            "ALERT_SLACK_INCIDENTS_URL": slack.url,
            "ALERT_SMS_URL": elks.url,
            "ALERT_PAGERDUTY_URL": pager.url,
            "ALERT_HEARTBEAT_URL": "https://hc.pilot.test/abc",
            "ALERT_MAIL_TO": "pilot-support@pilot.test",
            "MAIL_FROM": "pilot@pilot.test",
            "SMTP_URL": f"smtp://127.0.0.1:{mail.port}",
            "CONTACTS_FILE": str(tmp_path / "contacts.toml"),
        }.items():
            monkeypatch.setenv(f"PILOT_{name}", value)
        yield slack, elks, pager, box
    mail.stop()


@pytest.fixture
def home(tmp_path: Path, pilot: Pilot) -> Home:
    return open_home(read_settings({"PILOT_HOME": str(tmp_path / "home")}))


def take_in(home: Home, *alerts: Alert, at: datetime) -> None:
    AlertRouter(home, clock=lambda: at - timedelta(hours=1), channels={})()
    AlertRecords(home.root / ".run/backups.ndjson", clock=lambda: at).report(alerts)
    AlertRouter(home, clock=lambda: at, channels={})()


def test_setup_checks_everything_and_then_tests_each_channel(pilot: Pilot, services) -> None:
    slack, elks, pager, box = services
    dry = pilot("alerts", "setup", "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert "levels 1: pilot_manager, 2: technical_lead, 3: devops" in dry.stdout and slack.received == []
    done = pilot("alerts", "setup")
    assert done.exit_code == 0, done.output
    assert "All well: 8 messages delivered. Next: pilot alerts list" in done.stdout
    for part in ("TEST", "Café Aurora", "the test value 1", "docs/operations/alert-causes.md#system_down"):
        assert part in slack.texts[0] and part in box.letters[0][1]
    assert len(slack.received) == 2 and len(elks.received) == 3 and len(box.letters) == 1
    assert [action for action, _ in pager.events] == ["trigger", "resolve"]
    assert not any(secret in done.output for secret in (SLACK_PATH, ELKS_PASSWORD, ROUTING_KEY))


@pytest.mark.prometheus
def test_setup_checks_rules_and_routes_by_promtool_and_amtool(pilot: Pilot, services) -> None:
    found = json.loads(pilot("alerts", "setup", "--dry-run", "--json").stdout)["findings"]
    said = {each["name"]: (each["state"], each["found"]) for each in found}
    assert said["promtool"] == ("ok", "rules.yml: valid")
    assert said["amtool"] == ("ok", "alertmanager.yml: valid")


def test_setup_refuses_a_placeholder_and_sends_nothing(pilot: Pilot, services) -> None:
    slack = services[0]
    refused = pilot("alerts", "setup", PILOT_ALERT_MAIL_TO="pilot-support@yourcompany.com")
    assert refused.exit_code == 1 and "pilot-support@yourcompany.com is a placeholder" in refused.stdout
    assert slack.received == []


def test_setup_of_a_new_pilot_names_what_is_missing(pilot: Pilot) -> None:
    found = pilot("alerts", "setup", "--json", PILOT_CONTACTS_FILE=str(CHECKOUT / "contacts.toml"))
    assert found.exit_code == 1
    states = {each["name"]: each["state"] for each in json.loads(found.stdout)["findings"]}
    assert [states[f"channel {each}"] for each in ("slack", "slack_incidents", "email", "sms", "pagerduty")] == [
        "not_ok"
    ] * 5
    assert (states["people"], states["catalogue"], states["heartbeat"]) == ("not_ok", "ok", "not_ok")


def test_a_refused_channel_is_named_with_its_status(pilot: Pilot, services) -> None:
    wrong = services[1].url.replace(ELKS_PASSWORD, "wrong")
    found = pilot("alerts", "test", PILOT_ALERT_SMS_URL=wrong)
    assert found.exit_code == 1
    assert "NOT OK  sms devops                      refused, status 401" in found.stdout
    assert "ok      slack" in found.stdout and "wrong@" not in found.output


def test_the_runbooks_script_is_this_command() -> None:
    script = CHECKOUT / "scripts/setup-pilot-alerts.sh"
    found = subprocess.run([script, "--help"], capture_output=True, text=True, timeout=60, check=True)
    assert "pilot alerts setup" in found.stdout


def test_alerts_are_listed_acknowledged_judged_and_counted(pilot: Pilot, home: Home) -> None:
    take_in(home, BACKUP, at=datetime.now(UTC) - timedelta(minutes=5))
    listed = pilot("alerts", "list")
    assert listed.exit_code == 1 and "backup_old" in listed.stdout
    (one,) = episodes.latest(home.store())
    assert f"Next: pilot alerts ack {one.short_id}" in listed.stdout
    assert "would acknowledge" in pilot("alerts", "ack", one.short_id, "--dry-run").stdout
    assert episodes.find(home.store(), one.id).state == "firing"
    done = pilot("alerts", "ack", one.short_id, "--reason", "the disk was full")
    assert done.exit_code == 0 and "acknowledged by cli:" in done.stdout
    assert pilot("alerts", "list").exit_code == 0
    again = pilot("alerts", "ack", one.short_id)
    assert again.exit_code == 1 and "acknowledged already" in again.stderr
    judged = json.loads(pilot("alerts", "ack", one.short_id, "--false", "--json").stdout)
    assert (judged["verdict"], judged["state"]) == ("false", "acknowledged")
    (figures,) = json.loads(pilot("alerts", "list", "--figures", "--json").stdout)
    assert (figures["fired"], figures["judged_false"], figures["unjudged"]) == (1, 1, 0)
    assert "backup_old" in pilot("alerts", "list", "--figures").stdout
    assert [each.action for each in audit.recent(home.store(), 2)] == ["alert.judge", "alert.acknowledge"]


def test_an_alert_is_silenced_and_heard_again(pilot: Pilot, home: Home) -> None:
    take_in(home, BACKUP, at=datetime.now(UTC) - timedelta(minutes=5))
    assert pilot("alerts", "silence", "backup_*", "--for", "2h").exit_code == 2
    assert pilot("alerts", "silence", "backup_*", "--reason", "x").exit_code == 2
    assert pilot("alerts", "silence", "--for", "2h", "--reason", "x").exit_code == 1
    assert "would silence" in pilot("alerts", "silence", "backup_*", "--for", "2h", "--reason", "x", "--dry-run").stdout
    made = pilot("alerts", "silence", "backup_*", "--for", "2h", "--reason", "a new disk")
    assert made.exit_code == 0 and "Silence 1 until" in made.stdout and "--off 1" in made.stdout
    assert "a new disk" in pilot("alerts", "silence", "--list").stdout
    listed = pilot("alerts", "list")
    assert listed.exit_code == 0 and ", silenced" in listed.stdout
    assert pilot("alerts", "silence", "--off", "1", "--reason", "done").exit_code == 0
    assert pilot("alerts", "list").exit_code == 1
    assert pilot("alerts", "silence", "--off", "1", "--reason", "done").exit_code == 1


@pytest.mark.parametrize("given", ["", "zz", "abc", "0" * 8, "%", "' or 1=1"])
def test_an_unknown_id_is_refused_in_words(pilot: Pilot, home: Home, given: str) -> None:
    found = pilot("alerts", "ack", given)
    assert found.exit_code == 1 and "pilot alerts list" in found.stderr and "Traceback" not in found.output
