"""The report says of each kind of alert how often it fired, was right and wrong, and what follows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pilot.business_days import day_bounds
from reports.document.blocks import Table, Text, words_of
from reports.document.guests_part import incidents_part
from reports.model import Model, frozen
from reports.scope import Scope
from reports.store_readings import alerts_read
from storage.store.alerts import episodes
from storage.store.alerts.episodes import Transition
from storage.store.connect import open_store
from storage.store.engine import Store, sqlite_url


@pytest.fixture
def store(tmp_path: Path):
    opened = open_store(sqlite_url(tmp_path / "store.sqlite"))
    yield opened
    opened.close()


def fire(store: Store, name: str, at: datetime, *, verdict: str = "", cafe: str = "") -> None:
    subject = f"{cafe or 'host'} {at.isoformat()}"
    fired = Transition(name, subject, "low", "x", cafe, is_firing=True, is_event=True, at=at)
    episodes.apply(store, [fired], quiet_before=datetime(2020, 1, 1, tzinfo=UTC))
    if verdict:
        (found,) = [each for each in episodes.latest(store) if each.subject == subject]
        episodes.acknowledge(store, found.id, actor="siv", reason="seen", verdict=verdict)  # type: ignore[arg-type]


def test_verdicts_within_the_report_are_counted_by_kind(store: Store, scope: Scope) -> None:
    begin, end = day_bounds(scope.first)[0], day_bounds(scope.last)[1]
    for minutes, verdict in ((0, "true"), (1, "false"), (2, "")):
        fire(store, "disk_filling", begin + timedelta(minutes=minutes), verdict=verdict)
    fire(store, "dip", end - timedelta(minutes=1), verdict="true", cafe=scope.ids[0])
    fire(store, "dip", end, cafe=scope.ids[0])
    fire(store, "cpu_high", begin - timedelta(minutes=1))
    assert alerts_read(store, scope) == [
        {"name": "dip", "fired": 1, "right": 1, "wrong": 0},
        {"name": "disk_filling", "fired": 3, "right": 1, "wrong": 1},
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "proposal"),
    [
        (2, 2, "För få bedömda"),
        (5, 0, "Behåll villkoret"),
        (3, 2, "Behåll villkoret, gå igenom de obefogade"),
        (2, 3, "Skärp villkoret: de flesta var obefogade"),
    ],
)
def test_a_proposal_follows_from_the_verdicts(model: Model, right: int, wrong: int, proposal: str) -> None:
    judged = frozen({**model, "alerts": [{"name": "disk_filling", "fired": 9, "right": right, "wrong": wrong}]})
    table = next(block for block in incidents_part(judged, words_of(judged, "sv")) if isinstance(block, Table))
    assert table.rows == (("Disken fylls", "9", str(right), str(wrong), proposal),)


OUTAGE = {"from": "2026-11-29T07:37:00+00:00", "to": "2026-11-29T07:50:00+00:00", "minutes": 13.0, "cafes": ["aurora"]}


def said(model: Model) -> list[str]:
    return [block.text for block in incidents_part(model, words_of(model, "sv")) if isinstance(block, Text)]


def test_without_alerts_and_incidents_the_report_says_so(model: Model) -> None:
    quiet = frozen({**model, "alerts": [], "incidents": [], "outages": []})
    assert said(quiet) == ["Inga larm gick under perioden.", "Ingen incident är registrerad under perioden."]


def test_an_outage_that_nobody_recorded_stands_beside_the_silence(model: Model) -> None:
    one = frozen({**model, "alerts": [], "incidents": [], "outages": [OUTAGE]})
    assert said(one) == [
        "Inga larm gick under perioden, trots ett avbrott på 13 min.",
        "Ingen incident är registrerad under perioden.",
        "Gästernas sida hade ett avbrott på 13 min (se Driftstopp), som inte bokförts som incident.",
    ]
    two = frozen({**one, "outages": [OUTAGE, {**OUTAGE, "minutes": 4.0}]})
    assert "trots 2 avbrott, det längsta på 13 min" in said(two)[0]
    known = {
        "kind": "down",
        "title": "Nere",
        "detected_at": OUTAGE["from"],
        "closed_at": None,
        "cause": "",
        "actions": [],
    }
    assert not any("bokförts" in text for text in said(frozen({**one, "incidents": [known]})))
