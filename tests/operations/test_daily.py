"""The morning's checks: the last backup's age and the waiting work, against what is required."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from operations.backup.make import make_backup
from operations.checks.finding import Finding
from operations.daily import daily_checks
from operations.system import System, make_system
from pilot.settings import Settings, read_settings
from storage.home import Home, open_home
from tests.answering import Answer, answering

NOW = datetime(2026, 11, 30, 7, tzinfo=UTC)


def found(system: System, name: str, *, now: datetime = NOW) -> Finding:
    (check,) = (each for each in daily_checks(system, now=now) if each.name == name)
    return check.run()


def test_the_last_backup_must_be_of_the_last_day(home: Home, environment: dict[str, str]) -> None:
    system = make_system(home, environment=environment)
    assert found(system, "backup").found == "there is none"
    home.store()
    made = make_backup(home, now=NOW, plain=True, report=lambda _: None)
    fresh = found(system, "backup", now=NOW + timedelta(hours=25))
    assert fresh.ok, fresh
    assert made.path.name in fresh.found
    old = found(system, "backup", now=NOW + timedelta(hours=27))
    assert (old.state, old.required) == ("not_ok", "at most 26 h old")


@pytest.mark.parametrize(("receipts", "ok"), [(60, True), (61, False)])
def test_what_waits_is_read_from_the_edges_metrics(environment: dict[str, str], receipts: int, ok: bool) -> None:
    text = (
        f"# TYPE edge_receipts_waiting gauge\nedge_receipts_waiting {receipts}\n"
        '# TYPE edge_provider_events gauge\nedge_provider_events{state="waiting"} 30\n'
        'edge_provider_events{state="failed"} 10\n# TYPE edge_tasks gauge\nedge_tasks 900\n'
    )
    with answering({"/metrics": Answer(body=text.encode())}) as server:
        settings: Settings = read_settings(environment | {"PILOT_EDGE_PORT": str(server.port)})
        system = make_system(open_home(settings), environment=environment)
        finding = found(system, "queue")
    assert finding.ok is ok
    assert finding.found == f"{receipts + 40} waiting"


def test_certificates_and_the_disk_are_checked_too(home: Home, environment: dict[str, str]) -> None:
    names = [check.name for check in daily_checks(make_system(home, environment=environment), now=NOW)]
    assert names[0] == "backup"
    assert names[-2:] == ["queue", "disk"]
    assert names[1:-2] == [
        f"certificate {name}.feedbackai.se" for name in ("aurora", "malmohuset", "goteborg", "staging")
    ]
