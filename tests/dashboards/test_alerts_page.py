"""The pages of alerts and of the audit log: order, entitlement, filters, pages and words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from dashboards.reading.alert_rows import alert_rows
from dashboards.reading.incident_rows import SHOWN, incident_rows
from operations.alerting.catalogue import catalogue
from operations.alerting.router import AlertRouter
from operations.monitoring.rules.technical_alerts import TECHNICAL_ALERTS
from operations.record_lines import append_record
from operations.system import RUN_FOLDER
from operations.watch.alerts.alert_records import Alert, AlertRecords
from operations.watch.alerts.run_alerts import report
from pilot.words import section
from storage.home import Home
from storage.store import audit
from storage.store.alerts import deliveries, episodes, silences
from storage.store.alerts.deliveries import planned
from storage.store.incidents import actions, incidents
from tests.dashboards.conftest import NOW, ROOT
from tests.dashboards.test_pages import shown

pytestmark = pytest.mark.slow

Pages = Callable[[], AppTest]


def opened(visit_pages: Pages, name: str, **address: str) -> AppTest:
    at = visit_pages()
    for key, value in address.items():
        at.query_params[key] = value
    return at.run().switch_page(f"views/{name}.py").run()


def take_in(home: Home, *, at: datetime) -> None:
    """Let the router take the records into the store; no channel is set, so nobody is notified."""
    AlertRouter(home, clock=lambda: at, channels={})()


def write_alerts(home: Home) -> None:
    """Write an open alert, a resolved one, two volumes and an urgent feedback, and take them in."""
    take_in(home, at=NOW - timedelta(days=1))
    folder = home.root / RUN_FOLDER
    records = AlertRecords(folder / "payments.ndjson", clock=lambda: NOW)
    difference = Alert("payout_difference", "stripe", "high", "a text")
    records.report([difference, Alert("payment_failures", "voucher", "high", "a text")])
    AlertRecords(folder / "payments.ndjson", clock=lambda: NOW + timedelta(minutes=9)).report([difference])
    for cafe in ("aurora", "goteborg"):
        volume = Alert("volume_anomaly", f"{cafe} 2026-11-23 low", "low", "a text")
        report(folder, volume, at=NOW + timedelta(hours=1), assets=[], days=[])
    urgent = {"session_id": "s1", "cafe": "aurora", "kinds": ["allergy"], "reported_at": NOW.isoformat()}
    append_record(folder / "urgent.ndjson", urgent)
    take_in(home, at=NOW + timedelta(hours=1))


def test_open_alerts_come_first_then_the_latest(home: Home, visit_pages: Pages):
    write_alerts(home)
    at = opened(visit_pages, "alerts")
    assert "Ja, 4 larm är öppna." in shown(at)
    table = at.dataframe[0].value
    assert table["Läge"].tolist() == ["öppet", "öppet", "öppet", "öppet", "löst"]
    assert table["Larm"].tolist()[2:4] == ["Pengarna stämmer inte", "Allvarligt svar från en gäst"]
    assert "23 nov. 14:32 – 23 nov. 14:41" in table["När"].tolist()
    assert "docs/money.md" in shown(at)


def test_incidents_are_listed_with_their_clock_and_what_is_left_to_do(home: Home, visit_pages: Pages):
    store = home.store()
    store.now = lambda: NOW
    down = incidents.open_incident(
        store, kind="down", severity=2, title="Sidan svarar inte", cafes=["aurora"], actor="siv"
    )
    actions.add_action(store, down.id, what="Larma vid full disk", owner="Siv", due=date(2026, 11, 20), actor="siv")
    incidents.close_incident(store, down.id, cause="Disken var full", actor="siv")
    incidents.open_incident(
        store, kind="security", severity=1, title="En nyckel läckte", cafes=home.cafes().ids, actor="siv"
    )
    at = opened(visit_pages, "alerts")
    assert "1 pågår." in shown(at)
    assert "I20261123-2: IMY ska underrättas senast 26 nov. 14:32" in shown(at)
    table, left = at.dataframe[0].value, at.dataframe[1].value
    assert table["Läge"].tolist() == ["pågår", "avslutad"]
    assert table["Kafé"].tolist() == ["Alla kaféer", "Café Aurora"]
    assert left["Klart senast"].tolist() == ["20 nov., försenad"]


@pytest.mark.parametrize("newer", [0, 19, 20, 50, 60])
def test_an_open_incident_and_its_actions_stay_however_many_follow(home: Home, newer: int):
    store = home.store()
    first = incidents.open_incident(store, kind="down", severity=1, title="x", cafes=["aurora"], actor="siv")
    actions.add_action(store, first.id, what="y", owner="Siv", due=date(2026, 11, 20), actor="siv")
    for _ in range(newer):
        made = incidents.open_incident(store, kind="down", severity=3, title="x", cafes=["goteborg"], actor="siv")
        incidents.close_incident(store, made.id, cause="z", actor="siv")
    every = incident_rows(store, cafes=home.cafes().ids, sees_all=True)
    own = incident_rows(store, cafes=["aurora"], sees_all=False)
    assert every.incidents[-1].id == first.id and len(every.incidents) == min(newer, SHOWN) + 1
    assert [one.id for one in own.incidents] == [first.id]
    assert [one.incident_id for one in every.left] == [one.incident_id for one in own.left] == [first.id]


def test_what_is_left_after_a_closed_incident_stays_in_the_list(home: Home):
    store = home.store()
    for place in range(SHOWN + 5):
        made = incidents.open_incident(store, kind="down", severity=3, title="x", cafes=["aurora"], actor="siv")
        due = date(2026, 12, 1) - timedelta(days=place)
        actions.add_action(store, made.id, what="y", owner="Siv", due=due, actor="siv")
        incidents.close_incident(store, made.id, cause="z", actor="siv")
    listed = incident_rows(store, cafes=["aurora"], sees_all=False)
    assert len(listed.incidents) == SHOWN and len(listed.left) == SHOWN + 5
    assert [one.due for one in listed.left] == sorted(one.due for one in listed.left)


def test_alerts_are_filtered_by_kind_and_cafe_in_the_address(home: Home, visit_pages: Pages):
    write_alerts(home)
    table = opened(visit_pages, "alerts", larm="volume_anomaly", larmkafe="goteborg").dataframe[0].value
    assert table["Kafé"].tolist() == ["Göteborg Café"]


def test_a_home_without_alerts_says_so(home: Home, visit_pages: Pages):
    assert "Inget larm är registrerat." in shown(opened(visit_pages, "alerts"))


def test_a_reader_of_one_cafe_sees_neither_others_nor_the_systems_alerts(home: Home):
    write_alerts(home)
    own = alert_rows(home.store(), cafes=("aurora",), sees_all=False)
    assert {(one.name, one.cafe) for one in own} == {("volume_anomaly", "aurora"), ("urgent_feedback", "aurora")}


@pytest.mark.parametrize("line", ['{"name": "x"}', "[]", "not json", '{"name": "x", "at": 4}', '{"at": "2026-11-23"}'])
def test_a_damaged_record_is_skipped(line: str, home: Home):
    for name in ("alerts.ndjson", "payments.ndjson", "urgent.ndjson"):
        (home.root / RUN_FOLDER / name).write_text(line + "\n", encoding="utf-8")
    take_in(home, at=NOW)
    assert alert_rows(home.store(), cafes=("aurora",), sees_all=True) == []


def test_an_alert_is_acknowledged_and_judged_on_the_page(home: Home, visit_pages: Pages):
    write_alerts(home)
    at = opened(visit_pages, "alerts", larm="payout_difference")
    (one,) = [each for each in episodes.latest(home.store()) if each.name == "payout_difference"]
    assert "Ingen har kvitterat larmet." in shown(at) and f"pilot alerts ack {one.short_id}" in shown(at)
    at.text_input(key=f"ack-note-{one.id}").set_value("ringer Stripe")
    at.radio(key=f"ack-verdict-{one.id}").set_value("true")
    at.button(key=f"ack-send-{one.id}").click().run()
    found = episodes.find(home.store(), one.id)
    assert (found.state, found.acknowledged_by, found.verdict) == ("acknowledged", "admin@example.se", "true")
    assert "Larmet är kvitterat." in shown(at)
    assert [(each.action, each.reason) for each in audit.recent(home.store(), 1)] == [
        ("alert.acknowledge", "ringer Stripe")
    ]
    at.run()
    assert "Kvitterat av admin@example.se" in shown(at)
    assert at.dataframe[0].value["Läge"].tolist() == ["kvitterat"]
    assert at.dataframe[-1].value[["antal", "rätt", "falskt", "inte bedömt"]].to_numpy().tolist() == [[1, 1, 0, 0]]


def test_an_alert_is_silenced_and_heard_again_on_the_page(home: Home, visit_pages: Pages):
    write_alerts(home)
    home.store().now = lambda: NOW
    at = opened(visit_pages, "alerts", larm="payout_difference")
    (one,) = [each for each in episodes.latest(home.store()) if each.name == "payout_difference"]
    at.button(key=f"silent-send-{one.id}").click().run()
    assert "Skriv en orsak först." in shown(at) and silences.active(home.store(), at=NOW) == []
    at.selectbox(key=f"hours-{one.id}").set_value(2)
    at.text_input(key=f"silent-reason-{one.id}").set_value("avstämning pågår")
    at.button(key=f"silent-send-{one.id}").click().run()
    (silence,) = silences.active(home.store(), at=datetime.now(UTC))
    assert (silence.name, silence.subject, silence.reason, silence.actor) == (
        "payout_difference", "stripe", "avstämning pågår", "admin@example.se",
    )  # fmt: skip
    assert silence.matches(one)


@pytest.mark.parametrize(("role", "may"), [("support", True), ("data", True), ("pilot_manager", True), ("admin", True)])
def test_each_role_of_the_team_may_acknowledge(role: str, may: bool, home: Home, visit_pages: Pages):
    write_alerts(home)
    at = visit_pages(role).run().switch_page("views/alerts.py").run()
    assert any(each.key.startswith("ack-send-") for each in at.button) is may


def test_a_reader_of_one_cafe_may_not_act_on_an_alert_about_no_cafe(home: Home, visit_pages: Pages):
    write_alerts(home)
    at = visit_pages("support", ("aurora",)).run().switch_page("views/alerts.py").run()
    assert at.dataframe[0].value["Kafé"].unique().tolist() == ["Café Aurora"]
    assert "Pengarna stämmer inte" not in shown(at)


def test_messages_are_shown_with_their_outcome(home: Home, visit_pages: Pages):
    write_alerts(home)
    (one,) = [each for each in episodes.latest(home.store()) if each.name == "payout_difference"]
    rows = [
        planned(f"{channel} {one.id}", kind="firing", channel=channel, recipient=to, at=NOW, episode_id=one.id)
        for channel, to in (("slack", ""), ("sms", "devops"))
    ]
    outcomes = [{"state": "delivered", "code": 200}, {"state": "dead", "reason": "refused", "code": 401}]
    with home.store().begin() as connection:
        deliveries.add(connection, [replace(row, **each) for row, each in zip(rows, outcomes, strict=True)])
    at = opened(visit_pages, "alerts", larm="payout_difference")
    assert at.dataframe[0].value["Meddelanden"].tolist() == ["1 framme, 1 inte"]
    assert at.dataframe[1].value[["Kanal", "Till", "Läge"]].to_numpy().tolist() == [
        ["Slack", "alla", "framme"], ["sms", "drift", "gav upp: tjänsten nekade 401"],
    ]  # fmt: skip


def test_every_alert_of_the_code_has_words_and_an_existing_page():
    text = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("operations/watch", "assets/automation")
        for path in (ROOT / folder).rglob("*.py")
    )
    names = set(re.findall(r'^\w*ALERT = "(\w+)"', text, re.MULTILINE)) | set(re.findall(r'Alert\(\s*"(\w+)"', text))
    names |= {each.name for each in TECHNICAL_ALERTS if each.severity != "none"} | set(catalogue())
    sections = re.findall(r"^## (\w+)$", (ROOT / "docs/operations/alert-causes.md").read_text(), re.MULTILINE)
    assert names - set(sections) == set()
    assert len(names) >= 10
    for language in ("sv", "en"):
        words = section("dashboards", language)
        assert {name for name in names if f"alert.{name}.title" not in words} == set()
        pages = [re.search(r"docs/[\w/-]+\.md", words[key]) for key in words if re.match(r"alert\.\w+\.doc$", key)]
        assert all(page is not None and (ROOT / page.group()).exists() for page in pages)


def write_entries(home: Home, count: int) -> None:
    with home.store().begin() as connection:
        for place in range(count):
            audit.record(
                connection,
                actor="elin" if place % 2 else "pages",
                action="cafe.pause" if place % 3 else "code.retire",
                subject=f"s{place}",
                reason="prov",
                details={"n": place},
                at=NOW - timedelta(hours=count - place),
            )


def test_the_log_is_paged_by_the_store_newest_first(home: Home, visit_pages: Pages):
    write_entries(home, 240)
    at = opened(visit_pages, "audit_log", vem="elin", sida="3")
    assert "101 till 120 av 120" in shown(at)
    assert at.dataframe[0].value["Gäller"].tolist() == [f"s{place}" for place in range(39, 0, -2)]


def test_the_log_is_filtered_by_actor_action_subject_and_period(home: Home, visit_pages: Pages):
    write_entries(home, 60)
    by_actor = opened(visit_pages, "audit_log", vem="elin", handelse="code.retire").dataframe[0].value
    assert set(by_actor["Av"]) == {"elin"}
    assert set(by_actor["Händelse"]) == {"code.retire"}
    assert opened(visit_pages, "audit_log", galler="s7").dataframe[0].value["Gäller"].tolist() == ["s7"]
    assert "1 till 12 av 12" in shown(opened(visit_pages, "audit_log", vem="elin", tid="1"))


@pytest.mark.parametrize("subject", ["' or 1=1 --", "å" * 300, "\x00", "s%"])
def test_an_odd_subject_finds_nothing_and_no_error(subject: str, home: Home, visit_pages: Pages):
    write_entries(home, 3)
    assert "Inget i loggen passar valen." in shown(opened(visit_pages, "audit_log", galler=subject))
