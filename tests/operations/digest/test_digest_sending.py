"""One letter a café, manager and week, whatever happens; in virtual time."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert
from structlog.testing import capture_logs

from operations.digest import sending
from operations.digest.sending import DigestSender, due_at
from operations.watch.alerts.alert_records import AlertRecords
from operations.watch.alerts.digests import RECORDS_NAME, DigestWatcher
from pilot.business_days import local_time
from storage.errors import LakeUnavailable
from storage.home import Home
from storage.store import audit
from storage.store.access import accounts, preferences
from storage.store.outgoing import digests
from storage.store.outgoing.digests import Digest, Outcome, digests_of
from storage.store.schemas.money import restores
from tests.operations.digest.conftest import BEFORE, DUE, WEEK, Clock, Letterbox, invite

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


class Crash(BaseException):
    """The process ends."""


def rows(home: Home, week: date = WEEK) -> list[Digest]:
    return [each for each in digests_of(home.store(), since=week) if each.week == week]


def run(sender: DigestSender, clock: Clock, at: datetime) -> None:
    clock.now = at
    sender()


@pytest.mark.parametrize(
    ("week", "expected"),
    [
        (date(2026, 3, 23), datetime(2026, 3, 23, 5, 0, tzinfo=UTC)),
        (date(2026, 3, 30), datetime(2026, 3, 30, 4, 0, tzinfo=UTC)),  # the day after the spring change
        (date(2026, 10, 19), datetime(2026, 10, 19, 4, 0, tzinfo=UTC)),
        (date(2026, 10, 26), datetime(2026, 10, 26, 5, 0, tzinfo=UTC)),  # the day after the autumn change
    ],
)
def test_the_digest_is_due_at_six_in_stockholm(week: date, expected: datetime) -> None:
    assert due_at(week) == expected
    assert local_time(due_at(week)).hour == 6


def test_the_digest_comes_before_the_first_peak(home: Home) -> None:
    first_peak = min(low for cafe in home.cafes().cafe for low, _ in cafe.peaks)
    assert first_peak > sending.SENT_AT


@pytest.mark.parametrize("change", [date(2026, 3, 29), date(2026, 10, 25)])
def test_a_manager_gets_one_letter_a_cafe_and_week(
    change: date, home: Home, clock: Clock, letterbox: Letterbox
) -> None:
    """Three weeks around a clock change, with a restart every three hours."""
    first = change - timedelta(days=change.weekday())
    invite(home, "anna@example.se", "aurora", "malmohuset", at=due_at(first) - DAY)
    invite(home, "bo@example.se", "aurora", at=due_at(first) - DAY)
    now = due_at(first) - timedelta(hours=2)
    while now < due_at(first) + timedelta(days=21):
        run(DigestSender(home, clock=clock, server=letterbox), clock, now)
        now += timedelta(minutes=177)
    sent = Counter((str(mail["To"]), str(mail["Message-ID"])) for mail in letterbox.accepted)
    assert set(sent.values()) == {1}
    assert Counter(to for to, _ in sent) == {"anna@example.se": 6, "bo@example.se": 3}


def test_nothing_is_sent_before_six(home: Home, sender: DigestSender, clock: Clock, letterbox: Letterbox) -> None:
    invite(home)
    run(sender, clock, DUE - timedelta(seconds=1))
    assert (rows(home), letterbox.accepted) == ([], [])
    run(sender, clock, DUE)
    assert [each.state for each in rows(home)] == ["sent"]


def test_two_processes_send_one_letter(home: Home, clock: Clock) -> None:
    invite(home)
    both = threading.Barrier(2)
    letterbox = Letterbox(begun=lambda: None)
    senders = [DigestSender(home, clock=clock, server=letterbox) for _ in range(2)]
    senders[0]._plan(DUE)

    def facts(*_: object, **__: object) -> None:
        both.wait(timeout=20)  # Both have read the row before one of them claims it.
        raise LakeUnavailable("away", remedy="wait")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sending, "week_facts", facts)
        threads = [threading.Thread(target=each) for each in senders]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [(each.attempts, each.reason) for each in rows(home)] == [(1, "no_figures")]
    run(senders[0], clock, DUE + 5 * MINUTE)
    run(senders[1], clock, DUE + 5 * MINUTE)
    assert len(letterbox.accepted) == 1


def test_a_crash_after_the_letter_left_sends_no_second(
    home: Home, sender: DigestSender, clock: Clock, letterbox: Letterbox
) -> None:
    invite(home)
    letterbox.crash = Crash()
    with pytest.raises(Crash):
        run(sender, clock, DUE)
    assert [each.state for each in rows(home)] == ["sending"]
    letterbox.crash = None
    for minutes in (1, 14, 16, 60, 600, 2000):
        run(DigestSender(home, clock=clock, server=letterbox), clock, DUE + minutes * MINUTE)
    assert [(each.state, each.reason) for each in rows(home)] == [("unknown", "crashed")]
    assert len(letterbox.accepted) == 1


def test_a_person_decides_on_a_letter_of_unknown_outcome(
    home: Home, sender: DigestSender, clock: Clock, letterbox: Letterbox
) -> None:
    invite(home)
    letterbox.answers = [Outcome("unknown", "broken_off")]
    run(sender, clock, DUE)
    later = DUE + timedelta(days=3)
    assert digests.send_again(home.store(), rows(home)[0], actor="siv", reason="asked her", now=later)
    run(sender, clock, later)
    assert [each.state for each in rows(home)] == ["sent"]
    assert len({mail["Message-ID"] for mail in letterbox.accepted}) == 1  # A mail program shows one of them.
    entry = audit.recent(home.store(), 1)[0]
    assert (entry.action, entry.actor, entry.reason) == ("digest.send_again", "siv", "asked her")
    assert not digests.send_again(home.store(), rows(home)[0], actor="siv", reason="again", now=later)


def test_a_temporary_refusal_is_tried_again_with_growing_pauses(
    home: Home, sender: DigestSender, clock: Clock, letterbox: Letterbox
) -> None:
    invite(home)
    letterbox.answers = [Outcome("waiting", "for_now", 451)] * 7
    tried = []
    letterbox.begun = lambda: tried.append(clock.now)
    for minute in range(5 * 60):
        run(sender, clock, DUE + minute * MINUTE)
    pauses = [(later - earlier) // MINUTE for earlier, later in itertools.pairwise(tried)]
    assert pauses == [2, 5, 15, 30, 60, 60, 60]
    assert [(each.state, each.reason, each.attempts) for each in rows(home)] == [("sent", "", 8)]


def test_a_letter_that_is_two_days_late_is_not_sent(
    home: Home, sender: DigestSender, clock: Clock, letterbox: Letterbox
) -> None:
    invite(home)
    letterbox.answers = [Outcome("waiting", "unreachable")] * 1000
    for minutes in range(0, 5 * 24 * 60, 180):
        run(sender, clock, DUE + minutes * MINUTE)
    found = rows(home)[0]
    assert (found.state, found.reason) == ("expired", "unreachable")
    assert letterbox.accepted == []


@pytest.mark.parametrize("late", [timedelta(minutes=30), timedelta(hours=47)])
def test_a_stopped_watch_sends_when_it_starts_again(
    late: timedelta, home: Home, sender: DigestSender, clock: Clock, letterbox: Letterbox
) -> None:
    invite(home)
    run(sender, clock, DUE + late)
    assert len(letterbox.accepted) == 1


def test_a_watch_that_starts_on_wednesday_afternoon_sends_nothing(
    home: Home, sender: DigestSender, clock: Clock, letterbox: Letterbox
) -> None:
    invite(home)
    run(sender, clock, DUE + timedelta(hours=57))
    assert (rows(home), letterbox.accepted) == ([], [])


def test_a_refusal_for_good_is_recorded_and_alerted(
    home: Home, sender: DigestSender, clock: Clock, letterbox: Letterbox
) -> None:
    invite(home)
    letterbox.answers = [Outcome("refused", "mailbox", 550)]
    watcher = DigestWatcher(home, clock=clock, sender=sender)
    for minute in range(0, 180, 20):
        clock.now = DUE + minute * MINUTE
        watcher()
    assert [(each.state, each.code, each.attempts) for each in rows(home)] == [("refused", 550, 1)]
    records = AlertRecords(home.root / ".run" / RECORDS_NAME, clock=clock)
    assert records.firing == {("digest_undelivered", f"aurora {WEEK}")}
    text = (home.root / ".run" / RECORDS_NAME).read_text()
    assert "1 refused" in text
    assert "anna" not in text
    clock.now = DUE + timedelta(days=7)
    watcher()
    assert AlertRecords(home.root / ".run" / RECORDS_NAME, clock=clock).firing == frozenset()


def test_without_a_mail_server_the_week_is_recorded_once(home: Home, clock: Clock, letterbox: Letterbox) -> None:
    invite(home)
    unset = DigestSender(home, clock=clock)
    with capture_logs() as logs:
        for minute in range(10):
            run(unset, clock, DUE + minute * MINUTE)
    assert [each.state for each in rows(home)] == ["not_configured"]
    assert [(each["event"], each["log_level"]) for each in logs] == [("digests planned", "info")]
    run(DigestSender(home, clock=clock, server=letterbox), clock, DUE + 20 * MINUTE)
    assert [each.state for each in rows(home)] == ["sent"]


@pytest.mark.parametrize("change", ["unsubscribe", "revoke", "other café"])
def test_a_letter_that_waits_is_cancelled_for_who_may_not_get_it(
    change: str, home: Home, sender: DigestSender, clock: Clock, letterbox: Letterbox
) -> None:
    account = invite(home)
    letterbox.answers = [Outcome("waiting", "unreachable")]
    run(sender, clock, DUE)
    if change == "unsubscribe":
        preferences.choose(home.store(), account.id, digest=False, reason="link")
    elif change == "revoke":
        accounts.revoke(home.store(), email=account.email, actor="test", reason="left")
    else:
        invite(home, account.email, "malmohuset")
    run(sender, clock, DUE + 30 * MINUTE)
    assert {each.cafe: each.state for each in rows(home)}["aurora"] == "cancelled"
    assert not any("Aurora" in subject for _, subject in letterbox.subjects)


def test_only_managers_with_a_real_address_get_the_digest(
    home: Home, sender: DigestSender, clock: Clock, letterbox: Letterbox
) -> None:
    invite(home, "admin@localhost")
    for role in ("support", "pilot_manager", "data", "admin"):
        invite(home, f"{role}@example.se", role=role)
    stopped = invite(home, "stopped@example.se")
    preferences.choose(home.store(), stopped.id, digest=False, reason="link")
    late = invite(home, "late@example.se", at=DUE + MINUTE)
    run(sender, clock, DUE + 5 * MINUTE)
    assert letterbox.accepted == []
    run(sender, clock, DUE + timedelta(days=7))
    assert [str(mail["To"]) for mail in letterbox.accepted] == [late.email]


def test_the_letter_is_written_in_the_accounts_language(
    home: Home, sender: DigestSender, clock: Clock, letterbox: Letterbox
) -> None:
    preferences.choose(home.store(), invite(home, "en@example.se").id, language="en", reason="page")
    invite(home, "sv@example.se")
    run(sender, clock, DUE)
    assert sorted(letterbox.subjects) == [
        ("en@example.se", "Café Aurora week 49: how last week went"),
        ("sv@example.se", "Café Aurora vecka 49: så gick förra veckan"),
    ]


def test_a_store_put_back_from_a_backup_sends_no_letter_twice(
    home: Home, sender: DigestSender, clock: Clock, letterbox: Letterbox
) -> None:
    """The backup is of Sunday: the rows of Monday's letters are gone with the disk."""
    invite(home)
    with home.store().begin() as connection:
        connection.execute(
            insert(restores).values(recovered_to=BEFORE, restored_at=DUE + timedelta(hours=3), actor="siv")
        )
    run(sender, clock, DUE + timedelta(hours=3, minutes=1))
    assert [(each.state, each.reason) for each in rows(home)] == [("unknown", "restored")]
    assert letterbox.accepted == []
    run(sender, clock, DUE + timedelta(days=7))
    assert len(letterbox.accepted) == 1


def test_a_lake_that_cannot_be_read_delays_the_letter(
    home: Home, sender: DigestSender, clock: Clock, letterbox: Letterbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite(home)

    def away(*_: object, **__: object) -> None:
        raise LakeUnavailable("away", remedy="wait")

    with monkeypatch.context() as patch:
        patch.setattr(sending, "week_facts", away)
        run(sender, clock, DUE)
    assert [(each.state, each.reason) for each in rows(home)] == [("waiting", "no_figures")]
    run(sender, clock, DUE + 2 * MINUTE)
    assert len(letterbox.accepted) == 1
