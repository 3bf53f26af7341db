"""`pilot digest`: previews, sends to a real SMTP server, says what arrived, and stops."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from cli.commands.cafes import digest
from operations.digest.sending import due_at
from pilot.business_days import business_day
from pipelines.cases.feedback_claims import monday_of
from tests.cli.conftest import Pilot
from tests.operations.digest.test_mail_server import Mailbox, serving

WEEK = monday_of(business_day(datetime.now(UTC))) + timedelta(days=7)  # An account made now gets the next one.


@pytest.fixture(autouse=True)
def monday_morning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be five minutes past six on Monday."""
    monkeypatch.setattr(digest, "_now", lambda: due_at(WEEK) + timedelta(minutes=5))


def invite(pilot: Pilot, email: str = "anna@example.se") -> None:
    assert pilot("account", "invite", email, "--role", "manager", "--cafe", "aurora").exit_code == 0


def states(pilot: Pilot) -> list[tuple[str, str]]:
    return [(one["email"], one["state"]) for one in json.loads(pilot("digest", "status", "--json").stdout)]


def test_a_letter_is_previewed_as_text_and_html(pilot: Pilot) -> None:
    text, html = pilot("digest", "preview", "aurora"), pilot("digest", "preview", "aurora", "--html")
    assert text.exit_code == 0, text.output
    assert "VECKAN I SIFFROR" in text.stdout
    assert html.stdout.startswith("<!doctype html>")
    assert "THE WEEK IN NUMBERS" in pilot("digest", "preview", "aurora", "--language", "en").stdout
    assert pilot("digest", "preview", "aurora", "--language", "de").exit_code == 2
    assert pilot("digest", "preview", "nowhere").exit_code == 1


def test_letters_reach_a_real_server_once_and_the_status_says_so(pilot: Pilot) -> None:
    invite(pilot)
    box = Mailbox()
    with serving(box) as port:
        variables = {"PILOT_SMTP_URL": f"smtp://127.0.0.1:{port}", "PILOT_MAIL_FROM": "pilot@example.se"}
        sent = pilot("digest", "send", **variables)
        again = pilot("digest", "send")
    assert (sent.exit_code, again.exit_code) == (0, 0), sent.output
    assert "aurora  anna@example.se  sent" in sent.stdout
    assert "0 of 0 letters sent" in again.output
    ((_, to, content),) = box.accepted
    mail = message_from_bytes(content, policy=default)
    assert to == ["anna@example.se"]
    assert str(mail["Subject"]).startswith("Café Aurora vecka ")
    assert states(pilot) == [("anna@example.se", "sent")]
    assert pilot("digest", "status").exit_code == 0


def test_a_refused_letter_is_shown_and_sent_again_by_a_person(pilot: Pilot) -> None:
    invite(pilot)
    box = Mailbox(rcpt="550 no such user")
    with serving(box) as port:
        variables = {"PILOT_SMTP_URL": f"smtp://127.0.0.1:{port}", "PILOT_MAIL_FROM": "pilot@example.se"}
        assert pilot("digest", "send", **variables).exit_code == 1
        shown = pilot("digest", "status")
        assert (shown.exit_code, "mailbox 550" in shown.stdout) == (1, True)
        assert "pilot digest send --again" in shown.output
        box.rcpt = ""
        assert pilot("digest", "send", "--again", "anna@example.se").exit_code == 2
        dry = pilot("digest", "send", "--again", "anna@example.se", "--reason", "x", "--dry-run")
        assert (dry.exit_code, box.accepted) == (0, [])
        done = pilot("digest", "send", "--again", "anna@example.se", "--reason", "the address works now")
        assert done.exit_code == 0, done.output
        assert pilot("digest", "send", "--again", "anna@example.se", "--reason", "x").exit_code == 1
    assert len(box.accepted) == 1
    assert pilot("digest", "send", "--again", "nobody@example.se", "--reason", "x").exit_code == 1


def test_without_a_mail_server_the_commands_say_what_is_missing(pilot: Pilot) -> None:
    invite(pilot)
    assert "NOT SET: PILOT_SMTP_URL" in pilot("digest", "status").stdout
    refused = pilot("digest", "send")
    assert refused.exit_code == 1
    assert "PILOT_MAIL_FROM" in refused.output
    wrong = pilot("digest", "send", PILOT_SMTP_URL="http://u:hemligt@x", PILOT_MAIL_FROM="pilot@example.se")
    assert wrong.exit_code == 1
    assert "hemligt" not in wrong.output
    assert pilot("digest", "status", PILOT_MAIL_FROM="not an address").exit_code == 1


def test_a_manager_is_taken_off_the_list_and_put_back(pilot: Pilot) -> None:
    invite(pilot)
    off = pilot("digest", "subscribe", "anna@example.se", "--off", "--reason", "asked by telephone")
    assert "does not get the letter" in off.stdout
    assert "Recipients: 0" in pilot("digest", "status").stdout
    on = pilot("digest", "subscribe", "anna@example.se", "--language", "en", "--reason", "asked again")
    assert "gets the letter, in en" in on.stdout
    assert "Recipients: 1" in pilot("digest", "status").stdout
    assert pilot("digest", "subscribe", "nobody@example.se", "--reason", "x").exit_code == 1
    assert pilot("digest", "subscribe", "anna@example.se", "--language", "fi", "--reason", "x").exit_code == 2
