"""An alert travels from its record to people: once an episode, by channel, level and hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from operations.record_lines import append_record
from operations.watch.alerts.alert_records import Alert
from operations.weekly.silence import Silence as MaintenanceSilence
from operations.weekly.silence import begin_silence
from storage.store.alerts import episodes, precision, silences
from storage.store.schemas.alerts import alert_deliveries, alert_episodes
from storage.store.schemas.money import restores
from tests.operations.alerting.conftest import MONDAY_NOON, Pilot, backup, both_stores

EVENING = datetime(2026, 11, 23, 19, tzinfo=UTC)  # Monday 20:00 in Stockholm
DOWN = Alert("system_down", "I20261123-1 aurora", "high", "No page answers.")
DIP = Alert("dip", "aurora", "medium", "5 of 8 answers are negative.")


@both_stores
def test_an_alert_reaches_slack_and_mail_once_within_a_minute(pilot: Pilot) -> None:
    pilot.start()
    pilot.report(DIP, backup())
    pilot.run(until=MONDAY_NOON + timedelta(seconds=59), every=timedelta(seconds=5))
    high = [text for text in pilot.slack.texts if "backup_old" in text]
    assert len(high) == 1 and "The newest backup is 7 hours old." in high[0]
    pilot.run(until=MONDAY_NOON + timedelta(minutes=10))
    dip = next(text for text in pilot.slack.texts if "dip" in text)
    for part in (
        "Café Aurora",
        "5 of 8 answers",
        "half of at least 4",
        "docs/operations/alert-causes.md#dip",
        "/larm?larm=dip",
        "pilot alerts ack ",
    ):
        assert part in dip
    assert len(pilot.slack.texts) == 2 and len(pilot.mailbox.letters) == 2
    assert {tuple(to) for to, _ in pilot.mailbox.letters} == {("pilot-support@pilot.test",)}
    assert pilot.elks.received == [] and pilot.pager.received == []


def test_only_critical_kinds_are_texted_and_to_the_level_notified(pilot: Pilot) -> None:
    pilot.start()
    pilot.report(DOWN, Alert("payment_failures", "voucher", "high", "x"), backup(), DIP)
    pilot.run(until=MONDAY_NOON + timedelta(minutes=2))
    assert [each["to"] for each in pilot.elks.received] == ["+46701000003"] * 2
    assert {each["message"].split()[1] for each in pilot.elks.received} == {"system_down", "payment_failures"}


@pytest.mark.parametrize(
    ("when", "pages"),
    [
        (datetime(2026, 11, 23, 7, tzinfo=UTC), 0),  # Monday 08:00
        (datetime(2026, 11, 23, 6, 59, tzinfo=UTC), 1),  # Monday 07:59
        (datetime(2026, 11, 23, 16, 59, tzinfo=UTC), 0),  # Monday 17:59
        (datetime(2026, 11, 23, 17, tzinfo=UTC), 1),  # Monday 18:00
        (datetime(2026, 11, 28, 11, tzinfo=UTC), 1),  # Saturday noon
        (datetime(2026, 12, 24, 11, tzinfo=UTC), 1),  # Christmas Eve
        (datetime(2027, 6, 25, 10, tzinfo=UTC), 1),  # Midsummer's Eve, summer time
    ],
)
def test_the_pager_is_used_after_hours_only(pilot: Pilot, when: datetime, pages: int) -> None:
    pilot.now = when
    pilot.start()
    pilot.report(backup(), DIP)
    pilot.run(until=when + timedelta(seconds=20), every=timedelta(seconds=5))
    found = [key for action, key in pilot.pager.events if not key.startswith("test ")]
    assert len(found) == pages


def test_many_alerts_of_one_cause_are_one_message(pilot: Pilot) -> None:
    pilot.start()
    pilot.report(*(backup(f"place {number}") for number in range(5)), file="backups.ndjson")
    pilot.run(until=MONDAY_NOON + timedelta(minutes=2))
    (text,) = pilot.slack.texts
    assert "5 alerts" in text and all(f"place {number}" in text for number in range(5))
    assert len(pilot.mailbox.letters) == 1


def test_an_unacknowledged_high_alert_escalates_from_level_1_to_3(pilot: Pilot) -> None:
    pilot.start()
    pilot.report(backup())
    levels = []
    for minutes in (1, 14, 16, 44, 46):
        pilot.run(until=MONDAY_NOON + timedelta(minutes=minutes))
        levels.append(pilot.episodes()[0].level)
    assert levels == [1, 1, 2, 2, 3]
    personal = [to[0] for to, text in pilot.mailbox.letters if "ESCALATED" in text]
    assert personal == ["pilot-support@pilot.test", "ola@pilot.test", "pilot-support@pilot.test", "eva@pilot.test"]


@both_stores
def test_an_acknowledgement_stops_the_escalation_and_is_audited(pilot: Pilot) -> None:
    pilot.start()
    pilot.report(backup())
    pilot.turn(seconds=20)
    found = episodes.acknowledge(pilot.store, pilot.episodes()[0].short_id, actor="siv", reason="on it", verdict="true")
    assert (found.state, found.acknowledged_by, found.verdict) == ("acknowledged", "siv", "true")
    pilot.run(until=MONDAY_NOON + timedelta(hours=3))
    assert pilot.rows(kind="escalated") == [] and len(pilot.slack.texts) == 1
    (figures,) = precision.figures(pilot.episodes())
    assert (figures.fired, figures.judged_true, figures.unjudged, figures.slowest) == (1, 1, 0, timedelta(seconds=20))


def test_a_high_alert_open_at_closing_time_pages_level_3(pilot: Pilot) -> None:
    pilot.now = datetime(2026, 11, 23, 16, 50, tzinfo=UTC)  # 17:50
    pilot.start()
    pilot.report(backup())
    pilot.run(until=datetime(2026, 11, 23, 16, 59, 30, tzinfo=UTC))
    assert pilot.pager.events == []
    pilot.run(until=datetime(2026, 11, 23, 17, 1, tzinfo=UTC))
    assert [action for action, _ in pilot.pager.events] == ["trigger"] and pilot.episodes()[0].level == 3


def test_level_3_is_paged_again_every_15_minutes_with_one_key(pilot: Pilot) -> None:
    pilot.now = EVENING
    pilot.start()
    pilot.report(DOWN)
    pilot.run(until=EVENING + timedelta(minutes=31))
    keys = {key for _, key in pilot.pager.events}
    assert len(pilot.pager.events) == 3 and len(keys) == 1
    assert [each["to"] for each in pilot.elks.received] == ["+46701000003"] * 3
    pilot.run(until=EVENING + timedelta(hours=10), every=timedelta(minutes=5))
    assert len(pilot.pager.events) == 8


@pytest.mark.parametrize(
    ("began", "due"),
    [
        (datetime(2026, 11, 23, 11, tzinfo=UTC), datetime(2026, 11, 23, 12, tzinfo=UTC)),
        (datetime(2026, 11, 23, 16, 40, tzinfo=UTC), datetime(2026, 11, 24, 7, 40, tzinfo=UTC)),
        (datetime(2026, 11, 27, 16, 30, tzinfo=UTC), datetime(2026, 11, 30, 7, 30, tzinfo=UTC)),
    ],
)
def test_a_medium_alert_has_an_hour_of_support_time(pilot: Pilot, began: datetime, due: datetime) -> None:
    pilot.now = began
    pilot.start()
    pilot.report(DIP)
    pilot.turn()
    assert pilot.episodes()[0].escalate_at == due
    pilot.run(until=due - timedelta(seconds=1), every=timedelta(minutes=30))
    assert pilot.rows(kind="escalated") == []
    pilot.turn(seconds=1)
    assert pilot.episodes()[0].level == 2 and pilot.rows(kind="escalated") != []


def test_a_low_alert_has_four_hours(pilot: Pilot) -> None:
    pilot.now = datetime(2026, 11, 23, 8, tzinfo=UTC)
    pilot.start()
    pilot.report(Alert("webhook_disabled", "aurora r1", "low", "x"))
    pilot.turn()
    assert pilot.episodes()[0].escalate_at == datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_resolved_alert_is_announced_once_after_it_stayed_quiet(pilot: Pilot) -> None:
    pilot.start()
    pilot.report(backup())
    pilot.turn(seconds=20)
    pilot.report()
    pilot.run(until=pilot.now + timedelta(minutes=4, seconds=50))
    assert len(pilot.slack.texts) == 1
    pilot.run(until=pilot.now + timedelta(minutes=2))
    assert len(pilot.slack.texts) == 2 and "RESOLVED" in pilot.slack.texts[1]
    pilot.run(until=pilot.now + timedelta(hours=1))
    assert len(pilot.slack.texts) == 2


def test_a_flapping_alert_is_one_episode_with_one_message(pilot: Pilot) -> None:
    pilot.start()
    for _ in range(6):
        pilot.report(backup())
        pilot.turn(minutes=1)
        pilot.report()
        pilot.turn(minutes=3)
    (episode,) = pilot.episodes()
    assert episode.flaps == 5 and len([each for each in pilot.slack.texts if "[ALERT" in each]) == 1
    pilot.run(until=pilot.now + timedelta(minutes=58))
    resolved = [each for each in pilot.slack.texts if "RESOLVED" in each]
    assert len(resolved) == 1 and "began again 5 times" in resolved[0]


def test_the_pager_is_resolved_when_the_alert_is(pilot: Pilot) -> None:
    pilot.now = EVENING
    pilot.start()
    pilot.report(backup())
    pilot.turn(seconds=15)
    pilot.turn(seconds=15)
    pilot.report()
    pilot.run(until=pilot.now + timedelta(minutes=6))
    assert [action for action, _ in pilot.pager.events] == ["trigger", "resolve"]
    assert len({key for _, key in pilot.pager.events}) == 1


@both_stores
def test_a_silenced_alert_is_recorded_and_announced_when_the_silence_ends(pilot: Pilot) -> None:
    pilot.start()
    silence = silences.add(
        pilot.store,
        name="backup_*",
        subject="main*",
        reason="a new disk",
        actor="siv",
        until=MONDAY_NOON + timedelta(hours=1),
    )
    pilot.report(backup(), backup("other"), DIP)
    pilot.run(until=MONDAY_NOON + timedelta(minutes=5))
    assert not any("main" in each for each in pilot.slack.texts) and len(pilot.slack.texts) == 2
    assert [silence.matches(each) for each in pilot.episodes()].count(True) == 1
    pilot.run(until=MONDAY_NOON + timedelta(minutes=61))
    assert any("backup_old: main" in each for each in pilot.slack.texts)


def test_during_the_weekly_maintenance_only_high_alerts_notify(pilot: Pilot) -> None:
    pilot.start()
    end = MONDAY_NOON + timedelta(hours=1)
    begin_silence(pilot.folder, MaintenanceSilence(pilot.now, end, "pilot", "weekly maintenance"))
    pilot.report(backup(), DIP)
    pilot.run(until=MONDAY_NOON + timedelta(minutes=5))
    assert [text for text in pilot.slack.texts if "backup_old" in text] and len(pilot.slack.texts) == 1
    pilot.run(until=end + timedelta(minutes=1))
    assert any("dip" in each for each in pilot.slack.texts)


def test_a_silence_for_everything_or_without_a_reason_is_refused(pilot: Pilot) -> None:
    later = pilot.now + timedelta(hours=1)
    for fields in (
        {"name": "*", "reason": "x"},
        {"name": "dip", "reason": " "},
        {"name": "", "cafe": "", "reason": "x"},
    ):
        with pytest.raises(silences.SilenceRefused):
            silences.add(pilot.store, **fields, actor="siv", until=later)
    for until in (pilot.now, pilot.now + timedelta(days=32)):
        with pytest.raises(silences.SilenceRefused):
            silences.add(pilot.store, name="dip", reason="x", actor="siv", until=until)


def test_urgent_feedback_is_a_link_without_session_kind_or_words(pilot: Pilot) -> None:
    pilot.start()
    session = "019a0000-0000-7000-8000-000000000001"
    append_record(
        pilot.folder / "urgent.ndjson",
        {
            "session_id": session,
            "cafe": "aurora",
            "kinds": ["allergy"],
            "reported_at": pilot.now.isoformat(),
            "link": "x",
        },
    )
    pilot.run(until=pilot.now + timedelta(minutes=1))
    (text,) = pilot.slack.texts
    assert "Café Aurora" in text and "/larm?larm=urgent_feedback" in text
    everything = f"{pilot.slack.received} {pilot.mailbox.letters} {pilot.rows()} {pilot.episodes()}"
    assert session not in everything and "allergy" not in everything.replace("docs/", "").split("Threshold")[0]


def test_an_event_ends_with_its_acknowledgement(pilot: Pilot) -> None:
    pilot.start()
    pilot.report(Alert("dagster_run_failed", "rebuild r1", "medium", "x"))
    pilot.turn(minutes=2)
    assert episodes.acknowledge(pilot.store, pilot.episodes()[0].id, actor="siv", reason="x").state == "resolved"
    pilot.run(until=pilot.now + timedelta(hours=2))
    assert len(pilot.slack.texts) == 1
    with pytest.raises(episodes.EpisodeRefused, match="resolved already"):
        episodes.acknowledge(pilot.store, pilot.episodes()[0].id, actor="siv", reason="x")


def test_an_alert_of_an_unknown_kind_is_routed_as_high_without_its_text(pilot: Pilot) -> None:
    pilot.now = EVENING
    pilot.start()
    pilot.report(Alert("brand_new", "thing", "high", "words nobody vetted"))
    pilot.run(until=pilot.now + timedelta(minutes=1))
    assert len(pilot.pager.events) == 1 and "brand_new" in pilot.slack.texts[0]
    assert "words nobody vetted" not in str(pilot.slack.received)


@both_stores
def test_old_records_are_taken_over_without_a_message(pilot: Pilot) -> None:
    pilot.report(backup(), DIP)
    pilot.turn(minutes=5)
    pilot.report(backup())
    pilot.turn(minutes=5)
    pilot.start()
    pilot.run(until=pilot.now + timedelta(hours=2), every=timedelta(minutes=5))
    assert {(each.name, each.state) for each in pilot.episodes()} == {("backup_old", "firing"), ("dip", "resolved")}
    assert pilot.slack.received == [] and pilot.rows() == []
    pilot.report(backup(), DIP)
    pilot.run(until=pilot.now + timedelta(minutes=3))
    assert len(pilot.slack.texts) == 1 and "dip" in pilot.slack.texts[0]


def test_a_restart_sends_nothing_again(pilot: Pilot) -> None:
    pilot.start()
    pilot.report(backup(), DIP)
    pilot.run(until=pilot.now + timedelta(minutes=3))
    sent = len(pilot.slack.texts)
    pilot.routers = [pilot.router()]
    pilot.run(until=pilot.now + timedelta(minutes=3))
    assert len(pilot.slack.texts) == sent and len(pilot.episodes()) == 2


def test_a_rewritten_file_begins_no_second_episode(pilot: Pilot) -> None:
    pilot.start()
    pilot.report(backup("a"), file="backups.ndjson")
    pilot.turn(seconds=1)
    pilot.report(backup("a"), backup("b"), file="backups.ndjson")
    pilot.turn(seconds=1)
    path = pilot.folder / "backups.ndjson"
    path.write_text(path.read_text().splitlines()[1] + "\n")
    pilot.turn(minutes=2)
    assert len(pilot.episodes()) == 2


@both_stores
def test_what_began_before_a_restored_backup_is_not_announced_again(pilot: Pilot) -> None:
    pilot.start()
    pilot.report(backup())
    pilot.run(until=pilot.now + timedelta(minutes=2))
    assert len(pilot.slack.texts) == 1
    with pilot.store.begin() as connection:  # The store is put back as it was before the alert.
        for table in (alert_episodes, alert_deliveries):
            connection.execute(table.delete())
        connection.execute(restores.insert().values(recovered_to=MONDAY_NOON, restored_at=pilot.now, actor="siv"))
    pilot.routers = [pilot.router()]
    pilot.run(until=pilot.now + timedelta(hours=1))
    assert [(each.name, each.state) for each in pilot.episodes()] == [("backup_old", "firing")]
    assert len(pilot.slack.texts) == 1
    pilot.report(backup(), backup("other"))
    pilot.run(until=pilot.now + timedelta(minutes=2))
    assert len(pilot.slack.texts) == 2 and "other" in pilot.slack.texts[1]
