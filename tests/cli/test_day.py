"""`pilot day`: closes a day whose figures were reported, and opens it again."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

from pilot.business_days import business_day
from pilot.settings import Settings
from storage.home import open_home
from storage.store import audit
from storage.store.privacy import day_states
from tests.cli.conftest import Pilot

DAY = date(2026, 11, 23)


def test_closing_and_opening_a_day_record_their_reasons_in_the_audit_log(pilot: Pilot, tmp_path: Path) -> None:
    assert "Every day is open" in pilot("day", "list").output
    assert pilot("day", "close", str(DAY), "--reason", "reported").exit_code == 0
    assert json.loads(pilot("day", "list", "--json").stdout) == {str(DAY): "closed"}
    opened = pilot("day", "open", str(DAY), "--reason", "a late replica")
    assert f"pilot materialize --from {DAY}" in opened.output
    store = open_home(Settings(home=tmp_path / "home")).store()
    assert day_states.closed_or_redacted(store) == {}
    kept = [(entry.action, entry.reason) for entry in audit.recent(store, 10) if entry.subject == DAY.isoformat()]
    assert sorted(kept) == [("day.closed", "reported"), ("day.open", "a late replica")]


def test_closing_an_invalid_day_is_refused_in_one_line(pilot: Pilot) -> None:
    for arguments, said in (
        (("close", "soon", "--reason", "x"), "'soon' is not a day"),
        (("close", "2999-01-01", "--reason", "x"), "has not come yet"),
        (("close", str(DAY), "--reason", " "), "The reason is empty"),
        (("close", str(DAY)), "--reason"),
    ):
        refused = pilot("day", *arguments)
        assert refused.exit_code != 0
        assert said in refused.output
        assert "Traceback" not in refused.output


def test_a_redacted_day_stays_redacted(pilot: Pilot, tmp_path: Path) -> None:
    store = open_home(Settings(home=tmp_path / "home")).store()
    day_states.put(store, DAY, "redacted", actor="test", reason="the time limit of words")
    refused = pilot("day", "open", str(DAY), "--reason", "wanted")
    assert refused.exit_code == 1
    assert "is redacted" in refused.output


def test_today_cannot_be_closed(pilot: Pilot) -> None:
    refused = pilot("day", "close", str(business_day(datetime.now(UTC))), "--reason", "x")
    assert refused.exit_code == 1
    assert "is not over" in refused.output
