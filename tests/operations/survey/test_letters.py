"""Managers are invited once and reminded once, by a real mail server, until they answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from operations.digest.mail_server import SmtpServer
from operations.survey.letters import NoMailServer, due_letters, send_letters
from pilot.settings import read_settings
from pilot.survey import OPTIONS, Period, periods
from storage.home import Home, open_home
from storage.store import audit
from storage.store.access import accounts
from storage.store.access.preferences import choose
from storage.store.access.survey_answers import answer
from tests.operations.digest.conftest import SETTINGS, invite
from tests.operations.digest.test_mail_server import Mailbox, serving

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    found = open_home(read_settings({**SETTINGS, "PILOT_HOME": str(tmp_path / "home")}))
    yield found
    found.store().close()


@pytest.fixture
def period(home: Home) -> Period:
    return periods(home.cafes().pilot)[0]


def send(home: Home, period: Period, box: Mailbox, kind: str = "invite", *, now: datetime = NOW) -> list[str]:
    with serving(box) as port:
        server = SmtpServer("127.0.0.1", port, is_encrypted=False)
        found = send_letters(home, period, kind=kind, clock=lambda: now, server=server)  # type: ignore[arg-type]
        return [outcome.state for _, outcome in found]


def give(home: Home, account: accounts.Account, period: Period) -> None:
    chosen = {question: options[0] for question, options in OPTIONS.items()}
    answer(home.store(), account.id, period=period.first, answers=chosen, comment="", simulated=False)


def test_each_manager_is_invited_once_in_their_language(home: Home, period: Period) -> None:
    invite(home, "anna@example.se", "aurora")
    bo = invite(home, "bo@example.se", "goteborg")
    choose(home.store(), bo.id, language="en", reason="test")
    invite(home, "team@example.se", role="pilot_manager", at=NOW - timedelta(days=9))
    box = Mailbox()
    assert send(home, period, box) == ["sent", "sent"]
    mails = {to[0]: message_from_bytes(body, policy=policy.default) for _, to, body in box.accepted}
    assert set(mails) == {"anna@example.se", "bo@example.se"}
    assert mails["anna@example.se"]["Subject"] == "Vad tycker du om piloten? Sex frågor, två minuter"
    assert "Du kan svara till och med 7 december 2026." in mails["anna@example.se"].get_content()
    assert "https://pilot.example" in mails["anna@example.se"].get_content()
    assert "You can answer until 7 December 2026." in mails["bo@example.se"].get_content()
    assert send(home, period, box) == []
    assert len(box.accepted) == 2


def test_a_reminder_goes_once_to_those_who_have_not_answered_after_three_days(home: Home, period: Period) -> None:
    anna, _ = invite(home, "anna@example.se"), invite(home, "bo@example.se")
    box = Mailbox()
    assert send(home, period, box, "remind") == []  # nobody was invited
    send(home, period, box)
    assert send(home, period, box, "remind", now=NOW + timedelta(days=2, hours=23)) == []
    give(home, anna, period)
    assert send(home, period, box, "remind", now=NOW + timedelta(days=3)) == ["sent"]
    assert [to for _, to, _ in box.accepted][2:] == [["bo@example.se"]]
    assert send(home, period, box, "remind", now=NOW + timedelta(days=9)) == []


def test_a_refused_letter_is_tried_again_and_an_unknown_one_is_not(home: Home, period: Period) -> None:
    invite(home, "anna@example.se")
    assert send(home, period, Mailbox(rcpt="451 later")) == ["waiting"]
    assert send(home, period, Mailbox(rcpt="550 nobody")) == ["refused"]
    assert send(home, period, Mailbox(breaks=True)) == ["unknown"]
    assert send(home, period, Mailbox()) == []


def test_a_crash_while_a_letter_leaves_sends_no_second_one(home: Home, period: Period) -> None:
    invite(home, "anna@example.se")

    class Crashing:
        def send(self, mail: object) -> object:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(send_letters(home, period, kind="invite", clock=lambda: NOW, server=Crashing()))  # type: ignore[arg-type]
    assert due_letters(home, period, kind="invite", now=NOW) == []


def test_the_audit_log_names_no_address_and_each_period_has_its_own_invitation(home: Home, period: Period) -> None:
    account = invite(home, "anna@example.se")
    send(home, period, Mailbox())
    entries = [each for each in audit.recent(home.store(), 20) if each.action == "survey.invite"]
    assert [each.details["state"] for each in entries] == ["sent", "sending"]
    assert all(each.subject == f"{period.first} {account.id}" and "@" not in str(each) for each in entries)
    second = periods(home.cafes().pilot)[1]
    assert len(due_letters(home, second, kind="invite", now=NOW)) == 1


def test_without_a_mail_server_nothing_is_entered_as_sent(home: Home, period: Period) -> None:
    invite(home, "anna@example.se")
    with pytest.raises(NoMailServer, match="PILOT_SMTP_URL"):
        list(send_letters(home, period, kind="invite", clock=lambda: NOW))
    assert len(due_letters(home, period, kind="invite", now=NOW)) == 1
