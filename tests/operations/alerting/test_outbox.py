"""The outbox: claims, intervals, unknown fates, two watches, and times without a store."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from typer.testing import CliRunner

from cli.main import app
from operations.alerting.heartbeat import Heartbeat
from operations.alerting.offline import FILE
from operations.incidents.outage import OutageWatcher
from operations.system import HEARTBEAT_NAME
from operations.watch.alerts.alert_records import Alert
from operations.watch.alerts.open_incidents import IncidentWatcher
from operations.watch.alerts.undelivered import UndeliveredWatcher
from storage.errors import StoreAway
from storage.home import Home
from storage.store.alerts import deliveries
from storage.store.connect import open_store
from storage.store.engine import Store, sqlite_url
from storage.store.incidents import incidents
from storage.store.incidents.notices import notices_of
from tests.operations.alerting.conftest import MONDAY_NOON, Pilot, backup, both_stores
from tests.operations.alerting.stand_ins import Answer

DIP = Alert("dip", "aurora", "medium", "5 of 8 answers are negative.")
DOWN = Alert("system_down", "I1 aurora", "high", "No page answers.")


def test_a_message_that_slack_limits_waits_as_long_as_it_says(pilot: Pilot) -> None:
    pilot.start()
    pilot.slack.answers.append(Answer(429, b"rate_limited", {"Retry-After": "120"}))
    pilot.report(backup())
    pilot.turn()
    pilot.turn(seconds=10)
    (row,) = pilot.rows(channel="slack")
    assert (row.state, row.reason, row.code, row.next_at) == (
        "waiting",
        "for_now",
        429,
        pilot.now + timedelta(seconds=120),
    )
    pilot.turn(seconds=119)
    assert pilot.slack.texts == []
    pilot.turn(seconds=1)
    assert len(pilot.slack.texts) == 1 and pilot.rows(channel="slack")[0].state == "delivered"


def test_a_message_given_up_after_eight_tries_is_reported_by_another_channel(pilot: Pilot) -> None:
    pilot.start()
    pilot.slack.answers.extend([Answer(500, b"")] * 200)
    pilot.report(backup())
    watcher = UndeliveredWatcher(pilot.home, clock=pilot.clock)
    pilot.run(until=pilot.now + timedelta(hours=3), every=timedelta(minutes=2))
    row = next(each for each in pilot.rows(channel="slack") if each.kind == "firing")
    assert (row.state, row.reason, row.code, row.attempts) == ("dead", "for_now", 500, 8)
    watcher()
    pilot.run(until=pilot.now + timedelta(minutes=2))
    about = [each for each in pilot.episodes() if each.name == "alert_undelivered"]
    assert [each.subject for each in about] == ["slack"]
    assert any("alert_undelivered" in text for _, text in pilot.mailbox.letters)
    assert {each.channel for each in pilot.rows(episode_id=about[0].id)} == {"email"}


def test_a_message_whose_fate_is_unknown_is_not_sent_again(pilot: Pilot) -> None:
    pilot.start()
    pilot.slack.answers.append(Answer(200, b"", breaks=True))
    pilot.report(backup())
    pilot.run(until=pilot.now + timedelta(minutes=10))
    assert [(each.state, each.reason, each.attempts) for each in pilot.rows(channel="slack")] == [
        ("unknown", "broken_off", 1)
    ]
    assert len(pilot.slack.received) == 1


def test_the_pager_is_tried_again_after_an_unknown_fate(pilot: Pilot) -> None:
    pilot.now = datetime(2026, 11, 23, 19, tzinfo=UTC)
    pilot.start()
    pilot.pager.answers.append(Answer(202, b"", breaks=True))
    pilot.report(backup())
    pilot.run(until=pilot.now + timedelta(minutes=2), every=timedelta(seconds=10))
    assert len(pilot.pager.events) == 2 and len(set(pilot.pager.events)) == 1


@both_stores
def test_a_crash_between_claim_and_outcome_is_marked_unknown(pilot: Pilot) -> None:
    pilot.start()
    pilot.report(backup())
    pilot.turn()
    pilot.now += timedelta(seconds=20)
    claimed = deliveries.claim(pilot.store, now=pilot.now)
    pilot.run(until=pilot.now + timedelta(minutes=4))
    row = next(each for each in pilot.rows() if each.id == claimed[0].id)
    assert (row.state, row.reason, row.attempts) == ("unknown", "crashed", 1)


@both_stores
def test_two_watches_of_one_store_send_each_message_once(pilot: Pilot) -> None:
    pilot.start()
    url = pilot.home.settings.store_url or sqlite_url(pilot.home.root / "store.sqlite")
    stores = [open_store(url, now=pilot.clock) for _ in range(4)]
    routers = [pilot.router(open_store=lambda store=store: store) for store in stores]
    for number in range(6):
        pilot.report(*(backup(f"place {each}") for each in range(number + 1)), file="backups.ndjson")
        pilot.report(Alert("system_down", f"I{number}", "high", "x"), file="incidents.ndjson")
        pilot.now += timedelta(seconds=45)
        threads = [threading.Thread(target=each) for each in routers]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    pilot.routers = routers
    pilot.run(until=pilot.now + timedelta(minutes=2))
    for store in stores:
        store.close()
    sent = pilot.rows(state="delivered")
    assert all(each.attempts == 1 for each in sent) and {each.state for each in pilot.rows(kind="firing")} == {
        "delivered"
    }
    messages = {each.message_id for each in sent if each.channel == "slack"}
    assert len(pilot.slack.received) == len(messages)
    assert len(pilot.elks.received) == len({each.message_id for each in sent if each.channel == "sms"}) == 6
    firing = [text for text in pilot.slack.texts if "[ALERT" in text]
    assert sum(text.count("backup_old: place") for text in firing) == 6


class Away:
    """Opens the store only while it is there."""

    def __init__(self, pilot: Pilot) -> None:
        self.pilot, self.is_away = pilot, False

    def __call__(self) -> Store:
        if self.is_away:
            raise StoreAway("The store does not answer.", remedy="x")
        return self.pilot.store


def test_a_high_alert_goes_out_while_the_store_is_away_and_never_twice(pilot: Pilot) -> None:
    away = Away(pilot)
    pilot.start(open_store=away)
    away.is_away = True
    pilot.report(DOWN, DIP)
    pilot.run(until=MONDAY_NOON + timedelta(minutes=2))
    assert any("system_down" in each for each in pilot.slack.texts) and not any(
        "dip" in each for each in pilot.slack.texts
    )
    assert any("store_away" in each for each in pilot.slack.texts)
    assert [each["to"] for each in pilot.elks.received] == ["+46701000003"]
    before = len(pilot.slack.texts), len(pilot.elks.received), len(pilot.mailbox.letters)
    pilot.routers = [pilot.router(open_store=away)]  # The watch is restarted meanwhile.
    pilot.run(until=MONDAY_NOON + timedelta(minutes=4))
    away.is_away = False
    pilot.turn()
    assert (len(pilot.slack.texts), len(pilot.elks.received), len(pilot.mailbox.letters)) == before
    names = {each.name: each.state for each in pilot.episodes()}
    assert names["system_down"] == "firing" and names["dip"] == "firing"
    assert not (pilot.folder / FILE).exists()
    pilot.run(until=MONDAY_NOON + timedelta(minutes=12))
    assert sum("[ALERT high] system_down" in each for each in pilot.slack.texts) == 1
    assert any("[ALERT medium] dip" in each for each in pilot.slack.texts)


def test_the_stores_return_is_announced(pilot: Pilot) -> None:
    away = Away(pilot)
    pilot.start(open_store=away)
    away.is_away = True
    pilot.run(until=MONDAY_NOON + timedelta(minutes=3))
    away.is_away = False
    pilot.run(until=MONDAY_NOON + timedelta(minutes=12))
    (episode,) = pilot.episodes()
    assert (episode.name, episode.state) == ("store_away", "resolved")
    assert ["RESOLVED" in each for each in pilot.slack.texts] == [False, True]


def test_a_crash_while_the_store_is_away_sends_nothing_twice(pilot: Pilot) -> None:
    away = Away(pilot)
    pilot.start(open_store=away)
    away.is_away = True
    pilot.slack.answers.append(Answer(200, b"", breaks=True))
    pilot.report(DOWN)
    pilot.turn(seconds=20)
    pilot.routers = [pilot.router(open_store=away)]
    pilot.run(until=pilot.now + timedelta(seconds=30))
    away.is_away = False
    pilot.turn()
    row = next(each for each in pilot.rows(channel="slack"))
    assert (row.state, row.reason) == ("unknown", "broken_off")
    assert len(pilot.slack.received) == 1


@pytest.mark.parametrize("minutes", [14, 15])
def test_managers_are_texted_after_fifteen_minutes_down_once_in_swedish(pilot: Pilot, minutes: int) -> None:
    pilot.start()
    watcher = OutageWatcher(pilot.home, clock=pilot.clock)
    beat = pilot.folder / HEARTBEAT_NAME
    until = pilot.now + timedelta(minutes=minutes, seconds=20)
    while pilot.now < until:
        beat.write_text(f'{{"at": "{pilot.now.isoformat()}", "failed": ["aurora"]}}')
        watcher()
        pilot.turn(seconds=20)
    pilot.turn(seconds=20)
    texts = [each for each in pilot.elks.received if each["to"] == "+4681000004"]
    assert len(texts) == (1 if minutes >= 15 else 0) and len(pilot.elks.received) == len(texts)
    if texts:
        assert "Café Aurora" in texts[0]["message"] and "12.00" in texts[0]["message"]
        (notice,) = notices_of(pilot.store, incidents.latest(pilot.store)[0].id)
        assert notice.sent_at is not None


def test_an_incidents_timeline_is_posted_once_to_its_channel(pilot: Pilot) -> None:
    old = incidents.open_incident(pilot.store, kind="voice", severity=3, title="Old", cafes=["aurora"], actor="siv")
    pilot.start()
    incidents.add_note(pilot.store, old.id, kind="note", note="Restarted the edge", actor="siv")
    pilot.run(until=pilot.now + timedelta(minutes=1))
    (text,) = pilot.incidents.texts
    assert f"{old.id} note by siv: Restarted the edge" in text and "Old" not in text
    assert pilot.slack.received == []


@both_stores
def test_every_channel_is_tested_on_the_months_first_working_day(pilot: Pilot) -> None:
    pilot.now = datetime(
        2027, 1, 1, 12, tzinfo=UTC
    )  # New Year's Day, a Friday; Monday the 4th is the first working day
    pilot.start()
    pilot.run(until=datetime(2027, 1, 4, 8, 59, 59, tzinfo=UTC), every=timedelta(hours=6))
    assert pilot.rows() == []
    pilot.run(until=datetime(2027, 1, 4, 9, 2, tzinfo=UTC))
    found = pilot.rows()
    assert {(each.channel, each.state) for each in found} == {
        (channel, "delivered") for channel in ("slack", "slack_incidents", "email", "sms", "pagerduty")
    }
    assert sorted(each["to"] for each in pilot.elks.received) == ["+46701000001", "+46701000002", "+46701000003"]
    assert pilot.pager.events == [("trigger", "test 2027-01"), ("resolve", "test 2027-01")]
    pilot.run(until=datetime(2027, 1, 31, tzinfo=UTC), every=timedelta(hours=12))
    assert len(pilot.rows()) == len(found)


def test_the_heartbeat_is_sent_each_minute_while_rounds_succeed(pilot: Pilot) -> None:
    asked: list[httpx.Request] = []
    beat = Heartbeat(
        "https://hc.test/secret",
        transport=httpx.MockTransport(lambda request: asked.append(request) or httpx.Response(200)),
    )
    away = Away(pilot)
    pilot.start(heartbeat=beat, open_store=away)
    pilot.run(until=MONDAY_NOON + timedelta(minutes=3), every=timedelta(seconds=5))
    assert len(asked) == 4 and {str(each.url) for each in asked} == {"https://hc.test/secret"}
    away.is_away = True
    pilot.run(until=MONDAY_NOON + timedelta(minutes=6), every=timedelta(seconds=5))
    assert len(asked) == 4


def test_a_demo_notifies_nobody(pilot: Pilot) -> None:
    pilot.home = Home(settings=pilot.home.settings, root=pilot.home.root, kind="demo")
    pilot.start()
    pilot.report(DOWN)
    pilot.run(until=pilot.now + timedelta(minutes=2))
    assert len(pilot.episodes()) == 1 and pilot.rows() == [] and pilot.slack.received == []


def test_an_outage_pages_level_3_at_any_hour(pilot: Pilot) -> None:
    pilot.now = datetime(2026, 11, 28, 2, tzinfo=UTC)  # Saturday 03:00
    pilot.start()
    outage, watcher = OutageWatcher(pilot.home, clock=pilot.clock), IncidentWatcher(pilot.home, clock=pilot.clock)
    beat, cafes = pilot.folder / HEARTBEAT_NAME, list(pilot.home.cafes().ids)
    began = pilot.now
    while not pilot.pager.events and pilot.now < began + timedelta(minutes=10):
        beat.write_text(json.dumps({"at": pilot.now.isoformat(), "failed": cafes}))
        _ = pilot.store
        outage()
        watcher()
        pilot.turn(seconds=15)
    assert timedelta(minutes=2) <= pilot.now - began <= timedelta(minutes=3)
    (episode,) = pilot.episodes()
    assert (episode.name, episode.level) == ("system_down", 3)
    pilot.turn(seconds=15)
    assert [each["to"] for each in pilot.elks.received] == ["+46701000003"]


def test_wrong_data_pages_level_3(pilot: Pilot) -> None:
    pilot.start()
    pilot.report(
        Alert("data_corrupt", "ledger", "high", "a reward is paid twice; required: none is"), file="data.ndjson"
    )
    pilot.run(until=pilot.now + timedelta(minutes=1))
    assert pilot.episodes()[0].level == 3 and "a reward is paid twice" in pilot.slack.texts[0]
    pilot.run(until=MONDAY_NOON + timedelta(minutes=17))
    assert ["eva@pilot.test"] in [to for to, _ in pilot.mailbox.letters]


def test_pilot_incident_note_is_posted(pilot: Pilot, monkeypatch: pytest.MonkeyPatch) -> None:
    pilot.start()
    found = incidents.open_incident(pilot.store, kind="voice", severity=3, title="x", cafes=["aurora"], actor="siv")
    monkeypatch.setenv("PILOT_HOME", str(pilot.home.root))
    done = CliRunner().invoke(app, ["incident", "note", found.id, "Restarted the edge"], prog_name="pilot")
    assert done.exit_code == 0, done.output
    pilot.run(until=pilot.now + timedelta(minutes=1))
    assert any("Restarted the edge" in each for each in pilot.incidents.texts)
